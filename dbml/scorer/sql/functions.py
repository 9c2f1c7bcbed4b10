"""The elementwise functions of a plan in plain SQL, with what their answers can be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dbml.scorer.sql import ranges as ranges
from dbml.scorer.sql import text as write
from dbml.scorer.sql.ranges import Range, Unprovable

if TYPE_CHECKING:
    from dbml.scorer.sql.fast import Known, Writer

_GREATEST_EXPONENT = 690.0
# What these give lies between bounds, whatever they are given.
_BOUNDED = {"sin": 1.0, "cos": 1.0, "tanh": 1.0, "arctan": 1.6}


def write_function(writer: Writer, node: Mapping[str, Any], known: Known, soft: bool) -> tuple[str, Range]:
    """SQL of a ``power``, ``function`` or ``round32`` and its range.

    :param soft: whether no jump follows, so that the last digits do not matter.
    :raises Unprovable: it might raise, or answer NaN or infinity.
    """
    i = node["of"][0]
    text, given = writer.number(i, known)
    if given.empty:
        return "null::float8", given
    if node["op"] == "power":
        return _power(writer, i, float(node["exponent"]), known)
    if node["op"] == "round32":
        if given.size > 3.4e38:
            raise Unprovable("large")
        if given.tiny < 1e-45:
            raise Unprovable("small")
        return f"{text}::float4::float8", _widened(given)
    name = node["name"]
    call = f"dbml._ieee_function({write.text(name)}, {text})"
    if name == "absolute":
        return f"abs({text})", ranges.absolute(given)
    if name == "negative":
        return f"(- {text})", ranges.negative(given)
    if name == "square":
        return f"({text} * {text})", ranges.multiply(given, given).within(0.0, math.inf)
    if name == "reciprocal":
        if given.zero:
            given = writer.require(i, known, -math.inf, math.inf, tiny=1e-100)
        return f"({write.number(1.0)} / {text})", ranges.divide(ranges.of_values([1.0]), given)
    if name in ("floor", "ceil", "rint", "sign"):
        low, high = (math.floor(given.low), math.ceil(given.high)) if given.size < 1e17 else (given.low, given.high)
        found = ranges.span(float(low), float(high), 1.0, True, given.null)
        if name == "sign":
            found = ranges.span(-1.0, 1.0, 1.0, True, given.null)
        return f"{'round' if name == 'rint' else name}({text})", found
    if name == "sqrt":
        given = writer.require(i, known, 0.0, math.inf)
        low, high = math.sqrt(max(given.low, 0.0)), math.sqrt(given.high)
        return f"sqrt({text})", ranges.span(low, high, math.sqrt(given.tiny) * 0.99, given.zero, given.null)
    if name in ("exp", "exp2", "expm1", "sinh", "cosh"):
        return _exponential(writer, i, name, known, call)
    if name.startswith("log"):
        return _logarithm(writer, i, name, known, soft, call)
    if name in _BOUNDED:
        bound = _BOUNDED[name]
        return call, ranges.span(-bound, bound, min(given.tiny / 2.0, 1e-25), True, given.null)
    if name == "cbrt":
        return call, _widened(ranges.span(math.cbrt(given.low), math.cbrt(given.high), 1e-110, True, given.null))
    if name in ("arcsin", "arccos"):
        given = writer.require(i, known, -1.0, 1.0)
        low = -1.6 if name == "arcsin" else 0.0
        return call, ranges.span(low, 3.2, min(given.tiny / 2.0, 1e-9), True, given.null)
    raise Unprovable("domain")


def _power(writer: Writer, i: int, exponent: float, known: Known) -> tuple[str, Range]:
    text, given = writer.number(i, known)
    if not math.isfinite(exponent) or abs(exponent) > 100.0 or (exponent == 0.0 and given.null):
        raise Unprovable("domain")
    if exponent == 0.0:
        return write.number(1.0), ranges.of_values([1.0])
    if not exponent.is_integer():
        given = writer.require(i, known, 0.0, math.inf)
    if exponent < 0.0 and given.zero:
        given = writer.require(i, known, -math.inf, math.inf, tiny=1e-100)
    digits = [exponent * math.log10(x) for x in (given.size, given.tiny) if 0.0 < x < math.inf]
    if max(digits, default=0.0) > 290.0:
        raise Unprovable("large" if exponent > 0.0 else "small")
    if min(digits, default=0.0) < -290.0:
        raise Unprovable("small" if exponent > 0.0 else "large")
    high = 10.0 ** max(digits, default=0.0)
    low = 10.0 ** min(digits, default=0.0)
    found = ranges.span(-high if given.low < 0.0 else 0.0, high, low * 0.99, given.zero, given.null)
    if given.low > 0.0:
        found = ranges.span(low, high, low, False, given.null)
    return f"power({text}, {write.number(exponent)})", _widened(found)


def _exponential(writer: Writer, i: int, name: str, known: Known, call: str) -> tuple[str, Range]:
    given = writer.require(i, known, -_GREATEST_EXPONENT, _GREATEST_EXPONENT)
    text, _ = writer.number(i, known)
    low, high = math.exp(given.low), math.exp(given.high)
    if name == "exp":
        return f"exp({text})", _widened(ranges.span(low, high, null=given.null))
    if name == "exp2":
        return call, _widened(ranges.span(2.0**given.low, 2.0**given.high, null=given.null))
    size = math.exp(given.size)
    if name == "cosh":
        return call, _widened(ranges.span(1.0, size, null=given.null))
    low = -1.0 if name == "expm1" else -size
    return call, _widened(ranges.span(low, size, min(given.tiny / 2.0, 1e-20), True, given.null))


def _logarithm(writer: Writer, i: int, name: str, known: Known, soft: bool, call: str) -> tuple[str, Range]:
    floor = -0.999999 if name == "log1p" else 1e-100
    given = writer.require(i, known, floor, math.inf)
    text, _ = writer.number(i, known)
    if name == "log1p":
        found = ranges.span(
            math.log1p(given.low), math.log1p(given.high), min(given.tiny / 2.0, 1e-20), True, given.null
        )
        # It loses what is beyond the sixteenth decimal, which matters to thresholds alone.
        return (f"ln({write.number(1.0)} + {text})" if soft and given.size < ranges.GREATEST else call), _widened(found)
    function = {"log": math.log, "log2": math.log2, "log10": math.log10}[name]
    found = _widened(ranges.span(function(given.low), function(given.high), 1e-17, True, given.null))
    return {"log": f"ln({text})", "log10": f"log({text})"}.get(name, call), found


def _widened(a: Range) -> Range:
    """The same with room for the last digits of a function that does not round monotonely."""
    edge = 1e-7 * a.size
    low = a.low if a.low == 0.0 else a.low - edge if a.low < 0.0 else a.low * (1.0 - 1e-7)
    return ranges.span(low, a.high + edge, a.tiny * (1.0 - 1e-7), a.zero, a.null)
