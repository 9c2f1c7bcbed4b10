"""Everything at once: a canary that takes its steps, the log, a worker and a service, while the server is killed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from soak import faults
from soak.beside import Probe, beside, worked
from soak.clients import until
from soak.faults import Amount
from soak.logged import logged
from soak.recovery import value
from soak.trial import Row, Trial

# Seconds within which a service and a worker go on by themselves; a worker's lease is 30 s.
BOUND = 60.0
ASKED = range(1, 101)


def together(trial: Trial, amount: Amount) -> None:
    """Crash, stop and fill the server's disk while a worker advances a canary and a service answers."""
    dsn = trial.control.server.dsn
    with logged(trial), beside(dsn, dsn, trial.folder) as probe:
        trial.prefix = "canary, log, worker, service: "
        trial.looks.append(lambda trial, row: _go_on(trial, row, probe))
        for fault in (_steps, faults.kill, faults.stop, faults.disk_full):
            _start(trial, amount)
            fault(trial, amount)
        if _runs(trial):
            trial.db.execute("select dbml.abort('churn')")


def _start(trial: Trial, amount: Amount) -> None:
    """Begin a canary of another version, unless one runs; the worker takes its steps."""
    if _runs(trial):
        return
    serving = value(trial.db, "select version from dbml.serving where arm = 'control'") or 1
    trial.db.execute(
        "select dbml.deploy('churn', %s, strategy => 'canary', steps => '{1,10,30,60}',"
        " hold => make_interval(secs => %s))",
        [serving % 3 + 1, max(1.0, amount.seconds / 20)],
    )


def _runs(trial: Trial) -> bool:
    return trial.db.execute("select from dbml.rollout").fetchone() is not None


def _steps(trial: Trial, amount: Amount) -> None:
    """No fault: time for the canary's steps."""
    with trial.fault("no fault") as row:
        row.tried = 1
        time.sleep(amount.seconds / 5)


def _go_on(trial: Trial, row: Row, probe: Probe) -> None:
    """Both go on by themselves, and the service says what the profile has."""
    (now,) = trial.db.execute("select clock_timestamp()").fetchone() or (None,)
    began = time.monotonic()
    for name, goes_on in (("service", lambda: probe.good > began), ("worker", lambda: worked(trial.db, now))):
        if not until(goes_on, BOUND):
            row.failures[name] = 1
            return
    # The worker may give the canary another share between the two looks: what is compared must not have moved.
    held: list[tuple[int, float]] = []
    answers: list[float] = []
    while True:
        before = _held(trial)
        answers, held = probe.ask(ASKED), _held(trial)
        if before == held:
            break
    (acts,) = trial.db.execute("select count(*) from dbml.strategy_act").fetchone() or (0,)
    row.note = f"{acts} acts of strategies; {row.note}"
    row.scores += sum(
        not math.isclose(answer, score, rel_tol=0, abs_tol=1e-9)
        for answer, (_, score) in zip(answers, held, strict=True)
    )


def _held(trial: Trial) -> list[tuple[int, float]]:
    found: list[Any] = trial.db.execute(
        "select id, churn_score from customer where id = any (%s) order by id", [list(ASKED)]
    ).fetchall()
    return found


PARTS: dict[str, Callable[[Trial, Amount], None]] = {"together": together}
