"""A first deployment of a table in use: it binds and writes to no row, and rows get their first score in batches."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

import dbml
from tests.conftest import SPEC, Cli, Trained, profile_rows

Db = psycopg.Connection[Any]

ROWS = 3000
SCORED = "select count(churn_score), count(churn_version), count(*) from customer"
# Customers whose counter is not the number of their complaints.
MISCOUNTED = """
select c.id from customer c left join (select customer_id, count(*) as n from complaint group by 1) e on e.customer_id = c.id
 where c.complaints is distinct from coalesce(e.n, 0)
"""


@pytest.fixture
def attached(db: Db, cli: Cli, tables: None, churn: Trained, spec_file: Path) -> None:
    """``customer`` with many rows; nothing has been deployed."""
    db.execute(
        "insert into customer (id, plan, spend) select g, 'plus', g %% 97 from generate_series(51, %s) g", [ROWS]
    )
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("attach", spec_file)


def all_right(db: Db, churn: Trained) -> None:
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)
    assert set(rows["churn_version"]) == {1}
    assert db.execute(MISCOUNTED).fetchall() == []


@pytest.mark.usefixtures("attached")
@pytest.mark.parametrize("way", ["python", "sql"])
def test_a_deployment_locks_no_row(db: Db, dsn: str, churn: Trained, way: str) -> None:
    before = db.execute("select array_agg(xmin::text order by id) from customer").fetchone()
    with psycopg.connect(dsn) as deploying:
        if way == "python":
            waiting = dbml.deploy(deploying, "churn", 1)
        else:
            (waiting,) = deploying.execute("select dbml.deploy('churn', 1)").fetchone() or (None,)
        assert waiting == ROWS
        # The deployment is not committed yet, and nobody waits for it.
        db.execute("set lock_timeout = '1ms'")
        db.execute("insert into complaint (customer_id) select 1 + g % 40 from generate_series(1, 400) g")
        db.execute("update customer set spend = 3 where id = 45")
        db.execute("delete from customer where id = 3000")
        db.execute("insert into customer (id, plan, spend) values (3000, 'plus', 1)")
        db.execute("reset lock_timeout")
        deploying.commit()
    assert db.execute(SCORED).fetchone() == (0, 0, ROWS)
    after = db.execute("select array_agg(xmin::text order by id) from customer").fetchone()
    assert before and after
    # 40 customers with complaints, the one that was updated, and the one that came anew.
    assert sum(a != b for a, b in zip(before[0], after[0], strict=True)) == 42
    # A row that changes has its score at once; the others wait for the call that gives it.
    db.execute("update customer set spend = 4 where id = 45")
    assert db.execute(SCORED).fetchone() == (1, 1, ROWS)
    assert dbml.rescore(db, "churn") == ROWS - 1
    all_right(db, churn)


@pytest.mark.usefixtures("attached")
def test_the_command_scores_in_batches_beside_an_application(db: Db, dsn: str, cli: Cli, churn: Trained) -> None:
    done, failed = threading.Event(), []

    def insert() -> None:
        with psycopg.connect(dsn, autocommit=True) as session:
            number = 0
            while not done.is_set():
                number += 1
                try:
                    session.execute("insert into complaint (customer_id) values (%s)", [1 + number * 37 % ROWS])
                except psycopg.Error as error:
                    failed.append(error)

    application = threading.Thread(target=insert)
    application.start()
    try:
        told = cli("deploy", "churn@1").output
    finally:
        done.set()
        application.join()
    assert failed == []
    assert "churn@1 is deployed" in told and f"{ROWS} rows scored" in told
    all_right(db, churn)
    # No transaction has written more than a batch.
    (largest,) = db.execute(
        "select max(n) from (select count(*) as n from customer group by xmin::text) x"
    ).fetchone() or (None,)
    assert largest <= 1000


@pytest.mark.usefixtures("attached")
def test_rescore_goes_on_where_a_killed_deploy_stopped(db: Db, dsn: str, cli: Cli, churn: Trained) -> None:
    with psycopg.connect(dsn) as holding:
        holding.execute("select from customer where id = 2500 for update")
        command = [Path(sys.executable).parent / "dbml", "deploy", "churn@1", "--dsn", dsn]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            while db.execute("select exists (select from pg_locks where not granted)").fetchone() != (True,):
                assert process.poll() is None
            process.kill()
        # Its backend may still wait for the row.
        db.execute("select pg_terminate_backend(pid, 10000) from pg_locks where not granted")
    # Rows go by their key: what came before the batch of the row that was held has its scores.
    scored, by_version, _ = db.execute(SCORED).fetchone() or (0, 0, 0)
    assert 0 < scored == by_version < 2500
    assert db.execute("select count(*) from customer where id <= %s and churn_score is null", [scored]).fetchone() == (
        0,
    )
    assert db.execute("select version from dbml.serving").fetchone() == (1,)
    assert f"{ROWS - scored} rows scored" in cli("rescore", "churn").output
    all_right(db, churn)


@pytest.mark.usefixtures("attached")
def test_rows_can_be_left_to_rescore(db: Db, cli: Cli, churn: Trained) -> None:
    told = cli("deploy", "churn@1", "--no-rescore").output
    assert f"{ROWS} rows wait for their first score: dbml rescore churn" in told
    assert db.execute(SCORED).fetchone() == (0, 0, ROWS)
    assert f"{ROWS} rows scored" in cli("rescore", "churn").output
    all_right(db, churn)
    assert "dbml rescore churn" in cli("deploy", "churn@1").output


@pytest.mark.usefixtures("live")
def test_a_version_that_serves_again_scores_rows_that_bear_its_number(
    db: Db, cli: Cli, churn: Trained, churn_2: Trained
) -> None:
    """While nothing served, rows could change and keep the score and number they had."""
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    db.execute("select dbml._undeploy('churn', 1, null, false)")
    db.execute("update customer set spend = spend + 40")
    db.execute("select dbml.deploy('churn', 2)")
    db.execute("select dbml.deploy('churn', 1)")
    assert dbml.rescore(db, "churn") == 50
    all_right(db, churn)


@pytest.mark.usefixtures("tables")
def test_a_number_in_a_row_that_this_database_never_deployed(db: Db, cli: Cli, churn: Trained, spec_file: Path) -> None:
    db.execute("update customer set churn_version = 1, churn_score = 0.5")
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("attach", spec_file)
    assert "50 rows scored" in cli("deploy", "churn@1").output
    all_right(db, churn)


@pytest.mark.usefixtures("tables")
def test_counts_are_of_rows_that_got_a_score(db: Db, cli: Cli, churn: Trained, spec_file: Path) -> None:
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("attach", spec_file)
    db.execute("update customer set spend = 'infinity' where id in (4, 9, 20)")
    told = cli("deploy", "churn@1").output
    assert "47 rows scored" in told and "3 rows could not be scored; dbml status says why" in told
    assert db.execute("select dbml.rescore('churn')").fetchone() == (47,)
    assert dbml.rescore(db, "churn", every=True) == 47
    assert dbml.rescore(db, "churn", stale=True) == 0


@pytest.mark.usefixtures("tables")
def test_status_lists_profiles_with_counters_only(db: Db, cli: Cli, tmp_path: Path) -> None:
    head, _, rest = SPEC.partition("[[prediction]]")
    file = tmp_path / "counters.toml"
    file.write_text(head + "[[event]]" + rest.partition("[[event]]")[2])
    cli("attach", file)
    (row,) = dbml.status(db)
    assert (row.profile, row.prediction, row.model, row.version, row.stale) == ("customer", None, None, None, 0)
    assert row.events == ["complaint"] and row.complete
    assert "customer" in cli("status").output
