"""skrub: what a TableVectorizer makes of each column, columns that are chosen, and the scaler that squashes.

A vectorizer cleans, encodes and casts each column by itself. Numbers go through its steps one after the other; of texts
the steps together are a table, which they are asked for.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from skrub import (
    ApplyToCols,
    Drop,
    DropCols,
    DropUninformative,
    SelectCols,
    SquashingScaler,
    TableVectorizer,
    ToCategorical,
    ToFloat,
)
from skrub._apply_to_each_col import ApplyToEachCol
from skrub._apply_to_sub_frame import ApplyToSubFrame
from skrub._clean_categories import CleanCategories
from skrub._clean_null_strings import CleanNullStrings
from skrub._table_vectorizer import PassThrough
from skrub._to_str import ToStr

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn import tables
from dbml.scorer.sklearn.registry import TRANSFORMERS, Column, Columns, basis, transform, transformer

# Texts of nothing but blanks are missing values to skrub; the group is empty, and so is the word that is found.
_BLANK = r"\A\s+()\Z"
# What a text goes through before it is encoded.
_CLEANING = (CleanNullStrings, DropUninformative, CleanCategories, ToStr)


@transformer(TableVectorizer)
def table_vectorizer(estimator: TableVectorizer, X: Columns) -> Columns:
    _named(X, estimator.feature_names_in_, "TableVectorizer")
    made: list[Column] = []
    for place, column in enumerate(X):
        steps, names = estimator.all_processing_steps_[column.name], estimator.input_to_outputs_[column.name]
        part = _encoded(X.take([place]), steps, names)
        made += [replace(each, name=name) for each, name in zip(part, names if part else (), strict=True)]
    if [column.name for column in made] != list(estimator.all_outputs_):
        raise Unsupported("a TableVectorizer with columns in another order")
    return replace(X, columns=made, frame=True)


def _encoded(one: Columns, steps: Sequence[Any], names: Sequence[str]) -> list[Column]:
    """What the steps of a vectorizer make of one column.

    :param names: what the columns are called that they make.
    """
    column = one[0]
    cleaned = any(isinstance(step, (CleanNullStrings, CleanCategories, ToStr)) for step in steps)
    if column.value.kind == "t" and cleaned:
        return _of_texts(column, steps, names)
    if any(isinstance(step, (CleanCategories, ToStr)) for step in steps):
        way = f'X["{column.name}"].cat.rename_categories(str)'
        raise Unsupported(f"a TableVectorizer that makes texts of the numbers in {column.name}; fit it on {way}")
    for step in steps:
        if isinstance(step, Mapping):
            parts = [transform(step.get(name), one.take([place])) for place, name in enumerate(names)]
            one = replace(one, columns=[column for part in parts for column in part])
        elif len(one):
            one = transform(step, one)
    return one.columns


def _of_texts(column: Column, steps: Sequence[Any], names: Sequence[str]) -> list[Column]:
    """What becomes of a column of texts; of a missing value, of the words for one, and of blanks, too."""
    *before, last = [step for step in steps if not isinstance(step, Mapping)]
    for step in before:
        if not isinstance(step, _CLEANING):
            raise Unsupported(f"a {type(step).__name__} of the texts in {column.name}")
    if isinstance(last, Drop) or (isinstance(last, DropUninformative) and last.drop_):
        return []
    if isinstance(last, ToCategorical):
        return [replace(column, dtype="category", missing="nan")]
    if not isinstance(getattr(last, "categories_", None), list):
        basis(last, TRANSFORMERS, "the transformer")
        raise Unsupported(f"a {type(last).__name__} of the texts in {column.name}")
    nulls = [text for step in before if isinstance(step, CleanNullStrings) for text in step.null_strings_]
    known = [category for category in last.categories_[0].tolist() if isinstance(category, str)]
    keys = list(dict.fromkeys([*known, *nulls]))
    table = tables.Table(_Together(steps, names, column), str(column.name), column, {}, keys, list(names))
    if any(table.refused):
        raise Unsupported(f'a {type(last).__name__} with handle_unknown="error" of the texts in {column.name}')
    return [Column(_cleaned(table, place, bool(nulls)), name, "float32") for place, name in enumerate(names)]


def _cleaned(table: tables.Table, place: int, blanks: bool) -> Value:
    """A column of the output; a text of blanks is a missing one where that makes a difference."""
    unknown, missing = table.rows[-2:, place].tolist()
    value = table.value(place)
    if not blanks or repr(unknown) == repr(missing):
        return value
    found = table.column.value.term("", _BLANK, (1, 1), False, ())
    return found.equal(1.0).select(missing, value)


class _Together:
    """The steps of one column as one transformer of a frame of it."""

    def __init__(self, steps: Sequence[Any], names: Sequence[str], column: Column) -> None:
        self.steps, self.names, self.column = steps, names, column

    def transform(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What becomes of rows."""
        made = rows.astype("category" if self.column.dtype == "category" else object)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of categories that it has not seen
            for step in self.steps:
                if isinstance(step, Mapping):
                    made = made.set_axis(list(self.names), axis=1)
                    made = pd.DataFrame({name: step[name].transform(made[name]) for name in self.names})
                elif hasattr(step, "__single_column_transformer__"):
                    made = step.transform(made.iloc[:, 0]).to_frame()
                else:
                    made = step.transform(made)
        return made


