"""Whether events are lost, invented or out of order: ``python -m soak.publishing``.

Clients change scores, and roll some of it back; a trigger of the application's own writes down what was committed. A
caller publishes events that are consumed into a table, some of them twice. The relay, a worker that scores, one that
consumes, a backend, the whole server and the broker are killed again and again. Then what the broker has is compared
with what was committed, and what was consumed with what was published.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import psycopg
from sklearn.linear_model import LogisticRegression

import dbml
from dbml import Event, Prediction, Profile, Publication
from dbml.demo.server import temporary_server
from soak import brokers, shop
from soak.brokers import Broker
from soak.control import DURABLE, Control

CUSTOMERS = 200
CALLS = "calls"
TOPICS = {"churn": "churned", "risk": "risked"}
# ``risk`` is scored by a worker, ``churn`` in the statement.
TABLES = """
create table customer (id integer primary key, complaints bigint not null default 0, spend double precision not null,
                       churn double precision, churn_version integer, risk double precision, risk_version integer,
                       calls bigint not null default 0);
create table call (name text, customer_id integer references customer);
create table complaint (id bigint generated always as identity, customer_id integer references customer);
create table audit (id bigint generated always as identity, model text, entity text,
                    old double precision, new double precision);
create function note() returns trigger language plpgsql as $$
begin
  if coalesce(new.churn > 0.5, false) <> coalesce(old.churn > 0.5, false) then
    insert into public.audit (model, entity, old, new) values ('churn', new.id::text, old.churn, new.churn);
  end if;
  if coalesce(new.risk > 0.5, false) <> coalesce(old.risk > 0.5, false) then
    insert into public.audit (model, entity, old, new) values ('risk', new.id::text, old.risk, new.risk);
  end if;
  return null;
end $$;
create trigger note after insert or update on customer for each row execute function note();
grant insert on audit to public;
"""


def profile() -> Profile:
    """Both models, each event when a score passes the middle."""
    return Profile(
        "public.customer",
        "id",
        [Prediction("churn", "churn", "churn_version"), Prediction("risk", "risk", "risk_version", mode="queued")],
        [
            Event("public.complaint", "customer_id", {"complaints": "count(*)"}),
            Event("public.call", "customer_id", {"calls": "count(*)"}),
        ],
        publications=[Publication(model, topic, threshold=(0.5,)) for model, topic in TOPICS.items()],
    )


class Client(threading.Thread):
    """Inserts and deletes complaints, and rolls back one time in five; goes on when the server comes back."""

    def __init__(self, dsn: str, seed: int, ended: threading.Event) -> None:
        super().__init__()
        self._dsn, self._chance, self._ended = dsn, random.Random(seed), ended
        self.committed = self.rolled_back = 0

    def run(self) -> None:
        """Until told to end."""
        while not self._ended.is_set():
            with suppress(psycopg.Error), psycopg.connect(self._dsn) as connection:
                while not self._ended.is_set():
                    self._one(connection)
            time.sleep(0.1)

    def _one(self, connection: psycopg.Connection[Any]) -> None:
        for _ in range(self._chance.choice((1, 1, 3))):
            key = self._chance.randint(1, CUSTOMERS)
            if self._chance.random() < 0.5:
                rows = self._chance.choice((1, 2, 5))
                connection.execute(
                    "insert into complaint (customer_id) select %s from generate_series(1, %s)", [key, rows]
                )
            else:
                connection.execute("delete from complaint where customer_id = %s", [key])
        if self._chance.random() < 0.2:
            connection.rollback()
            self.rolled_back += 1
        else:
            connection.commit()
            self.committed += 1


class Caller(threading.Thread):
    """Publishes calls, one in five twice, and once more what it does not know to have arrived."""

    def __init__(self, broker: Broker, ended: threading.Event) -> None:
        super().__init__()
        self._broker, self._ended = broker, ended
        self.published: list[str] = []

    def run(self) -> None:
        """Until told to end; what has begun to be published is published."""
        chance = random.Random("calls")
        while not self._ended.is_set():
            names = [f"call {len(self.published) + n}" for n in range(20)]
            events = [
                {"id": name, "source": "soak", "data": {"name": name, "customer_id": chance.randint(1, CUSTOMERS)}}
                for name in names
            ]
            twice = [event for event in events if chance.random() < 0.2]
            while not self._put([json.dumps(event).encode() for event in [*events, *twice]]):
                time.sleep(0.2)
            self.published += names
            time.sleep(0.05)

    def _put(self, contents: list[bytes]) -> bool:
        try:
            self._broker.put(CALLS, contents)
        except Exception:  # each client has errors of its own for a broker that is away
            return False
        return True


class Worker:
    """``dbml worker`` for one duty, which can be killed."""

    def __init__(self, *arguments: str) -> None:
        self._command = [str(Path(sys.executable).with_name("dbml")), "worker", "--lease", "1", *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def supervise(self) -> None:
        """Start it again where it has ended by itself, as it does when the server is away as it starts."""
        if self._process is not None and self._process.poll() is not None:
            self.start()

    def kill(self) -> None:
        """``kill -9``."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def differences(expected: list[tuple[str, float | None, float]], heard: list[Any]) -> tuple[int, int, int, int]:
    """Events lost, invented and out of order, and duplicates of the same id."""
    first = {event["id"]: event for event in reversed(heard)}  # of each id the first
    ids = list(dict.fromkeys(event["id"] for event in heard))
    stories: tuple[dict[str, list[Any]], dict[str, list[Any]]] = (defaultdict(list), defaultdict(list))
    for entity, old, new in expected:
        stories[0][entity].append((old, new))
    for one in ids:
        data = first[one]["data"]
        stories[1][data["key"][0]].append((data["old"], data["new"]))
    lost = invented = disordered = 0
    for entity in {*stories[0], *stories[1]}:
        wanted, found = stories[0][entity], stories[1][entity]
        lost += sum(max(0, wanted.count(one) - found.count(one)) for one in set(wanted))
        invented += sum(max(0, found.count(one) - wanted.count(one)) for one in set(found))
        disordered += sorted(wanted, key=str) == sorted(found, key=str) and wanted != found
    return lost, invented, disordered, len(heard) - len(ids)


