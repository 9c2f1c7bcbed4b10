"""One feature's column of a sample: its type, and its values as JSON has them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from dbml.errors import SampleError
from dbml.models.artifact.known import Known

# Types that are made of the words of a CSV file; of the others pandas' own reading is right.
OF_WORDS = ("text", "boolean", "category")

# What pandas.read_csv takes for a missing value (its documentation of `na_values`).
_MISSING_WORDS = frozenset(
    (
        *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"),
        *("<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
    )
)
# As pandas, COPY and numbers write them.
_BOOLEANS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


def is_missing(value: Any) -> bool:
    """Whether a value stands for a missing one."""
    return value is None or value is pd.NA or (isinstance(value, (float, np.floating, Decimal)) and math.isnan(value))


def plain(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column of pandas' nullable dtypes, or of pyarrow's, as numpy's own, which is how the server makes it."""
    dtype = column.dtype
    if isinstance(dtype, (np.dtype, pd.CategoricalDtype)) or str(dtype) == "str":
        return column
    values = [None if is_missing(value) else value for value in column.tolist()]
    if pd.api.types.is_bool_dtype(dtype):
        return _booleans(values)
    if isinstance(dtype, pd.StringDtype) or pd.api.types.is_string_dtype(dtype):
        return _texts(values)
    if pd.api.types.is_numeric_dtype(dtype):
        single = str(dtype) in ("Float32", "float[pyarrow]")
        whole = pd.api.types.is_integer_dtype(dtype) and None not in values
        numbers = [math.nan if value is None else value for value in values]
        return pd.Series(numbers, dtype="float32" if single else "int64" if whole else "float64")
    return column


# --- a type that is known ---


def converted(label: str, column: pd.Series[Any], known: Known, *, csv: bool) -> pd.Series[Any]:
    """A column of the type that the model or the caller knows.

    :param label: what messages call the sample.
    :param csv: whether it came from a CSV file, where a missing value is a word like others.
    :raises SampleError: a value is not of that type; names the row, counted from 1 after the header.
    """
    values = [None if is_missing(value) else value for value in column.tolist()]
    if csv and known.type in OF_WORDS:
        values = [None if isinstance(value, str) and _is_missing_word(value, known) else value for value in values]
    if known.type == "text":
        return _texts(values)
    if known.type == "boolean":
        return _booleans([_each(label, column, row, value, _boolean, known) for row, value in enumerate(values)])
    if known.type == "category":
        return _categories(label, column, values, known)
    if not known.said:
        # What the model has seen tells whether 1 is 1.0; what is no number is for the model to refuse.
        whole = known.type == "float" and isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu"
        return column.astype(np.float64) if whole else column
    read = _integer if known.type == "integer" else _float
    numbers = [_each(label, column, row, value, read, known) for row, value in enumerate(values)]
    gaps = any(number is None for number in numbers)
    dtype = "float32" if known.type == "float32" else "int64" if known.type == "integer" and not gaps else "float64"
    return pd.Series([math.nan if number is None else number for number in numbers], dtype=dtype)


def _is_missing_word(word: str, known: Known) -> bool:
    """A word that the model knows is that word; a column that the caller calls a text has no words for NULL."""
    if word in known.values:
        return False
    return word == "" if known.said and known.type == "text" else word in _MISSING_WORDS


def _each(label: str, column: pd.Series[Any], row: int, value: Any, read: Any, known: Known) -> Any:
    if value is None:
        return None
    try:
        return read(value)
    except (TypeError, ValueError, KeyError, ArithmeticError):
        whose = "says --types" if known.said else "says the model"
        raise SampleError(
            f'{label}: {str(value)[:60]!r} in column "{column.name}" of row {row + 1} is no {known.type}, as {whose}',
            f'Give another value, or the type that the column has: `--types "{column.name}=TYPE"`.',
        ) from None


def _boolean(value: Any) -> bool:
    if isinstance(value, str):
        return _BOOLEANS[value.strip().lower()]
    return {0: False, 1: True}[value]


def _texts(values: Sequence[Any]) -> pd.Series[Any]:
    words = [math.nan if value is None else str(value) for value in values]
    return pd.Series(words, dtype=None if any(isinstance(word, str) for word in words) else object)


def _booleans(values: Sequence[bool | None]) -> pd.Series[Any]:
    gaps = any(value is None for value in values)
    return pd.Series([math.nan if value is None else value for value in values], dtype=object if gaps else bool)


def _integer(value: Any) -> int:
    if isinstance(value, str):
        value = Decimal(value.strip())  # 30.0 is a whole number too
    number = int(value)
    if number != value:
        raise ValueError
    return number


def _float(value: Any) -> float:
    return float(value)


def _categories(label: str, column: pd.Series[Any], values: Sequence[Any], known: Known) -> pd.Series[Any]:
    """Categories in the order of the model's own; those that it has not seen come after them."""
    seen = list(known.values)
    if seen and not isinstance(seen[0], str):
        read = _boolean if isinstance(seen[0], bool) else _integer if isinstance(seen[0], int) else _float
        values = [_each(label, column, row, value, read, known) for row, value in enumerate(values)]
    more = sorted(
        {value for value in values if value is not None} - set(seen), key=lambda value: (str(type(value)), value)
    )
    return pd.Series(pd.Categorical(list(values), categories=[*seen, *more]))


