"""Ensembles of trees over many rows at once, where the server has numpy.

The top of each tree, up to 64 leaves of it, goes by bit masks. Its leaves are numbered from left to right. A node that
sends a row to the right rules out the leaves on its left; of the leaves that no node rules out, the first is the row's
(Lucchese et al., QuickScorer, SIGIR 2015). What a column's value rules out, in all trees, stands in a table: a row
costs a bisection, a gather and an ``&`` for each column, and no comparison for each tree. A small tree is all top.
Below the top of a large one rows go down node by node, all that are still on their way together.

Leaves are added in the order of :mod:`.portable`, so the sums are the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .descent import PAIRS as DESCENDING
from .descent import Descent

Array = Any  # a numpy array; the server's may be of any version

# Rows that are scored together: few enough that masks and leaves stay in the processor's cache.
ROWS = 1024
BITS = 64
# Trees whose masks stand side by side: their tables stay in the cache as well.
TREES = 128
# Columns of few values are looked up as one.
MERGED_AT_MOST = 1024
# Pairs of a tree and a row that go down together.
PAIRS = 16_384
PREPARED_AT_MOST = 16


class Forest:
    """An ensemble as arrays.

    :param node: a node ``trees`` of a plan that :func:`.plan.loads` has read.
    """

    def __init__(self, node: Mapping[str, Any]) -> None:
        self.start = node["start"]
        self.single = node.get("precision") == 32
        trees = _Trees(node)
        self.blocks: list[_Block] = []
        roots = np.array(node["roots"], dtype=np.intp)
        tops = _Tops(node, trees)
        for first in range(0, len(roots), TREES):
            self.blocks.append(_Block(trees, tops, roots[first : first + TREES]))
        # What goes on below the tops, and with how many pairs of a tree and a row together.
        self.way_down: _Trees | Descent = trees
        self.pairs = PAIRS
        if any(block.deep for block in self.blocks) and (descent := trees.descent(roots)):
            self.way_down, self.pairs = descent, DESCENDING
            for block in self.blocks:
                block.leaf = descent.number[block.leaf]
            del descent.number

    def score(self, columns: Sequence[Array], count: int) -> Array:
        """The sum of the leaves of every row: float64, shape ``(count,)``.

        :param columns: what the trees ask for, each of shape ``(count,)``.
        """
        total = np.full(count, self.start, dtype=np.float64)
        deep = any(block.deep for block in self.blocks)
        rows = self.way_down.rows(columns, count) if deep else np.zeros((count, 1))
        for block in self.blocks:
            lookups = block.lookups(columns)
            for begin in range(0, count, ROWS):
                sums = total[begin : begin + ROWS]
                leaves = block.leaves([(place[begin : begin + ROWS], table) for place, table in lookups], len(sums))
                if block.deep:
                    found = self._below(block.leaf.take(leaves), rows[begin : begin + ROWS])
                else:
                    found = block.worth.take(leaves, out=block.room("worth", np.float64, len(sums)), mode="clip")
                for worth in found:
                    sums += worth
                    if self.single:
                        sums[:] = sums.astype(np.float32)
        return total

    def _below(self, places: Array, rows: Array) -> Array:
        """What the leaves below these nodes are worth; a few trees at a time."""
        together = max(1, self.pairs // len(rows))
        for first in range(0, len(places), together):
            part = places[first : first + together]
            part[:] = self.way_down.leaves(part, rows)
        return self.way_down.worth.take(places)


class _Trees:
    """The nodes of an ensemble. Leaves lead to themselves."""

    def __init__(self, node: Mapping[str, Any]) -> None:
        # Indices of the platform's own size: numpy would turn any other into those at each use.
        column = np.array(node["column"], dtype=np.intp)
        self.inner = column >= 0
        here = np.arange(len(column))
        self.column = np.where(self.inner, column, 0)
        # Of a leaf, what it is worth.
        self.threshold = self.worth = np.array(node["threshold"], dtype=np.float64)
        # Children side by side: of node i, 2i is where it goes right and 2i+1 left.
        self.child = np.empty(2 * len(column), dtype=np.intp)
        self.child[0::2] = np.where(self.inner, node["right"], here)
        self.child[1::2] = np.where(self.inner, node["left"], here)
        missing_left = node.get("missing_left")
        self.missing_left = np.array(missing_left or [0] * len(column), dtype=bool)
        self.may_go_left = bool(self.missing_left.any())
        # Which set a node asks (none: -1), and a table of sets against all values that any of them holds.
        sets = node.get("sets", {})
        self.values = np.unique(np.array([v for values in sets.values() for v in values], dtype=np.float64))
        self.set_of = np.full(len(column), -1, dtype=np.int32)
        self.member = np.zeros((len(sets), len(self.values) + 1), dtype=bool)
        for i, (place, values) in enumerate(sets.items()):
            self.set_of[int(place)] = i
            self.member[i, np.searchsorted(self.values, values)] = True
        self.strict = bool(node.get("strict"))
        self.width = len(node.get("of", ()))

    def descent(self, roots: Array) -> Descent | None:
        """A faster way down; None where there are sets, or too many thresholds."""
        if len(self.member) or not Descent.takes(self.inner, self.column, self.threshold, self.width):
            return None
        left, right = self.child[1::2], self.child[0::2]
        return Descent(
            roots, self.inner, self.column, self.threshold, left, right, self.missing_left, self.width, self.strict
        )

    def rows(self, columns: Sequence[Array], count: int) -> Array:
        """Columns as rows: shape ``(count, columns)``."""
        return np.column_stack(columns) if columns else np.zeros((count, 1))

    def leaves(self, places: Array, rows: Array) -> Array:
        """The leaf of every row below each of these nodes, shape ``(trees, rows)`` as ``places``.

        :param rows: shape ``(rows, columns)``.
        """
        flat, width = rows.ravel(), rows.shape[1]
        place = places.ravel()
        compare = np.less if self.strict else np.less_equal
        going = np.flatnonzero(self.inner.take(place))
        at, row = place.take(going), going % len(rows) * width
        while going.size:
            x = flat.take(self.column.take(at) + row)
            to_left = compare(x, self.threshold.take(at))
            if len(self.member):
                asked = np.flatnonzero(self.set_of.take(at) >= 0)
                to_left[asked] = self.inside(self.set_of[at[asked]], x[asked])
            if self.may_go_left:
                to_left |= np.isnan(x) & self.missing_left.take(at)
            at = self.child.take(2 * at + to_left)
            inner = self.inner.take(at)
            if not inner.all():
                done = np.flatnonzero(~inner)
                place[going.take(done)] = at.take(done)
                still = np.flatnonzero(inner)
                going, at, row = going.take(still), at.take(still), row.take(still)
        return place.reshape(places.shape)

    def inside(self, which: Array, x: Array) -> Array:
        """Whether a value is in a set; the last column of the table stands for all other values."""
        return self.member[which, _ranks(self.values, x)]


def _ranks(values: Array, x: Array) -> Array:
    """The place of each x among ascending values, or their number where it is none of them."""
    if not len(values):
        return np.zeros(len(x), dtype=np.intp)
    found = np.minimum(np.searchsorted(values, x), len(values) - 1)
    return np.where(values[found] == x, found, len(values))


class _Tops:
    """Grows the tops of trees: level by level, until a top has :data:`BITS` leaves."""

    def __init__(self, node: Mapping[str, Any], trees: _Trees) -> None:
        self.left, self.right, self.inner = node["left"], node["right"], trees.inner.tolist()

    def grow(self, root: int) -> tuple[list[tuple[int, int, int]], list[int]]:
        """Return a top's inner nodes, each with its first leaf and the number on its left, and its leaves in order."""
        cut = {root}
        level, leaves = [root], 1
        while level:
            below = []
            for place in level:
                if self.inner[place] and leaves < BITS:
                    cut.discard(place)
                    cut.update((self.left[place], self.right[place]))
                    leaves += 1
                    below += [self.left[place], self.right[place]]
            level = below
        ordered: list[int] = []
        asked: list[tuple[int, int, int]] = []
        waiting: list[tuple[int, int | None]] = [(root, None)]
        while waiting:
            place, first = waiting.pop()
            if first is not None:  # its left side is done
                asked.append((place, first, len(ordered) - first))
            elif place in cut:
                ordered.append(place)
            else:
                waiting += [(self.right[place], None), (place, len(ordered)), (self.left[place], None)]
        return asked, ordered


