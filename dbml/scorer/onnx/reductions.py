"""What is taken along an axis: sums and their like, the greatest, shares, and what is normalized."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from dbml.scorer.onnx import errors
from dbml.scorer.onnx.registry import operator
from dbml.scorer.onnx.structure import whole
from dbml.scorer.onnx.tensors import Element, Node, Tensor, along, filled
from dbml.scorer.plan import Unsupported, Value


def _axes(node: Node, x: Tensor, given: Any) -> list[int] | None:
    found = node.get("axes") if given is None else whole(node, given, "axes")
    if not found:
        return None if node.get("noop_with_empty_axes") else list(range(x.array.ndim))
    return [int(each) for each in found]


@operator("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSumSquare", "ReduceL1")
@operator("ReduceL2", "ReduceLogSumExp", "ReduceLogSum")
def reduced(node: Node, x: Any, axes: Any = None) -> list[Any]:
    """One number of all that lie along some axes."""
    x = node.tensor(x)
    places = _axes(node, x, axes)
    if places is None:
        return [x]
    groups, shape, gone = along(node, x, places)
    if node.get("keepdims", 1):
        shape = tuple(1 if axis in gone else size for axis, size in enumerate(x.array.shape))
    return [Tensor(filled(shape, [_of_group(node, group, x.dtype) for group in groups]), x.dtype)]


def _of_group(node: Node, group: Sequence[Element], dtype: str) -> Element:
    op = node.op
    if op in ("ReduceMax", "ReduceMin"):
        if len(group) > 1:  # onnxruntime goes over a row in strides, and beside a NaN it forgets the numbers before it
            known = node.plan.all([~e.value.missing() for e in group if not e.value.always_finite])
            node.plan.check(known, "the greatest or smallest of a row in which something is missing")
        return reduce(lambda a, b: errors.extreme(a, b, greater=op == "ReduceMax"), group)
    if op == "ReduceProd":
        return reduce(lambda a, b: errors.arithmetic("Mul", a, b, dtype), group)
    if op in ("ReduceSumSquare", "ReduceL2"):
        found = errors.added(node, [errors.arithmetic("Mul", each, each, dtype) for each in group], dtype)
        return errors.root(found, dtype) if op == "ReduceL2" else found
    if op == "ReduceL1":
        return errors.added(node, [Element(errors.size(e.value), e.error, e.most) for e in group], dtype)
    if op == "ReduceLogSumExp":
        return _log_sum_exp(node, group, dtype)
    found = errors.added(node, group, dtype)
    if op == "ReduceMean":
        return errors.arithmetic("Div", found, node.element(float(len(group))), dtype)
    return errors.logarithm(found, dtype) if op == "ReduceLogSum" else found


def _log_sum_exp(node: Node, group: Sequence[Element], dtype: str) -> Element:
    """It moves no further than the furthest of its parts."""
    greatest = reduce(lambda a, b: errors.extreme(a, b, greater=True), group)
    powers = node.plan.sum([(each.value - greatest.value).function("exp") for each in group])
    value = greatest.value + powers.function("log")
    far = reduce(Value.maximum, [errors.wide(each) for each in group])
    largest = errors.size(greatest.value) + math.log(max(2, len(group)))
    return Element(value, far + largest * ((8.0 + 2.0 * len(group) ** 0.5) * errors.unit(dtype)))


@operator("ArgMax", "ArgMin")
def place_of(node: Node, x: Any) -> list[Any]:
    """Where the greatest or the smallest stands; which of two it is may not be known."""
    x, axis = node.tensor(x), int(node.get("axis", 0))
    if node.get("select_last_index"):
        raise Unsupported(f"an {node.op} of the last")
    groups, shape, gone = along(node, x, [axis])
    if node.get("keepdims", 1):
        shape = tuple(1 if place in gone else size for place, size in enumerate(x.array.shape))
    return [
        Tensor(filled(shape, [errors.place(node, group, greatest=node.op == "ArgMax") for group in groups]), "int64")
    ]


@operator("CumSum")
def running(node: Node, x: Any, axis: Any) -> list[Any]:
    """Sums of what came before, one after the other."""
    if node.get("exclusive") or node.get("reverse"):
        raise Unsupported("a CumSum that goes back, or leaves the last away")
    (place,) = whole(node, axis, "an axis")
    tensor = node.tensor(x)
    moved = np.moveaxis(tensor.array, place, -1)
    made = np.empty(moved.shape, dtype=object)
    for index in np.ndindex(moved.shape[:-1]):
        sums: list[Element] = []
        for each in moved[index]:
            sums.append(errors.arithmetic("Add", sums[-1], each, tensor.dtype) if sums else each)
        made[index] = filled((len(sums),), sums)
    return [Tensor(np.moveaxis(made, -1, place), tensor.dtype)]


@operator("Softmax", "LogSoftmax")
def softmax(node: Node, x: Any) -> list[Any]:
    """No share moves further than half of what the greatest error is; the sum of them is more than that."""
    x = node.tensor(x)
    axis = int(node.get("axis", -1 if node.version >= 13 else 1)) % x.array.ndim
    if axis != x.array.ndim - 1:
        raise Unsupported(f"a {node.op} across rows")
    rows = x.array.reshape(-1, x.array.shape[-1]).tolist()
    made = [each for row in rows for each in shares(node, row, x.dtype)]
    return [Tensor(filled(x.array.shape, made), x.dtype)]


def shares(node: Node, row: Sequence[Element], dtype: str) -> list[Element]:
    """``Softmax`` of one row, or its logarithm."""
    given = [each.error for each in row if each.error is not None]
    plan = node.plan
    if node.op == "LogSoftmax":
        whole_ = _log_sum_exp(node, row, dtype)
        return [errors.arithmetic("Sub", each, whole_, dtype) for each in row]
    error = plan.sum([*given, plan.constant(8.0 * errors.unit(dtype))])
    return [Element(value, error) for value in plan.softmax([each.value for each in row])]


@operator("BatchNormalization")
def batch_normalized(node: Node, x: Any, scales: Any, biases: Any, means: Any, variances: Any) -> list[Any]:
    """``(x - mean) / sqrt(variance + epsilon) * scale + bias`` by the means of fit, as two constants a column."""
    x = node.tensor(x)
    given = [np.asarray(each, dtype=np.float64) for each in (scales, biases, means, variances)]
    if x.array.ndim != 2 or len(node.get("running_mean", [])) or int(node.get("training_mode", 0)):
        raise Unsupported("a BatchNormalization of anything but columns, or that still learns")
    scale = given[0] / np.sqrt(given[3] + float(node.get("epsilon", 1e-5)))
    made = []
    for place, each in enumerate(x.elements):
        column = place % x.array.shape[1]
        known = Element(each.value, errors.wide(each))  # onnxruntime may make one product of all, or several
        moved = errors.arithmetic("Sub", known, node.element(float(given[2][column])), x.dtype)
        scaled = errors.arithmetic("Mul", moved, node.element(float(scale[column])), x.dtype)
        made.append(errors.arithmetic("Add", scaled, node.element(float(given[1][column])), x.dtype))
    return [Tensor(filled(x.array.shape, made), x.dtype)]


@operator("LayerNormalization")
def layer_normalized(node: Node, x: Any, scales: Any, biases: Any = None) -> list[Any]:
    """The same by the mean and the variance of the row itself."""
    x = node.tensor(x)
    if int(node.get("axis", -1)) % x.array.ndim != x.array.ndim - 1:
        raise Unsupported("a LayerNormalization of more than the last axis")
    made: list[Element] = []
    width = x.array.shape[-1]
    count, weights = node.element(float(width)), np.ravel(scales)
    shifts = np.zeros(width) if biases is None else np.ravel(biases)
    for row in x.array.reshape(-1, width).tolist():
        mean = errors.arithmetic("Div", errors.added(node, row, x.dtype), count, x.dtype)
        moved = [errors.arithmetic("Sub", each, mean, x.dtype) for each in row]
        squares = errors.added(node, [errors.arithmetic("Mul", each, each, x.dtype) for each in moved], x.dtype)
        variance = errors.arithmetic("Div", squares, count, x.dtype)
        apart = errors.arithmetic("Add", variance, node.element(float(node.get("epsilon", 1e-5))), x.dtype)
        root = errors.root(apart, x.dtype)
        for each, weight, shift in zip(moved, weights.tolist(), shifts.tolist(), strict=True):
            share = errors.arithmetic("Div", each, root, x.dtype)
            scaled = errors.arithmetic("Mul", share, node.element(weight), x.dtype)
            made.append(errors.arithmetic("Add", scaled, node.element(shift), x.dtype))
    return [Tensor(filled(x.array.shape, made), x.dtype)]
