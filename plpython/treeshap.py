"""What each column adds to the sum of an ensemble of trees, for one row: path-dependent TreeSHAP.

A column that is not known goes both ways, in the shares in which the training data went (Lundberg et al., *From local
explanations to global understanding with explainable AI for trees*, Nature Machine Intelligence 2020). Of one leaf
this game is a product over the columns on its path: of a known one, 1 or 0, whether the row keeps to the path; of one
that is not known, the product of its shares. The Shapley value of a product is an integral over how likely the others
are to be known (Owen, *Multilinear extensions of games*, 1972), of a polynomial: a few Gauss points give it exactly.
The factors of a path are multiplied on the way down and leaves added on the way up, so each node is seen once.

This module needs the standard library alone; :mod:`.treeshap_batch` says the same of many rows by numpy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

# A share of 0 would be divided by: such a leaf counts for rows that get there and, beyond rounding, for no others.
_LEAST = 1e-150


class Trees:
    """An ensemble, with the shares in which training data went.

    :param node: a node ``trees`` of a plan.
    :param cover: per node of its trees how much training data came by.
    """

    def __init__(self, node: Mapping[str, Any], cover: Sequence[float]) -> None:
        self.column, self.threshold = node["column"], node["threshold"]
        self.left, self.right, self.roots = node["left"], node["right"], node["roots"]
        self.strict = bool(node.get("strict"))
        self.missing_left = node.get("missing_left") or [0] * len(self.column)
        self.sets = {int(place): frozenset(values) for place, values in node.get("sets", {}).items()}
        self.share_left = [
            _share(cover[self.left[place]], cover[self.right[place]]) if column >= 0 else 0.0
            for place, column in enumerate(self.column)
        ]
        self.base = node["start"] + math.fsum(self._means())
        # How many points each tree takes.
        self.counts = [(self._columns_on_a_path(root) + 1) // 2 for root in self.roots]

    def _means(self) -> list[float]:
        """What each tree answers where nothing is known."""
        mean = list(self.threshold)
        for place in reversed(range(len(mean))):
            if self.column[place] >= 0:
                share = self.share_left[place]
                mean[place] = share * mean[self.left[place]] + (1.0 - share) * mean[self.right[place]]
        return [mean[root] for root in self.roots]

    def _columns_on_a_path(self, root: int) -> int:
        """How many columns the longest path below a root asks for."""
        most = 0
        waiting: list[tuple[int, frozenset[int]]] = [(root, frozenset())]
        while waiting:
            place, asked = waiting.pop()
            if self.column[place] < 0:
                most = max(most, len(asked))
            else:
                asked |= {self.column[place]}
                waiting += [(self.left[place], asked), (self.right[place], asked)]
        return most

    def goes_left(self, place: int, x: float) -> bool:
        """Which way a row goes."""
        if x != x:
            return bool(self.missing_left[place])
        if place in self.sets:
            return x in self.sets[place]
        threshold: float = self.threshold[place]
        return x < threshold if self.strict else x <= threshold

    def contributions(self, row: Sequence[float], pause: Callable[[], None]) -> list[float]:
        """What each column adds to :attr:`base`, for a row of what the trees ask for.

        :param pause: called between trees.
        """
        found = [0.0] * len(row)
        for root, count in zip(self.roots, self.counts):
            points = gauss(count)
            _Walk(self, row, points, found).down(root, [weight for _, weight in points])
            pause()
        return found


class _State(NamedTuple):
    """What is known of a column on the way to a node.

    :param keeps: whether the row keeps to the way.
    :param share: of the training data that would.
    :param factors: per point, the factor of the column.
    :param gains: per point, by how much knowing the column changes it, as a share of it.
    """

    keeps: bool
    share: float
    factors: Sequence[float]
    gains: Sequence[float]


class _Walk:
    def __init__(
        self, trees: Trees, row: Sequence[float], points: Sequence[tuple[float, float]], found: list[float]
    ) -> None:
        self.trees, self.row, self.points, self.found = trees, row, points, found
        self.states: dict[int, _State] = {}
        self.nothing = _State(True, 1.0, [1.0] * len(points), [0.0] * len(points))

    def down(self, place: int, product: Sequence[float]) -> list[float]:
        """Return, per point, the sum of the leaves below a node; what their columns add is added to ``found``."""
        trees = self.trees
        column = trees.column[place]
        if column < 0:
            return [trees.threshold[place] * p for p in product]
        before = self.states.get(column, self.nothing)
        left = trees.goes_left(place, self.row[column])
        share = trees.share_left[place]
        total = [0.0] * len(product)
        for child, goes, part in ((trees.left[place], left, share), (trees.right[place], not left, 1.0 - share)):
            keeps, rest = before.keeps and goes, max(before.share * part, _LEAST)
            factors = [t * keeps + (1.0 - t) * rest for t, _ in self.points]
            gains = [(keeps - rest) / factor for factor in factors]
            self.states[column] = _State(keeps, rest, factors, gains)
            below = self.down(child, [p * f / g for p, f, g in zip(product, factors, before.factors)])
            self.found[column] += sum(b * (g - h) for b, g, h in zip(below, gains, before.gains))
            total = [a + b for a, b in zip(total, below)]
        self.states[column] = before
        return total


def _share(left: float, right: float) -> float:
    both = left + right
    return left / both if both > 0.0 else 0.5


_points: dict[int, list[tuple[float, float]]] = {}


def gauss(count: int) -> list[tuple[float, float]]:
    """Points and weights between 0 and 1 that integrate polynomials up to degree ``2 * count - 1`` exactly.

    They are the roots of Legendre's polynomial, found by Newton's method (Press et al., *Numerical Recipes*, 4.6).
    """
    if count not in _points:
        found = []
        for i in range(count):
            x = math.cos(math.pi * (i + 0.75) / (count + 0.5))
            for _ in range(100):
                value, before = 1.0, 0.0
                for n in range(count):
                    value, before = ((2 * n + 1) * x * value - n * before) / (n + 1), value
                slope = count * (x * value - before) / (x * x - 1.0)
                step = value / slope
                x -= step
                if abs(step) < 1e-15:
                    break
            found.append(((1.0 + x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope)))
        _points[count] = found
    return _points[count]
