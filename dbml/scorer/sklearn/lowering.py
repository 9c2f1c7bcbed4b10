"""A fitted estimator and its interface → the plan of its score."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dbml.scorer.plan import Builder, Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Column, Columns, predict

# Importing them registers their functions.
FAMILIES = (
    *("composition", "scaling", "encoding", "imputation", "expansion", "projection", "selection"),
    *(
        "linear",
        "linear_classification",
        "bayes",
        "discriminant",
        "neural",
        "dummy",
        "kernels",
        "text",
        "clusters",
        "neighbours",
    ),
    *("multiclass", "meta", "targets", "calibration"),
    *("trees", "boosting", "histogram"),
)
# These need a library that may not be there: who has an estimator of it has imported it.
_LIBRARIES = ("xgboost", "lightgbm", "catboost", "category_encoders", "feature_engine", "imblearn", "interpret")
OPTIONAL = {library: library for library in _LIBRARIES}
# These too; `make test-long` alone installs them.
APART = {library: library for library in ("optbinning", "skrub")}


def lower(estimator: Any, interface: Mapping[str, Any]) -> dict[str, Any]:
    """Write a fitted estimator down as a plan.

    :param interface: of the artifact: features in order, input form and output.
    :raises Unsupported: names the part that no plan expresses.
    """
    return lower_all(estimator, interface)[0]


def lower_all(estimator: Any, interface: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Write a fitted estimator down as a plan of its score, and as one of all its answers.

    The second has the answers of :func:`dbml._plpython.frame.answers`, in that order; None where the score is the only
    one, or where no plan expresses another.

    :raises Unsupported: names the part of the score that no plan expresses.
    """
    for family in (*FAMILIES, *(family for module, family in (OPTIONAL | APART).items() if module in sys.modules)):
        importlib.import_module(f"dbml.scorer.sklearn.{family}")
    features = interface["features"]
    texts = sum(feature["kind"] == "text" for feature in features)
    plan = Builder(len(features) - texts, texts)
    X = _input(plan, features, interface["input"] == "frame")
    # What came as ONNX is no class that could be registered: it writes itself down.
    answer = estimator.written(X) if hasattr(estimator, "written") else predict(estimator, X)
    score = _score(plan, estimator, answer, interface["output"])
    others = _others(plan, answer, interface["answers"]) if "answers" in interface else None
    return plan.finish(score), plan.finish(score, others) if others else None


def _others(plan: Builder, answer: Answer, kinds: Mapping[str, Any]) -> list[Value] | None:
    if "targets" in kinds:
        return answer.values
    chances = answer.probabilities if kinds["probabilities"] else []
    if chances is None:
        return None
    try:
        predicted = replace(answer, value=None).prediction(plan, range(len(kinds["classes"])))
    except Unsupported:
        return None
    return [predicted, *chances]


def _input(plan: Builder, features: list[dict[str, Any]], frame: bool) -> Columns:
    columns = []
    numbers = texts = 0
    for feature in features:
        if feature["kind"] == "text":
            value = plan.text(texts)
            texts += 1
        else:
            value = _number(plan, feature, plan.number(numbers))
            numbers += 1
        categories = feature.get("categories")
        columns.append(
            Column(
                value,
                feature["name"],
                feature["dtype"],
                tuple(categories) if categories is not None else None,
                feature.get("missing", "nan") if feature["dtype"] in ("object", "bool") else "nan",
            )
        )
    return Columns(plan, columns, frame)


def _number(plan: Builder, feature: Mapping[str, Any], value: Value) -> Value:
    name = feature["name"]
    if feature["kind"] == "boolean":
        known = value.equal(0.0) | value.equal(1.0) | value.missing()
        plan.check(known, f'feature "{name}" takes true or false')
    elif feature["kind"] == "integer":
        # From 2**53 on float8 no longer holds every integer. NaN passes: the estimator judges it.
        plan.check(
            ~(value.less_equal(-(2.0**53)) | plan.constant(2.0**53).less_equal(value)),
            f'feature "{name}" is an integer too large to be exact',
        )
    return value.round32() if feature["dtype"] == "float32" else value


def _score(plan: Builder, estimator: Any, answer: Answer, output: Mapping[str, Any]) -> Value:
    if output["kind"] == "probability":
        if answer.probabilities is None:
            raise Unsupported(f"predict_proba of the {type(estimator).__name__}")
        return answer.probabilities[int(output["index"])]
    if output.get("points"):
        if answer.points is None:
            raise Unsupported(f"points of the {type(estimator).__name__}")
        return answer.points
    if "target" in output:
        if answer.values is None:
            raise Unsupported(f"several targets of the {type(estimator).__name__}")
        return answer.values[int(output["target"])]
    if answer.value is not None:
        return answer.value
    # A scorecard does not tell its classes: its model does.
    classes = np.asarray((estimator if hasattr(estimator, "classes_") else estimator.estimator_).classes_).tolist()
    if output["kind"] == "label":
        label: int = classes.index(output["label"])
        return answer.predicted(plan)[label].indicator()
    return answer.prediction(plan, classes)
