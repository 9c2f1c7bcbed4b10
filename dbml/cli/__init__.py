"""The command line: thin commands over the Python API.

Exit status: 0 done, 1 refused or a check failed, 2 usage.
"""

from __future__ import annotations

import click

from dbml.cli import (
    capacity,
    experiments,
    explaining,
    keys,
    models,
    observing,
    profiles,
    scoring,
    server,
    service,
    strategies,
    training,
    work,
)
from dbml.cli.shared import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dbml")
def main() -> None:
    """Score scikit-learn models inside PostgreSQL.

    Start with install, model add, attach and deploy; demo shows the whole story on a server of its own. Commands reach
    the database that --dsn names, else DBML_DSN, else libpq's environment.
    """


for command in (
    server.demo_command,
    server.doctor_command,
    server.install_command,
    server.uninstall_command,
    models.model_group,
    keys.key_group,
    profiles.attach_command,
    profiles.detach_command,
    profiles.deploy_command,
    strategies.share_command,
    strategies.promote_command,
    strategies.abort_command,
    strategies.approve_command,
    strategies.pause_command,
    strategies.resume_command,
    strategies.advance_command,
    strategies.serving_command,
    profiles.rollback_command,
    profiles.rescore_command,
    profiles.reconcile_command,
    profiles.repair_command,
    profiles.status_command,
    scoring.score_command,
    work.worker_command,
    work.consume_command,
    service.serve_command,
    service.token_group,
    observing.forget_command,
    observing.performance_command,
    observing.drift_command,
    explaining.explain_command,
    experiments.experiment_command,
    experiments.replay_command,
    training.dataset_command,
    training.train_command,
    training.retrain_command,
    observing.alerts_command,
    observing.metrics_command,
    observing.report_command,
    work.watch_command,
    capacity.loadtest_command,
    capacity.size_command,
):
    main.add_command(command)
