"""What is put behind a classifier: calibration and thresholds; and isotonic regression."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from dbml.scorer.plan import Builder, Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Columns, predict, predictor, response, transform, transformer

# Since 1.18 SciPy weighs both ends of an interval, where it took the slope from the left one on.
_WEIGHTS = tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 18)


@predictor(FrozenEstimator)
def frozen(estimator: FrozenEstimator, X: Columns) -> Answer:
    return predict(estimator.estimator, X)


@transformer(FrozenEstimator)
def frozen_transformer(estimator: FrozenEstimator, X: Columns) -> Columns:
    return transform(estimator.estimator, X)


@predictor(IsotonicRegression)
def isotonic_regression(estimator: IsotonicRegression, X: Columns) -> Answer:
    X.numeric("IsotonicRegression")
    if len(X) != 1:
        raise Unsupported("an IsotonicRegression of several features")
    return Answer(value=_isotonic(X.plan, estimator, X[0].value))


def _isotonic(plan: Builder, estimator: IsotonicRegression, value: Value) -> Value:
    plan.check(value.finite(), "Input X of IsotonicRegression contains NaN or infinity")
    x, y = estimator.X_thresholds_, estimator.y_thresholds_
    single = x.dtype == np.float32
    if single:
        value = value.round32()
    if len(y) == 1:
        # One threshold is a constant, whatever is said of values out of bounds.
        return plan.constant(float(y[0]))
    if estimator.out_of_bounds != "clip":
        # "raise" raises and "nan" is no score.
        inside = plan.constant(float(x[0])).less_equal(value) & value.less_equal(float(x[-1]))
        plan.check(inside, "Input X of IsotonicRegression is out of bounds")
    # What follows sums in float32 is near the estimator's answer anyway, and is bounded only as one function.
    return _interpolated32(value, x, y) if single and not plan.in_single else value.interpolate(x, y)


def _interpolated32(value: Value, x: Any, y: Any) -> Value:
    """``scipy.interpolate.interp1d`` in float32, where each operation rounds; what lies outside is clipped before."""
    value = value.clip(float(x[0]), float(x[-1]))
    low = np.clip(np.arange(len(x) + 1), 1, len(x) - 1) - 1
    rises, widths = y[low + 1] - y[low], x[low + 1] - x[low]
    left, right, start, end = (value.step(x, table[at]) for table in (x, y) for at in (low, low + 1))
    if _WEIGHTS:
        width = value.step(x, widths)
        near, far = ((one.round32() / width).round32() for one in (value - left, right - value))
        return ((near * end).round32() + (far * start).round32()).round32()
    slope = value.step(x, rises / widths)
    return ((slope * (value - left).round32()).round32() + start).round32()


@predictor(CalibratedClassifierCV)
def calibrated(estimator: CalibratedClassifierCV, X: Columns) -> Answer:
    parts = [_calibrated(part, X) for part in estimator.calibrated_classifiers_]
    # In scikit-learn's order, from 0 on: equal probabilities must stay equal.
    return Answer([X.plan.sum(values) / float(len(parts)) for values in zip(*parts, strict=True)])


def _calibrated(part: Any, X: Columns) -> list[Value]:
    """Write ``sklearn.calibration._CalibratedClassifier.predict_proba`` down."""
    plan = X.plan
    values, method = response(part.estimator, predict(part.estimator, X), ("decision_function", "predict_proba"))
    classes = part.classes.tolist()
    two = len(classes) == 2
    if part.method == "temperature":
        return _temperature(plan, part.calibrators[0], values, method, two)
    if two and method == "predict_proba":
        values = values[-1:]
    places = [classes.index(label) for label in part.estimator.classes_.tolist()]
    probabilities = [plan.constant(0.0)] * len(classes)
    for place, value, calibrator in zip(places, values, part.calibrators, strict=False):
        probabilities[place + two] = _probability(plan, calibrator, value)
    if two:
        return [1.0 - probabilities[1], probabilities[1]]
    total = plan.sum(probabilities)
    none = total.equal(0.0)
    return [none.select(1.0 / len(classes), value / total) for value in probabilities]


def _probability(plan: Builder, calibrator: Any, value: Value) -> Value:
    if isinstance(calibrator, IsotonicRegression):
        # Interpolation may end a rounding error above 1, which scikit-learn takes back too.
        return _isotonic(plan, calibrator, value).minimum(1.0)
    # What check_array refuses in a decision; expit would not.
    if type(calibrator).__name__ != "_SigmoidCalibration":
        raise Unsupported(f"the calibrator {type(calibrator).__name__}")
    return (-(value * float(calibrator.a_) + float(calibrator.b_))).sigmoid()


def _temperature(plan: Builder, calibrator: Any, values: list[Value], method: str, two: bool) -> list[Value]:
    for value in values:
        plan.check(value.finite(), "Input of the calibration contains NaN or infinity")
    if method == "predict_proba":
        if np.asarray(calibrator.beta_).dtype == np.float32:  # of XGBoost
            logits = [plan.single((value + 1e-12).round32().function("log")) for value in values]
        else:
            logits = [(value + 1e-12).function("log") for value in values]
    else:
        logits = [-values[0], values[0]] if two else values
    return plan.softmax([logit * float(calibrator.beta_) for logit in logits])


@predictor(FixedThresholdClassifier)
def fixed_threshold(estimator: FixedThresholdClassifier, X: Columns) -> Answer:
    inner = getattr(estimator, "estimator_", estimator.estimator)
    return _by_threshold(estimator, inner, X, estimator.threshold, estimator.pos_label)


@predictor(TunedThresholdClassifierCV)
def tuned_threshold(estimator: TunedThresholdClassifierCV, X: Columns) -> Answer:
    label = estimator._curve_scorer._get_pos_label()
    return _by_threshold(estimator, estimator.estimator_, X, estimator.best_threshold_, label)


def _by_threshold(estimator: Any, inner: Any, X: Columns, threshold: Any, label: Any) -> Answer:
    answer = predict(inner, X)
    asked = estimator.response_method
    methods = ("predict_proba", "decision_function") if asked == "auto" else (asked,)
    values, method = response(inner, answer, methods)
    place = 1 if label is None else estimator.classes_.tolist().index(label)
    negated = method != "predict_proba" and not place
    score = values[0] * -1.0 if negated else values[place if method == "predict_proba" else 0]
    if isinstance(threshold, str):
        threshold = 0.5 if method == "predict_proba" else 0.0
    condition = X.plan.constant(float(threshold)).less_equal(score)
    votes = [~condition, condition] if place else [condition, ~condition]
    return Answer(answer.probabilities, votes=votes, function=answer.function)
