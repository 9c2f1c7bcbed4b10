"""What values a node of a plan can have, before any row is seen.

Bounds are computed with the very operations they bound: those round monotonely, so the bounds hold exactly. They save
conditions that cannot fail (:class:`Bounds`), and prove that plain SQL cannot raise (:mod:`.sql.proof`).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dbml._plpython import ieee
from dbml._plpython.plan import entry

DENORMAL = 5e-324


@dataclass(frozen=True)
class Range:
    """Values from ``low`` to ``high``; nothing at all where ``low > high``.

    :param tiny: what is not zero is at least so far from it.
    :param zero: whether it may be zero.
    :param missing: whether it may be NaN, which the fast form of SQL says as NULL.
    """

    low: float
    high: float
    tiny: float
    zero: bool
    missing: bool

    @property
    def size(self) -> float:
        """The greatest magnitude."""
        return max(-self.low, self.high, 0.0)

    @property
    def empty(self) -> bool:
        """Whether it is always missing."""
        return self.low > self.high

    @property
    def finite(self) -> bool:
        """Whether it is never missing and never infinite."""
        return not self.missing and self.size < math.inf

    def present(self) -> Range:
        """The same where it is known not to be missing."""
        return replace(self, missing=False)

    def never_zero(self) -> Range:
        """The same where it is known not to be zero."""
        return replace(self, zero=False)

    def within(self, low: float, high: float) -> Range:
        """The part between two bounds."""
        return span(max(self.low, low), min(self.high, high), self.tiny, self.zero, self.missing)


def span(low: float, high: float, tiny: float = DENORMAL, zero: bool = True, missing: bool = False) -> Range:
    """A range; what the bounds say of zero is worked out."""
    if low > 0.0 or high < 0.0:
        tiny, zero = max(tiny, low, -high), False
    return Range(low, high, max(tiny, DENORMAL), zero, missing)


NOTHING = Range(math.inf, -math.inf, math.inf, False, True)
ANYTHING = Range(-math.inf, math.inf, DENORMAL, True, True)
UP_TO_ONE = span(0.0, 1.0)


def of_values(values: Iterable[float]) -> Range:
    """The range of a few values; NaN among them is missing."""
    given = list(values)
    known = [value for value in given if value == value]
    if not known:
        return NOTHING
    tiny = min((abs(value) for value in known if value), default=math.inf)
    return Range(min(known), max(known), tiny, 0.0 in known, len(known) < len(given))


def union(a: Range, b: Range) -> Range:
    """Either."""
    low, high = min(a.low, b.low), max(a.high, b.high)
    return Range(low, high, min(a.tiny, b.tiny), a.zero or b.zero, a.missing or b.missing)


def negative(a: Range) -> Range:
    """``-a``."""
    return Range(-a.high, -a.low, a.tiny, a.zero, a.missing)


def absolute(a: Range) -> Range:
    """``abs(a)``."""
    low = 0.0 if a.low <= 0.0 <= a.high else min(abs(a.low), abs(a.high))
    return Range(low, a.size, a.tiny, a.zero, a.missing)


def add(a: Range, b: Range) -> Range:
    """``a + b`` of finite numbers."""
    if a.empty or b.empty:
        return NOTHING
    low, high = a.low + b.low, a.high + b.high
    missing = a.missing or b.missing
    for constant, other in ((a, b), (b, a)):
        if constant.low == constant.high:
            value = abs(constant.low)
            if value == 0.0:
                return Range(other.low, other.high, other.tiny, other.zero, missing)
            # Doubles near another lie at least its last half step apart.
            return span(low, high, value * 2.0**-54, low <= 0.0 <= high, missing)
    if min(a.low, b.low) >= 0.0 or max(a.high, b.high) <= 0.0:
        return span(low, high, min(a.tiny, b.tiny), a.zero and b.zero, missing)
    # Both are multiples of the last step of the smaller's smallest value.
    return span(low, high, min(a.tiny, b.tiny) * 2.0**-54, True, missing)


def subtract(a: Range, b: Range) -> Range:
    """``a - b`` of finite numbers."""
    return add(a, negative(b))


def multiply(a: Range, b: Range) -> Range:
    """``a * b`` of finite numbers."""
    if a.empty or b.empty:
        return NOTHING
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    tiny = max(a.tiny * b.tiny, DENORMAL)
    return Range(min(corners), max(corners), tiny, a.zero or b.zero, a.missing or b.missing)


def divide(a: Range, b: Range) -> Range:
    """``a / b`` of finite numbers, the second of which is never zero."""
    if a.empty or b.empty:
        return NOTHING
    if b.low > 0.0 or b.high < 0.0:
        corners = [x / y for x in (a.low, a.high) for y in (b.low, b.high)]
    else:
        corners = [-a.size / b.tiny, a.size / b.tiny]
    return Range(min(corners), max(corners), a.tiny / b.size, a.zero, a.missing or b.missing)


def minimum(a: Range, b: Range) -> Range:
    """The smaller; missing if either is."""
    low, high = min(a.low, b.low), min(a.high, b.high)
    return span(low, high, min(a.tiny, b.tiny), a.zero or b.zero, a.missing or b.missing)


def maximum(a: Range, b: Range) -> Range:
    """The greater; missing if either is."""
    low, high = max(a.low, b.low), max(a.high, b.high)
    return span(low, high, min(a.tiny, b.tiny), a.zero or b.zero, a.missing or b.missing)


# --- the nodes of a plan ---

# Results beyond are taken for unbounded: rounding might reach infinity.
_SAFE = 1e300
Node = Mapping[str, Any]
# f(x) is finite only where x is.
_PROPER = frozenset(
    ("absolute", "cbrt", "ceil", "floor", "log", "log10", "log1p", "log2", "negative", "rint", "sqrt", "square")
)


class Bounds:
    """What is known of the nodes of one plan.

    :param nodes: the plan's nodes, which may grow.
    :param number: what the row's own numbers can be.
    """

    def __init__(self, nodes: Sequence[Node], number: Range = ANYTHING) -> None:
        self.nodes = nodes
        self.number = number
        self._ranges: list[Range] = []

    def add(self, node: Node) -> None:
        """Learn of the next node."""
        of = [self._ranges[i] for i in node.get("of", ())]
        numeric = node["op"] not in TRUTHS and node["op"] not in TEXTS
        self._ranges.append(entry(RANGES, node, "bounds")(self, node, of) if numeric else ANYTHING)

    def require(self, index: int) -> None:
        """Learn that rows are refused for which a condition does not hold."""
        node = self.nodes[index]
        if node["op"] == "finite":
            self._bound(node["of"][0], sys.float_info.max)
        elif node["op"] == "all":
            for part in node["of"]:
                self.require(part)
        elif node["op"] == "less":
            small, large = node["of"]
            inner, limit = self.nodes[small], self.nodes[large]
            if inner["op"] == "function" and inner["name"] == "absolute" and limit["op"] == "constant":
                self._bound(small, limit["value"])
                self._bound(inner["of"][0], limit["value"])

    def _bound(self, index: int, magnitude: float) -> None:
        self._ranges[index] = self._ranges[index].within(-magnitude, magnitude).present()

    def range(self, index: int) -> Range:
        """What a number can be."""
        return self._ranges[index]

    def truth(self, index: int) -> bool | None:
        """Whether a condition always holds, never holds, or (None) depends on the row."""
        node = self.nodes[index]
        return entry(TRUTHS, node, "bounds")(self, node.get("of", ()))

    def implied(self, finite: Iterable[int]) -> set[int]:
        """Nodes that are finite wherever the given ones are: finite sums have finite terms."""
        found: set[int] = set()
        waiting = list(finite)
        while waiting:
            node = self.nodes[waiting.pop()]
            op, of = node["op"], node.get("of", [])
            if op == "divide":
                of = of[:1]
            elif not (
                op in ("add", "subtract", "multiply", "sum", "dot", "round32")
                or (op == "function" and node["name"] in _PROPER)
            ):
                continue
            waiting += [index for index in of if index not in found]
            found.update(of)
        return found


def _of_table(bounds: Bounds, node: Node, of: Sequence[Range]) -> Range:
    return of_values([*node["values"], node["missing"], node.get("default", 0.0)])


def _of_leaves(bounds: Bounds, node: Node, of: Sequence[Range]) -> Range:
    leaves = of_values(value for column, value in zip(node["column"], node["threshold"], strict=True) if column < 0)
    size = leaves.size * len(node["roots"]) + abs(node["start"])
    return span(-size, size) if size <= _SAFE and not leaves.missing else ANYTHING


def _if_finite(function: Callable[[Node, Sequence[Range]], Range]) -> Callable[[Bounds, Node, Sequence[Range]], Range]:
    """Arithmetic on numbers that are all finite; what others come to is anything."""

    def found(bounds: Bounds, node: Node, of: Sequence[Range]) -> Range:
        return function(node, of) if of and all(each.finite for each in of) else ANYTHING

    return found


def _arithmetic(function: Callable[[Node, Sequence[Range]], Range]) -> Callable[[Bounds, Node, Sequence[Range]], Range]:
    def safe(node: Node, of: Sequence[Range]) -> Range:
        found = function(node, of)
        return found if found.size <= _SAFE else ANYTHING

    return _if_finite(safe)


def _sum(node: Node, of: Sequence[Range]) -> Range:
    total = of[0]
    for each in of[1:]:
        total = add(total, each)
    return total


def _dot(node: Node, of: Sequence[Range]) -> Range:
    if not all(map(math.isfinite, node["weights"])):
        return ANYTHING
    products = [multiply(x, of_values([weight])) for x, weight in zip(of, node["weights"], strict=True)]
    return _sum(node, [*products, of_values([node["constant"]])])


def _function(node: Node, of: Sequence[Range]) -> Range:
    name, x = node["name"], of[0]
    if name in ("sign", "sin", "cos", "tanh", "ndtr"):
        return span(-1.0, 1.0)
    if name == "square":
        return multiply(x, x)
    if name == "sqrt" and x.low >= 0.0:
        return span(math.sqrt(x.low), math.sqrt(x.high))  # rounded as it is on every engine, and rising
    return {"negative": negative, "absolute": absolute}.get(name, lambda _: ANYTHING)(x)


def _round32(x: Range) -> Range:
    return span(ieee.round32(x.low), ieee.round32(x.high)) if x.size < 3e38 else ANYTHING


def _anything(bounds: Bounds, node: Node, of: Sequence[Range]) -> Range:
    return ANYTHING


RANGES: dict[str, Callable[[Bounds, Node, Sequence[Range]], Range]] = {
    "number": lambda bounds, node, of: bounds.number,
    "constant": lambda bounds, node, of: of_values([node["value"]]),
    "add": _arithmetic(lambda node, of: add(of[0], of[1])),
    "subtract": _arithmetic(lambda node, of: subtract(of[0], of[1])),
    "multiply": _arithmetic(lambda node, of: multiply(of[0], of[1])),
    "divide": _arithmetic(lambda node, of: ANYTHING if of[1].zero else divide(of[0], of[1])),
    "minimum": _if_finite(lambda node, of: minimum(of[0], of[1])),
    "maximum": _if_finite(lambda node, of: maximum(of[0], of[1])),
    "modulo": _anything,
    "function": _if_finite(_function),
    "round32": _if_finite(lambda node, of: _round32(of[0])),
    "sum": _arithmetic(_sum),
    "dot": _arithmetic(_dot),
    "sigmoid": _if_finite(lambda node, of: UP_TO_ONE),
    "softmax": _if_finite(lambda node, of: UP_TO_ONE),
    "indicator": lambda bounds, node, of: of_values([0.0, 1.0]),
    "select": lambda bounds, node, of: union(of[1], of[2]),
    "lookup": _of_table,
    "match": _of_table,
    "step": _of_table,
    "interpolate": _if_finite(lambda node, of: of_values(node["y"])),
    "polynomial": _anything,
    "weighted_median": _anything,
    "kernel": _anything,
    "bag": _anything,
    "hashed": _anything,
    "vote": lambda bounds, node, of: ANYTHING,
    "imputed": lambda bounds, node, of: ANYTHING,
    # No text is longer than a gigabyte.
    "term": lambda bounds, node, of: of_values([0.0, 2.0**30]),
    "trees": _of_leaves,
}
# Of texts and of rows that were found there is nothing to bound.
TEXTS = frozenset(("text", "fill", "replace", "near", "within", "apart"))


def _less(bounds: Bounds, of: Sequence[int]) -> bool | None:
    a, b = (bounds.range(part) for part in of)
    if a.low > b.high:
        return False
    return True if a.high < b.low and not (a.missing or b.missing) else None


def _joined(bounds: Bounds, of: Sequence[int], decisive: bool) -> bool | None:
    parts = [bounds.truth(part) for part in of]
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _not(bounds: Bounds, of: Sequence[int]) -> bool | None:
    inner = bounds.truth(of[0])
    return None if inner is None else not inner


TRUTHS: dict[str, Callable[[Bounds, Sequence[int]], bool | None]] = {
    "less": _less,
    "less_equal": _less,
    "equal": lambda bounds, of: None,
    "finite": lambda bounds, of: True if bounds.range(of[0]).finite else None,
    "missing": lambda bounds, of: False if bounds.range(of[0]).finite else None,
    "absent": lambda bounds, of: None,
    "is": lambda bounds, of: None,
    "not": _not,
    "all": lambda bounds, of: _joined(bounds, of, False),
    "any": lambda bounds, of: _joined(bounds, of, True),
}
