"""Rolling back and rescoring: which version serves, and which rows have its scores."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

import dbml
from dbml.errors import UnknownModel
from tests.conftest import SPEC, Cli, Trained, profile_rows

Db = psycopg.Connection[Any]


@pytest.fixture
def two(live: None, cli: Cli, churn_2: Trained) -> None:
    """Two versions, of which the first serves."""
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)


def versions(db: Db) -> list[tuple[int, int]]:
    """How many rows each version has scored."""
    return db.execute("select churn_version, count(*) from customer group by 1 order by 1").fetchall()


@pytest.mark.usefixtures("two")
def test_rollback_serves_the_version_before(db: Db, cli: Cli, churn: Trained, churn_2: Trained) -> None:
    refused = cli("rollback", "churn", exit_code=1).output
    assert "no version of churn served before churn@1" in refused and "dbml deploy churn@" in refused
    cli("deploy", "churn@2")
    cli("deploy", "churn@2")
    assert "churn@1 serves again" in cli("rollback", "churn").output
    db.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select churn_version from customer where id = 1").fetchone() == (1,)
    assert db.execute("select dbml.rollback('churn')").fetchone() == (2,)
    db.execute("insert into complaint (customer_id) values (1), (2)")
    assert versions(db) == [(1, 48), (2, 2)]
    rows = profile_rows(db)
    truth = np.where(rows["churn_version"] == 2, churn_2.truth(rows), churn.truth(rows))
    np.testing.assert_allclose(rows["churn_score"], truth, rtol=0, atol=1e-9)
    assert [v for (v,) in db.execute("select version from dbml.deployment order by id")] == [1, 2, 2, 1, 2]
    with pytest.raises(UnknownModel, match="chrun"):
        dbml.rollback(db, "chrun")


@pytest.mark.usefixtures("two")
def test_a_rolled_back_rollback_never_happened(db: Db, dsn: str) -> None:
    db.execute("select dbml.deploy('churn', 2)")
    with psycopg.connect(dsn) as session:
        assert dbml.rollback(session, "churn") == 1
        session.rollback()
    db.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select churn_version from customer where id = 1").fetchone() == (2,)


@pytest.mark.usefixtures("two")
def test_rescore_goes_on_after_a_kill(db: Db, dsn: str, cli: Cli, churn_2: Trained, monkeypatch: Any) -> None:
    monkeypatch.setattr("dbml.profiles.rescoring.ROWS_AT_ONCE", 7)
    cli("deploy", "churn@2")
    db.execute("insert into complaint (customer_id) values (3)")  # scored by version 2 already

    def stop(table: str, done: int, total: int) -> None:
        if done >= 14:
            raise KeyboardInterrupt

    with psycopg.connect(dsn, autocommit=True) as session, pytest.raises(KeyboardInterrupt):
        dbml.rescore(session, "churn", progress=stop)
    assert versions(db) == [(1, 35), (2, 15)]
    seen: list[tuple[str, int, int]] = []
    assert dbml.rescore(db, "churn", progress=lambda *step: seen.append(step)) == 35
    assert [done for _, done, _ in seen] == [7, 14, 21, 28, 35, 35] and seen[-1][2] == 35
    assert versions(db) == [(2, 50)]
    assert "0 rows scored" in cli("rescore", "churn").output
    assert "50 rows scored" in cli("rescore", "churn", "--all").output
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn_2.truth(rows), rtol=0, atol=1e-9)


@pytest.mark.usefixtures("two")
def test_what_a_killed_process_has_done_stays(db: Db, dsn: str, cli: Cli) -> None:
    cli("deploy", "churn@2")
    command = [Path(sys.executable).parent / "dbml", "rescore", "churn", "--rate", "12", "--dsn", dsn]
    with subprocess.Popen(command) as process:
        while len(versions(db)) < 2:
            assert process.poll() is None
        process.kill()
    (_, left), (_, done) = versions(db)
    assert done and left
    assert f"{left} rows scored" in cli("rescore", "churn").output
    assert versions(db) == [(2, 50)]


@pytest.mark.usefixtures("two")
def test_rescore_keeps_to_the_caller_s_transaction(db: Db, dsn: str) -> None:
    db.execute("select dbml.deploy('churn', 2)")
    with psycopg.connect(dsn) as session:
        assert dbml.rescore(session, "churn") == 50
        assert versions(db) == [(1, 50)]
        session.rollback()
    assert versions(db) == [(1, 50)]


@pytest.mark.usefixtures("tables")
def test_without_a_version_column_every_row_is_scored(db: Db, cli: Cli, churn: Trained, tmp_path: Path) -> None:
    file = tmp_path / "plain.toml"
    file.write_text(SPEC.replace('version_column = "churn_version"\n', ""))
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("attach", file)
    cli("deploy", "churn@1")
    assert "50 rows scored" in cli("rescore", "churn").output


@pytest.mark.usefixtures("two")
def test_stale_rows_alone(db: Db, cli: Cli, churn: Trained, monkeypatch: Any) -> None:
    monkeypatch.setattr("dbml.profiles.rescoring.ROWS_AT_ONCE", 2)
    db.execute("update customer set spend = 'infinity' where id between 3 and 9")
    db.execute("delete from customer where id = 9")
    with db.transaction():
        # Mended where no trigger sees it.
        db.execute("set local session_replication_role = replica")
        db.execute("update customer set spend = 7 where id between 4 and 8")
    before = db.execute("select churn_scored_at from customer where id = 20").fetchone()
    told = cli("rescore", "churn", "--stale").output
    assert "5 rows scored" in told and "1 rows could not be scored" in told and "dbml status" in told
    assert db.execute("select entity from dbml.failure").fetchall() == [(["3"],)]
    assert db.execute("select churn_scored_at from customer where id = 20").fetchone() == before
    rows = profile_rows(db).query("id != 3")
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)
    for wrong in (("--stale", "--all"), ("--due",), ("--rate", "0")):
        cli("rescore", "churn", *wrong, exit_code=2)


@pytest.mark.usefixtures("two")
def test_a_stale_row_is_queued_under_its_new_key(db: Db) -> None:
    db.execute("update customer set spend = 'infinity' where id = 3")
    db.execute("update customer set id = 103 where id = 3")
    assert dbml.reconcile(db).differences == []
    db.execute(
        "set session_replication_role = replica; update customer set spend = 7 where id = 103;"
        " reset session_replication_role"
    )
    assert dbml.rescore(db, "churn", stale=True) == 1
    assert db.execute("select count(*) from dbml.failure").fetchone() == (0,)
    assert dbml.reconcile(db).differences == []


@pytest.mark.usefixtures("two")
def test_the_rate_is_a_ceiling(cli: Cli, monkeypatch: Any) -> None:
    slept: list[float] = []
    monkeypatch.setattr("dbml.profiles.rescoring.time.sleep", slept.append)
    monkeypatch.setattr("dbml.profiles.rescoring.time.monotonic", lambda: 100.0)
    cli("rescore", "churn", "--all", "--rate", "40")
    # 10 rows a batch: each wait ends when so many rows are due.
    assert slept == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.25])


def test_keys_of_two_columns(db: Db, cli: Cli, churn: Trained, monkeypatch: Any) -> None:
    monkeypatch.setattr("dbml.profiles.rescoring.ROWS_AT_ONCE", 3)
    db.execute(
        'create table prof ("Tenant" text, day date, plan text, complaints integer, spend float8, s float8, v integer,'
        ' primary key ("Tenant", day));'
        "insert into prof select 't''' || g % 3, date '2026-01-30' + g, 'plus', g, g from generate_series(1, 20) g"
    )
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("deploy", "churn@1")
    dbml.attach(db, dbml.Profile("prof", ["Tenant", "day"], [dbml.Prediction("churn", "s", "v")]))
    db.execute(
        "set session_replication_role = replica; update prof set v = null, s = 0; reset session_replication_role"
    )
    assert dbml.rescore(db, "churn") == 20
    db.execute("update prof set spend = 'nan' where complaints < 8")
    assert dbml.rescore(db, "churn", stale=True) == 0  # all seven are refused again
    assert db.execute("select count(*) from dbml.failure").fetchone() == (7,)
    assert db.execute("select count(*) from prof where s is null or s = 0").fetchone() == (0,)


@pytest.mark.usefixtures("two")
def test_several_sessions_score_each_row_once(db: Db, dsn: str, cli: Cli, churn: Trained, monkeypatch: Any) -> None:
    monkeypatch.setattr("dbml.profiles.rescoring.ROWS_AT_ONCE", 4)
    monkeypatch.setattr("dbml.profiles.rescoring.ROWS_IN_A_RANGE", 9)
    db.execute(
        "create table seen (id integer, by integer);"
        "create function see() returns trigger language plpgsql as"
        " 'begin insert into public.seen values (new.id, pg_backend_pid()); return new; end';"
        "alter function see() security definer;"
        "create trigger see after update on customer for each row execute function see()"
    )
    assert "50 rows scored" in cli("rescore", "churn", "--all", "--jobs", "3").output
    rows = db.execute("select id, by from seen order by id").fetchall()
    assert [row for row, _ in rows] == list(range(1, 51)) and len({by for _, by in rows}) <= 3
    np.testing.assert_allclose(profile_rows(db)["churn_score"], churn.truth(profile_rows(db)), rtol=0, atol=1e-9)
    # Stopped in the midst, it goes on: what has its version's score is not scored again.
    cli("deploy", "churn@2")
    db.execute("truncate seen")

    def stop(table: str, done: int, total: int) -> None:
        if done >= 8:
            raise KeyboardInterrupt

    with psycopg.connect(dsn, autocommit=True) as one, psycopg.connect(dsn, autocommit=True) as other:
        with pytest.raises(KeyboardInterrupt):
            dbml.rescore(one, "churn", sessions=[other], progress=stop)
        assert 8 <= db.execute("select count(*) from seen").fetchone()[0] < 50  # type: ignore[index]
        dbml.rescore(one, "churn", sessions=[other])
        with pytest.raises(ValueError, match="autocommit"):
            dbml.rescore(one, "churn", sessions=[other], rate=5)
    assert sorted(db.execute("select id from seen").fetchall()) == [(i,) for i in range(1, 51)]
    assert versions(db) == [(2, 50)]
    cli("rescore", "churn", "--rate", "5", "--jobs", "2", exit_code=2)
