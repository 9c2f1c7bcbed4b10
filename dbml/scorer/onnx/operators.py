"""One function an operator: what ONNX defines and onnxruntime computes, written down.

Each takes the node and its inputs (a :class:`Tensor`, or an array where the graph holds a constant) and returns its
outputs. A function that has no plan for a case says :class:`Unsupported` with the operator's name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dbml.scorer.onnx.tensors import FLOAT32_MAX, ROUNDING, Element, Node, Tensor, constant, product, rounded
from dbml.scorer.onnx.trees import tree_classifier, tree_regressor
from dbml.scorer.plan import Unsupported, Value

Operator = Callable[..., list[Any]]
OPERATORS: dict[str, Operator] = {
    "TreeEnsembleClassifier": tree_classifier,
    "TreeEnsembleRegressor": tree_regressor,
}


def operator(*names: str) -> Callable[[Operator], Operator]:
    """Register a function for operators."""

    def register(function: Operator) -> Operator:
        OPERATORS.update(dict.fromkeys(names, function))
        return function

    return register


# --- shapes: a row is flat, so most of them do nothing ---


@operator("Identity", "ZipMap", "Flatten", "Squeeze", "Unsqueeze")
def same(_: Node, x: Any, *__: Any) -> list[Any]:
    """What does not change a row's values or their order."""
    return [x]


@operator("Reshape")
def reshape(node: Node, x: Any, shape: Any) -> list[Any]:
    """Only what leaves each row a row."""
    if isinstance(x, Tensor) and np.ravel(shape)[0] not in (-1, 0) and not node.get("alone"):
        raise Unsupported("a Reshape across rows")
    return [x]


@operator("Concat", "FeatureVectorizer")
def concat(node: Node, *parts: Any) -> list[Any]:
    """Columns side by side."""
    if not all(isinstance(part, Tensor) for part in parts):
        raise Unsupported("a Concat with constants")
    if node.op == "Concat" and node.get("axis") == 0:
        raise Unsupported("a Concat across rows")
    dtype = "float" if node.op == "FeatureVectorizer" else parts[0].dtype
    elements = [e for part in parts for e in part.elements]
    return [Tensor(elements, dtype) if dtype == parts[0].dtype else _cast(Tensor(elements, parts[0].dtype), dtype)]


@operator("ArrayFeatureExtractor", "Gather")
def columns(node: Node, x: Any, places: Any) -> list[Any]:
    """Some columns."""
    if not isinstance(x, Tensor) or isinstance(places, Tensor) or (node.op == "Gather" and node.get("axis", 0) != 1):
        raise Unsupported(f"a {node.op} of anything but columns")
    return [Tensor([x.elements[int(place)] for place in np.ravel(places)], x.dtype)]


@operator("Constant")
def constant_node(node: Node) -> list[Any]:
    """A constant that is a node."""
    import onnx

    if node.get("value") is None:
        raise Unsupported("a Constant that is no tensor")
    return [onnx.numpy_helper.to_array(node.get("value"))]


@operator("Cast")
def cast(node: Node, x: Any) -> list[Any]:
    """To another type of number."""
    to = {1: "float", 6: "int64", 7: "int64", 11: "double"}.get(node.get("to"))
    if to is None or not isinstance(x, Tensor) or x.dtype == "string":
        raise Unsupported(f"a Cast to type {node.get('to')}")
    return [_cast(x, to)]


def _cast(x: Tensor, to: str) -> Tensor:
    if to == "int64" and x.dtype in ("float", "double"):
        _need_exact(x, "a Cast to integers")
        return x.map(_truncated, "int64")
    # What is not exact is a double that knows how far float32 may be from it: that stands.
    return Tensor([e if e.error is not None else Element(rounded(e.value, to)) for e in x.elements], to)


def _truncated(value: Value) -> Value:
    return value.less(0.0).select(value.function("ceil"), value.function("floor"))


def _need_exact(x: Tensor, what: str) -> None:
    if not x.exact:
        raise Unsupported(f"{what} behind a product of matrices, whose last digits are the processor's own")


# --- preprocessing ---


