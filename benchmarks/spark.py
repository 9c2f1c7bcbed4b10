"""How fast Spark scores: ``python -m benchmarks.spark``.

``dbml.spark`` over rows that Spark has in memory, against the ``pandas_udf`` that one usually writes, with the joblib
file and scikit-learn on every executor, and against a function that is handed the same columns and gives one of them
back: whatever scores cannot be faster. All in turn, on this machine's cores; what counts is the processor's time of
Java and Python together, which other work changes less than the clock.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import psycopg

from benchmarks import models
from benchmarks.telling import console
from dbml.demo.server import temporary_server

WANTED = 1.5


def usual(path: str, columns: list[str]) -> Callable[..., Any]:
    """What one writes: the estimator loaded once for each task, ``predict_proba`` on a frame."""

    def score(batches: Iterator[tuple[pd.Series, ...]]) -> Iterator[pd.Series]:
        import joblib
        import pandas as pd

        model = joblib.load(path)
        for batch in batches:
            rows = pd.concat(batch, axis=1, keys=columns)
            yield pd.Series(model.predict_proba(rows)[:, 1])

    return score


def nothing(batches: Iterator[tuple[Any, ...]]) -> Iterator[Any]:
    """What Spark itself takes: all columns come, and one goes back."""
    for columns in batches:
        yield columns[-1]


def _typed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Spark tells from the annotations what a function takes; evaluated here, where pyarrow is."""
    import pyarrow as pa

    function.__annotations__ = {"batches": Iterator[tuple[pa.Array, ...]], "return": Iterator[pa.Array]}
    return function


def spent() -> float:
    """Seconds of the processor that Spark's processes have used: this one's children and theirs."""
    parents, ticks = {}, {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = place.read_text().rpartition(")")[2].split()
            process = int(place.parent.name)
            # With those of its own children that have ended.
            parents[process], ticks[process] = int(fields[1]), sum(map(int, fields[11:15]))
    found = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return sum(ticks[process] for process in found if process in ticks) / os.sysconf("SC_CLK_TCK")


@click.command()
@click.option("--rows", type=click.IntRange(1), default=1_000_000, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--model", type=click.Choice(list(models.TITLES)), default="gbm", show_default=True)
def main(rows: int, rounds: int, model: str) -> None:
    """Compare dbml.spark with a pandas_udf of scikit-learn."""
    os.environ |= {
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

    import dbml
    import dbml.spark

    with (
        tempfile.TemporaryDirectory(prefix="dbml-spark-") as folder,
        temporary_server(None, say=console.print) as server,
        psycopg.connect(server.dsn, autocommit=True) as connection,
    ):
        os.environ["DBML_KEY"] = str(Path(folder) / "key.pem")
        trained = models.train(Path(folder), only=(model,))
        dbml.install(connection, python_path=server.python_packages)
        dbml.add_model(connection, "churn", trained.file(model), sample=trained.features.head(500), output="yes")
        ours = dbml.spark.Model.of(connection, "churn", 1)
        chance = np.random.default_rng(0)
        frame = trained.features.iloc[chance.integers(0, len(trained.features), rows)].reset_index(drop=True)
        for name in frame:
            if frame[name].dtype.kind == "f":
                frame[name] = frame[name] * chance.uniform(0.5, 1.5, rows)
        truth = trained.truth(model, frame)
        spark = (
            SparkSession.builder.master(f"local[{os.cpu_count()}]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.memory", "4g")
            .getOrCreate()
        )
        spark.sparkContext.setLogLevel("ERROR")
        file = str(Path(folder) / "rows.parquet")
        frame.assign(place=np.arange(rows)).to_parquet(file, index=False, row_group_size=-(-rows // 8))
        given = spark.read.parquet(file).repartition(4).cache()
        given.count()
        ours.confirm(spark)
        function = F.pandas_udf(usual(str(trained.file(model)), trained.columns), "double")
        ways = {
            "dbml": ours.with_score(given, "score"),
            "scikit-learn": given.withColumn("score", function(*trained.columns)),
        }
        typed: Any = _typed(nothing)
        numbers_last = sorted(trained.columns, key=lambda name: trained.features[name].dtype.kind == "f")
        bare = given.withColumn("score", F.arrow_udf(typed, "double")(*numbers_last))
        found = {name: scored.select("place", "score").toPandas().sort_values("place") for name, scored in ways.items()}
        for name, scored in found.items():
            off = int((np.abs(scored["score"].to_numpy() - truth) > 1e-9).sum())
            console.print(f"{name}: {rows:,} rows, {off} off by more than 1e-9")
        ways["nothing"] = bare
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for turn in range(rounds + 1):
            for name in list(ways)[:: 1 if turn % 2 else -1]:
                began = time.perf_counter(), spent()
                ways[name].agg(F.sum("score")).collect()
                if turn:  # the first finds Java cold
                    times[name].append((time.perf_counter() - began[0], spent() - began[1]))
        for name, took in times.items():
            clock, processor = (statistics.median(side) for side in zip(*took, strict=True))
            console.print(f"{name}: {clock:.1f} s, {processor:.1f} s of the processor")
        for name in ("dbml", "nothing"):
            for side, unit in enumerate(("time", "processor's time")):
                ratios = [b[side] / a[side] for a, b in zip(times[name], times["scikit-learn"], strict=True)]
                console.print(
                    f"scikit-learn's {unit} ÷ that of {name}: {statistics.median(ratios):.2f}"
                    f" ({min(ratios):.2f} to {max(ratios):.2f}), wanted {WANTED}"
                )
        spark.stop()


if __name__ == "__main__":
    main()
