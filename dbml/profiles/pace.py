"""How many rows are taken at once, so that nobody waits long for the locks of a batch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

# What a batch may take; who wants one of its rows waits that long, and where the machine is busy a few times longer.
SECONDS = 0.1
FIRST = 100


class Pace:
    """The rows of the next batch, judged by the time that the batch before took.

    :param most: never more rows than that.
    :param steady: always so many, whatever it takes.
    """

    def __init__(self, most: int, *, steady: bool = False) -> None:
        self.most, self.steady = most, steady
        self.rows = most if steady else min(most, FIRST)

    @contextmanager
    def batch(self) -> Iterator[int]:
        """Measure what is done with the rows of a batch, of which it gives the number."""
        began = time.monotonic()
        yield self.rows
        if not self.steady:
            fitting = self.rows * SECONDS / max(time.monotonic() - began, 1e-6)
            self.rows = max(1, min(self.most, int(fitting), 2 * self.rows))
