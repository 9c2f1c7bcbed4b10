"""Backends: what they load, how many threads they run, and deployments under traffic."""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import joblib
import numpy as np
import psycopg
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from dbml.demo.server import Server
from tests.conftest import Cli, Trained, profile_rows

LOOSE = """select dbml.score('churn', '{"plan": "plus", "complaints": 2, "spend": 20}'::jsonb)"""


def libraries(session: psycopg.Connection[Any]) -> bool:
    """Whether the session's backend has loaded scikit-learn; the server runs on this machine."""
    return "sklearn" in Path(f"/proc/{session.info.backend_pid}/maps").read_text()


@pytest.mark.parametrize("engine", ["python"])
@pytest.mark.usefixtures("live")
def test_only_who_scores_loads_scikit_learn(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute("select count(*) from customer")
        session.execute("update customer set churn_score = churn_score")
        session.execute("select * from dbml.status")
        session.execute("insert into complaint (customer_id) values (null)")
        assert not libraries(session)
        session.execute("insert into complaint (customer_id) values (1)")
        assert libraries(session)


@pytest.mark.usefixtures("live")
def test_a_plan_needs_no_library(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute("insert into complaint (customer_id) values (1)")
        session.execute(LOOSE)
        assert not libraries(session)


@pytest.mark.parametrize(
    "estimator",
    [
        HistGradientBoostingClassifier(max_iter=30),
        pytest.param(RandomForestClassifier(30, n_jobs=-1), marks=pytest.mark.long),
    ],
    ids=["histogram boosting", "forest with n_jobs=-1"],
)
def test_a_backend_stays_one_thread(
    cli: Cli, db: psycopg.Connection[Any], dsn: str, tmp_path: Path, churn: Trained, estimator: Any
) -> None:
    rows = churn.rows[["complaints", "spend"]]
    file, sample = tmp_path / "m.joblib", tmp_path / "rows.csv"
    joblib.dump(estimator.fit(rows, rows["complaints"] > 4), file)
    rows.to_csv(sample, index=False)
    cli("model", "add", "m", file, "--sample", sample, "--engine", "python")
    cli("deploy", "m@1")
    with psycopg.connect(dsn, autocommit=True) as session:
        pid = session.info.backend_pid
        for _ in range(3):
            session.execute("""select dbml.score('m', '{"complaints": 2, "spend": 20}'::jsonb)""")
        assert libraries(session)
        assert len(os.listdir(f"/proc/{pid}/task")) == 1
        session.execute("create table wide (id int primary key, complaints int, spend float8, s float8)")
        (tmp_path / "wide.toml").write_text(
            '[profile]\ntable = "wide"\nkey = "id"\n[[prediction]]\nmodel = "m"\ncolumn = "s"\n'
        )
        session.execute("insert into wide select g, g % 9, g from generate_series(1, 5000) g")
        cli("attach", tmp_path / "wide.toml")
        assert session.execute("select dbml.rescore('m')").fetchone() == (5000,)
        assert len(os.listdir(f"/proc/{pid}/task")) == 1


@pytest.mark.usefixtures("live")
def test_deploying_under_traffic_fails_no_insert(
    db: psycopg.Connection[Any], dsn: str, cli: Cli, churn: Trained, churn_2: Trained
) -> None:
    stop, warm = Event(), [Event() for _ in range(4)]

    def insert(number: int) -> int:
        done = 0
        with psycopg.connect(dsn, autocommit=True) as session:
            while not stop.is_set():
                session.execute(
                    "insert into complaint (customer_id) values (%s), (%s)",
                    [1 + (done * 7 + number) % 20, 1 + (done * 3 + number * 5) % 20],
                )
                done += 1
                warm[number].set()
        return done

    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(insert, number) for number in range(4)]
        try:
            for event in warm:
                assert event.wait(60)
            for version in (2, 1, 2, 1, 2):
                cli("deploy", f"churn@{version}")
            for again in ("rollback", "rescore", "rollback"):
                cli(again, "churn")
        finally:
            stop.set()
        statements = sum(run.result(60) for run in runs)

    assert db.execute("select count(*) from complaint").fetchone() == (2 * statements,)
    rows = profile_rows(db)
    counted = dict(db.execute("select customer_id, count(*) from complaint group by customer_id").fetchall())
    assert rows["complaints"].tolist() == [counted.get(i, 0) for i in rows["id"]]
    truths = {1: churn.truth(rows), 2: churn_2.truth(rows)}
    expected = [truths[version][i] for i, version in enumerate(rows["churn_version"])]
    np.testing.assert_allclose(rows["churn_score"], expected, rtol=0, atol=1e-9)
    assert [row["stale"] for row in json.loads(cli("status", "--json").output)] == [0]
    cli("rescore", "churn")
    assert set(profile_rows(db)["churn_version"]) == {2}


@pytest.mark.usefixtures("live")
def test_a_rolled_back_deployment_never_happened(
    db: psycopg.Connection[Any], dsn: str, cli: Cli, churn_2: Trained
) -> None:
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    before = db.execute(LOOSE).fetchone()
    with psycopg.connect(dsn) as session:
        session.execute("select dbml.deploy('churn', 2)")
        assert session.execute(LOOSE).fetchone() != before
        session.rollback()
    assert db.execute(LOOSE).fetchone() == before
    db.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select churn_version from customer where id = 1").fetchone() == (1,)


@pytest.mark.parametrize("on_error", ["keep", "null", "raise"])
@pytest.mark.usefixtures("tables")
def test_a_failure_is_recorded_and_forgotten_once_it_is_over(
    db: psycopg.Connection[Any], cli: Cli, churn: Trained, spec_file: Path, on_error: str
) -> None:
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    spec_file.write_text(
        spec_file.read_text().replace('column = "churn_score"', f'column = "churn_score"\non_error = "{on_error}"', 1)
    )
    cli("attach", spec_file)
    cli("deploy", "churn@1")
    before = db.execute("select churn_score from customer where id = 1").fetchone()
    # LogisticRegression refuses NaN and infinity.
    wrong = "update customer set spend = 'infinity' where id = 1"
    if on_error == "raise":
        with pytest.raises(psycopg.Error, match="(?i)infinity"):
            db.execute(wrong)
        return
    db.execute(wrong)
    db.execute("insert into complaint (customer_id) values (1), (2)")
    assert db.execute("select complaints from customer where id in (1, 2)").fetchall() == [(1,), (1,)]
    assert db.execute("select churn_score from customer where id = 1").fetchone() == (
        before if on_error == "keep" else (None,)
    )
    (status,) = json.loads(cli("status", "--json").output)
    assert status["stale"] == 1 and "infinity" in status["last_failure"].lower()
    db.execute("update customer set spend = 3 where id = 1")
    (status,) = json.loads(cli("status", "--json").output)
    assert status["stale"] == 0
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)


