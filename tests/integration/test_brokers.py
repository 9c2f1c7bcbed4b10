"""From topic to topic by NATS and RabbitMQ themselves: `make test-brokers` installs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from soak import brokers
from soak.brokers import Broker
from tests.conftest import SPEC, Cli, profile_rows

pytestmark = [
    pytest.mark.broker,
    # pika leaves sockets to the garbage collector where nobody listens.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
Db = psycopg.Connection[Any]
PUBLISH = """
[[publish]]
model = "churn"
topic = "churned"
threshold = 0.5
"""


@pytest.fixture(scope="module", params=list(brokers.KINDS))
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    with brokers.running(request.param) as started:
        yield started


@pytest.fixture
def spec_file(tmp_path: Path) -> Path:
    file = tmp_path / "churn.toml"
    file.write_text(SPEC + PUBLISH)
    return file


def waiting(db: Db) -> list[str]:
    return [name for (name,) in db.execute("select event_id::text from dbml.outbox order by id").fetchall()]


@pytest.mark.usefixtures("live")
def test_from_topic_to_topic(db: Db, cli: Cli, broker: Broker) -> None:
    relay = ("worker", "--once", "--duty", "relay", "--publish-to", broker.url)
    consume = ("consume", "complaints", "--from", broker.url, "--table", "complaint", "--once")
    db.execute("delete from dbml.outbox")
    # Nothing is there to take them: it is said, and nothing is lost.
    assert "cannot be used" in cli(*consume, exit_code=1).output
    db.execute("insert into complaint (customer_id) select 50 from generate_series(1, 8)")
    published = waiting(db)
    assert published and "did not take event" in cli(*relay, exit_code=1).output
    assert waiting(db) == published
    broker.create("churned")
    broker.create("complaints")
    before = {row.id: row.churn_score for row in profile_rows(db).itertuples()}
    complaints = [
        {"id": str(n), "source": "crm", "specversion": "1.0", "data": {"customer_id": 1 + n % 5, "severity": 2}}
        for n in range(60)
    ]
    poison = [b"{", b"[]", b'{"id": "y", "data": {"customer": 1}}', b'{"id": "z", "data": {"customer_id": 4711}}']
    broker.put("complaints", [json.dumps(event).encode() for event in [*complaints, *complaints[:20]]])
    broker.put("complaints", poison)
    broker.put("complaints", [b'{"customer_id": 6}'], {f"{broker.prefix}id": "b", f"{broker.prefix}source": "crm"})
    said = cli(*consume).output
    assert "61 inserted, 20 known already, 4 dead letters" in said
    counts = "select customer_id, count(*) from complaint group by 1 order by 1"
    assert db.execute(counts).fetchall() == [(1, 12), (2, 12), (3, 12), (4, 12), (5, 12), (6, 1), (50, 8)]
    letters = db.execute("select content from dbml.dead_letter").fetchall()
    assert sorted(content for (content,) in letters) == sorted(poison)
    # What was done is not given again; what comes again all the same is known.
    assert "inserted" not in cli(*consume).output
    broker.put("complaints", [json.dumps(complaints[0]).encode()])
    assert "0 inserted, 1 known already" in cli(*consume).output
    broker.put("complaints", [json.dumps({"id": "as a duty", "data": {"customer_id": 6}}).encode()])
    cli("worker", "--once", "--duty", "consume complaints", "--consume", f"complaints:complaint={broker.url}")
    assert db.execute("select count(*) from complaint where customer_id = 6").fetchone() == (2,)
    assert db.execute("select duty, state, done::int from dbml.job where duty ~ 'consume'").fetchall() == [
        ("consume complaints", "waiting", 1)
    ]

    published = waiting(db)
    broker.kill()
    assert "did not take event" in cli(*relay, exit_code=1).output
    assert "cannot be used" in cli(*consume, exit_code=1).output
    assert waiting(db) == published
    broker.start()
    cli(*relay)
    assert waiting(db) == []
    heard = broker.read("churned")
    assert [event["id"] for event in heard] == published
    after = {row.id: row.churn_score for row in profile_rows(db).itertuples()}
    passed = {str(key) for key, score in after.items() if score > 0.5 and (key == 50 or before[key] <= 0.5)}
    assert {event["subject"] for event in heard} == passed
