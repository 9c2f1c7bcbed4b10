"""Plan → the SQL expression that is right for every row, by functions that compute as IEEE 754 has it.

Values are never NULL here: what is missing is NaN. Slow beside plain arithmetic, and asked for rare rows only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dbml.scorer.sql import text as write

_CALLS = {
    "add": "add",
    "subtract": "subtract",
    "multiply": "multiply",
    "divide": "divide",
    "minimum": "minimum",
    "maximum": "maximum",
    "round32": "round32",
    "sigmoid": "sigmoid",
    "less": "less",
    "less_equal": "less_equal",
    "equal": "equal",
    "finite": "finite",
}


def careful(plan: Mapping[str, Any], label: str, bounded: Callable[[str], str]) -> str:
    """Write a plan as one expression.

    :param label: who refuses a row, such as ``churn@1``.
    :param bounded: returns the text it is given, or raises where that has become too long.
    """
    nodes: Sequence[Mapping[str, Any]] = plan["nodes"]
    written: list[str] = []
    for node in nodes:
        written.append(bounded(_node(node, [written[i] for i in node.get("of", [])])))
    reasons: dict[str, list[str]] = {}
    for check in plan["checks"]:
        reasons.setdefault(check["because"], []).append(written[check["node"]])
    refusal = f"{label} cannot score this row: "
    no_number = write.text(refusal + "the estimator answered NaN or infinity")
    answer = f"dbml._ieee_answer({written[plan['output']]}, {no_number})"
    if not reasons:
        return answer
    arms = [
        f"when ({' and '.join(conditions)}) is not true then dbml._refuse({write.text(refusal + because)})"
        for because, conditions in reasons.items()
    ]
    return bounded(f"case {' '.join(arms)} else {answer} end")


def _node(node: Mapping[str, Any], of: Sequence[str]) -> str:
    op = node["op"]
    if op == "number":
        return f"coalesce({write.number_input(node['index'])}, 'NaN'::float8)"
    if op == "text":
        return write.text_input(node["index"])
    if op == "constant":
        return write.number(node["value"])
    if op in _CALLS:
        return f"dbml._ieee_{_CALLS[op]}({', '.join(of)})"
    if op == "power":
        return f"dbml._ieee_power({of[0]}, {write.number(node['exponent'])})"
    if op == "function":
        return f"dbml._ieee_function({write.text(node['name'])}, {of[0]})"
    if op == "sum":
        return f"dbml._ieee_sum({_array(of)})"
    if op == "dot":
        return f"dbml._ieee_dot({_array(of)}, {write.numbers(node['weights'])}, {write.number(node['constant'])})"
    if op == "softmax":
        return f"dbml._ieee_softmax({_array(of)}, {node['index'] + 1})"
    return _condition(node, of) if op in _CONDITIONS else _choice(node, of)


_CONDITIONS = frozenset({"missing", "absent", "is", "not", "all", "any"})


def _condition(node: Mapping[str, Any], of: Sequence[str]) -> str:
    op = node["op"]
    if op == "missing":
        return f"({of[0]} = 'NaN'::float8)"
    if op == "absent":
        return f"({of[0]} is null)"
    if op == "is":
        if not write.storable(node["value"]):
            return "false"
        return f'(({of[0]} collate "C" = {write.text(node["value"])}) is true)'
    if op == "not":
        return f"(not {of[0]})"
    return f"({' and '.join(of) or 'true'})" if op == "all" else f"({' or '.join(of) or 'false'})"


def _choice(node: Mapping[str, Any], of: Sequence[str]) -> str:
    op = node["op"]
    if op == "indicator":
        return f"case when {of[0]} then {write.number(1.0)} else {write.number(0.0)} end"
    if op == "select":
        return f"case when {of[0]} then {of[1]} else {of[2]} end"
    if op == "fill":
        return f"coalesce({of[0]}, {write.text(node['value'])})"
    if op in ("lookup", "match"):
        return _table(node, of[0])
    if op == "step":
        tables = f"{write.numbers(node['edges'])}, {write.numbers(node['values'])}"
        on_left = "true" if node["side"] == "left" else "false"
        return f"dbml._ieee_step({of[0]}, {tables}, {on_left}, {write.number(node['missing'])})"
    if op == "interpolate":
        return f"dbml._ieee_interpolate({of[0]}, {write.numbers(node['x'])}, {write.numbers(node['y'])})"
    if op == "polynomial":
        return polynomial(node, of[0])
    return _trees(node, of)


def polynomial(node: Mapping[str, Any], of: str) -> str:
    """The call for a piecewise polynomial; shorter rows get leading zeros."""
    width = max(len(row) for row in node["coefficients"])
    flat = [value for row in node["coefficients"] for value in [0.0] * (width - len(row)) + list(row)]
    return f"dbml._ieee_polynomial({of}, {write.numbers(node['breaks'])}, {write.numbers(flat)}, {width})"


def _table(node: Mapping[str, Any], of: str) -> str:
    text = node["op"] == "lookup"
    table = dict(zip(node["keys"], node["values"], strict=True))
    arms = [
        f"when {write.text(key) if text else write.number(key)} then {write.number(value)}"
        for key, value in table.items()
        if (write.storable(key) if text else key == key)
    ]
    default = write.number(node["default"])
    missing = f"case when {of} is null" if text else f"case when {of} = 'NaN'::float8"
    asked = f'{of} collate "C"' if text else of
    found = f"case {asked} {' '.join(arms)} else {default} end" if arms else default
    return f"{missing} then {write.number(node['missing'])} else {found} end"


def _trees(node: Mapping[str, Any], of: Sequence[str]) -> str:
    sets = [(int(place), float(value)) for place, values in node.get("sets", {}).items() for value in values]
    # A set without values is one that nothing is in.
    sets += [(int(place), float("nan")) for place, values in node.get("sets", {}).items() if not values]
    parts = [
        _array(of),
        write.integers(node["roots"]),
        write.integers(node["column"]),
        write.numbers(node["threshold"]),
        write.integers(node["left"]),
        write.integers(node["right"]),
        write.integers(node.get("missing_left", [])),
        write.integers(place for place, _ in sets),
        write.numbers([value for _, value in sets]),
        write.number(node["start"]),
        "true" if node.get("strict") else "false",
        "true" if node.get("precision") == 32 else "false",
    ]
    return f"dbml._ieee_trees({', '.join(parts)})"


def _array(of: Sequence[str]) -> str:
    return f"array[{', '.join(of)}]::float8[]"
