"""Transformers that make many columns of few: polynomials and splines."""

from __future__ import annotations

from typing import Any

from scipy.interpolate import PPoly
from sklearn.preprocessing import PolynomialFeatures, SplineTransformer

from dbml.scorer.plan import Value
from dbml.scorer.sklearn.registry import Columns, transformer


@transformer(PolynomialFeatures)
def polynomial_features(estimator: PolynomialFeatures, X: Columns) -> Columns:
    X.numeric("PolynomialFeatures").refuse_missing("PolynomialFeatures")
    combinations = estimator._combinations(
        n_features=len(X),
        min_degree=estimator._min_degree,
        max_degree=estimator._max_degree,
        interaction_only=estimator.interaction_only,
        include_bias=estimator.include_bias,
    )
    values = []
    for combination in combinations:
        # A dense product grows from its last factor, a sparse one from its first.
        order = combination if X.sparse else combination[::-1]
        value = X.plan.constant(1.0)
        for i, place in enumerate(order):
            value = X.rounding(value * X[place].value) if i else X[place].value
        values.append(value)
    dtype = X.dtype if X.dtype in ("float64", "float32") else "float64"
    return X.of(values, list(estimator.get_feature_names_out()), dtype, X.sparse)


@transformer(SplineTransformer)
def spline_transformer(estimator: SplineTransformer, X: Columns) -> Columns:
    X.double("SplineTransformer")
    zeros = getattr(estimator, "handle_missing", "error") == "zeros"
    if not zeros:
        X.refuse_missing("SplineTransformer")
    degree = estimator.degree
    values: list[Value] = []
    for column, spline in zip(X, estimator.bsplines_, strict=True):
        made = _Bases(X, column.value, spline, degree).values(estimator.extrapolation)
        if estimator.extrapolation == "error":
            inside = _between(X, column.value, spline)
            X.plan.check(
                inside | column.value.missing() if zeros else inside, "X contains values beyond the limits of the knots"
            )
        if estimator.extrapolation == "linear" and degree <= 1:
            # scikit-learn counts this up within its loop, so the columns that follow see the greater degree.
            degree += 1
        if zeros:
            made = [column.value.missing().select(0.0, value) for value in made]
        values += made if estimator.include_bias else made[:-1]
    return X.of(values, list(estimator.get_feature_names_out()), sparse=bool(estimator.sparse_output))


def _between(X: Columns, value: Value, spline: Any) -> Value:
    low, high = float(spline.t[spline.k]), float(spline.t[len(spline.t) - spline.k - 1])
    return X.plan.constant(low).less_equal(value) & value.less_equal(high)


class _Bases:
    """The bases of one column, as piecewise polynomials."""

    def __init__(self, X: Columns, value: Value, spline: Any, degree: int) -> None:
        self.plan, self.value, self.spline, self.degree = X.plan, value, spline, degree

    def values(self, extrapolation: str) -> list[Value]:
        spline, x = self.spline, self.value
        first, last = float(spline.t[spline.k]), float(spline.t[len(spline.t) - spline.k - 1])
        if extrapolation == "periodic":
            width = last - first
            x = first + (x - first).modulo(width) if width > 0 else x * 0.0
        bases = [self._basis(x, index) for index in range(spline.c.shape[1])]
        if extrapolation in ("continue", "error", "periodic"):
            return bases
        low, high = spline.t[self.degree], spline.t[-self.degree - 1]
        below, above = x.less(float(low)), self.plan.constant(float(high)).less(x)
        slopes = [self._outside(extrapolation, float(end)) for end in (low, high)]
        return [
            below.select(under, above.select(over, basis)) for basis, under, over in zip(bases, *slopes, strict=True)
        ]

    def _basis(self, x: Value, index: int) -> Value:
        t, c, k = self.spline.tck
        pieces = PPoly.from_spline((t, c[:, index], k))
        used = slice(k, len(t) - k - 1)
        coefficients = pieces.c[:, used].T.tolist()
        return x.polynomial(t[k : len(t) - k], coefficients)

    def _outside(self, extrapolation: str, end: float) -> list[Value]:
        """Per basis, its value beyond one end."""
        spline, degree = self.spline, self.degree
        below = end == float(spline.t[degree])
        values, slopes = spline(end), spline(end, nu=1)
        size = spline.c.shape[1]
        if extrapolation == "linear" and degree <= 1:
            degree += 1
        made = []
        for index in range(size):
            near = index < degree if below else index >= size - degree
            value = self.plan.constant(float(values[index]) if near else 0.0)
            if near and extrapolation == "linear":
                value = float(values[index]) + (self.value - end) * float(slopes[index])
            made.append(value)
        return made
