"""Tries every fault under load, measures, and says what it found: ``make soak``."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

import dbml
from dbml.demo.server import temporary_server
from soak import bounds, faults, figures, logged, shop, together, unruly, upgrade
from soak.bounds import Bound
from soak.clients import Crowd, Failure
from soak.control import DURABLE, Control
from soak.telling import console, say
from soak.trial import ROLES, Row, Trial

CUSTOMERS = 2000
RESULTS = Path(__file__).parent / "results" / "latest.json"
# Faults on a server under load, in this order, and figures on one that nobody else uses.
UNDER_LOAD = faults.PARTS | logged.PARTS | together.PARTS
FAULTS = (*UNDER_LOAD, "xids")
PARTS = (*FAULTS, "upgrade", *figures.PARTS)
GROUPS = {"faults": tuple(UNDER_LOAD), "figures": ("xids", *figures.PARTS)}


def _parts(context: click.Context, parameter: click.Parameter, value: str | None) -> list[str]:
    """Read ``--only``: names of parts and of groups."""
    names = value.split(",") if value else list(PARTS)
    wanted = {part for name in names for part in GROUPS.get(name, (name,))}
    if unknown := wanted.difference(PARTS):
        raise click.BadParameter(f"{sorted(unknown)[0]!r} is not one of {', '.join([*GROUPS, *PARTS])}")
    return [part for part in PARTS if part in wanted]


@click.command()
@click.option("--quick", is_flag=True, help="A few minutes: does everything work? Its figures say little.")
@click.option("--seconds", type=click.FloatRange(1), help="Of load without a fault (600; quick: 15).")
@click.option(
    "--only",
    "parts",
    callback=_parts,
    metavar="PART,…",
    help=f"Some of: {', '.join(PARTS)}; faults and figures stand for several. Without it, all.",
)
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, show_default=True)
def main(quick: bool, seconds: float | None, parts: list[str], out: Path) -> None:
    """Try every fault on a throwaway server under load; exit status 1 where anything was wrong afterwards."""
    amount = faults.QUICK if quick else faults.LONG
    amount = replace(amount, seconds=seconds or amount.seconds)
    load_before, began = os.getloadavg(), datetime.now(UTC)
    found: dict[str, Any] = {}
    rows: list[Row] = []
    examples: Counter[Failure] = Counter()

    with tempfile.TemporaryDirectory(prefix="dbml-soak-", dir="/tmp") as name:
        folder = shop.importable(Path(name))
        os.environ["DBML_KEY"] = str(folder / "key.pem")  # the developer's own has no part in this
        if set(parts) & set(FAULTS):
            with temporary_server(say=say, settings=DURABLE) as server:
                trial = Trial(Control(server), folder, say, CUSTOMERS)
                trial.crowd = Crowd(server.dsn, CUSTOMERS, ROLES)
                try:
                    for part, fault in UNDER_LOAD.items():
                        if part in parts:
                            fault(trial, amount)
                finally:
                    trial.crowd.end()
                if "xids" in parts:
                    found["xids"] = _transaction_ids(trial)
                    say(f"transaction ids: {found['xids']}")
                trial.db.close()
            rows, examples = trial.rows, trial.examples
            found |= {"ended": trial.ended} if trial.ended else {}
        if "upgrade" in parts:
            rows.append(upgrade.upgrade(folder, say))
        if set(parts) & set(figures.PARTS):
            # Its own server: what the clients have left behind is nobody's business here.
            settings = {"autovacuum": "off", "max_wal_size": "4GB", "shared_buffers": "1GB"}
            with temporary_server(say=say, settings=settings) as server, Control(server).connect() as db:
                dbml.install(db)
                found |= figures.measure(db, server.dsn, folder, parts, quick, say)
    shown = bounds.bounds(rows, found, amount)
    result = {
        "began": began.isoformat(timespec="seconds"),
        "minutes": round((datetime.now(UTC) - began).total_seconds() / 60, 1),
        "quick": quick,
        "amount": asdict(amount),
        "clients": ROLES,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "load_before": load_before,
        "settings": DURABLE,
        "load_after": os.getloadavg(),
        "faults": [{**asdict(row), "good": row.good} for row in rows],
        "figures": found,
        "bounds": [asdict(each) for each in shown],
        "examples": [[*failure, count] for failure, count in examples.most_common(20)],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n")
    _tell(rows, shown)
    for (state, text), count in examples.most_common(10):
        console.print(f"[red]{count} × {state}[/] {text}")
    console.print(f"Written to {out}.")
    sys.exit(0 if all(row.good for row in rows) and all(each.met is not False for each in shown) else 1)


def _transaction_ids(trial: Trial) -> dict[str, int]:
    """Measure them with a model that refuses some of the rows: a failure must not cost a transaction id either."""
    trial.db.execute("truncate complaint, visit")
    trial.db.execute("update customer set spend = %s where id %% 10 = 3", [unruly.TRIGGER])
    trial.deploy(trial.add_unruly("raise"))
    return figures.transaction_ids(trial.db, CUSTOMERS)


def _tell(rows: Sequence[Row], shown: Sequence[Bound]) -> None:
    table = Table(title="Faults", title_justify="left")
    for head in ("fault", "tried", "statements", "counters", "scores", "log", "reconcile", "lost", "failed", ""):
        table.add_column(head, justify="left" if head in ("fault", "") else "right")
    for row in rows:
        counts = (row.tried, row.statements, row.counters, row.scores, row.logged, row.reconciled, row.lost)
        failed = ", ".join(f"{count} × {state}" for state, count in row.failures.items()) or "0"
        note = f"not tried: {row.skipped}" if row.skipped else row.note
        mark = "[green]ok[/] " if row.good else "[red]wrong[/] "
        table.add_row(row.fault, *(f"{each:,}" for each in counts), failed, mark + note)
    console.print(table)
    table = Table(title="It must show", title_justify="left")
    for head in ("figure", "found", "bound", ""):
        table.add_column(head)
    for each in shown:
        mark = {True: "[green]met[/]", False: "[red]not met[/]", None: ""}[each.met]
        table.add_row(each.figure, each.found, each.bound, mark)
    console.print(table)


if __name__ == "__main__":
    main()
