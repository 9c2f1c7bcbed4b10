"""What versions side by side, the log and a shadow cost an insert.

``python -m benchmarks.strategies`` sets up one model as it is alone, as a canary, and logged, each over its own copy of
the tables, and lets their clients insert in turn: a ratio is one of neighbouring turns, told with its standard error.
Beside inserts a second it compares the processor's time in the server, which other work on the machine changes less.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import joblib
import psycopg
from psycopg import sql
from rich.console import Console
from rich.table import Table
from sklearn.base import clone

import dbml
from benchmarks import inserts, models
from benchmarks.contestants import Contestant, load, tables
from benchmarks.models import CALLS, Trained
from benchmarks.settings import SETTINGS
from benchmarks.telling import console
from dbml.demo.server import temporary_server
from dbml.serving.strategies import Strategy

VACUUM_AFTER = 10


@dataclass(frozen=True)
class Way:
    """A way to serve a model.

    :param over: the way that it is compared with, and by how much it may be slower, where that is said.
    """

    name: str
    log: str | None = None
    strategy: Strategy | None = None
    over: str = ""
    bounds: tuple[tuple[str, float], ...] = ()


WAYS = (
    Way("one version"),
    Way("a canary of 35 %", strategy=Strategy("canary", 35), over="one version", bounds=(("lr", 0.98), ("gbm", 0.96))),
    Way('log "scores"', "scores", over="one version", bounds=(("lr", 0.95),)),
    Way('log "all"', "all", over="one version", bounds=(("lr", 0.91),)),
    Way("a deferred shadow", "all", Strategy("shadow"), over='log "all"', bounds=(("lr", 1.0), ("gbm", 1.0))),
    Way("a shadow in the statement", "all", Strategy("shadow", in_statement=True), over='log "all"'),
)
ENGINES = {"lr": "sql", "gbm": "portable"}


@click.command()
@click.option("--rounds", type=click.IntRange(2), default=60, show_default=True)
@click.option("--seconds", type=click.FloatRange(0.1), default=0.3, show_default=True, help="Seconds of a turn.")
@click.option("--clients", type=click.IntRange(1), default=1, show_default=True)
def main(rounds: int, seconds: float, clients: int) -> None:
    """Compare inserts under strategies and logs with those of one version alone."""
    with (
        temporary_server(None, say=console.print, settings={**SETTINGS, "synchronous_commit": "off"}) as server,
        tempfile.TemporaryDirectory(prefix="dbml-strategies-") as folder,
        ExitStack() as stack,
    ):
        os.environ["DBML_KEY"] = str(Path(folder) / "key.pem")  # the developer's own has no part in this
        connection = stack.enter_context(psycopg.connect(server.dsn, autocommit=True))
        trained = models.train(Path(folder), only=ENGINES)
        dbml.install(connection, python_path=server.python_packages)
        load(connection, trained)
        opened: dict[tuple[str, str], inserts.Clients] = {}
        for model in ENGINES:
            second = _second(trained, model)
            for number, way in enumerate(WAYS):
                schema = f"{model}_{number}"
                _set_up(connection, trained, schema, model, second, way)
                opened[model, way.name] = session = inserts.Clients(
                    inserts.find_pgbench(), server.dsn, schema, len(trained.features),
                    clients=clients, seed=number, mode="prepared", folder=Path(folder),
                )  # fmt: skip
                stack.callback(session.close)
                session.get_ready(connection)
        rates: dict[tuple[str, str], list[float]] = {key: [] for key in opened}
        costs: dict[tuple[str, str], list[float]] = {key: [] for key in opened}
        shuffled = random.Random(0)
        for number in range(1, rounds + 1):
            for key in shuffled.sample(list(opened), len(opened)):
                before = opened[key].spent(connection)
                rates[key].append(opened[key].turn(connection, seconds))
                after = opened[key].spent(connection)
                costs[key].append((after[1] - before[1]) / (after[0] - before[0]))
            if number % VACUUM_AFTER == 0:
                for model in ENGINES:
                    for place in range(len(WAYS)):
                        connection.execute(sql.SQL("vacuum {}").format(sql.Identifier(f"{model}_{place}", "customer")))
    _tell(console, rates, costs, clients)


def _second(trained: Trained, model: str) -> Path:
    """The file of another version: the same estimator, fitted on most of the rows."""
    _, churned = models.customers()
    some = trained.features.index[:4000]
    file = trained.folder / f"{model}-2.joblib"
    joblib.dump(clone(trained.estimators[model]).fit(trained.features.loc[some], churned.loc[some]), file)
    return file


def _set_up(
    connection: psycopg.Connection[Any], trained: Trained, schema: str, model: str, second: Path, way: Way
) -> None:
    tables(connection, Contestant(schema, way.name, model), trained)
    sample = trained.features.head(50)
    for file in (trained.file(model), second):
        dbml.add_model(connection, schema, file, sample=sample, engine=ENGINES[model])
    prediction = dbml.Prediction(schema, "churn_score", log=way.log)
    event = dbml.Event(f"{schema}.complaint", "customer_id", {CALLS: "count(*)"})
    dbml.attach(connection, dbml.Profile(f"{schema}.customer", "id", [prediction], [event]))
    dbml.deploy(connection, schema, 1)
    dbml.rescore(connection, schema)
    if way.strategy:
        dbml.start_strategy(connection, schema, 2, way.strategy)


def _ratio(ours: list[float], theirs: list[float]) -> tuple[str, str]:
    """The median of paired ratios, and its standard error."""
    logs = [math.log(a / b) for a, b in zip(ours, theirs, strict=True)]
    ratio = math.exp(statistics.median(logs))
    # Of a median of normal values, by 1.2533 times that of their mean.
    return f"{ratio:.3f}", f"{ratio * 1.2533 * statistics.stdev(logs) / math.sqrt(len(logs)):.3f}"


def _tell(
    console: Console, rates: dict[tuple[str, str], list[float]], costs: dict[tuple[str, str], list[float]], clients: int
) -> None:
    table = Table("model", "with", "÷", "inserts/s ÷", "±", "processor ÷", "±", "bound", "inserts/s", "µs", box=None)
    for model in ENGINES:
        for way in WAYS:
            mine, cost = rates[model, way.name], costs[model, way.name]
            ratios = ("", "", "", "")
            if way.over:
                # Time the other way round, so that both say how many inserts there are for one.
                ratios = (*_ratio(mine, rates[model, way.over]), *_ratio(costs[model, way.over], cost))
            bound = dict(way.bounds).get(model)
            table.add_row(
                model, way.name, way.over, *ratios, "" if bound is None else f"{bound:.2f}",
                f"{statistics.median(mine):,.0f}", f"{statistics.median(cost) * 1e6:.0f}",
            )  # fmt: skip
    console.print(f"\n{clients} client{'s' * (clients > 1)}, {len(rates['lr', WAYS[0].name])} rounds")
    console.print(table)


if __name__ == "__main__":
    main()
