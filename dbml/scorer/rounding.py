"""How far an estimator that computes in float32 may be from its plan, which computes in double: a bound for each row.

A matrix library adds float32 numbers up in an order of its own, so that no plan has the estimator's last digits. What
it can differ by is known. Every node of the plan has a bound on the error that the estimator has there, worked out
from those before it, as in a running error analysis (N. Higham, Accuracy and Stability of Numerical Algorithms, second
edition, 2002, sections 3.1 and 3.3):

- a sum of n products, in whatever order and with or without fused operations, errs by at most
  ``gamma(n) * sum(|w| |x|)``, ``gamma(n) = n u / (1 - n u)``, ``u = 2**-24``;
- each other step of arithmetic by ``u`` of its result;
- numpy's float32 functions by at most four units in the last place, which its own tests demand of them;
- what follows a comparison that the errors may turn, by the distance to the other answer.

The plan's own rounding is 2**29 times smaller, and within the slack of the factors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dbml._plpython import batch, gaps, near, near_batch
from dbml._plpython.agreement import ABSOLUTE
from dbml._plpython.frame import to_wire
from dbml._plpython.plan import entry
from dbml.scorer.plan import Unsupported

UNIT = 2.0**-24
_FUNCTION = 8 * UNIT  # four units in the last place
_TINY = 2.0**-149  # what a product or a quotient loses where it underflows
_LARGEST = float(np.finfo(np.float32).max) * (1.0 - 2.0**-20)

Node = Mapping[str, Any]
Array = Any


def take(plan: dict[str, Any]) -> dict[str, Any]:
    """Take what a plan says of float32 out of it; empty where the estimator leaves nothing to rounding."""
    single: dict[str, Any] = plan.pop("single", {})
    if not single and any(_by_every_row(node) for node in plan["nodes"]):
        single = {"nodes": {}, "limit": math.inf}
    return single


def reason(single: Mapping[str, Any]) -> str:
    """What the estimator leaves to rounding, as a part of a sentence."""
    if single["nodes"]:
        return "computes in float32, and dbml in double"
    return (
        "looks at every row of the training data, where a product's rounding or the order of threads decides between "
        "neighbours that are nearly as far"
    )


def _by_every_row(node: Node) -> bool:
    """Whether scikit-learn looks at every row: in threads, and for Euclid's distance by ``x**2 - 2 x y + y**2``."""
    return bool(node["op"] == "imputed" or (node["op"] in ("near", "within") and node["leaf"] == 0))


def of_scores(
    plan: Mapping[str, Any], single: Mapping[str, Any], interface: Mapping[str, Any], rows: Sequence[Sequence[Any]]
) -> list[float] | None:
    """How far the estimator's score may be from the plan's, for each row; None where it computes in double.

    :param single: of :func:`take`.
    :param rows: JSON values in interface order.
    :raises Unsupported: an operation for which no bound is known.
    """
    if not single:
        return None
    return [each[0] for each in bounds(plan, single, *to_wire(interface, rows))]


def bounds(plan: Mapping[str, Any], single: Mapping[str, Any], numbers: Any, texts: Any) -> list[list[float]]:
    """How far the estimator may be from each output of the plan.

    :param single: of :func:`take`.
    :param numbers: per row its numbers, as for :func:`dbml._plpython.batch.score`.
    :returns: per row and output; infinite where float32 may overflow, or where rounding decides whether a row is
        refused.
    :raises Unsupported: an operation for which no bound is known.
    """
    rows = batch.Rows(batch.columns(plan["numbers"], numbers), batch.by_feature(plan, texts), len(numbers))
    values = batch.node_values(plan, rows)
    walk = _Walk(plan, single, values, rows.count)
    with np.errstate(all="ignore"):
        for index, node in enumerate(plan["nodes"]):
            walk.errors.append(walk.error(index, node))
        limit = single["limit"]
        unknown = np.array([max(map(abs, filter(None, row)), default=0.0) >= limit for row in numbers], dtype=bool)
        for check in plan["checks"]:
            unknown |= walk.errors[check["node"]] > 0.0
        for node in plan["nodes"]:
            if node["op"] == "imputed":
                unknown |= _left_open(node, *values[node["of"][1]])
            elif node["op"] == "within" and _by_every_row(node) and node["power"] == 2.0:
                unknown |= _at_the_edge(
                    node, np.stack(np.broadcast_arrays(walk.nought, *(values[i] for i in node["of"]))[1:]).T
                )
        found = np.array([walk.errors[index] for index in plan.get("outputs", [plan["output"]])]).T
    found = np.where(unknown[:, None], math.inf, np.nan_to_num(found, nan=math.inf, posinf=math.inf))
    return list(found.tolist())


