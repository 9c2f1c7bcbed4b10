"""The other rival: orbital, which turns a pipeline into SQL."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.bulk import off, timed
from benchmarks.models import Trained

# The server, or orbital itself, may take very long over a forest.
_STATEMENT_TIMEOUT = "60s"


def translate(joblib_file: str, out: str) -> None:
    """Write an estimator's SQL; runs in a process of its own, because it may have to be stopped."""
    import joblib
    import orbital
    from orbital import types

    estimator = joblib.load(joblib_file)
    from benchmarks.models import customers

    kinds = {"i": types.Int64ColumnType(), "f": types.DoubleColumnType()}
    features = {str(n): kinds.get(d.kind, types.StringColumnType()) for n, d in customers()[0].dtypes.items()}
    parsed = orbital.parse_pipeline(estimator, features=features)
    Path(out).write_text(orbital.export_sql("customer", parsed, dialect="postgres"))


def measure(
    connection: psycopg.Connection[Any], trained: Trained, model: str, rows: int, translating: float
) -> dict[str, Any]:
    """Say what orbital's SQL costs a row and on how many rows it is off, or why that cannot be said.

    :param rows: of the large table, to be scanned.
    :param translating: seconds that orbital has.
    """
    file, out = trained.file(model), trained.folder / f"{model}.orbital.sql"
    code = "import sys; from benchmarks.orbital_sql import translate; translate(*sys.argv[1:])"
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, str(file), str(out)],
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            timeout=translating,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"reason": f"orbital did not finish within {translating:.0f} s"}
    if done.returncode != 0:
        return {"reason": f"orbital refuses it: {_said(done.stderr)}"}
    # Its only columns are its answers; that they come in the table's order is seen to below.
    query = out.read_text()
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(f"set local statement_timeout = '{_STATEMENT_TIMEOUT}'")
            connection.execute("set local max_parallel_workers_per_gather = 0")
            connection.execute("set local search_path = data")
            answers = connection.execute(sql.SQL('select "output_probability.yes" from ({}) q').format(sql.SQL(query)))
            report = off([row[0] for row in answers], trained.truth(model, trained.features))
            connection.execute("set local search_path = pg_temp")
            connection.execute(f"create temporary table customer as select * from many.plain order by id limit {rows}")
            total = sql.SQL('select sum("output_probability.yes") from ({}) q').format(sql.SQL(query))
            seconds, _ = timed(lambda: connection.execute(total).fetchone())
    except psycopg.Error as error:
        return {"reason": f"PostgreSQL refuses it: {str(error).strip().splitlines()[0]}", "bytes": len(query)}
    return {**report, "us_per_row": seconds / rows * 1e6, "bytes": len(query)}


def _said(text: str) -> str:
    """What an exception said: from the line that names it on."""
    lines = text.strip().splitlines()
    named = [number for number, line in enumerate(lines) if re.match(r"[\w.]+(Error|Exception|Exit)\b", line)]
    return " ".join(" ".join(lines[named[-1] :] if named else lines[-1:]).split())[:300]
