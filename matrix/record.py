"""The table of docs/versions.md: what was found on each server the last time that the suite ran there whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

HEAD = (
    *("server", "PostgreSQL", "PL/Python", "the suite's Python", "scikit-learn"),
    *("tests", "passed", "skipped", "need more", "failed", "errors", "minutes", "day", "commit"),
)
_BEGIN, _END = "<!-- written by make test-matrix -->", "<!-- as far as here -->"


def record(page: Path, cells: Sequence[str], order: Sequence[str]) -> None:
    """Put a server's line into the page's table, in the place of an earlier one; the other servers' lines stay.

    :param cells: one for each of ``HEAD``, the server's name first.
    :param order: the names of all servers, as the lines are to follow each other; others' lines are dropped.
    :raises ValueError: the page has no place for the table.
    """
    before, begin, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    table, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the comments between which the table stands: {_BEGIN} and {_END}")
    lines = {line.split("|")[1].strip(): line for line in table.splitlines() if line.startswith("| ")}
    lines[cells[0]] = line_of(cells)
    kept = [line_of(HEAD), "|" + "---|" * len(HEAD), *(lines[name] for name in order if name in lines)]
    page.write_text("\n".join((before + begin, "", *kept, "", end + after)), encoding="utf-8")


def line_of(cells: Sequence[str]) -> str:
    """A line of a table in Markdown."""
    return "| " + " | ".join(cells) + " |"
