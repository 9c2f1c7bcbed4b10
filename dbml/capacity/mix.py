"""The events of a load: new rows that look like those that are there, about entities that are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.capacity.openloop import Act, chosen
from dbml.database import Name
from dbml.profiles import catalog, tables
from dbml.profiles.catalog import Attachment
from dbml.profiles.spec import Event
from dbml.profiles.tables import Table

ENTITIES = 100_000
SAMPLES = 1_000


@dataclass(frozen=True)
class _Column:
    name: str
    type: str
    is_time: bool
    has_default: bool
    is_identity: bool
    is_unique: bool


@dataclass(frozen=True)
class Source:
    """One kind of event.

    :param statement: takes the values of an entity's key, then those of a row.
    :param rows: values to choose from, as texts.
    :param names: of the key's columns, where the statement names its parameters.
    """

    table: str
    statement: bytes
    rows: list[tuple[str | None, ...]]
    weight: float
    names: Sequence[str] = ()

    def parameters(self, key: tuple[str, ...], row: int) -> Any:
        """What the statement takes for an entity."""
        return dict(zip(self.names, key, strict=True)) if self.names else key + self.rows[row % len(self.rows)]


@dataclass(frozen=True)
class Mix:
    """What events there are, and about which entities: keys as texts, in the order of their weight."""

    sources: list[Source]
    keys: list[tuple[str, ...]]

    def drawn(self, count: int, skew: float, random: np.random.Generator) -> Events:
        """Draw so many events."""
        weights = np.array([source.weight for source in self.sources])
        kinds = random.choice(len(self.sources), count, p=weights / weights.sum())
        rows = random.integers(0, 2**31, count)
        entities = chosen(len(self.keys), count, skew, random)
        return Events(self, kinds.tolist(), rows.tolist(), entities.tolist())


@dataclass(frozen=True)
class Events:
    """Events that have been drawn; numbers index the mix."""

    mix: Mix
    kinds: list[int]
    rows: list[int]
    entities: list[int]

    def by(self, session: psycopg.Connection[Any]) -> Act:
        """Insert by number on a session in autocommit mode."""

        def act(number: int) -> str | None:
            source = self.mix.sources[self.kinds[number]]
            parameters = source.parameters(self.mix.keys[self.entities[number]], self.rows[number])
            try:
                session.execute(source.statement, parameters)
            except psycopg.Error as error:
                if session.closed:
                    raise
                return error.sqlstate or "unknown"
            return None

        return act


def attachment(connection: psycopg.Connection[Any], table: str | None) -> Attachment:
    """The profile of that name; without one, the only profile there is.

    :raises ProfileError: there is none, or more than one.
    """
    known = catalog.records(connection)
    wanted = known
    if table is not None:
        oid = tables.table_facts(connection, table).oid
        wanted = [record for record in known if record.oid == oid]
    if len(wanted) != 1:
        raise errors.ProfileError(
            f"{table} is not attached" if table else f"{len(known)} profiles are attached here",
            f"Name one of: {', '.join(record.relation for record in known)}." if known else "dbml attach SPEC.toml",
        )
    return catalog.attached(connection, wanted[0])


def mix(
    connection: psycopg.Connection[Any],
    attached: Attachment,
    *,
    weights: Mapping[str, float],
    statement: str | None,
    random: np.random.Generator,
) -> Mix:
    """Read what events look like, and whom they may be about.

    :param weights: an event table's share, by its name; without any, as many as it has rows.
    :param statement: is done instead of inserts; the columns of the profile's key are its parameters, as ``%(id)s``.
    :raises LoadTestError: the profile has no rows or no events, or rows of an event table cannot be made up.
    """
    key = [sql.SQL("{}::text").format(Name(column)) for column in attached.profile.key]
    keys: list[Any] = _sample(connection, attached.table, key, ENTITIES)
    if not keys:
        raise errors.LoadTestError(
            f"{attached.table} has no rows that events could be about", "Load test a copy of the real database."
        )
    keys = [keys[place] for place in random.permutation(len(keys))]
    if statement is not None:
        return Mix([Source("--statement", statement.encode(), [()], 1.0, attached.profile.key)], keys)
    if not attached.events:
        raise errors.LoadTestError(
            f"{attached.table} has no event tables", 'Say what to do: --statement "update … where id = %(id)s"'
        )
    known = {str(table): table for _, table in attached.events}
    for name in weights:
        if name not in known and f"public.{name}" not in known:
            raise errors.LoadTestError(
                f"{name} is no event table of {attached.table}", f"They are: {', '.join(known)}."
            )
    return Mix([_source(connection, event, table, weights) for event, table in _once(attached.events)], keys)


def _once(events: Sequence[tuple[Event, Table]]) -> list[tuple[Event, Table]]:
    """A table can bear several events of a spec, and is one kind of statement."""
    return list({table.oid: (event, table) for event, table in reversed(events)}.values())[::-1]


def _source(connection: psycopg.Connection[Any], event: Event, table: Table, weights: Mapping[str, float]) -> Source:
    if table.legs:
        raise errors.LoadTestError(
            f"rows of {table} reach the profile by way of {table.legs[0].table}, so that new ones cannot be made up",
            f'Say how: --statement "insert into {table} … values (…)"',
        )
    about = database.value(connection, "rows_about", table=table.oid)
    weight = weights.get(str(table), weights.get(str(table).removeprefix("public."), 0.0)) if weights else about or 1
    moments = {counter.at for counter in event.counters.values()}
    copied, now = [], []
    for column in database.rows(connection, _Column, "load_columns", table=table.oid):
        if column.name in event.key or column.is_identity:
            continue
        if column.is_unique and not column.has_default:
            raise errors.LoadTestError(
                f"{table}.{column.name} is unique and has no default, so that new rows cannot be made up",
                f'Say how: --statement "insert into {table} … values (%({event.key[0]})s, …)"',
            )
        if column.name in moments and not column.has_default:
            now.append(column.name)
        elif not column.is_unique and not (column.is_time and column.has_default):
            copied.append(column.name)
    rows = _sample(connection, table, [sql.SQL("{}::text").format(Name(name)) for name in copied], SAMPLES)
    if not rows:  # nothing to look like: what has a default may do
        copied = []
    values = [*[sql.Placeholder()] * (len(event.key) + len(copied)), *[sql.SQL("now()")] * len(now)]
    made = sql.SQL("insert into {} ({}) values ({})").format(
        table.identifier,
        sql.SQL(", ").join(map(Name, [*event.key, *copied, *now])),
        sql.SQL(", ").join(values),
    )
    return Source(str(table), made.as_bytes(connection), rows if copied else [()], float(weight))


def _sample(
    connection: psycopg.Connection[Any], table: Table, columns: Sequence[sql.Composable], most: int
) -> list[tuple[Any, ...]]:
    """Rows from all over a table; all of a small one."""
    if not columns:
        return []
    about = database.value(connection, "rows_about", table=table.oid)
    percent = 100.0 if about is None else min(100.0, 100.0 * 1.5 * most / about)
    query = sql.SQL("select {} from {} tablesample bernoulli ({}) repeatable (1) limit {}").format(
        sql.SQL(", ").join(columns), table.identifier, sql.Literal(percent), sql.Literal(most)
    )
    return connection.execute(query).fetchall()