# --- one column ---


@transformer(CleanNullStrings)
def clean_null_strings(estimator: CleanNullStrings, X: Columns) -> Columns:
    # A column of numbers that was one of objects, or of texts, in fit.
    return X.numeric("CleanNullStrings")


@transformer(PassThrough)
def pass_through(estimator: PassThrough, X: Columns) -> Columns:
    return X


@transformer(ToFloat)
def to_float(estimator: ToFloat, X: Columns) -> Columns:
    values = [replace(c, value=c.value.round32(), dtype="float32", missing="nan") for c in X.numeric("ToFloat")]
    return replace(X, columns=values)


@transformer(DropUninformative)
def drop_uninformative(estimator: DropUninformative, X: Columns) -> Columns:
    return X.take([]) if estimator.drop_ else X


@transformer(Drop)
def drop(estimator: Drop, X: Columns) -> Columns:
    return X.take([])


# --- columns that are chosen ---


@transformer(SelectCols, DropCols)
def select_columns(estimator: Any, X: Columns) -> Columns:
    names = [str(column.name) for column in X]
    kept = estimator.columns_ if isinstance(estimator, SelectCols) else estimator.kept_cols_
    if not X.frame or not set(kept) <= set(names):
        raise Unsupported(f"a {type(estimator).__name__} on columns without names")
    return X.take([names.index(name) for name in kept])


@transformer(ApplyToCols)
def apply_to_columns(estimator: ApplyToCols, X: Columns) -> Columns:
    return transform(estimator._wrapped_transformer, X)


@transformer(ApplyToEachCol)
def apply_to_each_column(estimator: ApplyToEachCol, X: Columns) -> Columns:
    _named(X, estimator.all_inputs_, "ApplyToCols")
    made: list[Column] = []
    for place, column in enumerate(X):
        step = estimator.transformers_.get(column.name)
        if step is None or estimator.keep_original:
            made.append(column)
        if step is not None:
            made += transform(step, X.take([place])).columns
    return _renamed(X, made, estimator.all_outputs_)


@transformer(ApplyToSubFrame)
def apply_to_sub_frame(estimator: ApplyToSubFrame, X: Columns) -> Columns:
    _named(X, estimator.all_inputs_, "ApplyToCols")
    chosen = set(estimator._columns)
    left = [column for column in X if estimator.keep_original or column.name not in chosen]
    places = [[column.name for column in X].index(name) for name in estimator._columns]
    made = transform(estimator.transformer_, X.take(places)).columns if places else []
    return _renamed(X, [*left, *made], estimator.all_outputs_)


def _named(X: Columns, names: Sequence[str], what: str) -> None:
    if not X.frame or [str(column.name) for column in X] != list(names):
        raise Unsupported(f"a {what} on columns without names, or in another order")


def _renamed(X: Columns, columns: Sequence[Column], names: Sequence[str]) -> Columns:
    return replace(X, columns=[replace(c, name=n) for c, n in zip(columns, names, strict=True)], frame=True)


# --- the scaler ---


@transformer(SquashingScaler)
def squashing_scaler(estimator: SquashingScaler, X: Columns) -> Columns:
    X.numeric("SquashingScaler")
    largest, rounded = float(estimator.max_absolute_value), X.rounding
    values = list(X.values)
    robust, minmax = estimator.robust_scaler_, estimator.minmax_scaler_
    for place, index in enumerate(np.flatnonzero(estimator.robust_cols_)):
        moved = rounded(values[index] - float(robust.center_[place]))
        values[index] = rounded(moved / float(robust.scale_[place]))
    for place, index in enumerate(np.flatnonzero(estimator.minmax_cols_)):
        if X.dtype == "float32" and minmax.median_.dtype != np.float32:
            raise Unsupported("a SquashingScaler on float32 columns that was fitted on others")
        values[index] = rounded(rounded(values[index] - float(minmax.median_[place])) * float(minmax.scale_[place]))
    for index in np.flatnonzero(estimator.zero_cols_):
        values[index] = values[index].missing().select(math.nan, 0.0)
    made = []
    for given, value in zip(X.values, values, strict=True):
        part = rounded(value / largest)
        below = rounded(rounded(rounded(part.function("square")) + 1.0).maximum(1.0).function("sqrt"))
        # It is never beyond the largest but for its last digits; this only says so to whom sums are bounded by.
        soft = rounded(value / below).clip(-2.0 * largest, 2.0 * largest)
        made.append(given.equal(math.inf).select(largest, given.equal(-math.inf).select(-largest, soft)))
    return X.of(made, X.names, X.dtype if X.dtype in ("float64", "float32") else "float64")
