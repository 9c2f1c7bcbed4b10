"""The operations of a plan: what the nodes of each are computed from, what they say, and what they are.

What an operation computes is told by :mod:`.expressions` and by :mod:`.batch`; ``docs/plan.md`` explains plans.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple


class Field(NamedTuple):
    """What a node may say beside its inputs.

    :param read: makes a value of what JSON had; raises TypeError or ValueError.
    :param what: what it is, for errors.
    """

    read: Callable[[Any], Any]
    what: str


class Operation(NamedTuple):
    """An operation.

    :param takes: the kinds of its inputs: n(umber), t(ext), b(oolean), v (rows found in a table), d(istances from
        the rows of one), with * for any number of them.
    :param gives: the kind that it is.
    :param fields: what its nodes say, by name.
    :param optional: what they may leave out.
    :param fits: whether the parts of a node fit each other, and the plan.
    """

    takes: str
    gives: str
    fields: Mapping[str, Field] = {}
    fits: Callable[[Mapping[str, Any], Mapping[str, Any]], bool] = lambda node, plan: True
    optional: Mapping[str, Field] = {}


def _number(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        return _NON_FINITE[value]
    raise TypeError


def _listed(read: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    def read_all(values: Any) -> list[Any]:
        if not isinstance(values, list):
            raise TypeError
        return [read(value) for value in values]

    return read_all


def _of_type(*types: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if not isinstance(value, types):
            raise TypeError
        return value

    return read


def _sets(values: Any) -> dict[str, list[float]]:
    return {str(int(place)): _NUMBERS.read(members) for place, members in values.items()}


_NON_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}

_NUMBER = Field(_number, "a number")
_NUMBERS = Field(_listed(_number), "a list of numbers")
# Where an input is one of them, the answer changes abruptly.
EDGES = Field(_listed(_number), "a list of numbers")
_ROWS = Field(_listed(_listed(_number)), "a list of lists of numbers")
_WHOLE = Field(_of_type(int), "a whole number")
_PLACES = Field(_listed(_of_type(int)), "a list of whole numbers")
_TEXT = Field(_of_type(str), "a text")
_TEXTS = Field(_listed(_of_type(str)), "a list of texts")
_SETS = Field(_sets, "lists of numbers by node")


def _ascending(values: Sequence[float]) -> bool:
    return all(values[i - 1] <= values[i] for i in range(1, len(values)))


def _weighted(node: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    return len(node["weights"]) == len(node["of"])


def _paired(node: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    return len(node["keys"]) == len(node["values"])


def _term_fits(node: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    try:
        groups = re.compile(node["pattern"]).groups
    except (re.error, RecursionError, OverflowError):
        return False
    return groups <= 1 and len(node["words"]) == 2 and 1 <= node["words"][0] <= node["words"][1] <= 10


def _bag_fits(node: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    apart = len(set(node["terms"])) == len(node["terms"]) == len(node["weights"])
    return apart and node["how"] in ("count", "binary", "log") and _term_fits(node, plan)


def _hashed_fits(node: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    apart = len(set(node["places"])) == len(node["places"]) == len(node["weights"])
    inside = all(0 <= place < node["buckets"] for place in node["places"])
    return apart and inside and node["norm"] in ("none", "l1", "l2") and _term_fits(node, plan)


KERNELS = ("linear", "rbf", "poly", "sigmoid", "matern", "rational")


def _kernel_fits(node: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    width, vectors = len(node["of"]), node["vectors"]
    return (
        len(node["weights"]) == len(vectors) > 0
        and all(len(vector) == width > 0 for vector in vectors)
        and node["kind"] in KERNELS
        and (node["degree"] in (1, 3, 5) if node["kind"] == "matern" else 0 <= node["degree"] <= 100)
    )


def _near_fits(node: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    width, rows = len(node["of"]), node["rows"]
    return (
        all(len(row) == width > 0 for row in rows)
        and 1 <= node["count"] <= len(rows)
        and node["power"] >= 1.0
        and node["leaf"] >= 0
        and 0 <= node["first"] < len(rows)
    )


def _within_fits(node: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    width = len(node["of"])
    wide = all(len(row) == width > 0 for row in node["rows"])
    return wide and node["power"] >= 1.0 and node["radius"] >= 0.0 and node["leaf"] >= 0


def _vote_fits(node: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    return len(node["values"]) == len(plan["nodes"][node["of"][0]]["rows"])


def _apart_fits(node: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    return len(node["rows"]) > 0 and all(len(row) == len(node["of"]) > 0 for row in node["rows"])


def _imputed_fits(node: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    rows = plan["nodes"][node["of"][1]]["rows"]
    return bool(0 <= node["column"] < len(rows[0]) and node["count"] >= 1)


def _trees_fit(node: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    size = len(node["column"])
    arrays = (node["threshold"], node["left"], node["right"])
    may = (node.get(name, node["column"]) for name in ("missing_left", "cover"))
    if any(len(array) != size for array in (*arrays, *may)):
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
# "cover" is how much of the training data came by a node: scoring never asks, and a stored plan goes without.
_TREES = {
    **dict.fromkeys(("roots", "column", "left", "right"), _PLACES),
    "threshold": _NUMBERS,
    "start": _NUMBER,
}
_TREES_MAY = {"strict": _WHOLE, "precision": _WHOLE, "missing_left": _PLACES, "sets": _SETS, "cover": _NUMBERS}

# Each reader has a table with these names for keys, or says why it lacks one: tests/parity/test_operations.py.
OPERATIONS: dict[str, Operation] = {
    # sources: a place among the row's numbers or texts
    "number": Operation("", "n", {"index": _WHOLE}, lambda node, plan: 0 <= node["index"] < plan["numbers"]),
    "text": Operation("", "t", {"index": _WHOLE}, lambda node, plan: 0 <= node["index"] < plan["texts"]),
    "constant": Operation("", "n", {"value": _NUMBER}),
    # arithmetic
    "add": Operation("nn", "n"),
    "subtract": Operation("nn", "n"),
    "multiply": Operation("nn", "n"),
    "divide": Operation("nn", "n"),
    "minimum": Operation("nn", "n"),  # NaN if either is
    "maximum": Operation("nn", "n"),
    # the remainder, of the divisor's sign
    "modulo": Operation("n", "n", {"divisor": _NUMBER}, lambda node, plan: node["divisor"] > 0.0),
    "function": Operation("n", "n", {"name": _TEXT}, lambda node, plan: node["name"] in FUNCTIONS),
    "round32": Operation("n", "n"),  # to the nearest float32; past its range, infinity
    "sum": Operation("n*", "n"),  # from left to right
    "dot": Operation("n*", "n", {"weights": _NUMBERS, "constant": _NUMBER}, _weighted),  # products, then the constant
    "sigmoid": Operation("n", "n"),  # 1 / (1 + exp(-x))
    # exp(x[index]) / sum of exp(x), without overflow
    "softmax": Operation("n*", "n", {"index": _WHOLE}, lambda node, plan: 0 <= node["index"] < len(node["of"])),
    # conditions
    "less": Operation("nn", "b"),
    "less_equal": Operation("nn", "b"),
    "equal": Operation("nn", "b"),
    "finite": Operation("n", "b"),
    "missing": Operation("n", "b"),
    "absent": Operation("t", "b"),  # missing, of a text
    "is": Operation("t", "b", {"value": _TEXT}),
    "not": Operation("b", "b"),
    "all": Operation("b*", "b"),
    "any": Operation("b*", "b"),
    # choices
    "indicator": Operation("b", "n"),  # 1 or 0
    "select": Operation("bnn", "n"),  # the first number where the condition holds, else the second
    "fill": Operation("t", "t", {"value": _TEXT}),  # the value, where the text is missing
    "replace": Operation("t", "t", {"key": _TEXT, "value": _TEXT}),  # the value instead of the key
    # the value beside the key; "default" for what is no key, "missing" for none
    "lookup": Operation(
        "t", "n", {"keys": _TEXTS, "values": _NUMBERS, "default": _NUMBER, "missing": _NUMBER}, _paired
    ),
    "match": Operation("n", "n", {"keys": EDGES, "values": _NUMBERS, "default": _NUMBER, "missing": _NUMBER}, _paired),
    # how often words that the pattern finds follow each other as the term says, if a term has words[0] to words[1]
    # words; in lower case where "lower" is 1, and without the words in "stop"
    "term": Operation(
        "t", "n", {"term": _TEXT, "pattern": _TEXT, "words": _PLACES, "lower": _WHOLE, "stop": _TEXTS}, _term_fits
    ),
    # the sum over such terms of the weight times how often each is there: that "count", 1 ("binary"), or its logarithm
    # and 1 ("log"); of the squares of these products where "square" is 1
    "bag": Operation(
        "t",
        "n",
        {
            **dict.fromkeys(("terms", "stop"), _TEXTS),
            **dict.fromkeys(("how", "pattern"), _TEXT),
            **dict.fromkeys(("square", "lower"), _WHOLE),
            "weights": _NUMBERS,
            "words": _PLACES,
        },
        _bag_fits,
    ),
    # the sum over buckets of how often their terms are there (1 where "binary" is), times their weight or the default;
    # a term's hash is its bucket, and where "signed" is 1 its sign; divided by the norm of those numbers
    "hashed": Operation(
        "t",
        "n",
        {
            **dict.fromkeys(("norm", "pattern"), _TEXT),
            **dict.fromkeys(("buckets", "signed", "binary", "lower"), _WHOLE),
            **dict.fromkeys(("places", "words"), _PLACES),
            "weights": _NUMBERS,
            "default": _NUMBER,
            "stop": _TEXTS,
        },
        _hashed_fits,
    ),
    # functions by table: values (one more than edges) by numpy.searchsorted, numpy.interp, and of each interval a
    # polynomial in (x - its left break), highest power first
    "step": Operation(
        "n",
        "n",
        {"edges": EDGES, "values": _NUMBERS, "side": _TEXT, "missing": _NUMBER},
        lambda node, plan: (
            len(node["values"]) == len(node["edges"]) + 1
            and node["side"] in ("left", "right")
            and _ascending(node["edges"])
        ),
    ),
    "interpolate": Operation(
        "n",
        "n",
        {"x": EDGES, "y": _NUMBERS},
        lambda node, plan: len(node["x"]) == len(node["y"]) > 0 and _ascending(node["x"]),
    ),
    "polynomial": Operation(
        "n",
        "n",
        {"breaks": EDGES, "coefficients": _ROWS},
        lambda node, plan: len(node["breaks"]) == len(node["coefficients"]) + 1 and _ascending(node["breaks"]),
    ),
    # of the ordered numbers, the first where half of the weight is reached
    "weighted_median": Operation(
        "n*", "n", {"weights": _NUMBERS}, lambda node, plan: len(node["weights"]) == len(node["of"]) > 0
    ),
    # the constant, and of each vector v its weight times exp(gamma (x - v)**2), (gamma x v + shift)**degree or
    # tanh(gamma x v + shift), or x v; for rbf, gamma is negative; (1 + gamma (x - v)**2)**-shift ("rational"), or
    # Matérn's of (x - v) with nu = degree / 2
    "kernel": Operation(
        "n*",
        "n",
        {
            "kind": _TEXT,
            "vectors": _ROWS,
            "weights": _NUMBERS,
            "degree": _WHOLE,
            **dict.fromkeys(("gamma", "shift", "constant"), _NUMBER),
        },
        _kernel_fits,
    ),
    # the count of rows that are nearest by Minkowski's distance of that power, as scikit-learn finds them: in a k-d
    # tree with leaves of so many rows, in whose order they are, or one after the other where "leaf" is 0; "first" is
    # the place of the training data's first row
    "near": Operation(
        "n*",
        "v",
        {"rows": _ROWS, "power": _NUMBER, **dict.fromkeys(("count", "leaf", "first"), _WHOLE)},
        _near_fits,
    ),
    # the rows that are no farther than the radius; "leaf" as of near
    "within": Operation(
        "n*", "v", {"rows": _ROWS, **dict.fromkeys(("power", "radius"), _NUMBER), "leaf": _WHOLE}, _within_fits
    ),
    # the mean of what stands beside the rows that were found, NaN where none was; each by 1 / its distance where
    # "by_distance" is 1
    "vote": Operation("v", "n", {"values": _NUMBERS, "by_distance": _WHOLE}, _vote_fits),
    # how far each of these rows is, over the numbers that neither lacks
    "apart": Operation("n*", "d", {"rows": _ROWS}, _apart_fits),
    # the number, or where it is missing the mean of that column in the nearest of the rows that have it, as many as
    # "count"; each by 1 / its distance where "by_distance" is 1; and the default where there is no distance
    "imputed": Operation(
        "nd",
        "n",
        {**dict.fromkeys(("column", "count", "by_distance"), _WHOLE), "default": _NUMBER},
        _imputed_fits,
    ),
    "trees": Operation("n*", "n", _TREES, _trees_fit, _TREES_MAY),
}


def inputs(operation: Operation, count: int) -> str:
    """The kinds of so many inputs."""
    return operation.takes[0] * count if operation.takes.endswith("*") else operation.takes
