"""Transformers that make many columns of few: polynomials and splines."""

from __future__ import annotations

from typing import Any

from scipy.interpolate import PPoly
from sklearn.preprocessing import PolynomialFeatures, SplineTransformer

from dbml.scorer.plan import Number, Value
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
        made = _Bases(X, column.value, spline, degree, bool(estimator.sparse_output)).values(estimator.extrapolation)
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

    def __init__(self, X: Columns, value: Value, spline: Any, degree: int, sparse: bool) -> None:
        self.plan, self.value, self.spline, self.degree, self.sparse = X.plan, value, spline, degree, sparse

    def values(self, extrapolation: str) -> list[Value]:
        spline, x = self.spline, self.value
        first, last = float(spline.t[spline.k]), float(spline.t[len(spline.t) - spline.k - 1])
        if extrapolation == "periodic":
            width = last - first
            x = first + (x - first).modulo(width) if width > 0 else x * 0.0
        bases = [self._basis(x, index) for index in range(spline.c.shape[1])]
        if extrapolation in ("continue", "error", "periodic"):
            return bases
        return self._beyond(extrapolation, bases)

    def _basis(self, x: Value, index: int) -> Value:
        t, c, k = self.spline.tck
        pieces = PPoly.from_spline((t, c[:, index], k))
        used = slice(k, len(t) - k - 1)
        coefficients = pieces.c[:, used].T.tolist()
        return x.polynomial(t[k : len(t) - k], coefficients)

    def _beyond(self, extrapolation: str, bases: list[Value]) -> list[Value]:
        """Bases with other values beyond both ends, column by column in scikit-learn's order.

        Where it has counted the degree too high, the ends cross, and a value lies beyond both.
        """
        spline, degree, x = self.spline, self.degree, self.value
        low, high = float(spline.t[degree]), float(spline.t[-degree - 1])
        below, above = x.less(low), self.plan.constant(high).less(x)
        inside = self.plan.constant(low).less_equal(x) & x.less_equal(high)
        made = [inside.select(basis, 0.0) for basis in bases]
        linear = extrapolation == "linear"
        if linear and degree <= 1:
            degree += 1
        if degree == 0 and not self.sparse:
            self.plan.check(~above, "a SplineTransformer of degree 0 takes no value above its last knot")
        last = len(bases) - 1
        for near in range(degree):
            made[near] = below.select(self._line(low, near, linear), made[near])
            made[last - near] = above.select(self._line(high, last - near, linear), made[last - near])
        if degree == 0 and self.sparse:
            made = [above.select(self._line(high, index, False), value) for index, value in enumerate(made)]
        return made

    def _line(self, end: float, index: int, linear: bool) -> Number:
        value = float(self.spline(end)[index])
        return value + (self.value - end) * float(self.spline(end, nu=1)[index]) if linear else value
