"""Attaching a profile: checks the spec against the catalog, then runs what ``triggers`` composes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.database import Connection, Name
from dbml.models import versions
from dbml.profiles import catalog, checks, counter_checks, ddl, outcome_checks, records, resolution, tables, triggers
from dbml.profiles.catalog import Attachment
from dbml.profiles.expectation import expect, refuse_disagreement, refuse_strangers, trust_strangers
from dbml.profiles.spec import Event, Profile
from dbml.profiles.tables import Table, table_facts
from dbml.schema.install import require
from dbml.script import Script, perform

LOCK_TIMEOUT = "5s"
COUNT = "bigint not null default 0"


@dataclass(frozen=True)
class Attached:
    """What attaching did, or with ``dry_run`` would do.

    :param table: qualified name of the profile.
    :param statements: the SQL that ran, in order.
    :param notices: what the one who attaches should know.
    :param summary: what the statements come to, a sentence a line.
    """

    table: str
    statements: list[str]
    notices: list[str]
    summary: list[str] = field(default_factory=list)


def attach(
    connection: Connection,
    profile: Profile,
    *,
    add_columns: bool = False,
    backfill: bool = False,
    trust: bool = False,
    dry_run: bool = False,
) -> Attached:
    """Create triggers, fill counters and score what is there, in the caller's transaction.

    :param add_columns: add prediction and counter columns that the profile lacks.
    :param backfill: overwrite counters that disagree with the events.
    :param trust: attach although roles that are neither dbml_owner nor superusers can run code as dbml_owner then: by
        owning a table, a type of its columns or a function that is called, or by TRIGGER on it.
    :param dry_run: check and compose everything, change nothing.
    :raises ProfileError: a table, key, column or type does not fit the spec.
    :raises CounterMismatch: a counter disagrees with the events and ``backfill`` was not given.
    :raises StillAttached: the table is attached already.
    :raises LockNotAvailable: a table was locked by others for too long.
    """
    raw = database.driver(connection)
    with database.translated(), locked(profile.table):
        require(raw)  # psycopg begins with it: the block that follows must be a savepoint, or it would commit
        with raw.transaction(force_rollback=dry_run), database.configured(raw, "lock_timeout", LOCK_TIMEOUT):
            added = add_missing(raw, profile, add_columns)
            attachment = examined(raw, profile, trust=trust)
            statements = [*prepare(attachment), *work(attachment, backfill=backfill, trust=trust)]
            # Every name is qualified by now, and a counter's expression means the same as inside its trigger.
            with database.pinned(raw):
                for statement in statements:
                    run(raw, statement)
    texts = [s.as_string(None) for s in [*added, *statements]]
    rows = database.value(raw, "estimated_rows", table=attachment.table.oid)
    return Attached(
        str(attachment.table), texts, checks.notices(raw, attachment), _summary(attachment, len(added), rows)
    )


def _summary(attachment: Attachment, added: int, rows: int) -> list[str]:
    made = triggers.all_triggers(attachment)
    tables = sorted({str(trigger.table) for trigger in made})
    lines = [f"{added} columns are added to {attachment.table}."] if added else []
    lines += [f"{', '.join(event.counters)} count the rows of {table}." for event, table in attachment.events]
    lines += [f"{', '.join(p.columns)} hold what {p.model} says." for p in attachment.profile.predictions]
    return [
        *lines,
        f"{len(triggers.functions(attachment))} functions and {len(made)} triggers are made, on {', '.join(tables)}.",
        f"They are locked against writing until the transaction ends; about {rows} rows are counted and scored.",
    ]


def prepare(attachment: Attachment) -> list[sql.Composed]:
    """Statements that keep writers out and make sure of the tables; under the search_path that found them (pure)."""
    return [*triggers.lock(attachment), expect(attachment)]


def work(attachment: Attachment, *, backfill: bool, trust: bool) -> list[sql.Composed]:
    """Statements that attach a profile whose tables are locked; under the search_path of triggers (pure)."""
    return [
        *records.grants(attachment),  # before anything is read
        *([] if backfill else refuse_disagreement(attachment)),
        *triggers.attach(attachment),
        *([trust_strangers(attachment)] if trust else []),
    ]


def add_missing(
    raw: psycopg.Connection[Any], profile: Profile, add: bool, *, again: bool = False
) -> list[sql.Composed]:
    """Add the columns that the profile lacks; returns the statements that did.

    :param again: the table may be attached already.

    :raises ProfileError: there are some, and they are not to be added.
    """
    table = table_facts(raw, profile.table)
    events = [(event, tables.event_table(raw, event)) for event in profile.events]
    with database.pinned(raw):
        if not again:
            _refuse_attached(raw, table)
        for prediction in profile.predictions:
            versions.require_model(raw, prediction.model)
    statements = _missing_columns(raw, profile, table, events, add)
    for statement in statements:
        database.query(raw, statement)
    return statements


def examined(
    raw: psycopg.Connection[Any], profile: Profile, *, trust: bool = False, trusted: Sequence[str] = ()
) -> Attachment:
    """The spec with its tables, once everything fits.

    The caller's search_path is asked what his names and expressions mean, and for nothing else: whatever runs, runs
    with his rights.

    :param trust: as of :func:`attach`.
    :param trusted: roles that it was attached for before.
    :raises ProfileError: something does not.
    """
    table = table_facts(raw, profile.table)
    events = [(event, tables.event_table(raw, event)) for event in profile.events]
    told = {lesson.table: table_facts(raw, lesson.table) for lesson in profile.lessons}
    declared = profile
    profile = resolution.resolved(raw, declared, table, told | {event.table: facts for event, facts in events})
    events = [(event, facts) for event, (_, facts) in zip(profile.events, events, strict=True)]
    labels = [(lesson, told[lesson.table]) for lesson in profile.lessons]
    with database.pinned(raw):
        attachment = Attachment(database.value(raw, "next_profile"), profile, table, events, declared, labels)
        if not trust:
            run(raw, refuse_strangers(attachment, trusted))  # before anything of theirs can run
        checks.check_row_security(raw, attachment)
        checks.check_partitions(raw, attachment)
        checks.check_keys(raw, attachment)
        checks.check_ways(attachment)
        checks.check_updatable(raw, attachment)
        checks.check_columns(table, profile)
        checks.check_deployed_features(raw, attachment)
        for event, event_table in events:
            checks.check_seen(event_table, ddl.read(event, event_table))
            counter_checks.check_counters(raw, attachment, event, event_table)
        outcome_checks.check_outcomes(raw, attachment)
        outcome_checks.check_labels(raw, attachment)
    return attachment


def detach(connection: Connection | Script, name: str) -> None:
    """Remove the triggers and functions of a profile; its columns keep what they hold.

    :raises ProfileError: no such table, or it is not attached.
    """
    with database.translated():
        sink = connection if isinstance(connection, Script) else database.driver(connection)
        if not isinstance(sink, Script):
            require(sink)
            try:
                table_facts(sink, name)
            except errors.ProfileError as error:
                # It may be gone since it was attached; else the sentence names the nearest. No name at all has a cause.
                gone = [] if error.__cause__ else database.named(sink, "profile_by_name", table=name)
                if not gone:
                    raise
                perform(sink, "detach_gone", profile=gone[0]["id"])
                return
        perform(sink, "detach", table=name)


@contextmanager
def locked(table: str) -> Iterator[None]:
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
        raise errors.StillAttached(
            f"{table} is attached already",
            f"A changed spec changes it in place (dbml attach, dbml.alter); dbml detach {table} removes it.",
        )


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
        wanted |= checks.prediction_types(prediction)
    for event, event_table in events:
        for column, counter in event.counters.items():
            if column not in table.columns:
                if counter.parts.function == "count":
                    wanted[column] = COUNT
                    continue
                meant = resolution.resolved_event(raw, Event(event.table, event.key, {column: counter}), event_table)
                wanted[column] = counter_checks.counter_type(raw, event, event_table, meant.counters[column])
    alters = [
        sql.SQL("alter table {} add column {} {}").format(table.identifier, Name(c), database.verbatim(t))
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
