"""The functions of the standard that are arithmetic, comparisons or logic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from dbml.scorer.plan import Builder, Unsupported, Value
from dbml.scorer.pmml.fields import Field, Truth, never, typed

Function = Callable[[Builder, Sequence[Field]], Field]


def _of_numbers(compute: Callable[[list[Value]], Value], count: int | None = None) -> Function:
    """Arithmetic, in which what is missing is contagious."""

    def apply(plan: Builder, fields: Sequence[Field]) -> Field:
        if count is not None and len(fields) != count:
            raise Unsupported(f"a function of {len(fields)} values that takes {count}")
        values = [field.numeric("arithmetic") for field in fields]
        kinds = {field.dtype for field in fields}
        if kinds == {"integer"}:
            raise Unsupported("arithmetic on integers alone")
        made = Field(compute(values))
        return typed(made, "float") if "float" in kinds and "double" not in kinds else made

    return apply


def _known(fold: Callable[[Value, Value], Value]) -> Function:
    """A function over those of its values that are not missing."""

    def apply(plan: Builder, fields: Sequence[Field]) -> Field:
        values = [field.numeric("a function over several") for field in fields]
        found = values[0]
        for value in values[1:]:
            found = found.missing().select(value, value.missing().select(found, fold(found, value)))
        return Field(found, fields[0].dtype)

    return apply


def _comparison(name: str) -> Function:
    return lambda plan, fields: compared(name, *fields).field()


def compared(name: str, one: Field, other: Field) -> Truth:
    """A comparison of two fields.

    :raises Unsupported: of texts there is no order, and two columns of them cannot be compared.
    """
    plan = one.value.plan
    unknown = one.missing | other.missing
    if one.dtype == "string" or other.dtype == "string":
        constant = next((f for f in (other, one) if f.labels is not None and len(f.labels) == 1), None)
        if constant is None or constant.labels is None or name not in ("equal", "notEqual"):
            raise Unsupported("a comparison of two texts")
        field = one if constant is other else other
        holds = field.equal(constant.labels[0])
    else:
        a, b = one.value, other.value
        holds = {
            "equal": lambda: a.equal(b),
            "notEqual": lambda: a.equal(b),
            "lessThan": lambda: a.less(b),
            "lessOrEqual": lambda: a.less_equal(b),
            "greaterThan": lambda: b.less(a),
            "greaterOrEqual": lambda: b.less_equal(a),
        }[name]()
    if name == "notEqual":
        return Truth(~(holds | unknown), unknown)
    return Truth(plan.all([holds, ~unknown]), unknown)


def truth(field: Field) -> Truth:
    """A boolean field as a condition."""
    if field.dtype != "boolean":
        raise Unsupported(f"a {field.dtype} as a condition")
    return Truth(field.value.equal(1.0), field.missing)


def every(plan: Builder, truths: Sequence[Truth]) -> Truth:
    """The conjunction: false where one is, whatever is unknown."""
    fails = plan.any([each.fails for each in truths])
    holds = plan.all([each.holds for each in truths])
    return Truth(holds, ~(holds | fails))


def some(plan: Builder, truths: Sequence[Truth]) -> Truth:
    """The disjunction: true where one is, whatever is unknown."""
    holds = plan.any([each.holds for each in truths])
    return Truth(holds, plan.any([each.unknown for each in truths]) & ~holds)


def _joined(join: Callable[[Builder, list[Value]], Value]) -> Function:
    """A function of truths: other than for predicates, one that is missing makes it missing."""

    def apply(plan: Builder, fields: Sequence[Field]) -> Field:
        truths = [truth(field) for field in fields]
        return Truth(join(plan, [each.holds for each in truths]), plan.any([each.unknown for each in truths])).field()

    return apply


def _negated(plan: Builder, fields: Sequence[Field]) -> Field:
    (each,) = map(truth, fields)
    return Truth(each.fails, each.unknown).field()


def _is_missing(plan: Builder, fields: Sequence[Field]) -> Field:
    return Truth(fields[0].missing, never(plan)).field()


def _is_not_missing(plan: Builder, fields: Sequence[Field]) -> Field:
    return Truth(~fields[0].missing, never(plan)).field()


def _is_in(plan: Builder, fields: Sequence[Field]) -> Field:
    """What is missing is none of them."""
    return Truth(some(plan, [compared("equal", fields[0], each) for each in fields[1:]]).holds, never(plan)).field()


def _is_not_in(plan: Builder, fields: Sequence[Field]) -> Field:
    return Truth(~some(plan, [compared("equal", fields[0], each) for each in fields[1:]]).holds, never(plan)).field()


def _if(plan: Builder, fields: Sequence[Field]) -> Field:
    condition = truth(fields[0])
    yes = fields[1]
    no = fields[2] if len(fields) > 2 else Field(plan.constant(math.nan), yes.dtype, yes.labels)
    if yes.labels is not None or no.labels is not None:
        if yes.labels is None or no.labels is None:
            raise Unsupported("one of two texts, of which one is a column")
        labels = tuple(dict.fromkeys((*yes.labels, *no.labels)))
        codes = [
            each.value.lookup(range(len(each.labels or ())), [float(labels.index(word)) for word in each.labels or ()])
            for each in (yes, no)
        ]
        chosen = condition.holds.select(codes[0], codes[1])
        return Field(condition.unknown.select(math.nan, chosen), "string", labels)
    dtype = yes.dtype if yes.dtype == no.dtype else "double"
    chosen = condition.holds.select(yes.numeric("if"), no.numeric("if"))
    return Field(condition.unknown.select(math.nan, chosen), dtype)


def _pow(plan: Builder, fields: Sequence[Field]) -> Field:
    base, power = fields
    for exponent in (1, 2, 3, 4):
        if plan.constant(exponent).index == power.value.index:
            found = base.numeric("pow")
            for _ in range(exponent - 1):
                found = found * base.value
            return Field(found)
    constant = plan.known(power.numeric("pow"))
    if constant is None or constant == int(constant):
        raise Unsupported("pow to any but 1, 2, 3, 4 or a broken number")
    # Below 0 it is NaN, as the logarithm.
    return Field((base.numeric("pow").function("log") * constant).function("exp"))


def _threshold(plan: Builder, fields: Sequence[Field]) -> Field:
    value, edge = (field.numeric("threshold") for field in fields)
    above = edge.less(value).indicator()
    return Field((value.missing() | edge.missing()).select(math.nan, above))


def _unary(name: str) -> Function:
    return _of_numbers(lambda values: values[0].function(name), 1)


# What a Java int holds.
_INTEGERS = (-(2.0**31), 2.0**31 - 1.0)


def whole(value: Value) -> Value:
    """An integer: jpmml-evaluator refuses one that Java's int does not hold, and one of what is missing."""
    low, high = _INTEGERS
    fits = ~value.less(low) & value.less_equal(high)
    value.plan.check(fits, "a whole number that is missing, or too large for an integer")
    return value


