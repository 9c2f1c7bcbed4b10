"""Scores by Spark are those of the database: read at one moment, computed without dbml, written by one UPDATE."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dbml.demo.server import Server
from dbml.errors import ParityError, ScoringError

pytestmark = [
    pytest.mark.long,
    # Of what it does not support in pandas 3, nothing is used.
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]
Db = psycopg.Connection[Any]
EXAMPLE = Path(__file__).parents[2] / "examples" / "spark" / "score.py"


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.jars", "/usr/share/java/postgresql.jar")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        # Half a year before and after: what dbml reads is not shifted by it.
        .config("spark.sql.session.timeZone", "Pacific/Auckland")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture
def tcp(server: Server, dsn: str) -> str:
    """The test's database as Java can reach it."""
    assert server.tcp_dsn is not None
    return psycopg.conninfo.make_conninfo(server.tcp_dsn, dbname=psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])


@pytest.mark.parametrize("engine", ["portable"])
@pytest.mark.usefixtures("live")
def test_a_table_is_scored_and_written(db: Db, tcp: str, spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import dbml.spark

    db.execute(
        "insert into customer (id, plan, complaints, spend)"
        " select g, (array['basic', 'plus', 'größer', null])[1 + g % 4], 0,"
        " case when g % 7 = 0 then null when g % 11 = 0 then 'NaN'::float8 else g % 90 end from generate_series(51, 5000) g"
    )
    db.execute("insert into complaint (customer_id) select 1 + g % 5000 from generate_series(1, 9000) g")
    db.execute("create table campaign (id integer primary key, score float8, note text default 'kept')")
    db.execute("insert into campaign (id) select id from customer where id % 2 = 0")
    model = dbml.spark.Model.of(db, "churn")
    model.confirm(spark)
    truth = "select c.id, c.churn_score from customer c order by 1"
    with dbml.spark.reading(spark, tcp, "customer", "id", model, parts=7) as customers:
        # What happens meanwhile is another moment's.
        before = dict(db.execute(truth).fetchall())
        db.execute("insert into complaint (customer_id) select 10 from generate_series(1, 9)")
        assert customers.rdd.getNumPartitions() >= 7
        scored = model.with_score(customers).select("id", "score")
        found = {int(row.id): row.score for row in scored.collect()}
        written = dbml.spark.write(scored, tcp, "campaign", "id", {"score": "score"})
    assert found.keys() == before.keys()
    for key, score in before.items():
        assert (found[key] is None) == (score is None), key
        assert score is None or abs(found[key] - score) < 1e-9, key
    assert None in found.values()
    held = dict(db.execute("select id, score from campaign where note = 'kept'").fetchall())
    assert held == {key: found[key] for key in held} and len(held) == 2500
    assert written == sum(score is not None for score in held.values())
    # The example does the same, and finds nothing to write but for what has changed.
    monkeypatch.setattr("sys.argv", [str(EXAMPLE), tcp])
    monkeypatch.setattr(type(spark), "stop", lambda _: None)
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert db.execute(
        "select c.score = k.churn_score from campaign c join customer k using (id) where id = 10"
    ).fetchone() == (True,)
    assert db.execute("select count(*) from pg_class where relname like 'dbml_spark%'").fetchone() == (0,)


@pytest.mark.usefixtures("live")
def test_what_does_not_fit_is_refused(db: Db, dsn: str, spark: Any) -> None:
    import dbml.spark

    model = dbml.spark.Model.of(db, "churn", 1)
    for frame, says in (
        (spark.createDataFrame([("basic", 1)], ["plan", "complaints"]), 'the frame has no column "spend"'),
        (
            spark.createDataFrame([("basic", "many", 1.0)], ["plan", "complaints", "spend"]),
            'column "complaints" of the frame is string',
        ),
    ):
        with pytest.raises(ScoringError, match=says):
            model.with_score(frame)
    with (
        pytest.raises(ScoringError, match="Spark cannot reach the socket"),
        dbml.spark.reading(spark, dsn, "customer", "id", model),
    ):
        pass
    # A gate that always says yes is none.
    model.stored.golden["scores"][3] += 1e-6
    with pytest.raises(ParityError, match="churn@1 as spark differs on 1 of"):
        model.confirm(spark)
