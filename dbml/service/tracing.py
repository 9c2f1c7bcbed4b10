"""Requests as spans of the traces that they are in, for a collector of OpenTelemetry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version as version_of
from typing import Any

from dbml.service.measures import Request

# What W3C's trace context calls it; without it a request begins a trace of its own.
HEADERS = ("traceparent", "tracestate")


class Tracing:
    """Sends a span of each request, in the background; what a collector does not take is dropped.

    :param url: the collector, as :func:`dbml.observing.traces.exporter` reads it; None: nothing is sent.
    """

    def __init__(self, url: str | None) -> None:
        self._provider: Any = None
        if url is None:
            return
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        from dbml.observing.traces import exporter

        self._provider = TracerProvider(resource=Resource.create({"service.name": "dbml serve"}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter(url)))
        self._tracer = self._provider.get_tracer("dbml", version_of("dbml"))

    @contextmanager
    def request(self, call: str, headers: Mapping[str, str], answered: Request) -> Iterator[None]:
        """Make a span of a request, as a child of the one that its headers name.

        :param answered: its status once it is answered.
        """
        if self._provider is None:
            yield
            return
        from opentelemetry.trace import SpanKind, Status, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        parent = TraceContextTextMapPropagator().extract({k: headers[k] for k in HEADERS if k in headers})
        span = self._tracer.start_span(call, parent, SpanKind.SERVER, {"db.system.name": "postgresql"})
        try:
            yield
        finally:
            span.set_attribute("http.response.status_code", answered.status)
            if answered.status >= 500:
                span.set_status(Status(StatusCode.ERROR))
            span.end()

    def close(self) -> None:
        """Send what waits."""
        if self._provider is not None:
            self._provider.shutdown()
