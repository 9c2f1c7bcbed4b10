"""An estimator is made by a recipe and fitted on the earlier predictions; the later ones judge it."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.compose import make_column_transformer
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    HalvingRandomSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
)
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.validation import has_fit_parameter

from dbml.errors import TrainingError
from dbml.training import gate
from dbml.training.dataset import Dataset
from dbml.training.recipe import Maker, Recipe, named
from dbml.training.splitting import Turns, span, split


@dataclass(frozen=True)
class Fitted:
    """A challenger, and the rows that it has not seen.

    :param estimator: fitted, for the last block of test rows.
    :param test: places of the rows of the data set by which it is judged.
    :param scores: its answers for them.
    :param measures: of those answers: ``auc``, ``log_loss`` and ``brier``, or ``mae`` and ``rmse``.
    :param candidates: what stood to choose from → its loss on the last rows before the test; empty where one did.
    """

    estimator: Any
    test: np.ndarray[Any, Any]
    scores: np.ndarray[Any, Any]
    measures: dict[str, float]
    candidates: dict[str, float]


@dataclass(frozen=True)
class Task:
    """What is fitted on what.

    :param truth: of each row of the data set, as estimators are fitted on it.
    :param likes: the version that a recipe names → its estimator; under ``None`` what serves.
    :param propensity: of each row of the data set, its weight by inverse propensity; a row without weight is left out.
    """

    recipe: Recipe
    data: Dataset
    output: dict[str, Any]
    truth: np.ndarray[Any, Any]
    likes: Mapping[str | None, Any]
    propensity: np.ndarray[Any, Any] | None = None

    def fitted(self, estimator: Any, rows: np.ndarray[Any, Any]) -> Any:
        """Fit an estimator on some rows.

        :raises TrainingError: it takes no weights, and the recipe asks for some; or the rows have one class.
        """
        if self.propensity is not None:
            rows = rows[self.propensity[rows] > 0]
        if self.output["kind"] != "value" and len(np.unique(self.truth[rows])) < 2:
            raise TrainingError(
                f"the {len(rows)} rows to fit on, up to {self.data.rows['_at'].iloc[rows].max():%Y-%m-%d %H:%M}, "
                "have all the same outcome",
                'Wait for others, or split by "entity".',
            )
        weights = _weights(self.recipe, self.data, rows, self.propensity)
        if weights is None:
            return estimator.fit(self.data.inputs.iloc[rows], self.truth[rows])
        parameter = _weight_parameter(estimator)
        if parameter is not None:
            return estimator.fit(self.data.inputs.iloc[rows], self.truth[rows], **{parameter: weights})
        if not self.recipe.resample:
            raise TrainingError(
                f"{type(_last(estimator)).__name__} takes no weights",
                "Leave half_life and learn_from away, give a window, or say [data] resample = true.",
            )
        random = np.random.default_rng(self.recipe.seed)
        drawn = np.sort(random.choice(rows, size=len(rows), p=weights / weights.sum()))
        return estimator.fit(self.data.inputs.iloc[drawn], self.truth[drawn])

    def loss(self, estimator: Any, rows: np.ndarray[Any, Any]) -> float:
        """The mean loss of a fitted estimator on some rows."""
        scores = answers(estimator, self.data.inputs.iloc[rows], self.output)
        return float(np.mean(gate.losses(self.output["kind"], self.data.rows["_label"].to_numpy()[rows], scores)))


def fit(
    recipe: Recipe,
    data: Dataset,
    output: dict[str, Any],
    likes: Mapping[str | None, Any],
    propensity: np.ndarray[Any, Any] | None = None,
) -> Fitted:
    """Fit what a recipe says on a data set.

    Of several candidates the one is taken that does best on the last rows before the test, having been fitted on those
    before them. So the test rows judge what they have not helped to choose. Then it is fitted for each block of test
    rows, as :func:`split` says; the last of these fits is the new version.

    :param output: of the interface of the version that serves, which the new one shall have too.
    :param likes: the version that the recipe names → its estimator; under ``None`` what serves.
    :param propensity: of each row of the data set, its weight by inverse propensity; None: all weigh the same.
    :raises TrainingError: the recipe does not go with the data.
    """
    task = Task(recipe, data, output, _labels(data, output, next(iter(likes.values()), None)), likes, propensity)
    turns = split(recipe, data)
    test = np.concatenate([judged for _, judged in turns])
    best, losses = _chosen(task, np.setdiff1d(turns[0][0], test))
    estimator, scores = _in_turns(task, best, turns)
    measures = measure(output, data.rows["_label"].to_numpy()[test], scores)
    return Fitted(estimator, test, scores, measures, losses)


def refitted(recipe: Recipe, data: Dataset, output: dict[str, Any], champion: Any) -> np.ndarray[Any, Any] | None:
    """What the version that serves would answer to the test rows, had it been fitted on what the new one was.

    So a gain that comes of newer data or another library is told from one that comes of the recipe.

    :returns: None where it cannot be fitted again, such as with weights that it does not take.
    """
    task = Task(recipe, data, output, _labels(data, output, champion), {None: champion})
    try:
        return _in_turns(task, clone(champion), split(recipe, data))[1]
    except (TrainingError, ValueError, TypeError):
        return None


def _in_turns(task: Task, unfitted: Any, turns: Turns) -> tuple[Any, np.ndarray[Any, Any]]:
    """Fit for each block of test rows; returns the estimator of the last, and the answers for all."""
    scores = []
    for used, judged in turns:
        estimator = task.fitted(copy.deepcopy(unfitted), used)
        scores.append(answers(estimator, task.data.inputs.iloc[judged], task.output))
    # A search of somebody else's keeps what it found inside.
    return getattr(estimator, "best_estimator_", estimator), np.concatenate(scores)


def _chosen(task: Task, rows: np.ndarray[Any, Any]) -> tuple[Any, dict[str, float]]:
    """The best of what the recipe names, not fitted yet, judged by rows that no test has; with the loss of each."""
    losses: dict[str, float] = {}
    best = task.recipe.makers[0]
    if len(task.recipe.makers) > 1:
        before, last = _divided(task.recipe, task.data, rows)
        for place, maker in enumerate(task.recipe.makers, 1):
            tried = task.fitted(_found(task, _unfitted(task, maker), before), before)
            losses[f"{place}. {maker}"] = task.loss(tried, last)
        best = task.recipe.makers[int(np.argmin(list(losses.values())))]
    return _found(task, _unfitted(task, best), rows), losses


def _found(task: Task, estimator: Any, rows: np.ndarray[Any, Any]) -> Any:
    """What a search finds in some rows, not fitted; an estimator that is no search is what it is."""
    if not isinstance(estimator, BaseSearchCV):
        return estimator
    return clone(task.fitted(estimator, rows).best_estimator_)


def _divided(
    recipe: Recipe, data: Dataset, used: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The rows to fit on once more in two, as :func:`split` divides all."""
    inner = replace(data, rows=data.rows.iloc[used])
    [(before, last)] = split(replace(recipe, window=None, blocks=1), inner)
    return used[before], used[last]


