"""Whether counters can be kept: exactly, in their columns, and with expressions that say the same always."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.profiles import counters
from dbml.profiles.catalog import Attachment
from dbml.profiles.counters import CounterColumn
from dbml.profiles.spec import Counter, Event
from dbml.profiles.tables import Column, Table

_MOMENT = "timestamp with time zone"
# What becomes a float without an error.
_TO_FLOAT = ("smallint", "integer", "bigint", "real", "double precision")
# What sums of other types could do to a statement, and what is summed in their place.
_WHY = {
    "interval": "which fails a statement where it overflows, and of which a month and 30 days are equal",
    "money": "whose values depend on lc_monetary",
}
_INSTEAD = {
    "interval": "Count seconds, {function}(extract(epoch from {argument}))",
    "money": "Make the event's column numeric",
}
# Digits before the point that a rounded sum needs: one that no longer fits is NaN.
WIDE = 8


def counter_type(
    raw: psycopg.Connection[Any], event: Event, table: Table, counter: Counter, source: sql.Composable | None = None
) -> str:
    """The type of a counter's aggregate.

    :param source: what has the event's columns, where that is not yet its table.
    :raises ProfileError: PostgreSQL does not understand it.
    """
    kind = _aggregate_type(raw, event, table, CounterColumn("", counter, 0, counters.NULL), source)
    return counters.FLOATING if kind == "real" and counter.parts.function in counters.SUMS else kind


def check_counters(raw: psycopg.Connection[Any], attachment: Attachment, event: Event, table: Table) -> None:
    """Check that every counter of an event can be kept exactly in its column.

    :raises ProfileError: one cannot, or PostgreSQL does not understand it; or an error would show its value to others.
    """
    written = [*event.counters, *(column for p in attachment.profile.predictions for column in p.columns)]
    own = list(attachment.profile.key)
    for key in database.named(raw, "keys_on_counters", table=attachment.table.oid, key=own, columns=written):
        raise errors.ProfileError(
            f'the {key["what"]} {key["name"]} of {attachment.table} is on column "{key["column"]}", which a counter or '
            "a score decides: where it is violated, PostgreSQL would show the value to whoever inserts an event",
            key["mend"],
        )
    for counter_column in counters.counter_columns(attachment, event):
        column, counter = counter_column.column, counter_column.counter
        function = counter.parts.function
        held = attachment.table.columns[column]
        if held.generated:
            raise errors.ProfileError(
                f'counter column "{column}" of {attachment.table} is generated', "Name a plain column."
            )
        if counter.over:
            _check_window(raw, table, counter)
        if function == "last" and _expression_type(raw, table, counter, counter.parts.argument).endswith("[]"):
            raise errors.ProfileError(
                f'counter "{column}" of {attachment.table}: {counter.aggregate} is of an array, which dbml cannot keep',
                f"Keep one of its elements: last({counter.parts.argument}[1] order by {counter.parts.order})",
            )
        if counter_column.empty not in (counters.NULL, counters.ZERO):
            _refuse_moving_default(raw, attachment.table, column)
        aggregate = _aggregate_type(raw, event, table, counter_column)
        if function in counters.SUMS and aggregate in _INSTEAD:
            instead = _INSTEAD[aggregate].format(function=function, argument=counter.parts.argument)
            raise errors.ProfileError(
                f'counter "{column}" of {attachment.table}: {counter.aggregate} is {aggregate}, {_WHY[aggregate]}',
                f"{instead}, into a column of numeric: alter table {attachment.table.identifier.as_string(None)} "
                f"drop column {sql.Identifier(column).as_string(None)}, "
                f"add column {sql.Identifier(column).as_string(None)} numeric",
            )
        if not (_fits(function, aggregate, held) or _fits_rounded(raw, table, counter_column, aggregate, held)):
            wanted = "bigint" if function == "count" else "numeric" if function in ("sum", "avg") else aggregate
            raise errors.ProfileError(
                f'counter "{column}" of {attachment.table} is {held.type}, '
                f"but {counter.aggregate} is {aggregate}: it could not be kept exactly",
                f"{function.capitalize()} integers or numeric, with a cast if need be ({function}(x::numeric)), "
                "into a column without a scale, or floats into double precision: "
                f"alter table {attachment.table.identifier.as_string(None)} "
                f"alter column {sql.Identifier(column).as_string(None)} type {wanted}",
            )
        _refuse_other_collation(raw, attachment.table, event, table, counter_column)
        for expression, kind in (
            (counter.parts.argument, None),
            (counter.parts.order, None),
            (counter.at, None),
            (counter.parts.condition, "boolean"),
        ):
            if expression and expression != "*":
                _refuse_unstable(raw, table, counter, expression, kind)


def _fits(function: str, aggregate: str, held: Column) -> bool:
    if function in ("count", "sum", "avg"):
        # Where it could overflow, a probe that is taken back would tell the counter; of 2³¹ rows nobody need be told.
        whole = aggregate == "bigint" and (held.kind == "bigint" or (function == "count" and held.kind == "integer"))
        return whole or (aggregate in ("bigint", "numeric") and held.type == "numeric")
    return held.kind == aggregate.partition("(")[0] or (
        held.category == "S" and aggregate == "text" and held.kind in ("character varying", "text")
    )


def _fits_rounded(
    raw: psycopg.Connection[Any], table: Table, column: CounterColumn, aggregate: str, held: Column
) -> bool:
    """Whether a sum or a mean can be recounted into a column that does not hold it exactly, without ever failing."""
    if column.floating:
        return _expression_type(raw, table, column.counter, column.counter.parts.argument) in _TO_FLOAT
    wide = column.digits is not None and column.digits[0] >= WIDE
    return wide and aggregate in ("bigint", "numeric")


def _aggregate_type(
    raw: psycopg.Connection[Any],
    event: Event,
    table: Table,
    column: CounterColumn,
    source: sql.Composable | None = None,
) -> str:
    rows = counters.facts(event, [column], source or table.rows(event.key))
    return _described(raw, table, column.counter, sql.SQL("{} as e from ({}) as f").format(column.aggregate(), rows))


def _expression_type(raw: psycopg.Connection[Any], table: Table, counter: Counter, expression: str) -> str:
    rows = sql.SQL("({}\n) as e from {}").format(database.verbatim(expression), table.identifier)
    return _described(raw, table, counter, rows)


def _described(raw: psycopg.Connection[Any], table: Table, counter: Counter, selected: sql.Composed) -> str:
    """Type of ``e``, as PostgreSQL names it to the caller."""
    statement = sql.SQL(
        "select pg_typeof(s.e)::oid::bigint as type from (select {} limit 0) s right join (select) o on true"
    ).format(selected)
    try:
        # Looked up as inside the trigger, whose search_path is pinned.
        with raw.transaction(), database.pinned(raw):
            found = database.answer(raw, statement)
    except (psycopg.errors.ProgrammingError, psycopg.errors.DataError) as error:
        raise errors.ProfileError(
            f'the counter "{counter.aggregate}" is not possible over {table}: {error.diag.message_primary}',
            "Name the event's own columns, and functions that your search_path finds.",
        ) from error
    named: str = database.value(raw, "type_name", type=found)
    return named


def _check_window(raw: psycopg.Connection[Any], table: Table, counter: Counter) -> None:
    kind = _expression_type(raw, table, counter, counter.at or "")
    if kind != _MOMENT:
        raise errors.ProfileError(
            f'the counter "{counter.aggregate}" over {counter.over} needs a timestamptz, '
            f'but "{counter.at}" of {table} is {kind}',
            f"Say which zone it means: at = \"{counter.at} at time zone 'UTC'\".",
        )
    try:
        with raw.transaction():
            ahead = database.query(
                raw, sql.SQL("select {} < now() as ahead").format(CounterColumn("", counter, 0, counters.NULL).since())
            )
    except psycopg.errors.DataError as error:
        raise errors.ProfileError(
            f'"{counter.over}" of the counter "{counter.aggregate}" is no interval', 'Write it as over = "30 days".'
        ) from error
    if not ahead[0]["ahead"]:
        raise errors.ProfileError(
            f'"{counter.over}" of the counter "{counter.aggregate}" is no time at all', 'Write it as over = "30 days".'
        )


def _refuse_other_collation(
    raw: psycopg.Connection[Any], profile: Table, event: Event, table: Table, column: CounterColumn
) -> None:
    """Refuse a column whose collation PostgreSQL would compare its values by, or would not know whether to.

    Beside a collation of one's own the database's gives way.
    """
    if column.counter.parts.function not in ("min", "max", "last"):
        return
    statement = sql.SQL(
        "select pg_collation_for(p.c) as held, pg_collation_for(s.e) as counted"
        "  from (select) o left join (select {} as e from ({}) as f limit 0) s on true"
        "  left join (select {} as c from {} limit 0) p on true"
    ).format(
        column.aggregate(),
        counters.facts(event, [column], table.rows(event.key)),
        sql.Identifier(column.column),
        profile.identifier,
    )
    try:
        with raw.transaction(), database.pinned(raw):
            found = database.query(raw, statement)[0]
    except psycopg.errors.DatatypeMismatch:
        return  # has no collation
    if found["held"] not in (None, '"default"', found["counted"]):
        name = sql.Identifier(column.column).as_string(None)
        raise errors.ProfileError(
            f'counter "{column.column}" of {profile} has the collation {found["held"]}, '
            f"but {column.counter.aggregate} has {found['counted']}",
            f"alter table {profile.identifier.as_string(None)} alter column {name} "
            f"type {profile.columns[column.column].type} collate {found['counted']}",
        )


def _refuse_moving_default(raw: psycopg.Connection[Any], table: Table, column: str) -> None:
    """Refuse a default that is another at each moment: what a counter is over no events would be as well."""
    statement = sql.SQL(
        "create temporary table dbml_check (dbml_check {} generated always as ({}\n) stored) on commit drop"
    ).format(database.verbatim(table.columns[column].type), database.verbatim(table.columns[column].default or "null"))
    try:
        with raw.transaction(force_rollback=True):
            database.query(raw, "set local search_path = pg_catalog, pg_temp")
            database.query(raw, statement)
    except psycopg.errors.InvalidObjectDefinition as error:
        name = sql.Identifier(column).as_string(None)
        raise errors.ProfileError(
            f'counter "{column}" of {table} has the default {table.columns[column].default}, which does not stay the '
            "same: a counter over no events is the default of a NOT NULL column",
            f"alter table {table.identifier.as_string(None)} alter column {name} drop default, "
            f"alter column {name} drop not null",
        ) from error


def _refuse_unstable(
    raw: psycopg.Connection[Any], table: Table, counter: Counter, expression: str, kind: str | None
) -> None:
    """Refuse an expression whose value can change while its row does not: the counter would lie."""
    with database.pinned(raw):
        kind = kind or _expression_type(raw, table, counter, expression)
    statement = sql.SQL(
        "create temporary table dbml_check (like {}, dbml_check {} generated always as ({}\n) stored) on commit drop"
    ).format(table.identifier, database.verbatim(kind), database.verbatim(expression))
    try:
        with raw.transaction(force_rollback=True):
            database.query(raw, "set local search_path = pg_catalog, pg_temp")
            database.query(raw, statement)
    except psycopg.errors.InvalidObjectDefinition as error:
        raise errors.ProfileError(
            f'dbml cannot keep the counter "{counter.aggregate}": "{expression}" is not immutable',
            "Its value must depend on the event's columns alone, not on the time or on settings.",
        ) from error
    except psycopg.errors.ProgrammingError as error:
        raise errors.ProfileError(
            f'dbml cannot keep the counter "{counter.aggregate}": {error.diag.message_primary}',
            "Use an expression over the event's own columns.",
        ) from error
