"""Rows of the features, wherever they come from: a CSV or Parquet file, a pickled frame, or a frame itself."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from scipy import sparse

from dbml.errors import SampleError
from dbml.models.artifact.column import OF_WORDS, converted
from dbml.models.artifact.known import Known
from dbml.models.file import one_line

Sample = Path | str | pd.DataFrame | np.ndarray[Any, Any]

_WRITE_CSV = "Write it with `X.head(1000).to_csv(FILE, index=False)`."
_WRITE_JSON = "Write it with `X.head(1000).to_json(FILE, orient='records')`."
_DUMP = "Write it with `joblib.dump(X.head(1000), FILE)`."


def read_rows(
    sample: Sample, names: Sequence[str], known: Mapping[str, Known], *, spaces: bool = False
) -> tuple[pd.DataFrame, list[str]]:
    """Read the features' columns.

    :param sample: a file (by its suffix Parquet, Feather, JSON or a pickled frame, else CSV), or the rows themselves.
    :param known: types of features. What the caller says holds for every sample, what the model says for CSV files.
    :param spaces: whether a column "a b" is the feature "a_b".
    :returns: the rows, and per feature the column that it is.
    :raises SampleError: it cannot be read, lacks a column, has no rows, or a value of another type than is known.
    """
    csv, separator = False, ","
    if isinstance(sample, (str, Path)):
        label = str(sample)
        csv = Path(sample).suffix not in _FORMATS
        if csv:
            separator, frame = _read_header(label, names, spaces)
        else:
            frame = _FORMATS[Path(sample).suffix](label, names)
    else:
        label, frame = "the sample", _framed("the sample", sample, names)
    columns = _columns(label, [str(column) for column in frame.columns], names, spaces)
    types = {column: known[name] for column, name in zip(columns, names, strict=True) if name in known}
    if csv:
        frame = _read_csv(label, separator, columns, [column for column in types if types[column].type in OF_WORDS])
    if frame.empty:
        raise SampleError(f"{label}: has no rows", "Give at least one row of the features.")
    rows = frame.set_axis([str(column) for column in frame.columns], axis=1)[columns].reset_index(drop=True)
    for column, type_ in types.items():
        # Texts and numbers where the model was fitted on categories: it takes no others.
        named = type_.type == "category" and bool(type_.values) and not _is_category(rows[column])
        if csv or type_.said or named:
            rows[column] = converted(label, rows[column], type_, csv=csv)
    return rows, columns


def _columns(label: str, columns: list[str], names: Sequence[str], spaces: bool) -> list[str]:
    """Per feature the column that it is."""
    found = []
    for name in names:
        alike = [column for column in columns if column == name]
        alike = alike or [column for column in columns if spaces and column.replace(" ", "_") == name]
        if len(alike) > 1:
            raise SampleError(f'{label}: has two columns "{name}"', "Leave one of them away.")
        if not alike:
            near = difflib.get_close_matches(name, columns, 1)
            there = f'; the nearest is "{near[0]}"' if near else ""
            raise SampleError(
                f'{label}: has no column "{name}", a feature of the model{there}',
                "The sample's header must have the features: " + ", ".join(names[:20]) + ".",
            )
        found += alike
    return found


def _parsed(label: str, what: str, read: Callable[[], Any], write: str) -> Any:
    try:
        return read()
    except OSError as error:
        raise SampleError(
            f"{label}: cannot be read ({error.strerror or one_line(error)})", "Check the path."
        ) from error
    except ImportError as error:
        raise SampleError(
            f"{label}: to read a {what} needs a package that is not here ({one_line(error)[:120]})",
            "Install it, pip install 'dbml[parquet]', or give the sample as CSV.",
        ) from error
    except Exception as error:
        # pandas' parser, the decoder, pyarrow and pickle each have their own.
        raise SampleError(f"{label}: is no {what} ({one_line(error)[:200]})", write) from error


def _is_category(column: pd.Series[Any]) -> bool:
    return isinstance(column.dtype, pd.CategoricalDtype)


# Between the columns of a CSV file: a comma, or what spreadsheets put where a comma is a decimal point.
_SEPARATORS = (",", ";", "\t")


def _read_header(label: str, names: Sequence[str], spaces: bool) -> tuple[str, pd.DataFrame]:
    """The first separator by which the file has the features, and the rows' beginning."""

    def read(separator: str = ",") -> pd.DataFrame:
        found: pd.DataFrame = _parsed(label, "CSV file", lambda: pd.read_csv(label, nrows=1, sep=separator), _WRITE_CSV)
        return found

    for separator in _SEPARATORS:
        try:
            frame = read(separator)
            _columns(label, [str(column) for column in frame.columns], names, spaces)
        except SampleError:
            continue
        return separator, frame
    return ",", read()


