"""Sums that begin at 0 move by what is added and removed, and read no other event."""

from __future__ import annotations

from typing import Any

import psycopg

import dbml
from dbml import Counter, Event, Profile

TABLES = """
create table owner (id integer primary key, total numeric not null default 0, whole bigint not null default 0, loose bigint);
create table item (owner integer, day integer, price numeric, quantity integer) partition by range (day);
create table item_1 partition of item for values from (1) to (2);
create table item_2 partition of item for values from (2) to (3);
create table item_3 partition of item for values from (3) to (4);
insert into owner (id) values (1), (2);
"""
SAME = """
select row(total, whole) is not distinct from row(t.price, t.quantity)
  from owner, (select coalesce(sum(price), 0) as price, coalesce(sum(quantity), 0) as quantity from item where owner = 1) t
 where id = 1
"""


def test_a_pruned_delete_locks_its_own_partition_alone(db: psycopg.Connection[Any]) -> None:
    db.execute(TABLES)
    counters = {"total": Counter("sum(price)"), "whole": Counter("sum(quantity)")}
    assert dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", counters)])).notices[1:] == []
    db.execute("insert into item values (1, 1, 1.5, 3), (1, 2, null, 2), (1, 3, 'NaN', null), (1, 3, 2.25, 4)")
    with db.transaction():
        db.execute("delete from item where day = 1")
        locked = db.execute(
            "select distinct c.relname from pg_locks l join pg_class c on c.oid = l.relation"
            " where l.pid = pg_backend_pid() and c.relname like 'item_%'"
        ).fetchall()
    assert locked == [("item_1",)]
    for statement in (
        "update item set quantity = null where quantity = 2",
        # What is no number cannot be subtracted: the rest is counted anew.
        "delete from item where price = 'NaN'",
        "update item set price = price - 5, quantity = -7 where price = 2.25",
        "delete from item",
    ):
        db.execute(statement)  # type: ignore[arg-type]
        assert db.execute(SAME).fetchone() == (True,), statement
    assert dbml.reconcile(db).differences == []


def test_attach_says_which_sums_are_null_over_no_events(db: psycopg.Connection[Any]) -> None:
    db.execute(TABLES)
    counters = {"loose": Counter("sum(quantity)")}
    profile = Profile("owner", "id", [], [Event("item", "owner", counters)])
    (told,) = [notice for notice in dbml.attach(db, profile).notices if "is NULL for an entity" in notice]
    dbml.detach(db, "owner")
    db.execute(told.partition("before attaching: ")[2])  # type: ignore[arg-type]
    assert not any("is NULL" in notice for notice in dbml.attach(db, profile).notices)
