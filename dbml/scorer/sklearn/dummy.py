"""Estimators that look at no feature."""

from __future__ import annotations

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor

from dbml.scorer.plan import Unsupported
from dbml.scorer.sklearn.registry import Answer, Columns, predictor


@predictor(DummyClassifier)
def classifier(estimator: DummyClassifier, X: Columns) -> Answer:
    if estimator.n_outputs_ != 1:
        raise Unsupported("a DummyClassifier of several outputs")
    if estimator.strategy not in ("prior", "most_frequent", "constant"):
        raise Unsupported(f"a DummyClassifier that answers at random (strategy {estimator.strategy!r})")
    prior = np.asarray(estimator.class_prior_)
    if estimator.strategy == "constant":
        chosen = int(np.flatnonzero(estimator.classes_ == np.ravel(estimator.constant)[0])[0])
    else:
        chosen = int(prior.argmax())
    one = np.eye(len(prior))[chosen]
    probabilities = prior if estimator.strategy == "prior" else one
    return Answer(
        [X.plan.constant(p) for p in probabilities], decision=[X.plan.constant(float(value)) for value in one]
    )


@predictor(DummyRegressor)
def regressor(estimator: DummyRegressor, X: Columns) -> Answer:
    if estimator.n_outputs_ != 1:
        raise Unsupported("a DummyRegressor of several outputs")
    return Answer(value=X.plan.constant(float(np.ravel(estimator.constant_)[0])))
