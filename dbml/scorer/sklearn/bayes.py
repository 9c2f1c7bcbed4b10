"""Naive Bayes."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB

from dbml.scorer.plan import Builder, Value
from dbml.scorer.sklearn.linear import weighted_sum, weights
from dbml.scorer.sklearn.registry import Answer, Columns, predictor


def from_joint_log(plan: Builder, joint: list[Value]) -> Answer:
    """The answer from ``log P(class) + log P(x | class)``.

    The probability is ``exp`` of a difference as in scikit-learn, and no softmax: of large logarithms the
    difference is rounded.
    """
    greatest = joint[0]
    for value in joint[1:]:
        greatest = greatest.maximum(value)
    total = plan.sum([(value - greatest).function("exp") for value in joint])
    log_sum = greatest.less_equal(sys.float_info.max).select(total.function("log") + greatest, greatest)
    return Answer([(value - log_sum).function("exp") for value in joint], decision=joint)


@predictor(GaussianNB)
def gaussian(estimator: GaussianNB, X: Columns) -> Answer:
    X.numeric("GaussianNB").refuse_missing("GaussianNB")
    joint = []
    theta = weights(estimator.theta_, "GaussianNB")
    for prior, means, variances in zip(estimator.class_prior_, theta, estimator.var_, strict=True):
        constant = -0.5 * float(np.sum(np.log(2.0 * np.pi * variances)))
        squares = [
            (value - float(mean)).function("square") / float(variance)
            for value, mean, variance in zip(X.values, means, variances, strict=True)
        ]
        joint.append(_log(prior) + (constant - 0.5 * X.plan.sum(squares)))
    return from_joint_log(X.plan, joint)


def _log(prior: float) -> float:
    return math.log(prior) if prior > 0.0 else -math.inf


@predictor(MultinomialNB, ComplementNB)
def multinomial(estimator: Any, X: Columns) -> Answer:
    name = type(estimator).__name__
    X.numeric(name).refuse_missing(name)
    priors = np.asarray(estimator.class_log_prior_, dtype=float)
    if isinstance(estimator, ComplementNB) and len(priors) > 1:
        priors = np.zeros(len(priors))
    rows = weights(estimator.feature_log_prob_, name)
    return from_joint_log(X.plan, [weighted_sum(X, row, float(b)) for row, b in zip(rows, priors, strict=True)])


@predictor(BernoulliNB)
def bernoulli(estimator: BernoulliNB, X: Columns) -> Answer:
    X.numeric("BernoulliNB").refuse_missing("BernoulliNB")
    if estimator.binarize is not None:
        # Against float32 columns alone, numpy compares with the threshold's float32.
        single = all(column.dtype == "float32" for column in X)
        threshold = X.plan.constant(float(np.float32(estimator.binarize) if single else estimator.binarize))
        X = X.of([threshold.less(value).indicator() for value in X.values])
    present = weights(estimator.feature_log_prob_, "BernoulliNB")
    with np.errstate(all="ignore"):  # a feature that was always there: scikit-learn warns at each call
        absent = np.log(1 - np.exp(present))
    constants = estimator.class_log_prior_ + absent.sum(axis=1)
    rows = present - absent
    return from_joint_log(X.plan, [weighted_sum(X, row, float(b)) for row, b in zip(rows, constants, strict=True)])


@predictor(CategoricalNB)
def categorical(estimator: CategoricalNB, X: Columns) -> Answer:
    X.numeric("CategoricalNB")
    for column, table in zip(X, estimator.feature_log_prob_, strict=True):
        # Cast to an integer, so -0.5 is category 0.
        known = X.plan.constant(-1.0).less(column.value) & column.value.less(float(table.shape[1]))
        X.plan.check(known, "Input X of CategoricalNB contains NaN, infinity or a category that was not there in fit")
    joint = []
    for index, prior in enumerate(estimator.class_log_prior_):
        logs = [
            value.step(range(1, table.shape[1]), table[index], side="right")
            for value, table in zip(X.values, estimator.feature_log_prob_, strict=True)
        ]
        joint.append(X.plan.sum(logs) + float(prior))
    return from_joint_log(X.plan, joint)
