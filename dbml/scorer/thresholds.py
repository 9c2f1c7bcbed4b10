"""Where along the doubles something stops to hold; thresholds moved from a computed value to what it is computed from.

Scaling a number is monotone, in floating point as well: where ``(x - m) / s <= t``, ``x`` is at most some double T,
which bisection over the doubles finds. So no engine scales what is only compared, and every row still goes the way that
it goes in scikit-learn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Step = Callable[[Array], Array]

_SIGN = np.uint64(1 << 63)


def greatest(holds: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Find, per place, the greatest double up to ``high`` for which something holds that holds up to some double.

    :param holds: takes one double a place, and says of each whether it holds; asked with numpy's warnings off.
    :param low: what is returned where it holds for none; it is not asked.
    """
    below, beyond = _places(low), _places(high) + np.uint64(1)
    with np.errstate(all="ignore"):
        while np.any(beyond - below > 1):
            middle = below + (beyond - below) // np.uint64(2)
            held = holds(_doubles(middle))
            below, beyond = np.where(held, middle, below), np.where(held, beyond, middle)
    return _doubles(below)


def moved(
    nodes: Sequence[Mapping[str, Any]], index: int, thresholds: Sequence[float], *, strict: bool
) -> tuple[int, list[float]]:
    """Return the node that a column rises with, and its thresholds.

    :param index: the column's node.
    :param strict: whether a row goes left where the column is less than a threshold, and not where it is equal.
    """
    steps: list[Step] = []
    base = index
    while (found := _step(nodes, nodes[base])) is not None:
        base, step = found
        steps.insert(0, step)
    if not steps:
        return index, list(thresholds)
    edges = np.array(thresholds, dtype=np.float64)

    def goes_left(value: Array) -> Array:
        for step in steps:
            value = step(value)
        return value < edges if strict else value <= edges

    least, most = np.full(len(edges), -np.inf), np.full(len(edges), np.inf)
    last = greatest(goes_left, least, most)
    never = edges == least if strict else False  # nothing is less than -infinity
    # No threshold says "never" of what may be infinite, nor "always" of what must be less.
    if not (goes_left(least) | never).all() or (strict and (last == most).any()):
        return index, list(thresholds)
    if strict:  # the first for which it no longer holds
        with np.errstate(over="ignore"):
            last = np.where(never, least, np.nextafter(last, most))
    return base, last.tolist()


_RISING = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "minimum": np.minimum,
    "maximum": np.maximum,
}


def _step(nodes: Sequence[Mapping[str, Any]], node: Mapping[str, Any]) -> tuple[int, Step] | None:
    """The node below and the step from it, where that rises."""
    op, of = node["op"], node.get("of", ())
    if op == "round32":
        return of[0], lambda x: x.astype(np.float32).astype(np.float64)
    if op not in _RISING or nodes[of[1]]["op"] != "constant":
        return None
    value: float = nodes[of[1]]["value"]
    if not math.isfinite(value) or (op in ("multiply", "divide") and value <= 0.0):
        return None
    return of[0], lambda x: _RISING[op](x, value)


def _places(doubles: Array) -> Array:
    """Doubles counted in their order."""
    bits = np.ascontiguousarray(doubles, dtype=np.float64).view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _doubles(places: Array) -> Array:
    return np.where(places & _SIGN, places ^ _SIGN, ~places).view(np.float64)
