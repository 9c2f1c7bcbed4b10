"""Green scores aside, is compared, and takes the place of blue with its scores at once; and back."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

import dbml
from tests.conftest import SPEC, Cli, Databases, Trained, profile_rows

Db = psycopg.Connection[Any]
STANDS = "select id, churn_score, churn_version, churn_scored_at from customer order by id"


@pytest.fixture
def dsn(databases: Databases, side_by_side: str) -> str:
    return databases.create(like=side_by_side)


def assert_scored_by(db: Db, trained: Trained, version: int) -> None:
    rows = profile_rows(db)
    assert rows["churn_score"].to_numpy() == pytest.approx(trained.truth(rows), abs=1e-9)
    assert set(rows["churn_version"]) == {version}
    assert dbml.reconcile(db).differences == []


@pytest.mark.parametrize("version", [2, 3], ids=["sql", "portable"])
def test_promote_swaps_scores_and_rollback_swaps_them_back(
    cli: Cli, db: Db, churn: Trained, churn_2: Trained, churn_3: Trained, version: int
) -> None:
    green = {2: churn_2, 3: churn_3}[version]
    before = db.execute(STANDS).fetchall()
    cli("deploy", f"churn@{version}", "--strategy", "blue-green", "--wait", "--note", "the new one")
    assert db.execute(STANDS).fetchall() == before
    rows = profile_rows(db)
    moves = green.truth(rows) - churn.truth(rows)
    [compared] = json.loads(cli("serving", "churn", "--json").output)[1]["comparison"]
    assert (compared["rows"], compared["scored"], compared["refused"], compared["moved"]) == (50, 50, 0, 50)
    assert compared["mean_move"] == pytest.approx(moves.mean(), abs=1e-9)
    assert compared["largest_move"] == pytest.approx(np.abs(moves).max(), abs=1e-9)
    deciles = np.quantile(green.truth(rows), np.arange(1, 10) / 10)
    assert compared["green_deciles"] == pytest.approx(list(deciles), abs=1e-9)
    golden = dbml.diff(db, "churn", 1, version)
    assert (compared["golden_rows"], compared["golden_moved"]) == (golden.rows, golden.moved)
    assert "has scored 50 of 50 rows; 50 move" in cli("serving", "churn").output
    # What changes meanwhile is right as well: a feature, a counter, something else, a new row, and one that goes.
    db.execute("update customer set spend = spend + 10 where id <= 5")
    db.execute("insert into complaint (customer_id) values (6), (7)")
    db.execute("insert into customer (id, plan, spend) values (60, 'plus', 12)")
    db.execute("delete from customer where id = 50")
    db.execute("delete from dbml.log")
    stood = db.execute(STANDS).fetchall()
    cli("promote", "churn")
    assert_scored_by(db, green, version)
    # Each is in the log, whether its score was made before or now.
    logged = "select count(*), count(distinct entity), min(version), max(version) from dbml.prediction_log"
    assert db.execute(logged).fetchone() == (50, 50, version, version)
    cli("rollback", "churn", "--note", "back")
    assert db.execute(STANDS).fetchall() == stood
    # And forth again; rows that change in between are scored anew.
    db.execute("update customer set spend = spend + 1 where id in (8, 9)")
    cli("rollback", "churn")
    assert_scored_by(db, green, version)
    db.execute("insert into complaint (customer_id) values (1)")
    cli("rollback", "churn")
    assert_scored_by(db, churn, 1)


def test_an_estimator_is_swapped_in_and_out_as_well(db: Db, churn_4: Trained) -> None:
    """In one session, because each loads scikit-learn anew."""
    db.execute("select dbml.deploy('churn', 4, strategy => 'blue-green')")
    assert db.execute("select dbml.score_aside()").fetchone() == (50,)
    db.execute("insert into complaint (customer_id) select i from generate_series(1, 20) i")
    stood = db.execute(STANDS).fetchall()
    db.execute("select dbml.promote('churn')")
    assert_scored_by(db, churn_4, 4)
    db.execute("select dbml.rollback('churn')")
    assert db.execute(STANDS).fetchall() == stood


def test_scoring_aside_goes_on_where_it_stopped_and_follows_what_changes(cli: Cli, db: Db, churn_2: Trained) -> None:
    db.execute("insert into customer (id, plan, spend) select i, 'plus', i % 70 from generate_series(1001, 3000) i")
    cli("deploy", "churn@2", "--strategy", "blue-green")
    refused = cli("promote", "churn", exit_code=1)
    assert "churn@2 has scored 0 of 2050 rows of public.customer" in refused.output
    assert "dbml worker --once --duty blue-green" in refused.output
    # A worker that was killed behind its first batch.
    assert db.execute("select scored, reached from dbml._score_aside(1, 'churn', null, 1500)").fetchone() == (1500, ["2450"])  # fmt: skip
    assert cli("worker", "--once", "--duty", "blue-green").output.startswith("blue-green: 550 rows")
    db.execute("update customer set spend = spend + 1 where id % 100 = 0")
    assert cli("worker", "--once", "--duty", "blue-green").output.startswith("blue-green: 20 rows")
    assert db.execute("select dbml.score_aside('churn')").fetchone() == (0,)
    cli("promote", "churn")
    assert_scored_by(db, churn_2, 2)


def test_what_green_cannot_score_waits_as_after_any_failure(cli: Cli, db: Db, churn: Trained) -> None:
    db.execute("update customer set plan = 'unknown' where id = 3")
    stood = db.execute(STANDS).fetchall()
    cli("deploy", "churn@5", "--strategy", "blue-green", "--wait")
    assert "it refuses 1" in cli("serving", "churn").output
    cli("promote", "churn")
    assert db.execute("select entity, version from dbml.failure").fetchall() == [(["3"], 5)]
    assert db.execute("select count(*) from customer where churn_version = 5").fetchone() == (49,)
    cli("rollback", "churn")
    assert [row[:3] for row in db.execute(STANDS)] == [row[:3] for row in stood]
    assert db.execute("select count(*) from dbml.failure").fetchone() == (0,)


def test_without_a_version_column_and_with_expressions(
    cli: Cli, db: Db, churn: Trained, churn_2: Trained, tmp_path: Path
) -> None:
    cli("detach", "customer")
    text = SPEC.replace('version_column = "churn_version"\nscored_at_column = "churn_scored_at"\n', "")
    spec = tmp_path / "expressions.toml"
    spec.write_text(text.replace("[[event]]", '[prediction.features]\nspend = "spend / 2"\n\n[[event]]', 1))
    cli("attach", spec)
    cli("rescore", "churn", "--all")
    blue = db.execute("select id, churn_score from customer order by id").fetchall()
    cli("deploy", "churn@2", "--strategy", "blue-green", "--wait")
    cli("promote", "churn")
    rows = profile_rows(db)
    truth = churn_2.truth(rows.assign(spend=rows["spend"] / 2))
    assert rows["churn_score"].to_numpy() == pytest.approx(truth, abs=1e-9)
    cli("rollback", "churn")
    assert db.execute("select id, churn_score from customer order by id").fetchall() == blue


def test_promote_gives_up_where_somebody_holds_a_row_and_writers_wait_for_it(
    cli: Cli, db: Db, dsn: str, churn_2: Trained
) -> None:
    cli("deploy", "churn@2", "--strategy", "blue-green", "--wait")
    before = db.execute(STANDS).fetchall()
    with psycopg.connect(dsn) as other:
        other.execute("update customer set spend = spend where id = 30")
        refused = cli("promote", "churn", exit_code=1)
        assert "another transaction holds rows of public.customer for more than half a second" in refused.output
        assert db.execute(STANDS).fetchall() == before
        other.rollback()
    with psycopg.connect(dsn) as swapping:
        swapping.execute("select dbml.promote('churn')")

        def write() -> None:
            db.execute("insert into complaint (customer_id) values (30)")

        writer = threading.Thread(target=write)
        writer.start()
        writer.join(0.2)
        assert writer.is_alive()
        swapping.commit()
        writer.join()
    assert_scored_by(db, churn_2, 2)


def test_what_makes_no_sense_is_refused(cli: Cli, db: Db) -> None:
    for option in (["--share", "10"], ["--where", "spend > 1"], ["--steps", "1,5"], ["--guard", "failure=0.1"]):
        refused = cli("deploy", "churn@2", "--strategy", "blue-green", *option, exit_code=1)
        assert "serves nobody until it serves everyone" in refused.output
    refused = cli("deploy", "churn@2", "--strategy", "blue-green", "--also", "3", exit_code=1)
    assert "puts one version beside the one that serves" in refused.output
    cli("deploy", "churn@2", "--strategy", "blue-green", "--wait")
    assert "serves nobody until it serves everyone" in cli("share", "churn", "10", exit_code=1).output
    before = db.execute(STANDS).fetchall()
    cli("abort", "churn")
    assert db.execute(STANDS).fetchall() == before
    assert db.execute("select count(*) from dbml.aside").fetchone() == (0,)
    assert json.loads(cli("serving", "churn", "--json").output)[0]["comparison"] == []
