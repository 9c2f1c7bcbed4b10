"""What others' DDL has done to an attachment's tables: what is remembered of them, what broke, where they are now."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from dbml import database, errors
from dbml.profiles.catalog import Attachment, Record, Table, table_facts
from dbml.profiles.spec import Counter, Event, Prediction, Profile


@dataclass(frozen=True)
class Place:
    """Where a table of an attachment is now.

    :param position: that of the event; 0 for the profile.
    :param called: the name it had.
    :param present: the name it has; None where it is gone.
    :param swapped: another table has its name now.
    :param renames: columns that are gone by their name, with the name that they have now.
    """

    position: int
    called: str
    present: str | None
    swapped: bool
    renames: dict[str, str]


def remember(attachment: Attachment) -> sql.Composed:
    """A statement that writes down what the tables are like, and which columns functions use (pure)."""
    return sql.SQL("select dbml._remember_tables({}, {}::pg_catalog.jsonb)").format(
        attachment.id, json.dumps(_used(attachment))
    )


def _used(attachment: Attachment) -> list[list[str]]:
    profile = attachment.profile
    own = [*profile.key, *(column for prediction in profile.predictions for column in prediction.columns)]
    own += [column for event in profile.events for column in event.counters]
    own += [profile.bucket_column] if profile.bucket_column else []
    # A row's functions compute what is generated themselves, before the row is written.
    own += [name for name, column in attachment.table.columns.items() if column.generated]
    tables = [own]
    for event, table in attachment.events:
        tables.append(read(event, table))
    return tables


def read(event: Event, table: Table) -> list[str]:
    """The columns of an event's table that its counters read."""
    named = {name for counter in event.counters.values() for text in _texts(counter) for name in names(text)}
    return [*event.key, *(column for column in table.columns if column in named - {*event.key})]


def broken(raw: psycopg.Connection[Any], profile: int) -> list[str]:
    """What others have changed of a profile's tables since its functions were made."""
    return database.column(raw, "broken", profile=profile)


def waits(raw: psycopg.Connection[Any], profile: int) -> list[str]:
    """What could not be counted or scored because of it; empty once it was repaired."""
    return database.column(raw, "waits", profile=profile)


def followed(raw: psycopg.Connection[Any], record: Record) -> tuple[Record, bool]:
    """The record with the names that tables and columns have now, and whether a table is another one.

    A name counts more than a number: where another table or column has it now, that one is meant.

    :raises ProfileError: a table or a column that the spec names is gone.
    """
    places = database.rows(raw, Place, "places", profile=record.id)
    for place in places:
        if place.present is None:
            raise errors.ProfileError(
                f"{place.called} is gone, which profile {record.relation} is attached with",
                f"dbml detach {places[0].called}, or create it again and repeat dbml repair.",
            )
    if not places:  # attached by a release that remembered nothing
        return record, False
    tables = [str(place.present) for place in places]
    spec = _renamed(record.profile, places).as_dict()
    if "resolved" in record.spec:
        spec["resolved"] = _renamed(record.resolved, places).as_dict()
    found = dataclasses.replace(record, relation=tables[0], events=tables[1:], spec=spec)
    oid = table_facts(raw, tables[0]).oid
    return dataclasses.replace(found, oid=oid), any(place.swapped for place in places)


def _renamed(profile: Profile, places: list[Place]) -> Profile:
    own = places[0].renames
    return Profile(
        _table(profile.table, places[0]),
        [own.get(column, column) for column in profile.key],
        [_prediction(prediction, own) for prediction in profile.predictions],
        [_event(event, place, own) for event, place in zip(profile.events, places[1:], strict=True)],
        profile.outcomes,
        profile.publications,
        profile.lessons,
        profile.bucket_column and own.get(profile.bucket_column, profile.bucket_column),
    )


def _table(written: str, place: Place) -> str:
    return written if place.present == place.called else str(place.present)


def _event(event: Event, place: Place, own: Mapping[str, str]) -> Event:
    theirs = place.renames
    return Event(
        _table(event.table, place),
        [theirs.get(column, column) for column in event.key],
        {
            own.get(column, column): Counter(
                _rewritten(counter.aggregate, theirs), counter.over, counter.at and _rewritten(counter.at, theirs)
            )
            for column, counter in event.counters.items()
        },
        event.mode,
    )


def _prediction(prediction: Prediction, own: Mapping[str, str]) -> Prediction:
    def named(column: str | None) -> str | None:
        return column and own.get(column, column)

    features = {name: _rewritten(text, own) for name, text in prediction.features.items()}
    return dataclasses.replace(
        prediction,
        column=own.get(prediction.column, prediction.column),
        version_column=named(prediction.version_column),
        scored_at_column=named(prediction.scored_at_column),
        features=features,
    )


def _texts(counter: Counter) -> Iterable[str]:
    return filter(None, (counter.aggregate, counter.at))


def _tokens(text: str) -> list[tuple[str, int, int]]:
    """Each name in an expression as the catalog writes it, with where it begins and ends."""
    try:
        tokens = Postgres().tokenize(text)
    except SqlglotError:
        return []
    found = []
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        quoted = token.token_type is TokenType.IDENTIFIER
        call = after is not None and after.token_type is TokenType.L_PAREN
        if token.token_type in (TokenType.STRING, TokenType.NUMBER) or (call and not quoted):
            continue
        found.append((token.text if quoted else token.text.lower(), token.start, token.end + 1))
    return found


def names(text: str) -> set[str]:
    """The names in an expression, as the catalog writes them."""
    return {name for name, _, _ in _tokens(text)}


def _rewritten(text: str, renames: Mapping[str, str]) -> str:
    for name, start, end in reversed(_tokens(text)):
        if name in renames:
            text = text[:start] + database.Name(renames[name]).as_string(None) + text[end:]
    return text
