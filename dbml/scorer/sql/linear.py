"""Scaling folded into the weights that follow it: ``(x - m) / s * w`` costs three operations, ``x * a`` one.

That changes the last digits, so it is done only where no threshold follows, and only for rows in which the
largest change that rounding can make is far below what the gate allows: the guards see to it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dbml._plpython.agreement import ABSOLUTE
from dbml.scorer.sql.facts import Facts

# What folding may change in the score, of what the gate allows.
CHANGE_AT_MOST = ABSOLUTE / 10.0
# Half a step of a double relative to it, and some room.
_ROUNDING = 1.2e-16
# Rows so many standard deviations from the mean must still pass; numbers that nothing scales, up to this.
_DEVIATIONS = 30.0
_UNSCALED = 1e6
# A third of twice this is where a sigmoid is 1 to the last digit, with room for what rounding does to its argument.
_SATURATED = 100.0


@dataclass(frozen=True)
class Linear:
    """``sum(weight * node) + sum(table of a text) + constant``.

    :param weights: per node.
    :param tables: per text (as :attr:`Facts.tables`), the worth of its keys.
    """

    weights: dict[int, float]
    tables: dict[frozenset[int], list[float]]
    constant: float

    def minus(self, other: Linear) -> Linear:
        """The difference."""
        weights = dict(self.weights)
        for node, weight in other.weights.items():
            weights[node] = weights.get(node, 0.0) - weight
        tables = dict(self.tables)
        for text, worth in other.tables.items():
            own = tables.get(text, [0.0] * len(worth))
            tables[text] = [a - b for a, b in zip(own, worth, strict=True)]
        return Linear(weights, tables, self.constant - other.constant)

    def times(self, factor: float) -> Linear:
        """The same times a power of two or its negative."""
        weights = {node: weight * factor for node, weight in self.weights.items()}
        tables = {text: [value * factor for value in worth] for text, worth in self.tables.items()}
        return Linear(weights, tables, self.constant * factor)


@dataclass(frozen=True)
class Folded:
    """What has been folded.

    :param nodes: per ``dot`` node its folded form.
    :param limits: per number of the row, the magnitude that it must stay below.
    :param due: the magnitude that a guard must let pass, because rows do come so far.
    :param rising: numbers that need their limit on one side alone, if they are finite: where the score rises with
        them below, else above. See :func:`_rising`.
    """

    nodes: dict[int, Linear]
    limits: dict[int, float]
    due: dict[int, float]
    rising: dict[int, bool]


def fold(plan: Mapping[str, Any], facts: Facts) -> Folded:
    """Fold what can be."""
    folded = Folded({}, {}, {}, {})
    for index, node in enumerate(plan["nodes"]):
        if node["op"] == "dot" and facts.gain[index] is not None and facts.tables[index] is None:
            found = _fold(plan["nodes"], facts, index)
            if found is not None:
                folded.nodes[index], bounds, saturates = found
                if saturates:
                    folded.rising.update(_rising(plan, facts, index, folded.nodes[index]))
                for number, (limit, due) in bounds.items():
                    folded.limits[number] = min(limit, folded.limits.get(number, math.inf))
                    folded.due[number] = max(due, folded.due.get(number, 0.0))
    return folded


def _rising(plan: Mapping[str, Any], facts: Facts, index: int, linear: Linear) -> dict[int, bool]:
    """Numbers whose limit on one side does for both, because the score is a sigmoid of this sum and of nothing else.

    With ``most`` as in :func:`_fold`, no terms bounded from below come to less than ``-most`` together. So where the
    magnitudes of all terms come to more than twice ``most``, the sum is above a third of them, and its sigmoid is 1
    whatever rounding does; where they do not, rounding changes twice what it would under both limits.
    """
    output = plan["nodes"][plan["output"]]
    if output["op"] != "sigmoid" or output["of"] != [index]:
        return {}
    times = Counter(number for base in linear.weights for number in facts.numbers[base])
    bases = {base: plan["nodes"][base] for base, weight in linear.weights.items() if weight}
    return {
        node["index"]: linear.weights[base] > 0.0
        for base, node in bases.items()
        if node["op"] == "number" and times[node["index"]] == 1
    }


def _fold(nodes: Any, facts: Facts, index: int) -> tuple[Linear, dict[int, tuple[float, float]], bool] | None:
    """A ``dot`` node folded, per number its limit and what is due, and whether there is room for :func:`_rising`."""
    node = nodes[index]
    weights: dict[int, float] = {}
    tables: dict[frozenset[int], list[float]] = {}
    parts = [float(node["constant"])]
    # Per base, the least magnitude that must pass.
    due: dict[int, float] = {}
    steps = 0
    for i, weight in zip(node.get("of", []), node["weights"], strict=True):
        table = facts.tables[i]
        if table is not None:
            worth = [value * weight for value in table]
            own = tables.get(facts.texts[i], [0.0] * len(worth))
            tables[facts.texts[i]] = [a + b for a, b in zip(own, worth, strict=True)]
            continue
        base, factor, offset, taken = _affine(nodes, facts, i)
        number = _number(nodes, facts, base)
        if number is None or factor == 0.0 or weight == 0.0:
            return None
        steps += taken
        weights[base] = weights.get(base, 0.0) + weight * factor
        parts.append(weight * offset)
        wanted = (abs(offset) + _DEVIATIONS) / abs(factor) if taken else _UNSCALED
        due[base] = max(due.get(base, 0.0), wanted, number[1])
    if not steps:
        return None
    terms = len(weights) + len(tables) + 1
    # Twice, because a softmax takes differences; and twice, for what it is compared with rounds as well.
    most = CHANGE_AT_MOST / (max(facts.gain[index] or 0.0, 1e-6) * 4.0 * (terms + 8) * _ROUNDING)
    fixed = sum(abs(part) for part in parts) + sum(max(map(abs, worth)) for worth in tables.values())
    if not fixed <= most / 2.0:
        return None
    limits: dict[int, tuple[float, float]] = {}
    for base, weight in weights.items():
        limit = most / (2.0 * len(weights) * abs(weight)) if weight else math.inf
        found = _number(nodes, facts, base)
        if limit < due[base] or found is None:
            return None
        limits[found[0]] = limit, due[base]
    return Linear(weights, tables, math.fsum(parts)), limits, fixed <= most / 8.0 and most >= _SATURATED


def _affine(nodes: Any, facts: Facts, index: int) -> tuple[int, float, float, int]:
    """A node as ``factor * base + offset``, and how many operations that saves."""
    factor, offset, steps = 1.0, 0.0, 0
    while True:
        node = nodes[index]
        op, of = node["op"], node.get("of", [])
        if op not in ("add", "subtract", "multiply", "divide"):
            return index, factor, offset, steps
        constants = [_constant(facts, i) for i in of]
        if (constants[0] is None) == (constants[1] is None):
            return index, factor, offset, steps
        value = constants[0] if constants[1] is None else constants[1]
        first = constants[1] is None
        if value is None or not math.isfinite(value) or (op == "divide" and (first or value == 0.0)):
            return index, factor, offset, steps
        # factor * (base op value) + offset
        if op == "add":
            offset += factor * value
        elif op == "subtract":
            offset += factor * (value if first else -value)
            factor = -factor if first else factor
        else:
            factor = factor * value if op == "multiply" else factor / value
        index = of[1] if first else of[0]
        steps += 1


def _number(nodes: Any, facts: Facts, index: int) -> tuple[int, float] | None:
    """The number of the row that a node is, perhaps imputed, and the magnitude of what it is imputed with."""
    node = nodes[index]
    if node["op"] == "number":
        return node["index"], 0.0
    if node["op"] != "select":
        return None
    condition, yes, no = node["of"]
    value = _constant(facts, yes)
    if nodes[condition]["op"] != "missing" or nodes[condition]["of"][0] != no or nodes[no]["op"] != "number":
        return None
    return None if value is None or not math.isfinite(value) else (nodes[no]["index"], abs(value))


def _constant(facts: Facts, index: int) -> float | None:
    table = facts.tables[index]
    return float(table[0]) if table is not None and not facts.texts[index] else None
