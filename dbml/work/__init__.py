"""What is done again and again beside the applications: duties, and the worker that does what is due."""
