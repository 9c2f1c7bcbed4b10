"""``make soak`` in small: a server that is killed and stopped under load loses nothing and lies about nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dbml.demo.server import Server, temporary_server
from soak import faults, logged, shop
from soak.clients import Crowd
from soak.control import DURABLE, Control
from soak.trial import Row, Trial

LITTLE = faults.Amount(seconds=2, deploys=30, kills=1, changes=20, stops=1, cancels=2, seconds_of_a_model=0)


# The fixture: what a server needs has been installed before. The trial's own server is one that may be killed.
@pytest.fixture(scope="module")
def trial(server: Server) -> Iterator[Trial]:
    with (
        tempfile.TemporaryDirectory(prefix="dbml-trial-", dir="/tmp") as folder,
        temporary_server(say=lambda text: None, settings=DURABLE) as own,
    ):
        trial = Trial(Control(own), shop.importable(Path(folder)), lambda text: None, customers=100)
        trial.crowd = Crowd(own.dsn, 100, {"insert": 4, "hot": 1, "mixed": 3})
        try:
            yield trial
        finally:
            trial.crowd.end()
            trial.db.close()


def test_nothing_is_wrong_before_anything_has_happened(trial: Trial) -> None:
    """Nor for customers whom no client comes to: on a busy machine there are some."""
    row = Row("none")
    trial.crowd.pause()
    trial.look(row, trial.crowd)
    assert row.good, row


@pytest.mark.parametrize(
    "fault", [faults.load, faults.kill, faults.stop, pytest.param(logged.shares, marks=pytest.mark.long)]
)
def test_nothing_is_lost_and_nothing_is_wrong(trial: Trial, fault: object) -> None:
    assert callable(fault)
    fault(trial, LITTLE)
    row = trial.rows[-1]
    assert row.tried and row.statements
    assert row.good, (row, trial.examples)


def test_the_look_sees_what_is_wrong(trial: Trial) -> None:
    """The test of the test: what is lost, miscounted and misscored is found."""
    with trial.fault("sabotage") as row:
        trial.crowd.wait_for(50)
        trial.crowd.pause()
        trial.db.execute("alter table complaint disable trigger user; alter table customer disable trigger user")
        trial.db.execute("delete from complaint where id = (select max(id) from complaint)")
        trial.db.execute("update customer set churn_score = 0.5 where id = 50")
        trial.db.execute("alter table complaint enable trigger user; alter table customer enable trigger user")
        trial.look(row, trial.crowd)
        found = (row.lost, row.counters, row.scores, row.reconciled)
        trial.crowd.resume()
    assert found[:2] == (1, 1), found
    assert found[2] >= 1
    assert found[3] >= 2
