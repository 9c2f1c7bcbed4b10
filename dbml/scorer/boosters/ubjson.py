"""Universal Binary JSON as XGBoost writes it (https://ubjson.org, draft 12), without recursion and within its bytes."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

_NUMBERS = {
    "i": ">i1",
    "U": ">u1",
    "I": ">i2",
    "l": ">i4",
    "L": ">i8",
    "d": ">f4",
    "D": ">f8",
}
_WORDS = {"T": True, "F": False, "Z": None}
DEEPEST = 50


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    def take(self, count: int) -> bytes:
        found = self.content[self.place : self.place + count]
        if count < 0 or len(found) < count:
            raise ValueError("it ends too early")
        self.place += count
        return found

    def mark(self) -> str:
        while (found := self.take(1)) == b"N":  # a no-op
            pass
        return found.decode("latin-1")

    def number(self, mark: str) -> Any:
        try:
            kind = np.dtype(_NUMBERS[mark])
        except KeyError:
            raise ValueError(f"{mark!r} is no type of UBJSON") from None
        return np.frombuffer(self.take(kind.itemsize), kind)[0].item()

    def text(self) -> str:
        return self.take(self.number(self.mark())).decode()

    def value(self, mark: str, depth: int = 0) -> Any:
        if depth > DEEPEST:
            raise ValueError(f"it is nested deeper than {DEEPEST}")
        if mark == "{":
            return self.object(depth)
        if mark == "[":
            return self.array(depth)
        if mark in _WORDS:
            return _WORDS[mark]
        if mark == "C":
            return self.take(1).decode()
        return self.text() if mark == "S" else self.number(mark)

    def object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (mark := self.mark()) != "}":
            key = self.take(self.number(mark)).decode()
            found[key] = self.value(self.mark(), depth + 1)
        return found

    def array(self, depth: int) -> list[Any]:
        mark = self.mark()
        if mark == "$":
            kind = np.dtype(_NUMBERS[self.mark()])
            if self.mark() != "#":
                raise ValueError("an array of one type without its length")
            numbers: list[Any] = np.frombuffer(self.take(self.number(self.mark()) * kind.itemsize), kind).tolist()
            return numbers
        if mark == "#":
            return [self.value(self.mark(), depth + 1) for _ in range(self.number(self.mark()))]
        found = []
        while mark != "]":
            found.append(self.value(mark, depth + 1))
            mark = self.mark()
        return found


def loads(content: bytes) -> Any:
    """Read a document.

    :raises ValueError: it is none, or is nested deeper than :data:`DEEPEST`.
    """
    reader = _Reader(content)
    try:
        return reader.value(reader.mark())
    except (KeyError, struct.error) as error:
        raise ValueError(f"it is no UBJSON ({error})") from None
