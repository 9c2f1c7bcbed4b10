"""Estimators made of estimators: Pipeline, ColumnTransformer, FeatureUnion, searches."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline

from dbml.scorer.sklearn.registry import (
    Answer,
    Column,
    Columns,
    Unsupported,
    predict,
    predictor,
    transform,
    transformer,
)


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


@transformer(FeatureUnion)
def feature_union(estimator: FeatureUnion, X: Columns) -> Columns:
    columns: list[Column] = []
    for name, step in estimator.transformer_list:
        if isinstance(step, str) and step == "drop":
            continue
        part = transform(step, X)
        weight = (estimator.transformer_weights or {}).get(name)
        columns += part.columns if weight is None else part.of([v * float(weight) for v in part.values])
    return Columns(X.plan, columns)


@transformer(ColumnTransformer)
def column_transformer(estimator: ColumnTransformer, X: Columns) -> Columns:
    columns: list[Column] = []
    for name, step, chosen in estimator.transformers_:
        if isinstance(step, str) and step == "drop":
            continue
        part = X.take(_indices(chosen, X))
        if not len(part):
            continue
        made = transform(step, part)
        weight = (estimator.transformer_weights or {}).get(name)
        columns += made.columns if weight is None else made.of([v * float(weight) for v in made.values])
    return Columns(X.plan, columns)


def _indices(chosen: Any, X: Columns) -> list[int]:
    """Places of the columns that a fitted ColumnTransformer has chosen: names, positions, a mask or a slice."""
    names = [column.name for column in X]
    if isinstance(chosen, slice):
        if isinstance(chosen.start, str) or isinstance(chosen.stop, str):
            start = names.index(chosen.start) if chosen.start is not None else 0
            stop = names.index(chosen.stop) + 1 if chosen.stop is not None else len(names)
            return list(range(start, stop))
        return list(range(len(X)))[chosen]
    if isinstance(chosen, (str, int)):
        chosen = [chosen]
    chosen = list(np.asarray(chosen, dtype=object)) if not isinstance(chosen, list) else chosen
    if chosen and all(isinstance(c, (bool, np.bool_)) for c in chosen):
        return [i for i, wanted in enumerate(chosen) if wanted]
    indices = []
    for c in chosen:
        if isinstance(c, str):
            if c not in names:
                raise Unsupported(f"a ColumnTransformer's column {c!r} behind a step that hides the names")
            indices.append(names.index(c))
        else:
            indices.append(int(c) % len(X))
    return indices
