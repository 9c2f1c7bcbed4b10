"""Linear models and what is computed like them."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression

from dbml.scorer.sklearn.registry import Answer, Columns, predictor


@predictor(LinearRegression)
def linear_regression(estimator: LinearRegression, X: Columns) -> Answer:
    X.numeric("LinearRegression").refuse_missing("LinearRegression")
    return Answer(value=X.plan.dot(X.values, np.ravel(estimator.coef_), float(np.ravel(estimator.intercept_)[0])))


@predictor(LogisticRegression)
def logistic_regression(estimator: LogisticRegression, X: Columns) -> Answer:
    X.numeric("LogisticRegression").refuse_missing("LogisticRegression")
    decision = [
        X.plan.dot(X.values, weights, float(intercept))
        for weights, intercept in zip(estimator.coef_, estimator.intercept_, strict=True)
    ]
    if len(decision) == 1:
        positive = decision[0].sigmoid()
        return Answer([1.0 - positive, positive], decision=[X.plan.constant(0.0), decision[0]], function=decision)
    return Answer(X.plan.softmax(decision), decision=decision, function=decision)
