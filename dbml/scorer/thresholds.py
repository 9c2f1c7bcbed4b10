"""A tree's thresholds, moved from what its columns are computed as to what they are computed from.

Scaling a number is monotone, in floating point as well: where ``(x - m) / s <= t``, ``x`` is at most some double T,
which bisection over the doubles finds. So no engine scales what only trees ask for, and every row still goes the way
that it goes in scikit-learn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Step = Callable[[Array], Array]

_SIGN = np.uint64(1 << 63)


def moved(
    nodes: Sequence[Mapping[str, Any]], index: int, thresholds: Sequence[float], *, strict: bool
) -> tuple[int, list[float]]:
    """Return the node that a column rises with, and its thresholds.

    :param index: the column's node.
    :param strict: whether a row goes left where the column is less than a threshold, and not where it is equal.
    """
    steps: list[Step] = []
    while (found := _step(nodes, nodes[index])) is not None:
        index, step = found
        steps.append(step)
    if not steps:
        return index, list(thresholds)
    edges = np.array(thresholds, dtype=np.float64)
    greatest = _greatest(steps[::-1], edges, strict)
    if strict:  # the first for which it no longer holds; nothing is less than -infinity
        greatest = np.where(np.isneginf(edges), edges, np.nextafter(greatest, np.inf))
    return index, greatest.tolist()


def _step(nodes: Sequence[Mapping[str, Any]], node: Mapping[str, Any]) -> tuple[int, Step] | None:
    """The node below and the step from it, where that rises."""
    op, of = node["op"], node.get("of", ())
    if op == "round32":
        return of[0], lambda x: x.astype(np.float32).astype(np.float64)
    if op not in ("add", "subtract", "multiply", "divide") or nodes[of[1]]["op"] != "constant":
        return None
    value: float = nodes[of[1]]["value"]
    if not math.isfinite(value) or (op in ("multiply", "divide") and value <= 0.0):
        return None
    arithmetic = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide}[op]
    return of[0], lambda x: arithmetic(x, value)


def _greatest(steps: Sequence[Step], edges: Array, strict: bool) -> Array:
    """Per edge, the greatest double from which the steps lead to it or below (``strict``: below); else -infinity."""
    low = np.full(len(edges), _places(np.array([-np.inf]))[0])
    beyond = np.full(len(edges), _places(np.array([np.inf]))[0] + np.uint64(1))
    with np.errstate(all="ignore"):
        while np.any(beyond - low > 1):
            middle = low + (beyond - low) // np.uint64(2)
            value = _doubles(middle)
            for step in steps:
                value = step(value)
            holds = value < edges if strict else value <= edges
            low, beyond = np.where(holds, middle, low), np.where(holds, beyond, middle)
    return _doubles(low)


def _places(doubles: Array) -> Array:
    """Doubles counted in their order."""
    bits = doubles.view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _doubles(places: Array) -> Array:
    return np.where(places & _SIGN, places ^ _SIGN, ~places).view(np.float64)
