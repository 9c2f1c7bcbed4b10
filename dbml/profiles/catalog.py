"""What is attached: specs with their tables as they are now."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.database import Name
from dbml.profiles.layout import all_of
from dbml.profiles.learn import Learn
from dbml.profiles.spec import Event, Profile
from dbml.profiles.tables import Table, event_table, table_facts, texts


@dataclass(frozen=True)
class Record:
    """A row of ``dbml.profile``; ``relation`` and ``events`` name tables, ``spec`` is :meth:`Profile.as_dict`.

    Behind the events' own tables stand those that keys of events lead through.

    :param trusted: roles that may run code as dbml_owner, as whoever attached it knew.
    """

    id: int
    oid: int
    relation: str
    spec: dict[str, Any]
    complete: bool
    backfilled: list[str] | None
    to_count: list[int] | None
    to_score: list[str] | None
    events: list[str]
    trusted: list[str]

    @property
    def profile(self) -> Profile:
        """The spec by which the table is attached."""
        return Profile.from_dict(self.spec)

    @property
    def resolved(self) -> Profile:
        """The same with its expressions as whoever attached it meant them, under any search_path."""
        return Profile.from_dict(self.spec.get("resolved") or self.spec)


@dataclass(frozen=True)
class Passage:
    """A table that an event's key leads through.

    :param position: its own, behind those of the events.
    :param event: the event's position.
    :param level: how many tables the key has passed before this one.
    :param table: with the legs that are left from there.
    :param at: its columns by which the key arrives there.
    :param key: what is left of the key from there.
    """

    position: int
    event: int
    level: int
    table: Table
    at: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def by(self) -> tuple[str, ...]:
        """Its columns by which the key goes on from there."""
        return self.table.legs[0].by if self.table.legs else self.key


@dataclass(frozen=True)
class Way:
    """How a key through other tables leads on from one of them.

    :param position: of the table: an event's, or that of a passage.
    :param by: its columns that point on.
    :param to: the position of the table that they point at; 0 for the profile.
    :param at: the columns there, in the order of ``by``.
    :param required: those of ``by`` that are NOT NULL, so that the key cannot end there.
    """

    position: int
    by: tuple[str, ...]
    to: int
    at: tuple[str, ...]
    required: list[str]


@dataclass(frozen=True)
class Attachment:
    """A spec with the tables it names; ``id`` numbers the profile and its generated functions.

    :param profile: with expressions that mean the same under any search_path.
    :param declared: as it was given, where that is another.
    :param labels: the tables from whose rows models learn.
    """

    id: int
    profile: Profile
    table: Table
    events: Sequence[tuple[Event, Table]]
    declared: Profile | None = None
    labels: Sequence[tuple[Learn, Table]] = ()

    @property
    def spec(self) -> dict[str, Any]:
        """What ``dbml.profile`` remembers of it."""
        if self.declared is None or self.declared == self.profile:
            return self.profile.as_dict()
        return self.declared.as_dict() | {"resolved": self.profile.as_dict()}

    @property
    def passages(self) -> list[Passage]:
        """The tables that keys of events lead through."""
        found: list[Passage] = []
        for position, (event, table) in enumerate(self.events, 1):
            for number, leg in enumerate(table.legs, 1):
                rest = tuple(name.split(".", number)[number] for name in event.key)
                there = dataclasses.replace(leg.table, legs=table.legs[number:])
                found.append(Passage(len(self.events) + len(found) + 1, position, number, there, leg.at, rest))
        return found

    @property
    def ways(self) -> list[Way]:
        """Each step of the keys that lead through other tables."""
        found = []
        for position, (_, table) in enumerate(self.events, 1):
            if not table.legs:
                continue
            passages = [passage for passage in self.passages if passage.event == position]
            found.append(Way(position, table.legs[0].by, passages[0].position, table.legs[0].at, []))
            for passage, following in zip(passages, [*passages[1:], None], strict=True):
                required = [column for column in passage.by if passage.table.columns[column].not_null]
                to, at = (following.position, following.at) if following else (0, self.profile.key)
                found.append(Way(passage.position, passage.by, to, at, required))
        return found

    @property
    def tables(self) -> list[Table]:
        """All that it counts: the profile, its events and what their keys lead through."""
        return [self.table, *(table for _, table in self.events), *(passage.table for passage in self.passages)]

    @property
    def heard(self) -> list[tuple[int, Learn, Table]]:
        """Each table of labels with the position of its lesson in the spec, from 1."""
        return [(self.profile.lessons.index(lesson) + 1, lesson, table) for lesson, table in self.labels]

    def function(self, what: str) -> str:
        """Name of one of this profile's generated functions."""
        return f"profile_{self.id}_{what}"

    def entity(self, alias: str) -> sql.Composed:
        """The key of a row of that alias as an array of texts."""
        return self.written([Name(alias, column) for column in self.profile.key])

    def written(self, key: Sequence[sql.Composable]) -> sql.Composed:
        """A key, from SQL for each of its values, as an array of texts."""
        return texts(key, [self.table.columns[column] for column in self.profile.key])

    def same(self, one: str, other: str) -> sql.Composed:
        """A condition: two aliases of the profile's columns bear the same key."""
        return all_of([sql.SQL("{} = {}").format(Name(one, key), Name(other, key)) for key in self.profile.key])

    def matches(self, alias: str, facts: str = "d") -> sql.Composed:
        """A condition: the profile's row is the one whose key stands in ``k0``, ``k1`` …"""
        return all_of(
            [
                sql.SQL("{} = {}").format(Name(alias, key), Name(facts, f"k{i}"))
                for i, key in enumerate(self.profile.key)
            ]
        )


def records(raw: psycopg.Connection[Any]) -> list[Record]:
    """Every profile that is attached, or is being attached, in order.

    :raises ProfileError: a restore has left dbml's own tables half loaded.
    """
    refuse_half_loaded(raw)
    return database.rows(raw, Record, "profiles")


def refuse_half_loaded(raw: psycopg.Connection[Any]) -> None:
    """Refuse to go on where ``pg_restore --data-only`` has loaded a whole archive, in the order of the tables' names.

    :raises ProfileError: it has; foreign keys have refused what came before its profile or its version.
    """
    for found in database.named(raw, "half_loaded"):
        if found["empty"] is None:
            return
        tables = " ".join(f"--table={name}" for name in found["empty"])
        raise errors.ProfileError(
            "dbml's own tables are half loaded, as pg_restore --data-only of a whole archive leaves them",
            f"Load what it left out: pg_restore --data-only --schema=dbml {tables} ARCHIVE, and your own tables that "
            "it named; then dbml reconcile --repair.",
        )


def attached(raw: psycopg.Connection[Any], record: Record) -> Attachment:
    """What is attached by a record, with the tables as they are now."""
    profile = record.resolved
    # Behind the events' tables stand those that keys lead through.
    names = record.events[: len(profile.events)]
    return Attachment(
        record.id,
        profile,
        table_facts(raw, record.relation),
        [(event, event_table(raw, event, name)) for event, name in zip(profile.events, names, strict=True)],
        record.profile,
        _labels(raw, profile),
    )


def _labels(raw: psycopg.Connection[Any], profile: Profile) -> list[tuple[Learn, Table]]:
    """The tables from whose rows models learn, without those that are gone, and their triggers with them."""
    found = []
    for lesson in profile.lessons:
        try:
            found.append((lesson, table_facts(raw, lesson.table)))
        except errors.ProfileError:
            continue
    return found
