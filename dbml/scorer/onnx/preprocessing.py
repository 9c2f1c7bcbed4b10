"""What ``ai.onnx.ml`` has for the preparation of a row, as onnxruntime computes it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dbml.scorer.onnx import errors
from dbml.scorer.onnx.arithmetic import converted, need_exact
from dbml.scorer.onnx.registry import operator
from dbml.scorer.onnx.tensors import FLOAT32_MAX, Element, Node, Tensor, constant, filled, rounded
from dbml.scorer.plan import Unsupported, Value


@operator("FeatureVectorizer")
def vectorized(node: Node, *parts: Any) -> list[Any]:
    """Columns side by side, in float32."""
    tensors = [converted(node.tensor(part), "float") for part in parts]
    node.room(sum(part.array.size for part in tensors))
    return [Tensor([each for part in tensors for each in part.elements], "float")]


@operator("Scaler")
def scaler(node: Node, x: Tensor) -> list[Any]:
    """``(x - offset) * scale``: in float32, of doubles in double, rounded at the end."""
    count = len(x.elements)
    offsets, scales = (_each(node.get(name, default), count) for name, default in (("offset", 0.0), ("scale", 1.0)))
    at = "double" if x.dtype == "double" else "float"
    made = []
    for element, offset, scale in zip(x.elements, offsets, scales, strict=True):
        if element.error is None:
            moved = rounded(rounded(element.value, at) - float(offset), at)
            made.append(Element((moved * float(scale)).round32()))
        else:
            found = errors.arithmetic("Sub", element, node.element(float(offset)), "float")
            made.append(errors.arithmetic("Mul", found, node.element(float(scale)), "float"))
    return [Tensor(filled(x.array.shape, made), "float")]


def _each(values: Any, count: int) -> Any:
    found = constant(values)
    return np.repeat(found, count) if len(found) == 1 else found


@operator("Imputer")
def imputer(node: Node, x: Tensor) -> list[Any]:
    """Another value in the place of what is missing."""
    whole = node.get("imputed_value_int64s")
    values = _each(whole if whole is not None else node.get("imputed_value_floats"), len(x.elements))
    replaced = node.get("replaced_value_int64" if whole is not None else "replaced_value_float", 0)
    elements = []
    for element, value in zip(x.elements, values, strict=True):
        if math.isnan(replaced):
            gone = Element(element.value.missing().indicator(), None, 1.0)
        else:
            gone = errors.compared(node, "Equal", element, node.element(float(replaced)))
        elements.append(errors.chosen(gone, node.element(float(value)), element))
    return [x.shaped(filled(x.array.shape, elements))]


@operator("OneHotEncoder")
def one_hot(node: Node, x: Tensor) -> list[Any]:
    """A column for each category; what is none of them is refused, or nothing but zeros."""
    need_exact(x, "a OneHotEncoder")
    strings, whole = node.get("cats_strings"), node.get("cats_int64s")
    count = len(whole if strings is None else strings)
    node.room((*x.array.shape, count))
    elements = []
    for element in x.elements:
        if strings is not None:
            hits = [element.value.is_(text.decode()) for text in strings]
        else:
            value = element.value if x.dtype == "int64" else errors.truncated(element.value)
            hits = [value.equal(float(number)) for number in whole]
        if not node.get("zeros", 1):
            node.plan.check(node.plan.any(hits), "an unknown category, which the OneHotEncoder refuses")
        elements += [Element(hit.indicator(), None, 1.0) for hit in hits]
    return [Tensor(filled((*x.array.shape, count), elements), "float")]


@operator("LabelEncoder")
def label_encoder(node: Node, x: Any) -> list[Any]:
    """A number in the place of each text or number; of what becomes a text nothing more is computed."""
    x = node.tensor(x)
    keys, values, sort = _table(node)
    if sort == "string" or not x.known:
        return [x.each(lambda _: Element(None), "string")]  # type: ignore[arg-type]
    need_exact(x, "a LabelEncoder")
    default = _default(node, sort)
    table = list(zip(keys, [float(value) for value in values], strict=True))
    missing = next((value for key, value in table if key != key), default)
    known = [(key, value) for key, value in table if key == key]
    most = max(abs(value) for value in (*(v for _, v in table), default)) if sort == "int64" else None
    return [
        x.each(
            lambda e: Element(
                e.value.lookup([k for k, _ in known], [v for _, v in known], default, missing), None, most
            ),
            sort,
        )
    ]


_SORTS = ("strings", "int64s", "floats")


def _table(node: Node) -> tuple[list[Any], list[Any], str]:
    """Keys and values, and the type of the values."""
    if node.get("classes_strings"):  # of the first version: a text's place
        classes = [_word(each) for each in node.get("classes_strings")]
        return classes, list(range(len(classes))), "int64"
    found = []
    for which in ("keys", "values"):
        names = [sort for sort in _SORTS if node.get(f"{which}_{sort}")]
        tensor = node.get(f"{which}_tensor")
        if tensor is not None:
            import onnx

            array = onnx.numpy_helper.to_array(tensor).ravel()
            kind = "string" if array.dtype.kind in "OUS" else "int64" if array.dtype.kind == "i" else "float"
            found.append((array.tolist(), kind))
        elif names:
            found.append((list(node.get(f"{which}_{names[0]}")), names[0].removesuffix("s")))
        else:
            raise Unsupported("a LabelEncoder without keys or values")
    (keys, of), (values, sort) = found
    return [_word(key) if of == "string" else float(key) for key in keys], values, sort


def _word(each: Any) -> str:
    return each.decode() if isinstance(each, bytes) else str(each)


def _default(node: Node, sort: str) -> float:
    tensor = node.get("default_tensor")
    if tensor is not None:
        import onnx

        return float(onnx.numpy_helper.to_array(tensor).ravel()[0])
    return float(node.get(f"default_{sort}", -1 if sort == "int64" else -0.0))


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


@operator("LpNormalization")
def divided_by_norm(node: Node, x: Any) -> list[Any]:
    """Each row divided by the sum of its sizes, or by the root of that of its squares."""
    x = node.tensor(x)
    axis, power = int(node.get("axis", -1)) % x.array.ndim, int(node.get("p", 2))
    if axis != x.array.ndim - 1 or power not in (1, 2):
        raise Unsupported("an LpNormalization of anything but a row")
    made: list[Element] = []
    for row in x.array.reshape(-1, x.array.shape[-1]).tolist():
        sizes = [
            errors.arithmetic("Mul", e, e, x.dtype) if power == 2 else Element(errors.size(e.value), e.error)
            for e in row
        ]
        whole = errors.added(node, sizes, x.dtype)
        norm = errors.root(whole, x.dtype) if power == 2 else whole
        nothing = errors.compared(node, "Equal", norm, node.element(0.0))
        made += [errors.chosen(nothing, e, errors.arithmetic("Div", e, norm, x.dtype)) for e in row]
    return [Tensor(filled(x.array.shape, made), x.dtype)]


def _quotients(node: Node, x: Tensor, total: Value) -> Tensor:
    """Shares of probabilities, which add up to about 1: no share moves further than all of them together."""
    far = [e.error for e in x.elements if e.error is not None]
    error = node.plan.sum(far) / total + 4.0 * errors.unit(x.dtype)
    return Tensor([Element(e.value / total, error) for e in x.elements], x.dtype)


@operator("Binarizer")
def binarizer(node: Node, x: Tensor) -> list[Any]:
    """1 above a threshold, else 0; what is missing stays missing in onnxruntime."""
    need_exact(x, "a Binarizer")
    edge = node.plan.constant(float(np.float32(node.get("threshold", 0.0))))
    return [x.each(lambda e: Element(e.value.missing().select(math.nan, edge.less(e.value).indicator())))]
