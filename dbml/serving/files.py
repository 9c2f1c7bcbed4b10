"""Scores as a file: CSV, or Parquet where pyarrow is installed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dbml import errors
from dbml.serving.bulk import Block

COLUMNS = ("key", "version", "score")
OUTPUTS = "outputs"


def write(file: Path, blocks: Iterable[Block], outputs: bool = False) -> int:
    """Write scores as they come: one file, whole or not at all.

    :param file: its suffix, ``.csv`` or ``.parquet``, says the format.
    :param outputs: whether the blocks have a column :data:`OUTPUTS` behind the others: JSON.
    :returns: the number of rows.
    :raises ExportError: another suffix, or Parquet without pyarrow.
    """
    writers = {".csv": _write_csv, ".parquet": _write_parquet}
    if file.suffix not in writers:
        raise errors.ExportError(f"{file} is neither .csv nor .parquet", "Name the file scores.csv or scores.parquet.")
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        rows = writers[file.suffix](unfinished, blocks, (*COLUMNS, OUTPUTS) if outputs else COLUMNS)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _write_csv(file: Path, blocks: Iterable[Block], columns: tuple[str, ...]) -> int:
    rows = 0
    with file.open("wb") as stream:
        stream.write(",".join(columns).encode() + b"\n")
        for block in blocks:
            stream.write(block.csv)
            rows += block.rows
    return rows


def _write_parquet(file: Path, blocks: Iterable[Block], columns: tuple[str, ...]) -> int:
    try:
        import pyarrow as pa
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError:
        raise errors.ExportError(
            "a Parquet file needs pyarrow, which is not installed here", "pip install 'dbml[parquet]', or write a .csv"
        ) from None
    types = {"key": pa.string(), "version": pa.int32(), "score": pa.float64(), OUTPUTS: pa.string()}
    schema = pa.schema([(column, types[column]) for column in columns])
    read = pa.csv.ReadOptions(column_names=columns)
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    # As the server writes it: NULL is nothing, and an empty text is two quotes.
    convert = pa.csv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    rows = 0
    with pa.parquet.ParquetWriter(file, schema) as writer:
        for block in blocks:
            if block.csv:
                table = pa.csv.read_csv(pa.BufferReader(block.csv), read, parse, convert)
                writer.write_table(table)
            rows += block.rows
    return rows
