"""The second application: how many customers are at risk, kept as a counter from the events of the topic `churned`.

    python at_risk.py BROKER FILE [--once]

It knows neither the model nor the shop's database. Its counter is in SQLite, where an event's id and what it changes
are committed together, and only then is the broker told: an event that comes twice counts once, and whoever stops it
in the middle loses none. That a counter of differences stays right needs the order of a customer's events, which dbml
and the topic's key give it.
"""

import json
import sqlite3
import sys

from confluent_kafka import Consumer, KafkaError

LIMIT = 0.5
TABLES = """
create table if not exists seen (id text primary key);
create table if not exists view (customers integer not null, events integer not null);
insert into view select 0, 0 where not exists (select 1 from view);
"""


def above(score: float | None) -> bool:
    """Whether a customer with this score is at risk; one without a score is not."""
    return score is not None and score > LIMIT


def count(view: sqlite3.Connection, event: dict) -> None:
    """Move the counter by one event, once however often it comes."""
    with view:
        if view.execute("insert or ignore into seen values (?)", [event["id"]]).rowcount:
            moved = above(event["data"]["new"]) - above(event["data"]["old"])
            view.execute("update view set customers = customers + ?, events = events + 1", [moved])


def main(broker: str, file: str, *, once: bool) -> None:
    """Count until stopped, or until the topic's present end."""
    view = sqlite3.connect(file)
    view.executescript(TABLES)
    consumer = Consumer(
        {
            "bootstrap.servers": broker,
            "group.id": "at-risk",
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    consumer.subscribe(["churned"])
    ended: set[int] = set()
    while not (once and ended and ended >= {part.partition for part in consumer.assignment()}):
        for message in consumer.consume(100, 0.5):
            if message.error() is None:
                count(view, json.loads(message.value()))
                consumer.commit(message, asynchronous=False)
            elif message.error().code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition())
    consumer.close()
    print(
        "{} customers are at risk, by {} events".format(*view.execute("select customers, events from view").fetchone())
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], once="--once" in sys.argv[3:])
