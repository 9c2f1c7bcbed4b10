"""Events out and in: what is published is what was committed, in order and with one id; what is consumed is there once."""

from __future__ import annotations

import base64
import hmac
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from confluent_kafka import Consumer, KafkaError, Producer

from dbml import spec
from dbml.errors import SpecError
from dbml.work.duties import chosen
from dbml.work.relay import relay
from dbml.work.worker import Ended, work
from tests.conftest import SPEC, Cli, Trained, profile_rows

Db = psycopg.Connection[Any]
Scored = tuple[float, int]  # and the version that gave it
Tenth = Callable[[Scored | None], int | None]
PUBLISH = """
[[publish]]
model = "churn"
topic = "churned"
threshold = [0.3, 0.8]
decile = true
label = true
version = true
"""
SECRET = os.urandom(32)


@pytest.fixture
def spec_file(tmp_path: Path) -> Path:
    file = tmp_path / "churn.toml"
    file.write_text(SPEC + PUBLISH)
    return file


def outbox(db: Db) -> list[Any]:
    return db.execute("select entity, data from dbml.outbox order by id").fetchall()


def scored(db: Db) -> dict[str, Scored]:
    return {str(row.id): (row.churn_score, row.churn_version) for row in profile_rows(db).itertuples()}


@pytest.fixture(scope="session")
def tenth(churn: Trained, churn_2: Trained) -> Tenth:
    """The decile of a score among those of its version's sample, by NumPy."""
    quantiles = {
        version: np.quantile(model.truth(model.rows.head(60)), np.arange(1, 10) / 10, method="inverted_cdf")
        for version, model in ((1, churn), (2, churn_2))
    }

    def tenth(scored: Scored | None) -> int | None:
        return scored and 1 + int(np.searchsorted(quantiles[scored[1]], scored[0], side="right"))

    return tenth


def nudge(db: Db) -> None:
    """Let no customer be a row of the sample, whose scores are where deciles begin."""
    db.execute("update customer set spend = spend + 0.013; delete from dbml.outbox")


def because(old: Scored | None, new: Scored, tenth: Tenth) -> list[str]:
    """The reasons by which a change is published, as one would say them in Python."""

    def passed(limit: float) -> bool:
        return (old is not None and old[0] > limit) != (new[0] > limit)

    reasons = [f"threshold {limit}" for limit in (0.3, 0.8) if passed(limit)]
    reasons += ["decile"] if old is not None and tenth(old) != tenth(new) else []
    reasons += ["label"] if passed(0.5) else []
    return reasons + (["version"] if old is not None and old[1] != new[1] else [])


@pytest.mark.usefixtures("live")
def test_what_changes_is_published_and_nothing_else(db: Db, cli: Cli, churn_2: Trained, tenth: Tenth) -> None:
    before: dict[str, Any] = {}  # the first scores, which the backfill gave
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    reasons: set[str] = set()
    statements = (
        None,
        "insert into complaint (customer_id) select 1 + g % 50 from generate_series(0, 220) g",
        "insert into complaint (customer_id) values (7)",
        "delete from complaint where id % 3 = 0",
        "insert into customer (id, plan, complaints, spend) values (51, 'plus', 0, 50), (52, 'basic', 8, 50)",
        "update customer set churn_score = churn_score",
        "select dbml.deploy('churn', 2); select dbml.rescore('churn')",
    )
    for statement in statements:
        if statement:
            db.execute(statement)  # type: ignore[arg-type]
        after = scored(db)
        expected = {key: found for key, new in after.items() if (found := because(before.get(key), new, tenth))}
        published = outbox(db)
        assert {data["key"][0]: data["because"] for _, data in published} == expected, statement
        reasons |= {reason for found in expected.values() for reason in found}
        for (key,), data in published:
            old, new = before.get(key), after[key]
            assert (data["model"], data["profile"], data["key"]) == ("churn", "public.customer", [key])
            assert (data["old"], data["new"]) == (old and old[0], new[0])
            assert (data["version"], data["old_version"], data["arm"]) == (new[1], old and old[1], "control")
            assert (data["old_decile"], data["decile"]) == (tenth(old), tenth(new))
        nudge(db)
        before = scored(db)
    assert reasons == {"threshold 0.3", "threshold 0.8", "decile", "label", "version"}
    with psycopg.connect(db.info.dsn) as other:
        other.execute("delete from complaint")
        assert outbox(other)
        other.rollback()
        assert not outbox(other)
    # Somebody changes a type under a session that has published: no row is lost, and repair publishes what was not.
    db.execute("alter table customer alter churn_version type bigint")
    db.execute("insert into complaint (customer_id) select 3 + g % 7 from generate_series(1, 70) g")
    cli("repair")
    after = scored(db)
    expected_keys = {key for key, new in after.items() if because(before.get(key), new, tenth)}
    assert expected_keys and {key for (key,), _ in outbox(db)} == expected_keys
    # Without a reference a score has no decile; what else has changed is told all the same.
    db.execute("delete from dbml.outbox; delete from dbml.reference where model = 'churn'")
    db.execute("delete from complaint")
    left = [(data["because"], data["old_decile"], data["decile"]) for _, data in outbox(db)]
    assert left and all("decile" not in found and (old, new) == (None, None) for found, old, new in left)


