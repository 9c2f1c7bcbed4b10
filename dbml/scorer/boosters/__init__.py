"""Models in the files of their libraries, which judge them: XGBoost's JSON and UBJSON, LightGBM's text, CatBoost's.

The libraries walk a tree as its file says, and a file may lead them out of it: so it is looked through (:mod:`.limits`)
before they see it. A file knows no names of classes: they are 0, 1, 2, …
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from dbml.errors import ArtifactError, TooLarge
from dbml.scorer.boosters import catboost, limits
from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Columns, refuse_missing_booleans

#: Kinds of files, and the library of each.
LIBRARIES = ("xgboost", "lightgbm", "catboost")
_WRITE = {
    "xgboost": "Write it with `booster.save_model(FILE)`, as .json or .ubj.",
    "lightgbm": "Write it with `booster.save_model(FILE)`, as .txt.",
    "catboost": "Write it with `model.save_model(FILE)`, as .cbm; or with `format='json'`, as .json.",
}
_REFIT = "Leave multi_strategy away: trees for each target."


def load(kind: str, source: str, content: bytes) -> Any:
    """Read a file.

    :param kind: ``xgboost``, ``lightgbm`` or ``catboost``.
    :param source: what messages call the file.
    :raises TooLarge: it has more features than are served.
    :raises ArtifactError: the library is missing, or the file is none of its, or no plan expresses what it holds.
    """
    try:
        return _READERS[kind](content)
    except ImportError as error:
        raise ArtifactError(
            f"{source}: needs the package {kind}, which cannot be imported here ({error})", f"pip install {kind}"
        ) from error
    except limits.Exceeded as error:
        raise TooLarge(f"{source}: {error}", "Nothing of it was loaded. Select the features that matter.") from error
    except Unsupported as error:
        raise ArtifactError(
            f"{source}: no plan expresses {error}",
            _REFIT,
        ) from error
    except Exception as error:
        # Of a broken file JSON, numpy and each library tell in their own way.
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise ArtifactError(f"{source}: is no model of {kind} ({said})", _WRITE[kind]) from error


class Boosted(BaseEstimator, ABC):  # type: ignore[misc]
    """A booster with the methods of a fitted estimator.

    :param names: of its features; None where it was fitted on an array.
    :param objective: as the file says it.
    """

    def __init__(self, names: list[str] | None, width: int, objective: str) -> None:
        self.objective = objective
        self.n_features_in_ = width
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)

    def __repr__(self) -> str:
        return type(self).__name__

    @abstractmethod
    def answered(self, X: Any) -> Any:
        """What the booster itself predicts."""

    @abstractmethod
    def written(self, X: Columns) -> Answer:
        """Write down what the model answers.

        :raises Unsupported: names the part that no plan expresses.
        """


class _Classes(ClassifierMixin):  # type: ignore[misc]
    """Classes 0, 1, 2, … and what the booster says of them."""

    def predict_proba(self, X: Any) -> Any:
        """Shape ``(rows, classes)``; of two classes the booster tells the second alone."""
        said = self.answered(X)
        return said if said.ndim == 2 else np.column_stack((said.dtype.type(1) - said, said))

    def predict(self, X: Any) -> Any:
        """The class of the greatest probability."""
        return self.predict_proba(X).argmax(axis=1)


class _Values(RegressorMixin):  # type: ignore[misc]
    """A number, or one for each target."""

    def predict(self, X: Any) -> Any:
        """Shape ``(rows,)`` or ``(rows, targets)``."""
        return self.answered(X)


# --- XGBoost ---

_PROBABLE = ("binary:logistic", "multi:softprob")


def _xgboost(content: bytes) -> Boosted:
    import xgboost

    learner = limits.xgboost(content)
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(content))
    objective = learner["objective"]["name"]
    if objective == "multi:softmax":
        return XgboostLabels(booster, learner)
    return (XgboostClassifier if objective in _PROBABLE else XgboostRegressor)(booster, learner)


class Xgboost(Boosted):
    """A booster of XGBoost. All its trees count, as in ``Booster.predict``, wherever training stopped early."""

    def __init__(self, booster: Any, learner: dict[str, Any]) -> None:
        super().__init__(booster.feature_names, booster.num_features(), learner["objective"]["name"])
        self.booster = booster
        # As the library has it by now: older files say the same in other words.
        self.learner = json.loads(booster.save_raw("json"))["learner"]
        self.feature_types = booster.feature_types or []
        self.takes_numbers = not {"c", "i"} & set(self.feature_types)

    def answered(self, X: Any) -> Any:
        """What the booster itself predicts."""
        import xgboost

        if "c" in self.feature_types:
            return self.booster.predict(xgboost.DMatrix(X, enable_categorical=True, nthread=1))
        values = np.asarray(X, dtype=np.float64)
        return self.booster.predict(xgboost.DMatrix(values, feature_names=self.booster.feature_names, nthread=1))

    def _margins(self, X: Columns) -> tuple[str, list[Value]]:
        from dbml.scorer.sklearn.trees import as_float32
        from dbml.scorer.sklearn.xgboost import coded, known_categories, margins

        what = "XGBoost"
        if "c" in self.feature_types:
            refuse_missing_booleans(X)
        values = coded(X, known_categories(self.learner), what)
        # A DMatrix takes what is missing, and refuses infinity.
        as_float32(X.of(values), what, missing=True)
        return margins(self.learner, values, what, of_matrix=True)


class XgboostClassifier(_Classes, Xgboost):
    """Classes with probabilities."""

    def __init__(self, booster: Any, learner: dict[str, Any]) -> None:
        super().__init__(booster, learner)
        self.classes_ = np.arange(max(2, int(self.learner["learner_model_param"]["num_class"])))

    def predict(self, X: Any) -> Any:
        """The class of the greatest probability; of two classes the second above 0.5."""
        said = self.answered(X)
        return said.argmax(axis=1) if said.ndim == 2 else (said > 0.5).astype(int)

    def written(self, X: Columns) -> Answer:
        """Write down what the model answers."""
        from dbml.scorer.sklearn.xgboost import of_classes

        objective, margins = self._margins(X)
        return of_classes(objective, margins, X, "XGBoost")


class XgboostLabels(XgboostClassifier):
    """A model of ``multi:softmax``, which answers with the class alone."""

    predict_proba = available_if(lambda self: False)(_Classes.predict_proba)

    def predict(self, X: Any) -> Any:
        """The class."""
        return self.answered(X).astype(int)


class XgboostRegressor(_Values, Xgboost):
    """A number: a value, a rate, a rank, or the share that hinge loss has as 0 or 1."""

    def written(self, X: Columns) -> Answer:
        """Write down what the model answers."""
        from dbml.scorer.sklearn.xgboost import of_classes, of_values

        objective, margins = self._margins(X)
        if objective == "binary:hinge":
            probabilities = of_classes(objective, margins, X, "XGBoost").probabilities
            assert probabilities
            return Answer.of_targets(probabilities[1:])
        return of_values(objective, margins, "XGBoost")


# --- LightGBM ---

_CLASSES = ("binary", "multiclass", "multiclassova")


def _lightgbm(content: bytes) -> Boosted:
    import lightgbm

    limits.lightgbm(content)
    booster = lightgbm.Booster(model_str=content.decode())
    objective = (booster.dump_model(num_iteration=1).get("objective") or "").split(" ")[0]
    return (LightgbmClassifier if objective in _CLASSES else LightgbmRegressor)(booster, objective)


class Lightgbm(Boosted):
    """A booster of LightGBM.

    :param booster: named as in the classes for scikit-learn, whose readers of types and plans take this one too.
    """

    def __init__(self, booster: Any, objective: str) -> None:
        names = booster.feature_name()
        made_up = names == [f"Column_{place}" for place in range(len(names))]
        super().__init__(None if made_up else names, len(names), objective)
        self.booster_ = booster
        self.takes_numbers = not booster.pandas_categorical

    def answered(self, X: Any) -> Any:
        """What the booster itself predicts."""
        return self.booster_.predict(X if isinstance(X, pd.DataFrame) else np.asarray(X), num_threads=1)


class LightgbmClassifier(_Classes, Lightgbm):
    """Classes with probabilities."""

    def __init__(self, booster: Any, objective: str) -> None:
        super().__init__(booster, objective)
        self.classes_ = np.arange(max(2, booster.num_model_per_iteration()))

    def written(self, X: Columns) -> Answer:
        """Write down what the model answers."""
        from dbml.scorer.sklearn.lightgbm import lgbm_classifier

        return lgbm_classifier(self, X)


class LightgbmRegressor(_Values, Lightgbm):
    """A number: a value, a rate or a rank."""

    def written(self, X: Columns) -> Answer:
        """Write down what the model answers."""
        from dbml.scorer.sklearn.lightgbm import lgbm_regressor

        return lgbm_regressor(self, X)


_READERS = {"xgboost": _xgboost, "lightgbm": _lightgbm, "catboost": catboost.load}
