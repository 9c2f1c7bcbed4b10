"""What writes the nodes of a plan as plain SQL: it remembers them, and the guards that they ask for.

Missing is NULL here, and no value is NaN or infinite: the guards see to it. A condition that is NULL counts as
false, so ``not`` asks ``is not true``. What the operations look like stands in the tables that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from dbml._plpython.plan import entry
from dbml.scorer.bounds import Range
from dbml.scorer.sql import by_key
from dbml.scorer.sql import text as write
from dbml.scorer.sql.facts import Facts
from dbml.scorer.sql.linear import Linear
from dbml.scorer.sql.proof import Unprovable

# What is known of nodes in a place of the expression, beyond what is true everywhere.
Known: TypeAlias = Mapping[int, Range]
# SQL of a number, and what it can be.
Number: TypeAlias = tuple[str, Range]
# SQL of a condition, its truth where it is known, and whether it may be NULL instead of false.
Condition: TypeAlias = tuple[str, bool | None, bool]
# How an operation is written: by the number of its node. It raises Unprovable where plain arithmetic might fail.
Numbers: TypeAlias = "Mapping[str, Callable[[Writer, int, Known], Number]]"
Conditions: TypeAlias = "Mapping[str, Callable[[Writer, int, Known], Condition]]"


class At(Exception):
    """The node at which a proof fails."""

    def __init__(self, index: int, kind: str) -> None:
        super().__init__(f"node {index}: {kind}")
        self.index = index
        self.kind = kind


class Writer:
    """Writes nodes as SQL.

    :param row: the range of each number of the row, as the guards will have it.
    :param folded: what :func:`.linear.fold` has found, if the guards will have its limits.
    :param bound: of the length.
    """

    def __init__(
        self,
        nodes: Sequence[Mapping[str, Any]],
        facts: Facts,
        row: Sequence[Range],
        folded: Mapping[int, Linear],
        bound: write.Bound,
        numbers: Numbers,
        conditions: Conditions,
    ) -> None:
        self.nodes, self.facts, self.row, self.folded = nodes, facts, row, folded
        self.bound, self.bounded = bound, bound.text
        self._tables = numbers, conditions
        # What holds everywhere once the guards have been passed.
        self.guards: list[str] = []
        self.root: dict[int, Range] = {}
        self._numbers: dict[tuple[int, frozenset[tuple[int, Range]]], Number] = {}
        self._below: list[frozenset[int]] = []
        for index, node in enumerate(nodes):
            self._below.append(frozenset([index]).union(*(self._below[i] for i in node.get("of", []))))

    def number(self, index: int, known: Known) -> Number:
        """SQL of a number, and what it can be.

        :raises At: plain arithmetic might fail.
        """
        key = (index, frozenset((i, known[i]) for i in known.keys() & self._below[index]))
        if key not in self._numbers:
            table = self.facts.tables[index]
            try:
                if table is not None:
                    text, found = by_key.number(self.facts, table, self.facts.texts[index])
                else:
                    text, found = entry(self._tables[0], self.nodes[index], "sql")(self, index, known)
            except Unprovable as failed:
                raise At(index, failed.kind) from None
            self._numbers[key] = self.bounded(text), known.get(index, found)
        text, found = self._numbers[key]
        # A guard may have been added since.
        return text, self.root.get(index, found) if known is self.root else found

    def condition(self, index: int, known: Known) -> Condition:
        """SQL of a condition, its truth where it is known, and whether it may be NULL instead of false.

        :raises At: plain arithmetic might fail.
        """
        table = self.facts.tables[index]
        if table is not None:
            return by_key.condition(self.facts, table, self.facts.texts[index])
        text, truth, null = entry(self._tables[1], self.nodes[index], "sql")(self, index, known)
        return self.bounded(text), truth, null

    def require(self, index: int, known: Known, low: float, high: float, tiny: float = 0.0) -> Range:
        """See to it by a guard that a node lies between bounds, and at least ``tiny`` away from zero.

        :raises Unprovable: there is no place for a guard here.
        """
        text, given = self.number(index, known)
        inside = given.within(low, high)
        if tiny:
            inside = replace(inside, tiny=max(inside.tiny, tiny), zero=False)
        if (
            given.low >= low and given.high <= high and (not tiny or (not given.zero and given.tiny >= tiny))
        ) or given.empty:
            return given
        if known is not self.root or inside.empty:
            raise Unprovable("domain")
        parts = []
        if given.low < low:
            parts.append(f"{text} >= {write.number(low)}")
        if given.high > high:
            parts.append(f"{text} <= {write.number(high)}")
        if tiny and inside.low < tiny and inside.high > -tiny:
            parts.append(f"abs({text}) >= {write.number(tiny)}")
        guard = " and ".join(parts)
        self.guards.append(self.bounded(f"(({guard}) is not false)" if given.missing else f"({guard})"))
        self.root[index] = inside
        return inside
