"""Scores as a file: CSV, or Parquet where pyarrow is installed."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from dbml import errors
from dbml.serving.bulk import Scored

COLUMNS = ("key", "version", "score")


def write(file: Path, batches: Iterable[Sequence[Scored]]) -> int:
    """Write scores as they come: one file, whole or not at all.

    A key of several columns is written as a JSON array.

    :param file: its suffix, ``.csv`` or ``.parquet``, says the format.
    :returns: the number of rows.
    :raises ExportError: another suffix, or Parquet without pyarrow.
    """
    writers = {".csv": _write_csv, ".parquet": _write_parquet}
    if file.suffix not in writers:
        raise errors.ExportError(f"{file} is neither .csv nor .parquet", "Name the file scores.csv or scores.parquet.")
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        rows = writers[file.suffix](unfinished, batches)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _key(key: Sequence[str] | None) -> str | None:
    if key is None or len(key) == 1:
        return key[0] if key else None
    return json.dumps(key, ensure_ascii=False)


def _write_csv(file: Path, batches: Iterable[Sequence[Scored]]) -> int:
    rows = 0
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for batch in batches:
            writer.writerows((_key(row.key), row.version, row.score) for row in batch)
            rows += len(batch)
    return rows


def _write_parquet(file: Path, batches: Iterable[Sequence[Scored]]) -> int:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise errors.ExportError(
            "a Parquet file needs pyarrow, which is not installed here", "pip install 'dbml[parquet]', or write a .csv"
        ) from None
    rows = 0
    schema = pa.schema([("key", pa.string()), ("version", pa.int32()), ("score", pa.float64())])
    with pq.ParquetWriter(file, schema) as writer:
        for batch in batches:
            columns = [[_key(row.key) for row in batch], [row.version for row in batch], [row.score for row in batch]]
            writer.write_table(pa.table(columns, schema=schema))
            rows += len(batch)
    return rows
