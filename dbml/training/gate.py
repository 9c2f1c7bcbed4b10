"""Whether a challenger is better than what serves, on the same predictions (pure)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

CONFIDENCE = 0.95
# Fewer entities tell nothing of a mean's error.
FEWEST = 30
_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Difference:
    """Loss of the champion less that of the challenger: above 0 the challenger is better.

    :param group: ``all``, or such as ``plan = basic``.
    :param entities: over whose mean differences the mean is taken.
    :param low, high: its interval at :data:`CONFIDENCE`, by Student's t; infinite below two entities.
    """

    group: str
    entities: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """What the gate says.

    :param passed: whether the challenger may serve.
    :param reason: one sentence.
    :param differences: of all, then of each segment.
    """

    passed: bool
    reason: str
    differences: tuple[Difference, ...]


def losses(kind: str, truth: np.ndarray[Any, Any], answers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Loss of each row: the log loss of a probability as scikit-learn clips it, the squared error of a value.

    :param kind: of the output: ``probability``, or another.
    """
    if kind != "probability":
        squared: np.ndarray[Any, Any] = (answers - truth) ** 2
        return squared
    clipped = np.clip(answers, _EPSILON, 1 - _EPSILON)
    lost: np.ndarray[Any, Any] = -np.where(truth == 1, np.log(clipped), np.log1p(-clipped))
    return lost


def judge(
    gain: np.ndarray[Any, Any], entities: pd.Series[Any], segments: Mapping[str, pd.Series[Any]], margin: float
) -> Verdict:
    """Compare two versions on the same rows.

    The unit is the entity: an entity's predictions share its luck, and counting each would make intervals too narrow.
    The challenger passes if the whole interval of its gain is above 0, so that of challengers that are no better 2.5 %
    pass; and if in no segment the whole interval is below ``-margin``.

    :param gain: of each row, the champion's loss less the challenger's.
    :param segments: name → of each row, its group.
    """
    whole = difference("all", gain, entities)
    parts = [
        difference(f"{name} = {group}", gain[np.asarray(places)], entities.iloc[places])
        for name, groups in segments.items()
        for group, places in groups.reset_index(drop=True).groupby(groups.to_numpy(), dropna=False).indices.items()
    ]
    worse = [part.group for part in parts if part.high < -margin]
    if whole.entities < FEWEST:
        return Verdict(False, f"{whole.entities} entities are too few to tell; {FEWEST} is the least", (whole, *parts))
    if whole.low <= 0:
        found = "no better beyond doubt" if whole.high > 0 else "worse"
        return Verdict(False, f"the challenger is {found}", (whole, *parts))
    if worse:
        return Verdict(False, f"the challenger is worse where {worse[0]}", (whole, *parts))
    return Verdict(True, "the challenger is better", (whole, *parts))


def told_apart(
    verdict: Verdict, data: np.ndarray[Any, Any], recipe: np.ndarray[Any, Any], entities: pd.Series[Any]
) -> Verdict:
    """Say how much of a gain comes of the data and the library, and how much of the recipe.

    :param data: of each row, the champion's loss less that of the champion fitted again on what the challenger was.
    :param recipe: the loss of the champion fitted again less the challenger's.
    """
    parts = (
        difference("the same recipe on new data", data, entities),
        difference("the new recipe on the same data", recipe, entities),
    )
    reason = verdict.reason
    if verdict.passed and parts[0].low > 0 and parts[1].low <= 0:
        reason += ", and so is the champion fitted again: the gain is that of the data or the library"
    return Verdict(verdict.passed, reason, (*verdict.differences, *parts))


def calibrated(
    verdict: Verdict, answers: np.ndarray[Any, Any], truth: np.ndarray[Any, Any], entities: pd.Series[Any], bias: float
) -> Verdict:
    """Refuse a challenger whose mean answer is off the mean outcome: the whole interval lies beyond ``bias``."""
    off = difference("the mean answer less the mean outcome", answers - truth, entities)
    passed, reason = verdict.passed, verdict.reason
    if passed and (off.low > bias or off.high < -bias):
        passed, reason = False, f"the challenger is off by {off.mean:+.4f} in the mean"
    return Verdict(passed, reason, (*verdict.differences, off))


def costly(verdict: Verdict, times: Mapping[str, tuple[float, float | None]]) -> Verdict:
    """Refuse a challenger that costs too much more than what serves.

    :param times: such as ``as slow`` → how many times, and how many it may be; None: as many as it likes.
    """
    for what, (found, limit) in times.items():
        if limit is not None and found > limit:
            reason = f"the challenger is {found:.1f} times {what}, and may be {limit:g}"
            return Verdict(False, reason, verdict.differences)
    return verdict


def difference(group: str, gain: np.ndarray[Any, Any], entities: pd.Series[Any]) -> Difference:
    """The mean gain of a group of rows, over its entities' means."""
    means = pd.Series(gain).groupby(entities.to_numpy()).mean().to_numpy()
    mean = float(means.mean())
    if len(means) < 2:
        return Difference(group, len(means), mean, -math.inf, math.inf)
    error = float(means.std(ddof=1)) / math.sqrt(len(means))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(means) - 1)) * error
    return Difference(group, len(means), mean, mean - reach, mean + reach)
