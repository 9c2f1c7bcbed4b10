"""Estimators that combine the answers of others: voting, stacking, bagging, RANSAC, several targets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import RANSACRegressor
from sklearn.multioutput import MultiOutputRegressor, RegressorChain

from dbml.scorer.plan import Builder, Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Column, Columns, predict, predictor, response


def regression(estimator: Any, X: Columns) -> Value:
    """What ``predict`` of a regressor answers.

    :raises Unsupported: it is none.
    """
    value = predict(estimator, X).value
    if value is None:
        raise Unsupported(f"the {type(estimator).__name__} where a regressor is due")
    return value


def probabilities(estimator: Any, X: Columns) -> list[Value]:
    """What ``predict_proba`` answers."""
    return response(estimator, predict(estimator, X), ("predict_proba",))[0]


# --- voting ---


def average(plan: Builder, values: list[Value], weights: list[float] | None) -> Value:
    """``numpy.average``, in its order."""
    if weights is None:
        return plan.sum(values) / float(len(values))
    terms = [value * float(weight) for value, weight in zip(values, weights, strict=True)]
    return plan.sum(terms) / float(np.sum(np.asarray(weights, dtype=float)))


@predictor(VotingRegressor)
def voting_regressor(estimator: VotingRegressor, X: Columns) -> Answer:
    values = [regression(inner, X) for inner in estimator.estimators_]
    return Answer(value=average(X.plan, values, estimator._weights_not_none))


@predictor(VotingClassifier)
def voting_classifier(estimator: VotingClassifier, X: Columns) -> Answer:
    plan, weights = X.plan, estimator._weights_not_none
    if estimator.voting == "soft":
        parts = [probabilities(inner, X) for inner in estimator.estimators_]
        return Answer([average(plan, list(values), weights) for values in zip(*parts, strict=True)])
    count = len(estimator.classes_)
    votes: list[list[Value]] = [[] for _ in range(count)]
    for inner, weight in zip(estimator.estimators_, weights or [1.0] * len(estimator.estimators_), strict=True):
        # Fitted on the places of the classes.
        for place, condition in zip(inner.classes_, predict(inner, X).predicted(plan), strict=True):
            votes[int(place)].append(condition.select(float(weight), 0.0))
    return Answer(decision=[plan.sum(values) for values in votes])


# --- stacking ---


def _stacked(estimator: Any, X: Columns) -> Columns:
    """Write ``transform`` of a stacking down: the answers, then X itself with ``passthrough``."""
    plan = X.plan
    two = len(getattr(estimator, "classes_", ())) == 2
    columns: list[Column] = []
    for inner, method in zip(estimator.estimators_, estimator.stack_method_, strict=True):
        answer = predict(inner, X)
        if method != "predict":
            values, _ = response(inner, answer, (method,))
            values = values[1:] if method == "predict_proba" and two else values
        elif answer.value is not None:
            values = [answer.value]
        elif inner.classes_.dtype.kind not in "biuf":
            raise Unsupported("a stacking of predicted classes that are no numbers")
        else:
            values = [answer.prediction(plan, inner.classes_.tolist())]
        columns += [Column(value) for value in values]
    if estimator.passthrough:
        columns += X.numeric(type(estimator).__name__).unnamed().columns
    return Columns(plan, columns)


@predictor(StackingRegressor, StackingClassifier)
def stacking(estimator: Any, X: Columns) -> Answer:
    if isinstance(getattr(estimator, "classes_", None), list):
        raise Unsupported("a StackingClassifier of several labels")
    # Its final estimator knows the classes by their places, in the same order.
    return predict(estimator.final_estimator_, _stacked(estimator, X))


# --- bagging ---


def _parts(estimator: Any, X: Columns) -> list[tuple[Any, Columns]]:
    """Each inner estimator with the columns it was fitted on; they lose their names."""
    X = X.numeric(type(estimator).__name__).unnamed()
    return [
        (inner, X.take(features.tolist()))
        for inner, features in zip(estimator.estimators_, estimator.estimators_features_, strict=True)
    ]


@predictor(BaggingRegressor)
def bagging_regressor(estimator: BaggingRegressor, X: Columns) -> Answer:
    values = [regression(inner, part) for inner, part in _parts(estimator, X)]
    return Answer(value=X.plan.sum(values) / float(len(values)))


@predictor(BaggingClassifier)
def bagging_classifier(estimator: BaggingClassifier, X: Columns) -> Answer:
    plan = X.plan
    total: list[list[Value]] = [[] for _ in estimator.classes_]
    functions: list[list[Value]] = []
    for inner, part in _parts(estimator, X):
        answer = predict(inner, part)
        if hasattr(inner, "predict_proba"):
            values, _ = response(inner, answer, ("predict_proba",))
        else:
            values = [condition.indicator() for condition in answer.predicted(plan)]
        # Fitted on the places of the classes, and perhaps not on all.
        for place, value in zip(inner.classes_, values, strict=True):
            total[int(place)].append(value)
        if hasattr(inner, "decision_function") and len(inner.classes_) == len(estimator.classes_):
            functions.append(response(inner, answer, ("decision_function",))[0])
    count = float(len(estimator.estimators_))
    function = None
    if len(functions) == len(estimator.estimators_):
        function = [plan.sum(values) / count for values in zip(*functions, strict=True)]
    return Answer([plan.sum(values) / count for values in total], function=function)


# --- one regressor, and several ---


@predictor(RANSACRegressor)
def ransac(estimator: RANSACRegressor, X: Columns) -> Answer:
    return predict(estimator.estimator_, X.numeric("RANSACRegressor").unnamed())


@predictor(MultiOutputRegressor)
def multi_output_regressor(estimator: MultiOutputRegressor, X: Columns) -> Answer:
    # Each of them is given an array.
    return Answer(values=[regression(each, X) for each in estimator.estimators_])


@predictor(RegressorChain)
def regressor_chain(estimator: RegressorChain, X: Columns) -> Answer:
    """Each takes what those before it answered as further columns."""
    # Each of them is given an array.
    X.numeric("RegressorChain").refuse_missing("RegressorChain")
    given = X.array("float64")
    found: dict[int, Value] = {}
    for target, each in zip(estimator.order_, estimator.estimators_, strict=True):
        before = [Column(value, dtype="float64") for value in found.values()]
        found[int(target)] = regression(each, replace(given, columns=[*given.columns, *before]))
    return Answer(values=[found[target] for target in range(len(found))])
