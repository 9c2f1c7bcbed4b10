"""How far what ONNX computes may be from what a plan computes: forward error bounds, carried from step to step.

What is computed from exact numbers by one rounded step is exact too: a sum, product or quotient of two float32 numbers,
computed in double and rounded, is the nearest float32 (double has more than twice the digits). Everything else is
known as far as its first-order bound, with the remainder in it: a sum moves as far as its parts, a product by
``|a| e_b + |b| e_a + e_a e_b``, a quotient by ``(e_a + |q| e_b) / (|b| - e_b)``, and a function as far as it is steep
(N. Higham, Accuracy and Stability of Numerical Algorithms, chapters 2 and 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from dbml.scorer.onnx.tensors import FLOAT32_MAX, ROUNDING, WHOLE, Element, Node, rounded
from dbml.scorer.plan import Value

# Last places that libraries' exponentials and logarithms may be off by.
PLACES = 4.0


def unit(dtype: str) -> float:
    """Half of the last place of a number near 1."""
    return ROUNDING["double" if dtype == "double" else "float"]


def size(value: Value) -> Value:
    """How large it is, whatever its sign."""
    return value.function("absolute")


def truncated(value: Value) -> Value:
    """Without what is behind the point."""
    return value.less(0.0).select(value.function("ceil"), value.function("floor"))


def total(errors: Sequence[Value | None]) -> Value | None:
    """How far a sum may be, by how far its parts may; None where all are exact."""
    known = [error for error in errors if error is not None]
    return None if not known else known[0] if len(known) == 1 else known[0].plan.sum(known)


def wide(each: Element) -> Value:
    """How far an element may be off, as a number."""
    return each.value.plan.constant(0.0) if each.error is None else each.error


def arithmetic(op: str, a: Element, b: Element, dtype: str) -> Element:
    """``Add``, ``Sub``, ``Mul`` or ``Div``, rounded to the type."""
    value = {"Add": a.value + b.value, "Sub": a.value - b.value, "Mul": a.value * b.value, "Div": a.value / b.value}[op]
    most = None
    if a.most is not None and b.most is not None and op != "Div":
        most = a.most * b.most if op == "Mul" else a.most + b.most
        most = most if most <= WHOLE[dtype] else None
    if a.error is None and b.error is None:
        if op == "Div" and dtype == "int64":
            # Of numbers below 2**53 the nearest double to a quotient lies on the right side of every whole number.
            value.plan.check(size(a.value).less(WHOLE[dtype]), "an integer too large to be exact")
            return Element(truncated(value), None, a.most)
        if dtype == "int64" and most is None:
            value.plan.check(size(value).less(WHOLE[dtype]), "an integer too large to be exact")
        return Element(value if most is not None else rounded(value, dtype), None, most)
    last = size(value) * (2.0 * unit(dtype))
    if op in ("Add", "Sub"):
        error = total([a.error, b.error])
    elif op == "Mul":
        parts = [size(one.value) * other.error for one, other in ((a, b), (b, a)) if other.error is not None]
        if a.error is not None and b.error is not None:
            parts.append(a.error * b.error)
        if dtype == "float":
            value.plan.check(size(value).less(FLOAT32_MAX) | value.missing(), "a product too large for float32")
        error = total(parts)
    else:
        error = _of_quotient(value, a, b)
    assert error is not None
    return Element(value, error + last)


def _of_quotient(value: Value, a: Element, b: Element) -> Value:
    if b.error is None:
        return wide(a) / size(b.value)
    least = size(b.value) - b.error
    away = wide(a) + size(value) * b.error
    found = value.plan.constant(0.0).less(least).select(away / least, math.inf)
    # By what is past the range of float32, everything is next to nothing.
    return b.value.finite().select(found, size(a.value) * 1e-30)


def steep(
    x: Element, value: Value, slope: float | Value, dtype: str, places: float = PLACES, beside: float = 0.0
) -> Element:
    """A function of one number that is nowhere steeper than ``slope`` between what it may be.

    :param value: the function's.
    :param places: last places of the result that the library may be off by.
    :param beside: how far it may be off where the result is small.
    """
    last = size(value) * (places * unit(dtype)) if places else None
    own = value.plan.constant(beside * unit(dtype)) if beside else None
    carried = None if x.error is None else x.error * slope
    return Element(value, total([carried, last, own]))


def exponential(x: Element, dtype: str) -> Element:
    """``exp``, which is as steep as it is large; past the range of its type, infinity."""
    value = x.value.function("exp")
    if dtype == "float":
        value = value.less_equal(FLOAT32_MAX).select(value, value * math.inf)
    last = value * (PLACES * unit(dtype))
    error = last if x.error is None else value * x.error.function("expm1") + last
    return Element(value, value.finite().select(error, 0.0))


def logarithm(x: Element, dtype: str) -> Element:
    """``log``: where what it is of may be 0, there is no telling."""
    value = x.value.function("log")
    last = size(value) * (PLACES * unit(dtype)) + unit(dtype)
    if x.error is None:
        return Element(value, last)
    least = x.value - x.error
    return Element(value, value.plan.constant(0.0).less(least).select(x.error / least, math.inf) + last)


def root(x: Element, dtype: str) -> Element:
    """``sqrt``, of which both standards say that it is rounded rightly."""
    value = x.value.function("sqrt")
    if x.error is None:
        return Element(rounded(value, dtype))
    far = x.error.function("sqrt").minimum(x.error / value.maximum(1e-300))
    return Element(value, far + value * (2.0 * unit(dtype)))


def power(x: Element, exponent: float, dtype: str) -> Element:
    """``x`` to a constant."""
    if exponent == 2.0:
        return arithmetic("Mul", x, x, dtype)
    if exponent in (0.5, 1.0, 0.0):
        return {0.5: lambda: root(x, dtype), 1.0: lambda: x, 0.0: lambda: _one(x)}[exponent]()
    value = _raised(x.value, exponent)
    largest = size(x.value) + wide(x)
    slope = abs(exponent) * _raised(largest, exponent - 1.0) if exponent >= 1.0 else None
    if slope is None and x.error is not None:
        least = size(x.value) - x.error
        slope = value.plan.constant(0.0).less(least).select(abs(exponent) * _raised(least, exponent - 1.0), math.inf)
    # It may be made by logarithms, whose last places count as often as the power.
    return steep(x, value, 0.0 if slope is None else slope, dtype, PLACES + 2.0 * abs(exponent))


def _one(x: Element) -> Element:
    return Element(x.value.plan.constant(1.0), None, 1.0)


def _raised(x: Value, exponent: float) -> Value:
    """A power, of whole exponents by products, else by logarithms; NaN of what is negative there."""
    count = int(exponent)
    if count == exponent and 0 < count <= 16:
        found = x
        for _ in range(count - 1):
            found = found * x
        return found
    if count == exponent and -16 <= count < 0:
        return 1.0 / _raised(x, -exponent)
    if exponent == 0.0:
        return x.plan.constant(1.0)
    return (x.function("log") * exponent).function("exp")


def extreme(a: Element, b: Element, *, greater: bool) -> Element:
    """The greater or the smaller of two: no further off than either."""
    value = a.value.maximum(b.value) if greater else a.value.minimum(b.value)
    error = None
    if a.error is not None or b.error is not None:
        error = wide(a).maximum(wide(b))
    most = None if a.most is None or b.most is None else max(a.most, b.most)
    return Element(value, error, most)


def compared(node: Node, op: str, a: Element, b: Element) -> Element:
    """A comparison, 1 or 0: off by 1 where the two may be either way around."""
    holds: Callable[[], Value] = {
        "Less": lambda: a.value.less(b.value),
        "LessOrEqual": lambda: a.value.less_equal(b.value),
        "Greater": lambda: b.value.less(a.value),
        "GreaterOrEqual": lambda: b.value.less_equal(a.value),
        "Equal": lambda: a.value.equal(b.value),
    }[op]
    value = holds().indicator()
    near = total([a.error, b.error])
    if near is None:
        return Element(value, None, 1.0)
    return Element(value, size(a.value - b.value).less_equal(near).indicator(), 1.0)


def condition(each: Element) -> Value:
    """What is 1 or 0 as a condition."""
    plan = each.value.plan
    return plan.argument(each.value) if plan.op(each.value) == "indicator" else each.value.equal(1.0)


def chosen(where: Element, yes: Element, no: Element) -> Element:
    """One of two, by what is 1 or 0."""
    holds = condition(where)
    error = None
    if yes.error is not None or no.error is not None:
        error = holds.select(wide(yes), wide(no))
    if where.error is not None:
        other = size(yes.value - no.value) + wide(yes).maximum(wide(no))
        error = where.value.plan.constant(0.0).less(where.error).select(other, 0.0 if error is None else error)
    most = None if yes.most is None or no.most is None else max(yes.most, no.most)
    return Element(holds.select(yes.value, no.value), error, most)


def added(node: Node, elements: Sequence[Element], dtype: str) -> Element:
    """A sum in an order of the library's own: exact of two, and of whole numbers that the type holds."""
    if len(elements) == 1:
        return elements[0]
    if len(elements) == 2:
        return arithmetic("Add", elements[0], elements[1], dtype)
    value = node.plan.sum([each.value for each in elements])
    mosts = [each.most for each in elements]
    exact = all(each.error is None for each in elements)
    if exact and all(most is not None for most in mosts) and sum(mosts) <= WHOLE[dtype]:  # type: ignore[arg-type]
        return Element(value, None, sum(mosts))  # type: ignore[arg-type]
    largest = node.plan.sum([size(each.value) + wide(each) for each in elements])
    last = largest * (unit(dtype) * (2.0 + 2.0 * len(elements) ** 0.5))
    error = total([last, *(each.error for each in elements)])
    return Element(value, error)


