"""What COPY sends in its binary format, as columns of numpy: no number becomes text and back, so each keeps its bits.

The format: "File Formats", "Binary Format", in PostgreSQL's manual of COPY.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from psycopg.abc import Buffer

# Rows that are turned into columns at once.
_TOGETHER = 50_000
_HEADER, _TRAILER = 19, b"\xff\xff"
# Of PostgreSQL's epoch, in microseconds.
_2000 = 946_684_800_000_000


@dataclass(frozen=True)
class Table:
    """Some rows.

    :param at: ``datetime64[us]``, UTC.
    :param numbers: float64; a line of the array is a column.
    :param texts: a list for each column; None for NULL.
    """

    at: np.ndarray[Any, Any]
    numbers: np.ndarray[Any, Any]
    texts: list[list[str | None]]


def tables(copy: Iterable[Buffer], numbers: int, texts: int, encoding: str) -> Iterator[Table]:
    """Read rows of a ``timestamptz``, then so many ``float8`` that are not NULL, then so many texts.

    Some thousand rows make a table, because all at once would take several times the memory.

    :param copy: what psycopg yields: the server sends a row at a time.
    :param encoding: of the connection.
    """
    fixed = np.dtype([("fields", ">i2"), ("l", ">i4"), ("at", ">i8"), *_values(numbers)])
    rows = _rows(copy)
    while some := list(islice(rows, _TOGETHER)):
        head = np.frombuffer(b"".join([row[: fixed.itemsize] for row in some]), dtype=fixed)
        yield Table(
            (head["at"].astype(np.int64) + _2000).view("M8[us]"),
            np.array([head[f"v{place}"] for place in range(numbers)], dtype=np.float64),
            _texts([row[fixed.itemsize :] for row in some], texts, encoding),
        )


def _values(count: int) -> list[tuple[str, str]]:
    """Each number stands behind its length."""
    return [part for place in range(count) for part in ((f"l{place}", ">i4"), (f"v{place}", ">f8"))]


def _rows(copy: Iterable[Buffer]) -> Iterator[Buffer]:
    """The messages without the header of the first, and without the last, which says that nothing follows."""
    header = _HEADER
    for message in copy:
        row = message[header:] if header else message
        header = 0
        if row != _TRAILER:
            yield row


def _texts(tails: list[Buffer], count: int, encoding: str) -> list[list[str | None]]:
    """Each text stands behind its length in bytes, which is -1 for NULL."""
    joined = b"".join(tails)
    raw = np.frombuffer(joined, dtype=np.uint8)
    places = np.cumsum([0, *map(len, tails[:-1])])
    part: Callable[[int, int], str]
    if joined.isascii():
        letters = joined.decode("ascii")
        part = lambda begin, end: letters[begin:end]  # noqa: E731
    else:
        part = lambda begin, end: joined[begin:end].decode(encoding)  # noqa: E731
    found: list[list[str | None]] = []
    for _ in range(count):
        length = raw[places[:, None] + np.arange(4)].view(">i4").ravel().astype(np.int64)
        begins = places + 4
        places = begins + np.maximum(length, 0)
        spans = zip(length.tolist(), begins.tolist(), places.tolist(), strict=True)
        found.append([None if size < 0 else part(begin, end) for size, begin, end in spans])
    return found
