"""Workers: each duty is one worker's at a time, and is done although workers die, hang or meet a fault."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

import dbml
from dbml.errors import DbmlError
from tests.conftest import SPEC, Cli, Databases, Trained
from tests.counting import RECOUNTED, create, differences
from tests.integration.test_roles import made_role

Db = psycopg.Connection[Any]


@pytest.fixture
def windowed(db: Db) -> dict[str, Any]:
    """Items of nine owners; those of owners 2 and 3 have left their window, and no trigger has seen it."""
    counters = {name: RECOUNTED[name] for name in ("n_month", "sum_day")}
    dbml.attach(db, create(db, counters))
    db.execute(
        "insert into item (owner, quantity, at)"
        " select 1 + g % 9, g, now() - g * interval '3 hours' from generate_series(0, 300) g"
    )
    db.execute("update dbml.event set followed_until = now() - interval '31 hours'")
    db.execute("set session_replication_role = replica")
    db.execute("update item set at = at - interval '30 hours' where owner in (2, 3)")
    db.execute("reset session_replication_role")
    assert {row[0] for row in differences(db, counters)} == {2, 3}
    return counters


def job(db: Db, columns: str) -> Any:
    return db.execute(f"select {columns} from dbml.job where duty = 'windows'").fetchone()


def wait_for(db: Db, query: str) -> None:
    for _ in range(600):
        if db.execute(query).fetchone() == (True,):
            return
        time.sleep(0.05)
    pytest.fail(f"never true: {query}")


@contextmanager
def worker(dsn: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A worker of windows in a process of its own; killed at the end if it lives."""
    command = [Path(sys.executable).with_name("dbml"), "worker", "--duty", "windows", "--dsn", dsn, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


BUSY = "select exists (select from pg_stat_activity where application_name = 'dbml' and wait_event_type = 'Lock')"


@contextmanager
def locked(dsn: str) -> Iterator[None]:
    """A row that a worker will wait for."""
    with psycopg.connect(dsn) as other:
        other.execute("select from owner where id = 2 for update")
        yield


def test_once_does_what_is_due_and_nothing_else(db: Db, cli: Cli, windowed: dict[str, Any]) -> None:
    assert cli("worker", "--once").output == (
        "advance: 0 steps of strategies were taken or aborted.\n"
        "windows: 2 rows had a window that changed; they are moved.\n"
        "shadows: 0 predictions were answered by shadows.\n"
        "blue-green: 0 rows were scored aside by green versions.\n"
        "log: 0 segments of the log were opened, indexed or dropped.\n"
        "histograms: 0 predictions of the log were counted for drift.\n"
        "explanations: 0 logged predictions were explained.\n"
        "alerts: 0 alerts were opened.\n"
        "queued: 0 rows that had waited were scored.\n"
        "learn: 0 labels were learnt.\n"
        "timings: 0 scores were timed.\n"
    )
    assert differences(db, windowed) == []
    assert job(db, "state, worker, done, runs, failures, error") == ("waiting", None, 2, 1, 0, None)
    assert job(db, "due between now() + '50 s' and now() + '1 min'") == (True,)
    # The last of them is due every second.
    assert cli("worker", "--once").output in ("", "queued: 0 rows that had waited were scored.\n")
    # A duty that is asked for by name need not be due.
    assert "0 rows" in cli("worker", "--once", "--duty", "windows").output


def test_a_worker_that_runs_on_does_not_say_that_there_is_nothing_to_do(
    db: Db, dsn: str, windowed: dict[str, Any]
) -> None:
    with worker(dsn, "--duty", "queued") as process:
        wait_for(db, "select runs > 1 from dbml.job where duty = 'queued'")
        process.send_signal(signal.SIGTERM)
        told = process.communicate(timeout=30)[0]
    assert told == "windows: 2 rows had a window that changed; they are moved.\nstopped.\n"


def test_a_killed_workers_duty_is_done_by_another_one(db: Db, dsn: str, cli: Cli, windowed: dict[str, Any]) -> None:
    with locked(dsn):
        with worker(dsn, "--lease", "2") as process:
            wait_for(db, BUSY)
            assert job(db, "state") == ("running",)
            # He lives, so nobody else gets it, however long it takes.
            time.sleep(2.5)
            assert cli("worker", "--once", "--duty", "windows").output == ""
            process.kill()
            process.wait()
        wait_for(db, "select state = 'abandoned' from dbml.job where duty = 'windows'")
    with worker(dsn, "--lease", "2") as process:
        wait_for(db, "select runs = 1 and state = 'waiting' from dbml.job where duty = 'windows'")
    assert differences(db, windowed) == []


def test_a_worker_that_is_told_to_stop_gives_back_what_it_is_at(
    db: Db, dsn: str, cli: Cli, windowed: dict[str, Any]
) -> None:
    with locked(dsn):
        with worker(dsn) as process:
            wait_for(db, BUSY)
            process.send_signal(signal.SIGTERM)
            assert process.communicate(timeout=30)[0] == "stopped.\n"
            assert process.returncode == 0
        assert job(db, "state, runs, failures") == ("waiting", 0, 0)
    assert "2 rows" in cli("worker", "--once").output
    assert differences(db, windowed) == []


def test_a_duty_that_fails_says_why_and_is_tried_again(db: Db, cli: Cli, windowed: dict[str, Any]) -> None:
    function = db.execute(
        "select p.oid::regprocedure::text from pg_proc p"
        " where p.pronamespace = 'dbml_scorer'::regnamespace and p.proname ~ '_expire$'"
    ).fetchone()
    assert function is not None
    away = function[0].replace("dbml_scorer.", "").replace("(integer)", "")
    db.execute(f"alter function dbml_scorer.{away}(integer) rename to away")
    for failures in (1, 2):
        result = cli("worker", "--once", "--duty", "windows", exit_code=1)
        assert "dbml: windows failed: function dbml_scorer." in result.output
        assert job(db, "state, failures, runs") == ("failed", failures, 0)
        assert "does not exist" in job(db, "error")[0]
    db.execute(f"alter function dbml_scorer.away(integer) rename to {away}")
    assert "2 rows" in cli("worker", "--once", "--duty", "windows").output
    assert job(db, "state, failures, runs, error") == ("waiting", 0, 1, None)
    assert differences(db, windowed) == []


def test_a_worker_outlives_its_connection(db: Db, dsn: str, windowed: dict[str, Any]) -> None:
    with worker(dsn) as process:
        with locked(dsn):
            wait_for(db, BUSY)
            db.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dbml'")
            db.execute("update dbml.duty set lease_until = now()")  # as if its time had passed
            wait_for(db, BUSY)
            assert process.poll() is None
        wait_for(db, "select runs = 1 from dbml.job where duty = 'windows'")
    assert differences(db, windowed) == []


@pytest.mark.usefixtures("windowed")
def test_a_hung_worker_is_named(db: Db, dsn: str) -> None:
    with locked(dsn), worker(dsn):
        wait_for(db, BUSY)
        db.execute("update dbml.duty set progressed = now() - interval '6 minutes'")
        assert job(db, "state, worker like '%:%'") == ("hung", True)


def test_a_deployer_is_enough_and_an_analyst_looks_on(db: Db, dsn: str, windowed: dict[str, Any]) -> None:
    from dbml.work.duties import chosen
    from dbml.work.lease import take
    from dbml.work.worker import LEASE

    (duty,) = chosen(("windows",))
    for session in made_role(db, dsn, "dbml_analyst"):
        session.execute("select * from dbml.job")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            take(session, duty, "me", LEASE)
    for session in made_role(db, dsn, "dbml_deployer"):
        held = take(session, duty, "me", LEASE)
        assert held is not None
        assert duty.run(session, held.progress) == 2
        held.end(finished=True)
    assert differences(db, windowed) == []


@pytest.fixture
def spec_file(tmp_path: Path) -> Path:
    file = tmp_path / "churn.toml"
    file.write_text(SPEC.replace("[[event]]", 'log = "scores"\n\n[[event]]', 1))
    return file


@pytest.mark.usefixtures("live")
def test_the_log_is_kept_for_as_long_as_it_is_said(db: Db, cli: Cli) -> None:
    """Segments are opened by the day; the clock is the server's, so the test lets them age instead."""
    segments = "select array_agg(relname::text order by relname) from pg_class where relname ~ '^log_[0-9]+$'"
    assert "log: 0 segments" in cli("worker", "--once", "--duty", "log").output
    (before,) = db.execute(segments).fetchone() or ()
    db.execute("update dbml.log_segment set opened_at = opened_at - interval '25 hours'")
    assert "log: 2 segments" in cli("worker", "--once", "--duty", "log").output  # one opened, one indexed
    (both,) = db.execute(segments).fetchone() or ()
    assert set(before) < set(both)
    db.execute("update dbml.log_segment set closed_at = closed_at - interval '91 days'")
    assert "log: 0 segments" in cli("worker", "--once", "--duty", "log").output
    assert "log: 1 segments" in cli("worker", "--once", "--duty", "log", "--keep-log", "90 days").output
    assert (set(both) - set(before),) == (set((db.execute(segments).fetchone() or ((),))[0]),)
    for keep, says in (("1 hour", "the log cannot be kept for 01:00:00"), ("soon", "invalid input syntax")):
        assert says in cli("worker", "--once", "--duty", "log", "--keep-log", keep, exit_code=1).output


@pytest.mark.usefixtures("live")
def test_a_canary_widens_by_itself(db: Db, cli: Cli, churn_2: Trained) -> None:
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    cli("deploy", "churn@2", "--strategy", "canary", "--steps", "5,25,100", "--hold", "1 day")
    share = "select share::int from dbml.serving where model = 'churn' and arm = 'candidate'"
    for days, act, left in ((0, 0, [(5,)]), (1, 1, [(25,)]), (2, 1, [])):
        db.execute("update dbml.rollout set stepped_at = stepped_at - %s * interval '1 day'", [days])
        assert f"advance: {act} steps" in cli("worker", "--once", "--duty", "advance").output
        assert db.execute(share).fetchall() == left
    assert db.execute("select version, share::int from dbml.serving").fetchall() == [(2, 100)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["--duty", "window"],
            (
                'there is no duty "window"',
                'The duties: advance, windows, shadows, blue-green, log, histograms, explanations, alerts, queued, learn, timings. Did you mean "windows"?',
            ),
        ),
        (["--dsn", "host=/nowhere"], ("cannot connect to PostgreSQL", "--dsn")),
    ],
)
def test_what_a_worker_cannot_do_is_said_in_a_sentence(cli: Cli, words: list[str], says: tuple[str, str]) -> None:
    output = cli("worker", "--once", *words, exit_code=1).output
    assert all(text in output for text in says)


def test_a_database_without_dbml_is_refused(databases: Databases) -> None:
    from dbml.work.duties import chosen
    from dbml.work.worker import work

    with pytest.raises(DbmlError, match="not installed"):
        work(databases.create(installed=False), chosen(()), print, once=True)
