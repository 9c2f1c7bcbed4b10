"""How many entities an experiment needs: what statsmodels says, and a simulation."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.power import normal_power_het, normal_sample_size_one_tail

from dbml.errors import StrategyError
from dbml.observing import planning


@pytest.mark.parametrize(("effect", "rate", "share"), [(0.02, 0.14, 50), (-0.02, 0.14, 10), (0.001, 0.01, 35)])
def test_looking_once_is_what_statsmodels_says(effect: float, rate: float, share: float) -> None:
    once, always = planning.plan(effect, rate, share=share)
    part = share / 100
    deviation = np.sqrt(rate * (1 - rate) / (1 - part) + (rate + effect) * (1 - rate - effect) / part)
    needed = normal_sample_size_one_tail(abs(effect), 0.8, 0.025, std_null=deviation, std_alternative=deviation)
    assert once.n == int(np.ceil(needed))
    assert once.control + once.candidate == once.n
    assert once.candidate == round(once.n * part)
    power = normal_power_het(effect, once.n, 0.05, std_null=deviation, std_alternative=deviation)
    assert planning.power_of_one_look(once.n, deviation**2, effect) == pytest.approx(power, abs=1e-9)
    assert once.n < always.n < 4 * once.n


def test_looking_always_as_often_as_a_simulation_of_customers() -> None:
    """14 % against 12 %, 20,000 customers, looked at each hundred."""
    random = np.random.default_rng(11)
    n = np.arange(50, 10_050, 50)
    rates = [np.cumsum(random.binomial(50, p, (500, 200)), axis=1) / n for p in (0.14, 0.12)]
    variance = sum(rate * (1 - rate) / n for rate in rates)
    enough = (np.minimum(*rates) * n >= 10).cumsum(axis=1) > 0
    from dbml.observing.sequential import evidence

    with np.errstate(divide="ignore", invalid="ignore"):
        seen = ((evidence(rates[1] - rates[0], variance, 0.02) >= 20) & enough).any(axis=1).mean()
    assert planning.found(20_000, 2 * (0.14 * 0.86 + 0.12 * 0.88), -0.02) == pytest.approx(seen, abs=0.04)


@pytest.mark.parametrize(
    ("effect", "rate", "share", "power"),
    [
        (0, 0.1, 50, 0.8),
        (0.95, 0.1, 50, 0.8),
        (-0.1, 0.1, 50, 0.8),
        (0.1, 0, 50, 0.8),
        (0.1, 0.1, 100, 0.8),
        (0.1, 0.1, 50, 1),
    ],
)
def test_plans_that_make_no_sense(effect: float, rate: float, share: float, power: float) -> None:
    with pytest.raises(StrategyError, match="is none"):
        planning.plan(effect, rate, share=share, power=power)
