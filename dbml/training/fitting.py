"""An estimator is made by a recipe and fitted on the earlier predictions; the later ones judge it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GroupShuffleSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.validation import has_fit_parameter

from dbml.errors import TrainingError
from dbml.training.dataset import Dataset
from dbml.training.recipe import Recipe, named


@dataclass(frozen=True)
class Fitted:
    """A challenger, and the rows that it has not seen.

    :param estimator: fitted.
    :param test: places of the rows of the data set by which it is judged.
    :param scores: its answers for them.
    :param measures: of those answers: ``auc``, ``log_loss`` and ``brier``, or ``mae`` and ``rmse``.
    """

    estimator: Any
    test: np.ndarray[Any, Any]
    scores: np.ndarray[Any, Any]
    measures: dict[str, float]


def fit(recipe: Recipe, data: Dataset, output: dict[str, Any], like: Any) -> Fitted:
    """Fit what a recipe says on a data set.

    :param output: of the interface of the version that serves, which the new one shall have too.
    :param like: the estimator of the version to be like; None where the recipe says another.
    :raises TrainingError: the recipe does not go with the data.
    """
    estimator = _unfitted(recipe, data, like)
    last = _last(estimator)
    if output["kind"] != "value" and not is_classifier(last):
        raise TrainingError(
            f"the score of the model is about a class, and {type(last).__name__} is no classifier", "Name a classifier."
        )
    used, test = split(recipe, data)
    truth = _labels(data, output, like)
    weights = {} if recipe.half_life is None else _weights(recipe, data, estimator, used)
    inputs = data.inputs
    estimator.fit(inputs.iloc[used], truth[used], **weights)
    scores = answers(estimator, inputs.iloc[test], output)
    return Fitted(estimator, test, scores, measure(output, data.rows["_label"].to_numpy()[test], scores))


def _unfitted(recipe: Recipe, data: Dataset, like: Any) -> Any:
    if recipe.entry:
        estimator = named(recipe.entry)()
        if not isinstance(estimator, BaseEstimator):
            raise TrainingError(
                f"{recipe.entry} returned {type(estimator).__name__}, which is no estimator",
                "Return an unfitted estimator.",
            )
    elif recipe.path:
        try:
            last = named(recipe.path)(**recipe.parameters)
        except TypeError as error:
            raise TrainingError(f"{recipe.path} refuses its parameters: {error}", "Correct the recipe.") from None
        texts = [f["name"] for f in data.features if f["kind"] == "text" or f["dtype"] == "category"]
        encoder = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), texts), remainder="passthrough")
        estimator = make_pipeline(encoder, last) if texts else last
    else:
        estimator = clone(like)
        if recipe.parameters:
            try:
                estimator.set_params(**recipe.parameters)
            except ValueError as error:
                raise TrainingError(str(error).splitlines()[0], "Correct [estimator] parameters.") from None
    open_seeds = {
        parameter: recipe.seed
        for parameter, value in estimator.get_params().items()
        if parameter.rpartition("__")[2] == "random_state" and value is None
    }
    return estimator.set_params(**open_seeds)


def _last(estimator: Any) -> Any:
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def split(recipe: Recipe, data: Dataset) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Places of the rows to fit on, and of those to judge by.

    By time, nothing that was predicted within the horizon before the first test row is fitted on: its outcome
    was not known when that row was predicted.

    :raises TrainingError: nothing is left of either.
    """
    at, everything = data.rows["_at"], np.arange(len(data.rows))
    within = everything
    if recipe.window is not None:
        within = everything[(at > data.as_of - span(recipe.window, "window")).to_numpy()]
    if recipe.split == "entity":
        groups = data.rows["_entity"].iloc[within]
        if groups.nunique() < 2:
            raise TrainingError(f"{groups.nunique()} entities cannot be split", "Take a longer window.")
        splitter = GroupShuffleSplit(1, test_size=recipe.share, random_state=recipe.seed)
        used, test = next(splitter.split(within, groups=groups))
        return within[used], within[test]
    moments = at.iloc[within].sort_values(kind="stable")
    if moments.empty:
        raise TrainingError(f"no prediction lies within {recipe.window}", "Take a longer window.")
    first_test = moments.iloc[min(int(len(moments) * (1 - recipe.share)), len(moments) - 1)]
    inside = at.iloc[within]
    used, test = within[(inside < first_test - data.horizon).to_numpy()], within[(inside >= first_test).to_numpy()]
    if not len(used):
        raise TrainingError(
            f"no outcome was known when the first test row was predicted, {first_test:%Y-%m-%d %H:%M}",
            'Wait for more outcomes, or split by "entity".',
        )
    return used, test


