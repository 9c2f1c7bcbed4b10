"""Rows of numbers as the server sends them in binary, turned into columns: each number keeps its bits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

# Rows that are turned into columns at once.
_TOGETHER = 50_000
# Of PostgreSQL's epoch, in microseconds.
_2000 = 946_684_800_000_000


@dataclass(frozen=True)
class Table:
    """Some rows.

    :param at: ``datetime64[us]``, UTC.
    :param numbers: float64; a line of the array is a column.
    :param texts: a line for each column; None for NULL.
    """

    at: np.ndarray[Any, Any]
    numbers: np.ndarray[Any, Any]
    texts: Sequence[Sequence[str | None]]


def tables(rows: Iterable[Sequence[Any]], numbers: int) -> Iterator[Table]:
    """Read rows of a ``record_send()``, of a ``timestamptz`` and ``float8`` that are not NULL, and then texts.

    A value a row and not one a number is what makes it quick. What ``record_send()`` writes: how many values there are,
    then of each its type, its length and its bytes (record_send in rowtypes.c, PostgreSQL).

    :param numbers: how many ``float8`` there are.
    """
    head = [("o", ">u4"), ("l", ">i4"), ("at", ">i8")]
    values = [part for i in range(numbers) for part in ((f"o{i}", ">u4"), (f"l{i}", ">i4"), (f"v{i}", ">f8"))]
    record = np.dtype([("values", ">i4"), *head, *values])
    rows = iter(rows)
    while some := list(islice(rows, _TOGETHER)):
        records, *texts = zip(*some, strict=True)
        read = np.frombuffer(b"".join(records), dtype=record)
        yield Table(
            (read["at"].astype(np.int64) + _2000).view("M8[us]"),
            np.array([read[f"v{i}"] for i in range(numbers)], dtype=np.float64),
            texts,
        )
