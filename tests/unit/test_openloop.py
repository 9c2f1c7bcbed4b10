"""Load tests: what is not asked while a server stands still is not left out."""

from __future__ import annotations

import numpy as np
import pytest

from dbml.capacity import openloop


class Clock:
    """Time that passes only by sleeping and by what is done."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def stalled(moments: np.ndarray, begins: float, lasts: float, service: float = 0.001) -> openloop.Taken:
    """One client of a server that stands still once."""
    clock, start = Clock(), 1000.0

    def act(number: int) -> None:
        if clock.now - start >= begins and not over:
            over.append(number)
            clock.now += lasts
        clock.now += service

    over: list[int] = []
    return openloop.run(moments, [act], clock=clock, sleep=clock.sleep)


def test_a_stall_shows_in_the_percentiles_as_it_must() -> None:
    """One second in ten: a tenth of the events wait, evenly from 0 to 1 s; a closed loop tells of one of a thousand."""
    taken = stalled(np.arange(1000) / 100, begins=4.995, lasts=1.0)
    tenth = openloop.percentile(taken.latencies, 90)
    assert openloop.percentile(taken.latencies, 100) == pytest.approx(1.001, abs=0.001)
    # Who came u seconds after it began waits 1 - u, and a little for those before him.
    for percent in (91, 95, 97.5, 99, 99.9):
        assert openloop.percentile(taken.latencies, percent) == pytest.approx((percent - 90) / 10, abs=0.13)
    assert tenth is not None
    assert tenth < 0.13
    assert openloop.percentile(taken.services, 99.8) == pytest.approx(0.001)
    assert openloop.percentile(taken.services, 100) == pytest.approx(1.001)


def test_a_server_that_cannot_keep_up_is_told_as_such() -> None:
    taken = stalled(np.arange(100) / 100, begins=0.5, lasts=5.0)
    assert taken.unsent == 49
    assert len(taken.latencies) == 100
    assert openloop.percentile(taken.latencies, 100) == pytest.approx(5.0, abs=0.02)
    assert len(taken.services) == 51


def test_failures_are_counted_and_are_no_latencies() -> None:
    clock = Clock()
    taken = openloop.run(
        np.arange(10) / 10, [lambda number: "40001" if number % 5 == 0 else None], clock=clock, sleep=clock.sleep
    )
    assert taken.failures == {"40001": 2}
    assert len(taken.latencies) == len(taken.services) == 8


@pytest.mark.parametrize("burst", [1.0, 4.0, 10.0])
def test_bursts_keep_the_number_of_events(burst: float) -> None:
    moments = openloop.arrivals(500, 40, burst, np.random.default_rng(1))
    assert len(moments) == 20_000
    assert (np.diff(moments) >= 0).all()
    assert moments[0] >= 0
    assert moments[-1] <= 40
    # A tenth of each period of 10 s has `burst` tenths of its events: five standard deviations of a binomial.
    share, of_burst = burst / 10, ((moments % 10) < 1).mean()
    assert abs(of_burst - share) <= 5 * np.sqrt(share * (1 - share) / 20_000) + 1e-9
    per_period = np.histogram(moments, [0, 10, 20, 30, 40])[0]
    assert (abs(per_period - 5_000) < 5 * np.sqrt(5_000)).all()


def test_skew_is_zipf_s() -> None:
    drawn = openloop.chosen(100, 200_000, 1.0, np.random.default_rng(2))
    weights = 1 / np.arange(1, 101)
    expected = 200_000 * weights / weights.sum()
    seen = np.bincount(drawn, minlength=100)
    assert (abs(seen - expected) < 5 * np.sqrt(expected)).all()
    even = np.bincount(openloop.chosen(100, 200_000, 0.0, np.random.default_rng(2)), minlength=100)
    assert (abs(even - 2_000) < 5 * np.sqrt(2_000)).all()


def test_runs_stand_one_behind_the_other() -> None:
    one = stalled(np.arange(10) / 10, begins=99, lasts=0)
    both = openloop.together([one, one])
    assert both.seconds == pytest.approx(2 * one.seconds)
    assert len(both.latencies) == 20
    assert both.moments[10] == pytest.approx(one.seconds)
