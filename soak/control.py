"""A throwaway server that can be killed, stopped the hard way and started again."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from dbml.demo.server import Server, cluster
from dbml.demo.server.account import server_account

# As a server is run whose data matters: what was committed must be there after a crash.
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "deadlock_timeout": "200ms",
    "restart_after_crash": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
}


class Control:
    """What one can do to a private server.

    :raises ValueError: the server is not ours to stop.
    """

    def __init__(self, server: Server) -> None:
        if server.folder is None or server.python_packages is None:
            raise ValueError("only a server from this machine's own binaries can be stopped and started")
        self.server = server
        self.folder = server.folder
        self.account = server_account()
        self._binaries = cluster.find_binaries()[0].bindir
        self._environment = cluster.server_environment(server.folder, server.python_packages)

    def kill(self, pid: int) -> None:
        """``kill -9`` a backend: the server restarts itself for everyone."""
        with suppress(ProcessLookupError):  # gone by itself, meanwhile
            os.kill(pid, signal.SIGKILL)

    def stop_immediately(self) -> None:
        """``pg_ctl stop -m immediate``: no checkpoint, no goodbye."""
        self._pg_ctl("-m", "immediate", "-w", "stop")

    def kill_all(self) -> None:
        """``kill -9`` of the postmaster: its backends end as they notice."""
        self.kill(int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0]))

    def start_after_kill(self, seconds: float = 60) -> None:
        """Start the server again; as long as a backend of before is there, it refuses."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.start()
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def start(self) -> None:
        """Start the server again; it recovers from its log."""
        self._pg_ctl("-l", self.folder / "log", "-w", "-t", "120", "-o", f"-p {self.server.port}", "start")

    def _pg_ctl(self, *arguments: str | Path) -> None:
        command = [self._binaries / "pg_ctl", "-D", self.folder / "data", *arguments]
        done = self.account.run(command, cwd=self.folder, env=self._environment)
        if done.returncode != 0:
            raise RuntimeError(f"pg_ctl {arguments[-1]}: {done.stdout.strip()[-400:]}")

    def connect(self, seconds: float = 60) -> psycopg.Connection[Any]:
        """Connect as the superuser, waiting for a server that recovers."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return psycopg.connect(self.server.dsn, autocommit=True)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
