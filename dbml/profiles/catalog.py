"""The tables of a spec as the catalog knows them, and how SQL names their columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.database import Name, relation
from dbml.profiles.layout import all_of
from dbml.profiles.learn import Learn
from dbml.profiles.spec import Event, Profile


@dataclass(frozen=True)
class Column:
    """A column of a table.

    :param type: as PostgreSQL names it, with its modifier.
    :param default: the expression; None where there is none, and of a generated column.
    :param virtual: generated, and not stored: a trigger does not see it.
    :param hashable: whether its values have a hash.
    :param category: of the type, such as ``S`` for strings (``pg_type.typcategory``).
    """

    type: str
    not_null: bool
    default: str | None
    hashable: bool
    generated: bool = False
    virtual: bool = False
    category: str = ""

    @property
    def kind(self) -> str:
        """The type without its modifier."""
        return self.type.partition("(")[0]

    @property
    def digits(self) -> tuple[int, int] | None:
        """Digits before and behind the point, of a numeric with a scale."""
        found = re.fullmatch(r"numeric\((\d+),(\d+)\)", self.type)
        return (int(found[1]) - int(found[2]), int(found[2])) if found and int(found[2]) else None


@dataclass(frozen=True)
class Reference:
    """An enforced foreign key: the number of the table it points to, and pairs of own and other columns."""

    to: int
    columns: list[list[str]]


@dataclass(frozen=True)
class Table:
    """A table as the catalog knows it.

    :param partition_columns: those that decide which of its partitions a row is in.
    """

    oid: int
    schema: str
    name: str
    partitioned: bool
    columns: dict[str, Column]
    indexed: list[list[str]]
    references: list[Reference]
    partition_columns: list[str] = field(default_factory=list)

    @property
    def identifier(self) -> sql.Identifier:
        """The qualified, quoted name."""
        return relation([self.schema, self.name])

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    def has_foreign_key(self, key: Sequence[str], other: Table, other_key: Sequence[str]) -> bool:
        """Whether an enforced foreign key keeps ``key`` within another table's ``other_key``."""
        wanted = sorted([mine, theirs] for mine, theirs in zip(key, other_key, strict=True))
        return any(reference.to == other.oid and sorted(reference.columns) == wanted for reference in self.references)


@dataclass(frozen=True)
class Record:
    """A row of ``dbml.profile``; ``relation`` and ``events`` name tables, ``spec`` is :meth:`Profile.as_dict`.

    :param trusted: roles that may run code as dbml_owner, as whoever attached it knew.
    """

    id: int
    oid: int
    relation: str
    spec: dict[str, Any]
    complete: bool
    backfilled: list[str] | None
    events: list[str]
    trusted: list[str]

    @property
    def profile(self) -> Profile:
        """The spec by which the table is attached."""
        return Profile.from_dict(self.spec)

    @property
    def resolved(self) -> Profile:
        """The same with its expressions as whoever attached it meant them, under any search_path."""
        return Profile.from_dict(self.spec.get("resolved") or self.spec)


@dataclass(frozen=True)
class Attachment:
    """A spec with the tables it names; ``id`` numbers the profile and its generated functions.

    :param profile: with expressions that mean the same under any search_path.
    :param declared: as it was given, where that is another.
    :param labels: the tables from whose rows models learn.
    """

    id: int
    profile: Profile
    table: Table
    events: Sequence[tuple[Event, Table]]
    declared: Profile | None = None
    labels: Sequence[tuple[Learn, Table]] = ()

    @property
    def spec(self) -> dict[str, Any]:
        """What ``dbml.profile`` remembers of it."""
        if self.declared is None or self.declared == self.profile:
            return self.profile.as_dict()
        return self.declared.as_dict() | {"resolved": self.profile.as_dict()}

    @property
    def heard(self) -> list[tuple[int, Learn, Table]]:
        """Each table of labels with the position of its lesson in the spec, from 1."""
        return [(self.profile.lessons.index(lesson) + 1, lesson, table) for lesson, table in self.labels]

    def function(self, what: str) -> str:
        """Name of one of this profile's generated functions."""
        return f"profile_{self.id}_{what}"

    def same(self, one: str, other: str) -> sql.Composed:
        """A condition: two aliases of the profile's columns bear the same key."""
        return all_of([sql.SQL("{} = {}").format(Name(one, key), Name(other, key)) for key in self.profile.key])

    def matches(self, alias: str, facts: str = "d") -> sql.Composed:
        """A condition: the profile's row is the one whose key stands in ``k0``, ``k1`` …"""
        return all_of(
            [
                sql.SQL("{} = {}").format(Name(alias, key), Name(facts, f"k{i}"))
                for i, key in enumerate(self.profile.key)
            ]
        )