class _Block:
    """Some trees of an ensemble: their masks, one tree beside the other."""

    def __init__(self, trees: _Trees, tops: _Tops, roots: Array) -> None:
        grown = [tops.grow(int(root)) for root in roots]
        bits = max(len(leaves) for _, leaves in grown)
        self.dtype = next(np.dtype(f"uint{size}") for size in (8, 16, 32, 64) if bits <= size)
        self.leaf = np.zeros((len(grown), bits), dtype=np.intp)
        for i, (_, leaves) in enumerate(grown):
            self.leaf[i] = leaves + leaves[:1] * (bits - len(leaves))
        self.worth = trees.threshold[self.leaf]
        # How far a float's exponent is from the place of a bit.
        bias = {1: 0, 8: 1023}.get(self.dtype.itemsize, 127)
        self.offsets = (np.arange(len(grown)) * bits - bias)[:, None]
        self.deep = bool(trees.inner[self.leaf].any())
        self._rooms: dict[str, Array] = {}
        asked = [(node, tree, first, left) for tree, (inner, _) in enumerate(grown) for node, first, left in inner]
        node = np.array([a[0] for a in asked], dtype=np.intp)
        tree = np.array([a[1] for a in asked], dtype=np.intp)
        ruled_out = [((1 << left) - 1) << first for _, _, first, left in asked]
        keeps = ~np.array(ruled_out, dtype=np.uint64)
        questions = []
        for column in np.unique(trees.column[node]):
            for by_set in (False, True):
                mine = (trees.column[node] == column) & ((trees.set_of[node] >= 0) == by_set)
                if mine.any():
                    write = _by_set if by_set else _by_threshold
                    readers, table = write(trees, int(column), node[mine], tree[mine], keeps[mine], len(grown))
                    questions.append((readers, table.astype(self.dtype)))
        self.questions = _merged(questions)

    def lookups(self, columns: Sequence[Array]) -> list[tuple[Array, Array]]:
        """For each table of masks the places where every row reads it."""
        found = []
        for readers, table in self.questions:
            place = readers[0](columns)
            for reader in readers[1:]:
                place = place * reader.size + reader(columns)
            found.append((place, table))
        return found

    def leaves(self, lookups: Sequence[tuple[Array, Array]], count: int) -> Array:
        """The places in ``leaf`` of what every row reaches in each top, shape ``(trees, rows)``."""
        width = len(self.leaf)
        places = self.room("places", np.intp, count)
        masks = None
        for place, table in lookups:
            here = self.room("masks" if masks is None else "found", self.dtype, count).reshape(count, width)
            # An index that is sure to be right needs no look before, nor memory to look from.
            table.take(place, axis=0, out=here, mode="clip")
            masks = here if masks is None else np.bitwise_and(masks, here, out=masks)
        if masks is None:  # no tree has more than a leaf
            places[:] = np.arange(width)[:, None] * self.leaf.shape[1]
            return places
        by_tree, low = self.room("by tree", self.dtype, count), self.room("found", self.dtype, count)
        np.copyto(by_tree, masks.T)
        # The lowest bit that is set: a power of two is exact as a float, and its exponent is the place.
        np.bitwise_and(np.negative(by_tree, out=low), by_tree, out=low)
        if self.dtype.itemsize == 1:
            _BIT_OF_A_BYTE.take(low, out=places, mode="clip")
            return np.add(places, self.offsets, out=places)
        exact, whole, fraction = _FLOATS[self.dtype.itemsize == 8]
        powers = self.room("powers", exact, count)
        np.copyto(powers, low, casting="unsafe")
        bits = powers.view(whole)
        np.right_shift(bits, whole(fraction), out=bits)
        return np.add(bits, self.offsets, out=places)

    def room(self, name: str, dtype: Any, count: int) -> Array:
        """Memory for a number of each tree and row: what every batch asked for anew, it would also give back."""
        width = len(self.leaf)
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = np.empty(width * ROWS, dtype=dtype)
        return room[: width * count].reshape(width, count)


