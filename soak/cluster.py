"""Three servers on this machine that Patroni keeps, with synchronous replication; etcd tells who is the primary."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml

from dbml.demo.server import cluster
from dbml.demo.server.account import server_account

# The shortest that Patroni allows; the primary is dead when it has not been heard of for this long.
TTL = 20
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": 100,
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "deadlock_timeout": "200ms",
    "wal_log_hints": "on",
    "hot_standby": "on",
}


@dataclass
class Node:
    """A server with the Patroni that keeps it."""

    name: str
    folder: Path
    port: int
    rest: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The server's data."""
        return self.folder / "data"


class Cluster:
    """Starts and ends all of it; what one can do to it.

    :raises RuntimeError: Patroni or etcd is not installed, or the cluster does not come up.
    """

    def __init__(self, say: Callable[[str], None], nodes: int = 3) -> None:
        missing = [program for program in ("patroni", "etcd") if shutil.which(program) is None]
        if missing:
            raise RuntimeError(f"{' and '.join(missing)} not found: apt-get install patroni etcd-server")
        self.account, self.binaries = server_account(), cluster.find_binaries()[0].bindir
        self.folder = Path(tempfile.mkdtemp(prefix="dbml-patroni-", dir="/tmp"))
        self._own(self.folder)
        self.etcd_port = cluster._free_port()
        self.etcd: subprocess.Popen[bytes] | None = None
        self.nodes = [
            Node(f"node{number}", self.folder / f"node{number}", cluster._free_port(), cluster._free_port())
            for number in range(1, nodes + 1)
        ]
        self.say = say

    def __enter__(self) -> Cluster:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            self.die(node)
        if self.etcd is not None:
            self.etcd.kill()
            self.etcd.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        clients, peers = (f"http://127.0.0.1:{port}" for port in (self.etcd_port, cluster._free_port()))
        command = ["etcd", "--data-dir", self.folder / "etcd", "--log-level", "error", "--listen-peer-urls", peers]
        command += ["--listen-client-urls", clients, "--advertise-client-urls", clients]
        self.etcd = self._run(command, "etcd.log")
        for node in self.nodes:
            node.folder.mkdir()
            self._own(node.folder)
            (node.folder / "patroni.yml").write_text(yaml.safe_dump(self._settings(node)))
            self.revive(node)
            if node is self.nodes[0]:
                self.wait(lambda: self.leader() is not None, 90, "no primary")
        self.wait(self.whole, 120, "not all servers came up")

    def _settings(self, node: Node) -> dict[str, Any]:
        return {
            "scope": "dbml",
            "name": node.name,
            "restapi": {"listen": f"127.0.0.1:{node.rest}", "connect_address": f"127.0.0.1:{node.rest}"},
            "etcd3": {"host": f"127.0.0.1:{self.etcd_port}"},
            "bootstrap": {
                "dcs": {
                    "ttl": TTL,
                    "loop_wait": 2,
                    "retry_timeout": 6,
                    # A primary that crashes is not waited for.
                    "master_start_timeout": 0,
                    "synchronous_mode": True,
                    "synchronous_mode_strict": True,
                    "postgresql": {"use_pg_rewind": True, "use_slots": True, "parameters": SETTINGS},
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}],
            },
            "postgresql": {
                "listen": f"127.0.0.1:{node.port}",
                "connect_address": f"127.0.0.1:{node.port}",
                "data_dir": str(node.data),
                "bin_dir": str(self.binaries),
                "pgpass": str(node.folder / "pgpass"),
                "parameters": {"unix_socket_directories": str(node.folder)},
                # Nobody else is on the loopback address of a machine for tests.
                "pg_hba": [f"host {what} all 127.0.0.1/32 trust" for what in ("all", "replication")],
                "authentication": {"superuser": {"username": "postgres"}, "replication": {"username": "postgres"}},
            },
        }

    def _own(self, path: Path) -> None:
        if self.account.uid is not None and self.account.gid is not None:
            os.chown(path, self.account.uid, self.account.gid)

    def _run(self, command: list[Any], log: str) -> subprocess.Popen[bytes]:
        with (self.folder / log).open("ab") as file:
            return subprocess.Popen(
                [str(word) for word in command],
                cwd=self.folder,
                env={**cluster.server_environment(self.folder, None), "PYTHONUNBUFFERED": "1"},
                user=self.account.uid,
                group=self.account.gid,
                extra_groups=None if self.account.uid is None else [],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def dsn(self) -> str:
        """All servers, and the primary among them."""
        hosts, ports = ",".join("127.0.0.1" for _ in self.nodes), ",".join(str(node.port) for node in self.nodes)
        return f"host={hosts} port={ports} user=postgres dbname=postgres target_session_attrs=read-write"

    def connect(self, seconds: float = 90) -> psycopg.Connection[tuple[object, ...]]:
        """Connect to the primary, waiting for one."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return psycopg.connect(self.dsn, autocommit=True, connect_timeout=3)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def writable(self) -> Node | None:
        """The server that is a primary by its own word."""
        for node in self.nodes:
            with suppress(psycopg.Error):
                where = f"host=127.0.0.1 port={node.port} user=postgres dbname=postgres connect_timeout=2"
                with psycopg.connect(where, autocommit=True) as session:
                    if session.execute("select pg_is_in_recovery()").fetchone() == (False,):
                        return node
        return None

    def members(self) -> dict[str, dict[str, Any]]:
        """What Patroni says of each server."""
        for node in self.nodes:
            where = f"http://127.0.0.1:{node.rest}/cluster"
            with suppress(OSError, ValueError), urllib.request.urlopen(where, timeout=3) as answer:
                return {member["name"]: member for member in json.load(answer)["members"]}
        return {}

    def leader(self) -> Node | None:
        """The primary by Patroni's word."""
        names = [name for name, member in self.members().items() if member["role"] in ("leader", "primary")]
        return next((node for node in self.nodes if node.name in names), None)

    def whole(self) -> bool:
        """Whether all servers run, and one of them has all that is committed."""
        members = self.members().values()
        roles = [member["role"] for member in members if member["state"] in ("running", "streaming")]
        return len(roles) == len(self.nodes) and "sync_standby" in roles and self.leader() is not None

    def wait(self, true: Callable[[], bool], seconds: float, otherwise: str) -> None:
        """Wait for it.

        :raises RuntimeError: it does not come to be.
        """
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                logs = [path.read_text(errors="replace")[-600:] for path in self.folder.glob("*.log")]
                raise RuntimeError(f"{otherwise} within {seconds:.0f} s: {self.members()}\n" + "\n".join(logs))
            time.sleep(0.2)

    def revive(self, node: Node) -> None:
        """Let a machine come up again."""
        node.process = self._run(["patroni", node.folder / "patroni.yml"], f"{node.name}.log")

    def die(self, node: Node) -> None:
        """Switch a machine off: Patroni, the server and all its sessions at once."""
        if node.process is not None:
            node.process.kill()
            node.process.wait()
            node.process = None
        self.crash(node)

    def crash(self, node: Node) -> None:
        """Kill a server and all its sessions, and leave Patroni alive."""
        with suppress(OSError, ValueError, IndexError):
            postmaster = int((node.data / "postmaster.pid").read_text().split()[0])
            if Path(f"/proc/{postmaster}/cwd").resolve() != node.data:
                return  # of a server that has ended; somebody else has its number
            children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
            for process in (postmaster, *map(int, children)):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    def switch_over(self, node: Node) -> None:
        """Let Patroni make another server the primary, as for maintenance."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{node.rest}/switchover",
            data=json.dumps({"leader": node.name}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=120) as answer:
            answer.read()
