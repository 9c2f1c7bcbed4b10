"""The command of whoever keeps things going beside the applications: worker."""

from __future__ import annotations

import signal
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import click

import dbml
from dbml.cli.parameters import NumberRange
from dbml.cli.shared import Command, connect, dsn_option

if TYPE_CHECKING:
    from dbml.work.worker import Ended


def tell_option(command: Command) -> Command:
    """Add ``--tell``."""
    return click.option(
        "--tell",
        "places",
        multiple=True,
        metavar="WHERE",
        help="Tell alerts to https://…, alertmanager+http://…, smtp://…?to=… or exec:COMMAND.",
    )(command)


@click.command("worker")
@dsn_option
@click.option("--once", is_flag=True, help="Do what is due, and exit: for cron.")
@click.option(
    "--duty", "names", multiple=True, metavar="NAME", help="Only this one. With --once also before it is due."
)
@click.option("--keep-log", metavar="INTERVAL", help="Drop what was logged longer ago, as '90 days'.")
@tell_option
@click.option(
    "--publish-to",
    envvar="DBML_PUBLISH_TO",
    metavar="URL",
    help="Relay events there: kafka://…, nats://…, amqp://… or a webhook's https://…",
)
@click.option(
    "--consume",
    "consumed",
    multiple=True,
    metavar="TOPIC:TABLE=URL",
    help="Insert the events of a topic into a table, as dbml consume does.",
)
@click.option(
    "--retrain", "recipes", multiple=True, metavar="NAME=FILE", help="Make that model anew when its recipe says so."
)
@click.option(
    "--traces-to",
    envvar="DBML_TRACES_TO",
    metavar="URL",
    help="Export spans to a collector: http://HOST:4318 or grpc://HOST:4317.",
)
@click.option(
    "--lease",
    default=30.0,
    show_default=True,
    type=NumberRange(min=0.3),
    metavar="SECONDS",
    help="Another worker takes over from one that gives no sign of life for so long.",
)
def worker_command(
    dsn: str | None,
    once: bool,
    names: tuple[str, ...],
    keep_log: str | None,
    places: tuple[str, ...],
    publish_to: str | None,
    consumed: tuple[str, ...],
    recipes: tuple[str, ...],
    traces_to: str | None,
    lease: float,
) -> None:
    """Do what is due, until stopped.

    Any number of workers share the duties; dbml.job shows who is at what. The exit status is 1 if, with --once, a duty
    failed. SIGTERM or Ctrl-C stops it: what it is at is cancelled, and another worker does it.
    """
    from dbml.work.duties import chosen
    from dbml.work.worker import work

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    duties = chosen(
        names,
        keep_log=keep_log,
        places=places,
        publish_to=publish_to,
        recipes=recipes,
        traces_to=traces_to,
        consumed=consumed,
    )

    def told(ended: Ended) -> None:
        # A duty that is due each second would fill a log with saying that there was nothing to do.
        if once or ended.done != 0:
            _tell(ended)

    try:
        if not work(dsn, duties, told, once=once, early=once and bool(names), length=timedelta(seconds=lease)):
            sys.exit(1)
    except KeyboardInterrupt:
        click.echo("stopped.")


@click.command("consume")
@click.argument("topic")
@dsn_option
@click.option("--from", "url", required=True, metavar="URL", help="The broker: kafka://…, nats://… or amqp://…")
@click.option("--table", required=True, help="Where the events go; their data has its columns.")
@click.option("--once", is_flag=True, help="Until the topic's present end.")
@click.option("--remember-days", type=NumberRange(min=0), help="How long an event is known again; else for ever.")
def consume_command(topic: str, dsn: str | None, url: str, table: str, once: bool, remember_days: float | None) -> None:
    """Insert the events of a topic into a table, each once.

    An event that cannot be inserted stands in dbml.dead_letter, and holds up no other.
    """
    from dbml.work.consume import Consumed, consume

    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def told(done: Consumed) -> None:
        click.echo(f"{topic}: {done.inserted} inserted, {done.again} known already, {done.dead} dead letters.")

    remember = None if remember_days is None else timedelta(days=remember_days)
    try:
        consume(dsn, url, topic, table, told, once=once, remember=remember)
    except KeyboardInterrupt:
        click.echo("stopped.")


def _tell(ended: Ended) -> None:
    if ended.error is not None:
        click.echo(f"dbml: {ended.duty.name} failed: {ended.error}", err=True)
    else:
        click.echo(f"{ended.duty.name}: {ended.done} {ended.duty.did}.")


@click.command("watch")
@dsn_option
@click.option("--once", is_flag=True, help="Look once: the exit status is 1 where an alert is open.")
@click.option("--window", default="1 day", show_default=True, metavar="INTERVAL", help="Of drift.")
@tell_option
def watch_command(dsn: str | None, once: bool, window: str, places: tuple[str, ...]) -> None:
    """Count, compare and tell alerts, until stopped.

    It does the duties histograms and alerts of a worker in the foreground, and prints what is open.
    """
    from dbml.work.alerts import alerts
    from dbml.work.histograms import HISTOGRAMS
    from dbml.work.worker import work

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    told: set[int] = set()

    def tell(ended: Ended) -> None:
        if ended.error is not None or ended.duty.name != "alerts":
            _tell(ended)
            return
        with connect(dsn) as connection:
            for alert in reversed(dbml.alerts(connection)):
                if alert["id"] not in told:
                    told.add(alert["id"])
                    click.echo(f"{alert['model'] or 'dbml'}: {alert['says']}.")

    try:
        done = work(dsn, [HISTOGRAMS, alerts(places, window)], tell, once=once, early=once)
    except KeyboardInterrupt:
        click.echo("stopped.")
    else:
        sys.exit(bool(told) or not done)
