"""What the project asks of many rows and of an insert: ``python -m benchmarks.targets``, and the end of ``make bench``.

Figures are medians of the ratios of rounds: whatever is compared takes turns within a round. Each is printed beside its
target as soon as it is there.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import psycopg
from psycopg import sql

import dbml
from benchmarks import bulk, inserts, models
from benchmarks.bounds import Bound, error, ratio
from benchmarks.contestants import Contestant, load, set_up
from benchmarks.settings import SETTINGS, own_database
from benchmarks.telling import console
from dbml.demo.server import temporary_server
from dbml.serving.bulk import table_as_csv

SHORT = {"lr": "LR", "gbm": "GBM 100×3", "hist": "HistGB 100", "rf": "RF 200"}
# model → how many times as fast as fetching and predicting: one session; two workers; one session without numpy.
MANY_ROWS = {"lr": (6.5, 10, None), "gbm": (2, 3.5, 0.9), "hist": (3, 5, 0.9), "rf": (0.9, 1.5, 0.5)}
RESCORED = {"lr": 2.5, "gbm": 2}
WORKERS = 2
# Without numpy a forest takes so long that a part of the rows has to do.
PART_WITHOUT_NUMPY = 5
# clients → logistic regression with its score, over a counter moved by hand that scores nothing.
BY_HAND = {1: 0.85, 8: 0.80}
# model → its share of the floor with 1 client.
OF_THE_FLOOR = {"gbm": 0.84, "hist": 0.82, "rf": 0.71}
TELCO_BY_HAND = 0.34
ROWS_OFF = "rows off by more than 1e-9"

_ENGINES = {
    "lr": ("sql", "portable", "auto"),
    "gbm": ("portable", "auto"),
    "hist": ("portable", "auto"),
    "rf": ("portable", "auto"),
}


_HAS_NUMPY = """
create function many.has_numpy() returns boolean language plpython3u as $$
import importlib.util
return importlib.util.find_spec("numpy") is not None
$$
"""


@dataclass
class Run:
    """One run.

    :param many: the models that the large table is scored by, and what they were fitted on.
    :param contestants: who inserts; those of ``many`` are among them.
    """

    dsn: str
    connection: psycopg.Connection[Any]
    contestants: dict[str, Contestant]
    churn: models.Trained
    telco: models.Trained
    say: Callable[[str], None]

    def model(self, name: str) -> Contestant:
        """Who serves a model for the large table."""
        return self.contestants[f"telco_{name}"]


def telco_contestants() -> list[Contestant]:
    """Who is fitted on the other company's customers: the data that the targets of many rows were measured on."""
    return [
        Contestant("telco_counter", "telco: a counter by hand and no score", "none", engine="counter"),
        Contestant("telco_floor", "telco: the floor", "constant", ("sql", "portable")),
        *(Contestant(f"telco_{m}", f"telco: {title}", m, _ENGINES[m]) for m, title in models.TITLES.items()),
    ]


def churn_contestants() -> list[Contestant]:
    """Who inserts for the figures of inserts."""
    return [
        Contestant("floor", "the floor: a constant score", "constant", ("sql", "portable")),
        Contestant("counter", "a counter by hand and no score", "none", engine="counter"),
        Contestant("sql_lr", models.TITLES["lr"], "lr", _ENGINES["lr"]),
        *(Contestant(f"portable_{m}", models.TITLES[m], m, _ENGINES[m]) for m in ("gbm", "hist", "rf")),
    ]


def tell(run: Run, lines: list[Bound]) -> list[Bound]:
    """Print figures as soon as they are there."""
    for line in lines:
        found = "–" if line.value is None else f"{line.value:,.3g}"
        margin = "" if line.error is None else f" ± {line.error:.2g}"
        met = {True: "met", False: "[red]not met[/]", None: "not measured"}[line.met]
        run.say(f"  {line.figure}: [bold]{found}{margin}[/] (target {line.bound:g}): {met}")
    return lines


