"""The gate lets in what is better, and hardly ever what is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics

from dbml.training import gate


def answers(random: np.random.Generator, entities: int, noise: float) -> tuple[Any, Any, Any]:
    """What came true, and what two versions said, each the truth with noise of its own."""
    margin = random.normal(0, 1.2, entities)
    truth = (random.random(entities) < 1 / (1 + np.exp(-margin))).astype(float)
    champion, challenger = (1 / (1 + np.exp(-margin - random.normal(0, s, entities))) for s in (0.9, noise))
    return truth, champion, challenger


def verdict(truth: Any, champion: Any, challenger: Any) -> gate.Verdict:
    gain = gate.losses("probability", truth, champion) - gate.losses("probability", truth, challenger)
    return gate.judge(gain, pd.Series(np.arange(len(truth))), {}, 0.0)


def test_of_equal_challengers_few_pass() -> None:
    random = np.random.default_rng(0)
    assert sum(verdict(*answers(random, 1000, 0.9)).passed for _ in range(400)) <= 20


def test_a_real_gain_passes() -> None:
    random = np.random.default_rng(1)
    passed, gains = 0, []
    for _ in range(100):
        truth, champion, challenger = answers(random, 5000, 0.6)
        gains.append(metrics.roc_auc_score(truth, challenger) - metrics.roc_auc_score(truth, champion))
        passed += verdict(truth, champion, challenger).passed
    assert np.mean(gains) < 0.035
    assert passed >= 95


def test_the_interval_is_that_of_a_t_test_over_entities() -> None:
    random = np.random.default_rng(2)
    gain, entities = random.normal(0.1, 1, 300), pd.Series(random.integers(0, 60, 300))
    found = gate.difference("all", gain, entities)
    means = pd.Series(gain).groupby(entities).mean()
    low, high = stats.ttest_1samp(means, 0).confidence_interval(0.95)
    assert (found.low, found.high, found.mean) == pytest.approx((low, high, means.mean()), abs=1e-12)


def test_a_segment_that_loses_stops_it() -> None:
    random = np.random.default_rng(4)
    segment = pd.Series(np.repeat(["big", "small"], [2000, 200]))
    gain = np.where(segment == "big", 0.1, -0.2) + random.normal(0, 0.3, 2200)
    entities = pd.Series(np.arange(2200))
    assert gate.judge(gain, entities, {}, 0.0).passed
    refused = gate.judge(gain, entities, {"size": segment}, 0.05)
    assert (refused.passed, refused.reason) == (False, "the challenger is worse where size = small")
    assert gate.judge(gain, entities, {"size": segment}, 0.5).passed


def test_who_is_off_in_the_mean_does_not_pass() -> None:
    random = np.random.default_rng(5)
    truth = (random.random(4000) < 0.3).astype(float)
    better = gate.Verdict(True, "the challenger is better", ())
    entities = pd.Series(np.arange(4000))
    # 0.35 of what comes true 0.3 of the time: the interval is 0.05 ± 0.014.
    off = gate.calibrated(better, np.full(4000, 0.35), truth, entities, 0.01)
    low, high = stats.ttest_1samp(0.35 - truth, 0).confidence_interval(0.95)
    assert (off.passed, off.reason[:24]) == (False, "the challenger is off by")
    assert (off.differences[0].low, off.differences[0].high) == pytest.approx((low, high), abs=1e-12)
    assert gate.calibrated(better, np.full(4000, 0.35), truth, entities, 0.1).passed
    assert not gate.calibrated(better, np.full(4000, 0.2), truth, entities, 0.01).passed
    assert gate.calibrated(better, np.full(4000, 0.3), truth, entities, 0.01).passed


def test_losses_are_those_of_scikit_learn() -> None:
    truth, scores = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.9, 0.2, 0.0, 1.0])
    assert gate.losses("probability", truth, scores).mean() == pytest.approx(metrics.log_loss(truth, scores), abs=1e-12)
    assert gate.losses("value", truth, scores).mean() == metrics.mean_squared_error(truth, scores)


def test_few_entities_tell_nothing() -> None:
    refused = gate.judge(np.ones(60), pd.Series(np.repeat(np.arange(20), 3)), {}, 0.0)
    assert refused.reason == "20 entities are too few to tell; 30 is the least"
