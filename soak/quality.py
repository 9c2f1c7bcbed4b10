"""How often quality is called worse where nothing has changed, and how soon where it is: ``python -m soak.quality``.

Simulated customers, looked at each day for 200 days, through the arithmetic of ``dbml.quality_drift``, which
tests/integration compares with it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dbml.observing.sequential import evidence

BASELINE, DAYS = 7, 200
DECIDES = 100


def losses(random: np.random.Generator, risk: np.ndarray, wrong: np.ndarray | float = 0.0) -> np.ndarray:
    """Squared errors of scores that are the customers' risks, but for a share of coin tosses in the outcome."""
    true = np.where(random.random(risk.shape) < wrong, 0.5, risk)
    squared: np.ndarray = (risk - (random.random(risk.shape) < true)) ** 2
    return squared


def decides(difference: np.ndarray, variance: np.ndarray, effect: np.ndarray) -> np.ndarray:
    """Whether a look at each run calls its quality worse."""
    found: np.ndarray = (difference > 0) & (evidence(difference, variance, effect) >= DECIDES)
    return found


def once(runs: int, daily: int, wrong: float, seed: int = 1) -> np.ndarray:
    """The day of the first alert of each run, counted from the end of the baseline; 0: there is none.

    Each customer is predicted once, so that the difference is that of two means.

    :param daily: predictions a day.
    :param wrong: the share of outcomes that are coin tosses, from the end of the baseline on.
    """
    random = np.random.default_rng(seed)
    first = np.zeros(runs, dtype=int)
    n, total, squares = np.zeros(2), np.zeros((2, runs)), np.zeros((2, runs))
    for day in range(BASELINE + DAYS):
        side = int(day >= BASELINE)
        y = losses(random, random.beta(1.4, 8.6, (runs, daily)), wrong * side)
        n[side] += daily
        total[side] += y.sum(axis=1)
        squares[side] += (y**2).sum(axis=1)
        if side and n.min() >= 100:
            mean = total / n[:, None]
            spread = squares / n[:, None] - mean**2
            alert = decides(mean[1] - mean[0], (spread / n[:, None]).sum(axis=0), np.sqrt(spread[0]) / 20)
            first = np.where((first == 0) & alert, day - BASELINE + 1, first)
    return first


def again(runs: int, daily: int, pool: int, seed: int = 1) -> np.ndarray:
    """The same, where nothing changes, of customers who come again and again, each with his own risk.

    :param pool: how many customers there are.
    """
    random = np.random.default_rng(seed)
    first = np.zeros(runs, dtype=int)
    for run in range(runs):
        risk = random.beta(1.4, 8.6, pool)
        # Of each customer and side: the sum of losses, and how many.
        total, count = np.zeros((2, pool)), np.zeros((2, pool))
        for day in range(BASELINE + DAYS):
            who = random.choice(pool, daily, replace=False)
            side = int(day >= BASELINE)
            total[side, who] += losses(random, risk[who])
            count[side, who] += 1
            here = count > 0
            if not side or here.sum(axis=1).min() < 100:
                continue
            y = np.divide(total, count, out=np.zeros_like(total), where=here)
            parts = np.array([-here[1].sum(), here[0].sum()])[:, None] / here.sum() * here
            dy, dd = (parts * (y - y.sum() / here.sum())).sum(axis=0), (parts**2).sum(axis=0)
            difference = dy.sum() / dd.sum()
            variance = ((dy - difference * dd) ** 2).sum() / dd.sum() ** 2
            if decides(difference, variance, y[0][here[0]].std() / 20):
                first[run] = day - BASELINE + 1
                break
    return first


def main() -> None:
    """Print the share of runs with an alert, and the median day of it."""
    tried: tuple[tuple[str, Callable[[], np.ndarray]], ...] = (
        ("nothing changes, 100 customers a day, each once", lambda: once(1000, 100, 0.0)),
        ("nothing changes, 1,000 a day, each once", lambda: once(1000, 1000, 0.0)),
        ("every twentieth outcome becomes a coin toss, 1,000 a day", lambda: once(200, 1000, 0.05)),
        ("every tenth, 100 a day", lambda: once(200, 100, 0.1)),
        ("every tenth, 1,000 a day", lambda: once(200, 1000, 0.1)),
        ("nothing changes, 100 a day of 2,000 who come again", lambda: again(400, 100, 2000)),
    )
    for what, act in tried:
        days = act()
        found = days[days > 0]
        median = f", the median on day {np.median(found):.0f}" if len(found) else ""
        print(f"{what}: {len(found) / len(days):.1%} of {len(days):,} runs with an alert{median}", flush=True)


if __name__ == "__main__":
    main()
