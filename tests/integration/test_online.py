"""``attach --online``: a table in use is attached while it is written, and a call that was killed goes on."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event as Signal
from typing import Any

import numpy as np
import psycopg
import pytest

import dbml
from dbml import Event, Prediction, Profile
from dbml.errors import CounterMismatch, LockNotAvailable, ProfileError, StillAttached
from dbml.profiles import online
from tests.conftest import Cli, Trained, profile_rows
from tests.counting import KINDS, create, differences

Db = psycopg.Connection[Any]

FILL = (
    "insert into item (owner, quantity, price, note, at) select 1 + g % 400, 1 + g % 7, g / 4.0, 'n' || g % 3,"
    " now() - g * interval '1 minute' from generate_series(1, 1200) g"
)
TRAFFIC = (
    "insert into item (owner, quantity, price, note, at) select 1 + ({n} * 31 + g * 97) % 400, g, 1, 'zz', now() from generate_series(1, 4) g",
    "delete from item where owner = 1 + {n} * 53 % 400 and quantity > 5",
    "update item set owner = 1 + {n} * 29 % 400 where id = 1 + {n} * 17 % 1200",
    "insert into owner (id) values (1000 + {n}) on conflict do nothing",
    "update owner set name = 'x' where id = 1 + {n} % 400",
)


@pytest.mark.parametrize("shape, kind", [("plain", "merged"), ("foreign key", "both"), ("partitioned", "merged")])
def test_under_traffic(db: Db, dsn: str, monkeypatch: pytest.MonkeyPatch, shape: str, kind: str) -> None:
    monkeypatch.setattr(online, "ROWS_AT_ONCE", 20)
    counters = KINDS[kind]
    profile = create(db, counters, shape, owners=400)
    db.execute(FILL)
    stop, under_way = Signal(), [Signal() for _ in range(3)]
    heavy: list[Any] = []

    def write(number: int) -> None:
        n = number * 1000
        with psycopg.connect(dsn, autocommit=True) as session:
            while not stop.is_set():
                n += 1
                session.execute(TRAFFIC[n % len(TRAFFIC)].format(n=n))  # type: ignore[arg-type]
                under_way[number].set()

    def look(table: str, done: int, total: int) -> None:
        heavy.extend(
            db.execute(
                "select mode from pg_locks where locktype = 'relation' and granted and relation in ('owner'::regclass, 'item'::regclass)"
                " and mode not in ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock')"
            ).fetchall()
        )

    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(write, number) for number in range(3)]
        try:
            for signal in under_way:
                assert signal.wait(60)
            with psycopg.connect(dsn, autocommit=True) as session:
                dbml.attach_online(session, profile, progress=look)
        finally:
            stop.set()
        for run in runs:
            run.result(60)
    assert heavy == []
    assert differences(db, counters) == []
    assert dbml.reconcile(db).differences == []
    # From now on by differences again, where that is possible: what is wrong in a counter stays, and a recount mends it.
    db.execute("set session_replication_role = replica; update owner set n_all = n_all + 1000 where id = 7")
    db.execute("reset session_replication_role")
    db.execute("insert into item (owner, quantity) values (7, 3)")
    assert [d.column for d in dbml.reconcile(db, repair=True).differences] == (["n_all"] if kind == "merged" else [])
    db.execute("insert into item (owner, quantity) values (7, 3); delete from item where owner = 8")
    assert differences(db, counters) == []


@pytest.mark.usefixtures("tables")
def test_a_killed_one_goes_on(
    db: Db, dsn: str, cli: Cli, churn: Trained, spec_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online, "ROWS_AT_ONCE", 10)
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("deploy", "churn@1")
    db.execute("create index on complaint (customer_id)")
    db.execute("insert into complaint (customer_id) select 1 + g % 50 from generate_series(1, 130) g")
    profile = dbml.spec.read(spec_file)

    def stop(table: str, done: int, total: int) -> None:
        if done == 30:
            raise KeyboardInterrupt

    with psycopg.connect(dsn, autocommit=True) as session, pytest.raises(KeyboardInterrupt):
        dbml.attach_online(session, profile, progress=stop)
    (status,) = json.loads(cli("status", "--json").output)
    assert status["complete"] is False
    assert "begun" in cli("reconcile", exit_code=1).output
    for refused in (("reconcile", "--repair"), ("attach", spec_file)):
        assert "dbml attach SPEC.toml --online goes on" in cli(*refused, exit_code=1).output
    with pytest.raises(StillAttached, match="another spec"):
        dbml.attach_online(db, Profile("customer", "id", [], profile.events))
    # What is touched is right at once, and so is what is new.
    db.execute("insert into complaint (customer_id) values (49)")
    db.execute("delete from complaint where customer_id = 48")
    db.execute("insert into customer (id, plan, spend) values (60, 'plus', 1)")
    count = "select id, complaints from customer where id in (29, 48, 49, 50) order by id"
    assert db.execute(count).fetchall() == [(29, 3), (48, 0), (49, 3), (50, 0)]

    seen: list[int] = []
    dbml.attach_online(
        db, profile, progress=lambda what, done, _: seen.append(done) if what == "public.customer" else None
    )
    assert seen == [10, 20, 21]
    assert dbml.status(db)[0]["complete"] is True
    assert "0 differences" in cli("reconcile").output
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)
    assert db.execute(count).fetchall() == [(29, 3), (48, 0), (49, 3), (50, 2)]
    with pytest.raises(StillAttached, match="already"):
        dbml.attach_online(db, profile)


@pytest.mark.usefixtures("tables")
def test_the_command_line_adds_columns(db: Db, cli: Cli, churn: Trained, spec_file: Path) -> None:
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("deploy", "churn@1")
    db.execute("create index on complaint (customer_id); insert into complaint (customer_id) values (1), (1), (5)")
    db.execute("alter table customer drop complaints, drop churn_score, drop churn_version, drop churn_scored_at")
    assert "has no column" in cli("attach", spec_file, "--online", exit_code=1).output
    assert "is attached" in cli("attach", spec_file, "--online", "--add-columns").output
    assert db.execute("select complaints from customer where id in (1, 5) order by id").fetchall() == [(2,), (1,)]
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)
    cli("attach", spec_file, "--online", "--dry-run", exit_code=2)


def test_what_it_refuses(db: Db, dsn: str) -> None:
    db.execute("create table owner (id int primary key, n bigint not null default 0); create table item (owner int)")
    db.execute("insert into owner values (1, 5); insert into item values (1)")
    profile = Profile("owner", "id", [], [Event("item", "owner", {"n": "count(*)"})])
    with psycopg.connect(dsn) as session, pytest.raises(ProfileError, match="one transaction"):
        dbml.attach_online(session, profile)
    with pytest.raises(ProfileError, match="no index") as refused:
        dbml.attach_online(db, profile)
    db.execute(refused.value.hint.removeprefix("First: "))
    with pytest.raises(CounterMismatch):
        dbml.attach_online(db, profile)
    # All that disagree are named at once, whichever table they count.
    db.execute("create table visit (owner int); alter table owner add m bigint default 3, add k bigint default 0")
    more = [*profile.events, Event("visit", "owner", {"m": "count(*)", "k": "count(owner)"})]
    with pytest.raises(CounterMismatch) as told:
        dbml.attach(db, Profile("owner", "id", [], more))
    assert told.value.message == (
        'counter "n" of public.owner disagrees with public.item in 1 rows; '
        'counter "m" of public.owner disagrees with public.visit in 1 rows'
    )
    assert db.execute("select count(*) from dbml.profile").fetchone() == (0,)
    dbml.attach_online(db, profile, backfill=True)
    assert db.execute("select n from owner").fetchone() == (1,)


def test_it_asks_for_its_locks_again(db: Db, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = create(db, KINDS["counts"])
    monkeypatch.setattr(online, "LOCK_TIMEOUT", "20ms")
    monkeypatch.setattr(online, "TRIES", 3)
    with psycopg.connect(dsn) as holder:
        holder.execute("insert into item (owner) values (3)")
        slept: list[float] = []
        monkeypatch.setattr(online.time, "sleep", slept.append)
        with pytest.raises(LockNotAvailable, match="owner"):
            dbml.attach_online(db, profile)
        assert len(slept) == 3
        assert db.execute(
            "select count(*) from pg_trigger where tgrelid in ('owner'::regclass, 'item'::regclass) and not tgisinternal"
        ).fetchone() == (0,)
        monkeypatch.setattr(online.time, "sleep", lambda _: holder.commit())
        dbml.attach_online(db, profile)
    assert db.execute("select n_all from owner where id = 3").fetchone() == (1,)


@pytest.mark.usefixtures("tables")
def test_attaching_writes_each_row_once(db: psycopg.Connection[Any], churn: Trained) -> None:
    """Counters of two event tables and the score; the counters that were right already are written with it."""
    dbml.add_model(db, "churn", churn.file, sample=churn.sample)
    dbml.deploy(db, "churn", 1)
    db.execute("create table visit (customer_id integer references customer); alter table customer add visits bigint")
    db.execute("insert into complaint (customer_id) select 1 + g % 40 from generate_series(1, 99) g")
    db.execute("insert into visit select 1 + g % 30 from generate_series(1, 70) g")
    events = [
        Event("complaint", "customer_id", {"complaints": "count(*)"}),
        Event("visit", "customer_id", {"visits": "count(*)"}),
    ]
    spec = Profile("customer", "id", [Prediction("churn", "churn_score", "churn_version")], events)
    with db.transaction():
        dbml.attach(db, spec, backfill=True)
        updates = "select pg_stat_get_xact_tuples_updated('customer'::regclass)"
        assert db.execute(updates).fetchone() == (50,)
    assert db.execute(
        "select count(*), sum(complaints), sum(visits) from customer where churn_version = 1"
    ).fetchone() == (50, 99, 70)
    assert dbml.reconcile(db).differences == []
