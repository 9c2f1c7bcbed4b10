"""Plan → one plain Python function: the engine ``portable``.

The generated code uses the standard library alone, so the server needs no package, and it comes from data, so
nothing is unpickled. Trees become nested conditional expressions (:mod:`.treecode`), large forests bit masks
(:mod:`.masks`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any

from . import masks, treecode, words
from .expressions import EXPRESSIONS, REPEATING, SHORT, STATEMENTS, TERMS_IN_ONE_EXPRESSION, tuple_of
from .plan import ORDINARY, closure, entry
from .treecode import literal

# CPython's tokenizer takes 200 nested parentheses and its compiler recurses.
NESTED_AT_MOST = 20


def compile_plan(plan: Mapping[str, Any], values: Sequence[int] | None = None) -> CodeType:
    """Compile a plan that :func:`.plan.loads` has read, and its ``words``; arguments as of :func:`source`."""
    text = f"{source(plan, values)}\nwords = {words.of(plan)!r}\n"
    return compile(text, "<dbml plan>", "exec", dont_inherit=True, optimize=2)


def source(plan: Mapping[str, Any], values: Sequence[int] | None = None) -> str:
    """Write a plan down as Python: the text of a module with the function ``score``.

    :param values: nodes whose values it returns, as a tuple, in place of the score.
    """
    return Writer(plan).text(values)


class Writer:
    """Writes one plan down. What it knows of the other nodes, :mod:`.expressions` asks for."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self.plan = plan
        self.nodes: Sequence[Mapping[str, Any]] = plan["nodes"]
        self.constants: list[str] = []
        self.functions: list[str] = []
        self.analyzers: dict[str, str] = {}
        self.by_masks = masks.chosen(self.nodes)
        self.beside = self._softmaxes()
        self.inlined = self._choose_inlined()

    def text(self, values: Sequence[int] | None = None) -> str:
        """As :func:`source`."""
        output = self.plan["output"]
        ordinary = [check for check in self.plan["checks"] if check.get("ordinary")]
        others = [check for check in self.plan["checks"] if not check.get("ordinary")]
        outputs = self.plan.get("outputs", [output]) if values is None else values
        of_output = closure(self.nodes, outputs)
        of_others = closure(self.nodes, [check["node"] for check in others])
        of_ordinary = closure(self.nodes, [check["node"] for check in ordinary])
        body = self._numbers(bool(ordinary))
        body += self._computed(of_others | (of_ordinary & of_output))
        body += self._refusals(others)
        if ordinary:
            careful = self._computed(of_ordinary - of_others - of_output) + self._refusals(ordinary)
            body += ["if not ordinary:", *(f"    {line}" for line in careful)]
        body += self._computed(of_output - of_others - of_ordinary)
        many = "outputs" in self.plan or values is not None
        found = [self._ref(each) for each in outputs]
        body.append(f"answer = [{', '.join(found)}]" if many else f"answer = {found[0]}")
        # The norm of large numbers may be infinite where they are not.
        each = "not hypot(*answer) < inf and any([x - x != 0.0 for x in answer])"
        infinite = each if many else "answer - answer != 0.0"
        if values is None:
            body.append(f"if {infinite}: raise Refused('the estimator answered NaN or infinity')")
        body.append("return answer")
        score = "def score(numbers, texts):\n" + "".join(f"    {line}\n" for line in body)
        imports = ["from array import array", "from bisect import bisect_left", "from math import exp, hypot"]
        return "\n".join([*imports, *self.constants, *self.functions, score])

    def _numbers(self, judged: bool) -> list[str]:
        """Take the row's numbers apart, with NaN for None, and tell whether they are ordinary.

        One norm answers for most checks: NaN, infinity and whatever is large show in it. It is one call of C, which
        in an insert, with everything cold, costs 5 µs less than to sum magnitudes. It may be off in its last bit, so
        it has to be below the bound.
        """
        replaced = "[nan if x is None else x for x in numbers]"
        body = []
        if judged:
            body += [
                f"try: ordinary = hypot(*numbers) < {ORDINARY!r}",
                f"except TypeError: numbers, ordinary = {replaced}, False",
            ]
        places = {node["index"]: f"v{i}" for i, node in enumerate(self.nodes) if node["op"] == "number"}
        if places:
            if not judged:
                body.append(f"if None in numbers: numbers = {replaced}")
            body.append("".join(f"{places.get(i, '_')}, " for i in range(self.plan["numbers"])) + "= numbers")
        return body

    def _computed(self, wanted: set[int]) -> list[str]:
        """Assign nodes to their variables, in their order."""
        lines = []
        left = sorted(i for i in wanted if not self.inlined[i] and self.nodes[i]["op"] != "number")
        for index in left:
            beside = [i for i in self.beside.get(index, ()) if i in wanted]
            if len(beside) < 2:
                lines += self._statements(index, self.nodes[index])
            elif beside[0] == index:
                names = {self.nodes[i]["index"]: f"v{i}" for i in beside}
                of = self.of(self.nodes[index])
                lines.append(
                    f"{', '.join(names.get(i, '_') for i in range(len(of)))} = ieee.softmax(({', '.join(of)}))"
                )
        return lines

    def _softmaxes(self) -> dict[int, list[int]]:
        """Those that are entries of one softmax, by each of them: it is computed once for all."""
        found: dict[tuple[int, ...], list[int]] = {}
        for index, node in enumerate(self.nodes):
            if node["op"] == "softmax":
                found.setdefault(tuple(node["of"]), []).append(index)
        return {index: together for together in found.values() if len(together) > 1 for index in together}

    def _refusals(self, checks: Sequence[Mapping[str, Any]]) -> list[str]:
        reasons: dict[str, list[str]] = {}
        for check in checks:
            reasons.setdefault(check["because"], []).append(self._ref(check["node"]))
        return [
            f"if not ({' and '.join(conditions)}): raise Refused({because!r})"
            for because, conditions in reasons.items()
        ]

    def _choose_inlined(self) -> list[bool]:
        """Per node, whether it is written where it is used and not into a variable."""
        uses = [0] * len(self.nodes)
        for node in self.nodes:
            repeats = node["op"] in REPEATING or node.get("name") == "square"
            for index in node.get("of", []):
                if node["op"] == "trees" and self.nodes[index]["op"] == "indicator":
                    # A tree asks for the condition itself.
                    condition = self.nodes[index]["of"][0]
                    inner = self.nodes[condition]
                    for i in inner["of"] if inner["op"] in SHORT else [condition]:
                        uses[i] += 2
                else:
                    uses[index] += 2 if repeats else 1
        inlined: list[bool] = []
        depths: list[int] = []
        for index, node in enumerate(self.nodes):
            of = node.get("of", [])
            depth = 1 + max((depths[i] for i in of if inlined[i]), default=0)
            long = node["op"] == "trees" or (node["op"] in ("dot", "sum") and len(of) > TERMS_IN_ONE_EXPRESSION)
            once = uses[index] <= 1 and depth < NESTED_AT_MOST and not long and index not in self.beside
            inlined.append(node["op"] == "constant" or (once and node["op"] != "number"))
            depths.append(depth)
        return inlined

    def _statements(self, index: int, node: Mapping[str, Any]) -> list[str]:
        """Assign the node to its variable."""
        name = f"v{index}"
        if index in self.by_masks:
            return self._by_masks(name, node)
        if node["op"] in STATEMENTS:
            return STATEMENTS[node["op"]](self, name, node)
        return [f"{name} = {self._expression(index)}"]

    def of(self, node: Mapping[str, Any]) -> list[str]:
        """The inputs of a node."""
        return [self._ref(i) for i in node.get("of", [])]

    def _ref(self, index: int) -> str:
        if self.nodes[index]["op"] == "constant":
            return literal(self.nodes[index]["value"])
        return f"({self._expression(index)})" if self.inlined[index] else f"v{index}"

    def _by_masks(self, name: str, node: Mapping[str, Any]) -> list[str]:
        """Count the leaves that a row reaches; see :mod:`.masks`."""
        boxes = masks.Boxes(node)
        sources: list[tuple[int, str, str]] = []  # how many values it tells apart, which of them it has, their masks
        texts: dict[int, list[tuple[int, str]]] = {}
        for column, index in enumerate(node["of"]):
            source = self.nodes[index]
            condition = self.nodes[source["of"][0]] if source["op"] == "indicator" else {}
            if condition.get("op") == "is":
                texts.setdefault(condition["of"][0], []).append((column, condition["value"]))
            elif condition:
                either = tuple(tuple(boxes.at(column, x)) for x in (0.0, 1.0))
                sources.append((2, f"(1 if {self._ref(source['of'][0])} else 0)", repr(either)))
            else:
                value = self._ref(index)
                size = len(boxes.thresholds[column]) + 2
                edges = self.constant(f"array('d', {tuple_of(boxes.thresholds[column])})")
                first, missing = (tuple(boxes.at(column, x)) for x in (-math.inf, math.nan))
                changes = tuple(boxes.changes(column))
                which = f"(bisect_left({edges}, {value}) if {value} == {value} else {size - 1})"
                sources.append((size, which, f"(*masks.intervals({first!r}, {changes!r}), {missing!r})"))
        for text, known in texts.items():
            categories, others = masks.by_text(boxes, known)
            places = self.constant(repr({category: place for place, category in enumerate(categories)}))
            size = len(categories) + 1
            which = f"{places}.get({self._ref(text)}, {size - 1})"
            sources.append((size, which, repr((*categories.values(), others))))
        found = [f"{self.constant(table)}[{which}]" for which, table in masks.merged(sources)]
        letters = [f"m{i}" for i in range(len(found))]
        lines = [f"{letter} = {part}" for letter, part in zip(letters, found)]
        counts = []
        for group in range(len(boxes.full)):
            both = " & ".join(f"{letter}[{group}]" for letter in letters)
            # Python 3.9 cannot count bits.
            counts.append(f"({both}).bit_count()" if hasattr(int, "bit_count") else f"bin({both}).count('1')")
        return [*lines, f"{name} = 0.0", *(f"{name} += {count}" for count in counts)]

    def tree_column(self, index: int) -> treecode.Column:
        """What a tree asks for: a number, or the condition that a column of 0 and 1 stands for."""
        node = self.nodes[index]
        condition = node["op"] == "indicator"
        asked = node["of"][0] if condition else index
        inside = self.nodes[asked]["of"] if self.inlined[asked] and "of" in self.nodes[asked] else [asked]
        names = tuple(f"v{i}" for i in inside if self.nodes[i]["op"] != "constant")
        inlined = self.inlined[asked] and self.nodes[asked]["op"] != "constant"
        return treecode.Column(self._expression(asked) if inlined else self._ref(asked), names, condition)

    def constant(self, value: str) -> str:
        """The name of something that is made once, when the function is."""
        name = f"c{len(self.constants)}"
        self.constants.append(f"{name} = {value}")
        return name

    def _expression(self, index: int) -> str:
        node = self.nodes[index]
        return entry(EXPRESSIONS, node, "portable")(self, node, self.of(node))
