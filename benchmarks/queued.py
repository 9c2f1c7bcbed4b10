"""What a queued score costs an insert, and how fast a worker is: ``python -m benchmarks.queued``.

Inserts: a profile with a counter and no model, the same with a queued model that takes about 50 ms, and the same with
the cheapest queue that one could write by hand; their clients insert in turn, as in ``benchmarks.strategies``.

The worker: rows a second of the duty ``queued`` over rows that all wait, beside ``dbml.scores``, which only reads,
beside one UPDATE by hand that writes what ``dbml.scores`` says, which is the least that writing scores can cost, and
beside one UPDATE of all rows that has the profile's trigger score them, which is the least that going by it can cost.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import joblib
import psycopg
from psycopg import sql
from rich.console import Console
from rich.table import Table
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier

import dbml
from benchmarks import inserts, models
from benchmarks.contestants import Contestant, load, tables
from benchmarks.models import CALLS, Trained
from benchmarks.settings import SETTINGS
from benchmarks.telling import console
from dbml.demo.server import temporary_server

WAYS = {"none": "a counter, no model", "hand": "and a row in a bare table", "queued": "a queued model of 50 ms"}
INSERT_BOUND, WORKER_BOUND = 0.9, 0.8
# Whoever only remembers which row has changed cannot do less than this.
BY_HAND = """
create table {0}.waiting (id integer);
create function {0}.wait() returns trigger language plpgsql as $$
begin
  insert into {0}.waiting values (new.id);
  return null;
