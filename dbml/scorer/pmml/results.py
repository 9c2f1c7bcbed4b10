"""What a model says of a row: a value, or classes with their probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.pmml.document import Element
from dbml.scorer.pmml.fields import Field, texts_of


@dataclass(frozen=True)
class Result:
    """What a model answers.

    :param value: of a regression.
    :param labels: of a classification, its classes as the document writes them.
    :param probabilities: one a class; None where it has none.
    :param votes: per class, the condition that it is predicted; left out, that its probability is the greatest.
    :param partial: whether for some rows it answers nothing, and predicts no class.
    """

    value: Value | None = None
    labels: tuple[str, ...] = ()
    probabilities: tuple[Value, ...] | None = None
    votes: tuple[Value, ...] | None = None
    partial: bool = False

    def ordered(self, labels: Sequence[str]) -> Result:
        """The same with the classes in another order, where it has just these."""
        if self.value is not None or set(labels) != set(self.labels) or len(labels) != len(self.labels):
            return self
        places = [self.labels.index(label) for label in labels]

        def moved(values: Sequence[Value] | None) -> tuple[Value, ...] | None:
            return None if values is None else tuple(values[place] for place in places)

        # Of equal probabilities the first in the document's order is predicted.
        return replace(
            self, labels=tuple(labels), probabilities=moved(self.probabilities), votes=moved(self.predicted())
        )

    @property
    def number(self) -> Value:
        """The value of a regression.

        :raises Unsupported: it is none.
        """
        if self.value is None:
            raise Unsupported("classes where a number is due")
        return self.value

    def chances(self) -> tuple[Value, ...]:
        """The probabilities.

        :raises Unsupported: there are none.
        """
        if self.probabilities is None:
            raise Unsupported("classes without probabilities")
        return self.probabilities

    def predicted(self) -> list[Value]:
        """Per class, the condition that it is predicted."""
        return list(self.votes) if self.votes is not None else argmax(self.chances())

    def field(self) -> Field:
        """What it predicts, for those that come after it."""
        if self.value is not None:
            return Field(self.value)
        votes = self.predicted()
        plan = votes[0].plan
        return texts_of(plan, list(zip(votes, self.labels, strict=True)), None, plan.any([]))


def argmax(values: Sequence[Value]) -> list[Value]:
    """Per value, the condition that it is the first of the greatest."""
    return values[0].plan.argmax(list(values))


def targeted(model: Element, result: Result) -> Result:
    """A result as the ``Target`` of its model rescales it.

    :raises Unsupported: it does something else.
    """
    # One without a field is for a model whose schema has no target.
    fields = model.findall("MiningSchema/MiningField")
    names = [each.get("name") for each in fields if each.get("usageType") in ("target", "predicted")] or [None]
    target = next((each for each in model.findall("Targets/Target") if each.get("field") in names), None)
    if target is None or result.value is None:
        return result
    value = result.value
    if target.get("castInteger") is not None:
        raise Unsupported("a Target that casts to integers")
    default = next((each.get("defaultValue") for each in target.findall("TargetValue")), None)
    if default is not None:
        value = value.missing().select(float(default), value)
    if (low := target.get("min")) is not None:
        value = value.maximum(float(low))
    if (high := target.get("max")) is not None:
        value = value.minimum(float(high))
    single = model.get("x-mathContext") == "float"
    kind = np.float32 if single else np.float64
    factor, constant = (float(kind(target.get(f"rescale{w}", d))) for w, d in (("Factor", "1"), ("Constant", "0")))
    if factor != 1.0:
        value = (value * factor).round32() if single else value * factor
    if constant != 0.0:
        value = (value + constant).round32() if single else value + constant
    return replace(result, value=value)


def inverse(link: str) -> Callable[[Value], Value]:
    """What takes a sum back to the scale of an answer, by the name of its normalization or link.

    :raises Unsupported: no plan expresses it.
    """
    try:
        return _INVERSES[link]
    except KeyError:
        raise Unsupported(f"the normalization or link {link}") from None


def _cloglog(x: Value) -> Value:
    return 1.0 - (-x.function("exp")).function("exp")


_INVERSES: dict[str, Callable[[Value], Value]] = {
    **dict.fromkeys(("none", "identity"), lambda x: x),
    **dict.fromkeys(("exp", "log"), lambda x: x.function("exp")),
    "logit": lambda x: x.sigmoid(),
    "probit": lambda x: x.function("ndtr"),
    "cloglog": _cloglog,
    "loglog": lambda x: (-(-x).function("exp")).function("exp"),
    "cauchit": lambda x: x.function("arctan") / math.pi + 0.5,
    "logc": lambda x: 1.0 - x.function("exp"),
}
