"""How often quality is called worse where nothing has changed, and how soon where it is: ``python -m soak.quality``.

Simulated customers, looked at each day for 200 days, through the arithmetic of ``dbml.quality_drift``, which
tests/integration compares with it.
"""

from __future__ import annotations

import numpy as np

from dbml.observing.sequential import evidence

BASELINE, DAYS = 7, 200
DECIDES = 100


def losses(random: np.random.Generator, risk: np.ndarray, wrong: np.ndarray | float = 0.0) -> np.ndarray:
    """Squared errors of scores that are the customers' risks, but for a share of coin tosses in the outcome."""
    true = np.where(random.random(risk.shape) < wrong, 0.5, risk)
    squared: np.ndarray = (risk - (random.random(risk.shape) < true)) ** 2
    return squared


def first_alert(random: np.random.Generator, daily: int, pool: int | None, wrong: float) -> int | None:
    """The day of the first alert of one run, counted from the end of the baseline; None: there is none.

    :param daily: predictions a day, each of another customer.
    :param pool: customers that come again and again, each with his own risk; None: each comes once.
    :param wrong: the share of outcomes that are coin tosses, from the end of the baseline on.
    """
    customers = pool or daily * (BASELINE + DAYS)
    risk = random.beta(1.4, 8.6, customers)
    # Of each customer and side: the sum of losses, and how many.
    total, count = np.zeros((2, customers)), np.zeros((2, customers))
    for day in range(BASELINE + DAYS):
        who = random.choice(customers, daily, replace=False) if pool else np.arange(day * daily, (day + 1) * daily)
        side = int(day >= BASELINE)
        total[side, who] += losses(random, risk[who], wrong * side)
        count[side, who] += 1
        if not side or (count > 0).sum(axis=1).min() < 100:
            continue
        here = count > 0
        y = np.divide(total, count, out=np.zeros_like(total), where=here)
        share = here[1].sum() / here.sum()
        mean = y.sum() / here.sum()
        parts = np.array([-share, 1 - share])[:, None] * here
        dy, dd = (parts * (y - mean)).sum(axis=0), (parts**2).sum(axis=0)
        difference = dy.sum() / dd.sum()
        variance = ((dy - difference * dd) ** 2).sum() / dd.sum() ** 2
        effect = y[0][here[0]].std() / 20
        if difference > 0 and evidence(difference, variance, effect) >= DECIDES:
            return day - BASELINE + 1
    return None


def main() -> None:
    """Print the share of runs with an alert, and the median day of it."""
    for what, runs, daily, pool, wrong in (
        ("nothing changes, 100 customers a day, each once", 1000, 100, None, 0.0),
        ("nothing changes, 100 a day of 2,000 who come again", 1000, 100, 2000, 0.0),
        ("nothing changes, 1,000 a day, each once", 400, 1000, None, 0.0),
        ("every twentieth outcome becomes a coin toss, 1,000 a day, each once", 200, 1000, None, 0.05),
        ("every tenth, 100 a day, each once", 200, 100, None, 0.1),
        ("every tenth, 1,000 a day, each once", 200, 1000, None, 0.1),
    ):
        random = np.random.default_rng(1)
        days = [first_alert(random, daily, pool, wrong) for _ in range(runs)]
        found = [day for day in days if day is not None]
        median = f", the median on day {np.median(found):.0f}" if found else ""
        print(f"{what}: {len(found) / runs:.1%} of {runs} runs with an alert{median}", flush=True)


if __name__ == "__main__":
    main()
