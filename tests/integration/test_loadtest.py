"""Load tests write to marked copies alone, and tell of a stall what it cost."""

from __future__ import annotations

import json
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

import dbml
from dbml.capacity import measuring
from dbml.capacity.copies import CONSENT
from tests.conftest import Cli

Db = psycopg.Connection[Any]
STALL = 0.5


def events(db: Db) -> int:
    ((count,),) = db.execute("select count(*) from complaint").fetchall()
    return int(count)


def allow(db: Db) -> None:
    db.execute(f"comment on database {db.info.dbname} is '{CONSENT}: made by a test'")  # type: ignore[arg-type]


@pytest.mark.usefixtures("live")
def test_nothing_is_written_without_the_owners_and_the_users_word(db: Db, cli: Cli) -> None:
    refused = cli("loadtest", "--write", exit_code=1).output
    assert "not marked as a copy" in refused
    assert f"comment on database {db.info.dbname}" in refused
    allow(db)
    refused = cli("loadtest", "--rate", 10, "--duration", 1, exit_code=1).output
    assert "about 20 events of public.complaint would be written" in refused
    assert "--write" in refused
    assert events(db) == 0


@pytest.mark.usefixtures("live")
def test_a_stall_of_the_server_stands_in_the_percentiles(db: Db, dsn: str, cli: Cli, tmp_path: Path) -> None:
    """A lock of half a second: whoever comes in its first half waits for at least the other half."""
    allow(db)
    db.execute("insert into complaint (customer_id, severity, amount) values (1, 4, 12.5), (2, 1, null)")
    warm_up = 2 + 2 * 10

    def stall() -> None:
        with psycopg.connect(dsn) as other:
            while events(other) < warm_up + 3:
                other.rollback()
                time.sleep(0.005)
            other.execute("lock table complaint in exclusive mode")
            time.sleep(STALL)

    planted = threading.Thread(target=stall)
    planted.start()
    picture = tmp_path / "load.svg"
    arguments = ("--rate", 200, "--duration", 1.6, "--clients", 2, "--skew", 1, "--with-only", "--plot", picture)
    told = json.loads(cli("loadtest", "customer", *arguments, "--write", "--json").output)
    planted.join()
    (arm,) = told["arms"]
    assert (arm["arm"], arm["n"], arm["failed"], arm["unsent"]) == ("with", 320, 0, 0)
    # Fifty of 320 began in that half; a closed loop of two clients would tell of two.
    assert arm["p90"] >= 1000 * STALL / 2
    assert arm["max"] >= arm["p999"] >= arm["p99"] >= arm["p90"]
    assert "events/s" in picture.read_text()
    assert events(db) == 2 + 2 * 2 * 10 + 320
    # Rows that look like those that were there, and everything counted and scored.
    assert set(db.execute("select severity, amount from complaint").fetchall()) == {(4, Decimal("12.5")), (1, None)}
    assert dbml.reconcile(db).differences == []


@pytest.mark.usefixtures("live")
def test_without_dbml_nothing_is_counted_and_afterwards_everything_is_as_before(db: Db, cli: Cli) -> None:
    allow(db)
    said = cli("loadtest", "--rate", 50, "--duration", 0.4, "--clients", 1, "--write").output
    assert {"with", "without"} <= {line.split()[0] for line in said.splitlines()}
    # 20 events an arm and ten of warm-up for each of its halves.
    assert events(db) == 80
    assert db.execute("select sum(complaints) from customer").fetchone() == (40,)
    assert db.execute("select count(*) from pg_trigger where tgenabled = 'D'").fetchone() == (0,)
    assert "reconcile public.customer --repair" in said
    cli("reconcile", "customer", "--repair")
    assert db.execute("select sum(complaints) from customer").fetchone() == (80,)


@pytest.mark.usefixtures("live")
def test_what_cannot_be_made_up_is_said(db: Db, cli: Cli) -> None:
    allow(db)
    db.execute("alter table complaint add column ticket text unique")
    refused = cli("loadtest", "--write", exit_code=1).output
    assert "public.complaint.ticket is unique and has no default" in refused
    statement = "insert into complaint (customer_id, ticket) values (%(id)s, gen_random_uuid())"
    arguments = ("--rate", 50, "--duration", 0.4, "--clients", 1, "--with-only", "--write", "--json")
    told = json.loads(cli("loadtest", *arguments, "--statement", statement).output)
    assert told["arms"][0]["failures"] == {}
    assert db.execute("select sum(complaints) from customer").fetchone() == (40,)
    told = json.loads(cli("loadtest", *arguments, "--statement", statement.replace("%(id)s", "-1")).output)
    assert told["arms"][0]["failures"] == {"23503": 20}
    assert "no event table" in cli("loadtest", "--mix", "visit=1", "--write", exit_code=1).output


@pytest.mark.usefixtures("live")
def test_a_size_comes_from_events_that_were_inserted(db: Db, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "EVENTS", 800)
    load = ("--profiles", "5M", "--events", "172.8M/day", "--model", "churn")
    assert "not marked as a copy" in cli("size", *load, "--write", exit_code=1).output
    allow(db)
    assert "3200 events of public.complaint would be written" in cli("size", *load, exit_code=1).output
    assert "There are: churn" in cli("size", *load[:-1], "chrun", "--write", exit_code=1).output
    assert events(db) == 0
    found = json.loads(cli("size", *load, "--connections", 7, "--write", "--json").output)
    assert events(db) == 3200
    assert dbml.reconcile(db).differences == []
    measured, needs = found["measured"], {need["need"]: need["value"] for need in found["needs"]}
    assert not measured["by_time"]
    assert measured["logged"] == 0
    # A row of complaint has 60 bytes, and its index 20 more; the record of an insert is of that order too.
    assert 60 < measured["event_row"] < 150
    assert 200 < measured["wal"] < 3000
    assert measured["cpu"] > 0
    assert needs["cores, busy"] == pytest.approx(2000 * measured["cpu"])
    assert needs["memory of sessions"] == pytest.approx(7 * measured["memory"])
    monkeypatch.setattr(measuring, "EVENTS", 40)
    shown = cli("size", *load, "--write").output
    assert "2000/s × " in shown
    assert "cores, to have" in shown
