"""Commands for a database as a whole."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

import dbml
from dbml.cli.parameters import FilePath
from dbml.cli.shared import connect, dsn_option, json_option, key_option, print_json


@click.command("demo")
@dsn_option
@click.option("--keep", is_flag=True, help="Leave the server up and say how to look around.")
@click.option("--tour", is_flag=True, help="Go on: canary, outcomes, explanation, drift, retraining, rollback.")
@click.option(
    "--pages",
    default="dbml-tour",
    show_default=True,
    metavar="DIR",
    type=FilePath(file_okay=False),
    help="Where the tour leaves a report and a picture.",
)
def demo_command(dsn: str | None, keep: bool, tour: bool, pages: Path) -> None:
    """Show the whole story on a throwaway server, on real churn data."""
    from dbml.demo import story

    story.run(dsn or os.environ.get("DBML_DSN"), keep, pages if tour else None)


@click.command("doctor")
@dsn_option
@json_option
def doctor_command(dsn: str | None, as_json: bool) -> None:
    """Say what this server can run, and how to get what is missing.

    The exit status is 1 if a deployed model lacks something.
    """
    from dbml.serving import doctor

    with connect(dsn) as connection:
        findings = doctor.examine(connection)
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            mark = "ok     " if finding.ok else "MISSING" if finding.needed else "note   "
            click.echo(f"{mark}  {finding.what}: {finding.found}")
            if finding.mend:
                click.echo(f"         mend: {finding.mend}")
    if any(finding.needed and not finding.ok for finding in findings):
        sys.exit(1)


@click.command("install")
@dsn_option
@click.option("--python-path", metavar="DIR", help="Folder on the server with the packages PL/Python lacks.")
@click.option(
    "--artifact-limit",
    metavar="MB",
    type=click.IntRange(1, 512),
    help="Size that a model's file may have [512]; compressed, it may unfold to four times that.",
)
@key_option
def install_command(dsn: str | None, python_path: str | None, artifact_limit: int | None, key: Path | None) -> None:
    """Create or upgrade the schema dbml.

    Your key, by which model add signs, is made if there is none, and trusted.
    """
    with connect(dsn) as connection:
        done = dbml.install(connection, python_path=python_path, artifact_limit=artifact_limit, key=key)
    click.echo(
        f"dbml is installed, revision {done['revision']}."
        if done["changed"]
        else f"dbml is up to date, revision {done['revision']}."
    )
    if not done["plpython"]:
        click.echo(
            "This server has no PL/Python for this role, so the engines portable and python are off: see dbml doctor."
        )
    for notice in done["notices"]:
        click.echo(f"Note: {notice}")


@click.command("uninstall")
@dsn_option
def uninstall_command(dsn: str | None) -> None:
    """Remove the schema dbml. Refused while something is attached."""
    with connect(dsn) as connection:
        dbml.uninstall(connection)
    click.echo("dbml is removed from this database.")
