"""A model that came as a PMML file: its fields and its model written down as a plan, with jpmml-evaluator as the judge.

The standard and its reference implementation differ here and there; where they do, the reference is right, because its
answers are what the plan is compared with.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from dbml.errors import ArtifactError, TooLarge
from dbml.scorer.limits import MAX_FEATURES
from dbml.scorer.plan import Builder, Unsupported
from dbml.scorer.pmml.document import Element, Exceeded, NotReadable, read
from dbml.scorer.pmml.expressions import define
from dbml.scorer.pmml.fields import Functions, Scope, given
from dbml.scorer.pmml.judge import Judge, NoJudge
from dbml.scorer.pmml.machines import completed
from dbml.scorer.pmml.models import Reader
from dbml.scorer.pmml.results import Result
from dbml.scorer.sklearn.registry import Answer, Columns

_TYPES = {"string": "text", "boolean": "boolean", "integer": "integer", "double": None, "float": None}
_NOT_MODELS = ("Header", "MiningBuildTask", "DataDictionary", "TransformationDictionary", "Extension")


def load(source: str, content: bytes) -> PmmlModel:
    """Read a PMML file.

    :raises TooLarge: it is larger than the limits of :mod:`.document`, or has more features than are served.
    :raises ArtifactError: it is no PMML, no plan expresses it, or its judge cannot be asked here.
    """
    try:
        document = _Document(read(content))
        result = document.written_alone()
        labels = () if result.probabilities is None else result.labels
        judge = Judge(document.root, document.model, labels, document.used, classes=result.value is None)
        return (PmmlRegressor if result.value is not None else PmmlClassifier)(document, result, judge)
    except Exceeded as error:
        raise TooLarge(f"{source}: {error}", "Nothing of it was loaded. Make a smaller model.") from error
    except NotReadable as error:
        raise ArtifactError(
            f"{source}: is no PMML ({error})", "Write it anew with the library that made it."
        ) from error
    except NoJudge as error:
        raise ArtifactError(
            f"{source}: is compared with jpmml-evaluator, which needs {error}",
            "pip install 'dbml[export]', and Java 11 or newer, such as Debian's default-jre-headless.",
        ) from error
    except Unsupported as error:
        raise ArtifactError(
            f"{source}: no plan expresses {error}", "docs/exports.md lists what of PMML is read."
        ) from error
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError, OverflowError, ZeroDivisionError) as error:
        raise ArtifactError(
            f"{source}: is no whole PMML ({type(error).__name__}: {error})",
            "Write it anew with the library that made it.",
        ) from error
    except Exception as error:
        # Java's exceptions have no common base here but this one.
        said = (str(error).strip().splitlines() or [type(error).__name__])[-1][:200]
        raise ArtifactError(
            f"{source}: jpmml-evaluator refuses it ({said})", "docs/exports.md says what is read."
        ) from error


class _Document:
    """The parts of a document.

    :raises NotReadable: it has not exactly one model, or no features.
    :raises Exceeded: it has too many features.
    """

    def __init__(self, root: Element) -> None:
        self.root = root
        models = [child for child in root if child.tag not in _NOT_MODELS]
        if len(models) != 1:
            raise NotReadable(f"it has {len(models)} models")
        (self.model,) = models
        for machine in [each for each in self.model.iter() if each.tag == "SupportVectorMachineModel"]:
            completed(machine)
        self.dictionary = {str(each.get("name")): each for each in root.findall("DataDictionary/DataField")}
        active = [
            str(each.get("name"))
            for each in self.model.findall("MiningSchema/MiningField")
            if each.get("usageType", "active") == "active"
        ]
        self.features = [name for name in active if name in self.dictionary]
        if not self.features or len(self.features) < len(active):
            raise NotReadable("its MiningSchema has no active fields, or such as the DataDictionary does not know")
        if len(self.features) > MAX_FEATURES:
            raise Exceeded(f"it has {len(self.features)} features, and at most {MAX_FEATURES} are served")
        self.used: list[str] = []
        self.types = [self.dictionary[name].get("dataType", "") for name in self.features]

    def written(self, X: Columns) -> Result:
        """Write the model down."""
        plan = X.plan
        functions = self.root.findall("TransformationDictionary/DefineFunction")
        data = Scope(plan, functions=Functions({str(each.get("name")): each for each in functions}))
        inputs = X.values
        for name, value in zip(self.features, inputs, strict=True):
            data.fields[name] = given(plan, self.dictionary[name], value)
        reader = Reader(self.dictionary)
        # What the document derives for all its models sees the fields as the outermost of them does.
        outer = reader.scope(data, self.model)
        define(outer, self.root.findall("TransformationDictionary/DerivedField"))
        result = reader.within(outer, self.model)
        self.used = [name for name in self.features if name in outer.fields]
        return result.ordered(reader.labels(self.model))

    def written_alone(self) -> Result:
        texts = self.types.count("string")
        plan = Builder(len(self.types) - texts, texts)
        numbers, words = iter(range(plan.numbers)), iter(range(plan.texts))
        values = [plan.text(next(words)) if t == "string" else plan.number(next(numbers)) for t in self.types]
        return self.written(Columns(plan).of(values))


class PmmlModel(BaseEstimator):  # type: ignore[misc]
    """A PMML document with the methods of a fitted estimator."""

    def __init__(self, document: _Document, result: Result, judge: Judge) -> None:
        self.document = document
        self.judge = judge
        self.n_features_in_ = len(document.features)
        self.feature_names_in_ = np.array(document.features, dtype=object)
        self.known_types = [_TYPES.get(each) for each in document.types]
        self.takes_numbers = not any(self.known_types)

    def __repr__(self) -> str:
        return type(self).__name__

    def _asked(self, X: Any) -> tuple[list[Any], Any]:
        rows = {}
        for name, dtype in zip(self.document.features, self.document.types, strict=True):
            rows[name] = [_java(value, dtype) for value in X[name].tolist()]
        return self.judge.answers(pd.DataFrame(rows, dtype=object))


def _java(value: Any, dtype: str) -> Any:
    """A value of a row as Java is to get it."""
    if value is None or value != value:
        return None
    if dtype == "string":
        return str(value)
    return bool(value) if dtype == "boolean" else float(value)


class PmmlRegressor(RegressorMixin, PmmlModel):  # type: ignore[misc]
    """A model with a number for an answer."""

    def predict(self, X: Any) -> Any:
        """Shape ``(rows,)``; NaN where it answers nothing."""
        return np.array([np.nan if each is None else float(each) for each in self._asked(X)[0]])

    def written(self, X: Columns) -> Answer:
        """The value."""
        return Answer(value=self.document.written(X).number)


class PmmlClassifier(ClassifierMixin, PmmlModel):  # type: ignore[misc]
    """A model with classes."""

    def __init__(self, document: _Document, result: Result, judge: Judge) -> None:
        super().__init__(document, result, judge)
        self._labels = result.labels
        self._has_chances = result.probabilities is not None
        self.classes_ = np.array([_label(each) for each in result.labels])

    def predict(self, X: Any) -> Any:
        """The labels.

        :raises ValueError: a row has none.
        """
        said = self._asked(X)[0]
        if any(each is None for each in said):
            raise ValueError("jpmml-evaluator answers nothing")
        return np.array([self.classes_[self._labels.index(str(each))] for each in said])

    @available_if(lambda self: self._has_chances)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """Shape ``(rows, classes)``."""
        return self._asked(X)[1]

    def written(self, X: Columns) -> Answer:
        """The probabilities, and which class is predicted."""
        result = self.document.written(X)
        chances = None if result.probabilities is None else list(result.probabilities)
        return Answer(chances, votes=result.predicted())


def _label(word: str) -> Any:
    try:
        return int(word)
    except ValueError:
        return word
