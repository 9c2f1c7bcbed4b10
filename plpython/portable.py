"""Plan → one plain Python function: the engine ``portable``.

The generated code uses the standard library alone, so the server needs no package, and it comes from data, so
nothing is unpickled. Trees become nested conditional expressions (:mod:`.treecode`), large forests bit masks
(:mod:`.masks`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import CodeType
from typing import Any

from . import masks, treecode, words
from .plan import ORDINARY, closure, entry
from .treecode import literal

# CPython's tokenizer takes 200 nested parentheses and its compiler recurses.
NESTED_AT_MOST = 20
TERMS_IN_ONE_EXPRESSION = 50


def compile_plan(plan: Mapping[str, Any], values: Sequence[int] | None = None) -> CodeType:
    """Compile a plan that :func:`.plan.loads` has read, and its ``words``; arguments as of :func:`source`."""
    text = f"{source(plan, values)}\nwords = {words.of(plan)!r}\n"
    return compile(text, "<dbml plan>", "exec", dont_inherit=True, optimize=2)


def source(plan: Mapping[str, Any], values: Sequence[int] | None = None) -> str:
    """Write a plan down as Python: the text of a module with the function ``score``.

    :param values: nodes whose values it returns, as a tuple, in place of the score.
    """
    return _Writer(plan).text(values)


class _Writer:
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
            repeats = node["op"] in _REPEATING or node.get("name") == "square"
            for index in node.get("of", []):
                if node["op"] == "trees" and self.nodes[index]["op"] == "indicator":
                    # A tree asks for the condition itself.
                    condition = self.nodes[index]["of"][0]
                    inner = self.nodes[condition]
                    for i in inner["of"] if inner["op"] in _SHORT else [condition]:
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
                edges = self.constant(f"array('d', {_tuple(boxes.thresholds[column])})")
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


Node = Mapping[str, Any]


def _long_sum(writer: _Writer, name: str, node: Node) -> list[str]:
    return _added(name, _products(node, writer.of(node)) if node["op"] == "dot" else writer.of(node) or ["0.0"])


def _trees(writer: _Writer, name: str, node: Node) -> list[str]:
    columns = [writer.tree_column(i) for i in node.get("of", [])]
    terms = [f"({tree})" for tree in treecode.write(node, columns, writer.functions)]
    if node.get("precision") == 32:
        # Storing into an array of float32 rounds, faster than a call.
        start = f"{name} = array('f', ({literal(node['start'])},))"
        return [start, *(f"{name}[0] = {name}[0] + {term}" for term in terms), f"{name} = {name}[0]"]
    return _added(name, [literal(node["start"]), *terms])


def _added(name: str, terms: Sequence[str]) -> list[str]:
    """Add up in parts, because the compiler recurses into each."""
    parts = [terms[i : i + TERMS_IN_ONE_EXPRESSION] for i in range(0, len(terms), TERMS_IN_ONE_EXPRESSION)]
    return [f"{name} = " + " + ".join([name, *part] if i else part) for i, part in enumerate(parts)]


def _products(node: Node, of: Sequence[str]) -> list[str]:
    return [*(f"{value} * {literal(w)}" for value, w in zip(of, node["weights"])), literal(node["constant"])]


def _infix(sign: str) -> Callable[[_Writer, Node, list[str]], str]:
    return lambda writer, node, of: f"{of[0]} {sign} {of[1]}"


def _call(name: str) -> Callable[[_Writer, Node, list[str]], str]:
    return lambda writer, node, of: f"ieee.{name}({', '.join(of)})"


def _less(writer: _Writer, node: Node, of: list[str]) -> str:
    first, bound = (writer.nodes[i] for i in node["of"])
    if writer.inlined[node["of"][0]] and first.get("name") == "absolute" and bound["op"] == "constant":
        (inner,), limit = writer.of(first), bound["value"]
        return f"{literal(-limit)} < {inner} < {literal(limit)}"
    return f"{of[0]} < {of[1]}"


def _divide(writer: _Writer, node: Node, of: list[str]) -> str:
    divisor = writer.nodes[node["of"][1]]
    plain = divisor["op"] == "constant" and divisor["value"] != 0.0
    return f"{of[0]} / {of[1]}" if plain else f"ieee.divide({of[0]}, {of[1]})"


def _function(writer: _Writer, node: Node, of: list[str]) -> str:
    name, x = node["name"], of[0]
    plain = {"absolute": f"abs({x})", "negative": f"-{x}", "square": f"{x} * {x}"}
    if name in plain:
        return plain[name]
    return f"ieee.{name}({x})" if name in ("exp", "exp32") else f"ieee.function({name!r}, {x})"


def _sigmoid(writer: _Writer, node: Node, of: list[str]) -> str:
    # scipy.special.expit; exp(700) is still a number
    return f"1.0 / (1.0 + exp(-{of[0]})) if {of[0]} > -700.0 else exp({of[0]})"


def _lookup(writer: _Writer, node: Node, of: list[str]) -> str:
    table = ", ".join(f"{k!r}: {literal(v)}" for k, v in zip(node["keys"], node["values"]))
    name = writer.constant("{" + table + "}")
    default, missing = literal(node["default"]), literal(node["missing"])
    if default == missing:
        return f"{name}.get({of[0]}, {default})"
    absent = f"{of[0]} is None" if node["op"] == "lookup" else f"{of[0]} != {of[0]}"
    return f"{missing} if {absent} else {name}.get({of[0]}, {default})"


def _step(writer: _Writer, node: Node, of: list[str]) -> str:
    edges, values = (writer.constant(_tuple(node[part])) for part in ("edges", "values"))
    return f"ieee.step({of[0]}, {edges}, {values}, {node['side'] == 'left'}, {literal(node['missing'])})"


def _interpolate(writer: _Writer, node: Node, of: list[str]) -> str:
    x, y = (writer.constant(_tuple(node[part])) for part in ("x", "y"))
    return f"ieee.interpolate({of[0]}, {x}, {y})"


def _polynomial(writer: _Writer, node: Node, of: list[str]) -> str:
    breaks = writer.constant(_tuple(node["breaks"]))
    rows = writer.constant("(" + "".join(_tuple(row) + ", " for row in node["coefficients"]) + ")")
    return f"ieee.polynomial({of[0]}, {breaks}, {rows})"


def _weighted_median(writer: _Writer, node: Node, of: list[str]) -> str:
    return f"ieee.weighted_median(({', '.join(of)},), {writer.constant(_tuple(node['weights']))})"


def _kernel(writer: _Writer, node: Node, of: list[str]) -> str:
    vectors = "(" + "".join(_tuple(vector) + ", " for vector in node["vectors"]) + ")"
    numbers = ", ".join(
        [literal(node["gamma"]), literal(node["shift"]), str(node["degree"]), literal(node["constant"])]
    )
    parts = f"{node['kind']!r}, {vectors}, {_tuple(node['weights'])}, {numbers}"
    return f"{writer.constant(f'kernels.Kernel({parts})')}.at(({', '.join(of)},))"


def _near(writer: _Writer, node: Node, of: list[str]) -> str:
    rows = "(" + "".join(_tuple(row) + ", " for row in node["rows"]) + ")"
    parts = f"{node['count']}, {literal(node['power'])}, {node['leaf']}, {node['first']}"
    return f"{writer.constant(f'near.Near({rows}, {parts})')}.find(({', '.join(of)},))"


def _within(writer: _Writer, node: Node, of: list[str]) -> str:
    rows = "(" + "".join(_tuple(row) + ", " for row in node["rows"]) + ")"
    parts = f"{rows}, {literal(node['power'])}, {literal(node['radius'])}"
    return f"{writer.constant(f'near.Within({parts})')}.find(({', '.join(of)},))"


def _vote(writer: _Writer, node: Node, of: list[str]) -> str:
    return f"near.vote({of[0]}, {writer.constant(_tuple(node['values']))}, {bool(node['by_distance'])})"


def _apart(writer: _Writer, node: Node, of: list[str]) -> str:
    rows = "(" + "".join(_tuple(row) + ", " for row in node["rows"]) + ")"
    return f"{writer.constant(f'gaps.Gaps({rows})')}.apart(({', '.join(of)},))"


def _imputed(writer: _Writer, node: Node, of: list[str]) -> str:
    says = f"{node['column']}, {node['count']}, {bool(node['by_distance'])}, {literal(node['default'])}"
    return f"{of[0]} if {of[0]} == {of[0]} else {of[1]}.imputed({says})"


def _counts(writer: _Writer, node: Node, of: list[str]) -> str:
    """How often each term is in a text."""
    key = repr((node["pattern"], node["words"], node["lower"], node["stop"]))
    known = writer.analyzers
    if key not in known:
        parts = f"{node['pattern']!r}, {tuple(node['words'])!r}, {bool(node['lower'])}, {tuple(node['stop'])!r}"
        known[key] = writer.constant(f"({key!r}, {parts})")
    return f"ieee.terms({of[0]}, *{known[key]})"


def _term(writer: _Writer, node: Node, of: list[str]) -> str:
    return f"{_counts(writer, node, of)}.get({node['term']!r}, 0.0)"


def _bag(writer: _Writer, node: Node, of: list[str]) -> str:
    table = ", ".join(f"{term!r}: {literal(weight)}" for term, weight in zip(node["terms"], node["weights"]))
    weights = writer.constant("{" + table + "}")
    return f"ieee.bag({_counts(writer, node, of)}, {weights}, {node['how']!r}, {bool(node['square'])})"


def _hashed(writer: _Writer, node: Node, of: list[str]) -> str:
    numbers = f"{literal(node['default'])}, {node['buckets']}, {bool(node['signed'])}, {bool(node['binary'])}"
    sums = f"hashing.Hashed({tuple(node['places'])!r}, {_tuple(node['weights'])}, {numbers}, {node['norm']!r})"
    return f"{writer.constant(sums)}.of({_counts(writer, node, of)})"


def _tuple(values: Sequence[float]) -> str:
    return "(" + "".join(f"{literal(value)}, " for value in values) + ")"


EXPRESSIONS: dict[str, Callable[[_Writer, Node, list[str]], str]] = {
    "number": lambda writer, node, of: f"numbers[{node['index']}]",
    "text": lambda writer, node, of: f"texts[{node['index']}]",
    "constant": lambda writer, node, of: literal(node["value"]),
    "add": _infix("+"),
    "subtract": _infix("-"),
    "multiply": _infix("*"),
    "divide": _divide,
    "minimum": _call("minimum"),
    "maximum": _call("maximum"),
    "modulo": lambda writer, node, of: f"{of[0]} % {literal(node['divisor'])}",
    "function": _function,
    "round32": _call("round32"),
    "sum": lambda writer, node, of: " + ".join(of or ["0.0"]),
    "dot": lambda writer, node, of: " + ".join(_products(node, of)),
    "sigmoid": _sigmoid,
    "softmax": lambda writer, node, of: f"ieee.softmax(({', '.join(of)},))[{node['index']}]",
    "less": _less,
    "less_equal": _infix("<="),
    "equal": _infix("=="),
    "finite": lambda writer, node, of: f"{of[0]} - {of[0]} == 0.0",
    "missing": lambda writer, node, of: f"{of[0]} != {of[0]}",
    "absent": lambda writer, node, of: f"{of[0]} is None",
    "is": lambda writer, node, of: f"{of[0]} == {node['value']!r}",
    "not": lambda writer, node, of: f"not {of[0]}",
    "all": lambda writer, node, of: " and ".join(of) or "True",
    "any": lambda writer, node, of: " or ".join(of) or "False",
    "indicator": lambda writer, node, of: f"1.0 if {of[0]} else 0.0",
    "select": lambda writer, node, of: f"{of[1]} if {of[0]} else {of[2]}",
    "fill": lambda writer, node, of: f"{node['value']!r} if {of[0]} is None else {of[0]}",
    "replace": lambda writer, node, of: f"{node['value']!r} if {of[0]} == {node['key']!r} else {of[0]}",
    "lookup": _lookup,
    "match": _lookup,
    "step": _step,
    "interpolate": _interpolate,
    "polynomial": _polynomial,
    "weighted_median": _weighted_median,
    "kernel": _kernel,
    "near": _near,
    "within": _within,
    "vote": _vote,
    "apart": _apart,
    "imputed": _imputed,
    "term": _term,
    "bag": _bag,
    "hashed": _hashed,
}
# What may be too long for one expression is assigned in parts: code for the name that it is given.
STATEMENTS: dict[str, Callable[[_Writer, str, Node], list[str]]] = {"sum": _long_sum, "dot": _long_sum, "trees": _trees}
# These ask for what they take more than once.
_REPEATING = frozenset(("trees", "finite", "missing", "fill", "replace", "match", "sigmoid", "imputed"))
# Conditions that a tree asks for again and again as they are, because one comparison is all they cost.
_SHORT = frozenset(("is", "absent", "missing", "equal", "less", "less_equal"))
