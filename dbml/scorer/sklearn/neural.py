"""Multi-layer perceptrons."""

from __future__ import annotations

from typing import Any

from sklearn.neural_network import MLPClassifier, MLPRegressor

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.linear import double, single, weighted_sum
from dbml.scorer.sklearn.linear_classification import two_classes
from dbml.scorer.sklearn.registry import Answer, Columns, predictor


def _outputs(estimator: Any, X: Columns) -> list[Value]:
    """The last layer, activated."""
    name = type(estimator).__name__
    X.numeric(name).refuse_missing(name)
    layers = list(zip(estimator.coefs_, estimator.intercepts_, strict=True))
    values: list[Value] = []
    in_single = single(estimator.coefs_[0], X)
    for depth, (coefficients, intercepts) in enumerate(layers):
        rows = double(coefficients).T
        if depth == 0:
            pairs = zip(rows, intercepts, strict=True)
            values = [weighted_sum(X, row, float(b), in_single=in_single) for row, b in pairs]
        else:
            # A hidden value may be infinite, and then a weight of 0 counts too.
            values = [X.plan.dot(values, row, float(b)) for row, b in zip(rows, intercepts, strict=True)]
            values = [X.plan.single(value) for value in values] if in_single else values
        if depth < len(layers) - 1:
            values = [_activated(value, estimator.activation) for value in values]
    if estimator.out_activation_ == "softmax":
        return X.plan.softmax(values)
    return [_activated(value, estimator.out_activation_) for value in values]


def _activated(value: Value, activation: str) -> Value:
    if activation == "identity":
        return value
    if activation == "logistic":
        return value.sigmoid()
    if activation == "relu":
        return value.maximum(0.0)
    if activation in ("tanh", "exp"):
        return value.function(activation)
    raise Unsupported(f"a perceptron with the activation {activation}")


@predictor(MLPRegressor)
def regressor(estimator: MLPRegressor, X: Columns) -> Answer:
    return Answer.of_targets(_outputs(estimator, X))


@predictor(MLPClassifier)
def classifier(estimator: MLPClassifier, X: Columns) -> Answer:
    if estimator._label_binarizer.y_type_.startswith("multilabel"):
        raise Unsupported("an MLPClassifier of several labels")
    outputs = _outputs(estimator, X)
    if len(outputs) > 1:
        return Answer(outputs)
    condition = X.plan.constant(0.5).less(outputs[0])
    return Answer(two_classes(outputs[0]), votes=[~condition, condition])
