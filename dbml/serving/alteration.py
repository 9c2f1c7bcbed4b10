"""Changing the spec by which a table is attached, while the table is in use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.database import Connection, Name, Progress, verbatim
from dbml.profiles import attachment, catalog, checks, ddl, online, records, tables, triggers
from dbml.profiles.attachment import Attached
from dbml.profiles.catalog import Attachment, Record
from dbml.profiles.expectation import refuse_disagreement, trust_strangers
from dbml.profiles.spec import Event, Profile
from dbml.schema.install import require
from dbml.serving.upgrade import regenerate


def alterations(connection: Connection, profile: Profile) -> list[str] | None:
    """What a spec would change of the one by which its table is attached: sentences; None where it is not attached.

    A table that is still being attached is not attached.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        record = _record(raw, profile)
        return None if record is None else list(_told(record.profile, profile))


def alter(
    connection: Connection,
    profile: Profile,
    *,
    add_columns: bool = False,
    backfill: bool = False,
    trust: bool = False,
    progress: Progress | None = None,
) -> Attached:
    """Change the spec by which a table is attached, in many short transactions; writers wait for less than a second.

    Functions and triggers are replaced in one of them. Then the counters of the event tables of which something is new
    are counted in batches, and rows of models that are new are scored; what stays as it was is not touched. Columns
    that the new spec does not name keep what they hold. A call that was killed is repeated as
    :func:`dbml.attach_online` is, and goes on where it stopped.

    :param connection: in autocommit mode.
    :param add_columns: add prediction and counter columns that the profile lacks.
    :param backfill: overwrite new counters that disagree with the events.
    :param trust: as of :func:`dbml.attach`; with the spec that is there it is only remembered.
    :raises ProfileError: the spec does not fit the tables, or the table is not attached.
    :raises CounterMismatch: a new counter disagrees with the events and ``backfill`` was not given.
    :raises StillAttached: it is the same spec, or the table is being attached.
    :raises LockNotAvailable: the tables were locked by others each time.
    """
    raw = database.driver(connection)
    if not raw.autocommit:
        raise errors.ProfileError(
            f"{profile.table} cannot be changed in one transaction", "Give a connection in autocommit mode."
        )
    with database.translated():
        require(raw)
        record = _record(raw, profile)
        if record is None:
            raise errors.ProfileError(f"{profile.table} is not attached", "dbml attach SPEC.toml attaches it.")
        was = catalog.attached(raw, record)
        if record.profile == profile and not trust:
            raise errors.StillAttached(f"{record.relation} is attached by this spec already", "Nothing is to be done.")
        if record.profile == profile:
            with raw.transaction(), database.pinned(raw):
                attachment.run(raw, trust_strangers(was))
            return Attached(str(was.table), [], [])
        if add_columns:
            online.briefly(raw, profile, lambda: attachment.add_missing(raw, profile, True, again=True))
        with raw.transaction():
            attachment.add_missing(raw, profile, False, again=True)  # refuses, where some are missing
            found = replace(attachment.examined(raw, profile, trust=trust, trusted=record.trusted), id=record.id)
        counted = _to_count(was, found)
        new = replace(found, events=[found.events[position - 1] for position in counted])
        online.refuse_without_index(new)
        if not backfill:
            with database.pinned(raw):  # takes long, so nothing is locked meanwhile
                for statement in [*records.grants(new), *refuse_disagreement(_only_new(was, new))]:
                    attachment.run(raw, statement)
        scored = _to_score(was, found)
        online.briefly(raw, profile, lambda: _replace(raw, was, found, counted, scored, trust=trust))
        online.follow(raw, found, progress, counted, scored)
    return Attached(str(found.table), [], checks.notices(raw, found))


def alter_at_once(connection: Connection, profile: Profile, *, trust: bool = False) -> Attached | None:
    """Change the spec by which a table is attached, in the caller's transaction; its tables are locked until that ends.

    New counters are counted whatever their columns hold, and rows of models that are new are scored; what stays as it
    was is not touched.

    :param trust: as of :func:`dbml.attach`.
    :returns: None where that is not possible: the table is not attached, or others' DDL has changed it since.
    :raises ProfileError: the spec does not fit the tables.
    :raises LockNotAvailable: a table was locked by others for too long.
    """
    raw = database.driver(connection)
    with database.translated(), attachment.locked(profile.table):
        require(raw)
        record = _record(raw, profile)
        if record is None or ddl.broken(raw, record.id):
            return None
        with raw.transaction(), database.configured(raw, "lock_timeout", attachment.LOCK_TIMEOUT):
            was = catalog.attached(raw, record)
            attachment.add_missing(raw, profile, False, again=True)
            found = replace(attachment.examined(raw, profile, trust=trust, trusted=record.trusted), id=record.id)
            scored = _to_score(was, found)
            _replace(raw, was, found, _to_count(was, found), scored, trust=trust)
            new = _only_new(was, found)
            predictions = tuple(prediction for prediction in found.profile.predictions if prediction.model in scored)
            alone = replace(new.profile, predictions=predictions, outcomes=(), publications=(), lessons=())
            with database.pinned(raw):
                for statement in [*triggers.fill(replace(new, profile=alone)), *triggers.complete(found)]:
                    attachment.run(raw, statement)
    return Attached(str(found.table), [], checks.notices(raw, found))


