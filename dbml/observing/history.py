"""What a profile was at the moment of each of its events, counted again from the events themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import psycopg
from psycopg import sql
from sqlglot.dialects.postgres import Postgres
from sqlglot.tokenizer_core import TokenType

from dbml import errors
from dbml.database import Name
from dbml.profiles import catalog, counters
from dbml.profiles.catalog import Attachment
from dbml.profiles.counters import expression
from dbml.profiles.layout import all_of
from dbml.profiles.tables import table_number

AT, EVENT = "dbml_at", "dbml_event"
# What tells the time in an expression of a feature, and what stands for it; the point is the row q.
_CLOCKS = {"current_date": f"(q.{AT})::date", "current_timestamp": f"q.{AT}"}
_CALLS = {"now": f"q.{AT}"}
_REFUSED = frozenset(
    (
        *("current_time", "localtime", "localtimestamp", "clock_timestamp", "statement_timestamp"),
        *("transaction_timestamp", "timeofday", "age"),
    )
)


def attachment_of(raw: psycopg.Connection[object], name: str) -> Attachment:
    """The profile that a model scores.

    :raises ProfileError: none, or several.
    """
    found = [record for record in catalog.records(raw) if any(p.model == name for p in record.profile.predictions)]
    if len(found) != 1:
        raise errors.ProfileError(
            f"{name} scores {len(found)} profiles, and a history is that of one",
            "dbml status lists them; what is logged needs no --history.",
        )
    return catalog.attached(raw, found[0])


def state(attachment: Attachment, moments: Mapping[int, str], points: sql.Composable) -> sql.Composed:
    """A query for rows of the profile as of some points, with the moment of each and its event (pure).

    Counters are counted over the events up to the point's moment, that moment included; whatever else the row has is
    as it is now.

    :param moments: for the number of each event table, an expression over its columns: when an event happened.
    :param points: what :func:`events` or :func:`times` gives.
    """
    lateral: list[sql.Composed] = []
    truths: dict[str, sql.Composed] = {}
    for place, (event, table) in enumerate(attachment.events):
        if not event.counters:
            continue
        columns = counters.counter_columns(attachment, event)
        moment = expression(moments[table.oid])
        before = all_of([counters.events_of(attachment, event, "p"), sql.SQL("{} <= p.{}").format(moment, Name(AT))])
        totals = sql.SQL("select {} from ({}) as f").format(
            counters.aggregates(columns, f"p.{AT}"), counters.facts(event, columns, table.rows(event.key), before)
        )
        lateral.append(sql.SQL("cross join lateral ({}) as {}").format(totals, Name(f"d{place}")))
        truths |= {column.column: column.truth(f"d{place}") for column in columns}
    held = [
        sql.SQL("{} as {}").format(truths.get(column, Name("c", column)), Name(column))
        for column in attachment.table.columns
    ]
    return sql.SQL(
        "select p.{event}, p.{at}, {held} from ({points}) as p join {profile} as c on {same} {lateral}"
    ).format(
        event=Name(EVENT),
        at=Name(AT),
        held=sql.SQL(", ").join(held),
        points=points,
        profile=attachment.table.identifier,
        same=attachment.same("c", "p"),
        lateral=sql.SQL(" ").join(lateral),
    )


def events(
    attachment: Attachment, moments: Mapping[int, str], start: datetime | str | None, end: datetime | str | None
) -> sql.Composed:
    """Each event as a point: the entity's key, when, and which event it is (pure).

    :param start: from when on; None: from the first.
    :param end: before when; None: up to the last.
    """
    first, last = (sql.Literal(None if t is None else str(t)) for t in (start, end))
    found = []
    for event, table in attachment.events:
        if table.oid not in moments:
            continue
        found.append(
            sql.SQL(
                "select {keys}, {moment} as {at}, {which} as {event} from {table}"
                " where {moment} >= coalesce({start}::timestamptz, '-infinity')"
                " and {moment} < coalesce({end}::timestamptz, 'infinity')"
            ).format(
                keys=sql.SQL(", ").join(
                    sql.SQL("e.{} as {}").format(Name(theirs), Name(mine))
                    for mine, theirs in zip(attachment.profile.key, event.key, strict=True)
                ),
                moment=sql.SQL("{}::timestamptz").format(expression(moments[table.oid])),
                at=Name(AT),
                # A row that was reached over others has no place of its own.
                which=sql.SQL("null::text" if table.legs else "e.tableoid::text || e.ctid::text"),
                event=Name(EVENT),
                table=table.rows(event.key, alias="e"),
                start=first,
                end=last,
            )
        )
    return sql.SQL(" union all ").join(found)


def times(attachment: Attachment, moments: sql.Composable) -> sql.Composed:
    """Every row of the profile at each of some moments, as points (pure).

    :param moments: a query for them, of one column.
    """
    return sql.SQL(
        "select {keys}, t.{at}, null::text as {event} from {profile} as c cross join ({moments}) as t ({at})"
    ).format(
        keys=sql.SQL(", ").join(Name("c", key) for key in attachment.profile.key),
        at=Name(AT),
        event=Name(EVENT),
        profile=attachment.table.identifier,
        moments=moments,
    )


def feature(attachment: Attachment, name: str, feature: str) -> sql.Composable:
    """A feature of a model as of a point, over a row ``q`` of :func:`state` (pure).

    :raises ProfileError: the profile lacks it, or its expression asks for the time in a way that has no past.
    """
    [prediction] = [p for p in attachment.profile.predictions if p.model == name]
    text = prediction.features.get(feature)
    if text is not None:
        return expression(as_of(text))
    if feature not in attachment.table.columns:
        raise errors.ProfileError(
            f'{attachment.table} has no column "{feature}", and no expression of its spec is that feature',
            f"Write it under [prediction.features] of {prediction.model}, and attach again.",
        )
    return Name("q", feature)


def uncounted(attachment: Attachment, name: str, features: Sequence[str]) -> list[str]:
    """The columns that features are made of and no event counts, so that nothing tells what they were (pure)."""
    [prediction] = [p for p in attachment.profile.predictions if p.model == name]
    counted = {column for event, _ in attachment.events for column in event.counters} | set(attachment.profile.key)
    used = [columns_of(attachment, prediction.features.get(one, f'"{one}"')) for one in features]
    return sorted(set().union(*used) - counted)


def columns_of(attachment: Attachment, text: str) -> set[str]:
    """The columns of the profile that an expression names; some may be there by chance (pure)."""
    words = [token for token in Postgres().tokenize(text) if token.token_type is not TokenType.STRING]
    return {
        word
        for token in words
        for word in (token.text if token.token_type is TokenType.IDENTIFIER else token.text.lower(),)
        if word in attachment.table.columns
    }


def as_of(text: str) -> str:
    """An expression of a feature with the point's moment in the place of the time that it asks for (pure).

    :raises ProfileError: it asks in a way that has no past.
    """
    tokens = Postgres().tokenize(text)
    found, done = [], 0
    for place, token in enumerate(tokens):
        if token.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
            continue
        word = token.text.lower()
        called = [t.token_type for t in tokens[place + 1 : place + 3]] == [TokenType.L_PAREN, TokenType.R_PAREN]
        if word in _REFUSED:
            raise errors.ProfileError(
                f'the feature "{text}" asks for the time by {word}, which has no past',
                "Write current_date, current_timestamp or now() instead.",
            )
        instead, last = (_CALLS.get(word), place + 2) if called else (_CLOCKS.get(word), place)
        if instead is None:
            continue
        first = place - 2 if place > 1 and tokens[place - 1].token_type is TokenType.DOT else place
        found += [text[done : tokens[first].start], instead]
        done = tokens[last].end + 1
    return "".join([*found, text[done:]])


def moments_of(raw: psycopg.Connection[object], attachment: Attachment, given: Mapping[str, str]) -> dict[int, str]:
    """When the events of each table happened, by the table's number.

    A table whose counters have a moment, ``at``, needs none to be given.

    :param given: for tables of events, expressions over their columns.
    :raises ProfileError: a table is no event table of the profile, or it is not known when its events happened.
    """
    said = {table_number(raw, table): text for table, text in given.items()}
    tables = {table.oid: str(table) for _, table in attachment.events}
    for number, name in zip(said, given, strict=True):
        if number not in tables:
            raise errors.ProfileError(
                f"{name} is no event table of {attachment.table}", f"Those are: {', '.join(tables.values())}."
            )
    found = {}
    for event, table in attachment.events:
        known = {c.at for c in event.counters.values() if c.at} | {
            c.parts.order for c in event.counters.values() if c.parts.order
        }
        moment = said.get(table.oid) or (known.pop() if len(known) == 1 else None)
        if moment is None and event.counters:
            raise errors.ProfileError(
                f"nothing says when the events of {table} happened",
                f"Give a column that does: --history {table}=created_at",
            )
        if moment is not None:
            found[table.oid] = moment
    if not found:
        raise errors.ProfileError(
            f"{attachment.table} has no events, and so no history", "What is logged needs no --history."
        )
    return found
