"""Events to RabbitMQ, whose server says of each that it has it.

An URL is ``amqp://user:password@host:5672/vhost?exchange=…``; without an exchange an event goes to the queue that is
called like its topic. Queue or exchange must be there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from urllib.parse import parse_qsl, urlsplit

import pika
from pika.exceptions import AMQPError, UnroutableError

from dbml import errors
from dbml.work.sinks.event import CONTENT_TYPE, Event, shown

TIMEOUT = 10.0


def opened(url: str) -> pika.BlockingConnection:
    """Connect to where an URL says.

    :raises AMQPError: the broker does not take the connection.
    """
    parameters = pika.URLParameters(url.partition("?")[0])
    parameters.socket_timeout = parameters.stack_timeout = parameters.blocked_connection_timeout = TIMEOUT
    return pika.BlockingConnection(parameters)


class RabbitMq:
    """Publishes events in transactions, and waits for the server's word that it has them on disk."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._exchange = dict(parse_qsl(urlsplit(url).query)).get("exchange", "")

    def send(self, events: Sequence[Event]) -> Iterator[Event]:
        """Publish the events, as many at once as have no entity twice."""
        if not events:
            return
        taken = 0
        try:
            with closing(opened(self._url)) as connection:
                channel = connection.channel()
                channel.tx_select()
                returned: set[str] = set()
                channel.add_on_return_callback(lambda _, __, said, ___: returned.add(said.message_id))
                for several in _apart(events):
                    for event in several:
                        # Mandatory: what no queue takes would be confirmed and gone.
                        channel.basic_publish(
                            self._exchange, event.topic, event.body, _properties(event), mandatory=True
                        )
                    channel.tx_commit()
                    connection.process_data_events(0)
                    for event in several:
                        if str(event.event_id) in returned:
                            raise UnroutableError([])
                        yield event
                        taken += 1
        except (AMQPError, OSError, ValueError) as error:
            if taken < len(events):
                raise errors.DeliveryError(
                    f"{shown(self._url)} did not take event {events[taken].event_id}: {said(error)}",
                    "It is sent again.",
                ) from error

    def close(self) -> None:
        """Nothing stays open between batches."""


def _apart(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Runs of events without an entity twice: a queue may refuse one of them and take the next, which is another's."""
    run: list[Event] = []
    seen: set[tuple[str, str]] = set()
    for event in events:
        if (event.topic, event.key) in seen:
            yield run
            run, seen = [], set()
        run.append(event)
        seen.add((event.topic, event.key))
    yield run


def said(error: Exception) -> str:
    """What went wrong; most of pika's errors have no words."""
    if isinstance(error, UnroutableError):
        return "no queue takes its topic"
    return str(error) or type(error).__name__


def _properties(event: Event) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type=CONTENT_TYPE, message_id=str(event.event_id), delivery_mode=pika.DeliveryMode.Persistent
    )
