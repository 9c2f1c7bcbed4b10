"""Down large trees, node by node, many pairs of a tree and a row together.

A step costs two reads of memory at random: the node, which is one integer, and the row's place among the thresholds of
the column that the node asks.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

Array = Any  # a numpy array; the server's may be of any version

# Pairs of a tree and a row that go down together.
PAIRS = 32768
# So many steps are taken before who has arrived is left out.
STEPS = 3
LEFT_OUT_AT_LEAST = 0.15
# A node is the number of its left child, the place of its threshold, and a column, of so many bits; the right child
# follows the left.
CHILD, PLACE = 32, 16
LAST_PLACE = (1 << PLACE) - 1
COLUMNS_AT_MOST = 1 << 14
# Of the four parts of 16 bits that a node has, the one with its threshold's place.
_PLACE_OF_FOUR = 2 if sys.byteorder == "little" else 1


class Descent:
    """The nodes of an ensemble without sets, numbered anew from the roots down.

    :param left: of every node; a leaf leads to itself.
    :param column: of every node; what a leaf says does not matter.
    :param width: how many columns there are.
    :param strict: whether what equals a threshold goes right.
    """

    def __init__(
        self,
        roots: Array,
        inner: Array,
        column: Array,
        threshold: Array,
        left: Array,
        right: Array,
        missing_left: Array,
        width: int,
        strict: bool,
    ) -> None:
        self.side: Any = "right" if strict else "left"
        self.edges = [np.unique(threshold[inner & (column == place)]) for place in range(width)]
        self.number = np.zeros(len(column), dtype=np.intp)
        child = np.zeros(len(column), dtype=np.int64)
        level, numbered = roots, len(roots)
        self.number[roots] = np.arange(numbered)
        while level.size:
            above = level[inner[level]]
            below = numbered + 2 * np.arange(len(above))
            child[above] = below
            self.number[left[above]], self.number[right[above]] = below, below + 1
            numbered += 2 * len(above)
            level = np.concatenate((left[above], right[above]))
        # At a leaf nothing is greater than the last place, and the way goes on to the leaf itself.
        place = np.full(len(column), LAST_PLACE, dtype=np.int64)
        asked = np.zeros(len(column), dtype=np.int64)
        for i, edges in enumerate(self.edges):
            mine = inner & (column == i)
            place[mine] = np.searchsorted(edges, threshold[mine])
            asked[mine] = np.where(missing_left[mine], width + i, i)
        child = np.where(inner, child, self.number)
        self.node = np.zeros(numbered, dtype=np.int64)
        self.node[self.number] = (asked << (CHILD + PLACE)) | (place << CHILD) | child
        self.worth = np.zeros(numbered)
        self.worth[self.number] = threshold

    @staticmethod
    def takes(inner: Array, column: Array, threshold: Array, width: int) -> bool:
        """Whether nodes have room in an integer each."""
        fewer = np.bincount(column[inner], minlength=1).max() < LAST_PLACE or all(
            len(np.unique(threshold[inner & (column == place)])) < LAST_PLACE for place in range(width)
        )
        return bool(fewer and width < COLUMNS_AT_MOST and not np.isnan(threshold[inner]).any())

    def rows(self, columns: Sequence[Array], count: int) -> Array:
        """As rows, where values stand among the thresholds of their column: shape ``(count, 2 * width)``.

        What is missing is behind all of them in the first half, and before all in the second.
        """
        width = len(self.edges)
        found = np.empty((count, 2 * width), dtype=np.uint16)
        for i, (x, edges) in enumerate(zip(columns, self.edges)):
            missing = np.isnan(x)
            place = np.searchsorted(edges, x, side=self.side)
            found[:, i] = np.where(missing, LAST_PLACE, place)
            found[:, width + i] = np.where(missing, 0, place)
        return found

    def leaves(self, places: Array, rows: Array) -> Array:
        """The leaf of every row below each of these nodes, shape ``(trees, rows)`` as ``places``, by their new numbers.

        :param rows: some of :meth:`rows`.
        """
        flat, at = rows.ravel(), places.ravel()
        found = at.copy()
        row = np.tile(np.arange(len(rows)) * rows.shape[1], len(places))
        going = np.arange(at.size)
        while True:
            for _ in range(STEPS):
                node = self.node.take(at, mode="clip")
                value = flat.take((node >> (CHILD + PLACE)) + row, mode="clip")
                # The middle of the integer as it stands in memory: cheaper than to shift and mask it.
                before, at = at, (node & ((1 << CHILD) - 1)) + (value > node.view(np.uint16)[_PLACE_OF_FOUR::4])
            found[going] = at
            still = np.flatnonzero(at != before)
            if not still.size:
                return found.reshape(places.shape)
            if still.size < (1 - LEFT_OUT_AT_LEAST) * going.size:
                going, at, row = going.take(still), at.take(still), row.take(still)
