"""The web service over real HTTP: the protocol's own client, bad input, rights, and a stop in the middle."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import psycopg
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Json
from tritonclient import grpc as triton_grpc
from tritonclient import http as triton
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException

import dbml
from dbml import spec
from dbml.serving.strategies import Strategy
from tests.conftest import SPEC, TABLES, Databases, Trained

DBML = Path(sys.executable).with_name("dbml")
ROLES = ANALYST, STRANGER, TENANT, DEPLOYER = tuple(
    f"dbml_test_{name}_{os.getpid()}" for name in ("analyst", "stranger", "tenant", "deployer")
)


@dataclass(frozen=True)
class Running:
    """A service, and tokens of roles."""

    port: int
    dsn: str
    tokens: dict[str, str]
    file: Path
    process: subprocess.Popen[str]
    grpc_port: int

    def client(self, role: str | None = ANALYST) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=60)

    def infer(self, body: Any, role: str | None = ANALYST, path: str = "/v2/models/churn/infer") -> httpx.Response:
        with self.client(role) as client:
            return client.post(path, json=body)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(dsn: str, *options: object) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A service in processes of its own; stopped at the end if it runs."""
    port = free_port()
    command = [str(part) for part in (DBML, "serve", "--dsn", dsn, "--port", port, *options)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            for _ in range(1200):
                assert process.poll() is None, process.stderr and process.stderr.read()
                try:
                    httpx.get(f"http://127.0.0.1:{port}/v2/health/live")
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield port, process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(60)


def token(file: Path, role: str, *options: str) -> str:
    made = subprocess.run(
        [DBML, "token", "new", role, "--file", file, *options], check=True, capture_output=True, text=True
    )
    return made.stdout.strip()


@pytest.fixture(scope="module")
def service(
    databases: Databases, churn: Trained, churn_2: Trained, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Version 1 serves 50 customers, version 2 is there; one role may score all, one the first ten, one none, one deploys."""
    dsn, folder = databases.create(), tmp_path_factory.mktemp("service")
    (folder / "churn.toml").write_text(SPEC)
    with psycopg.connect(dsn) as db:
        db.execute(TABLES)
        rows = [(i, r.plan, r.complaints, r.spend) for i, r in enumerate(churn.rows.head(50).itertuples(), 1)]
        with db.cursor() as cursor:
            cursor.executemany("insert into customer (id, plan, complaints, spend) values (%s, %s, %s, %s)", rows)
            cursor.execute(
                "insert into complaint (customer_id) select id from customer, generate_series(1, complaints)"
            )
        dbml.add_model(db, "churn", churn.file, sample=churn.sample)
        dbml.add_model(db, "churn", churn_2.file, sample=churn_2.sample, engine="portable")
        dbml.attach(db, spec.read(folder / "churn.toml"))
        dbml.deploy(db, "churn", 1)
        for role in ROLES:
            db.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
        db.execute(sql.SQL("grant dbml_deployer to {}").format(sql.Identifier(DEPLOYER)))
        for role in (ANALYST, TENANT):
            db.execute(
                sql.SQL("grant dbml_analyst to {0}; grant select on customer to {0}").format(sql.Identifier(role))
            )
        db.execute("alter table customer enable row level security")
        for role, which in ((ANALYST, "true"), (TENANT, "id <= 10")):
            db.execute(
                sql.SQL("create policy {} on customer to {} using ({})").format(
                    sql.Identifier(role), sql.Identifier(role), sql.SQL(which)
                )
            )
    file = folder / "tokens"
    tokens = {role: token(file, role) for role in ROLES}
    tokens["expired"] = token(file, ANALYST, "--days", "0")
    grpc_port = free_port()
    options = ("--tokens", file, "--max-body", 1, "--max-rows", 1000, "--grpc-port", grpc_port)
    with served(dsn, *options) as (port, process):
        yield Running(port, dsn, tokens, file, process, grpc_port)
    with psycopg.connect(dsn) as db:
        for role in ROLES:
            db.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(role)))


def columns(rows: pd.DataFrame) -> dict[str, Any]:
    """A request of version 2, as one would write it by hand."""
    kinds = {"plan": "BYTES", "complaints": "INT64", "spend": "FP64"}
    return {
        "inputs": [{"name": n, "datatype": d, "shape": [len(rows)], "data": rows[n].tolist()} for n, d in kinds.items()]
    }


def tensors(rows: pd.DataFrame, **options: Any) -> list[Any]:
    """The same by Triton's client, over HTTP where there are options."""
    module = triton if options else triton_grpc
    made = []
    for name, datatype, column in (
        ("plan", "BYTES", rows["plan"].to_numpy(object)),
        ("complaints", "INT64", rows["complaints"].to_numpy(np.int64)),
        ("spend", "FP64", rows["spend"].to_numpy(np.float64)),
    ):
        tensor = module.InferInput(name, [len(rows), 1], datatype)
        tensor.set_data_from_numpy(column.reshape(-1, 1), **options)
        made.append(tensor)
    return made


def triton_client(service: Running) -> Any:
    return triton.InferenceServerClient(f"127.0.0.1:{service.port}")


def headers(service: Running) -> dict[str, str]:
    return {"Authorization": f"Bearer {service.tokens[ANALYST]}"}


@pytest.mark.parametrize("version, binary", [("1", True), ("1", False), ("2", True), ("2", False)])
def test_tritons_client_gets_scikit_learns_scores(
    service: Running, churn: Trained, churn_2: Trained, version: str, binary: bool
) -> None:
    model, rows = {"1": churn, "2": churn_2}[version], churn.rows.head(300)
    with triton_client(service) as client:
        answer = client.infer(
            "churn",
            tensors(rows, binary_data=binary),
            model_version=version,
            request_id="7",
            outputs=None if binary else [triton.InferRequestedOutput("score", binary_data=False)],
            headers=headers(service),
        )
    assert np.abs(answer.as_numpy("score") - model.truth(rows)).max() < 1e-9
    response = answer.get_response()
    assert (response["model_name"], response["model_version"], response["id"]) == ("churn", version, "7")


def test_tritons_client_reads_what_there_is(service: Running) -> None:
    with triton_client(service) as client:
        assert client.is_server_live() and client.is_server_ready()
        assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
        assert client.is_model_ready("churn", headers=headers(service))
        assert client.is_model_ready("churn", "2", headers=headers(service))
        assert not client.is_model_ready("churn", "3", headers=headers(service))
        metadata = client.get_model_metadata("churn", headers=headers(service))
        assert (metadata["name"], metadata["versions"]) == ("churn", ["1", "2"])
        assert [(one["name"], one["datatype"]) for one in metadata["inputs"]] == [
            ("plan", "BYTES"),
            ("complaints", "INT64"),
            ("spend", "FP64"),
        ]
        assert metadata["outputs"][0] == {"name": "score", "datatype": "FP64", "shape": [-1]}
        assert metadata["parameters"]["key"] == ["id"]
        with pytest.raises(InferenceServerException, match="there is no churn@3"):
            client.infer("churn", [], "3", headers=headers(service))


def test_grpc_says_the_same(service: Running, churn: Trained, churn_2: Trained) -> None:
    rows, key = churn.rows.head(300), triton_grpc.InferInput("id", [2], "INT64")
    key.set_data_from_numpy(np.array([7, 50]))
    with triton_grpc.InferenceServerClient(f"127.0.0.1:{service.grpc_port}") as client:
        assert client.is_server_live() and client.is_server_ready()
        known: dict[str, Any] = {"headers": {"authorization": f"Bearer {service.tokens[ANALYST]}"}}
        assert client.is_model_ready("churn", **known) and not client.is_model_ready("churn", "9", **known)
        assert client.get_server_metadata().name == "dbml"
        metadata = client.get_model_metadata("churn", **known)
        assert [(one.name, one.datatype) for one in metadata.inputs][2] == ("spend", "FP64")
        for version, model in (("1", churn), ("2", churn_2)):
            answer = client.infer("churn", tensors(rows), version, request_id="7", **known)
            assert np.abs(answer.as_numpy("score") - model.truth(rows)).max() < 1e-9
            assert (answer.get_response().model_version, answer.get_response().id) == (version, "7")
        by_key = client.infer("churn", [key], outputs=[triton_grpc.InferRequestedOutput("score")], **known)
        assert np.abs(by_key.as_numpy("score") - churn.truth(churn.rows.head(50))[[6, 49]]).max() < 1e-9
        stranger = {"authorization": f"Bearer {service.tokens[STRANGER]}"}
        for inputs, headers, code, says in (
            (tensors(rows)[:2], known["headers"], "INVALID_ARGUMENT", "feature spend of churn is missing"),
            (tensors(rows), {}, "UNAUTHENTICATED", "a token is needed"),
            (tensors(rows), stranger, "PERMISSION_DENIED", "permission denied"),
            (tensors(pd.concat([rows] * 4)), known["headers"], "RESOURCE_EXHAUSTED", "this service takes 1000"),
        ):
            with pytest.raises(InferenceServerException, match=says) as refused:
                client.infer("churn", inputs, headers=headers)
            assert refused.value.status() == f"StatusCode.{code}"
        request = service_pb2.ModelInferRequest(model_name="churn")
        for name, datatype, field, values in (
            ("plan", "BYTES", "bytes_contents", [b"basic", b"plus"]),
            ("complaints", "INT32", "int_contents", [3, 4]),
            ("spend", "FP64", "fp64_contents", [50.0, float("nan")]),
        ):
            tensor = request.inputs.add(name=name, datatype=datatype, shape=[2])
            getattr(tensor.contents, field).extend(values)
        typed = client._client_stub.ModelInfer(request, metadata=list(known["headers"].items()))
        first, second = np.frombuffer(typed.raw_output_contents[0])
        row = pd.DataFrame({"plan": ["basic"], "complaints": [3], "spend": [50.0]})
        assert abs(first - churn.truth(row)[0]) < 1e-9 and np.isnan(second)
        assert typed.parameters["reason"].string_param.startswith("row 1: churn@1 cannot score")
        with pytest.raises(InferenceServerException, match="model 'chern' has no deployed version"):
            client.get_model_metadata("chern", **known)


def test_by_key_the_service_reads_the_profile(service: Running, churn: Trained) -> None:
    truth = churn.truth(churn.rows.head(50))
    keys = {"inputs": [{"name": "id", "datatype": "INT64", "shape": [3], "data": [7, 50, 7]}]}
    answer = service.infer(keys | {"outputs": [{"name": "score"}, {"name": "version"}]}).json()
    assert np.abs(np.array(answer["outputs"][0]["data"]) - truth[[6, 49, 6]]).max() < 1e-9
    assert answer["outputs"][1]["data"] == [1, 1, 1]
    with service.client() as client:
        plain = client.post("/v1/models/churn:predict", json={"instances": [{"id": "007"}, {"id": 50}]}).json()
    assert plain == {"predictions": answer["outputs"][0]["data"][:2]}


def test_version_1_takes_objects_and_lists(service: Running, churn: Trained, churn_2: Trained) -> None:
    rows = churn.rows.head(20)
    with service.client() as client:
        objects = client.post("/v1/models/churn:predict", json={"instances": rows.to_dict("records")}).json()
        lists = client.post("/v1/models/churn/versions/2:predict", json={"instances": rows.to_numpy().tolist()}).json()
        assert client.get("/v1/models/churn").json() == {"name": "churn", "ready": "True"}
    assert np.abs(np.array(objects["predictions"]) - churn.truth(rows)).max() < 1e-9
    assert np.abs(np.array(lists["predictions"]) - churn_2.truth(rows)).max() < 1e-9


def test_concurrent_requests_get_each_their_own_answer(service: Running, churn: Trained) -> None:
    """They go to the database together; one that the model refuses, or a key of no number, costs the others nothing."""
    truth = churn.truth(churn.rows.head(50))

    def ask(index: int) -> bool:
        if index % 10 == 3:
            body = {"instances": [{"id": "seven"}]}
            return client.post("/v1/models/churn:predict", json=body).status_code == 400
        if index % 10 == 4:
            body = {"instances": [{"id": 4711 + index}]}
            return client.post("/v1/models/churn:predict", json=body).status_code == 404
        row = index % 50
        if index % 2:
            body = {"instances": [{"id": row + 1}]}
            answer = client.post("/v1/models/churn:predict", json=body).json()["predictions"]
        else:
            answer = service_infer(client, columns(churn.rows.iloc[row : row + 1]))
        return bool(abs(answer[0] - truth[row]) < 1e-9)

    with service.client() as client, ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(200)))


