"""A message as any broker has it, and what reads a topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Message:
    """What a broker gives.

    :param place: where the broker has it; the same when it comes again.
    :param event: its id, where headers of CloudEvents name it; then the content is its data.
    :param source: who made it, by the same headers.
    """

    place: str
    content: bytes
    event: str | None = None
    source: str = ""


class Source(Protocol):
    """Reads a topic."""

    @property
    def ended(self) -> bool:
        """Whether nothing was there any more at the last reading."""

    def take(self, most: int) -> Sequence[Message]:
        """The next messages, after a second at most.

        :raises DeliveryError: the broker cannot be used.
        """

    def settle(self) -> None:
        """Tell the broker that what was taken is done; what it was not told of comes again.

        :raises DeliveryError: the broker cannot be told.
        """

    def close(self) -> None:
        """Let the connection go."""
