"""The web service against what KServe and MLServer publish of the protocol: their schemas, messages and clients."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import jsonschema
import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from tests.conftest import Trained
from tests.integration.test_service import ANALYST, Running, columns
from tests.integration.test_service import service as service

pytestmark = pytest.mark.long
# What there is besides inference: models are loaded by deployments, and nothing here generates text.
NOT_OFFERED = ("/generate", "/generate_stream", "/infer_stream")
# MLServer's document has a type that JSON Schema does not know; no JSON value is of it.
TYPES = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("bytes", lambda _checker, _value: False)
Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=TYPES)
CALLS_NOT_OFFERED = {"ModelStreamInfer", "RepositoryIndex", "RepositoryModelLoad", "RepositoryModelUnload"}


def asked(*words: object, given: str = "") -> Any:
    """What the Python that has KServe and MLServer prints."""
    python = Path(sys.prefix) / "others" / "protocol" / "bin" / "python"
    assert python.exists(), "KServe and MLServer are not installed: make test-long makes a Python for them"
    script = Path(__file__).parents[1] / "files" / "beside" / "of_protocol.py"
    command = [str(part) for part in (python, "-W", "ignore", script, *words)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, input=given)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    return {name: asked(name) for name in ("kserve", "mlserver")}


def test_answers_and_refusals_fit_the_published_schemas(
    service: Running, churn: Trained, published: dict[str, Any]
) -> None:
    """Every path of MLServer's document that is about inference, with a good request and with one that is refused."""
    document, classes = published["mlserver"]["schemas"], published["kserve"]["schemas"]
    good, bad = columns(churn.rows.head(3)), {"inputs": []}
    mixed = {**good, "id": "7", "outputs": [{"name": "score"}, {"name": "version"}]}
    refused = json.loads(json.dumps(good))
    refused["inputs"][2]["data"][1] = None  # the model refuses this row: a null, and a reason
    seen: dict[str, set[int]] = {}

    def fits(schema: dict[str, Any], content: Any) -> None:
        Validator({**schema, "components": document["components"]}).validate(content)

    def by_class(name: str, content: Any) -> None:
        jsonschema.Draft202012Validator(classes[name]).validate(content)

    with service.client() as client:
        for path, methods in document["paths"].items():
            if path.endswith(NOT_OFFERED):
                continue
            (method, said), *_ = ((verb, said) for verb, said in methods.items() if verb in ("get", "post"))
            for model, body in (("churn", good), ("churn", mixed), ("churn", refused), ("churn", bad), ("chern", good)):
                for request in [body] if method == "post" and body is not bad else ():
                    fits(said["requestBody"]["content"]["application/json"]["schema"], request)
                    by_class("InferenceRequest", request)
                address = path.replace("{model_name}", model).replace("{model_version}", "1")
                answer = client.request(method, address, json=body if method == "post" else None)
                seen.setdefault(path, set()).add(answer.status_code)
                described = said["responses"].get(str(answer.status_code), {}).get("content")
                if described:
                    fits(described["application/json"]["schema"], answer.json())
                if answer.status_code == 200:
                    by_class(kind(path), answer.json())
                else:
                    assert list(answer.json()) == ["error"]
    assert {path for path, statuses in seen.items() if 200 not in statuses} == set()
    assert all(({200, 404} if "{model_name}" in path else {200}) <= statuses for path, statuses in seen.items())
    assert all(400 in statuses for path, statuses in seen.items() if path.endswith("/infer"))
    assert len(seen) == 9


def kind(path: str) -> str:
    """Which of KServe's classes an answer of a path is."""
    ends = {
        "/live": "ServerLiveResponse", "/health/ready": "ServerReadyResponse", "/ready": "ModelReadyResponse",
        "/infer": "InferenceResponse", "/v2": "ServerMetadataResponse", "}": "ModelMetadataResponse",
    }  # fmt: skip
    return next(name for end, name in ends.items() if path.endswith(end))


