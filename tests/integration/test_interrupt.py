"""However the process that started a private server ends, the server and its folder go with it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from dbml.demo.server import Server

HOLDER = """
import signal, time
from dbml.demo.server import temporary_server
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell runs the tests in the background
with temporary_server(say=lambda text: None) as server:
    print(server.dsn, server.folder or "", sep="\\n", flush=True)
    time.sleep(600)
"""


def _until(true: Callable[[], bool]) -> bool:
    """Wait for it; the limit is only there for the test to end."""
    for _ in range(600):
        if true():
            return True
        time.sleep(0.1)
    return False


def _answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


# The fixture: what a server needs has been installed before, so that no install is cut off half-way.
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind(server: Server, number: signal.Signals) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DBML_DSN"}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
        start_new_session=True,
    ) as holder:
        assert holder.stdout is not None
        dsn, folder = holder.stdout.readline().strip(), holder.stdout.readline().strip()
        assert _answers(dsn)
        holder.send_signal(number)
        assert holder.wait() != 0
    assert _until(lambda: not _answers(dsn))
    assert not folder or _until(lambda: not Path(folder).exists())
