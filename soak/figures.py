"""The figures that are measured one by one, on a server that nobody else uses."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from rich.markup import escape

import dbml
from benchmarks import contestants
from benchmarks.bulk import copy_complaints
from benchmarks.models import CALLS, Trained, train
from dbml import Event, Prediction, Profile
from soak import unruly

Db = psycopg.Connection[Any]
Say = Callable[[str], None]
MODELS = ("lr", "gbm")
# The contestants of ``make bench`` that take part in the COPY, and what they are called here.
COPIED = {"floor": "constant", "sql_lr": "lr", "portable_gbm": "gbm"}


def add_models(db: Db, trained: Trained) -> None:
    """Store and deploy the models, each under its own name."""
    for name in MODELS:
        dbml.add_model(db, name, trained.file(name), sample=trained.features.head(500))
        dbml.deploy(db, name, 1)


def shop(db: Db, frame: pd.DataFrame, model: str, schema: str, customers: int) -> None:
    """Make ``schema.customer``, the churn data over and over, and ``schema.complaint``, served by a model."""
    types = {"i": "integer", "f": "double precision"}
    columns = ", ".join(f'"{name}" {types.get(dtype.kind, "text")}' for name, dtype in frame.dtypes.items())
    db.execute(
        f"create schema {schema};"
        f"create table {schema}.customer (id integer primary key, {columns}, score double precision);"
        f"create table {schema}.complaint (id bigint generated always as identity, customer_id integer);"
        f"create temporary table churn as select * from {schema}.customer limit 0; alter table churn drop score"
    )
    with db.cursor() as cursor, cursor.copy("copy churn from stdin") as copy:
        for number, row in enumerate(frame.itertuples(index=False), 1):
            copy.write_row((number, *row))
    names = ", ".join(f'"{name}"' for name in frame if name != CALLS)
    times = -(-customers // len(frame))
    db.execute(
        f"insert into {schema}.customer (id, {names}, {CALLS})"
        f" select row_number() over (), {names}, 0 from churn cross join generate_series(1, {times})"
        f" limit {customers}; drop table churn"
    )
    event = Event(f"{schema}.complaint", "customer_id", {CALLS: "count(*)"})
    dbml.attach(db, Profile(f"{schema}.customer", "id", [Prediction(model, "score")], [event]))
    db.execute(f"vacuum analyze {schema}.customer")


def copy_ratios(db: Db, dsn: str, trained: Trained, rows: int, rounds: int, say: Say) -> dict[str, Any]:
    """Rows a second of one COPY of random complaints and their ratio to a constant score's, as ``make bench`` has them.

    Each model in turn, no one always behind the same other one; the ratio is the median of the rounds' ratios.
    """
    contestants.load(db, trained)
    ready = contestants.set_up(
        dsn, db, [each for each in contestants.everyone() if each.schema in COPIED], trained, say
    )
    rates: dict[str, list[float]] = {each.schema: [] for each in ready}
    for number in range(rounds):
        turn = number % len(ready)
        for each in ready[turn:] + ready[:turn]:
            db.execute(f"vacuum {each.schema}.customer")
            rates[each.schema].append(copy_complaints(dsn, each.schema, len(trained.features), rows, number))
    ratios = {
        COPIED[schema]: [mine / floor for mine, floor in zip(of, rates["floor"], strict=True)]
        for schema, of in rates.items()
    }
    return {
        "rows": rows,
        "rows_per_second": {COPIED[schema]: of for schema, of in rates.items()},
        "ratios": ratios,
        "ratio": {model: statistics.median(of) for model, of in ratios.items()},
    }


def latencies(dsn: str, small: tuple[str, int], large: tuple[str, int], statements: int) -> dict[str, float]:
    """Median milliseconds of a single insert with few and with many profiles, in turn."""
    chance = np.random.default_rng(2)
    took: dict[str, list[float]] = {small[0]: [], large[0]: []}
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=0) as session:
        for number in range(statements):
            for schema, customers in (small, large) if number % 2 else (large, small):
                customer = int(chance.integers(1, customers + 1))
                began = time.perf_counter()
                session.execute(f"insert into {schema}.complaint (customer_id) values (%s)", [customer])
                took[schema].append(1000 * (time.perf_counter() - began))
    few, many = (statistics.median(took[schema][statements // 10 :]) for schema in (small[0], large[0]))
    return {"few": few, "many": many, "ratio": many / few}


def hot_row(dsn: str, schema: str, clients: int, seconds: float) -> dict[str, float]:
    """Inserts a second for one and the same customer, by one client and by many, and their ratio."""

    def rate(number: int) -> float:
        ends, counts = time.monotonic() + seconds, [0] * number

        def insert(client: int) -> None:
            with psycopg.connect(dsn, autocommit=True, prepare_threshold=0) as session:
                while time.monotonic() < ends:
                    session.execute(f"insert into {schema}.complaint (customer_id) values (1)")
                    counts[client] += 1

        threads = [threading.Thread(target=insert, args=[client]) for client in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / seconds

    one, many = rate(1), rate(clients)
    return {"clients": clients, "one": one, "many": many, "ratio": many / one}


def memory_growth(dsn: str, schema: str, customers: int, statements: int) -> float | None:
    """Megabytes by which a session's own memory grows over so many single inserts, after a tenth of them."""
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=0) as session:
        text = f"insert into {schema}.complaint (customer_id) values (%s)"
        pid = session.info.backend_pid
        before: float | None = None
        for number in range(statements + statements // 10):
            if number == statements // 10:
                before = own_memory(pid)
            session.execute(text, [1 + number * 7919 % customers])
        after = own_memory(pid)
        return None if before is None or after is None else after - before


def bulk(dsn: str, schema: str, entities: int, rows: int) -> dict[str, float | None]:
    """One COPY of many events over many entities: seconds, megabytes the session grew by at most, row versions."""
    lines = "".join(f"{n}\n" for n in np.random.default_rng(3).permutation(rows) % entities + 1)
    peak: list[float] = []
    over = threading.Event()
    with psycopg.connect(dsn, autocommit=True) as session, session.cursor() as cursor:
        session.execute(f"insert into {schema}.complaint (customer_id) values (1)")
        pid = session.info.backend_pid
        before = own_memory(pid)

        def watch() -> None:
            while not over.wait(0.02):
                peak.append(own_memory(pid) or 0)

        thread = threading.Thread(target=watch)
        thread.start()

        def updates() -> int:
            found = session.execute(
                "select n_tup_upd from pg_stat_xact_user_tables where schemaname = %s and relname = 'customer'",
                [schema],
            ).fetchone()
            return found[0] if found else 0

        began = time.perf_counter()
        with session.transaction():
            # Some of the session's earlier transactions may be among them.
            updates_before = updates()
            with cursor.copy(f"copy {schema}.complaint (customer_id) from stdin") as copy:
                copy.write(lines)
            took = time.perf_counter() - began
            versions = updates() - updates_before
        over.set()
        thread.join()
    return {
        "rows": rows,
        "entities": entities,
        "seconds": took,
        "memory_mb": None if before is None else max(peak, default=before) - before,
        "row_versions": versions,
    }


def own_memory(pid: int) -> float | None:
    """Megabytes of anonymous memory of a process; None where Linux's /proc is not there."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("RssAnon")), None)


STATEMENTS = {
    "insert of 1": "insert into complaint (customer_id) values (1)",
    "insert of 5,000": "insert into complaint (customer_id) select 1 + g % {customers} from generate_series(1, 5000) g",
    "insert of rows that cannot be scored": "insert into complaint (customer_id)"
    " select id from customer where spend = {trigger}",
    "update after which rows can be scored again": "update customer set spend = 30 where spend = {trigger}",
    "update after which they cannot": "update customer set spend = {trigger} where id % 10 = 3",
    "update of the key": "update complaint set customer_id = customer_id % {customers} + 1",
    "merge": "merge into visit v using generate_series(1, 500) g on v.id = g when matched then delete"
    " when not matched then insert (customer_id) values (g)",
    "on conflict": "insert into visit (id, customer_id) select g, g from generate_series(1, 900) g"
    " on conflict (id) do update set minutes = 3",
    "update of every profile": "update customer set spend = spend + 1 where spend > 0",
    "delete": "delete from visit where id % 2 = 0",
    "truncate": "truncate visit",
}


def transaction_ids(db: Db, customers: int, attempts: int = 3) -> dict[str, int]:
    """Transaction ids that each statement uses; the least of some attempts, because the server itself uses some."""

    def current() -> int:
        return int((db.execute("select pg_current_xact_id()::text::bigint").fetchone() or (0,))[0])

    used: dict[str, int] = {}
    for _ in range(attempts):
        for name, text in STATEMENTS.items():
            before = current()
            db.execute(text.format(customers=customers, trigger=unruly.TRIGGER))
            number = current() - before - 1
            used[name] = min(number, used.get(name, number))
    return used


PARTS = ("copy", "memory", "latency", "hot", "bulk")


def measure(db: Db, dsn: str, folder: Path, parts: Collection[str], quick: bool, say: Say) -> dict[str, Any]:
    """Measure those parts."""
    found: dict[str, Any] = {}
    few, many = (10_000, 100_000) if quick else (10_000, 1_000_000)
    rows = 100_000 if quick else 1_000_000
    trained = train(folder, ["constant", "constant_lr", *MODELS])
    frame = trained.features
    add_models(db, trained)

    def part(name: str, figure: Callable[[], dict[str, Any]]) -> None:
        if name in parts:
            say(f"{name} …")
            found[name] = figure()
            say(f"… {escape(str(found[name]))}")

    def memory() -> dict[str, Any]:
        statements = 3_000 if quick else 100_000
        for model in MODELS:
            shop(db, frame, model, f"memory_{model}", len(frame))
        grown = {model: memory_growth(dsn, f"memory_{model}", len(frame), statements) for model in MODELS}
        return grown | {"statements": statements}

    def latency() -> dict[str, Any]:
        shop(db, frame, "lr", "few", few)
        shop(db, frame, "lr", "many", many)
        return {"profiles": many} | latencies(dsn, ("few", few), ("many", many), 1_000 if quick else 10_000)

    def hot() -> dict[str, Any]:
        shop(db, frame, "lr", "hot", few)
        return hot_row(dsn, "hot", 16, 2 if quick else 10)

    def one_copy() -> dict[str, Any]:
        for model in MODELS:
            shop(db, frame, model, f"bulk_{model}", rows // 10)
        return {model: bulk(dsn, f"bulk_{model}", rows // 10, rows) for model in MODELS}

    part("copy", lambda: copy_ratios(db, dsn, trained, 100_000, 3 if quick else 15, say))
    part("memory", memory)
    part("latency", latency)
    part("hot", hot)
    part("bulk", one_copy)
    return found
