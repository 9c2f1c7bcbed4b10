"""Decision trees and their ensembles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier

from dbml.scorer.plan import Builder, Value
from dbml.scorer.sklearn.registry import Answer, Columns, Unsupported, predictor


class Ensemble:
    """Collects trees into the flat arrays of a plan's ``trees`` node."""

    def __init__(self) -> None:
        self.roots: list[int] = []
        self.column: list[int] = []
        self.threshold: list[float] = []
        self.left: list[int] = []
        self.right: list[int] = []
        self.missing_left: list[int] = []

    def add(self, tree: Any, values: Sequence[float]) -> None:
        """Add a fitted ``sklearn.tree._tree.Tree`` whose leaves are worth ``values``, one a node."""
        offset = len(self.column)
        self.roots.append(offset)
        leaf = tree.children_left < 0
        self.column += np.where(leaf, -1, tree.feature).tolist()
        self.threshold += np.where(leaf, np.asarray(values, dtype=float), widened(tree.threshold)).tolist()
        self.left += np.where(leaf, 0, tree.children_left + offset).tolist()
        self.right += np.where(leaf, 0, tree.children_right + offset).tolist()
        self.missing_left += np.where(leaf, 0, tree.missing_go_to_left).astype(int).tolist()

    def node(self, plan: Builder, columns: Sequence[Value], start: float = 0.0) -> Value:
        """Make the node; columns that no tree asks for are left out."""
        used = sorted({c for c in self.column if c >= 0})
        places = {c: i for i, c in enumerate(used)}
        ensemble = {
            "roots": self.roots,
            "column": [places.get(c, -1) for c in self.column],
            "threshold": self.threshold,
            "left": self.left,
            "right": self.right,
            "start": start,
        }
        if any(self.missing_left):
            ensemble["missing_left"] = self.missing_left
        return plan.trees([columns[c] for c in used], ensemble)


def widened(thresholds: Any) -> Any:
    """Thresholds on float32 values → thresholds on the float64 values they are rounded from.

    Rounding is monotone, so ``float32(x) <= t`` is ``x <= T``, where T is the greatest double that rounds to
    the greatest float32 that is at most t. So no engine needs to round.
    """
    t = np.asarray(thresholds, dtype=np.float64)
    low = t.astype(np.float32)
    low = np.where(low.astype(np.float64) > t, np.nextafter(low, np.float32(-np.inf)), low).astype(np.float32)
    high = np.nextafter(low, np.float32(np.inf))
    # float32 halves are exact in float64; where the next one is infinite, the step is the one before.
    middle = np.where(
        np.isinf(high),
        low + (low.astype(np.float64) - np.nextafter(low, np.float32(-np.inf))) / 2,
        (low.astype(np.float64) + high.astype(np.float64)) / 2,
    )
    # A tie goes to the even mantissa.
    even = low.view(np.uint32) % 2 == 0
    return np.where(even, middle, np.nextafter(middle, -np.inf))


# What numpy rounds to infinity as float32, scikit-learn's trees refuse.
FLOAT32_LIMIT = 3.4028235677973366e38


def as_float32(X: Columns, what: str, missing: bool) -> Columns:
    """What a tree's ``check_array`` refuses: infinity as float32, and NaN where the tree was not fitted on any."""
    for column in X.numeric(what):
        value = column.value
        inside = value.function("absolute").less(FLOAT32_LIMIT)
        X.plan.check(
            inside | value.missing() if missing else inside,
            f"Input X of {what} contains NaN or a value too large for float32",
        )
    return X


@predictor(RandomForestClassifier)
def forest_classifier(estimator: Any, X: Columns) -> Answer:
    if isinstance(estimator.n_classes_, list):
        raise Unsupported("a forest of several outputs")
    X = as_float32(X, type(estimator).__name__, missing=False)
    probabilities = []
    for index in range(estimator.n_classes_):
        ensemble = Ensemble()
        for tree in estimator.estimators_:
            ensemble.add(tree.tree_, tree.tree_.value[:, 0, index])
        probabilities.append(ensemble.node(X.plan, X.values) / float(len(estimator.estimators_)))
    return Answer(probabilities)


@predictor(GradientBoostingClassifier)
def gradient_boosting_classifier(estimator: GradientBoostingClassifier, X: Columns) -> Answer:
    X = as_float32(X, "GradientBoostingClassifier", missing=False)
    if estimator.n_classes_ != 2 or estimator.init_ == "zero" or type(estimator.init_).__name__ != "DummyClassifier":
        raise Unsupported("this GradientBoostingClassifier")
    width = estimator.n_features_in_
    start = float(estimator._raw_predict_init(np.zeros((1, width), dtype=np.float32))[0, 0])
    ensemble = Ensemble()
    for tree in estimator.estimators_[:, 0]:
        ensemble.add(tree.tree_, estimator.learning_rate * tree.tree_.value[:, 0, 0])
    raw = ensemble.node(X.plan, X.values, start)
    positive = raw.sigmoid()
    return Answer([1.0 - positive, positive], decision=[X.plan.constant(0.0), raw], function=[raw])
