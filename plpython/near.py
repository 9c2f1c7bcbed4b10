"""The nearest rows of the training data, found as scikit-learn finds them: the same ones where several are as far.

Distances are measured as scikit-learn measures them, term by term. Where the last place goes to one of several rows at
one distance, its own search is followed, because which of them it keeps depends on the way by which it came to them.
numpy, where the server has it, only tells which rows are worth measuring; :mod:`.lanes` where it has not.
"""

from __future__ import annotations

import itertools
import math

from . import lanes, optional

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    Found = tuple[Sequence[int], Sequence[float]]

# What a squared distance may be off by if it is made of a product, in parts of the squares of both.
SLACK = 1e-13
# So many distances are looked at together for their least.
BLOCK = 64
# A session that has asked so often will ask again: the rows are then written down for plain Python as well.
CALLS_THAT_PAY = 32
# Fewer rows are as quickly measured.
ROWS_THAT_PAY = 200
# Squares of rows beyond may have distances that are infinite.
LARGEST = 1e300


class Near:
    """Rows, and how their distances are measured.

    :param rows: in the order of scikit-learn's k-d tree, or in their own.
    :param count: how many are to be found.
    :param power: of Minkowski's distance; infinity is Chebyshev's.
    :param leaf: how many rows a leaf of the tree has at most; 0 where every row is looked at in order.
    :param first: the place of the training data's first row: scikit-learn's answer where all distances are infinite.
    """

    def __init__(self, rows: Sequence[Sequence[float]], count: int, power: float, leaf: int, first: int) -> None:
        self.rows = rows
        self.count = count
        self.power = power
        self.leaf = leaf
        self.first = first
        self.boxes: dict[int, tuple[int, int, Sequence[float], Sequence[float]]] = {}
        self.arrays: Any = None
        self.bytes: lanes.Lanes | None = None
        self.usual: list[float] = []

    def find(self, x: Sequence[float]) -> Found:
        """Places and distances of the nearest rows."""
        measured = sorted([(self.reduced(x, self.rows[place]), place) for place in self.worth_measuring(x)])
        if len(measured) > self.count:
            last = measured[self.count - 1][0]
            if not last < measured[self.count][0]:
                measured = self.followed(x)
        kept = measured[: self.count]
        if self.arrays is None and len(self.usual) < CALLS_THAT_PAY:
            self.learn(kept[-1][0])
        return [place for _, place in kept], [self.distance(reduced) for reduced, _ in kept]

    def learn(self, last: float) -> None:
        """Know how far the last of the nearest usually is; make bytes of the rows once that pays."""
        self.usual.append(last)
        if len(self.usual) == CALLS_THAT_PAY:
            self.prepare(self.usual)

    def prepare(self, usual: Sequence[float]) -> None:
        """Make bytes of the rows for distances like these, where they can tell."""
        if self.power != math.inf and len(self.rows) >= ROWS_THAT_PAY:
            try:
                self.bytes = lanes.Lanes(self.rows, self.power, usual)
            except ValueError:
                self.bytes = None

    def reduced(self, x: Sequence[float], row: Sequence[float]) -> float:
        """A distance before its root, in scikit-learn's order of operations."""
        total = 0.0
        if self.power == 2.0:
            for a, b in zip(x, row):
                a -= b
                total += a * a
        elif self.power == 1.0:
            for a, b in zip(x, row):
                total += abs(a - b)
        elif self.power == math.inf:
            for a, b in zip(x, row):
                total = max(total, abs(a - b))
        else:
            for a, b in zip(x, row):
                total += raised(abs(a - b), self.power)
        return total

    def distance(self, reduced: float) -> float:
        """The distance itself."""
        if self.power == 2.0:
            return math.sqrt(reduced)
        return reduced if self.power in (1.0, math.inf) else raised(reduced, 1.0 / self.power)

    def worth_measuring(self, x: Sequence[float]) -> Iterable[int]:
        """Places among which the nearest are, and those as near."""
        everywhere = range(len(self.rows))
        if self.power == math.inf or len(self.rows) <= 8 * self.count:
            return everywhere
        np = optional.numpy() if self.power == 2.0 else None
        if np is not None:
            return self.by_numpy(np, x) or everywhere
        return self.by_lanes(x) or self.plainly(x) or everywhere

    def plainly(self, x: Sequence[float]) -> list[int]:
        """The same by the standard library alone; none where it cannot tell."""
        if self.power != 2.0:
            return []
        far = list(map(math.dist, itertools.repeat(x), self.rows))
        # Of a part of the rows one is the last: no nearer can be the last of all.
        part = sorted(far[:: max(1, len(far) // (64 * self.count))])
        bound = part[self.count - 1] * (1.0 + SLACK)
        return list(itertools.compress(range(len(far)), map(bound.__ge__, far))) if bound < 1e150 else []

    def by_lanes(self, x: Sequence[float]) -> list[int]:
        """The same by bytes; none where they cannot tell, or are not made yet."""
        told = self.bytes
        if told is None:
            return []
        sums = told.sums(x)
        units: int | None = lanes.UNITS
        while units is not None:
            places = lanes.up_to(sums, units)
            if len(places) < self.count:
                units = 2 * units + 1 if units < 127 else None
                continue
            rows = [self.rows[place] for place in places]
            if self.power == 2.0:
                far = list(map(math.dist, itertools.repeat(x), rows))
                bound = sorted(far)[self.count - 1] * (1.0 + SLACK)
                within = told.whole(bound * bound)
            else:
                far = [self.reduced(x, row) for row in rows]
                bound = sorted(far)[self.count - 1]
                within = told.whole(bound)
            if within is not None and within <= units:
                return list(itertools.compress(places, map(bound.__ge__, far)))
            units = within
        return []

    def by_numpy(self, np: Any, x: Sequence[float]) -> list[int]:
        """The same by one product; none where it cannot tell."""
        rows, squares = self.prepared(np)
        here, own = np.array(x), sum([value * value for value in x])
        if not own < LARGEST:
            return []
        far = rows @ (-2.0 * here)
        far += squares
        bound = last(np, far, self.count) + SLACK * len(x) * (own + self.greatest)
        candidates: list[int] = (far <= bound).nonzero()[0].tolist()
        return candidates

    def prepared(self, np: Any) -> tuple[Any, Any]:
        """The rows as an array, and their squares."""
        if self.arrays is None:
            rows = np.array(self.rows)
            squares = np.einsum("ij,ij->i", rows, rows)
            self.greatest = float(squares.max())
            self.arrays = rows, squares
        arrays: tuple[Any, Any] = self.arrays
        return arrays

    # --- scikit-learn's own search ---

    def followed(self, x: Sequence[float]) -> list[tuple[float, int]]:
        """Search as scikit-learn does: row by row, or through its tree, the nearer half first."""
        heap = Heap(self.count, self.first)
        if not self.leaf:
            for place, row in enumerate(self.rows):
                heap.push(self.reduced(x, row), place)
        else:
            self.descend(x, 0, self.least(x, 0), heap)
        return sorted(zip(heap.values, heap.places))

    def descend(self, x: Sequence[float], node: int, least: float, heap: Heap) -> None:
        """``_query_single_depthfirst`` of scikit-learn's binary trees."""
        if least > heap.values[0]:
            return
        start, end, _, _ = self.box(node)
        if self.is_leaf(node):
            for place in range(start, end):
                heap.push(self.reduced(x, self.rows[place]), place)
            return
        halves = [(self.least(x, child), child) for child in (2 * node + 1, 2 * node + 2)]
        for bound, child in halves if halves[0][0] <= halves[1][0] else halves[::-1]:
            self.descend(x, child, bound, heap)

    def is_leaf(self, node: int) -> bool:
        """Whether a node has no halves; the depth follows from how many rows there are."""
        levels = int(math.log2(max(1.0, (len(self.rows) - 1) / self.leaf)) + 1)
        start, end, _, _ = self.box(node)
        return 2 * node + 1 >= 2**levels - 1 or end - start < 2

    def box(self, node: int) -> tuple[int, int, Sequence[float], Sequence[float]]:
        """A node's rows, and their least and greatest numbers."""
        if node not in self.boxes:
            if node:
                start, end, _, _ = self.box((node - 1) // 2)
                middle = start + (end - start) // 2
                start, end = (start, middle) if node % 2 else (middle, end)
            else:
                start, end = 0, len(self.rows)
            columns = list(zip(*self.rows[start:end]))
            self.boxes[node] = start, end, list(map(min, columns)), list(map(max, columns))
        return self.boxes[node]

    def least(self, x: Sequence[float], node: int) -> float:
        """How far a node's box is, before the root."""
        _, _, low, high = self.box(node)
        outside = [max(a - value, value - b, 0.0) for value, a, b in zip(x, low, high)]
        return self.reduced(outside, itertools.repeat(0.0))  # type: ignore[arg-type]


class Within:
    """Rows within a radius.

    :param power: as of :class:`Near`.
    """

    def __init__(self, rows: Sequence[Sequence[float]], power: float, radius: float) -> None:
        self.measure = Near(rows, 1, power, 0, 0)
        self.radius = radius
        self.bound = radius * radius if power == 2.0 else radius if power == math.inf else raised(radius, power)
        self.calls = 0

    def find(self, x: Sequence[float]) -> Found:
        """Places and distances of these rows, in the order of the places."""
        measure = self.measure
        found = [(place, measure.reduced(x, measure.rows[place])) for place in self.worth_measuring(x)]
        kept = [(place, reduced) for place, reduced in found if reduced <= self.bound]
        return [place for place, _ in kept], [measure.distance(reduced) for _, reduced in kept]

    def worth_measuring(self, x: Sequence[float]) -> Iterable[int]:
        """Places among which all these rows are."""
        measure = self.measure
        everywhere = range(len(measure.rows))
        self.calls += 1
        if self.calls == CALLS_THAT_PAY:
            measure.prepare([self.bound])
        if measure.bytes is not None:
            units = measure.bytes.whole(self.bound)
            if units is not None:
                return lanes.up_to(measure.bytes.sums(x), units)
        if measure.power != 2.0 or not self.radius < 1e150:
            return everywhere
        far = map(math.dist, itertools.repeat(x), measure.rows)
        return list(itertools.compress(everywhere, map((self.radius * (1.0 + SLACK)).__ge__, far)))


class Heap:
    """scikit-learn's own heap of the nearest so far, the farthest of them first."""

    def __init__(self, size: int, first: int) -> None:
        self.values = [math.inf] * size
        self.places = [first] * size

    def push(self, value: float, place: int) -> None:
        """``heap_push`` of scikit-learn: what is as far as the farthest stays out."""
        values, places, size = self.values, self.places, len(self.values)
        if value >= values[0]:
            return
        here = 0
        while True:
            left, right = 2 * here + 1, 2 * here + 2
            if left >= size:
                break
            child = left if right >= size or values[left] >= values[right] else right
            if not value < values[child]:
                break
            values[here], places[here] = values[child], places[child]
            here = child
        values[here], places[here] = value, place


def vote(found: Found, values: Sequence[float], by_distance: bool) -> float:
    """The mean of the values of the rows that were found, by how near they are where that counts; NaN of none."""
    places, distances = found
    if not places:
        return math.nan
    if not by_distance:
        return sum([values[place] for place in places]) / len(places)
    weights = [1.0 / d if d > 0.0 else math.inf for d in distances]
    if math.inf in weights:
        weights = [1.0 if weight == math.inf else 0.0 for weight in weights]
    total = sum(weights)
    return sum([weight * values[place] for weight, place in zip(weights, places)]) / total if total else math.nan


def raised(base: float, exponent: float) -> float:
    """``pow`` of C."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf


def last(np: Any, far: Any, count: int) -> Any:
    """A distance that so many are no farther than, over the last axis of an array of distances.

    Each block of them has one as near as its least, so that the last of the nearest is among the leasts of the blocks.
    """
    whole = far.shape[-1] // BLOCK * BLOCK
    leasts = far
    if whole >= BLOCK * count:
        leasts = far[..., :whole].reshape(*far.shape[:-1], -1, BLOCK).min(axis=-1)
    return np.partition(leasts, count - 1, axis=-1)[..., count - 1]
