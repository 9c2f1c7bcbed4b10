"""What was generated for a profile is made anew after somebody's DDL, and its counters and scores are made true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from dbml import database, errors
from dbml.database import Connection, Progress
from dbml.models import versions
from dbml.profiles import attachment, catalog, checks, ddl, records
from dbml.profiles.catalog import Attachment
from dbml.profiles.pace import Pace
from dbml.profiles.reconciliation import reconcile
from dbml.profiles.rescoring import ROWS_AT_ONCE, batches
from dbml.profiles.tables import table_facts
from dbml.schema.install import require
from dbml.serving.upgrade import regenerate


@dataclass(frozen=True)
class Repaired:
    """What repairing a profile did.

    :param table: the profile, by the name that it has now.
    :param rows: profile rows whose counters or scores were mended.
    """

    table: str
    rows: int


def repair(connection: Connection, table: str | None = None, *, progress: Progress | None = None) -> list[Repaired]:
    """Make functions, triggers, counters and scores right again after DDL by others.

    Tables and columns may have other names, schemas or types: the spec follows them, and functions and triggers are
    made anew for what is there. Where another table or column has the name now, that one is meant. Then every row is
    compared with the truth, and mended where it differs.

    :param table: only this profile, by the name that it has now or had.
    :param progress: as of :func:`dbml.reconcile`.
    :raises ProfileError: the table is not attached, or a column that its spec names is gone.
    """
    raw = database.driver(connection)
    done = []
    with database.translated():
        require(raw)
        wanted = None if table is None else _number(raw, table)
        with database.pinned(raw):
            # All are found before the first is changed.
            found = [ddl.followed(raw, record) for record in catalog.records(raw) if wanted in (None, record.id)]
            for record, swapped in found:
                attached = catalog.attached(raw, record)
                _refuse_missing(attached)
                checks.check_updatable(raw, attached)
                # All or nothing: a function without its trigger would count wrongly.
                with raw.transaction():
                    if swapped:
                        database.value(raw, "drop_generated", profile=record.id)
                    for statement in [*records.write(attached), *records.grants(attached)]:
                        attachment.run(raw, statement)
                    database.named(raw, "forget_missed", profile=record.id)
                    # Anew even where nothing differs: a session that was open when a column changed its type fails
                    # in what it has planned, until the function is replaced.
                    regenerate(raw, attached, record.complete, anew=True)
                done.append((attached, record.complete))
    return [Repaired(str(found.table), _mended(raw, found, progress) if complete else 0) for found, complete in done]


def _number(raw: psycopg.Connection[Any], table: str) -> int:
    """The profile that has this name, or had it."""
    unknown = errors.ProfileError(f"{table} is not attached", "dbml status lists what is.")
    try:
        table_facts(raw, table)
    except errors.ProfileError as error:
        if error.__cause__:
            raise  # it is no name
        unknown = error  # names the nearest
    number: int | None = database.value(raw, "profile_by_name", table=table)
    if number is None:
        raise unknown
    return number


def _mended(raw: psycopg.Connection[Any], found: Attachment, progress: Progress | None) -> int:
    mended = reconcile(raw, found.table.identifier.as_string(None), repair=True, progress=progress).repaired
    # What could not be scored by the names that were is queued, and no difference.
    serving = versions.serving(raw)
    models = [prediction.model for prediction in found.profile.predictions if prediction.model in serving]
    for model in models:
        for walk in database.named(raw, "start_walk", profile=found.id, name=model, what="stale"):
            mended += sum(batch.scored for batch in batches(raw, walk["walk"], Pace(ROWS_AT_ONCE)))
    return mended


def _refuse_missing(found: Attachment) -> None:
    """Refuse to go on without a column that the spec names itself; what its expressions name, the server tells."""
    profile = found.profile
    named = [(found.table, column) for column in profile.key]
    named += [(found.table, p.column) for p in profile.predictions]
    for event, table in found.events:
        named += [(table.last, column) for column in event.last]
        named += [(found.table, column) for column in event.counters]
    for table, column in named:
        if column not in table.columns:
            raise errors.ProfileError(
                f"{table} has no column {column}, which the spec of {found.table} names",
                f"Give it that name again, or dbml detach {found.table} and attach it with the name that it has now.",
            )
