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
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from dbml._plpython import batch
from dbml.errors import ArtifactError, TooLarge
from dbml.scorer.onnx.graph import Graph, NotReadable
from dbml.scorer.onnx.limits import Exceeded
from dbml.scorer.onnx.tensors import BITS, Element
from dbml.scorer.onnx.walk import answers, elements
from dbml.scorer.plan import Builder, Unsupported
from dbml.scorer.sklearn.registry import Answer, Column, Columns

_WRITE = "Write it with `skl2onnx.to_onnx(estimator, X[:1])`, or add the estimator itself as a joblib file."
# Infinity is no answer of a plan's.
_NO_BOUND = 1e300
_FEEDS = {"float": np.float32, "double": np.float64, "int64": np.int64, "int32": np.int32, "bool": np.bool_}


def load(path: Path | str, content: bytes) -> OnnxModel:
    """Read an ONNX file.

    :raises TooLarge: it would be larger than :mod:`.limits` allow.
    :raises ArtifactError: a package is missing, or the file is no ONNX model that a plan expresses.
    """
    try:
        import onnxruntime

        graph = Graph.read(content)
        written = _written_alone(graph)  # before onnxruntime sees it, because it knows how large it becomes
        options = onnxruntime.SessionOptions()
        # Threads would add up trees in another order, and a severity of errors keeps its warnings to itself.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        return _sort(graph, written, session)(graph, session)
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
            "docs/exports.md lists what is read. The estimator itself may be read: add it as a skops or joblib file.",
        ) from error
    except Exception as error:
        # onnxruntime's own exceptions have no common base but this one.
        raise ArtifactError(f"{path}: onnxruntime refuses it ({str(error).splitlines()[0][:200]})", _WRITE) from error


def _written_alone(graph: Graph) -> dict[str, list[Element] | None]:
    """The elements of each output, None of those that nothing is computed of."""
    found = answers(graph, _columns(graph))
    written: dict[str, list[Element] | None] = {}
    for place in {graph.answer_place, graph.label_place} - {-1}:
        name = graph.output(place)
        try:
            written[name] = elements(found[name])
        except Unsupported:
            if not graph.classifies:
                raise
            written[name] = None
    return written


def _columns(graph: Graph) -> Columns:
    kinds = [each.dtype for each in graph.inputs for _ in range(each.width)]
    plan = Builder(sum(kind != "string" for kind in kinds), kinds.count("string"))
    numbers, texts = iter(range(plan.numbers)), iter(range(plan.texts))
    return Columns(
        plan, [Column(plan.text(next(texts)) if k == "string" else plan.number(next(numbers))) for k in kinds]
    )


def _sort(graph: Graph, written: dict[str, list[Element] | None], session: Any) -> type[OnnxModel]:
    """What a graph is: with probabilities of classes; with scores that decide a label; or with numbers."""
    if not graph.classifies:
        return OnnxRegressor
    scores, label = (written[graph.output(place)] for place in (graph.answer_place, graph.label_place))
    count = 0 if scores is None else len(scores)
    if count and graph.classes(max(2, count)) is not None:
        return OnnxClassifier if count > 1 and _probable(graph, session) else OnnxSeparator
    if label is None:
        raise Unsupported("a classifier that does not say its classes")
    # A cluster, whether it is an outlier, what a machine voted for: a number that is its own name.
    graph.classifies, graph.answer_place = False, graph.label_place
    return OnnxRegressor


def _probable(graph: Graph, session: Any) -> bool:
    """Whether what it says of classes are probabilities, and no distances: of some rows, because no graph tells."""
    rows = np.random.default_rng(0).normal(size=(24, graph.width)) * np.logspace(-2, 4, 24)[:, None]
    X: Any = rows if graph.names is None else pd.DataFrame(rows, columns=graph.names)
    if any(each.dtype in ("int64", "int32", "bool") for each in graph.inputs):
        X = X > 0 if any(each.dtype == "bool" for each in graph.inputs) else np.rint(X)
    if any(each.dtype == "string" for each in graph.inputs):
        X = X.astype(str)
    said = run(graph, session, X, graph.answer_place)
    shares = np.array([list(each[0].values()) if isinstance(each, list) else np.ravel(each) for each in said])
    shares = shares[np.isfinite(shares).all(axis=1)]
    return bool(((shares >= -1e-6) & (shares <= 1.0 + 1e-6)).all() and (np.abs(shares.sum(axis=1) - 1.0) < 1e-3).all())


def run(graph: Graph, session: Any, X: Any, place: int) -> list[Any]:
    """What onnxruntime answers for each row: one at a time, so that its size is known and no other row plays a part."""
    columns = [X[name].to_numpy() for name in graph.names] if graph.names is not None else [*X.T]
    given, start = {}, 0
    for each in graph.inputs:
        values = np.column_stack(columns[start : start + each.width])
        given[each.name] = _tensor(each.name, values[:, 0] if each.flat else values, each.dtype)
        start += each.width
    name = graph.output(place)
    return [session.run([name], {key: v[i : i + 1] for key, v in given.items()})[0] for i in range(len(X))]


