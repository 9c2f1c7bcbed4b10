"""The rival: a FastAPI service that holds the model, asked by the client after each insert."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import joblib
import pandas as pd
import psycopg
from psycopg import sql

WORKERS = 2
_ENVIRONMENT = ("BENCH_DSN", "BENCH_SCHEMA", "BENCH_MODEL")


def app() -> Any:
    """Build the application that uvicorn serves: everything is loaded before the first request."""
    from fastapi import FastAPI

    dsn, schema, path = (os.environ[name] for name in _ENVIRONMENT)
    model = joblib.load(path)
    columns = list(model.feature_names_in_)
    table = sql.Identifier(schema, "customer")
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    # Locked while it is scored, or the slower of two requests would leave a score of yesterday.
    read = sql.SQL("select {} from {} where id = %s for no key update").format(names, table)
    write = sql.SQL("update {} set churn_score = %s where id = %s").format(table)
    local = threading.local()

    def ready() -> bool:
        return True

    def score(customer: int) -> float:
        if not hasattr(local, "connection"):
            local.connection = psycopg.connect(dsn, autocommit=True, prepare_threshold=0)
        connection: psycopg.Connection[Any] = local.connection
        with connection.transaction():
            row = connection.execute(read, [customer]).fetchone()
            answer = float(model.predict_proba(pd.DataFrame([row], columns=columns))[0, 1])
            connection.execute(write, [answer, customer])
        return answer

    service = FastAPI()
    service.add_api_route("/ready", ready)
    service.add_api_route("/customers/{customer}/score", score, methods=["POST"])
    return service


@contextmanager
def running(dsn: str, schema: str, model: Path) -> Iterator[str]:
    """Run the service for as long as the block lasts; gives its URL.

    :raises RuntimeError: it did not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    values = dict(zip(_ENVIRONMENT, (dsn, schema, str(model)), strict=True))
    command = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.service:app", "--log-level", "warning"]
    # One thread a worker for BLAS and OpenMP, as in the server.
    environment = {**os.environ, **values, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [*command, "--no-access-log", "--workers", str(WORKERS), "--port", str(port)],
        cwd=Path(__file__).parents[1],
        env=environment,
    )
    try:
        _wait(process, url)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("the FastAPI service ended before it was ready")
        try:
            httpx.get(f"{url}/ready").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the FastAPI service was not ready within 60 s")
