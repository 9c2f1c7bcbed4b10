"""A physical standby answers and is promoted; logical replication counts nothing twice."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import dbml
from dbml.demo.server import Server, cluster, temporary_server
from dbml.demo.server.account import server_account
from tests.conftest import Cli, Trained, create_tables, profile_rows
from tests.counting import KINDS, create, differences
from tests.integration.test_service import served

Db = psycopg.Connection[Any]
pytestmark = pytest.mark.server  # of its own
WHAT_IF = """select dbml.score('{}', '{{"plan": "plus", "complaints": 2, "spend": 20}}'::jsonb)"""


def program(name: str) -> Path:
    """A program of the server's installation."""
    return cluster.find_binaries()[0].bindir / name


@pytest.fixture(scope="module")
def primary() -> Iterator[Server]:
    with temporary_server(settings={"wal_level": "logical"}) as started:
        yield started


NUMBERS = itertools.count(1)


def new_database(server: Server) -> str:
    name = f"shop_{next(NUMBERS)}"
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute(f"create database {name}")  # type: ignore[arg-type]
    return make_conninfo(server.dsn, dbname=name)


@pytest.fixture
def dsn(primary: Server) -> str:
    dsn = new_database(primary)
    with psycopg.connect(dsn) as connection:
        dbml.install(connection)
    return dsn


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to be within a minute")