@operator("Scaler")
def scaler(node: Node, x: Tensor) -> list[Any]:
    """``(x - offset) * scale``: in float32, of doubles in double."""
    _need_exact(x, "a Scaler")
    offsets, scales = (_each(node.get(name), len(x.elements)) for name in ("offset", "scale"))
    at = "double" if x.dtype == "double" else "float"
    elements = []
    for element, offset, scale in zip(x.elements, offsets, scales, strict=True):
        moved = rounded(rounded(element.value, at) - float(offset), at)
        elements.append(Element((moved * float(scale)).round32()))
    return [Tensor(elements, "float")]


def _each(values: Any, count: int) -> Any:
    found = constant(values)
    return np.repeat(found, count) if len(found) == 1 else found


@operator("Imputer")
def imputer(node: Node, x: Tensor) -> list[Any]:
    """Another value in the place of what is missing."""
    _need_exact(x, "an Imputer")
    whole = node.get("imputed_value_int64s")
    values = _each(whole if whole is not None else node.get("imputed_value_floats"), len(x.elements))
    replaced = node.get("replaced_value_int64" if whole is not None else "replaced_value_float", 0)
    elements = []
    for element, value in zip(x.elements, values, strict=True):
        gone = element.value.missing() if math.isnan(replaced) else element.value.equal(float(replaced))
        elements.append(Element(gone.select(float(value), element.value)))
    return [Tensor(elements, x.dtype)]


@operator("OneHotEncoder")
def one_hot(node: Node, x: Tensor) -> list[Any]:
    """A column for each category; what is none of them is refused, or nothing but zeros."""
    _need_exact(x, "a OneHotEncoder")
    strings, whole = node.get("cats_strings"), node.get("cats_int64s")
    elements = []
    for element in x.elements:
        if strings is not None:
            hits = [element.value.is_(text.decode()) for text in strings]
        else:
            value = element.value if x.dtype == "int64" else _truncated(element.value)
            hits = [value.equal(float(number)) for number in whole]
        if not node.get("zeros", 1):
            node.plan.check(node.plan.any(hits), "an unknown category, which the OneHotEncoder refuses")
        elements += [Element(hit.indicator()) for hit in hits]
    return [Tensor(elements, "float")]


@operator("LabelEncoder")
def label_encoder(node: Node, x: Tensor) -> list[Any]:
    """A number in the place of each text or number."""
    _need_exact(x, "a LabelEncoder")
    keys = next((node.get(name) for name in ("keys_strings", "keys_int64s", "keys_floats") if node.get(name)), None)
    sort = next((sort for sort in ("int64", "float") if node.get(f"values_{sort}s")), None)
    if keys is None or sort is None:
        raise Unsupported("a LabelEncoder that makes no numbers, or has them in tensors")
    default = float(node.get(f"default_{sort}", -1 if sort == "int64" else -0.0))
    words = [key.decode() if isinstance(key, bytes) else float(key) for key in keys]
    table = list(zip(words, (float(v) for v in node.get(f"values_{sort}s")), strict=True))
    missing = next((value for key, value in table if key != key), default)
    known = [(key, value) for key, value in table if key == key]
    found = [
        Element(e.value.lookup([k for k, _ in known], [v for _, v in known], default, missing)) for e in x.elements
    ]
    return [Tensor(found, sort)]


@operator("Normalizer")
def normalizer(node: Node, x: Tensor) -> list[Any]:
    """Each row divided by its norm; where that is zero, zeros."""
    norm = node.text("norm", "MAX")
    if not x.exact:
        if norm != "L1":
            raise Unsupported(f"a Normalizer {norm} behind a product of matrices")
        total = node.plan.sum([e.value.function("absolute") for e in x.elements])
        return [_quotients(node, x, total)]
    values = [rounded(e.value, "float") for e in x.elements]
    if norm == "MAX":
        # As C++ has it: NaN is greater than nothing.
        total = node.plan.constant(-FLOAT32_MAX)
        for value in values:
            total = total.less(value).select(value, total)
    else:
        sizes = [(v * v).round32() if norm == "L2" else v.function("absolute") for v in values]
        total = sizes[0]
        for size in sizes[1:]:
            total = (total + size).round32()
    return [Tensor([Element(total.equal(0.0).select(0.0, _share(v, total, norm))) for v in values], "float")]


def _share(value: Value, total: Value, norm: str) -> Value:
    if norm != "L2":
        return (value / total).round32()
    root = ((value * value).round32() / total).round32().function("sqrt").round32()
    return value.less(0.0).select(-root, root)


