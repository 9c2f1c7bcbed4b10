"""Which function writes which estimator down as a plan.

A function is registered for classes, and stands for their subclasses that change nothing of an answer. Two sorts:

``@transformer(StandardScaler)``
    ``(estimator, X) -> Columns``.
``@predictor(LogisticRegression, …)``
    ``(estimator, X) -> Answer``.

``X`` is a :class:`Columns`: the row's values as the estimator would get them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.utils._set_output import _get_output_config

from dbml.scorer.plan import Builder, Unsupported, Value


@dataclass(frozen=True)
class Column:
    """One column of X.

    :param value: its node; a text or a number (NaN where missing; a boolean is 1 or 0).
    :param name: as in a DataFrame, where it is known.
    :param dtype: of the pandas or numpy column, ``"float64"``, ``"int64"``, ``"bool"``, ``"object"``,
        ``"category"``: encoders compare by it.
    :param categories: the categories of a ``"category"`` column.
    :param missing: what stands for a missing value in a column of objects: ``"nan"`` or ``"none"``. To encoders
        and imputers these are two things.
    """

    value: Value
    name: str | None = None
    dtype: str = "float64"
    categories: tuple[str | float, ...] | None = None
    missing: str = "nan"


@dataclass(frozen=True)
class Hashed:
    """Words of a text by their hashes.

    :param text: the node of the text.
    :param fields: of an operation ``hashed``, but its weights.
    """

    text: Value
    fields: Mapping[str, Any]

    def dot(self, row: Any, constant: float) -> Value:
        """``X @ row + constant``; most of a row's weights are one number, those of words that no text of fit had."""
        weights = np.asarray(row, dtype=np.float64)
        values, counts = np.unique(weights, return_counts=True)
        default = float(values[counts.argmax()])
        places = np.flatnonzero(weights != default)
        said = {"places": places.tolist(), "weights": weights[places].tolist(), "default": default, **self.fields}
        return self.text.plan.node("hashed", self.text, **said) + constant


