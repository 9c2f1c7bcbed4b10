"""The elementwise functions of a plan in plain SQL, with what their answers can be."""

from __future__ import annotations

import math
from collections.abc import Callable

from dbml.scorer import bounds
from dbml.scorer.bounds import Range, span
from dbml.scorer.sql import proof
from dbml.scorer.sql import text as write
from dbml.scorer.sql.proof import GREATEST, Unprovable
from dbml.scorer.sql.writer import Known, Number, Writer

_GREATEST_EXPONENT = 690.0


def round32(writer: Writer, index: int, known: Known) -> Number:
    """The nearest float32, where that is neither infinite nor zero for another reason."""
    text, given = writer.number(writer.nodes[index]["of"][0], known)
    if given.empty:
        return "null::float8", given
    if given.size > 3.4e38:
        raise Unprovable("large")
    if given.tiny < 1e-45:
        raise Unprovable("small")
    return f"{text}::float4::float8", _widened(given)


def function(writer: Writer, index: int, known: Known) -> Number:
    """A function by its name; those that are not among :data:`FUNCTIONS` are left to the careful form."""
    node = writer.nodes[index]
    text, given = writer.number(node["of"][0], known)
    if given.empty:
        return "null::float8", given
    if node["name"] not in FUNCTIONS:
        raise Unprovable("domain")
    return FUNCTIONS[node["name"]](_Call(writer, index, known, text, given))


class _Call:
    """One call of a function.

    :param text: the argument.
    :param given: what that can be.
    """

    def __init__(self, writer: Writer, index: int, known: Known, text: str, given: Range) -> None:
        self.writer, self.known, self.text, self.given = writer, known, text, given
        self.name, (self.argument,) = writer.nodes[index]["name"], writer.nodes[index]["of"]
        # Whether no jump follows, so that the last digits do not matter.
        self.soft = writer.facts.gain[index] is not None

    def require(self, low: float, high: float, tiny: float = 0.0) -> Range:
        """See to it that the argument is where the function is defined."""
        return self.writer.require(self.argument, self.known, low, high, tiny)

    @property
    def exact(self) -> str:
        """The call of dbml's own function, which never raises: as exact as numpy's where PostgreSQL has none such."""
        return f"dbml._ieee_function({write.text(self.name)}, {self.text})"


def _square(call: _Call) -> Number:
    found = proof.multiply(call.given, call.given).within(0.0, math.inf)
    return f"({call.text} * {call.text})", found


def _reciprocal(call: _Call) -> Number:
    given = call.require(-math.inf, math.inf, tiny=1e-100) if call.given.zero else call.given
    return f"({write.number(1.0)} / {call.text})", proof.divide(proof.constant(1.0), given)


def _rounded(call: _Call) -> Number:
    low, high = call.given.low, call.given.high
    if call.given.size < 1e17:
        low, high = float(math.floor(low)), float(math.ceil(high))
    name = "round" if call.name == "rint" else call.name
    return f"{name}({call.text})", span(low, high, 1.0, True, call.given.missing)


def _root(call: _Call) -> Number:
    given = call.require(0.0, math.inf)
    low, high = math.sqrt(max(given.low, 0.0)), math.sqrt(given.high)
    return f"sqrt({call.text})", span(low, high, math.sqrt(given.tiny) * 0.99, given.zero, given.missing)


def _exponential(call: _Call) -> Number:
    given = call.require(-_GREATEST_EXPONENT, _GREATEST_EXPONENT)
    low, high = math.exp(given.low), math.exp(given.high)
    if call.name == "exp":
        return f"exp({call.text})", _widened(span(low, high, missing=given.missing))
    found = span(-1.0, math.exp(given.size), min(given.tiny / 2.0, 1e-20), True, given.missing)
    return call.exact, _widened(found)


def _logarithm(call: _Call) -> Number:
    given = call.require(1e-100, math.inf)
    logarithm = {"log": math.log, "log2": math.log2, "log10": math.log10}[call.name]
    found = _widened(span(logarithm(given.low), logarithm(given.high), 1e-17, True, given.missing))
    return {"log": f"ln({call.text})", "log10": f"log({call.text})"}.get(call.name, call.exact), found


def _log1p(call: _Call) -> Number:
    given = call.require(-0.999999, math.inf)
    low, high = math.log1p(given.low), math.log1p(given.high)
    found = _widened(span(low, high, min(given.tiny / 2.0, 1e-20), True, given.missing))
    # It loses what is beyond the sixteenth decimal, which matters to thresholds alone.
    plain = call.soft and given.size < GREATEST
    return f"ln({write.number(1.0)} + {call.text})" if plain else call.exact, found


def _cube_root(call: _Call) -> Number:
    low, high = math.cbrt(call.given.low), math.cbrt(call.given.high)
    return call.exact, _widened(span(low, high, 1e-110, True, call.given.missing))


def _within(bound: float) -> Callable[[_Call], Number]:
    """What lies between bounds, whatever it is given."""
    return lambda call: (
        call.exact,
        span(-bound, bound, min(call.given.tiny / 2.0, 1e-25), True, call.given.missing),
    )


FUNCTIONS: dict[str, Callable[[_Call], Number]] = {
    "absolute": lambda call: (f"abs({call.text})", bounds.absolute(call.given)),
    "negative": lambda call: (f"(- {call.text})", bounds.negative(call.given)),
    "square": _square,
    "reciprocal": _reciprocal,
    **dict.fromkeys(("floor", "ceil", "rint"), _rounded),
    "sign": lambda call: (f"sign({call.text})", span(-1.0, 1.0, 1.0, True, call.given.missing)),
    "sqrt": _root,
    **dict.fromkeys(("exp", "expm1"), _exponential),
    **dict.fromkeys(("log", "log2", "log10"), _logarithm),
    "log1p": _log1p,
    "cbrt": _cube_root,
    **dict.fromkeys(("sin", "cos", "tanh"), _within(1.0)),
    "arctan": _within(1.6),
}


def _widened(a: Range) -> Range:
    """The same with room for the last digits of a function that does not round monotonely."""
    edge = 1e-7 * a.size
    low = a.low if a.low == 0.0 else a.low - edge if a.low < 0.0 else a.low * (1.0 - 1e-7)
    return span(low, a.high + edge, a.tiny * (1.0 - 1e-7), a.zero, a.missing)
