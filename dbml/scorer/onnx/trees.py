"""Ensembles of trees as ``ai.onnx.ml`` has them, to the last bit.

onnxruntime adds up the leaves in float32, tree after tree, the base value last; of a tensor of doubles it adds in
double. Its threads would change the order, so :func:`dbml.scorer.onnx.load` gives it one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dbml.scorer.onnx import errors
from dbml.scorer.onnx.limits import check_trees
from dbml.scorer.onnx.registry import operator
from dbml.scorer.onnx.tensors import Element, Node, Tensor, filled
from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.trees import Ensemble, widened

# Whether a condition that holds leads to the left child, and whether equality belongs to the other side.
_MODES = {
    b"BRANCH_LEQ": (True, False),
    b"BRANCH_LT": (True, True),
    b"BRANCH_GT": (False, False),
    b"BRANCH_GTE": (False, True),
}
# Whether what is one of some values goes left.
_SETS = {b"BRANCH_EQ": True, b"BRANCH_NEQ": False, b"BRANCH_MEMBER": True}


@operator("TreeEnsembleRegressor")
def tree_regressor(node: Node, x: Tensor) -> list[Any]:
    """The sum of leaves, or their average."""
    transform, targets = node.text("post_transform", "NONE"), node.get("n_targets", 1)
    if transform not in ("NONE", "LOGISTIC", "SOFTMAX"):
        raise Unsupported(f"a TreeEnsembleRegressor with {transform}")
    node.room(int(targets))
    check_trees(node.attributes)
    x, aggregate = _of_floats(x), node.text("aggregate_function", "SUM")
    if aggregate not in ("SUM", "AVERAGE"):
        raise Unsupported(f"a TreeEnsembleRegressor by {aggregate}")
    sums = _sums(node, x, "target", targets)
    if aggregate == "AVERAGE":
        sums = [_kept(x, each / float(len(set(node.get("nodes_treeids"))))) for each in sums]
    sums = [_based(node, x, each, index) for index, each in enumerate(sums)]
    if x.dtype == "double" and node.get("keeps_type"):
        if transform != "NONE":
            raise Unsupported(f"a TreeEnsemble of doubles with {transform}")
        return [Tensor([Element(each) for each in sums], "double")]
    sums = [each.round32() for each in sums]
    if transform == "LOGISTIC":
        sums = [logistic32(each) for each in sums]
    elif transform == "SOFTMAX":
        sums = softmax32(sums)
    return [Tensor([Element(each) for each in sums], "float")]


def _of_floats(x: Tensor) -> Tensor:
    """Integers as onnxruntime compares them: as float32."""
    if x.dtype != "int64":
        return x
    return x.each(lambda e: Element(e.value.round32(), e.error), "float")


@operator("TreeEnsembleClassifier")
def tree_classifier(node: Node, x: Tensor) -> list[Any]:
    """Per class the sum of leaves, and what makes probabilities of them. The label is left out."""
    labels = node.get("classlabels_strings") or node.get("classlabels_int64s") or []
    node.room(len(labels))
    check_trees(node.attributes)
    x = _of_floats(x)
    transform = node.text("post_transform", "NONE")
    if transform not in ("NONE", "LOGISTIC", "SOFTMAX"):
        raise Unsupported(f"a TreeEnsembleClassifier with {transform}")
    if len(labels) == 2 and len(set(node.get("class_ids"))) == 1:
        return answered(node, labels, Tensor([Element(each) for each in _two_of_one(node, x, transform)], "float"))
    sums = [_based(node, x, found, index).round32() for index, found in enumerate(_sums(node, x, "class", len(labels)))]
    if transform == "LOGISTIC":
        sums = [logistic32(each) for each in sums]
    elif transform == "SOFTMAX":
        sums = softmax32(sums)
    return answered(node, labels, Tensor([Element(each) for each in sums], "float"))


def answered(node: Node, labels: Sequence[Any], scores: Tensor) -> list[Any]:
    """A classifier's two results: the label, from which nothing is computed where it is a text, and the scores."""
    numbers = labels and not isinstance(labels[0], (bytes, str)) and len(labels) == len(scores.elements)
    label = Element(None)  # type: ignore[arg-type]
    if numbers:
        label = errors.named(node, [e.value for e in scores.elements], scores.elements, [float(one) for one in labels])
    return [Tensor(filled((1,), [label]), "int64" if numbers else "string"), scores]


