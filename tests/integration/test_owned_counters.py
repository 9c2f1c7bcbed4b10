"""dbml owns its counters: what an application writes into one is not taken."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

import dbml
from dbml import Counter, Event, Profile

Db = psycopg.Connection[Any]

WRITES = {
    "update": "update owner set name = 'new', n = 0, total = null where id = 1",
    "counters alone": "update owner set n = 99",
    "whole row": "update owner set (name, n, total) = (select 'new', 7, 7) where id = 1",
    "on conflict": "insert into owner (id, name, n, total) values (1, 'new', 0, 1)"
    " on conflict (id) do update set name = excluded.name, n = excluded.n, total = excluded.total",
    "merge": "merge into owner using (values (1)) v(id) on owner.id = v.id"
    " when matched then update set n = 0, name = 'new'",
    "another key": "update owner set id = 3, n = 0 where id = 2",
    "cte": "with gone as (delete from item where amount = 5 returning owner)"
    " update owner set n = 0 from gone where owner.id <> gone.owner",
    "its own trigger": "update owner set name = 'reset' where id = 1",
    "event": "insert into item values (1, 8), (2, 9)",
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("partitioned", [False, True], ids=["plain", "partitioned"])
def test_what_an_application_writes_into_a_counter_is_not_taken(db: Db, write: str, partitioned: bool) -> None:
    parts = (
        "partition by range (id); create table low partition of owner for values from (minvalue) to (3);"
        "create table high partition of owner default;"
    )
    db.execute(
        "create table owner (id integer primary key, name text, n bigint not null default 0, total bigint)"  # type: ignore[arg-type]
        + (parts if partitioned else ";")
        + "create table item (owner integer, amount integer); create index on item (owner);"
        "create function reset() returns trigger language plpgsql as $$begin"
        " if new.name = 'reset' then new.n := 0; end if; return new; end$$;"
        "create trigger reset before update on owner for each row execute function reset()"
    )
    db.execute("insert into owner (id, name) values (1, 'one'), (2, 'two')")
    db.execute("insert into item values (1, 4), (1, 5), (2, 6)")
    dbml.attach(
        db,
        Profile(
            "owner", "id", [], [Event("item", "owner", {"n": Counter("count(*)"), "total": Counter("sum(amount)")})]
        ),
        backfill=True,
    )
    # A role of its own; what the tables' owner writes is not taken either, as the last test shows.
    db.execute("grant select, insert, update, delete on owner, item to pg_monitor; set role pg_monitor")
    db.execute(write)  # type: ignore[arg-type]
    db.execute("reset role")
    truth = "select p.id, count(i.owner), sum(i.amount) from owner p left join item i on i.owner = p.id group by p.id"
    held = db.execute("select id, n, total from owner order by id").fetchall()
    assert held == db.execute(truth + " order by 1").fetchall()
    if "'new'" in write:
        assert db.execute("select name from owner where id = 1").fetchone() == ("new",)
    assert dbml.reconcile(db).differences == []


def test_a_counter_may_change_its_type_and_be_dropped(db: Db) -> None:
    db.execute("create table owner (id integer primary key, name text, n integer); create table item (owner integer)")
    dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", {"n": Counter("count(*)")})]))
    db.execute("insert into owner (id) values (1); insert into item values (1)")
    db.execute("update owner set name = 'a', n = 5")
    db.execute("alter table owner alter n type bigint")
    db.execute("update owner set name = 'b', n = 5")
    assert db.execute("select name, n from owner").fetchone() == ("b", 1)
    db.execute("alter table owner drop n")
    db.execute("update owner set name = 'c'")
    assert db.execute("select name from owner").fetchone() == ("c",)
