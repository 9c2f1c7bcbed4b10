"""Whether a spec fits its tables: keys, columns, features, and which counters can be kept cheaply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.models import versions
from dbml.models.version import Version
from dbml.profiles import counters
from dbml.profiles.catalog import Attachment
from dbml.profiles.layout import listed
from dbml.profiles.spec import Event, Prediction, Profile
from dbml.profiles.tables import Table

_MOMENT = "timestamp with time zone"
# Bytes of a name in PostgreSQL.
NAME_LENGTH = 63


def prediction_types(prediction: Prediction) -> dict[str, str]:
    """What type each column of a prediction has."""
    types = {column: held.types[0] for column, held in prediction.answers.items()}
    if prediction.version_column:
        types[prediction.version_column] = "integer"
    if prediction.scored_at_column:
        types[prediction.scored_at_column] = _MOMENT
    return types


def notices(raw: psycopg.Connection[Any], attachment: Attachment) -> list[str]:
    """What whoever attaches should know: which indexes are missing, and which triggers may not find their tables."""
    return [*_indexes(attachment), *(f"{said}: {mend}" for said, mend in others_triggers(raw, attachment))]


def others_triggers(raw: psycopg.Connection[Any], attachment: Attachment) -> list[tuple[str, str]]:
    """Triggers of the profile that do not go with dbml's own.

    :returns: a sentence on each, and the statement that mends it.
    """
    return [*_unpinned_triggers(raw, attachment), *_late_triggers(raw, attachment)]


def _late_triggers(raw: psycopg.Connection[Any], attachment: Attachment) -> list[tuple[str, str]]:
    """Those that change a row which dbml has scored."""
    with database.pinned(raw):
        found = database.named(raw, "late_triggers", table=attachment.table.oid)
    return [
        (
            f"the trigger {row['name']} of {attachment.table} runs after dbml's, because of its name: score, counters "
            "and log know nothing of what it changes or leaves out",
            row["mend"],
        )
        for row in found
    ]


def _unpinned_triggers(raw: psycopg.Connection[Any], attachment: Attachment) -> list[tuple[str, str]]:
    """Those that dbml's updates fire, inside functions that find nothing but what is PostgreSQL's own."""
    written = [column for event in attachment.profile.events for column in event.counters]
    with database.pinned(raw):
        found = database.named(raw, "unpinned_triggers", table=attachment.table.oid, columns=written) if written else []
    return [
        (
            f"the trigger {row['name']} of {attachment.table} runs as dbml_owner and without a search_path when dbml "
            "moves a counter, and fails the statement where it may not write a table, or names it without its schema",
            f"alter function {row['function']} security definer set search_path = {row['schema']}, pg_temp",
        )
        for row in found
    ]


def _indexes(attachment: Attachment) -> list[str]:
    """The indexes that recounting and windows lack, each with the statement that makes it."""
    found = []
    for event, table in attachment.events:
        if not event.counters:
            continue
        found += _null_sums(attachment, event)
        width = len(event.key)
        reads = "A DELETE or UPDATE there reads the whole table without one"
        wanted = [] if table.legs else [(list(event.key), width, reads)]
        parts = [counter.parts for counter in event.counters.values()]
        if not table.legs and all(
            p.function in ("min", "max") and p.argument in table.columns and not p.condition for p in parts
        ):
            wanted = [
                (
                    [*event.key, p.argument],
                    width,
                    f"Losing the {p.function}imum reads all events of its entity without one",
                )
                for p in parts
            ]
        wanted += [
            ([counter.at], 1, "dbml rescore --due reads the whole table without one")
            for counter in event.counters.values()
            if counter.at is not None and counter.at in table.columns
        ]
        unindexed = [(table, columns, reason) for columns, key, reason in wanted if not indexed(table, columns, key)]
        if table.legs:
            unindexed += [
                (one, columns, "Each event reads the whole table without one") for one, columns in lacking(event, table)
            ]
        for one, columns, reason in unindexed:
            make = sql.SQL("create index concurrently on {} ({})").format(one.identifier, listed(columns))
            found.append(f"{one} has no index on ({', '.join(columns)}). {reason}: {make.as_string(None)}")
    return list(dict.fromkeys(found))


def _null_sums(attachment: Attachment, event: Event) -> list[str]:
    """Sums that are NULL over no events: few models take that, and they do not move back by what is removed."""
    zero = sql.SQL(
        "update {table} set {column} = 0 where {column} is null; "
        "alter table {table} alter {column} set default 0, alter {column} set not null"
    )
    return [
        f"{c.column} of {attachment.table} is NULL for an entity without events, which most models refuse, and an "
        "event that is changed or removed has all events of its entity read again. To begin at 0, before attaching: "
        + zero.format(table=attachment.table.identifier, column=sql.Identifier(c.column)).as_string(None)
        for c in counters.counter_columns(attachment, event)
        if c.counter.parts.function == "sum" and not c.counter.over and c.empty == counters.NULL
    ]


def lacking(event: Event, table: Table) -> list[tuple[Table, list[str]]]:
    """The columns, each with its table, that have no index by which an entity's events are found."""
    ways = [*(leg.by for leg in table.legs), event.last]
    tables = [table, *(leg.table for leg in table.legs)]
    return [
        (one, list(columns))
        for one, columns in zip(tables, ways, strict=True)
        if not indexed(one, list(columns), len(columns))
    ]


