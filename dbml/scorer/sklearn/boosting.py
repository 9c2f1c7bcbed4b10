"""Boosting of trees fitted on the values themselves: gradient boosting and AdaBoost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
)
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.histogram import classifier_answer
from dbml.scorer.sklearn.registry import Answer, Columns, predict, predictor
from dbml.scorer.sklearn.trees import Ensemble, as_float32

# An init estimator gets float32 values. What only compares them is exact, what computes with them is not:
# numpy would compute in float32.
_EXACT_ON_FLOAT32 = (
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "ExtraTreeClassifier",
    "ExtraTreeRegressor",
    "RandomForestClassifier",
    "RandomForestRegressor",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "GradientBoostingClassifier",
    "GradientBoostingRegressor",
    "HistGradientBoostingClassifier",
    "HistGradientBoostingRegressor",
)


@predictor(GradientBoostingClassifier)
def gradient_boosting_classifier(estimator: GradientBoostingClassifier, X: Columns) -> Answer:
    raw = _raw(estimator, X)
    if len(raw) > 1:
        return Answer(X.plan.softmax(raw), decision=raw, function=raw)
    # Zero is the second class here, and the first in HistGradientBoostingClassifier.
    votes = [raw[0].less(0.0), X.plan.constant(0.0).less_equal(raw[0])]
    answer = classifier_answer(raw, X, doubled=estimator.loss == "exponential")
    return Answer(answer.probabilities, votes=votes, function=raw)


@predictor(GradientBoostingRegressor)
def gradient_boosting_regressor(estimator: GradientBoostingRegressor, X: Columns) -> Answer:
    return Answer(value=_raw(estimator, X)[0])


def _raw(estimator: Any, X: Columns) -> list[Value]:
    X = as_float32(X, type(estimator).__name__, missing=False)
    raw = []
    for k, start in enumerate(_starts(estimator, X)):
        ensemble = Ensemble()
        for tree in estimator.estimators_[:, k]:
            ensemble.add(tree.tree_, estimator.learning_rate * tree.tree_.value[:, 0, 0])
        if isinstance(start, float):
            raw.append(ensemble.node(X.plan, X.values, start))
        else:
            raw.append(_one_by_one(estimator, k, X, start))
    return raw


def _one_by_one(estimator: Any, k: int, X: Columns, start: Value) -> Value:
    """The same sum where it starts with another model's answer: additions in scikit-learn's order."""
    steps: list[Any] = [start]
    for tree in estimator.estimators_[:, k]:
        steps.append(
            Ensemble().add(tree.tree_, estimator.learning_rate * tree.tree_.value[:, 0, 0]).node(X.plan, X.values)
        )
    return X.plan.sum(steps)


def _starts(estimator: Any, X: Columns) -> Sequence[float | Value]:
    """What the sums start with, one a tree of each stage: numbers, or what the init estimator answers."""
    init = estimator.init_
    constant = isinstance(init, str) or type(init) is DummyRegressor
    if constant or (type(init) is DummyClassifier and init.strategy != "stratified"):
        found = estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_), dtype=np.float32))[0]
        return [float(value) for value in found]
    if type(init).__name__ not in _EXACT_ON_FLOAT32:
        raise Unsupported(f"{type(estimator).__name__} with init={type(init).__name__}, which computes in float32")
    answer = predict(init, X.of([value.round32() for value in X.values], dtype="float32"))
    if isinstance(estimator, GradientBoostingRegressor):
        return [_known(answer.value, init)]
    epsilon = float(np.finfo(np.float64).eps)
    shares = [share.clip(epsilon, 1.0 - epsilon) for share in _known(answer.probabilities, init)]
    if len(shares) == 2:
        logit = (shares[1] / (1.0 - shares[1])).function("log")
        return [logit * 0.5 if estimator.loss == "exponential" else logit]
    mean = (X.plan.sum([share.function("log") for share in shares]) / float(len(shares))).function("exp")
    return [(share / mean).function("log") for share in shares]


def _known(answer: Any, estimator: Any) -> Any:
    if answer is None:
        raise Unsupported(f"init={type(estimator).__name__}, which does not answer what gradient boosting asks")
    return answer


@predictor(AdaBoostClassifier)
def ada_boost_classifier(estimator: AdaBoostClassifier, X: Columns) -> Answer:
    X.numeric("AdaBoostClassifier").refuse_missing("AdaBoostClassifier")
    count = len(estimator.classes_)
    if count < 2:
        raise Unsupported("an AdaBoostClassifier of one class")
    total = float(estimator.estimator_weights_.sum())
    weights = [float(w) for w in estimator.estimator_weights_[: len(estimator.estimators_)]]
    # For two classes the two sums mirror each other bit by bit: their difference is one of them doubled.
    wanted = [1] if count == 2 else list(range(count))
    sums = [_weighted_votes(estimator, weights, k, X) / total for k in wanted]
    if count == 2:
        decision = sums[0] * 2.0
        return Answer(
            X.plan.softmax([-decision / 2.0, decision / 2.0]),
            decision=[X.plan.constant(0.0), decision],
            function=[decision],
        )
    return Answer(X.plan.softmax([d / (count - 1.0) for d in sums]), decision=sums, function=sums)


def _weighted_votes(estimator: AdaBoostClassifier, weights: Sequence[float], k: int, X: Columns) -> Value:
    """The sum over estimators: the weight where one votes for the class, else its negative share."""
    label, others = estimator.classes_[k], len(estimator.classes_) - 1
    if all(type(e) in (DecisionTreeClassifier, ExtraTreeClassifier) for e in estimator.estimators_):
        as_float32(X, "AdaBoostClassifier", missing=False)
        ensemble = Ensemble()
        for inner, weight in zip(estimator.estimators_, weights, strict=True):
            voted = inner.classes_[inner.tree_.value[:, 0, :].argmax(axis=1)] == label
            ensemble.add(inner.tree_, np.where(voted, weight, -1 / others * weight))
        return ensemble.node(X.plan, X.values)
    terms = []
    for inner, weight in zip(estimator.estimators_, weights, strict=True):
        predicted = predict(inner, X).predicted(X.plan)
        places = [i for i, known in enumerate(inner.classes_) if known == label]
        lost = -1 / others * weight
        terms.append(predicted[places[0]].select(weight, lost) if places else X.plan.constant(lost))
    return X.plan.sum(terms)


@predictor(AdaBoostRegressor)
def ada_boost_regressor(estimator: AdaBoostRegressor, X: Columns) -> Answer:
    X.numeric("AdaBoostRegressor").refuse_missing("AdaBoostRegressor")
    answers = [_known(predict(inner, X).value, inner) for inner in estimator.estimators_]
    weights = estimator.estimator_weights_[: len(answers)]
    return Answer(value=X.plan.weighted_median(answers, weights))
