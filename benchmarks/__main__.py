"""Runs everything side by side, in turn, and writes what it found: ``make bench``."""

from __future__ import annotations

import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from itertools import product
from pathlib import Path
from typing import Any

import click
import psycopg
from psycopg import sql
from rich.console import Console

import dbml
from benchmarks import (
    bounds,
    bulk,
    functions,
    inserts,
    models,
    orbital_sql,
    picture,
    report,
    service,
    sessions,
    targets,
)
from benchmarks.contestants import Contestant, everyone, insert, load, set_up
from benchmarks.settings import SETTINGS, own_database
from benchmarks.telling import console
from dbml.demo.server import temporary_server

RESULTS = Path(__file__).parent / "results"
CLIENTS = (1, 8)
VACUUM_AFTER = 10
# What is far from what it is compared with takes part in so many rounds only: the time goes to those that are near.
SELDOM = 4
LIBRARIES = ("scikit-learn", "numpy", "pandas", "psycopg", "fastapi", "uvicorn", "orbital", "lightgbm")


@dataclass
class Run:
    """One run: how much of everything, and the figures as they come in."""

    dsn: str
    connection: psycopg.Connection[Any]
    trained: models.Trained
    contestants: list[Contestant]
    console: Console
    rounds: int
    seconds: float
    repeats: int
    service_seconds: float
    sessions: int
    rows: int
    copied: int
    protocol: str
    quick: bool
    results: dict[str, Any] = field(default_factory=dict)

    def of(self, schema: str) -> Contestant | None:
        """The contestant of that name, where it takes part."""
        return next((each for each in self.contestants if each.schema == schema), None)

    def say(self, text: str) -> None:
        """Tell what is being done."""
        self.console.print(f"[dim]{datetime.now(UTC):%H:%M:%S}[/] {text}")

    def vacuum(self, contestant: Contestant) -> None:
        """Clear away what earlier rounds left."""
        self.connection.execute(sql.SQL("vacuum {}").format(sql.Identifier(contestant.schema, "customer")))


def measure_inserts(run: Run) -> None:
    """Figure 1: inserts a second, every contestant in short turns."""
    program = inserts.find_pgbench()
    rates: dict[str, Any] = {
        each.schema: {str(clients): {} for clients in CLIENTS} for each in run.contestants if each.engine != "service"
    }
    shuffled = random.Random(0)
    for clients in CLIENTS:
        run.say(f"inserts, {clients} clients of each: opening sessions")
        with _all_clients(run, program, clients) as every:
            near = [each.schema for each in run.contestants if each.schema in every and each.near]
            for number in range(1, run.rounds + 1):
                present = list(every) if number % SELDOM == 1 else near
                # Nobody is always the first or always behind the same one.
                for name in shuffled.sample(present, len(present)):
                    rates[name][str(clients)][str(number)] = every[name].turn(run.connection, run.seconds)
                if number % VACUUM_AFTER == 0:
                    for each in run.contestants:
                        run.vacuum(each)
        for name in every:
            run.say(f"  {name}, {clients} clients: {statistics.median(rates[name][str(clients)].values()):,.0f}/s")
    run.results["inserts"] = rates


