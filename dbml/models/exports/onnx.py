"""A version as ONNX, by skl2onnx, judged by onnxruntime.

Where skl2onnx permits, tensors are double: float32 sends rows down other branches once a feature was scaled.
Trees get the cast to float32 that scikit-learn itself makes, right before them.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg
from sklearn.pipeline import Pipeline

from dbml import errors
from dbml.models.exports.checking import Answers, Stored, check, needed, same

# scikit-learn's own trees compare float32 values. Those of HistGradientBoosting do not.
_CASTING = frozenset(
    f"{kind}{task}"
    for kind in ("DecisionTree", "ExtraTree", "RandomForest", "ExtraTrees", "GradientBoosting")
    for task in ("Classifier", "Regressor")
)
# What numbers and integers become, best first.
_ATTEMPTS = (("Double", "Double"), ("Double", "Int64"), ("Float", "Float"), ("Float", "Int64"))


def make(_: psycopg.Connection[Any], stored: Stored) -> bytes:
    """Convert with one sort of tensors after the other, and take the first that onnxruntime answers rightly."""
    needed("skl2onnx", "onnx")
    needed("onnxruntime", "onnx")
    _refuse_missing_texts(stored)
    refusal: errors.DbmlError | None = None
    for attempt in _ATTEMPTS:
        try:
            content = _converted(stored, *attempt)
            check(stored, "onnx", "onnxruntime", _answers(stored, content))
            return content
        except errors.ParityError as differs:
            refusal = differs if refusal is None or isinstance(refusal, errors.ExportError) else refusal
        except errors.DbmlError:
            raise
        except Exception as error:
            # skl2onnx and onnxruntime raise whatever they please for what they cannot do.
            refusal = refusal or _unsupported(stored, error)
    raise refusal or _unsupported(stored, None)


def _refuse_missing_texts(stored: Stored) -> None:
    for place, row in enumerate(stored.golden["rows"]):
        for feature, value in zip(stored.features, row, strict=True):
            if feature["kind"] == "text" and value is None:
                raise errors.ExportError(
                    f'{stored.label} cannot be onnx: golden row {place} has no "{feature["name"]}", and the texts of '
                    "ONNX cannot be missing",
                    "Export it as sql, plan or pmml; or fit on a word that stands for what is missing.",
                )


def _unsupported(stored: Stored, error: Exception | None) -> errors.ExportError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return errors.ExportError(
        f"skl2onnx cannot convert {stored.label}: {lines[0][:200]}", "Export it as sql, plan or pmml."
    )


def _converted(stored: Stored, number: str, integer: str) -> bytes:
    skl2onnx = needed("skl2onnx", "onnx")
    estimator = _with_casts(stored.estimator())
    options = {id(estimator): {"zipmap": False}} if hasattr(estimator, "predict_proba") else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = skl2onnx.convert_sklearn(
            estimator, stored.label, initial_types=_types(stored, number, integer), options=options
        )
    _declare_outputs(model)
    content: bytes = model.SerializeToString()
    return content


def _with_casts(estimator: Any) -> Any:
    """The same pipeline with scikit-learn's cast to float32 as a step before its trees."""
    cast = needed("skl2onnx.sklapi", "onnx").CastTransformer(dtype=np.float32)
    steps = estimator.steps if isinstance(estimator, Pipeline) else [("estimator", estimator)]
    if type(steps[-1][1]).__name__ not in _CASTING:
        return estimator
    return Pipeline([*steps[:-1], ("dbml_float32", cast), steps[-1]])


def _types(stored: Stored, number: str, integer: str) -> list[tuple[str, Any]]:
    types = needed("skl2onnx.common.data_types", "onnx")
    sorts = {"text": "String", "float": number, "boolean": number, "integer": integer}
    if stored.interface["input"] == "array":
        return [("X", getattr(types, f"{number}TensorType")([None, len(stored.features)]))]
    return [(f["name"], getattr(types, f"{sorts[f['kind']]}TensorType")([None, 1])) for f in stored.features]


def _declare_outputs(model: Any) -> None:
    """Declare as outputs what the graph computes: skl2onnx says float of a classifier's doubles."""
    onnx = needed("onnx", "onnx")
    open_ended = onnx.ModelProto()
    open_ended.CopyFrom(model)
    del open_ended.graph.output[:]
    found = {v.name: v.type for v in onnx.shape_inference.infer_shapes(open_ended).graph.value_info}
    for output in model.graph.output:
        if output.name in found:
            output.type.tensor_type.elem_type = found[output.name].tensor_type.elem_type


def _answers(stored: Stored, content: bytes) -> Answers:
    runtime = needed("onnxruntime", "onnx")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    scores = np.full(len(stored.golden["rows"]), np.nan)
    labels: list[Any] = [None] * len(scores)
    for indices, X in stored.groups():  # noqa: N806
        found = session.run(None, _fed(session, X))
        scores[indices] = _scores(stored, found)
        for index, label in zip(indices, found[0].ravel().tolist(), strict=True):
            labels[index] = label
    return Answers(scores.tolist(), labels if stored.interface["task"] == "classifier" else None)


def _fed(session: Any, X: Any) -> dict[str, Any]:  # noqa: N803
    kinds = {"tensor(double)": np.float64, "tensor(float)": np.float32, "tensor(int64)": np.int64}
    inputs = {each.name: kinds.get(each.type, object) for each in session.get_inputs()}
    if isinstance(X, np.ndarray):
        return {name: X.astype(kind) for name, kind in inputs.items()}
    return {name: X[[name]].to_numpy(dtype=kind) for name, kind in inputs.items()}


def _scores(stored: Stored, found: Sequence[Any]) -> Any:
    output = stored.interface["output"]
    if output["kind"] == "probability":
        return found[1][:, output["index"]]
    predicted = found[0].ravel().tolist()
    if output["kind"] == "label":
        return [float(same(label, output["label"])) for label in predicted]
    return [float(value) for value in predicted]
