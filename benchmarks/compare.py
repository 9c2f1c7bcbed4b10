"""Compares inserts of two checkouts of dbml, side by side on one server.

``python -m benchmarks.compare ../other/.venv/bin/python`` sets the same contestants up twice, in a database of each
checkout's own, and lets their clients insert in turn: what changed between the two is told as a ratio of neighbouring
turns, with its standard error.
"""

from __future__ import annotations

import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.table import Table

from benchmarks import inserts
from benchmarks.settings import SETTINGS
from benchmarks.telling import console
from dbml.demo.server import temporary_server

DEFAULT = "floor,sql_lr,portable_gbm,portable_hist,portable_rf"
VACUUM_AFTER = 10
# Runs by each checkout's own code, which may know nothing of this module.
_SET_UP = """
import json, os, sys, tempfile
from pathlib import Path
import psycopg
import dbml
from benchmarks import models
from benchmarks.contestants import everyone, load, set_up
dsn, names, packages = sys.argv[1], sys.argv[2].split(","), sys.argv[3] or None
with tempfile.TemporaryDirectory() as folder, psycopg.connect(dsn, autocommit=True) as connection:
    os.environ["DBML_KEY"] = str(Path(folder) / "key.pem")
    trained = models.train(Path(folder))
    dbml.install(connection, python_path=packages)
    load(connection, trained)
    wanted = [each for each in everyone() if each.schema in names]
    said = lambda text: print(text, file=sys.stderr)
    ready = set_up(dsn, connection, wanted, trained, said)
    print(json.dumps({"rows": len(trained.features), "schemas": [each.schema for each in ready]}))
"""


@click.command()
@click.argument("python", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--only", default=DEFAULT, show_default=True, metavar="NAME,…", help="Contestants; the floor is one.")
@click.option("--clients", type=click.IntRange(1), default=1, show_default=True)
@click.option("--rounds", type=click.IntRange(2), default=60, show_default=True)
@click.option("--seconds", type=click.FloatRange(0.1), default=0.3, show_default=True, help="Seconds of a turn.")
def main(python: Path, only: str, clients: int, rounds: int, seconds: float) -> None:
    """Compare the inserts of this checkout with those of the one whose interpreter is PYTHON."""
    pythons = {"this": Path(sys.executable), "other": python.absolute()}
    with (
        temporary_server(None, say=console.print, settings={**SETTINGS, "synchronous_commit": "off"}) as server,
        tempfile.TemporaryDirectory(prefix="dbml-compare-") as folder,
        ExitStack() as stack,
    ):
        admin = stack.enter_context(psycopg.connect(server.dsn, autocommit=True))
        connections, opened = {}, {}
        schemas: list[str] = []
        for name, interpreter in pythons.items():
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
            dsn = make_conninfo(server.dsn, dbname=name)
            console.print(f"{name}: {interpreter}")
            ready = _set_up(interpreter, dsn, only, str(server.python_packages or ""))
            schemas = [schema for schema in ready["schemas"] if not schemas or schema in schemas]
            connections[name] = stack.enter_context(psycopg.connect(dsn, autocommit=True))
            for number, schema in enumerate(ready["schemas"]):
                place = Path(folder) / name
                place.mkdir(exist_ok=True)
                opened[name, schema] = session = inserts.Clients(
                    inserts.find_pgbench(), dsn, schema, ready["rows"],
                    clients=clients, seed=number, mode="prepared", folder=place,
                )  # fmt: skip
                stack.callback(session.close)
                session.get_ready(connections[name])
        shuffled = random.Random(0)
        rates: dict[tuple[str, str], list[float]] = {key: [] for key in opened}
        for number in range(1, rounds + 1):
            for schema in shuffled.sample(schemas, len(schemas)):
                for name in shuffled.sample(list(pythons), 2):
                    rates[name, schema].append(opened[name, schema].turn(connections[name], seconds))
            if number % VACUUM_AFTER == 0:
                for name, schema in opened:
                    connections[name].execute(sql.SQL("vacuum {}").format(sql.Identifier(schema, "customer")))
    _tell(console, schemas, rates, clients)


def _set_up(interpreter: Path, dsn: str, only: str, packages: str) -> dict[str, Any]:
    # The checkout is where its virtual environment is, and its `benchmarks` are found from there.
    checkout = interpreter.parents[2]
    arguments = [str(interpreter), "-c", _SET_UP, dsn, only, packages]
    done = subprocess.run(arguments, cwd=checkout, env=os.environ | {"PYTHONPATH": str(checkout)},
                          stdout=subprocess.PIPE, text=True, check=True)  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _tell(console: Console, schemas: list[str], rates: dict[tuple[str, str], list[float]], clients: int) -> None:
    table = Table("contestant", "this ÷ other", "±", "inserts/s this", "other", box=None)
    for schema in schemas:
        mine, theirs = rates["this", schema], rates["other", schema]
        logs = [math.log(a / b) for a, b in zip(mine, theirs, strict=True)]
        ratio = math.exp(statistics.median(logs))
        # Of a median of normal values, by 1.2533 times that of their mean.
        error = ratio * 1.2533 * statistics.stdev(logs) / math.sqrt(len(logs))
        rate = [f"{statistics.median(each):,.0f}" for each in (mine, theirs)]
        table.add_row(schema, f"{ratio:.3f}", f"{error:.3f}", *rate)
    console.print(f"\n{clients} client{'s' * (clients > 1)}, {len(rates[next(iter(rates))])} rounds")
    console.print(table)


if __name__ == "__main__":
    main()