@contextmanager
def _all_clients(run: Run, program: str, clients: int) -> Iterator[dict[str, inserts.Clients]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dbml-bench-")))
        every = {}
        for number, each in enumerate(run.contestants):
            if each.engine != "service":
                every[each.schema] = opened = inserts.Clients(
                    program, run.dsn, each.schema, len(run.trained.features),
                    clients=clients, seed=number, mode=run.protocol, folder=folder,
                )  # fmt: skip
                stack.callback(opened.close)
                opened.get_ready(run.connection)
        yield every


def measure_service(run: Run) -> None:
    """Figure 1, of who calls a service: the clients are Python's on both sides."""
    by_service = run.of("service_gbm")
    called: dict[str, Any] = {
        schema: {str(clients): {} for clients in CLIENTS}
        for schema in ("portable_gbm", "service_gbm")
        if run.of(schema) is not None
    }
    with _service(run, by_service) as url:
        for number, clients, schema in product(range(1, run.repeats + 1), CLIENTS, called):
            each = run.of(schema)
            assert each is not None
            run.vacuum(each)
            called[schema][str(clients)][str(number)] = rate = inserts.psycopg_clients(
                run.dsn, schema, len(run.trained.features), clients=clients, seconds=run.service_seconds,
                seed=number, url=url if each is by_service else None,
            )  # fmt: skip
            run.say(f"{schema}, {clients} clients in Python: {rate:,.0f}/s")
    run.results["inserts_by_psycopg"] = called


@contextmanager
def _service(run: Run, contestant: Contestant | None) -> Iterator[str | None]:
    if contestant is None:
        yield None
        return
    with service.running(run.dsn, contestant.schema, run.trained.file(contestant.model)) as url:
        yield url


def measure_sessions(run: Run) -> None:
    """Figures 2 and 3: a new connection's first insert, and the memory it then holds."""
    run.say(f"first inserts and memory of {run.sessions} new connections each")
    took: dict[str, list[float]] = defaultdict(list)
    memory: dict[str, list[float]] = defaultdict(list)
    starts: list[float] = []
    taking_part = [each for each in run.contestants if each.schema != "service_gbm"]
    # With a session of each kept open, as libraries that several sessions have loaded are no session's own.
    companions = [psycopg.connect(run.dsn, autocommit=True) for _ in taking_part]
    try:
        for companion, each in zip(companions, taking_part, strict=True):
            run.vacuum(each)
            companion.execute(insert(each.schema), [2])
        there = run.connection.execute("select 1 where to_regprocedure('data.nothing()') is not null").fetchone()
        for number in range(run.sessions):
            if there:
                starts.append(sessions.python_start(run.dsn))
            for each in taking_part:
                if each.slow and number >= max(1, run.sessions // 3):
                    continue
                milliseconds, megabytes = sessions.first_insert(run.dsn, each.schema)
                took[each.schema].append(milliseconds)
                if megabytes is not None:
                    memory[each.schema].append(megabytes)
    finally:
        for companion in companions:
            companion.close()
    run.results["first_insert_ms"], run.results["memory_mb"] = dict(took), dict(memory)
    run.results["python_start_ms"] = starts


def measure_functions(run: Run) -> None:
    """What functions in Python take by themselves, to be told beside what the bounds leave."""
    run.say("functions by themselves")
    some = [each for each in run.contestants if each.engine in ("portable", "library")]
    run.results["functions_us"] = functions.measure(run.connection, some, run.trained, max(3, run.repeats))


def measure_copy(run: Run) -> None:
    """Figure 5: one COPY of many complaints."""
    rounds = min(run.repeats, 3)
    run.say(f"COPY of {run.copied:,} complaints, {rounds} rounds")
    copied: dict[str, dict[str, float]] = defaultdict(dict)
    for number in range(1, rounds + 1):
        for each in run.contestants:
            if each.engine == "service" or (each.engine == "trigger" and number > 1):
                continue
            run.vacuum(each)
            # Row by row it would take half an hour.
            rows = min(run.copied, 200) if each.engine == "trigger" else run.copied
            copied[each.schema][str(number)] = bulk.copy_complaints(
                run.dsn, each.schema, len(run.trained.features), rows, number
            )
    run.results["copy"] = dict(copied)


def measure_many_rows(run: Run) -> None:
    """Figure 4: the scores of a large table, asked for in SQL and made in Python."""
    candidates = {model: run.of(schema) for model, schema in (("lr", "sql_lr"), ("gbm", "portable_gbm"))}
    served = {model: each for model, each in candidates.items() if each is not None}
    in_batches = {
        model: each
        for model in models.TITLES
        if (each := run.of("sql_lr" if model == "lr" else f"portable_{model}")) is not None
    }
    rounds = min(run.repeats, 3)
    run.say(f"scores of {run.rows:,} rows, {rounds} rounds")
    bulk.make_large(run.connection, run.trained, run.rows, served)
    seconds: dict[str, dict[str, float]] = defaultdict(dict)
    fidelity = {}
    for number in map(str, range(1, rounds + 1)):
        for model, each in served.items():
            # The bound is on the first; the others are told of once.
            if model == "lr" or number == "1":
                seconds[f"score() {model}"][number] = bulk.score_in_sql(run.connection, each)
        for model, each in in_batches.items():
            seconds[f"scores() {model}"][number] = bulk.scores_in_batches(run.connection, each)
        fetched, frame = bulk.fetch(run.connection, run.trained)
        copied, _ = bulk.fetch_by_copy(run.connection, run.trained)
        for model, each in in_batches.items():
            predicted, truth = bulk.timed(partial(run.trained.truth, model, frame))
            seconds[f"fetch and predict {model}"][number] = fetched + predicted
            seconds[f"fetch by COPY and predict {model}"][number] = copied + predicted
            if number == "1":
                fidelity[f"scores() {model}"] = {
                    **bulk.scores_of_batches(run.connection, each, truth),
                    "ours": True,
                }
            if number == "1" and model in served:
                took = bulk.write_back(run.connection, model, frame.index, truth)
                seconds[f"fetch, predict and write back {model}"][number] = fetched + predicted + took
                fidelity[f"score() {model}"] = {
                    **bulk.scores_in_sql(run.connection, served[model], truth),
                    "ours": True,
                }
                seconds[f"rescore {model}"][number] = bulk.rescore(run.connection, served[model])
    run.results["many_rows"] = {"rows": run.rows, "seconds": dict(seconds)}
    run.results.setdefault("fidelity", {})["scans"] = fidelity


def measure_orbital(run: Run, patience: float) -> None:
    """Figure 6: what orbital's SQL does."""
    run.say("orbital's SQL")
    rows = min(run.rows, 100_000)
    run.results["orbital"] = {
        model: orbital_sql.measure(run.connection, run.trained, model, rows, patience) for model in models.TITLES
    }


def measure_fidelity(run: Run) -> None:
    """Figure 7: what stands in the profiles at the end, after all of this."""
    run.results.setdefault("fidelity", {})["stored"] = {
        each.schema: {
            **bulk.stored_scores(run.connection, each, run.trained),
            "ours": each.ours,
        }
        for each in run.contestants
        if each.scores
    }
    failed = [row for row in dbml.status(run.connection) if row["stale"]]
    for row in failed:
        run.say(f"[red]{row['profile']}: {row['stale']} rows could not be scored: {row['last_failure']}[/]")


def measure_targets(run: Run) -> None:
    """What the project asks of many rows and of an insert, printed as it comes."""
    found = targets.measure(
        run.dsn, run.connection, run.trained, run.contestants, run.say,
        rows=run.rows, rounds=min(run.repeats, 3), insert_rounds=min(run.rounds, 60), seconds=run.seconds,
    )  # fmt: skip
    run.results["targets"] = [line.as_dict() for line in found]


def environment(connection: psycopg.Connection[Any], synchronous_commit: str) -> dict[str, Any]:
    """Say where this was measured."""
    root = Path(__file__).parents[1]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=False)
    shown = connection.execute("select current_setting('server_version'), version()").fetchone()
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "load_before": os.getloadavg(),
        "server": f"PostgreSQL {shown[0] if shown else '?'}",
        "synchronous_commit": synchronous_commit,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "commit": commit.stdout.strip() or None,
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def must_take(connection: psycopg.Connection[Any], sessions: int) -> None:
    """Stop where the server takes fewer sessions than stay open at once."""
    row = connection.execute("select setting::integer from pg_settings where name = 'max_connections'").fetchone()
    if row and row[0] < sessions:
        raise SystemExit(
            f"The server takes {row[0]} connections, and {sessions} stay open here.\n"
            f"  hint: set max_connections to {sessions}, or name fewer contestants with --only"
        )


@click.command()
@click.option("--quick", is_flag=True, help="A small run: does everything work? Its figures say little.")
@click.option("--dsn", help="A superuser of a server to use, in a database of its own; else a throwaway server.")
@click.option("--rounds", type=click.IntRange(1), help="Rounds of inserts (100; quick: 3).")
@click.option(
    "--seconds", type=click.FloatRange(0.1), default=0.3, show_default=True, help="Seconds of a turn's inserts."
)
@click.option("--rows", type=click.IntRange(1000), help="Rows of the large table (1,000,000; quick: 50,000).")
@click.option("--protocol", type=click.Choice(["simple", "prepared"]), default="prepared", show_default=True)
@click.option("--synchronous-commit", type=click.Choice(["on", "off"]), default="off", show_default=True,
              help="Whether a throwaway server's commits wait for the disk: hides what scoring costs.")  # fmt: skip
@click.option("--only", metavar="NAME,…", help="Only these contestants, beside the floor: sql_lr, obvious_gbm, …")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS / "latest.json", show_default=True)
def main(
    quick: bool,
    dsn: str | None,
    rounds: int | None,
    seconds: float,
    rows: int | None,
    protocol: str,
    synchronous_commit: str,
    only: str | None,
    out: Path,
) -> None:
    """Measure dbml beside no model at all, the obvious trigger, a FastAPI service and orbital."""
    began = time.perf_counter()
    settings = {**SETTINGS, "synchronous_commit": synchronous_commit}
    with (
        temporary_server(dsn, say=console.print, settings=settings, packages_on_path=False) as server,
        own_database(server.dsn) as own,
        psycopg.connect(own, autocommit=True) as connection,
        tempfile.TemporaryDirectory(prefix="dbml-bench-") as folder,
    ):
        os.environ["DBML_KEY"] = str(Path(folder) / "key.pem")  # the developer's own has no part in this
        wanted = [each for each in everyone() if only is None or each.schema in {"floor", *only.split(",")}]
        must_take(connection, len(wanted) * max(CLIENTS) + 10)
        console.print("Training the models …")
        trained = models.train(Path(folder))
        dbml.install(connection, python_path=server.python_packages)
        load(connection, trained)
        console.print("Contestants:")
        contestants = set_up(own, connection, wanted, trained, console.print)
        run = Run(
            own, connection, trained, contestants, console,
            rounds=rounds or (3 if quick else 100), seconds=seconds, repeats=1 if quick else 5,
            service_seconds=1.0 if quick else 3.0, sessions=3 if quick else 15,
            rows=rows or (50_000 if quick else 1_000_000), copied=10_000 if quick else 100_000,
            protocol=protocol, quick=quick,
        )  # fmt: skip
        run.results |= {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "quick": quick,
            "environment": environment(connection, "as given" if dsn else synchronous_commit),
            "parameters": {
                n: getattr(run, n)
                for n in (
                    "rounds",
                    "seconds",
                    "repeats",
                    "service_seconds",
                    "sessions",
                    "rows",
                    "copied",
                    "protocol",
                )
            },
            "contestants": [asdict(each) for each in contestants],
        }
        measure_inserts(run)
        measure_service(run)
        measure_sessions(run)
        measure_functions(run)
        measure_copy(run)
        measure_many_rows(run)
        measure_orbital(run, 20 if quick else 40)
        measure_fidelity(run)
        measure_targets(run)
    lines = bounds.table(run.results)
    run.results |= {
        "bounds": [line.as_dict() for line in lines],
        "ceilings": bounds.ceilings(run.results),
        "left_us": bounds.left(run.results),
        "seconds": round(time.perf_counter() - began),
        "load_after": os.getloadavg(),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(run.results, indent=1, ensure_ascii=False) + "\n")
    chart = out.with_suffix(".png")
    report.draw(run.results, chart)
    report.tell(console, run.results, lines)
    console.print(f"\nDone in {run.results['seconds']} s: {out}, {chart}")
    if quick:
        console.print("A quick run: do not quote these figures.")
    if picture.whole(run.results):
        picture.publish(picture.summary(run.results))
        console.print(f"README's figures are this run's: {picture.SUMMARY}, {picture.PICTURE}")
    # A slow machine fails nothing; a wrong score does.
    reports = [one for kind in run.results["fidelity"].values() for one in kind.values()]
    if any(one["ours"] and one["differing"] for one in reports) or targets.any_wrong(run.results["targets"]):
        sys.exit(1)


if __name__ == "__main__":
    main()
