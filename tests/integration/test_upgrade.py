"""A newer dbml is installed while sessions are open and write."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import numpy as np
import psycopg
import pytest

import dbml
from dbml.schema import assembly, runtime
from tests.conftest import Cli, Trained, profile_rows

Db = psycopg.Connection[Any]


@pytest.mark.parametrize("engine", ["portable"])
@pytest.mark.usefixtures("live")
def test_sessions_go_on(db: Db, dsn: str, cli: Cli, churn: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, warm = Event(), [Event() for _ in range(3)]

    def insert(number: int) -> int:
        done = 0
        with psycopg.connect(dsn, autocommit=True) as session:
            while not stop.is_set():
                one, other = 1 + (done * 7 + number) % 20, 1 + (done * 3 + number * 5) % 20
                session.execute("insert into complaint (customer_id) values (%s), (%s)", [one, other])
                session.execute("select dbml.score('churn', c) from customer c where id = %s", [one])
                done += 1
                warm[number].set()
        return done

    sources, code = runtime.sources, assembly.code_script
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(insert, number) for number in range(3)]
        try:
            for event in warm:
                assert event.wait(60)
            for number in range(5):
                # Another text of everything: in the server's Python, in SQL, in what was generated at the attachment.
                later = f"\n# {number}\n"
                monkeypatch.setattr(
                    runtime, "sources", lambda *names, s=later: {n: t + s for n, t in sources(*names).items()}
                )
                monkeypatch.setattr(assembly, "code_script", lambda p, n=number: f"{code(p)}\n-- {n}")
                with psycopg.connect(dsn) as session:
                    assert dbml.install(session)["changed"]
        finally:
            stop.set()
        statements = sum(run.result(60) for run in runs)
    assert db.execute("select count(*) from complaint").fetchone() == (2 * statements,)
    assert dbml.reconcile(db).differences == []
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)
    assert dbml.status(db)[0]["stale"] == 0


@pytest.mark.usefixtures("live")
def test_functions_of_an_older_attachment_are_made_anew(db: Db, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    before = db.execute(
        "select proname, prosrc from pg_proc where pronamespace = 'dbml_scorer'::regnamespace order by 1"
    ).fetchall()
    db.execute("drop function dbml_scorer.profile_1_rescore")
    db.execute(
        "create or replace function dbml_scorer.profile_1_count_1() returns trigger language plpgsql as 'begin return null; end'"
    )
    assert "up to date" in cli("install").output
    db.execute("update dbml.setting set value = 'older' where name = 'code'")
    assert "is installed" in cli("install").output
    after = db.execute(
        "select proname, prosrc from pg_proc where pronamespace = 'dbml_scorer'::regnamespace order by 1"
    ).fetchall()
    assert after == before
    db.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select complaints from customer where id = 1").fetchone() == (1,)
    assert "50 rows scored" in cli("rescore", "churn", "--all").output
