"""What the service tells of itself to Prometheus: requests, their time, and rows, of all its processes together.

prometheus_client adds up processes by files in a folder, whose name it looks up when imported; ``server`` sets it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
MEDIA_TYPE = CONTENT_TYPE_LATEST
_TIMES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)

_requests = Counter("dbml_service_requests", "Requests that were answered.", ["call", "status"])
_seconds = Histogram("dbml_service_request_seconds", "Seconds until a request was answered.", ["call"], buckets=_TIMES)
_rows = Counter("dbml_service_rows", "Rows that were scored.", ["model"])
_together = Histogram("dbml_service_statement_rows", "Rows that went to the database in one statement.", buckets=_SIZES)


@dataclass
class Request:
    """One that is being answered.

    :param status: as HTTP has it.
    """

    status: int = 500


@contextmanager
def request(call: str) -> Iterator[Request]:
    """Measure a request; who answers it says the status."""
    began, one = time.perf_counter(), Request()
    try:
        yield one
    finally:
        _seconds.labels(call).observe(time.perf_counter() - began)
        _requests.labels(call, one.status).inc()


def scored(model: str, rows: int) -> None:
    """Count the rows of a statement."""
    _rows.labels(model).inc(rows)
    _together.observe(rows)


def exposition() -> bytes:
    """What all processes have counted, as OpenMetrics."""
    registry = REGISTRY
    if FOLDER in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return text
