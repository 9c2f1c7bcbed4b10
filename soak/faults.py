"""Every fault that is tried under load."""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from soak import pooler, unruly
from soak.clients import Client, Crowd, until
from soak.trial import ROLES, Skip, Trial

# What a client sees of a server that crashes, stops, or starts.
CRASH = {"08006", "08001", "57P01", "57P02", "57P03"}
CANCELLED, TERMINATED, DISK_FULL = {"57014"}, {"08006", "57P01"}, {"53100"}


@dataclass(frozen=True)
class Amount:
    """How much of everything."""

    seconds: float
    deploys: int
    kills: int
    changes: int
    stops: int
    cancels: int
    seconds_of_a_model: float


QUICK = Amount(seconds=15, deploys=200, kills=3, changes=200, stops=2, cancels=3, seconds_of_a_model=0.2)
LONG = Amount(seconds=600, deploys=200, kills=20, changes=200, stops=10, cancels=20, seconds_of_a_model=5)


def load(trial: Trial, amount: Amount) -> None:
    """No fault at all: 16 clients beside deploys and rollbacks, evenly over the time."""
    with trial.fault("16 clients beside deploys and rollbacks") as row:
        row.part = "load"
        ends = time.monotonic() + amount.seconds
        with psycopg.connect(trial.control.server.dsn, autocommit=True) as deployer:
            while time.monotonic() < ends or row.tried < amount.deploys:
                if row.tried % 2:
                    deployer.execute("select dbml.rollback('churn')")
                else:
                    deployer.execute("select dbml.deploy('churn', %s)", [1 + (row.tried // 2 + 1) % 3])
                row.tried += 1
                if row.tried % 50 == 0:
                    deployer.execute("select dbml.rescore('churn')")
                left, wanted = ends - time.monotonic(), amount.deploys - row.tried
                time.sleep(max(0, left / wanted if wanted > 0 else min(left, 1)))
        longest, statement = max(client.slowest for client in trial.crowd.clients)
        row.note = f"longest statement {longest:.2f} s: {statement} …"


def kill(trial: Trial, amount: Amount) -> None:
    """``kill -9`` a backend while it acts for a client that inserts."""
    with trial.fault("kill -9 of a scoring backend", CRASH) as row:
        for number in range(amount.kills):
            trial.crowd.wait_for(100)
            victim = _acting(trial.crowd, number)
            trial.control.kill(victim.pid or 0)
            row.tried += 1
            until(_gone_from(victim, victim.pid))
            trial.crowd.wait_for(50)
            trial.reconnect()


def stop(trial: Trial, amount: Amount) -> None:
    """Stop the server without a checkpoint, and start it."""
    with trial.fault("pg_ctl stop -m immediate", CRASH) as row:
        for _ in range(amount.stops):
            trial.crowd.wait_for(200)
            trial.control.stop_immediately()
            trial.control.start()
            row.tried += 1
        trial.reconnect()


def models(trial: Trial, amount: Amount) -> None:
    """Serve models that misbehave on one customer in a hundred, the hot one among them."""
    versions = {fault: trial.add_unruly(fault, seconds=0.02) for fault in unruly.FAULTS}
    for fault, version in versions.items():
        with trial.fault(f"a model: {fault}") as row:
            trial.set_spend(f"{unruly.TRIGGER}", "id % 100 = 1")
            trial.deploy(version)
            trial.crowd.wait_for(40)
            time.sleep(amount.seconds_of_a_model)
            row.tried = 1
        _mend(trial, f"after a model: {fault}")


def _mend(trial: Trial, name: str) -> None:
    """Deploy a good version and score everything: nothing may be left of the fault."""
    with trial.fault(name) as row:
        trial.deploy(1)
        trial.set_spend("30 + id % 7", f"spend = {unruly.TRIGGER}")
        trial.db.execute("select dbml.rescore('churn')")
    if row.stale:
        row.scores += row.stale
        trial.say(f"[red]{row.stale} rows are still stale[/]")
    if row.good:
        trial.rows.remove(row)


def cancel(trial: Trial, amount: Amount) -> None:
    """Cancel and terminate sessions that wait for a slow model, and let statements time out."""
    version = trial.add_unruly("sleep", seconds=0.01)
    for what, function, allowed in (
        ("cancel", "pg_cancel_backend", CANCELLED),
        ("terminate", "pg_terminate_backend", TERMINATED),
    ):
        with trial.fault(f"{what} during scoring", allowed) as row:
            _slow(trial, version, "id % 2 = 1")
            longest = 0.0
            for number in range(amount.cancels):
                victim = _acting(trial.crowd, number)
                attempt, began = victim.attempts, time.monotonic()
                trial.db.execute(f"select {function}(%s)", [victim.pid])
                until(_done_with(victim, attempt))
                longest = max(longest, time.monotonic() - began)
                row.tried += 1
            row.note = f"ended after at most {longest:.2f} s"
    with trial.fault("cancel, terminate and time out, over all customers") as row:
        # Every row is as slow as the next: how many a call may take is learned from the one before.
        _slow(trial, version, "true")
        trial.crowd.pause()
        for what, function in (("cancel", "pg_cancel_backend"), ("terminate", "pg_terminate_backend"), ("timeout", "")):
            trial.ended[what] = [_end_bulk(trial, function) for _ in range(max(1, amount.cancels // 5))]
            row.tried += len(trial.ended[what])
        row.note = ", ".join(f"{what}: {max(went):.2f} s" for what, went in trial.ended.items())
        trial.crowd.resume()
    _mend(trial, "after cancelling")


def _slow(trial: Trial, version: int, where: str) -> None:
    trial.set_spend(f"{unruly.TRIGGER}", where)
    trial.deploy(version)
    trial.crowd.wait_for(50)


def _end_bulk(trial: Trial, function: str) -> float:
    """Seconds that one statement over every customer goes on after it is told to end, or its time is over."""
    went: list[float] = []
    with psycopg.connect(trial.control.server.dsn, autocommit=True) as session:
        pid = session.info.backend_pid
        # Loading scikit-learn, once a session, cannot be interrupted: that is not what is measured.
        session.execute("insert into complaint (customer_id) values (2)")
        if not function:
            session.execute("set statement_timeout = '2s'")

        def insert() -> None:
            try:
                session.execute("insert into complaint (customer_id) select id from customer")
            except psycopg.Error:
                went.append(time.monotonic())

        thread = threading.Thread(target=insert)
        began = time.monotonic()
        thread.start()
        time.sleep(2)  # it is scoring by now
        if function:
            began = time.monotonic()
            trial.db.execute(f"select {function}(%s)", [pid])
        else:
            began += 2
        thread.join(120)
    if not went:
        raise RuntimeError("the statement over every customer came to its end before it was told to")
    return went[0] - began


def broken_versions(trial: Trial, amount: Amount) -> None:
    """Serve a version whose blob was damaged, and one whose package is gone."""
    for name, version in (("corrupt blob", trial.add_unruly()), ("missing package", trial.add_vanishing())):
        with trial.fault(name) as row:
            # Nobody has loaded it yet when it is damaged; before the deployment its signature would not fit.
            trial.crowd.pause()
            trial.deploy(version)
            if name == "corrupt blob":
                _corrupt(trial, version)
            trial.crowd.resume()
            trial.crowd.wait_for(40)
            time.sleep(amount.seconds_of_a_model)
            row.tried = 1
            # reconcile asks the deployed version, which cannot answer for anybody.
            trial.deploy(1)
        _mend(trial, f"after {name}")


def _corrupt(trial: Trial, version: int) -> None:
    # Its owner's trigger keeps a version as it is: only a superuser gets past it.
    trial.db.execute("alter table dbml.model_version disable trigger user")
    trial.db.execute(
        "update dbml.model_version set artifact = set_byte(artifact, 100, 255 - get_byte(artifact, 100))"
        " where model = 'churn' and version = %s",
        [version],
    )
    trial.db.execute("alter table dbml.model_version enable trigger user")


def disk_full(trial: Trial, amount: Amount) -> None:
    """Fill the disk on which the profile and its events lie."""
    # One of its own each time that a run comes by here.
    folder = trial.folder / f"small-disk-{len(trial.rows)}"
    with trial.fault("disk of the tablespace full", DISK_FULL) as row:
        _mount(folder, "24m")
        try:
            os.chown(folder, trial.control.account.uid or -1, trial.control.account.gid or -1)
            trial.crowd.pause()
            trial.db.execute(f"create tablespace small location '{folder}'")
            trial.db.execute("vacuum full customer")
            # Of the log, what is moved to the small disk is the segment that is written to: a new one.
            trial.db.execute("select dbml.rotate_log(every => '0')")
            _move(trial, "small")
            trial.crowd.resume()
            # Nothing but ballast: the sooner it is full.
            trial.db.execute("create table ballast (text text) tablespace small")
            # Or it would be compressed away.
            trial.db.execute("alter table ballast alter text set storage external")
            with suppress(psycopg.errors.DiskFull):
                for _ in range(100):
                    trial.db.execute("insert into ballast select repeat('x', 7000) from generate_series(1, 100)")
            with suppress(psycopg.errors.DiskFull):  # and the last pages
                for _ in range(1000):
                    trial.db.execute("insert into ballast values (repeat('x', 900))")
            full = until(lambda: _failed(trial.crowd, "53100") > 10, 60)
            trial.crowd.pause()
            row.tried, row.note = int(full), "" if full else "the disk did not become full"
            trial.look(row, trial.crowd)
            trial.db.execute("drop table ballast")
            _move(trial, "pg_default")
            trial.db.execute("checkpoint")
            trial.db.execute("drop tablespace small")
            trial.crowd.resume()
        finally:
            subprocess.run(["umount", "-l", folder], check=False, capture_output=True)


def _failed(crowd: Crowd, state: str) -> int:
    """Count the statements that have failed with an SQLSTATE."""
    return sum(n for client in crowd.clients for (found, _), n in list(client.failures.items()) if found == state)


def _move(trial: Trial, tablespace: str) -> None:
    open_segment = "select format('table dbml.log_%s', number) from dbml.log_segment where closed_at is null"
    segments = trial.db.execute(open_segment).fetchall()
    for relation in (
        "table customer",
        "table visit",
        "index customer_pkey",
        "index visit_pkey",
        *(s for (s,) in segments),
    ):
        trial.db.execute(f"alter {relation} set tablespace {tablespace}")


def _mount(folder: Path, size: str) -> None:
    folder.mkdir()
    if os.geteuid() != 0:
        raise Skip("only root can mount a small disk")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")


def transaction_pooling(trial: Trial, amount: Amount) -> None:
    """All clients through PgBouncer in transaction mode, on fewer sessions than there are clients."""
    program, reason = pooler.find(trial.say)
    crowd = trial.crowd
    if program is not None:
        with pooler.running(program, trial.control, trial.folder) as dsn:
            crowd = Crowd(dsn, trial.customers, ROLES, seed=1)
            with trial.fault("PgBouncer, transaction mode", crowd=crowd) as row:
                for number in range(10):
                    trial.deploy(1 + number % 3)
                    time.sleep(amount.seconds / 40)
                row.tried = 10
            crowd.end()
        return
    with trial.fault("PgBouncer, transaction mode"):
        raise Skip(reason)


def _gone_from(client: Client, session: int | None) -> Callable[[], bool]:
    """Whether a client has another session by now."""
    return lambda: client.pid != session


def _done_with(client: Client, attempt: int) -> Callable[[], bool]:
    """Whether a client's statement is over by now."""
    return lambda: client.attempts != attempt or not client.acting


def _acting(crowd: Crowd, number: int) -> Client:
    """A client that inserts and whose statement is running now; another one each time."""
    inserting = [client for client in crowd.clients if client.role != "mixed"]
    chosen = random.Random(number)
    found: list[Client] = []

    def look() -> bool:
        found[:] = [client for client in chosen.sample(inserting, len(inserting)) if client.acting and client.pid]
        return bool(found)

    if not until(look):
        raise RuntimeError("no client is acting")
    return found[0]


PARTS: dict[str, Callable[[Trial, Amount], None]] = {
    "load": load,
    "kill": kill,
    "stop": stop,
    "pooler": transaction_pooling,
    "disk": disk_full,
    "models": models,
    "cancel": cancel,
    "broken": broken_versions,
}
