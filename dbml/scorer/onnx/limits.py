"""How large a graph becomes, counted before anything of that size is made: here or by onnxruntime.

A few kilobytes can double a row forty times, or hang a tree of 2**60 leaves on sixty nodes. Every operator's result is
bounded from its inputs; an operator that is not known to keep within them is refused, wherever in the graph it stands,
because onnxruntime computes what no plan asks for as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dbml.scorer.limits import MAX_ELEMENTS, MAX_FEATURES
from dbml.scorer.plan import Unsupported

# Products of a row's values with constants.
MAX_TERMS = 20_000_000
# onnxruntime walks a tree by calling itself, and crashes some tens of thousands of nodes below the root.
MAX_DEPTH = 1_000


class Exceeded(Exception):
    """The graph is larger than is read; the message says what of it."""


@dataclass(frozen=True)
class Size:
    """At most how many values a tensor has for one row, and whether they stand in one row."""

    count: int
    row: bool = True


Attributes = Mapping[str, Any]

# What has as many values as the largest of its inputs.
_KEEPING = frozenset(
    (
        *("Identity", "ZipMap", "Cast", "Scaler", "Imputer", "LabelEncoder", "Normalizer", "Binarizer", "Squeeze"),
        *("Abs", "Ceil", "Erf", "Exp", "Floor", "Log", "Neg", "Not", "Reciprocal", "Relu", "Round", "Sigmoid", "Sign"),
        *("Softmax", "Softplus", "Sqrt", "Tanh", "Clip", "IsNaN", "IsInf", "ArgMax", "ArgMin"),
        *("ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"),
    )
)
_RESHAPING = frozenset(("Flatten", "Reshape", "Transpose", "Unsqueeze"))
# Of two rows one value a column; of a row and a column one for each pair.
_BROADCASTING = frozenset(
    (
        *(
            "Add",
            "And",
            "Div",
            "Equal",
            "Greater",
            "GreaterOrEqual",
            "Less",
            "LessOrEqual",
            "Max",
            "Mean",
            "Min",
            "Mul",
        ),
        *("Or", "Pow", "Sub", "Sum", "Where", "Xor"),
    )
)
_CONCATENATING = frozenset(("Concat", "FeatureVectorizer"))
_PICKING = frozenset(("ArrayFeatureExtractor", "Gather"))
_MULTIPLYING = frozenset(("MatMul", "Gemm"))
_TREES = frozenset(("TreeEnsembleClassifier", "TreeEnsembleRegressor"))
_MODELS = frozenset(("LinearClassifier", "LinearRegressor", *_TREES))
_LABELS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")


def check(
    model: Any, inputs: Mapping[str, int], nodes: Sequence[tuple[Any, Attributes]], constants: Mapping[str, Any]
) -> None:
    """Refuse a graph that would be larger than the limits.

    :param model: an ``onnx.ModelProto``.
    :param inputs: name → columns.
    :param nodes: of the graph, each with its attributes, in their order.
    :param constants: name → array.
    :raises Exceeded: names the tensor, the tree or the inputs.
    :raises Unsupported: names what no bound is known for.
    """
    if model.functions or model.graph.sparse_initializer:
        raise Unsupported("functions of its own, or sparse weights")
    if sum(inputs.values()) > MAX_FEATURES:
        raise Exceeded(f"it has {sum(inputs.values())} features, and at most {MAX_FEATURES} are served")
    sizes = {name: Size(width) for name, width in inputs.items()}
    sizes |= {name: _constant(array.shape) for name, array in constants.items()}
    elements = terms = 0
    for node, attributes in nodes:
        given = [sizes[name] for name in node.input if name in sizes]
        shape = constants.get(node.input[1]) if node.op_type == "Reshape" and len(node.input) == 2 else None
        made = _made(node, attributes, given, shape)
        elements += made.count * len(node.output)
        terms += made.count * given[0].count if node.op_type in _MULTIPLYING else 0
        if elements > MAX_ELEMENTS or terms > MAX_TERMS:
            raise Exceeded(
                f'up to "{node.output[0]}" it computes {max(elements, terms)} values for one row, and the bound is '
                f"{MAX_ELEMENTS if elements > MAX_ELEMENTS else MAX_TERMS}"
            )
        sizes |= dict.fromkeys(node.output, made)
        if node.op_type in _TREES:
            _check_trees(attributes)


def _constant(dimensions: Sequence[int]) -> Size:
    return Size(math.prod(dimensions), math.prod(dimensions[:-1]) == 1)


def _made(node: Any, attributes: Attributes, given: Sequence[Size], shape: Any) -> Size:
    """The size of each of a node's results.

    :param shape: what a Reshape makes of its input, where that is a constant.
    """
    op = node.op_type
    first = given[0] if given else Size(0)
    largest = max((size.count for size in given), default=0)
    rows = all(size.row for size in given)
    if node.domain not in ("", "ai.onnx", "ai.onnx.ml"):
        raise Unsupported(f"the operator {node.domain}.{op}")
    if op in _KEEPING:
        return Size(largest, rows)
    if op in _RESHAPING:
        return Size(first.count, first.count <= 1 or _keeps_row(op, attributes, first.count, shape))
    if op in _BROADCASTING:
        return Size(largest if rows else math.prod(max(1, size.count) for size in given), rows)
    if op in _CONCATENATING:
        return Size(sum(size.count for size in given), rows and attributes.get("axis", 1) != 0)
    if op in _PICKING and len(given) == 2:
        whole = op == "Gather" and attributes.get("axis", 0) != 1
        return Size(given[1].count * (max(1, first.count) if whole else 1), not whole)
    if op == "OneHotEncoder":
        return Size(largest * len(attributes.get("cats_strings") or attributes.get("cats_int64s") or [0]), rows)
    if op in _MULTIPLYING and len(given) >= 2:
        row = first.row and not attributes.get("transA")
        return Size(max(1, given[1].count // max(1, first.count)) if row else first.count * given[1].count, row)
    if op in _MODELS:
        labels: Sequence[Any] = next((attributes[name] for name in _LABELS if attributes.get(name)), [])
        return Size(max(len(labels), attributes.get("n_targets", 1), attributes.get("targets", 1)))
    if op == "Constant" and attributes.get("value") is not None:
        return _constant(attributes["value"].dims)
    raise Unsupported(f"the operator {op}")


def _keeps_row(op: str, attributes: Attributes, count: int, shape: Any) -> bool:
    """Whether what was one row of values is one still, and no column of them."""
    if op == "Flatten":
        return bool(attributes.get("axis", 1) == 1)
    if op != "Reshape" or shape is None:
        return False
    rest = [int(each) for each in shape.ravel()][1:]
    return -1 in rest or 0 in rest or not rest or math.prod(rest) == count


def _check_trees(attributes: Attributes) -> None:
    """Refuse trees whose nodes share children, or stand too far below the root."""
    children: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for tree, number, mode, *below in zip(
        attributes["nodes_treeids"],
        attributes["nodes_nodeids"],
        attributes["nodes_modes"],
        attributes["nodes_truenodeids"],
        attributes["nodes_falsenodeids"],
        strict=True,
    ):
        children[tree, number] = [] if mode == b"LEAF" else [(tree, child) for child in below]
    parents = [child for pair in children.values() for child in pair]
    if len(set(parents)) < len(parents):
        raise Exceeded("two nodes of one of its trees share a child")
    below_others = set(parents)
    level, depth, reached = [root for root in children if root not in below_others], 0, 0
    while level:
        reached += len(level)
        level, depth = [child for node in level for child in children.get(node, [])], depth + 1
        if depth > MAX_DEPTH:
            raise Exceeded(f"one of its trees is deeper than {MAX_DEPTH} nodes")
    if reached < len(children):
        raise Unsupported("a tree with nodes that no root leads to")