class _Walk:
    """The errors of the nodes so far: of a condition 1 where the errors may turn it, else 0."""

    def __init__(self, plan: Mapping[str, Any], single: Mapping[str, Any], values: Sequence[Any], count: int) -> None:
        self.nodes = plan["nodes"]
        self.beside = {int(place): float(extra) for place, extra in single["nodes"].items()}
        self.values = values
        self.errors: list[Array] = []
        self.nought = np.zeros(count)

    def error(self, index: int, node: Node) -> Array:
        of = node.get("of", [])
        exact = not any(self.errors[i].any() for i in of)
        if node["op"] == "near" and _by_every_row(node) and exact:
            return _nearly_as_far(node, np.stack(np.broadcast_arrays(self.nought, *(self.values[i] for i in of))[1:]).T)
        if index not in self.beside and exact:
            return self.nought
        values, errors = [self.values[i] for i in of], [self.errors[i] for i in of]
        found = entry(ERRORS, node, "the bound of float32")(_Step(self, index, node), values, errors)
        if node["op"] in _CONDITIONS:
            return found
        # One that is as large as this may be infinite in float32.
        return np.where(np.abs(self.values[index]) + found >= _LARGEST, math.inf, np.nan_to_num(found, nan=math.inf))


class _Step:
    """One node: what it says, and what it is."""

    def __init__(self, walk: _Walk, index: int, node: Node) -> None:
        self.node = node
        self.value = walk.values[index]
        self.beside = walk.beside.get(index, 0.0)

    def unknown(self) -> Array:
        raise Unsupported(f"a bound for {self.node.get('name', self.node['op'])} of numbers that float32 rounds")


def gamma(n: int) -> float:
    """Higham's constant of n roundings to float32."""
    return n * UNIT / (1.0 - n * UNIT)


def _added(step: _Step, terms: Sequence[tuple[Array, Array, float]], constant: float) -> Array:
    """Of products of values and weights."""
    magnitude = abs(constant) + step.beside
    carried: Array = 0.0
    for value, error, weight in terms:
        magnitude = magnitude + abs(weight) * (np.abs(value) + error)
        carried = carried + abs(weight) * error
    return carried + gamma(len(terms) + 2) * magnitude + (len(terms) + 1) * _TINY


def _rounded(step: _Step, carried: Array) -> Array:
    return carried + UNIT * (np.abs(step.value) + carried) + _TINY