def try_one(kind: str, kills: int, clients: int, chosen: Sequence[str], say: Callable[[str], None]) -> bool:
    """Try every fault with one broker; returns whether all was right."""
    with temporary_server(say=say, settings=DURABLE) as server, brokers.running(kind) as broker:
        control = Control(server)
        db = control.connect()
        dbml.install(db, python_path=server.python_packages)
        db.execute(TABLES)
        db.execute(f"insert into customer (id, spend) select g, 30 + g % 40 from generate_series(1, {CUSTOMERS}) g")
        for model in TOPICS:
            dbml.add_model(db, model, LogisticRegression().fit(shop.ROWS, shop.CHURNED), sample=shop.ROWS.head(100))
        dbml.attach(db, profile())
        for model, topic in TOPICS.items():
            dbml.deploy(db, model, 1)
            dbml.rescore(db, model, every=True)
            broker.create(topic)
        ended = threading.Event()
        crowd = [Client(server.dsn, seed, ended) for seed in range(clients)]
        relay = Worker("--duty", "relay", "--publish-to", broker.url, "--dsn", server.dsn)
        queued = Worker("--duty", "queued", "--dsn", server.dsn)
        words = ("--duty", f"consume {CALLS}", "--consume", f"{CALLS}:public.call={broker.url}")
        consumer, caller = Worker(*words, "--dsn", server.dsn), Caller(broker, ended)
        broker.create(CALLS)
        workers = (relay, queued, consumer)
        everyone: list[Any] = [*crowd, caller, *workers]
        for one in everyone:
            one.start()
        try:
            faults = {name: fault for name, fault in _faults(control, broker, *workers).items() if name in chosen}
            chance = random.Random(0)
            for what in [name for name in faults for _ in range(kills)]:
                time.sleep(1 + 2 * chance.random())
                faults[what]()
                for worker in workers:
                    worker.supervise()
            ended.set()
            for client in (*crowd, caller):
                client.join()
            db = control.connect()
            _wait(db, len(caller.published), *workers)
        finally:
            ended.set()
            for worker in workers:
                worker.kill()
        consumed = db.execute("select name, count(*)::int from call group by name").fetchall()
        (letters,) = db.execute("select count(*)::int from dbml.dead_letter").fetchone() or (0,)
        invented = len({name for name, _ in consumed} - {*caller.published})
        missing, others = {*caller.published} - {name for name, _ in consumed}, sum(int(n) != 1 for _, n in consumed)
        good = bool(consumed) and not (missing or others or letters or invented)
        say(
            f"{kind}, consumed: {len(caller.published):,} events published; {len(missing)} lost, "
            f"{others} inserted more than once, {invented} invented, {letters} dead letters"
        )
        for model, topic in TOPICS.items():
            rows = db.execute("select entity, old, new from audit where model = %s order by id", [model]).fetchall()
            lost, invented, disordered, twice = differences(rows, broker.read(topic))
            good = good and bool(rows) and not (lost or invented or disordered)
            say(
                f"{kind}, {model}: {len(rows):,} events committed; {lost} lost, {invented} invented, "
                f"{disordered} customers out of order, {twice} duplicates of the same id"
            )
        wrong = dbml.reconcile(db).differences
        committed, rolled_back = sum(c.committed for c in crowd), sum(c.rolled_back for c in crowd)
        say(
            f"{kind}: {kills} kills each of {', '.join(faults)}; {committed:,} transactions, {rolled_back:,} "
            f"rolled back; reconcile: {len(wrong)} differences"
        )
        db.close()
        return good and not wrong


