"""Inserts a second, by pgbench and, where a client has to call somebody afterwards, by psycopg."""

from __future__ import annotations

import math
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks.contestants import insert

_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}


def find_pgbench() -> str:
    """Return the newest pgbench of this machine."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/pgbench")
    found = sorted(installed, key=lambda path: float(path.parts[-3])) or [shutil.which("pgbench")]
    if found[-1] is None:
        raise SystemExit("pgbench is not on this machine; it comes with PostgreSQL's server (Debian: postgresql).")
    return str(found[-1])


def pgbench(
    program: str, dsn: str, schema: str, rows: int, *, clients: int, seconds: float, warm: float, seed: int, mode: str
) -> float:
    """Return inserts a second of random customers, each a transaction of its own.

    What a session's first insert costs is measured elsewhere: the clock starts when every client has had its first.

    :param warm: seconds that the clients need for that, at most.
    """
    values = conninfo_to_dict(dsn)
    environment = os.environ | {_VARIABLES.get(k, f"PG{k.upper()}"): str(v) for k, v in values.items() if v is not None}
    with tempfile.TemporaryDirectory(prefix="dbml-bench-") as folder:
        script = Path(folder) / "insert.sql"
        script.write_text(f"\\set id random(1, {rows})\ninsert into {schema}.complaint (customer_id) values (:id);\n")
        arguments = ["--no-vacuum", f"--protocol={mode}", f"--client={clients}", f"--file={script}", "--log"]
        arguments += [f"--jobs={min(clients, os.cpu_count() or 1)}", f"--time={math.ceil(seconds + warm)}"]
        arguments += [f"--log-prefix={folder}/log", f"--random-seed={seed}"]
        done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0 or "ERROR" in done.stderr:
            raise RuntimeError(f"pgbench in {schema}: {done.stderr.strip()[-400:]}")
        names = ["client", "number", "us", "script", "s", "fraction"]
        logs = [
            pd.read_csv(log, sep=" ", names=names, usecols=range(6))
            for log in Path(folder).glob("log.*")
            if log.stat().st_size
        ]
    log = pd.concat(logs)
    finished = log["s"] + log["fraction"] / 1e6
    first = finished.groupby(log["client"]).min()
    if len(first) < clients:
        raise RuntimeError(f"pgbench in {schema}: only {len(first)} of {clients} clients came to insert")
    start = first.max()
    counted = finished[(finished > start) & (finished <= start + seconds)]
    # A slow contestant's last insert may end well before the time is over.
    ended = start + seconds if finished.max() >= start + seconds else counted.max()
    return float(len(counted) / (ended - start))


def psycopg_clients(
    dsn: str, schema: str, rows: int, *, clients: int, seconds: float, seed: int, url: str | None = None
) -> float:
    """Return inserts a second from Python threads, each followed by a call of the service where there is one."""
    barrier = threading.Barrier(clients)
    counts = [0] * clients
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with ExitStack() as stack:
                act = _client(stack, dsn, schema, rows, random.Random(seed * 1000 + number), url)
                for _ in range(3):
                    act()
                barrier.wait()
                deadline = time.perf_counter() + seconds
                while time.perf_counter() < deadline:
                    act()
                    counts[number] += 1
        except BaseException as error:
            failures.append(error)
            barrier.abort()

    threads = [threading.Thread(target=work, args=[number]) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"a client of {schema} failed: {failures[0]!r}") from failures[0]
    return sum(counts) / seconds


def _client(
    stack: ExitStack, dsn: str, schema: str, rows: int, chance: random.Random, url: str | None
) -> Callable[[], Any]:
    connection = stack.enter_context(psycopg.connect(dsn, autocommit=True, prepare_threshold=0))
    service = stack.enter_context(httpx.Client(base_url=url)) if url else None
    statement = insert(schema)

    def act() -> None:
        customer = chance.randint(1, rows)
        connection.execute(statement, [customer])
        if service:
            service.post(f"/customers/{customer}/score").raise_for_status()

    return act
