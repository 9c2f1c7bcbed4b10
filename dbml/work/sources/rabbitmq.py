"""Messages of a queue of RabbitMQ: ``amqp://user:password@host:5672/vhost``. The queue must be there."""

from __future__ import annotations

import hashlib
from typing import Any

from pika.exceptions import AMQPError

from dbml import errors
from dbml.work.sinks.event import shown
from dbml.work.sinks.rabbitmq import opened, said
from dbml.work.sources.message import Message


class RabbitMq:
    """Gets messages, and says of all that they are done at once."""

    def __init__(self, url: str, topic: str) -> None:
        self._url, self._topic = url, topic
        self._last: int | None = None
        self.ended = False
        try:
            self._connection = opened(url)
            try:
                self._channel = self._connection.channel()
                self._channel.queue_declare(topic, passive=True)
            except BaseException:
                self.close()
                raise
        except (AMQPError, OSError, ValueError) as error:
            raise self._refused(error) from error

    def take(self, most: int) -> list[Message]:
        """The next messages of the queue."""
        found: list[Message] = []
        try:
            while len(found) < most:
                method, properties, content = self._channel.basic_get(self._topic)
                if method is None:
                    break
                self._last = method.delivery_tag
                found.append(_message(properties, content))
            self.ended = not found
            if self.ended:
                # Waiting, it answers the server's question whether it is there.
                self._connection.process_data_events(1.0)
        except (AMQPError, OSError) as error:
            raise self._refused(error) from error
        return found

    def settle(self) -> None:
        """Say of what was got that it is done."""
        try:
            self._channel.basic_ack(self._last or 0, multiple=True)
            self._connection.process_data_events(0)
        except (AMQPError, OSError) as error:
            raise self._refused(error) from error

    def close(self) -> None:
        """Let the connection go."""
        if self._connection.is_open:
            self._connection.close()

    def _refused(self, error: Exception) -> errors.DeliveryError:
        return errors.DeliveryError(f"{shown(self._url)} cannot be used: {said(error)}", "Nothing is lost.")


def _message(properties: Any, content: bytes) -> Message:
    headers = properties.headers or {}

    def named(word: str) -> str | None:
        """An attribute of a CloudEvent, as AMQP 1.0 and RabbitMQ's own clients spell it."""
        found = headers.get(f"cloudEvents:{word}", headers.get(f"cloudEvents_{word}"))
        return None if found is None else str(found)

    # A queue has no numbers: what comes again is known by what it says.
    place = properties.message_id or hashlib.sha256(content).hexdigest()
    return Message(place, content, named("id"), named("source") or "")