def _record(raw: psycopg.Connection[Any], profile: Profile) -> Record | None:
    number = tables.table_number(raw, profile.table)
    return next((r for r in catalog.records(raw) if r.oid == number and r.complete), None)


def _told(was: Profile, now: Profile) -> Iterator[str]:
    yield from _differences(
        "counter",
        {column: (e.table, e.key, c) for e in was.events for column, c in e.counters.items()},
        {column: (e.table, e.key, c) for e in now.events for column, c in e.counters.items()},
    )
    yield from _differences(
        "event table",
        {event.table: (event.key, event.mode) for event in was.events},
        {event.table: (event.key, event.mode) for event in now.events},
    )
    for what, one, other in (
        ("prediction of", was.predictions, now.predictions),
        ("outcome of", was.outcomes, now.outcomes),
        ("publication of", was.publications, now.publications),
        ("learning of", was.lessons, now.lessons),
    ):
        yield from _differences(what, {x.model: x for x in one}, {x.model: x for x in other})
    if was.key != now.key:
        yield f"the key is ({', '.join(now.key)}), it was ({', '.join(was.key)})"


def _differences(what: str, was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    for name in sorted({*was, *now}):
        if name not in was:
            yield f"{what} {name} is new"
        elif name not in now:
            yield f"{what} {name} is left out; what its columns hold stays"
        elif was[name] != now[name]:
            yield f"{what} {name} changes"


def _counters(event: Event) -> dict[str, Any]:
    return {column: (event.key, counter) for column, counter in event.counters.items()}


def _before(was: Attachment, oid: int) -> Event | None:
    return next((event for event, table in was.events if table.oid == oid), None)


def _to_count(was: Attachment, now: Attachment) -> list[int]:
    """Positions of the event tables with a counter that is new or another."""
    found = []
    for position in triggers.counting(now):
        event, table = now.events[position - 1]
        before = _before(was, table.oid)
        same = before is not None and was.profile.key == now.profile.key
        if not same or _counters(event).items() - _counters(before).items():  # type: ignore[arg-type]
            found.append(position)
    return found


def _only_new(was: Attachment, now: Attachment) -> Attachment:
    """The same with the counters alone that are new: the others are true."""
    events = []
    for event, table in now.events:
        before = _before(was, table.oid)
        known = _counters(before) if before else {}
        new = {
            column: counter for column, counter in event.counters.items() if known.get(column) != (event.key, counter)
        }
        events.append((Event(event.table, event.key, new, event.mode), table))
    return replace(now, events=events)


def _to_score(was: Attachment, now: Attachment) -> list[str]:
    """Models whose answers may be others than before."""
    before = {p.model: replace(p, explain=None) for p in was.profile.predictions}
    return [p.model for p in now.profile.predictions if before.get(p.model) != replace(p, explain=None)]


def _replace(
    raw: psycopg.Connection[Any],
    was: Attachment,
    now: Attachment,
    counted: list[int],
    scored: list[str],
    *,
    trust: bool,
) -> None:
    """Put the new functions and triggers in the place of the old ones, with the tables locked."""
    for statement in triggers.lock(now):
        attachment.run(raw, statement)
    with database.pinned(raw):
        since = database.value(
            raw,
            "forget_rest",
            profile=now.id,
            models=[prediction.model for prediction in now.profile.predictions],
            judged=[outcome.model for outcome in now.profile.outcomes],
            events=len(now.events) + len(now.passages),
            labels=len(now.labels),
        )
        for statement in [*records.write(now), *records.grants(now), *([trust_strangers(now)] if trust else [])]:
            attachment.run(raw, statement)
        database.named(raw, "begin_again", profile=now.id, since=since, positions=counted, models=scored)
        wanted = {(trigger.table.oid, trigger.name) for trigger in triggers.all_triggers(now)}
        for found in database.named(raw, "triggers_of_profile", profile=now.id):
            if (found["oid"], found["name"]) not in wanted:
                drop = sql.SQL("drop trigger {} on {}")
                database.query(raw, drop.format(Name(found["name"]), verbatim(found["relation"])))
        regenerate(raw, now, complete=False)
