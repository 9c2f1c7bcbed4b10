"""XGBoost through its scikit-learn classes: float32 comparisons, sums, exponentials."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from xgboost import XGBClassifier, XGBRegressor, XGBRFClassifier, XGBRFRegressor

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Columns, predictor
from dbml.scorer.sklearn.trees import Ensemble, widened

_LOGISTIC = ("binary:logistic", "reg:logistic")
_IDENTITY = (
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:pseudohubererror",
    "reg:quantileerror",
)
_EXPONENTIAL = ("count:poisson", "reg:gamma", "reg:tweedie")
_MULTI = ("multi:softprob", "multi:softmax")


@predictor(XGBClassifier, XGBRFClassifier)
def xgb_classifier(estimator: Any, X: Columns) -> Answer:
    objective, margins = _margins(estimator, X)
    if objective in _MULTI:
        if objective == "multi:softmax":
            # scipy answers for predict_proba: in float32, by numpy's exp, whose last bits are the processor's own.
            return Answer(decision=margins)
        probabilities = _softmax32(margins, X)
        return Answer(probabilities, function=margins)
    if objective not in _LOGISTIC:
        raise Unsupported(f"{type(estimator).__name__} with the objective {objective}")
    positive = _sigmoid32(margins[0])
    votes = [positive.less_equal(0.5), X.plan.constant(0.5).less(positive)]
    return Answer([(1.0 - positive).round32(), positive], votes=votes, function=margins)


@predictor(XGBRegressor, XGBRFRegressor)
def xgb_regressor(estimator: Any, X: Columns) -> Answer:
    objective, margins = _margins(estimator, X)
    if objective in _IDENTITY:
        return Answer(value=margins[0])
    if objective in _EXPONENTIAL:
        return Answer(value=margins[0].function("exp32"))
    if objective in _LOGISTIC:
        return Answer(value=_sigmoid32(margins[0]))
    raise Unsupported(f"{type(estimator).__name__} with the objective {objective}")


def _margins(estimator: Any, X: Columns) -> tuple[str, list[Value]]:
    """The objective, and the sum of the leaves of each class: in float32, from the base score on."""
    what = type(estimator).__name__
    learner = json.loads(estimator.get_booster().save_raw("json"))["learner"]
    booster, objective = learner["gradient_booster"], learner["objective"]["name"]
    if booster["name"] != "gbtree":
        raise Unsupported(f"{what} with the booster {booster['name']}")
    model = booster["model"]
    starts = _starts(learner, objective, what)
    values = _float32_columns(estimator, X)
    used = range(len(model["trees"]))
    end = estimator._get_iteration_range(None)[1]
    if end:
        used = range(model["iteration_indptr"][end])
    ensembles = [Ensemble() for _ in starts]
    for index in used:
        _add(ensembles[model["tree_info"][index] if len(starts) > 1 else 0], model["trees"][index], what)
    return objective, [
        ensemble.node(X.plan, values, start, precision=32) for ensemble, start in zip(ensembles, starts, strict=True)
    ]


def _starts(learner: dict[str, Any], objective: str, what: str) -> list[float]:
    parameters = learner["learner_model_param"]
    if int(parameters.get("num_target", 1)) > 1:
        raise Unsupported(f"{what} of several outputs")
    count = max(int(parameters["num_class"]), 1)
    written = parameters["base_score"]
    scores = json.loads(written) if written.startswith("[") else [float(written)]  # a list since version 3.1
    single = np.asarray(scores * count if len(scores) == 1 else scores, dtype=np.float32)
    if objective in _LOGISTIC:
        odds = np.float32(1) / single - np.float32(1)
        single = np.array([-math.log(float(o)) for o in odds], dtype=np.float32)
    elif objective in _EXPONENTIAL:
        single = np.array([math.log(float(s)) for s in single], dtype=np.float32)
    return [float(s) for s in single]


def _float32_columns(estimator: Any, X: Columns) -> list[Value]:
    if any(column.dtype == "category" for column in X):
        raise Unsupported(f"{type(estimator).__name__} with categories of its own")
    values = X.numeric(type(estimator).__name__).values
    missing = float(np.float32(estimator.missing))
    if math.isnan(missing):
        return values
    return [v.round32().equal(missing).select(math.nan, v) for v in values]


def _add(ensemble: Ensemble, tree: dict[str, Any], what: str) -> None:
    if any(tree["split_type"]) or tree["tree_param"]["size_leaf_vector"] not in ("0", "1"):
        raise Unsupported(f"{what} with categorical splits or vectors in its leaves")
    left = np.asarray(tree["left_children"])
    condition = np.asarray(tree["split_conditions"], dtype=np.float32)
    ensemble.add_arrays(
        leaf=left < 0,
        feature=np.asarray(tree["split_indices"]),
        # x < t is x <= the float32 below t.
        threshold=widened(np.nextafter(condition, np.float32(-np.inf))),
        value=condition.astype(np.float64),
        left=left,
        right=np.asarray(tree["right_children"]),
        missing_left=np.asarray(tree["default_left"]),
        cover=tree["sum_hessian"],
    )


def _sigmoid32(margin: Value) -> Value:
    # Each operation rounds to float32; a double holds enough digits that rounding twice changes nothing.
    power = (-margin).minimum(float(np.float32(88.7))).function("exp32")
    return (1.0 / (power + 1.0).round32()).round32()


def _softmax32(margins: list[Value], X: Columns) -> list[Value]:
    greatest = margins[0]
    for margin in margins[1:]:
        greatest = greatest.maximum(margin)
    powers = [(margin - greatest).round32().function("exp32") for margin in margins]
    total = X.plan.sum(powers).round32()
    return [(power / total).round32() for power in powers]
