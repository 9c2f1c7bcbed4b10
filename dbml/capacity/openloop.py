"""An open loop: what is to be done begins at moments that are known before, however long it takes (pure but for time).

A closed loop asks again only when it has its answer. While the server stands still such a client is silent, and what
it would have asked is missing from its percentiles (*coordinated omission*). Here everything has an intended start, and
its latency is measured from that.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
# Does number N, and returns the SQLSTATE of its failure.
Act = Callable[[int], str | None]

# Bursts come once in so many seconds, and last a tenth of that.
PERIOD = 10.0
BURST_SHARE = 0.1


def arrivals(rate: float, seconds: float, burst: float, random: np.random.Generator) -> Numbers:
    """Draw the moments of a Poisson process, in seconds from the beginning, in order.

    Their number is fixed, ``rate * seconds``: given it, the moments of a Poisson process are uniform.

    :param rate: events a second, on average over a period.
    :param burst: how many times the average the rate is in the first tenth of each period; the rest of the period has
        accordingly less. 1: no bursts, 10: nothing but bursts.
    """
    count = max(1, round(rate * seconds))
    period = min(PERIOD, seconds)
    # The share of a run's events that lies before each bend of the rate.
    bends, shares = [0.0], [0.0]
    for start in np.arange(0.0, seconds - 1e-9, period):
        end = min(start + period, seconds)
        middle = min(start + period * BURST_SHARE, end)
        usual = (1 - burst * BURST_SHARE) / (1 - BURST_SHARE)
        bends += [middle, end]
        shares += [
            shares[-1] + burst * (middle - start),
            shares[-1] + burst * (middle - start) + usual * (end - middle),
        ]
    at = np.sort(random.uniform(0.0, shares[-1], count))
    return np.interp(at, shares, bends)


def chosen(entities: int, count: int, skew: float, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Draw which entity each event is about.

    :param skew: the exponent of Zipf's law: entity number r has a weight of r to the power of ``-skew``. 0: all alike.
    """
    weights = np.cumsum(np.arange(1, entities + 1, dtype=np.float64) ** -skew)
    return np.searchsorted(weights, random.uniform(0.0, weights[-1], count))


@dataclass(frozen=True)
class Taken:
    """How long everything took.

    :param latencies: seconds from the intended start to the answer, of what was answered or never begun; for the latter
        the seconds to the end of the run, which is less than the truth.
    :param services: seconds from the start to the answer: what a closed loop would tell.
    :param moments: the intended start of each latency.
    :param failures: SQLSTATE → statements.
    :param unsent: how many were never begun, because the server was too far behind.
    :param seconds: from the first intended start to the last answer.
    """

    latencies: Numbers
    services: Numbers
    moments: Numbers
    failures: Counter[str] = field(default_factory=Counter)
    unsent: int = 0
    seconds: float = 0.0


def run(
    moments: Numbers,
    clients: Sequence[Act],
    *,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
) -> Taken:
    """Let each moment's number be done by whichever client is free then, or as soon as one is.

    Nothing is begun later than twice as long as the moments last: a server that cannot keep up would never end.

    :param clients: what each session does; each is called by one thread alone.
    """
    count = len(moments)
    started, ended = np.full(count, np.nan), np.full(count, np.nan)
    failures: Counter[str] = Counter()
    numbers = itertools.count()
    begin, limit = clock(), 2 * float(moments[-1])

    def work(act: Act) -> None:
        while (number := next(numbers)) < count:
            wait = begin + moments[number] - clock()
            if wait > 0:
                sleep(wait)
            began = clock() - begin
            if began > limit:
                return
            failed = act(number)
            started[number] = began
            if failed is None:
                ended[number] = clock() - begin
            else:
                failures[failed] += 1

    with ThreadPoolExecutor(len(clients)) as pool:
        for done in [pool.submit(work, act) for act in clients]:
            done.result()
    over = clock() - begin
    answered, unsent = ~np.isnan(ended), np.isnan(started)
    told = answered | unsent
    return Taken(
        latencies=(np.where(unsent, over, ended) - moments)[told],
        services=(ended - started)[answered],
        moments=moments[told],
        failures=failures,
        unsent=int(unsent.sum()),
        seconds=over,
    )


def percentile(values: Numbers, percent: float) -> float | None:
    """The smallest of the values that so many percent do not exceed; None of no values."""
    return float(np.percentile(values, percent, method="inverted_cdf")) if len(values) else None


def together(parts: Sequence[Taken]) -> Taken:
    """Several runs as one, one behind the other."""
    starts = np.cumsum([0.0, *(part.seconds for part in parts)])
    return Taken(
        latencies=np.concatenate([part.latencies for part in parts]),
        services=np.concatenate([part.services for part in parts]),
        moments=np.concatenate([part.moments + start for part, start in zip(parts, starts[:-1], strict=True)]),
        failures=sum((part.failures for part in parts), Counter()),
        unsent=sum(part.unsent for part in parts),
        seconds=float(starts[-1]),
    )