def _quotients(node: Node, x: Tensor, total: Value) -> Tensor:
    """Shares of probabilities, which add up to about 1: no share moves further than all of them together."""
    errors = [e.error for e in x.elements if e.error is not None]
    error = node.plan.sum(errors) / total + 4.0 * ROUNDING[_float(x)]
    return Tensor([Element(e.value / total, error) for e in x.elements], x.dtype)


def _float(x: Tensor) -> str:
    return "double" if x.dtype == "double" else "float"


# --- arithmetic ---


@operator("Add", "Sub", "Mul", "Div")
def arithmetic(node: Node, x: Any, y: Any) -> list[Any]:
    """Element by element, one of them perhaps a constant."""
    count = max(len(each.elements) for each in (x, y) if isinstance(each, Tensor))
    dtype = next(each.dtype for each in (x, y) if isinstance(each, Tensor))
    if dtype not in ("float", "double"):
        raise Unsupported(f"{node.op} of {dtype}")
    left, right = _operand(node, x, count), _operand(node, y, count)
    if node.op == "Div" and not isinstance(y, Tensor):
        return [_scaled_down(left, right, dtype)]
    if node.op == "Div" and not Tensor([*left, *right], dtype).exact:
        return [_quotients(node, Tensor(left, dtype), right[0].value)]
    return [Tensor([_combined(node.op, a, b, dtype) for a, b in zip(left, right, strict=True)], dtype)]


def _operand(node: Node, each: Any, count: int) -> list[Element]:
    if not isinstance(each, Tensor):
        return [Element(node.plan.constant(float(value))) for value in _each(each, count)]
    return each.elements * count if len(each.elements) == 1 else each.elements


def _combined(op: str, a: Element, b: Element, dtype: str) -> Element:
    value = {"Add": a.value + b.value, "Sub": a.value - b.value, "Mul": a.value * b.value, "Div": a.value / b.value}[op]
    if a.error is None and b.error is None:
        return Element(rounded(value, dtype))
    if op not in ("Add", "Sub"):
        raise Unsupported(f"{op} behind a product of matrices")
    errors = [each.error for each in (a, b) if each.error is not None]
    last = value.function("absolute") * (2.0 * ROUNDING[dtype])
    return Element(value, sum(errors, last))


def _scaled_down(left: Sequence[Element], right: Sequence[Element], dtype: str) -> Tensor:
    if any(e.error is not None for e in left):
        raise Unsupported("Div behind a product of matrices")
    return Tensor([Element(rounded(a.value / b.value, dtype)) for a, b in zip(left, right, strict=True)], dtype)


@operator("Abs")
def absolute(_: Node, x: Tensor) -> list[Any]:
    """Without the sign; no further from the truth than before."""
    return [Tensor([Element(e.value.function("absolute"), e.error) for e in x.elements], x.dtype)]


@operator("Relu", "Tanh")
def activation(node: Node, x: Tensor) -> list[Any]:
    """What is nowhere steeper than 1."""
    if node.op == "Relu":
        return [Tensor([Element(e.value.maximum(0.0), e.error) for e in x.elements], x.dtype)]
    last = 4.0 * ROUNDING[_float(x)]
    return [
        Tensor([Element(e.value.function("tanh"), _plus(e.error, 1.0, last, e.value)) for e in x.elements], x.dtype)
    ]


@operator("Exp")
def exponential(node: Node, x: Tensor) -> list[Any]:
    """It is as steep as it is large; what float32 has no room for is refused."""
    elements = []
    for each in x.elements:
        value = each.value.function("exp")
        node.plan.check(value.less(FLOAT32_MAX), "an exponential too large for float32")
        last = value * (4.0 * ROUNDING[_float(x)])
        elements.append(Element(value, last if each.error is None else value * each.error.function("expm1") + last))
    return [Tensor(elements, x.dtype)]


@operator("Binarizer")
def binarizer(node: Node, x: Tensor) -> list[Any]:
    """1 above a threshold, else 0; what is missing stays missing in onnxruntime."""
    _need_exact(x, "a Binarizer")
    edge = node.plan.constant(float(np.float32(node.get("threshold", 0.0))))
    hits = [e.value.missing().select(math.nan, edge.less(e.value).indicator()) for e in x.elements]
    return [Tensor([Element(hit) for hit in hits], x.dtype)]