def service_infer(client: httpx.Client, body: Any) -> Any:
    return client.post("/v2/models/churn/infer", json=body).json()["outputs"][0]["data"]


def test_a_deployment_shows_at_the_next_request(service: Running, churn: Trained, churn_2: Trained) -> None:
    body = columns(churn.rows.head(5))
    try:
        for version, model in ((2, churn_2), (1, churn), (2, churn_2)):
            with psycopg.connect(service.dsn) as db:
                dbml.deploy(db, "churn", version)
            answer = service.infer(body).json()
            assert answer["model_version"] == str(version)
            assert np.abs(np.array(answer["outputs"][0]["data"]) - model.truth(churn.rows.head(5))).max() < 1e-9
        with psycopg.connect(service.dsn) as db:
            dbml.start_strategy(db, "churn", 1, Strategy("ab", share=50))
        with psycopg.connect(service.dsn) as db:
            arms = db.execute("select dbml.version_of('churn', id::text) from customer order by id").fetchall()
        keys = {"name": "id", "datatype": "INT64", "shape": [50], "data": list(range(1, 51))}
        for inputs in ([keys], [*columns(churn.rows.head(50))["inputs"], keys]):
            answer = service.infer({"inputs": inputs, "outputs": [{"name": "version"}, {"name": "score"}]}).json()
            assert answer["outputs"][0]["data"] == [arm for (arm,) in arms]
            truths = {1: churn.truth(churn.rows.head(50)), 2: churn_2.truth(churn.rows.head(50))}
            expected = [truths[arm][i] for i, (arm,) in enumerate(arms)]
            assert np.abs(np.array(answer["outputs"][1]["data"]) - expected).max() < 1e-9
            assert "model_version" not in answer
    finally:
        with psycopg.connect(service.dsn) as db:
            if len(dbml.allocation(db, "churn")) > 1:
                dbml.abort(db, "churn")
            dbml.deploy(db, "churn", 1)