@dataclass(frozen=True)
class Columns:
    """The input of one estimator: columns in order, and the plan they belong to.

    :param frame: whether it is a pandas DataFrame, whose columns have dtypes of their own.
    :param sparse: whether it is a sparse matrix, for which some estimators compute in another order.
    :param hashed: in place of columns, words by their hashes: a million columns, which are only ever added up.
    """

    plan: Builder
    columns: list[Column] = field(default_factory=list)
    frame: bool = False
    sparse: bool = False
    hashed: Hashed | None = None

    def __iter__(self) -> Iterator[Column]:
        return iter(self._told())

    def __len__(self) -> int:
        return len(self._told())

    def _told(self) -> list[Column]:
        if self.hashed is not None:
            raise Unsupported("a HashingVectorizer before anything but a linear model or naive Bayes")
        return self.columns

    def __getitem__(self, index: int) -> Column:
        return self.columns[index]

    @property
    def values(self) -> list[Value]:
        """The nodes, in order."""
        return [column.value for column in self._told()]

    @property
    def names(self) -> list[str | None]:
        """The columns' names, in order."""
        return [column.name for column in self.columns]

    def take(self, indices: Iterable[int]) -> Columns:
        """Only these columns, in this order."""
        return replace(self, columns=[self.columns[i] for i in indices])

    def of(
        self,
        values: Sequence[Value],
        names: Sequence[str | None] | None = None,
        dtype: str = "float64",
        sparse: bool = False,
    ) -> Columns:
        """Columns of numbers that an estimator has made: an array, or a sparse matrix."""
        known = list(names) if names is not None and len(names) == len(values) else [None] * len(values)
        columns = [Column(v, n, dtype) for v, n in zip(values, known, strict=True)]
        return replace(self, columns=columns, frame=False, sparse=sparse)

    @cached_property
    def dtype(self) -> str:
        """The dtype of one array of all columns, as ``check_array`` makes it."""
        # pandas' categories of numbers are numbers in an array.
        dtypes = {"int64" if c.dtype == "category" and c.value.kind == "n" else c.dtype for c in self.columns}
        if any(column.value.kind == "t" for column in self.columns) or "object" in dtypes:
            return "object"
        return str(np.result_type(*(np.dtype(dtype) for dtype in dtypes))) if dtypes else "float64"

    def array(self, dtype: str | None = None) -> Columns:
        """The same columns in one array, of one dtype."""
        dtype = dtype or self.dtype
        columns = [replace(column, dtype=dtype, categories=None) for column in self.columns]
        return replace(self, columns=columns, frame=False)

    @property
    def rounding(self) -> Callable[[Value], Value]:
        """What follows every step of arithmetic on X in place: in an array of float32, a rounding."""
        return Value.round32 if self.dtype == "float32" else lambda value: value

    def double(self, what: str) -> Columns:
        """The same columns, all of them numbers that ``what`` computes with in double precision.

        :raises Unsupported: one is text, or all are float32.
        """
        if self.numeric(what).dtype == "float32":
            raise Unsupported(f"{what} on float32 columns alone, which it computes in single precision")
        return self

    def unnamed(self) -> Columns:
        """The same columns as an array, which has no names."""
        return replace(self, columns=[replace(column, name=None) for column in self.columns])

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
    :param values: ``predict`` of a regressor of several targets, one value a target.
    :param points: ``score`` of a scorecard.
    """

    probabilities: list[Value] | None = None
    decision: list[Value] | None = None
    votes: list[Value] | None = None
    value: Value | None = None
    function: list[Value] | None = None
    values: list[Value] | None = None
    points: Value | None = None

    @classmethod
    def of_targets(cls, values: list[Value]) -> Answer:
        """What a regressor says of each of its targets."""
        return cls(value=values[0] if len(values) == 1 else None, values=values)

    def predicted(self, plan: Builder) -> list[Value]:
        """Per class, the condition that ``predict`` answers with it."""
        if self.votes is not None:
            return self.votes
        values = self.decision or self.probabilities
        if values is None:
            raise Unsupported("an estimator without classes where classes are due")
        return plan.argmax(values)

    def prediction(self, plan: Builder, worths: Sequence[float]) -> Value:
        """What ``predict`` answers, as a number: of the value itself, or of the predicted class.

        :param worths: per class, the number that stands for it.
        """
        if self.value is not None:
            return self.value
        score = plan.constant(float(worths[-1]))
        for worth, condition in list(zip(worths, self.predicted(plan), strict=True))[-2::-1]:
            score = condition.select(float(worth), score)
        return score


def refuse_missing_booleans(X: Columns) -> Columns:
    """Refuse a row in which a column of booleans is missing.

    pandas makes a column of objects of it, which LightGBM and XGBoost do not take.
    """
    for column in X.columns if X.frame else ():
        if column.dtype == "bool":
            X.plan.check(~column.value.missing(), f"column {column.name} holds true or false, and may not be missing")
    return X


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


# What a subclass may have of its own: how it is fitted, copied and shown, and what Python and scikit-learn themselves
# give to each class. The answer for a row depends on none of it, except by the fitted attributes, which are read.
_HARMLESS = re.compile(
    r"fit|fit_\w+|partial_fit|score|[gs]et_params|set_\w+_request|_repr_\w+"
    r"|_(?:abc_impl|get_param_names|parameter_constraints|sklearn_auto_wrap_output_keys|validate_params)"
    r"|__(?:init|init_subclass|new|repr|str|eq|hash|getstate|setstate|reduce|reduce_ex|sklearn_clone)__"
    r"|__(?:doc|module|name|qualname|dict|weakref|slots|slotnames|abstractmethods|annotations|annotate\w*)__"
    r"|__(?:firstlineno|static_attributes|orig_bases|parameters|type_params)__"
)


def basis(estimator: Any, classes: Container[type], what: str = "the estimator") -> type:
    """The first of some classes that an estimator is of, itself or as a subclass that changes nothing of an answer.

    :param what: what to call it in a refusal.
    :raises Unsupported: it is of none, or its class overrides what the answer may depend on.
    """
    kind, above = type(estimator), type(estimator).__mro__
    base = next((each for each in above if each in classes), None)
    if base is None:
        raise Unsupported(f"{what} {kind.__name__}")
    for own in above:
        for name in vars(own) if own not in base.__mro__ else ():
            overrides = hasattr(base, name) and getattr(kind, name, None) is not getattr(base, name)
            if (overrides or name == "__getattr__") and not _HARMLESS.fullmatch(name):
                raise Unsupported(f"{what} {kind.__name__}, which overrides {name} of {base.__name__}")
    return base


def transform(estimator: Any, X: Columns) -> Columns:
    """Write ``estimator.transform`` down.

    :raises Unsupported: no function is registered for the class.
    """
    if estimator is None or (isinstance(estimator, str) and estimator == "passthrough"):
        return X
    made = TRANSFORMERS[basis(estimator, TRANSFORMERS, "the transformer")](estimator, X)
    output = _get_output_config("transform", estimator)["dense"]
    if output == "polars":
        raise Unsupported(f"the output of {type(estimator).__name__} as polars")
    if output == "pandas" and not made.sparse:
        return _framed(estimator, made)
    return made if made.frame else made.array()


def _framed(estimator: Any, made: Columns) -> Columns:
    """What ``set_output(transform="pandas")`` makes of the columns: a DataFrame with names."""
    columns = made.columns
    if hasattr(estimator, "get_feature_names_out"):
        names = estimator.get_feature_names_out()
        columns = [replace(column, name=str(name)) for column, name in zip(columns, names, strict=True)]
    return replace(made, columns=columns, frame=True)


def predict(estimator: Any, X: Columns) -> Answer:
    """Write what ``estimator`` predicts down.

    :raises Unsupported: no function is registered for the class.
    """
    return PREDICTORS[basis(estimator, PREDICTORS)](estimator, X)


def response(estimator: Any, answer: Answer, methods: Sequence[str]) -> tuple[list[Value], str]:
    """What the first of the methods that an estimator has answers, and which one that is.

    :param methods: ``predict_proba`` or ``decision_function``.
    :raises Unsupported: it has none of them, or no plan expresses the first that it has.
    """
    for method in methods:
        if hasattr(estimator, method):
            values = answer.probabilities if method == "predict_proba" else answer.function
            if values is None:
                break
            return values, method
    raise Unsupported(f"{' or '.join(methods)} of the {type(estimator).__name__}")
