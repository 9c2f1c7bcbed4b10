"""A service and a worker beside the clients, as processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from dbml.demo.server import cluster as servers
from soak.clients import until

DBML = Path(sys.executable).with_name("dbml")


class Probe(threading.Thread):
    """Asks the service for a score, four times a second, and remembers when it had one last."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True, name="probe")
        self.url = f"http://127.0.0.1:{port}/v1/models/churn:predict"
        self.good = 0.0
        self.over = threading.Event()

    def run(self) -> None:
        """Ask."""
        while not self.over.wait(0.25):
            began = time.monotonic()
            try:
                if self.ask([1])[0] is not None:
                    self.good = began
            except (OSError, ValueError):
                continue

    def ask(self, customers: Sequence[int]) -> list[Any]:
        """What the service answers for customers whom it reads itself.

        :raises OSError: it does not answer.
        """
        body = json.dumps({"instances": [{"id": customer} for customer in customers]}).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url, body), timeout=12) as answer:
            found: list[Any] = json.load(answer)["predictions"]
            return found


@contextmanager
def beside(dsn: str, of_worker: str, folder: Path) -> Iterator[Probe]:
    """A service and a worker, and a client of the service, which has had its first answer.

    :raises RuntimeError: at the end, where one of them has not outlived what was done to the server.
    """
    port = servers._free_port()
    commands = ([str(DBML), "serve", "--dsn", dsn, "--port", str(port)], [str(DBML), "worker", "--dsn", of_worker])
    with (folder / "beside.log").open("ab") as log:
        processes = [subprocess.Popen(command, stdout=log, stderr=log) for command in commands]
    probe = Probe(port)
    probe.start()
    try:
        until(lambda: probe.good > 0, 60)
        yield probe
        dead = [command[1] for command, process in zip(commands, processes, strict=True) if process.poll() is not None]
        if dead:
            raise RuntimeError(f"{dead} ended: {(folder / 'beside.log').read_text()[-2000:]}")
    finally:
        probe.over.set()
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(60)


def worked(db: psycopg.Connection[Any], since: object) -> bool:
    """Whether a worker has done its most frequent duty since then."""
    ended = "select exists (select from dbml.job where duty = 'queued' and ended > %s)"
    return db.execute(ended, [since]).fetchone() == (True,)
