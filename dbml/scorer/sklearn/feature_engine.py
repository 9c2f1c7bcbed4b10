"""feature_engine: encoders, each a table, and what is arithmetic on the columns of a frame."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from feature_engine.creation import CyclicalFeatures
from feature_engine.discretisation import (
    ArbitraryDiscretiser,
    EqualFrequencyDiscretiser,
    EqualWidthDiscretiser,
    GeometricWidthDiscretiser,
)
from feature_engine.encoding import (
    CountFrequencyEncoder,
    MeanEncoder,
    OneHotEncoder,
    OrdinalEncoder,
    WoEEncoder,
)
from feature_engine.imputation import (
    AddMissingIndicator,
    ArbitraryNumberImputer,
    CategoricalImputer,
    EndTailImputer,
    MeanMedianImputer,
)
from feature_engine.outliers import ArbitraryOutlierCapper, Winsorizer
from feature_engine.scaling import MeanNormalizationScaler
from feature_engine.selection import (
    DropConstantFeatures,
    DropCorrelatedFeatures,
    DropDuplicateFeatures,
    DropFeatures,
    DropHighPSIFeatures,
    SelectByInformationValue,
    SelectBySingleFeaturePerformance,
    SmartCorrelatedSelection,
)
from feature_engine.transformation import LogCpTransformer, LogTransformer, ReciprocalTransformer

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn import tables
from dbml.scorer.sklearn.registry import Column, Columns, transformer


@transformer(CountFrequencyEncoder, MeanEncoder, OneHotEncoder, OrdinalEncoder, WoEEncoder)
def encoder_of_feature_engine(encoder: Any, X: Columns) -> Columns:
    known = {name: [key for key in kept if key == key] for name, kept in encoder.encoder_dict_.items()}
    return tables.encoded(encoder, X, known)


@transformer(MeanMedianImputer, ArbitraryNumberImputer, EndTailImputer, CategoricalImputer)
def imputer(estimator: Any, X: Columns) -> Columns:
    made = {}
    for name, filled in estimator.imputer_dict_.items():
        value = _named(X, estimator)[str(name)].value
        if (value.kind == "t") is not isinstance(filled, str):
            raise Unsupported(f"a {type(estimator).__name__} that puts {filled!r} into the column {name}")
        made[str(name)] = value.fill(filled) if value.kind == "t" else value.missing().select(float(filled), value)
    return _with(X, made)


@transformer(AddMissingIndicator)
def missing_indicators(estimator: AddMissingIndicator, X: Columns) -> Columns:
    named = _named(X, estimator)
    return _with(X, {f"{name}_na": named[str(name)].value.missing().indicator() for name in estimator.variables_})


@transformer(Winsorizer, ArbitraryOutlierCapper)
def outlier_capper(estimator: Any, X: Columns) -> Columns:
    if getattr(estimator, "add_indicators", False):
        raise Unsupported(f"a {type(estimator).__name__} that adds indicators")
    numbers = _numbers(estimator, X, missing=estimator.missing_values == "ignore")
    for name, cap in estimator.right_tail_caps_.items():
        numbers[str(name)] = numbers[str(name)].minimum(float(cap))
    for name, cap in estimator.left_tail_caps_.items():
        numbers[str(name)] = numbers[str(name)].maximum(float(cap))
    return _with(X, numbers)


@transformer(LogTransformer, LogCpTransformer)
def logarithm(estimator: Any, X: Columns) -> Columns:
    made = {}
    constants = getattr(estimator, "C_", 0.0)
    for name, value in _numbers(estimator, X).items():
        constant = float(constants[name] if isinstance(constants, Mapping) else constants)
        shifted = value + constant if constant else value
        X.plan.check(X.plan.constant(0.0).less(shifted), f"{name} is not positive, and has no logarithm")
        made[name] = shifted.function("log" if estimator.base == "e" else "log10")
    return _with(X, made)


@transformer(ReciprocalTransformer)
def reciprocal(estimator: ReciprocalTransformer, X: Columns) -> Columns:
    made = {}
    for name, value in _numbers(estimator, X).items():
        X.plan.check(~value.equal(0.0), f"{name} is 0, and has no reciprocal")
        made[name] = 1.0 / value
    return _with(X, made)


@transformer(MeanNormalizationScaler)
def mean_normalization(estimator: MeanNormalizationScaler, X: Columns) -> Columns:
    means, ranges = estimator.mean_, estimator.range_
    numbers = _numbers(estimator, X).items()
    return _with(X, {name: (value - float(means[name])) / float(ranges[name]) for name, value in numbers})


@transformer(EqualWidthDiscretiser, EqualFrequencyDiscretiser, ArbitraryDiscretiser, GeometricWidthDiscretiser)
def discretiser(estimator: Any, X: Columns) -> Columns:
    what = type(estimator).__name__
    if estimator.return_boundaries or estimator.return_object:
        raise Unsupported(f"a {what} that returns texts")
    made = {}
    for name, value in _numbers(estimator, X).items():
        # pandas.cut: intervals closed on the right, and the first on the left too.
        edges = [float(edge) for edge in estimator.binner_dict_[name]]
        places = [math.nan, *map(float, range(len(edges) - 1)), math.nan]
        cut = value.step(edges, places, side="left")
        made[name] = value.equal(edges[0]).select(0.0, cut)
        if not (math.isinf(edges[0]) and math.isinf(edges[-1])):
            inside = X.plan.constant(edges[0]).less_equal(value) & value.less_equal(edges[-1])
            if getattr(estimator, "errors", "ignore") == "raise":
                X.plan.check(inside, f"{name} is in no interval")
    return _with(X, made)


@transformer(CyclicalFeatures)
def cyclical(estimator: CyclicalFeatures, X: Columns) -> Columns:
    made: dict[str, Value] = {}
    for name, value in _numbers(estimator, X).items():
        angle = value * (2.0 * math.pi / float(estimator.max_values_[name]))
        made |= {f"{name}_sin": angle.function("sin"), f"{name}_cos": angle.function("cos")}
    return _without(_with(X, made), estimator.variables_ if estimator.drop_original else ())


@transformer(
    DropConstantFeatures,
    DropCorrelatedFeatures,
    DropDuplicateFeatures,
    DropFeatures,
    DropHighPSIFeatures,
    SelectByInformationValue,
    SelectBySingleFeaturePerformance,
    SmartCorrelatedSelection,
)
def selector(estimator: Any, X: Columns) -> Columns:
    _named(X, estimator)
    return _without(X, estimator.features_to_drop_)


def _named(X: Columns, estimator: Any) -> dict[str, Column]:
    """The columns by their names, which feature_engine goes by."""
    names = [str(name) for name in estimator.feature_names_in_]
    if not X.frame or [str(column.name) for column in X] != names:
        raise Unsupported(f"a {type(estimator).__name__} on columns without names, or in another order")
    return {str(column.name): column for column in X}


def _numbers(estimator: Any, X: Columns, *, missing: bool = False) -> dict[str, Value]:
    """The columns that a transformer changes: neither missing nor infinite.

    :param missing: whether they may be missing and infinite after all.
    """
    what, named, found = type(estimator).__name__, _named(X, estimator), {}
    for name in map(str, estimator.variables_):
        column = named[name]
        if column.value.kind != "n" or column.dtype == "float32":
            raise Unsupported(f"a {what} on the column {name} of {column.dtype}")
        if not missing:
            X.plan.check(column.value.finite(), f"Some of the variables of {what} contain NaN or infinity: {name}")
        found[name] = column.value
    return found


def _with(X: Columns, made: Mapping[str, Value]) -> Columns:
    """The same columns with others in their place, and behind them those that are new."""
    known = {str(column.name) for column in X}
    columns = [
        replace(column, value=made[str(column.name)], dtype=_dtype(column), missing="nan")
        if str(column.name) in made
        else column
        for column in X
    ]
    return replace(X, columns=[*columns, *(Column(value, name) for name, value in made.items() if name not in known)])


def _dtype(column: Column) -> str:
    return "float64" if column.value.kind == "n" else column.dtype


def _without(X: Columns, names: Iterable[Any]) -> Columns:
    left_out = {str(name) for name in names}
    return replace(X, columns=[column for column in X if str(column.name) not in left_out])