def many_rows(run: Run, rows: int, rounds: int) -> list[Bound]:
    """Scores of a large table: in one session, in two workers, without numpy; and scores that are written."""
    run.say(f"a table of {rows:,} rows, {rounds} rounds")
    served = {model: run.model(model) for model in RESCORED}
    bulk.make_large(run.connection, run.telco, rows, served)
    run.connection.execute(_HAS_NUMPY)
    seconds: dict[str, dict[str, float]] = defaultdict(dict)
    wrong: dict[str, int] = {}
    for number in map(str, range(1, rounds + 1)):
        copied, frame = bulk.fetch_by_copy(run.connection, run.telco)
        run.say(f"round {number}: COPY into pandas took {copied:.1f} s")
        for model in MANY_ROWS:
            each = run.model(model)
            predicted, truth = bulk.timed(partial(run.telco.truth, model, frame))
            took = {
                "client": copied + predicted,
                "one session": bulk.scores_in_batches(run.connection, each),
                "two workers": _in_workers(run, each, rows),
                "two workers, as CSV": _as_csv(run, each),
            }
            if MANY_ROWS[model][2] is not None:
                took["without numpy"] = PART_WITHOUT_NUMPY * _without_numpy(run, each, rows // PART_WITHOUT_NUMPY)
            if model in RESCORED:
                written = bulk.write_back(run.connection, model, frame.index, truth)
                run.connection.execute("vacuum many.plain")
                took["client, written"] = copied + predicted + written
                took["rescored"] = bulk.rescore(run.connection, each)
            for what, length in took.items():
                seconds[f"{model} {what}"][number] = length
            run.say(f"  {SHORT[model]}: " + ", ".join(f"{what} {length:.1f} s" for what, length in took.items()))
            if number == "1":
                wrong[model] = _wrong(bulk.scores_of_batches(run.connection, each, truth))
                if model in RESCORED:
                    wrong[f"{model} rescored"] = _wrong(bulk.rescored(run.connection, each, truth))
    return [
        *_figures_of_rows(seconds),
        Bound(f"{ROWS_OFF}, large table", float(sum(wrong.values())), 0, "", at_least=False),
    ]


def _figures_of_rows(seconds: dict[str, dict[str, float]]) -> list[Bound]:
    def faster(figure: str, model: str, what: str, target: float, client: str = "client") -> Bound:
        both = seconds[f"{model} {client}"], seconds[f"{model} {what}"]
        return Bound(f"{figure}, {SHORT[model]}", ratio(*both), target, error=error(*both))

    lines = []
    for place, what in enumerate(("one session", "two workers", "without numpy")):
        for model, targets in MANY_ROWS.items():
            if (target := targets[place]) is not None:
                lines.append(faster(f"fetch and predict ÷ scores(), {what}", model, what, target))
    for model, targets in MANY_ROWS.items():
        lines.append(
            faster("fetch and predict ÷ dbml score --jobs 2, CSV and all", model, "two workers, as CSV", targets[1])
        )
    for model, target in RESCORED.items():
        lines.append(faster("fetch, predict, write back ÷ rescoring", model, "rescored", target, "client, written"))
    return lines


def _in_workers(run: Run, each: Contestant, rows: int) -> float:
    """Seconds in which two sessions score the large table, each half of its keys."""
    halves = [(rows * part // WORKERS, rows * (part + 1) // WORKERS) for part in range(WORKERS)]
    query = "select sum(s.score) from dbml.scores(%s, %s) s"

    def score(session: psycopg.Connection[Any], low: int, high: int) -> None:
        session.execute(query, [each.schema, f"select * from many.plain where id > {low} and id <= {high}"])

    with _sessions(run) as sessions, ThreadPoolExecutor(WORKERS) as pool:

        def all_of_them() -> None:
            for _ in pool.map(lambda one: score(one[0], *one[1]), zip(sessions, halves, strict=True)):
                pass

        return bulk.timed(all_of_them)[0]


def _as_csv(run: Run, each: Contestant) -> float:
    """Seconds in which ``dbml score --jobs 2`` has the lines of the large table."""
    with _sessions(run) as sessions:
        return bulk.timed(lambda: sum(block.rows for block in table_as_csv(sessions, each.schema, "many.plain")))[0]


@contextmanager
def _sessions(run: Run) -> Iterator[list[psycopg.Connection[Any]]]:
    with ExitStack() as stack:
        yield [stack.enter_context(psycopg.connect(run.dsn)) for _ in range(WORKERS)]


def _without_numpy(run: Run, each: Contestant, rows: int) -> float:
    """Seconds in which a session that finds no packages scores the first rows of the large table."""
    connection = run.connection
    path = "from dbml.setting where name = 'python_path'"
    value = connection.execute(f"select value {path}").fetchone()
    connection.execute(f"delete {path}")
    try:
        with psycopg.connect(run.dsn, autocommit=True) as session:
            found = session.execute("select many.has_numpy()").fetchone()
            if found and found[0]:
                raise RuntimeError("the server's own Python has numpy: there is no session without")
            return bulk.timed(
                lambda: session.execute(
                    "select sum(s.score) from dbml.scores(%s, %s) s",
                    [each.schema, f"select * from many.plain where id <= {rows}"],
                )
            )[0]
    finally:
        if value:
            connection.execute("insert into dbml.setting (name, value) values ('python_path', %s)", value)


def _wrong(found: dict[str, Any]) -> int:
    return int(found["differing"] + found["unscored"])


def inserting(run: Run, rounds: int, seconds: float) -> list[Bound]:
    """Inserts a second beside a counter moved by hand, and beside the floor."""
    rates: dict[int, dict[str, dict[str, float]]] = {}
    shuffled = random.Random(0)
    # The others of telco are there for the large table.
    present = [n for n in run.contestants if n not in ("telco_lr", "telco_gbm", "telco_hist")]
    for clients in BY_HAND:
        names = present if clients == 1 else [n for n in present if n in ("counter", "floor", "sql_lr")]
        run.say(f"inserts, {clients} clients of each, {rounds} rounds")
        found: dict[str, dict[str, float]] = {name: {} for name in names}
        with _clients(run, names, clients) as every:
            for number in range(1, rounds + 1):
                for name in shuffled.sample(names, len(names)):
                    found[name][str(number)] = every[name].turn(run.connection, seconds)
                if number % 10 == 0:
                    for name in names:
                        run.connection.execute(sql.SQL("vacuum {}").format(sql.Identifier(name, "customer")))
        rates[clients] = found

    def share(figure: str, clients: int, one: str, other: str, target: float) -> Bound:
        both = rates[clients].get(one), rates[clients].get(other)
        return Bound(f"inserts/s, {figure}", ratio(*both), target, error=error(*both))

    lines = []
    for clients, target in BY_HAND.items():
        of_all = f"{clients} client{'s' * (clients > 1)}"
        lines.append(share(f"LR ÷ a counter by hand, {of_all}", clients, "sql_lr", "counter", target))
        # No model can be nearer to the counter than the floor is.
        lines.append(share(f"the floor ÷ a counter by hand, {of_all}", clients, "floor", "counter", target))
    for model, target in OF_THE_FLOOR.items():
        lines.append(share(f"{SHORT[model]} ÷ the floor, 1 client", 1, f"portable_{model}", "floor", target))
    for other, against, target in (
        ("telco_floor", "the floor", OF_THE_FLOOR["rf"]),
        ("telco_counter", "a counter by hand", TELCO_BY_HAND),
    ):
        lines.append(share(f"RF 200 on telco ÷ {against}, 1 client", 1, "telco_rf", other, target))
    wrong = sum(
        _wrong(bulk.stored_scores(run.connection, each, run.telco if name.startswith("telco") else run.churn))
        for name, each in run.contestants.items()
        if each.scores
    )
    return [*lines, Bound(f"{ROWS_OFF}, profiles after the inserts", float(wrong), 0, "", at_least=False)]


@contextmanager
def _clients(run: Run, names: list[str], clients: int) -> Iterator[dict[str, inserts.Clients]]:
    program = inserts.find_pgbench()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dbml-bench-")))
        every = {}
        for number, name in enumerate(names):
            customers = len((run.telco if name.startswith("telco") else run.churn).features)
            every[name] = opened = inserts.Clients(
                program, run.dsn, name, customers, clients=clients, seed=number, mode="prepared", folder=folder
            )
            stack.callback(opened.close)
            opened.get_ready(run.connection)
        yield every


def measure(
    dsn: str,
    connection: psycopg.Connection[Any],
    churn: models.Trained,
    contestants: list[Contestant],
    say: Callable[[str], None],
    *,
    rows: int,
    rounds: int,
    insert_rounds: int,
    seconds: float = 0.3,
    part: str = "all",
) -> list[Bound]:
    """Measure every figure that has a target.

    :param contestants: those of :func:`churn_contestants`, or more, made ready; only who inserts is needed.
    :param part: ``rows``, ``inserts`` or ``all``.
    """
    with tempfile.TemporaryDirectory(prefix="dbml-telco-") as folder:
        needed = None if part != "rows" else tuple(models.TITLES)
        say("Training the models of the other company …")
        telco = models.train_telco(Path(folder), needed)
        load(connection, telco)
        wanted = telco_contestants()
        if part == "rows":
            wanted = [each for each in wanted if each.model in models.TITLES]
        ready = set_up(dsn, connection, wanted, telco, say)
        wanted_names = {each.schema for each in churn_contestants()}
        everyone = [*(each for each in contestants if each.schema in wanted_names), *ready]
        run = Run(dsn, connection, {each.schema: each for each in everyone}, churn, telco, say)
        lines: list[Bound] = []
        if part != "inserts":
            bulk.drop_large(connection)
            lines += tell(run, many_rows(run, rows, rounds))
        if part != "rows":
            lines += tell(run, inserting(run, insert_rounds, seconds))
    return lines


def any_wrong(lines: list[dict[str, Any]]) -> bool:
    """Whether a score was off: the only thing that fails a run."""
    return any(line["figure"].startswith(ROWS_OFF) and not line["met"] for line in lines)


@click.command()
@click.option("--quick", is_flag=True, help="A small run: does everything work? Its figures say little.")
@click.option("--rows", type=click.IntRange(5000), help="Rows of the large table (1,000,000; quick: 20,000).")
@click.option("--rounds", type=click.IntRange(1), help="Rounds of the large table (3; quick: 1).")
@click.option("--insert-rounds", type=click.IntRange(1), help="Rounds of inserts (60; quick: 2).")
@click.option("--part", type=click.Choice(["all", "rows", "inserts"]), default="all", show_default=True)
def main(quick: bool, rows: int | None, rounds: int | None, insert_rounds: int | None, part: str) -> None:
    """Print each figure beside its target; exit with 1 where a score is wrong."""
    began = time.perf_counter()

    def say(text: str) -> None:
        console.print(f"[dim]{time.perf_counter() - began:6.0f} s[/] {text}")

    settings = {**SETTINGS, "synchronous_commit": "off"}
    with (
        temporary_server(None, say=console.print, settings=settings, packages_on_path=False) as server,
        own_database(server.dsn) as own,
        psycopg.connect(own, autocommit=True) as connection,
        tempfile.TemporaryDirectory(prefix="dbml-bench-") as folder,
    ):
        os.environ["DBML_KEY"] = str(Path(folder) / "key.pem")  # the developer's own has no part in this
        say(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; training the models …")
        churn = models.train(Path(folder))
        dbml.install(connection, python_path=server.python_packages)
        ready = []
        if part != "rows":
            load(connection, churn)
            ready = set_up(own, connection, churn_contestants(), churn, say)
        lines = measure(
            own, connection, churn, ready, say,
            rows=rows or (20_000 if quick else 1_000_000), rounds=rounds or (1 if quick else 3),
            insert_rounds=insert_rounds or (2 if quick else 60), part=part,
        )  # fmt: skip
        say(f"load {os.getloadavg()[0]:.1f}; done")
    if any_wrong([line.as_dict() for line in lines]):
        sys.exit(1)


if __name__ == "__main__":
    main()