end $$;
create trigger wait after update on {0}.customer for each row execute function {0}.wait();
grant usage on schema {0} to public; grant insert on {0}.waiting to public
"""


@click.command()
@click.option("--rounds", type=click.IntRange(2), default=40, show_default=True)
@click.option("--seconds", type=click.FloatRange(0.1), default=0.4, show_default=True, help="Seconds of a turn.")
@click.option("--clients", type=click.IntRange(1), default=16, show_default=True)
@click.option("--rows", type=click.IntRange(1), default=50_000, show_default=True, help="That the worker scores.")
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True)
def main(rounds: int, seconds: float, clients: int, rows: int, repeats: int) -> None:
    """Compare queued inserts with inserts that have no model, and the worker with dbml.scores."""
    with (
        temporary_server(None, say=console.print, settings={**SETTINGS, "synchronous_commit": "off"}) as server,
        tempfile.TemporaryDirectory(prefix="dbml-queued-") as folder,
        ExitStack() as stack,
    ):
        os.environ["DBML_KEY"] = str(Path(folder) / "key.pem")  # the developer's own has no part in this
        connection = stack.enter_context(psycopg.connect(server.dsn, autocommit=True))
        trained = models.train(Path(folder), only=("lr", "gbm"))
        dbml.install(connection, python_path=server.python_packages)
        load(connection, trained)
        _inserts(console, connection, server.dsn, trained, stack, rounds, seconds, clients)
        _worker(console, connection, trained, rows, repeats)


def _slow(trained: Trained) -> Path:
    """The file of a forest of which one row takes about 50 ms."""
    pipeline = clone(trained.estimators["lr"])
    pipeline.steps[-1] = ("estimator", RandomForestClassifier(800, max_depth=3, random_state=0))
    _, churned = models.customers()
    file = trained.folder / "slow.joblib"
    joblib.dump(pipeline.fit(trained.features, churned), file)
    return file


def _inserts(
    console: Console,
    connection: psycopg.Connection[Any],
    dsn: str,
    trained: Trained,
    stack: ExitStack,
    rounds: int,
    seconds: float,
    clients: int,
) -> None:
    opened: dict[str, inserts.Clients] = {}
    for number, way in enumerate(WAYS):
        tables(connection, Contestant(way, WAYS[way], "lr"), trained)
        if way == "queued":
            dbml.add_model(connection, way, _slow(trained), sample=trained.features.head(50), engine="python")
        elif way == "hand":
            connection.execute(sql.SQL(BY_HAND).format(sql.Identifier(way)))
        predictions = [dbml.Prediction(way, "churn_score", mode="queued")] if way == "queued" else []
        event = dbml.Event(f"{way}.complaint", "customer_id", {CALLS: "count(*)"})
        dbml.attach(connection, dbml.Profile(f"{way}.customer", "id", predictions, [event]), backfill=True)
        if way == "queued":
            dbml.deploy(connection, way, 1)
        opened[way] = inserts.Clients(
            inserts.find_pgbench(), dsn, way, len(trained.features),
            clients=clients, seed=number, mode="prepared", folder=trained.folder,
        )  # fmt: skip
        stack.callback(opened[way].close)
        opened[way].get_ready(connection)
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    costs: dict[str, list[float]] = {way: [] for way in WAYS}
    shuffled = random.Random(0)
    for _ in range(rounds):
        for way in shuffled.sample(list(WAYS), len(WAYS)):
            before = opened[way].spent(connection)
            rates[way].append(opened[way].turn(connection, seconds))
            after = opened[way].spent(connection)
            costs[way].append((after[1] - before[1]) / (after[0] - before[0]))
        # As workers do, which take what waits.
        connection.execute("delete from dbml.queue; truncate hand.waiting")
        connection.execute("vacuum dbml.queue")
        for way in WAYS:
            connection.execute(sql.SQL("vacuum {}").format(sql.Identifier(way, "customer")))
    for session in opened.values():
        session.close()
    table = Table("with", "inserts/s", "÷ no model", "±", "processor, µs", "÷ no model", "±", box=None)
    for way, title in WAYS.items():
        table.add_row(
            title,
            f"{statistics.median(rates[way]):,.0f}",
            *_ratio(rates[way], rates["none"]),
            f"{statistics.median(costs[way]) * 1e6:.0f}",
            *_ratio(costs["none"], costs[way]),
        )
    console.print(f"\n{clients} clients, {rounds} rounds; at least {INSERT_BOUND} is wanted of a queued model")
    console.print(table)


def _ratio(ours: list[float], theirs: list[float]) -> tuple[str, str]:
    """The median of paired ratios, and its standard error."""
    logs = [math.log(a / b) for a, b in zip(ours, theirs, strict=True)]
    ratio = math.exp(statistics.median(logs))
    return f"{ratio:.3f}", f"{ratio * 1.2533 * statistics.stdev(logs) / math.sqrt(len(logs)):.3f}"


def _worker(console: Console, connection: psycopg.Connection[Any], trained: Trained, rows: int, repeats: int) -> None:
    table = Table(
        "model",
        "dbml.scores, rows/s",
        *(f"{name} ÷ scores" for name in ("UPDATE by hand", "by the trigger", "worker")),
        box=None,
    )
    copies = -(-rows // len(trained.features))
    for model in ("lr", "gbm"):
        schema = f"worker_{model}"
        tables(connection, Contestant(schema, model, model), trained)
        target, by_hand = sql.Identifier(schema, "customer"), sql.Identifier(schema, "by_hand")
        columns = sql.SQL(", ").join(sql.Identifier(str(feature)) for feature in trained.features)
        connection.execute(
            sql.SQL("insert into {0} (id, {1}) select id + k * 100000, {1} from {0}, generate_series(1, {2}) k").format(
                target, columns, sql.Literal(copies - 1)
            )
        )
        connection.execute(sql.SQL("create table {} (like {} including all)").format(by_hand, target))
        connection.execute(sql.SQL("insert into {} select * from {}").format(by_hand, target))
        dbml.add_model(connection, schema, trained.file(model), sample=trained.features.head(50))
        profile = dbml.Profile(f"{schema}.customer", "id", [dbml.Prediction(schema, "churn_score", mode="queued")])
        dbml.attach(connection, profile)
        dbml.deploy(connection, schema, 1)
        dbml.rescore(connection, schema, every=True)
        count = _count(connection, target)
        found: list[tuple[float, ...]] = []
        for _ in range(repeats):
            for name in (target, by_hand):
                connection.execute(sql.SQL("vacuum analyze {}").format(name))
            connection.execute(
                sql.SQL(
                    "insert into dbml.queue (profile, model, entity)"
                    " select p.id, {}, array[c.id::text] from dbml.profile p, {} c where p.relation = {}::regclass"
                ).format(schema, target, target.as_string(connection))
            )
            found.append(
                (
                    _seconds(
                        connection,
                        sql.SQL("select count(s.score) from dbml.scores({}, {}) s").format(
                            schema, f"{schema}.customer"
                        ),
                    ),
                    _seconds(
                        connection,
                        sql.SQL(
                            "update {} c set churn_score = s.score from dbml.scores({}, {}) s"
                            " where c.id = s.key[1]::integer"
                        ).format(by_hand, schema, f"{schema}.by_hand"),
                    ),
                    _work_off(connection),
                    _seconds(
                        connection,
                        sql.SQL(
                            "update {} set churn_score = case when churn_score is null then 'NaN'::float8 end"
                        ).format(target),
                    ),
                )
            )
        scores, hand, worker, trigger = (statistics.median(side) for side in zip(*found, strict=True))
        table.add_row(model, f"{count / scores:,.0f}", *(f"{scores / took:.2f}" for took in (hand, trigger, worker)))
    console.print(f"\n{count:,} rows; at least {WORKER_BOUND} of dbml.scores is wanted")
    console.print(table)


def _count(connection: psycopg.Connection[Any], table: sql.Identifier) -> int:
    row = connection.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
    return int(row[0]) if row else 0


def _seconds(connection: psycopg.Connection[Any], statement: sql.Composed) -> float:
    began = time.perf_counter()
    connection.execute(statement)
    return time.perf_counter() - began


def _work_off(connection: psycopg.Connection[Any]) -> float:
    """As the duty does it."""
    from dbml.work.queued import QUEUED

    began = time.perf_counter()
    QUEUED.run(connection, lambda *_: None)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
