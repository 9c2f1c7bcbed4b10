"""Predictions inside a trace, as spans for a collector of OpenTelemetry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version as version_of
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
from psycopg.rows import class_row

from dbml import database, errors
from dbml.database import Progress

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

# What goes out in one request.
TOGETHER = 512
# Seconds that a collector has for one.
PATIENCE = 10


@dataclass(frozen=True)
class Predicted:
    """A prediction inside a trace.

    :param trace_id: as the traceparent that came in has it, hexadecimal; so ``parent_id``.
    """

    trace_id: str
    parent_id: str
    span_id: str
    at: datetime
    profile: str
    model: str
    version: int
    arm: str
    engine: str | None
    failure: str | None


def exporter(url: str) -> SpanExporter:
    """What sends spans to a collector.

    :param url: ``http://collector:4318``, ``https://…`` or ``grpc://collector:4317``, ``grpcs://…``. HTTP without a
        path goes to ``/v1/traces``. Headers, certificates and compression are those of OpenTelemetry's own environment
        variables, such as ``OTEL_EXPORTER_OTLP_HEADERS``.
    :raises SpecError: it is none of these.
    :raises DeliveryError: the exporter of OpenTelemetry is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "grpc", "grpcs") or not parts.hostname:
        raise errors.SpecError(
            f"spans cannot be sent to {url}", "Give a collector: http://HOST:4318, https://… or grpc://HOST:4317."
        )
    try:
        if parts.scheme.startswith("grpc"):
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as Grpc

            return Grpc(endpoint=parts.netloc, insecure=parts.scheme == "grpc", timeout=PATIENCE)
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as Http
    except ImportError as error:
        raise errors.DeliveryError(f"spans need {error.name}", "pip install 'dbml[traces]'") from error
    endpoint = url if parts.path.strip("/") else parts._replace(path="/v1/traces").geturl()
    return Http(endpoint=endpoint, timeout=PATIENCE)


def export(connection: psycopg.Connection[Any], target: SpanExporter, progress: Progress) -> int:
    """Send what was predicted inside traces since the last call; the first call only notes from when on.

    Only what a collector has taken is noted as exported: what fails is sent again, under the same numbers.

    :returns: how many spans were sent.
    :raises DeliveryError: the collector did not take them.
    """
    from opentelemetry.sdk.trace.export import SpanExportResult

    sent = 0
    with connection.transaction():
        [window] = database.named(connection, "trace_window")
        waiting = _spans(connection, window)
        while spans := list(islice(waiting, TOGETHER)):
            if target.export(spans) is not SpanExportResult.SUCCESS:
                raise errors.DeliveryError(
                    "the collector did not take the spans", "They are sent again when the duty is next due."
                )
            sent += len(spans)
            progress("traces", sent, sent)
        database.value(connection, "traced", before=window["before"])
    return sent


def _spans(connection: psycopg.Connection[Any], window: dict[str, Any]) -> Iterator[ReadableSpan]:
    if window["after"] == window["before"]:
        return
    with connection.cursor("dbml_spans", row_factory=class_row(Predicted)) as cursor:
        cursor.itersize = TOGETHER
        cursor.execute(database.verbatim(database.queries()["spans"]), window)
        for predicted in cursor:
            yield span(predicted)


def span(predicted: Predicted) -> ReadableSpan:
    """A span of a prediction, which the log knows by the moment when its score was there (pure)."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    def context(number: str, *, remote: bool) -> SpanContext:
        return SpanContext(int(predicted.trace_id, 16), int(number, 16), remote, TraceFlags(TraceFlags.SAMPLED))

    moment = int(predicted.at.timestamp() * 1_000_000) * 1000
    attributes: dict[str, str | int | None] = {
        "dbml.model": predicted.model,
        "dbml.version": predicted.version,
        "dbml.arm": predicted.arm,
        "dbml.profile": predicted.profile,
        "dbml.engine": predicted.engine,
        "db.system.name": "postgresql",
    }
    return ReadableSpan(
        f"score {predicted.model}",
        context(predicted.span_id, remote=False),
        context(predicted.parent_id, remote=True),
        Resource.create({"service.name": "dbml"}),
        {name: value for name, value in attributes.items() if value is not None},
        kind=SpanKind.INTERNAL,
        status=Status(StatusCode.ERROR, predicted.failure) if predicted.failure else Status(),
        start_time=moment,
        end_time=moment,
        instrumentation_scope=InstrumentationScope("dbml", version_of("dbml")),
    )
