"""An event as CloudEvents 1.0 has it, and what delivers it.

Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

CONTENT_TYPE = "application/cloudevents+json"
TYPE = "dbml.score.changed"


@dataclass(frozen=True)
class Event:
    """A row of the outbox.

    :param event_id: stays the same however often it is delivered.
    :param transaction: events of one transaction have the same.
    """

    id: int
    event_id: UUID
    transaction: int
    at: datetime
    topic: str
    entity: list[str]
    data: dict[str, Any]

    @property
    def key(self) -> str:
        """The entity, as one text: brokers keep the order of what has one key."""
        return self.entity[0] if len(self.entity) == 1 else json.dumps(self.entity)

    @property
    def body(self) -> bytes:
        """The event as JSON."""
        at = self.at.astimezone(UTC).isoformat()
        return json.dumps(
            {
                "specversion": "1.0",
                "id": str(self.event_id),
                "source": f"dbml:{self.data['profile']}",
                "type": TYPE,
                "subject": self.key,
                "time": at,
                "datacontenttype": "application/json",
                "data": {**self.data, "at": at},
            }
        ).encode()


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
