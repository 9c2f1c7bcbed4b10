"""Sums that begin at 0 move by what is added and removed, and read no other event."""

from __future__ import annotations

import functools
import operator
from decimal import ROUND_HALF_UP, Decimal
from math import inf
from typing import Any

import numpy as np
import psycopg
import pytest

import dbml
from dbml import Counter, Event, Profile
from dbml.errors import ProfileError

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


def test_sums_and_means_that_are_not_exact(db: psycopg.Connection[Any]) -> None:
    """Recounted, so that nothing drifts; whatever comes, no statement fails."""
    db.execute(
        "create table owner (id integer primary key, total double precision, positive double precision, mean double precision,"
        " fine double precision, money numeric(14,2) not null default 0, mean_2 numeric(10,2));"
        "create table item (id integer generated always as identity, owner integer, x double precision, r real, price numeric);"
        "create index on item (owner); insert into owner (id) select generate_series(1, 3)"
    )
    counters = {
        "total": "sum(x)",
        "positive": "sum(x) filter (where x > 0)",
        "mean": "avg(x)",
        "fine": "sum(r)",
        "money": "sum(price)",
        "mean_2": "avg(price)",
    }
    dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", counters)]))

    def added(values: list[Any]) -> float | None:
        # One after the other, without the compensation of later Pythons' own sum().
        return functools.reduce(operator.add, sorted(values)) if values else None

    random = np.random.default_rng(5)
    db.execute(
        "insert into item (owner, x, r, price) select 1 + g %% 2, x, x, x::numeric"
        " from unnest(%s::float8[]) with ordinality u(x, g)",
        [[float(x) for x in [1e8, 0.1, -1e8, 0.1, 1e-3, *random.normal(0, 1e6, 40)]]],
    )
    for statement in (
        "select",
        "delete from item where id % 5 = 1",
        "update item set x = x / 3, price = price / 3 where id % 3 = 0",
    ):
        db.execute(statement)  # type: ignore[arg-type]
        for owner, total, some, mean, fine, money, mean_2 in db.execute("select * from owner order by id").fetchall():
            rows = db.execute("select x, r::float8, price from item where owner = %s", [owner]).fetchall()
            x, prices = [row[0] for row in rows], [row[2] for row in rows]
            assert (total, some, fine) == (added(x), added([v for v in x if v > 0]), added([row[1] for row in rows]))
            assert mean == (total / len(x) if x else None)
            exact = sum(prices, Decimal(0))
            assert money == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert mean_2 == ((exact / len(x)).quantize(Decimal("0.01"), ROUND_HALF_UP) if x else None)
    huge = "insert into item (owner, x, price) values (3, 1e308, 1e13), (3, 1e308, 1), (3, {}, {})"
    held = "select total, mean, positive, money, mean_2 from owner where id = 3"
    db.execute(huge.format("1", "-1"))
    assert str(db.execute(held).fetchone()) == str((inf, inf, inf, Decimal("NaN"), Decimal("NaN")))
    db.execute("delete from item where x >= 1e308 or price >= 1e13")
    assert db.execute(held).fetchone() == (1.0, 1.0, 1.0, Decimal(-1), Decimal(-1))
    db.execute(huge.format("'NaN'", "'NaN'"))
    assert dbml.reconcile(db).differences == []
    dbml.detach(db, "owner")
    with pytest.raises(ProfileError, match="could not be kept exactly"):
        dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", {"total": "sum(price)"})]))


def test_sums_of_other_types_are_refused_with_what_works(db: psycopg.Connection[Any]) -> None:
    db.execute(
        "create table owner (id integer primary key, worked interval, paid money);"
        "create table item (owner integer references owner, lasted interval, price money); insert into owner (id) values (1)"
    )
    for column, aggregate, why in (
        ("worked", "sum(lasted)", "is interval, which fails a statement where it overflows"),
        ("worked", "avg(lasted)", "is interval, which fails a statement where it overflows"),
        ("paid", "sum(price)", "is money, whose values depend on lc_monetary"),
    ):
        with pytest.raises(ProfileError, match=why) as refused:
            dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", {column: aggregate})]))
        db.execute(str(refused.value.hint).partition("numeric: ")[2])  # type: ignore[arg-type]
    db.execute("alter table item alter price type numeric")
    counted = {"worked": "sum(extract(epoch from lasted))", "paid": "sum(price)"}
    dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", counted)]))
    db.execute("insert into item values (1, '1 hour', 2.5), (1, '1 day 00:00:00.25', 1)")
    assert db.execute("select worked, paid from owner").fetchall() == [(Decimal("90000.25"), Decimal("3.5"))]