class _Reader:
    """Finds the row of a table that belongs to a column's value.

    :param values: ascending; for thresholds the value's interval counts, for sets the value itself.
    :param side: of :func:`numpy.searchsorted`; None for sets.
    """

    def __init__(self, column: int, values: Array, side: Any) -> None:
        self.column, self.values, self.side = column, values, side
        self.size = len(values) + 2  # other values, and what is missing

    def __call__(self, columns: Sequence[Array]) -> Array:
        """The places, shape ``(rows,)``."""
        x = columns[self.column]
        if self.side is not None and len(self.values) == 1:  # such as an indicator; a bisection takes longer
            behind = x >= self.values[0] if self.side == "right" else x > self.values[0]
            place: Array = behind.astype(np.intp)
            missing = np.isnan(x)
            if missing.any():
                place[missing] = 2
            return place
        place = _ranks(self.values, x) if self.side is None else np.searchsorted(self.values, x, side=self.side)
        place[np.isnan(x)] = self.size - 1
        return place


def _by_threshold(
    trees: _Trees, column: int, node: Array, tree: Array, keeps: Array, width: int
) -> tuple[list[_Reader], Array]:
    edges = np.unique(trees.threshold[node])
    table = np.full((len(edges) + 2, width), ~np.uint64(0))
    # What lies behind an edge lies behind the edges before it as well.
    np.bitwise_and.at(table, (np.searchsorted(edges, trees.threshold[node]) + 1, tree), keeps)
    table[:-1] = np.bitwise_and.accumulate(table[:-1], axis=0)
    table[-1] = ~np.uint64(0)
    right = ~trees.missing_left[node]
    np.bitwise_and.at(table[-1], tree[right], keeps[right])
    return [_Reader(column, edges, "right" if trees.strict else "left")], table


