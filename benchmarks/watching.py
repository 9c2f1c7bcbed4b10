"""How fast the log is counted, and how long drift and a report of it take: ``python -m benchmarks.watching``."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import Any

import click
import numpy as np
import pandas as pd
import psycopg
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import dbml
from dbml import spec
from dbml.demo.server import temporary_server

NUMBERS, TEXTS, DAYS = 17, 3, 20
FILL = """
insert into dbml.log_1 (at, profile, version, model, arm, entity, score, numbers, texts)
select now() - interval '40 days' + g * interval '{days} days' / {predictions}, 'person', 1 + g % 2, 'churn',
       case when g % 2 = 0 then 'control' else 'candidate' end, array[(g % 200000)::text], random(),
       array(select random() + g * 0 from generate_series(1, {numbers})),
       array(select 'plan ' || (random() * 5 + g * 0)::integer from generate_series(1, {texts}))
  from generate_series(0, {predictions} - 1) g
"""
SHUFFLE = """
create temporary table shuffled as select * from dbml.log_1 order by random();
truncate dbml.log_1;
insert into dbml.log_1 select * from shuffled;
drop table shuffled;
"""


@click.command()
@click.option("--predictions", type=int, default=1_000_000, show_default=True)
@click.option("--rounds", type=int, default=3, show_default=True)
def main(predictions: int, rounds: int) -> None:
    """Print rows a second and seconds, the best of some rounds."""
    with temporary_server(say=click.echo) as server, psycopg.connect(server.dsn, autocommit=True) as connection:
        _prepare(connection)
        for days in (1, DAYS):
            connection.execute("truncate dbml.log_1")
            connection.execute(
                FILL.format(
                    predictions=predictions, numbers=NUMBERS, texts=TEXTS, days=days
                )  # a benchmark's own numbers
            )
            for order in ("in order", "in no order"):
                if order == "in no order":
                    connection.execute(SHUFFLE)
                connection.execute("vacuum analyze dbml.log_1")
                seconds = _best(rounds, lambda: dbml.update_histograms(connection), lambda: _forget(connection))
                click.echo(f"counting {days} days {order}: {predictions / seconds:,.0f} rows/s")
        seconds = _best(rounds, lambda: dbml.drift(connection, "churn", window="40 days"))
        click.echo(f"drift of {predictions:,} predictions: {seconds:.2f} s")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        seconds = _best(rounds, lambda: dbml.report(connection, "churn", window="40 days", since="50 days"))
        own = (resource.getrusage(resource.RUSAGE_SELF).ru_utime - before) / rounds
        click.echo(
            f"report of {predictions:,} predictions: {seconds:.1f} s, of which the client's processor {own:.1f} s"
        )


def _prepare(connection: psycopg.Connection[Any]) -> None:
    random = np.random.default_rng(1)
    numbers = [f"n{i}" for i in range(NUMBERS)]
    texts = [f"t{i}" for i in range(TEXTS)]
    rows = pd.DataFrame(random.random((5000, NUMBERS)), columns=numbers)
    for name in texts:
        rows[name] = [f"plan {i}" for i in random.integers(0, 6, len(rows))]
    dbml.install(connection)
    connection.execute(
        "create table person (id integer primary key, score float8, "
        + ", ".join([*(f"{n} float8" for n in numbers), *(f"{t} text" for t in texts)])
        + "); create table gone (person integer, gone_at timestamptz);"
        "insert into gone select g, now() - random() * interval '40 days'"
        "  from generate_series(0, 199999) g where g % 7 < 2"
    )
    for c in (1.0, 0.1):
        encoder = make_column_transformer((OneHotEncoder(), texts), (StandardScaler(), numbers))
        estimator = make_pipeline(encoder, LogisticRegression(C=c)).fit(rows, rows["n0"] > 0.5)
        dbml.add_model(connection, "churn", estimator, sample=rows)
    outcome = spec.Outcome(
        "churn", ("person",), "true", "public.gone", otherwise="false", at="gone_at", horizon="5 days"
    )
    dbml.attach(
        connection,
        spec.Profile("public.person", "id", [spec.Prediction("churn", "score", log="all")], outcomes=[outcome]),
    )
    dbml.deploy(connection, "churn", 1)
    connection.execute("select dbml.deploy('churn', 2, strategy => 'ab')")
    connection.execute("update dbml.strategy_act set done_at = now() - interval '300 days'")
    connection.execute("select dbml._open_segment()")


def _forget(connection: psycopg.Connection[Any]) -> None:
    connection.execute("delete from dbml.histogram; delete from dbml.histogram_mark; delete from dbml.tally")


def _best(rounds: int, act: Callable[[], Any], before: Callable[[], Any] = lambda: None) -> float:
    found = []
    for _ in range(rounds):
        before()
        began = time.perf_counter()
        act()
        found.append(time.perf_counter() - began)
    return min(found)


if __name__ == "__main__":
    main()
