"""Events of others, from a topic into a table: each once, and what cannot be inserted is kept aside."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from dbml import database, errors
from dbml.database import Progress
from dbml.profiles.tables import Table, table_facts
from dbml.schema.install import require
from dbml.work.duty import Duty
from dbml.work.sources import source
from dbml.work.sources.message import Message, Source

TOGETHER = 500
# SQLSTATEs, or their classes, of what is no message's fault: the consumer stops, and nothing is lost.
NO_FAULT = ("08", "25", "40", "42501", "42P01", "53", "55", "57", "58", "XX")


@dataclass(frozen=True)
class Consumed:
    """What was done with some messages.

    :param again: that had been inserted before.
    :param dead: that could not be inserted, and stand in ``dbml.dead_letter``.
    """

    inserted: int
    again: int
    dead: int


class _Dead(Exception):
    """A message that cannot be inserted."""


def consume(
    dsn: str | None,
    url: str,
    topic: str,
    table: str,
    told: Callable[[Consumed], None],
    *,
    once: bool = False,
    remember: timedelta | None = None,
) -> None:
    """Insert the events of a topic into a table, until stopped.

    A message is a CloudEvent in JSON, or a JSON object whose headers name its id as CloudEvents has it; its ``data``
    has columns of the table. Rows and ids are committed together, and the broker is told afterwards: what it sends
    again is known.

    :param url: ``kafka://broker:9092?group.id=…``, ``nats://…`` or ``amqp://…``.
    :param told: called after each transaction.
    :param once: until the topic's present end.
    :param remember: how long an id is known; None: for ever.
    :raises DeliveryError: the broker cannot be used.
    :raises ProfileError: there is no such table.
    """
    with database.connect(dsn) as connection:
        connection.autocommit = True
        require(connection)
        found = table_facts(connection, table)
        with closing(source(url, topic)) as reader:
            while not (once and reader.ended):
                if messages := reader.take(TOGETHER):
                    told(insert(connection, topic, found, messages))
                    reader.settle()
                    if remember is not None:
                        database.value(connection, "forget_consumed", older=remember)


def consuming(words: str) -> Duty:
    """The same as a duty: insert what is in a topic, whenever something is.

    :param words: ``TOPIC:TABLE=URL``.
    :raises SpecError: they are written otherwise.
    """
    place, _, url = words.partition("=")
    topic, _, table = place.partition(":")
    if not (topic and table and url):
        raise errors.SpecError(
            f'"{words}" does not say what is consumed', "Write it as complaints:public.complaint=nats://nats:4222."
        )
    opened: list[Source] = []

    def run(connection: psycopg.Connection[Any], progress: Progress) -> int:
        found = table_facts(connection, table)
        if not opened:
            opened.append(source(url, topic))
        reader, done = opened[0], 0
        try:
            while messages := reader.take(TOGETHER):
                insert(connection, topic, found, messages)
                reader.settle()
                done += len(messages)
                progress(topic, done, done)
        except BaseException:
            # What was taken and not settled is had again by a reader of its own.
            opened.pop().close()
            raise
        return done

    return Duty(f"consume {topic}", timedelta(seconds=1), run, "events were consumed")


def insert(connection: psycopg.Connection[Any], topic: str, table: Table, messages: Sequence[Message]) -> Consumed:
    """Insert messages in one transaction; those that were inserted before are left out."""
    inserted = again = dead = 0
    with connection.transaction():
        columns = set(database.column(connection, "insertable_columns", table=str(table.oid)))
        for message in messages:
            event = None
            try:
                event, data = _read(message)
                with connection.transaction():
                    if database.value(connection, "consume", topic=topic, event=event):
                        _insert(connection, table, columns, data)
                        inserted += 1
                    else:
                        again += 1
            except (_Dead, psycopg.Error) as error:
                if isinstance(error, psycopg.Error) and (error.sqlstate or "08").startswith(NO_FAULT):
                    raise
                dead += 1
                database.value(
                    connection,
                    "dead_letter",
                    topic=topic,
                    event=event,
                    place=message.place,
                    content=message.content,
                    error=str(error).splitlines()[0],
                )
    return Consumed(inserted, again, dead)


def _read(message: Message) -> tuple[str, dict[str, Any]]:
    """The id of an event, which its source makes unique, and its data."""
    try:
        content = json.loads(message.content)
    except ValueError as error:
        raise _Dead(f"it is not JSON: {error}") from None
    if message.event is not None:
        name, origin, data = message.event, message.source, content
    elif isinstance(content, dict) and isinstance(content.get("id"), str):
        name, origin, data = content["id"], content.get("source", ""), content.get("data")
    else:
        raise _Dead("it has no id: it is no CloudEvent")
    if not isinstance(data, dict):
        raise _Dead("its data is no JSON object of columns")
    return f"{origin} {name}".strip(), data


def _insert(connection: psycopg.Connection[Any], table: Table, columns: set[str], data: dict[str, Any]) -> None:
    unknown = [name for name in data if name not in columns]
    if unknown or not data:
        raise _Dead(f"{table} has no column {', '.join(unknown)}" if unknown else "its data is empty")
    names = sql.SQL(", ").join(map(sql.Identifier, data))
    connection.execute(
        sql.SQL("insert into {table} ({names}) select {names} from jsonb_populate_record(null::{table}, %s)").format(
            table=table.identifier, names=names
        ),
        [Jsonb(data)],
    )
