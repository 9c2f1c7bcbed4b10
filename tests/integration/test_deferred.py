"""Events with ``mode = "deferred"``: counters and scores follow when the transaction is committed."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

import dbml
from dbml import Event, Profile
from dbml.errors import SpecError
from tests.conftest import SPEC, Cli, Trained
from tests.counting import KINDS, create, differences
from tests.integration.test_statements import STATEMENTS, adapted

Db = psycopg.Connection[Any]

ONE = "insert into item (owner, quantity, at) values (%s, 1, now())"


def deferred(profile: Profile) -> Profile:
    """The same, with its events' counters moved when the transaction ends."""
    events = [Event(event.table, event.key, event.counters, "deferred") for event in profile.events]
    return Profile(profile.table, profile.key, profile.predictions, events)


@pytest.mark.parametrize("shape", ["plain", "foreign key", "partitioned"])
def test_every_statement(db: Db, shape: str) -> None:
    counters = KINDS["both"]
    dbml.attach(db, deferred(create(db, counters, shape)))
    for name, statement in STATEMENTS.items():
        written = statement if name in ("fill", "fill again") else adapted(statement, shape)
        with db.transaction():
            db.execute(written)  # type: ignore[arg-type]
        assert differences(db, counters) == [], name
    assert dbml.reconcile(db).differences == []
    # A transaction leaves nothing behind.
    assert db.execute("select from dbml.touched union all select from dbml.settling").fetchall() == []


def test_rows_taken_in_opposite_orders_are_no_deadlock(db: Db, dsn: str) -> None:
    counters = KINDS["merged"]
    dbml.attach(db, deferred(create(db, counters)))
    with psycopg.connect(dsn) as first, psycopg.connect(dsn) as second, ThreadPoolExecutor(1) as pool:
        first.execute(ONE, (1,))
        second.execute(ONE, (2,))
        crossed = pool.submit(second.execute, ONE, (1,))
        first.execute(ONE, (2,))
        crossed.result()
        first.commit()
        second.commit()
    assert differences(db, counters) == []
    assert db.execute("select n_all from owner where id in (1, 2)").fetchall() == [(2,), (2,)]


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
@pytest.mark.parametrize("profile_first", [True, False])
def test_a_profile_row_and_its_events_at_once(db: Db, dsn: str, profile_first: bool, isolation: str) -> None:
    counters = KINDS["both"]
    dbml.attach(db, deferred(create(db, counters)))
    acts = [
        "insert into owner (id) values (20), (21)",
        "insert into item (owner, quantity, at) values (21, 4, now()), (20, 5, now()), (20, 6, now())",
    ]
    with psycopg.connect(dsn) as one, psycopg.connect(dsn) as other, ThreadPoolExecutor(1) as pool:
        for session in (one, other):
            session.execute(f"set transaction isolation level {isolation}")  # type: ignore[arg-type]
            session.execute("select 1 from owner limit 1")
        one.execute(acts[not profile_first])  # type: ignore[arg-type]
        second = pool.submit(lambda: (other.execute(acts[profile_first]), other.commit()))  # type: ignore[arg-type]
        try:
            second.result(timeout=0.2)
        except TimeoutError:
            pass
        except psycopg.errors.SerializationFailure:
            assert isolation != "read committed"
        one_failed = False
        try:
            one.commit()
        except psycopg.errors.SerializationFailure:
            assert isolation != "read committed"
            one_failed = True
        try:
            second.result()
        except psycopg.errors.SerializationFailure:
            assert isolation != "read committed" and not one_failed
    assert differences(db, counters) == []


@pytest.mark.usefixtures("tables")
def test_a_score_follows_at_the_end(db: Db, cli: Cli, churn: Trained, tmp_path: Path) -> None:
    spec = tmp_path / "deferred.toml"
    spec.write_text(SPEC.replace('key = "customer_id"', 'key = "customer_id"\nmode = "deferred"'))
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("attach", spec)
    cli("deploy", "churn@1")
    before = db.execute("select complaints, churn_score from customer where id = 1").fetchone()
    with db.transaction():
        db.execute("insert into complaint (customer_id) values (1)")
        with db.transaction(force_rollback=True):
            db.execute("insert into complaint (customer_id) values (1), (2)")
        assert db.execute("select complaints, churn_score from customer where id = 1").fetchone() == before
        db.execute("set constraints all immediate")
        assert db.execute("select complaints from customer where id = 1").fetchone() == (1,)
        db.execute("insert into complaint (customer_id) values (1)")
        db.execute("set constraints all deferred")
        db.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select id, complaints from customer where complaints > 0").fetchall() == [(1, 3)]
    cli("reconcile")
    # What others make of the tables costs nobody his commit.
    db.execute("alter table customer rename id to number")
    with db.transaction():
        db.execute("insert into complaint (customer_id) values (1)")
    cli("repair")
    assert db.execute("select complaints from customer where number = 1").fetchone() == (4,)
    with db.transaction():
        db.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select complaints from customer where number = 1").fetchone() == (5,)


def test_another_mode_is_refused() -> None:
    with pytest.raises(SpecError, match='mode = "later"'):
        Event("item", "owner", {}, "later")
    event = Event("item", "owner", {"n": "count(*)"}, "deferred")
    profile = Profile("owner", "id", [], [event])
    assert Profile.from_dict(profile.as_dict()) == profile
    assert dataclasses.asdict(event)["mode"] == "deferred"


def test_what_triggers_on_the_profile_do_at_the_end(db: Db) -> None:
    """An application's trigger on a counter writes events itself, when the transaction is being committed."""
    counters = KINDS["merged"]
    dbml.attach(db, deferred(create(db, counters)))
    db.execute(
        "create function follow() returns trigger language plpgsql security definer set search_path = public as $$ begin"
        "  if new.n_all = 2 then insert into item (owner, quantity) values (new.id, 7), (9, 8); end if; return null; end $$;"
        "create trigger follow after update on owner for each row execute function follow()"
    )
    db.execute("insert into item (owner, quantity, at) values (1, 1, now()), (1, 2, now())")
    assert db.execute("select n_all from owner where id in (1, 9) order by id").fetchall() == [(3,), (1,)]
    assert differences(db, counters) == []
    assert db.execute("select from dbml.touched union all select from dbml.settling").fetchall() == []


def test_another_date_style_at_the_end(db: Db) -> None:
    db.execute(
        "create table day (day date primary key, n bigint not null default 0); create table visit (day date);"
        "insert into day (day) values ('2026-01-02'), ('2026-02-01')"
    )
    dbml.attach(db, Profile("day", "day", [], [Event("visit", "day", {"n": "count(*)"}, "deferred")]))
    with db.transaction():
        db.execute("set local datestyle = 'SQL, DMY'; insert into visit values (date '2026-01-02')")
        db.execute("set local datestyle = 'SQL, MDY'")
    assert db.execute("select n from day order by day").fetchall() == [(1,), (0,)]