def test_a_row_that_the_model_refuses_is_null_and_says_why(service: Running, churn: Trained) -> None:
    rows = churn.rows.head(3)
    body = columns(rows)
    body["inputs"][2]["data"][1] = None
    for version in (1, 2):
        answer = service.infer(body, path=f"/v2/models/churn/versions/{version}/infer").json()
        scores = answer["outputs"][0]["data"]
        assert scores[1] is None and None not in (scores[0], scores[2])
        assert answer["parameters"]["refused"] == 1
        assert answer["parameters"]["reason"].startswith("row 1: churn@")
        assert "contains NaN" in answer["parameters"]["reason"]


def test_any_text_arrives_as_it_was_sent(service: Running, churn: Trained) -> None:
    texts = ["plus", 'a"b', "c\\d", '","', "", "{}", "null", None, "\u20ac", " basic "]
    for chosen in (texts, texts[:1], [text for text in texts if text is not None]):
        rows = pd.concat([churn.rows.head(1)] * len(chosen), ignore_index=True).assign(plan=chosen)
        body = columns(rows)
        (plan,) = [tensor for tensor in body["inputs"] if tensor["name"] == "plan"]
        plan["data"] = chosen
        with psycopg.connect(service.dsn) as db:
            query = sql.SQL(
                "select * from json_to_recordset({}) r(plan text, complaints integer, spend float8)"
            ).format(Json([{**row, "plan": text} for row, text in zip(rows.to_dict("records"), chosen, strict=True)]))
            for version in (1, 2):
                wanted = db.execute("select score from dbml.scores(%s, %s)", [f"churn@{version}", query.as_string(db)])
                answer = service.infer(body, path=f"/v2/models/churn/versions/{version}/infer").json()
                assert answer["outputs"][0]["data"] == [score for (score,) in wanted]


