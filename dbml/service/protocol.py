"""The types of the Open Inference Protocol, version 2, over REST.

Source: https://github.com/kserve/open-inference-protocol (``inference_rest.md``), and of the extension
``binary_tensor_data`` Triton's documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from dbml.service.refusal import Refusal

# Datatype → numpy's type of it, little-endian; BYTES has its own form.
NUMPY = {
    "BOOL": "?",
    "UINT8": "u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "INT8": "i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
# Kind of a feature → the datatype by which metadata describes it.
DATATYPES = {"text": "BYTES", "boolean": "BOOL", "integer": "INT64", "float": "FP64"}


@dataclass
class Input:
    """A tensor of the request: the column of one feature."""

    name: str
    datatype: str
    shape: list[int]
    data: list[Any] | None = None
    parameters: dict[str, Any] | None = None


@dataclass
class RequestedOutput:
    """An output that the client wants."""

    name: str
    parameters: dict[str, Any] | None = None


@dataclass
class InferRequest:
    """What ``infer`` takes."""

    inputs: list[Input]
    outputs: list[RequestedOutput] | None = None
    id: str | None = None
    parameters: dict[str, Any] | None = None


@dataclass
class Instances:
    """What ``predict`` of version 1 takes: rows as objects, or as lists of features in order."""

    instances: list[dict[str, Any] | list[Any]]


@dataclass
class Output:
    """A tensor of the answer."""

    name: str
    datatype: str
    shape: list[int]
    data: list[Any] | None = None
    parameters: dict[str, Any] | None = None


@dataclass
class InferResponse:
    """What ``infer`` answers. Without ``model_version``, the rows were scored by several versions."""

    model_name: str
    outputs: list[Output]
    model_version: str | None = None
    id: str | None = None
    parameters: dict[str, Any] | None = None


@dataclass
class Predictions:
    """What ``predict`` of version 1 answers; null for a row that the model refuses."""

    predictions: list[float | None]


@dataclass
class TensorMetadata:
    """An input or an output; -1 stands for any number of rows."""

    name: str
    datatype: str
    shape: list[int]


@dataclass
class ModelMetadata:
    """What a model takes and gives."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]
    parameters: dict[str, Any] | None = None


@dataclass
class ServerMetadata:
    """What the service is."""

    name: str
    version: str
    extensions: list[str]


@dataclass
class Failure:
    """What every refusal looks like."""

    error: str


INFER_REQUEST = msgspec.json.Decoder(InferRequest)
INSTANCES = msgspec.json.Decoder(Instances)


def read(decoder: Any, body: bytes | memoryview) -> Any:
    """Decode a body.

    :raises Refusal: it is no JSON, or of another form.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Refusal(400, f"the request does not have the protocol's form: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, f"the request is not JSON: {error}") from None


def encode(content: Any) -> bytes:
    """Encode an answer; what is None is left out, at the top and in a list of tensors."""

    def present(value: Any) -> Any:
        if hasattr(value, "__dataclass_fields__"):
            return {name: present(part) for name, part in vars(value).items() if part is not None}
        if isinstance(value, list) and value and hasattr(value[0], "__dataclass_fields__"):
            return [present(part) for part in value]
        return value

    encoded: bytes = msgspec.json.encode(present(content))
    return encoded