@pytest.mark.usefixtures("live")
def test_deploying_two_models_of_one_profile_at_once(
    db: psycopg.Connection[Any], dsn: str, cli: Cli, churn: Trained, churn_2: Trained, spec_file: Path
) -> None:
    """They share the profile's functions; whoever is last must not put back what the other has replaced."""
    cli("detach", "customer")
    db.execute("alter table customer add other_score double precision, add other_version integer")
    for name, trained in (("churn", churn_2), ("other", churn), ("other", churn_2)):
        cli("model", "add", name, trained.file, "--sample", trained.sample)
    other = '[[prediction]]\nmodel = "other"\ncolumn = "other_score"\nversion_column = "other_version"\n\n[[event]]'
    spec_file.write_text(spec_file.read_text().replace("[[event]]", other))
    cli("attach", spec_file)

    def deploy(statement: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as session:
            for number in range(30):
                session.execute(statement.format(1 + number % 2))  # type: ignore[arg-type]

    deploys = ["select dbml.deploy('churn', {})", "select dbml.deploy('other', {})"]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(deploy, deploys))
        list(pool.map(deploy, [deploys[0], "select dbml.rescore('other')"]))
    db.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select churn_version, other_version from customer where id = 1").fetchone() == (2, 2)


@pytest.mark.usefixtures("live")
def test_an_insert_that_does_nothing_says_nothing_of_the_row_that_is_there(db: psycopg.Connection[Any]) -> None:
    stale = "select stale from dbml.status"
    nothing = "insert into customer (id, plan, spend) values (1, 'plus', {}) on conflict do nothing"
    db.execute(nothing.format("'infinity'"))  # type: ignore[arg-type]
    assert db.execute(stale).fetchone() == (0,)
    db.execute("update customer set spend = 'infinity' where id = 1")
    db.execute(nothing.format("3"))  # type: ignore[arg-type]
    assert db.execute(stale).fetchone() == (1,)
    db.execute("insert into customer (id, plan, spend) values (1, 'plus', 3) on conflict (id) do update set spend = 3")
    assert db.execute(stale).fetchone() == (0,)
    db.execute("insert into customer (id, plan, spend) values (99, 'plus', 'infinity')")
    assert db.execute(stale).fetchone() == (1,)


@pytest.mark.parametrize("engine", ["sql", "portable", "python"])
@pytest.mark.usefixtures("live")
def test_a_failure_stays_in_the_log_when_its_transaction_is_rolled_back(
    db: psycopg.Connection[Any], server: Server
) -> None:
    with db.transaction(force_rollback=True):
        db.execute("update customer set spend = 'NaN' where id = 7")
        assert db.execute("select count(*) from dbml.failure").fetchone() == (1,)
        db.execute("update customer set spend = 'NaN'")
    assert db.execute("select count(*) from dbml.failure").fetchone() == (0,)
    (file,) = db.execute("select pg_current_logfile()").fetchone() or (None,)
    if server.folder is not None:
        log = (server.folder / "log").read_text()
    else:
        (log,) = db.execute("select pg_read_file(%s)", [file]).fetchone() or ("",)
    assert "dbml: churn@1 could not score {7} of public.customer" in log
    # Not an entry for each of 50 rows.
    entries = re.findall(r"LOG:  dbml: .* of public.customer, row (\d+) of this transaction", log)
    assert entries[-2:] == ["1", "10"]
