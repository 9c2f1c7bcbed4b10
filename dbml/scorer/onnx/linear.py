"""Products with constants: linear models, layers of networks, and support vectors."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from dbml.scorer.onnx import errors
from dbml.scorer.onnx.arithmetic import arithmetic as add
from dbml.scorer.onnx.arithmetic import converted, smooth
from dbml.scorer.onnx.reductions import shares
from dbml.scorer.onnx.registry import operator
from dbml.scorer.onnx.tensors import FLOAT32_MAX, ROUNDING, WHOLE, Element, Node, Tensor, constant, dtype_of, filled
from dbml.scorer.onnx.trees import answered
from dbml.scorer.plan import Builder, Unsupported, Value


def product(
    plan: Builder, row: Sequence[Element], weights: Any, intercepts: Sequence[float], dtype: str
) -> list[Element]:
    """``row @ weights + intercepts``, computed in double, with how far ONNX may be from it.

    Its terms are added in an order of the processor's choice, each sum rounded. Rows whose terms do not fit float32
    are refused.

    :param weights: shape ``(columns of the row, columns of the product)``.
    """
    elements = []
    places = ROUNDING[dtype] * (4.0 + 2.0 * len(row) ** 0.5)
    mosts = np.array([np.inf if each.most is None else each.most for each in row])
    sizes = [errors.size(each.value) for each in row]
    for column, intercept in zip(np.asarray(weights, dtype=np.float64).T, intercepts, strict=True):
        value = plan.dot([each.value for each in row], column, intercept)
        # Of whole numbers that the type holds every order makes the same.
        most = float(np.abs(column) @ mosts) + abs(intercept) if np.isfinite(mosts).all() else np.inf
        if most <= WHOLE[dtype] and all(each.error is None for each in row) and (column == np.rint(column)).all():
            elements.append(Element(value, None, most if float(intercept).is_integer() else None))
            continue
        size = plan.dot(sizes, np.abs(column), abs(float(intercept)))
        if dtype == "float":
            plan.check(size.less(FLOAT32_MAX), "the terms of a sum are too large for float32")
        carried = [e.error * abs(float(w)) for e, w in zip(row, column, strict=True) if e.error is not None]
        elements.append(Element(value, plan.sum([size * places, *carried]) if carried else size * places))
    return elements


@operator("MatMul")
def matmul(node: Node, x: Any, y: Any) -> list[Any]:
    """Of two matrices, one of them constant."""
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        return [_pairs(node, x, y)]
    if not isinstance(x, Tensor) and not isinstance(y, Tensor):
        node.budget.take(node.name, (*np.shape(x)[:-1], np.shape(y)[-1]), np.shape(y)[0])
        return [np.matmul(x, y)]
    row, matrix = (x, y) if isinstance(x, Tensor) else (y, x)
    dtype = row.dtype
    if dtype not in ROUNDING or matrix.ndim > 2 or row.array.ndim > 2 or dtype_of(matrix) == "string":
        raise Unsupported("a MatMul of anything but matrices of numbers")
    if isinstance(x, Tensor):
        weights = matrix.reshape(len(matrix), -1)
        rows = row.array.reshape(-1, row.array.shape[-1])
        shape = (*row.array.shape[:-1], *matrix.shape[1:])
    else:  # the transpose of the product is that of the transposed, in the other order
        weights = matrix.reshape(-1, matrix.shape[-1]).T
        columns = row.array.reshape(len(row.array), -1)
        rows = columns.T
        shape = (*matrix.shape[:-1], *row.array.shape[1:])
    if rows.shape[1] != weights.shape[0]:
        raise Unsupported("a MatMul of shapes that do not fit")
    node.budget.take(node.name, len(rows) * weights.shape[1], weights.shape[0])
    made = [product(node.plan, list(each), weights, [0.0] * weights.shape[1], dtype) for each in rows]
    flat = np.empty((len(rows), weights.shape[1]), dtype=object)
    for place, each in enumerate(made):
        flat[place, :] = each
    return [Tensor((flat if isinstance(x, Tensor) else flat.T).reshape(shape), dtype)]


def _pairs(node: Node, x: Tensor, y: Tensor) -> Tensor:
    """A product of two matrices that both are made from the row."""
    if x.array.ndim != 2 or y.array.ndim != 2 or x.dtype not in ROUNDING:
        raise Unsupported("a MatMul of two that are no matrices")
    (rows, inner), columns = x.array.shape, y.array.shape[1]
    node.room(rows * inner * columns)
    made = [
        errors.added(node, [errors.arithmetic("Mul", a, b, x.dtype) for a, b in zip(row, column, strict=True)], x.dtype)
        for row in x.array.tolist()
        for column in y.array.T.tolist()
    ]
    return Tensor(filled((rows, columns), made), x.dtype)


@operator("Gemm")
def gemm(node: Node, x: Any, weights: Any, intercepts: Any = None) -> list[Any]:
    """``alpha * x @ weights + beta * intercepts``."""
    if isinstance(intercepts, Tensor):
        (found,) = gemm(node, x, weights)
        moved = intercepts.each(lambda e: errors.arithmetic("Mul", e, node.element(node.get("beta", 1.0)), found.dtype))
        return add(Node("Add", node.plan, node.budget, {}, node.version, node.name), found, moved)
    if not isinstance(x, Tensor) or isinstance(weights, Tensor) or node.get("transA"):
        raise Unsupported("a Gemm of anything but a row and a constant")
    weights = np.asarray(weights, dtype=np.float64) * node.get("alpha", 1.0)
    weights = weights.T if node.get("transB") else weights
    given = constant(0.0 if intercepts is None else intercepts) * node.get("beta", 1.0)
    given = np.broadcast_to(given, weights.shape[1])
    if x.array.ndim != 2 or len(x.array) != 1 or x.array.shape[1] != weights.shape[0] or x.dtype not in ROUNDING:
        raise Unsupported("a Gemm of anything but a row and a constant")
    node.budget.take(node.name, weights.shape[1], weights.shape[0])
    return [Tensor(product(node.plan, x.elements, weights, given.tolist(), x.dtype), x.dtype)]


@operator("LinearRegressor")
def linear_regressor(node: Node, x: Any) -> list[Any]:
    """A product for each target, in float32."""
    if node.text("post_transform", "NONE") != "NONE":
        raise Unsupported("a LinearRegressor with a transform")
    return [_linear(node, node.tensor(x), int(node.get("targets", 1)))]


@operator("LinearClassifier")
def linear_classifier(node: Node, x: Any) -> list[Any]:
    """A product for each class, in float32, and what makes probabilities of them."""
    x = node.tensor(x)
    labels = node.get("classlabels_strings") or node.get("classlabels_ints") or []
    rows = len(node.get("coefficients")) // len(x.elements)
    scores = _linear(node, x, rows)
    transform = node.text("post_transform", "NONE")
    if rows == 1 and len(labels) == 2:
        # As onnxruntime has it: what is for the second is against the first.
        (score,) = scores.elements
        scores = Tensor([Element(-score.value, score.error), score], "float")
    elif rows != len(labels):
        raise Unsupported(f"a LinearClassifier with {rows} rows of coefficients for {len(labels)} classes")
    if transform == "LOGISTIC":
        scores = smooth(Node("Sigmoid", node.plan, node.budget), scores)[0]
    elif transform == "SOFTMAX":
        scores = Tensor(shares(node, scores.elements, "float"), "float")
    elif transform != "NONE":
        raise Unsupported(f"a LinearClassifier with {transform}")
    return answered(node, labels, scores)


def _linear(node: Node, x: Tensor, rows: int) -> Tensor:
    node.budget.take(node.name, rows, len(x.elements))
    weights = constant(node.get("coefficients")).reshape(rows, len(x.elements))
    intercepts = node.get("intercepts") or [0.0] * rows
    return Tensor(product(node.plan, converted(x, "float").elements, weights.T, list(intercepts), "float"), "float")


# --- support vectors ---


def _vectors(node: Node, x: Tensor) -> tuple[Any, list[float], str]:
    """The vectors, the kernel's parameters, and its name."""
    kind = node.text("kernel_type", "LINEAR").lower()
    if kind not in ("linear", "poly", "rbf", "sigmoid"):
        raise Unsupported(f"{node.op} with the kernel {kind}")
    if not x.exact:
        raise Unsupported(f"{node.op} behind a product of matrices")
    parameters = [float(each) for each in node.get("kernel_params") or [0.0, 0.0, 0.0]]
    return constant(node.get("support_vectors")).reshape(-1, len(x.elements)), parameters, kind


