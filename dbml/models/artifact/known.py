"""What a fitted estimator says of its features' types: the encoders, boosters and texts that read them first.

A CSV file has words alone: whether 02134 is a number, NA a country and True a text is for the model to say.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline

from dbml.errors import SampleError, nearest
from dbml.models.artifact.estimator import binning_process, passes
from dbml.scorer.plan import Unsupported

_BOOSTERS = "dbml.scorer.boosters"

# What --types may say.
TYPES = ("float", "float32", "integer", "boolean", "text", "category")

Names = Sequence[str | None]


@dataclass(frozen=True)
class Known:
    """The type of a feature.

    :param type: one of :data:`TYPES`.
    :param values: what the model has seen of it, in its order; without missing ones.
    :param said: the caller says so, not the model.
    :param closed: the model takes no other values, or makes of them what nobody means.
    """

    type: str
    values: tuple[Any, ...] = ()
    said: bool = False
    closed: bool = False


def known_types(estimator: Any, names: Sequence[str]) -> dict[str, Known]:
    """Tell the types of the features that an estimator knows; the others may be any number.

    :param names: of its features, in order.
    """
    found: dict[str, Known] = {}
    _walk(estimator, names, found)
    return found


def _walk(step: Any, names: Names, found: dict[str, Known]) -> Names | None:
    """Add what one step knows of its columns.

    :param names: per column of X the feature that it is; None where it is none.
    :returns: the same for what it makes of them; None where that is no longer the features.
    """
    if passes(step):
        return names
    if isinstance(step, Pipeline):
        through: Names | None = names
        for _, inner in step.steps:
            through = None if through is None else _walk(inner, through, found)
        return through
    if isinstance(step, ColumnTransformer):
        for name, inner, _ in step.transformers_:
            chosen = [names[place] for place in _places(step, name) if place < len(names)]
            if chosen:
                _walk(inner, chosen, found)
        return None
    if isinstance(step, SimpleImputer):
        return _imputed(step, names, found)
    for inner in _inside(step):
        _walk(inner, names, found)
    for ours, read in _READERS:
        if ours(step):
            for name, known in zip(names, read(step, len(names)), strict=False):
                if name is not None and known is not None and not (name in found and found[name].values):
                    found[name] = known
            break
    return None


def _places(step: ColumnTransformer, name: str) -> list[int]:
    return [int(place) for place in np.atleast_1d(step._transformer_to_input_indices[name])]


def _inside(step: Any) -> Iterable[Any]:
    """Estimators that see the very columns that this one sees."""
    if isinstance(step, FeatureUnion):
        return [inner for _, inner in step.transformer_list]
    if hasattr(step, "estimators_features_") or hasattr(step, "ranking_"):
        return []  # what a bagging or an RFE holds sees some of the columns
    for name in ("best_estimator_", "estimator_", "regressor_"):
        if hasattr(step, name):
            return [getattr(step, name)]
    if hasattr(step, "calibrated_classifiers_"):
        return [step.calibrated_classifiers_[0].estimator]
    several = getattr(step, "estimators_", None)
    return [inner for inner in several if hasattr(inner, "predict")] if isinstance(several, list) else []


def _imputed(step: SimpleImputer, names: Names, found: dict[str, Known]) -> Names | None:
    if len(step.statistics_) != len(names):
        return None
    for name, statistic in zip(names, step.statistics_, strict=True):
        if name is not None and isinstance(statistic, str):
            found.setdefault(name, Known("text"))
    # A column of nothing but gaps has no statistic, and goes.
    kept = [
        name for name, value in zip(names, step.statistics_, strict=True) if step.keep_empty_features or value == value
    ]
    indicators = len(step.indicator_.features_) if step.add_indicator else 0
    return [*kept, *[None] * indicators]


# --- what reads the columns: per column its type, or None where any number will do ---


def _of_values(values: Iterable[Any], type_: str | None = None) -> Known | None:
    """The type of what an encoder has seen of one column."""
    present = tuple(value for value in values if value is not None and value == value)
    kinds: tuple[tuple[str, Any], ...] = (("text", str), ("boolean", bool), ("integer", int), ("float", (int, float)))
    for name, classes in kinds:
        if present and all(isinstance(value, classes) for value in present):
            return Known(type_ or name, present)
    return None


def _encoder(step: Any, _: int) -> list[Known | None]:
    return [_of_values(np.asarray(column).tolist()) for column in step.categories_]


def _texts(_: Any, count: int) -> list[Known | None]:
    return [Known("text")] * count


def _histogram(step: Any, count: int) -> list[Known | None]:
    columns: list[Known | None] = [None] * count
    if step._preprocessor is not None:
        type_ = "category" if isinstance(step.categorical_features, str) else None
        encoder = step._preprocessor.named_transformers_["encoder"]
        for place, values in zip(np.flatnonzero(step.is_categorical_), encoder.categories_, strict=True):
            columns[place] = _of_values(values.tolist(), type_)
    return columns


def _lightgbm(step: Any, count: int) -> list[Known | None]:
    columns: list[Known | None] = [None] * count
    booster = step.booster_
    # The second is what a file calls them.
    said = booster.params.get("categorical_column") or booster.params.get("categorical_feature")
    places, categories = sorted(said if isinstance(said, list) else []), booster.pandas_categorical or []
    if len(places) == len(categories):  # else others than pandas' own categories were named in fit
        for place, values in zip(places, categories, strict=True):
            columns[place] = _of_values(values, "category")
    return columns


def _xgboost(step: Any, _: int) -> list[Known | None]:
    from dbml.scorer.sklearn.xgboost import known_categories

    # Of its class for scikit-learn, or of a file of its own.
    booster = step.get_booster() if hasattr(step, "get_booster") else step.booster
    types, learner = booster.feature_types or [], json.loads(booster.save_raw("json"))["learner"]
    others = {"c": Known("category"), "i": Known("boolean"), "float": Known("float")}
    pairs = zip(types, known_categories(learner), strict=True)
    return [Known("category", tuple(names), closed=True) if names else others.get(type_) for type_, names in pairs]


def _machine(step: Any, _: int) -> list[Known | None]:
    return [
        None if kind == "continuous" else Known("text", tuple(bins[0]))
        for kind, bins in zip(step.feature_types_in_, step.bins_, strict=True)
    ]


def _category_encoder(step: Any, count: int) -> list[Known | None]:
    from dbml.scorer.sklearn.category_encoders import categories

    def known(name: str) -> Known | None:
        try:
            return _of_values(categories(step, name))
        except Unsupported:
            return None  # it hashes what it sees, and remembers nothing of it

    return [known(name) if name in (step.cols or ()) else None for name in list(step.feature_names_in_)[:count]]


def _binned(step: Any, count: int) -> list[Known | None]:
    from dbml.scorer.sklearn.optbinning import categories

    process = binning_process(step)
    if count != len(process.variable_names):
        return [None] * count
    return [_of_values(categories(process.get_binned_variable(name))) for name in process.variable_names]


def _vectorized(step: Any, count: int) -> list[Known | None]:
    """Of skrub's vectorizer: whether a column was of texts or of categories shows in what cleaned it."""
    columns: list[Known | None] = []
    for name in list(step.feature_names_in_)[:count]:
        steps = step.all_processing_steps_[name]
        cleaners = {type(each).__name__ for each in steps}
        values: list[Any] = next((each.categories_[0].tolist() for each in steps if hasattr(each, "categories_")), [])
        if "CleanCategories" in cleaners:
            columns.append(_of_values(values, "category") or Known("category"))
        else:
            columns.append(Known("text") if "CleanNullStrings" in cleaners else _of_values(values))
    return columns


