"""Sums, products and what is smooth, in plain SQL."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from dbml.scorer import bounds
from dbml.scorer.sql import by_key, proof
from dbml.scorer.sql import text as write
from dbml.scorer.sql.conditions import refine
from dbml.scorer.sql.linear import Linear
from dbml.scorer.sql.proof import Unprovable
from dbml.scorer.sql.writer import At, Known, Number, Writer

# Added to what might be so small that a product underflows; see `_times`.
_LIFT = 1e-80
# Weights below are left as they are; others become at least 1 in their sum.
_LEAST_STEP = 1e-60


def row_number(writer: Writer, index: int, known: Known) -> Number:
    """A number of the row."""
    place = writer.nodes[index]["index"]
    return write.number_input(place), writer.row[place]


def _pair(writer: Writer, index: int, known: Known) -> tuple[Number, Number]:
    first, second = writer.nodes[index]["of"]
    return writer.number(first, known), writer.number(second, known)


def extreme(writer: Writer, index: int, known: Known) -> Number:
    """``minimum`` and ``maximum``."""
    smaller = writer.nodes[index]["op"] == "minimum"
    (a, x), (b, y) = _pair(writer, index, known)
    found = (bounds.minimum if smaller else bounds.maximum)(x, y)
    text = f"{'least' if smaller else 'greatest'}({a}, {b})"
    if found.missing:
        absent = " or ".join(f"{t} is null" for t, r in ((a, x), (b, y)) if r.missing)
        text = f"case when {absent} then null::float8 else {text} end"
    return text, found


def add(writer: Writer, index: int, known: Known) -> Number:
    """``a + b``."""
    (a, x), (b, y) = _pair(writer, index, known)
    return f"({a} + {b})", proof.add(x, y)


def subtract(writer: Writer, index: int, known: Known) -> Number:
    """``a - b``."""
    (a, x), (b, y) = _pair(writer, index, known)
    return f"({a} - {b})", proof.subtract(x, y)


def multiply(writer: Writer, index: int, known: Known) -> Number:
    """``a * b``."""
    of = writer.nodes[index]["of"]
    (a, x), (b, y) = _pair(writer, index, known)
    found = proof.multiply(x, y)
    if of[0] == of[1] and not found.empty:
        found = found.within(0.0, math.inf)
    return f"({a} * {b})", found


def divide(writer: Writer, index: int, known: Known) -> Number:
    """``a / b``."""
    (a, x), (b, y) = _pair(writer, index, known)
    if y.zero:
        y = writer.require(writer.nodes[index]["of"][1], known, -math.inf, math.inf, tiny=1e-100)
    return f"({a} / {b})", proof.divide(x, y)


def sum_(writer: Writer, index: int, known: Known) -> Number:
    """A sum from left to right."""
    return _sum([writer.number(i, known) for i in writer.nodes[index].get("of", [])])


def _sum(terms: Sequence[Number]) -> Number:
    if not terms:
        return _constant(0.0)
    total = terms[0][1]
    for _, term in terms[1:]:
        total = proof.add(total, term)
    return f"({' + '.join(text for text, _ in terms)})", total


def _constant(value: float) -> Number:
    return write.number(value), proof.constant(value)


def _not_zero(terms: Iterable[Number]) -> list[Number]:
    return [term for term in terms if term[1] != proof.constant(0.0)]


def dot(writer: Writer, index: int, known: Known, factor: float = 1.0) -> Number:
    """A sum of products, times a power of two or its negative, which is exact."""
    if index in writer.folded:
        return _linear(writer, writer.folded[index].times(factor), known)
    node = writer.nodes[index]
    constant = node["constant"]
    terms: list[Number] = []
    pending: tuple[frozenset[int], list[Any]] | None = None
    lifts = abs(constant) >= 1e-10 or writer.facts.gain[index] is not None

    def close() -> None:
        if pending is not None:
            terms.append(by_key.number(writer.facts, pending[1], pending[0]))

    weights = (factor * weight for weight in node["weights"])
    for i, weight in zip(node.get("of", []), weights, strict=True):
        table = writer.facts.tables[i]
        if table is not None:
            worth = [value * weight for value in table]
            if pending is not None and pending[0] == writer.facts.texts[i] and _one_hot(pending[1], worth):
                pending = (pending[0], [a + b for a, b in zip(pending[1], worth, strict=True)])
                continue
            close()
            pending = (writer.facts.texts[i], worth)
            continue
        close()
        pending = None
        terms.append(_product(writer, i, weight, lifts, known))
    close()
    terms = _not_zero(terms)
    if constant != 0.0 or not terms:
        terms.append(_constant(factor * constant))
    return _sum(terms)


def _one_hot(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether adding them up key by key adds nothing but zeros: then the order of the sum does not matter."""
    return all(x == 0.0 or y == 0.0 for x, y in zip(a, b, strict=True))


def _linear(writer: Writer, linear: Linear, known: Known) -> Number:
    """A folded sum.

    Its weights are brought to 1 and more, so that no product underflows and one factor makes up for it at the
    end: a power of two, which changes no digit.
    """
    least = min((abs(weight) for weight in linear.weights.values() if weight), default=1.0)
    step = 2.0 ** math.floor(math.log2(least)) if _LEAST_STEP < least < 1.0 else 1.0
    terms = [by_key.number(writer.facts, [x / step for x in worth], text) for text, worth in linear.tables.items()]
    terms += [_product(writer, i, weight / step, True, known) for i, weight in linear.weights.items()]
    terms.append(_constant(linear.constant / step))
    total = _sum(_not_zero(terms))
    return total if step == 1.0 else _times(total, step, True)