def _kernels(
    node: Node, x: Tensor, vectors: Any, weights: Any, rho: float, kind: str, given: Sequence[float]
) -> Element:
    """The weighted kernels of a row with each vector, in float32.

    Of ``exp(-g d)`` with ``d`` off by some last places, what it is off by is at most ``g d exp(-g d)`` of them, which
    is nowhere more than 1 / e. A polynomial's is that of the sizes, times the degree.
    """
    plan, (gamma, shift, degree) = node.plan, given
    node.budget.take(node.name, 1, vectors.size)
    values = [each.value for each in converted(x, "float").elements]
    if kind == "linear":
        gamma, shift = 1.0, 0.0
    rows, power = vectors.tolist(), int(degree)
    found = plan.kernel(values, kind, rows, weights.tolist(), rho, gamma=gamma, shift=shift, degree=power)
    place = ROUNDING["float"] * (4.0 + 2.0 * (len(values) ** 0.5 + len(weights) ** 0.5))
    sizes = [errors.size(value) for value in values]
    if kind == "rbf":
        error = plan.constant(float(np.abs(weights).sum() * 2.0 + abs(rho)) * place)
    else:
        power = power if kind == "poly" else 1
        rows, sure = np.abs(vectors).tolist(), np.abs(weights).tolist()
        largest = plan.kernel(sizes, "poly", rows, sure, abs(rho), gamma=abs(gamma), shift=abs(shift), degree=power)
        error = largest * (place * (1.0 + power))
        if kind == "sigmoid":
            error = error + float(np.abs(weights).sum()) * place * 2.0
        plan.check(error.less(FLOAT32_MAX * place), "the terms of a sum are too large for float32")
    return Element(found, error)


