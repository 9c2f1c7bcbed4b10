"""How fast a training set is written: ``python -m benchmarks.dataset``.

``dbml.dataset`` and ``write`` to Parquet, against what one would write by hand: a query with the same rows, COPY, and
pandas. Both in turn; what counts is the processor's time here and in the server, which other work changes
less than the clock. A ratio above 1 says that dbml is faster.
"""

from __future__ import annotations

import io
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import psycopg
from sklearn.linear_model import LogisticRegression

import dbml
from dbml import spec
from dbml.demo.server import temporary_server
from dbml.training.dataset import write

FEATURES = [f"x{i}" for i in range(20)]
FILL = """
insert into dbml.log_1 (at, profile, version, model, arm, entity, score, numbers)
select now() - interval '200 days' + g * interval '1 second', 'person', 1, 'churn', 'control', array[(g / 5)::text],
       random(), array(select random() + g * 0 from generate_series(1, 20))
  from generate_series(0, {exposures} - 1) g
"""
OUTCOMES = """
insert into gone
select g, now() - random() * interval '200 days' from generate_series(0, {exposures} / 5) g where g % 7 < 2
"""
# The first outcome of a person within 30 days after the prediction.
BY_HAND = """
copy (
  select l.at, l.entity[1], l.version, l.arm, l.score, (o.gone_at is not null)::integer, {features}
    from dbml.log l
    left join lateral (select min(g.gone_at) as gone_at from gone g
                        where g.person = l.entity[1]::integer
                          and g.gone_at > l.at and g.gone_at <= l.at + interval '30 days') o on true
   where l.model = 'churn' and l.at <= now() - interval '30 days'
   order by l.at, l.entity
) to stdout (format csv)
"""


def by_hand(connection: psycopg.Connection[Any], file: Path) -> int:
    """Write the training set without dbml."""
    features = ", ".join(f"l.numbers[{i + 1}]" for i in range(20))
    with connection.cursor().copy(BY_HAND.format(features=features)) as copy:
        text = io.BytesIO(b"".join(copy))
    names = ["_at", "_entity", "_version", "_arm", "_score", "_label", *FEATURES]
    rows = pd.read_csv(text, header=None, names=names, dtype={"_entity": str})
    rows["_at"] = pd.to_datetime(rows["_at"], utc=True, format="ISO8601")
    rows.to_parquet(file, index=False)
    return len(rows)


def spent(connection: psycopg.Connection[Any]) -> float:
    """Seconds of the processor that this process and its session in the server have used."""
    fields = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@click.command()
@click.option("--exposures", type=int, default=1_000_000, show_default=True)
@click.option("--runs", type=int, default=3, show_default=True)
def main(exposures: int, runs: int) -> None:
    """Print the seconds of each, and the median of the ratios."""
    rows = pd.DataFrame(np.random.default_rng(0).random((100, 20)), columns=FEATURES)
    outcome = spec.Outcome(
        "churn", ("person",), "true", "public.gone", otherwise="false", at="gone_at", horizon="30 days"
    )
    profile = spec.Profile("public.person", "id", [spec.Prediction("churn", "score", log="all")], outcomes=[outcome])
    with (
        temporary_server(say=click.echo) as server,
        psycopg.connect(server.dsn, autocommit=True) as connection,
        tempfile.TemporaryDirectory() as folder,
    ):
        dbml.install(connection)
        columns = ", ".join(f"{name} float8" for name in FEATURES)
        connection.execute(f"create table person (id integer primary key, {columns}, score float8)")
        connection.execute("create table gone (person integer, gone_at timestamptz)")
        connection.execute("create index on gone (person, gone_at)")
        dbml.add_model(connection, "churn", LogisticRegression().fit(rows, rows["x0"] > 0.5), sample=rows)
        dbml.attach(connection, profile)
        dbml.deploy(connection, "churn", 1)
        for text in (FILL, OUTCOMES):
            connection.execute(text.format(exposures=exposures))
        connection.execute("vacuum analyze")
        connection.execute("set max_parallel_workers_per_gather = 0")  # whose time nobody would count
        ratios = []
        for run in range(runs):
            began = spent(connection)
            found = dbml.dataset(connection, "churn")
            read = spent(connection)
            write(found, Path(folder) / "a.parquet")
            middle = spent(connection)
            count = by_hand(connection, Path(folder) / "b.parquet")
            ended = spent(connection)
            assert count == len(found.rows)
            if not run:
                mine, theirs = pd.read_parquet(Path(folder) / "a.parquet"), pd.read_parquet(Path(folder) / "b.parquet")
                assert (mine[FEATURES].to_numpy() == theirs[FEATURES].to_numpy()).all()
                assert (mine["_label"] == theirs["_label"]).all()
            ratios.append((ended - middle) / (middle - began))
            click.echo(
                f"{count} rows: dbml {read - began:.1f} s to read and {middle - read:.1f} s to write, "
                f"by hand {ended - middle:.1f} s"
            )
        click.echo(f"by hand ÷ dbml: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
