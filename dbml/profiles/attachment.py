"""Attaching a profile: checks the spec against the catalog, then runs what ``triggers`` composes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.database import Connection
from dbml.models import versions
from dbml.profiles import catalog, checks, triggers
from dbml.profiles.catalog import Attachment, Table, attached, table_facts
from dbml.profiles.spec import Event, Profile
from dbml.schema.install import require

LOCK_TIMEOUT = "5s"


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
    return Attached(str(attachment.table), texts, checks.notices(attachment))


def add_missing(raw: psycopg.Connection[Any], profile: Profile, add: bool) -> list[sql.Composed]:
    """Add the columns that the profile lacks; returns the statements that did.

    :raises ProfileError: there are some, and they are not to be added.
    """
    table = table_facts(raw, profile.table)
    events = [(event, table_facts(raw, event.table)) for event in profile.events]
    _refuse_attached(raw, table)
    for prediction in profile.predictions:
        versions.require_model(raw, prediction.model)
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
    checks.check_row_security(raw, attachment)
    checks.check_keys(raw, attachment)
    checks.check_columns(table, profile)
    checks.check_deployed_features(raw, attachment)
    for event, event_table in events:
        checks.check_counters(raw, attachment, event, event_table)
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
        records = [record for record in catalog.records(raw) if record.oid == table.oid]
        if not records:
            raise errors.ProfileError(f"{table} is not attached", "dbml status lists what is.")
        attachment = attached(raw, records[0])
        with database.pinned(raw):
            functions = [r["function"] for r in database.named(raw, "generated_functions", profile=attachment.id)]
            for statement in triggers.detach(attachment, functions):
                run(raw, statement)


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
    """Run a statement that ``triggers`` composed."""
    database.script(raw, statement.as_string(None))


def _refuse_attached(raw: psycopg.Connection[Any], table: Table) -> None:
    for record in catalog.records(raw):
        if record.oid != table.oid:
            continue
        if not record.complete:
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
        wanted[prediction.column] = checks.SCORE
        if prediction.version_column:
            wanted[prediction.version_column] = "integer"
        if prediction.scored_at_column:
            wanted[prediction.scored_at_column] = "timestamp with time zone"
    for event, event_table in events:
        for column, counter in event.counters.items():
            if column not in table.columns:
                wanted[column] = checks.column_type(raw, event, event_table, column, counter)
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
