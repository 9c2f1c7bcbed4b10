"""The plan: a model as plain data, and the check that a stored one can be trusted to be a plan.

A plan is a JSON object::

    {"format": 1, "numbers": 19, "texts": 2, "nodes": [...], "checks": [...], "output": 41}

``numbers`` and ``texts`` tell how many features of each sort a row has, in interface order. Each node is one
scalar computed for a row from earlier nodes: ``{"op": "subtract", "of": [3, 4]}``. ``checks`` are conditions
that a row must meet, ``{"node": 7, "because": "Input X contains NaN"}``: what scikit-learn refuses, a plan
refuses. With ``"ordinary": true`` every row meets it whose numbers are :data:`ordinary <ORDINARY>`. ``output`` is the
node that is the score; an answer that is not finite is refused too. A plan of all answers has ``outputs`` as well: the
nodes of each, the score first.

Numbers are IEEE 754 doubles, and NaN is what is missing. Arithmetic never raises: 1/0 is infinity, log(-1) is
NaN. Where JSON cannot write a number, it says ``"NaN"``, ``"Infinity"`` or ``"-Infinity"``.

What nodes there may be is told by :mod:`.operations`. This module runs inside the server and needs nothing but the
standard library.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from .operations import OPERATIONS, Operation, inputs

Entry = TypeVar("Entry")

FORMAT = 1

# Numbers of no larger magnitude are ordinary: not missing, not infinite, not too large for an integer.
ORDINARY = 2.0**53 - 1


class PlanError(ValueError):
    """A plan that cannot be one: says which node and why."""


def entry(table: Mapping[str, Entry], node: Mapping[str, Any], reader: str) -> Entry:
    """Return what a reader has for the operation of a node.

    :param table: the reader's own, by the names of operations.
    :param reader: what to call it in the error.
    :raises PlanError: it has nothing.
    """
    try:
        return table[node["op"]]
    except KeyError:
        raise PlanError(f"{reader} lacks the operation {node['op']!r}") from None


def closure(nodes: Sequence[Mapping[str, Any]], indices: Iterable[int]) -> set[int]:
    """The places of these nodes, and of all that they are computed from."""
    found: set[int] = set()
    waiting = list(indices)
    while waiting:
        index = waiting.pop()
        if index not in found:
            found.add(index)
            waiting += nodes[index].get("of", [])
    return found


def loads(text: str) -> dict[str, Any]:
    """Read a plan from JSON and check it.

    :raises PlanError: an unknown format version, or nodes that do not fit each other.
    """
    try:
        plan = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanError(f"the plan is no JSON: {error}") from None
    if not isinstance(plan, dict) or "format" not in plan:
        raise PlanError("the plan has no format version")
    if plan["format"] != FORMAT:
        raise PlanError(f"the plan has format {plan['format']!r}, and this dbml reads format {FORMAT}")
    try:
        _check(plan)
    except (KeyError, TypeError, IndexError, AttributeError, OverflowError) as error:
        raise PlanError(f"the plan lacks a part: {type(error).__name__} {error}") from None
    return plan


def dumps(plan: Mapping[str, Any]) -> str:
    """Write a plan as JSON that every reader takes: no bare NaN."""

    def written(value: Any) -> str:
        return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False)

    try:
        return written(plan)
    except ValueError:
        # Few plans hold what JSON cannot write, and a large one takes seconds to look through.
        return written(_writable(plan))


def _writable(value: Any) -> Any:
    if isinstance(value, float):
        if value != value:
            return "NaN"
        return value if value - value == 0.0 else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {key: _writable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_writable(item) for item in value]
    return value


def _check(plan: dict[str, Any]) -> None:
    nodes = plan["nodes"]
    found: list[str] = []
    for index, node in enumerate(nodes):
        op = node["op"]
        if op not in OPERATIONS:
            raise PlanError(f"node {index} of the plan has the unknown operation {op!r}")
        operation = OPERATIONS[op]
        of = node.get("of", [])
        if not all(isinstance(i, int) and 0 <= i < index for i in of):
            raise PlanError(f"node {index} of the plan ({op}) takes a node that is not before it")
        if "".join(found[i] for i in of) != inputs(operation, len(of)):
            raise PlanError(f"node {index} of the plan ({op}) takes nodes of other kinds")
        _read_fields(f"node {index} of the plan ({op})", node, operation)
        if not operation.fits({"of": of, **node}, plan):
            raise PlanError(f"node {index} of the plan ({op}) has parts that do not fit each other")
        found.append(operation.gives)
    for check in plan["checks"]:
        whole = isinstance(check["because"], str) and isinstance(check.get("ordinary", False), bool)
        if not whole or found[check["node"]] != "b":
            raise PlanError("a check of the plan is no condition with a reason")
    if not 0 <= plan["output"] < len(nodes) or found[plan["output"]] != "n":
        raise PlanError("the plan's output is no number")
    for place in plan.get("single", {"nodes": {}})["nodes"]:
        if found[int(place)] != "n":
            raise PlanError("a sum in float32 is no number")
    for output in plan.get("outputs", ()):
        if not 0 <= output < len(nodes) or found[output] != "n":
            raise PlanError("one of the plan's outputs is no number")


def _read_fields(called: str, node: dict[str, Any], operation: Operation) -> None:
    """Read what a node says in place: numbers that JSON cannot write, integers where doubles are meant."""
    for name in operation.fields:
        if name not in node:
            raise PlanError(f"{called} lacks its {name}")
    for name in node.keys() - {"op", "of"}:
        field = operation.fields.get(name) or operation.optional.get(name)
        if field is None:
            raise PlanError(f"{called} says {name!r}, which means nothing there")
        try:
            node[name] = field.read(node[name])
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
            raise PlanError(f"{called} has a {name} that is not {field.what}") from None
