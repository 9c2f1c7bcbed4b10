"""What a score is a sum of: the part of a plan that an explanation divides among the features.

A score is a *link* of a *margin*: of a logistic regression the sigmoid of a sum. The margin is taken apart into
*terms*, each a number that one feature alone decides, and *forests*, whose columns are made of one feature each. Where
that does not go, as in a neural network, the plan is not additive, and the reason names the features that are mixed.

This module runs inside the server and imports nothing but the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from . import compiled, portable

Node = Mapping[str, Any]

# A step that leaves a sum a sum, where all but one of its inputs are constants.
_LINEAR = frozenset(("add", "subtract", "multiply", "divide", "function"))
# Where a score stops to be a function of one number: what adds up, and what a row gives.
_SUMS = frozenset(("trees", "dot", "sum", "number"))
# Where a link is asked whether it rises or falls: a step may lie far out, and an exponential end early.
_FAR = (1.0, 30.0, 1e3, 1e6)


class NotAdditive(ValueError):
    """The margin is no sum over features; the message says which are mixed, and by what."""


class Forest(NamedTuple):
    """A node ``trees`` of a margin.

    :param columns: per column the feature that decides it.
    """

    node: int
    weight: float
    columns: Sequence[int]


class Margin(NamedTuple):
    """A margin: ``constant`` plus its terms plus its forests.

    :param terms: per node its weight, and the feature that decides it. Features are counted as rows are handed over:
        numbers first, then texts.
    :param link: the plan that makes a score of a margin, its only number; None where the score is the margin.
    :param linked: whether the margin alone decides the score; of three classes it does not.
    """

    constant: float
    terms: Mapping[int, tuple[float, int]]
    forests: Sequence[Forest]
    link: Mapping[str, Any] | None
    linked: bool


def margin(plan: Mapping[str, Any], names: Sequence[str]) -> Margin:
    """Take the margin of a plan apart.

    :param names: of the features, numbers first.
    :raises NotAdditive: it is no sum over features.
    """
    return _Reader(plan, names).read()


def subset(plan: Mapping[str, Any], wanted: Sequence[int]) -> tuple[dict[str, Any], list[int]]:
    """The part of a plan that its checks and some nodes need, and where those nodes are in it.

    Its output is one of the nodes; it is asked for node by node.
    """
    nodes = plan["nodes"]
    needed: set[int] = set()
    waiting = [*wanted, *(check["node"] for check in plan["checks"])]
    while waiting:
        index = waiting.pop()
        if index not in needed:
            needed.add(index)
            waiting += nodes[index].get("of", ())
    places = {old: new for new, old in enumerate(sorted(needed))}
    part = [_moved(nodes[old], places) for old in sorted(needed)]
    checks = [{**check, "node": places[check["node"]]} for check in plan["checks"]]
    return {**plan, "nodes": part, "checks": checks, "output": 0}, [places[index] for index in wanted]


def function_of(plan: Mapping[str, Any]) -> compiled.Score:
    """The function of a small plan, compiled here."""
    return compiled.load(portable.compile_plan(plan))


def _moved(node: Node, places: Mapping[int, int]) -> dict[str, Any]:
    return {**node, "of": [places[i] for i in node["of"]]} if "of" in node else dict(node)


class _Reader:
    def __init__(self, plan: Mapping[str, Any], names: Sequence[str]) -> None:
        self.plan, self.names = plan, names
        self.nodes: Sequence[Node] = plan["nodes"]
        # Per node, the features that it is made of, as bits.
        self.made_of: list[int] = []
        for node in self.nodes:
            if node["op"] in ("number", "text"):
                bits = 1 << (node["index"] + (plan["numbers"] if node["op"] == "text" else 0))
            else:
                bits = 0
                for i in node.get("of", ()):
                    bits |= self.made_of[i]
            self.made_of.append(bits)
        self.constant = 0.0
        self.terms: dict[int, tuple[float, int]] = {}
        self.forests: dict[int, Forest] = {}

    def read(self) -> Margin:
        path = self._path()
        place = len(path) - 1
        while place > 0 and self._keeps_sums(path[place - 1]):
            place -= 1
        core = self.nodes[path[place]]
        link, linked, falls = None, True, False
        parts = [(path[place], 1.0)]
        if core["op"] == "softmax":
            index = core["index"]
            parts = [(core["of"][index], 1.0)]
            if len(core["of"]) == 2:  # of two classes it is the sigmoid of their difference
                parts.append((core["of"][1 - index], -1.0))
                link = self._link(path[:place], [{"op": "sigmoid", "of": [0]}])
            else:
                linked = False
        elif place > 0:
            link = self._link(path[:place], [])
        if link is not None:
            falls = self._falls(link)
            if falls:
                link = self._negated(link)
        for node, weight in parts:
            self._take(node, -weight if falls else weight)
        return Margin(self.constant, self.terms, list(self.forests.values()), link, linked)

    def _moving(self, index: int) -> list[int]:
        """The inputs of a node that are not the same for every row, each once."""
        return [i for i in dict.fromkeys(self.nodes[index].get("of", ())) if self.made_of[i]]

    def _path(self) -> list[int]:
        """From the output down, as long as one number alone decides what is above it."""
        path = [self.plan["output"]]
        while self.nodes[path[-1]]["op"] not in _SUMS:
            moving = self._moving(path[-1])
            if len(moving) != 1 or self.nodes[path[-1]]["op"] in ("softmax", "vote", "hashed"):
                break
            path.append(moving[0])
        return path

    def _keeps_sums(self, index: int) -> bool:
        """Whether a step on the path is linear in the one below."""
        node = self.nodes[index]
        if node["op"] == "function":
            return bool(node["name"] == "negative")
        moving = self._moving(index)
        once = sum(bool(self.made_of[i]) for i in node.get("of", ())) == 1
        return node["op"] in _LINEAR and once and not (node["op"] == "divide" and moving[0] != node["of"][0])

    def _link(self, path: Sequence[int], first: list[dict[str, Any]]) -> dict[str, Any]:
        """What is above the margin, as a plan of one number."""
        nodes: list[dict[str, Any]] = [{"op": "number", "index": 0}, *first]
        last = len(nodes) - 1

        def constant(index: int) -> int:
            node = self.nodes[index]
            of = [constant(i) for i in node.get("of", ())]
            nodes.append({**node, **({"of": of} if of else {})})
            return len(nodes) - 1

        for index in reversed(path):
            node = self.nodes[index]
            of = [last if self.made_of[i] else constant(i) for i in node["of"]]
            nodes.append({**node, "of": of})
            last = len(nodes) - 1
        return {**self.plan, "numbers": 1, "texts": 0, "nodes": nodes, "checks": [], "output": last}

    def _falls(self, link: Mapping[str, Any]) -> bool:
        function = function_of(link)
        for far in _FAR:
            try:
                low, high = function([-far], ()), function([far], ())
            except compiled.Refused:
                continue
            if low != high:
                return low > high
        return False

    @staticmethod
    def _negated(link: Mapping[str, Any]) -> dict[str, Any]:
        """The same of minus its number, so that a greater margin is a greater score."""
        first = [{"op": "number", "index": 0}, {"op": "function", "name": "negative", "of": [0]}]
        places = {i: i + 1 for i in range(len(link["nodes"]))}
        rest = [_moved(node, places) for node in link["nodes"][1:]]
        return {**link, "nodes": [*first, *rest], "output": link["output"] + 1}

    def _take(self, index: int, weight: float) -> None:
        """Add a node to the sum, or take it apart."""
        node, made_of = self.nodes[index], self.made_of[index]
        op, of = node["op"], node.get("of", ())
        if op == "trees" and made_of:
            before = self.forests[index].weight if index in self.forests else 0.0
            self.forests[index] = Forest(
                index, before + weight, [self._feature(i, "a column of its trees") for i in of]
            )
        elif not made_of:
            self.constant += weight * self._constant(index)
        elif made_of & (made_of - 1) == 0:
            before = self.terms[index][0] if index in self.terms else 0.0
            self.terms[index] = (before + weight, made_of.bit_length() - 1)
        elif op == "dot":
            self.constant += weight * node["constant"]
            for i, factor in zip(of, node["weights"]):
                self._take(i, weight * factor)
        elif op in ("add", "sum", "subtract"):
            for place, i in enumerate(of):
                self._take(i, -weight if op == "subtract" and place else weight)
        elif self._keeps_sums(index):
            self._scaled(node, weight)
        else:
            self._refuse(op, made_of)

    def _scaled(self, node: Node, weight: float) -> None:
        if node["op"] == "function":
            self._take(node["of"][0], -weight)
            return
        moving, other = sorted(node["of"], key=lambda i: not self.made_of[i])
        factor = self._constant(other)
        self._take(moving, weight * factor if node["op"] == "multiply" else weight / factor)

    def _constant(self, index: int) -> float:
        """What a node is that is the same for every row."""
        part, (place,) = subset({**self.plan, "checks": []}, [index])
        return function_of({**part, "numbers": 0, "texts": 0, "output": place})((), ())

    def _feature(self, index: int, what: str) -> int:
        made_of = self.made_of[index]
        if not made_of:
            raise NotAdditive(f"{what} is made of no feature")
        if made_of & (made_of - 1):
            self._refuse(what, made_of)
        return made_of.bit_length() - 1

    def _refuse(self, what: str, made_of: int) -> None:
        mixed = [name for place, name in enumerate(self.names) if made_of >> place & 1]
        named = ", ".join(mixed[:3]) + (", …" if len(mixed) > 3 else "")
        raise NotAdditive(f"its score is no sum over features: {what} mixes {named}")
