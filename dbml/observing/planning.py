"""How many entities an experiment needs, before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import optimize, stats

from dbml import errors
from dbml.database import Record
from dbml.observing.sequential import ALPHA, evidence

LOOKS = 200
PATHS = 4000


@dataclass(frozen=True)
class Plan(Record):
    """What an experiment needs.

    :param looks: ``once``, at an end fixed before, or ``always``, as :func:`dbml.experiment` does.
    :param n: entities with an outcome, in both arms together.
    :param control: how many of them are the control's.
    :param candidate: how many are the candidate's.
    :param power: with which probability the difference is found by then.
    """

    looks: str
    n: int
    control: int
    candidate: int
    power: float


def plan(effect: float, rate: float, *, share: float = 50, power: float = 0.8) -> list[Plan]:
    """Say how many entities find a difference of two rates, for whoever looks once and for whoever always looks.

    :param effect: the difference to be found; below 0 the candidate's rate is the lower one.
    :param rate: of the control's outcomes, from 0 to 1.
    :param share: percent of the entities that are the candidate's.
    :param power: with which probability the difference is to be found.
    :raises StrategyError: one of them makes no sense.
    """
    if not (0 < rate < 1 and effect != 0 and 0 < rate + effect < 1 and 0 < share < 100 and ALPHA < power < 1):
        raise errors.StrategyError(
            f"an effect of {effect:g} on a rate of {rate:g}, found by {share:g} percent with power {power:g}, is none",
            "Rates lie between 0 and 1, the effect is not 0: dbml experiment NAME --plan --effect 0.02 --rate 0.14",
        )
    part = share / 100
    # Of the difference, times n.
    variance = rate * (1 - rate) / (1 - part) + (rate + effect) * (1 - rate - effect) / part
    once = variance * ((stats.norm.ppf(1 - ALPHA / 2) + stats.norm.ppf(power)) / effect) ** 2
    if found(once, variance, effect) >= power:  # cannot be: looking always costs more
        always = once
    else:
        always = optimize.brentq(lambda n: found(n, variance, effect) - power, once, 20 * once, rtol=0.001)
    return [
        Plan(looks, total, total - round(total * part), round(total * part), round(reached, 3))
        for looks, total, reached in (
            ("once", int(np.ceil(once)), power_of_one_look(np.ceil(once), variance, effect)),
            ("always", int(np.ceil(always)), found(always, variance, effect)),
        )
    ]


def power_of_one_look(n: float, variance: float, effect: float) -> float:
    """With which probability a two-sided test that looks once, after n entities, finds the difference."""
    away = abs(effect) / np.sqrt(variance / n)
    limit = stats.norm.ppf(1 - ALPHA / 2)
    return float(stats.norm.sf(limit - away) + stats.norm.cdf(-limit - away))


def found(n: float, variance: float, effect: float) -> float:
    """With which probability the sequential test finds the difference by n entities, looked at 200 times on the way.

    By simulation of the difference's path, a Brownian motion; the same paths each time.
    """
    seen = n * np.arange(1, LOOKS + 1) / LOOKS
    difference = effect + np.sqrt(variance * n) * _paths() / seen
    return float((evidence(difference, variance / seen, abs(effect)) >= 1 / ALPHA).any(axis=1).mean())


@cache
def _paths() -> np.ndarray:
    return np.cumsum(np.random.default_rng(0).normal(0, np.sqrt(1 / LOOKS), (PATHS, LOOKS)), axis=1)
