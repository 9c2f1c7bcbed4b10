"""What a fitted estimator is: its task, its features' names, and what it can answer."""

from __future__ import annotations

import difflib
import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier, is_clusterer, is_outlier_detector, is_regressor
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.impute import SimpleImputer
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from dbml.errors import ArtifactError, TooLarge
from dbml.models.file import REFIT
from dbml.scorer.limits import MAX_FEATURES

RANKERS = {"LGBMRanker", "XGBRanker"}


def task_of(source: str, estimator: Any) -> str:
    """Tell the task of a fitted estimator.

    :returns: ``classifier``, ``regressor``, ``outlier`` or ``clusterer``.
    :raises ArtifactError: it is none of them, or not fitted.
    """
    name = type(estimator).__name__
    if isinstance(estimator, type) or not (isinstance(estimator, BaseEstimator) or of_catboost(estimator)):
        what = f"the class {estimator.__name__}" if isinstance(estimator, type) else f"a {name}"
        hint = "Write it with `booster.save_model(FILE)`." if name == "Booster" else REFIT
        raise ArtifactError(f"{source}: holds {what}, no scikit-learn estimator", hint)
    # An unfitted Pipeline or search hides predict in its own ways, so fitness is asked first.
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        raise ArtifactError(f"{source}: the {name} is not fitted", REFIT) from None
    except TypeError:
        pass
    if not hasattr(estimator, "predict"):
        raise ArtifactError(
            f"{source}: the {name} has no predict", "Hand over the whole Pipeline with its last step, fitted."
        )
    estimator = _answering(estimator)
    if is_classifier(estimator):
        return "classifier"
    # A rank is a number; scikit-learn has no kind for it.
    if is_regressor(estimator) or {each.__name__ for each in type(estimator).__mro__} & RANKERS:
        return "regressor"
    if is_outlier_detector(estimator):
        return "outlier"
    if is_clusterer(estimator) or isinstance(estimator, GaussianMixture):
        return "clusterer"
    raise ArtifactError(
        f"{source}: the {name} is no classifier, regressor, outlier detector or clusterer",
        "Hand over an estimator of one of these kinds.",
    )


def describe(estimator: Any) -> str:
    """Name an estimator, and the steps of a pipeline: ``Pipeline(StandardScaler, SVC)``."""
    name = type(estimator).__name__
    if isinstance(estimator, Pipeline):
        return f"{name}({', '.join(describe(step) for _, step in estimator.steps if not passes(step))})"
    best = getattr(estimator, "best_estimator_", None)
    return name if best is None else f"{name}({describe(best)})"


def feature_names(source: str, estimator: Any) -> tuple[list[str], str]:
    """Tell what an estimator was fitted on.

    :returns: the features, ``x0``, ``x1``, … where they have no names, and ``frame`` or ``array``; ``text`` and
        ``texts`` where a list of texts is what it takes.
    :raises TooLarge: they are more than :data:`~dbml.scorer.limits.MAX_FEATURES`.
    :raises ArtifactError: two share a name, or it does not say.
    """
    if takes_texts(estimator):
        return ["text"], "texts"
    names, count = _catboost_names(estimator) if of_catboost(estimator) else _sklearn_names(estimator)
    if isinstance(count, (int, np.integer)) and count > MAX_FEATURES:
        raise TooLarge(
            f"{source}: has {count} features, and at most {MAX_FEATURES} are served", "Select the features that matter."
        )
    if names is not None:
        listed = [str(name) for name in names]
        if len(set(listed)) < len(listed):
            double = next(name for name in listed if listed.count(name) > 1)
            raise ArtifactError(f'{source}: two features are named "{double}"', "Rename one and fit again.")
        return listed, "frame"
    if not isinstance(count, (int, np.integer)) or count < 1:
        raise ArtifactError(
            f"{source}: the {type(estimator).__name__} does not say which features it was fitted on",
            "Fit it on a pandas DataFrame with named columns.",
        )
    return [f"x{i}" for i in range(int(count))], "array"


def of_catboost(estimator: Any) -> bool:
    """Whether it is CatBoost's, which has scikit-learn's methods and not its base class."""
    library = sys.modules.get("catboost")
    return library is not None and isinstance(estimator, library.CatBoost)


def binning_process(estimator: Any) -> Any:
    """optbinning's process that an estimator begins with, which has a name of its own for its features; or None."""
    library, estimator = sys.modules.get("optbinning"), _first(estimator)
    process = getattr(estimator, "binning_process_", estimator)
    return process if library is not None and isinstance(process, library.BinningProcess) else None


def _first(estimator: Any) -> Any:
    """The step that sees the rows first."""
    while isinstance(estimator, Pipeline) or hasattr(estimator, "best_estimator_"):
        estimator = estimator.steps[0][1] if isinstance(estimator, Pipeline) else estimator.best_estimator_
    return estimator


