"""What is missing in a row, from the nearest rows of the training data, which may lack something too.

A distance is over the columns that both have: the mean of their squared differences, to which scikit-learn's is
proportional (``nan_euclidean_distances``, after J. K. Dixon, Pattern Recognition with Partly Missing Data, 1979). It is
added up column by column, by numpy as by the standard library alone, so that both find the same rows.
"""

from __future__ import annotations

import math

from . import optional

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# So many numbers are more than calls of numpy's cost.
CELLS_THAT_PAY = 500
# Distances that are held at once.
CELLS_AT_ONCE = 1_000_000


class Gaps:
    """The training data's rows, NaN where something is missing."""

    def __init__(self, rows: Sequence[Sequence[float]]) -> None:
        self.rows = rows
        self.array: Any = None
        self.small = len(rows) * len(rows[0]) < CELLS_THAT_PAY

    def apart(self, x: Sequence[float]) -> Apart:
        """A row beside them; nothing is measured before something is missing."""
        return Apart(self, x)

    def by_numpy(self, np: Any) -> Any:
        """The rows as an array."""
        if self.array is None:
            self.array = np.array(self.rows, dtype=np.float64)
        return self.array


class Apart:
    """How far one row is from each."""

    def __init__(self, gaps: Gaps, x: Sequence[float]) -> None:
        self.gaps = gaps
        self.x = x
        self.measured: list[float] | None = None

    def imputed(self, column: int, count: int, by_distance: bool, default: float) -> float:
        """The mean of a column in the nearest rows that have it; see the operation ``imputed``."""
        rows = self.gaps.rows
        found = [
            (far, place)
            for place, far in enumerate(self.distances())
            if far == far and rows[place][column] == rows[place][column]
        ]
        nearest = sorted(found)[:count]
        if not nearest:
            return default
        weights = [1.0] * len(nearest)
        if by_distance:
            weights = [1.0 / math.sqrt(far) if far > 0.0 else math.inf for far, _ in nearest]
            if math.inf in weights:
                weights = [1.0 if weight == math.inf else 0.0 for weight in weights]
        total = sum(weights)
        added = sum([weight * rows[place][column] for weight, (_, place) in zip(weights, nearest)])
        return added / total if total else math.nan

    def distances(self) -> list[float]:
        """Mean squared differences, NaN from a row that has nothing in common."""
        if self.measured is None:
            np = None if self.gaps.small else optional.numpy()
            if np is None:
                self.measured = [self.to(row) for row in self.gaps.rows]
            else:
                self.measured = distances(np, self.gaps.by_numpy(np), np.array([self.x]))[0].tolist()
        return self.measured

    def to(self, row: Sequence[float]) -> float:
        """The distance from one row."""
        total, both = 0.0, 0
        for a, b in zip(self.x, row):
            a -= b
            if a == a:
                total += a * a
                both += 1
        return total / both if both else math.nan


def distances(np: Any, rows: Any, x: Any) -> Any:
    """The same for many rows: shape ``(len(x), len(rows))``."""
    total, both = np.zeros((len(x), len(rows))), np.zeros((len(x), len(rows)))
    with np.errstate(all="ignore"):
        for column in range(rows.shape[1]):
            apart = x[:, column, None] - rows[None, :, column]
            there = apart == apart
            total += np.where(there, apart * apart, 0.0)
            both += there
        return total / both


def imputed(np: Any, rows: Any, x: Any, column: int, count: int, by_distance: bool, default: float) -> Any:
    """The column of many rows, with what is missing there filled in."""
    found = x[:, column].copy()
    donors = rows[~np.isnan(rows[:, column])]
    missing = np.flatnonzero(np.isnan(found))
    together = max(1, CELLS_AT_ONCE // len(rows))
    with np.errstate(all="ignore"):
        for first in range(0, len(missing), together):
            part = missing[first : first + together]
            far = distances(np, donors, x[part])
            nearest = np.argsort(far, axis=1, kind="stable")[:, :count]
            far = np.take_along_axis(far, nearest, axis=1)
            there = far == far
            weights = np.where(there, 1.0 / np.sqrt(far) if by_distance else 1.0, 0.0)
            endless = np.isinf(weights)
            weights = np.where(endless.any(axis=1)[:, None], endless, weights)
            mean = (weights * donors[nearest, column]).sum(axis=1) / weights.sum(axis=1)
            found[part] = np.where(there.any(axis=1), mean, default)
    return found
