"""What was predicted and what came true: the log, outcomes, performance, experiments, replays."""
