"""Predicates: conditions that are true, false or unknown."""

from __future__ import annotations

import numpy as np

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.pmml.document import Element, children, words
from dbml.scorer.pmml.fields import Field, Scope, Truth, never
from dbml.scorer.pmml.functions import every, some

TAGS = ("SimplePredicate", "SimpleSetPredicate", "CompoundPredicate", "True", "False")


def of(element: Element) -> Element:
    """The predicate of a node, a segment, an attribute, …

    :raises Unsupported: it has none.
    """
    for child in children(element):
        if child.tag in TAGS:
            return child
    raise Unsupported(f"a {element.tag} without a predicate")


def truth(scope: Scope, element: Element) -> Truth:
    """What a predicate says of a row.

    :raises Unsupported: no plan expresses it.
    """
    plan = scope.plan
    if element.tag in ("True", "False"):
        return Truth(plan.all([]) if element.tag == "True" else never(plan), never(plan))
    if element.tag == "CompoundPredicate":
        return _compound(scope, element)
    field = scope[element.get("field")]
    if element.tag == "SimpleSetPredicate":
        return _set(field, element)
    operator = element.get("operator", "")
    if operator in ("isMissing", "isNotMissing"):
        return Truth(field.missing if operator == "isMissing" else ~field.missing, never(plan))
    word = element.get("value", "")
    if operator in ("equal", "notEqual"):
        equal = field.equal(word)
        holds = equal if operator == "equal" else ~(equal | field.missing)
        return Truth(holds, field.missing)
    return Truth(_ordered(field.numeric("an order"), operator, field.number(word)), field.missing)


def _ordered(value: Value, operator: str, number: float) -> Value:
    constant = value.plan.constant(number)
    if operator == "lessThan":
        return value.less(constant)
    if operator == "lessOrEqual":
        return value.less_equal(constant)
    if operator == "greaterThan":
        return constant.less(value)
    if operator == "greaterOrEqual":
        return constant.less_equal(value)
    raise Unsupported(f"the operator {operator}")


def _set(field: Field, element: Element) -> Truth:
    array = element.find("Array")
    members = [field.equal(word) for word in words(None if array is None else array.text)]
    inside = field.value.plan.any(members)
    outside = ~(inside | field.missing)
    return Truth(inside if element.get("booleanOperator") == "isIn" else outside, field.missing)


def _compound(scope: Scope, element: Element) -> Truth:
    parts = [truth(scope, child) for child in children(element)]
    operator = element.get("booleanOperator")
    if operator == "and":
        return every(scope.plan, parts)
    if operator == "or":
        return some(scope.plan, parts)
    if operator == "surrogate":
        found = parts[-1]
        for part in parts[-2::-1]:
            found = Truth(part.holds | (part.unknown & found.holds), part.unknown & found.unknown)
        return found
    if operator == "xor" and len(parts) == 2:
        one, other = parts
        unknown = one.unknown | other.unknown
        return Truth(((one.holds & ~other.holds) | (other.holds & ~one.holds)) & ~unknown, unknown)
    raise Unsupported(f"predicates by {operator}")


def threshold(field: Field, element: Element) -> tuple[float, bool] | None:
    """A comparison as a tree asks: the greatest number of the one side, and whether it holds on that side.

    :returns: None where it is no comparison of a number with one.
    """
    operator = element.get("operator", "")
    if element.tag != "SimplePredicate" or field.value.kind != "n" or field.labels is not None:
        return None
    if operator not in ("lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual"):
        return None
    number = field.number(element.get("value", ""))
    if operator in ("lessThan", "greaterOrEqual"):
        kind = np.float32 if field.dtype == "float" else np.float64
        number = float(np.nextafter(kind(number), kind(-np.inf)))
    return number, operator.startswith("less")
