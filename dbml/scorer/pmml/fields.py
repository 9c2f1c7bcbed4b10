"""Fields as the nodes of a plan: data fields as the mining schema lets them in, and what is derived from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dbml.scorer.plan import Builder, Unsupported, Value
from dbml.scorer.pmml.document import Element

NUMBERS = ("double", "float", "integer", "boolean")
# What a Java int holds: jpmml-evaluator takes no other for an integer.
_INTEGERS = (-(2.0**31), 2.0**31 - 1)


@dataclass(frozen=True)
class Field:
    """A value of a row.

    :param value: a number, where NaN is missing and a boolean 1 or 0; or a text, where NULL is.
    :param dtype: ``double``, ``float``, ``integer``, ``boolean`` or ``string``.
    :param labels: of texts that are made from numbers: the value is a place among these.
    """

    value: Value
    dtype: str = "double"
    labels: tuple[str, ...] | None = None

    @property
    def missing(self) -> Value:
        """Whether there is none."""
        return self.value.missing()

    def equal(self, word: str) -> Value:
        """Whether it is what a word of the document says; false where it is missing."""
        if self.labels is not None:
            return self.value.equal(float(self.labels.index(word))) if word in self.labels else never(self.value.plan)
        if self.value.kind == "t":
            return self.value.is_(word)
        return self.value.equal(self.number(word))

    def number(self, word: str) -> float:
        """A word of the document as a number of this field's type."""
        return literal(word, self.dtype)

    def numeric(self, what: str) -> Value:
        """The value where it is a number.

        :raises Unsupported: it is a text.
        """
        if self.value.kind == "t" or self.labels is not None:
            raise Unsupported(f"{what} of a text")
        return self.value


def typed(field: Field, dtype: str | None) -> Field:
    """The field as another type.

    :raises Unsupported: that would change its values.
    """
    if dtype in (None, field.dtype) or (dtype == "double" and field.dtype in ("float", "integer", "boolean")):
        return Field(field.value, dtype or field.dtype, field.labels)
    if dtype == "float" and field.dtype in ("double", "integer"):
        return Field(field.value.round32(), "float")
    if dtype in ("double", "float", "integer") and field.labels is not None:
        # A table's words, read as numbers.
        codes = [float(place) for place in range(len(field.labels))]
        return Field(field.value.lookup(codes, [literal(word, dtype) for word in field.labels]), dtype)
    raise Unsupported(f"a {field.dtype} as {dtype}")


@dataclass(frozen=True)
class Truth:
    """A condition of three values.

    :param holds: whether it is true.
    :param unknown: whether it is neither true nor false, because something is missing.
    """

    holds: Value
    unknown: Value

    @property
    def fails(self) -> Value:
        """Whether it is false."""
        return ~(self.holds | self.unknown)

    def field(self) -> Field:
        """As a boolean."""
        return Field(self.unknown.select(math.nan, self.holds.indicator()), "boolean")


def never(plan: Builder) -> Value:
    """A condition that no row meets."""
    return plan.any([])


def literal(word: str, dtype: str) -> float:
    """A word of the document as a number of a type.

    :raises Unsupported: it is none.
    """
    if dtype == "boolean" and word in ("true", "false"):
        return float(word == "true")
    try:
        number = float(word)
    except ValueError:
        raise Unsupported(f"{word!r} where a {dtype} is due") from None
    return float(np.float32(number)) if dtype == "float" else number


def number(element: Element, name: str, default: float | None = None) -> float:
    """A number that an element says.

    :raises Unsupported: it says none, and there is no default.
    """
    word = element.get(name)
    if word is None and default is None:
        raise Unsupported(f"a {element.tag} without {name}")
    return float(default if word is None else word)  # type: ignore[arg-type]


# A function that calls another twice, which calls another twice, would go on for ever.
MAX_CALLS = 100_000


