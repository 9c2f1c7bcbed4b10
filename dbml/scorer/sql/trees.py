"""Trees as nested CASE, and comparisons moved from a computed value back to what it is computed from."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dbml._plpython import ieee
from dbml.scorer.sql import ranges as ranges
from dbml.scorer.sql import text as write
from dbml.scorer.sql.ranges import Range, Unprovable

if TYPE_CHECKING:
    from dbml.scorer.sql.fast import Known, Writer

Step = Callable[[float], float]

_LONG = struct.Struct("<q")
_DOUBLE = struct.Struct("<d")
_OPPOSITE = {"<=": ">", ">=": "<"}


class Chain:
    """A value computed from one other node by steps that are monotone, in floating point as well.

    :param base: the node at the start.
    :param rising: whether the value grows with the base.
    """

    def __init__(self, writer: Writer, index: int, known: Known) -> None:
        self.steps: list[Step] = []
        self.rising = True
        while index not in known:
            node = writer.nodes[index]
            found = _monotone(writer, node)
            if found is None:
                break
            index, step, rising = found
            self.steps.insert(0, step)
            self.rising = self.rising is rising
        self.base = index

    def __call__(self, x: float) -> float:
        """The value for a base."""
        for step in self.steps:
            x = step(x)
        return x

    def cut(self, given: Range, holds: Callable[[float], bool]) -> tuple[str, float]:
        """The operator and the bound by which the base says whether ``holds(value)``.

        :param given: what the base can be.
        :param holds: true for values up to some bound, false beyond it.
        """
        sign = "<=" if self.rising else ">="
        inside, outside = (given.low, given.high) if self.rising else (given.high, given.low)
        if not holds(self(inside)):
            return sign, -math.inf if self.rising else math.inf
        if holds(self(outside)):
            return sign, outside
        near, far = _place(inside), _place(outside)
        while abs(far - near) > 1:
            middle = (near + far) // 2
            near, far = (middle, far) if holds(self(_double(middle))) else (near, middle)
        return sign, _double(near)


def pulled_back(writer: Writer, op: str, of: Sequence[int], known: Known) -> tuple[str, bool | None, bool] | None:
    """Write ``less`` or ``less_equal`` between a chain and a constant; None where it is no such thing."""
    flipped = _constant(writer, of[0]) is not None
    bound = _constant(writer, of[0] if flipped else of[1])
    if bound is None or bound != bound:
        return None
    chain = Chain(writer, of[1] if flipped else of[0], known)
    if not chain.steps:
        return None
    text, given = writer.number(chain.base, known)
    if given.empty:
        return "false", False, False
    # What is asked for, or its opposite where the constant stands first.
    strict = (op == "less") is not flipped
    sign, cut = chain.cut(given, (lambda x: x < bound) if strict else (lambda x: x <= bound))
    if math.isinf(cut) or cut == (given.high if chain.rising else given.low):
        always = math.isinf(cut) is flipped
        if not (always and given.null):
            return "true" if always else "false", always, False
        return f"({text} is not null)", None, False
    return f"({text} {_OPPOSITE[sign] if flipped else sign} {write.number(cut)})", None, given.null


class Trees:
    """Writes one ``trees`` node."""

    def __init__(self, writer: Writer, node: Mapping[str, Any], known: Known) -> None:
        self.writer, self.node, self.known = writer, node, known
        self.missing_left = node.get("missing_left")
        self.sets = node.get("sets", {})
        self.chains: dict[int, Chain] = {}
        self.length = 0

    def write(self) -> tuple[str, Range]:
        """The sum of all trees and its range."""
        node = self.node
        single = node.get("precision") == 32
        start = float(node["start"])
        total = ranges.of_values([start])
        if single and ieee.round32(start) != start:
            raise Unprovable("domain")
        text = write.number(start) if start or not node["roots"] or single else ""
        for root in node["roots"]:
            tree = self._tree(root, 0)
            leaves = ranges.of_values(self._leaves(root))
            total = ranges.add(total, leaves)
            if single:
                # Sums of float32 are multiples of the smallest float32, so none but zero rounds to zero.
                if any(ieee.round32(leaf) != leaf for leaf in self._leaves(root)) or total.size > 1e38:
                    raise Unprovable("domain")
                text = f"({text} + {tree})::float4::float8"
            else:
                text = f"{text} + {tree}" if text else tree
            self.length += len(text) if single else len(tree)
            self.writer.bound.length(self.length)
        return (text if single else f"({text})"), total

    def _leaves(self, root: int) -> list[float]:
        found, waiting = [], [root]
        while waiting:
            place = waiting.pop()
            if self.node["column"][place] < 0:
                found.append(float(self.node["threshold"][place]))
            else:
                waiting += [self.node["left"][place], self.node["right"][place]]
        return found

    def _tree(self, place: int, depth: int) -> str:
        if self.node["column"][place] < 0:
            return write.number_or_null(float(self.node["threshold"][place]))
        self.writer.bound.depth(depth)
        condition, truth, first = self._split(place)
        yes, no = (self.node["left"][place], self.node["right"][place])
        if not first:
            yes, no = no, yes
        if truth is not None:
            return self._tree(yes if truth else no, depth + 1)
        chosen, other = self._tree(yes, depth + 1), self._tree(no, depth + 1)
        return self.writer.bounded(f"case when {condition} then {chosen} else {other} end")

    def _split(self, place: int) -> tuple[str, bool | None, bool]:
        """A condition, its truth where known, and whether a row for which it holds goes left (else right).

        Rows for which it is NULL go the way of those for which it is false.
        """
        index = self.node["of"][self.node["column"][place]]
        missing_left = bool(self.missing_left is not None and self.missing_left[place])
        goes_left = self._goes_left(place)
        table = self.writer.facts.tables[index]
        if table is not None:
            from dbml.scorer.sql.fast import text_condition

            values = [missing_left if x != x else goes_left(x) for x in table]
            condition, truth, _ = text_condition(values, self.writer.facts, self.writer.facts.texts[index])
            return condition, truth, True
        if index not in self.chains:
            self.chains[index] = Chain(self.writer, index, self.known)
        chain = self.chains[index]
        base = self.writer.nodes[chain.base]
        if base["op"] == "indicator":
            by_value = goes_left(chain(0.0)), goes_left(chain(1.0))
            if by_value[0] == by_value[1]:
                return "", by_value[0], True
            condition, truth, _ = self.writer.condition(base["of"][0], self.known)
            return condition, truth, by_value[1]
        if str(place) in self.sets:
            return self._by_set(index, place, missing_left)
        text, given = self.writer.number(chain.base, self.known)
        if given.empty:
            return "", missing_left, True
        sign, cut = chain.cut(given, goes_left)
        if missing_left and given.null:
            return f"{text} {_OPPOSITE[sign]} {write.number(cut)}", None, False
        return f"{text} {sign} {write.number(cut)}", None, True

    def _by_set(self, index: int, place: int, missing_left: bool) -> tuple[str, bool | None, bool]:
        text, given = self.writer.number(index, self.known)
        values = [float(value) for value in self.sets[str(place)] if value == value]
        if not values:
            return (f"{text} is null", None, True) if missing_left else ("", False, True)
        listed = f"{text} in ({', '.join(write.number(value) for value in values)})"
        return (f"({listed}) is not false" if missing_left and given.null else listed), None, True

    def _goes_left(self, place: int) -> Callable[[float], bool]:
        """What a split says of a value that is not missing."""
        values = self.sets.get(str(place))
        if values is not None:
            known = {float(value) for value in values}
            return lambda x: x in known
        threshold = float(self.node["threshold"][place])
        if self.node.get("strict"):
            return lambda x: x < threshold
        return lambda x: x <= threshold


def _monotone(writer: Writer, node: Mapping[str, Any]) -> tuple[int, Step, bool] | None:
    """The node below, the step from it, and whether the step rises."""
    op, of = node["op"], node.get("of", [])
    if op == "round32":
        return of[0], ieee.round32, True
    if op == "function" and node["name"] == "negative":
        return of[0], lambda x: -x, False
    if op not in ("add", "subtract", "multiply", "divide", "minimum", "maximum"):
        return None
    first, second = (_constant(writer, i) for i in of)
    if (first is None) == (second is None):
        return None
    value = first if first is not None else second
    if value is None or not math.isfinite(value):
        return None
    below = of[1] if first is not None else of[0]
    if op == "add":
        return below, lambda x: x + value, True
    if op == "subtract":
        return (below, lambda x: x - value, True) if first is None else (below, lambda x: value - x, False)
    if op == "minimum":
        return below, lambda x: min(x, value), True
    if op == "maximum":
        return below, lambda x: max(x, value), True
    if value == 0.0 or (op == "divide" and first is not None):
        return None
    return (below, lambda x: x * value, value > 0.0) if op == "multiply" else (below, lambda x: x / value, value > 0.0)


def _constant(writer: Writer, index: int) -> float | None:
    table = writer.facts.tables[index]
    return float(table[0]) if table is not None and not writer.facts.texts[index] else None


def _place(x: float) -> int:
    """Doubles counted in their order."""
    bits: int = _LONG.unpack(_DOUBLE.pack(x + 0.0))[0]
    return bits if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF)


def _double(place: int) -> float:
    x: float = _DOUBLE.unpack(_LONG.pack(abs(place)))[0]
    return x if place >= 0 else -x
