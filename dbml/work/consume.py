"""Events of others, from a topic into a table: each once, and what cannot be inserted is kept aside."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from confluent_kafka import Consumer, KafkaError, KafkaException, Message
from psycopg import sql
from psycopg.types.json import Jsonb

from dbml import database, errors
from dbml.profiles.catalog import Table, table_facts
from dbml.schema.install import require
from dbml.work.sinks.event import shown
from dbml.work.sinks.kafka import settings

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

    A message is a CloudEvent in JSON, or a JSON object whose header ``ce_id`` is its id; its ``data`` has columns of
    the table. Rows and ids are committed together, and the broker is told afterwards: what it sends again is known.

    :param url: ``kafka://broker:9092?group.id=…``.
    :param told: called after each transaction.
    :param once: until the topic's present end.
    :param remember: how long an id is known; None: for ever.
    :raises DeliveryError: the broker cannot be used.
    :raises ProfileError: there is no such table.
    """
    given = {"group.id": "dbml", "auto.offset.reset": "earliest", "isolation.level": "read_committed"}
    own: dict[str, Any] = {"enable.auto.commit": False, "enable.partition.eof": True}
    with database.connect(dsn) as connection:
        connection.autocommit = True
        require(connection)
        found = table_facts(connection, table)
        consumer = Consumer({**given, **settings(url), **own})
        try:
            consumer.subscribe([topic])
            _follow(connection, consumer, topic, found, told, once, remember)
        except KafkaException as error:
            raise errors.DeliveryError(
                f"{shown(url)} cannot be used: {error.args[0].str()}", "Nothing is lost."
            ) from error
        finally:
            consumer.close()


def _follow(
    connection: psycopg.Connection[Any],
    consumer: Any,
    topic: str,
    table: Table,
    told: Callable[[Consumed], None],
    once: bool,
    remember: timedelta | None,
) -> None:
    ended: set[int] = set()
    while True:
        messages = []
        for message in consumer.consume(TOGETHER, 1.0):
            if message.error() is None:
                messages.append(message)
            elif message.error().code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition())
            elif message.error().code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise KafkaException(message.error())
        if messages:
            told(insert(connection, topic, table, messages))
            consumer.commit(asynchronous=False)
            if remember is not None:
                database.value(connection, "forget_consumed", older=remember)
        elif once and ended and ended >= {part.partition for part in consumer.assignment()}:
            return


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
                    place=f"{message.partition()}:{message.offset()}",
                    content=message.value() or b"",
                    error=str(error).splitlines()[0],
                )
    return Consumed(inserted, again, dead)


def _read(message: Message) -> tuple[str, dict[str, Any]]:
    """The id of an event, which its source makes unique, and its data."""
    given: Any = message.headers() or []
    headers = dict(given)
    try:
        content = json.loads(message.value() or b"")
    except ValueError as error:
        raise _Dead(f"it is not JSON: {error}") from None
    if "ce_id" in headers:
        name, source, data = _text(headers["ce_id"]), _text(headers.get("ce_source", b"")), content
    elif isinstance(content, dict) and isinstance(content.get("id"), str):
        name, source, data = content["id"], content.get("source", ""), content.get("data")
    else:
        raise _Dead("it has no id: it is no CloudEvent")
    if not isinstance(data, dict):
        raise _Dead("its data is no JSON object of columns")
    return f"{source} {name}".strip(), data


def _text(header: bytes | str) -> str:
    return header if isinstance(header, str) else header.decode(errors="replace")


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
