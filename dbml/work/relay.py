"""The duty ``relay``: events of the outbox go to a broker or a webhook, and are deleted once they are there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from dbml import database, errors
from dbml.database import Progress
from dbml.work.duty import Duty
from dbml.work.sinks import sink
from dbml.work.sinks.event import Event, Sink

# What goes out together, at most, but for the end of a transaction.
TOGETHER = 500


def relay(url: str) -> Duty:
    """Send what waits, in order, until nothing does.

    :param url: where to: ``kafka://…``, ``nats://…``, ``amqp://…`` or a webhook's ``https://…``.
    """
    opened: list[Sink] = []

    def run(connection: psycopg.Connection[Any], progress: Progress) -> int:
        if not opened:
            opened.append(sink(url))
        done = 0
        try:
            while sent := _batch(connection, opened[0]):
                done += sent
                progress("relay", done, done)
        except BaseException:
            # A broker's client that has failed is no good any more.
            opened.pop().close()
            raise
        return done

    return Duty("relay", timedelta(seconds=1), run, "events were relayed")


def _batch(connection: psycopg.Connection[Any], target: Sink) -> int:
    """Send the next events. What has gone out before something fails is not sent again."""
    failure: errors.DeliveryError | None = None
    sent: list[int] = []
    with connection.transaction():
        events = database.rows(connection, Event, "outbox_batch", rows=TOGETHER)
        try:
            for event in target.send(events):
                sent.append(event.id)
        except errors.DeliveryError as error:
            failure = error
        if sent:
            database.value(connection, "outbox_sent", ids=sent)
    if failure is not None:
        raise failure
    return len(sent)
