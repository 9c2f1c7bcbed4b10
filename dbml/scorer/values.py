"""The nodes of a plan that is being built, as values: arithmetic and comparisons in Python make further nodes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbml.scorer.plan import Builder


@dataclass(frozen=True, eq=False)
class Value:
    """One node of a plan that is being built; arithmetic and comparisons of nodes make new nodes.

    ``kind`` is ``"n"`` (a number), ``"t"`` (a text) or ``"b"`` (a condition). ``==`` is Python's own identity:
    conditions have names (:meth:`equal`, :meth:`less`, …).
    """

    plan: Builder
    index: int
    kind: str

    @property
    def always_finite(self) -> bool:
        """Whether no row can make this number NaN or large, so that asking is wasted time."""
        return self.plan.op(self) == "indicator" or self.index in self.plan.words

    # arithmetic

    def __add__(self, other: Number) -> Value:
        return self.plan.node("add", self, other)

    def __radd__(self, other: float) -> Value:
        return self.plan.node("add", other, self)

    def __sub__(self, other: Number) -> Value:
        return self.plan.node("subtract", self, other)

    def __rsub__(self, other: float) -> Value:
        return self.plan.node("subtract", other, self)

    def __mul__(self, other: Number) -> Value:
        return self.plan.node("multiply", self, other)

    def __rmul__(self, other: float) -> Value:
        return self.plan.node("multiply", other, self)

    def __truediv__(self, other: Number) -> Value:
        return self.plan.node("divide", self, other)

    def __rtruediv__(self, other: float) -> Value:
        return self.plan.node("divide", other, self)

    def __neg__(self) -> Value:
        return self.function("negative")

    def minimum(self, other: Number) -> Value:
        """The smaller, as ``numpy.minimum``: NaN if either is."""
        return self.plan.node("minimum", self, other)

    def maximum(self, other: Number) -> Value:
        """The greater, as ``numpy.maximum``: NaN if either is."""
        return self.plan.node("maximum", self, other)

    def clip(self, low: float, high: float) -> Value:
        """Bound to ``low`` … ``high``; NaN stays NaN."""
        return self.maximum(low).minimum(high)

    def modulo(self, divisor: float) -> Value:
        """``numpy.mod(x, divisor)`` for a positive divisor."""
        return self.plan.node("modulo", self, divisor=float(divisor))

    def function(self, name: str) -> Value:
        """One of :data:`dbml._plpython.operations.FUNCTIONS`, named and computed as numpy's (``ndtr``: scipy's)."""
        return self.plan.node("function", self, name=name)

    def round32(self) -> Value:
        """The nearest float32."""
        return self.plan.node("round32", self)

    def sigmoid(self) -> Value:
        """``scipy.special.expit``."""
        return self.plan.node("sigmoid", self)

    # conditions

    def less(self, other: Number) -> Value:
        """``x < other``; false for NaN."""
        return self.plan.compare("less", self, other)

    def less_equal(self, other: Number) -> Value:
        """``x <= other``; false for NaN."""
        return self.plan.compare("less_equal", self, other)

    def equal(self, other: Number) -> Value:
        """``x == other``; false for NaN."""
        return self.plan.node("equal", self, other)

    def finite(self) -> Value:
        """Neither NaN nor infinite."""
        return self.plan.node("finite", self)

    def missing(self) -> Value:
        """NaN for a number, NULL for a text."""
        return self.plan.node("missing" if self.kind == "n" else "absent", self)

    def is_(self, value: str) -> Value:
        """Whether the text is this one; false where it is missing."""
        return self.plan.node("is", self, value=value)

    def __invert__(self) -> Value:
        return self.plan.node("not", self)

    def __and__(self, other: Value) -> Value:
        return self.plan.all([self, other])

    def __or__(self, other: Value) -> Value:
        return self.plan.any([self, other])

    # choices and tables

    def indicator(self) -> Value:
        """1 where the condition holds, else 0."""
        return self.plan.node("indicator", self)

    def select(self, yes: Number, no: Number) -> Value:
        """``yes`` where the condition holds, else ``no``."""
        return self.plan.node("select", self, yes, no)

    def fill(self, value: str) -> Value:
        """The text, or ``value`` where it is missing."""
        return self.plan.node("fill", self, value=value)

    def replace(self, key: str, value: str) -> Value:
        """The text, or ``value`` where it is ``key``; what is missing stays missing."""
        return self.plan.node("replace", self, key=key, value=value)

    def lookup(
        self, keys: Iterable[Any], values: Iterable[float], default: float = math.nan, missing: float = math.nan
    ) -> Value:
        """The value that stands beside the text or number among ``keys``.

        :param default: for what is none of the keys.
        :param missing: for NULL and NaN.
        """
        text = self.kind == "t"
        return self.plan.node(
            "lookup" if text else "match",
            self,
            keys=[str(key) if text else float(key) for key in keys],
            values=[float(value) for value in values],
            default=float(default),
            missing=float(missing),
        )

    def term(self, term: str, pattern: str, words: Sequence[int], lower: bool, stop: Sequence[str]) -> Value:
        """How often a term is in the text; see the operation ``term``."""
        return self.plan.node(
            "term", self, term=term, pattern=pattern, words=[int(n) for n in words], lower=int(lower), stop=list(stop)
        )

    def step(
        self, edges: Iterable[float], values: Iterable[float], side: str = "left", missing: float = math.nan
    ) -> Value:
        """``values[numpy.searchsorted(edges, x, side)]``; ``missing`` for NaN."""
        return self.plan.node("step", self, edges=floats(edges), values=floats(values), side=side, missing=missing)

    def interpolate(self, x: Iterable[float], y: Iterable[float]) -> Value:
        """``numpy.interp(value, x, y)``."""
        return self.plan.node("interpolate", self, x=floats(x), y=floats(y))

    def polynomial(self, breaks: Iterable[float], coefficients: Iterable[Iterable[float]]) -> Value:
        """A piecewise polynomial: in the interval ``[breaks[i], breaks[i+1])`` a polynomial in ``x - breaks[i]``.

        :param coefficients: per interval, the highest power first. The first and the last go on beyond the ends.
        """
        return self.plan.node(
            "polynomial", self, breaks=floats(breaks), coefficients=[floats(row) for row in coefficients]
        )


Number = Value | float


def floats(values: Iterable[float]) -> list[float]:
    """Numbers of any kind as plain ones."""
    return [float(value) for value in values]
