"""Texts that come as codes: what a plan asks of a text is most often which of a few words it is.

To hand a text to Python costs more than to compare it in SQL. So SQL says which of the words it is, and the codes of
several texts come as one number.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

# SQL compares with one word after the other.
WORDS_AT_MOST = 20
# Doubles hold whole numbers up to here.
CODES_AT_MOST = 2**53
# What a text's code is where it is none of the words, which follow.
MISSING, OTHER, FIRST = 0, 1, 2
REMEMBERED_AT_MOST = 16_384


def of(plan: Mapping[str, Any]) -> list[list[str] | None]:
    """Of each text of a plan the words that it compares it with; None where the text itself matters, or too many do."""
    found: list[set[str] | None] = [set() for _ in range(plan["texts"])]
    source: dict[int, int] = {}
    for place, node in enumerate(plan["nodes"]):
        of = node.get("of")
        index = node["index"] if node["op"] == "text" else source.get(of[0]) if of else None
        if index is None:
            continue
        if node["op"] in ("text", "fill", "replace"):
            source[place] = index
        words = found[index]
        if node["op"] in ("term", "bag"):
            found[index] = None
        elif words is not None:
            words.update(node.get("keys", ()), (node[name] for name in ("key", "value") if name in node))
    # No text of PostgreSQL holds the character 0.
    known = [None if words is None else sorted(word for word in words if "\0" not in word) for words in found]
    return [None if words is None or len(words) > WORDS_AT_MOST else words for words in known]


class Coded:
    """Reads texts that came as codes.

    :param words: as JSON, what :func:`of` says; null for a text that comes as it is.
    """

    def __init__(self, words: str) -> None:
        told = json.loads(words)
        other = "?" * (1 + max((len(word) for known in told if known for word in known), default=0))
        # Of each text what its codes stand for.
        self.named: list[list[str | None] | None] = [
            None if known is None else [None, other, *map(sys.intern, known)] for known in told
        ]
        # Per number that holds codes the texts in it; the first changes fastest.
        self.numbers: list[list[int]] = []
        product = CODES_AT_MOST
        for place, named in enumerate(self.named):
            if named is not None:
                product *= len(named)
                if product > CODES_AT_MOST:
                    self.numbers.append([])
                    product = len(named)
                self.numbers[-1].append(place)
        self._rows: dict[tuple[float, ...], tuple[str | None, ...]] = {}

    def by_row(self, codes: Sequence[Sequence[float]], texts: Sequence[Sequence[str | None]]) -> list[Any]:
        """The texts of every row, from their codes and from those texts that came as they are."""
        if any(named is None for named in self.named):
            return list(zip(*self._columns(codes, texts)))
        # Rows have the same texts over and over.
        known, keys = self._rows, list(zip(*codes))
        if len(known) > REMEMBERED_AT_MOST:
            known.clear()
        new = [key for key in set(keys) if key not in known]
        known.update(zip(new, zip(*self._columns(list(zip(*new)), ()))))
        return [known[key] for key in keys]

    def places(self, codes: Sequence[Any]) -> dict[int, Any]:
        """Of each text that is coded its codes, from whole numbers: of one row, or arrays of numpy."""
        found: dict[int, Any] = {}
        for number, places in zip(codes, self.numbers):
            for place in places:
                size = len(self.named[place] or ())
                rest = number // size  # numpy takes three times as long for a remainder
                found[place], number = number - rest * size, rest
        return found

    def _columns(
        self, codes: Sequence[Sequence[float]], texts: Sequence[Sequence[str | None]]
    ) -> list[Sequence[str | None]]:
        rows = [self.places([int(code) for code in row]) for row in zip(*codes)]
        plain = iter(texts)
        return [
            next(plain) if named is None else [named[row[place]] for row in rows]
            for place, named in enumerate(self.named)
        ]
