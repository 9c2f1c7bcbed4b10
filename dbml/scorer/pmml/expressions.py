"""What fields are derived from: expressions of the standard and its functions, with missing values as it has them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from dbml.scorer.plan import Builder, Unsupported, Value
from dbml.scorer.pmml.document import Element, children
from dbml.scorer.pmml.fields import NUMBERS, Field, Scope, Truth, inside, literal, never, texts_of


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


def typed(field: Field, dtype: str | None) -> Field:
    """The field as another type.

    :raises Unsupported: that would change its values.
    """
    if dtype in (None, field.dtype) or (dtype == "double" and field.dtype in ("float", "integer")):
        return Field(field.value, dtype or field.dtype, field.labels)
    if dtype == "float" and field.dtype in ("double", "integer"):
        return Field(field.value.round32(), "float")
    if dtype in ("double", "float", "integer") and field.labels is not None:
        # A table's words, read as numbers.
        codes = [float(place) for place in range(len(field.labels))]
        return Field(field.value.lookup(codes, [literal(word, dtype) for word in field.labels]), dtype)
    raise Unsupported(f"a {field.dtype} as {dtype}")


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
    elif name in _FUNCTIONS:
        found = _FUNCTIONS[name](scope.plan, fields)
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


# --- functions ---

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
    return some(plan, [compared("equal", fields[0], each) for each in fields[1:]]).field()


def _is_not_in(plan: Builder, fields: Sequence[Field]) -> Field:
    return every(plan, [compared("notEqual", fields[0], each) for each in fields[1:]]).field()


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


_FUNCTIONS: dict[str, Function] = {
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
    **{name: _unary(ours) for name, ours in (("abs", "absolute"), ("floor", "floor"), ("ceil", "ceil"))},
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
