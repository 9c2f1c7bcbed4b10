"""Plan → plain SQL arithmetic, behind guards under which it is exact and cannot raise."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from typing import Any

from dbml.scorer.bounds import Range, span
from dbml.scorer.sql import arithmetic, functions, tables, trees
from dbml.scorer.sql import text as write
from dbml.scorer.sql.conditions import CONDITIONS, guard, refine
from dbml.scorer.sql.facts import Facts, facts
from dbml.scorer.sql.linear import Folded, fold
from dbml.scorer.sql.writer import At, Numbers, Writer

NUMBERS: Numbers = {
    "number": arithmetic.row_number,
    "add": arithmetic.add,
    "subtract": arithmetic.subtract,
    "multiply": arithmetic.multiply,
    "divide": arithmetic.divide,
    "minimum": arithmetic.extreme,
    "maximum": arithmetic.extreme,
    "function": functions.function,
    "round32": functions.round32,
    "sum": arithmetic.sum_,
    "dot": arithmetic.dot,
    "sigmoid": arithmetic.sigmoid,
    "softmax": arithmetic.softmax,
    "indicator": arithmetic.indicator,
    "select": arithmetic.select,
    "match": tables.match,
    "step": tables.step,
    "interpolate": tables.interpolate,
    "polynomial": tables.polynomial,
    "trees": trees.trees,
}
# What depends on one text alone, or on nothing, is written by its values: see `by_key`.
BY_VALUE = frozenset(("text", "constant", "absent", "is", "fill", "lookup"))

CHARACTERS_AT_MOST = 400_000

# Guards from wide to narrow: greater numbers go to the careful expression.
_LARGE = (math.inf, 1e100, 1e60, 1e30, 1e15, 1e9, 1e6)
# The same for numbers near zero, where a product would underflow.
_SMALL = (0.0, 1e-100, 1e-50, 1e-20, 1e-9)
# No guard needs to let pass more than this.
_ENOUGH = 1e15
_MAXIMUM = math.nextafter(math.inf, 0.0)
# The greatest magnitude of PostgreSQL's type integer.
_INTEGER = 2.0**31


def expression(plan: Mapping[str, Any]) -> str:
    """Write a plan as one expression: the score, or NULL where only the careful one knows."""
    known = facts(plan)
    folded = fold(plan, known)
    levels = [[0, 0] for _ in range(plan["numbers"])]
    while True:
        try:
            return _guarded(plan, known, folded, levels)
        except At as failed:
            side, steps = (1, _SMALL) if failed.kind == "small" else (0, _LARGE)
            sources = [i for i in known.numbers[failed.index] if levels[i][side] < len(steps) - 1]
            if failed.kind == "domain" or not sources:
                # Nothing plain can be proven.
                nothing = write.number_or_null(math.nan)
                return f"array[{nothing}]::float8[]" if "outputs" in plan else nothing
            for i in sources:
                levels[i][side] += 1


def _guarded(plan: Mapping[str, Any], known: Facts, folded: Folded, levels: list[list[int]]) -> str:
    used = sorted({node["index"] for node in plan["nodes"] if node["op"] == "number"})
    places = {node["index"]: place for place, node in enumerate(plan["nodes"]) if node["op"] == "number"}
    bound = write.Bound(CHARACTERS_AT_MOST)
    rows = [span(-_MAXIMUM, _MAXIMUM, missing=i in known.nullable) for i in range(plan["numbers"])]
    # What the checks say of the numbers makes narrower guards, and those make the checks come true.
    first = Writer(plan["nodes"], known, rows, {}, bound, NUMBERS, CONDITIONS)
    told: dict[int, Range] = {}
    for check in plan["checks"]:
        try:
            told.update(refine(first, check["node"], True, told))
        except At:
            continue
    limits = {}
    for i in used:
        limit = min(_LARGE[levels[i][0]], folded.limits.get(i, math.inf))
        size = told[places[i]].size if places[i] in told else math.inf
        limits[i] = min(limit, math.nextafter(size, math.inf))
    guards = []
    told_by_null = _strict(plan, known, folded, plan["output"])
    # Only what is fitted on integers, or on false and true, is refused where float8 stops holding every integer.
    whole = {i for i in used if places[i] in told and told[places[i]].size <= 2.0**53}
    for limit, group in _groups(limits, folded.due):
        top = math.nextafter(limit, 0.0)
        integers = sorted(whole.intersection(group))
        rising = {i: folded.rising[i] for i in integers if i in folded.rising and told[places[i]].size > _INTEGER}
        for i in group:
            missing = rows[i].missing and told.get(places[i], rows[i]).missing
            low, high = -top, top
            if i in rising:
                low, high = (low, max(high, _INTEGER)) if rising[i] else (min(low, -_INTEGER), high)
            rows[i] = span(low, high, _SMALL[levels[i][1]], True, missing)
        guards += _guard({i: rows[i].missing for i in integers}, limit, told_by_null, False, rising)
        guards += _guard({i: rows[i].missing for i in sorted(set(group) - whole)}, limit, told_by_null, True, {})
        for i in group:
            if levels[i][1]:
                guards.append(_apart(write.number_input(i), _SMALL[levels[i][1]], rows[i].missing))
    writer = Writer(plan["nodes"], known, rows, folded.nodes, bound, NUMBERS, CONDITIONS)
    for check in plan["checks"]:
        guard(writer, check["node"])
    texts = [writer.number(output, writer.root)[0] for output in plan.get("outputs", [plan["output"]])]
    text = f"array[{', '.join(texts)}]::float8[]" if "outputs" in plan else texts[0]
    guards += writer.guards
    return bound.text(f"case when {' and '.join(guards)} then {text} end" if guards else text)


def _groups(limits: Mapping[int, float], due: Mapping[int, float]) -> list[tuple[float, list[int]]]:
    """Numbers that can share a limit: the least of them lets pass what each of them must."""
    groups: list[tuple[float, list[int]]] = []
    for i in sorted(limits, key=lambda i: limits[i]):
        if groups and min(due.get(i, _ENOUGH), limits[i]) <= groups[-1][0]:
            groups[-1][1].append(i)
        else:
            groups.append((limits[i], [i]))
    return groups


def _strict(plan: Mapping[str, Any], known: Facts, folded: Folded, index: int) -> frozenset[int]:
    """Numbers of the row without which a node's text is NULL, which is as good as a guard."""
    node = plan["nodes"][index]
    if node["op"] == "number":
        return frozenset([node["index"]])
    if node["op"] == "sigmoid" and known.gain[index] is not None:
        return _strict(plan, known, folded, node["of"][0])
    parts = [i for i, weight in folded.nodes[index].weights.items() if weight] if index in folded.nodes else []
    return frozenset().union(*(_strict(plan, known, folded, i) for i in parts))


