"""The file a data scientist hands over: what it is, what it takes, what it answers.

Pure: reads files, never connects. :func:`read` unpickles a joblib file, so that must be one that the caller trusts;
of skops and ONNX files nothing is unpickled.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, is_classifier, is_outlier_detector, is_regressor
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from dbml import model_file
from dbml._plpython.frame import rows_to_input, scores, to_wire
from dbml.errors import ArtifactError, SampleError
from dbml.model_file import MAX_BYTES, MAX_UNFOLDED, REFIT, one_line

GOLDEN_ROWS = 200
SYNTHETIC_ROWS = 32
# An estimator takes milliseconds for a row alone.
ROWS_ASKED_ALONE = 40
_QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95]
_GIVE_SAMPLE = "Give rows of its features: `--sample ROWS.csv`."


@dataclass(frozen=True)
class Artifact:
    """One fitted estimator with everything that a stored version needs.

    :param blob: the file as it was, never re-pickled.
    :param sha256: of the blob, in hex.
    :param estimator: the live object.
    :param signature: features, input and output; plain JSON.
    :param golden: ``{"rows", "scores", "synthetic"}``; plain JSON.
    :param libraries: name → version; ``scikit-learn`` is the version that the estimator was made with.
    :param training_summary: what the sample looked like, or None without a sample.
    :param kind: the file's format: ``joblib``, ``skops`` or ``onnx``.
    """

    blob: bytes
    sha256: str
    estimator: Any
    signature: dict[str, Any]
    golden: dict[str, Any]
    libraries: dict[str, str]
    training_summary: dict[str, Any] | None
    kind: str

    @property
    def refusals(self) -> dict[str, str]:
        """Engine → why it cannot run a file of this kind."""
        if self.kind == "joblib":
            return {}
        return {"python": f"it unpickles joblib files, and this model came as {self.kind}"}

    @property
    def fingerprint(self) -> str:
        """What makes two artifacts the same version: the same file, read with the same signature."""
        identity = {"sha256": self.sha256, "signature": self.signature}
        text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def read(
    path: Path | str,
    sample: Path | str | pd.DataFrame | None = None,
    output: str | None = None,
    trust: Sequence[str] = (),
    *,
    limit: int = MAX_BYTES,
    unfolded: int = MAX_UNFOLDED,
) -> Artifact:
    """Read and check a file.

    :param path: the file: skops or ONNX by its suffix, else joblib, which is unpickled.
    :param sample: rows of the features, as a CSV file or a DataFrame; further columns are ignored.
    :param output: the class whose probability is the score, or ``"value"``.
    :param trust: full names of types that a skops file may load beside those that skops itself trusts.
    :param limit: bytes that the file may have.
    :param unfolded: bytes that it may have once it is decompressed; asked before anything is loaded.
    :raises TooLarge: it has more.
    :raises ArtifactError: no fitted estimator that dbml can serve, or an output that it does not have.
    :raises SampleError: the sample does not fit the estimator, or is missing where it is needed.
    """
    path = Path(path)
    blob, kind = model_file.read(path, limit), model_file.kind(path)
    estimator, libraries = model_file.load(path, blob, kind, trust, unfolded)
    task = _check(path, estimator)
    names, form = _feature_names(path, estimator)
    rows: pd.DataFrame | None = None
    if sample is None:
        if not _takes_numbers(estimator, []):
            raise SampleError(f"{path}: the types of its features are not known from the file", _GIVE_SAMPLE)
        features = [{"name": name, "kind": "float", "dtype": "float64", "missing": "nan"} for name in names]
    else:
        rows = _sample_rows(sample, names)
        features = [_feature(name, rows[name], form) for name in names]
    signature: dict[str, Any] = {
        "format": 1,
        "input": form,
        "features": features,
        "output": _output(path, estimator, task, output),
        "estimator": _describe(estimator),
        "task": task,
    }
    if rows is None:
        golden, summary = _synthetic(path, estimator, signature), None
    else:
        golden, summary = _golden(path, estimator, signature, rows)
    if form == "frame":
        libraries["pandas"] = version("pandas")
    return Artifact(blob, hashlib.sha256(blob).hexdigest(), estimator, signature, golden, libraries, summary, kind)


# --- the estimator ---


def _check(path: Path, estimator: Any) -> str:
    """Tell the task of a fitted estimator.

    :returns: ``classifier``, ``regressor`` or ``outlier``.
    :raises ArtifactError: it is none of them, or not fitted.
    """
    name = type(estimator).__name__
    if isinstance(estimator, type) or not isinstance(estimator, BaseEstimator):
        what = f"the class {estimator.__name__}" if isinstance(estimator, type) else f"a {name}"
        raise ArtifactError(f"{path}: holds {what}, no scikit-learn estimator", REFIT)
    # An unfitted Pipeline or search hides predict in its own ways, so fitness is asked first.
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        raise ArtifactError(f"{path}: the {name} is not fitted", REFIT) from None
    except TypeError:
        pass
    if not hasattr(estimator, "predict"):
        raise ArtifactError(
            f"{path}: the {name} has no predict", "Hand over the whole Pipeline with its last step, fitted."
        )
    if is_classifier(estimator):
        return "classifier"
    if is_regressor(estimator):
        return "regressor"
    if is_outlier_detector(estimator):
        return "outlier"
    raise ArtifactError(
        f"{path}: the {name} is no classifier, regressor or outlier detector",
        "Hand over an estimator of one of these kinds.",
    )


def _describe(estimator: Any) -> str:
    name = type(estimator).__name__
    if isinstance(estimator, Pipeline):
        return f"{name}({', '.join(_describe(step) for _, step in estimator.steps if not _passes(step))})"
    best = getattr(estimator, "best_estimator_", None)
    return name if best is None else f"{name}({_describe(best)})"


def _feature_names(path: Path, estimator: Any) -> tuple[list[str], str]:
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        listed = [str(name) for name in names]
        if len(set(listed)) < len(listed):
            double = next(name for name in listed if listed.count(name) > 1)
            raise ArtifactError(f'{path}: two features are named "{double}"', "Rename one and fit again.")
        return listed, "frame"
    count = getattr(estimator, "n_features_in_", None)
    if count is None:
        raise ArtifactError(
            f"{path}: the {type(estimator).__name__} does not say which features it was fitted on",
            "Fit it on a pandas DataFrame with named columns.",
        )
    return [f"x{i}" for i in range(int(count))], "array"


# --- is every feature a number? ---


def _passes(step: Any) -> bool:
    # A fitted ColumnTransformer holds an identity FunctionTransformer where "passthrough" was said.
    identity = isinstance(step, FunctionTransformer) and step.func is None
    return step is None or (isinstance(step, str) and step == "passthrough") or identity


def _takes_numbers(step: Any, rest: Sequence[Any]) -> bool:
    """Whether all that goes into this step is known to be numbers. When in doubt, it is not.

    :param rest: the steps behind it, which see what a passthrough lets through.
    """
    if _passes(step):
        return bool(rest) and _takes_numbers(rest[0], rest[1:])
    if isinstance(step, Pipeline):
        steps = [inner for _, inner in step.steps] + list(rest)
        return _takes_numbers(steps[0], steps[1:])
    if isinstance(step, ColumnTransformer):
        # A dropped column may hold anything, so "drop" falls through to False.
        used = [inner for _, inner, columns in step.transformers_ if _any_columns(columns)]
        return all(_takes_numbers(inner, rest) for inner in used)
    if isinstance(step, FeatureUnion):
        # Every branch sees all columns: one that takes only numbers tells for all.
        return any(_takes_numbers(inner, rest) for _, inner in step.transformer_list)
    if hasattr(step, "best_estimator_"):
        return _takes_numbers(step.best_estimator_, rest)
    if hasattr(step, "takes_numbers"):
        return bool(step.takes_numbers)
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


def _output(path: Path, estimator: Any, task: str, output: str | None) -> dict[str, Any]:
    if task != "classifier":
        if output not in (None, "value"):
            raise ArtifactError(
                f'{path}: a {type(estimator).__name__} has no class "{output}"',
                "Leave --output away, or say `--output value`.",
            )
        return {"kind": "value"}
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        raise ArtifactError(f"{path}: the {type(estimator).__name__} does not tell its classes", REFIT)
    if isinstance(classes, list) or np.ndim(classes) != 1:
        raise _multi_output(path, estimator)
    labels = np.asarray(classes).tolist()
    listed = ", ".join(f'"{label}"' for label in labels)
    if output is None:
        if len(labels) != 2:
            raise ArtifactError(
                f"{path}: has {len(labels)} classes, {listed}, and the score is the probability of one",
                "Say which one: `--output LABEL`.",
            )
        index = 1
    else:
        matches = [i for i, label in enumerate(labels) if str(label) == output]
        if not matches and output == "value":
            if np.asarray(classes).dtype.kind not in "biuf":
                raise ArtifactError(
                    f'{path}: its classes {listed} are no numbers, so "value" is no score',
                    "Say which class: `--output LABEL`.",
                )
            return {"kind": "value"}
        if not matches:
            near = difflib.get_close_matches(output, [str(label) for label in labels], 1)
            raise ArtifactError(
                f'{path}: has no class "{output}", only {listed}',
                f"Say one of them: `--output {near[0] if near else labels[-1]}`.",
            )
        index = matches[0]
    if hasattr(estimator, "predict_proba"):
        return {"kind": "probability", "label": labels[index], "index": index}
    return {"kind": "label", "label": labels[index]}


def _multi_output(path: Path, estimator: Any) -> ArtifactError:
    return ArtifactError(
        f"{path}: the {type(estimator).__name__} has several outputs", "Fit one model for each output."
    )


# --- the sample ---


def _sample_rows(sample: Path | str | pd.DataFrame, names: list[str]) -> pd.DataFrame:
    if isinstance(sample, pd.DataFrame):
        frame, label = sample, "the sample"
    else:
        label = str(sample)
        try:
            frame = pd.read_csv(sample, low_memory=False)
        except OSError as error:
            raise SampleError(f"{label}: cannot be read ({error.strerror})", "Check the path.") from error
        except ValueError as error:  # what pandas' parser and the decoder raise
            raise SampleError(
                f"{label}: is no CSV file ({one_line(error)})",
                "Write it with `X.head(1000).to_csv(FILE, index=False)`.",
            ) from error
    columns = [str(column) for column in frame.columns]
    for name in names:
        if columns.count(name) > 1:
            raise SampleError(f'{label}: has two columns "{name}"', "Leave one of them away.")
        if name not in frame.columns:
            near = difflib.get_close_matches(name, columns, 1)
            there = f'; the nearest is "{near[0]}"' if near else ""
            raise SampleError(
                f'{label}: has no column "{name}", a feature of the model{there}',
                "The sample's header must have the features: " + ", ".join(names[:20]) + ".",
            )
    if frame.empty:
        raise SampleError(f"{label}: has no rows", "Give at least one row of the features.")
    return frame[names].reset_index(drop=True)


def _feature(name: str, column: pd.Series[Any], form: str) -> dict[str, Any]:
    """Tell a feature's type from its sample column.

    :raises SampleError: a type that has no place in the signature.
    """
    dtype: Any = column.dtype
    kind: str | None = None
    shown, missing = str(dtype), "nan"
    more: dict[str, Any] = {}
    if isinstance(dtype, pd.CategoricalDtype):
        categories = dtype.categories.tolist()
        if all(isinstance(category, str) for category in categories):
            kind, more = "text", {"categories": categories}
            if dtype.ordered:
                more["ordered"] = True
        else:
            shown = "category of other values than strings"
    elif isinstance(dtype, pd.StringDtype):
        kind = "text" if shown == "str" else None
    elif isinstance(dtype, np.dtype):
        if dtype.kind == "O":
            kind, shown, missing = _object_kind(column)
        elif shown in ("float64", "float32"):
            kind = "float"
        elif dtype.kind in "iu":
            # One width on the server: what counts to an estimator is integer or not.
            kind, shown = "integer", "int64"
        elif dtype.kind == "b":
            kind, missing = "boolean", "none"
    if kind is None:
        number = "seconds since a fixed day, for example" if shown.startswith("datetime") else "float64"
        raise SampleError(
            f'the sample\'s column "{name}" has the type {shown}, which dbml does not serve',
            f"Give a number ({number}), a boolean or a string, and fit the model on that.",
        )
    if form == "array":
        if kind == "text":
            raise SampleError(
                f'the sample\'s column "{name}" is text, and the model was fitted on a bare array',
                "Fit it on a pandas DataFrame, whose columns have types of their own.",
            )
        kind, shown, missing, more = "float", "float64", "nan", {}
    return {"name": name, "kind": kind, "dtype": shown, "missing": missing, **more}


def _object_kind(column: pd.Series[Any]) -> tuple[str | None, str, str]:
    values = column.tolist()
    missing = "none" if any(value is None for value in values) else "nan"
    present = [value for value in values if not _is_missing(value)]
    if all(isinstance(value, str) for value in present):
        return "text", "object", missing
    if all(isinstance(value, (bool, np.bool_)) for value in present):
        return "boolean", "object", missing
    kinds = ", ".join(sorted({type(value).__name__ for value in present}))
    return None, f"object of {kinds}", missing


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, (float, np.floating)) and math.isnan(value))


def _json_rows(features: Sequence[Mapping[str, Any]], rows: pd.DataFrame) -> list[list[Any]]:
    columns = [[_json_value(f["kind"], v) for v in rows[f["name"]].tolist()] for f in features]
    return [list(row) for row in zip(*columns, strict=True)]


def _json_value(kind: str, value: Any) -> Any:
    if _is_missing(value):
        return None
    if kind == "text":
        return str(value)
    if kind == "boolean":
        return bool(value)
    if kind == "integer":
        return int(value)
    number = float(value)
    return number if math.isfinite(number) else "Infinity" if number > 0 else "-Infinity"


# --- golden rows ---


def _score(estimator: Any, signature: Mapping[str, Any], rows: Sequence[Sequence[Any]]) -> np.ndarray[Any, Any]:
    """Score as the server does, through the wire format."""
    answer = np.empty(len(rows))
    for indices, X in rows_to_input(signature, *to_wire(signature, rows)):  # noqa: N806
        answer[indices] = scores(estimator, signature["output"], X)
    return answer


def _check_single_output(path: Path, estimator: Any, X: Any) -> None:  # noqa: N803
    if np.ndim(estimator.predict(X)) != 1:
        raise _multi_output(path, estimator)


def _check_row_by_row(
    path: Path,
    estimator: Any,
    signature: Mapping[str, Any],
    rows: Sequence[Sequence[Any]],
    together: np.ndarray[Any, Any],
) -> None:
    for row, score in zip(rows, together.tolist(), strict=True):
        try:
            alone = float(_score(estimator, signature, [row])[0])
        except Exception as error:
            raise ArtifactError(
                f"{path}: scores a row among others but refuses it alone ({one_line(error)})",
                "Take out the step that looks at the whole batch.",
            ) from error
        if not math.isclose(alone, score, rel_tol=1e-12, abs_tol=1e-9):
            raise ArtifactError(
                f"{path}: a row's score depends on the rows scored with it ({alone!r} alone, {score!r} not)",
                "Take out the step that looks at the whole batch; `fit` is where it may look.",
            )


def _golden(
    path: Path, estimator: Any, signature: dict[str, Any], sample: pd.DataFrame
) -> tuple[dict[str, Any], dict[str, Any]]:
    rows = _json_rows(signature["features"], sample)
    given: Any = sample if signature["input"] == "frame" else sample.to_numpy()
    # As given comes first: what the estimator itself says is what the sample is measured by.
    own = _on_all(len(rows), lambda part: _own(path, estimator, signature, given[part]))
    all_scores = _on_all(len(rows), lambda part: _score(estimator, signature, rows[part]))
    different = np.flatnonzero(~np.isclose(all_scores, own, rtol=1e-12, atol=1e-12))
    if different.size:
        row = int(different[0])
        raise ArtifactError(
            f"{path}: sample row {row + 1} scores {float(own[row])!r} as given, but "
            f"{float(all_scores[row])!r} from the values that a database row can hold",
            "Fit and sample with one kind of missing value a column (NaN), and plain dtypes.",
        )
    spread = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), GOLDEN_ROWS)).round().astype(int))
    picked = [rows[i] for i in spread.tolist()]
    few = slice(None, None, max(1, len(picked) // ROWS_ASKED_ALONE))
    _check_row_by_row(path, estimator, signature, picked[few], all_scores[spread][few])
    golden = {"rows": picked, "scores": all_scores[spread].tolist(), "synthetic": False}
    return golden, _summary(signature, rows, all_scores)


def _own(path: Path, estimator: Any, signature: Mapping[str, Any], X: Any) -> np.ndarray[Any, Any]:  # noqa: N803
    _check_single_output(path, estimator, X)
    answer: np.ndarray[Any, Any] = scores(estimator, signature["output"], X)
    return answer


def _on_all(count: int, score: Callable[[slice], np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """Score all rows at once; where that is refused, find the first row at fault.

    :raises SampleError: names the row, counted from 1 after the header.
    """
    try:
        return score(slice(0, count))
    except ArtifactError:
        raise
    except Exception as error:
        start, end, reason = 0, count, error
        while end - start > 1:  # by halves: a sample may be long
            middle = (start + end) // 2
            try:
                score(slice(start, middle))
            except Exception as first:
                end, reason = middle, first
            else:
                start = middle
        try:
            score(slice(start, end))
        except Exception as last:
            reason = last
        raise SampleError(
            f"the estimator refuses sample row {start + 1}: {one_line(reason)}",
            "Leave the row away, or fit a model that takes it (an imputer, handle_unknown='ignore').",
        ) from reason


def _synthetic(path: Path, estimator: Any, signature: dict[str, Any]) -> dict[str, Any]:
    width = len(signature["features"])
    drawn = np.random.default_rng(0).normal(size=(SYNTHETIC_ROWS - 2, width)).tolist()
    rows: list[list[Any]] = []
    reason: Exception | None = None
    for row in [*drawn, [0.0] * width, [1.0] * width]:
        try:
            for _, X in rows_to_input(signature, *to_wire(signature, [row])):  # noqa: N806
                _own(path, estimator, signature, X)
            rows.append(row)
        except ArtifactError:
            raise
        except Exception as error:
            reason = error
    if not rows:
        why = one_line(reason) if reason else "no features"
        raise ArtifactError(f"{path}: refuses every row of plain numbers ({why})", _GIVE_SAMPLE)
    answer = _score(estimator, signature, rows)
    _check_row_by_row(path, estimator, signature, rows, answer)
    return {"rows": rows, "scores": answer.tolist(), "synthetic": True}


# --- the training summary ---


def _summary(
    signature: Mapping[str, Any], rows: Sequence[Sequence[Any]], all_scores: np.ndarray[Any, Any]
) -> dict[str, Any]:
    features: dict[str, Any] = {}
    for feature, column in zip(signature["features"], zip(*rows, strict=True), strict=True):
        present = [value for value in column if value is not None]
        entry: dict[str, Any] = {"nulls": len(column) - len(present)}
        if feature["kind"] in ("float", "integer"):
            entry |= _numbers(np.array([float(value) for value in present]))
        else:
            words = [str(value).lower() if isinstance(value, bool) else value for value in present]
            counts: dict[str, int] = {}
            for word in words:
                counts[word] = counts.get(word, 0) + 1
            top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:20]
            entry |= {"distinct": len(counts), "top": dict(top)}
        features[feature["name"]] = entry
    score_summary = _numbers(all_scores)
    del score_summary["std"]
    return {"rows": len(rows), "features": features, "scores": score_summary}


def _numbers(values: np.ndarray[Any, Any]) -> dict[str, Any]:
    # Infinity has no mean and no place in JSON.
    values = values[np.isfinite(values)]
    if not values.size:
        return {"min": None, "max": None, "mean": None, "std": None, "quantiles": [None] * len(_QUANTILES)}
    with np.errstate(over="ignore", invalid="ignore"):
        summary = {
            "min": values.min(),
            "max": values.max(),
            "mean": values.mean(),
            "std": values.std(),
        }
        quantiles = np.quantile(values, _QUANTILES)
    return {
        **{key: _finite(value) for key, value in summary.items()},
        "quantiles": [_finite(value) for value in quantiles],
    }


def _finite(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
