"""A model that came as an ONNX file: its graph written down as a plan, with onnxruntime as the judge.

ONNX computes in float32 nearly everywhere, and a plan that follows it does the same, step by step: casts, scalings,
and the leaves of trees, so that every threshold is met alike. Two things no plan can follow to the last digit,
because onnxruntime itself answers differently from processor to processor: the order in which it adds up a
product of matrices, and what it makes of a sigmoid behind one. There the plan computes in double, knows how far
float32 may be from that (:mod:`.tensors`), and stands where onnxruntime says the same within it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from dbml._plpython import batch
from dbml.errors import ArtifactError, TooLarge
from dbml.scorer.onnx.graph import Graph, NotReadable
from dbml.scorer.onnx.limits import Exceeded
from dbml.scorer.onnx.tensors import BITS
from dbml.scorer.onnx.walk import answer
from dbml.scorer.plan import Builder, Unsupported
from dbml.scorer.sklearn.registry import Answer, Column, Columns

_WRITE = "Write it with `skl2onnx.to_onnx(estimator, X[:1])`, or add the estimator itself as a joblib file."
_FEEDS = {"float": np.float32, "double": np.float64, "int64": np.int64, "int32": np.int32, "bool": np.bool_}


def load(path: Path | str, content: bytes) -> OnnxModel:
    """Read an ONNX file.

    :raises TooLarge: it would be larger than :mod:`.limits` allow.
    :raises ArtifactError: a package is missing, or the file is no ONNX model that a plan expresses.
    """
    try:
        import onnxruntime

        graph = Graph.read(content)
        options = onnxruntime.SessionOptions()
        # Threads would add up trees in another order, and a severity of errors keeps its warnings to itself.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        return (OnnxClassifier if graph.classifies else OnnxRegressor)(graph, session)
    except ImportError as error:
        raise ArtifactError(
            f"{path}: needs the packages onnx and onnxruntime ({error})", "Install them: pip install 'dbml[export]'"
        ) from error
    except Exceeded as error:
        raise TooLarge(f"{path}: {error}", "Nothing of it was loaded. Convert a smaller model.") from error
    except NotReadable as error:
        raise ArtifactError(f"{path}: is no ONNX model ({error})", _WRITE) from error
    except Unsupported as error:
        raise ArtifactError(
            f"{path}: no plan expresses {error}",
            "docs/exports.md lists what is read: linear models and trees with their preprocessing.",
        ) from error
    except Exception as error:
        # onnxruntime's own exceptions have no common base but this one.
        raise ArtifactError(f"{path}: onnxruntime refuses it ({str(error).splitlines()[0][:200]})", _WRITE) from error


class OnnxModel(BaseEstimator, ABC):  # type: ignore[misc]
    """The graph of an ONNX file with the methods of a fitted estimator.

    :param graph: what the file holds.
    :param session: onnxruntime's, over the same file.
    """

    def __init__(self, graph: Graph, session: Any) -> None:
        self.graph = graph
        self.session = session
        self.n_features_in_ = graph.width
        if graph.named:
            self.feature_names_in_ = np.array([each.name for each in graph.inputs], dtype=object)
        self.takes_numbers = all(each.dtype != "string" for each in graph.inputs)
        self.known_types = [
            "text" if each.dtype == "string" else None for each in graph.inputs for _ in range(each.width)
        ]
        self._plans = self._written_alone()

    @abstractmethod
    def written(self, X: Columns) -> Answer:
        """Write down what the model answers.

        :param X: the row's values, in order.
        :raises Unsupported: names the operator that no plan expresses.
        """

    @abstractmethod
    def predict(self, X: Any) -> Any:
        """What onnxruntime says: labels or values, one a row."""

    def _written_alone(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Per column of the answer its plan, and the plan of how far float32 may be from it."""
        kinds = [each.dtype for each in self.graph.inputs for _ in range(each.width)]
        plan = Builder(sum(kind != "string" for kind in kinds), kinds.count("string"))
        numbers, texts = iter(range(plan.numbers)), iter(range(plan.texts))
        columns = [Column(plan.text(next(texts)) if k == "string" else plan.number(next(numbers))) for k in kinds]
        elements = answer(self.graph, Columns(plan, columns))
        return [
            (plan.finish(each.value), plan.finish(plan.constant(0.0) if each.error is None else each.error))
            for each in elements
        ]

    def _run(self, X: Any) -> list[Any]:
        if self.graph.alone and len(X) != 1:
            answers = [self._run(X[place : place + 1]) for place in range(len(X))]
            # ZipMap's is a list of one.
            return [
                [each for one in found for each in one] if isinstance(found[0], list) else np.concatenate(found)
                for found in zip(*answers, strict=True)
            ]
        feed: dict[str, Any] = {}
        for each in self.graph.inputs:
            values = X[[each.name]].to_numpy() if self.graph.named else X
            feed[each.name] = _tensor(each.name, values, each.dtype)
        found: list[Any] = self.session.run(None, feed)
        return found

    def _confirmed(self, X: Any, said: Any) -> Any:
        """The plan's answers wherever onnxruntime's are the same as far as float32 tells; elsewhere onnxruntime's."""
        numbers, texts = self._wire(X)
        answers = np.array(said, dtype=np.float64).reshape(len(X), len(self._plans))
        for column, (plan, error) in enumerate(self._plans):
            own = batch.score(plan, numbers, texts)
            open_ = batch.score(error, numbers, texts)
            theirs = answers[:, column]
            with np.errstate(invalid="ignore"):
                same = np.abs(own - theirs) <= open_
            # Where sums overflow float32 there is no telling, and the plan refuses.
            untold = np.isnan(open_) & np.isnan(own)
            answers[:, column] = np.where((same & (open_ > 0.0)) | untold, own, theirs)
        return answers

    def _wire(self, X: Any) -> tuple[list[list[float]], list[list[str]]]:
        if not self.graph.named:
            return np.asarray(X, dtype=np.float64).tolist(), [[] for _ in range(len(X))]
        sorts: tuple[list[Any], list[Any]] = ([], [])
        for each in self.graph.inputs:
            values = X[each.name]
            if each.dtype == "string":
                sorts[1].append(values.tolist())
            else:
                sorts[0].append(values.astype(np.float64).tolist())
        rows = range(len(X))
        numbers, texts = ([[column[i] for column in columns] for i in rows] for columns in sorts)
        return numbers, texts


