"""Commands for what was predicted and what came true."""

from __future__ import annotations

import click

import dbml
from dbml.cli.shared import connect, dsn_option, json_option, print_rows


@click.command("forget")
@dsn_option
@click.argument("table")
@click.argument("key", nargs=-1, required=True)
def forget_command(dsn: str | None, table: str, key: tuple[str, ...]) -> None:
    """Erase an entity's log and failures.

    These are its logged predictions with their features. KEY has a value for each column of the key of TABLE.
    """
    with connect(dsn) as connection:
        erased = dbml.forget(connection, table, key)
    click.echo(f"{erased} rows about {', '.join(key)} of {table} are erased.")


@click.command("performance")
@dsn_option
@json_option
@click.argument("name")
@click.option("--by", metavar="WHAT", help="version, arm, day, or a column of the profile.")
@click.option("--as-of", metavar="TIME", help="What was known then.")
def performance_command(dsn: str | None, as_json: bool, name: str, by: str | None, as_of: str | None) -> None:
    """Judge predictions by what came true.

    Only those count that are older than the outcome's horizon.
    """
    with connect(dsn) as connection:
        rows = dbml.performance(connection, name, by=by, as_of=as_of)
    group = () if by is None else (by if by in ("version", "arm", "day") else "segment",)
    measures = ("auc", "log_loss", "brier", "accuracy", "mae", "rmse", "bias", "mean_score", "mean_outcome")
    print_rows(rows, (*group, "n", *(m for m in measures if any(row[m] is not None for row in rows))), as_json)
