"""Counters outside the database: ``reduce(profile, events)`` in JavaScript and in Python, from the spec.

An application that keeps events while it has no connection moves the counters of its own copy of the profile's row, as
the triggers will when the events arrive. Expressions are translated from a small part of SQL that means the same
everywhere; all else is refused by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import resources
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from dbml import database, errors
from dbml.database import Connection
from dbml.profiles import catalog, tables
from dbml.profiles.catalog import Attachment
from dbml.profiles.spec import Counter, Event
from dbml.profiles.tables import Table

# Types whose values an application has as numbers, texts, truths and moments.
TYPES = frozenset(
    (
        *("smallint", "integer", "bigint", "numeric", "double precision", "boolean", "text", "character varying"),
        *("uuid", "date", "timestamp without time zone", "timestamp with time zone"),
    )
)
ORDERED = TYPES - {"text", "character varying", "uuid"}
_COMPARED: dict[Any, str] = {exp.EQ: "eq", exp.NEQ: "ne", exp.LT: "lt", exp.LTE: "le", exp.GT: "gt", exp.GTE: "ge"}
# Decimals are computed as decimals, doubles as doubles.
_COMPUTED: dict[Any, tuple[str, str]] = {
    exp.Add: ("add", "plus"),
    exp.Sub: ("subtract", "minus"),
    exp.Mul: ("multiply", "times"),
}


# Words that the two languages write differently; a text of the spec is passed over.
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\b(?:TRUE|FALSE|NULL|FUNCTION)\b')


class _Words(dict[str, str]):
    def __missing__(self, word: str) -> str:
        return word


_WORDS = {
    "reduce.js": _Words(TRUE="true", FALSE="false", NULL="null", FUNCTION="(event) =>"),
    "reduce.txt": _Words(TRUE="True", FALSE="False", NULL="None", FUNCTION="lambda event:"),
}


@dataclass(frozen=True)
class Reducer:
    """The function ``reduce`` of one profile, as text of each language."""

    table: str
    js: str
    python: str

    @property
    def texts(self) -> dict[str, str]:
        """By the name of the format that they go into."""
        return {"js": self.js, "python": self.python}


def reducer(connection: Connection, table: str, needed: Collection[str] | None = None) -> Reducer:
    """Write the counters of an attached table as a function of a profile's row and of events.

    :param needed: counters that have to be in it, such as a model's features; left out, all. Others that cannot be
        written are left out.
    :raises ProfileError: the table is not attached.
    :raises ExportError: a needed counter cannot go on from its own value, or says something that only SQL means.
    """
    raw = database.driver(connection)
    with database.translated():
        oid = tables.table_facts(raw, table).oid
        found = next((record for record in catalog.records(raw) if record.oid == oid), None)
        if found is None:
            raise errors.ProfileError(f"table {table} is not attached", "dbml status shows what is.")
        return _written(catalog.attached(raw, found), found.profile.events, table, needed)


def _written(attachment: Attachment, events: Collection[Event], table: str, needed: Collection[str] | None) -> Reducer:
    moves: list[str] = []
    for event, (_, facts) in zip(events, attachment.events, strict=True):
        for column, counter in event.counters.items():
            try:
                moves.append(_move(column, counter, event, facts, attachment.table))
            except errors.ExportError:
                if needed is None or column in needed:
                    raise
    keys = json.dumps({event.table: list(event.key) for event in events})
    filled = {"keys": keys, "key": json.dumps(list(attachment.profile.key)), "moves": "\n".join(moves)}
    return Reducer(table, _filled("reduce.js", filled, "  "), _filled("reduce.txt", filled, "        "))


def _filled(name: str, parts: dict[str, str], indent: str) -> str:
    text = resources.files("dbml.profiles").joinpath("runtime", name).read_text(encoding="utf-8")
    words = _WORDS[name]
    moves = "\n".join(
        f"{indent}{_WORD.sub(lambda found: words[found[0]], move)}" for move in parts["moves"].splitlines()
    )
    return text.replace("/*keys*/", parts["keys"]).replace("/*key*/", parts["key"]).replace("/*moves*/", moves)


def _move(column: str, counter: Counter, event: Event, facts: Table, profile: Table) -> str:
    """A call that moves one counter; the same text in both languages."""
    parts = counter.parts
    refuse = _refuser(column, event)
    if event.through:
        raise refuse("reaches the profile through other tables")
    if counter.over or parts.distinct or parts.function in ("avg", "last"):
        raise refuse("cannot go on from its value alone: it needs the events that were counted before")
    if parts.schema:
        raise refuse(f"calls a function of {parts.schema}")
    writer = _Expressions(facts, refuse)
    value = "1" if parts.argument == "*" else writer.written(parts.argument, parts.function in ("min", "max"))
    condition = writer.written(parts.condition) if parts.condition else "TRUE"
    kind = profile.columns[column].kind
    exact = "TRUE" if kind in ("smallint", "integer", "bigint", "numeric") else "FALSE"
    said = [json.dumps(column), json.dumps(parts.function), json.dumps(event.table), exact]
    return f"move({', '.join(said)}, FUNCTION {condition}, FUNCTION {value})"


def _refuser(column: str, event: Event) -> Callable[[str], errors.ExportError]:
    def refuse(because: str) -> errors.ExportError:
        return errors.ExportError(
            f'the counter "{column}" of {event.table} cannot be kept outside the database: it {because}',
            "Leave --profile away, or take the counter out of the model's features.",
        )

    return refuse


class _Expressions:
    """Expressions over an event's columns, as calls that know SQL's NULL."""

    def __init__(self, facts: Table, refuse: Callable[[str], errors.ExportError]) -> None:
        self.facts, self.refuse = facts, refuse

    def written(self, text: str, ordered: bool = False) -> str:
        """Translate what the spec says.

        :param ordered: whether the greatest of its values will be asked for.
        """
        try:
            tree: Any = sqlglot.parse_one(text, dialect="postgres")
        except SqlglotError:
            raise self.refuse(f"says {text}") from None
        if ordered:
            self._check_ordered(tree)
        return self._write(tree)

    def _write(self, node: Any) -> str:
        kind = type(node)
        if kind in _COMPARED or kind in _COMPUTED:
            if kind in _COMPARED and kind not in (exp.EQ, exp.NEQ):
                self._check_ordered(node)
            name = _COMPARED.get(kind) or _COMPUTED[kind][self._is_double(node)]
            return f"{name}({self._write(node.left)}, {self._write(node.right)})"
        if isinstance(node, exp.Paren):
            return self._write(node.this)
        if isinstance(node, (exp.And, exp.Or)):
            name = "both" if isinstance(node, exp.And) else "either"
            return f"{name}({self._write(node.left)}, {self._write(node.right)})"
        if isinstance(node, exp.Not):
            return f"opposite({self._write(node.this)})"
        if isinstance(node, exp.Neg):
            return f"{'minus' if self._is_double(node) else 'subtract'}(0, {self._write(node.this)})"
        if isinstance(node, exp.Is) and isinstance(node.expression, (exp.Null, exp.Boolean)):
            return f"same({self._write(node.this)}, {self._write(node.expression)})"
        if isinstance(node, exp.Between):
            self._check_ordered(node)
            value = self._write(node.this)
            return f"both(ge({value}, {self._write(node.args['low'])}), le({value}, {self._write(node.args['high'])}))"
        if isinstance(node, exp.In) and node.expressions and not node.args.get("query"):
            return f"among({self._write(node.this)}, [{', '.join(map(self._write, node.expressions))}])"
        if isinstance(node, exp.Coalesce):
            return f"first([{', '.join(map(self._write, [node.this, *node.expressions]))}])"
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Literal):
            return json.dumps(node.this) if node.is_string else str(node.this)
        if isinstance(node, exp.Boolean):
            return "TRUE" if node.this else "FALSE"
        if isinstance(node, exp.Null):
            return "NULL"
        raise self.refuse(f"says {node.sql(dialect='postgres')}")

    def _column(self, node: exp.Column) -> str:
        name = node.name if node.this.quoted else node.name.lower()
        column = self.facts.columns.get(name)
        if column is None or column.kind not in TYPES:
            raise self.refuse(f"asks for {node.sql(dialect='postgres')}, whose type only the database knows")
        return f"of(event, {json.dumps(name)})"

    def _is_double(self, node: Any) -> bool:
        names = {column.name if column.this.quoted else column.name.lower() for column in node.find_all(exp.Column)}
        return any(name in self.facts.columns and self.facts.columns[name].kind == "double precision" for name in names)

    def _check_ordered(self, node: Any) -> None:
        """Texts are ordered by the database's collation, which nobody else has."""
        for column in node.find_all(exp.Column):
            name = column.name if column.this.quoted else column.name.lower()
            if name in self.facts.columns and self.facts.columns[name].kind not in ORDERED:
                raise self.refuse(f"orders {name}, which is text")
