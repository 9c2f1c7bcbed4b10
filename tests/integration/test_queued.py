"""Queued scores: an insert moves counters and marks the row; a worker scores what is marked, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest

import dbml
from dbml.errors import SpecError
from tests.conftest import SPEC, Cli, Trained, profile_rows

Db = psycopg.Connection[Any]
WAITING = "select profile, model, waiting::int, age > interval '0' from dbml.queue_status"


@pytest.fixture
def spec_file(tmp_path: Path) -> Path:
    file = tmp_path / "churn.toml"
    file.write_text(SPEC.replace("[[event]]", 'mode = "queued"\n\n[[event]]', 1))
    return file


def off(db: Db, model: Trained) -> list[int]:
    """Whose score is not scikit-learn's own."""
    rows = profile_rows(db)
    rows["complaints"] = rows["complaints"].astype(int)
    held = rows["churn_score"].astype(float).to_numpy()
    return [int(i) for i in rows["id"][~(np.abs(held - model.truth(rows)) < 1e-9)]]


@pytest.mark.parametrize("engine", ["sql", "python"])
@pytest.mark.usefixtures("live")
def test_a_worker_scores_what_waits(db: Db, cli: Cli, churn: Trained, churn_2: Trained) -> None:
    worker = ("worker", "--once", "--duty", "queued")
    assert off(db, churn) == [] and db.execute(WAITING).fetchall() == []  # a deployment scores at once
    for _ in range(3):
        db.execute("insert into complaint (customer_id) select 1 + g % 20 from generate_series(1, 40) g")
    db.execute("insert into complaint (customer_id) values (30)")
    db.execute("update customer set spend = spend + 10 where id = 31")
    db.execute("insert into customer (id, plan, spend) values (51, 'plus', 50)")
    counted = "select array_agg(complaints order by id) from customer where id <= 20"
    assert db.execute(counted).fetchone() == ([6] * 20,)
    changed = [*range(1, 21), 30, 31, 51]
    assert off(db, churn) == changed
    assert db.execute(WAITING).fetchall() == [("customer", "churn", 23, True)]
    cli("reconcile")  # what waits is known to wait
    with psycopg.connect(db.info.dsn) as other:
        other.execute("insert into complaint (customer_id) values (40)")
        other.rollback()
    # A worker that dies before it has committed leaves everything to the next one.
    with psycopg.connect(db.info.dsn) as dying:
        assert dying.execute("select dbml._score_queued(4096)").fetchone() == (23,)
        written = "select n_tup_upd from pg_stat_xact_user_tables where relid = 'customer'::regclass"
        assert dying.execute(written).fetchone() == (23,)  # each once, by whichever engine
        dying.rollback()
    assert "queued: 23 rows that had waited were scored" in cli(*worker).output
    assert off(db, churn) == [] and db.execute(WAITING).fetchall() == []
    cli("reconcile")
    assert "queued: 0 rows" in cli(*worker).output
    db.execute("update customer set churn_score = null where id <= 20")  # whoever changes it wants it now
    assert off(db, churn) == [] and db.execute(WAITING).fetchall() == []
    # A version that is deployed meanwhile is the one that scores.
    db.execute("insert into complaint (customer_id) values (2), (3)")
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    cli("deploy", "churn@2", "--wait")
    assert off(db, churn_2) == []
    cli(*worker)
    assert off(db, churn_2) == []


@pytest.mark.usefixtures("live")
def test_what_changes_while_a_worker_scores_is_scored_again(db: Db, cli: Cli, churn: Trained) -> None:
    db.execute("insert into complaint (customer_id) select generate_series(1, 9)")
    with psycopg.connect(db.info.dsn) as worker, psycopg.connect(db.info.dsn) as second:
        worker.execute("select dbml._score_queued(5)")
        # Another one takes what is left.
        assert second.execute("select dbml._score_queued(100)").fetchone() == (4,)
        second.commit()
        worker.commit()
        db.execute("insert into complaint (customer_id) values (1)")
    assert off(db, churn) == [1]
    cli("worker", "--once", "--duty", "queued")
    assert off(db, churn) == []
    db.execute("insert into complaint (customer_id) values (1)")
    cli("detach", "customer")
    assert db.execute("select count(*) from dbml.queue").fetchone() == (0,)


@pytest.mark.usefixtures("live")
def test_why_a_duty_failed_shows_no_value(db: Db, cli: Cli) -> None:
    db.execute("insert into complaint (customer_id) values (1)")
    db.execute(
        "create function mark() returns trigger language plpgsql as $$ begin raise exception 'the plan is %', new.plan; end $$;"
        "create trigger mark before update on customer for each row execute function mark()"
    )
    [(plan,)] = db.execute("select plan from customer where id = 1").fetchall()
    assert f"the plan is {plan}" in cli("worker", "--once", "--duty", "queued", exit_code=1).output
    [(error,)] = db.execute("select error from dbml.job where duty = 'queued'").fetchall()
    assert error == "an error with SQLSTATE P0001; the worker has said the rest"


def test_a_mode_that_is_none_is_refused() -> None:
    with pytest.raises(SpecError, match='has mode = "queue"') as refused:
        dbml.Prediction("churn", "churn_score", mode="queue")
    assert 'Did you mean "queued"?' in str(refused.value.hint)


def test_rows_of_any_key_are_found(db: Db, cli: Cli, churn: Trained) -> None:
    dbml.add_model(db, "churn", churn.estimator, sample=churn.rows)
    keys = {
        "numbers": ("a bigint", "g"),
        "words": ("a varchar(20)", """'{,"\\ ' || g"""),
        "lists": ("a integer[]", "array[g, null]"),
        "several": ("a text, b date", """'{,"\\ ' || g, date '2026-01-01' + g"""),
    }
    for table, (columns, values) in keys.items():
        names = [column.split()[0] for column in columns.split(", ")]
        db.execute(
            f"create table {table} ({columns}, plan text, complaints integer, spend float8, score float8,"
            f" primary key ({', '.join(names)}));"
            f"insert into {table} select {values}, 'plus', g % 7, g from generate_series(1, 30) g"
        )
        dbml.attach(db, dbml.Profile(table, names, [dbml.Prediction("churn", "score", mode="queued")]))
    dbml.deploy(db, "churn", 1)
    for table in keys:
        db.execute(f"update {table} set spend = spend + 1, score = score where complaints <> 3")
        db.execute(f"update {table} set spend = spend + 1 where complaints = 2")
    assert "queued: 104 rows" in cli("worker", "--once", "--duty", "queued").output
    for table in keys:
        rows = db.execute(f"select plan, complaints, spend, score from {table}").fetchall()
        frame = pd.DataFrame(rows, columns=["plan", "complaints", "spend", "score"])
        assert np.abs(frame["score"] - churn.truth(frame)).max() < 1e-9, table
    db.execute("select from dbml._score_queued(1)")
    assert db.execute("select count(*) from dbml.queue").fetchone() == (0,)
