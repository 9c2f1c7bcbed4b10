"""Operation → Python: what :mod:`.portable` writes for each, given what it has written for the inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import treecode
from .treecode import literal

if TYPE_CHECKING:
    from .portable import Writer

TERMS_IN_ONE_EXPRESSION = 50

Node = Mapping[str, Any]


def _long_sum(writer: Writer, name: str, node: Node) -> list[str]:
    return _added(name, _products(node, writer.of(node)) if node["op"] == "dot" else writer.of(node) or ["0.0"])


def _trees(writer: Writer, name: str, node: Node) -> list[str]:
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


def _infix(sign: str) -> Callable[[Writer, Node, list[str]], str]:
    return lambda writer, node, of: f"{of[0]} {sign} {of[1]}"


def _call(name: str) -> Callable[[Writer, Node, list[str]], str]:
    return lambda writer, node, of: f"ieee.{name}({', '.join(of)})"


def _less(writer: Writer, node: Node, of: list[str]) -> str:
    first, bound = (writer.nodes[i] for i in node["of"])
    if writer.inlined[node["of"][0]] and first.get("name") == "absolute" and bound["op"] == "constant":
        (inner,), limit = writer.of(first), bound["value"]
        return f"{literal(-limit)} < {inner} < {literal(limit)}"
    return f"{of[0]} < {of[1]}"


def _divide(writer: Writer, node: Node, of: list[str]) -> str:
    divisor = writer.nodes[node["of"][1]]
    plain = divisor["op"] == "constant" and divisor["value"] != 0.0
    return f"{of[0]} / {of[1]}" if plain else f"ieee.divide({of[0]}, {of[1]})"


def _function(writer: Writer, node: Node, of: list[str]) -> str:
    name, x = node["name"], of[0]
    plain = {"absolute": f"abs({x})", "negative": f"-{x}", "square": f"{x} * {x}"}
    if name in plain:
        return plain[name]
    return f"ieee.{name}({x})" if name in ("exp", "exp32") else f"ieee.function({name!r}, {x})"


def _sigmoid(writer: Writer, node: Node, of: list[str]) -> str:
    # scipy.special.expit; exp(700) is still a number
    return f"1.0 / (1.0 + exp(-{of[0]})) if {of[0]} > -700.0 else exp({of[0]})"


def _lookup(writer: Writer, node: Node, of: list[str]) -> str:
    table = ", ".join(f"{k!r}: {literal(v)}" for k, v in zip(node["keys"], node["values"]))
    name = writer.constant("{" + table + "}")
    default, missing = literal(node["default"]), literal(node["missing"])
    if default == missing:
        return f"{name}.get({of[0]}, {default})"
    absent = f"{of[0]} is None" if node["op"] == "lookup" else f"{of[0]} != {of[0]}"
    return f"{missing} if {absent} else {name}.get({of[0]}, {default})"


def _step(writer: Writer, node: Node, of: list[str]) -> str:
    edges, values = (writer.constant(tuple_of(node[part])) for part in ("edges", "values"))
    return f"ieee.step({of[0]}, {edges}, {values}, {node['side'] == 'left'}, {literal(node['missing'])})"


def _interpolate(writer: Writer, node: Node, of: list[str]) -> str:
    x, y = (writer.constant(tuple_of(node[part])) for part in ("x", "y"))
    return f"ieee.interpolate({of[0]}, {x}, {y})"


def _polynomial(writer: Writer, node: Node, of: list[str]) -> str:
    breaks = writer.constant(tuple_of(node["breaks"]))
    rows = writer.constant("(" + "".join(tuple_of(row) + ", " for row in node["coefficients"]) + ")")
    return f"ieee.polynomial({of[0]}, {breaks}, {rows})"


def _weighted_median(writer: Writer, node: Node, of: list[str]) -> str:
    return f"ieee.weighted_median(({', '.join(of)},), {writer.constant(tuple_of(node['weights']))})"


def _kernel(writer: Writer, node: Node, of: list[str]) -> str:
    vectors = "(" + "".join(tuple_of(vector) + ", " for vector in node["vectors"]) + ")"
    numbers = ", ".join(
        [literal(node["gamma"]), literal(node["shift"]), str(node["degree"]), literal(node["constant"])]
    )
    parts = f"{node['kind']!r}, {vectors}, {tuple_of(node['weights'])}, {numbers}"
    return f"{writer.constant(f'kernels.Kernel({parts})')}.at(({', '.join(of)},))"


def _near(writer: Writer, node: Node, of: list[str]) -> str:
    rows = "(" + "".join(tuple_of(row) + ", " for row in node["rows"]) + ")"
    parts = f"{node['count']}, {literal(node['power'])}, {node['leaf']}, {node['first']}"
    return f"{writer.constant(f'near.Near({rows}, {parts})')}.find(({', '.join(of)},))"


def _within(writer: Writer, node: Node, of: list[str]) -> str:
    rows = "(" + "".join(tuple_of(row) + ", " for row in node["rows"]) + ")"
    parts = f"{rows}, {literal(node['power'])}, {literal(node['radius'])}"
    return f"{writer.constant(f'near.Within({parts})')}.find(({', '.join(of)},))"


def _vote(writer: Writer, node: Node, of: list[str]) -> str:
    return f"near.vote({of[0]}, {writer.constant(tuple_of(node['values']))}, {bool(node['by_distance'])})"


def _apart(writer: Writer, node: Node, of: list[str]) -> str:
    rows = "(" + "".join(tuple_of(row) + ", " for row in node["rows"]) + ")"
    return f"{writer.constant(f'gaps.Gaps({rows})')}.apart(({', '.join(of)},))"


def _imputed(writer: Writer, node: Node, of: list[str]) -> str:
    says = f"{node['column']}, {node['count']}, {bool(node['by_distance'])}, {literal(node['default'])}"
    return f"{of[0]} if {of[0]} == {of[0]} else {of[1]}.imputed({says})"


def _counts(writer: Writer, node: Node, of: list[str]) -> str:
    """How often each term is in a text."""
    key = repr((node["pattern"], node["words"], node["lower"], node["stop"]))
    known = writer.analyzers
    if key not in known:
        parts = f"{node['pattern']!r}, {tuple(node['words'])!r}, {bool(node['lower'])}, {tuple(node['stop'])!r}"
        known[key] = writer.constant(f"({key!r}, {parts})")
    return f"ieee.terms({of[0]}, *{known[key]})"


def _term(writer: Writer, node: Node, of: list[str]) -> str:
    return f"{_counts(writer, node, of)}.get({node['term']!r}, 0.0)"


def _bag(writer: Writer, node: Node, of: list[str]) -> str:
    table = ", ".join(f"{term!r}: {literal(weight)}" for term, weight in zip(node["terms"], node["weights"]))
    weights = writer.constant("{" + table + "}")
    return f"ieee.bag({_counts(writer, node, of)}, {weights}, {node['how']!r}, {bool(node['square'])})"


def _hashed(writer: Writer, node: Node, of: list[str]) -> str:
    numbers = f"{literal(node['default'])}, {node['buckets']}, {bool(node['signed'])}, {bool(node['binary'])}"
    sums = f"hashing.Hashed({tuple(node['places'])!r}, {tuple_of(node['weights'])}, {numbers}, {node['norm']!r})"
    return f"{writer.constant(sums)}.of({_counts(writer, node, of)})"


def tuple_of(values: Sequence[float]) -> str:
    """Numbers as a tuple."""
    return "(" + "".join(f"{literal(value)}, " for value in values) + ")"


EXPRESSIONS: dict[str, Callable[[Writer, Node, list[str]], str]] = {
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
STATEMENTS: dict[str, Callable[[Writer, str, Node], list[str]]] = {"sum": _long_sum, "dot": _long_sum, "trees": _trees}
# These ask for what they take more than once.
REPEATING = frozenset(("trees", "finite", "missing", "fill", "replace", "match", "sigmoid", "imputed"))
# Conditions that a tree asks for again and again as they are, because one comparison is all they cost.
SHORT = frozenset(("is", "absent", "missing", "equal", "less", "less_equal"))
