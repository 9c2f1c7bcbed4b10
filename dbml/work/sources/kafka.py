"""Messages of Kafka: ``kafka://broker:9092?group.id=…``; what follows ``?`` are settings of librdkafka."""

from __future__ import annotations

from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka import Message as Record

from dbml import errors
from dbml.work.sinks.event import shown
from dbml.work.sinks.kafka import settings
from dbml.work.sources.message import Message

GIVEN = {"group.id": "dbml", "auto.offset.reset": "earliest", "isolation.level": "read_committed"}
OWN = {"enable.auto.commit": False, "enable.partition.eof": True}


class Kafka:
    """A consumer of a group; its place in the topic moves when it is told to."""

    def __init__(self, url: str, topic: str) -> None:
        self._url = url
        self._at_end: set[int] = set()
        try:
            self._consumer = Consumer({**GIVEN, **settings(url), **OWN})
            self._consumer.subscribe([topic])
        except KafkaException as error:
            raise self._refused(error) from error

    @property
    def ended(self) -> bool:
        """Whether all partitions that it has were read to their end."""
        return bool(self._at_end) and self._at_end >= {part.partition for part in self._consumer.assignment()}

    def take(self, most: int) -> list[Message]:
        """The next messages of its partitions."""
        found = []
        try:
            for record in self._consumer.consume(most, 1.0):
                error = record.error()
                if error is None:
                    found.append(_message(record))
                elif error.code() == KafkaError._PARTITION_EOF:
                    self._at_end.add(record.partition() or 0)
                elif error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise KafkaException(error)
        except KafkaException as error:
            raise self._refused(error) from error
        return found

    def settle(self) -> None:
        """Move the group's place behind what was taken."""
        try:
            self._consumer.commit(asynchronous=False)
        except KafkaException as error:
            raise self._refused(error) from error

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def _refused(self, error: KafkaException) -> errors.DeliveryError:
        return errors.DeliveryError(f"{shown(self._url)} cannot be used: {error.args[0].str()}", "Nothing is lost.")


def _message(record: Record) -> Message:
    given: Any = record.headers() or []
    headers = {name: _text(value) for name, value in given}
    return Message(
        f"{record.partition()}:{record.offset()}",
        record.value() or b"",
        headers.get("ce_id"),
        headers.get("ce_source", ""),
    )


def _text(header: bytes | str | None) -> str:
    return header if isinstance(header, str) else (header or b"").decode(errors="replace")
