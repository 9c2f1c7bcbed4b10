"""Metrics of the view ``dbml.metrics``, as OpenMetrics text or over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dbml import database, errors
from dbml.database import Connection, Record
from dbml.schema.install import require

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from prometheus_client.registry import CollectorRegistry

# Of a histogram, beside le.
LABELS = ("model", "version", "engine")


@dataclass(frozen=True)
class Sample(Record):
    """A row of the view ``dbml.metrics``.

    :param type: ``counter`` or ``gauge``.
    :param help: what it means, and its unit.
    """

    name: str
    type: str
    help: str
    labels: dict[str, Any]
    value: float


def metrics(connection: Connection) -> list[Sample]:
    """What there is to tell, the samples of a name together."""
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        return database.rows(raw, Sample, "metrics")


def exposition(connection: Connection) -> str:
    """The metrics as OpenMetrics text.

    :raises ServerError: prometheus_client is not installed.
    """
    registry = _registry(lambda: metrics(connection))
    from prometheus_client.openmetrics import exposition as openmetrics

    text: bytes = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]
    return text.decode()


def serve(dsn: str | None, port: int, host: str) -> tuple[Any, Any]:
    """Answer scrapes on a port, from threads of its own; each scrape asks the database on a connection of its own.

    :returns: the server, whose ``shutdown`` ends it, and its thread.
    :raises ServerError: prometheus_client is not installed.
    :raises OSError: the port is taken.
    """

    def ask() -> list[Sample]:
        with database.connect(dsn) as connection:
            return metrics(connection)

    registry = _registry(ask)
    from prometheus_client import start_http_server

    return start_http_server(port, addr=host, registry=registry)


def _registry(ask: Any) -> CollectorRegistry:
    try:
        from prometheus_client.registry import CollectorRegistry
    except ImportError as error:
        raise errors.ServerError("metrics need prometheus_client", "pip install 'dbml[metrics]'") from error

    class Asking:
        def collect(self) -> Iterable[Metric]:
            return _families(ask())

        def describe(self) -> Iterable[Metric]:
            return []  # else registering would ask the database

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Asking())
    return registry


def _families(rows: list[Sample]) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    kinds = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily}
    histograms = [row.name.removesuffix("_bucket") for row in rows if "le" in row.labels]
    for base in dict.fromkeys(histograms):
        yield _histogram(base, rows)
    rows = [row for row in rows if not row.name.startswith(tuple(f"{base}_" for base in histograms))]
    for (name, kind, told), samples in groupby(rows, key=lambda row: (row.name, row.type, row.help)):
        of_name = list(samples)
        labels = sorted({label for row in of_name for label in row.labels})
        family = kinds[kind](name, told, labels=labels)
        for row in of_name:
            family.add_metric([str(row.labels.get(label) or "") for label in labels], row.value)
        yield family


def _histogram(base: str, rows: list[Sample]) -> Metric:
    """What the view tells as three counters, as exporters need it."""
    from prometheus_client.core import HistogramMetricFamily

    family: Metric = HistogramMetricFamily(base, "How long scores take that were timed, in seconds.", labels=LABELS)
    sums = {_labels(row): row.value for row in rows if row.name == f"{base}_sum"}
    buckets = sorted((_labels(row), float(row.labels["le"]), row) for row in rows if row.name == f"{base}_bucket")
    for labels, of_one in groupby(buckets, key=lambda one: one[0]):
        told = [(row.labels["le"], row.value) for _, _, row in of_one]
        family.add_metric(list(labels), told, sums[labels])  # type: ignore[attr-defined]
    return family


def _labels(row: Sample) -> tuple[str, ...]:
    return tuple(str(row.labels[label]) for label in LABELS)
