"""Attaching a profile: checks the spec against the catalog, then runs what ``dbml.triggers`` composes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from dbml import countable, database, errors, registry, triggers
from dbml.database import Connection
from dbml.install import require
from dbml.spec import Event, Profile
from dbml.tables import Attachment, Table

LOCK_TIMEOUT = "5s"
_SCORE = "double precision"


@dataclass(frozen=True)
class Attached:
    """What attaching did, or with ``dry_run`` would do.

    :param table: qualified name of the profile.
    :param statements: the SQL that ran, in order.
    :param notices: what the one who attaches should know.
    """

    table: str
    statements: list[str]
    notices: list[str]


def attach(
    connection: Connection,
    profile: Profile,
    *,
    add_columns: bool = False,
    backfill: bool = False,
    dry_run: bool = False,
) -> Attached:
    """Create triggers, fill counters and score what is there, in the caller's transaction.

    :param add_columns: add prediction and counter columns that the profile lacks.
    :param backfill: overwrite counters that disagree with the events.
    :param dry_run: check and compose everything, change nothing.
    :raises ProfileError: a table, key, column or type does not fit the spec.
    :raises CounterMismatch: a counter disagrees with the events and ``backfill`` was not given.
    :raises StillAttached: the table is attached already.
    :raises LockNotAvailable: a table was locked by others for too long.
    """
    raw = database.driver(connection)
    # One transaction around everything, undone at its end where nothing is to change.
    with database.translated(), _locked(profile.table), raw.transaction(force_rollback=dry_run):
        require(raw)
        database.query(raw, f"set local lock_timeout = '{LOCK_TIMEOUT}'")
        # A counter's expression means the same here and inside its trigger.
        before = database.query(raw, "select current_setting('search_path') as path")[0]["path"]
        statements = add_missing(raw, profile, add_columns)
        attachment = examined(raw, profile)
        # From here on every name is qualified, and nobody else's operators are to be found.
        database.query(raw, "set local search_path = pg_catalog, pg_temp")
        locks = triggers.lock(attachment)
        for statement in locks:
            database.query(raw, statement)
        if not backfill:
            refuse_disagreement(raw, attachment)
        work = triggers.attach(attachment)
        for statement in work:
            run(raw, statement)
        database.query(raw, sql.SQL("select set_config('search_path', {}, true)").format(before))
    texts = [s.as_string(None) for s in [*statements, *locks, *work]]
    return Attached(str(attachment.table), texts, countable.notices(attachment))


def add_missing(raw: psycopg.Connection[Any], profile: Profile, add: bool) -> list[sql.Composed]:
    """Add the columns that the profile lacks; returns the statements that did.

    :raises ProfileError: there are some, and they are not to be added.
    """
    table = table_facts(raw, profile.table)
    events = [(event, table_facts(raw, event.table)) for event in profile.events]
    _refuse_attached(raw, table)
    for prediction in profile.predictions:
        registry.require_model(raw, prediction.model)
    statements = _missing_columns(raw, profile, table, events, add)
    for statement in statements:
        database.query(raw, statement)
    return statements


def examined(raw: psycopg.Connection[Any], profile: Profile) -> Attachment:
    """The spec with its tables, once everything fits.

    :raises ProfileError: something does not.
    """
    table = table_facts(raw, profile.table)
    events = [(event, table_facts(raw, event.table)) for event in profile.events]
    deployed = frozenset(r["name"] for r in database.named(raw, "models", name=None) if r["deployed"])
    attachment = Attachment(database.named(raw, "next_profile")[0]["id"], profile, table, events, deployed)
    _check_row_security(raw, attachment)
    _check_keys(raw, attachment)
    _check_columns(table, profile)
    _check_features(raw, attachment)
    for event, event_table in events:
        countable.check(raw, attachment, event, event_table)
    return attachment


def detach(connection: Connection, name: str) -> None:
    """Remove the triggers and functions of a profile; its columns keep what they hold.

    :raises ProfileError: no such table, or it is not attached.
    """
    raw = database.driver(connection)
    with database.translated(), raw.transaction():
        require(raw)
        database.query(raw, f"set local lock_timeout = '{LOCK_TIMEOUT}'")
        table = table_facts(raw, name)
        rows = [row for row in database.named(raw, "profiles") if row["oid"] == table.oid]
        if not rows:
            raise errors.ProfileError(f"{table} is not attached", "dbml status lists what is.")
        attachment = attached(raw, rows[0])
        with database.pinned(raw):
            functions = [r["function"] for r in database.named(raw, "generated_functions", profile=attachment.id)]
            for statement in triggers.detach(attachment, functions):
                run(raw, statement)


def attached(raw: psycopg.Connection[Any], row: Mapping[str, Any]) -> Attachment:
    """What a row of ``dbml.profile`` says is attached, with the tables as they are now."""
    profile = Profile.from_dict(row["spec"])
    return Attachment(
        row["id"],
        profile,
        table_facts(raw, row["relation"]),
        [(event, table_facts(raw, name)) for event, name in zip(profile.events, row["events"], strict=True)],
    )


@contextmanager
def _locked(table: str) -> Iterator[None]:
    """Name the table where the server only says that a lock was not to be had, whichever statement met it."""
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise errors.LockNotAvailable(
            f"{table} or one of its events is locked by another transaction for more than {LOCK_TIMEOUT}",
            "Nothing was changed. Find who holds it in pg_stat_activity, or try again when it is less busy.",
        ) from error


def run(raw: psycopg.Connection[Any], statement: sql.Composed) -> None:
    """Run a statement that ``dbml.triggers`` composed."""
    database.script(raw, statement.as_string(None))


def table_facts(raw: psycopg.Connection[Any], name: str) -> Table:
    """Look a table up by its name as SQL writes it.

    :raises ProfileError: there is none, or it is a view or the like.
    """
    try:
        rows = database.named(raw, "table_facts", table=name)
    except (
        psycopg.errors.SyntaxError,
        psycopg.errors.InvalidName,
        psycopg.errors.FeatureNotSupported,
    ) as error:
        raise errors.ProfileError(
            f"{name} is not written as a table's name",
            'Write it as in SQL: public.customer, or "Order Items".',
        ) from error
    if not rows:
        known = [row["name"] for row in database.named(raw, "tables")]
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
        facts["columns"],
        facts["unique_keys"],
        facts["indexed"],
        facts["references"],
    )


def _refuse_attached(raw: psycopg.Connection[Any], table: Table) -> None:
    for row in database.named(raw, "profiles"):
        if row["oid"] != table.oid:
            continue
        if not database.named(raw, "attaching", profile=row["id"])[0]["complete"]:
            raise errors.StillAttached(
                f"{table} is being attached", "dbml attach SPEC.toml --online goes on where it stopped."
            )
        raise errors.StillAttached(f"{table} is attached already", f"dbml detach {table} first, then attach again.")


def _missing_columns(
    raw: psycopg.Connection[Any],
    profile: Profile,
    table: Table,
    events: list[tuple[Event, Table]],
    add: bool,
) -> list[sql.Composed]:
    """The ALTERs that give the profile its prediction and counter columns.

    :raises ProfileError: there are some, and they are not to be added.
    """
    wanted: dict[str, str] = {}
    for prediction in profile.predictions:
        wanted[prediction.column] = _SCORE
        if prediction.version_column:
            wanted[prediction.version_column] = "integer"
        if prediction.scored_at_column:
            wanted[prediction.scored_at_column] = "timestamp with time zone"
    for event, event_table in events:
        for column, counter in event.counters.items():
            if column not in table.columns:
                wanted[column] = countable.column_type(raw, event, event_table, column, counter)
    alters = [
        sql.SQL("alter table {} add column {} {}").format(table.identifier, sql.Identifier(c), database.verbatim(t))
        for c, t in wanted.items()
        if c not in table.columns
    ]
    if alters and not add:
        missing = [c for c in wanted if c not in table.columns]
        raise errors.ProfileError(
            f"{table} has no column {', '.join(missing)}",
            "Run, or let --add-columns run: " + "; ".join(a.as_string(None) for a in alters),
        )
    return alters


def _check_row_security(raw: psycopg.Connection[Any], attachment: Attachment) -> None:
    tables = [attachment.table.oid, *(table.oid for _, table in attachment.events)]
    hidden = database.named(raw, "row_security", tables=tables)
    if hidden:
        raise errors.ProfileError(
            f"row-level security on {hidden[0]['relation']} would hide rows from dbml, and counters would be wrong",
            "Let a superuser run: alter role dbml_owner bypassrls",
        )


def _check_keys(raw: psycopg.Connection[Any], attachment: Attachment) -> None:
    table, key = attachment.table, attachment.profile.key
    for owner, columns in [(table, key), *((t, e.key) for e, t in attachment.events)]:
        for column in columns:
            if column not in owner.columns:
                raise errors.ProfileError(
                    f'{owner} has no column "{column}" for the key',
                    f"Its columns: {', '.join(owner.columns)}.{errors.nearest(column, owner.columns)}",
                )
    if sorted(key) not in table.unique_keys:
        raise errors.ProfileError(
            f"({', '.join(key)}) is not a unique key of {table}",
            "Name the primary key, or create a unique index without a condition on exactly these columns.",
        )
    for event, event_table in attachment.events:
        for mine, theirs in zip(key, event.key, strict=True):
            statement = sql.SQL("select from {} p, {} e where p.{} = e.{} limit 0").format(
                table.identifier, event_table.identifier, sql.Identifier(mine), sql.Identifier(theirs)
            )
            try:
                with raw.transaction():
                    database.query(raw, statement)
            except psycopg.errors.UndefinedFunction as error:
                raise errors.ProfileError(
                    f'"{theirs}" of {event_table} is {event_table.columns[theirs]["type"]}, '
                    f'the key "{mine}" of {table} is {table.columns[mine]["type"]}',
                    "Give both the same type.",
                ) from error


def _check_columns(table: Table, profile: Profile) -> None:
    for prediction in profile.predictions:
        for column, types in (
            (prediction.column, (_SCORE,)),
            (prediction.version_column, ("integer", "bigint")),
            (prediction.scored_at_column, ("timestamp with time zone",)),
        ):
            if column is None:
                continue
            facts = table.columns[column]
            alter = (
                f"alter table {table.identifier.as_string(None)} alter column {sql.Identifier(column).as_string(None)}"
            )
            if facts["type"] not in types:
                raise errors.ProfileError(
                    f'column "{column}" of {table} is {facts["type"]}, a prediction needs {types[0]} there',
                    f"{alter} type {types[0]}",
                )
            if facts["not_null"]:
                raise errors.ProfileError(
                    f'column "{column}" of {table} is NOT NULL, but a row that cannot be scored has no score',
                    f"{alter} drop not null",
                )


def _check_features(raw: psycopg.Connection[Any], attachment: Attachment) -> None:
    """Name the nearest column for a feature that the profile lacks; the server checks the rest itself."""
    by_name = {r["name"]: r for r in database.named(raw, "models", name=None) if r["deployed"]}
    for prediction in attachment.profile.predictions:
        version = by_name.get(prediction.model)
        if version:
            check_features(version, attachment.table, prediction.features)


def check_features(version: dict[str, Any], table: Table, expressions: Any) -> None:
    """Check that every feature of a version has a column or an expression.

    :raises ProfileError: one has neither, or an expression belongs to no feature.
    """
    names = [feature["name"] for feature in version["features"]]
    for name in expressions:
        if name not in names:
            raise errors.ProfileError(
                f'"{name}" is no feature of {version["name"]}@{version["version"]}',
                f"Its features: {', '.join(names)}.{errors.nearest(name, names)}",
            )
    for name in names:
        if name not in table.columns and name not in expressions:
            raise errors.ProfileError(
                f'feature "{name}" of {version["name"]}@{version["version"]} is no column of {table}',
                "Add the column, or say under [prediction.features] which expression gives it."
                + errors.nearest(name, table.columns),
            )


def refuse_disagreement(raw: psycopg.Connection[Any], attachment: Attachment) -> None:
    """Check that no counter holds anything but what the events say.

    :raises CounterMismatch: one does.
    """
    for event, table in attachment.events:
        if not event.counters:
            continue
        figures = database.query(raw, triggers.disagreement(attachment, event, table))[0]
        for index, column in enumerate(event.counters):
            # A column where no row holds anything yet disagrees with nobody: it is new.
            if figures[f"disagree_{index}"] and figures[f"held_{index}"]:
                raise errors.CounterMismatch(
                    f'counter "{column}" of {attachment.table} disagrees with {table} '
                    f"in {figures[f'disagree_{index}']} rows",
                    "It may hold an opening balance. To overwrite it with what the events say, give --backfill.",
                )