def table_number(raw: psycopg.Connection[Any], name: str) -> int | None:
    """The number of a table by its name as SQL writes it, whoever has locked it; None: there is none.

    :raises ProfileError: it is not written as a name.
    """
    try:
        number = database.value(raw, "table_number", table=name)
        if number is None:
            # From PostgreSQL 16 on, to_regclass() is silent about what is no name.
            database.value(raw, "name_parts", name=name)
    except (
        psycopg.errors.SyntaxError,
        psycopg.errors.InvalidName,
        psycopg.errors.InvalidParameterValue,
        psycopg.errors.FeatureNotSupported,
    ) as error:
        raise errors.ProfileError(
            f"{name} is not written as a table's name",
            'Write it as in SQL: public.customer, or "Order Items".',
        ) from error
    return None if number is None else int(number)


def table_facts(raw: psycopg.Connection[Any], name: str) -> Table:
    """Look a table up by its name as SQL writes it.

    :raises ProfileError: there is none, or it is a view or the like.
    """
    number = table_number(raw, name)
    with database.pinned(raw):
        rows = [] if number is None else database.named(raw, "table_facts", table=number)
        known = [] if rows else database.column(raw, "tables")
    if not rows:
        raise errors.ProfileError(
            f"there is no table {name}",
            "Name it with its schema, quoted as in SQL." + errors.nearest(name, known),
        )
    facts = rows[0]
    if facts["kind"] not in ("r", "p"):
        raise errors.ProfileError(f"{name} is not a table", "Triggers need a table; views and others have none.")
    return Table(
        facts["oid"],
        facts["schema"],
        facts["name"],
        facts["kind"] == "p",
        {column: Column(**known) for column, known in facts["columns"].items()},
        facts["indexed"],
        [Reference(**reference) for reference in facts["references"]],
        facts["partition_columns"],
    )


def records(raw: psycopg.Connection[Any]) -> list[Record]:
    """Every profile that is attached, or is being attached, in order.

    :raises ProfileError: a restore has left dbml's own tables half loaded.
    """
    refuse_half_loaded(raw)
    return database.rows(raw, Record, "profiles")


def refuse_half_loaded(raw: psycopg.Connection[Any]) -> None:
    """Refuse to go on where ``pg_restore --data-only`` has loaded a whole archive, in the order of the tables' names.

    :raises ProfileError: it has; foreign keys have refused what came before its profile or its version.
    """
    for found in database.named(raw, "half_loaded"):
        if found["empty"] is None:
            return
        tables = " ".join(f"--table={name}" for name in found["empty"])
        raise errors.ProfileError(
            "dbml's own tables are half loaded, as pg_restore --data-only of a whole archive leaves them",
            f"Load what it left out: pg_restore --data-only --schema=dbml {tables} ARCHIVE, and your own tables that "
            "it named; then dbml reconcile --repair.",
        )


def attached(raw: psycopg.Connection[Any], record: Record) -> Attachment:
    """What is attached by a record, with the tables as they are now."""
    profile = record.resolved
    return Attachment(
        record.id,
        profile,
        table_facts(raw, record.relation),
        [(event, table_facts(raw, name)) for event, name in zip(profile.events, record.events, strict=True)],
        record.profile,
        _labels(raw, profile),
    )


def _labels(raw: psycopg.Connection[Any], profile: Profile) -> list[tuple[Learn, Table]]:
    """The tables from whose rows models learn, without those that are gone, and their triggers with them."""
    found = []
    for lesson in profile.lessons:
        try:
            found.append((lesson, table_facts(raw, lesson.table)))
        except errors.ProfileError:
            continue
    return found
