"""What fields are derived from: expressions of the standard, with missing values as it has them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from dbml.scorer.plan import Unsupported
from dbml.scorer.pmml.document import Element, children
from dbml.scorer.pmml.fields import NUMBERS, Field, Scope, Truth, inside, literal, texts_of, typed
from dbml.scorer.pmml.functions import FUNCTIONS


def define(scope: Scope, elements: Sequence[Element]) -> None:
    """Add ``DerivedField`` elements to a scope."""
    for element in elements:
        scope.derive(str(element.get("name")), lambda element=element: derived(scope, element))  # type: ignore[misc]


def derived(scope: Scope, element: Element) -> Field:
    """A ``DerivedField``.

    :raises Unsupported: no plan expresses it.
    """
    (inner,) = [child for child in children(element) if child.tag not in ("Value", "Interval")]
    return typed(expression(scope, inner), element.get("dataType"))


def expression(scope: Scope, element: Element) -> Field:
    """What an expression gives.

    :raises Unsupported: no plan expresses it.
    """
    try:
        read = _EXPRESSIONS[element.tag]
    except KeyError:
        raise Unsupported(f"the expression {element.tag}") from None
    return read(scope, element)


def _constant(scope: Scope, element: Element) -> Field:
    word, dtype = element.text or "", element.get("dataType")
    if element.get("missing") == "true":
        return Field(scope.plan.constant(math.nan))
    if dtype is None:
        try:
            float(word)
        except ValueError:
            dtype = "string"
        else:
            dtype = "double" if any(letter in word for letter in ".eE") else "integer"
    if dtype == "string":
        return Field(scope.plan.constant(0.0), "string", (word,))
    if dtype not in NUMBERS:
        raise Unsupported(f"a constant of the type {dtype}")
    return Field(scope.plan.constant(literal(word, dtype)), dtype)


def _filled(field: Field, word: str | None) -> Field:
    """A field with ``mapMissingTo`` in place of what is missing."""
    if word is None:
        return field
    if field.labels is not None:
        labels = field.labels if word in field.labels else (*field.labels, word)
        return Field(field.missing.select(float(labels.index(word)), field.value), "string", labels)
    if field.value.kind == "t":
        return Field(field.value.fill(word), "string")
    return Field(field.missing.select(field.number(word), field.value), field.dtype)


def _field_ref(scope: Scope, element: Element) -> Field:
    return _filled(scope[element.get("field")], element.get("mapMissingTo"))


def _norm_continuous(scope: Scope, element: Element) -> Field:
    value = scope[element.get("field")].numeric("NormContinuous")
    points = [(float(p.get("orig", "")), float(p.get("norm", ""))) for p in element.findall("LinearNorm")]
    if len(points) < 2:
        raise Unsupported("a NormContinuous of one point")
    lines = [((value - a) / (b - a)) * (q - p) + p for (a, p), (b, q) in pairwise(points)]
    found = lines[-1]
    for line, (end, _) in zip(lines[-2::-1], points[-2:0:-1], strict=True):
        found = value.less_equal(end).select(line, found)
    outliers = element.get("outliers", "asIs")
    below, above = value.less(points[0][0]), scope.plan.constant(points[-1][0]).less(value)
    if outliers == "asExtremeValues":
        found = below.select(points[0][1], above.select(points[-1][1], found))
    elif outliers == "asMissingValues":
        found = (below | above).select(math.nan, found)
    return _filled(Field(found), element.get("mapMissingTo"))


def _norm_discrete(scope: Scope, element: Element) -> Field:
    field = scope[element.get("field")]
    found = Truth(field.equal(element.get("value", "")), field.missing).field()
    return _filled(Field(found.value), element.get("mapMissingTo"))


def _discretize(scope: Scope, element: Element) -> Field:
    field = scope[element.get("field")]
    choices = []
    for each in element.findall("DiscretizeBin"):
        (interval,) = each.findall("Interval")
        choices.append((inside(interval, field), each.get("binValue", "")))
    made = texts_of(scope.plan, choices, element.get("defaultValue"), field.missing)
    return _typed(_filled(made, element.get("mapMissingTo")), element)


def _typed(field: Field, element: Element) -> Field:
    dtype = element.get("dataType", "string")
    return field if dtype == "string" else typed(field, dtype)


def _map_values(scope: Scope, element: Element) -> Field:
    pairs = [(scope[pair.get("field")], str(pair.get("column"))) for pair in element.findall("FieldColumnPair")]
    table = element.find("InlineTable")
    if table is None:
        raise Unsupported("MapValues with a table elsewhere")
    rows = [{cell.tag: cell.text or "" for cell in children(row)} for row in table.findall("row")]
    output = str(element.get("outputColumn"))
    missing = scope.plan.any([field.missing for field, _ in pairs])
    default = element.get("defaultValue")
    (field, column), single = pairs[0], len(pairs) == 1
    if single and field.value.kind == "t":
        words = [row[output] for row in rows] + ([default] if default is not None else [])
        labels = tuple(dict.fromkeys(words))
        first = {row[column]: float(labels.index(row[output])) for row in reversed(rows)}
        otherwise = math.nan if default is None else float(labels.index(default))
        made = Field(field.value.lookup(first, first.values(), otherwise), "string", labels)
    else:
        choices = [(scope.plan.all([field.equal(row[column]) for field, column in pairs]), row[output]) for row in rows]
        made = texts_of(scope.plan, choices, default, missing)
    return _typed(_filled(made, element.get("mapMissingTo")), element)


def _apply(scope: Scope, element: Element) -> Field:
    name = str(element.get("function"))
    fields = [expression(scope, child) for child in children(element)]
    if (defined := scope.functions.find(name)) is not None:
        found = _called(scope, defined, fields)
    elif name in FUNCTIONS:
        found = FUNCTIONS[name](scope.plan, fields)
    else:
        raise Unsupported(f"the function {name}")
    if (word := element.get("mapMissingTo")) is not None:
        if name in ("isMissing", "isNotMissing"):
            raise Unsupported(f"the function {name} with mapMissingTo")
        missing = scope.plan.any([field.missing for field in fields])
        found = Field(missing.select(found.number(word), found.value), found.dtype)
    return _filled(found, element.get("defaultValue"))


def _called(scope: Scope, defined: Element, fields: Sequence[Field]) -> Field:
    """What a function of the document's own makes of its parameters, which are all that it sees."""
    parameters = defined.findall("ParameterField")
    if len(parameters) != len(fields):
        raise Unsupported(f"the function {defined.get('name')} of {len(fields)} values")
    own = Scope(scope.plan, functions=scope.functions)
    for parameter, field in zip(parameters, fields, strict=True):
        own.fields[str(parameter.get("name"))] = typed(field, parameter.get("dataType"))
    (inner,) = [child for child in children(defined) if child.tag != "ParameterField"]
    return typed(expression(own, inner), defined.get("dataType"))


_EXPRESSIONS: dict[str, Callable[[Scope, Element], Field]] = {
    "Constant": _constant,
    "FieldRef": _field_ref,
    "NormContinuous": _norm_continuous,
    "NormDiscrete": _norm_discrete,
    "Discretize": _discretize,
    "MapValues": _map_values,
    "Apply": _apply,
}
