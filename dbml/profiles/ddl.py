"""What others' DDL has done to an attachment's tables: what is remembered of them, what broke, where they are now."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from dbml import database, errors
from dbml.profiles.catalog import Attachment, Record
from dbml.profiles.spec import Counter, Event, Prediction, Profile
from dbml.profiles.tables import Table, table_facts


@dataclass(frozen=True)
class Place:
    """Where a table of an attachment is now.

    :param position: that of the event; 0 for the profile.
    :param called: the name it had.
    :param present: the name it has; None where it is gone.
    :param swapped: another table has its name now.
    :param renames: columns that are gone by their name, with the name that they have now.
    :param labels: for columns of an enum the values that are gone by their name, with the name that they have now.
    """

    position: int
    called: str
    present: str | None
    swapped: bool
    renames: dict[str, str]
    labels: dict[str, dict[str, str]]


def remember(attachment: Attachment) -> list[sql.Composed]:
    """Statements that write down what the tables are like, which columns functions use and how keys lead on (pure)."""
    used = json.dumps(
        [[*names, *sorted(said)] for names, said in zip(_used(attachment), _said(attachment), strict=True)]
    )
    statements = [sql.SQL("select dbml._remember_tables({}, {}::pg_catalog.jsonb)").format(attachment.id, used)]
    statements += [
        sql.SQL("select dbml._remember_way({}, {}, {}, {}, {}, {})").format(
            attachment.id, way.position, list(way.by), way.to, list(way.at), way.required
        )
        for way in attachment.ways
    ]
    return statements


def _used(attachment: Attachment) -> list[list[str]]:
    profile = attachment.profile
    own = [*profile.key, *(column for prediction in profile.predictions for column in prediction.columns)]
    own += [column for event in profile.events for column in event.counters]
    own += [profile.bucket_column] if profile.bucket_column else []
    # A row's functions compute what is generated themselves, before the row is written.
    own += [name for name, column in attachment.table.columns.items() if column.generated]
    tables = [own]
    tables += [read(event, table) for event, table in attachment.events]
    tables += [list(dict.fromkeys((*passage.at, *passage.by))) for passage in attachment.passages]
    return tables


def _said(attachment: Attachment) -> list[set[str]]:
    """The literals, in quotes, that expressions over each table name: they may be values of an enum."""
    profile, columns = attachment.profile, attachment.table.columns
    own = [text for prediction in profile.predictions for text in prediction.features.values()]
    own += [columns[column].default or "" for event in profile.events for column in event.counters]
    texts = [own, *([text for c in event.counters.values() for text in _texts(c)] for event in profile.events)]
    texts += [[] for _ in attachment.passages]
    return [{f"'{literal}'" for text in each for literal, _, _ in _tokens(text, literals=True)} for each in texts]


def read(event: Event, table: Table) -> list[str]:
    """The columns of an event's table that its key and its counters read."""
    named = {name for counter in event.counters.values() for text in _texts(counter) for name in names(text)}
    key = table.legs[0].by if table.legs else event.key
    return [*key, *(column for column in table.columns if column in named - {*key})]


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
        [_prediction(prediction, places[0]) for prediction in profile.predictions],
        [_event(event, way, own) for event, way in zip(profile.events, _ways(profile, places), strict=True)],
        profile.outcomes,
        profile.publications,
        profile.lessons,
        profile.bucket_column and own.get(profile.bucket_column, profile.bucket_column),
    )


def _ways(profile: Profile, places: list[Place]) -> Iterator[list[Place]]:
    """For each event its place and those that its key leads through, which stand behind all events'."""
    behind = len(profile.events) + 1
    for position, event in enumerate(profile.events, 1):
        yield [places[position], *places[behind : behind + len(event.through)]]
        behind += len(event.through)


def _table(written: str, place: Place) -> str:
    return written if place.present == place.called else str(place.present)


def _event(event: Event, way: list[Place], own: Mapping[str, str]) -> Event:
    return Event(
        _table(event.table, way[0]),
        [
            ".".join(place.renames.get(part, part) for place, part in zip(way, column.split("."), strict=True))
            for column in event.key
        ],
        {
            own.get(column, column): Counter(
                _rewritten(counter.aggregate, way[0]), counter.over, counter.at and _rewritten(counter.at, way[0])
            )
            for column, counter in event.counters.items()
        },
        event.mode,
    )


def _prediction(prediction: Prediction, place: Place) -> Prediction:
    own = place.renames

    def named(column: str | None) -> str | None:
        return column and own.get(column, column)

    features = {name: _rewritten(text, place) for name, text in prediction.features.items()}
    return dataclasses.replace(
        prediction,
        column=own.get(prediction.column, prediction.column),
        version_column=named(prediction.version_column),
        scored_at_column=named(prediction.scored_at_column),
        features=features,
    )


def _texts(counter: Counter) -> Iterable[str]:
    return filter(None, (counter.aggregate, counter.at))


def _tokens(text: str, *, literals: bool = False) -> list[tuple[str, int, int]]:
    """Each name in an expression as the catalog writes it, or each literal, with where it begins and ends."""
    try:
        tokens = Postgres().tokenize(text)
    except SqlglotError:
        return []
    if literals:
        strings = [token for token in tokens if token.token_type is TokenType.STRING]
        return [(text[token.start + 1 : token.end], token.start, token.end + 1) for token in strings]
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


def _rewritten(text: str, place: Place) -> str:
    """An expression with the names that columns have now, and those that values of its enums have."""
    labels = {old: new for name in names(text) for old, new in place.labels.get(name, {}).items()}
    found: list[tuple[int, int, sql.Composable]] = []
    for literal, start, end in _tokens(text, literals=True):
        if (old := literal.replace("''", "'")) in labels:
            found.append((start, end, sql.Literal(labels[old])))
    for name, start, end in _tokens(text):
        if name in place.renames:
            found.append((start, end, database.Name(place.renames[name])))
    for start, end, new in sorted(found, key=lambda one: -one[0]):
        text = text[:start] + new.as_string(None) + text[end:]
    return text
