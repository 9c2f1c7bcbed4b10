"""Plan → SQL: the engine ``sql``.

A plan becomes two expressions. ``careful`` gives the plan's exact answer for every row, refusals included, by
calls of functions that compute as IEEE 754 has it. ``fast`` is plain arithmetic that the planner inlines into
triggers and queries, behind guards: conditions on the row under which no operation of PostgreSQL can raise and
none differs from IEEE's. Rows that the guards turn away (a missing value that nobody imputes, infinity, 1e300)
have NULL from it, and go to ``careful``. Which guards suffice is worked out from the plan, by bounding every
node's values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from dbml.scorer.sklearn.registry import Unsupported
from dbml.scorer.sql import text as write
from dbml.scorer.sql.careful import careful as write_careful
from dbml.scorer.sql.facts import Facts, facts
from dbml.scorer.sql.fast import At, Writer
from dbml.scorer.sql.linear import Folded, fold
from dbml.scorer.sql.ranges import Range, span
from dbml.scorer.sql.text import Bound, TooLarge

__all__ = ["Expression", "TooLarge", "render"]

# Measured: see docs/notes/expressions.md. The greater one is for servers where no other engine runs.
OPERATIONS_AT_MOST = 250
OPERATIONS_ALONE = 2500
FAST_CHARACTERS_AT_MOST = 400_000
CAREFUL_CHARACTERS_AT_MOST = 1_000_000

# Operations and functions of plans that nobody has written in SQL, and why.
_ERROR_FUNCTION = ", because PostgreSQL has no error function before version 16"
NOT_IN_SQL = {
    "ndtr": _ERROR_FUNCTION,
    "ndtri": _ERROR_FUNCTION,
    **dict.fromkeys(("arccosh", "arcsinh", "arctanh", "exp32", "modulo", "replace", "weighted_median"), ""),
}

# Guards from wide to narrow: greater numbers go to the careful expression.
_LARGE = (math.inf, 1e100, 1e60, 1e30, 1e15, 1e9, 1e6)
# The same for numbers near zero, where a product would underflow.
_SMALL = (0.0, 1e-100, 1e-50, 1e-20, 1e-9)

_OPERATION = re.compile(r"'(?:[^']|'')*'|[-+*/<>=]+|\b(?:when|is|in|and|or|not)\b|[a-z0-9_.]+\(|array\[|::float4")


@dataclass(frozen=True)
class Expression:
    """A plan as SQL, in pieces: text, input, text, input, …, text.

    Inputs are ``"n0"``, ``"n1"``, … (numbers), ``"r0"``, … (the same numbers in their columns' own types) and
    ``"t0"``, … (texts) in the plan's numbering; where they stand is always between parentheses. A number may be NULL,
    which is missing.

    :param fast: for triggers and queries: the score, or NULL where only ``careful`` knows; never raises.
    :param careful: the score, or SQLSTATE DB013 where the estimator refuses the row.
    """

    fast: list[str]
    careful: list[str]


def render(plan: Mapping[str, Any], at_most: int = OPERATIONS_AT_MOST, label: str = "the model") -> Expression:
    """Write a plan down.

    :param at_most: how many operations ``fast`` may have.
    :param label: who refuses a row, such as ``churn@1``.
    :raises TooLarge: the expression would cost more at each transaction's start than it is worth.
    :raises Unsupported: PostgreSQL lacks one of the functions.
    """
    for node in plan["nodes"]:
        missing = node["name"] if node["op"] == "function" else node["op"]
        if missing in NOT_IN_SQL:
            raise Unsupported(f"{missing} in SQL{NOT_IN_SQL[missing]}")
    bound = Bound(CAREFUL_CHARACTERS_AT_MOST)
    exact = write_careful(plan, label, bound.text)
    fast = _fast(plan)
    operations = count_operations(fast)
    if operations > at_most:
        raise TooLarge(f"the expression has {operations} operations, and more than {at_most} slow inserts down")
    return Expression(write.split(fast), write.split(exact))


def count_operations(expression: str) -> int:
    """How many operations PostgreSQL would prepare, nearly."""
    return sum(not found.startswith(("'", write.UNBOUNDED)) for found in _OPERATION.findall(expression))


def _fast(plan: Mapping[str, Any]) -> str:
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
                return write.number_or_null(math.nan)
            for i in sources:
                levels[i][side] += 1


def _guarded(plan: Mapping[str, Any], known: Facts, folded: Folded, levels: list[list[int]]) -> str:
    used = sorted({node["index"] for node in plan["nodes"] if node["op"] == "number"})
    places = {node["index"]: place for place, node in enumerate(plan["nodes"]) if node["op"] == "number"}
    bound = Bound(FAST_CHARACTERS_AT_MOST)
    rows = [span(-_MAXIMUM, _MAXIMUM, null=i in known.nullable) for i in range(plan["numbers"])]
    # What the checks say of the numbers makes narrower guards, and those make the checks come true.
    first = Writer(plan, known, rows, {}, bound)
    told: dict[int, Range] = {}
    for check in plan["checks"]:
        try:
            told.update(first.refine(check["node"], True, told))
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
            null = rows[i].null and told.get(places[i], rows[i]).null
            low, high = -top, top
            if i in rising:
                low, high = (low, max(high, _INTEGER)) if rising[i] else (min(low, -_INTEGER), high)
            rows[i] = span(low, high, _SMALL[levels[i][1]], True, null)
        guards += _guard({i: rows[i].null for i in integers}, limit, told_by_null, False, rising)
        guards += _guard({i: rows[i].null for i in sorted(set(group) - whole)}, limit, told_by_null, True, {})
        for i in group:
            if levels[i][1]:
                guards.append(_apart(write.number_input(i), _SMALL[levels[i][1]], rows[i].null))
    writer = Writer(plan, known, rows, folded.nodes, bound)
    for check in plan["checks"]:
        writer.guard(check["node"])
    text, _ = writer.number(plan["output"], writer.root)
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


# No guard needs to let pass more than this.
_ENOUGH = 1e15
_MAXIMUM = math.nextafter(math.inf, 0.0)
# The greatest magnitude of PostgreSQL's type integer.
_INTEGER = 2.0**31