@pytest.fixture
def standby(primary: Server, dsn: str) -> Iterator[str]:
    """The DSN of the test's database on a standby."""
    assert primary.folder is not None and primary.socket_dir is not None
    port = str(cluster._free_port())
    data = primary.folder / f"standby_{port}"
    account = server_account()

    def run(*argv: str | Path) -> None:
        done = account.run(argv)
        assert done.returncode == 0, done.stdout

    where = [f"--host={primary.socket_dir}", f"--port={primary.port}", "--username=postgres"]
    run(program("pg_basebackup"), *where, f"--pgdata={data}", "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
    options = f"-c port={port} -c listen_addresses=''"
    # pg_ctl leaves the server with our pipe in its hands: its log goes to a file.
    run(program("pg_ctl"), "-D", data, "-l", primary.folder / "standby.log", "-o", options, "-w", "start")
    try:
        yield make_conninfo(dsn, port=port)
    finally:
        run(program("pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")


@pytest.mark.parametrize("engine", ["portable"])
@pytest.mark.usefixtures("live")
def test_a_standby_answers_and_is_promoted(db: Db, cli: Cli, standby: str, churn: Trained, churn_2: Trained) -> None:
    cli("model", "add", "plain", churn_2.file, "--sample", churn_2.sample, "--engine", "sql")
    cli("deploy", "plain@1")
    db.execute("insert into complaint (customer_id) select 1 + g % 20 from generate_series(1, 90) g")
    (reached,) = db.execute("select pg_current_wal_insert_lsn()").fetchone() or ("",)
    with psycopg.connect(standby, autocommit=True) as there:
        wait_for(
            lambda: there.execute("select pg_last_wal_replay_lsn() >= %s::pg_lsn", [reached]).fetchone() == (True,)
        )
        scores = "select id, dbml.score('churn', c) from customer c order by id"
        assert there.execute(scores).fetchall() == db.execute(scores).fetchall()
        for model in ("churn", "plain"):
            asked = WHAT_IF.format(model)
            assert there.execute(asked).fetchone() == db.execute(asked).fetchone()  # type: ignore[arg-type]
        # But for what each server counts of its own updates.
        assert [replace(one, hot=None) for one in dbml.status(there)] == [
            replace(one, hot=None) for one in dbml.status(db)
        ]
        assert "50 rows compared, 0 differences" in cli("reconcile", dsn=standby).output
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            there.execute("insert into complaint (customer_id) values (1)")
        assert "primary" in cli("deploy", "churn@1", dsn=standby, exit_code=1).output

        there.execute("select pg_promote()")
        there.execute("insert into complaint (customer_id) values (3), (4)")
        cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample, dsn=standby)
        cli("deploy", "churn@2", dsn=standby)
        there.execute("insert into complaint (customer_id) values (5)")
        rows = profile_rows(there)
        assert rows["churn_version"].value_counts().to_dict() == {1: 49, 2: 1}
        truth = np.where(rows["churn_version"] == 2, churn_2.truth(rows), churn.truth(rows))
        np.testing.assert_allclose(rows["churn_score"], truth, rtol=0, atol=1e-9)
        assert dbml.reconcile(there).differences == []
    assert db.execute("select count(*) from complaint").fetchone() == (90,)


@pytest.mark.usefixtures("live")
def test_the_service_reads_at_a_standby_what_was_written_before(
    db: Db, dsn: str, standby: str, cli: Cli, churn: Trained
) -> None:
    asked = {"instances": [{"id": 7}]}
    path = "/v1/models/churn:predict"
    reached = "select pg_current_wal_insert_lsn()"

    def truth() -> float:
        return float(churn.truth(profile_rows(db).set_index("id").loc[[7]])[0])

    # The primary stands first, and yet the standby is asked.
    both = make_conninfo(standby, host=",".join(2 * [str(conninfo_to_dict(dsn)["host"])]), port=_ports(dsn, standby))
    with (
        psycopg.connect(standby, autocommit=True) as there,
        served(make_conninfo(both, target_session_attrs="prefer-standby"), "--timeout", 1) as (port, _),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        before = truth()
        there.execute("select pg_wal_replay_pause()")
        db.execute("insert into complaint (customer_id) select 7 from generate_series(1, 3)")
        (after,) = db.execute(reached).fetchone() or ("",)
        wait_for(lambda: there.execute("select pg_get_wal_replay_pause_state() = 'paused'").fetchone() == (True,))
        # Who does not ask for more gets what the standby has; who does gets nothing older.
        assert client.post(path, json=asked).json()["predictions"][0] == pytest.approx(before, abs=1e-9)
        refused = client.post(path, json=asked, headers={"DBML-Read-After": after})
        assert (refused.status_code, "not replayed" in refused.json()["error"]) == (503, True)
        assert client.post(path, json=asked, headers={"DBML-Read-After": "0/1"}).status_code == 200
        assert client.post(path, json=asked, headers={"DBML-Read-After": "yesterday"}).status_code == 400
        there.execute("select pg_wal_replay_resume()")
        found = client.post(path, json=asked, headers={"DBML-Read-After": after})
        assert found.json()["predictions"][0] == pytest.approx(truth(), abs=1e-9)
        assert truth() != pytest.approx(before, abs=1e-3)
    # A worker wants the primary, wherever it stands.
    turned = make_conninfo(both, port=_ports(standby, dsn))
    assert "windows: " in cli("worker", "--once", "--duty", "windows", dsn=turned).output
    assert "is a standby" in cli("worker", "--once", dsn=standby, exit_code=1).output


def _ports(*servers: str) -> str:
    return ",".join(str(conninfo_to_dict(each)["port"]) for each in servers)


def copy_schema(source: str, target: str) -> None:
    """The schema, and dbml's own rows: what a subscriber is given before it subscribes."""
    server = conninfo_to_dict(source)
    where = [f"--host={server['host']}", f"--port={server['port']}", "--username=postgres"]
    for what in (["--schema-only"], ["--data-only", "--disable-triggers", "--schema=dbml"]):
        dumped = subprocess.run(
            [program("pg_dump"), *where, *what, str(server["dbname"])], capture_output=True, check=True
        ).stdout
        into = ["--set=ON_ERROR_STOP=1", f"--dbname={conninfo_to_dict(target)['dbname']}"]
        restored = subprocess.run([program("psql"), "-qX", *where, *into], input=dumped, capture_output=True)
        assert restored.returncode == 0, restored.stderr


@pytest.mark.usefixtures("live")
def test_logical_replication_counts_nothing_twice(db: Db, dsn: str, primary: Server, churn: Trained) -> None:
    counters = KINDS["merged"]
    dbml.attach(db, create(db, counters))
    db.execute("insert into complaint (customer_id) select 1 + g % 20 from generate_series(1, 90) g")
    db.execute("insert into item (owner, quantity, price) select 1 + g % 9, g % 7, g from generate_series(1, 50) g")
    target = new_database(primary)
    copy_schema(dsn, target)
    # Of customer the profile and the events, of owner the events alone.
    db.execute("create publication shop for table customer, complaint, item")
    db.execute("select pg_create_logical_replication_slot('shop', 'pgoutput')")
    with psycopg.connect(target, autocommit=True) as there:
        there.execute("insert into owner (id) select generate_series(1, 9)")
        there.execute(
            f"create subscription shop connection '{dsn}' publication shop"  # type: ignore[arg-type]
            " with (create_slot = false, slot_name = 'shop')"
        )
        try:
            ready = "select count(*) = 3 and bool_and(srsubstate = 'r') from pg_subscription_rel"
            wait_for(lambda: there.execute(ready).fetchone() == (True,))
            db.execute("insert into complaint (customer_id) values (1), (2)")
            db.execute("delete from complaint where customer_id = 7")
            db.execute("insert into customer (id, plan, spend) values (70, 'plus', 4)")
            db.execute("insert into item (owner, quantity) values (4, 90)")
            came = "select exists (select from item where quantity = 90)"
            wait_for(lambda: there.execute(came).fetchone() == (True,))

            for table in ("customer", "complaint", "item"):
                same = f"select * from {table} order by id"
                assert there.execute(same).fetchall() == db.execute(same).fetchall()  # type: ignore[arg-type]
            assert dbml.reconcile(there, "customer").differences == []
            # No trigger of a statement fires for what a subscription brings: reconcile finds and mends it.
            wrong = {(w[0], w[1]) for w in differences(there, counters)}
            found = {(int(d.entity[0]), d.column) for d in dbml.reconcile(there, "owner").differences if d.entity}
            assert found == wrong and wrong
            dbml.reconcile(there, "owner", repair=True)
            assert differences(there, counters) == []
        finally:
            there.execute("alter subscription shop disable; alter subscription shop set (slot_name = none)")
            there.execute("drop subscription shop")
        # The subscriber takes over.
        there.execute("insert into complaint (id, customer_id) overriding system value values (9000, 1)")
        rows = profile_rows(there)
        assert rows.set_index("id").loc[1, "complaints"] == profile_rows(db).set_index("id").loc[1, "complaints"] + 1
        np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)


def messages(db: Db, slot: str) -> list[tuple[str, dict[str, Any]]]:
    """What a reader of the write-ahead log is told: topics and events, in the order of commits."""
    changes = db.execute("select data from pg_logical_slot_get_changes(%s, null, null)", [slot]).fetchall()
    found = [
        re.match(r"message: transactional: 1 prefix: (.*?), sz: \d+ content:(.*)", line, re.S) for (line,) in changes
    ]
    return [(one[1], json.loads(one[2])) for one in found if one]


def test_events_in_the_write_ahead_log(dsn: str, churn: Trained) -> None:
    with psycopg.connect(dsn, autocommit=True) as db:
        create_tables(db, churn)
        dbml.add_model(db, "churn", churn.file, sample=churn.sample)
        publication = dbml.Publication("churn", "churned", threshold=(0.5,), to="wal")
        profile = dbml.Profile(
            "public.customer",
            "id",
            [dbml.Prediction("churn", "churn_score", "churn_version")],
            [dbml.Event("public.complaint", "customer_id", {"complaints": "count(*)"})],
            publications=[publication],
        )
        dbml.attach(db, profile)
        dbml.deploy(db, "churn", 1)
        dbml.rescore(db, "churn", every=True)
        db.execute("set synchronous_commit = on")  # else what was committed is decoded a moment later
        db.execute("select pg_create_logical_replication_slot('words', 'test_decoding')")
        db.execute("select pg_create_logical_replication_slot('debezium', 'pgoutput'); create publication none")
        with psycopg.connect(dsn) as other:
            other.execute("insert into complaint (customer_id) select 1 + g % 20 from generate_series(1, 200) g")
            with other.transaction(force_rollback=True):
                other.execute("update customer set complaints = 9 where id = 30")
            other.rollback()
        assert messages(db, "words") == []
        before = profile_rows(db).set_index("id")["churn_score"]
        db.execute("insert into complaint (customer_id) select 1 + g % 50 from generate_series(1, 500) g")
        after = profile_rows(db).set_index("id")["churn_score"]
        told = messages(db, "words")
        passed = {str(key) for key in after.index if (before[key] > 0.5) != (after[key] > 0.5)}
        assert {topic for topic, _ in told} == {"churned"} and passed
        assert sorted(event["subject"] for _, event in told) == sorted(passed)
        assert len({event["id"] for _, event in told}) == len(told)
        for _, event in told:
            key, data = event["subject"], event["data"]
            assert (event["specversion"], event["type"]) == ("1.0", "dbml.score.changed")
            assert (data["key"], data["because"], data["at"]) == ([key], ["threshold 0.5"], event["time"])
            assert (data["old"], data["new"]) == (before[int(key)], after[int(key)])
        # As Debezium asks: the same, as messages of pgoutput.
        [(binary,)] = db.execute(
            "select array_agg(data) from pg_logical_slot_peek_binary_changes('debezium', null, null,"
            " 'proto_version', '1', 'publication_names', 'none', 'messages', 'true') where get_byte(data, 0) = ascii('M')"
        ).fetchall()
        # Behind M, flags and a position stand the prefix, closed by a zero byte, and the content behind its length.
        assert [json.loads(one[10:].partition(b"\0")[2][4:]) for one in binary] == [event for _, event in told]
        assert db.execute("select count(*) from dbml.outbox").fetchone() == (0,)
        db.execute(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database()"
        )
