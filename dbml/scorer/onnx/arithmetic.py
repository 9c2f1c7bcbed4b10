"""Element by element: arithmetic, comparisons, functions, and what is taken along an axis."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from dbml.scorer.onnx import errors
from dbml.scorer.onnx.registry import operator
from dbml.scorer.onnx.tensors import Element, Node, Tensor, dtype_of, filled, rounded
from dbml.scorer.plan import Unsupported, Value


def need_exact(x: Tensor, what: str) -> None:
    """Refuse what is not known to the last digit.

    :raises Unsupported: it is not.
    """
    if not x.exact:
        raise Unsupported(f"{what} behind a product of matrices, whose last digits are the processor's own")


def _beside(node: Node, *given: Any) -> tuple[tuple[int, ...], list[list[Element]]]:
    """Elements that stand beside each other once all have one shape."""
    tensors = [node.tensor(each) for each in given]
    shape = np.broadcast_shapes(*(each.array.shape for each in tensors))
    node.room(shape)
    return shape, [np.broadcast_to(each.array, shape).ravel().tolist() for each in tensors]


def _constants(*given: Any) -> bool:
    return not any(isinstance(each, Tensor) for each in given)


_FOLDED: dict[str, Callable[..., Any]] = {
    "Abs": np.abs,
    "Add": np.add,
    "And": np.logical_and,
    "Equal": np.equal,
    "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal,
    "Less": np.less,
    "LessOrEqual": np.less_equal,
    "Max": np.maximum,
    "Min": np.minimum,
    "Mul": np.multiply,
    "Neg": np.negative,
    "Not": np.logical_not,
    "Or": np.logical_or,
    "Sub": np.subtract,
    "Where": np.where,
    "Xor": np.logical_xor,
}


def _folded(node: Node, *given: Any) -> list[Any]:
    """What constants make, in their own type; a function of digits of its own is left to the plan."""
    node.room(np.broadcast_shapes(*(np.shape(each) for each in given)))
    return [np.asarray(_FOLDED[node.op](*given))]


def _divided(x: Any, y: Any) -> Any:
    if np.issubdtype(np.asarray(x).dtype, np.integer):
        return (np.sign(x) * np.sign(y) * (np.abs(x) // np.abs(y))).astype(np.asarray(x).dtype)
    return np.divide(x, y)


_FOLDED["Div"] = _divided


@operator("Add", "Sub", "Mul", "Div")
def arithmetic(node: Node, x: Any, y: Any) -> list[Any]:
    """Of two, rounded to their type."""
    if _constants(x, y):
        return _folded(node, x, y)
    dtype = dtype_of(x if isinstance(x, Tensor) else y)
    shape, (left, right) = _beside(node, x, y)
    made = [errors.arithmetic(node.op, a, b, dtype) for a, b in zip(left, right, strict=True)]
    return [Tensor(filled(shape, made), dtype)]


@operator("Sum", "Mean", "Max", "Min")
def of_several(node: Node, *given: Any) -> list[Any]:
    """Of several tensors, element by element, from the first to the last."""
    if node.op in ("Max", "Min") and _constants(*given):
        node.room(np.broadcast_shapes(*(np.shape(each) for each in given)))
        return [reduce(_FOLDED[node.op], given)]
    dtype = next((each.dtype for each in given if isinstance(each, Tensor)), dtype_of(given[0]))
    shape, columns = _beside(node, *given)
    made = []
    for each in zip(*columns, strict=True):
        if node.op in ("Max", "Min"):
            found = reduce(lambda a, b: errors.extreme(a, b, greater=node.op == "Max"), each)
        else:
            found = reduce(lambda a, b: errors.arithmetic("Add", a, b, dtype), each)
        if node.op == "Mean":
            found = errors.arithmetic("Div", found, node.element(float(len(given))), dtype)
        made.append(found)
    return [Tensor(filled(shape, made), dtype)]


@operator("Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal")
def compared(node: Node, x: Any, y: Any) -> list[Any]:
    """A comparison; of a text whether it is one."""
    if _constants(x, y):
        return _folded(node, x, y)
    if "string" in (dtype_of(x), dtype_of(y)):
        return [_same_text(node, x, y)]
    shape, (left, right) = _beside(node, x, y)
    made = [errors.compared(node, node.op, a, b) for a, b in zip(left, right, strict=True)]
    return [Tensor(filled(shape, made), "bool")]


def _same_text(node: Node, x: Any, y: Any) -> Tensor:
    text, word = (x, y) if isinstance(x, Tensor) else (y, x)
    if isinstance(word, Tensor) or np.size(word) != 1 or not text.known:
        raise Unsupported("a comparison of texts with more than one word")
    said = np.ravel(word)[0]
    said = said.decode() if isinstance(said, bytes) else str(said)
    return text.each(lambda e: Element(e.value.is_(said).indicator(), None, 1.0), "bool")


@operator("And", "Or", "Xor")
def joined(node: Node, x: Any, y: Any) -> list[Any]:
    """Two conditions."""
    if _constants(x, y):
        return _folded(node, x, y)
    shape, (left, right) = _beside(node, x, y)
    made = []
    for a, b in zip(left, right, strict=True):
        one, other = errors.condition(a), errors.condition(b)
        holds = {"And": one & other, "Or": one | other, "Xor": (one & ~other) | (other & ~one)}[node.op]
        made.append(Element(holds.indicator(), errors.total([a.error, b.error]), 1.0))
    return [Tensor(filled(shape, made), "bool")]


@operator("Not")
def negated(node: Node, x: Any) -> list[Any]:
    """The contrary."""
    if _constants(x):
        return _folded(node, x)
    return [x.each(lambda e: Element((~errors.condition(e)).indicator(), e.error, 1.0))]


@operator("Where")
def where(node: Node, holds: Any, x: Any, y: Any) -> list[Any]:
    """One of two."""
    if _constants(holds, x, y):
        return _folded(node, holds, x, y)
    dtype = dtype_of(x if isinstance(x, Tensor) else y)
    shape, (conditions, left, right) = _beside(node, holds, x, y)
    made = [errors.chosen(c, a, b) for c, a, b in zip(conditions, left, right, strict=True)]
    return [Tensor(filled(shape, made), dtype)]


@operator("Cast")
def cast(node: Node, x: Any) -> list[Any]:
    """To another type of number; a label may become a text, from which nothing is computed."""
    to = {1: "float", 6: "int64", 7: "int64", 8: "string", 9: "bool", 11: "double"}.get(node.get("to"))
    if to is None or (isinstance(x, Tensor) and x.dtype == "string" and to != "string" and x.known):
        raise Unsupported(f"a Cast to type {node.get('to')}")
    if not isinstance(x, Tensor):
        kinds = {"float": np.float32, "double": np.float64, "int64": np.int64, "bool": np.bool_}
        return [x if to == "string" else x.astype(kinds[to])]
    if to == "string" and x.dtype != "string":
        return [x.each(lambda _: Element(None), "string")]  # type: ignore[arg-type]
    return [x if not x.known else converted(x, to)]


def converted(x: Tensor, to: str) -> Tensor:
    """Another type of number."""

    def one(each: Element) -> Element:
        if to == x.dtype or (each.most is not None and each.most <= 2.0**24 and to != "bool"):
            return each
        if to == "bool":
            nought = Element(each.value.plan.constant(0.0))
            hit = each.value.equal(0.0)
            near = None if each.error is None else errors.size(each.value - nought.value).less_equal(each.error)
            return Element((~hit).indicator(), None if near is None else near.indicator(), 1.0)
        if to == "int64":
            return _whole(each)
        # What is not exact is a double that knows how far float32 may be from it: that stands.
        return each if each.error is not None else Element(rounded(each.value, to), None, each.most)

    return x.each(one, to)


def _whole(each: Element) -> Element:
    """Without what is behind the point: where that may be another number, as far as that is."""
    value = errors.truncated(each.value)
    fits = errors.size(value).less(2.0**63) | value.missing()
    value.plan.check(fits, "a number too large for an integer of 64 bits")
    if each.error is None:
        return Element(value)
    below, above = (errors.truncated(end) for end in (each.value - each.error, each.value + each.error))
    return Element(value, (value - below).maximum(above - value))


# --- functions of one number ---


def _selu(value: Value, alpha: float, gamma: float) -> Value:
    below = (value.minimum(0.0).function("exp") - 1.0) * alpha
    return value.less_equal(0.0).select(below, value) * gamma


def _softplus(value: Value) -> Value:
    return value.maximum(0.0) + ((-value.function("absolute")).function("exp")).function("log1p")


def _erf(value: Value) -> Value:
    return (value * math.sqrt(2.0)).function("ndtr") * 2.0 - 1.0


def _hard(value: Value, alpha: float, beta: float) -> Value:
    return (value * alpha + beta).clip(0.0, 1.0)


@operator("Sigmoid", "Tanh", "Softplus", "Softsign", "Elu", "Selu", "Celu", "HardSigmoid", "Erf", "Gelu", "Sin", "Cos")
@operator("Atan", "HardSwish", "ThresholdedRelu", "Mish")
def smooth(node: Node, x: Any) -> list[Any]:
    """What is nowhere steeper than a known number."""
    x, op = node.tensor(x), node.op
    alpha = float(node.get("alpha", {"Selu": 1.6732632423543772, "HardSigmoid": 0.2}.get(op, 1.0)))
    gamma, beta = float(node.get("gamma", 1.0507009873554805)), float(node.get("beta", 0.5))
    if op == "ThresholdedRelu" or op == "Mish" or (op == "Gelu" and node.text("approximate", "none") != "none"):
        raise Unsupported(f"the operator {op}")
    known: dict[str, tuple[Callable[[Value], Value], float]] = {
        "Sigmoid": (Value.sigmoid, 0.25),
        "Tanh": (lambda v: v.function("tanh"), 1.0),
        "Softplus": (_softplus, 1.0),
        "Softsign": (lambda v: v / (v.function("absolute") + 1.0), 1.0),
        "Elu": (lambda v: _selu(v, alpha, 1.0), max(1.0, abs(alpha))),
        "Selu": (lambda v: _selu(v, alpha, gamma), abs(gamma) * max(1.0, abs(alpha))),
        "Celu": (lambda v: v.maximum(0.0) + ((v.minimum(0.0) / alpha).function("exp") - 1.0) * alpha, 1.0),
        "HardSigmoid": (lambda v: _hard(v, alpha, beta), abs(alpha)),
        "HardSwish": (lambda v: v * _hard(v, 1.0 / 6.0, 0.5), 1.5),
        "Erf": (_erf, 2.0 / math.sqrt(math.pi)),
        "Gelu": (lambda v: v * v.function("ndtr"), 1.13),
        "Sin": (lambda v: v.function("sin"), 1.0),
        "Cos": (lambda v: v.function("cos"), 1.0),
        "Atan": (lambda v: v.function("arctan"), 1.0),
    }
    function, slope = known[op]
    # Near nought some of them are differences of numbers near 1.
    beside = 0.0 if op == "Softsign" else 8.0
    return [x.each(lambda e: errors.steep(e, function(e.value), slope, x.dtype, 8.0, beside))]


@operator("Relu", "LeakyRelu", "Abs", "Neg", "Sign", "Floor", "Ceil", "Round", "IsNaN", "IsInf", "PRelu")
def plain(node: Node, x: Any, *more: Any) -> list[Any]:
    """What is exact of what is exact."""
    if _constants(x) and node.op in _FOLDED:
        return _folded(node, x)
    x, op = node.tensor(x), node.op
    if op == "PRelu":
        shape, (given, slopes) = _beside(node, x, *more)
        nought = node.element(0.0)
        made = [
            errors.chosen(errors.compared(node, "Less", a, nought), errors.arithmetic("Mul", a, s, x.dtype), a)
            for a, s in zip(given, slopes, strict=True)
        ]
        return [Tensor(filled(shape, made), x.dtype)]
    if op in ("Sign", "Floor", "Ceil", "Round", "IsNaN", "IsInf") and not x.exact and op not in ("IsNaN", "Sign"):
        need_exact(x, op)
    if op == "LeakyRelu":
        alpha = float(node.get("alpha", 0.01))
        return [x.each(lambda e: _leaky(e, alpha, x.dtype))]
    if op in ("IsNaN", "IsInf"):
        return [x.each(lambda e: Element(_odd(op, e.value).indicator(), None, 1.0), "bool")]
    if op == "Sign":
        return [x.each(lambda e: _sign(node, e))]
    names = {"Abs": "absolute", "Neg": "negative", "Floor": "floor", "Ceil": "ceil", "Round": "rint"}
    if op == "Relu":
        return [x.each(lambda e: Element(e.value.maximum(0.0), e.error, e.most))]
    return [x.each(lambda e: Element(e.value.function(names[op]), e.error, e.most))]


def _odd(op: str, value: Value) -> Value:
    return value.missing() if op == "IsNaN" else ~(value.finite() | value.missing())


def _leaky(each: Element, alpha: float, dtype: str) -> Element:
    value = each.value.less(0.0).select(rounded(each.value * alpha, dtype), each.value)
    if each.error is None:
        return Element(value)
    return errors.steep(each, value, max(1.0, abs(alpha)), dtype)


def _sign(node: Node, each: Element) -> Element:
    value = each.value.function("sign")
    if each.error is None:
        return Element(value, None, 1.0)
    near = errors.size(each.value).less_equal(each.error)
    return Element(value, near.select(2.0, 0.0), 1.0)


@operator("Clip")
def clip(node: Node, x: Any, low: Any = None, high: Any = None) -> list[Any]:
    """No less than one number, no more than another."""
    x = node.tensor(x)
    least = node.get("min") if low is None else _single(node, low)
    most = node.get("max") if high is None else _single(node, high)

    def one(each: Element) -> Element:
        value = each.value if least is None else each.value.maximum(float(least))
        return Element(value if most is None else value.minimum(float(most)), each.error)

    return [x.each(one)]


def _single(node: Node, each: Any) -> float:
    if isinstance(each, Tensor) or np.size(each) != 1:
        raise Unsupported(f"{node.op} by a number that the row tells")
    return float(np.ravel(each)[0])


@operator("Exp", "Log", "Sqrt", "Reciprocal")
def growing(node: Node, x: Any) -> list[Any]:
    """What has no greatest steepness: it is found for each row."""
    x = node.tensor(x)
    if node.op == "Reciprocal":
        return [x.each(lambda e: errors.arithmetic("Div", node.element(1.0), e, x.dtype))]
    function = {"Exp": errors.exponential, "Log": errors.logarithm, "Sqrt": errors.root}[node.op]
    return [x.each(lambda e: function(e, x.dtype))]


@operator("Pow")
def power(node: Node, x: Any, exponents: Any) -> list[Any]:
    """To a constant."""
    if isinstance(exponents, Tensor):
        return [_raised(node, x, exponents)]
    x = node.tensor(x)
    shape, (given, _) = _beside(node, x, exponents)
    wanted = np.broadcast_to(np.asarray(exponents, dtype=np.float64), shape).ravel().tolist()
    made = [errors.power(each, exponent, x.dtype) for each, exponent in zip(given, wanted, strict=True)]
    return [Tensor(filled(shape, made), x.dtype)]


def _raised(node: Node, x: Any, exponents: Tensor) -> Tensor:
    """A constant above 0 to what the row tells."""
    base = _single(node, x)
    if base <= 0.0:
        raise Unsupported("a Pow of what is not above 0 by what the row tells")
    scaled = exponents.each(
        lambda e: errors.arithmetic("Mul", Element(e.value, errors.wide(e)), node.element(math.log(base)), "double")
    )
    return (
        scaled.each(
            lambda e: errors.steep(
                Element(e.value, None), errors.exponential(e, exponents.dtype).value, 0.0, exponents.dtype, 8.0
            )
        )
        if exponents.exact
        else scaled.each(lambda e: errors.exponential(e, exponents.dtype))
    )