def floor(value: Value) -> Value:
    """The greatest whole number that is not above it."""
    return value.function("floor")


def ceiling(value: Value) -> Value:
    """The smallest whole number that is not below it."""
    return value.function("ceil")


def rounded(value: Value) -> Value:
    """As Java's ``Math.round``: what is half goes up."""
    below = value.function("floor")
    return below + value.plan.constant(0.5).less_equal(value - below).indicator()


def _to_whole(compute: Callable[[Value], Value]) -> Function:
    return lambda plan, fields: Field(whole(compute(fields[0].numeric("rounding"))), fields[0].dtype)


def _mean(plan: Builder, fields: Sequence[Field]) -> Field:
    """Of those that are not missing."""
    values = [field.numeric("avg") for field in fields]
    there = plan.sum([(~value.missing()).indicator() for value in values])
    return Field(_known(lambda a, b: a + b)(plan, fields).value / there)


def _hypotenuse(values: list[Value]) -> Value:
    """Without squares that are too large where the answer is not."""
    one, other = (value.function("absolute") for value in values)
    longer = one.maximum(other)
    share = one.minimum(other) / longer
    return longer.equal(0.0).select(0.0, longer * (share * share + 1.0).function("sqrt"))


def _remainder(values: list[Value]) -> Value:
    """With the sign of the divisor, as the standard has it."""
    value, divisor = values
    return value - (value / divisor).function("floor") * divisor


#: The functions of the standard, by their names.
FUNCTIONS: dict[str, Function] = {
    "+": _of_numbers(lambda v: v[0] + v[1], 2),
    "-": _of_numbers(lambda v: v[0] - v[1], 2),
    "*": _of_numbers(lambda v: v[0] * v[1], 2),
    "/": _of_numbers(lambda v: v[0] / v[1], 2),
    "min": _known(lambda a, b: a.minimum(b)),
    "max": _known(lambda a, b: a.maximum(b)),
    "sum": _known(lambda a, b: a + b),
    "pow": _pow,
    "threshold": _threshold,
    **{name: _unary(ours) for name, ours in (("exp", "exp"), ("ln", "log"), ("sqrt", "sqrt"), ("log10", "log10"))},
    "abs": _unary("absolute"),
    "floor": _to_whole(floor),
    "ceil": _to_whole(ceiling),
    "round": _to_whole(rounded),
    "rint": _unary("rint"),
    "product": _known(lambda a, b: a * b),
    "avg": _mean,
    "modulo": _of_numbers(_remainder, 2),
    "hypot": _of_numbers(_hypotenuse, 2),
    "stdNormalCDF": _unary("ndtr"),
    **{name: _unary(name) for name in ("expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{
        name: _unary(ours)
        for name, ours in (("ln1p", "log1p"), ("asin", "arcsin"), ("acos", "arccos"), ("atan", "arctan"))
    },
    **{
        name: _comparison(name)
        for name in ("equal", "notEqual", "lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual")
    },
    "and": _joined(lambda plan, parts: plan.all(parts)),
    "or": _joined(lambda plan, parts: plan.any(parts)),
    "not": _negated,
    "isMissing": _is_missing,
    "isNotMissing": _is_not_missing,
    "isIn": _is_in,
    "isNotIn": _is_not_in,
    "if": _if,
}
