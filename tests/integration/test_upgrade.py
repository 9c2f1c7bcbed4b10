"""A newer dbml is installed while sessions are open and write."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg import sql

import dbml
from dbml import database
from dbml.profiles import catalog, counters
from dbml.schema import assembly, runtime
from tests.conftest import Cli, Trained, profile_rows

Db = psycopg.Connection[Any]
BODIES = ("profiles/template/count", "serving/template/row")


@pytest.mark.parametrize("engine", ["portable"])
@pytest.mark.usefixtures("live")
def test_sessions_go_on(
    db: Db, dsn: str, cli: Cli, churn: Trained, churn_2: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so does a strategy that runs."""
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    cli("deploy", "churn@2", "--strategy", "canary", "--share", "30")
    dbml.rescore(db, "churn")
    arms = db.execute("select id, dbml.version_of('churn', id::text) from customer order by id").fetchall()
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

    sources, code, texts = runtime.sources, assembly.code_script, database.text
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
                monkeypatch.setattr(
                    database, "text", lambda name, n=number: texts(name) + f"-- {n}\n" * (name in BODIES)
                )
                with psycopg.connect(dsn) as session:
                    assert dbml.install(session)["changed"]
                bodies = "select count(*) from pg_proc where prosrc like %s and proname in ('profile_1_count_1', 'profile_1_score')"
                assert db.execute(bodies, [f"%-- {number}%"]).fetchone() == (2,)
        finally:
            stop.set()
        statements = sum(run.result(60) for run in runs)
    assert db.execute("select count(*) from complaint").fetchone() == (2 * statements,)
    assert dbml.reconcile(db).differences == []
    rows = profile_rows(db)
    assert {version for _, version in arms} == {1, 2}
    assert list(rows["churn_version"]) == [version for _, version in arms]
    truth = np.where(rows["churn_version"] == 1, churn.truth(rows), churn_2.truth(rows))
    np.testing.assert_allclose(rows["churn_score"], truth, rtol=0, atol=1e-9)
    assert dbml.status(db)[0]["stale"] == 0
    dbml.promote(db, "churn")
    dbml.rescore(db, "churn")
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn_2.truth(rows), rtol=0, atol=1e-9)


GENERATED = """
select p.oid::regprocedure::text, pg_get_functiondef(p.oid), p.proowner::regrole::text, p.proacl::text,
       obj_description(p.oid, 'pg_proc')
  from pg_proc p
 where p.pronamespace = 'dbml_scorer'::regnamespace or p.oid::regprocedure::text ~ '^dbml.score.text,customer'
 union all
select t.tgname, pg_get_triggerdef(t.oid), null, null, obj_description(t.oid, 'pg_trigger')
  from pg_trigger t
 where t.tgrelid in ('customer'::regclass, 'complaint'::regclass) and not t.tgisinternal
 order by 1
"""
BROKEN_TRIGGER = (
    "create or replace function dbml_scorer.{}() returns trigger language plpgsql as 'begin return new; end'"
)
DAMAGES = {
    "another body": BROKEN_TRIGGER.format("profile_1_count_1"),
    "the row's trigger": BROKEN_TRIGGER.format("profile_1_score"),
    "the end of a statement": BROKEN_TRIGGER.format("profile_1_finish")
    + "; comment on function dbml_scorer.profile_1_finish() is null",
    "another score": "create or replace function dbml_scorer.profile_1_churn(c customer) returns float8 language sql as 'select 1.0::float8'",
    "another score()": "create or replace function dbml.score(model text, c customer) returns float8 language sql as 'select 1.0::float8'",
    "the careful score": "create or replace function dbml_scorer.version_churn_1(numbers float8[], texts text[])"
    " returns float8 language sql as 'select 1.0::float8'",
    "gone": "drop function dbml_scorer.profile_1_rescore, dbml_scorer.profile_1_primes, dbml_scorer.profile_1_churn",
    "open to everybody": "grant execute on function dbml_scorer.profile_1_recount_1 to public",
    "another search_path": "alter function dbml_scorer.profile_1_count_1 set search_path = public",
    "no longer its owner's rights": "alter function dbml_scorer.profile_1_score security invoker",
    "gone with its triggers": "drop function dbml_scorer.profile_1_count_1 cascade",
    "a trigger gone": "drop trigger dbml_delete_1_1 on complaint",
    "another trigger": "drop trigger zz_dbml_score on customer;"
    "create trigger zz_dbml_score before insert on customer for each row execute function dbml_scorer.profile_1_score()",
}