def _read_csv(label: str, separator: str, columns: Sequence[str], as_words: Sequence[str]) -> pd.DataFrame:
    """Read columns of a CSV file: some as the words that stand there, the others as pandas takes them."""

    def read() -> pd.DataFrame:
        others = [column for column in columns if column not in as_words]
        parts: dict[Any, Any] = {}
        if others:
            frame = pd.read_csv(label, sep=separator, usecols=others, low_memory=False)
            parts |= {name: _with_points(column) if separator == ";" else column for name, column in frame.items()}
        if as_words:
            words = pd.read_csv(label, sep=separator, usecols=list(as_words), dtype=str, keep_default_na=False)
            parts |= dict(words.items())
        return pd.DataFrame(parts)

    frame: pd.DataFrame = _parsed(label, "CSV file", read, _WRITE_CSV)
    return frame


def _read_parquet(label: str, _: Sequence[str]) -> pd.DataFrame:
    write = "Write it with `X.head(1000).to_parquet(FILE)`."
    frame: pd.DataFrame = _parsed(label, "Parquet file", lambda: pd.read_parquet(label), write)
    return frame


def _with_points(column: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers with a decimal comma, if all of them are such."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    numbers = pd.to_numeric(column.astype("string").str.replace(",", "."), errors="coerce")
    return column if (numbers.isna() & column.notna()).any() else numbers.astype("float64")


def _read_feather(label: str, _: Sequence[str]) -> pd.DataFrame:
    write = "Write it with `X.head(1000).to_feather(FILE)`."
    frame: pd.DataFrame = _parsed(label, "Feather file", lambda: pd.read_feather(label), write)
    return frame


def _read_json(label: str, names: Sequence[str]) -> pd.DataFrame:
    """Objects, in a list or one a line. pandas' own reader would make numbers of texts such as 02134."""
    text = _parsed(label, "JSON file", lambda: Path(label).read_text(encoding="utf-8"), _WRITE_JSON)

    def read() -> Any:
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return [json.loads(line) for line in text.splitlines() if line.strip()]

    found = _parsed(label, "JSON file", read, _WRITE_JSON)
    return _framed(label, [found] if isinstance(found, dict) else found, names)


def _unpickled(label: str, names: Sequence[str]) -> pd.DataFrame:
    return _framed(label, _parsed(label, "pickled frame", lambda: joblib.load(label), _DUMP), names)


def _framed(label: str, rows: Any, names: Sequence[str]) -> pd.DataFrame:
    """Rows that are in memory, as a frame: pandas' own, an array, objects, or what pyarrow or polars makes one of."""
    rows = rows.collect() if type(rows).__name__ == "LazyFrame" else rows
    if not isinstance(rows, (pd.DataFrame, np.ndarray)) and hasattr(rows, "to_pandas"):
        rows = _parsed(label, "frame for pandas", rows.to_pandas, _DUMP)
    if sparse.issparse(rows):
        rows = rows.toarray()
    if isinstance(rows, list) and rows and isinstance(rows[0], (dict, list, tuple)):
        rows = pd.DataFrame(rows)
    if isinstance(rows, pd.Series):
        rows = rows.to_frame()
    if isinstance(rows, pd.DataFrame):
        # Columns without names, where the model has none either.
        unnamed = rows.columns.equals(pd.RangeIndex(len(names))) and not set(map(str, rows.columns)) & set(names)
        return rows.set_axis(list(names), axis=1) if unnamed else rows
    if not isinstance(rows, np.ndarray):
        raise SampleError(f"{label}: is a {type(rows).__name__}, no DataFrame", "Give a DataFrame of the features.")
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise SampleError(
            f"{label}: is an array of the shape {rows.shape}, and the model has {len(names)} features",
            "Give a row for each entity and a column for each feature.",
        )
    return pd.DataFrame(rows, columns=list(names))


_FORMATS: dict[str, Callable[[str, Sequence[str]], pd.DataFrame]] = {
    **dict.fromkeys((".parquet", ".pq"), _read_parquet),
    ".feather": _read_feather,
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), _read_json),
    **dict.fromkeys((".joblib", ".pkl", ".pickle"), _unpickled),
}
