"""Tables as SQLAlchemy's metadata knows them, for scripts that are written without a server (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy
from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql

from dbml.errors import ProfileError, nearest
from dbml.profiles.catalog import Attachment, Column, Reference, Table
from dbml.profiles.spec import Profile

DEFAULT_SCHEMA = "public"
_PART = re.compile(r'"((?:[^"]|"")+)"|([^".\s]+)')
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_LONG_NAMES = {"varchar": "character varying", "char": "character", "int": "integer", "decimal": "numeric"}


def metadatas(target: Any) -> list[MetaData]:
    """``target_metadata`` as ``env.py`` may give it: one, several or none."""
    if target is None:
        return []
    return [target] if isinstance(target, MetaData) else list(target)


def parse(name: str, default_schema: str = DEFAULT_SCHEMA) -> tuple[str, str]:
    """Schema and name of a table as SQL writes it."""
    parts = [quoted.replace('""', '"') if quoted else plain.lower() for quoted, plain in _PART.findall(name)]
    return (parts[-2] if len(parts) > 1 else default_schema, parts[-1])


def find(every: Iterable[MetaData], name: str, default_schema: str = DEFAULT_SCHEMA) -> sqlalchemy.Table:
    """The declared table of that name.

    :raises ProfileError: none is declared.
    """
    declared = {(t.schema or default_schema, t.name): t for metadata in every for t in metadata.tables.values()}
    found = declared.get(parse(name, default_schema))
    if found is None:
        known = [".".join(key) for key in declared]
        raise ProfileError(
            f"there is no table {name} in target_metadata",
            "Name a table of the application's models." + nearest(".".join(parse(name, default_schema)), known),
        )
    return found


def attachment(every: Sequence[MetaData], profile: Profile) -> Attachment:
    """A profile with its tables as the models declare them, as far as triggers are generated from them; no number yet.

    :raises ProfileError: a table, or a column of its key or counters, is not declared.
    """
    declared = find(every, profile.table)
    events = [find(every, event.table) for event in profile.events]
    wanted = [
        (declared, [*profile.key, *(c for e in profile.events for c in e.counters), *_prediction_columns(profile)]),
        *((table, event.key) for table, event in zip(events, profile.events, strict=True)),
    ]
    for table, columns in wanted:
        for column in columns:
            if column not in table.c:
                raise ProfileError(
                    f'{table.fullname} has no column "{column}" in target_metadata',
                    "Declare it in the application's models." + nearest(column, [c.name for c in table.c]),
                )
    # Any numbers that differ: they only say which foreign key points where.
    numbers = {table: number for number, table in enumerate([declared, *events], 1)}
    found = [_table(table, numbers) for table in events]
    return Attachment(0, profile, _table(declared, numbers), list(zip(profile.events, found, strict=True)))


def _prediction_columns(profile: Profile) -> list[str]:
    return [column for prediction in profile.predictions for column in prediction.columns]


def _table(table: sqlalchemy.Table, numbers: dict[sqlalchemy.Table, int]) -> Table:
    references = [
        Reference(
            numbers[constraint.referred_table],
            [[element.parent.name, element.column.name] for element in constraint.elements],
        )
        for constraint in table.foreign_key_constraints
        if constraint.referred_table in numbers and not constraint.deferrable
    ]
    return Table(
        numbers[table],
        table.schema or DEFAULT_SCHEMA,
        table.name,
        bool(table.dialect_options["postgresql"].get("partition_by")),
        {column.name: _column(column) for column in table.c},
        [],
        references,
    )


def _column(column: sqlalchemy.Column[Any]) -> Column:
    kind = column.type.compile(dialect=_DIALECT).lower()
    head, bracket, rest = kind.partition("(")
    kind = _LONG_NAMES.get(head, head) + bracket + rest
    return Column(kind, not column.nullable, _default(column, kind), not kind.startswith(("json", "xml")))


def _default(column: sqlalchemy.Column[Any], kind: str) -> str | None:
    default = column.server_default
    if not isinstance(default, sqlalchemy.DefaultClause):
        return None
    if isinstance(default.arg, str):
        return "'" + default.arg.replace("'", "''") + f"'::{kind}"
    return str(default.arg.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
