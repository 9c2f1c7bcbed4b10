"""Which function writes which estimator down as a plan.

A function is registered for exact classes: a subclass may compute something else. Three sorts:

``@transformer(StandardScaler)``
    ``(estimator, X) -> list of columns``.
``@predictor(LogisticRegression, …)``
    ``(estimator, X) -> Answer``.

``X`` is a :class:`Columns`: the row's values as the estimator would get them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dbml.scorer.plan import Builder, Value


class Unsupported(Exception):
    """A part of a model that no plan expresses; the message names it."""


@dataclass(frozen=True)
class Column:
    """One column of X.

    :param value: its node; a text or a number (NaN where missing; a boolean is 1 or 0).
    :param name: as in a DataFrame, where it is known.
    :param dtype: of the pandas or numpy column, ``"float64"``, ``"int64"``, ``"bool"``, ``"object"``,
        ``"category"``: encoders compare by it.
    :param categories: the categories of a ``"category"`` column.
    """

    value: Value
    name: str | None = None
    dtype: str = "float64"
    categories: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Columns:
    """The input of one estimator: columns in order, and the plan they belong to."""

    plan: Builder
    columns: list[Column] = field(default_factory=list)

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __getitem__(self, index: int) -> Column:
        return self.columns[index]

    @property
    def values(self) -> list[Value]:
        """The nodes, in order."""
        return [column.value for column in self.columns]

    def take(self, indices: Iterable[int]) -> Columns:
        """Only these columns, in this order."""
        return replace(self, columns=[self.columns[i] for i in indices])

    def of(self, values: Sequence[Value], names: Sequence[str] | None = None, dtype: str = "float64") -> Columns:
        """Columns of numbers that an estimator has made."""
        known = list(names) if names is not None and len(names) == len(values) else [None] * len(values)
        return replace(self, columns=[Column(v, n, dtype) for v, n in zip(values, known, strict=True)])

    def numeric(self, what: str = "") -> Columns:
        """The same columns, all of them numbers.

        :raises Unsupported: one is text.
        """
        for column in self.columns:
            if column.value.kind != "n":
                raise Unsupported(f"{what or 'a step'} takes numbers, and column {column.name!r} is text")
        return self

    def refuse_missing(self, what: str) -> None:
        """What ``check_array`` does by default: NaN and infinity are refused."""
        for column in self.columns:
            if column.value.kind == "n" and not column.value.always_finite:
                self.plan.check(column.value.finite(), f"Input X of {what} contains NaN or infinity")

    def refuse_infinite(self, what: str) -> None:
        """What ``check_array(ensure_all_finite="allow-nan")`` does: infinity is refused, NaN is not."""
        for column in self.columns:
            if column.value.kind == "n" and not column.value.always_finite:
                value = column.value
                self.plan.check(value.finite() | value.missing(), f"Input X of {what} contains infinity")


@dataclass(frozen=True)
class Answer:
    """What a predictor says of a row; what it cannot say is None.

    :param probabilities: ``predict_proba``, one value a class.
    :param decision: what ``predict`` of a classifier takes the greatest of; left out, the probabilities.
    :param votes: where ``predict`` is no argmax: per class, the condition that it is predicted.
    :param value: ``predict`` of a regressor or outlier detector.
    :param function: ``decision_function``: one value for two classes, else one a class.
    """

    probabilities: list[Value] | None = None
    decision: list[Value] | None = None
    votes: list[Value] | None = None
    value: Value | None = None
    function: list[Value] | None = None

    def predicted(self, plan: Builder) -> list[Value]:
        """Per class, the condition that ``predict`` answers with it."""
        if self.votes is not None:
            return self.votes
        values = self.decision or self.probabilities
        if values is None:
            raise Unsupported("an estimator without classes where classes are due")
        return plan.argmax(values)


Transform = Callable[[Any, Columns], Columns]
Predict = Callable[[Any, Columns], Answer]

TRANSFORMERS: dict[type, Transform] = {}
PREDICTORS: dict[type, Predict] = {}


def transformer(*classes: type) -> Callable[[Transform], Transform]:
    """Register a function for transformers."""

    def register(function: Transform) -> Transform:
        TRANSFORMERS.update(dict.fromkeys(classes, function))
        return function

    return register


def predictor(*classes: type) -> Callable[[Predict], Predict]:
    """Register a function for classifiers, regressors or outlier detectors."""

    def register(function: Predict) -> Predict:
        PREDICTORS.update(dict.fromkeys(classes, function))
        return function

    return register


def transform(estimator: Any, X: Columns) -> Columns:  # noqa: N803 - scikit-learn's name
    """Write ``estimator.transform`` down.

    :raises Unsupported: no function is registered for the class.
    """
    if estimator is None or (isinstance(estimator, str) and estimator == "passthrough"):
        return X
    found = TRANSFORMERS.get(type(estimator))
    if found is None:
        raise Unsupported(f"the transformer {type(estimator).__name__}")
    return found(estimator, X)


def predict(estimator: Any, X: Columns) -> Answer:  # noqa: N803
    """Write what ``estimator`` predicts down.

    :raises Unsupported: no function is registered for the class.
    """
    found = PREDICTORS.get(type(estimator))
    if found is None:
        raise Unsupported(f"the estimator {type(estimator).__name__}")
    return found(estimator, X)
