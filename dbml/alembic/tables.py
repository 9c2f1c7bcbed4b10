"""Tables as SQLAlchemy's metadata knows them, for scripts that are written without a server (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy
from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql

from dbml.errors import ProfileError, nearest
from dbml.profiles import checks, ddl
from dbml.profiles.catalog import Attachment
from dbml.profiles.spec import Event, Profile
from dbml.profiles.tables import Column, Leg, Reference, Table, leading

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
    declared = [find(every, profile.table), *(find(every, event.table) for event in profile.events)]
    labels = [find(every, lesson.table) for lesson in profile.lessons]
    # Any numbers that differ: they only say which foreign key points where.
    passed = [_passed(of_event, event) for of_event, event in zip(declared[1:], profile.events, strict=True)]
    every_table = dict.fromkeys([*declared, *labels, *(table for way in passed for table in way)])
    numbers = {table: number for number, table in enumerate(every_table, 1)}
    table, *events = (described(table, numbers) for table in declared)
    events = [
        _leading(event, event_table, [described(table, numbers) for table in way])
        for event, event_table, way in zip(profile.events, events, passed, strict=True)
    ]
    for column, known in _own_columns(profile).items():
        table.columns.setdefault(column, known)
    counters = [column for event in profile.events for column in event.counters]
    _require(table, [*profile.key, *counters])
    for event, event_table in zip(profile.events, events, strict=True):
        _require(event_table.last, event.last)
    heard = []
    for lesson, label_table in zip(profile.lessons, labels, strict=True):
        heard.append((lesson, described(label_table, numbers)))
        _require(heard[-1][1], lesson.key)
    return Attachment(0, profile, table, list(zip(profile.events, events, strict=True)), labels=heard)


def _passed(table: sqlalchemy.Table, event: Event) -> list[sqlalchemy.Table]:
    """The declared tables that an event's key leads through."""
    found = []
    for column in event.through:
        keys = [key for key in table.foreign_key_constraints if column in key.column_keys and not key.deferrable]
        if len(keys) != 1:
            raise ProfileError(
                f'the key of an event leads on by "{column}" of {table}, which belongs to {len(keys)} foreign keys in '
                "target_metadata",
                "Declare one in the application's models.",
            )
        table = keys[0].referred_table
        found.append(table)
    return found


def _leading(event: Event, table: Table, passed: list[Table]) -> Table:
    legs: list[Leg] = []
    for column, one, there in zip(event.through, [table, *passed], passed, strict=False):
        by, at = zip(*leading(one, column).columns, strict=True)
        legs.append(Leg(by, there, at))
    return replace(table, legs=tuple(legs))


def _own_columns(profile: Profile) -> dict[str, Column]:
    """Columns of dbml's own that are always of one type, which a revision may add and no model declare."""
    types = {c: kind for prediction in profile.predictions for c, kind in checks.prediction_types(prediction).items()}
    counters = [kept for event in profile.events for kept in event.counters.items()]
    counts = [column for column, counter in counters if counter.parts.function == "count"]
    nullable = {column: Column(kind, False, None, True) for column, kind in types.items()}
    return nullable | dict.fromkeys(counts, Column("bigint", True, "0", True))


def _require(table: Table, columns: Iterable[str]) -> None:
    for column in columns:
        if column not in table.columns:
            raise ProfileError(
                f'{table} has no column "{column}" in target_metadata',
                "Declare it in the application's models." + nearest(column, table.columns),
            )


def described(table: sqlalchemy.Table, numbers: Mapping[sqlalchemy.Table, int]) -> Table:
    """A declared table as the catalog would know it.

    :param numbers: of the tables whose foreign keys matter.
    """
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
        sorted(_partition_columns(table)),
    )


def _partition_columns(table: sqlalchemy.Table) -> set[str]:
    """The columns that the table's own partitions are by; a script knows of none below."""
    said = table.dialect_options["postgresql"].get("partition_by")
    return {column.name for column in table.c} & ddl.names(said) if said else set()


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
