"""How a label moves the coefficients of a linear model, so that SQL can do what ``partial_fit`` does (pure)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from dbml.errors import TrainingError

LOSSES = ("log_loss", "hinge", "squared_error")
RATES = ("constant", "optimal", "invscaling")
# Below it the weights are scaled at once (sklearn/utils/_weight_vector.pyx.tp).
_LEAST_SCALE = 1e-9
_BATCHED = 'Have a worker learn: how = "batched".'


def settings(estimator: Any, features: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the function that hears of labels is made of.

    :raises TrainingError: the estimator does something that SQL does not do to the last bit.
    """
    *scalers, last = [step for _, step in estimator.steps] if isinstance(estimator, Pipeline) else [estimator]
    if type(last) not in (SGDClassifier, SGDRegressor):
        raise _refused(f"{type(last).__name__} does not learn in a transaction: SGDClassifier and SGDRegressor do")
    for scaler in scalers:
        if type(scaler) is not StandardScaler:
            raise _refused(f"a {type(scaler).__name__} stands before the estimator, and only StandardScaler may")
    for parameter, possible in (
        ("loss", LOSSES),
        ("penalty", ("l2", None)),
        ("learning_rate", RATES),
        ("average", (False, 0)),
        ("early_stopping", (False,)),
        ("class_weight", (None,)),
    ):
        value = getattr(last, parameter, possible[0])
        if value not in possible:
            known = ", ".join(str(one) for one in possible)
            raise _refused(
                f"{type(last).__name__} has {parameter} = {value!r}, and only {known} is the same to the bit"
            )
    if last.coef_.dtype != np.float64 or any(feature["dtype"] == "float32" for feature in features):
        raise _refused("its coefficients or features are float32")
    for feature in features:
        if feature["kind"] not in ("float", "integer", "boolean"):
            raise _refused(f'its feature "{feature["name"]}" is no number')
    found = {
        "loss": last.loss,
        "rate": last.learning_rate,
        "alpha": last.alpha,
        "eta0": last.eta0,
        "power_t": last.power_t,
        "l2": last.penalty == "l2",
        "fit_intercept": last.fit_intercept,
        "least_scale": _LEAST_SCALE,
        "scalers": [_scaler(scaler) for scaler in scalers],
        "anchor_weights": last.coef_.ravel().tolist(),
        "anchor_intercept": float(last.intercept_[0]),
    }
    if last.learning_rate == "optimal":
        # Léon Bottou's heuristic, as in _plain_sgd(): the first step would be of the size of a typical weight.
        found["optimal_init"] = 1.0 / (math.sqrt(1.0 / math.sqrt(last.alpha)) * last.alpha)
    if isinstance(last, SGDClassifier):
        if len(last.classes_) != 2:
            raise _refused(f"it has {len(last.classes_)} classes, and two are what it can have")
        found["negative"], found["positive"] = (texts(label) for label in last.classes_.tolist())
    return found


def _scaler(scaler: StandardScaler) -> dict[str, Any]:
    return {
        "mean": scaler.mean_.tolist() if scaler.with_mean else None,
        "scale": scaler.scale_.tolist() if scaler.with_std and scaler.scale_ is not None else None,
    }


def texts(label: Any) -> list[str]:
    """How SQL may write a class: a boolean as ``true``, a whole number with and without a fraction."""
    if isinstance(label, bool):
        return [str(label).lower(), "t" if label else "f", str(int(label))]
    if isinstance(label, float) and label.is_integer():
        return [str(label), str(int(label))]
    if isinstance(label, int):
        return [str(label), f"{label}.0", *(["false", "true"][label : label + 1] if label in (0, 1) else [])]
    return [str(label)]


def state(estimator: Any) -> dict[str, Any]:
    """The coefficients of a fitted estimator, as they are kept."""
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    return {"weights": last.coef_.ravel().tolist(), "intercept": float(last.intercept_[0]), "t": float(last.t_)}


def restore(estimator: Any, kept: Mapping[str, Any]) -> Any:
    """Give an estimator coefficients that were kept; returns the estimator."""
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    last.coef_ = np.array(kept["weights"], dtype=np.float64).reshape(last.coef_.shape)
    last.intercept_ = np.array([kept["intercept"]], dtype=np.float64)
    last.t_ = kept["t"]
    return estimator


def _refused(why: str) -> TrainingError:
    return TrainingError(f"the model cannot learn in the transaction: {why}", _BATCHED)
