"""Which columns an attached profile needs, so that a migration that takes one away stops with a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.models import versions
from dbml.profiles.spec import Counter, Event, Profile

EVERY_COLUMN = "*"
DETACH_FIRST = "Detach the profile before, and attach it after, by a spec and a version that do without it."


@dataclass(frozen=True)
class _Use:
    """A profile that a table is, or, with a position, is an event of."""

    spec: dict[str, Any]
    position: int | None


def of_profile(profile: Profile, features: Mapping[str, Sequence[str]], column: str) -> str | None:
    """What a profile needs one of its table's columns for; None: for nothing (pure).

    :param features: model → features of the version that serves.
    """
    if column == EVERY_COLUMN:
        return "a profile"
    if column in profile.key:
        return "the profile's key"
    if column == profile.bucket_column:
        return "the profile's bucket_column"
    for prediction in profile.predictions:
        if column in prediction.columns:
            return f"where predictions of {prediction.model} stand"
        for feature in {*features.get(prediction.model, ()), *prediction.features}:
            expression = prediction.features.get(feature)
            if expression is None and feature == column:
                return f"a feature of {prediction.model}"
            if expression is not None and mentions(expression, column):
                return f'read by the feature "{feature}" of {prediction.model}'
    if any(column in event.counters for event in profile.events):
        return "a counter"
    return None


def of_event(profile: Profile, event: Event, column: str) -> str | None:
    """What a profile needs a column of one of its events for; None: for nothing (pure)."""
    if column == EVERY_COLUMN:
        return f"an event of {profile.table}"
    if column in event.key or column in event.through[:1]:
        return f"the key of an event of {profile.table}"
    for name, counter in event.counters.items():
        if any(mentions(expression, column) for expression in expressions(counter)):
            return f'read by the counter "{name}" of {profile.table}'
    return None


def of_part(profile: Profile, position: int, column: str) -> str | None:
    """What a profile needs a column for, of the table at a position: an event's, or one on the way of a key (pure)."""
    if position <= len(profile.events):
        return of_event(profile, profile.events[position - 1], column)
    passed = [event.key for event in profile.events for _ in event.through]
    steps = [number for event in profile.events for number in range(1, len(event.through) + 1)]
    at = position - len(profile.events) - 1
    if column == EVERY_COLUMN or column in [name.split(".")[steps[at]] for name in passed[at]]:
        return f"what the key of an event of {profile.table} leads through"
    return None


def expressions(counter: Counter) -> Iterable[str]:
    """The SQL expressions of a counter (pure)."""
    parts = (counter.parts.argument, counter.parts.order, counter.parts.condition, counter.at)
    return [part for part in parts if part]


def mentions(expression: str, column: str) -> bool:
    """Whether an SQL expression names a column; rather once too often (pure)."""
    without_strings = re.sub(r"'(?:[^']|'')*'", "''", expression)
    word = re.escape(column)
    return bool(re.search(rf'(?<![\w"]){word}(?![\w"])|"{word}"', without_strings, re.IGNORECASE))


def refuse_lost_column(raw: psycopg.Connection[Any], schema: str | None, table: str, column: str) -> None:
    """Check that no attached profile needs a column that is about to go.

    :raises ProfileError: one does.
    """
    if not database.value(raw, "may_read_profiles"):
        return
    name = sql.Identifier(*([schema] if schema else []), table).as_string(None)
    uses = database.rows(raw, _Use, "profiles_of_table", table=name)
    if not uses:
        return
    serving = versions.serving(raw)
    features = {name: [feature["name"] for feature in version.features] for name, version in serving.items()}
    for use in uses:
        profile = Profile.from_dict(use.spec)
        if use.position is None:
            reason = of_profile(profile, features, column)
        else:
            reason = of_part(profile, use.position, column)
        if reason:
            what = f"table {name}" if column == EVERY_COLUMN else f'column "{column}" of {name}'
            raise errors.ProfileError(f"{what} is {reason}", DETACH_FIRST)
