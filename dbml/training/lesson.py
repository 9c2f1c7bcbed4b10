"""What an estimator makes of labels: ``partial_fit`` in their order, and aside what it cannot take (pure)."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline

from dbml._plpython.frame import rows_to_input
from dbml.errors import TrainingError
from dbml.training import fitting, gate, linear


@dataclass(frozen=True)
class Label:
    """A label that waits, with the features as they were when it came: a row of the table ``dbml.label``."""

    id: int
    version: int | None
    label: str | None
    numbers: list[float | None] | None
    texts: list[str | None] | None


@dataclass
class Lesson:
    """Labels as an estimator takes them.

    :param labels: those that it can learn, in order.
    :param inputs: a row for each of them.
    :param truth: the class or the value of each.
    :param aside: id of each of the others → why.
    """

    labels: list[Label]
    inputs: Any
    truth: np.ndarray[Any, Any]
    aside: dict[int, str] = field(default_factory=dict)


def require_learner(estimator: Any, label: str) -> Any:
    """The part of an estimator that learns; what stands before it in a pipeline stays as it is.

    :raises TrainingError: it cannot learn bit by bit.
    """
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if not hasattr(last, "partial_fit"):
        raise TrainingError(
            f"{label} cannot learn label by label: {type(last).__name__} has no partial_fit",
            "Fit an estimator that has, such as SGDClassifier; or retrain: docs/training.md.",
        )
    return last


def lesson(
    estimator: Any, interface: Mapping[str, Any], served: Mapping[int, Sequence[Mapping[str, Any]]], labels: list[Label]
) -> Lesson:
    """Read labels, and set aside what the estimator refuses.

    :param served: version → features, of the versions that served when the labels came.
    """
    aside: dict[int, str] = {}
    wanted = [(feature["name"], feature["kind"]) for feature in interface["features"]]
    truths: dict[int, Any] = {}
    for one in labels:
        known = [(feature["name"], feature["kind"]) for feature in served.get(one.version or 0, ())]
        if one.numbers is None or one.texts is None:
            aside[one.id] = "no row of the profile has this key"
        elif known != wanted:
            aside[one.id] = "another version served, which has other features"
        else:
            try:
                truths[one.id] = _truth(estimator, interface["output"], one.label)
            except ValueError as error:
                aside[one.id] = str(error)
    left = [one for one in labels if one.id in truths]
    refused = _refusals(estimator, interface, left)
    aside |= refused
    left = [one for one in left if one.id not in refused]
    inputs = _inputs(interface, left) if left else None
    return Lesson(left, inputs, np.array([truths[one.id] for one in left]), aside)


def _truth(estimator: Any, output: Mapping[str, Any], label: str | None) -> Any:
    if label is None:
        raise ValueError("the label is NULL")
    if not is_classifier(estimator):
        value = float(label)
        if not np.isfinite(value):
            raise ValueError(f"the label is {label}")
        return value
    classes = np.asarray(estimator.classes_).tolist()
    found = next((one for one in classes if label in linear.texts(one)), None)
    if found is not None:
        return found
    if len(classes) == 2 and label in ("true", "false") and "label" in output:
        # As an outcome says it: whether it is the class that the score is about.
        return next(one for one in classes if (one == output["label"]) == (label == "true"))
    raise ValueError(f"the model knows no class {label!r}")


def _refusals(estimator: Any, interface: Mapping[str, Any], labels: list[Label]) -> dict[int, str]:
    """The labels whose features the estimator refuses; asked one by one only where it refuses all at once."""
    if not labels:
        return {}
    try:
        with _quiet():
            estimator.predict(_inputs(interface, labels))
    except ValueError as error:
        if len(labels) == 1:
            return {labels[0].id: str(error).strip().splitlines()[0]}
    else:
        return {}
    half = len(labels) // 2
    return _refusals(estimator, interface, labels[:half]) | _refusals(estimator, interface, labels[half:])


def _inputs(interface: Mapping[str, Any], labels: list[Label]) -> Any:
    groups = rows_to_input(interface, [one.numbers or [] for one in labels], [one.texts or [] for one in labels])
    if len(groups) == 1:
        return groups[0][1]
    order = np.argsort([place for places, _ in groups for place in places])
    parts = [part for _, part in groups]
    if isinstance(parts[0], pd.DataFrame):
        return pd.concat(parts, ignore_index=True).iloc[order]
    return np.concatenate(parts)[order]


def losses(estimator: Any, output: dict[str, Any], one: Lesson) -> float:
    """The mean loss of an estimator on labels that it has not learnt."""
    with _quiet():
        answers = fitting.answers(estimator, one.inputs, output)
    truth = one.truth.astype(float) if output["kind"] == "value" else (one.truth == output["label"]).astype(float)
    return float(np.mean(gate.losses(output["kind"], truth, answers)))


def learnt(estimator: Any, one: Lesson, together: int) -> tuple[Any, dict[int, str]]:
    """What becomes of a copy of the estimator by ``partial_fit`` in the labels' order.

    :param together: how many labels each call gets.
    :returns: the estimator, and the labels in whose call it failed, with the reason: as if these had not been there.
    """
    aside: dict[int, str] = {}
    while True:
        pupil = copy.deepcopy(estimator)
        places = [place for place, label in enumerate(one.labels) if label.id not in aside]
        failed = _fed(pupil, one, places, together)
        if failed is None:
            return pupil, aside
        # Where a call fails, half of it may be done.
        chunk, reason = failed
        aside |= {one.labels[place].id: reason for place in chunk}


def _fed(pupil: Any, one: Lesson, places: list[int], together: int) -> tuple[list[int], str] | None:
    """Let an estimator learn; the places in whose call it failed, and why."""
    learner, inputs = pupil, one.inputs
    with _quiet():
        if isinstance(pupil, Pipeline) and places:
            learner = pupil.steps[-1][1]
            inputs = pupil[:-1].transform(inputs) if len(pupil.steps) > 1 else inputs
        if sparse.issparse(inputs):
            inputs = inputs.tocsr()

        def take(chunk: list[int]) -> Any:
            return inputs.iloc[chunk] if isinstance(inputs, pd.DataFrame) else inputs[chunk]

        for start in range(0, len(places), together):
            chunk = places[start : start + together]
            try:
                learner.partial_fit(take(chunk), one.truth[chunk])
            except (ValueError, FloatingPointError) as error:
                return chunk, str(error).strip().splitlines()[0]
    return None


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings: of an array for an estimator that saw a DataFrame, and of a call that has not converged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
