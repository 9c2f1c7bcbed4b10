"""Trees as nested CASE."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dbml._plpython import ieee
from dbml.scorer.sql import by_key, proof
from dbml.scorer.sql import text as write
from dbml.scorer.sql.proof import Unprovable
from dbml.scorer.sql.writer import Known, Number, Writer


def trees(writer: Writer, index: int, known: Known) -> Number:
    """The sum of the leaves that a row reaches, and its range."""
    node = writer.nodes[index]
    single = node.get("precision") == 32
    start = float(node["start"])
    if single and ieee.round32(start) != start:
        raise Unprovable("domain")
    total = proof.constant(start)
    text = write.number(start) if start or not node["roots"] or single else ""
    length = 0
    for root in node["roots"]:
        tree = _Tree(writer, node, known).write(root, 0)
        leaves = _leaves(node, root)
        total = proof.add(total, proof.of_values(leaves))
        if single:
            # Sums of float32 are multiples of the smallest float32, so none but zero rounds to zero.
            if any(ieee.round32(leaf) != leaf for leaf in leaves) or total.size > 1e38:
                raise Unprovable("domain")
            text = f"({text} + {tree})::float4::float8"
        else:
            text = f"{text} + {tree}" if text else tree
        length += len(text) if single else len(tree)
        writer.bound.length(length)
    return (text if single else f"({text})"), total


def _leaves(node: Mapping[str, Any], root: int) -> list[float]:
    found, waiting = [], [root]
    while waiting:
        place = waiting.pop()
        if node["column"][place] < 0:
            found.append(float(node["threshold"][place]))
        else:
            waiting += [node["left"][place], node["right"][place]]
    return found


# A condition, its truth where known, and whether a row for which it holds goes left (else right). Rows for which it is
# NULL go the way of those for which it is false.
_Split = tuple[str, bool | None, bool]


class _Tree:
    """Writes the trees of one node."""

    def __init__(self, writer: Writer, node: Mapping[str, Any], known: Known) -> None:
        self.writer, self.node, self.known = writer, node, known

    def write(self, place: int, depth: int) -> str:
        node = self.node
        if node["column"][place] < 0:
            return write.number_or_null(float(node["threshold"][place]))
        self.writer.bound.depth(depth)
        condition, truth, first = self._split(place)
        yes, no = node["left"][place], node["right"][place]
        if not first:
            yes, no = no, yes
        if truth is not None:
            return self.write(yes if truth else no, depth + 1)
        chosen, other = self.write(yes, depth + 1), self.write(no, depth + 1)
        return self.writer.bounded(f"case when {condition} then {chosen} else {other} end")

    def _split(self, place: int) -> _Split:
        facts = self.writer.facts
        index = self.node["of"][self.node["column"][place]]
        source = self.writer.nodes[index]
        goes_left, missing_left = self._goes_left(place), bool(self.node.get("missing_left", {place: 0})[place])
        table = facts.tables[index]
        if table is not None:
            values = [missing_left if x != x else goes_left(x) for x in table]
            condition, truth, _ = by_key.condition(facts, values, facts.texts[index])
            return condition, truth, True
        if source["op"] == "indicator":
            if goes_left(0.0) == goes_left(1.0):
                return "", goes_left(0.0), True
            condition, truth, _ = self.writer.condition(source["of"][0], self.known)
            return condition, truth, goes_left(1.0)
        text, given = self.writer.number(index, self.known)
        if given.empty:
            return "", missing_left, True
        members = self.node.get("sets", {}).get(str(place))
        if members is not None:
            return self._by_set(text, members, missing_left, given.missing)
        sign, opposite = ("<", ">=") if self.node.get("strict") else ("<=", ">")
        threshold = write.number(float(self.node["threshold"][place]))
        if missing_left and given.missing:
            return f"{text} {opposite} {threshold}", None, False
        return f"{text} {sign} {threshold}", None, True

    @staticmethod
    def _by_set(text: str, members: Sequence[float], missing_left: bool, null: bool) -> _Split:
        values = [float(value) for value in members if value == value]
        if not values:
            return (f"{text} is null", None, True) if missing_left else ("", False, True)
        listed = f"{text} in ({', '.join(write.number(value) for value in values)})"
        return (f"({listed}) is not false" if missing_left and null else listed), None, True

    def _goes_left(self, place: int) -> Callable[[float], bool]:
        """What a split says of a value that is not missing."""
        members = self.node.get("sets", {}).get(str(place))
        if members is not None:
            known = {float(value) for value in members}
            return lambda x: x in known
        threshold = float(self.node["threshold"][place])
        return (lambda x: x < threshold) if self.node.get("strict") else (lambda x: x <= threshold)
