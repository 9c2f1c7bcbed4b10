"""A version as JavaScript: one ES module without dependencies, the plan beside the few functions that compute it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib import resources
from typing import Any

from dbml._plpython import ieee
from dbml._plpython.plan import loads
from dbml.models.exports.checking import Stored
from dbml.models.exports.plan import plan_of


def runtime(name: str) -> str:
    """A file that goes into exports as it is."""
    return resources.files("dbml.models.exports").joinpath("runtime", name).read_text(encoding="utf-8")


def written(stored: Stored) -> str:
    """The module.

    :raises ExportError: the version has no plan.
    """
    return "\n".join(
        [f"// {stored.label}, written by dbml. It needs nothing else.\n", data(stored), runtime("score.js")]
    )


def data(stored: Stored) -> str:
    """Interface and plan, as constants.

    :raises ExportError: the version has no plan.
    """
    plan = loads(plan_of(stored))
    constants = {
        "INTERFACE": interface(stored),
        "PLAN": {key: plan[key] for key in ("nodes", "checks", "output")},
        "EXP32": [*ieee.EXP32, ieee.EXP32_SCALE / 32],
    }
    return "".join(f"const {name} = {literal(value)};\n" for name, value in constants.items())


def interface(stored: Stored) -> dict[str, Any]:
    """What the exported file says of itself."""
    return {
        "model": stored.label,
        "features": [{"name": f["name"], "kind": f["kind"]} for f in stored.features],
        "output": stored.interface["output"],
    }


def literal(value: Any) -> str:
    """Write a value as JavaScript reads it, inside a page as well: each node of a plan in a line of its own."""
    if isinstance(value, Mapping):
        nodes = "nodes" in value
        items = [f"{json.dumps(str(key))}: {literal(item)}" for key, item in value.items()]
        return "{" + (",\n" if nodes else ", ").join(items) + "}"
    if isinstance(value, (list, tuple)):
        lines = bool(value) and isinstance(value[0], Mapping)
        return "[" + (",\n" if lines else ", ").join(map(literal, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    # In JSON a text never closes a script element, and JavaScript reads the same.
    return json.dumps(value).replace("<", "\\u003c")
