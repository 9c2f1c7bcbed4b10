"""Builds plans: formulas in Python become nodes of a plan.

:mod:`dbml._plpython.plan` defines what a plan is; this module is how estimators are written down as one::

    plan = Builder(numbers=2, texts=0)
    x, y = plan.number(0), plan.number(1)
    plan.check(x.finite(), "Input X contains NaN or infinity")
    document = plan.finish(((x - 3.5) / 2.0 + y).sigmoid())

Nothing is computed here, except between constants. Equal nodes are one node, and what the output does not need
is left out.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dbml._plpython import plan as format_
from dbml._plpython.operations import OPERATIONS, inputs
from dbml.scorer import thresholds, words
from dbml.scorer.bounds import Bounds, span
from dbml.scorer.values import Number, Value, floats

__all__ = ["Builder", "Number", "Unsupported", "Value"]

# Where a sum is below this, its parts in float32 are finite in whatever order they come.
LARGEST32 = 1e38


class Unsupported(Exception):
    """A part of a model that no plan, or no engine, expresses; the message names it."""


class Builder:
    """A plan under construction.

    :param numbers: how many features of a row are numbers (float, integer, boolean).
    :param texts: how many are texts.
    """

    def __init__(self, numbers: int, texts: int) -> None:
        self.numbers = numbers
        self.texts = texts
        self._nodes: list[dict[str, Any]] = []
        self._known: dict[str, Value] = {}
        self._checks: dict[int, str] = {}
        #: Columns that are words of a text, by their nodes.
        self.words: dict[int, words.Word] = {}
        self._bounds = Bounds(self._nodes)
        self._single: dict[int, float] = {}

    def number(self, index: int) -> Value:
        """The row's number at this place."""
        return self.node("number", index=index)

    def text(self, index: int) -> Value:
        """The row's text at this place."""
        return self.node("text", index=index)

    def constant(self, value: float) -> Value:
        """A number."""
        return self.node("constant", value=float(value))

    def op(self, value: Value) -> str:
        """The operation of a node."""
        return str(self._nodes[value.index]["op"])

    def known(self, value: Value) -> float | None:
        """The number that a constant is; None of any other node."""
        node = self._nodes[value.index]
        return float(node["value"]) if node["op"] == "constant" else None

    def argument(self, value: Value) -> Value:
        """The first node that a node is computed from."""
        return self._value(self._nodes[value.index]["of"][0])

    def _value(self, index: int) -> Value:
        return Value(self, index, OPERATIONS[self._nodes[index]["op"]].gives)

    def sum(self, values: Sequence[Number]) -> Value:
        """The sum, from left to right."""
        return self.node("sum", *values)

    def dot(self, values: Sequence[Value], weights: Iterable[float], constant: float = 0.0) -> Value:
        """``values @ weights + constant``. Terms of weight 0 stay: 0 · infinity is NaN."""
        pairs = list(zip(values, floats(weights), strict=True))
        if sum(value.index in self.words for value in values) >= words.TOGETHER:
            known = [(self.words[value.index], weight) for value, weight in pairs if value.index in self.words]
            parts = [self._bagged(bag) for bag in words.bags(known)]
            others = [(value, weight) for value, weight in pairs if value.index not in self.words]
            rest = (
                self.dot([value for value, _ in others], [weight for _, weight in others], constant)
                if others
                else constant
            )
            return self.sum([*parts, rest])
        return self.node("dot", *values, weights=[weight for _, weight in pairs], constant=float(constant))

    def single(self, value: Value, beside: float = 0.0) -> Value:
        """A sum or logarithm of the estimator's in float32, and so only nearly the plan's: :mod:`.rounding`.

        :param beside: magnitude of what it adds up beforehand, and the plan has as one number.
        """
        if self.op(value) in ("dot", "sum", "function"):
            self._single[value.index] = max(beside, self._single.get(value.index, 0.0))
        elif self.op(value) != "constant":
            raise Unsupported(f"{self.op(value)} in float32")
        return value

    @property
    def in_single(self) -> bool:
        """Whether the estimator computes a sum in float32."""
        return bool(self._single)

    def _bagged(self, bag: words.Bag) -> Value:
        found = self.node("bag", self._value(bag.text), **bag.fields)
        return found if bag.divisor is None else found / self._value(bag.divisor)

    def sum_of_words(self, values: Sequence[Value], *, square: bool) -> Value:
        """The sum of columns that are words, or of their squares."""
        known = [(self.words[value.index], 1.0) for value in values]
        return self.sum([self._bagged(bag) for bag in words.bags(known, square=square)])

    def softmax(self, values: Sequence[Value]) -> list[Value]:
        """``scipy.special.softmax`` of one row."""
        return [self.node("softmax", *values, index=index) for index in range(len(values))]

    def kernel(
        self,
        values: Sequence[Value],
        kind: str,
        vectors: Sequence[Sequence[float]],
        weights: Iterable[float],
        constant: float = 0.0,
        *,
        gamma: float = 1.0,
        shift: float = 0.0,
        degree: int = 0,
    ) -> Value:
        """The constant and the weighted kernels of a row with each vector.

        :param kind: ``rbf``, ``exp(-gamma (x - v)**2)``; ``poly``, ``(gamma x v + shift)**degree``; or ``sigmoid``,
            ``tanh(gamma x v + shift)``; or ``linear``, ``x v``; ``rational``, ``(1 + gamma (x - v)**2)**-shift``; or
            ``matern`` with ``nu = degree / 2``.
        """
        return self.node(
            "kernel",
            *values,
            kind=kind,
            vectors=[floats(vector) for vector in vectors],
            weights=floats(weights),
            gamma=-float(gamma) if kind == "rbf" else float(gamma),
            shift=float(shift),
            degree=int(degree),
            constant=float(constant),
        )

    def near(
        self, values: Sequence[Value], rows: Sequence[Sequence[float]], count: int, power: float, leaf: int, first: int
    ) -> Value:
        """The rows that are nearest; see the operation ``near``."""
        listed = [floats(row) for row in rows]
        return self.node("near", *values, rows=listed, count=int(count), power=power, leaf=int(leaf), first=int(first))

    def within(
        self, values: Sequence[Value], rows: Sequence[Sequence[float]], power: float, radius: float, leaf: int
    ) -> Value:
        """The rows that are no farther than the radius; see the operation ``within``."""
        listed = [floats(row) for row in rows]
        return self.node("within", *values, rows=listed, power=power, radius=float(radius), leaf=int(leaf))

    def vote(self, found: Value, values: Iterable[float], *, by_distance: bool) -> Value:
        """The mean of what stands beside the rows that were found."""
        return self.node("vote", found, values=floats(values), by_distance=int(by_distance))

    def apart(self, values: Sequence[Value], rows: Sequence[Sequence[float]]) -> Value:
        """How far each of these rows is; see the operation ``apart``."""
        return self.node("apart", *values, rows=[floats(row) for row in rows])

    def imputed(
        self, value: Value, apart: Value, column: int, count: int, default: float, *, by_distance: bool
    ) -> Value:
        """The value, or the mean of a column in the nearest rows; see the operation ``imputed``."""
        says = {"column": int(column), "count": int(count), "by_distance": int(by_distance), "default": float(default)}
        return self.node("imputed", value, apart, **says)

    def weighted_median(self, values: Sequence[Value], weights: Iterable[float]) -> Value:
        """Of the values in order, the first at which the weights up to it reach half of all."""
        return self.node("weighted_median", *values, weights=floats(weights))

    def all(self, conditions: Sequence[Value]) -> Value:
        """Whether every condition holds."""
        return self._joined("all", conditions)

    def any(self, conditions: Sequence[Value]) -> Value:
        """Whether one condition holds."""
        return self._joined("any", conditions)

    def _joined(self, op: str, conditions: Sequence[Value]) -> Value:
        """Join conditions, without those that every row answers alike."""
        truths = [self._bounds.truth(condition.index) for condition in conditions]
        decisive = op == "any"
        if decisive in truths:
            return self.node("any" if op == "all" else "all")
        left = [condition for condition, truth in zip(conditions, truths, strict=True) if truth is None]
        return left[0] if len(left) == 1 else self.node(op, *left)

    def argmax(self, values: Sequence[Value]) -> list[Value]:
        """Per value, the condition that it is the first of the greatest, as ``numpy.argmax``: NaN is greatest."""
        found = []
        for i, value in enumerate(values):
            beats = [other.less(value) for other in values[:i]] + [other.less_equal(value) for other in values[i + 1 :]]
            first_missing = [value.missing(), *(~other.missing() for other in values[:i])]
            found.append(self.all(beats) | self.all(first_missing))
        return found

    def trees(self, columns: Sequence[Value], ensemble: Mapping[str, Any]) -> Value:
        """Sum of the leaves that a row reaches; ``ensemble`` as :data:`dbml._plpython.operations.OPERATIONS` tells."""
        asked: list[list[int]] = [[] for _ in columns]
        for place, column in enumerate(ensemble["column"]):
            if column >= 0:
                asked[column].append(place)
        sets = ensemble.get("sets", {})
        of, threshold = list(columns), list(ensemble["threshold"])
        for column, places in enumerate(asked):
            if any(str(place) in sets for place in places):
                continue
            base, edges = thresholds.moved(
                self._nodes, of[column].index, [threshold[i] for i in places], strict=bool(ensemble.get("strict"))
            )
            of[column] = self._value(base)
            for place, edge in zip(places, edges, strict=True):
                threshold[place] = edge
        return self.node("trees", *of, **{"start": 0.0, **ensemble, "threshold": threshold})

    def compare(self, op: str, one: Number, other: Number) -> Value:
        """``less`` or ``less_equal``; with a number, of what is scaled or clipped before it is scaled or clipped."""
        values = [v if isinstance(v, Value) else self.constant(v) for v in (one, other)]
        for constant, value in (values, values[::-1]):
            if self.op(constant) != "constant" or math.isnan(edge := self._nodes[constant.index]["value"]):
                continue
            # Where the constant stands first, what is moved is the threshold of the opposite.
            first = constant is values[0]
            base, (edge,) = thresholds.moved(self._nodes, value.index, [edge], strict=(op == "less") is not first)
            pair = [self.constant(edge), self._value(base)]
            return self.node(op, *(pair if first else pair[::-1]))
        return self.node(op, *values)

    def check(self, condition: Value, because: str) -> None:
        """Refuse rows for which the condition does not hold; one that always holds costs nothing."""
        if not self._bounds.truth(condition.index):
            self._checks.setdefault(condition.index, because)
            self._bounds.require(condition.index)

    def node(self, op: str, *of: Number, **fields: Any) -> Value:
        """Add a node, or find the equal one."""
        operation = OPERATIONS[op]
        values = [v if isinstance(v, Value) else self.constant(v) for v in of]
        kinds, wanted = "".join(v.kind for v in values), inputs(operation, len(of))
        if kinds != wanted:
            raise TypeError(f"{op} takes {wanted}, not {kinds}")
        node = {"op": op, **({"of": [v.index for v in values]} if values else {}), **fields}
        key = json.dumps(node, sort_keys=True)
        if key not in self._known:
            self._known[key] = Value(self, len(self._nodes), operation.gives)
            self._nodes.append(node)
            self._bounds.add(node)
        return self._known[key]

    def finish(self, output: Value, others: Sequence[Value] = ()) -> dict[str, Any]:
        """Return the plan as data, with the nodes that the output and the checks need.

        :param others: further answers, for a plan of all.
        """
        limit = self._limit_of_single(format_.closure(self._nodes, [output.index, *(other.index for other in others)]))
        checks = self._needed_checks()
        needed = format_.closure(self._nodes, [output.index, *(other.index for other in others), *checks])
        places = {old: new for new, old in enumerate(sorted(needed))}
        nodes = []
        for old in sorted(needed):
            node = dict(self._nodes[old])
            if "of" in node:
                node["of"] = [places[i] for i in node["of"]]
            nodes.append(node)
        ordinary = Bounds(self._nodes, span(-format_.ORDINARY, format_.ORDINARY))
        for node in self._nodes:
            ordinary.add(node)
        plan = {
            "format": format_.FORMAT,
            "numbers": self.numbers,
            "texts": self.texts,
            "nodes": nodes,
            "checks": [
                {"node": places[index], "because": because, **({"ordinary": True} if ordinary.truth(index) else {})}
                for index, because in checks.items()
            ],
            "output": places[output.index],
            **({"outputs": [places[each.index] for each in (output, *others)]} if others else {}),
        }
        if limit:
            beside = {str(places[old]): beside for old, beside in self._single.items() if old in needed}
            plan["single"] = {"limit": limit, "nodes": beside}
        read: dict[str, Any] = format_.loads(format_.dumps(plan))
        return read

    def _limit_of_single(self, needed: set[int]) -> float:
        """Refuse rows with numbers so large that a sum in float32 may overflow; 0 where there is none.

        :raises Unsupported: it may whatever the numbers are.
        """
        if not needed & self._single.keys():
            return 0.0
        sums = {index for index in needed & self._single.keys() if self._nodes[index]["op"] != "function"}
        if not sums:
            return sys.float_info.max
        for exponent in (53, 40, 30, 20):
            limit = 2.0**exponent
            ranges = Bounds(self._nodes, span(-limit, limit))
            for node in self._nodes:
                ranges.add(node)
            if all(ranges.range(index).size + self._single[index] < LARGEST32 for index in sums):
                break
        else:
            raise Unsupported("sums in float32 that may overflow")
        for index in sorted(format_.closure(self._nodes, sums)):
            if self._nodes[index]["op"] == "number":
                # Of the number itself: rows at the limit are then made without a search.
                number = self._value(index)
                # One that is missing is filled, or refused for that.
                inside = (self.constant(-limit).less(number) & number.less(limit)) | number.missing()
                self.check(inside, "a number is so large that float32 may overflow")
        return limit

    def _needed_checks(self) -> dict[int, str]:
        """The checks without those that others imply: where (x - m) / s is finite, x is."""

        def finite(index: int) -> list[int]:
            node = self._nodes[index]
            if node["op"] == "any":
                return [found for part in node.get("of", ()) for found in finite(part)]
            return node["of"] if node["op"] == "finite" else []

        implied = self._bounds.implied(
            place for index in self._checks if self._nodes[index]["op"] == "finite" for place in finite(index)
        )
        return {index: because for index, because in self._checks.items() if implied.isdisjoint(finite(index))}
