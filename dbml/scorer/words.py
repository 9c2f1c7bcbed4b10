"""Columns of words, counted once a text: a weighted sum over thousands of terms is a walk over the few in a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# From so many columns on it pays.
TOGETHER = 8


@dataclass(frozen=True)
class Word:
    """What a column is: a share of how often one term is in a text.

    :param text: the node of the text.
    :param found: how terms are found, as the operation ``term`` says it.
    :param how: ``count``, ``binary`` or ``log``: what is made of the count.
    :param term: the term.
    :param factor: by which that is multiplied.
    :param divisor: the node by which it is divided at the end, or None.
    """

    text: int
    found: Mapping[str, Any]
    how: str
    term: str
    factor: float = 1.0
    divisor: int | None = None


@dataclass(frozen=True)
class Bag:
    """Words of one text with their weights.

    :param fields: of an operation ``bag``.
    """

    text: int
    divisor: int | None
    fields: Mapping[str, Any]


def bags(words: Iterable[tuple[Word, float]], *, square: bool = False) -> Iterator[Bag]:
    """Put words of one text, found in one way, together.

    :param words: each with the weight of its column.
    :param square: whether it is the sum of their squares.
    """
    groups: dict[Any, list[tuple[Word, float]]] = {}
    for word, weight in words:
        groups.setdefault((word.text, word.how, word.divisor, repr(word.found)), []).append((word, weight))
    for (text, how, divisor, _), members in groups.items():
        fields = {
            **members[0][0].found,
            "terms": [word.term for word, _ in members],
            "weights": [word.factor * weight for word, weight in members],
            "how": how,
            "square": int(square),
        }
        yield Bag(text, divisor, fields)
