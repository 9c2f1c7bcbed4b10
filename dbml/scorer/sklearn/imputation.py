"""What is done about missing values: imputers and indicators."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Column, Columns, transformer

# Numbers of the training data; more make the plan larger than databases take.
CELLS_AT_MOST = 1_000_000


def _is_nan(value: Any) -> bool:
    return isinstance(value, (float, np.floating)) and bool(value != value)


def _masked(X: Columns, column: Column, dtype: str, missing_values: Any) -> Value:
    """The condition that a value counts as missing.

    :param dtype: of the array in which it is looked for: None is no NaN among objects.
    """
    value = column.value
    if missing_values is pd.NA:
        return value.missing()
    if missing_values is None or _is_nan(missing_values):
        wanted = "none" if missing_values is None else "nan"
        sort = column.missing if dtype == "object" else "nan"
        return value.missing() if sort == wanted else X.plan.any([])
    if isinstance(missing_values, str):
        return value.is_(missing_values) if value.kind == "t" else X.plan.any([])
    return value.equal(float(missing_values)) if value.kind == "n" else X.plan.any([])


def _check(X: Columns, what: str, dtype: str, missing_values: Any) -> None:
    """Infinity is refused among floats, and NaN where it is not what counts as missing."""
    allow_nan = missing_values is pd.NA or _is_nan(missing_values)
    if dtype != "object":
        if allow_nan:
            X.refuse_infinite(what)
        else:
            X.refuse_missing(what)
    elif not allow_nan:
        for column in X:
            if column.missing == "nan":
                X.plan.check(~column.value.missing(), f"Input X of {what} contains NaN")


@transformer(SimpleImputer)
def simple_imputer(estimator: SimpleImputer, X: Columns) -> Columns:
    dtype = str(estimator._fit_dtype) if estimator._fit_dtype.kind == "O" else X.dtype
    if estimator.strategy not in ("most_frequent", "constant"):
        X.numeric("SimpleImputer")
        dtype = dtype if dtype in ("float64", "float32") else "float64"
    _check(X, "SimpleImputer", dtype, estimator.missing_values)
    masks = [_masked(X, column, dtype, estimator.missing_values) for column in X]
    made = []
    for column, mask, statistic in zip(X, masks, estimator.statistics_.tolist(), strict=True):
        if _is_nan(statistic) and not estimator.keep_empty_features:
            continue
        made.append(_imputed(column, mask, statistic, estimator))
    if estimator.add_indicator and estimator.indicator_ is not None:
        made += [Column(masks[index].indicator(), dtype="bool") for index in estimator.indicator_.features_]
    return replace(X, columns=made).array("object" if dtype == "object" else None)


def _imputed(column: Column, mask: Value, statistic: Any, estimator: SimpleImputer) -> Column:
    value = column.value
    if value.kind == "n":
        if isinstance(statistic, str) or statistic is None:
            raise Unsupported(f"SimpleImputer that puts {statistic!r} into the column {column.name!r} of numbers")
        # scikit-learn 1.6 fills in the type that it saw when it was fitted.
        kind = getattr(estimator, "_fill_dtype", estimator._fit_dtype)
        return replace(column, value=mask.select(float(np.array(statistic).astype(kind)), value))
    if not isinstance(statistic, str):
        raise Unsupported(f"SimpleImputer that puts {statistic!r} into the column {column.name!r} of texts")
    if mask.index == value.missing().index:
        return replace(column, value=value.fill(statistic))
    if isinstance(estimator.missing_values, str):
        return replace(column, value=value.replace(estimator.missing_values, statistic))
    return column


@transformer(KNNImputer)
def knn_imputer(estimator: KNNImputer, X: Columns) -> Columns:
    if not _is_nan(estimator.missing_values):
        raise Unsupported(f"a KNNImputer of missing_values={estimator.missing_values!r}")
    if estimator.metric != "nan_euclidean" or estimator.weights not in ("uniform", "distance"):
        raise Unsupported("a KNNImputer with a metric or weights of its own")
    X.numeric("KNNImputer").refuse_infinite("KNNImputer")
    rows = np.asarray(estimator._fit_X)
    if X.dtype == "float32" or rows.dtype == np.float32:
        raise Unsupported("a KNNImputer on float32 columns alone")
    if rows.size > CELLS_AT_MOST:
        raise Unsupported(f"a KNNImputer with more than {CELLS_AT_MOST:,} numbers of training data")
    apart = X.plan.apart(X.values, rows.tolist())
    values = []
    for place, (value, known) in enumerate(zip(X.values, estimator._valid_mask.tolist(), strict=True)):
        if known:
            mean = float(np.ma.array(rows[:, place], mask=estimator._mask_fit_X[:, place]).mean())
            weighted = estimator.weights == "distance"
            values.append(X.plan.imputed(value, apart, place, estimator.n_neighbors, mean, by_distance=weighted))
        elif estimator.keep_empty_features:
            values.append(X.plan.constant(0.0))
    filled = list(X.of(values).columns)
    if estimator.add_indicator and estimator.indicator_ is not None:
        filled += [
            Column(X[place].value.missing().indicator(), dtype="bool") for place in estimator.indicator_.features_
        ]
    return replace(X.of([]), columns=filled)


@transformer(MissingIndicator)
def missing_indicator(estimator: MissingIndicator, X: Columns) -> Columns:
    _check(X, "MissingIndicator", X.dtype, estimator.missing_values)
    masks = [_masked(X, column, X.dtype, estimator.missing_values) for column in X]
    seen = set(estimator.features_.tolist())
    if estimator.features == "missing-only" and estimator.error_on_new:
        for index, mask in enumerate(masks):
            if index not in seen:
                X.plan.check(~mask, f"The feature {X[index].name} was not missing in fit")
    return X.of([masks[index].indicator() for index in sorted(seen)], dtype="bool")
