"""Runs the suite against one server after the other, and says what it found: ``make test-matrix``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from dbml.errors import ServerError
from matrix.record import HEAD, line_of, record
from matrix.results import Result, read
from matrix.servers import SERVERS, Managed, Server

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "versions.md"
# Said by the Python that runs the suite.
_SUITE = "import sys, sklearn; print(sys.version.split()[0], sklearn.__version__)"


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--quick", is_flag=True, help="The tests of `make test`, without those that are marked `long`.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[SERVER]… [PYTEST ARGUMENT]…")
def main(words: tuple[str, ...], quick: bool) -> None:
    """Run every test against each server of docs/versions.md, or against those named first.

    What follows the servers goes to pytest: tests, -k, -x. Without any of it, what was found is written into the
    table of that page. Exit status 1 where any test did not pass, other than for what a server is made without.
    """
    console = Console(highlight=False, soft_wrap=True)
    count = next((number for number, word in enumerate(words) if word not in SERVERS), len(words))
    names, arguments = words[:count] or tuple(SERVERS), words[count:]
    mark = "not broker and not long" if quick else "not broker"
    results: dict[str, Result | None] = {}
    lines = [line_of(HEAD), line_of(["---"] * len(HEAD))]
    for name in dict.fromkeys(names):
        server = SERVERS[name]
        try:
            server.prepare(console.print)
        except ServerError as error:
            raise click.ClickException(f"{error.message}\n  hint: {error.hint}") from error
        console.print(f"Running the suite on {server.description} …")
        result = results[name] = _run(name, ("-m", mark, *arguments))
        tests = "some" if arguments else "as make test" if quick else "all"
        cells = _cells(name, tests, result)
        lines.append(line_of(cells))
        if result is not None and not arguments:
            record(PAGE, cells, list(SERVERS))
    console.print(*map(escape, lines), sep="\n")
    for name, found in results.items():
        lacking = Counter(fault.message for fault in found.faults if fault.kind == "lacking") if found else Counter()
        for message, times in lacking.most_common():
            console.print(escape(f"{name}: {times} tests need more than it has: {message}"))
        for fault in found.unexpected if found else ():
            console.print(escape(f"{name}: {fault.kind} of {fault.test}\n    {fault.message[:300]}"))
    sys.exit(any(result is None or result.unexpected for result in results.values()))


def _run(name: str, arguments: tuple[str, ...]) -> Result | None:
    """Run pytest where it finds no server but this one; its own output goes to the terminal."""
    file = ROOT / "build" / "matrix" / f"{name}.xml"
    file.unlink(missing_ok=True)
    pytest = [sys.executable, "-m", "pytest", "-n", "2", "-q", "--tb=short", f"--junit-xml={file}"]
    subprocess.run(SERVERS[name].command([*pytest, *arguments]), cwd=ROOT, env=_environment(SERVERS[name]), check=False)
    return read(file, managed=isinstance(SERVERS[name], Managed))


def _environment(server: Server) -> dict[str, str]:
    # A server that somebody has named for other purposes is not to be touched.
    return {**{name: value for name, value in os.environ.items() if name != "DBML_DSN"}, **server.environment}


def _cells(name: str, tests: str, result: Result | None) -> list[str]:
    """A line of the table."""
    server = SERVERS[name]
    figures = ["none", "", "", "", "", ""]
    if result is not None:
        numbers = (result.passed, result.skipped, *map(result.count, ("lacking", "failure", "error")))
        figures = [*map(str, numbers), f"{result.seconds / 60:.0f}"]
    suite = _said(server.command([sys.executable, "-c", _SUITE]), _environment(server)).split()
    commit = _said(["git", "describe", "--always", "--dirty"], os.environ)
    return [name, *server.versions(), *suite, tests, *figures, f"{datetime.now(UTC):%Y-%m-%d}", commit]


def _said(command: Sequence[str | Path], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


main(prog_name="make test-matrix")
