"""A regressor of a target that was transformed: the inverse is part of the answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special
from sklearn.compose import TransformedTargetRegressor
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from dbml._plpython.operations import FUNCTIONS
from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.meta import regression
from dbml.scorer.sklearn.registry import Answer, Columns, basis, predictor

KNOWN = (
    *(FunctionTransformer, StandardScaler, RobustScaler, MaxAbsScaler, MinMaxScaler),
    *(PowerTransformer, QuantileTransformer),
)
# scikit-learn's own: how near to 0 and 1 a probability may be before it counts as 0 or 1.
_NEAR = 1e-7


@predictor(TransformedTargetRegressor)
def transformed_target(estimator: TransformedTargetRegressor, X: Columns) -> Answer:
    value = regression(estimator.regressor_, X)
    plan, transformer = X.plan, estimator.transformer_
    kind, name = basis(transformer, KNOWN, "a target that is transformed by a"), type(transformer).__name__
    if kind is FunctionTransformer:
        if transformer.validate:
            plan.check(value.finite(), "Input of the target's inverse function contains NaN or infinity")
        return Answer(value=_applied(transformer.inverse_func, transformer.inv_kw_args, value))
    # Infinity is refused, and NaN is no score.
    plan.check(value.finite(), f"Input of the {name} of the target contains NaN or infinity")
    if kind is MaxAbsScaler:
        return Answer(value=value * float(transformer.scale_[0]))
    if kind is MinMaxScaler:
        if transformer.clip:
            raise Unsupported(f"a target that is transformed by a {name} that clips")
        return Answer(value=(value - float(transformer.min_[0])) / float(transformer.scale_[0]))
    if kind is PowerTransformer:
        return Answer(value=_power(transformer, value))
    if kind is QuantileTransformer:
        return Answer(value=_quantile(transformer, value))
    robust = kind is RobustScaler
    scaled = transformer.with_scaling if robust else transformer.with_std
    centred = transformer.with_centering if robust else transformer.with_mean
    value = value * float(transformer.scale_[0]) if scaled else value
    centre = transformer.center_ if robust else transformer.mean_
    return Answer(value=value + float(centre[0]) if centred else value)


def _applied(function: Any, arguments: Any, value: Value) -> Value:
    """An elementwise function of numpy or scipy that a plan knows."""
    if function is None:
        return value
    name = getattr(function, "__name__", "")
    known = {getattr(np, name, None), getattr(scipy.special, name, None)} - {None} if name else set()
    aliases = {"abs": "absolute", "expit": "sigmoid"}
    name = aliases.get(name, name)
    if arguments or function not in known:
        raise Unsupported(f"the inverse function {name or function!r} of a target")
    if name == "sigmoid":
        return value.sigmoid()
    if name not in FUNCTIONS:
        raise Unsupported(f"the inverse function {name} of a target")
    return value.function(name)


def _power(transformer: PowerTransformer, value: Value) -> Value:
    if transformer.standardize:
        scaler = transformer._scaler
        value = value * float(scaler.scale_[0]) + float(scaler.mean_[0])
    power = float(transformer.lambdas_[0])
    if transformer.method == "box-cox":  # scipy.special.inv_boxcox
        return ((power * value).function("log1p") / power).function("exp") if power else value.function("exp")
    epsilon = float(np.spacing(1.0))
    above = value.function("exp") if abs(power) < epsilon else _raised(value * power + 1.0, 1.0 / power)
    other = 2.0 - power
    below = (-value).function("exp") if abs(other) <= epsilon else _raised(-other * value + 1.0, 1.0 / other)
    return value.plan.constant(0.0).less_equal(value).select(above - 1.0, 1.0 - below)


def _raised(base: Value, exponent: float) -> Value:
    """``numpy.power``, by the logarithm: NaN of what is negative."""
    return (base.function("log") * exponent).function("exp")


def _quantile(transformer: QuantileTransformer, value: Value) -> Value:
    references, quantiles = transformer.references_, transformer.quantiles_[:, 0]
    if not np.isfinite(quantiles).all():
        raise Unsupported("a target that is transformed by a QuantileTransformer of missing values")
    normal = transformer.output_distribution == "normal"
    share = value.function("ndtr") if normal else value
    found = share.interpolate(references, quantiles)
    if not normal:
        return found
    plan = value.plan
    inside = plan.constant(1.0).less(share + _NEAR).select(float(quantiles[-1]), found)
    return (share - _NEAR).less(0.0).select(float(quantiles[0]), inside)
