"""Rows of the features, wherever they come from: a CSV or Parquet file, a pickled frame, or a frame itself."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from dbml.errors import SampleError
from dbml.models.artifact.column import OF_WORDS, converted
from dbml.models.artifact.known import Known
from dbml.models.file import one_line

Sample = Path | str | pd.DataFrame | np.ndarray[Any, Any]

_WRITE_CSV = "Write it with `X.head(1000).to_csv(FILE, index=False)`."
_DUMP = "Write it with `joblib.dump(X.head(1000), FILE)`."


def read_rows(
    sample: Sample, names: Sequence[str], known: Mapping[str, Known], *, spaces: bool = False
) -> tuple[pd.DataFrame, list[str]]:
    """Read the features' columns.

    :param sample: a file (by its suffix Parquet or a pickled frame, else CSV), or the rows themselves.
    :param known: types of features. What the caller says holds for every sample, what the model says for CSV files.
    :param spaces: whether a column "a b" is the feature "a_b".
    :returns: the rows, and per feature the column that it is.
    :raises SampleError: it cannot be read, lacks a column, has no rows, or a value of another type than is known.
    """
    csv = False
    if isinstance(sample, (str, Path)):
        label = str(sample)
        read = _FORMATS.get(Path(sample).suffix, _read_header)
        csv = read is _read_header
        frame = read(label, names)
    else:
        label, frame = "the sample", _framed("the sample", sample, names)
    columns = _columns(label, [str(column) for column in frame.columns], names, spaces)
    types = {column: known[name] for column, name in zip(columns, names, strict=True) if name in known}
    if csv:
        frame = _read_csv(label, columns, [column for column in types if types[column].type in OF_WORDS])
    if frame.empty:
        raise SampleError(f"{label}: has no rows", "Give at least one row of the features.")
    rows = frame.set_axis([str(column) for column in frame.columns], axis=1)[columns].reset_index(drop=True)
    for column, type_ in types.items():
        if csv or type_.said:
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


def _read_header(label: str, _: Sequence[str]) -> pd.DataFrame:
    frame: pd.DataFrame = _parsed(label, "CSV file", lambda: pd.read_csv(label, nrows=1), _WRITE_CSV)
    return frame


def _read_csv(label: str, columns: Sequence[str], as_words: Sequence[str]) -> pd.DataFrame:
    """Read columns of a CSV file: some as the words that stand there, the others as pandas takes them."""

    def read() -> pd.DataFrame:
        others = [column for column in columns if column not in as_words]
        parts: dict[Any, Any] = {}
        if others:
            parts |= dict(pd.read_csv(label, usecols=others, low_memory=False).items())
        if as_words:
            parts |= dict(pd.read_csv(label, usecols=list(as_words), dtype=str, keep_default_na=False).items())
        return pd.DataFrame(parts)

    frame: pd.DataFrame = _parsed(label, "CSV file", read, _WRITE_CSV)
    return frame


def _read_parquet(label: str, _: Sequence[str]) -> pd.DataFrame:
    write = "Write it with `X.head(1000).to_parquet(FILE)`."
    frame: pd.DataFrame = _parsed(label, "Parquet file", lambda: pd.read_parquet(label), write)
    return frame


def _unpickled(label: str, names: Sequence[str]) -> pd.DataFrame:
    return _framed(label, _parsed(label, "pickled frame", lambda: joblib.load(label), _DUMP), names)


def _framed(label: str, rows: Any, names: Sequence[str]) -> pd.DataFrame:
    """Rows that are in memory, as a frame: pandas' own, an array, or what pyarrow or polars makes one of."""
    if not isinstance(rows, (pd.DataFrame, np.ndarray)) and hasattr(rows, "to_pandas"):
        rows = _parsed(label, "frame for pandas", rows.to_pandas, _DUMP)
    if isinstance(rows, pd.DataFrame):
        return rows
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
    **dict.fromkeys((".joblib", ".pkl", ".pickle"), _unpickled),
}
