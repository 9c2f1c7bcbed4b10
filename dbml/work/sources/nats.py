"""Messages of NATS JetStream: ``nats://host:4222?durable=…`` names the consumer that remembers how far it is.

A stream that takes the subject must be there: ``nats stream add``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from nats.errors import Error
from nats.js.errors import Error as StreamError

from dbml import errors
from dbml.work.sinks.event import shown
from dbml.work.sinks.nats import connected
from dbml.work.sources.message import Message

TIMEOUT = 10.0
T = TypeVar("T")


class Nats:
    """A durable consumer that asks for messages, and says of each that it is done."""

    def __init__(self, url: str, topic: str) -> None:
        self._url = url
        self._runner = asyncio.Runner()
        self._taken: list[Any] = []
        self._asked = False
        try:
            self._run(self._open(topic, dict(parse_qsl(urlsplit(url).query)).get("durable", "dbml")))
        except BaseException:
            self._runner.close()
            raise

    @property
    def ended(self) -> bool:
        """Whether the last reading found nothing."""
        return self._asked and not self._taken

    def take(self, most: int) -> list[Message]:
        """The next messages of the subject."""
        self._taken = self._run(self._fetch(most))
        self._asked = True
        return [_message(one) for one in self._taken]

    def settle(self) -> None:
        """Say of each that it is done."""
        self._run(self._acknowledge())

    def close(self) -> None:
        """Let the connection go."""
        with self._runner:
            self._runner.run(self._client.close())

    async def _open(self, topic: str, durable: str) -> None:
        self._client = await connected(self._url.partition("?")[0])
        try:
            self._subscription = await self._client.jetstream(timeout=TIMEOUT).pull_subscribe(topic, durable)
        except BaseException:
            await self._client.close()
            raise

    async def _fetch(self, most: int) -> list[Any]:
        try:
            return list(await self._subscription.fetch(most, 1.0))
        except TimeoutError:
            return []

    async def _acknowledge(self) -> None:
        for one in self._taken[:-1]:
            await one.ack()
        # The server's word for the last one says that it has read the others.
        await self._taken[-1].ack_sync(TIMEOUT)

    def _run(self, doing: Coroutine[Any, Any, T]) -> T:
        try:
            return self._runner.run(doing)
        except (Error, StreamError, OSError, TimeoutError) as error:
            raise errors.DeliveryError(
                f"{shown(self._url)} cannot be used: {error or type(error).__name__}",
                "Nothing is lost. A stream of JetStream must take the subject.",
            ) from error


def _message(one: Any) -> Message:
    headers = one.headers or {}
    place = str(one.metadata.sequence.stream)
    return Message(place, one.data, headers.get("ce-id"), headers.get("ce-source", ""))
