"""What a spec's expressions mean to whoever attaches it, written so that they mean the same in every session.

Functions that dbml generates run with a pinned search_path, which finds no operator and no function of an extension: an
expression over citext would be one over text there. So PostgreSQL reads each as a query of the one who attaches, and
writes it down with all names in full. That holds for operators and functions of extensions alone: of others anybody who
may create objects could have made them, in the hope that an administrator attaches something.

A literal is read anew by every session that runs such a function, and what it says may depend on settings that any
role may change: a moment on TimeZone and DateStyle, a backslash on standard_conforming_strings. So what such a
session would read otherwise is written down as well, under settings that are the same always.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.database import verbatim
from dbml.profiles.spec import Counter, Event, Profile
from dbml.profiles.tables import Table

# Under which literals are written down. What they say is read in every session alike then.
_WRITTEN = {
    "search_path": "pg_catalog, pg_temp",
    "standard_conforming_strings": "on",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}

# What any role may set, and what then reads another literal out of the same text.
_OTHERS = {
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
    "intervalstyle": "sql_standard",
    "timezone": "<+1347>-13:47",
    "array_nulls": "off",
    "transform_null_equals": "on",
}
_SESSIONS = [_OTHERS | {"datestyle": f"SQL, {order}"} for order in ("DMY", "MDY", "YMD")]
# Literals; and "= null", which transform_null_equals makes another question.
_READ_ANEW = re.compile(r"'|= *null", re.IGNORECASE)
# A literal, or a quoted name, which may hold what looks like one.
_LITERAL = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")


def resolved(raw: psycopg.Connection[Any], profile: Profile, table: Table, others: Mapping[str, Table]) -> Profile:
    """The spec with its expressions as the caller's session reads them; the same where any session reads no other.

    What PostgreSQL does not understand is left as it is, for the checks to tell.

    :raises ProfileError: what an expression says cannot be written so that every session reads the same.
    :param others: the tables of events and of labels by the names that the spec gives them.
    """
    return Profile(
        profile.table,
        profile.key,
        [
            dataclasses.replace(p, features={name: _meant(raw, table, text) for name, text in p.features.items()})
            if p.features
            else p
            for p in profile.predictions
        ],
        [resolved_event(raw, event, others[event.table]) for event in profile.events],
        profile.outcomes,
        profile.publications,
        [
            dataclasses.replace(lesson, value=_meant(raw, others[lesson.table], lesson.value))
            for lesson in profile.lessons
        ],
        profile.bucket_column,
    )


def resolved_event(raw: psycopg.Connection[Any], event: Event, table: Table) -> Event:
    """An event of a spec with its counters' expressions as the caller's search_path reads them."""
    counters = {name: _counter(raw, table, c) for name, c in event.counters.items()}
    return Event(event.table, event.key, counters, event.mode)


def _counter(raw: psycopg.Connection[Any], table: Table, counter: Counter) -> Counter:
    parts = counter.parts
    at = counter.at and _meant(raw, table, counter.at)
    if parts.argument == "*" and not parts.condition:
        return dataclasses.replace(counter, at=at)
    if parts.function != "last":
        return Counter(_meant(raw, table, counter.aggregate), counter.over, at)
    # SQL has no such aggregate, so that its parts are read one by one.
    argument, order = _meant(raw, table, parts.argument), _meant(raw, table, parts.order or "")
    condition = f" filter (where {_meant(raw, table, parts.condition)})" if parts.condition else ""
    return Counter(f"last({argument} order by {order}){condition}", counter.over, at)


def _meant(raw: psycopg.Connection[Any], table: Table, text: str) -> str:
    meant = _read(raw, table, text)
    if meant is None:
        return text
    with database.pinned(raw):
        if _reads_everywhere(raw, table, text, meant):
            return text
        if _READ_ANEW.search(meant) and not _reads_everywhere(raw, table, meant, _read(raw, table, meant)):
            raise errors.ProfileError(
                f'"{text}" over {table} means another thing in a session with other settings',
                "Write out what its literals leave open: array[null, 'x'] in place of '{NULL,x}'.",
            )
    return meant


def _reads_everywhere(raw: psycopg.Connection[Any], table: Table, text: str, meant: str | None) -> bool:
    sessions = _SESSIONS if _READ_ANEW.search(text) else [{}]
    return all(_read(raw, table, text, session) == meant for session in sessions)


def _read(
    raw: psycopg.Connection[Any], table: Table, text: str, session: Mapping[str, str] | None = None
) -> str | None:
    """What a session with these settings reads, written out; None where it is not possible there."""
    try:
        with raw.transaction(force_rollback=True):
            _set(raw, session or {})
            view = sql.SQL("create temporary view dbml_meant as select {}\n as dbml_e from {} dbml_t")
            database.query(raw, view.format(verbatim(text), table.identifier))
            _set(raw, _WRITTEN)
            if database.value(raw, "meant_of_strangers"):
                return text
            shown = database.answer(raw, "select pg_get_viewdef('pg_temp.dbml_meant'::regclass) as text")
    except (psycopg.errors.ProgrammingError, psycopg.errors.NotSupportedError, psycopg.errors.DataError):
        return None
    found = re.fullmatch(r" SELECT (.*) AS dbml_e\n +FROM .*", shown, re.DOTALL)
    return _LITERAL.sub(_escaped, found[1].replace("dbml_t.", "")) if found else text


def _set(raw: psycopg.Connection[Any], settings: Mapping[str, str]) -> None:
    for setting, value in settings.items():
        database.query(raw, sql.SQL("set local {} = {}").format(verbatim(setting), sql.Literal(value)))


def _escaped(found: re.Match[str]) -> str:
    """A literal as it is read whatever standard_conforming_strings says; PostgreSQL writes it for one of them."""
    literal = found[0]
    return "E" + literal.replace("\\", "\\\\") if literal.startswith("'") and "\\" in literal else literal
