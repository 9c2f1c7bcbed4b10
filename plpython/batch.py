"""Many rows of a plan in one vectorised call, where the server has numpy.

Says the same as the function of :mod:`.portable`, operation by operation; imported only when a batch is scored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import ieee
from .plan import entry

Array = Any  # a numpy array; the server's may be of any version


@dataclass(frozen=True)
class Rows:
    """Rows by columns.

    :param numbers: float64, shape ``(numbers, rows)``.
    :param texts: per row its texts.
    :param count: how many rows there are.
    """

    numbers: Array
    texts: Sequence[Sequence[str | None]]
    count: int


def score(
    plan: Mapping[str, Any], numbers: Sequence[Sequence[float | None]], texts: Sequence[Sequence[str | None]]
) -> Array:
    """Score rows.

    :param plan: read by :func:`.plan.loads`.
    :param numbers: per row its numbers in interface order, None where NULL.
    :param texts: per row its texts.
    :returns: float64, shape ``(rows,)``; NaN for a row that is refused.
    """
    values = evaluate(plan, columns(plan["numbers"], numbers), texts)
    refused = np.zeros(len(numbers), dtype=bool)
    for check in plan["checks"]:
        refused |= ~values[check["node"]]
    answer = np.array(np.broadcast_to(values[plan["output"]], len(numbers)), dtype=np.float64)
    answer[refused | ~np.isfinite(answer)] = np.nan
    return answer


def columns(width: int, numbers: Sequence[Sequence[float | None]]) -> Array:
    """Rows of numbers as an array of columns: float64, shape ``(width, rows)``."""
    return np.array(numbers, dtype=np.float64).reshape(len(numbers), width).T.copy()


def evaluate(
    plan: Mapping[str, Any], numbers: Array, texts: Sequence[Sequence[str | None]], until: int | None = None
) -> list[Array]:
    """Compute every node up to ``until`` (its number; left out, all) for all rows.

    :param numbers: shape ``(numbers, rows)``.
    """
    values: list[Array] = []
    rows = Rows(numbers, texts, numbers.shape[1] if plan["numbers"] else len(texts))
    with np.errstate(all="ignore"):
        for node in plan["nodes"][: None if until is None else until + 1]:
            compute = entry(OPERATIONS, node, "numpy")
            values.append(compute(node, [values[i] for i in node.get("of", [])], rows))
    return values


def _sum(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    total = np.zeros(rows.count)
    for i, value in enumerate(of):
        total = total + value if i else value
    return total


def _dot(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    return _sum(node, [value * weight for value, weight in zip(of, node["weights"])], rows) + node["constant"]


def _sigmoid(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    x = of[0]
    return np.where(x > -700.0, 1.0 / (1.0 + np.exp(-x)), np.exp(x))


def _softmax(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    stacked = np.stack(of)
    powers = np.exp(stacked - stacked.max(axis=0))
    return powers[node["index"]] / _sum(node, list(powers), rows)


def _weighted_median(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    values = np.stack(of, axis=1)
    order = np.argsort(values, axis=1, kind="stable")
    sums = np.cumsum(np.array(node["weights"])[order], axis=1)
    place = (sums >= 0.5 * sums[:, -1:]).argmax(axis=1)
    everyone = np.arange(rows.count)
    return values[everyone, order[everyone, place]]


def _function(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    name = node["name"]
    if name in ("ndtr", "ndtri"):  # scipy may not be there
        return np.array([ieee.function(name, x) for x in of[0].tolist()])
    if name == "exp32":
        return _exp32(of[0])
    return getattr(np, name)(of[0])


def _exp32(x: Array) -> Array:
    inside = np.clip(x, -104.0, 89.0)
    scaled = inside * ieee.EXP32_SCALE
    whole = np.rint(scaled)
    r = scaled - whole
    a, b, c = ieee.EXP32
    return _round32(((a * r + b) * (r * r) + (c * r + 1.0)) * np.exp2(whole / 32))


def _lookup(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    table = dict(zip(node["keys"], node["values"]))
    table[None] = node["missing"]
    default = node["default"]
    return np.array([table.get(key, default) for key in of[0].tolist()], dtype=np.float64)


def _match(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    value = np.full(rows.count, node["default"])
    for key, worth in zip(node["keys"], node["values"]):
        value[of[0] == key] = worth
    value[np.isnan(of[0])] = node["missing"]
    return value


def _step(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    value = np.array(node["values"])[np.searchsorted(node["edges"], of[0], side=node["side"])]
    return np.where(np.isnan(of[0]), node["missing"], value)


def _polynomial(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    last = len(node["coefficients"]) - 1
    place = np.clip(np.searchsorted(node["breaks"], of[0], side="right") - 1, 0, last)
    x = of[0] - np.array(node["breaks"])[place]
    total = np.zeros(rows.count)
    for coefficient in _padded(node["coefficients"]).T:
        total = total * x + coefficient[place]
    return total


def _padded(rows: Sequence[Sequence[float]]) -> Array:
    width = max(len(row) for row in rows)
    return np.array([[0.0] * (width - len(row)) + list(row) for row in rows])


# Pairs of a tree and a row that go down together: enough that numpy's calls weigh little, few enough for the cache.
_PAIRS = 16_384
_ROWS = 1_024


class _Trees:
    """An ensemble as arrays. Leaves lead to themselves."""

    def __init__(self, node: Mapping[str, Any]) -> None:
        column = np.array(node["column"], dtype=np.int32)
        self.inner = column >= 0
        here = np.arange(len(column))
        self.column = np.where(self.inner, column, 0)
        self.threshold = np.array(node["threshold"])
        # Children side by side: of node i, 2i is where it goes right and 2i+1 left.
        self.child = np.empty(2 * len(column), dtype=np.int32)
        self.child[0::2] = np.where(self.inner, node["right"], here)
        self.child[1::2] = np.where(self.inner, node["left"], here)
        self.roots = np.array(node["roots"], dtype=np.int32)
        self.missing_left = np.array(node["missing_left"], dtype=bool) if "missing_left" in node else None
        # Which set a node asks (none: -1), and a table of sets against all values that any of them holds.
        sets = node.get("sets", {})
        self.values = np.unique(np.array([v for values in sets.values() for v in values], dtype=np.float64))
        self.set_of = np.full(len(column), -1, dtype=np.int32)
        self.member = np.zeros((len(sets), len(self.values) + 1), dtype=bool)
        for i, (place, values) in enumerate(sets.items()):
            self.set_of[int(place)] = i
            self.member[i, np.searchsorted(self.values, values)] = True
        self.compare = np.less if node.get("strict") else np.less_equal

    def leaves(self, roots: Array, X: Array) -> Array:  # noqa: N803
        """The leaf of every row in each of these trees, shape ``(trees, rows)``; ``X`` has a column a row."""
        rows = X.shape[1]
        flat = X.ravel()
        place = np.repeat(roots, rows)
        row = np.tile(np.arange(rows, dtype=np.int32), len(roots))
        going = np.flatnonzero(self.inner[place])
        at, row = place[going], row[going]
        while going.size:
            x = flat[self.column[at] * rows + row]
            to_left = self.compare(x, self.threshold[at])
            if len(self.member):
                asked = np.flatnonzero(self.set_of[at] >= 0)
                to_left[asked] = self._inside(self.set_of[at[asked]], x[asked])
            if self.missing_left is not None:
                to_left |= np.isnan(x) & self.missing_left[at]
            at = self.child[2 * at + to_left]
            inner = self.inner[at]
            if not inner.all():
                place[going[~inner]] = at[~inner]
                going, at, row = going[inner], at[inner], row[inner]
        return place.reshape(len(roots), rows)

    def _inside(self, which: Array, x: Array) -> Array:
        """Whether a value is in a set; the last column of the table stands for all other values."""
        if not len(self.values):
            return np.zeros(len(x), dtype=bool)
        found = np.minimum(np.searchsorted(self.values, x), len(self.values) - 1)
        return self.member[which, np.where(self.values[found] == x, found, len(self.values))]


_prepared: dict[int, tuple[Mapping[str, Any], _Trees]] = {}


def _prepare(node: Mapping[str, Any]) -> _Trees:
    """The arrays of a node, kept for the next batch."""
    found = _prepared.get(id(node))
    if found is None or found[0] is not node:
        if len(_prepared) >= 16:
            _prepared.clear()
        found = _prepared[id(node)] = (node, _Trees(node))
    return found[1]


def _trees(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    trees = _prepare(node)
    X = np.stack(of) if of else np.zeros((1, rows.count))  # noqa: N806
    single = node.get("precision") == 32
    total = np.full(rows.count, node["start"])
    for begin in range(0, rows.count, _ROWS):
        part = X[:, begin : begin + _ROWS].copy()
        together = max(1, _PAIRS // part.shape[1])
        sums = total[begin : begin + _ROWS]
        for first in range(0, len(trees.roots), together):
            for worth in trees.threshold[trees.leaves(trees.roots[first : first + together], part)]:
                sums += worth
                if single:
                    sums[:] = _round32(sums)
    return total


def _round32(x: Array) -> Array:
    return x.astype(np.float32).astype(np.float64)


OPERATIONS: dict[str, Callable[[Mapping[str, Any], Sequence[Array], Rows], Array]] = {
    "number": lambda node, of, rows: rows.numbers[node["index"]],
    "text": lambda node, of, rows: np.array([row[node["index"]] for row in rows.texts], dtype=object),
    "constant": lambda node, of, rows: np.full(rows.count, node["value"]),
    "add": lambda node, of, rows: of[0] + of[1],
    "subtract": lambda node, of, rows: of[0] - of[1],
    "multiply": lambda node, of, rows: of[0] * of[1],
    "divide": lambda node, of, rows: of[0] / of[1],
    "minimum": lambda node, of, rows: np.minimum(of[0], of[1]),
    "maximum": lambda node, of, rows: np.maximum(of[0], of[1]),
    "modulo": lambda node, of, rows: np.mod(of[0], node["divisor"]),
    "function": _function,
    "round32": lambda node, of, rows: _round32(of[0]),
    "sum": _sum,
    "dot": _dot,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "weighted_median": _weighted_median,
    "less": lambda node, of, rows: of[0] < of[1],
    "less_equal": lambda node, of, rows: of[0] <= of[1],
    "equal": lambda node, of, rows: of[0] == of[1],
    "finite": lambda node, of, rows: np.isfinite(of[0]),
    "missing": lambda node, of, rows: np.isnan(of[0]),
    "absent": lambda node, of, rows: np.array([x is None for x in of[0].tolist()], dtype=bool),
    "is": lambda node, of, rows: np.array([x == node["value"] for x in of[0].tolist()], dtype=bool),
    "not": lambda node, of, rows: ~of[0],
    "all": lambda node, of, rows: np.logical_and.reduce(of) if of else np.ones(rows.count, dtype=bool),
    "any": lambda node, of, rows: np.logical_or.reduce(of) if of else np.zeros(rows.count, dtype=bool),
    "indicator": lambda node, of, rows: of[0].astype(np.float64),
    "select": lambda node, of, rows: np.where(of[0], of[1], of[2]),
    "fill": lambda node, of, rows: np.array([node["value"] if x is None else x for x in of[0].tolist()], dtype=object),
    "replace": lambda node, of, rows: np.array(
        [node["value"] if x == node["key"] else x for x in of[0].tolist()], dtype=object
    ),
    "lookup": _lookup,
    "match": _match,
    "step": _step,
    "interpolate": lambda node, of, rows: np.interp(of[0], node["x"], node["y"]),
    "polynomial": _polynomial,
    "trees": _trees,
}