@dataclass
class Functions:
    """The functions that a document defines.

    :param defined: name → ``DefineFunction``.
    :param calls: how often they were called.
    """

    defined: Mapping[str, Element]
    calls: int = 0

    def find(self, name: str) -> Element | None:
        """The function of a name, to be called.

        :raises Unsupported: they were called too often.
        """
        self.calls += name in self.defined
        if self.calls > MAX_CALLS:
            raise Unsupported(f"more than {MAX_CALLS} calls of functions of its own")
        return self.defined.get(name)


class Scope:
    """The fields that a part of a document sees.

    :param plan: the plan that is made.
    :param fields: name → field.
    :param above: the scope around it.
    :param functions: of the document; left out, those of the scope around it.
    """

    def __init__(self, plan: Builder, above: Scope | None = None, functions: Functions | None = None) -> None:
        self.plan = plan
        self.above = above
        self.functions: Functions = functions or (above.functions if above else Functions({}))
        self.fields: dict[str, Field] = {}
        self._derived: dict[str, Callable[[], Field]] = {}

    def __getitem__(self, name: str | None) -> Field:
        """The field of a name.

        :raises Unsupported: there is none, or it is derived from itself.
        """
        if name in self.fields:
            return self.fields[name]
        if name in self._derived:
            make = self._derived.pop(name)
            self.fields[name] = make()
            return self.fields[name]
        if self.above is None:
            raise Unsupported(f'the field "{name}", which is not there or is derived from itself')
        return self.above[name]

    def derive(self, name: str, make: Callable[[], Field]) -> None:
        """Add a field that is made when somebody asks for it."""
        self._derived[name] = make


def given(plan: Builder, element: Element, value: Value) -> Field:
    """A data field as the row has it.

    :param element: its ``DataField``.
    :raises Unsupported: its type has no place here.
    """
    dtype = element.get("dataType", "")
    if dtype not in (*NUMBERS, "string"):
        raise Unsupported(f'the field "{element.get("name")}" of the type {dtype}')
    if (dtype == "string") != (value.kind == "t"):
        raise Unsupported(f'the field "{element.get("name")}" of the type {dtype}, which the sample has not')
    return Field(value.round32() if dtype == "float" else value, dtype)


def let_in(plan: Builder, data: Element, mining: Element, field: Field) -> Field:
    """A data field as a model sees it: missing, invalid and outlying values are treated.

    :param data: its ``DataField``.
    :param mining: its ``MiningField``.
    :raises Unsupported: a treatment that no plan expresses.
    """
    name = str(data.get("name"))
    field = _spelled_missing(plan, data, field)
    invalid = _invalid(plan, data, field)
    treatment = mining.get("invalidValueTreatment", "returnInvalid")
    if treatment in ("asMissing", "asValue"):
        field = _coded(data, field)
    replacement = mining.get("invalidValueReplacement")
    if treatment == "returnInvalid":
        plan.check(~invalid, f'field "{name}" takes no such value')
    elif treatment == "asMissing":
        field = _instead(field, invalid, None)
    elif treatment == "asValue" or (treatment == "asIs" and replacement is not None):
        field = _instead(field, invalid, replacement)
    elif treatment != "asIs":
        raise Unsupported(f"the invalidValueTreatment {treatment}")
    field = _outliers(mining, field)
    if mining.get("missingValueTreatment") == "returnInvalid":
        plan.check(~field.missing, f'field "{name}" may not be missing')
    elif mining.get("missingValueReplacement") is not None:
        field = _instead(field, field.missing, mining.get("missingValueReplacement"))
    return field


def _spelled_missing(plan: Builder, data: Element, field: Field) -> Field:
    """Values that the dictionary calls missing."""
    spelled = [value.get("value", "") for value in data.findall("Value") if value.get("property") == "missing"]
    return _instead(field, plan.any([field.equal(word) for word in spelled]), None) if spelled else field


