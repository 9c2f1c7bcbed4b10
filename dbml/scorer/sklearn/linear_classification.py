"""Linear models for classification."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    Perceptron,
    RidgeClassifier,
    RidgeClassifierCV,
    SGDClassifier,
)
from sklearn.svm import LinearSVC

from dbml.scorer.plan import Builder, Unsupported, Value
from dbml.scorer.sklearn.linear import decisions, older
from dbml.scorer.sklearn.registry import Answer, Columns, predictor


def positive(plan: Builder, decision: Value) -> list[Value]:
    """The conditions for two classes where ``predict`` is ``decision > 0``: NaN is the first class."""
    condition = plan.constant(0.0).less(decision)
    return [~condition, condition]


def two_classes(probability: Value) -> list[Value]:
    """Probabilities of two classes from the second's."""
    return [1.0 - probability, probability]


def normalised(plan: Builder, values: list[Value]) -> list[Value]:
    """Divide by the sum, as one-vs-rest does; where all are 0, all classes are alike."""
    total = plan.sum(values)
    none = total.equal(0.0)
    return [none.select(1.0 / len(values), value / total) for value in values]


def from_decisions(plan: Builder, values: list[Value], probabilities: list[Value] | None) -> Answer:
    """The answer of a classifier whose ``predict`` is by ``decision_function``."""
    if len(values) == 1:
        return Answer(probabilities, votes=positive(plan, values[0]), function=values)
    return Answer(probabilities, decision=values, function=values)


@predictor(LogisticRegression, LogisticRegressionCV)
def logistic_regression(estimator: Any, X: Columns) -> Answer:
    values = decisions(estimator, X)
    if len(values) == 1 and getattr(estimator, "multi_class", None) == "multinomial" and _has_multi_class(estimator):
        # Two classes as a softmax over -z and z, until scikit-learn 1.8.
        return from_decisions(X.plan, values, X.plan.softmax([-values[0], values[0]]))
    if len(values) == 1:
        return from_decisions(X.plan, values, two_classes(values[0].sigmoid()))
    if _has_multi_class(estimator) and (estimator.multi_class == "ovr" or estimator.solver == "liblinear"):
        return from_decisions(X.plan, values, normalised(X.plan, [value.sigmoid() for value in values]))
    return from_decisions(X.plan, values, X.plan.softmax(values))


def _has_multi_class(estimator: Any) -> bool:
    # A file from an older scikit-learn may still carry the attribute where the class no longer looks at it.
    return "multi_class" in estimator.get_params(deep=False)


@predictor(LinearSVC, Perceptron, *older("PassiveAggressiveClassifier"))
def linear_classifier(estimator: Any, X: Columns) -> Answer:
    return from_decisions(X.plan, decisions(estimator, X), None)


@predictor(RidgeClassifier, RidgeClassifierCV)
def ridge_classifier(estimator: Any, X: Columns) -> Answer:
    if estimator._label_binarizer.y_type_.startswith("multilabel"):
        raise Unsupported(f"a {type(estimator).__name__} of several labels")
    return from_decisions(X.plan, decisions(estimator, X), None)


@predictor(SGDClassifier)
def stochastic_gradient_descent(estimator: SGDClassifier, X: Columns) -> Answer:
    values = decisions(estimator, X)
    if estimator.loss == "log_loss":
        parts = [value.sigmoid() for value in values]
    elif estimator.loss == "modified_huber":
        parts = [(value.clip(-1.0, 1.0) + 1.0) / 2.0 for value in values]
    else:
        return from_decisions(X.plan, values, None)
    return from_decisions(X.plan, values, two_classes(parts[0]) if len(parts) == 1 else normalised(X.plan, parts))