def test_rights_are_the_databases_own(service: Running, churn: Trained) -> None:
    body, keys = columns(churn.rows.head(2)), {"instances": [{"id": 10}]}
    assert service.infer(body, TENANT).status_code == 200
    refused = service.infer(body, STRANGER)
    assert refused.status_code == 403
    assert "permission denied" in refused.json()["error"]
    with service.client(STRANGER) as client:
        assert client.get("/v2/models/churn").status_code == 403
        assert client.post("/v2/models/churn/infer", json={"inputs": []}).status_code == 403
    with service.client(TENANT) as client:
        assert client.post("/v1/models/churn:predict", json=keys).status_code == 200
        hidden = client.post("/v1/models/churn:predict", json={"instances": [{"id": 11}]})
    assert (hidden.status_code, hidden.json()) == (404, {"error": "public.customer has no row with the key 11"})


def test_tokens_expire_and_are_revoked(service: Running, churn: Trained) -> None:
    body = columns(churn.rows.head(1))
    for role, says in ((None, "a token is needed"), ("expired", "the token expired at")):
        refused = service.infer(body, role)
        assert refused.status_code == 401 and says in refused.json()["error"]
    service.tokens["short"] = token(service.file, TENANT)
    assert service.infer(body, "short").status_code == 200
    lines = service.file.read_text().splitlines()
    assert service.tokens["short"] not in "".join(lines)
    service.file.write_text("\n".join(lines[:-1]) + "\n")
    refused = service.infer(body, "short")
    assert refused.status_code == 401 and "not known" in refused.json()["error"]