def indexed(table: Table, columns: list[str], key: int) -> bool:
    """Whether an index begins with these columns, of which the first ``key`` may come in any order."""
    return any(
        sorted(index[:key]) == sorted(columns[:key]) and index[key : len(columns)] == columns[key:]
        for index in table.indexed
    )


def check_row_security(raw: psycopg.Connection[Any], attachment: Attachment) -> None:
    """Check that row-level security hides no rows from dbml.

    :raises ProfileError: it does.
    """
    tables = [table.oid for table in attachment.tables]
    hidden = database.named(raw, "row_security", tables=tables)
    if hidden:
        raise errors.ProfileError(
            f"row-level security on {hidden[0]['relation']} would hide rows from dbml, and counters would be wrong",
            "Let a superuser run: alter role dbml_owner bypassrls",
        )


def check_partitions(raw: psycopg.Connection[Any], attachment: Attachment) -> None:
    """Check that all partitions are in this database.

    :raises ProfileError: one is a foreign table, of which rows are not locked and changes are not seen.
    """
    tables = [table.oid for table in attachment.tables]
    for found in database.named(raw, "foreign_partitions", tables=tables):
        raise errors.ProfileError(
            f"{found['partition']} is a foreign partition of {found['relation']}: a change there fires no trigger here",
            f"alter table {found['relation']} detach partition {found['partition']}",
        )


def check_seen(table: Table, columns: list[str]) -> None:
    """Check that triggers see the columns that counters read.

    :raises ProfileError: one is computed only when it is read.
    """
    for column in columns:
        if table.columns[column].virtual:
            raise errors.ProfileError(
                f'"{column}" of {table} is a virtual generated column, which no trigger sees',
                "Write its expression in its place, or make the column STORED.",
            )


def check_keys(raw: psycopg.Connection[Any], attachment: Attachment) -> None:
    """Check that the key's columns are there, and that the events' keys can be compared with them.

    :raises ProfileError: something is missing, or of another type.
    """
    table, key = attachment.table, attachment.profile.key
    for owner, columns in [(table, key), *((t.last, e.last) for e, t in attachment.events)]:
        for column in columns:
            if column not in owner.columns:
                raise errors.ProfileError(
                    f'{owner} has no column "{column}" for the key',
                    f"Its columns: {', '.join(owner.columns)}.{errors.nearest(column, owner.columns)}",
                )
    compared = [(table, key), *((t.last, e.last) for e, t in attachment.events)]
    compared += [(leg.table, leg.at) for _, t in attachment.events for leg in t.legs]
    for owner, columns in compared:
        for found in database.named(raw, "foreign_equality", table=owner.oid, columns=list(columns)):
            raise errors.ProfileError(
                f'the key "{found["name"]}" of {owner} is {found["type"]}: {found["why"]}, '
                "and counters would miss events",
                "Make a column of another type the key, such as a text that holds lower(…).",
            )
    for event, reached in attachment.events:
        event_table = reached.last
        for mine, theirs in zip(key, event.last, strict=True):
            statement = sql.SQL("select from {} p, {} e where p.{} = e.{} limit 0").format(
                table.identifier, event_table.identifier, sql.Identifier(mine), sql.Identifier(theirs)
            )
            try:
                with raw.transaction():
                    database.query(raw, statement)
            except psycopg.errors.UndefinedFunction as error:
                raise errors.ProfileError(
                    f'"{theirs}" of {event_table} is {event_table.columns[theirs].type}, '
                    f'the key "{mine}" of {table} is {table.columns[mine].type}',
                    "Give both the same type.",
                ) from error


