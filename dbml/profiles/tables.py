"""The tables of a spec as PostgreSQL's catalog knows them, and how SQL names their columns."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.database import Name, relation, template, verbatim
from dbml.profiles import layout
from dbml.profiles.layout import all_of
from dbml.profiles.spec import Event


@dataclass(frozen=True)
class Column:
    """A column of a table.

    :param type: as PostgreSQL names it, with its modifier.
    :param default: the expression; None where there is none, and of a generated column.
    :param virtual: generated, and not stored: a trigger does not see it.
    :param hashable: whether its values have a hash.
    :param category: of the type, such as ``S`` for strings (``pg_type.typcategory``).
    :param styled: whether a setting such as DateStyle decides how its values are written.
    """

    type: str
    not_null: bool
    default: str | None
    hashable: bool
    generated: bool = False
    virtual: bool = False
    category: str = ""
    styled: bool = False

    @property
    def kind(self) -> str:
        """The type without its modifier."""
        return self.type.partition("(")[0]

    @property
    def digits(self) -> tuple[int, int] | None:
        """Digits before and behind the point, of a numeric with a scale."""
        found = re.fullmatch(r"numeric\((\d+),(\d+)\)", self.type)
        return (int(found[1]) - int(found[2]), int(found[2])) if found and int(found[2]) else None


def texts(values: Iterable[sql.Composable], columns: Iterable[Column]) -> sql.Composed:
    """A key as an array of texts, the same whatever DateStyle or TimeZone a session has set."""
    written = [
        sql.SQL("dbml._key_text({})" if column.styled else "{}::text").format(value)
        for value, column in zip(values, columns, strict=True)
    ]
    return sql.SQL("array[{}]").format(sql.SQL(", ").join(written))


@dataclass(frozen=True)
class Reference:
    """An enforced foreign key: the number of the table it points to, and pairs of own and other columns."""

    to: int
    columns: list[list[str]]


@dataclass(frozen=True)
class Leg:
    """A foreign key that leads from one table to another.

    :param by: its columns.
    :param table: where it leads.
    :param at: the columns there, in the order of ``by``.
    """

    by: tuple[str, ...]
    table: Table
    at: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table as the catalog knows it.

    :param partition_columns: those that decide which of its partitions a row is in.
    :param legs: of an event's table, or of one that its key leads through, the foreign keys to the last table.
    """

    oid: int
    schema: str
    name: str
    partitioned: bool
    columns: dict[str, Column]
    indexed: list[list[str]]
    references: list[Reference]
    partition_columns: list[str] = field(default_factory=list)
    legs: tuple[Leg, ...] = ()

    @property
    def last(self) -> Table:
        """The table whose columns point at the profile's key."""
        return self.legs[-1].table if self.legs else self

    @property
    def identifier(self) -> sql.Identifier:
        """The qualified, quoted name."""
        return relation([self.schema, self.name])

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    def has_foreign_key(self, key: Sequence[str], other: Table, other_key: Sequence[str]) -> bool:
        """Whether enforced foreign keys keep an event's ``key`` within another table's ``other_key``."""
        wanted = sorted([mine.rpartition(".")[2], theirs] for mine, theirs in zip(key, other_key, strict=True))
        references = self.last.references
        return any(reference.to == other.oid and sorted(reference.columns) == wanted for reference in references)

    def key_column(self, name: str) -> Column:
        """A column of an event's key, whichever table has it."""
        return self.last.columns[name.rpartition(".")[2]]

    def rows(self, key: Sequence[str], source: sql.Composable | None = None, alias: str = "") -> sql.Composable:
        """What stands behind FROM for rows of this table in which an event's key has the names that the spec gives it.

        :param source: another relation with this table's columns.
        :param alias: what it is called; needed for some sources.
        """
        source = source or self.identifier
        if not self.legs:
            return sql.SQL("{} as {}").format(source, verbatim(alias)) if alias else source
        ends = zip(key, layout.names([name.rpartition(".")[2] for name in key], f"dbml_{len(self.legs)}"), strict=True)
        return template(
            "profiles/reached",
            source=source,
            columns=sql.SQL(", ").join(sql.SQL("{} as {}").format(column, Name(name)) for name, column in ends),
            joins=self.joins("join"),
            alias=verbatim(alias or "dbml_r"),
        )

    def joins(self, how: str) -> sql.Composed:
        """Joins of the tables that the key leads through, ``dbml_1`` and so on, to rows ``dbml_0``."""
        return sql.SQL("\n").join(
            sql.SQL("{} {} {} on {}").format(
                verbatim(how),
                leg.table.identifier,
                verbatim(f"dbml_{number}"),
                all_of(
                    [
                        sql.SQL("{} = {}").format(Name(f"dbml_{number - 1}", mine), Name(f"dbml_{number}", theirs))
                        for mine, theirs in zip(leg.by, leg.at, strict=True)
                    ]
                ),
            )
            for number, leg in enumerate(self.legs, 1)
        )


def table_number(raw: psycopg.Connection[Any], name: str) -> int | None:
    """The number of a table by its name as SQL writes it, whoever has locked it; None: there is none.

    :raises ProfileError: it is not written as a name.
    """
    try:
        number = database.value(raw, "table_number", table=name)
        if number is None or name.strip().isdigit():
            # From PostgreSQL 16 on, to_regclass() is silent about what is no name, and takes a number for one.
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
    if facts["kind"] == "t":
        raise errors.ProfileError(
            f"{name} is a temporary table, which no other session sees", "Name one that stays, with its schema."
        )
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


def event_table(raw: psycopg.Connection[Any], event: Event, name: str | None = None) -> Table:
    """The table of an event, with the foreign keys by which its key leads through others.

    :param name: of the table, where the spec's is not the one it has now.
    :raises ProfileError: there is no such table or no such foreign key.
    """
    found = here = table_facts(raw, name or event.table)
    if odd := next((column for column in event.key if "." in column and column in found.columns), None):
        raise errors.ProfileError(
            f'the key "{odd}" of {found} is a column, and its dot would lead through another table',
            "Rename the column, or add a generated one that says the same: in a key a dot leads on.",
        )
    legs: list[Leg] = []
    for column in event.through:
        reference = leading(here, column)
        names = database.named(raw, "table_name", table=reference.to)
        here = table_facts(raw, names[0]["name"])
        by, at = zip(*reference.columns, strict=True)
        legs.append(Leg(by, here, at))
    return dataclasses.replace(found, legs=tuple(legs))


def leading(table: Table, column: str) -> Reference:
    """The foreign key that a column belongs to.

    :raises ProfileError: there is none, or there are several.
    """
    if column not in table.columns:
        raise errors.ProfileError(
            f'{table} has no column "{column}" for the key',
            f"Its columns: {', '.join(table.columns)}.{errors.nearest(column, table.columns)}",
        )
    found = [reference for reference in table.references if any(mine == column for mine, _ in reference.columns)]
    if len(found) != 1:
        raise errors.ProfileError(
            f'the key of an event leads on by "{column}" of {table}, which belongs to {len(found)} foreign keys',
            "Give it one that is enforced, validated and not deferrable: alter table … add foreign key …"
            if not found
            else "Name a column that belongs to one of them alone.",
        )
    return found[0]
