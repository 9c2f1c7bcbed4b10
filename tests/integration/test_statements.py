"""Every kind of statement moves every kind of counter to what GROUP BY says."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

import dbml
from dbml import Event, Profile
from tests.counting import COUNTS, KINDS, MERGED, create, differences

Db = psycopg.Connection[Any]

FILL = (
    "insert into item (owner, quantity, price, note, at, extra)"
    " select 1 + g % 9, g * 7 % 11 - 3, nullif((g * 37 % 101) / 8.0, 2), (array['ab', 'x', 'é', null, 'zz'])[g % 5 + 1],"
    " case when g % 7 > 0 then now() - g * interval '7 hours' end, '{}' from generate_series(1, 200) g"
)
STATEMENTS = {
    "fill": FILL,
    "insert one": "insert into item (owner, quantity, price, note, at) values (1, 5, 1.5, 'abc', now())",
    "insert nothing to say": "insert into item (owner, quantity) values (2, 1)",
    "update the key": "update item set owner = owner % 9 + 1 where id % 5 = 0",
    "update the key of one": "update item set owner = 4 where id = 7",
    "update the key to null and back": "update item set owner = null where owner = 5",
    "update what is summed": "update item set price = price * 2, quantity = quantity + 1 where id % 3 = 0",
    "update what is filtered": "update item set note = case note when 'x' then null else 'x' end where id % 4 = 0",
    "update the extremes": "update item set quantity = 0 where quantity in (-3, 7)",
    "update the moment": "update item set at = at - interval '20 days' where id % 2 = 0",
    "update with no change": "update item set note = note",
    "NaN comes": "insert into item (owner, quantity, price, note) values (3, 1, 'NaN', 'n'), (3, 1, 'Infinity', 'n')",
    "NaN goes": "delete from item where price = 'NaN' or price = 'Infinity'",
    "delete the extremes": "delete from item i where quantity ="
    " (select max(quantity) from item j where j.owner = i.owner) or at = (select max(at) from item)",
    "delete some": "delete from item where id % 6 = 1",
    "delete one entity's all": "delete from item where owner = 3",
    "delete nothing": "delete from item where false",
    "conflict": "insert into item (id, owner, quantity, note, at) select id, 6, quantity, 'c', now() from item where id < 30"
    " union all select 5000, 7, 1, 'new', now() on conflict (id{, quantity}) do update set owner = excluded.owner, note = 'u'",
    "merge": "merge into item i using (select g as id, g % 9 + 1 as owner from generate_series(20, 60) g"
    " union all select 6000 + g, g from generate_series(1, 9) g) s on i.id = s.id"
    " when matched and s.id % 3 = 0 then delete"
    " when matched then update set owner = s.owner, price = 3, at = now()"
    " when not matched then insert (id, owner, quantity, price, note) values (s.id, s.owner, 2, 1, 'm')",
    "merge that moves rows between partitions": "merge into item i using (select id, 10 - i.owner as owner, i.quantity from"
    " item i where id % 3 = 1) s on i.id = s.id when matched then update set owner = s.owner,"
    " quantity = case when i.quantity < 4 then 6 else 1 end",
    "writable CTE": "with gone as (delete from item where id % 7 = 2 returning *),"
    " moved as (update item set owner = 8, quantity = 2 where id % 7 = 3 returning *)"
    " insert into item (owner, quantity, price, note, at) select owner % 9 + 1, 3, price, 'w', now() from gone",
    "delete and insert the same": "with gone as (delete from item where owner in (1, 2) returning *)"
    " insert into item (owner, quantity, price, note, at) select owner, quantity, price, note, at from gone",
    "profile and its events at once": "with p as (insert into owner (id) values (10), (11) returning id)"
    " insert into item (owner, quantity, price, note, at) select id, 2, 2, 'both', now() from p, generate_series(1, 3)",
    "delete a profile": "delete from owner where id = 11",
    "change a profile's key": "update owner set id = 12 where id = 10",
    "the same, to a key with events": "{insert into item (owner, quantity, note) values (13, 4, 'early'), (13, 5, 'e');}"
    " update owner set id = 13 where id = 9",
    "swap two": "update owner set id = -id where id in (7, 8); update owner set id = 15 + id where id < 0",
    "truncate": "truncate item",
    "fill again": FILL.replace("g % 9", "g % 6"),
}


def adapted(statement: str, shape: str) -> str:
    """Braces hold what only the partitioned table needs, or what a foreign key forbids."""
    if statement.startswith("{"):
        return statement.partition("}")[2] if shape == "foreign key" else statement[1:].replace("}", "", 1)
    return statement.replace("{, quantity}", ", quantity" if shape == "partitioned" else "")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", ["plain", "foreign key", "partitioned"])
def test_every_statement(db: Db, kind: str, shape: str) -> None:
    counters = KINDS[kind]
    profile = create(db, counters, shape)
    dbml.attach(db, profile)
    for name, statement in STATEMENTS.items():
        written = statement if name in ("fill", "fill again") else adapted(statement, shape)
        with db.transaction():
            db.execute(written)  # type: ignore[arg-type]
            assert differences(db, counters) == [], name
            try:
                with db.transaction():
                    db.execute(
                        "update item set owner = 2, quantity = 1 where id % 2 = 0; delete from item where id % 9 = 0"
                    )
                    db.execute("insert into item (owner, quantity, note, at) values (1, 99, 'zzz', now())")
                    assert differences(db, counters) == [], f"in a savepoint after {name}"
                    raise ZeroDivisionError
            except ZeroDivisionError:
                assert differences(db, counters) == [], f"rolled back after {name}"
    with db.transaction(), db.cursor().copy("copy item (owner, quantity, price, note, at) from stdin") as copy:
        for number in range(100):
            copy.write_row((1 + number % 4, number % 5, number / 4, "a" * (number % 3), "2023-05-06 00:00+00"))
    assert differences(db, counters) == []


@pytest.mark.parametrize("kind", KINDS)
def test_triggers_of_the_application_that_write_events_themselves(db: Db, kind: str) -> None:
    """Their statements end, and are reported, before the one that fired them."""
    counters = KINDS[kind]
    dbml.attach(db, create(db, counters))
    db.execute(
        "create function nested() returns trigger language plpgsql as $$ begin"
        "  if new.note = 'nest' then"
        "    delete from item where id = new.id - 1;"
        "    update item set quantity = quantity + 10, note = 'nested', price = 7 where id = new.id;"
        "    insert into item (owner, quantity, note, at) values (new.owner, 1, 'inner', now());"
        "  end if; return null; end $$;"
        "create trigger a after insert on item for each row execute function nested();" + FILL
    )
    for statement in (
        "insert into item (owner, quantity, price, note, at) select 1 + g % 3, g, g, 'nest', now() from generate_series(1, 9) g",
        "insert into item (owner, quantity, price, note, at) values (1, 1000, 1, 'nest', now())",
        "with d as (delete from item where quantity > 8) insert into item (owner, quantity, note) values (1, 77, 'nest')",
    ):
        db.execute(statement)  # type: ignore[arg-type]
        assert differences(db, counters) == []


def test_a_cascade_from_the_profile_and_one_between_events(db: Db) -> None:
    profile = create(db, MERGED, "foreign key")
    dbml.attach(db, profile)
    db.execute(FILL)
    db.execute("update owner set id = id + 100")
    assert differences(db, MERGED) == []
    db.execute("delete from owner where id in (101, 102)")
    assert differences(db, MERGED) == []
    assert db.execute("select sum(n_all), count(*) from owner").fetchone() == (155, 7)


@pytest.mark.parametrize("kind", KINDS)
def test_a_trigger_of_the_application_that_changes_a_key(db: Db, kind: str) -> None:
    """No UPDATE names the column."""
    counters = KINDS[kind]
    dbml.attach(db, create(db, counters))
    db.execute(
        FILL
        + "; create function moved() returns trigger language plpgsql as $$ begin new.id := 13; return new; end $$;"
        "create trigger moved before update on owner for each row when (old.id = 9) execute function moved();"
        "insert into item (owner, quantity, note) values (13, 4, 'early'), (13, 5, 'e'), (13, 6, 'f')"
    )
    db.execute("update owner set id = id where id = 9")
    assert db.execute("select count(*) from owner where id = 13").fetchone() == (1,)
    assert differences(db, counters) == []


def test_a_partitioned_profile(db: Db) -> None:
    db.execute(
        "create table owner (region text, id integer, n_all bigint not null default 0, top integer, primary key (id, region))"
        " partition by list (region);"
        "create table owner_a partition of owner for values in ('a'); create table owner_b partition of owner default;"
        "create table item (region text, owner integer, quantity integer); create index on item (owner, region)"
    )
    dbml.attach(
        db,
        Profile(
            "owner",
            ["id", "region"],
            [],
            [Event("item", ["owner", "region"], {"n_all": "count(*)", "top": "max(quantity)"})],
        ),
    )
    db.execute("insert into item values ('a', 1, 5), ('b', 1, 7), ('b', 1, 8), ('a', 2, 9)")
    db.execute("insert into owner values ('a', 1), ('b', 2)")
    query = "select region, id, n_all, top from owner order by 1, 2"
    assert db.execute(query).fetchall() == [("a", 1, 1, 5), ("b", 2, 0, None)]
    db.execute("update owner set region = 'b' where id = 1")
    db.execute("update owner set region = 'a' where id = 2")
    assert db.execute(query).fetchall() == [("a", 2, 1, 9), ("b", 1, 2, 8)]
    db.execute("delete from item where quantity = 8")
    assert db.execute(query).fetchall() == [("a", 2, 1, 9), ("b", 1, 1, 7)]


def test_what_an_insert_says_of_counters_is_not_heard(db: Db) -> None:
    dbml.attach(db, create(db, MERGED))
    db.execute("insert into item (owner, quantity, price, note) values (50, 3, 2, 'early'), (50, 4, null, null)")
    db.execute("insert into owner (id, n_all, sum_int, min_int) values (50, 1000, 1000, 1000), (51, 7, 7, 7)")
    assert differences(db, MERGED) == []
    assert db.execute("select n_all, sum_int, min_int from owner where id in (50, 51) order by id").fetchall() == [
        (2, 7, 3),
        (0, None, None),
    ]


def test_counts_alone_are_moved_without_reading_the_events(db: Db) -> None:
    dbml.attach(db, create(db, COUNTS))
    db.execute(FILL)
    with db.transaction():
        before = db.execute(
            "select seq_tup_read, idx_tup_fetch from pg_stat_xact_user_tables where relname = 'item'"
        ).fetchone()
        db.execute("update item set owner = 1 where id = 3")
        db.execute("delete from item where id = 4")
        after = db.execute(
            "select seq_tup_read, idx_tup_fetch from pg_stat_xact_user_tables where relname = 'item'"
        ).fetchone()
        assert before is not None and after is not None
        assert sum(after) - sum(before) == 2  # the two rows themselves
    assert differences(db, COUNTS) == []


def test_one_row_version_for_each_entity(db: Db) -> None:
    dbml.attach(db, create(db, KINDS["both"]))
    for statement in (
        FILL,
        "update item set quantity = quantity + 1",
        "delete from item where id % 2 = 0",
        "truncate item",
    ):
        query = "select n_tup_upd from pg_stat_xact_user_tables where relname = 'owner'"
        with db.transaction():
            before = db.execute(query).fetchone() or (0,)
            db.execute(statement)  # type: ignore[arg-type]
            after = db.execute(query).fetchone() or (0,)
        assert after[0] - before[0] == 9, statement


def test_missing_indexes_are_named(db: Db) -> None:
    db.execute(
        "create table owner (id integer primary key, top integer, recent bigint not null default 0);"
        "create table item (owner integer, quantity integer, at timestamptz)"
    )
    top = Event("item", "owner", {"top": "max(quantity)"})
    recent = Event("item", "owner", {"recent": {"aggregate": "count(*)", "over": "1 day", "at": "at"}})
    (both,), (key, at) = (dbml.attach(db, Profile("owner", "id", [], [e]), dry_run=True).notices for e in (top, recent))
    assert "on public.item (owner, quantity)" in both
    assert "on public.item (owner)" in key and "on public.item (at)" in at
    db.execute("create index on item (owner, quantity); create index on item (at)")
    assert dbml.attach(db, Profile("owner", "id", [], [top]), dry_run=True).notices == []
    assert dbml.attach(db, Profile("owner", "id", [], [recent]), dry_run=True).notices == []


@pytest.mark.parametrize("kind", ["merged", "both"])
def test_more_entities_than_a_batch(db: Db, kind: str) -> None:
    counters = KINDS[kind]
    dbml.attach(db, create(db, counters, owners=9000))
    for statement in (
        "insert into item (owner, quantity, price, note, at) select 1 + g * 11 % 9100, g % 9, g, 'n', now() from generate_series(1, 10000) g",
        "update item set owner = owner % 9000 + 1, quantity = quantity - 1 where id % 10 > 0",
        "delete from item where id % 3 > 0",
        "truncate item",
    ):
        query = "select n_tup_upd from pg_stat_xact_user_tables where relname = 'owner'"
        with db.transaction():
            # Of earlier transactions too, for as long as the server has not taken them to the shared statistics.
            (before,) = db.execute(query).fetchone() or (0,)
            db.execute(statement)  # type: ignore[arg-type]
            (after,) = db.execute(query).fetchone() or (0,)
        assert 3000 < after - before <= 9000, statement
        assert differences(db, counters) == [], statement


def test_a_trigger_that_runs_late_and_a_row_that_merge_moves(db: Db) -> None:
    """What it changes, the key or the partition, is known to nobody but the triggers behind it."""
    counters = KINDS["counts"]
    dbml.attach(db, create(db, counters, "partitioned"))
    db.execute("insert into item (owner, quantity) values (1, 1), (2, 2)")
    db.execute(
        "create function late() returns trigger language plpgsql as $$ begin"
        "  new.owner := new.owner + 3; new.quantity := 9; return new; end $$;"
        "create trigger w_late before update on item_low for each row execute function late()"
    )
    db.execute(
        "merge into item i using (values (1, 1), (2, 9)) s(owner, quantity) on i.owner = s.owner"
        " when matched then update set quantity = s.quantity"
    )
    assert db.execute("select owner, quantity from item order by 1").fetchall() == [(4, 9), (5, 9)]
    assert differences(db, counters) == []
