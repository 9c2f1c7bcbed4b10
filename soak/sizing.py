"""Does `dbml size` foretell a real run? ``python -m soak.sizing``; the figures stand in docs/sizing.md."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import joblib
import psycopg
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

import dbml
from dbml import Event, Prediction, Profile, database
from dbml.capacity.copies import CONSENT
from dbml.capacity.formula import Demand
from dbml.capacity.loadtest import Load, loadtest
from dbml.capacity.size import size
from dbml.demo.server import Server, temporary_server
from soak import shop
from soak.control import DURABLE

# A checkpoint within the run, so that whole pages are in its log.
SETTINGS = {**DURABLE, "checkpoint_timeout": "60s", "max_wal_size": "4GB"}
CLIENTS = 8
MODELS = {"linear": LogisticRegression(), "boosting": GradientBoostingClassifier(n_estimators=100, random_state=0)}


def build(db: psycopg.Connection[Any], folder: Path, estimator: Any, profiles: int) -> None:
    """The shop with customers, some events, a log and a model."""
    joblib.dump(estimator.fit(shop.ROWS, shop.CHURNED), folder / "model.joblib")
    shop.create(db, profiles)
    db.execute("insert into complaint (customer_id, amount) select 1 + g % 1000, g % 7 from generate_series(1, 3000) g")
    dbml.install(db)
    dbml.add_model(db, "churn", folder / "model.joblib", sample=shop.sample(folder))
    prediction = Prediction("churn", "churn_score", version_column="churn_version", log="scores")
    counters = {"complaints": "count(*)", "refunded": "sum(amount)"}
    dbml.attach(
        db, Profile("customer", "id", [prediction], [Event("complaint", "customer_id", counters)]), backfill=True
    )
    dbml.deploy(db, "churn", 1)
    dbml.rescore(db, "churn")
    db.execute("vacuum analyze")
    db.execute(f"comment on database postgres is '{CONSENT}'")


def processes(server: Server) -> dict[int, float]:
    """Seconds of processor time of every process of a server, by its number."""
    assert server.folder is not None
    postmaster = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return {int(child): _seconds(child) for child in children}


def _seconds(process: str) -> float:
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


@contextmanager
def watched(server: Server, seen: dict[int, float], memory: list[float]) -> Iterator[None]:
    """Note processor time and private memory again and again, since sessions end with their figures."""
    over = threading.Event()
    before = processes(server)

    def look() -> None:
        while not over.wait(0.5):
            for process, used in processes(server).items():
                seen[process] = max(seen.get(process, 0.0), used - before.get(process, 0.0))
            sessions = [used for used in map(_private, seen.keys() - before.keys()) if used]
            memory.append(CLIENTS * statistics.median(sessions or [0.0]))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _private(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(float(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def stored(db: psycopg.Connection[Any]) -> dict[str, float]:
    """Bytes of events and of the log, all its segments closed and indexed, and of the write-ahead log."""
    for _ in range(2):  # one call closes, the next one indexes
        time.sleep(1.1)
        db.execute("select dbml.rotate_log(every => '1 second')")
    (row,) = database.query(
        db,
        "select pg_total_relation_size('complaint')::float8 as events,"
        " pg_current_wal_insert_lsn() - '0/0'::pg_lsn as wal,"
        " (select sum(pg_total_relation_size(i.inhrelid))::float8 from pg_inherits i"
        " where i.inhparent = 'dbml.log'::regclass) as log",
    )
    return {name: float(value) for name, value in row.items()}


@click.command()
@click.option("--profiles", default=200_000, show_default=True)
@click.option("--rate", default=400.0, show_default=True)
@click.option("--seconds", default=150.0, show_default=True)
def main(profiles: int, rate: float, seconds: float) -> None:
    """Foretell, run, and compare."""
    for name, estimator in MODELS.items():
        with (
            tempfile.TemporaryDirectory(prefix="dbml-sizing-") as folder,
            temporary_server(say=lambda text: None, settings=SETTINGS) as server,
            psycopg.connect(server.dsn, autocommit=True) as db,
        ):
            build(db, Path(folder), estimator, profiles)
            demand = Demand(profiles, rate, connections=CLIENTS, days=seconds / 86_400)
            foretold = {n.need: n.value for n in size(server.dsn, "churn", demand, write=True).needs}
            before, began = stored(db), time.monotonic()
            seen: dict[int, float] = {}
            memory: list[float] = []
            with watched(server, seen, memory):
                report = loadtest(server.dsn, "customer", Load(rate, seconds, clients=CLIENTS), write=True, bare=False)
            took, after = time.monotonic() - began, stored(db)
            done = report.arms[0].rate * report.taken["with"].seconds
            found = {
                "cores, busy": sum(seen.values()) / took,
                "memory of sessions": statistics.median(memory),
                "events": (after["events"] - before["events"]) / took * 86_400,
                "log": (after["log"] - before["log"]) / took * 86_400,
                "write-ahead log": (after["wal"] - before["wal"]) / took,
            }
            click.echo(f"{name}: {done:.0f} events in {took:.1f} s, p99 {report.arms[0].p99:.1f} ms")
            for need, value in found.items():
                click.echo(
                    f"  {need:20} foretold {foretold[need]:14.3f} found {value:14.3f} ÷ {value / foretold[need]:.2f}"
                )


if __name__ == "__main__":
    main()