@operator("ReduceSum")
def reduce_sum(node: Node, x: Tensor, axes: Any = None) -> list[Any]:
    """The sum of a row."""
    along = node.get("axes") if axes is None else np.ravel(axes).tolist()
    if list(along or []) not in ([1], [-1]) or x.exact:
        raise Unsupported("a ReduceSum of anything but the probabilities of a row")
    errors = [e.error for e in x.elements if e.error is not None]
    return [Tensor([Element(node.plan.sum([e.value for e in x.elements]), node.plan.sum(errors))], x.dtype)]


# --- linear models ---


@operator("MatMul")
def matmul(node: Node, x: Any, weights: Any) -> list[Any]:
    """Times a constant matrix."""
    if not isinstance(x, Tensor) or isinstance(weights, Tensor) or x.dtype not in ROUNDING:
        raise Unsupported("a MatMul of anything but a row and a constant")
    weights = np.asarray(weights, dtype=np.float64).reshape(len(x.elements), -1)
    return [product(node.plan, x, weights, [0.0] * weights.shape[1], x.dtype)]


@operator("Gemm")
def gemm(node: Node, x: Any, weights: Any, intercepts: Any = None) -> list[Any]:
    """``alpha * x @ weights + beta * intercepts``."""
    if not isinstance(x, Tensor) or isinstance(weights, Tensor) or node.get("transA"):
        raise Unsupported("a Gemm of anything but a row and a constant")
    weights = np.asarray(weights, dtype=np.float64) * node.get("alpha", 1.0)
    weights = weights.T if node.get("transB") else weights
    given = constant(0.0 if intercepts is None else intercepts) * node.get("beta", 1.0)
    return [product(node.plan, x, weights, _each(given, weights.shape[1]).tolist(), x.dtype)]


@operator("LinearRegressor")
def linear_regressor(node: Node, x: Tensor) -> list[Any]:
    """One product, in float32."""
    if node.text("post_transform", "NONE") != "NONE" or node.get("targets", 1) != 1:
        raise Unsupported("a LinearRegressor of several targets, or with a transform")
    return [_linear(node, x, 1)]


@operator("LinearClassifier")
def linear_classifier(node: Node, x: Tensor) -> list[Any]:
    """A product for each class, in float32, and what makes probabilities of them. The label is left out."""
    labels = node.get("classlabels_strings") or node.get("classlabels_ints") or []
    rows = len(node.get("coefficients")) // len(x.elements)
    if rows != len(labels):
        raise Unsupported("a LinearClassifier with one row of coefficients for two classes")
    scores = _linear(node, x, rows)
    transform = node.text("post_transform", "NONE")
    if transform == "LOGISTIC":
        return [None, *sigmoid(node, scores)]
    if transform == "SOFTMAX":
        return [None, *softmax(node, scores)]
    if transform != "NONE":
        raise Unsupported(f"a LinearClassifier with {transform}")
    return [None, scores]


def _linear(node: Node, x: Tensor, rows: int) -> Tensor:
    weights = constant(node.get("coefficients")).reshape(rows, len(x.elements))
    intercepts = node.get("intercepts") or [0.0] * rows
    return product(node.plan, _cast(x, "float"), weights.T, list(intercepts), "float")


@operator("Sigmoid")
def sigmoid(_: Node, x: Tensor) -> list[Any]:
    """It is nowhere steeper than a quarter."""
    last = 4.0 * ROUNDING[_float(x)]
    return [Tensor([Element(e.value.sigmoid(), _plus(e.error, 0.25, last, e.value)) for e in x.elements], x.dtype)]


def _plus(error: Value | None, slope: float, last: float, value: Value) -> Value:
    return value.plan.constant(last) if error is None else error * slope + last


@operator("Softmax")
def softmax(node: Node, x: Tensor) -> list[Any]:
    """No share moves further than half of what the greatest error is; the sum of them is more than that."""
    if node.op == "Softmax" and node.get("axis", -1) not in (1, -1):
        raise Unsupported("a Softmax across rows")
    errors = [e.error for e in x.elements if e.error is not None]
    error = node.plan.sum([*errors, node.plan.constant(8.0 * ROUNDING[_float(x)])])
    return [Tensor([Element(v, error) for v in node.plan.softmax([e.value for e in x.elements])], x.dtype)]