class OnnxClassifier(ClassifierMixin, OnnxModel):  # type: ignore[misc]
    """A model with classes and their probabilities."""

    def __init__(self, graph: Graph, session: Any) -> None:
        super().__init__(graph, session)
        self.classes_ = np.array(graph.classes(len(self._plans)))

    def written(self, X: Columns) -> Answer:
        """The probabilities; the label is that of the greatest, as the gate finds out."""
        return Answer([each.value for each in answer(self.graph, X)])

    def predict(self, X: Any) -> Any:
        """The labels that onnxruntime answers with."""
        return np.asarray(self._run(X)[self.graph.label_place]).reshape(-1)

    def predict_proba(self, X: Any) -> Any:
        """Shape ``(rows, classes)``."""
        said = self._run(X)[self.graph.answer_place]
        if isinstance(said, list):  # of ZipMap: a dictionary a row
            said = [[row[label] for label in self.classes_.tolist()] for row in said]
        return self._confirmed(X, said)


class OnnxRegressor(RegressorMixin, OnnxModel):  # type: ignore[misc]
    """A model with one number for an answer."""

    def written(self, X: Columns) -> Answer:
        """The value."""
        return Answer(value=answer(self.graph, X)[0].value)

    def predict(self, X: Any) -> Any:
        """Shape ``(rows,)``."""
        return self._confirmed(X, self._run(X)[self.graph.answer_place])[:, 0]


def _tensor(name: str, values: Any, dtype: str) -> Any:
    """One input as onnxruntime takes it.

    :raises ValueError: a value that it has no place for.
    """
    if dtype == "string":
        if not all(isinstance(value, str) for value in values.ravel()):
            raise ValueError(f'"{name}" is missing, and the texts of ONNX cannot be')
        return values.astype(object)
    numbers = values.astype(np.float64)
    if dtype in BITS and not ((numbers < 2.0 ** (BITS[dtype] - 1)) & (numbers >= -(2.0 ** (BITS[dtype] - 1)))).all():
        raise ValueError(f'"{name}" takes integers of {BITS[dtype]} bits')
    if dtype in ("int64", "int32", "bool") and not (np.rint(numbers) == numbers).all():
        raise ValueError(f'"{name}" takes whole numbers')
    with np.errstate(over="ignore"):
        return numbers.astype(_FEEDS[dtype])