def _faults(
    control: Control, broker: Broker, relay: Worker, queued: Worker, consumer: Worker
) -> dict[str, Callable[[], None]]:
    def backend() -> None:
        query = "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
        victims: list[Any] = []
        while not victims:  # else all have just lost their connections
            with suppress(psycopg.Error), control.connect() as session:
                victims = session.execute(query).fetchall()
        control.kill(random.choice(victims)[0])

    def restarted(worker: Worker) -> Callable[[], None]:
        def fault() -> None:
            worker.kill()
            worker.start()

        return fault

    def server() -> None:
        control.kill_all()
        time.sleep(1)
        control.start_after_kill()

    def broker_restarted() -> None:
        broker.kill()
        time.sleep(1)
        broker.start()

    return {
        "the relay": restarted(relay),
        "the worker that scores": restarted(queued),
        "the worker that consumes": restarted(consumer),
        "a backend of the server": backend,
        "the postmaster": server,
        "the broker": broker_restarted,
    }


def _wait(db: psycopg.Connection[Any], calls: int, *workers: Worker) -> None:
    """Until nothing waits to be consumed, to be scored or to be relayed."""
    deadline = time.monotonic() + 300
    waits = (
        "select exists (select from dbml.queue) or exists (select from dbml.outbox)"
        " or (select count(distinct name) from call) < %s"
    )
    while db.execute(waits, [calls]).fetchone() != (False,):
        if time.monotonic() > deadline:
            raise RuntimeError(f"it still waits: {db.execute('select duty, state, error from dbml.job').fetchall()}")
        for worker in workers:
            worker.supervise()
        time.sleep(0.2)


FAULTS = (
    "the relay",
    "the worker that scores",
    "the worker that consumes",
    "a backend of the server",
    "the postmaster",
    "the broker",
)


@click.command()
@click.option("--kills", type=int, default=20, show_default=True, help="Of each.")
@click.option("--clients", type=int, default=4, show_default=True)
@click.option("--broker", "kinds", multiple=True, type=click.Choice(list(brokers.KINDS)), default=list(brokers.KINDS))
@click.option("--only", "chosen", multiple=True, type=click.Choice(FAULTS), default=FAULTS, help="Kill only this.")
def main(kills: int, clients: int, kinds: tuple[str, ...], chosen: tuple[str, ...]) -> None:
    """Kill everything that has a part in publishing, and compare what was heard with what was committed."""
    results = [try_one(kind, kills, clients, chosen, click.echo) for kind in kinds]
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