@pytest.mark.usefixtures("live")
def test_what_is_damaged_is_mended(db: Db, cli: Cli) -> None:
    before = db.execute(GENERATED).fetchall()
    assert len(before) > 15
    for damage, statement in DAMAGES.items():
        db.execute(statement)  # type: ignore[arg-type]
        assert db.execute(GENERATED).fetchall() != before, damage
        assert "is installed" in cli("install").output, damage
        assert db.execute(GENERATED).fetchall() == before, damage
        assert "up to date" in cli("install").output, damage
    db.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select complaints from customer where id = 1").fetchone() == (1,)
    assert "50 rows scored" in cli("rescore", "churn", "--all").output
    assert dbml.reconcile(db).differences == []


def another_text(name: str, old: str, new: str) -> Callable[[pytest.MonkeyPatch], None]:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        text = database.text
        assert old in text(name)
        monkeypatch.setattr(database, "text", lambda n: text(n).replace(old, new) if n == name else text(n))

    return patch


def quote_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database.Name, "as_bytes", sql.Identifier.as_bytes)


def compare_keys_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    same = catalog.Attachment.same
    monkeypatch.setattr(
        catalog.Attachment, "same", lambda self, one, other: same(self, one, other) + sql.SQL(" and true")
    )


def count_in_twos(monkeypatch: pytest.MonkeyPatch) -> None:
    aggregate = counters.CounterColumn.aggregate
    monkeypatch.setattr(
        counters.CounterColumn, "aggregate", lambda self, *only: sql.SQL("2 * ") + aggregate(self, *only)
    )


# What a later release may have changed, and what the catalog then shows.
CHANGES: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str, str]] = {
    "count": (
        another_text("profiles/template/count", "return new;", "return null;"),
        "profile_1_count_1",
        "return null;",
    ),
    "facts": (
        another_text("profiles/template/facts", "select", "select all"),
        "profile_1_recount_1",
        "select all customer_id",
    ),
    "function": (
        another_text("profiles/template/function", "volatile", "volatile cost 7"),
        "profile_1_arrive",
        "COST 7",
    ),
    "row": (another_text("serving/template/row", "return new;", "return (new);"), "profile_1_score", "return (new);"),
    "scorer": (another_text("serving/template/scorer", "stable", "stable cost 7"), "profile_1_churn", "COST 7"),
    "careful scorer": (
        another_text("serving/template/careful_scorer", "stable", "stable cost 7"),
        "version_churn_1",
        "COST 7",
    ),
    "score()": (another_text("serving/template/score_body", "case model", "case (model)"), "score", "case (model)"),
    "code of the server": (
        another_text("serving/function/bind_row_prediction", ":= null", ":= (null)"),
        "profile_1_score",
        "(null)",
    ),
    "dbml.database": (quote_everything, "profile_1_recount_1", '"public"."customer"'),
    "dbml.profiles.catalog": (compare_keys_twice, "profile_1_recount_1", "p.id = dbml_b.id and true"),
    "dbml.profiles.counters": (count_in_twos, "profile_1_recount_1", "2 * count(*)"),
}


@pytest.mark.usefixtures("live")
def test_what_a_later_release_changes_reaches_what_is_attached(db: Db, dsn: str, cli: Cli) -> None:
    before = db.execute(GENERATED).fetchall()
    shown = "select bool_or(pg_get_functiondef(oid) like %s) from pg_proc where proname = %s"
    # Whoever is writing meanwhile neither waits nor is waited for.
    with psycopg.connect(dsn) as session:
        session.execute("insert into complaint (customer_id) values (3)")
        for what, (change, function, text) in CHANGES.items():
            with pytest.MonkeyPatch.context() as patch:
                change(patch)
                assert "is installed" in cli("install").output, what
                assert db.execute(shown, [f"%{text}%", function]).fetchone() == (True,), what
                assert "up to date" in cli("install").output, what
            assert "is installed" in cli("install").output, what
            assert db.execute(GENERATED).fetchall() == before, what
    assert db.execute("select complaints from customer where id = 3").fetchone() == (1,)