def _multiply(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    (a, b), (ea, eb) = of, errors
    return _rounded(step, np.abs(a) * eb + np.abs(b) * ea + ea * eb)


def _divide(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    b, (ea, eb) = np.abs(of[1]), errors
    return np.where(b > eb, _rounded(step, (ea + np.abs(step.value) * eb) / (b - eb)), math.inf)


def _between(step: _Step, function: Callable[[Array], Array], x: Array, error: Array) -> Array:
    """Of a function that only rises, or only falls."""
    ends = [np.abs(function(x + side) - step.value) for side in (-error, error)]
    moved = np.maximum(*(np.where(error > 0.0, np.nan_to_num(end, nan=math.inf), 0.0) for end in ends))
    return moved + _FUNCTION * (np.abs(step.value) + moved) + _TINY


_MONOTONE = frozenset(
    ("arctan", "cbrt", "ceil", "exp", "exp2", "expm1", "floor", "log", "log10", "log1p", "log2", "negative", "rint")
) | {"sign", "sinh", "sqrt", "tanh"}


def _function(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    name = step.node["name"]
    if name == "absolute":
        return errors[0]
    if name == "square":
        return _multiply(step, [of[0]] * 2, [errors[0]] * 2)
    return _between(step, getattr(np, name), of[0], errors[0]) if name in _MONOTONE else step.unknown()


def _sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def _softmax(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    """Each exponent is off by its error, and by the rounding of its distance from the greatest."""
    stacked, error = np.array(of), np.max(errors, axis=0)
    off = error + UNIT * (np.ptp(stacked, axis=0) + 2.0 * error)
    relative = np.expm1(2.0 * off) + (1.0 + np.expm1(2.0 * off)) * (gamma(len(of) + 2) + 4 * _FUNCTION)
    return np.minimum(np.nan_to_num(step.value * relative, nan=1.0) + _TINY, 1.0)


def _compared(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    error = errors[0] + errors[1]
    return ((error > 0.0) & ~(np.abs(of[0] - of[1]) > error)).astype(float)


def _joined(decisive: bool) -> Callable[[_Step, Sequence[Array], Sequence[Array]], Array]:
    def found(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
        open_ = np.max(errors, axis=0)
        pairs = zip(of, errors, strict=True)
        settled = np.any([(value == decisive) & (error == 0.0) for value, error in pairs], axis=0)
        return np.where(settled, 0.0, open_)

    return found


def _select(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    condition, yes, no = of
    either = np.maximum(errors[1] + np.abs(yes - step.value), errors[2] + np.abs(no - step.value))
    return np.where(errors[0] > 0.0, either, np.where(condition, errors[1], errors[2]))


def _step(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    values, node = np.array(step.node["values"]), step.node
    low, high = (np.searchsorted(node["edges"], of[0] + side, side=node["side"]) for side in (-errors[0], errors[0]))
    found = np.zeros(len(low))
    for row in np.flatnonzero(high > low):
        found[row] = np.abs(values[low[row] : high[row] + 1] - step.value[row]).max()
    return found


def _interpolate(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    x, y = np.array(step.node["x"]), np.array(step.node["y"])
    if np.all(np.diff(y) >= 0.0) or np.all(np.diff(y) <= 0.0):
        return _between(step, lambda value: np.interp(value, x, y), of[0], errors[0]) + _FUNCTION * np.abs(y).max()
    return step.unknown()


def _kernel(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    """The steepest slope of ``exp(-g r**2)`` is ``sqrt(2 g / e)``; of ``x v`` it is ``v``."""
    node, weights = step.node, np.abs(step.node["weights"])
    if node["kind"] == "rbf":
        return weights.sum() * math.sqrt(2.0 * -node["gamma"] / math.e) * np.sqrt(np.sum(np.square(errors), axis=0))
    if node["kind"] == "linear":
        return weights @ np.abs(node["vectors"]) @ np.array(errors)
    return step.unknown()


def _nearly_as_far(node: Node, x: Array) -> Array:
    """1 where the next row is no farther than the last of the nearest by more than two such products may err.

    The distance itself is measured term by term for other powers than 2, and only a tie is open.
    """
    rows = np.array(node["rows"])
    if node["count"] == len(rows):
        return np.zeros(len(x))
    one_more = near.Near(node["rows"], node["count"] + 1, node["power"], 0, 0)
    last = near_batch.find(one_more, x)[1][:, -2:]
    if node["power"] != 2.0:
        return (~(last[:, 1] > last[:, 0] * (1.0 + 1e-14))).astype(float)
    squares = np.square(last)
    size = np.sqrt(np.square(x).sum(axis=1)) + np.sqrt(np.square(rows).sum(axis=1).max())
    slack = 4 * (x.shape[1] + 2) * np.finfo(float).eps * size * size
    return (~(squares[:, 1] - squares[:, 0] > slack)).astype(float)


def _at_the_edge(node: Node, x: Array) -> Array:
    """Whether a product's rounding decides if a row is within the radius."""
    rows, found = np.array(node["rows"]), np.zeros(len(x), dtype=bool)
    greatest = np.sqrt(np.square(rows).sum(axis=1).max())
    for place, row in enumerate(x):
        size = float(np.sqrt(np.square(row).sum()) + greatest)
        slack = 4 * (len(row) + 2) * np.finfo(float).eps * size * size
        apart = np.abs(np.square(rows - row).sum(axis=1) - node["radius"] ** 2)
        found[place] = not apart.min() > slack
    return found


def _left_open(node: Node, rows: Array, x: Array) -> Array:
    """Whether a product's rounding decides what is filled in: which row is the last of the nearest, or its weight."""
    column, count = node["column"], node["count"]
    donors = rows[~np.isnan(rows[:, column])]
    found = np.zeros(len(x), dtype=bool)
    sizes = np.sqrt(np.nansum(np.square(x), axis=1)) + np.sqrt(np.nansum(np.square(rows), axis=1).max())
    slack = 4 * (x.shape[1] + 2) * np.finfo(float).eps * sizes * sizes
    for row in np.flatnonzero(np.isnan(x[:, column])):
        far = np.sort(gaps.distances(np, donors, x[row : row + 1])[0])
        far = far[~np.isnan(far)]
        if len(far) > count:
            found[row] = not far[count] - far[count - 1] > slack[row]
        if node["by_distance"] and len(far):
            off = np.ptp(donors[:, column]) * slack[row] / far[0]
            found[row] |= not off < 0.1 * ABSOLUTE
    return found


def _vote(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    return np.where(errors[0] > 0.0, np.ptp(step.node["values"]), 0.0)


def _trees(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    """The least and the greatest leaf of each tree that a row may come to."""
    node = step.node
    if node.get("sets"):
        return step.unknown()
    size, count = len(node["column"]), len(step.value)
    reached = np.zeros((size, count), dtype=bool)
    reached[node["roots"]] = True
    low = [value - error for value, error in zip(of, errors, strict=True)]
    high = [value + error for value, error in zip(of, errors, strict=True)]
    total, tree = np.zeros((2, count)), np.full((2, count), math.inf)
    roots = set(node["roots"])
    for place, column in enumerate(node["column"]):
        if place in roots and place:
            total, tree = total + np.array([tree[0], -tree[1]]), np.full((2, count), math.inf)
        edge, here = node["threshold"][place], reached[place]
        if column < 0:
            tree[0] = np.where(here, np.minimum(tree[0], edge), tree[0])
            tree[1] = np.where(here, np.minimum(tree[1], -edge), tree[1])
            continue
        strict = bool(node.get("strict"))
        left = here & ((low[column] < edge) if strict else (low[column] <= edge))
        right = here & ((high[column] >= edge) if strict else (high[column] > edge))
        reached[node["left"][place]] |= left
        reached[node["right"][place]] |= right
    total = total + [tree[0], -tree[1]] + node["start"]
    return np.where(
        np.max(errors, axis=0) > 0.0, np.maximum(total[1] - step.value, step.value - total[0]).clip(min=0.0), 0.0
    )


def _dot(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    return _added(step, list(zip(of, errors, step.node["weights"], strict=True)), step.node["constant"])


def _sum(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    return _added(step, [(value, error, 1.0) for value, error in zip(of, errors, strict=True)], 0.0)


def _no_bound(step: _Step, of: Sequence[Array], errors: Sequence[Array]) -> Array:
    return step.unknown()


ERRORS: dict[str, Callable[[_Step, Sequence[Array], Sequence[Array]], Array]] = {
    **dict.fromkeys(("modulo", "match", "polynomial", "weighted_median", "near", "within"), _no_bound),
    **dict.fromkeys(("add", "subtract"), lambda step, of, errors: _rounded(step, errors[0] + errors[1])),
    **dict.fromkeys(("minimum", "maximum"), lambda step, of, errors: np.maximum(*errors)),
    "multiply": _multiply,
    "divide": _divide,
    "function": _function,
    "round32": lambda step, of, errors: np.where(errors[0] > 0.0, _rounded(step, errors[0]), 0.0),
    "sum": _sum,
    "dot": _dot,
    "sigmoid": lambda step, of, errors: _between(step, _sigmoid, of[0], errors[0]),
    "softmax": _softmax,
    **dict.fromkeys(("less", "less_equal", "equal"), _compared),
    "finite": lambda step, of, errors: np.isinf(errors[0]).astype(float),
    "missing": lambda step, of, errors: np.zeros(len(step.value)),
    "not": lambda step, of, errors: errors[0],
    "all": _joined(False),
    "any": _joined(True),
    "indicator": lambda step, of, errors: errors[0],
    "select": _select,
    "step": _step,
    "interpolate": _interpolate,
    "kernel": _kernel,
    "vote": _vote,
    **dict.fromkeys(("apart", "imputed"), _no_bound),
    "trees": _trees,
}
_CONDITIONS = frozenset(("less", "less_equal", "equal", "finite", "missing", "not", "all", "any", "near"))
