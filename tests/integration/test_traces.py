"""Predictions inside a trace reach a collector that speaks OTLP, over HTTP and over gRPC."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import grpc
import httpx
import psycopg
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.conftest import Cli, Databases
from tests.integration.test_service import served

Db = psycopg.Connection[Any]
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector:
    """What has been received; refuses while it is told to."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.refuses = False
        self.resources: list[dict[str, str]] = []

    def take(self, request: trace_service_pb2.ExportTraceServiceRequest) -> bool:
        """Whether it was taken."""
        if self.refuses:
            return False
        for group in request.resource_spans:
            self.resources.append({a.key: a.value.string_value for a in group.resource.attributes})
            self.spans += [span for scope in group.scope_spans for span in scope.spans]
        return True


@contextmanager
def over_http(collector: Collector) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken = collector.take(trace_service_pb2.ExportTraceServiceRequest.FromString(body))
            self.send_response(200 if taken else 400)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def over_grpc(collector: Collector) -> Iterator[str]:
    class Servicer(trace_service_pb2_grpc.TraceServiceServicer):
        def Export(self, request: Any, context: Any) -> Any:
            if not collector.take(request):
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "not now")
            return trace_service_pb2.ExportTraceServiceResponse()

    server = grpc.server(ThreadPoolExecutor(1))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Servicer(), server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"grpc://127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.fixture
def dsn(databases: Databases, side_by_side: str) -> str:
    return databases.create(like=side_by_side)


def inside(db: Db, traceparent: str, statement: str) -> None:
    with db.transaction():
        db.execute("select set_config('dbml.traceparent', %s, true)", [traceparent])
        db.execute(statement)  # type: ignore[arg-type]


@pytest.mark.parametrize("reached", [over_http, over_grpc])
def test_each_prediction_inside_a_trace_is_a_span_of_it(db: Db, dsn: str, cli: Cli, reached: Any) -> None:
    collector = Collector()
    with reached(collector) as url:
        work = ["worker", "--once", "--duty", "traces", "--traces-to", url]
        assert "0 spans were exported" in cli(*work).output
        inside(db, f"00-{TRACE}-{PARENT}-01", "insert into complaint (customer_id) values (1), (2)")
        inside(db, f"00-{TRACE}-{PARENT}-01", "update customer set spend = 'NaN' where id = 3")
        # No span: not sampled, no traceparent at all, and what was taken back.
        inside(db, f"00-{TRACE}-{PARENT}-00", "insert into complaint (customer_id) values (4)")
        inside(db, f"00-{'0' * 32}-{PARENT}-01", "insert into complaint (customer_id) values (5)")
        inside(db, "mine", "insert into complaint (customer_id) values (6)")
        with db.transaction(force_rollback=True):
            inside(db, f"00-{TRACE}-{PARENT}-01", "insert into complaint (customer_id) values (7)")
        with psycopg.connect(dsn, application_name=f"shop 00-{TRACE}-{PARENT}-01") as other:
            other.execute("insert into complaint (customer_id) values (8)")
        # A collector that does not take them loses none.
        collector.refuses = True
        assert "the collector did not take the spans" in cli(*work, exit_code=1).output
        collector.refuses = False
        assert "4 spans were exported" in cli(*work).output
        assert "0 spans were exported" in cli(*work).output
        # As after a dump, which has the mark, is restored where transactions count from the beginning.
        db.execute("update dbml.trace_mark set exported_to = 4000000000")
        assert "0 spans were exported" in cli(*work).output
    logged = db.execute(
        "select (extract(epoch from at) * 1000000)::bigint * 1000, score is null from dbml.log"
        " where trace like '%%-01' and entity[1] in ('1', '2', '3', '8')"
    ).fetchall()
    assert {(s.trace_id.hex(), s.parent_span_id.hex(), s.name) for s in collector.spans} == {
        (TRACE, PARENT, "score churn")
    }
    assert {(s.start_time_unix_nano, s.status.code == 2) for s in collector.spans} == set(logged)
    assert len({s.span_id for s in collector.spans}) == len(collector.spans) == 4
    [failed] = [s for s in collector.spans if s.status.code == 2]
    assert failed.status.message == "DB013"
    # A deployer, who may ask for spans, is told no more either: the reason may hold values of the row.
    spans = "select distinct failure from dbml._spans(0, pg_current_xact_id()::text::bigint) where failure is not null"
    assert db.execute(spans).fetchall() == [("DB013",)]
    attributes = {a.key: a.value.string_value or a.value.int_value for a in failed.attributes}
    assert attributes == {
        "dbml.model": "churn",
        "dbml.version": 1,
        "dbml.arm": "control",
        "dbml.profile": "public.customer",
        "dbml.engine": "sql",
        "db.system.name": "postgresql",
    }
    assert collector.resources[0]["service.name"] == "dbml"


def test_a_worker_that_does_not_know_where_to_says_so(cli: Cli, dsn: str) -> None:
    refused = cli("worker", "--once", "--duty", "traces", exit_code=1)
    assert "the duty traces does not know where spans go" in refused.output
    refused = cli("worker", "--once", "--traces-to", "jaeger:4317", exit_code=1)
    assert "spans cannot be sent to jaeger:4317" in refused.output


@pytest.mark.parametrize("reached", [over_http, over_grpc])
def test_a_request_of_the_service_is_a_span_of_its_client_s_trace(dsn: str, reached: Any) -> None:
    collector = Collector()
    with reached(collector) as url, served(dsn, "--traces-to", url) as (port, process):
        path = f"http://127.0.0.1:{port}/v1/models/churn:predict"
        inside = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
        assert httpx.post(path, json={"instances": [{"id": 7}]}, headers=inside).status_code == 200
        assert httpx.post(path, json={"instances": [{"id": 4711}]}, headers=inside).status_code == 404
        assert (
            httpx.post(path, json={"instances": [{"id": 8}]}, headers=inside | {"traceparent": "no"}).status_code == 200
        )
        # Not sampled, says who asks.
        httpx.post(path, json={"instances": [{"id": 7}]}, headers={"traceparent": f"00-{TRACE}-{PARENT}-00"})
        process.send_signal(signal.SIGTERM)  # what waits is sent
        process.wait(60)
    spans = [s for s in collector.spans if s.name == "predict"]
    told = sorted((s.trace_id.hex(), s.parent_span_id.hex(), s.attributes[-1].value.int_value) for s in spans)
    assert [(trace, parent, status) for trace, parent, status in told if trace == TRACE] == [
        (TRACE, PARENT, 200),
        (TRACE, PARENT, 404),
    ]
    assert len(told) == 3 and {s.kind for s in spans} == {Span.SPAN_KIND_SERVER}
    assert all(s.end_time_unix_nano > s.start_time_unix_nano for s in spans)
    assert {resource["service.name"] for resource in collector.resources} == {"dbml serve"}
