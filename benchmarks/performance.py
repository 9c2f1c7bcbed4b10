"""How long the log's questions take over many predictions: ``python -m benchmarks.performance``."""

from __future__ import annotations

import statistics
import time

import click
import numpy as np
import pandas as pd
import psycopg
from sklearn.linear_model import LogisticRegression

import dbml
from dbml import spec
from dbml.demo.server import temporary_server

RUNS = 5
FILL = """
insert into dbml.log_1 (at, profile, version, model, arm, entity, score, numbers)
select now() - interval '200 days' + (g % 5) * interval '30 days' + g * interval '1 second', 'person', 1, 'churn',
       case when g / 5 % 2 = 0 then 'control' else 'candidate' end, array[(g / 5)::text], random(), array[random()]
  from generate_series(0, {predictions} - 1) g
"""
OUTCOMES = """
insert into gone
select g, now() - random() * interval '200 days' from generate_series(0, {predictions} / 5) g where g % 7 < 2
"""
QUESTIONS = {
    "performance": "select * from dbml.performance('churn')",
    "performance by version": "select * from dbml.performance('churn', 'version')",
    "performance by day": "select * from dbml.performance('churn', 'day')",
    "experiment": "select * from dbml.experiment('churn')",
}


@click.command()
@click.option("--predictions", type=int, default=1_000_000, show_default=True)
def main(predictions: int) -> None:
    """Print the median of five runs of each question, in seconds."""
    rows = pd.DataFrame({"x": np.arange(100.0)})
    outcome = spec.Outcome(
        "churn", ("person",), "true", "public.gone", otherwise="false", at="gone_at", horizon="30 days"
    )
    profile = spec.Profile("public.person", "id", [spec.Prediction("churn", "score", log="all")], outcomes=[outcome])
    with temporary_server(say=click.echo) as server, psycopg.connect(server.dsn, autocommit=True) as connection:
        dbml.install(connection)
        connection.execute("create table person (id integer primary key, x float8, score float8)")
        connection.execute("create table gone (person integer, gone_at timestamptz)")
        for c in (1.0, 0.1):
            dbml.add_model(connection, "churn", LogisticRegression(C=c).fit(rows, rows["x"] > 50), sample=rows)
        dbml.attach(connection, profile)
        dbml.deploy(connection, "churn", 1)
        connection.execute("select dbml.deploy('churn', 2, strategy => 'ab')")
        connection.execute("update dbml.strategy_act set done_at = now() - interval '300 days'")
        for text in (FILL, OUTCOMES):
            connection.execute(text.format(predictions=predictions))
        connection.execute("vacuum analyze")
        for name, question in QUESTIONS.items():
            seconds = []
            for _ in range(RUNS):
                began = time.perf_counter()
                connection.execute(question)
                seconds.append(time.perf_counter() - began)
            click.echo(f"{name}: {statistics.median(seconds):.2f} s over {predictions:,} predictions")


if __name__ == "__main__":
    main()