def _two_of_one(node: Node, x: Tensor, transform: str) -> list[Value]:
    """Two classes from the leaves of one: shares where all leaves are positive, else margins."""
    positive = min(_weights(node, "class")) >= 0.0
    if transform == "SOFTMAX" or (positive and transform == "LOGISTIC"):
        raise Unsupported(f"a TreeEnsembleClassifier of one score for two classes with {transform}")
    which = int(node.get("class_ids")[0])
    score = _based(node, x, _sums(node, x, "class", which + 1)[which], 0).round32()
    if positive:
        return [(1.0 - score).round32(), score]
    return [logistic32(-score), logistic32(score)] if transform == "LOGISTIC" else [-score, score]


def logistic32(x: Value) -> Value:
    """onnxruntime's ``ComputeLogistic`` of a float32, each step rounded."""
    above = (1.0 / ((-x.function("absolute")).function("exp32") + 1.0).round32()).round32()
    return x.less(0.0).select((1.0 - above).round32(), above)


def softmax32(values: Sequence[Value]) -> list[Value]:
    """onnxruntime's ``ComputeSoftmax`` of float32 values, each step rounded."""
    greatest = values[0]
    for value in values[1:]:
        greatest = greatest.maximum(value)
    powers = [(value - greatest).round32().function("exp32") for value in values]
    total = powers[0]
    for power in powers[1:]:
        total = (total + power).round32()
    return [(power / total).round32() for power in powers]


def _kept(x: Tensor, value: Value) -> Value:
    return value if x.dtype == "double" else value.round32()


def _based(node: Node, x: Tensor, value: Value, index: int) -> Value:
    bases = _numbers(node, "base_values")
    return _kept(x, value + bases[index]) if len(bases) > index else value


def _numbers(node: Node, name: str) -> list[float]:
    """Numbers as float32, or as the doubles of a tensor."""
    tensor = node.get(f"{name}_as_tensor")
    if tensor is None:
        return [float(each) for each in node.get(name, [])]
    import onnx

    found: list[float] = onnx.numpy_helper.to_array(tensor).astype(np.float64).ravel().tolist()
    return found


def _weights(node: Node, sort: str) -> list[float]:
    return _numbers(node, f"{sort}_weights")


def _sums(node: Node, x: Tensor, sort: str, count: int) -> list[Value]:
    """Per target or class, the sum over trees of the leaf that a row reaches."""
    if not x.exact:
        raise Unsupported("trees behind a product of matrices, whose last digits are the processor's own")
    leaves: dict[tuple[int, int, int], float] = {}
    for tree, leaf, index, weight in zip(
        node.get(f"{sort}_treeids"),
        node.get(f"{sort}_nodeids"),
        node.get(f"{sort}_ids"),
        _weights(node, sort),
        strict=True,
    ):
        leaves[tree, leaf, index] = weight
    options = {} if x.dtype == "double" else {"precision": 32}
    columns, wide = _unrounded(node, x)
    trees = _trees(node, x, wide)
    found = []
    for index in range(count):
        ensemble = Ensemble()
        for tree in trees:
            values = [leaves.get((tree["id"], place, index), 0.0) for place in tree["ids"]]
            ensemble.add_arrays(value=np.array(values), **tree["arrays"])
        found.append(ensemble.node(node.plan, columns, **options))
    return found


