"""Conditions in plain SQL, and what a condition that holds, or does not, says about its nodes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from dbml.scorer import bounds
from dbml.scorer.bounds import Range
from dbml.scorer.sql.writer import At, Condition, Conditions, Known, Writer


def guard(writer: Writer, check: int) -> None:
    """Let only rows pass for which a condition holds.

    :raises At: that cannot be asked in plain SQL.
    """
    text, truth, _ = writer.condition(check, writer.root)
    if truth is False:
        raise At(check, "domain")
    if truth is None:
        writer.guards.append(text)
        writer.root = {**writer.root, **refine(writer, check, True, writer.root)}


def _comparison(writer: Writer, index: int, known: Known) -> Condition:
    op = writer.nodes[index]["op"]
    (a, x), (b, y) = (writer.number(i, known) for i in writer.nodes[index]["of"])
    sign = {"less": "<", "less_equal": "<=", "equal": "="}[op]
    null = x.missing or y.missing
    truth = None
    if op == "equal":
        truth = False if x.high < y.low or y.high < x.low else None
    elif x.high < y.low or (op == "less_equal" and x.high <= y.low):
        truth = None if null else True
    elif x.low > y.high or (op == "less" and x.low >= y.high):
        truth = False
    return f"({a} {sign} {b})", truth, null


def _there(writer: Writer, index: int, known: Known) -> Condition:
    node = writer.nodes[index]
    text, found = writer.number(node["of"][0], known)
    truth = True if not found.missing else False if found.empty else None
    if node["op"] == "finite":
        return f"({text} is not null)", truth, False
    return f"({text} is null)", None if truth is None else not truth, False


def _not(writer: Writer, index: int, known: Known) -> Condition:
    text, truth, null = writer.condition(writer.nodes[index]["of"][0], known)
    return f"({text} is not true)" if null else f"(not {text})", None if truth is None else not truth, False


def _joined(writer: Writer, index: int, known: Known) -> Condition:
    node = writer.nodes[index]
    wanted = node["op"] == "all"
    if not wanted and _inside_or_missing(writer, node.get("of", []), known):
        return "true", True, False
    open_ = [part for part in (writer.condition(i, known) for i in node.get("of", [])) if part[1] is not wanted]
    if any(part[1] is not None for part in open_):
        return "true" if not wanted else "false", not wanted, False
    if not open_:
        return "true" if wanted else "false", wanted, False
    text = f" {'and' if wanted else 'or'} ".join(part[0] for part in open_)
    return f"({text})" if len(open_) > 1 else text, None, any(part[2] for part in open_)


def _unless_missing(writer: Writer, of: Sequence[int]) -> tuple[int, int] | None:
    """Of ``inside or missing``, the number that may be missing and the other condition."""
    missing = [writer.nodes[i]["of"][0] for i in of if writer.nodes[i]["op"] == "missing"]
    others = [i for i in of if writer.nodes[i]["op"] != "missing"]
    return (missing[0], others[0]) if len(missing) == len(others) == 1 else None


def _inside_or_missing(writer: Writer, of: Sequence[int], known: Known) -> bool:
    """Whether ``x < limit or missing``, or the same of its magnitude, holds for all that x can be."""
    pair = _unless_missing(writer, of)
    if pair is None or writer.nodes[pair[1]]["op"] != "less":
        return False
    number, (asked, limit) = pair[0], writer.nodes[pair[1]]["of"]
    magnitude = writer.nodes[asked].get("name") == "absolute" and writer.nodes[asked]["of"] == [number]
    (_, given), (_, most) = writer.number(asked, known), writer.number(limit, known)
    return (asked == number or magnitude) and given.high < most.low and not most.missing


CONDITIONS: Conditions = {
    "less": _comparison,
    "less_equal": _comparison,
    "equal": _comparison,
    "finite": _there,
    "missing": _there,
    "not": _not,
    "all": _joined,
    "any": _joined,
}


def refine(writer: Writer, index: int, truth: bool, known: Known) -> dict[int, Range]:
    """What a condition that holds, or does not, says about its nodes."""
    node = writer.nodes[index]
    op, of = node["op"], node.get("of", [])
    if writer.facts.tables[index] is not None:
        return {}
    if op == "not":
        return refine(writer, of[0], not truth, known)
    if (op == "all" and truth) or (op == "any" and not truth):
        found: dict[int, Range] = {}
        for i in of:
            found.update(refine(writer, i, truth, {**known, **found}))
        return found
    if op == "any":
        return _refine_unless_missing(writer, of, known)
    if op in ("finite", "missing"):
        there = (op == "finite") is truth
        return {of[0]: writer.number(of[0], known)[1].present() if there else bounds.NOTHING}
    if op in ("less", "less_equal"):
        return _refine_order(writer, of, (op == "less") is truth, truth, known)
    return _refine_equality(writer, of, truth, known) if op == "equal" else {}


def _refine_order(writer: Writer, of: Sequence[int], strict: bool, truth: bool, known: Known) -> dict[int, Range]:
    (_, x), (_, y) = (writer.number(i, known) for i in of)
    if truth:
        x, y = x.present(), y.present()
        high, low = (_before(y.high), _after(x.low)) if strict else (y.high, x.low)
        return _told(writer, {of[0]: x.within(-math.inf, high), of[1]: y.within(low, math.inf)}, known)
    # It is false as well where one of them is missing.
    low, high = (_after(y.low), _before(x.high)) if strict else (y.low, x.high)
    found = {} if y.missing else {of[0]: x.within(low, math.inf)}
    return _told(writer, found if x.missing else {**found, of[1]: y.within(-math.inf, high)}, known)


def _refine_equality(writer: Writer, of: Sequence[int], truth: bool, known: Known) -> dict[int, Range]:
    (_, x), (_, y) = (writer.number(i, known) for i in of)
    if truth:
        x, y = x.present(), y.present()
        return _told(writer, {of[0]: x.within(y.low, y.high), of[1]: y.within(x.low, x.high)}, known)
    return {of[0]: x.never_zero()} if y.low == y.high == 0.0 and not (x.missing and y.missing) else {}


def _refine_unless_missing(writer: Writer, of: Sequence[int], known: Known) -> dict[int, Range]:
    pair = _unless_missing(writer, of)
    found = refine(writer, pair[1], True, known).get(pair[0]) if pair else None
    if pair is None or found is None:
        return {}
    return {pair[0]: replace(found, missing=writer.number(pair[0], known)[1].missing)}


def _told(writer: Writer, found: dict[int, Range], known: Known) -> dict[int, Range]:
    """Pass on what is known of an absolute value."""
    for index in list(found):
        node = writer.nodes[index]
        if node.get("name") == "absolute":
            inner = writer.number(node["of"][0], known)[1].within(-found[index].high, found[index].high)
            found[node["of"][0]] = inner if found[index].missing else inner.present()
    return found


def _after(x: float) -> float:
    return math.nextafter(x, math.inf)


def _before(x: float) -> float:
    return math.nextafter(x, -math.inf)