@pytest.mark.parametrize("whose", ["kserve", "mlserver"])
def test_published_messages_are_understood(
    service: Running, churn: Trained, published: dict[str, Any], whose: str
) -> None:
    """Every call by the publisher's own messages; an answer holds no field that they do not know."""
    file = descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(published[whose]["file"]))
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    calls = {
        method.name: (method.input_type.lstrip("."), method.output_type.lstrip("."))
        for method in file.service[0].method
    }
    model = {"name": "churn"}
    rows = churn.rows.head(20)
    inputs = [
        {"name": "plan", "datatype": "BYTES", "shape": [20], "contents": {"bytes_contents": [p.encode() for p in rows["plan"]]}},
        {"name": "complaints", "datatype": "INT64", "shape": [20], "contents": {"int64_contents": rows["complaints"].tolist()}},
        {"name": "spend", "datatype": "FP64", "shape": [20], "contents": {"fp64_contents": rows["spend"].tolist()}},
    ]  # fmt: skip
    requests: dict[str, dict[str, Any]] = {
        "ServerLive": {}, "ServerReady": {}, "ServerMetadata": {}, "ModelReady": model, "ModelMetadata": model,
        "ModelInfer": {"model_name": "churn", "id": "7", "inputs": inputs},
    }  # fmt: skip
    assert {*calls} - CALLS_NOT_OFFERED == {*requests}
    with grpc.insecure_channel(f"127.0.0.1:{service.grpc_port}") as channel:

        def call(name: str, fields: dict[str, Any]) -> Any:
            taken, given = (message_factory.GetMessageClass(pool.FindMessageTypeByName(one)) for one in calls[name])
            ask = channel.unary_unary(
                f"/{file.package}.{file.service[0].name}/{name}", taken.SerializeToString, given.FromString
            )
            answer = ask(taken(**fields), metadata=[("authorization", f"Bearer {service.tokens[ANALYST]}")])
            known = given.FromString(answer.SerializeToString())
            known.DiscardUnknownFields()
            assert known.SerializeToString() == answer.SerializeToString(), f"{name} answers what {whose} does not know"
            return answer

        said = {name: call(name, fields) for name, fields in requests.items()}
        assert said["ServerLive"].live and said["ServerReady"].ready and said["ModelReady"].ready
        assert (said["ServerMetadata"].name, said["ModelMetadata"].versions) == ("dbml", ["1", "2"])
        scores = np.frombuffer(said["ModelInfer"].raw_output_contents[0])
        assert np.abs(scores - churn.truth(rows)).max() < 1e-9 and said["ModelInfer"].id == "7"
        for wrong, code in (
            ({"model_name": "chern", "inputs": inputs}, grpc.StatusCode.NOT_FOUND),
            ({"model_name": "churn", "inputs": inputs[:1]}, grpc.StatusCode.INVALID_ARGUMENT),
        ):
            with pytest.raises(grpc.RpcError) as refused:
                call("ModelInfer", wrong)
            assert refused.value.code() == code


def test_kserves_own_clients_get_scikit_learns_scores(service: Running, churn: Trained) -> None:
    rows = churn.rows.head(40)
    kinds = {"plan": "BYTES", "complaints": "INT64", "spend": "FP64"}
    given = {name: [datatype, rows[name].tolist()] for name, datatype in kinds.items()}
    said = asked("ask", service.port, service.grpc_port, service.tokens[ANALYST], given=json.dumps(given))
    assert (said["ready"], said["grpc ready"]) == ([True, True], [True, True])
    for scores in (said["rest"][0], said["grpc"][0], said["v1"]):
        assert np.abs(np.array(scores) - churn.truth(rows)).max() < 1e-9
    # Its REST client leaves model_version of any answer out; the one of gRPC has it.
    assert said["rest"][1] is True and said["grpc"][1] == "1"
    assert "model 'chern' has no deployed version" in said["rest refused"]
