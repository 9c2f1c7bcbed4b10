"""The nearest rows of the training data for many rows at once by numpy; says the same as :mod:`.near`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import near

Array = Any
# Distances that are held at once.
_CELLS_AT_ONCE = 1_000_000


class Ragged(NamedTuple):
    """For each row another number of rows that were found: pairs of both, with their distances.

    :param rows: that were asked for.
    """

    at: Array
    place: Array
    distance: Array
    rows: int


def within(index: near.Within, x: Array) -> Ragged:
    """All rows within the radius."""
    power, rows = index.measure.power, np.array(index.measure.rows)
    together = max(1, _CELLS_AT_ONCE // len(rows))
    parts = []
    for start in range(0, max(1, len(x)), together):
        far = _reduced(power, x[start : start + together, None, :], rows[None, :, :])
        at, place = np.nonzero(far <= index.bound)
        parts.append((at + start, place, far[at, place]))
    at, place, far = (np.concatenate(part) for part in zip(*parts))
    return Ragged(at, place, _root(power, far), len(x))


def find(index: near.Near, x: Array) -> tuple[Array, Array]:
    """Places and distances, each of shape ``(rows, count)``; no distances of a row with NaN or infinity.

    :param x: shape ``(rows, columns)``.
    """
    places = np.full((len(x), index.count), index.first, dtype=np.intp)
    distances = np.full((len(x), index.count), np.nan)
    squares = np.einsum("ij,ij->i", x, x)
    usual = np.flatnonzero(squares < near.LARGEST)
    together = max(1, _CELLS_AT_ONCE // len(index.rows))
    for start in range(0, len(usual), together):
        part = usual[start : start + together]
        places[part], distances[part] = _found(index, x[part], squares[part])
    for row in np.flatnonzero(~(squares < near.LARGEST) & np.isfinite(x).all(axis=1)):
        places[row], distances[row] = index.find(x[row].tolist())
    return places, distances


def _found(index: near.Near, x: Array, squares: Array) -> tuple[Array, Array]:
    k, rows = index.count, index.prepared(np)[0]
    at, place = _worth_measuring(index, x, squares)
    reduced = _reduced(index.power, x[at], rows[place])
    order = np.lexsort((place, reduced, at))
    at, place, reduced = at[order], place[order], reduced[order]
    ends = np.searchsorted(at, np.arange(len(x)), side="right")
    starts = np.append(0, ends[:-1])
    nearest = starts[:, None] + np.arange(k)
    places, distances = place[nearest], _root(index.power, reduced[nearest])
    # Where the next is as far as the last, the search itself tells which is kept.
    after = starts + k
    tied = (after < ends) & (reduced[np.minimum(after, len(at) - 1)] <= reduced[after - 1])
    for row in np.flatnonzero(tied):
        places[row], distances[row] = index.find(x[row].tolist())
    return places, distances


def _worth_measuring(index: near.Near, x: Array, squares: Array) -> tuple[Array, Array]:
    """Pairs of a row of x and a place, in the order of the rows."""
    rows, own = index.prepared(np)
    if index.power == 2.0:
        far = x @ (-2.0 * rows.T)
        far += own
        slack = near.SLACK * x.shape[1] * (squares + index.greatest)
    else:
        far, slack = _reduced(index.power, x[:, None, :], rows[None, :, :]), 0.0
    bound = near.last(np, far, index.count) + slack
    found: tuple[Array, Array] = np.divmod(np.flatnonzero(far <= bound[:, None]), len(rows))
    return found


def _reduced(power: float, x: Array, rows: Array) -> Array:
    """Distances before their root, over the last axis, in scikit-learn's order of operations."""
    total: Array = 0.0
    for column in range(x.shape[-1]):
        difference = np.abs(x[..., column] - rows[..., column])
        if power == np.inf:
            total = np.maximum(total, difference)
        else:
            total = total + (
                difference * difference if power == 2.0 else difference if power == 1.0 else difference**power
            )
    return total


def _root(power: float, reduced: Array) -> Array:
    if power == 2.0:
        return np.sqrt(reduced)
    return reduced if power in (1.0, np.inf) else reduced ** (1.0 / power)


def vote(found: tuple[Array, Array] | Ragged, values: Array, by_distance: bool) -> Array:
    """As :func:`.near.vote`, for each row."""
    if isinstance(found, Ragged):
        return _ragged_vote(found, values, by_distance)
    places, distances = found
    worth = values[places]
    if not by_distance:
        return worth.sum(axis=1) / places.shape[1]
    weights = 1.0 / distances
    endless = np.isinf(weights)
    weights = np.where(endless.any(axis=1)[:, None], endless, weights)
    return (weights * worth).sum(axis=1) / weights.sum(axis=1)


def _ragged_vote(found: Ragged, values: Array, by_distance: bool) -> Array:
    weights = np.ones(len(found.at))
    if by_distance:
        weights = 1.0 / found.distance
        endless = np.isinf(weights)
        beside_one = np.bincount(found.at, endless, found.rows)[found.at] > 0.0
        weights = np.where(beside_one, endless, weights)
    total = np.bincount(found.at, weights, found.rows)
    answer: Array = np.bincount(found.at, weights * values[found.place], found.rows) / total
    return answer