# --- a type that is to be told ---


def feature(name: str, column: pd.Series[Any], form: str, known: Known | None = None) -> dict[str, Any]:
    """Tell a feature's type from its sample column.

    :param form: ``frame``, or ``array``: of the model's input.
    :raises SampleError: a type that has no place in the interface.
    """
    kind, shown, missing, more = _type(column)
    if kind == "float" and known and known.type == "integer" and _all_whole(column):
        kind, shown = "integer", "int64"  # only what is missing made floats of them
    if kind is None:
        number = "seconds since a fixed day, for example" if shown.startswith("datetime") else "float64"
        raise SampleError(
            f'the sample\'s column "{name}" has the type {shown}, which dbml does not serve',
            f"Give a number ({number}), a boolean or a string, and fit the model on that.",
        )
    if form == "array":
        if kind == "text":
            raise SampleError(
                f'the sample\'s column "{name}" is text, and the model was fitted on a bare array',
                "Fit it on a pandas DataFrame, whose columns have types of their own.",
            )
        kind, shown, missing, more = "float", "float64", "nan", {}
    return {"name": name, "kind": kind, "dtype": shown, "missing": missing, **more}


def closed(feature: dict[str, Any], known: Known | None) -> dict[str, Any]:
    """The feature with the categories that the model itself has, if other ones are refused for it."""
    if known is None or not known.closed or feature["dtype"] != "category":
        return feature
    return feature | {"categories": list(known.values), "unseen": "refused"}


def _type(column: pd.Series[Any]) -> tuple[str | None, str, str, dict[str, Any]]:
    """The kind of a column (None: no place for it), its dtype as the server makes it, what is missing, and more."""
    dtype: Any = column.dtype
    types = pd.api.types
    if isinstance(dtype, pd.CategoricalDtype):
        return _category(dtype)
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        return (*_object_kind(column), {})
    if isinstance(dtype, pd.StringDtype) or (not isinstance(dtype, np.dtype) and types.is_string_dtype(dtype)):
        return "text", "str", "nan", {}
    if types.is_bool_dtype(dtype):
        return "boolean", "bool", "none" if isinstance(dtype, np.dtype) else "nan", {}
    if types.is_integer_dtype(dtype):
        # One width on the server: what counts to an estimator is integer or not.
        return "integer", "int64", "nan", {}
    if types.is_float_dtype(dtype):
        wide, single = ("float64", "Float64", "double[pyarrow]"), ("float32", "Float32", "float[pyarrow]")
        if str(dtype) in (*wide, *single):
            return "float", "float64" if str(dtype) in wide else "float32", "nan", {}
    return None, str(dtype), "nan", {}


def _category(dtype: pd.CategoricalDtype) -> tuple[str | None, str, str, dict[str, Any]]:
    categories = dtype.categories.tolist()
    more: dict[str, Any] = {"categories": categories} | ({"ordered": True} if dtype.ordered else {})
    kinds: tuple[tuple[str, Any], ...] = (("text", str), ("integer", int), ("float", float))
    for kind, classes in kinds:
        if all(isinstance(each, classes) and not isinstance(each, bool) for each in categories):
            return kind, "category", "nan", more
    return None, "category of other values than strings or numbers", "nan", {}


def _object_kind(column: pd.Series[Any]) -> tuple[str | None, str, str]:
    values = column.tolist()
    missing = "none" if any(value is None for value in values) else "nan"
    present = [value for value in values if not is_missing(value)]
    if all(isinstance(value, str) for value in present):
        return "text", "object", missing
    if all(isinstance(value, (bool, np.bool_)) for value in present):
        return "boolean", "object", missing
    plain = not any(isinstance(value, (bool, np.bool_)) for value in present)
    if plain and all(isinstance(value, (int, np.integer)) for value in present):
        return "integer", "int64", "nan"
    if plain and all(isinstance(value, (int, float, np.integer, np.floating, Decimal)) for value in present):
        return "float", "float64", "nan"
    kinds = ", ".join(sorted({type(value).__name__ for value in present}))
    return None, f"object of {kinds}", missing


def _all_whole(column: pd.Series[Any]) -> bool:
    return all(is_missing(value) or float(value).is_integer() for value in column.tolist())


# --- values ---


def json_rows(features: Sequence[Mapping[str, Any]], rows: pd.DataFrame) -> list[list[Any]]:
    """Rows as JSON values, in the order of an interface's features."""
    columns = [[_json_value(f["kind"], v) for v in rows[f["name"]].tolist()] for f in features]
    return [list(row) for row in zip(*columns, strict=True)]


def _json_value(kind: str, value: Any) -> Any:
    if is_missing(value):
        return None
    if kind == "text":
        return str(value)
    if kind == "boolean":
        return bool(value)
    if kind == "integer":
        return int(value)
    number = float(value)
    return number if math.isfinite(number) else "Infinity" if number > 0 else "-Infinity"
