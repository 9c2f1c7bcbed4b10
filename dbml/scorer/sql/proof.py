"""When plain SQL computes what IEEE 754 does: PostgreSQL raises where a result overflows or underflows.

Where proofs compare with the ends of the doubles, they keep a distance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from dbml.scorer import bounds
from dbml.scorer.bounds import Range

GREATEST = 1e300
SMALLEST = 1e-290


class Unprovable(Exception):
    """Plain arithmetic might fail here; ``kind`` is ``"large"``, ``"small"`` or ``"domain"``."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def of_values(values: Iterable[float]) -> Range:
    """The range of a few values; NaN among them may be NULL.

    :raises Unprovable: one is infinite.
    """
    found = bounds.of_values(values)
    if not found.empty and math.isinf(found.size):
        raise Unprovable("domain")
    return found


def constant(value: float) -> Range:
    """The range of one value."""
    return of_values([value])


def _not_large(found: Range, *given: Range) -> Range:
    if not found.empty and max(each.size for each in (found, *given)) > GREATEST:
        raise Unprovable("large")
    return found


def add(a: Range, b: Range) -> Range:
    """``a + b``: overflow alone raises."""
    return _not_large(bounds.add(a, b), a, b)


def subtract(a: Range, b: Range) -> Range:
    """``a - b``."""
    return add(a, bounds.negative(b))


def multiply(a: Range, b: Range) -> Range:
    """``a * b``."""
    found = _not_large(bounds.multiply(a, b), a, b)
    # A factor of at least 1 brings nothing nearer to zero.
    if found.tiny < SMALLEST and max(a.tiny, b.tiny) < 1.0:
        raise Unprovable("small")
    return found


def divide(a: Range, b: Range) -> Range:
    """``a / b``."""
    if a.empty or b.empty:
        return bounds.NOTHING
    if b.zero:
        raise Unprovable("domain")
    if a.size / b.tiny > GREATEST:
        raise Unprovable("large")
    found = _not_large(bounds.divide(a, b), a, b)
    if found.tiny < SMALLEST:
        raise Unprovable("small")
    return found