def _by_set(
    trees: _Trees, column: int, node: Array, tree: Array, keeps: Array, width: int
) -> tuple[list[_Reader], Array]:
    member = trees.member[trees.set_of[node]]
    used = np.flatnonzero(member[:, :-1].any(axis=0))
    table = np.full((len(used) + 2, width), ~np.uint64(0))
    goes_left = np.column_stack([member[:, used], np.zeros(len(node), dtype=bool), trees.missing_left[node]])
    for i, place in zip(*np.nonzero(~goes_left)):
        table[place, tree[i]] &= keeps[i]
    return [_Reader(column, trees.values[used], None)], table


def _merged(questions: Sequence[tuple[list[_Reader], Array]]) -> list[tuple[list[_Reader], Array]]:
    """Put columns of few values together: the last one's changes fastest."""
    merged: list[tuple[list[_Reader], Array]] = []
    for readers, table in sorted(questions, key=lambda question: len(question[1])):
        if merged and len(merged[-1][1]) * len(table) <= MERGED_AT_MOST:
            before, other = merged.pop()
            readers, table = before + readers, (other[:, None, :] & table[None, :, :]).reshape(-1, table.shape[1])
        merged.append((readers, table))
    return merged


_BIT_OF_A_BYTE = np.array([max(byte.bit_length() - 1, 0) for byte in range(256)], dtype=np.intp)
# Floats that hold a power of two of 32 bits, and of 64; integers of their size; and how many bits their fraction has.
_FLOATS = ((np.float32, np.int32, 23), (np.float64, np.int64, 52))

_prepared: dict[int, tuple[Mapping[str, Any], Forest]] = {}


def prepared(node: Mapping[str, Any]) -> Forest:
    """The arrays of a node, kept for the next batch."""
    found = _prepared.get(id(node))
    if found is None or found[0] is not node:
        if len(_prepared) >= PREPARED_AT_MOST:
            _prepared.clear()
        found = _prepared[id(node)] = (node, Forest(node))
    return found[1]
