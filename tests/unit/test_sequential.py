"""The sequential test is the mixture it says it is, and looking often does not make it wrong."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from dbml.observing.sequential import evidence, half_width
from soak.experiments import moved


@pytest.mark.parametrize(
    ("difference", "variance", "effect"), [(0.03, 1e-4, 0.02), (-0.004, 2e-4, 0.05), (0.1, 1e-4, 0.02)]
)
def test_evidence_is_the_mean_likelihood_over_true_differences(
    difference: float, variance: float, effect: float
) -> None:
    def likelihood(true: float) -> float:
        return float(stats.norm.pdf(difference, true, variance**0.5) * stats.norm.pdf(true, 0, effect))

    mixed, _ = integrate.quad(likelihood, -1, 1, points=[0, difference], epsabs=0, epsrel=1e-12, limit=500)
    assert evidence(difference, variance, effect) == pytest.approx(
        mixed / stats.norm.pdf(difference, 0, variance**0.5), rel=1e-9
    )


def test_the_interval_ends_where_the_evidence_would_decide() -> None:
    variance = np.array([1e-2, 1e-3, 1e-4, 1e-5])
    assert evidence(half_width(variance, 0.02), variance, 0.02) == pytest.approx(20, rel=1e-9)


def test_two_hundred_looks_at_equal_arms_and_at_unequal_ones() -> None:
    """300 runs of 20,000 entities, of whom 14 % leave; the other arm has as many, or 17 %."""
    random = np.random.default_rng(5)
    n = np.arange(100, 20_100, 100) / 2  # an arm, at each of 200 looks
    decided = {}
    for rate in (0.14, 0.17):
        lost = [np.cumsum(random.binomial(50, p, (300, 200)), axis=1) for p in (0.14, rate)]
        means = [events / n for events in lost]
        variance = sum(mean * (1 - mean) / n for mean in means)
        enough = np.minimum(lost[0], lost[1]) >= 10
        with np.errstate(divide="ignore", invalid="ignore"):
            found = evidence(means[1] - means[0], variance, 0.02) >= 20
            peeked = np.abs(means[1] - means[0]) > 1.96 * np.sqrt(variance)
        decided[rate] = (found & enough).any(axis=1).mean(), (peeked & enough).any(axis=1).mean()
    assert decided[0.14][0] <= 0.05
    assert decided[0.14][1] > 0.2, "a test that is looked at once would be wrong so often"
    assert decided[0.17][0] >= 0.95


@pytest.mark.parametrize(
    ("shift", "limit", "aborted"),
    [(0, 0, (0, 0.05)), (0.02, 0.02, (0, 0.05)), (0.02, 0, (0.95, 1)), (0.04, 0.02, (0.95, 1))],
)
def test_a_guard_on_scores_aborts_a_candidate_that_has_moved(
    shift: float, limit: float, aborted: tuple[float, float]
) -> None:
    """200 canaries of 10 %, looked at 200 times."""
    least, most = aborted
    assert least <= moved(200, 0.1, shift, limit, 3).mean() <= most
