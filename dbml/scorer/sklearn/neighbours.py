"""Nearest neighbours: the rows of the training data stand in the plan."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Columns, predictor

# Numbers of the training data; more make the plan larger than databases take.
CELLS_AT_MOST = 1_000_000
POWERS = {"euclidean": 2.0, "manhattan": 1.0, "cityblock": 1.0, "l1": 1.0, "l2": 2.0, "chebyshev": math.inf}


@predictor(KNeighborsRegressor)
def regressor(estimator: KNeighborsRegressor, X: Columns) -> Answer:
    found, order = _found(estimator, X)
    targets = np.asarray(estimator._y, dtype=np.float64)[order]
    return Answer.of_targets([_vote(estimator, found, column) for column in np.reshape(targets, (len(order), -1)).T])


@predictor(KNeighborsClassifier)
def classifier(estimator: KNeighborsClassifier, X: Columns) -> Answer:
    if estimator.outputs_2d_:
        raise Unsupported("a KNeighborsClassifier of several outputs")
    found, order = _found(estimator, X)
    labels = np.asarray(estimator._y)[order]
    return Answer([_vote(estimator, found, labels == place) for place in range(len(estimator.classes_))])


@predictor(RadiusNeighborsRegressor)
def radius_regressor(estimator: RadiusNeighborsRegressor, X: Columns) -> Answer:
    found, order = _found(estimator, X)
    targets = np.reshape(np.asarray(estimator._y)[order], (len(order), -1))
    means = [_vote(estimator, found, column) for column in targets.T]
    if targets.dtype.kind in "iu":
        # Among whole numbers there is no NaN: scikit-learn answers with the least of them.
        least = float(np.iinfo(targets.dtype).min)
        means = [mean.missing().select(least, mean) for mean in means]
    return Answer.of_targets(means)


@predictor(RadiusNeighborsClassifier)
def radius_classifier(estimator: RadiusNeighborsClassifier, X: Columns) -> Answer:
    if estimator.outputs_2d_:
        raise Unsupported("a RadiusNeighborsClassifier of several outputs")
    found, order = _found(estimator, X)
    labels = np.asarray(estimator._y)[order]
    chances = [_vote(estimator, found, labels == place) for place in range(len(estimator.classes_))]
    if estimator.outlier_label_ is None:
        X.plan.check(~chances[0].missing(), "No neighbors found within the radius")
        return Answer(chances)
    alone = [float(label == estimator.outlier_label_[0]) for label in estimator.classes_]
    if sum(alone) != 1.0:
        raise Unsupported("a RadiusNeighborsClassifier with an outlier_label that is none of its classes")
    return Answer([chance.missing().select(one, chance) for chance, one in zip(chances, alone, strict=True)])


def _vote(estimator: Any, found: Value, values: Any) -> Value:
    return found.plan.vote(found, values, by_distance=estimator.weights == "distance")


def _found(estimator: Any, X: Columns) -> tuple[Value, Any]:
    """The rows that are nearest, and the order in which the plan has the training data."""
    name = type(estimator).__name__
    X.numeric(name).refuse_missing(name)
    if estimator.weights not in ("uniform", "distance", None):
        raise Unsupported(f"a {name} with weights of its own")
    metric = estimator.effective_metric_
    said = {key: value for key, value in (estimator.effective_metric_params_ or {}).items() if value is not None}
    power = said.get("p", 2.0) if metric == "minkowski" else POWERS.get(metric)
    if power is None or power < 1.0 or said.keys() - {"p"}:
        raise Unsupported(f"a {name} with the metric {metric}")
    if sparse.issparse(estimator._fit_X) or X.sparse:
        raise Unsupported(f"a {name} on a sparse matrix")
    rows = np.asarray(estimator._fit_X, dtype=np.float64)
    if rows.size > CELLS_AT_MOST:
        raise Unsupported(f"a {name} with more than {CELLS_AT_MOST:,} numbers of training data")
    if estimator._fit_method == "kd_tree":
        order = np.asarray(estimator._tree.get_arrays()[1])
        leaf = estimator.leaf_size
    elif estimator._fit_method == "brute":
        if X.dtype == "float32":
            raise Unsupported(f"a {name} by brute force on float32 columns alone")
        order, leaf = np.arange(len(rows)), 0
    else:
        raise Unsupported(f"a {name} by {estimator._fit_method}")
    if isinstance(estimator, (RadiusNeighborsRegressor, RadiusNeighborsClassifier)):
        if estimator.weights == "distance" and power in (1.0, math.inf):
            # Not for neighbours by number: there an infinite weight counts as that of a distance of 0.
            raise Unsupported(f"a {name} by distance with the metric {metric}, whose least distances weigh infinitely")
        return X.plan.within(X.values, rows[order].tolist(), float(power), estimator.radius, leaf), order
    first = int(np.flatnonzero(order == 0)[0])
    found = X.plan.near(X.values, rows[order].tolist(), estimator.n_neighbors, float(power), leaf, first)
    return found, order
