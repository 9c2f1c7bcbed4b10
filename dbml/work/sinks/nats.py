"""Events to NATS JetStream, whose server knows an event again by its id.

A stream that takes the subjects must be there: ``nats stream add``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import nats
from nats.aio.client import Client
from nats.errors import Error
from nats.js.errors import Error as StreamError

from dbml import errors
from dbml.work.sinks.event import CONTENT_TYPE, Event, shown

TIMEOUT = 10.0


async def connected(url: str) -> Client:
    """Connect to where an URL says; a server that is away is told at once, and once."""

    async def told(_: Exception) -> None:
        """Whoever connects or asks gets it as well."""

    # Else it asks sixty times, two seconds apart; the relay comes again by itself.
    patience = {"connect_timeout": int(TIMEOUT), "allow_reconnect": False, "max_reconnect_attempts": 1}
    return await nats.connect(url, error_cb=told, reconnect_time_wait=0, **patience)


class Nats:
    """Publishes each event, and waits for the stream's word that it has it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, events: Sequence[Event]) -> Iterator[Event]:
        """Publish the events, one after the other."""
        taken: list[Event] = []
        try:
            if events:
                asyncio.run(self._publish(events, taken))
        except (Error, StreamError, OSError, TimeoutError) as error:
            yield from taken
            raise errors.DeliveryError(
                f"{shown(self._url)} did not take event {events[len(taken)].event_id}: {error or type(error).__name__}",
                "It is sent again. A stream of JetStream must take its subject.",
            ) from error
        yield from taken

    async def _publish(self, events: Sequence[Event], taken: list[Event]) -> None:
        client = await connected(self._url)
        try:
            stream = client.jetstream(timeout=TIMEOUT)
            for event in events:
                headers = {"Nats-Msg-Id": str(event.event_id), "Content-Type": CONTENT_TYPE}
                await stream.publish(event.topic, event.body, headers=headers)
                taken.append(event)
        finally:
            await client.close()

    def close(self) -> None:
        """Nothing stays open between batches."""