def _invalid(plan: Builder, data: Element, field: Field) -> Value:
    """Whether a value is none of the field's: no value or interval of its has it, or it is not of its type."""
    values = data.findall("Value")
    valid = [value.get("value", "") for value in values if value.get("property", "valid") == "valid"]
    wrong = [field.equal(value.get("value", "")) for value in values if value.get("property") == "invalid"]
    known = [field.equal(word) for word in valid]
    known += [_inside(interval, field) for interval in data.findall("Interval")]
    present = ~field.missing
    if known:
        wrong.append(present & ~plan.any(known))
    if field.dtype == "integer":
        low, high = _INTEGERS
        whole = field.value.function("floor").equal(field.value)
        in_range = ~field.value.less(low) & ~plan.constant(high).less(field.value)
        wrong.append(present & ~(whole & in_range))
    return plan.any(wrong)


def _inside(interval: Element, field: Field) -> Value:
    value, plan, parts = field.numeric("an interval"), field.value.plan, []
    closure = interval.get("closure", "closedClosed")
    if (low := interval.get("leftMargin")) is not None:
        least = plan.constant(field.number(low))
        parts.append(least.less(value) if closure.startswith("open") else least.less_equal(value))
    if (high := interval.get("rightMargin")) is not None:
        most = field.number(high)
        parts.append(value.less(most) if closure.endswith("Open") else value.less_equal(most))
    return plan.all(parts)


def inside(interval: Element, field: Field) -> Value:
    """Whether a number lies in an ``Interval``."""
    return _inside(interval, field)


def _coded(data: Element, field: Field) -> Field:
    """A text of which the dictionary says all valid values, as its place among them; another text is as a missing one.

    A text has no operation that makes it missing, or another.
    """
    valid = [v.get("value", "") for v in data.findall("Value") if v.get("property", "valid") == "valid"]
    if field.value.kind != "t" or not valid:
        return field
    return texts_of(field.value.plan, [(field.equal(word), word) for word in valid], None, field.missing)


def _instead(field: Field, where: Value, word: str | None) -> Field:
    """The field with a word in some places, or with nothing there."""
    if field.labels is not None:
        if word is None:
            return replace(field, value=where.select(math.nan, field.value))
        labels = field.labels if word in field.labels else (*field.labels, word)
        return replace(field, value=where.select(float(labels.index(word)), field.value), labels=labels)
    if field.value.kind == "t":
        if word is None or field.value.plan.op(where) != "absent":
            raise Unsupported(
                "an invalid text as another one, or as a missing one, where no values are said to be valid"
            )
        return replace(field, value=field.value.fill(word))
    return replace(field, value=where.select(math.nan if word is None else field.number(word), field.value))


def _outliers(mining: Element, field: Field) -> Field:
    treatment = mining.get("outliers", "asIs")
    if treatment == "asIs":
        return field
    low, high = (mining.get(name) for name in ("lowValue", "highValue"))
    value = field.numeric("outliers")
    bounds = (math.inf if low is None else field.number(low)), (math.inf if high is None else field.number(high))
    least = -math.inf if low is None else bounds[0]
    below, above = value.less(least), value.plan.constant(bounds[1]).less(value)
    if treatment == "asMissingValues":
        return replace(field, value=(below | above).select(math.nan, value))
    if treatment == "asExtremeValues":
        return replace(field, value=below.select(least, above.select(bounds[1], value)))
    raise Unsupported(f"outliers {treatment}")


def texts_of(plan: Builder, choices: Sequence[tuple[Value, str]], otherwise: str | None, missing: Value) -> Field:
    """A text that conditions choose: the first that holds.

    :param otherwise: where none holds; None is missing.
    """
    labels = tuple(dict.fromkeys([word for _, word in choices] + ([otherwise] if otherwise is not None else [])))
    value = plan.constant(math.nan if otherwise is None else float(labels.index(otherwise)))
    for condition, word in reversed(choices):
        value = condition.select(float(labels.index(word)), value)
    return Field(missing.select(math.nan, value), "string", labels)
