"""An ensemble's trees as Python expressions, for :mod:`.portable`.

A tree becomes nested conditional expressions: measured against walks over arrays or tuples, nothing in pure
Python decides faster (`docs/engines.md`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# CPython's tokenizer takes 200 nested parentheses and its compiler recurses: a deeper part of a tree becomes
# a function of its own.
DEPTH_IN_ONE_EXPRESSION = 40


# An expression, how deep its parentheses nest, and how long its chain of elses is.
Written = tuple[str, int, int]


@dataclass(frozen=True)
class Column:
    """What the trees ask for.

    :param text: an expression without side effects.
    :param names: the variables in it.
    :param condition: whether it is a condition that stands for 1 and 0, and no number.
    """

    text: str
    names: tuple[str, ...]
    condition: bool


def write(node: Mapping[str, Any], columns: Sequence[Column], functions: list[str]) -> list[str]:
    """Write the trees of a ``trees`` node, one expression each.

    :param functions: takes the functions that very deep trees need.
    """
    writer = _Writer(node, columns, functions)
    return [writer.write(root)[0] for root in node["roots"]]


def literal(value: float) -> str:
    """Write a number so that the very same double is read."""
    if value != value:
        return "nan"
    if value - value != 0.0:
        return "inf" if value > 0 else "-inf"
    # "not x > -1.0" and "3.0 - -1.0" read alike to the parser; -0.0 keeps its sign.
    return repr(value)


class _Writer:
    """Puts the side that needs fewer parentheses first: ``a if c else b`` nests freely in b and not in a."""

    def __init__(self, node: Mapping[str, Any], columns: Sequence[Column], functions: list[str]) -> None:
        self.column, self.threshold = node["column"], node["threshold"]
        self.left, self.right = node["left"], node["right"]
        self.missing_left = node.get("missing_left")
        self.sets = node.get("sets", {})
        self.compare = ("<", ">=") if node.get("strict") else ("<=", ">")
        self.columns, self.functions = columns, functions
        self.names = sorted({name for column in columns for name in column.names})

    def write(self, root: int) -> Written:
        """Write a tree from its leaves up: it may be deeper than Python recurses."""
        order = [root]
        for place in order:  # grows while it is walked
            if self.column[place] >= 0:
                order += (self.left[place], self.right[place])
        below: dict[int, Written] = {}
        for place in reversed(order):
            below[place] = self._written(place, below)
        return below[root]

    def _written(self, place: int, below: dict[int, Written]) -> Written:
        column = self.column[place]
        if column < 0:
            return literal(self.threshold[place]), 0, 0
        if self.columns[column].condition:
            zero, one = (self.left[place] if self._goes_left(place, x) else self.right[place] for x in (0.0, 1.0))
            first, second, condition = one, zero, self.columns[column].text
        else:
            first, second, condition = self.left[place], self.right[place], self._left(place)
        here, depth, chain = below.pop(first)
        other, other_depth, other_chain = below.pop(second)
        if here == other:
            return here, depth, chain
        if depth > other_depth:
            condition = condition[4:] if condition.startswith("not ") else f"not {condition}"
            here, depth, chain, other, other_depth, other_chain = other, other_depth, other_chain, here, depth, chain
        nested = " if " in here
        text = f"{f'({here})' if nested else here} if {condition} else {other}"
        depth = max(depth + nested, other_depth)
        chain = max(chain, other_chain) + 1
        if chain < DEPTH_IN_ONE_EXPRESSION:
            return text, depth, chain
        arguments = ", ".join(self.names)
        name = f"f{len(self.functions)}"
        self.functions.append(f"def {name}({arguments}):\n    return {text}\n")
        return f"{name}({arguments})", 0, 0

    def _goes_left(self, place: int, x: float) -> bool:
        values = self.sets.get(str(place))
        if values is not None:
            return x in values
        threshold: float = self.threshold[place]
        return x < threshold if self.compare[0] == "<" else x <= threshold

    def _left(self, place: int) -> str:
        """The condition by which a row goes left, on a number."""
        column = self.columns[self.column[place]].text
        missing_left = self.missing_left is not None and self.missing_left[place]
        values = self.sets.get(str(place))
        if values is not None:
            inside = f"{column} in {{{', '.join(literal(float(v)) for v in values)}}}" if values else "False"
            return f"({inside} or {column} != {column})" if missing_left else inside
        less, more = self.compare
        threshold = literal(self.threshold[place])
        return f"not {column} {more} {threshold}" if missing_left else f"{column} {less} {threshold}"
