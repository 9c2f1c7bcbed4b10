"""``dbml repair`` makes an attached profile right after DDL by others."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

import dbml
from dbml import Counter, Event, Profile
from dbml.errors import ProfileError
from tests.conftest import Cli

Db = psycopg.Connection[Any]

# What somebody does, then the names that profile and event have.
DDL = {
    "profile renamed": ("alter table owner rename to client", "client", "item"),
    "event renamed": ("alter table item rename to line", "owner", "line"),
    "both moved": (
        "create schema crm; alter table owner set schema crm; alter table item set schema crm",
        "crm.owner",
        "crm.item",
    ),
    "schema renamed": (
        "create schema old; alter table item set schema old; alter schema old rename to new",
        "owner",
        "new.item",
    ),
    "wider key": ("alter table item alter owner type bigint; alter table owner alter id type bigint", "owner", "item"),
    "other counter": ("alter table owner alter total type numeric", "owner", "item"),
    "trigger dropped": ("drop trigger dbml_insert_1_1 on item; insert into item values (1, 70)", "owner", "item"),
}


@pytest.fixture
def attached(db: Db) -> None:
    db.execute(
        "create table owner (id integer primary key, n bigint not null default 0, total bigint);"
        "create table item (owner integer references owner, amount integer);"
        "insert into owner (id) values (1), (2)"
    )
    counters = {"n": Counter("count(*) filter (where amount > 1)"), "total": Counter("sum(amount)")}
    dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", counters)]))
    db.execute("insert into item values (1, 4)")


@pytest.mark.usefixtures("attached")
@pytest.mark.parametrize(("ddl", "profile", "event"), DDL.values(), ids=DDL)
def test_one_command_mends_what_others_did(db: Db, cli: Cli, dsn: str, ddl: str, profile: str, event: str) -> None:
    db.execute(ddl)  # type: ignore[arg-type]
    cli("repair")
    # As in the session that was open, and as an application that connects afterwards.
    with psycopg.connect(dsn, autocommit=True) as later:
        for number, session in enumerate((db, later)):
            session.execute(f"insert into {event} values (1, 5), (2, {number}), (2, null)")  # type: ignore[arg-type]
            session.execute(f"delete from {event} where amount = 4")  # type: ignore[arg-type]
            session.execute(f"update {event} set amount = 6 where amount = 5")  # type: ignore[arg-type]
    held = db.execute(f"select id, n, total from {profile} order by id").fetchall()  # type: ignore[arg-type]
    assert (
        held
        == db.execute(
            f"select owner, count(*) filter (where amount > 1), sum(amount) from {event} group by owner order by owner"  # type: ignore[arg-type]
        ).fetchall()
    )
    assert dbml.reconcile(db).differences == []
    assert json.loads(cli("repair", profile, "--json").output)[0]["rows"] == 0


@pytest.mark.usefixtures("attached")
def test_a_column_that_is_gone_is_named(db: Db) -> None:
    db.execute("alter table owner rename n to number; alter table owner drop total")
    with pytest.raises(ProfileError, match=r"public.owner has no column total"):
        dbml.repair(db)
    db.execute("alter table owner rename number to n; alter table owner add total bigint")
    dbml.repair(db)
    db.execute("insert into item values (2, 2)")
    assert db.execute("select n from owner order by id").fetchall() == [(1,), (1,)]
    with pytest.raises(ProfileError, match="not attached"):
        dbml.repair(db, "item")
