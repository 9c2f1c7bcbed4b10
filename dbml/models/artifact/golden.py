"""Golden rows: what the estimator itself says of rows that a version keeps, and what its sample looked like."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dbml._plpython.agreement import agree
from dbml._plpython.frame import labels, rows_to_input, scores, to_wire
from dbml.errors import ArtifactError, SampleError
from dbml.models.artifact.column import json_rows
from dbml.models.artifact.estimator import multi_output
from dbml.models.artifact.reference import histograms
from dbml.models.file import one_line
from dbml.scorer import rounding
from dbml.scorer.plan import Unsupported
from dbml.scorer.sklearn import lower

GOLDEN_ROWS = 200
SYNTHETIC_ROWS = 32
# An estimator takes milliseconds for a row alone.
ROWS_ASKED_ALONE = 40
# What to do where the file alone does not tell enough.
GIVE_SAMPLE = "Give rows of its features: `--sample ROWS.csv`."
# Sums of probabilities may end this far above 1; some are sums of float32.
_ROUNDING = 1e-6
# Scores that are no further apart, and of which numbers of float32 have a part, differ by rounding.
_NEARLY = 1e-4
# What to do where an estimator is not what its class makes of one today.
REDUMPED = "Fit it again with the libraries that are installed here; loading and dumping it again does not change it."
_QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95]


def _score(estimator: Any, interface: Mapping[str, Any], rows: Sequence[Sequence[Any]]) -> np.ndarray[Any, Any]:
    """Score as the server does, through the wire format."""
    answer = np.empty(len(rows))
    for indices, X in rows_to_input(interface, *to_wire(interface, rows)):  # noqa: N806
        answer[indices] = scores(estimator, interface["output"], X)
    return answer


def _check_single_output(source: str, estimator: Any, X: Any) -> None:  # noqa: N803
    if labels(estimator, X).ndim != 1:
        raise multi_output(source, estimator)


def _check_row_by_row(
    source: str,
    estimator: Any,
    interface: Mapping[str, Any],
    rows: Sequence[Sequence[Any]],
    together: np.ndarray[Any, Any],
) -> None:
    alone = np.full(len(rows), np.nan)
    for place, row in enumerate(rows):
        try:
            alone[place] = _score(estimator, interface, [row])[0]
        except Exception as error:
            raise ArtifactError(
                f"{source}: scores a row among others but refuses it alone ({one_line(error)})",
                "Take out the step that looks at the whole batch.",
            ) from error
    apart = _first_apart(estimator, interface, rows, together, alone)
    if apart is not None:
        one, other = float(alone[apart]), float(together[apart])
        pair = f"{one!r} alone, {other!r} not"
        because, hint = _of_rounding(estimator, interface, one, other)
        raise ArtifactError(f"{source}: a row's score depends on the rows scored with it ({pair}){because}", hint)


def _of_rounding(estimator: Any, interface: Mapping[str, Any], one: float, other: float) -> tuple[str, str]:
    """Why two scores of a row are nearly one, and what to do; nearly one they are where float32 is rounded."""
    if not abs(one - other) <= _NEARLY * max(1.0, abs(one)):
        return "", "Take out the step that looks at the whole batch; `fit` is where it may look."
    try:
        plan = lower(estimator, interface)
        if "single" not in plan and all(each["dtype"] != "float32" for each in interface["features"]):
            return (
                ": what it adds up nearly cancels, so that rounding decides its digits",
                "Fit it with more regularization, such as `GaussianProcessRegressor(alpha=1e-3)`.",
            )
        reason = "no bound is known of it"
    except Unsupported as unsupported:
        reason = f"no plan expresses {unsupported}"
    return f": it computes in float32, and {reason}", 'Fit and sample with float64: X.astype("float64").'


def _first_apart(
    estimator: Any,
    interface: Mapping[str, Any],
    rows: Sequence[Sequence[Any]],
    one: np.ndarray[Any, Any],
    other: np.ndarray[Any, Any],
) -> int | None:
    """The first row whose two scores differ, by more than float32 explains where the estimator computes in it."""
    apart = [place for place, pair in enumerate(zip(one.tolist(), other.tolist(), strict=True)) if not agree(*pair)]
    if not apart:
        return None
    try:
        plan = lower(estimator, interface)
        bounds = rounding.of_scores(plan, rounding.take(plan), interface, [rows[place] for place in apart])
    except Exception:  # it may be no estimator that can be written down
        bounds = None
    near = [abs(one[place] - other[place]) for place in apart]
    return next(
        (p for p, bound, d in zip(apart, bounds or [0.0] * len(apart), near, strict=True) if d > 2.0 * bound), None
    )


def of_sample(
    source: str, estimator: Any, interface: dict[str, Any], sample: pd.DataFrame
) -> tuple[dict[str, Any], dict[str, Any], list[list[Any]]]:
    """Choose golden rows among a sample's.

    :returns: ``{"rows", "scores", "synthetic"}``, the training summary, and all rows of the sample.
    :raises ArtifactError: the score of a row depends on the rows beside it, or on what no database row can hold.
    :raises SampleError: the estimator refuses a row.
    """
    rows = json_rows(interface["features"], sample)
    given: Any = sample
    if interface["input"] == "array":
        given = _array(sample)
    elif interface["input"] == "texts":
        given = sample.iloc[:, 0].to_numpy(dtype=object)
    # As given comes first: what the estimator itself says is what the sample is measured by.
    own = _on_all(len(rows), lambda part: _own(source, estimator, interface, given[part]))
    all_scores = _on_all(len(rows), lambda part: _score(estimator, interface, rows[part]))
    row = _first_apart(estimator, interface, rows, own, all_scores)
    if row is not None:
        raise ArtifactError(
            f"{source}: sample row {row + 1} scores {float(own[row])!r} as given, but "
            f"{float(all_scores[row])!r} from the values that a database row can hold",
            "Fit and sample with one kind of missing value a column (NaN), and plain dtypes.",
        )
    _check_probabilities(source, interface, all_scores, "sample row")
    spread = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), GOLDEN_ROWS)).round().astype(int))
    picked = [rows[i] for i in spread.tolist()]
    few = slice(None, None, max(1, len(picked) // ROWS_ASKED_ALONE))
    _check_row_by_row(source, estimator, interface, picked[few], all_scores[spread][few])
    golden = {"rows": picked, "scores": all_scores[spread].tolist(), "synthetic": False}
    return golden, _summary(interface, rows, all_scores), rows


def _array(sample: pd.DataFrame) -> np.ndarray[Any, Any]:
    """The rows of a model that was fitted on an array; pandas' own dtypes and Decimals are numbers there.

    Single precision becomes double: a row of the database is an array of doubles, and scored as such.
    """
    plain = all(isinstance(dtype, np.dtype) and dtype.kind != "O" for dtype in sample.dtypes)
    if plain and (sample.dtypes == np.float32).all():
        sample = sample.astype(np.float64)
    rows = sample.to_numpy() if plain else sample.astype("float64").to_numpy(dtype=np.float64, na_value=np.nan)
    array: np.ndarray[Any, Any] = rows
    return array


def _check_probabilities(source: str, interface: Mapping[str, Any], scores: np.ndarray[Any, Any], what: str) -> None:
    """What is called a probability must be one: an estimator that another version wrote may keep counts instead."""
    outside = np.flatnonzero((scores < -_ROUNDING) | (scores > 1.0 + _ROUNDING))
    if interface["output"]["kind"] != "probability" or not outside.size:
        return
    row = int(outside[0])
    raise ArtifactError(
        f'{source}: the probability of class "{interface["output"]["label"]}" is {float(scores[row])!r} '
        f"for {what} {row + 1}",
        REDUMPED,
    )


def _own(source: str, estimator: Any, interface: Mapping[str, Any], X: Any) -> np.ndarray[Any, Any]:  # noqa: N803
    if "target" not in interface["output"]:
        _check_single_output(source, estimator, X)
    answer: np.ndarray[Any, Any] = scores(estimator, interface["output"], X)
    return answer


def _on_all(count: int, score: Callable[[slice], np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """Score all rows at once; where that is refused, find the first row at fault.

    :raises SampleError: names the row, counted from 1 after the header.
    """
    try:
        return score(slice(0, count))
    except (ArtifactError, MemoryError):
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


def synthetic(source: str, estimator: Any, interface: dict[str, Any]) -> dict[str, Any]:
    """Make golden rows up for a model of plain numbers.

    :returns: as :func:`of_sample`, without a summary.
    :raises ArtifactError: the estimator refuses every row.
    """
    width = len(interface["features"])
    drawn = np.random.default_rng(0).normal(size=(SYNTHETIC_ROWS - 2, width)).tolist()
    rows: list[list[Any]] = []
    reason: Exception | None = None
    for row in [*drawn, [0.0] * width, [1.0] * width]:
        try:
            for _, X in rows_to_input(interface, *to_wire(interface, [row])):  # noqa: N806
                _own(source, estimator, interface, X)
            rows.append(row)
        except (ArtifactError, MemoryError):
            raise
        except Exception as error:
            reason = error
    if not rows:
        why = one_line(reason) if reason else "no features"
        raise ArtifactError(f"{source}: refuses every row of plain numbers ({why})", GIVE_SAMPLE)
    answer = _score(estimator, interface, rows)
    _check_probabilities(source, interface, answer, "made-up row")
    _check_row_by_row(source, estimator, interface, rows, answer)
    return {"rows": rows, "scores": answer.tolist(), "synthetic": True}


# --- the training summary ---


def _summary(
    interface: Mapping[str, Any], rows: Sequence[Sequence[Any]], all_scores: np.ndarray[Any, Any]
) -> dict[str, Any]:
    features: dict[str, Any] = {}
    for feature, column in zip(interface["features"], zip(*rows, strict=True), strict=True):
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
    return {
        "rows": len(rows),
        "features": features,
        "scores": score_summary,
        "histograms": histograms(interface, rows, all_scores),
    }


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
