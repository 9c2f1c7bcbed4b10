"""Transformers: scalers, encoders, imputers, expansions, projections, selectors."""

from __future__ import annotations

from typing import Any

from sklearn.preprocessing import OneHotEncoder, StandardScaler

from dbml.scorer.plan import Value
from dbml.scorer.sklearn.registry import Columns, Unsupported, transformer


@transformer(StandardScaler)
def standard_scaler(estimator: StandardScaler, X: Columns) -> Columns:
    X.numeric("StandardScaler").refuse_infinite("StandardScaler")
    values = X.values
    if estimator.with_mean:
        values = [v - float(m) for v, m in zip(values, estimator.mean_, strict=True)]
    if estimator.with_std:
        values = [v / float(s) for v, s in zip(values, estimator.scale_, strict=True)]
    return X.of(values)


@transformer(OneHotEncoder)
def one_hot_encoder(estimator: OneHotEncoder, X: Columns) -> Columns:
    if estimator.drop is not None or estimator._infrequent_enabled:
        raise Unsupported("OneHotEncoder with drop or infrequent categories")
    columns: list[Value] = []
    for column, categories in zip(X, estimator.categories_, strict=True):
        known = [_is(column.value, category) for category in categories]
        if estimator.handle_unknown == "error":
            X.plan.check(X.plan.any(known), f"Found unknown categories in column {column.name} during transform")
        columns += [condition.indicator() for condition in known]
    return X.of(columns, list(estimator.get_feature_names_out()))


def _is(value: Value, category: Any) -> Value:
    if category is None or category != category:
        return value.missing()
    return value.is_(category) if value.kind == "t" else value.equal(float(category))
