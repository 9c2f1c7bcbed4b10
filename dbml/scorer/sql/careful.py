"""Plan → the SQL expression that is right for every row, by functions that compute as IEEE 754 has it.

Values are never NULL here: what is missing is NaN. Slow beside plain arithmetic, and asked for rare rows only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from dbml._plpython.plan import entry
from dbml.scorer.sql import text as write

Node: TypeAlias = Mapping[str, Any]
_NAN = write.number(float("nan"))


def expression(plan: Mapping[str, Any], label: str, bounded: Callable[[str], str]) -> str:
    """Write a plan as one expression.

    :param label: who refuses a row, such as ``churn@1``.
    :param bounded: returns the text it is given, or raises where that has become too long.
    """
    written: list[str] = []
    for node in plan["nodes"]:
        write_node = entry(OPERATIONS, node, "careful SQL")
        written.append(bounded(write_node(node, [written[i] for i in node.get("of", [])])))
    reasons: dict[str, list[str]] = {}
    for check in plan["checks"]:
        reasons.setdefault(check["because"], []).append(written[check["node"]])
    refusal = f"{label} cannot score this row: "
    no_number = write.text(refusal + "the estimator answered NaN or infinity")
    answers = [f"dbml._ieee_answer({written[i]}, {no_number})" for i in plan.get("outputs", [plan["output"]])]
    answer = _array(answers) if "outputs" in plan else answers[0]
    if not reasons:
        return answer
    arms = []
    for because, conditions in reasons.items():
        refused = f"dbml._refuse({write.text(refusal + because)})"
        arms.append(
            f"when ({' and '.join(conditions)}) is not true then {_array([refused]) if 'outputs' in plan else refused}"
        )
    return bounded(f"case {' '.join(arms)} else {answer} end")


def _call(node: Node, of: Sequence[str]) -> str:
    return f"dbml._ieee_{node['op']}({', '.join(of)})"


def _array(of: Sequence[str]) -> str:
    return f"array[{', '.join(of)}]::float8[]"


def _dot(node: Node, of: Sequence[str]) -> str:
    return f"dbml._ieee_dot({_array(of)}, {write.numbers(node['weights'])}, {write.number(node['constant'])})"


def _is(node: Node, of: Sequence[str]) -> str:
    if not write.storable(node["value"]):
        return "false"
    return f'(({of[0]} collate "C" = {write.text(node["value"])}) is true)'


def _table(node: Node, of: Sequence[str]) -> str:
    text = node["op"] == "lookup"
    table = dict(zip(node["keys"], node["values"], strict=True))
    arms = [
        f"when {write.text(key) if text else write.number(key)} then {write.number(value)}"
        for key, value in table.items()
        if (write.storable(key) if text else key == key)
    ]
    default = write.number(node["default"])
    missing = f"case when {of[0]} is null" if text else f"case when {of[0]} = {_NAN}"
    asked = f'{of[0]} collate "C"' if text else of[0]
    found = f"case {asked} {' '.join(arms)} else {default} end" if arms else default
    return f"{missing} then {write.number(node['missing'])} else {found} end"


def _step(node: Node, of: Sequence[str]) -> str:
    tables = f"{write.numbers(node['edges'])}, {write.numbers(node['values'])}"
    on_left = "true" if node["side"] == "left" else "false"
    return f"dbml._ieee_step({of[0]}, {tables}, {on_left}, {write.number(node['missing'])})"


def interpolate(node: Node, of: str) -> str:
    """The call for ``numpy.interp``."""
    return f"dbml._ieee_interpolate({of}, {write.numbers(node['x'])}, {write.numbers(node['y'])})"


def polynomial(node: Node, of: str) -> str:
    """The call for a piecewise polynomial; shorter rows get leading zeros."""
    width = max(len(row) for row in node["coefficients"])
    flat = [value for row in node["coefficients"] for value in [0.0] * (width - len(row)) + list(row)]
    return f"dbml._ieee_polynomial({of}, {write.numbers(node['breaks'])}, {write.numbers(flat)}, {width})"


def _trees(node: Node, of: Sequence[str]) -> str:
    # A set without values is one that nothing is in.
    sets = [(int(at), value) for at, members in node.get("sets", {}).items() for value in members or [float("nan")]]
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


OPERATIONS: dict[str, Callable[[Node, Sequence[str]], str]] = {
    "number": lambda node, of: f"coalesce({write.number_input(node['index'])}, {_NAN})",
    "text": lambda node, of: write.text_input(node["index"]),
    "constant": lambda node, of: write.number(node["value"]),
    **dict.fromkeys(("add", "subtract", "multiply", "divide", "minimum", "maximum"), _call),
    "function": lambda node, of: f"dbml._ieee_function({write.text(node['name'])}, {of[0]})",
    "round32": _call,
    "sum": lambda node, of: f"dbml._ieee_sum({_array(of)})",
    "dot": _dot,
    "sigmoid": _call,
    "softmax": lambda node, of: f"dbml._ieee_softmax({_array(of)}, {node['index'] + 1})",
    **dict.fromkeys(("less", "less_equal", "equal", "finite"), _call),
    "missing": lambda node, of: f"({of[0]} = {_NAN})",
    "absent": lambda node, of: f"({of[0]} is null)",
    "is": _is,
    "not": lambda node, of: f"(not {of[0]})",
    "all": lambda node, of: f"({' and '.join(of) or 'true'})",
    "any": lambda node, of: f"({' or '.join(of) or 'false'})",
    "indicator": lambda node, of: f"case when {of[0]} then {write.number(1.0)} else {write.number(0.0)} end",
    "select": lambda node, of: f"case when {of[0]} then {of[1]} else {of[2]} end",
    "fill": lambda node, of: f"coalesce({of[0]}, {write.text(node['value'])})",
    "lookup": _table,
    "match": _table,
    "step": _step,
    "interpolate": lambda node, of: interpolate(node, of[0]),
    "polynomial": lambda node, of: polynomial(node, of[0]),
    "trees": _trees,
}
