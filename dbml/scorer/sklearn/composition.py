"""Estimators made of estimators: Pipeline, ColumnTransformer, FeatureUnion, searches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils._set_output import _get_output_config

from dbml.scorer.sklearn.registry import Answer, Columns, predict, predictor, transform, transformer


@predictor(Pipeline)
def pipeline(estimator: Pipeline, X: Columns) -> Answer:
    for _, step in estimator.steps[:-1]:
        X = transform(step, X)
    return predict(estimator.steps[-1][1], X)


@transformer(Pipeline)
def pipeline_of_transformers(estimator: Pipeline, X: Columns) -> Columns:
    for _, step in estimator.steps:
        X = transform(step, X)
    return X


@predictor(GridSearchCV, RandomizedSearchCV)
def search(estimator: Any, X: Columns) -> Answer:
    return predict(estimator.best_estimator_, X)


@transformer(GridSearchCV, RandomizedSearchCV)
def search_of_transformers(estimator: Any, X: Columns) -> Columns:
    return transform(estimator.best_estimator_, X)


@transformer(FeatureUnion)
def feature_union(estimator: FeatureUnion, X: Columns) -> Columns:
    parts = [
        _weighted(estimator, name, transform(step, X))
        for name, step in estimator.transformer_list
        if not _dropped(step)
    ]
    return _stack(estimator, X, parts, any(part.sparse for part in parts))


@transformer(ColumnTransformer)
def column_transformer(estimator: ColumnTransformer, X: Columns) -> Columns:
    parts = []
    for name, step, _ in estimator.transformers_:
        # However the columns were chosen, fit has written their places down.
        chosen = X.take(np.asarray(estimator._transformer_to_input_indices[name], dtype=int).tolist())
        if len(chosen) and not _dropped(step):
            parts.append(_weighted(estimator, name, transform(step, chosen)))
    return _stack(estimator, X, parts, estimator.sparse_output_)


def _dropped(step: Any) -> bool:
    return isinstance(step, str) and step == "drop"


def _weighted(estimator: Any, name: str, part: Columns) -> Columns:
    weight = (estimator.transformer_weights or {}).get(name)
    if weight is None:
        return part
    part = part.double("a weighted transformer")
    columns = [replace(c, value=v * float(weight), dtype="float64") for c, v in zip(part, part.values, strict=True)]
    return replace(part, columns=columns)


def _mixes_booleans(part: Columns) -> bool:
    booleans = sum(column.dtype == "bool" for column in part)
    return 0 < booleans < len(part)


def _stack(estimator: Any, X: Columns, parts: list[Columns], sparse: bool) -> Columns:
    """Put parts side by side: a DataFrame where it is one, else one array of one dtype."""
    made = Columns(X.plan, [column for part in parts for column in part], sparse=sparse)
    pandas = _get_output_config("transform", estimator)["dense"] == "pandas"
    if pandas and not sparse and all(part.frame for part in parts):
        return replace(made, frame=True)
    # numpy makes objects of a DataFrame that holds booleans beside numbers.
    mixed = any(part.frame and _mixes_booleans(part) for part in parts)
    return made.array("object" if mixed and not sparse else None)
