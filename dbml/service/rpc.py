"""The same over gRPC: the protocol's messages become the requests of REST, and the scores its tensors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import resources
from importlib.metadata import version
from typing import Any

import grpc
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from dbml.service import answers, measures
from dbml.service.protocol import InferRequest, Input, RequestedOutput
from dbml.service.refusal import Refusal, refused
from dbml.service.rows import of_bytes, of_request
from dbml.service.scoring import Scoring
from dbml.service.settings import Settings
from dbml.service.tokens import Tokens
from dbml.service.tracing import Tracing

SERVICE = "inference.GRPCInferenceService"
CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.FAILED_PRECONDITION,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
# Datatype → the field of InferTensorContents that holds it.
CONTENTS = {
    "BOOL": "bool_contents",
    **dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents"),
    "INT64": "int64_contents",
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
LONGEST_STOP = 25.0


def _messages() -> Any:
    """The classes of messages by name, in a pool of their own: a process may know the protocol from elsewhere."""
    found = descriptor_pb2.FileDescriptorSet()
    found.ParseFromString(resources.files("dbml.service").joinpath("inference.binpb").read_bytes())
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(found.file[0].SerializeToString())
    return {
        kind.name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"inference.{kind.name}"))
        for kind in found.file[0].message_type
    }


MESSAGES = _messages()


class Servicer:
    """The protocol's calls."""

    def __init__(self, settings: Settings, tokens: Tokens | None, scoring: Scoring) -> None:
        self._settings = settings
        self._tokens = tokens
        self._scoring = scoring

    def _role(self, context: Any) -> str | None:
        metadata = dict(context.invocation_metadata())
        return self._tokens.role(metadata.get("authorization")) if self._tokens else None

    async def server_live(self, _request: Any, _context: Any) -> dict[str, Any]:
        """Say that the service runs."""
        return {"live": True}

    async def server_ready(self, _request: Any, _context: Any) -> dict[str, Any]:
        """Say whether the database can be asked."""
        return {"ready": await self._scoring.ready()}

    async def model_ready(self, request: Any, context: Any) -> dict[str, Any]:
        """Say whether a model serves, or a version is there."""
        try:
            await self._scoring.interface(self._role(context), label(request.name, request.version), anew=True)
        except Refusal as refusal:
            if refusal.status == 404:
                return {"ready": False}
            raise
        return {"ready": True}

    async def server_metadata(self, _request: Any, _context: Any) -> dict[str, Any]:
        """Say what the service is."""
        return {"name": "dbml", "version": version("dbml")}

    async def model_metadata(self, request: Any, context: Any) -> dict[str, Any]:
        """Describe a model."""
        role = self._role(context)
        interface = await self._scoring.interface(role, label(request.name, request.version), anew=True)
        found = interface.metadata(await self._scoring.versions(role, interface.name))
        return {
            "name": found.name,
            "versions": found.versions,
            "platform": found.platform,
            "inputs": [vars(tensor) for tensor in found.inputs],
            "outputs": [vars(tensor) for tensor in found.outputs],
        }

    async def model_infer(self, request: Any, context: Any) -> dict[str, Any]:
        """Score the rows of a request; the answer's tensors are raw, as the request's may be."""
        role = self._role(context)
        asked = InferRequest(_inputs(request), [RequestedOutput(one.name) for one in request.outputs] or None)
        wanted = answers.wanted(asked)
        scored = await self._scoring.score(
            role,
            label(request.model_name, request.model_version),
            lambda interface: of_request(interface, asked, memoryview(b""), self._settings.rows),
            dict(context.invocation_metadata()).get("dbml-read-after"),
        )
        count, refusal = len(scored.scores), {}
        if scored.reason is not None:
            refusal = {
                "refused": {"int64_param": scored.scores.count(None)},
                "reason": {"string_param": scored.reason},
            }
        return {
            "model_name": scored.interface.name,
            "model_version": answers.version(scored) or "",
            "id": request.id,
            "parameters": refusal,
            "outputs": [{"name": name, "datatype": answers.OUTPUTS[name], "shape": [count]} for name in wanted],
            "raw_output_contents": [answers.raw(scored, name) for name in wanted],
        }


