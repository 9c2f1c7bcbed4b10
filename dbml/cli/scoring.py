"""The command that scores many rows."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from dbml.cli.parameters import FilePath
from dbml.cli.shared import connect, dsn_option, progress_bar


@click.command("score")
@dsn_option
@click.argument("name", metavar="NAME[@V]")
@click.option("--query", metavar="SQL", help="Yields the features, and the key where there is one.")
@click.option("--table", help="Is scored by ranges of its key, and written in order of it.")
@click.option("-o", "--output", required=True, metavar="FILE", type=FilePath(), help=".csv or .parquet")
@click.option("--jobs", default=1, type=click.IntRange(1), help="Sessions that share the table. Default: 1.")
@click.option("--outputs", is_flag=True, help="Write what the profile asks for beside the score too, as JSON.")
def score_command(
    dsn: str | None, name: str, query: str | None, table: str | None, output: Path, jobs: int, outputs: bool
) -> None:
    """Write the scores of a table or a query to a file.

    The server scores the rows; the file holds key, version and score. A row
    that the model refuses has no score there.
    """
    if (query is None) == (table is None):
        raise click.UsageError("say either --query or --table")
    if query is not None and jobs > 1:
        raise click.UsageError("--jobs goes with --table: a query has no ranges")
    from dbml.serving import bulk, files

    with ExitStack() as stack:
        sessions = [stack.enter_context(connect(dsn)) for _ in range(jobs)]
        progress = stack.enter_context(progress_bar())
        if table is not None:
            blocks = bulk.table_as_csv(sessions, name, table, progress, outputs)
        else:
            blocks = bulk.as_csv(sessions[0], name, str(query), outputs)
        rows = files.write(output, blocks, outputs)
    click.echo(f"{rows} rows scored: {output}")