def _chosen(estimator: Any) -> list[str] | None:
    """The columns that skrub's selector of them needs, which does not remember the others."""
    library, first = sys.modules.get("skrub"), _first(estimator)
    if library is None or not isinstance(first, (library.SelectCols, library.DropCols)):
        return None
    chosen: list[str] = first.columns_ if isinstance(first, library.SelectCols) else first.kept_cols_
    return chosen


def _answering(estimator: Any) -> Any:
    """What answers for an estimator: of a scorecard of optbinning, which tells neither kind nor classes, its model."""
    library = sys.modules.get("optbinning")
    return estimator.estimator_ if library is not None and isinstance(estimator, library.Scorecard) else estimator


def _sklearn_names(estimator: Any) -> tuple[Any, Any]:
    names = getattr(estimator, "feature_names_in_", None)
    if names is None and binning_process(estimator) is not None:
        names = binning_process(estimator).variable_names
    names = _chosen(estimator) if names is None else names
    return names, getattr(estimator, "n_features_in_", None) if names is None else len(names)


def _catboost_names(estimator: Any) -> tuple[list[str] | None, int]:
    """Its features' names and their number; no names where it was fitted on an array and made them up."""
    names = list(estimator.feature_names_ or ())
    return None if names == [str(place) for place in range(len(names))] else names, len(names)


def takes_texts(estimator: Any) -> bool:
    """Whether it takes a list of texts and no table: a pipeline that begins with a vectorizer."""
    return isinstance(_first(estimator), (CountVectorizer, HashingVectorizer))


# --- is every feature a number? ---


def passes(step: Any) -> bool:
    """Whether a step of a pipeline lets its columns through as they are."""
    # A fitted ColumnTransformer holds an identity FunctionTransformer where "passthrough" was said.
    identity = isinstance(step, FunctionTransformer) and step.func is None
    return step is None or (isinstance(step, str) and step == "passthrough") or identity


def takes_numbers(step: Any, rest: Sequence[Any]) -> bool:
    """Whether all that goes into this step is known to be numbers. When in doubt, it is not.

    :param rest: the steps behind it, which see what a passthrough lets through.
    """
    if passes(step):
        return bool(rest) and takes_numbers(rest[0], rest[1:])
    if isinstance(step, Pipeline):
        steps = [inner for _, inner in step.steps] + list(rest)
        return takes_numbers(steps[0], steps[1:])
    if isinstance(step, ColumnTransformer):
        # A dropped column may hold anything, so "drop" falls through to False.
        used = [inner for _, inner, columns in step.transformers_ if _any_columns(columns)]
        return all(takes_numbers(inner, rest) for inner in used)
    if isinstance(step, FeatureUnion):
        # Every branch sees all columns: one that takes only numbers tells for all.
        return any(takes_numbers(inner, rest) for _, inner in step.transformer_list)
    if hasattr(step, "best_estimator_"):
        return takes_numbers(step.best_estimator_, rest)
    if hasattr(step, "takes_numbers"):
        return bool(step.takes_numbers)
    if of_catboost(step):
        return not any((step.get_cat_feature_indices(), step.get_text_feature_indices()))
    if isinstance(step, SimpleImputer):
        return step.statistics_.dtype.kind in "fiu"
    return _is_numeric_leaf(step)


def _any_columns(columns: Any) -> bool:
    return not (isinstance(columns, (list, np.ndarray)) and len(columns) == 0)


def _is_numeric_leaf(step: Any) -> bool:
    if not isinstance(step, BaseEstimator) or not type(step).__module__.startswith("sklearn."):
        return False
    if isinstance(step, (FunctionTransformer, Pipeline, ColumnTransformer, FeatureUnion)):
        return False
    tags = get_tags(step)
    if tags.input_tags.categorical or tags.input_tags.string or tags.no_validation:
        return False
    if np.any(getattr(step, "is_categorical_", None)):
        return False
    # A meta-estimator hands its input on, so all that it holds must take numbers too.
    inner = [value for value in step.get_params(deep=True).values() if isinstance(value, BaseEstimator)]
    return all(_is_numeric_leaf(each) for each in inner)


# --- the output ---


def targets_of(estimator: Any, task: str, rows: Any, width: int) -> int | None:
    """How many targets a regressor has that was fitted on a table of them; None where it was fitted on one column.

    :param rows: of a sample, or None.
    :param width: how many features there are.
    """
    if task != "regressor":
        return None
    few: Any = np.zeros((2, width)) if rows is None else rows.head(2)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            named = hasattr(estimator, "feature_names_in_")
            answer = np.asarray(estimator.predict(few if named or rows is None else few.to_numpy()))
    except Exception:
        return None  # what is wrong with the rows is told where all of them are scored
    return answer.shape[1] if answer.ndim == 2 else None


