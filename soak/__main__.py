"""Tries every fault under load, measures, and says what it found: ``make soak``."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

import dbml
from dbml.server import temporary_server
from soak import faults, figures, shop, unruly
from soak.clients import Crowd
from soak.control import DURABLE, Control
from soak.trial import ROLES, Row, Trial

CUSTOMERS = 2000
RESULTS = Path(__file__).parent / "results" / "latest.json"


@click.command()
@click.option("--quick", is_flag=True, help="About two minutes: does everything work? Its figures say little.")
@click.option("--seconds", type=click.FloatRange(1), help="Of load without a fault (600; quick: 15).")
@click.option("--faults/--no-faults", "tried", default=True, help="Whether to try the faults.")
@click.option("--figures/--no-figures", "measured", default=True, help="Whether to measure COPY, latency and memory.")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, show_default=True)
def main(quick: bool, seconds: float | None, tried: bool, measured: bool, out: Path) -> None:
    """Try every fault on a throwaway server under load; exit status 1 where anything was wrong afterwards."""
    console = Console(highlight=False, soft_wrap=True, width=max(120, Console().width))
    amount = faults.QUICK if quick else faults.LONG
    amount = replace(amount, seconds=seconds or amount.seconds)
    load_before, began = os.getloadavg(), time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{datetime.now(UTC):%H:%M:%S}[/] {text}")

    with tempfile.TemporaryDirectory(prefix="dbml-soak-", dir="/tmp") as name:
        folder = shop.importable(Path(name))
        os.environ["DBML_KEY"] = str(folder / "key.pem")  # the developer's own has no part in this
        with temporary_server(say=say, settings=DURABLE) as server:
            trial = Trial(Control(server), folder, say, CUSTOMERS)
            xids = _transaction_ids(trial)
            say(f"transaction ids: {xids}")
            trial.crowd = Crowd(server.dsn, CUSTOMERS, ROLES)
            try:
                if tried:
                    faults.everything(trial, amount)
            finally:
                trial.crowd.end()
            trial.db.close()
        found: dict[str, Any] = {}
        if measured:
            # Its own server: what the clients have left behind is nobody's business here.
            settings = {"autovacuum": "off", "max_wal_size": "4GB", "shared_buffers": "1GB"}
            with temporary_server(say=say, settings=settings) as server, Control(server).connect() as db:
                dbml.install(db)
                found = figures.measure(db, server.dsn, folder, quick, say)
    found |= {"transaction_ids": xids}
    bounds = _bounds(trial.rows, found, amount)
    result = {
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "minutes": round((time.monotonic() - began) / 60, 1),
        "quick": quick,
        "amount": asdict(amount),
        "clients": ROLES,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "load_before": load_before,
        "settings": DURABLE,
        "faults": [{**asdict(row), "good": row.good} for row in trial.rows],
        "figures": found,
        "bounds": [dict(zip(("figure", "found", "bound", "met"), each, strict=True)) for each in bounds],
        "examples": [[*failure, count] for failure, count in trial.examples.most_common(20)],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n")
    _tell(console, trial.rows, bounds)
    for (state, text), count in trial.examples.most_common(10):
        console.print(f"[red]{count} × {state}[/] {text}")
    console.print(f"Written to {out}.")
    sys.exit(0 if all(row.good for row in trial.rows) and all(met is not False for *_, met in bounds) else 1)


def _transaction_ids(trial: Trial) -> dict[str, int]:
    """Measure them with a model that refuses some of the rows: a failure must not cost a transaction id either."""
    trial.db.execute("update customer set spend = %s where id %% 10 = 3", [unruly.TRIGGER])
    trial.deploy(trial.add_unruly("raise"))
    found = figures.transaction_ids(trial.db, CUSTOMERS)
    trial.deploy(1)
    trial.db.execute("truncate complaint, visit")
    trial.db.execute("update customer set spend = 30 + id % 7")
    trial.db.execute("select dbml.rescore('churn')")
    return found


Bound = tuple[str, str, str, bool | None]


def _bounds(rows: Sequence[Row], found: dict[str, Any], amount: faults.Amount) -> list[Bound]:
    """What it must show: figure, found, bound, whether it is met (None: not measured)."""
    load = rows[0] if rows else Row("not tried")
    everywhere = sum(row.failures.get("40P01", 0) for row in rows)
    wrong = sum(row.counters + row.scores + row.reconciled for row in rows)
    lost = sum(row.lost for row in rows)
    bounds: list[Bound] = [
        ("counters or scores wrong after any fault", f"{wrong}", "0", wrong == 0 if rows else None),
        ("committed inserts lost", f"{lost}", "0", lost == 0 if rows else None),
        (
            f"deadlocks in {amount.seconds / 60:.1f} minutes of 16 clients, and under every fault",
            f"{everywhere}",
            "0",
            everywhere == 0 if rows else None,
        ),
        (
            f"failed statements during {load.tried} deploys and rollbacks under 16 clients",
            f"{sum(load.failures.values())}",
            "0",
            not load.failures if rows else None,
        ),
    ]

    def add(figure: str, value: float | None, bound: float, least: bool = False, form: str = ".2f") -> None:
        met = None if value is None else value >= bound if least else value <= bound
        told = "not measured" if value is None else f"{value:{form}}"
        bounds.append((figure, told, f"{'≥' if least else '≤'} {bound}", met))

    add("transaction ids used by one statement", max(found["transaction_ids"].values()), 4, form="d")
    copied, latency, memory = (found.get(name) for name in ("copy", "latency", "memory_mb"))
    for model, bound in (("lr", 0.85), ("gbm", 0.6)):
        value = copied["ratio"][model] if copied else None
        add(f"rows/s of a COPY with {model.upper()} ÷ with a constant score", value, bound, least=True)
    profiles = f"{latency['profiles']:,}" if latency else "1,000,000"
    add(f"insert latency with {profiles} profiles ÷ with 10,000", latency["ratio"] if latency else None, 1.2)
    for model in ("lr", "gbm"):
        statements = f"{memory['statements']:,}" if memory else "100,000"
        add(f"MB a backend grows by over {statements} scored statements, {model.upper()}",
            memory[model] if memory else None, 5)  # fmt: skip
    return bounds


def _tell(console: Console, rows: Sequence[Row], bounds: Sequence[Bound]) -> None:
    table = Table(title="Faults", title_justify="left")
    for head in ("fault", "tried", "statements", "counters", "scores", "reconcile", "lost", "failed", ""):
        table.add_column(head, justify="left" if head in ("fault", "") else "right")
    for row in rows:
        figures_ = (row.tried, row.statements, row.counters, row.scores, row.reconciled, row.lost)
        failed = ", ".join(f"{count} × {state}" for state, count in row.failures.items()) or "0"
        note = f"not tried: {row.skipped}" if row.skipped else row.note
        mark = "[green]ok[/] " if row.good else "[red]wrong[/] "
        table.add_row(row.fault, *(f"{each:,}" for each in figures_), failed, mark + note)
    console.print(table)
    table = Table(title="It must show", title_justify="left")
    for head in ("figure", "found", "bound", ""):
        table.add_column(head)
    for figure, value, bound, met in bounds:
        table.add_row(figure, value, bound, {True: "[green]met[/]", False: "[red]not met[/]", None: ""}[met])
    console.print(table)


if __name__ == "__main__":
    main()
