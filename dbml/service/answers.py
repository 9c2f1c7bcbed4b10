"""Scores as the protocol's tensors: JSON, or bytes behind it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import numpy as np

from dbml.service import protocol
from dbml.service.protocol import InferRequest, InferResponse, Output
from dbml.service.refusal import Refusal
from dbml.service.scoring import Scored

OUTPUTS = {"score": "FP64", "version": "INT64"}


def wanted(request: InferRequest) -> dict[str, bool]:
    """Output → whether it is to be bytes; the score alone, unless the request says otherwise.

    :raises Refusal: an output that there is not.
    """
    binary = (request.parameters or {}).get("binary_data_output") is True
    if not request.outputs:
        return {"score": binary}
    found = {}
    for output in request.outputs:
        if output.name not in OUTPUTS:
            raise Refusal(400, f"there is no output {output.name}; the outputs: {', '.join(OUTPUTS)}")
        found[output.name] = (output.parameters or {}).get("binary_data", binary) is True
    return found


def values(scored: Scored, output: str) -> Sequence[float | int | None]:
    """The column of an output."""
    return scored.scores if output == "score" else scored.versions


def raw(scored: Scored, output: str) -> bytes:
    """The column of an output as bytes; NaN where the model refuses a row."""
    return np.array(values(scored, output), protocol.NUMPY[OUTPUTS[output]]).tobytes()


def version(scored: Scored) -> str | None:
    """The version that scored all rows; None where there were several."""
    versions = {*scored.versions}
    return str(versions.pop()) if len(versions) == 1 else None


def of(request: InferRequest, outputs: dict[str, bool], scored: Scored) -> tuple[bytes, bytes]:
    """Write the answer: JSON, and the bytes that belong behind it."""
    count, binary, tensors = len(scored.scores), b"", []
    for name, as_bytes in outputs.items():
        tensor = Output(name, OUTPUTS[name], [count])
        if as_bytes:
            column = raw(scored, name)
            tensor.parameters = {"binary_data_size": len(column)}
            binary += column
        else:
            tensor.data = list(values(scored, name))
        tensors.append(tensor)
    parameters = None if scored.reason is None else {"refused": scored.scores.count(None), "reason": scored.reason}
    # KServe's schema wants an id in every answer, also where the request has none.
    answer = InferResponse(scored.interface.name, tensors, version(scored), request.id or str(uuid4()), parameters)
    return protocol.encode(answer), binary
