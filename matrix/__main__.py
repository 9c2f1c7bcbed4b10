"""Runs the suite against one server after the other, and says what it found: ``make test-matrix``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from dbml.errors import ServerError
from matrix.results import Result, read
from matrix.servers import SERVERS, Server

ROOT = Path(__file__).parents[1]


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[SERVER]… [PYTEST ARGUMENT]…")
def main(words: tuple[str, ...]) -> None:
    """Run every test against each server of docs/versions.md, or against those named first.

    What follows the servers goes to pytest: tests, -k, -x. Exit status 1 where any test did not pass.
    """
    console = Console(highlight=False, soft_wrap=True)
    count = next((number for number, word in enumerate(words) if word not in SERVERS), len(words))
    names, arguments = words[:count] or tuple(SERVERS), words[count:]
    results: dict[str, Result | None] = {}
    for name in dict.fromkeys(names):
        try:
            SERVERS[name].prepare(console.print)
        except ServerError as error:
            raise click.ClickException(f"{error.message}\n  hint: {error.hint}") from error
        console.print(f"Running the suite on {SERVERS[name].description} …")
        results[name] = _run(SERVERS[name], arguments)
    _print(console, results)
    sys.exit(any(result is None or result.faults for result in results.values()))


def _run(server: Server, arguments: tuple[str, ...]) -> Result | None:
    """Run pytest where it finds no server but this one; its own output goes to the terminal."""
    # A server that somebody has named for other purposes is not to be touched.
    environment = {name: value for name, value in os.environ.items() if name != "DBML_DSN"}
    with tempfile.TemporaryDirectory(prefix="dbml-matrix-") as folder:
        file = Path(folder) / "junit.xml"
        pytest = [sys.executable, "-m", "pytest", "-n", "2", "-q", "--tb=short", f"--junit-xml={file}"]
        pytest += ["-m", "not broker", *arguments]
        subprocess.run(server.command(pytest), cwd=ROOT, env={**environment, **server.environment}, check=False)
        return read(file)


def _print(console: Console, results: dict[str, Result | None]) -> None:
    """Print a table that can go into docs/versions.md as it is, and each test that did not pass."""
    rows = [["server", "PostgreSQL", "PL/Python", "passed", "failed", "errors", "minutes"], ["---"] * 7]
    for name, result in results.items():
        figures = ["no tests", "", "", ""]
        if result is not None:
            numbers = (result.passed, result.count("failure"), result.count("error"))
            figures = [*map(str, numbers), f"{result.seconds / 60:.0f}"]
        rows.append([name, *SERVERS[name].versions(), *figures])
    client = ", ".join(f"{each} {metadata.version(each)}" for each in ("scikit-learn", "numpy", "psycopg"))
    console.print(f"\n{datetime.now(UTC):%Y-%m-%d}, the suite under Python {sys.version.split()[0]} with {client}:")
    for row in rows:
        console.print(escape("| " + " | ".join(row) + " |"))
    for name, result in results.items():
        for fault in result.faults if result else ():
            console.print(escape(f"{name}: {fault.kind} of {fault.test}\n    {fault.message[:300]}"))


main(prog_name="make test-matrix")