def answers_of(estimator: Any, task: str, targets: int | None) -> dict[str, Any] | None:
    """What else there is to answer beside the score, as the interface says it; None where there is nothing else."""
    if targets is not None:
        return {"targets": [str(i) for i in range(targets)]}
    if task != "classifier":
        return None
    estimator = _answering(estimator)
    classes = np.asarray(estimator.classes_).tolist()
    told = all(isinstance(label, (str, int)) or (isinstance(label, float) and label == label) for label in classes)
    return {"classes": classes, "probabilities": hasattr(estimator, "predict_proba")} if told else None


def output_of(source: str, estimator: Any, task: str, output: str | None, targets: int | None = None) -> dict[str, Any]:
    """Tell what the score is: a class's probability, a class or not, or the prediction itself.

    :param output: what was asked for, as in :func:`dbml.models.artifact.read`.
    :param targets: of a regressor, from :func:`targets_of`.
    :raises ArtifactError: the estimator does not have it, or has several and none was named.
    """
    answering = _answering(estimator)
    if output == "points" and answering is not estimator:
        return {"kind": "value", "points": True}
    estimator = answering
    if targets is not None:
        if output is None and targets == 1:
            return {"kind": "value", "target": 0}
        if output is None or not output.isdecimal() or int(output) >= targets:
            asked = "and the score is one of them" if output is None else f'and "{output}" is none of them'
            raise ArtifactError(
                f"{source}: the {type(estimator).__name__} has {targets} targets, {asked}",
                f"Say which one by its place, from 0 to {targets - 1}: `--output 0`.",
            )
        return {"kind": "value", "target": int(output)}
    if task != "classifier":
        if output not in (None, "value"):
            raise ArtifactError(
                f'{source}: a {type(estimator).__name__} has no class "{output}"',
                "Leave --output away, or say `--output value`.",
            )
        return {"kind": "value"}
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        raise ArtifactError(f"{source}: the {type(estimator).__name__} does not tell its classes", REFIT)
    if isinstance(classes, list) or np.ndim(classes) != 1:
        raise multi_output(source, estimator)
    labels = np.asarray(classes).tolist()
    kind = np.asarray(classes).dtype
    # Moments in nanoseconds would be listed as numbers.
    if kind.kind in "mM" or not all(isinstance(label, (str, int, float)) for label in labels):
        raise ArtifactError(
            f"{source}: its classes are of the type {kind}, neither texts nor numbers",
            "Fit it on their names, such as y.astype(str).",
        )
    listed = ", ".join(f'"{label}"' for label in labels)
    if output is None:
        if len(labels) != 2:
            raise ArtifactError(
                f"{source}: has {len(labels)} classes, {listed}, and the score is the probability of one",
                "Say which one: `--output LABEL`.",
            )
        index = 1
    else:
        matches = [i for i, label in enumerate(labels) if str(label) == output]
        if not matches and output == "value":
            if np.asarray(classes).dtype.kind not in "biuf":
                raise ArtifactError(
                    f'{source}: its classes {listed} are no numbers, so "value" is no score',
                    "Say which class: `--output LABEL`.",
                )
            return {"kind": "value"}
        if not matches:
            near = difflib.get_close_matches(output, [str(label) for label in labels], 1)
            raise ArtifactError(
                f'{source}: has no class "{output}", only {listed}',
                f"Say one of them: `--output {near[0] if near else labels[-1]}`.",
            )
        index = matches[0]
    if hasattr(estimator, "predict_proba"):
        return {"kind": "probability", "label": labels[index], "index": index}
    return {"kind": "label", "label": labels[index]}


def threshold_notice(estimator: Any, output: Mapping[str, Any]) -> str | None:
    """Tell of a threshold of the estimator's own that the score knows nothing of."""
    while (inner := _last(estimator)) is not None:
        estimator = inner
    if output["kind"] != "probability":
        return None
    threshold = getattr(estimator, "best_threshold_", None)
    if isinstance(estimator, FixedThresholdClassifier):
        threshold = estimator.threshold
    if threshold is None or isinstance(threshold, str):
        return None
    numbers = np.asarray(estimator.classes_).dtype.kind in "biuf"
    return (
        f"the threshold {threshold:.6g} of the {type(estimator).__name__} has no part in the score, a probability: "
        + ("`--output value` gives what it predicts" if numbers else "compare the score with it yourself")
    )


def _last(estimator: Any) -> Any:
    """The estimator that answers in this one's place."""
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else getattr(estimator, "best_estimator_", None)


def multi_output(source: str, estimator: Any) -> ArtifactError:
    """Make the error of a model with several outputs."""
    return ArtifactError(
        f"{source}: the {type(estimator).__name__} has several outputs", "Fit one model for each output."
    )