@operator("SVMRegressor")
def support_vector_regressor(node: Node, x: Any) -> list[Any]:
    """The weighted kernels, or of a one-class machine on which side of nought they are."""
    x = node.tensor(x)
    count = int(node.get("n_supports", 0))
    if not count or node.text("post_transform", "NONE") != "NONE":
        raise Unsupported("an SVMRegressor without support vectors, or with a transform")
    vectors, parameters, kind = _vectors(node, x)
    weights, rho = constant(node.get("coefficients")), float((node.get("rho") or [0.0])[0])
    found = _kernels(node, x, vectors, weights, rho, kind, parameters)
    if node.get("one_class"):
        above = errors.compared(node, "Greater", found, node.element(0.0))
        found = errors.chosen(above, node.element(1.0), node.element(-1.0))
    return [Tensor([found], "float")]


@operator("SVMClassifier")
def support_vector_classifier(node: Node, x: Any) -> list[Any]:
    """A vote for each pair of classes: its scores are no probabilities, and the label is the answer."""
    x = node.tensor(x)
    if node.get("prob_a") or not node.get("vectors_per_class"):
        raise Unsupported("an SVMClassifier with probabilities, which onnxruntime finds by trial, or without vectors")
    labels = node.get("classlabels_strings") or node.get("classlabels_ints") or []
    counts = [int(each) for each in node.get("vectors_per_class")]
    if isinstance(labels[0], bytes) or len(counts) != len(labels):
        raise Unsupported("an SVMClassifier of texts")
    vectors, parameters, kind = _vectors(node, x)
    weights = constant(node.get("coefficients")).reshape(len(labels) - 1, -1)
    ends = np.cumsum(counts)
    starts = ends - counts
    votes: list[list[Value]] = [[] for _ in labels]
    scores: list[Element] = []
    doubts: list[Value] = []
    for number, (i, j) in enumerate(combinations(range(len(labels)), 2)):
        parts = ((i, j - 1), (j, i))
        places = np.concatenate([np.arange(starts[one], ends[one]) for one, _ in parts])
        own = np.concatenate([weights[row, starts[one] : ends[one]] for one, row in parts])
        score = _kernels(node, x, vectors[places], own, float(node.get("rho")[number]), kind, parameters)
        wins = errors.compared(node, "Greater", score, node.element(0.0))
        votes[i].append(wins.value)
        votes[j].append(1.0 - wins.value)
        doubts.append(errors.wide(wins))
        scores.append(score)
    hits = [hit.indicator() for hit in node.plan.argmax([node.plan.sum(each) for each in votes])]
    numbers = [float(each) for each in labels]
    far = max(numbers) - min(numbers)
    doubt = node.plan.constant(0.0).less(node.plan.sum(doubts)).select(far, 0.0)
    label = Element(node.plan.dot(hits, numbers), doubt, max(map(abs, numbers)))
    if len(scores) == 1:  # of two classes onnxruntime's scores follow rules of its own: nothing is computed of them
        scores = [Element(None)] * 2  # type: ignore[arg-type]
    return [Tensor(filled((1,), [label]), "int64"), Tensor(scores, "float")]
