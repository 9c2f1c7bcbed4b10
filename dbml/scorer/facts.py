"""What is known of a plan's nodes before any row is seen: it saves conditions that cannot fail.

A magnitude bounds a node that is never NaN and never infinite, because of how it is made (an indicator is 0
or 1) or because other rows are refused (its input was checked).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Results beyond are taken for unbounded: rounding might reach infinity.
_SAFE = 1e300
_UP_TO_ONE = frozenset(("sign", "sin", "cos", "tanh", "ndtr"))
# f(x) is finite only where x is.
_PROPER = frozenset(
    ("absolute", "cbrt", "ceil", "floor", "log", "log10", "log1p", "log2", "negative", "rint", "sqrt", "square")
)


class Facts:
    """Knowledge of the nodes of one plan.

    :param nodes: the plan's nodes, which may grow.
    :param numbers: the magnitude of a row's own numbers, where they are known to be no larger and not missing.
    """

    def __init__(self, nodes: Sequence[Mapping[str, Any]], numbers: float = math.inf) -> None:
        self._nodes = nodes
        self._numbers = numbers
        self._magnitudes: list[float] = []

    def add(self, node: Mapping[str, Any]) -> None:
        """Learn of the next node."""
        magnitude = self._magnitude(node, [self._magnitudes[i] for i in node.get("of", ())])
        self._magnitudes.append(magnitude if magnitude <= _SAFE or node["op"] in _KEEPING else math.inf)

    def require(self, index: int) -> None:
        """Learn that rows are refused for which a condition does not hold."""
        node = self._nodes[index]
        if node["op"] == "finite":
            self._bound(node["of"][0], sys.float_info.max)
        elif node["op"] == "all":
            for part in node["of"]:
                self.require(part)
        elif node["op"] == "less":
            small, large = node["of"]
            inner, limit = self._nodes[small], self._nodes[large]
            if inner["op"] == "function" and inner["name"] == "absolute" and limit["op"] == "constant":
                self._bound(small, limit["value"])
                self._bound(inner["of"][0], limit["value"])

    def _bound(self, index: int, magnitude: float) -> None:
        self._magnitudes[index] = min(self._magnitudes[index], magnitude)

    def truth(self, index: int) -> bool | None:
        """Whether a condition always holds, never holds, or (None) depends on the row."""
        node = self._nodes[index]
        op, of = node["op"], node.get("of", ())
        if op in ("finite", "missing"):
            return op == "finite" if self._magnitudes[of[0]] < math.inf else None
        if op == "not":
            inner = self.truth(of[0])
            return None if inner is None else not inner
        if op in ("all", "any"):
            parts = [self.truth(part) for part in of]
            decisive = bool(op == "any")
            if decisive in parts:
                return decisive
            return None if None in parts else not decisive
        if op in ("less", "less_equal"):
            (low, high), (other_low, other_high) = (self._range(part) for part in of)
            if high < other_low:
                return True
            if low > other_high:
                return False
        return None

    def implied(self, finite: Iterable[int]) -> set[int]:
        """Nodes that are finite wherever the given ones are: finite sums have finite terms."""
        found: set[int] = set()
        waiting = list(finite)
        while waiting:
            node = self._nodes[waiting.pop()]
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

    def _range(self, index: int) -> tuple[float, float]:
        node = self._nodes[index]
        if node["op"] == "constant":
            value: float = node["value"]
            return (value, value) if value == value else (-math.inf, math.inf)
        return -self._magnitudes[index], self._magnitudes[index]

    def _magnitude(self, node: Mapping[str, Any], of: Sequence[float]) -> float:
        op = node["op"]
        if op == "number":
            return self._numbers
        if op == "constant":
            return _largest([node["value"]])
        if op == "indicator":
            return 1.0
        if op in ("lookup", "match", "step"):
            return _largest([*node["values"], node["missing"], node.get("default", 0.0)])
        if op == "trees":
            leaves = [value for column, value in zip(node["column"], node["threshold"], strict=True) if column < 0]
            return _largest(leaves) * len(node["roots"]) + _largest([node["start"]])
        if op == "select":
            return max(of[1:])
        if not of or math.inf in of:
            return math.inf
        if op in ("add", "subtract", "sum"):
            return sum(of)
        if op == "multiply":
            return of[0] * of[1]
        if op == "dot":
            return float(sum(m * abs(w) for m, w in zip(of, node["weights"], strict=True)) + abs(node["constant"]))
        if op == "divide":
            divisor = self._nodes[node["of"][1]]
            nonzero = divisor["op"] == "constant" and divisor["value"] != 0.0
            return of[0] / abs(divisor["value"]) if nonzero else math.inf
        if op in ("minimum", "maximum"):
            return max(of)
        if op in ("sigmoid", "softmax"):
            return 1.0
        if op == "interpolate":
            return _largest(node["y"])
        if op == "function":
            name = node["name"]
            if name in _UP_TO_ONE:
                return 1.0
            if name in ("negative", "absolute"):
                return of[0]
            return of[0] * of[0] if name == "square" else math.inf
        return math.inf


# These do no arithmetic, so the largest number itself is no danger.
_KEEPING = frozenset(("constant", "select", "lookup", "match", "step", "minimum", "maximum", "interpolate", "function"))


def _largest(values: Sequence[float]) -> float:
    """The largest magnitude; infinite where one is infinite or NaN."""
    if not all(math.isfinite(value) for value in values):
        return math.inf
    return max((abs(value) for value in values), default=0.0)
