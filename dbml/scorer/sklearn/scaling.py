"""Transformers that move each number: scalers, power and quantile transforms, numpy's functions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special, stats
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from dbml._plpython.operations import FUNCTIONS
from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Columns, transformer

_FLOATS = ("float64", "float32")


def _moved(X: Columns, values: list[Value]) -> Columns:
    return X.of(values, X.names, X.dtype if X.dtype in _FLOATS else "float64", X.sparse)


def _shifted(X: Columns, values: list[Value], shift: Any) -> list[Value]:
    return [X.rounding(v - float(s)) for v, s in zip(values, shift, strict=True)]


def _divided(X: Columns, values: list[Value], scale: Any) -> list[Value]:
    if X.sparse:  # there scikit-learn multiplies by the inverse
        return [X.rounding(v * float(s)) for v, s in zip(values, 1.0 / np.asarray(scale), strict=True)]
    return [X.rounding(v / float(s)) for v, s in zip(values, scale, strict=True)]


@transformer(StandardScaler)
def standard_scaler(estimator: StandardScaler, X: Columns) -> Columns:
    X.numeric("StandardScaler").refuse_infinite("StandardScaler")
    values = X.values
    # Here alone mean and scale are cast to the type of X; the other scalers compute in double and round.
    cast = "float64" if X.sparse or X.dtype != "float32" else "float32"
    if estimator.with_mean:
        values = _shifted(X, values, estimator.mean_.astype(cast))
    if estimator.with_std:
        values = _divided(X, values, estimator.scale_.astype(cast))
    return _moved(X, values)


@transformer(RobustScaler)
def robust_scaler(estimator: RobustScaler, X: Columns) -> Columns:
    X.numeric("RobustScaler").refuse_infinite("RobustScaler")
    values = X.values
    if estimator.with_centering:
        values = _shifted(X, values, estimator.center_)
    if estimator.with_scaling:
        values = _divided(X, values, estimator.scale_)
    return _moved(X, values)


@transformer(MaxAbsScaler)
def max_abs_scaler(estimator: MaxAbsScaler, X: Columns) -> Columns:
    X.numeric("MaxAbsScaler").refuse_infinite("MaxAbsScaler")
    values = _divided(X, X.values, estimator.scale_)
    if getattr(estimator, "clip", False):
        values = [v.clip(-1.0, 1.0) for v in values]
    return _moved(X, values)


@transformer(MinMaxScaler)
def min_max_scaler(estimator: MinMaxScaler, X: Columns) -> Columns:
    X.numeric("MinMaxScaler").refuse_infinite("MinMaxScaler")
    values = [X.rounding(v * float(s)) for v, s in zip(X.values, estimator.scale_, strict=True)]
    values = [X.rounding(v + float(m)) for v, m in zip(values, estimator.min_, strict=True)]
    if estimator.clip:
        low, high = (
            float(np.array(end, dtype=X.dtype if X.dtype in _FLOATS else None)) for end in estimator.feature_range
        )
        values = [v.clip(low, high) for v in values]
    return _moved(X, values)


@transformer(Normalizer)
def normalizer(estimator: Normalizer, X: Columns) -> Columns:
    X.double("Normalizer").refuse_missing("Normalizer")
    if estimator.norm == "l2":
        norm = X.plan.sum([v * v for v in X.values]).function("sqrt")
    else:
        absolute = [v.function("absolute") for v in X.values]
        norm = X.plan.sum(absolute)
        if estimator.norm == "max":
            norm = absolute[0]
            for value in absolute[1:]:
                norm = norm.maximum(value)
    # Of a sparse row only the norm 0 is left alone, of a dense one every tiny norm.
    tiny = norm.equal(0.0) if X.sparse else norm.less(float(10 * np.finfo(np.float64).eps))
    norm = tiny.select(1.0, norm)
    return _moved(X, [v / norm for v in X.values])


@transformer(Binarizer)
def binarizer(estimator: Binarizer, X: Columns) -> Columns:
    X.numeric("Binarizer").refuse_missing("Binarizer")
    threshold = float(np.float32(estimator.threshold) if X.dtype == "float32" else estimator.threshold)
    above = [X.plan.constant(threshold).less(v).indicator() for v in X.values]
    return X.of(above, X.names, X.dtype, X.sparse)


@transformer(PowerTransformer)
def power_transformer(estimator: PowerTransformer, X: Columns) -> Columns:
    X.double("PowerTransformer").refuse_infinite("PowerTransformer")
    if estimator.method == "box-cox":
        for column in X:
            X.plan.check(~column.value.less_equal(0.0), "The Box-Cox transformation takes positive numbers")
    move = _box_cox if estimator.method == "box-cox" else _yeo_johnson
    made = _moved(X, [move(v, float(power)) for v, power in zip(X.values, estimator.lambdas_, strict=True)])
    return standard_scaler(estimator._scaler, made) if estimator.standardize else made


def _box_cox(x: Value, power: float) -> Value:
    # The cases of scipy.special.boxcox: where exp would overflow, it takes the divisor into the exponent.
    if abs(power) < 1e-19:
        return x.function("log")
    exponent = power * x.function("log")
    far = float(np.copysign(1.0, power)) * (exponent - float(np.log(abs(power)))).function("exp") - 1.0 / power
    return (exponent.less(709.78) | exponent.missing()).select(exponent.function("expm1") / power, far)


def _yeo_johnson(x: Value, power: float) -> Value:
    epsilon = float(np.finfo(np.float64).eps)
    logarithm = x.function("log1p")
    positive = logarithm if abs(power) < epsilon else (power * logarithm).function("expm1") / power
    logarithm = (-x).function("log1p")
    negative = -logarithm
    if abs(power - 2.0) > epsilon:
        negative = -((2.0 - power) * logarithm).function("expm1") / (2.0 - power)
    return x.plan.constant(0.0).less_equal(x).select(positive, negative)


@transformer(QuantileTransformer)
def quantile_transformer(estimator: QuantileTransformer, X: Columns) -> Columns:
    X.double("QuantileTransformer").refuse_infinite("QuantileTransformer")
    if X.sparse:
        raise Unsupported("QuantileTransformer of a sparse matrix")
    if not np.isfinite(estimator.quantiles_).all():
        raise Unsupported("QuantileTransformer fitted on a column of missing values alone")
    references = np.asarray(estimator.references_, dtype=float)
    normal = estimator.output_distribution == "normal"
    return _moved(
        X, [_by_quantiles(v, q, references, normal) for v, q in zip(X.values, estimator.quantiles_.T, strict=True)]
    )


# scikit-learn's own: how near to 0 and 1 a probability may be before it counts as 0 or 1.
_NEAR = 1e-7


def _by_quantiles(x: Value, quantiles: Any, references: Any, normal: bool) -> Value:
    lowest, highest = float(quantiles[0]), float(quantiles[-1])
    rising = x.interpolate(quantiles, references)
    falling = (-x).interpolate(-quantiles[::-1], -references[::-1])
    value = 0.5 * (rising - falling)
    constant = x.plan.constant
    if not normal:
        return x.equal(lowest).select(0.0, x.equal(highest).select(1.0, value))
    low, high = (x - _NEAR).less(lowest), constant(highest).less(x + _NEAR)
    ends = [float(stats.norm.ppf(p)) for p in (_NEAR - np.spacing(1), 1 - (_NEAR - np.spacing(1)))]
    return low.select(0.0, high.select(1.0, value)).function("ndtri").clip(*ends)


# numpy's functions that a plan has under the same name; of float32 those are exact whose double result, rounded,
# is the float32 result, and of integers those that leave them integers without a wrap.
_EXACT = {"absolute", "ceil", "floor", "negative", "rint", "sign", "sqrt", "square", "reciprocal"}
_NUMPY = FUNCTIONS - {"ndtr", "ndtri"}
_ALIASES = {"fabs": "absolute"}
_KEEP_INTEGERS = {"absolute", "ceil", "floor", "negative", "rint", "sign"}


@transformer(FunctionTransformer)
def function_transformer(estimator: FunctionTransformer, X: Columns) -> Columns:
    if estimator.validate:
        X.numeric("FunctionTransformer with validate=True").refuse_missing("FunctionTransformer")
        X = X.array("float64" if X.dtype == "object" else None)
    function = estimator.func
    if function is None:
        return X
    name = getattr(function, "__name__", type(function).__name__)
    if estimator.kw_args:
        raise Unsupported(f"FunctionTransformer of {name} with kw_args")
    X.numeric(f"FunctionTransformer of {name}")
    numpys = isinstance(function, np.ufunc) and getattr(np, name, None) is function
    name = _ALIASES.get(name, name)
    if function is not special.expit and not (numpys and name in _NUMPY):
        raise Unsupported(f"FunctionTransformer of the function {name}")
    columns = []
    for column in X:
        dtype = column.dtype
        if dtype in ("bool", "object"):
            raise Unsupported(f"FunctionTransformer of {name} on a boolean column")
        if dtype not in _FLOATS and name in ("square", "reciprocal"):
            raise Unsupported(f"FunctionTransformer of {name} on an integer column, where numpy wraps around")
        value = column.value.sigmoid() if name == "expit" else column.value.function(name)
        if dtype == "float32":
            if name not in _EXACT:
                raise Unsupported(f"FunctionTransformer of {name} on a float32 column")
            value = value.round32()
        elif name not in _KEEP_INTEGERS:
            dtype = "float64"
        columns.append(replace(column, value=value, dtype=dtype))
    return replace(X, columns=columns)
