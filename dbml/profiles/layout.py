"""How the SQL of what is generated is laid out (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from psycopg import sql

from dbml.database import Name

WIDTH = 100
NOTHING = sql.Composed([])


def names(columns: Iterable[str], alias: str) -> list[sql.Composable]:
    """Columns of a table of that alias."""
    return [Name(alias, column) for column in columns]


def listed(columns: Iterable[str], alias: str | None = None) -> sql.Composed:
    """Columns with commas between them."""
    return sql.SQL(", ").join(names(columns, alias) if alias else map(Name, columns))


def row(values: Sequence[sql.Composable]) -> sql.Composable:
    """A value, or several in parentheses, to be compared with others."""
    return values[0] if len(values) == 1 else sql.SQL("({})").format(sql.SQL(", ").join(values))


def all_of(conditions: Sequence[sql.Composable]) -> sql.Composed:
    """All of the conditions, a line each where they do not fit one."""
    return compact(sql.SQL("\nand ").join(conditions))


def any_of(conditions: Sequence[sql.Composable]) -> sql.Composed:
    """Any of the conditions, a line each where they do not fit one."""
    return compact(sql.SQL("\nor ").join(conditions))


def where(*conditions: sql.Composable) -> sql.Composed:
    """The clause with all of the conditions that are not empty; empty where none is left."""
    left = [condition for condition in conditions if condition.as_string(None)]
    return sql.SQL("where {}").format(sql.SQL("\n  and ").join(left)) if left else NOTHING


def ended(clause: sql.Composed, end: str = ";") -> dict[str, sql.Composable]:
    """What ends a query whose last line may be empty: the part ``where`` and, on the line before, ``end``."""
    closing, nothing = sql.SQL(end), sql.SQL("")
    return {"end": nothing, "where": clause + closing} if list(clause) else {"end": closing, "where": nothing}


def compact(text: sql.Composed) -> sql.Composed:
    """The same on one line where it fits one."""
    if len(re.sub(r"\n *", " ", text.as_string(None))) > WIDTH:
        return text
    return sql.Composed([_on_one_line(part) for part in text])


def _on_one_line(part: sql.Composable) -> sql.Composable:
    if isinstance(part, sql.Composed):
        return sql.Composed([_on_one_line(piece) for piece in part])
    # What stands in a text, a name or a user's expression is left as it is.
    return sql.SQL(re.sub(r"\n *", " ", part.as_string(None))) if type(part) is sql.SQL else part