def _guard(
    group: Mapping[int, bool], limit: float, told_by_null: Container[int], cast: bool, rising: Mapping[int, bool]
) -> list[str]:
    """Numbers within a limit; each with whether it may be NULL.

    ``least`` and ``greatest`` of many numbers are one operation each, and preparing operations is what costs. They
    skip NULL, and NaN is the greatest of all.

    :param cast: to float8 each; left out, the least and the greatest alone are, which is shorter where the columns
        are integers, and the same where they are not.
    :param rising: see :class:`.linear.Folded`; what is an integer by its type is asked on one side alone.
    """
    texts = [write.number_input(i) for i in group]
    if not texts:
        return []
    if len(texts) == 1 and not rising:
        # abs of the least integer would raise.
        inside = f"abs({texts[0]}) < {write.number(limit)}"
        return [f"({inside}) is not false" if all(group.values()) else inside]
    # Compared with an integer, integers need no cast at all.
    whole = not cast and 1.0 <= limit <= _INTEGER
    low, high = (str(math.floor(limit) * sign) if whole else write.number(limit * sign) for sign in (-1, 1))
    arms = []
    for function, side, bound in (("least", True, f"> {low}"), ("greatest", False, f"< {high}")):
        listed = texts if cast else [write.raw_number_input(i) for i in group if rising.get(i, side) is side]
        # Apart, so that nothing is left of them where all are integers.
        others = [write.unbounded_input(i) for i in group if rising.get(i, side) is not side]
        arms += [f"{function}({', '.join(some)}) {bound}" for some in (listed, others) if some]
    inside = " and ".join(arms)
    if all(group.values()):
        return [f"({inside}) is not false"]
    asked = [i for i, null in group.items() if not null and i not in told_by_null]
    return [*(f"{write.raw_number_input(i)} is not null" for i in asked), inside]


def _apart(text: str, small: float, null: bool) -> str:
    """A number that is zero or some way from it."""
    apart = f"(abs({text}) >= {write.number(small)} or {text} = {write.number(0.0)})"
    return f"({apart} is not false)" if null else apart
