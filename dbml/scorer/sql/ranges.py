"""What values a node of a plan can have: enough to prove that plain arithmetic neither overflows nor underflows.

Bounds are computed with the very operations they bound: those round monotonely, so the bounds hold exactly.
Where proofs compare with the ends of the range, they keep a distance (:data:`GREATEST`, :data:`SMALLEST`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

GREATEST = 1e300
SMALLEST = 1e-290
_DENORMAL = 5e-324


class Unprovable(Exception):
    """Plain arithmetic might fail here; ``kind`` is ``"large"``, ``"small"`` or ``"domain"``."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class Range:
    """Values from ``low`` to ``high``, none of them NaN; nothing at all where ``low > high``.

    :param tiny: what is not zero is at least so far from it.
    :param zero: whether it may be zero.
    :param null: whether it may be NULL, which is how the fast form says missing.
    """

    low: float
    high: float
    tiny: float
    zero: bool
    null: bool

    @property
    def size(self) -> float:
        """The greatest magnitude."""
        return max(-self.low, self.high, 0.0)

    @property
    def empty(self) -> bool:
        """Whether it is always NULL."""
        return self.low > self.high

    def never_null(self) -> Range:
        """The same where it is known not to be NULL."""
        return Range(self.low, self.high, self.tiny, self.zero, False)

    def never_zero(self) -> Range:
        """The same where it is known not to be zero."""
        return Range(self.low, self.high, self.tiny, False, self.null)

    def within(self, low: float, high: float) -> Range:
        """The part between two bounds."""
        return span(max(self.low, low), min(self.high, high), self.tiny, self.zero, self.null)


def span(low: float, high: float, tiny: float = _DENORMAL, zero: bool = True, null: bool = False) -> Range:
    """A range; what the bounds say of zero is worked out."""
    if low > 0.0 or high < 0.0:
        tiny, zero = max(tiny, low, -high), False
    return Range(low, high, max(tiny, _DENORMAL), zero, null)


def of_values(values: Iterable[float]) -> Range:
    """The range of a few values; NaN among them may be NULL.

    :raises Unprovable: one is infinite.
    """
    given = list(values)
    known = [value for value in given if value == value]
    if any(math.isinf(value) for value in known):
        raise Unprovable("domain")
    null = len(known) < len(given)
    if not known:
        return Range(math.inf, -math.inf, math.inf, False, True)
    tiny = min((abs(value) for value in known if value), default=math.inf)
    return Range(min(known), max(known), tiny, 0.0 in known, null)


def union(a: Range, b: Range) -> Range:
    """Either."""
    low, high = min(a.low, b.low), max(a.high, b.high)
    return Range(low, high, min(a.tiny, b.tiny), a.zero or b.zero, a.null or b.null)


def negative(a: Range) -> Range:
    """``-a``."""
    return Range(-a.high, -a.low, a.tiny, a.zero, a.null)


def absolute(a: Range) -> Range:
    """``abs(a)``."""
    low = 0.0 if a.low <= 0.0 <= a.high else min(abs(a.low), abs(a.high))
    return Range(low, a.size, a.tiny, a.zero, a.null)


def add(a: Range, b: Range) -> Range:
    """``a + b``: overflow alone raises."""
    if a.empty or b.empty:
        return Range(math.inf, -math.inf, math.inf, False, True)
    low, high = a.low + b.low, a.high + b.high
    if max(-low, high) > GREATEST or max(a.size, b.size) > GREATEST:
        raise Unprovable("large")
    null = a.null or b.null
    for constant, other in ((a, b), (b, a)):
        if constant.low == constant.high:
            value = abs(constant.low)
            if value == 0.0:
                return Range(other.low, other.high, other.tiny, other.zero, null)
            # Doubles near another lie at least its last half step apart.
            return span(low, high, value * 2.0**-54, low <= 0.0 <= high, null)
    if min(a.low, b.low) >= 0.0 or max(a.high, b.high) <= 0.0:
        return span(low, high, min(a.tiny, b.tiny), a.zero and b.zero, null)
    # Both are multiples of the last step of the smaller's smallest value.
    return span(low, high, min(a.tiny, b.tiny) * 2.0**-54, True, null)


def multiply(a: Range, b: Range) -> Range:
    """``a * b``."""
    if a.empty or b.empty:
        return Range(math.inf, -math.inf, math.inf, False, True)
    if a.size * b.size > GREATEST or max(a.size, b.size) > GREATEST:
        raise Unprovable("large")
    tiny = a.tiny * b.tiny
    # A factor of at least 1 brings nothing nearer to zero.
    if tiny < SMALLEST and max(a.tiny, b.tiny) < 1.0:
        raise Unprovable("small")
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return Range(min(corners), max(corners), max(tiny, _DENORMAL), a.zero or b.zero, a.null or b.null)


def divide(a: Range, b: Range) -> Range:
    """``a / b``."""
    if a.empty or b.empty:
        return Range(math.inf, -math.inf, math.inf, False, True)
    if b.zero:
        raise Unprovable("domain")
    if a.size > GREATEST or b.size > GREATEST or a.size / b.tiny > GREATEST:
        raise Unprovable("large")
    if a.tiny / b.size < SMALLEST:
        raise Unprovable("small")
    if b.low > 0.0 or b.high < 0.0:
        corners = [x / y for x in (a.low, a.high) for y in (b.low, b.high)]
    else:
        corners = [-a.size / b.tiny, a.size / b.tiny]
    return Range(min(corners), max(corners), a.tiny / b.size, a.zero, a.null or b.null)


def minimum(a: Range, b: Range) -> Range:
    """``least(a, b)``."""
    low, high = min(a.low, b.low), min(a.high, b.high)
    return span(low, high, min(a.tiny, b.tiny), a.zero or b.zero, a.null or b.null)


def maximum(a: Range, b: Range) -> Range:
    """``greatest(a, b)``."""
    low, high = max(a.low, b.low), max(a.high, b.high)
    return span(low, high, min(a.tiny, b.tiny), a.zero or b.zero, a.null or b.null)
