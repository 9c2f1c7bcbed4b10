"""Commands for what was predicted and what came true."""

from __future__ import annotations

import click

import dbml
from dbml.cli.shared import connect, dsn_option


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
