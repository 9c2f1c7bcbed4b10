"""The rows of a request: checked, and written as the database reads them."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

from dbml import errors
from dbml.service.interface import Interface
from dbml.service.protocol import NUMPY, InferRequest, Input, Instances
from dbml.service.refusal import Refusal

_NULL = type(None)
# PostgreSQL's numbers of the types double precision and double precision[].
_DOUBLE, _DOUBLES = 701, 1022
# What stands between the braces of an array's literal; or numbers, NaN where NULL.
Column: TypeAlias = str | npt.NDArray[np.float64]


@dataclass(frozen=True)
class Form:
    """Which columns a request gives.

    :param by_key: the key alone; the service reads the profile.
    """

    by_key: bool
    names: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """The rows of one request.

    :param columns: per name of the form.
    :param values: per name, the values as they came.
    """

    form: Form
    count: int
    columns: list[Column]
    values: dict[str, Sequence[Any]]

    def row(self, index: int) -> dict[str, Any]:
        """One row as JSON has it; NaN is null."""
        row = {name: column[index] for name, column in self.values.items()}
        plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in row.items()}
        return {n: None if isinstance(v, float) and not math.isfinite(v) else v for n, v in plain.items()}


@dataclass(frozen=True)
class Doubles:
    """An array of doubles on its way to the server, which need read no text."""

    values: npt.NDArray[np.float64]


class _Binary(Dumper):
    """As ``array_send`` writes it: https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/arrayfuncs.c."""

    format = Format.BINARY
    oid = _DOUBLES

    def dump(self, obj: Doubles) -> bytes:
        null = np.isnan(obj.values)
        elements = np.empty(len(null), [("length", ">i4"), ("value", ">f8")])
        elements["length"], elements["value"] = np.where(null, -1, 8), obj.values
        body = elements.tobytes()
        if null.any():
            # A NULL has a length, and nothing behind it.
            there = np.ones((len(null), elements.itemsize), dtype=bool)
            there[null, 4:] = False
            body = np.frombuffer(body, np.uint8).reshape(there.shape)[there].tobytes()
        return struct.pack(">5i", 1, int(null.any()), _DOUBLE, len(null), 1) + body


psycopg.adapters.register_dumper(Doubles, _Binary)


def together(parts: Sequence[Column], *, sent: bool) -> str | bytes | Doubles:
    """One name's columns of several requests, as a parameter.

    :param sent: numbers as ``float8send`` writes each, and not as an array.
    """
    if isinstance(parts[0], str):
        return "{" + ",".join(map(str, parts)) + "}"
    numbers = np.concatenate(parts)
    return numbers.astype(">f8").tobytes() if sent else Doubles(numbers)


def of_request(interface: Interface, request: InferRequest, binary: memoryview, most: int) -> Rows:
    """Read the rows of ``infer``.

    :param binary: what follows the JSON, where the client sends tensors as bytes.
    :param most: how many rows the service takes.
    :raises Refusal: the inputs are not the features, or do not hold what their datatype and shape say.
    """
    given: dict[str, tuple[str, Sequence[Any]]] = {}
    for tensor in request.inputs:
        if tensor.name in given:
            raise Refusal(400, f"input {tensor.name} is there twice")
        data, binary = _data(tensor, binary)
        given[tensor.name] = (tensor.datatype, data)
    if len(binary):
        raise Refusal(400, f"{len(binary)} bytes follow the last input with binary_data_size")
    return _rows(interface, given, most)


def of_instances(interface: Interface, request: Instances, most: int) -> Rows:
    """Read the rows of ``predict`` of version 1: objects, or lists of the features in order.

    :raises Refusal: a row is not what the features are.
    """
    names = [feature.name for feature in interface.features]
    if not request.instances:
        raise Refusal(400, "instances is empty; give at least one row")
    first = request.instances[0]
    wanted = list(first) if isinstance(first, dict) else names
    columns: dict[str, list[Any]] = {name: [] for name in wanted}
    for index, row in enumerate(request.instances):
        if isinstance(row, dict):
            if row.keys() != columns.keys():
                raise Refusal(
                    400,
                    f"instance {index} has {', '.join(row)}; the first one has {', '.join(wanted)}; null means unknown",
                )
            for name, value in row.items():
                columns[name].append(value)
        elif len(row) != len(names) or isinstance(first, dict):
            raise Refusal(400, f"instance {index} is a list of {len(row)} values; the features are {', '.join(names)}")
        else:
            for name, value in zip(names, row, strict=True):
                columns[name].append(value)
    return _rows(interface, {name: ("", values) for name, values in columns.items()}, most)


def _rows(interface: Interface, given: Mapping[str, tuple[str, Sequence[Any]]], most: int) -> Rows:
    form = _form(interface, list(given))
    counts = {name: len(data) for name, (_, data) in given.items()}
    count = next(iter(counts.values()))
    for name, other in counts.items():
        if other != count:
            raise Refusal(400, f"input {name} has {other} rows, {next(iter(counts))} has {count}")
    if not count:
        raise Refusal(400, "the request has no rows")
    if count > most:
        raise Refusal(413, f"the request has {count} rows, this service takes {most}; send them in several requests")
    kinds = {feature.name: feature.kind for feature in interface.features}
    columns = [_write(name, kinds.get(name, "key"), *given[name]) for name in form.names]
    return Rows(form, count, columns, {name: data for name, (_, data) in given.items()})


def _form(interface: Interface, given: Sequence[str]) -> Form:
    features = [feature.name for feature in interface.features]
    missing = [name for name in features if name not in given]
    if interface.key and set(given) == set(interface.key) and missing:
        return Form(True, tuple(interface.key))
    for name in given:
        if name not in features and name not in interface.key:
            raise Refusal(
                400,
                f"{interface.label} has no feature {name}; its features: {', '.join(features)}."
                + errors.nearest(name, features),
            )
    if missing:
        or_key = f", or the key alone: {', '.join(interface.key)}" if interface.key else ""
        raise Refusal(
            400,
            f"feature {missing[0]} of {interface.label} is missing; give every feature, null means unknown"
            f" ({', '.join(features)}){or_key}",
        )
    whole_key = [name for name in interface.key if name not in features]
    return Form(False, (*features, *(whole_key if set(whole_key) <= set(given) else ())))


def _data(tensor: Input, binary: memoryview) -> tuple[Sequence[Any], memoryview]:
    """The values of a tensor, and the bytes that belong to those behind it."""
    if tensor.datatype != "BYTES" and tensor.datatype not in NUMPY:
        raise Refusal(
            400, f"input {tensor.name} has datatype {tensor.datatype}; the datatypes: BYTES, {', '.join(NUMPY)}"
        )
    count = math.prod(tensor.shape)
    if not tensor.shape or any(length < 0 for length in tensor.shape) or count != tensor.shape[0]:
        raise Refusal(
            400, f"input {tensor.name} has shape {tensor.shape}; a feature is a column, its shape [rows] or [rows, 1]"
        )
    size = (tensor.parameters or {}).get("binary_data_size")
    if size is None:
        if tensor.data is None:
            raise Refusal(400, f"input {tensor.name} has no data")
        data: Sequence[Any] = tensor.data
        while len(data) and isinstance(data[0], list):
            if not all(isinstance(inner, list) for inner in data):
                raise Refusal(400, f"the data of input {tensor.name} mixes lists with values")
            data = [value for inner in data for value in inner]
    else:
        if not isinstance(size, int) or not 0 <= size <= len(binary):
            raise Refusal(
                400, f"input {tensor.name} says binary_data_size {size}; {len(binary)} bytes are left in the body"
            )
        data, binary = of_bytes(tensor.name, tensor.datatype, binary[:size]), binary[size:]
    if len(data) != count:
        raise Refusal(400, f"input {tensor.name} has shape {tensor.shape} and {len(data)} values")
    return data, binary


def of_bytes(name: str, datatype: str, raw: memoryview) -> Any:
    """Read a tensor's bytes, as the extension ``binary_tensor_data`` and gRPC's raw contents have them.

    :raises Refusal: they are not of that datatype.
    """
    if datatype != "BYTES":
        try:
            return np.frombuffer(raw, NUMPY[datatype])
        except ValueError:
            raise Refusal(400, f"input {name} has {len(raw)} bytes, which are no whole number of {datatype}") from None
    texts, at = [], 0
    try:
        while at < len(raw):
            (length,) = struct.unpack_from("<I", raw, at)
            at += 4 + length
            if at > len(raw):
                raise ValueError
            texts.append(str(raw[at - length : at], "utf-8"))
    except (struct.error, ValueError):
        raise Refusal(400, f"input {name} is not BYTES of UTF-8, each behind its length in four bytes") from None
    return texts


def _write(name: str, kind: str, datatype: str, data: Sequence[Any]) -> Column:
    if kind == "key":
        if isinstance(data, np.ndarray):
            data = data.tolist()
        if not {*map(type, data)} <= {int, str}:
            raise Refusal(400, f"the key {name} is given as {datatype or _named(data)}; give it as INT64 or BYTES")
        return _texts(name, map(str, data))
    if kind == "text":
        if datatype not in ("", "BYTES") or not {*map(type, data)} <= {str, _NULL}:
            raise Refusal(400, f"feature {name} is text, the request has {datatype or _named(data)}; give it as BYTES")
        return _texts(name, data)
    if datatype == "BYTES":
        raise Refusal(400, f"feature {name} is a number, the request has BYTES; give it as FP64, INT64 or BOOL")
    if isinstance(data, np.ndarray):
        return data.astype(np.float64)
    classes = {*map(type, data)}
    allowed = {_NULL, bool} if datatype == "BOOL" else {_NULL, int} if "INT" in datatype else {_NULL, int, float}
    if not classes <= (allowed if datatype else {_NULL, bool, int, float}):
        raise Refusal(400, f"feature {name} is a number, the request has {_named(data)} as {datatype or 'a value'}")
    try:
        values = np.array(data, dtype=np.float64)
    except OverflowError:
        values = np.array([np.inf])
    if int in classes and (np.abs(values) >= 2.0**63).any() and not all(map(_fits, data)):
        raise Refusal(400, f"feature {name} has a whole number beyond 64 bits")
    return values


def _fits(value: object) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**64


def _named(data: Iterable[Any]) -> str:
    names = {str: "text", bool: "a boolean", dict: "an object", list: "a list", float: "a number", int: "a number"}
    return " and ".join(sorted({names.get(type(value), "null") for value in data}))


def _texts(name: str, data: Iterable[str | None]) -> str:
    values = list(data)
    body = '","'.join(text or "" for text in values)
    # Most texts have nothing that an array's literal would take for its own.
    if None not in values and "\\" not in body and body.count('"') == 2 * (len(values) - 1):
        body = f'"{body}"'
    else:
        quoted = (text and text.replace("\\", "\\\\").replace('"', '\\"') for text in values)
        body = ",".join("null" if text is None else f'"{text}"' for text in quoted)
    if "\0" in body:
        raise Refusal(400, f"{name} has a text with a zero byte, which PostgreSQL cannot hold")
    return body
