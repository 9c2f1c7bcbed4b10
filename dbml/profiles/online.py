"""Attaching a profile while it is in use: triggers first, then what is there, in batches."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.database import Connection, Progress, template
from dbml.models import versions
from dbml.profiles import attachment, catalog, checks, reconciliation, records, rescoring, triggers
from dbml.profiles.attachment import Attached
from dbml.profiles.catalog import Attachment, Record
from dbml.profiles.expectation import expect, refuse_disagreement, trust_strangers
from dbml.profiles.layout import listed
from dbml.profiles.pace import Pace
from dbml.profiles.spec import Profile
from dbml.profiles.tables import table_facts
from dbml.profiles.watched import Tell, watched
from dbml.schema.install import require

# Who waits for a lock makes others wait behind it: rather short and often.
LOCK_TIMEOUT = "200ms"
TRIES = 60
ROWS_AT_ONCE = 500

Result = TypeVar("Result")


def attach_online(
    connection: Connection,
    profile: Profile,
    *,
    add_columns: bool = False,
    backfill: bool = False,
    trust: bool = False,
    progress: Progress | None = None,
) -> Attached:
    """Attach a profile that is in use, in many short transactions; writers wait for less than a second.

    Once the triggers are there, counters are right for every entity that is touched, because it is recounted; the
    others follow in batches by their key. A call that was killed can be repeated and goes on where it stopped.

    :param connection: in autocommit mode.
    :param add_columns: add prediction and counter columns that the profile lacks.
    :param backfill: overwrite counters that disagree with the events.
    :param trust: as of :func:`dbml.attach`.
    :param progress: called with what is being done, the rows done and about how many there are.
    :raises ProfileError: the spec does not fit the tables, or an event has no index on its key.
    :raises CounterMismatch: a counter disagrees with the events and ``backfill`` was not given.
    :raises StillAttached: the table is attached already, or is being attached by another spec.
    :raises LockNotAvailable: the tables were locked by others each time.
    """
    raw = database.driver(connection)
    if not raw.autocommit:
        raise errors.ProfileError(
            f"{profile.table} cannot be attached online in one transaction", "Give a connection in autocommit mode."
        )
    with database.translated():
        require(raw)
        statements: list[sql.Composed] = []
        positions = models = None
        attached, record = _begun(raw, profile) or (None, None)
        if record is not None:
            positions, models = record.to_count, record.to_score
        if attached is None:
            if add_columns:
                statements += briefly(raw, profile, lambda: attachment.add_missing(raw, profile, True))
            with raw.transaction():
                attachment.add_missing(raw, profile, False)  # refuses, where some are missing
                found = attachment.examined(raw, profile, trust=trust)
            refuse_without_index(found)
            if not backfill:
                with database.pinned(raw):  # takes long, so nothing is locked meanwhile
                    for statement in [*records.grants(found), *refuse_disagreement(found)]:
                        attachment.run(raw, statement)
            attached, work = briefly(raw, profile, lambda: _begin(raw, profile, trust=trust))
            statements += work
        if positions is None:
            positions = triggers.counting(attached)
        if models is None:
            models = [prediction.model for prediction in attached.profile.predictions]
        follow(raw, attached, progress, positions, models)
    return Attached(str(attached.table), [s.as_string(None) for s in statements], checks.notices(raw, attached))


def follow(
    raw: psycopg.Connection[Any],
    attached: Attachment,
    progress: Progress | None,
    positions: Sequence[int],
    models: Sequence[str],
) -> None:
    """Count and score in batches what the triggers have not, and end the attachment that was begun.

    :param positions: of the event tables whose counters may not be true yet.
    :param models: whose answers rows may lack.
    """
    with watched(raw, "attach", progress) as tell:
        _count(raw, attached, tell, positions)
        _score(raw, attached, tell, models)
    with raw.transaction():
        for statement in triggers.complete(attached):
            attachment.run(raw, statement)


def _begun(raw: psycopg.Connection[Any], profile: Profile) -> tuple[Attachment, Record] | None:
    """What an earlier call has begun."""
    table = table_facts(raw, profile.table)
    for record in catalog.records(raw):
        if record.oid != table.oid or record.complete:
            continue
        if record.profile.as_dict() != profile.as_dict():
            raise errors.StillAttached(
                f"{table} is being attached by another spec", f"Give that one, or dbml detach {table} first."
            )
        return catalog.attached(raw, record), record
    return None


def _begin(raw: psycopg.Connection[Any], profile: Profile, *, trust: bool) -> tuple[Attachment, list[sql.Composed]]:
    """Create functions and triggers."""
    attachment.add_missing(raw, profile, False)
    attached = attachment.examined(raw, profile, trust=trust)
    statements = [*records.grants(attached), *triggers.attach(attached, online=True)]
    statements += [trust_strangers(attached)] if trust else []
    with database.pinned(raw):
        attachment.run(raw, expect(attached))
        for statement in statements:
            attachment.run(raw, statement)
    return attached, statements


def briefly(raw: psycopg.Connection[Any], profile: Profile, act: Callable[[], Result]) -> Result:
    """Do something that locks tables in a transaction of its own, again until it gets its locks at once."""
    for attempt in range(TRIES):
        try:
            with raw.transaction():
                database.query(raw, f"set local lock_timeout = '{LOCK_TIMEOUT}'")
                # Autovacuum gives way to who has waited so long; only a superuser may shorten that.
                database.query(
                    raw,
                    "select set_config('deadlock_timeout', '100ms', true) from pg_roles"
                    " where rolname = current_user and rolsuper",
                )
                return act()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            time.sleep(min(2.0, 0.05 * (attempt + 1)) * random.uniform(0.5, 1.5))  # noqa: S311
    raise errors.LockNotAvailable(
        f"{profile.table} or one of its events was locked by other transactions at each of {TRIES} tries",
        "Find who holds it in pg_stat_activity, and try again when no long transaction is running.",
    )


def refuse_without_index(attached: Attachment) -> None:
    """Refuse event tables without an index on their key.

    :raises ProfileError: one lacks it.
    """
    for event, table in attached.events:
        for one, columns in checks.lacking(event, table) if event.counters else []:
            make = sql.SQL("create index concurrently on {} ({})").format(one.identifier, listed(columns))
            raise errors.ProfileError(
                f"{one} has no index on ({', '.join(columns)}), and online each entity is counted by itself",
                f"First: {make.as_string(None)}",
            )


def _count(raw: psycopg.Connection[Any], attached: Attachment, tell: Tell, positions: Sequence[int]) -> None:
    """Recount what the triggers have not: each batch locks its rows, in order of their key."""
    if not positions:
        return
    total = database.value(raw, "estimated_rows", table=attached.table.oid)
    after = next(record.backfilled for record in catalog.records(raw) if record.id == attached.id)
    done = 0
    pace = Pace(ROWS_AT_ONCE)
    for span, number in reconciliation.spans(raw, attached, pace, after):
        with pace.batch(), raw.transaction():
            # A recount must see what others did before it had the row's lock.
            database.query(raw, "set transaction isolation level read committed")
            for position in positions:
                database.query(
                    raw,
                    template(
                        "profiles/repair_counters",
                        recount=attached.function(f"recount_{position}"),
                        profile=attached.table.identifier,
                        entities=span.condition,
                    ),
                )
            database.named(raw, "backfilled", profile=attached.id, reached=span.last)
        done += number
        tell(attached.id, str(attached.table), done, max(total, done))


def _score(raw: psycopg.Connection[Any], attached: Attachment, tell: Tell, models: Sequence[str]) -> None:
    """Score what recounting has not: rows whose counters were right already."""
    total = database.value(raw, "estimated_rows", table=attached.table.oid)
    serving = versions.serving(raw)
    for model in models:
        if model not in serving:
            continue
        done = 0
        walks = database.named(raw, "start_walk", profile=attached.id, name=model, what="waiting")
        pace = Pace(ROWS_AT_ONCE)
        for batch in (batch for walk in walks for batch in rescoring.batches(raw, walk["walk"], pace)):
            done += batch.scored
            about = done if batch.ended else max(total, done)
            tell(attached.id, f"{attached.table} by {model}", done, about)
