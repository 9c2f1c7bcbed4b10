"""A version as JavaScript: one ES module, the plan beside the functions that compute and explain it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib import resources
from typing import Any

import psycopg

from dbml import database, errors
from dbml._plpython import ieee
from dbml._plpython.explanation import Explainer, Unexplained
from dbml._plpython.plan import loads
from dbml._plpython.treeshap import gauss
from dbml.models.exports.checking import Stored
from dbml.models.exports.plan import plan_of

# Operations of plans that JavaScript does not compute as Python does, and why.
NOT_IN_JAVASCRIPT = {
    **dict.fromkeys(
        ("term", "bag", "hashed"), "finds words by a regular expression of Python's, which JavaScript reads otherwise"
    ),
    **dict.fromkeys(
        ("near", "within", "vote", "apart", "imputed"), "looks for neighbours among the rows of the training data"
    ),
}


def written(stored: Stored, explainer: Explainer | None = None) -> str:
    """The module.

    :param explainer: of the version; None where it cannot be explained.
    :raises ExportError: the version has no plan, or one with an operation that JavaScript lacks.
    """
    for node in loads(plan_of(stored))["nodes"]:
        if node["op"] in NOT_IN_JAVASCRIPT:
            raise errors.ExportError(
                f"{stored.label} cannot be js: its plan {NOT_IN_JAVASCRIPT[node['op']]}", "Export it as python or plan."
            )
    head = f"// {stored.label}, written by dbml. It needs nothing else.\n"
    return "\n".join(
        [head, _data(stored, explainer), runtime("score.js"), runtime("explain.js"), stored.beside.get("js", "")]
    )


def runtime(name: str) -> str:
    """A file that goes into exports as it is."""
    return resources.files("dbml.models.exports").joinpath("runtime", name).read_text(encoding="utf-8")


def explainer_of(raw: psycopg.Connection[Any], stored: Stored) -> Explainer | None:
    """What explains a version; None where nothing can."""
    name, _, version = stored.label.rpartition("@")
    content = database.value(raw, "background", name=name, version=int(version))
    try:
        return Explainer(stored.label, loads(plan_of(stored)), stored.interface, content or {})
    except Unexplained:
        return None


def _data(stored: Stored, explainer: Explainer | None) -> str:
    plan = loads(plan_of(stored))
    constants = {
        "INTERFACE": interface(stored),
        "PLAN": {key: plan[key] for key in ("nodes", "checks", "output")},
        "EXP32": [*ieee.EXP32, ieee.EXP32_SCALE / 32],
        "EXPLANATION": explainer and _explanation(stored, explainer),
    }
    return "".join(f"const {name} = {literal(value)};\n" for name, value in constants.items())


def _explanation(stored: Stored, explainer: Explainer) -> dict[str, Any]:
    """What explain.js needs; features are counted as the interface does."""
    place = {wire: i for i, wire in enumerate(explainer.order)}
    margin = explainer.margin
    forests: list[dict[str, Any]] = [
        {
            "node": forest.node,
            "weight": forest.weight,
            "features": [place[feature] for feature in forest.columns],
            "share": trees.share_left,
            "counts": trees.counts,
        }
        for forest, trees in zip(margin.forests, explainer.forests, strict=True)
    ]
    return {
        "base": explainer.base,
        "terms": [
            {"node": node, "weight": weight, "feature": place[feature], "mean": mean}
            for node, (weight, feature, mean) in zip(margin.terms, explainer.terms, strict=True)
        ],
        "forests": forests,
        "points": {count: gauss(count) for forest in forests for count in forest["counts"]},
        "link": margin.link and {key: margin.link[key] for key in ("nodes", "output")},
        "probability": margin.linked and stored.interface["output"]["kind"] == "probability",
    }


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
        items = [f"{json.dumps(str(key))}: {literal(item)}" for key, item in value.items()]
        return "{" + (",\n" if "nodes" in value else ", ").join(items) + "}"
    if isinstance(value, (list, tuple)):
        lines = bool(value) and isinstance(value[0], Mapping)
        return "[" + (",\n" if lines else ", ").join(map(literal, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    # In JSON a text never closes a script element, and JavaScript reads the same.
    return json.dumps(value).replace("<", "\\u003c")