def _unfitted(task: Task, maker: Maker) -> Any:
    """An estimator as one of the recipe's tables says, not fitted yet.

    :raises TrainingError: it cannot be made, or does not go with the score.
    """
    estimator = _made(task.recipe, task.data, maker, task.likes.get(maker.like))
    last = _last(estimator)
    if task.output["kind"] != "value" and not is_classifier(last):
        raise TrainingError(
            f"the score of the model is about a class, and {type(last).__name__} is no classifier", "Name a classifier."
        )
    return _searching(task, maker, estimator) if maker.search else estimator


def _searching(task: Task, maker: Maker, estimator: Any) -> Any:
    """scikit-learn's random search around an estimator; a parameter without a step is the last step's."""
    prefix = f"{estimator.steps[-1][0]}__" if isinstance(estimator, Pipeline) else ""
    search = {name if "__" in name else prefix + name: values for name, values in maker.search.items()}
    for name in search:
        if name not in estimator.get_params():
            raise TrainingError(f"{maker} has no parameter {name}", "Correct search of the [[candidate]].")
    possible = math.prod(len(values) for values in search.values())
    seed, classes = task.recipe.seed, task.output["kind"] != "value"
    # Folds that mix times tell parameters apart well enough; candidates are compared, and judged, on later rows.
    asked: dict[str, Any] = {
        "cv": (StratifiedKFold if classes else KFold)(3, shuffle=True, random_state=seed),
        "scoring": partial(_less_loss, task.output),
        "random_state": seed,
    }
    tries = min(maker.tries, possible)
    if maker.halving:
        return HalvingRandomSearchCV(estimator, search, n_candidates=tries, **asked)
    return RandomizedSearchCV(estimator, search, n_iter=tries, **asked)


def _less_loss(output: dict[str, Any], estimator: Any, inputs: pd.DataFrame, truth: Any) -> float:
    """A score for a search, which wants the greatest: the loss by which the gate judges, negative."""
    known = truth if output["kind"] == "value" else np.asarray(truth == output["label"], dtype=float)
    return -float(np.mean(gate.losses(output["kind"], known, answers(estimator, inputs, output))))


def _made(recipe: Recipe, data: Dataset, maker: Maker, like: Any) -> Any:
    if maker.entry:
        estimator = named(maker.entry)()
        if not isinstance(estimator, BaseEstimator):
            raise TrainingError(
                f"{maker.entry} returned {type(estimator).__name__}, which is no estimator",
                "Return an unfitted estimator.",
            )
    elif maker.path:
        try:
            last = named(maker.path)(**maker.parameters)
        except TypeError as error:
            raise TrainingError(f"{maker.path} refuses its parameters: {error}", "Correct the recipe.") from None
        texts = [f["name"] for f in data.features if f["kind"] == "text" or f["dtype"] == "category"]
        encoder = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), texts), remainder="passthrough")
        estimator = make_pipeline(encoder, last) if texts else last
    else:
        estimator = clone(like)
        if maker.parameters:
            try:
                estimator.set_params(**maker.parameters)
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


def _weights(
    recipe: Recipe, data: Dataset, used: np.ndarray[Any, Any], propensity: np.ndarray[Any, Any] | None
) -> np.ndarray[Any, Any] | None:
    """``2 ** (-age / half_life)`` of each row, times its weight by propensity; None where all weigh the same."""
    if recipe.half_life is None and propensity is None:
        return None
    weights = np.ones(len(used)) if propensity is None else propensity[used]
    if recipe.half_life is not None:
        age = (data.as_of - data.rows["_at"].iloc[used]).dt.total_seconds().to_numpy()
        weights = weights * 0.5 ** (age / span(str(recipe.half_life), "[data] half_life").total_seconds())
    return weights


def _weight_parameter(estimator: Any) -> str | None:
    """The name by which ``fit`` takes weights; None where it takes none."""
    estimator = estimator.estimator if isinstance(estimator, BaseSearchCV) else estimator
    if not has_fit_parameter(_last(estimator), "sample_weight"):
        return None
    return f"{estimator.steps[-1][0]}__sample_weight" if isinstance(estimator, Pipeline) else "sample_weight"


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
    classes = np.asarray(estimator.classes_).tolist()
    if output["label"] not in classes:  # fitted on few rows, in a search
        return np.zeros(len(inputs))
    place = classes.index(output["label"])
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
