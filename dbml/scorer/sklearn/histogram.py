"""Histogram gradient boosting: float64 comparisons, missing values, categories of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Column, Columns, predictor
from dbml.scorer.sklearn.trees import Ensemble


@predictor(HistGradientBoostingClassifier)
def hist_gradient_boosting_classifier(estimator: HistGradientBoostingClassifier, X: Columns) -> Answer:
    return classifier_answer(_raw(estimator, X), X)


@predictor(HistGradientBoostingRegressor)
def hist_gradient_boosting_regressor(estimator: HistGradientBoostingRegressor, X: Columns) -> Answer:
    raw = _raw(estimator, X)[0]
    link = type(estimator._loss.link).__name__
    if link == "IdentityLink":
        return Answer(value=raw)
    if link == "LogLink":
        return Answer(value=raw.function("exp"))
    raise Unsupported(f"HistGradientBoostingRegressor with the {link}")


def classifier_answer(raw: list[Value], X: Columns, doubled: bool = False) -> Answer:
    """Make probabilities of raw sums: one sum for two classes, else one a class."""
    if len(raw) > 1:
        return Answer(X.plan.softmax(raw), decision=raw, function=raw)
    positive = (raw[0] * 2.0 if doubled else raw[0]).sigmoid()
    return Answer([1.0 - positive, positive], decision=[X.plan.constant(0.0), raw[0]], function=raw)


def _raw(estimator: Any, X: Columns) -> list[Value]:
    columns = _ordered(estimator, X)
    raw = []
    for k, start in enumerate(np.ravel(estimator._baseline_prediction).tolist()):
        ensemble = Ensemble()
        for stage in estimator._predictors:
            _add(ensemble, stage[k])
        raw.append(ensemble.node(X.plan, columns, start))
    return raw


def _add(ensemble: Ensemble, predictor: Any) -> None:
    nodes = predictor.nodes
    by_category = np.flatnonzero((nodes["is_categorical"] != 0) & (nodes["is_leaf"] == 0))
    sets = {int(node): _members(predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]]) for node in by_category}
    ensemble.add_arrays(
        leaf=nodes["is_leaf"] != 0,
        feature=nodes["feature_idx"],
        threshold=nodes["num_threshold"],
        value=nodes["value"],
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        missing_left=nodes["missing_go_to_left"],
        sets=sets,
        cover=nodes["count"],
    )


def _members(bitset: Any) -> list[float]:
    return [float(code) for code in range(256) if int(bitset[code // 32]) >> (code % 32) & 1]


def _ordered(estimator: Any, X: Columns) -> list[Value]:
    """The columns as the trees number them: the codes of the categories first, then the numbers."""
    if estimator._preprocessor is None:
        return X.numeric(type(estimator).__name__).values
    encoder = estimator._preprocessor.named_transformers_["encoder"]
    chosen = np.flatnonzero(estimator.is_categorical_).tolist()
    others = np.flatnonzero(~np.asarray(estimator.is_categorical_)).tolist()
    codes = [
        _code(column, categories, X) for column, categories in zip(X.take(chosen), encoder.categories_, strict=True)
    ]
    return codes + X.take(others).numeric(type(estimator).__name__).values


def _code(column: Column, categories: Any, X: Columns) -> Value:
    """The category's place; NaN for unknown ones as for missing ones."""
    known = [c for c in categories.tolist() if c is not None and c == c]
    places = [float(i) for i, c in enumerate(categories.tolist()) if c is not None and c == c]
    if column.value.kind == "t":
        return column.value.lookup(known, places)
    X.plan.check(column.value.finite() | column.value.missing(), f"Column {column.name} contains infinity")
    return column.value.lookup([float(c) for c in known], places)
