"""Events to Kafka: a batch is one transaction of Kafka's, and an entity's events have one key.

An URL is ``kafka://broker:9092,broker:9092?transactional.id=…``; what follows ``?`` are settings of librdkafka.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from urllib.parse import parse_qsl, urlsplit

from confluent_kafka import KafkaException, Message, Producer

from dbml import errors
from dbml.work.sinks.event import CONTENT_TYPE, Event, shown

TIMEOUT = 30.0


def settings(url: str) -> dict[str, str]:
    """What an URL says, as librdkafka's settings."""
    parts = urlsplit(url)
    return {"bootstrap.servers": parts.netloc, **dict(parse_qsl(parts.query))}


class Kafka:
    """A producer with a transaction a batch. Who takes over from it, by the same id, fences it off."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._producer = Producer({"transactional.id": "dbml-relay", "enable.idempotence": "true", **settings(url)})
        try:
            self._producer.init_transactions(TIMEOUT)
        except KafkaException as error:
            raise errors.DeliveryError(
                f"{shown(url)} cannot be used: {error.args[0].str()}", "It is tried again."
            ) from error

    def send(self, events: Sequence[Event]) -> Iterator[Event]:
        """Send the events in one transaction."""
        failed: list[str] = []

        def told(error: object, _message: Message) -> None:
            if error is not None:
                failed.append(str(error))

        try:
            self._producer.begin_transaction()
            for event in events:
                self._producer.produce(
                    event.topic,
                    event.body,
                    event.key.encode(),
                    headers={"content-type": CONTENT_TYPE},
                    on_delivery=told,
                )
                self._producer.poll(0)
            self._producer.commit_transaction(TIMEOUT)
        except (KafkaException, BufferError) as error:
            self._abort()
            reason = error.args[0].str() if isinstance(error, KafkaException) else str(error)
            raise errors.DeliveryError(
                f"{shown(self._url)} did not take {len(events)} events: {reason}", _AGAIN
            ) from error
        if failed:
            raise errors.DeliveryError(f"{shown(self._url)} did not take an event: {failed[0]}", _AGAIN)
        yield from events

    def _abort(self) -> None:
        with suppress(KafkaException):  # else the broker ends it by itself
            self._producer.abort_transaction(TIMEOUT)

    def close(self) -> None:
        """Nothing waits: what was sent was committed."""


_AGAIN = "They are sent again."