def place(node: Node, group: Sequence[Element], *, greatest: bool = True) -> Element:
    """Where the greatest or the smallest of several stands: off by as much as there is where two may be it."""
    values = [each.value if greatest else -each.value for each in group]
    # onnxruntime goes from the first on: NaN there stays, and NaN that comes later is greater than nothing.
    values[1:] = [v if v.always_finite else v.missing().select(-math.inf, v) for v in values[1:]]
    if len(values) == 1:
        return node.element(0.0)
    numbers = [float(number) for number in range(len(values))]
    return named(node, values, group, numbers)


def named(node: Node, values: Sequence[Value], group: Sequence[Element], numbers: Sequence[float]) -> Element:
    """The number that stands beside the first of the greatest values.

    :param group: the elements that the values are of, which know how far they may be off.
    """
    most = max(abs(number) for number in numbers) if all(float(n).is_integer() for n in numbers) else None
    value = node.plan.dot([hit.indicator() for hit in node.plan.argmax(list(values))], list(numbers))
    if all(each.error is None for each in group):
        return Element(value, None, most)
    largest, far = values[0], wide(group[0])
    for other, each in zip(values[1:], group[1:], strict=True):
        largest, far = largest.maximum(other), far.maximum(wide(each))
    near = [(largest - 2.0 * far).less_equal(each).indicator() for each in values]
    apart = max(numbers) - min(numbers)
    return Element(value, node.plan.constant(1.0).less(node.plan.sum(near)).select(apart, 0.0), most)
