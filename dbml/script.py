"""Where a verb's statements go: to a server, or into a script that psql runs to the same end."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import psycopg
from psycopg import sql

from dbml import database

Sink: TypeAlias = "psycopg.Connection[Any] | Script"


class Script:
    """Statements as text, for a server that is not there yet.

    :param write: takes each text, which ends with a semicolon.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def add(self, statements: str) -> None:
        """Write statements as they are."""
        # The script's file is UTF-8, whatever psql takes a terminal for.
        encoding = "" if statements.isascii() else "set client_encoding = 'UTF8';\n"
        self._write(encoding + statements.rstrip().removesuffix(";") + ";")


def execute(sink: Sink, statements: str) -> None:
    """Run statements, or write them down: no parameters, so ``%`` and ``:`` mean nothing."""
    if isinstance(sink, Script):
        sink.add(statements)
    else:
        database.script(sink, statements)


def perform(sink: Sink, query_name: str, /, **parameters: Any) -> None:
    """Run the query of that name in ``sql/*/queries.sql`` for what it does, or write it down."""
    if isinstance(sink, Script):
        sink.add(filled(query_name, parameters))
    else:
        database.named(sink, query_name, **parameters)


def filled(query_name: str, parameters: dict[str, Any]) -> str:
    """A query of ``sql/*/queries.sql`` with its parameters written out."""
    query = database.queries()[query_name]
    return re.sub(r"%\((\w+)\)s", lambda found: sql.Literal(parameters[found[1]]).as_string(None), query)


def quoted(text: str) -> str:
    """A text between dollar quotes that it does not itself hold."""
    tag, number = "$dbml$", 0
    while (text + tag).index(tag) < len(text):
        number += 1
        tag = f"$dbml_{number}$"
    return f"{tag}{text}{tag}"


def block(body: str) -> str:
    """An anonymous block of PL/pgSQL."""
    return "do " + quoted(f"\n{body.rstrip()}\n") + ";"


def numbered(compose: Callable[[int], str]) -> str:
    """What ``format()`` in the server completes with a number that only the server can give.

    :param compose: makes the text for a number. The texts for 1 and for 2 differ where the number stands, and only
        there: whatever a user's expressions hold is the same in both.
    """
    return "".join(
        one.replace("%", "%%") if one == other else "%1$s" for one, other in zip(compose(1), compose(2), strict=True)
    )
