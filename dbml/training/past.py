"""Exposures that no log has, with the features as of their moment: counted again from the events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.database import Name
from dbml.observing import history
from dbml.profiles.catalog import Attachment
from dbml.profiles.counters import expression
from dbml.profiles.tables import table_number

# What stands where a logged prediction has its arm.
ARM = "history"


@dataclass(frozen=True)
class History:
    """What tells how a profile was.

    :param moments: table → an SQL expression over its columns. Of an event table: since when an event counts. Of the
        profile: since when a row is there, or a ``tstzrange`` as long as it is.
    :param unchanged: columns that no event counts, and that are what they always were.
    :param every: an interval such as ``"30 days"``: the whole profile, so often.
    :param at: the whole profile at these moments. With neither, each event and each beginning of a row is an exposure.
    """

    moments: Mapping[str, str] = field(default_factory=dict)
    unchanged: Sequence[str] = ()
    every: str | None = None
    at: Sequence[datetime | str] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self) | {"unchanged": list(self.unchanged), "at": [str(moment) for moment in self.at]}


def exposures(
    raw: psycopg.Connection[Any],
    name: str,
    features: Sequence[Mapping[str, Any]],
    told: History,
    after: str,
    until: datetime,
) -> sql.Composed:
    """A query for exposures as the log has them, with the features as ``f0``, ``f1`` and so on.

    :param after: no exposure at that moment or before it.
    :param until: none after that moment, and none once the log has features.
    :raises ProfileError: nothing tells what a feature was, when events happened, or since when rows are there.
    """
    attachment = history.attachment_of(raw, name)
    tables = {table.oid: table for table in (attachment.table, *(table for _, table in attachment.events))}
    said = {table: table_number(raw, table) for table in told.moments}
    others = {table: text for table, text in told.moments.items() if said[table] != attachment.table.oid}
    own = next((text for table, text in told.moments.items() if table not in others), None)
    moments = history.moments_of(raw, attachment, others)
    for table, text in told.moments.items():
        source = tables[said[table] or 0].identifier
        _try(raw, f"{table} = {text}", sql.SQL("select {} from {} limit 0").format(expression(text), source))
    for moment in told.at:
        _try(raw, f"the time {moment}", sql.SQL("select {}::timestamptz").format(str(moment)))
    if told.every is not None:
        _try(raw, f"every {told.every}", sql.SQL("select {}::interval").format(str(told.every)))
    _check(attachment, name, [feature["name"] for feature in features], told, own)
    begins, there = _presence(raw, attachment, own)
    values = [_value(attachment, name, feature) for feature in features]
    return sql.SQL(
        "select q.{at} as at, {entity} as entity, 0 as version, {arm} as arm, 'NaN'::float8 as score{values}"
        " from ({state}) as q where {there}"
        " and q.{at} > {after}::timestamptz and q.{at} <= {until}::timestamptz"
        " and q.{at} < coalesce({logged}::timestamptz, 'infinity')"
    ).format(
        at=Name(history.AT),
        entity=attachment.entity("q"),
        arm=ARM,
        values=sql.Composed([sql.SQL(", {} as {}").format(one, Name(f"f{i}")) for i, one in enumerate(values)]),
        state=history.state(attachment, moments, _points(attachment, moments, told, begins, until)),
        there=there,
        after=after,
        until=until.isoformat(),
        logged=_text(database.value(raw, "logged_since", name=name)),
    )


def _try(raw: psycopg.Connection[Any], said: str, query: sql.Composed) -> None:
    """Have the server read what was said, so that what it cannot read is named.

    :raises ProfileError: it cannot.
    """
    try:
        with raw.transaction(), database.pinned(raw):
            database.query(raw, query)
    except (psycopg.errors.ProgrammingError, psycopg.errors.DataError) as error:
        raise errors.ProfileError(
            f"the history says {said}, and the server: {error.diag.message_primary}",
            "Name columns of that table; times and intervals as SQL writes them: '2026-01-31', '30 days'.",
        ) from error


def _check(attachment: Attachment, name: str, features: Sequence[str], told: History, own: str | None) -> None:
    table = attachment.table
    for column in told.unchanged:
        if column not in table.columns:
            raise errors.ProfileError(f'{table} has no column "{column}"', "Correct what is said to be unchanged.")
    # What says since when a row is there does not move either.
    known = {*told.unchanged, *(history.columns_of(attachment, own) if own else ())}
    if unknown := [column for column in history.uncounted(attachment, name, features) if column not in known]:
        raise errors.ProfileError(
            f"no event of {table} counts {', '.join(unknown)}, so nothing tells what that was",
            "Where it is what it always was, say so: "
            + " ".join(f"--unchanged {column}" for column in unknown)
            + '. Else log the features from now on: log = "all" in the spec.',
        )
    if own is None and (told.every or told.at):
        raise errors.ProfileError(
            f"nothing says since when rows of {table} are there",
            f"Give a column that does: --history {table}=joined_on; or --history \"{table}='-infinity'\" for ever.",
        )


def _presence(
    raw: psycopg.Connection[Any], attachment: Attachment, own: str | None
) -> tuple[sql.Composable | None, sql.Composable]:
    """When a row of the profile begins, as SQL over its columns; and whether it is there at a point ``q``."""
    if own is None:
        return None, sql.SQL("true")
    said, at = expression(own), Name("q", history.AT)
    kind = database.answer(
        raw,
        sql.SQL(
            "select pg_catalog.pg_typeof(s.e)::text"
            " from (select {} as e from {} limit 0) s right join (select) o on true"
        ).format(said, attachment.table.identifier),
    )
    if kind == "tstzrange":
        return sql.SQL("lower{}").format(sql.SQL("({})").format(said)), sql.SQL("{} @> {}").format(said, at)
    begins = sql.SQL("{}::timestamptz").format(said)
    return begins, sql.SQL("{} <= {}").format(begins, at)


def _points(
    attachment: Attachment, moments: Mapping[int, str], told: History, begins: sql.Composable | None, until: datetime
) -> sql.Composed:
    events = history.events(attachment, moments, None, None)
    if told.at:
        moments_of_all = sql.SQL("select unnest({}::timestamptz[])").format([str(moment) for moment in told.at])
        return history.times(attachment, moments_of_all)
    if told.every:
        # Multiples of one day for all, so that the same rows come tomorrow; before the first event nothing is known.
        steps = sql.SQL(
            "select s.at at time zone 'UTC' from generate_series(timestamp '2000-01-01',"
            " {until}::timestamptz at time zone 'UTC', {every}::interval) as s (at)"
            " where s.at at time zone 'UTC' >= (select min(e.{at}) from ({events}) as e)"
        ).format(until=until.isoformat(), every=told.every, at=Name(history.AT), events=events)
        return history.times(attachment, steps)
    keys = sql.SQL(", ").join(Name(key) for key in attachment.profile.key)
    rows = [sql.SQL("select {}, {} from ({}) as e").format(keys, Name(history.AT), events)]
    if begins is not None:
        rows.append(sql.SQL("select {}, {} from {}").format(keys, begins, attachment.table.identifier))
    # What happens to an entity at one moment is one exposure.
    return sql.SQL("select *, null::text as {} from ({}) as p").format(
        Name(history.EVENT), sql.SQL(" union ").join(rows)
    )


def _value(attachment: Attachment, name: str, feature: Mapping[str, Any]) -> sql.Composed:
    """A feature as the log would have it: a text, or a number."""
    value = history.feature(attachment, name, feature["name"])
    column = attachment.table.columns.get(feature["name"])
    if feature["kind"] == "text":
        return sql.SQL("{}::text").format(value)
    truth = feature["kind"] == "boolean" or (column is not None and column.category == "B")
    return sql.SQL("{}::boolean::integer::float8" if truth else "{}::float8").format(value)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
