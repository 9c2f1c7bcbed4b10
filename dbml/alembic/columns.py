"""Columns that dbml writes and the application's models need not declare: a revision adds them, and none drops them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic.operations import ops
from psycopg import sql

from dbml import errors
from dbml.alembic import tables, usage
from dbml.database import relation, verbatim
from dbml.profiles import checks, counter_checks
from dbml.profiles.spec import Counter, Event, Profile
from dbml.profiles.tables import Table, table_facts

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "smallint": sa.SmallInteger(),
    "integer": sa.Integer(),
    "bigint": sa.BigInteger(),
    "numeric": sa.Numeric(),
    "real": sa.REAL(),
    "double precision": sa.Double(),
    "double precision[]": sa.ARRAY(sa.Double()),
    "boolean": sa.Boolean(),
    "text": sa.Text(),
    "character varying": sa.String(),
    "date": sa.Date(),
    "timestamp without time zone": sa.DateTime(),
    "timestamp with time zone": sa.DateTime(timezone=True),
    "interval": sa.Interval(),
    "uuid": sa.Uuid(),
}


def written(profile: Profile) -> set[str]:
    """The columns of a profile that dbml writes."""
    counters = {column for event in profile.events for column in event.counters}
    return counters | {column for prediction in profile.predictions for column in prediction.columns}


def changes(upgrade: ops.UpgradeOps) -> Iterator[tuple[ops.MigrateOperation, list[ops.MigrateOperation] | None]]:
    """Every operation on tables, with the list it stands in where that is a table's own."""
    for operation in upgrade.ops:
        if isinstance(operation, ops.ModifyTableOps):
            for change in list(operation.ops):
                yield change, operation.ops
        else:
            yield operation, None


def keep(upgrade: ops.UpgradeOps, profiles: Mapping[tuple[str, str], Profile], default_schema: str) -> None:
    """Take out what would drop a column that dbml writes and no model of the application's declares."""
    for change, among in changes(upgrade):
        if isinstance(change, ops.DropColumnOp) and among is not None:
            profile = profiles.get((change.schema or default_schema, change.table_name))
            if profile is not None and change.column_name in written(profile):
                among.remove(change)
    upgrade.ops[:] = [o for o in upgrade.ops if not (isinstance(o, ops.ModifyTableOps) and o.is_empty())]


def add(
    raw: psycopg.Connection[Any], every: Sequence[sa.MetaData], profile: Profile, default_schema: str
) -> list[ops.MigrateOperation]:
    """What adds the columns that dbml writes, no model declares and the table does not have.

    :raises ProfileError: a counter has a type that only the models can name, or PostgreSQL does not understand it.
    """
    declared = tables.find(every, profile.table, default_schema)
    there = set(declared.c.keys())
    name = relation(tables.parse(profile.table, default_schema)).as_string(None)
    with suppress(errors.ProfileError):  # the same revision makes the table
        there |= table_facts(raw, name).columns.keys()
    columns = {
        column: sa.Column(column, _TYPES[kind])
        for prediction in profile.predictions
        for column, kind in checks.prediction_types(prediction).items()
        if column not in there
    }
    for event in profile.events:
        events = tables.find(every, event.table, default_schema)
        for column, counter in event.counters.items():
            if column not in there:
                columns[column] = _counter(raw, event, events, column, counter)
    if not columns:
        return []
    adds = [ops.AddColumnOp(declared.name, column, schema=declared.schema) for column in columns.values()]
    return [ops.ModifyTableOps(declared.name, adds, schema=declared.schema)]


def _counter(
    raw: psycopg.Connection[Any], event: Event, declared: sa.Table, column: str, counter: Counter
) -> sa.Column[Any]:
    parts = counter.parts
    if parts.function == "count":
        return sa.Column(column, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    if parts.function in ("min", "max", "last") and parts.argument in declared.c:
        return sa.Column(column, declared.c[parts.argument].type)
    table = tables.described(declared, {declared: 0})
    kind = counter_checks.counter_type(raw, event, table, counter, _row(event, table, counter))
    if kind not in _TYPES:
        raise errors.ProfileError(
            f'no model declares the column "{column}" of {counter.aggregate}, which is {kind}',
            "Declare it in the application's models.",
        )
    return sa.Column(column, _TYPES[kind])


def _row(event: Event, table: Table, counter: Counter) -> sql.Composed:
    """What has an event's columns before there is such a table; a key may be of a type that is not there either."""
    needed = [name for name in table.columns if any(usage.mentions(e, name) for e in usage.expressions(counter))]
    types = dict.fromkeys(event.key, "text") | {name: table.columns[name].type for name in needed}
    nulls = [sql.SQL("null::{} as {}").format(verbatim(kind), sql.Identifier(name)) for name, kind in types.items()]
    return sql.SQL("(select {}) as {}").format(sql.SQL(", ").join(nulls), sql.Identifier(table.name))