class OnnxModel(BaseEstimator, ABC):  # type: ignore[misc]
    """The graph of an ONNX file with the methods of a fitted estimator.

    :param graph: what the file holds.
    :param session: onnxruntime's, over the same file.
    """

    def __init__(self, graph: Graph, session: Any) -> None:
        self.graph = graph
        self.session = session
        self.n_features_in_ = graph.width
        if graph.names is not None:
            self.feature_names_in_ = np.array(graph.names, dtype=object)
        self.takes_numbers = all(each.dtype != "string" for each in graph.inputs)
        self.known_types = [
            "text" if each.dtype == "string" else None for each in graph.inputs for _ in range(each.width)
        ]
        X = _columns(graph)
        #: Per column of the answer its plan, and the plan of how far float32 may be from it.
        self._plans = [
            (
                X.plan.finish(each.value),
                X.plan.finish(X.plan.constant(0.0) if each.error is None else each.error.minimum(_NO_BOUND)),
            )
            for each in self._elements(X)
        ]

    @abstractmethod
    def written(self, X: Columns) -> Answer:
        """Write down what the model answers.

        :param X: the row's values, in order.
        :raises Unsupported: names the operator that no plan expresses.
        """

    @abstractmethod
    def predict(self, X: Any) -> Any:
        """What onnxruntime says: labels or values, one a row."""

    def _elements(self, X: Columns) -> list[Element]:
        return elements(answers(self.graph, X)[self.graph.output(self.graph.answer_place)])

    def _run(self, place: int, X: Any) -> list[Any]:
        return run(self.graph, self.session, X, place)

    def _confirmed(self, X: Any, said: Any) -> Any:
        """The plan's answers wherever onnxruntime's are the same as far as float32 tells; elsewhere onnxruntime's."""
        numbers, texts = self._wire(X)
        if said and isinstance(said[0], list):  # of ZipMap: a dictionary a row
            said = [[row[0][label] for label in self.classes_.tolist()] for row in said]
        answers = np.array(said, dtype=np.float64).reshape(len(X), len(self._plans))
        for column, (plan, error) in enumerate(self._plans):
            own = batch.score(plan, numbers, texts)
            open_ = batch.score(error, numbers, texts)
            theirs = answers[:, column]
            with np.errstate(invalid="ignore"):
                same = np.abs(own - theirs) <= open_
            # Where sums overflow float32 there is no telling, and the plan refuses.
            untold = np.isnan(own) & (np.isnan(open_) | (self.graph.answer_place == self.graph.label_place))
            answers[:, column] = np.where((same & (open_ > 0.0)) | untold, own, theirs)
        return answers

    def _wire(self, X: Any) -> tuple[list[list[float]], list[list[str]]]:
        if self.graph.names is None and self.graph.inputs[0].dtype != "string":
            return np.asarray(X, dtype=np.float64).tolist(), [[] for _ in range(len(X))]
        columns = [X[name] for name in self.graph.names] if self.graph.names is not None else [*X.T]
        kinds = [each.dtype == "string" for each in self.graph.inputs for _ in range(each.width)]
        rows = range(len(X))
        numbers = [np.asarray(c, dtype=np.float64).tolist() for c, text in zip(columns, kinds, strict=True) if not text]
        texts = [list(c) for c, text in zip(columns, kinds, strict=True) if text]
        return [[c[i] for c in numbers] for i in rows], [[c[i] for c in texts] for i in rows]


class OnnxClassifier(ClassifierMixin, OnnxModel):  # type: ignore[misc]
    """A model with classes and their probabilities."""

    def __init__(self, graph: Graph, session: Any) -> None:
        super().__init__(graph, session)
        self.classes_ = np.array(graph.classes(len(self._plans)))

    def written(self, X: Columns) -> Answer:
        """The probabilities; the label is that of the greatest, as the gate finds out."""
        return Answer([each.value for each in self._elements(X)])

    def predict(self, X: Any) -> Any:
        """The labels that onnxruntime answers with."""
        return np.array([np.ravel(each)[0] for each in self._run(self.graph.label_place, X)])

    def predict_proba(self, X: Any) -> Any:
        """Shape ``(rows, classes)``."""
        return self._confirmed(X, self._run(self.graph.answer_place, X))


class OnnxSeparator(ClassifierMixin, OnnxModel):  # type: ignore[misc]
    """A model of classes whose scores are no probabilities: one tells two classes apart, or there is one a class."""

    def __init__(self, graph: Graph, session: Any) -> None:
        super().__init__(graph, session)
        self.classes_ = np.array(graph.classes(max(2, len(self._plans))))

    def written(self, X: Columns) -> Answer:
        """The scores, and on which side of nought the one is, or which is the greatest."""
        scores = [each.value for each in self._elements(X)]
        if len(scores) > 1:
            return Answer(decision=scores, function=scores[1:] if len(scores) == 2 else scores)
        second = X.plan.constant(0.0).less(scores[0])
        return Answer(votes=[~second, second], function=scores)

    def predict(self, X: Any) -> Any:
        """The labels that onnxruntime answers with.

        :raises ValueError: of a row it has no scores, whatever label it says.
        """
        if not np.isfinite(self._confirmed(X, self._run(self.graph.answer_place, X))).all():
            raise ValueError("onnxruntime has no score of it")
        return np.array([np.ravel(each)[0] for each in self._run(self.graph.label_place, X)])

    def decision_function(self, X: Any) -> Any:
        """Shape ``(rows,)`` of two classes, else ``(rows, classes)``."""
        said = self._confirmed(X, self._run(self.graph.answer_place, X))
        return said[:, -1] if said.shape[1] < 3 else said


class OnnxRegressor(RegressorMixin, OnnxModel):  # type: ignore[misc]
    """A model with numbers for an answer."""

    def written(self, X: Columns) -> Answer:
        """The values."""
        return Answer.of_targets([each.value for each in self._elements(X)])

    def predict(self, X: Any) -> Any:
        """Shape ``(rows,)``, or ``(rows, targets)`` of several."""
        said = self._confirmed(X, self._run(self.graph.answer_place, X))
        return said[:, 0] if said.shape[1] == 1 else said


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
