"""Support vector machines with kernels, and the means of Gaussian processes."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import (
    RBF,
    ConstantKernel,
    Matern,
    Product,
    RationalQuadratic,
    Sum,
    WhiteKernel,
)
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM

from dbml._plpython.operations import KERNELS
from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Columns, predictor


@predictor(SVR, NuSVR)
def support_vector_regressor(estimator: Any, X: Columns) -> Answer:
    return Answer(value=_decision(estimator, _checked(estimator, X)))


@predictor(OneClassSVM)
def one_class(estimator: OneClassSVM, X: Columns) -> Answer:
    decision = _decision(estimator, _checked(estimator, X))
    return Answer(value=X.plan.constant(0.0).less(decision).select(1.0, -1.0), function=[decision])


@predictor(SVC, NuSVC)
def support_vector_classifier(estimator: Any, X: Columns) -> Answer:
    X = _checked(estimator, X)
    classes = len(estimator.classes_)
    if classes == 2:
        decision = _decision(estimator, X)
        first = decision.less(0.0)
        chances = _chances(estimator, decision) if len(estimator._probA) else None
        return Answer(chances, votes=[first, ~first], function=[decision])
    if estimator.break_ties:
        raise Unsupported(f"a {type(estimator).__name__} that breaks ties")
    ends = np.cumsum(estimator.n_support_)
    starts = ends - estimator.n_support_
    votes: list[list[Value]] = [[] for _ in range(classes)]
    for number, (i, j) in enumerate(combinations(range(classes), 2)):
        # libsvm's own order: the vectors of a class have a weight for each other class.
        parts = ((i, j - 1), (j, i))
        places = np.concatenate([np.arange(starts[one], ends[one]) for one, _ in parts])
        weight = np.concatenate([_dense(estimator.dual_coef_)[row, starts[one] : ends[one]] for one, row in parts])
        value = _kernels(estimator, X, places, weight, float(estimator.intercept_[number]))
        wins = X.plan.constant(0.0).less(value)
        votes[i].append(wins.indicator())
        votes[j].append((~wins).indicator())
    return Answer(decision=[X.plan.sum(each) for each in votes])


def _chances(estimator: Any, decision: Value) -> list[Value]:
    """Probabilities of two classes, as libsvm couples them (``multiclass_probability`` of its svm.cpp).

    After T.-F. Wu, C.-J. Lin and R. C. Weng, Probability Estimates for Multi-class Classification by Pairwise Coupling,
    2004, algorithm 2. It stops once it is near enough, so that they are not the sigmoid itself; two classes take two
    rounds at most.
    """
    margin = decision * float(estimator._probA[0]) - float(estimator._probB[0])
    first = margin.sigmoid().clip(1e-7, 1.0 - 1e-7)
    other = 1.0 - first
    square, mixed = (other * other, first * first), -(other * first)
    chances = [decision.plan.constant(0.5)] * 2
    for _ in range(2):
        weighed = [square[0] * chances[0] + mixed * chances[1], mixed * chances[0] + square[1] * chances[1]]
        both = chances[0] * weighed[0] + chances[1] * weighed[1]
        apart = (weighed[0] - both).function("absolute").maximum((weighed[1] - both).function("absolute"))
        near, before = apart.less(0.0025), chances
        for place in (0, 1):
            step = (both - weighed[place]) / square[place]
            longer = 1.0 + step
            both = (both + step * (step * square[place] + 2.0 * weighed[place])) / longer / longer
            row = (square[0], mixed) if place == 0 else (mixed, square[1])
            weighed = [(weight + step * part) / longer for weight, part in zip(weighed, row, strict=True)]
            moved = [chance + step if at == place else chance for at, chance in enumerate(chances)]
            chances = [chance / longer for chance in moved]
        chances = [near.select(old, new) for old, new in zip(before, chances, strict=True)]
    return chances


def _checked(estimator: Any, X: Columns) -> Columns:
    name = type(estimator).__name__
    if getattr(estimator, "kernel", "rbf") not in KERNELS and not isinstance(estimator, GaussianProcessRegressor):
        raise Unsupported(f"a {name} with a kernel of its own")
    X.numeric(name).refuse_missing(name)
    return X


def _decision(estimator: Any, X: Columns) -> Value:
    """The sum over all support vectors."""
    intercept = float(np.ravel(estimator.intercept_)[0])
    dual = _dense(estimator.dual_coef_)[0]
    return _kernels(estimator, X, np.arange(len(dual)), dual, intercept)


def _kernels(estimator: Any, X: Columns, places: Any, weight: Any, intercept: float) -> Value:
    if not len(weight):  # every target was within epsilon
        return X.plan.constant(intercept)
    # Linear ones too by their vectors: libsvm answers NaN where one of these products overflows.
    vectors = _dense(estimator.support_vectors_)[places]
    return X.plan.kernel(
        X.values,
        estimator.kernel,
        vectors.tolist(),
        weight.tolist(),
        intercept,
        gamma=estimator._gamma,
        shift=estimator.coef0,
        degree=estimator.degree,
    )


def _dense(values: Any) -> np.ndarray[Any, Any]:
    dense: np.ndarray[Any, Any] = np.asarray(values.toarray() if sparse.issparse(values) else values)
    return dense


@predictor(GaussianProcessRegressor)
def gaussian_process(estimator: GaussianProcessRegressor, X: Columns) -> Answer:
    X = _checked(estimator, X)
    alpha = np.asarray(estimator.alpha_)
    if alpha.ndim > 1 and alpha.shape[1] > 1:
        raise Unsupported("a GaussianProcessRegressor of several targets")
    scale, inner = _scaled(estimator.kernel_)
    lengths = np.broadcast_to(getattr(inner, "length_scale", 1.0), len(X))
    values = [value / float(one) for value, one in zip(X.values, lengths, strict=True)]
    vectors = estimator.X_train_ / lengths
    std, mean = (float(np.ravel(part)[0]) for part in (estimator._y_train_std, estimator._y_train_mean))
    raw = X.plan.kernel(values, vectors=vectors.tolist(), weights=(np.ravel(alpha) * scale).tolist(), **_says(inner))
    return Answer(value=raw * std + mean)


def _scaled(kernel: Any) -> tuple[float, Any]:
    """The factor before a kernel, and the kernel; noise plays no part between different rows."""
    if type(kernel) in (RBF, Matern, RationalQuadratic):
        return 1.0, kernel
    if isinstance(kernel, Sum) and isinstance(kernel.k2, WhiteKernel):
        return _scaled(kernel.k1)
    if isinstance(kernel, Product) and isinstance(kernel.k1, ConstantKernel):
        scale, inner = _scaled(kernel.k2)
        return float(kernel.k1.constant_value) * scale, inner
    raise Unsupported(f"a GaussianProcessRegressor with the kernel {kernel}")


def _says(kernel: Any) -> dict[str, Any]:
    """A kernel as the operation says it, of numbers that are divided by its lengths."""
    if isinstance(kernel, RationalQuadratic):
        return {"kind": "rational", "gamma": 0.5 / kernel.alpha, "shift": kernel.alpha}
    if type(kernel) is RBF or kernel.nu == np.inf:
        return {"kind": "rbf", "gamma": 0.5}
    if kernel.nu not in (0.5, 1.5, 2.5):
        raise Unsupported(f"a GaussianProcessRegressor with the kernel {kernel}")
    return {"kind": "matern", "degree": round(2 * kernel.nu)}
