"""Encoders of categories, and the discretizer that makes categories of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, OrdinalEncoder, TargetEncoder

from dbml.scorer.plan import Value
from dbml.scorer.sklearn.registry import Column, Columns, transformer


def _absent(category: Any) -> str | None:
    """Which missing value a category is: ``"none"``, ``"nan"`` or None at all."""
    if category is None:
        return "none"
    return "nan" if isinstance(category, (float, np.floating)) and category != category else None


def _table(column: Column, categories: Sequence[Any], values: Sequence[float], unknown: float) -> Value:
    """The value that stands beside the row's category, ``unknown`` beside all others."""
    keys, found, missing = [], [], unknown
    wanted = str if column.value.kind == "t" else (bool, int, float, np.bool_, np.number)
    for category, value in zip(categories, values, strict=True):
        sort = _absent(category)
        if sort is not None:
            missing = value if sort == column.missing else missing
        elif isinstance(category, wanted):
            keys.append(str(category) if column.value.kind == "t" else float(category))
            found.append(value)
    return column.value.lookup(keys, found, unknown, missing)


def _is(X: Columns, column: Column, category: Any) -> Value:
    sort = _absent(category)
    if sort is not None:
        return column.value.missing() if sort == column.missing else X.plan.any([])
    if column.value.kind == "t":
        return column.value.is_(category) if isinstance(category, str) else X.plan.any([])
    return X.plan.any([]) if isinstance(category, str) else column.value.equal(float(category))


def _checked(X: Columns, what: str, categories: Sequence[Any], refuse_unknown: bool) -> None:
    for column, known in zip(X, categories, strict=True):
        # An array of objects is not searched for infinity.
        if column.value.kind == "n" and column.dtype != "object":
            finite = column.value.finite() | column.value.missing()
            X.plan.check(finite, f"Input X of {what} contains infinity")
        if refuse_unknown:
            found = _table(column, known.tolist(), [1.0] * len(known), 0.0)
            X.plan.check(found.equal(1.0), f"Found unknown categories in column {column.name} during transform")


@transformer(OneHotEncoder)
def one_hot_encoder(estimator: OneHotEncoder, X: Columns) -> Columns:
    _checked(X, "OneHotEncoder", estimator.categories_, estimator.handle_unknown == "error")
    rare = estimator._infrequent_indices if estimator._infrequent_enabled else [None] * len(X)
    dropped = estimator._drop_idx_after_grouping
    values: list[Value] = []
    for place, (column, known) in enumerate(zip(X, estimator.categories_, strict=True)):
        groups = _groups(estimator, X, column, known.tolist(), rare[place])
        drop = None if dropped is None else dropped[place]
        values += [group.indicator() for index, group in enumerate(groups) if index != drop]
    dtype = str(np.dtype(estimator.dtype))
    return X.of(values, list(estimator.get_feature_names_out()), dtype, estimator.sparse_output)


def _groups(estimator: OneHotEncoder, X: Columns, column: Column, known: list[Any], rare: Any) -> list[Value]:
    """Per column, before one is dropped, the condition for 1: first the frequent categories, then the rest."""
    if rare is None:
        return [_is(X, column, category) for category in known]
    infrequent = {int(index) for index in rare}
    frequent = [category for index, category in enumerate(known) if index not in infrequent]
    if estimator.handle_unknown in ("infrequent_if_exist", "warn"):
        others = _table(column, frequent, [0.0] * len(frequent), 1.0)
    else:
        among = [known[index] for index in sorted(infrequent)]
        others = _table(column, among, [1.0] * len(among), 0.0)
    return [*(_is(X, column, category) for category in frequent), others.equal(1.0)]


@transformer(OrdinalEncoder)
def ordinal_encoder(estimator: OrdinalEncoder, X: Columns) -> Columns:
    _checked(X, "OrdinalEncoder", estimator.categories_, estimator.handle_unknown == "error")
    unknown = float("nan") if estimator.unknown_value is None else float(estimator.unknown_value)
    mappings = estimator._default_to_infrequent_mappings if estimator._infrequent_enabled else [None] * len(X)
    values = []
    for place, (column, known, mapping) in enumerate(zip(X, estimator.categories_, mappings, strict=True)):
        codes = [float(code) for code in range(len(known))]
        absent = estimator._missing_indices.get(place)
        for code in range(len(known)):
            if code == absent:
                codes[code] = float(estimator.encoded_missing_value)
            elif mapping is not None:
                codes[code] = float(mapping[code])
        values.append(_table(column, known.tolist(), codes, unknown))
    return X.of(values, list(estimator.get_feature_names_out()), str(np.dtype(estimator.dtype)))


@transformer(TargetEncoder)
def target_encoder(estimator: TargetEncoder, X: Columns) -> Columns:
    _checked(X, "TargetEncoder", estimator.categories_, refuse_unknown=False)
    means = np.ravel(estimator.target_mean_)
    values = []
    for place, encoding in enumerate(estimator.encodings_):
        feature = place // len(means)
        known = estimator.categories_[feature].tolist()
        values.append(_table(X[feature], known, encoding.tolist(), float(means[place % len(means)])))
    return X.of(values, list(estimator.get_feature_names_out()))


@transformer(KBinsDiscretizer)
def k_bins_discretizer(estimator: KBinsDiscretizer, X: Columns) -> Columns:
    X.numeric("KBinsDiscretizer")
    dtype = X.dtype if X.dtype in ("float64", "float32") else "float64"
    if estimator.dtype is not None:
        dtype = str(np.dtype(estimator.dtype))
    numbers = X.of([v.round32() if dtype == "float32" else v for v in X.values])
    numbers.refuse_missing("KBinsDiscretizer")
    values: list[Value] = []
    for value, edges in zip(numbers.values, estimator.bin_edges_, strict=True):
        inner = edges[1:-1]
        place = value.step(inner, range(len(inner) + 1), "right")
        if estimator.encode == "ordinal":
            values.append(place)
        else:
            values += [place.equal(float(index)).indicator() for index in range(len(inner) + 1)]
    return X.of(values, list(estimator.get_feature_names_out()), dtype, estimator.encode == "onehot")
