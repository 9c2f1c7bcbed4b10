"""How often experiments and guards are wrong, and how often a bad canary aborts itself: ``python -m soak.experiments``.

Simulated customers, looked at 200 times, through the arithmetic of the server; tests/integration compares the two.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dbml.observing.sequential import evidence, half_width

LOOKS = 200
ENTITIES = 20_000
EFFECT = 0.02
Rates = Callable[[np.ndarray], np.ndarray]


def decided(runs: int, shares: list[float], control: Rates, candidate: Rates, seed: int) -> np.ndarray:
    """Whether each run called the candidate better or worse at one of its looks.

    :param shares: of the candidate, in epochs of equal length.
    :param control: the rate of outcomes at a time from 0 to 1.
    """
    random = np.random.default_rng(seed)
    each = ENTITIES // LOOKS
    found = np.zeros(runs, dtype=bool)
    # Of each epoch: entities and outcomes, for the control and for the candidate.
    n = np.zeros((len(shares), 2, runs))
    y = np.zeros_like(n)
    for look in range(LOOKS):
        epoch = look * len(shares) // LOOKS
        time = np.array(look / LOOKS)
        arrived = random.binomial(each, shares[epoch], runs)
        for arm, (count, rate) in enumerate(((each - arrived, control(time)), (arrived, candidate(time)))):
            n[epoch, arm] += count
            y[epoch, arm] += random.binomial(count, rate)
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = np.nan_to_num(n[:, 0] * n[:, 1] / n.sum(axis=1))
            means = np.nan_to_num(y / n)
            difference = (weight * (means[:, 1] - means[:, 0])).sum(axis=0) / weight.sum(axis=0)
            # Squared residuals of least squares with a constant an epoch, as dbml.experiment adds them up.
            pooled = np.nan_to_num(y.sum(axis=1) / n.sum(axis=1))
            part = np.nan_to_num(n[:, 1] / n.sum(axis=1))
            squares = np.zeros(runs)
            for arm in (0, 1):
                d = arm - part
                for value, entities in ((1.0, y[:, arm]), (0.0, n[:, arm] - y[:, arm])):
                    squares += (entities * (d * (value - pooled - difference * d)) ** 2).sum(axis=0)
            variance = squares / weight.sum(axis=0) ** 2
            events = y.sum(axis=0)
            enough = np.minimum(events, n.sum(axis=0) - events).min(axis=0) >= 10
            found |= enough & (evidence(difference, variance, EFFECT) >= 20)
    return found


def moved(runs: int, share: float, shift: float, limit: float, seed: int) -> np.ndarray:
    """Whether each run's guard on the mean score aborted the candidate at one of its looks.

    :param share: of the candidate.
    :param shift: what its scores are higher by; the control's have a mean of 0.14 and a deviation of 0.1.
    :param limit: how far the means may be apart.
    """
    random = np.random.default_rng(seed)
    found = np.zeros(runs, dtype=bool)
    # Of control and candidate: entities, scores, and their squares.
    n, total, squares = np.zeros((3, 2, runs))
    for _ in range(LOOKS):
        scores = random.beta(1.4, 8.6, (runs, ENTITIES // LOOKS))
        belongs = random.random(scores.shape) < share
        scores += shift * belongs
        for arm, mine in enumerate((~belongs, belongs)):
            n[arm] += mine.sum(axis=1)
            total[arm] += (scores * mine).sum(axis=1)
            squares[arm] += (scores**2 * mine).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            means = total / n
            variances = squares / n - means**2
            width = half_width((variances / n).sum(axis=0), np.sqrt(variances[0]) / 20)
            found |= (n.min(axis=0) >= 400) & (np.abs(means[1] - means[0]) - width > limit)
    return found


def returning(runs: int, shares: list[float], lasting: bool, seed: int) -> float:
    """The share of runs of equal arms that were decided, where 4,000 customers come again in each epoch.

    :param lasting: whether a customer has the same outcome each time; else each time by his own risk.
    """
    random = np.random.default_rng(seed)
    customers, looks = 4000, 20
    found = 0
    for _ in range(runs):
        bucket, risk, fate = random.random(customers), random.beta(1.4, 8.6, customers), random.random(customers)
        before: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        decision = False
        for share in shares:
            arm = (bucket < share).astype(float)
            y = ((fate if lasting else random.random(customers)) < risk).astype(float)
            order = random.permutation(customers)
            for look in range(1, looks + 1):
                seen = order[: customers * look // looks]
                dy, dd = np.zeros(customers), np.zeros(customers)
                epochs = [*before, (seen, arm[seen], y[seen])]
                for who, d, outcome in epochs:
                    dy[who] += (d - d.mean()) * (outcome - outcome.mean())
                    dd[who] += (d - d.mean()) ** 2
                difference = dy.sum() / dd.sum()
                variance = ((dy - difference * dd) ** 2).sum() / dd.sum() ** 2
                events = min(sum(outcome[d == side].sum() for _, d, outcome in epochs) for side in (0, 1))
                decision |= bool(events >= 10 and evidence(difference, variance, EFFECT) >= 20)
            before.append((np.arange(customers), arm, y))
        found += decision
    return found / runs


def main() -> None:
    """Print the share of runs that were decided."""

    def steady(rate: float) -> Rates:
        return lambda time: np.full_like(time, rate)

    def drifting(time: np.ndarray) -> np.ndarray:
        return 0.1 + 0.2 * time

    for what, runs, shares, control, candidate in (
        ("equal arms, 50/50", 1000, [0.5], steady(0.14), steady(0.14)),
        ("equal arms, a rate of 1 %", 1000, [0.5], steady(0.01), steady(0.01)),
        (
            "equal arms, shares 5, 20, 50 %, a rate of 10 to 30 %",
            1000,
            [0.05, 0.2, 0.5],
            drifting,
            drifting,
        ),
        ("an equal canary of 10 %", 200, [0.1], steady(0.14), steady(0.14)),
        ("a canary of 10 % that loses 20 % instead of 14 %", 200, [0.1], steady(0.14), steady(0.2)),
        ("12 % instead of 14 %, 50/50", 1000, [0.5], steady(0.14), steady(0.12)),
    ):
        share = decided(runs, shares, control, candidate, 1).mean()
        print(f"{what}: {share:.1%} of {runs} runs decided")
    for share, shift, limit in ((0.1, 0, 0), (0.5, 0, 0), (0.1, 0.02, 0), (0.1, 0.02, 0.02), (0.1, 0.04, 0.02)):
        part = moved(1000, share, shift, limit, 1).mean()
        print(
            f"scores of a candidate of {share:.0%} are {shift} higher, limit {limit}: {part:.1%} of 1000 runs aborted"
        )
    for lasting in (False, True):
        share = returning(400, [0.05, 0.2, 0.5], lasting, 1)
        print(f"equal arms, shares 5, 20, 50 %, 4,000 customers each time, {lasting=}: {share:.1%} of 400 runs decided")


if __name__ == "__main__":
    main()