ONE = {"plan": ("BYTES", ["basic"]), "complaints": ("INT64", [1]), "spend": ("FP64", [1.5])}


def changed(**inputs: Any) -> dict[str, Any]:
    given = {**ONE, **inputs}
    return {
        "inputs": [
            {"name": n, "datatype": v[0], "shape": v[2] if len(v) > 2 else [len(v[1])], "data": v[1]}
            for n, v in given.items()
            if v
        ]
    }


@pytest.mark.parametrize(
    "body, status, says",
    [
        (b"{", 400, "is not JSON"),
        (b'{"inputs": 3}', 400, "protocol's form: Expected `array`, got `int` - at `$.inputs`"),
        (changed(spend=None), 400, "feature spend of churn is missing"),
        (changed(spent=("FP64", [1.0])), 400, 'no feature spent; its features: plan, complaints, spend. Did you mean "spend"?'),
        (changed(spend=("FP64", ["much"])), 400, "feature spend is a number, the request has text as FP64"),
        (changed(spend=("BYTES", ["1.5"])), 400, "feature spend is a number, the request has BYTES"),
        (changed(complaints=("INT64", [1.5])), 400, "feature complaints is a number, the request has a number as INT64"),
        (changed(complaints=("INT64", [10**30])), 400, "complaints has a whole number beyond 64 bits"),
        (changed(plan=("FP64", [1.0])), 400, "feature plan is text, the request has FP64"),
        (changed(plan=("BYTES", ["a\0b"])), 400, "plan has a text with a zero byte"),
        (changed(spend=("FP63", [1.0])), 400, "datatype FP63; the datatypes: BYTES, BOOL"),
        (changed(spend=("FP64", [1.0, 2.0])), 400, "input spend has 2 rows, plan has 1"),
        (changed(spend=("FP64", [1.0], [2])), 400, "shape [2] and 1 values"),
        (changed(spend=("FP64", [1.0, 2.0], [1, 2])), 400, "shape [1, 2]; a feature is a column"),
        ({**changed(), "outputs": [{"name": "label"}]}, 400, "there is no output label"),
        (changed(**{n: (v[0], v[1] * 1001) for n, v in ONE.items()}), 413, "the request has 1001 rows, this service takes 1000"),
        (b" " * (2**20 + 1), 413, "the body has more than 1048576 bytes"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_sentence(service: Running, body: Any, status: int, says: str) -> None:
    with service.client() as client:
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = client.post("/v2/models/churn/infer", **content)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert says in answer.json()["error"]


def test_metrics_tell_what_was_asked(service: Running, churn: Trained) -> None:
    def told() -> dict[str, float]:
        with service.client() as client:
            answer = client.get("/metrics")
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        return {
            f"{sample.name} {' '.join(sample.labels.values())}": sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    before = told()
    for _ in range(3):
        assert service.infer(columns(churn.rows.head(7))).status_code == 200
    assert service.infer({"inputs": []}).status_code == 400
    after = told()
    moved = {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}
    assert moved["dbml_service_requests_total infer 200"] == 3
    assert moved["dbml_service_requests_total infer 400"] == 1
    assert moved["dbml_service_request_seconds_count infer"] == 4
    assert 0 < moved["dbml_service_request_seconds_sum infer"] < 4 * 10
    assert moved["dbml_service_rows_total churn"] == moved["dbml_service_statement_rows_sum "] == 21
    with service.client(None) as client:
        assert client.get("/metrics").status_code == 401


def test_what_is_not_there_is_named(service: Running) -> None:
    with service.client() as client:
        for path, says in (
            ("/v2/models/chern", "model 'chern' has no deployed version"),
            ("/v2/models/churn/versions/9", "there is no churn@9"),
            ("/v3", "Not Found: the page /docs lists"),
        ):
            answer = client.get(path)
            assert (answer.status_code, says in answer.json()["error"]) == (404, True), answer.text
        assert client.get("/v2/models/churn/infer").json()["error"].startswith("Method Not Allowed")
        raw = client.post("/v2/models/churn/infer", content=b"{}", headers={"Inference-Header-Content-Length": "9"})
        assert raw.status_code == 400 and "the body has 2 bytes" in raw.json()["error"]
        assert "/v2/models/{model}/infer" in client.get("/openapi.json").json()["paths"]
        assert "Open Inference Protocol" in client.get("/docs").text


def test_a_service_is_ready_that_logs_in_without_rights(service: Running) -> None:
    gate = f"dbml_test_gate_{os.getpid()}"
    with psycopg.connect(service.dsn, autocommit=True) as db:
        db.execute(sql.SQL("create role {} login noinherit").format(sql.Identifier(gate)))
        try:
            with served(make_conninfo(service.dsn, user=gate), "--tokens", service.file) as (port, _):
                assert httpx.get(f"http://127.0.0.1:{port}/v2/health/ready").json() == {"ready": True}
        finally:
            db.execute(sql.SQL("drop role {}").format(sql.Identifier(gate)))


def test_a_service_without_its_database_says_so(dsn: str) -> None:
    with served(make_conninfo(dsn, dbname="nowhere"), "--timeout", 1) as (port, _):
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            assert client.get("/v2/health/live").status_code == 200
            assert client.get("/v2/health/ready").status_code == 503
            answer = client.post("/v2/models/churn/infer", json=changed())
        assert answer.status_code in (503, 504) and "error" in answer.json()


def test_the_operators_page_acts_when_it_is_meant(service: Running) -> None:
    """What is shown is escaped, what is done is sealed, and who may do it is the database's matter."""
    with psycopg.connect(service.dsn) as db:
        dbml.deploy(db, "churn", 1, note="<script>alert(1)</script>")
        dbml.start_strategy(db, "churn", 2, Strategy("canary", share=10))
    serving = "select version, arm from dbml.serving order by arm desc"

    def form(text: str) -> dict[str, str]:
        return dict(re.findall(r'name=(\w+) value="([^"]*)"', text))

    def desk(role: str) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{service.port}", auth=("me", service.tokens[role]), timeout=60)

    with httpx.Client(base_url=f"http://127.0.0.1:{service.port}") as nobody:
        asked = nobody.get("/operator")
        assert asked.status_code == 401 and asked.headers["www-authenticate"].startswith("Basic")
    with desk(STRANGER) as stranger, desk(ANALYST) as analyst, desk(DEPLOYER) as deployer:
        assert stranger.get("/operator").status_code == 403
        page = analyst.get("/operator")
        assert "&lt;script&gt;alert(1)" in page.text and "<script" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        question = "/operator/confirm?act=promote&model=churn"
        analysts = form(analyst.get(question).text)
        assert "permission denied" in analyst.post("/operator", data=analysts).text
        # Of another site, for another role or act, and without a seal.
        for fake in (
            analysts,
            {**form(deployer.get(question).text), "act": "abort"},
            {"act": "promote", "model": "churn"},
        ):
            assert deployer.post("/operator", data=fake).status_code == 409
        old = form(deployer.get(question).text)
        with psycopg.connect(service.dsn) as db:
            dbml.set_share(db, "churn", 20)
            assert db.execute(serving).fetchall() == [(1, "control"), (2, "candidate")]
        assert deployer.post("/operator", data=old).status_code == 409
        done = deployer.post("/operator", data=form(deployer.get(question).text) | {"note": "<b>well"})
        assert (done.status_code, done.headers["location"]) == (303, "/operator")
        assert f"&lt;b&gt;well (by {DEPLOYER} on the operator&#x27;s page)" in deployer.get("/operator").text
        assert "nothing runs beside" in deployer.get(question).text
        assert deployer.get("/operator/confirm?act=drop&model=churn").status_code == 400
    with psycopg.connect(service.dsn) as db:
        assert db.execute(serving).fetchall() == [(2, "control")]
        dbml.deploy(db, "churn", 1)


def test_what_postgrest_would_send_is_answered(service: Running, churn: Trained) -> None:
    """PostgREST calls a function by the names in the body, as the client's role, and a STABLE one in a read-only transaction."""
    call = """
      with called as (
        select dbml.outputs(model := b.model, features := b.features) as answer
          from json_to_record(%s) as b(model text, features jsonb))
      select answer from called
    """
    row = churn.rows.head(1)
    body = Json({"model": "churn", "features": row.to_dict("records")[0]})
    with psycopg.connect(service.dsn) as db:
        db.execute("set transaction read only")
        db.execute("select set_config('role', %s, true)", [ANALYST])
        ((answer,),) = db.execute(call, [body]).fetchall()
        assert abs(answer["score"] - churn.truth(row)[0]) < 1e-9
        db.rollback()
        db.execute("select set_config('role', %s, true)", [STRANGER])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(call, [body])


def test_a_stop_answers_what_has_begun(service: Running, churn: Trained) -> None:
    """Two processes serve a request that waits for a lock; the service is told to stop, and the answer still comes."""
    body = {"instances": [{"id": 1}]}
    with served(service.dsn, "--processes", 2) as (port, process):
        with psycopg.connect(service.dsn) as db, ThreadPoolExecutor(1) as pool:
            db.execute("lock table customer")
            url = f"http://127.0.0.1:{port}/v1/models/churn:predict"
            answer = pool.submit(httpx.post, url, json=body, timeout=60)
            with psycopg.connect(service.dsn, autocommit=True) as other:
                blocked = "select exists (select from pg_locks where not granted and relation = 'customer'::regclass)"
                while other.execute(blocked).fetchone() != (True,):
                    time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            db.rollback()
            assert abs(answer.result().json()["predictions"][0] - churn.truth(churn.rows.head(1))[0]) < 1e-9
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    "words, says",
    [
        (["--host", "0.0.0.0"], "without tokens whoever reaches it may score"),
        (["--tokens", "/nowhere/tokens"], "the file of tokens cannot be read"),
    ],
)
def test_what_would_be_open_to_all_does_not_start(words: list[str], says: str) -> None:
    done = subprocess.run([DBML, "serve", *words], capture_output=True, text=True)
    assert (done.returncode, says in done.stderr) == (1, True), done.stderr
