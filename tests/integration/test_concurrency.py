"""Sessions at the same time: counters are true once all have ended, and nobody waits for nothing."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

import dbml
from tests.counting import KINDS, create, differences

Db = psycopg.Connection[Any]

FILL = "insert into item (owner, quantity, price, note, at) select 1 + g % 9, g % 7, g, 'n', now() from generate_series(1, 90) g"
# What two sessions do to the same entities, each in a transaction of its own.
ACTS = {
    "insert": "insert into item (owner, quantity, price, note, at) values (1, 50, 5, 'zz', now()), (2, -50, 5, null, now())",
    "insert again": "insert into item (owner, quantity, note) values (2, 60, 'zzz'), (1, -60, 'zzz')",
    "delete": "delete from item where owner = 1 and quantity >= 5",
    "delete all": "delete from item where owner in (1, 2)",
    "move": "update item set owner = 2 where owner = 1",
    "move back": "update item set owner = 1 where owner = 2",
    "change": "update item set quantity = 3 where owner = 1",
}


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
@pytest.mark.parametrize("kind", ["merged", "both"])
def test_every_pair(db: Db, dsn: str, kind: str, isolation: str) -> None:
    counters = KINDS[kind]
    dbml.attach(db, create(db, counters))
    failed = set()
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        first, second = (stack.enter_context(psycopg.connect(dsn)) for _ in range(2))
        for one in ACTS:
            for other in ACTS:
                db.execute("delete from item")
                db.execute(FILL)
                for session in (first, second):
                    session.execute(f"set session characteristics as transaction isolation level {isolation}")  # type: ignore[arg-type]
                    session.commit()
                    session.execute("select 1 from owner limit 1")  # the snapshot, where there is only one
                first.execute(ACTS[one])  # type: ignore[arg-type]
                waiting = pool.submit(second.execute, ACTS[other])  # type: ignore[arg-type]
                try:
                    waiting.result(timeout=0.02)
                except TimeoutError:
                    pass
                except psycopg.errors.SerializationFailure:
                    failed.add((one, other))
                first.commit()
                try:
                    waiting.result()
                    second.commit()
                except psycopg.errors.SerializationFailure:
                    failed.add((one, other))
                    second.rollback()
                assert differences(db, counters) == [], (one, other)
    assert isolation != "read committed" or not failed


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
@pytest.mark.parametrize("profile_first", [True, False])
def test_a_profile_row_and_its_first_events_at_once(db: Db, dsn: str, profile_first: bool, isolation: str) -> None:
    counters = KINDS["both"]
    dbml.attach(db, create(db, counters))
    acts = [
        "insert into owner (id) values (20), (21)",
        "insert into item (owner, quantity, note, at) values (21, 4, 'n', now()), (20, 5, 'm', now()), (20, 6, 'm', now())",
    ]
    with psycopg.connect(dsn) as one, psycopg.connect(dsn) as other, ThreadPoolExecutor(1) as pool:
        for session in (one, other):
            session.execute(f"set transaction isolation level {isolation}")  # type: ignore[arg-type]
            session.execute("select 1 from owner limit 1")
        one.execute(acts[not profile_first])  # type: ignore[arg-type]
        waiting = pool.submit(other.execute, acts[profile_first])  # type: ignore[arg-type]
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        one.commit()
        try:
            waiting.result()
            other.commit()
            assert db.execute("select n_all from owner where id in (20, 21) order by id").fetchall() == [(2,), (1,)]
        except psycopg.errors.SerializationFailure:
            assert isolation != "read committed"
            other.rollback()
    assert differences(db, counters) == []


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_truncate_with_an_older_snapshot(db: Db, dsn: str, isolation: str) -> None:
    """It fails where a profile row has changed or gone; one that has come since, only a lock before keeps out."""
    counters = KINDS["both"]
    dbml.attach(db, create(db, counters))
    come = "insert into owner (id) values ({0}); insert into item (owner, quantity) values ({0}, 4)"
    with psycopg.connect(dsn) as session, ThreadPoolExecutor(1) as pool:

        def begin(first: str) -> None:
            session.execute(f"set transaction isolation level {isolation}")  # type: ignore[arg-type]
            session.execute(first)  # type: ignore[arg-type]

        for change in ("insert into item (owner, quantity) values (1, 5)", "delete from owner where id = 9"):
            begin("select count(*) from owner")
            db.execute(change)  # type: ignore[arg-type]
            with pytest.raises(psycopg.errors.SerializationFailure):
                session.execute("truncate item")
            session.rollback()
        begin("lock table owner in share row exclusive mode")
        waiting = pool.submit(db.execute, come.format(20))  # type: ignore[arg-type]
        session.execute("truncate item")
        session.commit()
        waiting.result()
        assert differences(db, counters) == []
        begin("select count(*) from owner")
        db.execute(come.format(21))  # type: ignore[arg-type]
        session.execute("truncate item")
        session.commit()
    found = dbml.reconcile(db, repair=True).differences
    assert {difference.entity[0] for difference in found if difference.entity} == {"21"}
    assert differences(db, counters) == []


def test_many_sessions_in_random_order_without_deadlock(db: Db, dsn: str) -> None:
    counters = KINDS["both"]
    dbml.attach(db, create(db, counters))
    db.execute(FILL)

    def work(seed: int) -> None:
        choose = random.Random(seed)
        with psycopg.connect(dsn, autocommit=True) as session:
            for _ in range(40):
                owners = [choose.randint(1, 12) for _ in range(5)]
                rows = ", ".join(f"({owner}, {choose.randint(-9, 9)}, 1, 'n', now())" for owner in owners)
                statement = choose.choice(
                    [
                        f"insert into item (owner, quantity, price, note, at) values {rows}",
                        f"insert into item (owner, quantity, price, note, at) values {rows}",
                        f"with d as (select id from item where owner = any ('{{{owners[0]},{owners[1]}}}') order by id"
                        " limit 3 for update skip locked) delete from item using d where item.id = d.id",
                        f"with d as (select id from item where owner = {owners[0]} order by id limit 2 for update skip locked)"
                        f" update item set owner = {owners[1]}, quantity = {owners[2]} from d where item.id = d.id",
                        f"insert into owner (id) values ({choose.randint(10, 12)}) on conflict do nothing",
                    ]
                )
                session.execute(statement)  # type: ignore[arg-type]

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert differences(db, counters) == []
    assert dbml.reconcile(db).differences == []


def at_once(db: Db, dsn: str, statements: dict[str, str]) -> None:
    """Run statements by name, each until it has ended or waits; "first" waits after its UPDATE of the profile rows."""
    # Even an UPDATE of no rows fires it.
    db.execute(
        "create function hold() returns trigger language plpgsql as $$ begin"
        " if current_setting('application_name') = 'first' then perform pg_advisory_xact_lock(77); end if;"
        " return null; end $$;"
        "create trigger a_hold after update on owner for each statement execute function hold()"
    )
    db.execute("select pg_advisory_lock(77)")
    with ThreadPoolExecutor(len(statements)) as pool, ExitStack() as stack:
        running = []
        for name, statement in statements.items():
            session = stack.enter_context(psycopg.connect(dsn, application_name=name, autocommit=True))
            running.append(pool.submit(session.execute, statement))  # type: ignore[arg-type]
            waits = "select from pg_stat_activity where application_name = %s and wait_event_type = 'Lock'"
            while not running[-1].done() and db.execute(waits, [name]).fetchone() is None:
                time.sleep(0.01)
        db.execute("select pg_advisory_unlock(77)")
        for each in running:
            each.result(30)


@pytest.mark.parametrize("kind", ["merged", "both"])
@pytest.mark.parametrize("owners", ["(20)", "(20), (3), (21)"], ids=["one row", "many rows"])
def test_a_profile_row_that_comes_while_its_event_looks_for_it(db: Db, dsn: str, kind: str, owners: str) -> None:
    """It comes behind the UPDATE that does not find it and before the look at what was not found."""
    counters = KINDS[kind]
    dbml.attach(db, create(db, counters))
    events = f"insert into item (owner, quantity, note) select v, 4, 'n' from (values {owners}) as u(v)"
    at_once(db, dsn, {"first": events, "profile": "insert into owner (id) values (20)"})
    assert differences(db, counters) == []


@pytest.mark.parametrize("kind", ["merged", "both"])
def test_a_profile_row_that_comes_meanwhile_is_locked_in_the_same_order(db: Db, dsn: str, kind: str) -> None:
    """It comes before one statement's events of several entities and after another's, which holds a later one."""
    counters = KINDS[kind]
    dbml.attach(db, create(db, counters))
    events = "insert into item (owner, quantity, note) values (0, 4, 'n'), (3, 5, 'm')"
    at_once(db, dsn, {"first": events, "profile": "insert into owner (id) values (0)", "second": events})
    assert differences(db, counters) == []
