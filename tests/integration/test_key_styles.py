"""One entity is one, however a session writes dates, moments and bytes: in the log, in failures, in events and for outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

import dbml
from dbml import spec
from tests.conftest import Trained

Db = psycopg.Connection[Any]
TABLES = """
create table visit (
  day date, at timestamptz, tag bytea, plan text, complaints bigint not null default 0, spend double precision,
  churn_score double precision, churn_version integer, primary key (day, at, tag)
) partition by range (day);
create table visit_1 partition of visit for values from ('2026-01-01') to ('2026-02-01');
create table visit_2 partition of visit for values from ('2026-02-01') to ('2026-03-01');
create table lost (day date, at timestamptz, tag bytea);
"""
SPEC = """
[profile]
table = "public.visit"
key = ["day", "at", "tag"]

[[prediction]]
model = "churn"
column = "churn_score"
version_column = "churn_version"
log = "all"
holdout = 0.2

[[publish]]
model = "churn"
label = true

[[outcome]]
model = "churn"
table = "public.lost"
key = ["day", "at", "tag"]
value = "true"
otherwise = "false"
"""
KEY = "date '2026-01-01' + %s::integer, timestamptz '2026-01-01 03:04:05.06+00', decode('0' || %s, 'hex')"
STYLES = ("DateStyle", "German"), ("TimeZone", "Asia/Tokyo"), ("bytea_output", "escape")


@pytest.fixture
def other(db: Db, churn: Trained, tmp_path: Path) -> Any:
    """A session that writes otherwise than ``db``, once nine visits are scored by turns."""
    (tmp_path / "spec.toml").write_text(SPEC)
    db.execute(TABLES)
    dbml.add_model(db, "churn", churn.file, sample=churn.sample)
    dbml.attach(db, spec.read(tmp_path / "spec.toml"))
    dbml.deploy(db, "churn", 1)
    with psycopg.connect(db.info.dsn, autocommit=True) as other:
        for setting, value in STYLES:
            other.execute("select set_config(%s, %s, false)", (setting, value))
        for visit in range(1, 10):
            session = db if visit % 2 else other
            session.execute(f"insert into visit values ({KEY}, 'plus', 0, -1000)", (visit, str(visit)))
        yield other


def test_an_entity_has_one_key(db: Db, other: Db) -> None:
    written = "select distinct entity from dbml.prediction_log order by 1"
    assert db.execute(written).fetchall() == [
        ([f"2026-01-{visit + 1:02}", "2026-01-01 03:04:05.06+00", rf"\x0{visit}"],) for visit in range(1, 10)
    ]
    # What one session says came true meets what another has scored, whoever asks.
    for session, visits in ((db, (2, 3)), (other, (4, 5))):
        for visit in visits:
            session.execute(f"insert into lost values ({KEY})", (visit, str(visit)))
    for session in (db, other):
        for by in (None, "plan"):
            judged = session.execute(
                "select n, mean_outcome from dbml.performance('churn', by => %s)", (by,)
            ).fetchall()
            assert judged == [(9, pytest.approx(4 / 9))]
    # A failure of one session is over when another mends the row.
    change = "update visit set spend = %s where day = '2026-01-04'"
    other.execute(change, (None,))
    assert db.execute("select count(*) from dbml.failure").fetchone() == (1,)
    db.execute(change, (-1000,))
    assert db.execute("select count(*) from dbml.failure").fetchone() == (0,)
    # Whoever forgets writes the key as his own session does.
    [key] = (
        other.execute("select array[day::text, at::text, tag::text] from visit where day = '2026-01-04'").fetchone()
        or []
    )
    assert key[0] == "04.01.2026"
    other.execute("select dbml.forget('visit', %s)", (key,))
    assert db.execute("select count(*) from dbml.prediction_log where entity[1] = '2026-01-04'").fetchone() == (0,)
    # Arms are hashes of the key; the trigger of a partitioned profile runs on a partition, and its events name the profile.
    scored = "select count(*) from visit v where dbml.score('churn', v) is distinct from v.churn_score"
    assert [session.execute(scored).fetchone() for session in (db, other)] == [(0,), (0,)]
    other.execute("update visit set spend = 1000, complaints = 8")
    events = db.execute(
        "select distinct data ->> 'profile', entity[1] = data #>> '{key,0}', entity[1] from dbml.outbox"
    ).fetchall()
    assert events and {event[:2] for event in events} == {("public.visit", True)}
    assert {event[2] for event in events} <= {f"2026-01-{visit + 1:02}" for visit in range(1, 10)}
    # A row that moves to another partition is one prediction, though PostgreSQL updates it there and inserts it here.
    for day in ("2026-02-02", "2026-02-03"):
        db.execute("update visit set day = %s where tag = decode('01', 'hex')", (day,))
        assert db.execute("select count(*) from dbml.prediction_log where entity[1] = %s", (day,)).fetchone() == (1,)
