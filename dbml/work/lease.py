"""A worker's hold on a duty: it lasts while the worker lives, and ends by itself when he dies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg

from dbml import database
from dbml.work.duty import Duty


@dataclass
class Lease:
    """A duty that this worker has.

    :param beat: a connection of its own, because the worker's is busy with the duty.
    """

    duty: Duty
    worker: str
    length: timedelta
    beat: psycopg.Connection[Any]
    done: int = 0
    total: int | None = None
    lost: bool = False
    _over: threading.Event = field(default_factory=threading.Event)

    def progress(self, _what: str, done: int, total: int) -> None:
        """Note how far the duty is; the next heartbeat tells the server."""
        self.done, self.total = done, total

    def _keep(self, work: psycopg.Connection[Any]) -> None:
        while not self._over.wait(self.length.total_seconds() / 3):
            try:
                self.lost = not database.value(
                    self.beat,
                    "keep_duty",
                    duty=self.duty.name,
                    worker=self.worker,
                    lease=self.length,
                    done=self.done,
                    total=self.total,
                )
            except psycopg.Error:
                self.lost = True
            if self.lost:
                work.cancel_safe()
                return

    @contextmanager
    def kept(self, work: psycopg.Connection[Any]) -> Iterator[None]:
        """Prolong the lease for as long as the block runs; what ``work`` is at is cancelled if it is lost."""
        heart = threading.Thread(target=self._keep, args=(work,), name=f"dbml {self.duty.name}", daemon=True)
        heart.start()
        try:
            yield
        finally:
            self._over.set()
            heart.join()

    def end(self, *, finished: bool, error: str | None = None) -> None:
        """Give the duty back."""
        database.value(
            self.beat,
            "end_duty",
            duty=self.duty.name,
            worker=self.worker,
            finished=finished,
            done=self.done,
            error=error,
        )


def take(
    beat: psycopg.Connection[Any], duty: Duty, worker: str, length: timedelta, *, early: bool = False
) -> Lease | None:
    """Take a duty if it is due, or if the worker that has it has died.

    :param early: also before it is due.
    :returns: None where it is not due, or another worker is at it.
    """
    taken = database.value(
        beat, "take_duty", duty=duty.name, worker=worker, every=duty.every, lease=length, early=early
    )
    return Lease(duty, worker, length, beat) if taken else None