def _told(step: Any, _: int) -> list[Known | None]:
    return [Known(type_) if type_ else None for type_ in step.known_types]


def _of_library(module: str, *classes: str) -> Callable[[Any], bool]:
    """Whether something is an instance of a class whose library need not be there."""

    def ours(step: Any) -> bool:
        library = sys.modules.get(module)
        return library is not None and isinstance(step, tuple(getattr(library, name) for name in classes))

    return ours


def _holds_lightgbm(step: Any) -> bool:
    """Whether something is LightGBM's own class for scikit-learn, or came as its file."""
    return _of_library("lightgbm", "LGBMModel")(step) or _of_library(_BOOSTERS, "Lightgbm")(step)


def _of(*classes: type) -> Callable[[Any], bool]:
    return lambda step: isinstance(step, classes)


_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any, int], Sequence[Known | None]]], ...] = (
    (_of(HistGradientBoostingClassifier, HistGradientBoostingRegressor), _histogram),
    (_of(CountVectorizer, HashingVectorizer), _texts),
    (_holds_lightgbm, _lightgbm),
    (
        _of_library("interpret.glassbox", "ExplainableBoostingClassifier", "ExplainableBoostingRegressor"),
        _machine,
    ),
    (lambda step: _of_library("xgboost", "XGBModel")(step) or _of_library(_BOOSTERS, "Xgboost")(step), _xgboost),
    (_of_library("optbinning", "BinningProcess", "Scorecard"), _binned),
    (_of_library("skrub", "TableVectorizer"), _vectorized),
    (_of_library("category_encoders.utils", "BaseEncoder"), _category_encoder),
    (lambda step: isinstance(getattr(step, "categories_", None), list), _encoder),
    (lambda step: hasattr(step, "known_types"), _told),
)


def renames_spaces(estimator: Any) -> bool:
    """Whether the features' names are LightGBM's, which has an underscore where a column had a space."""
    while isinstance(estimator, Pipeline) and not passes(estimator.steps[0][1]):
        estimator = estimator.steps[0][1]
    return _holds_lightgbm(estimator)


def check_types(types: Mapping[str, str], names: Sequence[str]) -> None:
    """Check what a caller says of features' types.

    :raises SampleError: of a feature that is none, or a type that is none.
    """
    for name, type_ in types.items():
        if name not in names:
            raise SampleError(
                f'the model has no feature "{name}"', f"Its features: {', '.join(names[:20])}.{nearest(name, names)}"
            )
        if type_ not in TYPES:
            raise SampleError(f'"{type_}" is no type of a feature', f"Types are {', '.join(TYPES)}.")
