"""Clusters by their nearest centre, mixtures of normal distributions, and kernels against a few rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.kernel_approximation import Nystroem
from sklearn.mixture import GaussianMixture

from dbml._plpython.operations import KERNELS
from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.linear import weights
from dbml.scorer.sklearn.registry import Answer, Columns, predictor, transformer


@predictor(KMeans, MiniBatchKMeans)
def k_means(estimator: Any, X: Columns) -> Answer:
    what = type(estimator).__name__
    X.double(what).refuse_missing(what)
    centres = weights(estimator.cluster_centers_, what)
    # As scikit-learn has it, without the row's own square, which is the same for each.
    distances = [X.plan.dot(X.values, (-2.0 * centre).tolist(), float(centre @ centre)) for centre in centres]
    return Answer(value=_first_of_least(distances))


def _first_of_least(values: Sequence[Value]) -> Value:
    """The place of the least value, by one comparison after the other."""
    least, place = values[0], values[0].plan.constant(0.0)
    for number, value in enumerate(values[1:], 1):
        closer = value.less(least)
        least, place = closer.select(value, least), closer.select(float(number), place)
    return place


@predictor(GaussianMixture)
def gaussian_mixture(estimator: GaussianMixture, X: Columns) -> Answer:
    X.double("GaussianMixture").refuse_missing("GaussianMixture")
    width = len(X)
    kind = estimator.covariance_type
    squares = [value * value for value in X.values]
    joint = []
    for place, (mean, weight) in enumerate(zip(estimator.means_, estimator.weights_, strict=True)):
        factor = estimator.precisions_cholesky_ if kind == "tied" else estimator.precisions_cholesky_[place]
        if kind in ("full", "tied"):
            parts = [X.plan.dot(X.values, column.tolist(), -float(mean @ column)) for column in factor.T]
            distance = X.plan.sum([part * part for part in parts])
            determinant = float(np.log(np.diag(factor)).sum())
        else:
            # Multiplied out, as scikit-learn does here: what overflows so is no number.
            precision = np.broadcast_to(factor**2, width)
            crossed = X.plan.dot(X.values, (-2.0 * mean * precision).tolist(), float((mean**2 * precision).sum()))
            distance = crossed + X.plan.dot(squares, precision.tolist())
            determinant = float(np.log(np.broadcast_to(factor, width)).sum())
        constant = determinant + math.log(weight) - 0.5 * width * math.log(2.0 * math.pi)
        joint.append(constant - 0.5 * distance)
    votes = X.plan.argmax(joint)
    return Answer(value=Answer(votes=votes).prediction(X.plan, range(len(joint))))


@transformer(Nystroem)
def nystroem(estimator: Nystroem, X: Columns) -> Columns:
    X.double("Nystroem").refuse_missing("Nystroem")
    if estimator.kernel not in KERNELS:
        raise Unsupported(f"a Nystroem with the kernel {estimator.kernel}")
    said = estimator._get_kernel_params()
    gamma = said.get("gamma", 1.0 / len(X))
    shift, degree = said.get("coef0", 1.0), said.get("degree", 3)
    if degree != int(degree):
        raise Unsupported(f"a Nystroem of the degree {degree}")
    kernels = []
    for row in weights(estimator.components_, "Nystroem").tolist():
        one = X.plan.kernel(X.values, estimator.kernel, [row], [1.0], gamma=gamma, shift=shift, degree=int(degree))
        if estimator.kernel == "rbf":
            # scikit-learn multiplies the distance out, and takes infinity from infinity where that overflows.
            crossed = X.plan.dot(X.values, [2.0 * each for each in row])
            one = crossed.less(math.inf).select(one, math.nan)
        kernels.append(one)
    found = [X.plan.dot(kernels, row.tolist()) for row in weights(estimator.normalization_, "Nystroem")]
    return X.of(found, [str(name) for name in estimator.get_feature_names_out()])
