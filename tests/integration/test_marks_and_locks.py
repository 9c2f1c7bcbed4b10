"""What dbml tells itself within a statement, and what it locks: no role without rights can undo the one or hold the other."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

import dbml
from dbml import Event, Profile
from tests.integration.test_roles import denied, made_role

Db = psycopg.Connection[Any]

TABLES = """
create table owner (id integer primary key, n bigint not null default 0, most integer);
create table item (id integer generated always as identity, owner integer references owner, quantity integer);
create index on item (owner);
insert into owner (id) select generate_series(1, 9);
insert into item (owner, quantity) select 1 + g % 9, g from generate_series(1, 45) g;
"""
# The same statement deletes an entity's maximum, which is recounted, and inserts for it; between the two triggers comes
# the role's own.
ATTACK = """
with gone as (delete from item where quantity > 36 returning *),
     between as (insert into pg_temp.mine select owner from gone returning x)
insert into item (owner, quantity) select x, 1 from between
"""
CLEARING = {
    "the setting of before": "perform set_config('dbml.recounted', '', true);",
    "everything that a session may discard": "discard sequences; discard plans; reset all; execute 'close all'; deallocate all;",
    "constraints": "set constraints all immediate;",
    "statistics": "if current_setting('server_version_num')::int >= 150000 then execute 'select pg_stat_force_next_flush()'; end if;"
    " perform pg_stat_clear_snapshot();",
    "a savepoint": "begin perform 1 / 0; exception when division_by_zero then null; end;",
}


@pytest.fixture
def counted(db: Db) -> None:
    db.execute(TABLES)
    dbml.attach(
        db,
        Profile("owner", "id", [], [Event("item", "owner", {"n": "count(*)", "most": "max(quantity)"})]),
        backfill=True,
    )


def wrong(db: Db) -> int:
    return int(
        db.execute(
            "select count(*) from owner o left join (select owner, count(*) as n, max(quantity) as most from item group by owner) t"
            " on t.owner = o.id where (o.n, o.most) is distinct from (coalesce(t.n, 0), t.most)"
        ).fetchone()[0]  # type: ignore[index]
    )


@pytest.mark.parametrize("what", CLEARING)
@pytest.mark.usefixtures("counted")
def test_no_role_clears_the_mark_of_a_recount_between_two_triggers(db: Db, dsn: str, what: str) -> None:
    for role in made_role(db, dsn, "insert, delete, select on item"):
        role.execute("create temp table mine (x int)")
        body = CLEARING[what]
        role.execute(
            f"create function pg_temp.clear() returns trigger language plpgsql as $$ begin {body} return null; end $$"  # type: ignore[arg-type]
        )
        role.execute(
            "create trigger t after insert on pg_temp.mine for each statement execute function pg_temp.clear()"
        )
        for isolation in ("read committed", "repeatable read"):
            with role.transaction():
                role.execute(f"set transaction isolation level {isolation}")  # type: ignore[arg-type]
                role.execute(ATTACK)
            assert wrong(db) == 0
            role.execute("insert into item (owner, quantity) select 1 + g % 9, g from generate_series(1, 45) g")
        for statement in (
            "select dbml._mark_recount()", "select dbml._recounted()", "delete from dbml.recount", "truncate dbml.recount",
            "select from dbml.lock for update", "select dbml._hold('attaching')",
            "select dbml._lock_model('churn')",
        ):  # fmt: skip
            denied(role, statement)


@pytest.mark.usefixtures("counted")
def test_a_mark_holds_where_statistics_are_off_and_does_not_outlive_its_statement(db: Db) -> None:
    for setting in ("off", "on"):
        db.execute(f"set track_counts = {setting}")
        with db.transaction():
            db.execute(
                ATTACK.replace(
                    "pg_temp.mine select owner from gone returning x",
                    "item (owner) select owner from gone returning owner as x",
                )
            )
            assert db.execute(
                "select count(*) from dbml.recount where xid = pg_current_xact_id()::text::bigint"
            ).fetchone() == (1,)
            # Not recounted any more: what moves by differences keeps what somebody has put there.
            db.execute("alter table owner disable trigger user")
            db.execute("update owner set n = n + 100 where id = 1")
            db.execute("alter table owner enable trigger user")
            db.execute("insert into item (owner, quantity) values (1, 1)")
            assert db.execute(
                "select n - (select count(*) from item where owner = 1) from owner where id = 1"
            ).fetchone() == (100,)
            db.execute("delete from item where owner = 1")
        assert wrong(db) == 0
        db.execute("insert into item (owner, quantity) select 1 + g % 9, g from generate_series(1, 45) g")


@pytest.mark.usefixtures("counted")
def test_marks_of_transactions_that_have_ended_go(db: Db) -> None:
    marks = 0
    # One transaction in 64 clears up, by its number.
    for _ in range(2000):
        db.execute(
            "delete from item where id = (select min(id) from item where quantity = (select max(quantity) from item))"
        )
        db.execute("insert into item (owner, quantity) values (3, 50)")
        [(left,)] = db.execute("select count(*) from dbml.recount").fetchall()
        if left < marks:
            break
        marks = left
    assert left < marks


def test_advisory_locks_of_others_block_nothing(db: Db, dsn: str, live: None) -> None:
    for role in made_role(db, dsn):
        held = ["5639411", "hashtextextended('dbml.attach', 0)", "hashtextextended('dbml.bind 1', 0)"]
        held += [f"hashtextextended('dbml.{kind} churn', 0)" for kind in ("deploy", "model")]
        for key in held:
            role.execute(f"select pg_advisory_lock({key})")  # type: ignore[arg-type]
        db.execute("set lock_timeout = '2s'")
        assert db.execute("select dbml.deploy('churn', 1)").fetchone() is not None
        db.execute("select dbml.rescore('churn')")
        with pytest.raises(psycopg.Error) as caught:
            db.execute("select dbml.revoke_key('none')")
        assert caught.value.sqlstate == "DB021"
        dbml.install(db)


def test_who_waits_in_vain_is_told_for_whom(db: Db, dsn: str, live: None) -> None:
    deploy = "select dbml.deploy('churn', 1)"
    for role in made_role(db, dsn, "dbml_deployer"):
        db.execute("alter function dbml._hold(text) set lock_timeout = '300ms'")
        role.execute("begin")
        role.execute(deploy)
        process = role.execute("select pg_backend_pid()").fetchone()[0]  # type: ignore[index]
        with pytest.raises(psycopg.Error) as caught:
            db.execute(deploy)
        role.execute("rollback")
        assert caught.value.sqlstate == "DB011", caught.value
        assert f"the deployment of churn is held by role postgres in process {process}" in str(caught.value)
        assert f"pg_terminate_backend({process})" in str(caught.value.diag.message_hint)
        db.execute(deploy)
