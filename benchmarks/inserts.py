"""Inserts a second, by pgbench and, where a client has to call somebody afterwards, by psycopg."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from benchmarks.contestants import insert

_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
# Seconds of a turn before its inserts count: caches have forgotten whose turn was not.
WARM = 0.05
_SESSIONS = "from pg_stat_activity where application_name = %s and datname = current_database()"


def find_pgbench() -> str:
    """Return the newest pgbench of this machine."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/pgbench")
    found = max(installed, key=lambda path: float(path.parts[-3]), default=None) or shutil.which("pgbench")
    if found is None:
        raise SystemExit("pgbench is not on this machine; it comes with PostgreSQL's server (Debian: postgresql).")
    return str(found)


class Clients:
    """The clients of one contestant: sessions of pgbench that insert only while it is their turn.

    Sessions stay open from one turn to the next, so that a turn can be short: neighbours in time are then
    compared, and a machine that grows slower does so to all of them alike.
    """

    def __init__(
        self, program: str, dsn: str, schema: str, rows: int, *, clients: int, seed: int, mode: str, folder: Path
    ) -> None:
        values = conninfo_to_dict(dsn)
        environment = {_VARIABLES.get(k, f"PG{k.upper()}"): str(v) for k, v in values.items() if v is not None}
        self._name = f"dbml-bench {schema} {clients}"
        script = folder / f"{schema}.sql"
        script.write_text(f"\\set id random(1, {rows})\ninsert into {schema}.complaint (customer_id) values (:id);\n")
        arguments = ["--no-vacuum", f"--protocol={mode}", f"--client={clients}", f"--file={script}"]
        arguments += [f"--jobs={min(clients, os.cpu_count() or 1)}", "--time=86400", f"--random-seed={seed}"]
        self._errors = (folder / f"{schema}.log").open("w+")
        self._pgbench = subprocess.Popen(
            [program, *arguments],
            env=os.environ | environment | {"PGAPPNAME": self._name},
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
        )
        self._clients, self._schema = clients, schema

    def get_ready(self, connection: psycopg.Connection[Any]) -> None:
        """Wait until every session has made its first insert, which is a figure of its own; then pause.

        :raises RuntimeError: pgbench has given up.
        """
        begun: dict[int, set[datetime]] = defaultdict(set)
        while len(begun) < self._clients or min(map(len, begun.values())) < 3:
            time.sleep(0.05)
            self._must_run()
            for session, at in connection.execute(
                f"select pid, query_start {_SESSIONS} and query like 'insert%%'",
                [self._name],
            ):
                begun[session].add(at)
        self._pause(connection)

    def turn(self, connection: psycopg.Connection[Any], seconds: float) -> float:
        """Let the clients insert, and return inserts a second.

        :raises RuntimeError: pgbench has given up.
        """
        self._pgbench.send_signal(signal.SIGCONT)
        time.sleep(WARM)
        before, began = self._inserted(connection), time.perf_counter()
        time.sleep(seconds)
        after, ended = self._inserted(connection), time.perf_counter()
        self._must_run()
        self._pause(connection)
        return (after - before) / (ended - began)

    def spent(self, connection: psycopg.Connection[Any]) -> tuple[int, float]:
        """Return the inserts so far, and the seconds of processor that their sessions have taken in the server.

        The latter says what an insert costs where other work shares the machine; only where the server is on it.
        """
        sessions = connection.execute(f"select pid {_SESSIONS}", [self._name]).fetchall()
        nanoseconds = sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for (pid,) in sessions)
        return self._inserted(connection), nanoseconds / 1e9

    def close(self) -> None:
        """End the sessions."""
        self._pgbench.kill()
        self._pgbench.wait()
        self._errors.close()

    def _must_run(self) -> None:
        if self._pgbench.poll() is not None:
            self._errors.seek(0)
            raise RuntimeError(f"pgbench in {self._schema}: {self._errors.read().strip()[-400:]}")

    def _pause(self, connection: psycopg.Connection[Any]) -> None:
        self._pgbench.send_signal(signal.SIGSTOP)
        # What is under way ends in the server.
        active = f"select {_SESSIONS} and state = 'active'"
        while connection.execute(active, [self._name]).fetchone() is not None:
            time.sleep(0.005)

    def _inserted(self, connection: psycopg.Connection[Any]) -> int:
        # Each insert takes one number; to count rows would take longer than a turn.
        sequence = sql.Identifier(self._schema, "complaint_id_seq")
        row = connection.execute(sql.SQL("select last_value from {}").format(sequence)).fetchone()
        return int(row[0]) if row else 0


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
