"""What each feature adds to the sum of an ensemble, for many rows: :mod:`.treeshap` by numpy.

A small tree has few ways through it: what its features add is computed once for each pattern of answers to its
questions, and a row looks its own pattern up. In larger trees all rows walk down together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .treeshap import _LEAST, Trees, gauss

Array = Any  # a numpy array; the server's may be of any version

# Trees with so many questions have a table: their answers are the bits of a byte.
QUESTIONS = 8
# Rows that walk together.
ROWS = 1024


class Forest:
    """An ensemble of trees, ready for many rows.

    :param features: per column the feature that decides it.
    """

    def __init__(self, trees: Trees, features: Sequence[int]) -> None:
        self.trees, self.features = trees, features
        # Each question is asked once, however many nodes ask it.
        self.questions: dict[tuple[Any, ...], int] = {}
        self.asked: dict[int, int] = {}
        self.tables: list[tuple[Array, list[tuple[int, Array]]]] = []
        self.large: list[tuple[int, Array]] = []
        for root, count in zip(trees.roots, trees.counts):
            inner = self._inner(root)
            for place in inner:
                self.asked[place] = self.questions.setdefault(self._question(place), len(self.questions))
            points = np.array(gauss(count)).reshape(-1, 2).T
            if not inner:
                continue
            if len(inner) <= QUESTIONS:
                self.tables.append((np.array([self.asked[place] for place in inner]), self._table(root, inner, points)))
            else:
                self.large.append((root, points))

    def _inner(self, root: int) -> list[int]:
        found, waiting = [], [root]
        while waiting:
            place = waiting.pop()
            if self.trees.column[place] >= 0:
                found.append(place)
                waiting += [self.trees.left[place], self.trees.right[place]]
        return found

    def _question(self, place: int) -> tuple[Any, ...]:
        trees = self.trees
        asks: Any = trees.sets[place] if place in trees.sets else trees.threshold[place]
        return trees.column[place], asks, bool(trees.missing_left[place])

    def _table(self, root: int, inner: Sequence[int], points: Array) -> list[tuple[int, Array]]:
        """Per feature, what it adds for each pattern of answers."""
        patterns = np.arange(1 << len(inner))
        answers = {place: (patterns >> bit & 1).astype(bool) for bit, place in enumerate(inner)}
        found: dict[int, Array] = {}
        _Walk(self, points, answers, found).down(root, np.repeat(points[1][:, None], len(patterns), axis=1))
        return list(found.items())

    def answers(self, columns: Sequence[Array]) -> Array:
        """Whether each row goes left at each question: shape ``(questions, rows)``."""
        trees = self.trees
        found = np.empty((len(self.questions), len(columns[0])), dtype=bool)
        for (column, asks, missing_left), place in self.questions.items():
            x = columns[column]
            compare = np.less if trees.strict else np.less_equal
            left = np.isin(x, list(asks)) if isinstance(asks, frozenset) else compare(x, asks)
            found[place] = left | np.isnan(x) if missing_left else left & ~np.isnan(x)
        return found

    def add(self, columns: Sequence[Array], total: Array, weight: float, pause: Callable[[], None]) -> None:
        """Add what the features add: ``total`` has the shape ``(features, rows)``.

        :param pause: called between large trees.
        """
        count = total.shape[1]
        for first in range(0, count if self.questions else 0, ROWS):
            part = [column[first : first + ROWS] for column in columns]
            answers = self.answers(part)
            found: dict[int, Array] = {}
            for questions, table in self.tables:
                pattern = np.packbits(answers.take(questions, axis=0), axis=0, bitorder="little")[0]
                for feature, worth in table:
                    added = worth.take(pattern)
                    found[feature] = found[feature] + added if feature in found else added
            for root, points in self.large:
                product = np.repeat(points[1][:, None], answers.shape[1], axis=1)
                _Walk(self, points, _Answers(self.asked, answers), found).down(root, product)
                pause()
            for feature, added in found.items():
                total[feature, first : first + ROWS] += weight * added


class _Answers:
    """Per node, which rows go left."""

    def __init__(self, asked: dict[int, int], answers: Array) -> None:
        self.asked, self.found = asked, answers

    def __getitem__(self, place: int) -> Array:
        return self.found[self.asked[place]]


class _Walk:
    """As :class:`.treeshap._Walk`, with an array of shape ``(points, rows)`` for each list of points."""

    def __init__(self, forest: Forest, points: Array, answers: Any, found: dict[int, Array]) -> None:
        self.trees, self.features = forest.trees, forest.features
        self.answers, self.found = answers, found
        self.points, self.rest = points[0][:, None], 1.0 - points[0][:, None]
        # Which rows keep to the way, the share of the training data, the factors and the gains.
        self.states: dict[int, tuple[Any, float, Any, Any]] = {}
        self.nothing = (True, 1.0, 1.0, 0.0)

    def down(self, place: int, product: Array) -> Array:
        trees = self.trees
        column = trees.column[place]
        if column < 0:
            return product * trees.threshold[place]
        before = self.states.get(column, self.nothing)
        left = self.answers[place]
        share = trees.share_left[place]
        total: Any = 0.0
        feature = self.features[column]
        for child, goes, part in ((trees.left[place], left, share), (trees.right[place], ~left, 1.0 - share)):
            keeps, rest = before[0] & goes, max(before[1] * part, _LEAST)
            out = self.rest * rest
            inside = self.points + out
            factors = np.where(keeps, inside, out)
            gains = np.where(keeps, (1.0 - rest) / inside, -1.0 / self.rest)
            self.states[column] = (keeps, rest, factors, gains)
            below = self.down(child, product * (factors / before[2]))
            added = np.einsum("ij,ij->j", below, gains - before[3])
            self.found[feature] = self.found[feature] + added if feature in self.found else added
            total = total + below
        self.states[column] = before
        return total
