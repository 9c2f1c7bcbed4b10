"""From measurements to needs, where the answer is known without the formula."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from dbml.capacity.formula import Checkpoints, Demand, Duties, needs
from dbml.capacity.measuring import Measured
from dbml.cli import main

MEASURED = Measured(
    events=2000,
    cpu=300e-6,
    elapsed=500e-6,
    by_time=False,
    memory=20 * 2**20,
    wal=1000.0,
    profile_row=200.0,
    profile_heap=160.0,
    event_row=100.0,
    logged=1.0,
    log_row=150.0,
)
RARE = Checkpoints(seconds=300.0, bytes=1e15, target=0.9, full_pages=True)


def values(demand: Demand, checkpoints: Checkpoints = RARE, duties: Duties | None = None) -> dict[str, float]:
    return {need.need: need.value for need in needs(MEASURED, demand, checkpoints, duties or Duties())}


def test_what_is_in_proportion() -> None:
    found = values(Demand(profiles=5e6, rate=2000, connections=40, days=10))
    assert found["cores, busy"] == pytest.approx(0.6)
    assert found["cores, to have"] == 1
    assert found["memory of sessions"] == 40 * 20 * 2**20
    assert found["profile, disk and cache"] == 1e9
    assert found["events"] == pytest.approx(2000 * 100 * 86400)
    assert found["disk"] == pytest.approx(1e9 + 10 * 2000 * 250 * 86400)
    assert values(Demand(5e6, 2000))["connections"] == 2  # one is busy on average


def test_whole_pages_are_each_page_once_or_each_event_once() -> None:
    """Few pages: each of them once a checkpoint. Many: each event finds two that are untouched."""
    few = values(Demand(profiles=8192 / 160 * 100, rate=2000, days=0))["write-ahead log"]
    assert few == pytest.approx(2000 * 1000 + 100 * 8192 / 300, rel=1e-6)
    many = values(Demand(profiles=1e12, rate=2000, days=1e6))["write-ahead log"]
    assert many == pytest.approx(2000 * (1000 + 2 * 8192), rel=1e-3)
    off = Checkpoints(seconds=300.0, bytes=1e15, target=0.9, full_pages=False)
    assert values(Demand(1e12, 2000), off)["write-ahead log"] == 2000 * 1000


def test_checkpoints_come_by_volume_too() -> None:
    """Ten thousand pages, and a log of 1 GB and 0.9 in which a checkpoint comes after each GB."""
    small = Checkpoints(seconds=1e9, bytes=1.9e9, target=0.9, full_pages=True)
    found = values(Demand(profiles=8192 / 160 * 10_000, rate=2000, days=0), small)["write-ahead log"]
    whole = 10_000 * 8192
    # Events fill what whole pages leave of a GB.
    assert found == pytest.approx(2000 * 1000 * 1e9 / (1e9 - whole), rel=1e-3)


def test_workers_do_what_the_profile_leaves_to_them() -> None:
    demand = Demand(1e6, 2000)
    assert values(demand)["workers"] == 1
    # Windows and queue cost an event each: 0.6 of a core twice, and no core is to be busier than 0.6.
    assert values(demand, duties=Duties(windows=True, queued=True))["workers"] == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--profiles", "many", "--events", "3"], "many is not a number such as 5M or 200k"),
        (["--profiles", "5M/s", "--events", "3"], "5M/s is not a number"),
        (["--profiles", "5M", "--events", "3/week"], "3/week is not a number such as 2000/s or 5M/day"),
    ],
)
def test_amounts_that_are_none(options: list[str], says: str) -> None:
    result = CliRunner().invoke(main, ["size", "--model", "churn", *options])
    assert result.exit_code == 2
    assert says in result.output
