"""Feature selectors: all of them keep some columns and leave the others away."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.feature_selection import (
    RFE,
    RFECV,
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    SequentialFeatureSelector,
    VarianceThreshold,
)
from sklearn.utils import get_tags
from sklearn.utils._set_output import _get_output_config

from dbml.scorer.sklearn.registry import Answer, Columns, predict, predictor, transform, transformer


@transformer(
    GenericUnivariateSelect,
    RFE,
    RFECV,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    SequentialFeatureSelector,
    VarianceThreshold,
)
def selector(estimator: Any, X: Columns) -> Columns:
    chosen = np.flatnonzero(estimator.get_support()).tolist()
    # A DataFrame that shall stay one is not looked at.
    if X.frame and _get_output_config("transform", estimator)["dense"] != "default":
        return X.take(chosen)
    what = type(estimator).__name__
    allow_nan = get_tags(estimator).input_tags.allow_nan
    if X.dtype == "object":
        for column in X:
            if not allow_nan and column.missing == "nan":
                X.plan.check(~column.value.missing(), f"Input X of {what} contains NaN")
    elif allow_nan:
        X.refuse_infinite(what)
    else:
        X.refuse_missing(what)
    return X.array().take(chosen)


@predictor(RFE, RFECV)
def recursive_elimination(estimator: Any, X: Columns) -> Answer:
    return predict(estimator.estimator_, transform(estimator, X))