class Hearer(BaseHTTPRequestHandler):
    """Takes events, and says no to every third request."""

    taken: list[dict[str, Any]]
    requests: int

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        words = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        signature = base64.b64encode(hmac.digest(SECRET, words, "sha256")).decode()
        assert self.headers["webhook-signature"] == f"v1,{signature}"
        assert self.headers["Content-Type"] == "application/cloudevents+json"
        type(self).requests += 1
        refused = type(self).requests % 3 == 0
        if not refused:
            type(self).taken.append(json.loads(body))
        self.send_response(503 if refused else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def hearer(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    Hearer.taken, Hearer.requests = [], 0
    monkeypatch.setenv("DBML_WEBHOOK_SECRET", "whsec_" + base64.b64encode(SECRET).decode())
    with ThreadingHTTPServer(("127.0.0.1", 0), Hearer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/events"
        server.shutdown()


@pytest.mark.usefixtures("live")
def test_a_webhook_hears_all_in_order_though_it_says_no_at_times(
    db: Db, cli: Cli, hearer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.execute("delete from dbml.outbox")
    # Two transactions that were begun in one order and write in the other; a third that is still open.
    with psycopg.connect(db.info.dsn) as first, psycopg.connect(db.info.dsn) as third:
        first.execute("select pg_current_xact_id()")
        third.execute("update customer set complaints = complaints where id = 50; select pg_current_xact_id()")
        with psycopg.connect(db.info.dsn) as second:
            second.execute("insert into complaint (customer_id) select 1 from generate_series(1, 9)")
        first.execute("delete from complaint")
        first.commit()
        waiting = db.execute("select event_id::text, data from dbml.outbox order by id").fetchall()
        assert len(waiting) >= 2
        relay = ("worker", "--once", "--duty", "relay", "--publish-to", hearer)
        runs = 0
        while db.execute("select exists (select from dbml.outbox)").fetchone() == (True,):
            runs += 1
            exit_code = int(runs * 3 <= len(waiting) + runs - 1)
            assert ("answers 503 to event" in cli(*relay, exit_code=exit_code).output) == bool(exit_code)
    assert [event["id"] for event in Hearer.taken] == [name for name, _ in waiting]
    for event, (_, data) in zip(Hearer.taken, waiting, strict=True):
        assert (event["specversion"], event["type"], event["subject"]) == ("1.0", "dbml.score.changed", data["key"][0])
        assert {**data, "at": event["time"]} == event["data"]
    monkeypatch.delenv("DBML_WEBHOOK_SECRET")
    assert "a webhook needs a secret" in cli(*relay, exit_code=1).output


@pytest.mark.long
@pytest.mark.usefixtures("live")
def test_what_waits_for_an_hour_is_seen_and_goes_out_in_order(db: Db, cli: Cli, hearer: str) -> None:
    """A worker tries once a second; here the tries of a long outage follow each other, and customers go on changing."""
    db.execute("delete from dbml.outbox")
    ended: list[Ended] = []
    with socket.socket() as nobody:  # bound, and listening to no one
        nobody.bind(("127.0.0.1", 0))
        away = relay(f"http://127.0.0.1:{nobody.getsockname()[1]}/events")
        for number in range(300):
            customer = 1 + number // 2 % 50
            if number % 2:
                db.execute("delete from complaint where customer_id = %s", [customer])
            else:
                db.execute("insert into complaint (customer_id) select %s from generate_series(1, 9)", [customer])
            assert not work(db.info.dsn, [away], ended.append, once=True, early=True)
    waiting = db.execute("select event_id::text, at from dbml.outbox order by id").fetchall()
    assert len(waiting) > 100 and len(ended) == 300
    assert db.execute("select topic, waiting, oldest from dbml.outbox_status").fetchall() == [
        ("churned", len(waiting), waiting[0][1])
    ]
    ((state, failures, error),) = db.execute(
        "select state, failures, error from dbml.job where duty = 'relay'"
    ).fetchall()
    assert (state, failures) == ("failed", 300) and "http://127.0.0.1" in error
    here = relay(hearer)
    while db.execute("select exists (select from dbml.outbox)").fetchone() == (True,):
        work(db.info.dsn, [here], ended.append, once=True, early=True)
    assert [event["id"] for event in Hearer.taken] == [name for name, _ in waiting]
    assert cli("worker", "--once", "--duty", "relay", "--publish-to", hearer)
    assert db.execute("select state, error from dbml.job where duty = 'relay'").fetchall() == [("waiting", None)]


@pytest.mark.usefixtures("live")
def test_a_broker_that_is_away_is_asked_ever_later_and_what_waits_is_named(
    db: Db, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBML_WEBHOOK_SECRET", "whsec_" + base64.b64encode(SECRET).decode())
    db.execute("delete from dbml.outbox")
    db.execute("insert into complaint (customer_id) select 1 + g % 50 from generate_series(1, 450) g")
    with socket.socket() as nobody:  # bound, and listening to no one
        nobody.bind(("127.0.0.1", 0))
        away = relay(f"http://127.0.0.1:{nobody.getsockname()[1]}/events")
        waits = []
        for _ in range(9):
            assert not work(db.info.dsn, [away], lambda _: None, once=True, early=True)
            waits += db.execute("select date_part('epoch', due - ended) from dbml.job where duty = 'relay'").fetchall()
        for least, (wait,) in zip((0.5, 1, 2, 4, 8, 16, 30, 30, 30), waits, strict=True):
            assert least <= wait <= 2 * least + 0.01
        assert len({wait for (wait,) in waits[-3:]}) == 3  # not everybody asks at one moment
        assert work(db.info.dsn, [away], lambda _: pytest.fail("it is not due"), once=True)
    retry = "select value from dbml.metrics where name = 'dbml_duty_retry_seconds' and labels ->> 'duty' = 'relay'"
    assert 0 < db.execute(retry).fetchall()[0][0] <= 60
    assert db.execute("select value > 0 from dbml.metrics where name = 'dbml_outbox_bytes'").fetchall() == [(True,)]
    # After an hour it is an alert, and stands in what doctor finds; inserts go on.
    assert "events of churned" not in cli("doctor").output
    db.execute("update dbml.outbox set at = at - interval '61 minutes'; delete from complaint")
    db.execute("select dbml.check_alerts()")
    waiting = len(outbox(db))
    ((says,),) = db.execute("select says from dbml.alert where cause = 'events churned'").fetchall()
    assert says.startswith(f"{waiting} events of the topic churned wait to be relayed, the oldest since ")
    assert "the relay fails: http://127.0.0.1" in says
    told = cli("doctor").output
    assert f"{waiting} wait to be relayed" in told and "select dbml.discard_events('churned')" in told
    # What nobody wants any more can be thrown away, by whoever may deploy: one, those of a time, all of a topic.
    with psycopg.connect(db.info.dsn) as session:
        session.execute("set role dbml_deployer")
        discard = (
            "select dbml.discard_events('churned', event => (select event_id from dbml.outbox order by id limit 1))"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(discard)  # ids are the relay's matter
        session.rollback()
        (first, old) = db.execute(
            "select (array_agg(event_id order by id))[1], count(*) filter (where at < now() - interval '1 hour') from dbml.outbox"
        ).fetchall()[0]
        session.execute("set role dbml_deployer")
        found = [
            session.execute(f"select dbml.discard_events({what})", {"event": first}).fetchone()
            for what in (
                "'churned', event => %(event)s",
                "'other'",
                "'churned', now() - interval '1 hour'",
                "'churned'",
            )
        ]
        session.commit()
    assert found == [(1,), (0,), (old - 1,), (waiting - old,)] and old > 1 and waiting > old
    db.execute("select dbml.check_alerts()")
    assert db.execute("select closed_at is null from dbml.alert where cause = 'events churned'").fetchall() == [
        (False,)
    ]


@pytest.fixture
def broker() -> Iterator[str]:
    """librdkafka's own cluster of three brokers, in this process."""
    cluster = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 3, "log_level": 0})
    brokers = cluster.list_topics(timeout=30).brokers.values()
    yield "kafka://" + ",".join(f"{one.host}:{one.port}" for one in brokers)
    del cluster


def read(broker: str, topic: str) -> list[tuple[str, Any]]:
    """All that a second application finds in a topic."""
    servers = broker.removeprefix("kafka://")
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": "view",
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    consumer.subscribe([topic])
    found, ended = [], set()
    while not ended or {part.partition for part in consumer.assignment()} - ended:
        for message in consumer.consume(100, 0.5):
            if message.error() is None:
                found.append((message.key().decode(), json.loads(message.value())))
            elif message.error().code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition())
    consumer.close()
    return found


@pytest.mark.usefixtures("tables")
def test_kafka_takes_events_in_order_and_gives_each_once(db: Db, cli: Cli, broker: str) -> None:
    db.execute(
        "insert into dbml.outbox (topic, entity, data)"
        " select 'churned', array[(1 + g % 3)::text], jsonb_build_object('profile', 'p', 'n', g) from generate_series(1, 30) g"
    )
    waiting = db.execute("select event_id::text, entity[1], data ->> 'n' from dbml.outbox order by id").fetchall()
    assert "30 events were relayed" in cli("worker", "--once", "--duty", "relay", "--publish-to", broker).output
    assert outbox(db) == []
    heard = [(event["id"], key, str(event["data"]["n"])) for key, event in read(broker, "churned")]
    for customer in ("1", "2", "3"):  # a key's events are in one partition
        assert [one for one in heard if one[1] == customer] == [one for one in waiting if one[1] == customer]
    producer = Producer({"bootstrap.servers": broker.removeprefix("kafka://")})
    for number in (1, 2, 1):
        event = {"id": str(number), "source": "crm", "specversion": "1.0", "data": {"customer_id": number}}
        producer.produce("complaints", json.dumps(event).encode())
    producer.produce("complaints", b"{")
    producer.flush()
    cli("consume", "complaints", "--from", broker, "--table", "complaint", "--once")
    assert db.execute("select customer_id from complaint order by 1").fetchall() == [(1,), (2,)]
    assert db.execute("select content from dbml.dead_letter").fetchall() == [(b"{",)]


@pytest.mark.long
@pytest.mark.usefixtures("live")
def test_from_topic_to_topic(db: Db, cli: Cli, broker: str, tenth: Tenth) -> None:
    """A complaint comes by Kafka, moves a counter and a score, and what changes goes out by Kafka."""
    first = scored(db)
    db.execute("update customer set spend = spend + 0.013")
    cli("worker", "--once", "--duty", "relay", "--publish-to", broker)
    producer = Producer({"bootstrap.servers": broker.removeprefix("kafka://")})
    complaints = [
        {"id": str(n), "source": "crm", "specversion": "1.0", "data": {"customer_id": 1 + n % 5, "severity": 2}}
        for n in range(60)
    ]
    poison = [
        b"{",
        b"[]",
        b'{"id": "x", "data": 3}',
        b'{"id": "y", "data": {"customer": 1}}',
        b'{"id": "z", "data": {"customer_id": 4711}}',
        b'{"id": "w", "data": {"customer_id": "one"}}',
    ]
    for event in [*complaints, *complaints[:20]]:
        producer.produce("complaints", json.dumps(event).encode())
    for content in poison:
        producer.produce("complaints", content)
    producer.produce("complaints", b'{"customer_id": 6}', headers={"ce_id": "b", "ce_source": "crm"})
    producer.flush()
    consume = ("consume", "complaints", "--from", broker, "--table", "complaint", "--once")
    before = scored(db)
    cli(*consume)
    # A consumer of another group has lost its place in the topic: all comes again, and is known.
    cli("consume", "complaints", "--from", f"{broker}?group.id=other", "--table", "complaint", "--once")
    counts = "select customer_id, count(*) from complaint group by 1 order by 1"
    assert db.execute(counts).fetchall() == [(1, 12), (2, 12), (3, 12), (4, 12), (5, 12), (6, 1)]
    assert db.execute("select id, complaints from customer where complaints > 0 order by id").fetchall() == (
        db.execute(counts).fetchall()
    )
    letters = db.execute("select content, error from dbml.dead_letter order by id").fetchall()
    assert sorted(content for content, _ in letters) == sorted(poison)
    assert any("has no column customer" in error for _, error in letters)
    cli("worker", "--once", "--duty", "relay", "--publish-to", broker)
    assert outbox(db) == []
    heard = read(broker, "churned")
    assert len({event["id"] for _, event in heard}) == len(heard)
    for key, score in scored(db).items():
        story = [event["data"] for found, event in heard if found == key]
        assert bool(story) == bool(
            because(None, first[key], tenth)
            or because(first[key], before[key], tenth)
            or because(before[key], score, tenth)
        )
        # What one event leaves, the next one finds, and the last one leaves what is there.
        for limit in (0.3, 0.5, 0.8):
            sides = [(None if one["old"] is None else one["old"] > limit, one["new"] > limit) for one in story]
            assert all(left[1] == found[0] for left, found in pairwise(sides))
            assert not sides or sides[-1][1] == (score[0] > limit)


def test_who_listens_is_notified_of_what_is_committed(
    db: Db, cli: Cli, tables: None, churn: Trained, spec_file: Path
) -> None:
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    spec_file.write_text(SPEC + PUBLISH + 'to = "notify"\n')
    cli("attach", spec_file)
    cli("deploy", "churn@1", "--wait")
    with psycopg.connect(db.info.dsn, autocommit=True) as listener:
        listener.execute("listen churned")
        with psycopg.connect(db.info.dsn) as other:
            other.execute("insert into complaint (customer_id) select 1 from generate_series(1, 9)")
            other.rollback()
        db.execute("insert into complaint (customer_id) select 2 from generate_series(1, 9)")
        (heard,) = listener.notifies(timeout=5, stop_after=1)
        assert not list(listener.notifies(timeout=0))
        event = json.loads(heard.payload)
        assert (heard.channel, event["type"], event["subject"]) == ("churned", "dbml.score.changed", "2")
        assert (event["data"]["new"], event["data"]["version"]) == scored(db)["2"]
        # PostgreSQL would fail the statement for a longer one.
        for size, told in ((7000, {"profile", "text"}), (9000, None)):
            db.execute(
                "select dbml._notify('churned', '{7}', jsonb_build_object('profile', 'p', 'text', repeat('x', %s)))",
                [size],
            )
            (heard,) = listener.notifies(timeout=5, stop_after=1)
            data = json.loads(heard.payload).get("data")
            assert (data and {*data} - {"at"}) == told
        db.execute("select dbml._notify('churned', array[repeat('k', 9000)], '{}')")
        assert not list(listener.notifies(timeout=0))
    assert outbox(db) == []


def test_bad_publications_are_refused() -> None:
    with pytest.raises(SpecError, match="does not say what is consumed"):
        chosen((), consumed=["complaints=nats://localhost"])
    prediction = spec.Prediction("churn", "churn_score", "churn_version")
    for publication, says in (
        (lambda: spec.Publication("churn"), "does not say which changes"),
        (lambda: spec.Publication("churn", threshold="high"), "has threshold ="),
        (lambda: spec.Publication("churn", label=True, to="kafka"), 'has to = "kafka"'),
        (lambda: spec.Publication("chern", label=True), 'publishes "chern", which it does not predict'),
    ):
        with pytest.raises(SpecError, match=says):
            spec.Profile("customer", "id", [prediction], publications=[publication()])
    with pytest.raises(SpecError, match="no column says which version"):
        spec.Profile(
            "customer", "id", [spec.Prediction("churn", "s")], publications=[spec.Publication("churn", label=True)]
        )
    with pytest.raises(SpecError, match="is published by decile, and its column holds a label"):
        spec.Profile(
            "customer",
            "id",
            [spec.Prediction("churn", "said", "churn_version", output="label")],
            publications=[spec.Publication("churn", decile=True)],
        )
    with pytest.raises(SpecError, match="has a topic of 64 bytes"):
        spec.Publication("churn", "t" * 64, label=True, to="notify")
    publication = spec.Publication("churn", threshold=0.8, decile=True, to="wal")
    published = spec.Profile("customer", "id", [prediction], publications=[publication])
    assert spec.Profile.from_dict(json.loads(json.dumps(published.as_dict()))) == published
