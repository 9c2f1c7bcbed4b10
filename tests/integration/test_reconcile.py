"""``reconcile`` finds what triggers cannot see, and mends it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

import dbml
from dbml import Counter, Event, Profile
from dbml.errors import ProfileError
from tests.conftest import Cli, Trained, profile_rows
from tests.counting import KINDS, create, differences

Db = psycopg.Connection[Any]

FILL = (
    "insert into item (owner, quantity, price, note, at) select 1 + g % 9, 1 + g % 7, g / 4.0, 'n' || g % 3,"
    " now() - g * interval '1 hour' from generate_series(1, 100) g"
)
UNSEEN = {
    "session_replication_role": "set session_replication_role = replica; {}; reset session_replication_role",
    "disabled triggers": "alter table item disable trigger user; {}; alter table item enable trigger user",
}


@pytest.mark.parametrize("how", UNSEEN.values(), ids=UNSEEN)
def test_it_finds_what_no_trigger_saw(db: Db, cli: Cli, how: str) -> None:
    counters = KINDS["both"]
    dbml.attach(db, create(db, counters))
    db.execute(FILL)
    assert "9 rows compared, 0 differences" in cli("reconcile").output
    db.execute(
        how.format("delete from item where owner = 2; insert into item (owner, quantity, note) values (3, 90, 'zz')")
    )
    wrong = {(str(owner), column) for owner, column, _, _ in differences(db, counters)}
    found = json.loads(cli("reconcile", "owner", "--json", exit_code=1).output)
    assert {(d["entity"][0], d["column"]) for d in found["differences"]} == wrong and wrong
    assert "sum_int" in cli("reconcile", exit_code=1).output
    cli("reconcile", "--repair")
    assert differences(db, counters) == []
    assert "0 differences" in cli("reconcile").output


def test_it_finds_direct_writes_to_partitions(db: Db, cli: Cli) -> None:
    counters = KINDS["merged"]
    dbml.attach(db, create(db, counters, "partitioned"))
    db.execute(FILL)
    db.execute("truncate item_low; insert into item_high (id, owner, quantity) values (1000, 1, 8)")
    wrong = differences(db, counters)
    assert wrong
    report = dbml.reconcile(db)
    assert sorted((int(d.entity[0]), d.column) for d in report.differences if d.entity) == sorted(
        (w[0], w[1]) for w in wrong
    )
    assert dbml.reconcile(db, "owner", repair=True).repaired == len({w[0] for w in wrong})
    assert differences(db, counters) == [] and dbml.reconcile(db).differences == []


def test_a_trigger_that_is_off_is_a_difference_and_forbids_repair(db: Db, cli: Cli) -> None:
    dbml.attach(db, create(db, KINDS["merged"]))
    db.execute("alter table item disable trigger dbml_delete_1_1; drop trigger dbml_arrive on owner")
    output = cli("reconcile", exit_code=1).output
    assert "dbml_delete_1_1" in output and "disabled" in output and "dbml_arrive" in output and "missing" in output
    refused = cli("reconcile", "--repair", exit_code=1).output
    assert "would not last" in refused and "hint" in refused
    with pytest.raises(ProfileError, match="not attached"):
        dbml.reconcile(db, "item")


def test_batches_progress_and_keys_of_two_columns(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dbml.profiles.reconciliation.ROWS_AT_ONCE", 7)
    monkeypatch.setattr("dbml.profiles.reconciliation.REPAIRED_AT_ONCE", 2)
    db.execute(
        'create table prof ("Tenant" text, no integer, n bigint not null default 0, primary key ("Tenant", no));'
        "create table ev (t text, no integer);"
        "insert into prof select 't''' || g % 5, g from generate_series(1, 50) g"
    )
    dbml.attach(db, Profile("prof", ["Tenant", "no"], [], [Event("ev", ["t", "no"], {"n": "count(*)"})]))
    db.execute('insert into ev select "Tenant", no from prof, generate_series(1, 3)')
    db.execute(UNSEEN["disabled triggers"].format("update prof set n = 99 where no % 5 = 2").replace("item", "prof"))
    seen: list[tuple[str, int, int]] = []
    running: list[str] = []

    def look_on(*step: Any) -> None:
        seen.append(step)
        running.extend(dbml.status(db)[0].running)

    before = db.execute("show application_name").fetchone()
    report = dbml.reconcile(db, repair=True, progress=look_on)
    assert [said.partition(" of ")[0] for said in running[:2]] == ["reconcile: 7", "reconcile: 14"]
    assert db.execute("show application_name").fetchone() == before
    assert (report.rows, report.repaired, len(report.differences)) == (50, 10, 10)
    assert {(d.held, d.truth) for d in report.differences} == {("99", "3")}
    assert [done for _, done, _ in seen] == [7, 14, 21, 28, 35, 42, 49, 50]
    assert db.execute("select distinct n from prof").fetchall() == [(3,)]


def test_a_window_that_is_due_is_no_difference(db: Db) -> None:
    recent = {"n": Counter("count(*)", over="1 day", at="at")}
    create(db, {"n": ("bigint not null default 0", recent["n"], None)})
    dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", recent)]))
    db.execute("insert into item (owner, quantity, at) select 1 + g % 9, 1, now() from generate_series(1, 18) g")
    with db.transaction():
        db.execute("set local session_replication_role = replica")
        db.execute("update item set at = at - interval '30 hours' where owner = 4")
    assert [d.entity for d in dbml.reconcile(db).differences] == [["4"]]
    db.execute("update dbml.event set followed_until = now() - interval '40 hours'")
    assert dbml.reconcile(db).differences == []
    db.execute(UNSEEN["session_replication_role"].format("update owner set n = 50 where id = 5"))
    assert [(d.entity, d.held, d.truth) for d in dbml.reconcile(db).differences] == [(["5"], "50", "2")]


@pytest.mark.usefixtures("live")
def test_scores(db: Db, cli: Cli, churn: Trained, churn_2: Trained, spec_file: Path) -> None:
    db.execute("insert into complaint (customer_id) select 1 + g % 50 from generate_series(1, 90) g")
    db.execute("insert into customer (id, plan, spend) values (60, 'plus', 'NaN')")  # refused and queued
    assert "51 rows compared, 0 differences" in cli("reconcile").output
    with db.transaction():
        db.execute("set local session_replication_role = replica")
        db.execute("update customer set churn_score = 0.123 where id = 7")
        db.execute("update customer set complaints = 40 where id = 8")
        db.execute("update customer set churn_score = null, churn_version = null where id = 9")
    found = {(d.entity[0], d.column) for d in dbml.reconcile(db).differences if d.entity}
    assert found == {("7", "churn_score"), ("8", "complaints"), ("8", "churn_score"), ("9", "churn_score")}
    cli("reconcile", "customer", "--repair")
    assert dbml.reconcile(db).differences == []
    rows = profile_rows(db).query("id != 60")
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)

    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    cli("deploy", "churn@2")
    assert "50 scores are of an earlier version" in cli("reconcile").output
    with db.transaction():
        db.execute("set local session_replication_role = replica")
        db.execute("insert into customer (id, plan, spend) values (61, 'plus', 'NaN')")
    (unscored,) = dbml.reconcile(db).differences
    assert unscored.entity == ["61"] and "cannot score" in str(unscored.truth)


def test_a_key_of_a_composite_type(db: psycopg.Connection[Any]) -> None:
    db.execute("create type place as (shelf integer, number integer)")
    db.execute("create table box (id place primary key, n bigint not null default 0); create table thing (box place)")
    db.execute("insert into box values ('(1,2)'), ('(2,3)')")
    dbml.attach(db, Profile("box", "id", [], [Event("thing", "box", {"n": "count(*)"})]))
    db.execute("insert into thing values ('(2,3)'), ('(2,3)'); update box set id = '(7,)' where id = '(1,2)'::place")
    db.execute("set session_replication_role = replica; delete from thing; reset session_replication_role")
    (found,) = dbml.reconcile(db, repair=True).differences
    assert (found.entity, found.held, found.truth) == (["(2,3)"], "2", "0")
    assert db.execute("select n from box").fetchall() == [(0,), (0,)]
