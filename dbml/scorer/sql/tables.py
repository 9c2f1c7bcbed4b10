"""Functions by table in plain SQL."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dbml.scorer import bounds
from dbml.scorer.bounds import Range
from dbml.scorer.sql import careful, proof
from dbml.scorer.sql import text as write
from dbml.scorer.sql.proof import GREATEST, Unprovable
from dbml.scorer.sql.writer import Known, Number, Writer


def interpolate(writer: Writer, index: int, known: Known) -> Number:
    """``numpy.interp``, by dbml's own function."""
    node = writer.nodes[index]
    text, given = writer.number(node["of"][0], known)
    steps = [b - a for a, b in zip(node["x"], node["x"][1:], strict=False) if b > a]
    found = proof.of_values(node["y"])
    if 2.0 * found.size / min(steps, default=1.0) > GREATEST or found.missing:
        raise Unprovable("domain")
    edge = 1e-9 * found.size
    return careful.interpolate(node, text), bounds.span(found.low - edge, found.high + edge, missing=given.missing)


def polynomial(writer: Writer, index: int, known: Known) -> Number:
    """A piecewise polynomial, by dbml's own function."""
    node = writer.nodes[index]
    text, given = writer.number(node["of"][0], known)
    size = _polynomial_size(node, given)
    return careful.polynomial(node, text), bounds.span(-size, size, missing=given.missing)


def _polynomial_size(node: Mapping[str, Any], given: Range) -> float:
    greatest = 0.0
    breaks, last = node["breaks"], len(node["coefficients"]) - 1
    for place, row in enumerate(node["coefficients"]):
        low = given.low if place == 0 else breaks[place]
        high = given.high if place == last else breaks[place + 1]
        reach = max(abs(low - breaks[place]), abs(high - breaks[place]))
        if reach > GREATEST:
            raise Unprovable("large")
        size = 0.0
        for coefficient in row:
            size = size * reach + abs(coefficient)
            if not size <= GREATEST:
                raise Unprovable("large")
        greatest = max(greatest, size)
    return greatest


def match(writer: Writer, index: int, known: Known) -> Number:
    """The value beside a number."""
    node = writer.nodes[index]
    text, given = writer.number(node["of"][0], known)
    arms = [
        f"when {write.number(key)} then {write.number_or_null(value)}"
        for key, value in dict(zip(node["keys"], node["values"], strict=True)).items()
        if key == key
    ]
    table = write.number_or_null(node["default"])
    if arms:
        table = f"case {text} {' '.join(arms)} else {table} end"
    reachable = [*node["values"], *([node["missing"]] if given.missing else []), node["default"]]
    if given.missing:
        table = f"case when {text} is null then {write.number_or_null(node['missing'])} else {table} end"
    return table, proof.of_values(reachable)


def step(writer: Writer, index: int, known: Known) -> Number:
    """A value by the place among edges."""
    node = writer.nodes[index]
    text, given = writer.number(node["of"][0], known)
    # width_bucket counts the edges that are <= x.
    edges = [math.nextafter(edge, math.inf) for edge in node["edges"]] if node["side"] == "left" else node["edges"]
    nulls = ",".join("NULL" if value != value else repr(value) for value in node["values"])
    table = f"('{{{nulls}}}'::float8[])[width_bucket({text}, {write.numbers(edges)}) + 1]"
    found = proof.of_values([*node["values"], *([node["missing"]] if given.missing else [])])
    if not edges:
        table = write.number_or_null(node["values"][0])
    if given.missing and node["missing"] == node["missing"]:
        table = f"case when {text} is null then {write.number_or_null(node['missing'])} else {table} end"
    return table, found
