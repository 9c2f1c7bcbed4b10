"""What commands have in common: options, arguments, the connection, errors, and how they print.

A command imports what it needs when it runs: `--help` loads neither a driver nor a library of models.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dbml import errors
from dbml.cli.parameters import FilePath

if TYPE_CHECKING:
    import psycopg

    from dbml.database import Progress, Record

Command = TypeVar("Command", bound=Callable[..., Any])
# What helps whoever has written an option that only the server can read, by SQLSTATE.
TIMES = "Write a time such as '2026-06-30 12:00', and a length of time such as '7 days'."
HINTS = {"22007": TIMES, "22008": TIMES}


class Group(click.Group):
    """Prints dbml's errors as a sentence and a hint, and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except errors.DbmlError as error:
            click.echo(f"dbml: {error.message}", err=True)
            if error.hint:
                click.echo(f"  hint: {error.hint}", err=True)
            ctx.exit(1)
        except Exception as error:
            # The driver is loaded by now, if a server has said something.
            if "psycopg" not in sys.modules:
                raise
            import psycopg

            if not isinstance(error, psycopg.Error):
                raise
            click.echo(f"dbml: the server says: {error.diag.message_primary or error} ({error.sqlstate})", err=True)
            if hint := error.diag.message_hint or HINTS.get(error.sqlstate or ""):
                click.echo(f"  hint: {hint}", err=True)
            ctx.exit(1)


@contextmanager
def connect(dsn: str | None) -> Iterator[psycopg.Connection[Any]]:
    """Open a connection for a command, and commit at its end.

    :raises ServerError: the server cannot be reached, or is too old.
    """
    from dbml import database

    with database.connect(dsn) as connection:
        yield connection


def dsn_option(command: Command) -> Command:
    """Add ``--dsn``."""
    return click.option("--dsn", help="Server and database; else DBML_DSN, else libpq's environment.")(command)


def note_option(command: Command) -> Command:
    """Add ``--note``."""
    return click.option("--note", help="Why; the view dbml.deployment_history shows it.")(command)


def json_option(command: Command) -> Command:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def trust_option(command: Command) -> Command:
    """Add ``--trust``."""
    return click.option(
        "--trust",
        multiple=True,
        metavar="WHAT",
        help="A type that a skops file may load, or a version that may have written the file, as scikit-learn==1.6.1.",
    )(command)


def key_option(command: Command) -> Command:
    """Add ``--key``."""
    return click.option(
        "--key",
        type=FilePath(),
        metavar="FILE",
        help="Private key to sign with; else DBML_KEY, else the one in the user's configuration.",
    )(command)


def version_number(text: str) -> tuple[str, int]:
    """Read ``NAME@V``.

    :raises click.UsageError: it is something else.
    """
    name, _, number = text.partition("@")
    if not name or not re.fullmatch("[0-9]+", number):
        raise click.UsageError(f'"{text}" is not NAME@VERSION, such as churn@3')
    return name, int(number)


def named_number(text: str) -> tuple[str, float]:
    """Read ``NAME=NUMBER``.

    :raises click.UsageError: it is something else.
    """
    name, _, number = text.partition("=")
    try:
        found = float(number)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise click.UsageError(f'"{text}" is not NAME=NUMBER, such as auc=0.91')
    return name.strip(), found


def table_moment(text: str) -> tuple[str, str]:
    """TABLE=MOMENT, of the option ``--history``."""
    table, equals, moment = text.partition("=")
    if not table or not equals or not moment:
        raise click.UsageError(f'"{text}" is not TABLE=MOMENT, such as public.complaint=created_at')
    return table, moment


def named_type(text: str) -> tuple[str, str]:
    """Read ``NAME=TYPE``.

    :raises click.UsageError: it is something else.
    """
    name, is_there, type_ = text.rpartition("=")
    if not is_there or not name.strip():
        raise click.UsageError(f'"{text}" is not NAME=TYPE, such as zip=text')
    return name.strip(), type_.strip()


def print_rows(rows: Sequence[Mapping[str, Any] | Record], columns: tuple[str, ...], as_json: bool) -> None:
    """Print these columns as a table; as JSON, all of them."""
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo("Nothing yet.")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(_shown(row[column]) for column in columns))
    # Wide enough for a pipe to read every value whole.
    Console(width=None if sys.stdout.isatty() else 240).print(table)


def _shown(value: Any) -> str:
    """A value for somebody who reads, with the digits that he reads; JSON has them all."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"
    return value.isoformat(" ", "seconds") if isinstance(value, datetime) else str(value)


def print_json(value: Any) -> None:
    """Print JSON; what JSON has no word for, as text."""

    def plain(value: Any) -> Any:
        return dict(value) if hasattr(value, "keys") else str(value)

    click.echo(json.dumps(value, indent=2, default=plain))


@contextmanager
def progress_bar() -> Iterator[Progress | None]:
    """A progress bar where somebody is looking."""
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Bar(console=console, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(table: str, done: int, total: int) -> None:
            if table not in tasks:
                tasks[table] = bar.add_task(table)
            bar.update(tasks[table], completed=done, total=total)

        yield show