def _product(writer: Writer, index: int, weight: float, lifts: bool, known: Known) -> Number:
    node = writer.nodes[index]
    if node["op"] == "indicator":
        return _choose(writer, node["of"][0], _constant(weight), _constant(0.0), known)
    text, found = writer.number(index, known)
    if weight == 0.0 and not found.missing:
        return _constant(0.0)
    if weight == 1.0:
        return text, found
    if weight == -1.0:
        return f"(- {text})", bounds.negative(found)
    try:
        return _times((text, found), weight, lifts)
    except Unprovable as failed:
        raise At(index, failed.kind) from None


def _times(value: Number, factor: float, lifts: bool) -> Number:
    """A product. ``lifts``: what is added against underflow is lost, in the intercept or in a smooth score."""
    text, found = value
    try:
        return f"({text} * {write.number(factor)})", proof.multiply(found, proof.constant(factor))
    except Unprovable as failed:
        if failed.kind != "small" or not lifts or not 1e-100 < abs(factor) < 1e10:
            raise
        lifted = proof.multiply(proof.add(found, proof.constant(_LIFT)), proof.constant(factor))
        return f"(({text} + {write.number(_LIFT)}) * {write.number(factor)})", lifted


def sigmoid(writer: Writer, index: int, known: Known) -> Number:
    """``1 / (1 + exp(-x))``; where only the absolute error counts, ``(1 + tanh(x / 2)) / 2``.

    That needs no bounds, and is NULL where x is.
    """
    smooth = writer.facts.gain[index] is not None
    of = writer.nodes[index]["of"][0]
    text, found = _times_exactly(writer, of, known, 0.5 if smooth else -1.0)
    if smooth:
        low, high = (0.5 + 0.5 * math.tanh(end) for end in (found.low, found.high))
        inside = bounds.span(max(low - 1e-15, 0.0), min(high + 1e-15, 1.0), missing=found.missing)
        return f"('0.5'::float8 + '0.5'::float8 * tanh({text}))", inside
    # Beyond 700 the answer is 0 or 1 to the last digit, except for a logarithm or a threshold near 0.
    if found.size > 700.0:
        writer.require(of, known, -700.0, 700.0)
    low, high = (1.0 / (1.0 + math.exp(max(-700.0, min(700.0, z)))) for z in (found.high, found.low))
    inside = bounds.span(low * 0.999, min(high * 1.001, 1.0), missing=found.missing)
    return f"('1'::float8 / ('1'::float8 + exp({text})))", inside


def _times_exactly(writer: Writer, index: int, known: Known, factor: float) -> Number:
    """A node times a power of two or its negative."""
    if writer.nodes[index]["op"] == "dot" and writer.facts.tables[index] is None and index not in known:
        return dot(writer, index, known, factor)
    return _product(writer, index, factor, True, known)


def softmax(writer: Writer, index: int, known: Known) -> Number:
    """One over a sum of exponentials of differences, which is smooth alone."""
    node = writer.nodes[index]
    if writer.facts.gain[index] is None:
        raise Unprovable("domain")
    own = node["of"][node["index"]]
    terms = ["'1'::float8"]
    for place, i in enumerate(node["of"]):
        if place == node["index"]:
            continue
        if i in writer.folded and own in writer.folded:
            text, found = _linear(writer, writer.folded[i].minus(writer.folded[own]), known)
        else:
            (a, x), (b, y) = writer.number(i, known), writer.number(own, known)
            text, found = f"{a} - {b}", proof.subtract(x, y)
        if found.missing:
            raise Unprovable("domain")
        terms.append(f"exp(least(greatest({text}, '-700'::float8), '700'::float8))")
    return f"('1'::float8 / ({' + '.join(terms)}))", bounds.span(1e-310, 1.0)


def indicator(writer: Writer, index: int, known: Known) -> Number:
    """1 where a condition holds, else 0."""
    return _choose(writer, writer.nodes[index]["of"][0], _constant(1.0), _constant(0.0), known)


def _choose(writer: Writer, condition: int, yes: Number, no: Number, known: Known) -> Number:
    text, truth, _ = writer.condition(condition, known)
    if truth is not None:
        return yes if truth else no
    return f"case when {text} then {yes[0]} else {no[0]} end", bounds.union(yes[1], no[1])


def select(writer: Writer, index: int, known: Known) -> Number:
    """One number or another; in each, what the condition says of the nodes is known."""
    condition, yes, no = writer.nodes[index]["of"]
    text, truth, _ = writer.condition(condition, known)
    if truth is not None:
        return writer.number(yes if truth else no, known)
    chosen = writer.number(yes, {**known, **refine(writer, condition, True, known)})
    other = writer.number(no, {**known, **refine(writer, condition, False, known)})
    node = writer.nodes[condition]
    found = bounds.union(chosen[1], other[1])
    if node["op"] == "missing" and node["of"][0] == no:
        return f"coalesce({other[0]}, {chosen[0]})", found
    return f"case when {text} then {chosen[0]} else {other[0]} end", found