def span(text: str, what: str) -> timedelta:
    """An interval of a recipe.

    :raises TrainingError: it is none, or not longer than nothing.
    """
    try:
        found = pd.Timedelta(text).to_pytimedelta()
    except ValueError:
        found = timedelta()
    if found <= timedelta():
        raise TrainingError(f"[data] {what} is {text!r}", f'Write {what} = "90 days".')
    return found


def _weights(recipe: Recipe, data: Dataset, estimator: Any, used: np.ndarray[Any, Any]) -> dict[str, Any]:
    """``2 ** (-age / half_life)`` of each row, by the name under which the estimator takes weights."""
    last = _last(estimator)
    if not has_fit_parameter(last, "sample_weight"):
        raise TrainingError(f"{type(last).__name__} takes no weights", "Leave half_life away, or give a window.")
    age = (data.as_of - data.rows["_at"].iloc[used]).dt.total_seconds().to_numpy()
    weights = 0.5 ** (age / span(str(recipe.half_life), "half_life").total_seconds())
    parameter = f"{estimator.steps[-1][0]}__sample_weight" if isinstance(estimator, Pipeline) else "sample_weight"
    return {parameter: weights}


def _labels(data: Dataset, output: dict[str, Any], like: Any) -> np.ndarray[Any, Any]:
    """What estimators are fitted on: for classes, the model's own names for what an outcome calls 1 and 0."""
    labels: np.ndarray[Any, Any] = data.rows["_label"].to_numpy()
    if output["kind"] == "value":
        return labels
    if len(np.unique(labels)) < 2:
        raise TrainingError(
            "all outcomes are the same", "Check value and otherwise of [[outcome]], or wait for others."
        )
    named_labels: np.ndarray[Any, Any] = np.where(labels == 1, output["label"], _other(output["label"], like))
    return named_labels


def _other(label: Any, like: Any) -> Any:
    """The name of the other class: that of the model to be like, if it has two; else one that sorts as it did."""
    classes = [] if like is None else [one for one in np.asarray(like.classes_).tolist() if one != label]
    if len(classes) == 1:
        return classes[0]
    if isinstance(label, str):
        return f"not {label}"
    return type(label)(not label)


def answers(estimator: Any, inputs: pd.DataFrame, output: dict[str, Any]) -> np.ndarray[Any, Any]:
    """The score of each row, as the interface defines it."""
    if output["kind"] == "value":
        return np.asarray(estimator.predict(inputs), dtype=float)
    if output["kind"] == "label":
        return np.asarray(estimator.predict(inputs) == output["label"], dtype=float)
    place = np.asarray(estimator.classes_).tolist().index(output["label"])
    return np.asarray(estimator.predict_proba(inputs))[:, place]


def measure(output: dict[str, Any], truth: np.ndarray[Any, Any], scores: np.ndarray[Any, Any]) -> dict[str, float]:
    """What scikit-learn says of answers; for classes, of 1 and 0."""
    if output["kind"] == "value":
        return {
            "mae": float(metrics.mean_absolute_error(truth, scores)),
            "rmse": float(metrics.root_mean_squared_error(truth, scores)),
        }
    measures = {"brier": float(np.mean((scores - truth) ** 2))}
    if output["kind"] == "probability":
        measures["log_loss"] = float(metrics.log_loss(truth, scores, labels=[0, 1]))
    if len(np.unique(truth)) == 2:
        measures["auc"] = float(metrics.roc_auc_score(truth, scores))
    return measures
