"""Arithmetic that answers as numpy does where Python would raise: the names that generated code uses.

Standard library only. What is missing is NaN.
"""

from __future__ import annotations

import bisect
import itertools
import math
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FLOAT = struct.Struct("f")


def divide(a: float, b: float) -> float:
    """``a / b``; x/0 is infinite and 0/0 is NaN."""
    try:
        return a / b
    except ZeroDivisionError:
        if a != a or a == 0.0:
            return math.nan
        return math.copysign(math.inf, a) * math.copysign(1.0, b)


def minimum(a: float, b: float) -> float:
    """``numpy.minimum``: NaN if either is."""
    return a if a < b or a != a else b


def maximum(a: float, b: float) -> float:
    """``numpy.maximum``: NaN if either is."""
    return a if a > b or a != a else b


def round32(x: float) -> float:
    """The nearest float32; past its range, infinity."""
    try:
        rounded: float = _FLOAT.unpack(_FLOAT.pack(x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)
    return rounded


def softmax(values: Sequence[float]) -> list[float]:
    """``scipy.special.softmax``."""
    greatest = max(values)
    if greatest - greatest != 0.0 or any(value != value for value in values):
        return [math.nan] * len(values)
    powers = [math.exp(value - greatest) for value in values]
    total = sum(powers)
    return [each / total for each in powers]


def power(base: float, exponent: int) -> float:
    """A whole power by squaring: infinity where it overflows."""
    found = 1.0
    while exponent:
        if exponent % 2:
            found *= base
        base *= base
        exponent //= 2
    return found


# Of the texts of late, how often each term is in them: every term of a plan asks for the same text.
_terms: dict[object, dict[str, float]] = {}
_TERMS_KEPT = 5000


def terms(
    text: str | None, key: object, pattern: str, words: Sequence[int], lower: bool, stop: Sequence[str]
) -> dict[str, float]:
    """How often each term is in a text, as scikit-learn's vectorizers count words.

    :param key: what stands for the other parameters.
    """
    if text is None:
        return {}
    found = _terms.get((key, text))
    if found is None:
        import re  # for few models only

        tokens = re.findall(pattern, text.lower() if lower else text)
        if stop:
            left_out = set(stop)
            tokens = [token for token in tokens if token not in left_out]
        found = {}
        for count in range(words[0], words[1] + 1):
            for first in range(len(tokens) - count + 1):
                term = " ".join(tokens[first : first + count])
                found[term] = found.get(term, 0.0) + 1.0
        if len(_terms) >= _TERMS_KEPT:
            _terms.clear()
        _terms[key, text] = found
    return found


def bag(counts: dict[str, float], weights: dict[str, float], how: str, square: bool) -> float:
    """The weighted sum over the terms of a text, as the plan's operation says it.

    :param counts: of :func:`terms`.
    :param weights: of the terms that count.
    """
    found = 0.0
    for term, count in counts.items():
        weight = weights.get(term)
        if weight is not None:
            if how != "count":
                count = 1.0 if how == "binary" else math.log(count) + 1.0
            found += (count * weight) ** 2 if square else count * weight
    return found


def weighted_median(values: Sequence[float], weights: Sequence[float]) -> float:
    """Of the values in order, the first at which the weights up to it reach half of all."""
    order = sorted(range(len(values)), key=values.__getitem__)
    sums = list(itertools.accumulate([weights[i] for i in order]))
    half = 0.5 * sums[-1]
    return next((values[i] for i, total in zip(order, sums) if total >= half), values[order[0]])


def exp(x: float) -> float:
    """``numpy.exp``."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


# The C library's expf: a polynomial in double between 32nds of a power of two, rounded once at the end.
EXP32_SCALE = float.fromhex("0x1.71547652b82fep+0") * 32
EXP32 = (
    float.fromhex("0x1.c6af84b912394p-5") / 32**3,
    float.fromhex("0x1.ebfce50fac4f3p-3") / 32**2,
    float.fromhex("0x1.62e42ff0c52d6p-1") / 32,
)


def exp32(x: float) -> float:
    """``exp`` of a float32 as C computes it in float32, which is not always the nearest one."""
    if not -104.0 < x < 89.0:
        return x if x != x else 0.0 if x < 0.0 else math.inf
    scaled = x * EXP32_SCALE
    whole = round(scaled)
    r = scaled - whole
    a, b, c = EXP32
    return round32(((a * r + b) * (r * r) + (c * r + 1.0)) * math.pow(2.0, whole / 32))


def step(x: float, edges: Sequence[float], values: Sequence[float], left: bool, missing: float) -> float:
    """``values[numpy.searchsorted(edges, x)]``."""
    if x != x:
        return missing
    return values[bisect.bisect_left(edges, x) if left else bisect.bisect_right(edges, x)]


def interpolate(value: float, x: Sequence[float], y: Sequence[float]) -> float:
    """``numpy.interp``, in its own order of operations."""
    if value != value:
        return value
    if value >= x[-1]:
        return y[-1]
    place = bisect.bisect_right(x, value) - 1
    if place < 0:
        return y[0]
    if value == x[place]:
        return y[place]
    slope = (y[place + 1] - y[place]) / (x[place + 1] - x[place])
    return slope * (value - x[place]) + y[place]


def polynomial(x: float, breaks: Sequence[float], coefficients: Sequence[Sequence[float]]) -> float:
    """A piecewise polynomial, by Horner's rule."""
    if x != x:
        return x
    place = min(max(bisect.bisect_right(breaks, x) - 1, 0), len(coefficients) - 1)
    x -= breaks[place]
    total = 0.0
    for coefficient in coefficients[place]:
        total = total * x + coefficient
    return total


def function(name: str, x: float) -> float:
    """One of the plan's functions, as numpy's."""
    if x != x:
        return x
    try:
        return _FUNCTIONS[name](x)
    except OverflowError:
        return math.copysign(math.inf, x) if name == "sinh" else math.inf
    except (ValueError, ZeroDivisionError):
        return _POLES.get((name, x), math.copysign(math.inf, x) if name == "reciprocal" else math.nan)


def _sign(x: float) -> float:
    return 0.0 if x == 0.0 else math.copysign(1.0, x)


def _ndtri(p: float) -> float:
    if 0.0 < p < 1.0:
        from statistics import NormalDist  # brings a third of the standard library along

        return NormalDist().inv_cdf(p)
    return -math.inf if p == 0.0 else math.inf if p == 1.0 else math.nan


def _cbrt(x: float) -> float:
    """The cube root, for a Python before 3.11: a power, and one step of Newton's to mend its last digits."""
    if x - x != 0.0 or x == 0.0:
        return x
    root = math.copysign(math.pow(abs(x), 1.0 / 3.0), x)
    return root - (root - x / (root * root)) / 3.0


_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "absolute": abs,
    "arccos": math.acos,
    "arccosh": math.acosh,
    "arcsin": math.asin,
    "arcsinh": math.asinh,
    "arctan": math.atan,
    "arctanh": math.atanh,
    "cbrt": getattr(math, "cbrt", _cbrt),
    "ceil": lambda x: float(math.ceil(x)) if x - x == 0.0 else x,
    "cos": math.cos,
    "cosh": math.cosh,
    "exp": math.exp,
    "exp32": exp32,
    "exp2": lambda x: math.pow(2.0, x),
    "expm1": math.expm1,
    "floor": lambda x: float(math.floor(x)) if x - x == 0.0 else x,
    "log": math.log,
    "log10": math.log10,
    "log1p": math.log1p,
    "log2": math.log2,
    "ndtr": lambda x: 0.5 * math.erfc(-x / math.sqrt(2.0)),
    "ndtri": _ndtri,
    "negative": lambda x: -x,
    "reciprocal": lambda x: 1.0 / x,
    "rint": lambda x: float(round(x)) if x - x == 0.0 else x,
    "sign": _sign,
    "sin": math.sin,
    "sinh": math.sinh,
    "sqrt": math.sqrt,
    "square": lambda x: x * x,
    "tan": math.tan,
    "tanh": math.tanh,
}
_POLES = {("log", 0.0): -math.inf, ("log2", 0.0): -math.inf, ("log10", 0.0): -math.inf, ("log1p", -1.0): -math.inf}
_POLES.update({("arctanh", 1.0): math.inf, ("arctanh", -1.0): -math.inf})