def check_updatable(raw: psycopg.Connection[Any], attachment: Attachment) -> None:
    """Check that nothing keeps a profile's rows from being updated.

    :raises ProfileError: it is published without its replica identity.
    """
    table = attachment.table
    lacks = database.value(raw, "updatable", table=table.oid)
    if lacks:
        mend = "replica identity default"
        if lacks == "key":
            mend = sql.SQL("add primary key ({})").format(listed(attachment.profile.key)).as_string(None)
        raise errors.ProfileError(
            f"{table} is published and has no replica identity that would do, so that PostgreSQL lets nobody update it",
            f"alter table {table.identifier.as_string(None)} {mend}",
        )


def check_ways(attachment: Attachment) -> None:
    """Check that keys through other tables lead to the profile whatever happens to those.

    :raises ProfileError: one may not.
    """
    profile = attachment.table
    for event, table in attachment.events:
        if not table.legs:
            continue
        said = f'the key "{", ".join(event.key)}" of {table}'
        if not table.has_foreign_key(event.key, profile, attachment.profile.key):
            raise errors.ProfileError(
                f"{said} ends at ({', '.join(event.last)}) of {table.last}, which is no foreign key to {profile}",
                f"alter table {table.last.identifier.as_string(None)} add foreign key "
                f"({listed(event.last).as_string(None)}) references {profile.identifier.as_string(None)}",
            )
        for passed in (table, *(leg.table for leg in table.legs)):
            if passed.oid == profile.oid:
                raise errors.ProfileError(
                    f"{said} leads through {profile} itself", "Name a key that leads to it by other tables."
                )
        for name in event.key:
            if len(name.encode()) > NAME_LENGTH:
                raise errors.ProfileError(
                    f"{said} has more than {NAME_LENGTH} bytes", f"Give {table} the profile's key itself."
                )


def check_columns(table: Table, profile: Profile) -> None:
    """Check that a prediction's columns can hold what is written into them, and that buckets come of whole numbers.

    :raises ProfileError: one cannot, or they do not.
    """
    if profile.bucket_column is not None:
        _check_bucket(table, profile.bucket_column)
    for prediction in profile.predictions:
        for column, types in (
            *((column, held.types) for column, held in prediction.answers.items()),
            (prediction.version_column, ("integer", "bigint")),
            (prediction.scored_at_column, ("timestamp with time zone",)),
        ):
            if column is None:
                continue
            held = table.columns[column]
            alter = (
                f"alter table {table.identifier.as_string(None)} alter column {sql.Identifier(column).as_string(None)}"
            )
            if held.type not in types:
                raise errors.ProfileError(
                    f'column "{column}" of {table} is {held.type}, a prediction needs {types[0]} there',
                    f"{alter} type {types[0]}",
                )
            if held.not_null:
                raise errors.ProfileError(
                    f'column "{column}" of {table} is NOT NULL, but a row that cannot be scored has no score',
                    f"{alter} drop not null",
                )


def _check_bucket(table: Table, name: str) -> None:
    column = table.columns.get(name)
    if column is None:
        raise errors.ProfileError(
            f'{table} has no column "{name}" for its buckets',
            f"Its columns: {', '.join(table.columns)}.{errors.nearest(name, table.columns)}",
        )
    if column.type not in ("smallint", "integer", "bigint"):
        raise errors.ProfileError(
            f'the bucket_column "{name}" of {table} is {column.type}, and buckets are computed from whole numbers',
            "Name a column that is smallint, integer or bigint.",
        )


def check_deployed_features(raw: psycopg.Connection[Any], attachment: Attachment) -> None:
    """Name the nearest column for a feature that the profile lacks; the server checks the rest itself."""
    serving = versions.serving(raw)
    for prediction in attachment.profile.predictions:
        version = serving.get(prediction.model)
        if version:
            check_features(version, attachment.table, prediction.features)


def check_features(version: Version, table: Table, expressions: Mapping[str, str]) -> None:
    """Check that every feature of a version has a column or an expression.

    :raises ProfileError: one has neither, or an expression belongs to no feature.
    """
    names = [feature["name"] for feature in version.features]
    for name in expressions:
        if name not in names:
            raise errors.ProfileError(
                f'"{name}" is no feature of {version}',
                f"Its features: {', '.join(names)}.{errors.nearest(name, names)}",
            )
    for name in names:
        if name not in table.columns and name not in expressions:
            raise errors.ProfileError(
                f'feature "{name}" of {version} is no column of {table}',
                "Add the column, or say under [prediction.features] which expression gives it."
                + errors.nearest(name, table.columns),
            )
