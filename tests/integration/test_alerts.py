"""Alerts: one a cause, told once at each place, over when the cause has gone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from aiosmtpd.controller import Controller

import dbml
from dbml.observing import alerts as telling
from dbml.observing.channels import channel
from tests.conftest import Cli, Databases, Trained
from tests.logged import log, rows

Db = psycopg.Connection[Any]


@pytest.fixture
def model(sampled: Trained) -> Trained:
    return sampled


@pytest.fixture
def dsn(databases: Databases, with_sampled: str) -> str:
    return databases.create(like=with_sampled)


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it is sent; answers 500 where it is told to."""

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((self.path, content))  # type: ignore[attr-defined]
        self.send_response(self.server.answer)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Any]:
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.got, server.answer = [], 200  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


class Mailbox:
    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(envelope)
        return "250 kept"


@pytest.fixture
def mail() -> Iterator[Any]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=0)
    controller.port = free_port()
    controller.start()
    yield controller.port, box.mails
    controller.stop()


def free_port() -> int:
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        return int(server.server_port)


def drifted(db: Db, model: Trained, factor: float) -> None:
    """Two days of predictions."""
    db.execute("delete from dbml.log; delete from dbml.histogram; delete from dbml.histogram_mark")
    for day in (1, 0):
        logged = rows(np.random.default_rng(day), 500)
        logged["score"] = model.truth(logged)
        logged["spend"] *= factor
        log(db, model, logged, day)
    dbml.update_histograms(db)


@pytest.fixture
def served(db: Db) -> None:
    db.execute("insert into dbml.deployment (model, version) values ('churn', 1)")


@pytest.mark.usefixtures("served")
def test_every_channel_hears_once_that_it_began_and_that_it_is_over(
    db: Db, cli: Cli, model: Trained, receiver: Any, mail: Any, tmp_path: Path
) -> None:
    port, mails = mail
    written = tmp_path / "alerts"
    here = f"127.0.0.1:{receiver.server_port}"
    tell = [
        f"--tell=http://user:secret@{here}/hook",
        f"--tell=alertmanager+http://{here}",
        f"--tell=smtp://127.0.0.1:{port}?to=ops@example.org&from=dbml@example.org",
        f"--tell=exec:tee -a {written}",
    ]
    drifted(db, model, 30)
    for _ in range(2):
        cli("worker", "--once", "--duty", "alerts", *tell)
    [alert] = dbml.alerts(db)
    assert (alert["model"], alert["cause"]) == ("churn", "drift of spend")
    assert "has its unit changed?" in alert["says"]
    by_path = dict(receiver.got)
    assert len(receiver.got) == 2 and len(mails) == 1
    assert by_path["/hook"]["event"] == "opened" and by_path["/hook"]["says"] == alert["says"]
    [fired] = by_path["/api/v2/alerts"]
    assert fired["labels"] | {"database": ""} == {"alertname": "dbml", "severity": "warning", "cause": "drift of spend", "model": "churn", "database": ""}  # fmt: skip
    assert fired["startsAt"] == alert["opened_at"].isoformat() and "endsAt" not in fired
    assert mails[0].rcpt_tos == ["ops@example.org"] and b"churn: drift of spend" in mails[0].content
    assert json.loads(written.read_text())["cause"] == "drift of spend"
    assert "secret" not in str(db.execute("select told_open from dbml.alert").fetchall())

    drifted(db, model, 1)
    for _ in range(2):
        cli("worker", "--once", "--duty", "alerts", *tell)
    assert dbml.alerts(db) == []
    assert [content["event"] for path, content in receiver.got if path == "/hook"] == ["opened", "closed"]
    assert receiver.got[-1][1][0]["endsAt"] > fired["startsAt"]
    assert b"over: churn" in mails[1].content and len(mails) == 2


@pytest.mark.usefixtures("served")
def test_what_comes_and_goes_is_told_twice_at_most(db: Db, model: Trained, receiver: Any) -> None:
    hook = [channel(f"http://127.0.0.1:{receiver.server_port}/")]
    for factor in (30, 1, 30, 1, 30, 1):
        drifted(db, model, factor)
        dbml.check_alerts(db)
        telling.tell(db, hook)
    assert [content["event"] for _, content in receiver.got] == ["opened", "closed", "opened", "closed"]
    assert [alert["reopened"] for alert in dbml.alerts(db, closed=True)] == [2]


@pytest.mark.usefixtures("served")
def test_a_place_that_fails_is_told_later_and_holds_up_no_other(
    db: Db, cli: Cli, model: Trained, receiver: Any
) -> None:
    drifted(db, model, 30)
    receiver.answer = 500
    places = ("--tell", f"http://127.0.0.1:{receiver.server_port}/", "--tell", "exec:false", "--tell", "exec:true")
    failed = cli("worker", "--once", "--duty", "alerts", *places, exit_code=1).output
    assert (
        "could not be told: HTTP Error 500" in failed and "exec:false could not be told: false exited with 1" in failed
    )
    assert db.execute("select told_open from dbml.alert").fetchone() == (["exec:true"],)
    receiver.answer = 200
    cli("worker", "--once", "--duty", "alerts", *places[:2])
    assert [content["event"] for _, content in receiver.got] == ["opened", "opened"]  # the first was refused
    assert "is no place that alerts can be told" in cli("worker", "--once", "--tell", "ftp://x", exit_code=1).output


@pytest.mark.usefixtures("served")
def test_alerts_are_listed_acknowledged_and_watched(db: Db, cli: Cli, model: Trained) -> None:
    assert "Nothing yet." in cli("alerts").output
    drifted(db, model, 30)
    watched = cli("watch", "--once", exit_code=1).output
    assert "churn: 99." in watched and watched.count("has its unit changed?") == 1
    [alert] = json.loads(cli("alerts", "--json").output)
    cli("alerts", "--acknowledge", alert["id"])
    assert dbml.alerts(db)[0]["acknowledged_by"] == "postgres"
    assert f"there is no open alert {alert['id'] + 1}" in cli("alerts", "--acknowledge", alert["id"] + 1, exit_code=1).output  # fmt: skip
    # No data is no good news.
    db.execute("delete from dbml.histogram")
    dbml.check_alerts(db)
    assert [a["closed_at"] for a in dbml.alerts(db)] == [None]


def test_a_duty_that_fails_again_and_again_is_an_alert(db: Db) -> None:
    db.execute("insert into dbml.duty (name, due, failures, error) values ('windows', now(), 3, 'no table')")
    dbml.check_alerts(db)
    assert [a["says"] for a in dbml.alerts(db)] == ["the duty windows has failed 3 times in a row: no table"]
    db.execute("update dbml.duty set failures = 0, error = null")
    dbml.check_alerts(db)
    assert dbml.alerts(db) == []
