"""What a new connection pays: the time of its first insert, and the memory it holds afterwards."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from benchmarks.contestants import insert

# Memory that all sessions of a server have together.
_SHARED = re.compile(r"/dev/(zero|shm)|/SYSV|/memfd|anon_hugepage")


def first_insert(dsn: str, schema: str) -> tuple[float, float | None]:
    """Open a connection and insert once: milliseconds, and megabytes the session then holds for itself alone."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select 1")
        began = time.perf_counter()
        connection.execute(insert(schema), [1])
        took = (time.perf_counter() - began) * 1000
        return took, private_memory(connection.info.backend_pid)


def python_start(dsn: str) -> float:
    """Milliseconds of a new connection's first call into PL/Python, of nothing: no engine there begins faster."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select 1")
        began = time.perf_counter()
        connection.execute("select data.nothing()")
        return (time.perf_counter() - began) * 1000


def private_memory(pid: int) -> float | None:
    """Megabytes that a server process alone holds, buffers left out; None where they are not to be seen from here."""
    with suppress(OSError):
        process = Path("/proc") / str(pid)
        if not process.joinpath("cmdline").read_bytes().startswith(b"postgres"):
            return None
        kilobytes, counts = 0, False
        for line in process.joinpath("smaps").read_text(errors="replace").splitlines():
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                counts = not _SHARED.search(line)
            elif counts and line.startswith(("Private_Clean:", "Private_Dirty:")):
                kilobytes += int(line.split()[1])
        return kilobytes / 1024
    return None