def label(name: str, number: str) -> str:
    """The model of a request, with its version where it names one."""
    return f"{name}@{number}" if number else name


def _inputs(request: Any) -> list[Input]:
    raw = list(request.raw_input_contents)
    if raw and len(raw) != len(request.inputs):
        raise Refusal(400, f"the request has {len(request.inputs)} inputs and {len(raw)} raw contents")
    inputs = []
    for index, tensor in enumerate(request.inputs):
        if tensor.datatype not in CONTENTS and not (raw and tensor.datatype == "FP16"):
            raise Refusal(
                400, f"input {tensor.name} has datatype {tensor.datatype}; the datatypes: {', '.join(CONTENTS)}"
            )
        if raw:
            data = of_bytes(tensor.name, tensor.datatype, memoryview(raw[index]))
        else:
            data = list(getattr(tensor.contents, CONTENTS[tensor.datatype]))
            if tensor.datatype == "BYTES":
                try:
                    data = [text.decode() for text in data]
                except UnicodeDecodeError:
                    raise Refusal(400, f"input {tensor.name} is not UTF-8") from None
            elif tensor.datatype in ("FP32", "FP64"):
                # Such a list has no null, and JSON no infinity: so it goes as bytes do.
                data = of_bytes(tensor.name, "FP64", memoryview(_doubles(data)))
        inputs.append(Input(tensor.name, tensor.datatype, list(tensor.shape), data))
    return inputs


def _doubles(values: list[float]) -> bytes:
    return np.array(values, "<f8").tobytes()


Call = Callable[[Any, Any], Awaitable[dict[str, Any]]]


def _guarded(call: Call, answer: Any, timeout: float, tracing: Tracing) -> Any:
    """End a call that takes too long, turn what it refuses into a status, measure and trace it."""

    async def guarded(request: Any, context: Any) -> Any:
        name = call.__name__
        headers = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        with measures.request(name) as measured, tracing.request(name, headers, measured):
            try:
                async with asyncio.timeout(timeout):
                    answered = answer(**await call(request, context))
                measured.status = 200
                return answered
            except TimeoutError:
                refusal = Refusal(504, f"the request took longer than {timeout:g} seconds; send fewer rows")
            except Exception as error:
                refusal = refused(error)
            measured.status = refusal.status
        await context.abort(CODES.get(refusal.status, grpc.StatusCode.INTERNAL), refusal.sentence)

    return guarded


async def start(settings: Settings, tokens: Tokens | None, scoring: Scoring, tracing: Tracing) -> Any:
    """Listen at the port for gRPC, beside other processes; returns what :func:`stop` takes."""
    servicer = Servicer(settings, tokens, scoring)
    calls = {
        "ServerLive": servicer.server_live,
        "ServerReady": servicer.server_ready,
        "ModelReady": servicer.model_ready,
        "ServerMetadata": servicer.server_metadata,
        "ModelMetadata": servicer.model_metadata,
        "ModelInfer": servicer.model_infer,
    }
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            _guarded(call, MESSAGES[f"{name}Response"], settings.timeout, tracing),
            request_deserializer=MESSAGES[f"{name}Request"].FromString,
            response_serializer=MESSAGES[f"{name}Response"].SerializeToString,
        )
        for name, call in calls.items()
    }
    server = grpc.aio.server(options=[("grpc.so_reuseport", 1), ("grpc.max_receive_message_length", settings.body)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    server.add_insecure_port(f"{settings.host}:{settings.grpc_port}")
    await server.start()
    return server


async def stop(server: Any) -> None:
    """Take nothing new, and answer what has begun."""
    await server.stop(LONGEST_STOP)
