"""An event as the outbox has it, and what delivers it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

CONTENT_TYPE = "application/cloudevents+json"


@dataclass(frozen=True)
class Event:
    """A row of the outbox.

    :param event_id: stays the same however often it is delivered.
    :param key: the entity, as one text: brokers keep the order of what has one key.
    :param text: the event as CloudEvents 1.0 has it, in JSON.
    """

    id: int
    event_id: UUID
    topic: str
    key: str
    text: str

    @property
    def body(self) -> bytes:
        """What is sent."""
        return self.text.encode()


def shown(url: str) -> str:
    """A broker's address without what may be secret: passwords stand before its host, tokens in paths and behind ``?``.

    What fails is told to every analyst, by ``dbml.job``.
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class Sink(Protocol):
    """Delivers events."""

    def send(self, events: Sequence[Event]) -> Iterator[Event]:
        """Deliver the events of whole transactions, in order; yields each as soon as it is safe.

        :raises DeliveryError: those that were not yielded may not have been delivered; they are sent again.
        """

    def close(self) -> None:
        """Let the connection go."""
