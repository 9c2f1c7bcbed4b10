"""Rows of the features: their types, and their values as JSON has them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dbml.errors import SampleError
from dbml.models.file import one_line


def read_rows(sample: Path | str | pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Read the features' columns of a CSV file or a DataFrame.

    :raises SampleError: it cannot be read, lacks a column, or has no rows.
    """
    if isinstance(sample, pd.DataFrame):
        frame, label = sample, "the sample"
    else:
        label = str(sample)
        try:
            frame = pd.read_csv(sample, low_memory=False)
        except OSError as error:
            raise SampleError(f"{label}: cannot be read ({error.strerror})", "Check the path.") from error
        except ValueError as error:  # what pandas' parser and the decoder raise
            raise SampleError(
                f"{label}: is no CSV file ({one_line(error)})",
                "Write it with `X.head(1000).to_csv(FILE, index=False)`.",
            ) from error
    columns = [str(column) for column in frame.columns]
    for name in names:
        if columns.count(name) > 1:
            raise SampleError(f'{label}: has two columns "{name}"', "Leave one of them away.")
        if name not in frame.columns:
            near = difflib.get_close_matches(name, columns, 1)
            there = f'; the nearest is "{near[0]}"' if near else ""
            raise SampleError(
                f'{label}: has no column "{name}", a feature of the model{there}',
                "The sample's header must have the features: " + ", ".join(names[:20]) + ".",
            )
    if frame.empty:
        raise SampleError(f"{label}: has no rows", "Give at least one row of the features.")
    return frame[names].reset_index(drop=True)


def feature(name: str, column: pd.Series[Any], form: str) -> dict[str, Any]:
    """Tell a feature's type from its sample column.

    :raises SampleError: a type that has no place in the interface.
    """
    dtype: Any = column.dtype
    kind: str | None = None
    shown, missing = str(dtype), "nan"
    more: dict[str, Any] = {}
    if isinstance(dtype, pd.CategoricalDtype):
        categories = dtype.categories.tolist()
        if all(isinstance(category, str) for category in categories):
            kind, more = "text", {"categories": categories}
            if dtype.ordered:
                more["ordered"] = True
        else:
            shown = "category of other values than strings"
    elif isinstance(dtype, pd.StringDtype):
        kind = "text" if shown == "str" else None
    elif isinstance(dtype, np.dtype):
        if dtype.kind == "O":
            kind, shown, missing = _object_kind(column)
        elif shown in ("float64", "float32"):
            kind = "float"
        elif dtype.kind in "iu":
            # One width on the server: what counts to an estimator is integer or not.
            kind, shown = "integer", "int64"
        elif dtype.kind == "b":
            kind, missing = "boolean", "none"
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


def _object_kind(column: pd.Series[Any]) -> tuple[str | None, str, str]:
    values = column.tolist()
    missing = "none" if any(value is None for value in values) else "nan"
    present = [value for value in values if not _is_missing(value)]
    if all(isinstance(value, str) for value in present):
        return "text", "object", missing
    if all(isinstance(value, (bool, np.bool_)) for value in present):
        return "boolean", "object", missing
    kinds = ", ".join(sorted({type(value).__name__ for value in present}))
    return None, f"object of {kinds}", missing


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, (float, np.floating)) and math.isnan(value))


def json_rows(features: Sequence[Mapping[str, Any]], rows: pd.DataFrame) -> list[list[Any]]:
    """Rows as JSON values, in the order of an interface's features."""
    columns = [[_json_value(f["kind"], v) for v in rows[f["name"]].tolist()] for f in features]
    return [list(row) for row in zip(*columns, strict=True)]


def _json_value(kind: str, value: Any) -> Any:
    if _is_missing(value):
        return None
    if kind == "text":
        return str(value)
    if kind == "boolean":
        return bool(value)
    if kind == "integer":
        return int(value)
    number = float(value)
    return number if math.isfinite(number) else "Infinity" if number > 0 else "-Infinity"
