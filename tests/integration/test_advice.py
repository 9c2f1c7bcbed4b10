"""``dbml doctor`` says what costs more than it must, and what shows more than it should."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

import dbml
from dbml import Counter, Event, Profile
from tests.conftest import Cli


def told(cli: Cli) -> dict[str, Any]:
    findings = json.loads(cli("doctor", "--json").output)
    return {
        finding["found"].partition(" ")[0]: finding for finding in findings if finding["what"].startswith("profile")
    }


def test_doctor_tells_of_updates_and_checks(db: psycopg.Connection[Any], cli: Cli) -> None:
    db.execute(
        "create table owner (id integer primary key, n bigint not null default 0); insert into owner (id) values (1);"
        "create table item (owner integer references owner); create index by_n on owner (n)"
    )
    dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", {"n": Counter("count(*)")})]))
    db.execute("do $$ begin for i in 1..1200 loop insert into item values (1); end loop; end $$")
    db.execute("select pg_stat_force_next_flush()")
    db.execute("select 1")
    assert [row.hot for row in dbml.status(db)] == [0.0]
    assert told(cli)["0%"]["mend"].endswith("drop index public.by_n, if nobody needs it")
    db.execute("alter table owner add constraint few check (n < 5000)")
    assert told(cli)["check"]["mend"] == "dbml repair public.owner"
    dbml.repair(db)
    assert "check" not in told(cli)
    db.execute("create role teller; grant insert on item to teller; update owner set n = n")
    db.execute("alter table owner drop constraint few; alter table owner add constraint few check (n < 1201)")
    dbml.repair(db)
    db.execute("set role teller")
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        db.execute("insert into item values (1)")
    assert (refused.value.diag.message_detail, refused.value.diag.constraint_name) == (None, "few")


def test_attach_and_doctor_name_triggers_that_would_not_find_their_tables(
    db: psycopg.Connection[Any], cli: Cli
) -> None:
    """An application's trigger on the profile runs inside dbml's statement, where only PostgreSQL's own names are found."""
    db.execute(
        "create table owner (id integer primary key, n bigint not null default 0, name text); create table item (owner integer);"
        "create table audit (id integer, n bigint); create index on item (owner); insert into owner (id) values (1);"
        "create function note() returns trigger language plpgsql as"
        " $$ begin insert into audit values (new.id, new.n); return null; end $$;"
        "create trigger notes after update on owner for each row execute function note();"
        "create trigger of_names after update of name on owner for each row execute function note()"
    )
    attached = dbml.attach(db, dbml.Profile("owner", "id", [], [dbml.Event("item", "owner", {"n": "count(*)"})]))
    (notice,) = attached.notices
    assert notice.startswith("the trigger notes of public.owner runs as dbml_owner")
    mend = notice.partition("its schema: ")[2]
    assert told(cli)["the"]["mend"] == mend
    db.execute(mend)  # type: ignore[arg-type]
    assert "the" not in told(cli)
    db.execute("insert into item values (1)")
    assert db.execute("select * from audit").fetchall() == [(1, 1)]


def test_attach_and_doctor_name_triggers_that_change_what_has_been_scored(
    db: psycopg.Connection[Any], cli: Cli
) -> None:
    db.execute(
        "create table owner (id integer primary key, n bigint not null default 0); create table item (owner integer references owner);"
        "create index on item (owner); create function ten() returns trigger language plpgsql security definer"
        " set search_path = pg_catalog, pg_temp as $$ begin new.n := 10; return new; end $$;"
        'create trigger "zzz Ten" before insert on owner for each row execute function ten();'
        "create trigger early before insert on owner for each row execute function ten()"
    )
    attached = dbml.attach(db, dbml.Profile("owner", "id", [], [dbml.Event("item", "owner", {"n": "count(*)"})]))
    (notice,) = attached.notices
    assert notice.startswith("the trigger zzz Ten of public.owner runs after dbml's")
    mend = told(cli)["the"]["mend"]
    assert notice.endswith(mend)
    db.execute(mend)
    assert "the" not in told(cli)
    assert db.execute("insert into owner values (1) returning n").fetchone() == (0,)


def test_an_error_of_a_counters_expression_names_the_counter(db: psycopg.Connection[Any]) -> None:
    """The statement that PostgreSQL shows in the error's context has each name beside its expression."""
    db.execute(
        "create table owner (id integer primary key, refunds numeric not null default 0, n bigint not null default 0);"
        "create table item (owner integer references owner, amount text); insert into owner (id) values (1)"
    )
    counted = {"refunds": "sum(amount::integer)", "n": "count(*)"}
    dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", counted)]))
    for values in ("(1, 'x')", "(1, '1'), (1, 'x')"):
        with pytest.raises(psycopg.errors.InvalidTextRepresentation) as refused:
            db.execute(f"insert into item values {values}")  # type: ignore[arg-type]
        assert "(amount::integer) as v0 /* refunds */" in str(refused.value.diag.context)
    db.execute("insert into item values (1, '7')")
    assert db.execute("select refunds, n from owner").fetchall() == [(7, 1)]
