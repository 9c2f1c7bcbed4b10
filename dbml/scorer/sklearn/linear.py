"""Linear models for regression, generalised ones with their links, and partial least squares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy import sparse
from sklearn import linear_model
from sklearn.cross_decomposition import CCA, PLSCanonical, PLSRegression
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    ElasticNetCV,
    GammaRegressor,
    HuberRegressor,
    Lars,
    LarsCV,
    Lasso,
    LassoCV,
    LassoLars,
    LassoLarsCV,
    LassoLarsIC,
    LinearRegression,
    OrthogonalMatchingPursuit,
    OrthogonalMatchingPursuitCV,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    RidgeCV,
    SGDOneClassSVM,
    SGDRegressor,
    TheilSenRegressor,
    TweedieRegressor,
)
from sklearn.svm import LinearSVR

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Columns, predictor

# exp() of more is infinite in float32.
LARGEST_EXPONENT32 = 88.0


def weights(coefficients: Any, what: str) -> np.ndarray[Any, Any]:
    """Fitted coefficients as float64, one row an output.

    :raises Unsupported: they are float32: the estimator was fitted on float32 and computes in float32, in the
        order that the matrix library chooses.
    """
    dense = np.asarray(coefficients.toarray() if sparse.issparse(coefficients) else coefficients)
    if dense.dtype == np.float32:
        raise Unsupported(f"a {what} that was fitted on float32 numbers")
    return np.atleast_2d(dense).astype(np.float64)


def single(coefficients: Any, X: Columns) -> bool:
    """Whether an estimator multiplies in float32: one factor of float64 makes both so."""
    return bool(coefficients.dtype == np.float32) and X.dtype == "float32"


def double(coefficients: Any) -> np.ndarray[Any, Any]:
    """Fitted coefficients of whatever precision, one row an output."""
    dense = np.asarray(coefficients.toarray() if sparse.issparse(coefficients) else coefficients)
    return np.atleast_2d(dense).astype(np.float64)


def weighted_sum(X: Columns, row: Iterable[float], constant: float, *, in_single: bool = False) -> Value:
    """``X @ row + constant`` of columns that are finite: a weight of 0 leaves its column out.

    :param in_single: whether the estimator adds up in float32.
    """
    if X.hashed is not None:
        return X.hashed.dot(row, constant)
    pairs = [(value, float(weight)) for value, weight in zip(X.values, row, strict=True)]
    # One without any weight is a sum in float32 all the same.
    terms = [pair for pair in pairs if pair[1] != 0.0] or (pairs if in_single else [])
    if not terms:
        return X.plan.constant(constant)
    found = X.plan.dot([value for value, _ in terms], [weight for _, weight in terms], constant)
    return X.plan.single(found) if in_single else found


def decisions(estimator: Any, X: Columns) -> list[Value]:
    """``X @ coef_.T + intercept_``, one value for each row of the coefficients."""
    name = type(estimator).__name__
    X.numeric(name).refuse_missing(name)
    rows, in_single = double(estimator.coef_), single(estimator.coef_, X)
    intercepts = np.broadcast_to(np.ravel(estimator.intercept_).astype(np.float64), len(rows))
    pairs = zip(rows, intercepts, strict=True)
    return [weighted_sum(X, row, float(b), in_single=in_single) for row, b in pairs]


def older(name: str) -> list[type]:
    """The class of ``sklearn.linear_model`` of that name, in versions that still have it."""
    return [getattr(linear_model, name)] if hasattr(linear_model, name) else []


def only(values: list[Value], what: str) -> Value:
    """The one output of a regressor.

    :raises Unsupported: it has several.
    """
    if len(values) != 1:
        raise Unsupported(f"a {what} of several outputs")
    return values[0]


@predictor(
    ARDRegression, BayesianRidge, ElasticNet, ElasticNetCV, HuberRegressor, Lars, LarsCV, Lasso, LassoCV, LassoLars,
    LassoLarsCV, LassoLarsIC, LinearRegression, LinearSVR, OrthogonalMatchingPursuit, OrthogonalMatchingPursuitCV,
    QuantileRegressor, Ridge, RidgeCV, SGDRegressor, TheilSenRegressor, *older("PassiveAggressiveRegressor"),
)  # fmt: skip
def linear_regressor(estimator: Any, X: Columns) -> Answer:
    return Answer.of_targets(decisions(estimator, X))


@predictor(PoissonRegressor, GammaRegressor, TweedieRegressor)
def generalised_linear_regressor(estimator: Any, X: Columns) -> Answer:
    raw = only(decisions(estimator, X), type(estimator).__name__)
    link = type(estimator._base_loss.link).__name__
    if link == "LogLink":
        if single(estimator.coef_, X):
            X.plan.check(raw.less(LARGEST_EXPONENT32), "the answer is too large for float32")
        return Answer(value=raw.function("exp"))
    if link == "IdentityLink":
        return Answer(value=raw)
    raise Unsupported(f"a {type(estimator).__name__} with a {link}")


@predictor(PLSRegression, PLSCanonical, CCA)
def partial_least_squares(estimator: Any, X: Columns) -> Answer:
    name = type(estimator).__name__
    X.numeric(name).refuse_missing(name)
    rows, rounded = weights(estimator.coef_, name), X.rounding
    centred = X.of([rounded(v - float(m)) for v, m in zip(X.values, estimator._x_mean, strict=True)])
    values = [weighted_sum(centred, row, float(b)) for row, b in zip(rows, np.ravel(estimator.intercept_), strict=True)]
    return Answer.of_targets(values)


@predictor(SGDOneClassSVM)
def one_class_svm(estimator: SGDOneClassSVM, X: Columns) -> Answer:
    X.numeric("SGDOneClassSVM").refuse_missing("SGDOneClassSVM")
    [row] = double(estimator.coef_)
    decision = weighted_sum(X, row, -float(estimator.offset_[0]), in_single=single(estimator.coef_, X))
    return Answer(value=X.plan.constant(0.0).less_equal(decision).select(1.0, -1.0), function=[decision])
