"""Commands for profiles, and for what serves them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import dbml
from dbml.cli.parameters import FilePath, NumberRange
from dbml.cli.shared import (
    connect,
    dsn_option,
    json_option,
    note_option,
    print_json,
    print_rows,
    progress_bar,
    version_number,
)
from dbml.cli.strategies import chosen, strategy_options

if TYPE_CHECKING:
    import psycopg

DIFFERENCES_SHOWN = 50


@click.command("attach")
@dsn_option
@click.argument("spec_file", metavar="SPEC.toml", type=FilePath())
@click.option("--add-columns", is_flag=True, help="Add the columns that the profile lacks.")
@click.option("--backfill", is_flag=True, help="Overwrite counters that disagree with the events.")
@click.option("--trust", is_flag=True, help="Although others can run code as dbml_owner by it.")
@click.option("--dry-run", is_flag=True, help="Print the SQL that would run, and change nothing.")
@click.option("--online", "in_use", is_flag=True, help="Keep the tables in use: triggers first, then batches.")
def attach_command(
    dsn: str | None, spec_file: Path, add_columns: bool, backfill: bool, trust: bool, dry_run: bool, in_use: bool
) -> None:
    """Create triggers, fill counters and score what is there.

    With --online the tables stay in use meanwhile, and the command can be killed and repeated. Where the table is
    attached by another spec, that one is changed, always online, and what is new is counted.
    """
    if dry_run and in_use:
        raise click.UsageError("--dry-run and --online exclude each other")
    profile = dbml.spec.read(spec_file)
    given = {"add_columns": add_columns, "backfill": backfill, "trust": trust}
    with connect(dsn) as connection:
        changes = dbml.alterations(connection, profile)
        if changes and dry_run:
            click.echo("\n".join(["-- Nothing is changed now.", *(f"-- {change}" for change in changes)]))
            return
        connection.commit()
        if changes or (trust and changes is not None):
            connection.autocommit = True  # each batch a transaction of its own
            with progress_bar() as progress:
                attached = dbml.alter(connection, profile, **given, progress=progress)
        elif in_use:
            connection.autocommit = True  # each batch a transaction of its own
            with progress_bar() as progress:
                attached = dbml.attach_online(connection, profile, **given, progress=progress)
        else:
            attached = dbml.attach(connection, profile, **given, dry_run=dry_run)
    if dry_run:
        click.echo("\n".join(f"-- {line}" for line in ["Nothing is changed now.", *attached.summary]) + "\n")
        click.echo("\n".join(f"{statement.rstrip()};\n" for statement in attached.statements))
        return
    if changes:
        click.echo("\n".join(f"{change}." for change in changes))
    click.echo(f"{attached.table} is attached.")
    for notice in attached.notices:
        click.echo(f"Note: {notice}")


@click.command("detach")
@dsn_option
@click.argument("table")
def detach_command(dsn: str | None, table: str) -> None:
    """Remove the triggers from TABLE. Its columns keep what they hold."""
    with connect(dsn) as connection:
        dbml.detach(connection, table)
    click.echo(f"{table} is detached.")


@click.command("deploy")
@dsn_option
@click.argument("version", metavar="NAME@V")
@note_option
@click.option(
    "--changes",
    multiple=True,
    type=click.Choice(["output", "features"]),
    help="What may be other than that of the version that serves.",
)
@click.option("--no-rescore", is_flag=True, help="Leave rows that never had a score to dbml rescore.")
@click.option("--wait", is_flag=True, help="Score every row by this version, and return when that is done.")
@strategy_options
def deploy_command(
    dsn: str | None,
    version: str,
    note: str | None,
    changes: tuple[str, ...],
    no_rescore: bool,
    wait: bool,
    **asked: Any,
) -> None:
    """Let a version serve from the next statement on. It holds in every session.

    Where none has served, it then gives every row its first score, in batches; if it is killed, dbml rescore goes on.
    With --strategy the version serves beside the one that is there, on a share of the entities.
    """
    name, number = version_number(version)
    strategy = chosen(**asked)
    if strategy is not None:
        if no_rescore or (wait and strategy.name != "blue-green"):
            raise click.UsageError("--wait and --no-rescore are for a version that serves everyone at once")
        with connect(dsn) as connection:
            dbml.start_strategy(connection, name, number, strategy, note=note, changes=changes)
            if wait:
                connection.commit()
                connection.autocommit = True  # each batch a transaction of its own
                with progress_bar() as progress:
                    scored = dbml.score_aside(connection, name, progress=progress)
                click.echo(f"{scored} rows scored aside by {version}; then: dbml promote {name}")
        click.echo(f"{version} serves beside the control: dbml serving {name}")
        return
    with connect(dsn) as connection:
        waiting = dbml.deploy(connection, name, number, note=note, changes=changes)
        connection.commit()
        click.echo(f"{version} is deployed.")
        if wait:
            _rescore(connection, name, every=bool(waiting))
        elif not waiting:
            _tell_of_older_scores(name)
        elif no_rescore:
            click.echo(f"{waiting} rows wait for their first score: dbml rescore {name}")
        else:
            # A version in a row that this database has not deployed says nothing about its score.
            _rescore(connection, name, every=True)


@click.command("rollback")
@dsn_option
@click.argument("name")
@note_option
def rollback_command(dsn: str | None, name: str, note: str | None) -> None:
    """Let the version serve again that served before. A second rollback takes the first one back."""
    with connect(dsn) as connection:
        version = dbml.rollback(connection, name, note=note)
    click.echo(f"{name}@{version} serves again.")
    _tell_of_older_scores(name)


def _tell_of_older_scores(name: str) -> None:
    click.echo(f"Rows scored before keep their score until they change; to move them all: dbml rescore {name}")


def _rescore(
    connection: psycopg.Connection[Any],
    name: str,
    *,
    every: bool = False,
    stale: bool = False,
    rate: float | None = None,
    sessions: Sequence[psycopg.Connection[Any]] = (),
) -> None:
    """Score rows in batches, and tell how many got a score and how many are refused."""
    for session in (connection, *sessions):
        session.autocommit = True  # each batch a transaction of its own
    with progress_bar() as progress:
        scored = dbml.rescore(
            connection, name, every=every, stale=stale, rate=rate, sessions=sessions, progress=progress
        )
    click.echo(f"{scored} rows scored by {name}.")
    refused = sum(row.stale for row in dbml.status(connection) if row.model == name)
    if refused:
        click.echo(f"{refused} rows could not be scored; dbml status says why.")


@click.command("rescore")
@dsn_option
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="Rows that have its score as well.")
@click.option("--stale", is_flag=True, help="Only rows that could not be scored when they last changed.")
@click.option("--rate", type=NumberRange(min=0, min_open=True), metavar="ROWS", help="At most so many rows a second.")
@click.option("--jobs", default=1, type=click.IntRange(1), help="Sessions that share the rows. Default: 1.")
@click.option("--due", is_flag=True, help="Instead of NAME: rows whose window of time has changed.")
def rescore_command(
    dsn: str | None, name: str | None, every: bool, stale: bool, rate: float | None, jobs: int, due: bool
) -> None:
    """Score the rows that lack the deployed version's score.

    It works in batches, and can be killed and repeated.
    """
    if due == (name is not None):
        raise click.UsageError("give either a model's NAME or --due")
    if due + stale + every > 1 or (due and (rate is not None or jobs > 1)):
        raise click.UsageError("--due takes no other option, and --stale and --all exclude each other")
    if jobs > 1 and rate is not None:
        raise click.UsageError("--rate is of one session: it goes without --jobs")
    with ExitStack() as stack:
        connection, *others = [stack.enter_context(connect(dsn)) for _ in range(jobs)]
        if name is None:
            connection.autocommit = True  # each batch a transaction of its own
            with progress_bar() as progress:
                moved = dbml.rescore_due(connection, progress)
            click.echo(f"{moved} rows had a window that changed; they are moved.")
            return
        _rescore(connection, name, every=every, stale=stale, rate=rate, sessions=others)


@click.command("reconcile")
@dsn_option
@json_option
@click.argument("table", required=False)
@click.option("--repair", is_flag=True, help="Mend what differs, in batches that lock few rows.")
def reconcile_command(dsn: str | None, as_json: bool, table: str | None, repair: bool) -> None:
    """Compare counters and scores with the truth. The exit status is 1 if a difference stays."""
    with connect(dsn) as connection, progress_bar() as progress:
        connection.autocommit = True  # each batch a transaction of its own
        report = dbml.reconcile(connection, table, repair=repair, progress=progress)
    if as_json:
        print_json(asdict(report))
    else:
        differences = [
            asdict(d) | {"entity": d.entity and ", ".join(d.entity)} for d in report.differences[:DIFFERENCES_SHOWN]
        ]
        if differences:
            print_rows(differences, ("table", "entity", "column", "held", "truth"), as_json)
        if len(report.differences) > DIFFERENCES_SHOWN:
            click.echo(f"… and {len(report.differences) - DIFFERENCES_SHOWN} more: --json prints all.")
        click.echo(
            f"{report.rows} rows compared, {len(report.differences)} differences"
            + (f", {report.repaired} rows mended." if repair else ".")
        )
        if report.earlier:
            click.echo(
                f"{report.earlier} scores are of an earlier version, not compared: dbml rescore NAME moves them."
            )
    if report.differences and not repair:
        sys.exit(1)


@click.command("repair")
@dsn_option
@json_option
@click.argument("table", required=False)
def repair_command(dsn: str | None, as_json: bool, table: str | None) -> None:
    """Make an attached profile right after DDL by others."""
    with connect(dsn) as connection, progress_bar() as progress:
        connection.autocommit = True  # each batch a transaction of its own
        repaired = dbml.repair(connection, table, progress=progress)
    print_rows([asdict(profile) for profile in repaired], ("table", "rows"), as_json)


@click.command("status")
@dsn_option
@json_option
def status_command(dsn: str | None, as_json: bool) -> None:
    """Show what is attached, what serves it, and what failed."""
    with connect(dsn) as connection:
        rows = dbml.status(connection)
    columns = (
        "profile",
        "prediction",
        "model",
        "version",
        "engine",
        "on_error",
        "events",
        "stale",
        "last_failure",
        "complete",
        "hot",
        "broken",
        "running",
    )
    print_rows(rows, columns, as_json)
    if not as_json:
        for profile in dict.fromkeys(row.profile for row in rows if row.broken):
            click.echo(f"{profile} is not kept any more: dbml repair {profile}")
