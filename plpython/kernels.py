"""Kernels of a row with many vectors: every step runs in C, and by numpy where that is here and pays."""

from __future__ import annotations

import itertools
import math
from operator import mul

from . import ieee, optional

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# So many vectors, times numbers, are more than a call of numpy's costs.
CELLS_THAT_PAY = 500
# The root of the largest number.
LARGEST = 1.3407807929942596e154
# What squares made of a product may be off by, times the weights, to be within the bound of all engines.
SLACK = 1e-10


class Kernel:
    """The sum of weights times kernels, as the plan's operation ``kernel`` says it."""

    def __init__(
        self,
        kind: str,
        vectors: Sequence[Sequence[float]],
        weights: Sequence[float],
        gamma: float,
        shift: float,
        degree: int,
        constant: float,
    ) -> None:
        self.kind = kind
        self.vectors = vectors
        self.weights = weights
        self.gamma = gamma
        self.shift = shift
        self.degree = degree
        self.constant = constant
        self.arrays: tuple[Any, ...] = ()
        self.small = len(vectors) * len(vectors[0]) < CELLS_THAT_PAY

    def at(self, x: Sequence[float]) -> float:
        """The sum for one row."""
        if not self.small and (np := optional.numpy()) is not None:
            found = self.by_numpy(np, x)
            if found is not None:
                return found
        return self.plainly(x)

    def plainly(self, x: Sequence[float]) -> float:
        """The same by the standard library alone."""
        if self.kind == "rbf":
            # gamma is negative, so that no power overflows.
            distances = list(map(math.dist, itertools.repeat(x), self.vectors))
            squares = map(mul, distances, distances)
            terms = list(map(math.exp, map(mul, itertools.repeat(self.gamma), squares)))
        elif self.kind in ("matern", "rational"):
            terms = [self.of_distance(far) for far in map(math.dist, itertools.repeat(x), self.vectors)]
        elif self.kind == "linear":
            terms = [sum(map(mul, x, vector)) for vector in self.vectors]
        else:
            inner = [self.gamma * sum(map(mul, x, vector)) + self.shift for vector in self.vectors]
            terms = (
                [math.tanh(each) for each in inner]
                if self.kind == "sigmoid"
                else [ieee.power(each, self.degree) for each in inner]
            )
        total: float = sum(map(mul, self.weights, terms))
        return total + self.constant

    def of_distance(self, far: float) -> float:
        """A kernel that a distance is enough for."""
        if far > LARGEST:  # its square, of which scikit-learn takes the root, is infinite
            far = math.inf
        if self.kind == "rational":
            return math.pow(1.0 + self.gamma * (far * far), -self.shift)
        far *= math.sqrt(self.degree)
        series = 1.0 if self.degree == 1 else 1.0 + far if self.degree == 3 else 1.0 + far + far * far / 3.0
        return series * math.exp(-far)

    def by_numpy(self, np: Any, x: Sequence[float]) -> float | None:
        """The same by one product; None where that is not exact enough, or a number is too large."""
        if self.kind != "rbf":
            return None
        if not self.arrays:
            vectors, weights = np.array(self.vectors), np.array(self.weights)
            squares = np.einsum("ij,ij->i", vectors, vectors)
            # exp(gamma (x - v)**2) = exp(2 |gamma| x v + gamma v**2) exp(gamma x**2); gamma is negative
            self.arrays = -2.0 * self.gamma * vectors, self.gamma * squares, weights
            self.size, self.weight = float(squares.max()), float(np.abs(weights).sum())
        own = sum([value * value for value in x])
        if not -self.gamma * 4e-16 * (len(x) + 4) * (own + self.size) * self.weight < SLACK:
            return None
        vectors, squares, weights = self.arrays
        powers = vectors @ np.array(x)
        powers += squares
        powers += self.gamma * own
        return float(np.exp(powers, out=powers) @ weights) + self.constant
