"""Histograms of a sample, with which what is logged later is compared (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

# Between the smallest and the largest value there are so many bins, each of about as many values.
BINS = 10
# Beyond them bins double so many times: wide enough to tell a change of units.
DOUBLINGS = 10
# The commonest categories have a bin each.
CATEGORIES = 20
# SQL has no product that is smaller than a number can be.
TINY = 1e-300


def histograms(
    interface: Mapping[str, Any], rows: Sequence[Sequence[Any]], scores: np.ndarray[Any, Any]
) -> list[dict[str, Any]]:
    """One histogram of the scores, then one of each feature; ``dbml.reference`` says what they hold."""
    columns = zip(interface["features"], zip(*rows, strict=True), strict=True)
    return [numbers(scores)] + [
        texts(column) if feature["kind"] == "text" else numbers([np.nan if v is None else float(v) for v in column])
        for feature, column in columns
    ]


def numbers(values: Any) -> dict[str, Any]:
    """Bins of about equal counts, by quantiles that are values themselves, and ever wider ones on both sides.

    A bin has its lower edge and not its upper one. NaN is missing; infinities are in the outermost bins.
    """
    values = np.asarray(values, dtype=np.float64)
    finite = values[np.isfinite(values)]
    below, inside, above = _edges(finite) if finite.size else ([], [], [])
    edges = np.array([*below, *inside, *above])
    given = values[~np.isnan(values)]
    bins = np.searchsorted(edges, given, side="right") + 1
    counts = np.bincount(bins, minlength=len(edges) + 2)
    counts[0] = len(values) - len(given)
    low = len(below) + 2 if inside else 1
    return {
        "kind": "number",
        "edges": edges.tolist(),
        "low": low,
        "high": low + max(0, len(inside) - 2),
        "counts": counts.tolist(),
    }


def _edges(finite: np.ndarray[Any, Any]) -> tuple[list[float], list[float], list[float]]:
    inside = np.unique(np.quantile(finite, np.arange(BINS + 1) / BINS, method="inverted_cdf")).tolist()
    low, high = inside[0], inside[-1]
    with np.errstate(over="ignore"):
        inside.append(just_above(high))
        largest = max(abs(low), abs(high)) or 1.0
        doubled = [largest * 2.0**i for i in range(DOUBLINGS + 1)]
        halved = [0.5**i for i in range(DOUBLINGS + 1)]
    below = [-x for x in doubled] + ([low * x for x in halved] if low > TINY else [])
    above = doubled + ([high * x for x in halved] if high < -TINY else [])
    # Amounts are not below 0, and shares not above 1.
    below += [0.0] if low > 0 else []
    above += [just_above(1.0)] if low >= 0 and high <= 1 else []
    return (
        sorted({x for x in below if np.isfinite(x) and x < low}),
        [x for x in inside if np.isfinite(x)],
        sorted({x for x in above if np.isfinite(x) and x > inside[-1]}),
    )


def just_above(x: float) -> float:
    """The next number, or one soon after it."""
    return x + (abs(x) * 2.0**-52 if abs(x) > TINY else 1e-315)


def texts(values: Sequence[str | None]) -> dict[str, Any]:
    """A bin for each of the commonest categories, and one for all others."""
    counted: dict[str, int] = {}
    for value in values:
        if value is not None:
            counted[value] = counted.get(value, 0) + 1
    top = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:CATEGORIES]
    missing = sum(value is None for value in values)
    others = len(values) - missing - sum(count for _, count in top)
    return {
        "kind": "text",
        "categories": [category for category, _ in top],
        "low": 1,
        "high": len(top),
        "counts": [missing, *(count for _, count in top), others],
    }
