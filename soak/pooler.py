"""PgBouncer in transaction mode before a throwaway server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from soak.control import Control

_CONFIGURATION = """
[databases]
* = host={sockets} port={port}
[pgbouncer]
pool_mode = transaction
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users
pidfile = {folder}/pid
logfile = {folder}/log
max_client_conn = 200
default_pool_size = 6
ignore_startup_parameters = extra_float_digits
"""


def find(say: Callable[[str], None]) -> tuple[str | None, str]:
    """Return the program, installed from Debian's package where that can be; else None and why."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    if found := shutil.which("pgbouncer", path=path):
        return found, ""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None, "not on this machine (as root: apt-get install pgbouncer)"
    say("Installing pgbouncer with apt-get …")
    # Without its service: nobody asked for one.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (["install"], ["update"], ["install"]):
        arguments = ["-y", "-qq", "pgbouncer"] if command == ["install"] else ["-qq"]
        done = subprocess.run(
            ["apt-get", *command, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if found := shutil.which("pgbouncer", path=path):
            return found, ""
    return None, f"apt-get could not install it: {done.stderr.strip()[-200:]}"


@contextmanager
def running(program: str, control: Control, parent: Path) -> Iterator[str]:
    """Yield the DSN by which clients reach the server through the pooler."""
    folder = parent / "pgbouncer"
    folder.mkdir()
    files = {"users": '"postgres" ""\n'}
    files["ini"] = _CONFIGURATION.format(folder=folder, sockets=control.server.socket_dir, port=control.server.port)
    for name, text in files.items():
        (folder / name).write_text(text)
    for path in (folder, folder / "users", folder / "ini"):
        os.chown(path, -1 if control.account.uid is None else control.account.uid, -1)
    process = subprocess.Popen(
        [program, "-q", str(folder / "ini")],
        cwd="/",
        user=control.account.uid,
        group=control.account.gid,
        extra_groups=None if control.account.uid is None else [],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    dsn = f"host={folder} port={control.server.port} user=postgres dbname=postgres"
    try:
        for _ in range(200):
            with suppress(psycopg.OperationalError):
                psycopg.connect(dsn).close()
                break
            time.sleep(0.05)
        yield dsn
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