def _unrounded(node: Node, x: Tensor) -> tuple[list[Value], set[int]]:
    """Columns that are only rounded to float32 need not be: the thresholds can tell (:func:`widened`)."""
    values = [element.value for element in x.elements]
    if _SETS.keys() & set(node.get("nodes_modes")):
        return values, set()  # of what is equal there is no greatest
    wide = {i for i, value in enumerate(values) if node.plan.op(value) == "round32"}
    return [node.plan.argument(v) if i in wide else v for i, v in enumerate(values)], wide


def _trees(node: Node, x: Tensor, wide: set[int]) -> list[dict[str, Any]]:
    """Each tree: its number, its nodes' numbers, and the arrays of a plan, parents first."""
    if x.dtype not in ("float", "double"):
        raise Unsupported(f"trees over {x.dtype}")
    rows: dict[int, dict[int, _Split]] = {}
    nothing = [0] * len(node.get("nodes_treeids"))
    for tree, number, *fields in zip(
        node.get("nodes_treeids"),
        node.get("nodes_nodeids"),
        node.get("nodes_modes"),
        node.get("nodes_featureids"),
        _numbers(node, "nodes_values"),
        node.get("nodes_truenodeids"),
        node.get("nodes_falsenodeids"),
        node.get("nodes_missing_value_tracks_true") or nothing,
        strict=True,
    ):
        split = _split(x, wide, *fields)
        members = (node.get("members") or {}).get((tree, number))
        rows.setdefault(tree, {})[number] = split if members is None else replace(split, members=members)
    return [{"id": tree, **_arrays(splits)} for tree, splits in rows.items()]


@dataclass(frozen=True)
class _Split:
    """A node as plans have it: left where the column is at most the threshold, or one of some; a leaf has no column."""

    column: int
    threshold: float
    left: int
    right: int
    missing_left: bool
    members: Sequence[float] | None = None


def _split(
    x: Tensor, wide: set[int], mode: bytes, column: int, value: float, true: int, false: int, tracks: int
) -> _Split:
    if mode == b"LEAF":
        return _Split(-1, 0.0, 0, 0, False)
    kind = np.float64 if x.dtype == "double" else np.float32
    if mode in _SETS:
        # NaN is unequal to all; equal to none, unless the node says that it is.
        equal_left = _SETS[mode]
        children = (true, false) if equal_left else (false, true)
        return _Split(column, 0.0, *children, equal_left and bool(tracks), [float(kind(value))])
    if mode not in _MODES:
        raise Unsupported(f"trees with the mode {mode.decode()}")
    holds_left, strict = _MODES[mode]
    threshold = np.nextafter(kind(value), kind(-math.inf)) if strict else kind(value)
    exact = float(widened(threshold)) if column in wide else float(threshold)
    # NaN meets no condition, unless the node says that it does.
    return _Split(column, exact, *((true, false) if holds_left else (false, true)), bool(tracks) == holds_left)


def _arrays(splits: Mapping[int, _Split]) -> dict[str, Any]:
    children = {child for split in splits.values() if split.column >= 0 for child in (split.left, split.right)}
    order = [number for number in splits if number not in children]
    if len(order) != 1:
        raise Unsupported("a tree without a root")
    for number in order:  # grows while it is walked
        if splits[number].column >= 0:
            order += [splits[number].left, splits[number].right]
    places = {number: place for place, number in enumerate(order)}
    walked = [splits[number] for number in order]
    return {
        "ids": order,
        "arrays": {
            "leaf": np.array([split.column < 0 for split in walked]),
            "feature": np.array([split.column for split in walked]),
            "threshold": np.array([split.threshold for split in walked]),
            "left": np.array([places.get(split.left, 0) for split in walked]),
            "right": np.array([places.get(split.right, 0) for split in walked]),
            "missing_left": np.array([split.missing_left for split in walked]),
            "sets": {place: split.members for place, split in enumerate(walked) if split.members is not None},
        },
    }
