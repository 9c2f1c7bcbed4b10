"""The plan: a model as plain data, and the check that a stored one can be trusted to be a plan.

A plan is a JSON object::

    {"format": 1, "numbers": 19, "texts": 2, "nodes": [...], "checks": [...], "output": 41}

``numbers`` and ``texts`` tell how many features of each sort a row has, in signature order. Each node is one
scalar computed for a row from earlier nodes: ``{"op": "subtract", "of": [3, 4]}``. ``checks`` are conditions
that a row must meet, ``{"node": 7, "because": "Input X contains NaN"}``: what scikit-learn refuses, a plan
refuses. With ``"ordinary": true`` every row meets it whose numbers are :data:`ordinary <ORDINARY>`. ``output`` is the
node that is the score; an answer that is not finite is refused too.

Numbers are IEEE 754 doubles, and NaN is what is missing. Arithmetic never raises: 1/0 is infinity, log(-1) is
NaN. Where JSON cannot write a number, it says ``"NaN"``, ``"Infinity"`` or ``"-Infinity"``.

This module runs inside the server and imports nothing but the standard library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

FORMAT = 1

# Numbers of no larger magnitude are ordinary: not missing, not infinite, not too large for an integer.
ORDINARY = 2.0**53 - 1

# Operation → the kinds it takes and gives: n(umber), t(ext), b(oolean), with * for any number of them.
# What the operations mean is written down, once, in `portable.py` and `batch.py`; `docs/plan.md` explains plans.
OPERATIONS: dict[str, tuple[str, str]] = {
    # sources: "index" is a place among the row's numbers or texts
    "number": ("", "n"),
    "text": ("", "t"),
    "constant": ("", "n"),  # value
    # arithmetic
    "add": ("nn", "n"),
    "subtract": ("nn", "n"),
    "multiply": ("nn", "n"),
    "divide": ("nn", "n"),
    "minimum": ("nn", "n"),  # NaN if either is
    "maximum": ("nn", "n"),
    "power": ("n", "n"),  # exponent
    "modulo": ("n", "n"),  # divisor, positive: the remainder, of the divisor's sign
    "function": ("n", "n"),  # name, one of FUNCTIONS
    "round32": ("n", "n"),  # to the nearest float32; past its range, infinity
    "sum": ("n*", "n"),  # from left to right
    "dot": ("n*", "n"),  # weights, constant: the sum of products, then the constant
    "sigmoid": ("n", "n"),  # 1 / (1 + exp(-x))
    "softmax": ("n*", "n"),  # index: exp(x[index]) / sum of exp(x), without overflow
    # conditions
    "less": ("nn", "b"),
    "less_equal": ("nn", "b"),
    "equal": ("nn", "b"),
    "finite": ("n", "b"),
    "missing": ("n", "b"),
    "absent": ("t", "b"),  # missing, of a text
    "is": ("t", "b"),  # value
    "not": ("b", "b"),
    "all": ("b*", "b"),
    "any": ("b*", "b"),
    # choices
    "indicator": ("b", "n"),  # 1 or 0
    "select": ("bnn", "n"),  # the first number where the condition holds, else the second
    "fill": ("t", "t"),  # value, where the text is missing
    "replace": ("t", "t"),  # key, value: the value instead of the key
    "lookup": ("t", "n"),  # keys, values; "default" for other texts, "missing" for none
    "match": ("n", "n"),  # the same for a number
    # functions by table
    "step": ("n", "n"),  # edges, values (one more), side "left" or "right" as numpy.searchsorted; "missing"
    "interpolate": ("n", "n"),  # x, y as numpy.interp
    "polynomial": ("n", "n"),  # breaks, coefficients of each interval in (x - its left break), highest power first
    "weighted_median": ("n*", "n"),  # weights: of the ordered numbers, the first where half of the weight is reached
    # trees: see TREES
    "trees": ("n*", "n"),
}

FUNCTIONS = frozenset(
    (
        *("absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "cbrt", "ceil", "cos", "cosh"),
        *("exp", "exp2", "exp32", "expm1", "floor", "log", "log10", "log1p", "log2", "ndtr", "ndtri", "negative"),
        *("reciprocal", "rint", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh"),
    )
)

# An ensemble is flat arrays over the nodes of all trees. "roots" tells where each tree starts. A node of column
# -1 is a leaf and its "threshold" the leaf's value; otherwise the row goes to "left" where its column is
# <= threshold (< where "strict"), else to "right". NaN goes right, or left where "missing_left" is 1.
# "sets" maps a node's number, as a string, to the values that go left there, whatever the threshold.
# The answer is "start" plus each tree's leaf in order; where "precision" is 32, rounded to float32 each time.
TREES = ("roots", "column", "threshold", "left", "right")

_NON_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_NUMBERS = {"value", "exponent", "divisor", "constant", "default", "missing", "start"}
_ARRAYS = {"weights", "values", "keys", "edges", "x", "y", "breaks", "threshold"}


class PlanError(ValueError):
    """A plan that cannot be one: says which node and why."""


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
    return json.dumps(_writable(plan), allow_nan=False, separators=(",", ":"), ensure_ascii=False)


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
        takes, gives = OPERATIONS[op]
        of = node.get("of", [])
        if not all(isinstance(i, int) and 0 <= i < index for i in of):
            raise PlanError(f"node {index} of the plan ({op}) takes a node that is not before it")
        wanted = takes[0] * len(of) if takes.endswith("*") else takes
        if "".join(found[i] for i in of) != wanted:
            raise PlanError(f"node {index} of the plan ({op}) takes nodes of other kinds")
        _read_numbers(index, node)
        _check_fields(index, node, plan)
        found.append(gives)
    for check in plan["checks"]:
        whole = isinstance(check["because"], str) and isinstance(check.get("ordinary", False), bool)
        if not whole or found[check["node"]] != "b":
            raise PlanError("a check of the plan is no condition with a reason")
    if not 0 <= plan["output"] < len(nodes) or found[plan["output"]] != "n":
        raise PlanError("the plan's output is no number")


def _read_numbers(index: int, node: dict[str, Any]) -> None:
    for field in node.keys() & (_NUMBERS | _ARRAYS):
        if field in _ARRAYS:
            if node["op"] != "lookup" or field == "values":
                node[field] = [_number(index, node, value) for value in node[field]]
        elif node["op"] not in ("is", "fill", "replace"):
            node[field] = _number(index, node, node[field])
    if "coefficients" in node:
        node["coefficients"] = [[_number(index, node, value) for value in row] for row in node["coefficients"]]


def _number(index: int, node: Mapping[str, Any], value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and value in _NON_FINITE:
        return _NON_FINITE[value]
    raise PlanError(f"node {index} of the plan ({node['op']}) holds {value!r} where a number is due")


def _check_fields(index: int, node: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
    op = node["op"]
    fits = True
    if op in ("number", "text"):
        fits = 0 <= node["index"] < plan[f"{op}s"]
    elif op == "constant":
        fits = "value" in node
    elif op in ("is", "fill"):
        fits = isinstance(node["value"], str)
    elif op == "replace":
        fits = isinstance(node["key"], str) and isinstance(node["value"], str)
    elif op == "modulo":
        fits = node["divisor"] > 0.0
    elif op == "power":
        fits = "exponent" in node
    elif op == "function":
        fits = node["name"] in FUNCTIONS
    elif op == "dot":
        fits = len(node["weights"]) == len(node["of"]) and "constant" in node
    elif op == "weighted_median":
        fits = len(node["weights"]) == len(node["of"]) > 0
    elif op == "softmax":
        fits = 0 <= node["index"] < len(node["of"])
    elif op in ("lookup", "match"):
        wanted = str if op == "lookup" else float
        fits = len(node["keys"]) == len(node["values"]) and all(isinstance(key, wanted) for key in node["keys"])
        fits = fits and "default" in node and "missing" in node
    elif op == "step":
        fits = len(node["values"]) == len(node["edges"]) + 1 and node["side"] in ("left", "right") and "missing" in node
        fits = fits and _ascending(node["edges"])
    elif op == "interpolate":
        fits = len(node["x"]) == len(node["y"]) > 0 and _ascending(node["x"])
    elif op == "polynomial":
        fits = len(node["breaks"]) == len(node["coefficients"]) + 1 and _ascending(node["breaks"])
    elif op == "trees":
        fits = _trees_fit(node)
    if not fits:
        raise PlanError(f"node {index} of the plan ({op}) has parts that do not fit each other")


def _ascending(values: Sequence[float]) -> bool:
    return all(values[i - 1] <= values[i] for i in range(1, len(values)))


def _trees_fit(node: Mapping[str, Any]) -> bool:
    size = len(node["column"])
    arrays = [node[name] for name in TREES[1:]]
    if "missing_left" in node:
        arrays.append(node["missing_left"])
    if any(len(array) != size for array in arrays) or "start" not in node:
        return False
    # Children come after their parent: a walk always ends. And a node has one parent: sixty nodes that shared
    # theirs would be a tree of 2**60.
    above = [*node["roots"]]
    for place, (column, left, right) in enumerate(zip(node["column"], node["left"], node["right"])):
        if column >= 0:
            if not (column < len(node["of"]) and place < left < size and place < right < size):
                return False
            above += [left, right]
    return all(0 <= root < size for root in node["roots"]) and len(set(above)) == len(above)
