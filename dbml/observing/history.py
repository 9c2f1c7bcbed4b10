"""What a profile was at the moment of each of its events, counted again from the events themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from dbml.profiles.spec import Prediction

AT = "dbml_at"
# What tells the time in an expression of a feature, and what stands for it; the point is the row q.
_CLOCKS = {"current_date": f"(q.{AT})::date", "current_timestamp": f"q.{AT}"}
_CALLS = {"now": f"q.{AT}"}
_REFUSED = frozenset(
    (
        *("current_time", "localtime", "localtimestamp", "clock_timestamp", "statement_timestamp"),
        *("transaction_timestamp", "timeofday", "age"),
    )
)


@dataclass(frozen=True)
class Span:
    """From when on, and up to when, events are points of a history; None: from the first, up to the last."""

    start: datetime | str | None
    end: datetime | str | None


def attachment_of(raw: psycopg.Connection[object], name: str) -> Attachment:
    """The profile that a model scores.

    :raises ProfileError: none, or several.
    """
    found = [record for record in catalog.records(raw) if any(p.model == name for p in record.profile.predictions)]
    if len(found) != 1:
        raise errors.ProfileError(
            f"{name} scores {len(found)} profiles, and a history is that of one",
            "dbml status lists them; replay what is logged instead, without --history.",
        )
    return catalog.attached(raw, found[0])


def rows(
    attachment: Attachment, name: str, features: Sequence[str], moments: Mapping[int, str], span: Span
) -> sql.Composed:
    """A query for the features as of each event, with a ``key`` that names the event (pure).

    Counters are counted over the events up to the point's moment, that moment included; whatever else the row has is
    as it is now.

    :param features: of the versions that are compared.
    :param moments: for the number of each event table, an expression over its columns: when an event happened.
    :raises ProfileError: the profile lacks a feature, or an expression asks for the time in a way that has no past.
    """
    [prediction] = [p for p in attachment.profile.predictions if p.model == name]
    counted = {column: place for place, (event, _) in enumerate(attachment.events) for column in event.counters}
    lateral: list[sql.Composed] = []
    truths: dict[str, sql.Composed] = {}
    for place, (event, table) in enumerate(attachment.events):
        if not event.counters:
            continue
        columns = counters.counter_columns(attachment, event)
        moment = expression(moments[table.oid])
        before = all_of([counters.events_of(attachment, event, "p"), sql.SQL("{} <= p.{}").format(moment, Name(AT))])
        totals = sql.SQL("select {} from ({}) as f").format(
            counters.aggregates(columns, f"p.{AT}"), counters.facts(event, columns, table.identifier, before)
        )
        lateral.append(sql.SQL("cross join lateral ({}) as {}").format(totals, Name(f"d{place}")))
        truths |= {column.column: column.truth(f"d{place}") for column in columns}
    held = [
        sql.SQL("{} as {}").format(truths[c] if c in counted else Name("c", c), Name(c))
        for c in attachment.table.columns
    ]
    return sql.SQL(
        "select q.dbml_event as key, {features} from (select p.dbml_event, p.{at}, {held} from ({points}) as p"
        " join {profile} as c on {same} {lateral}) as q"
    ).format(
        features=sql.SQL(", ").join(
            sql.SQL("{} as {}").format(_feature(attachment, prediction, feature), Name(feature)) for feature in features
        ),
        at=Name(AT),
        held=sql.SQL(", ").join(held),
        points=sql.SQL(" union all ").join(_points(attachment, moments, span)),
        profile=attachment.table.identifier,
        same=attachment.same("c", "p"),
        lateral=sql.SQL(" ").join(lateral),
    )


def _points(attachment: Attachment, moments: Mapping[int, str], span: Span) -> list[sql.Composed]:
    """Each event as a point: the entity's key, when, and which event it is."""
    start, end = (sql.Literal(None if t is None else str(t)) for t in (span.start, span.end))
    found = []
    for event, table in attachment.events:
        if table.oid not in moments:
            continue
        moment = expression(moments[table.oid])
        keys = sql.SQL(", ").join(
            sql.SQL("e.{} as {}").format(Name(theirs), Name(mine))
            for mine, theirs in zip(attachment.profile.key, event.key, strict=True)
        )
        found.append(
            sql.SQL(
                "select {keys}, {moment} as {at}, e.tableoid::text || e.ctid::text as dbml_event from {table} as e"
                " where {moment} >= coalesce({start}::timestamptz, '-infinity')"
                " and {moment} < coalesce({end}::timestamptz, 'infinity')"
            ).format(keys=keys, moment=moment, at=Name(AT), table=table.identifier, start=start, end=end)
        )
    return found


def _feature(attachment: Attachment, prediction: Prediction, feature: str) -> sql.Composable:
    text = prediction.features.get(feature)
    if text is not None:
        return expression(as_of(text))
    if feature not in attachment.table.columns:
        raise errors.ProfileError(
            f'{attachment.table} has no column "{feature}", and no expression of its spec is that feature',
            f"Write it under [prediction.features] of {prediction.model}, and attach again.",
        )
    return Name("q", feature)


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
    said = {catalog.table_number(raw, table): text for table, text in given.items()}
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
        raise errors.ProfileError(f"{attachment.table} has no events, and so no history", "Replay what is logged.")
    return found
