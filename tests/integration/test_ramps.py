"""What the steps of a strategy wait for, what pauses them, and the guard on scores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner

import dbml
from dbml import DbmlError
from dbml.cli import main
from dbml.observing.sequential import half_width
from dbml.serving.strategies import Strategy
from tests.conftest import Databases

Db = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def shop(databases: Databases, side_by_side: str) -> str:
    return databases.create(like=side_by_side)


@pytest.fixture
def db(shop: str) -> Iterator[Db]:
    """The shop, as it was, in a transaction."""
    with psycopg.connect(shop) as connection:
        yield connection
        connection.rollback()


def start(db: Db, *steps: float, **how: Any) -> None:
    dbml.start_strategy(db, "churn", 2, Strategy("canary", steps=steps or None, **how))


def later(db: Db, time: str) -> None:
    """Let time pass."""
    db.execute("update dbml.rollout set stepped_at = stepped_at - %s::interval", [time])


def advanced(db: Db) -> list[tuple[str, Decimal]]:
    return [(row.act, row.share) for row in dbml.advance(db, "churn")]


def waits_for(db: Db) -> str | None:
    (_, candidate) = dbml.allocation(db, "churn")
    return candidate.waits_for


def history(db: Db) -> list[Any]:
    return db.execute("select act, note, done_by from dbml.strategy_act order by id").fetchall()


def alert(db: Db, number: int) -> int:
    """Open an alert of churn."""
    (opened,) = db.execute(
        "insert into dbml.alert (model, cause, says, seen_at) values ('churn', %s, 'plan has moved', now()) returning id",
        [f"drift of feature {number}"],
    ).fetchone() or (None,)
    return int(opened)


def test_a_step_waits_for_enough_entities_of_the_candidate(db: Db) -> None:
    start(db, 20, 50, 100, hold="1 day", min_exposures=5)
    candidates = [
        row[0]
        for row in db.execute("select id from customer where dbml.arm_of('churn', id::text) = 'candidate' order by id")
    ]
    assert len(candidates) > 5
    later(db, "10 days")
    # An entity counts once, however often it is scored.
    for spend in (1, 2):
        db.execute(
            "update customer set spend = %s where dbml.arm_of('churn', id::text) = 'control' or id = any (%s)",
            [spend, candidates[:4]],
        )
    assert advanced(db) == []
    assert waits_for(db) == "5 entities that it scores"
    db.execute("update customer set spend = 3 where id = %s", [candidates[4]])
    # One step, although ten days have passed: the next one waits for entities of its own.
    assert advanced(db) == [("step", 50)]
    assert advanced(db) == []
    # What was scored before is of the step before.
    db.execute("update dbml.log set at = at - interval '2 days'")
    later(db, "1 day")
    assert advanced(db) == []
    db.execute("update customer set spend = 4")
    assert advanced(db) == [("step", 100)]


def test_a_step_waits_for_an_approval(db: Db) -> None:
    start(db, 1, 5, 25, 100, hold="1 day", approvals=[25])
    with (
        pytest.raises(DbmlError, match="to 5 percent, needs no approval, and the one to 25 percent has not come yet"),
        db.transaction(),
    ):
        dbml.approve(db, "churn")
    later(db, "10 days")
    assert advanced(db) == [("step", 5)]
    assert advanced(db) == []
    assert waits_for(db) == "dbml approve: the step to 25 percent"
    assert dbml.approve(db, "churn", note="Ann has looked at it") == 25
    assert waits_for(db) is None
    with pytest.raises(DbmlError, match="to 25 percent is approved already"), db.transaction():
        dbml.approve(db, "churn")
    assert advanced(db) == [("step", 25)]
    # It began only now.
    assert advanced(db) == []
    later(db, "24 hours")
    assert advanced(db) == [("step", 100)]
    with pytest.raises(DbmlError, match="no step of churn waits for an approval"), db.transaction():
        dbml.approve(db, "churn")
    me = db.info.user
    assert ("approve", "the step to 25 percent: Ann has looked at it", me) in history(db)


def test_a_share_by_hand_takes_an_approval_back(db: Db) -> None:
    start(db, 5, 25, hold="1 day", approvals=[25])
    later(db, "2 days")
    dbml.approve(db, "churn")
    dbml.set_share(db, "churn", 10)
    later(db, "2 days")
    assert advanced(db) == []
    dbml.approve(db, "churn")
    assert advanced(db) == [("step", 25)]


def test_an_alert_pauses_and_somebody_resumes(db: Db) -> None:
    start(db, 5, 25, 50, 100, hold="1 day", signals=["alert"])
    later(db, "1 day")
    first = alert(db, 1)
    [paused] = dbml.advance(db, "churn")
    assert (paused.act, paused.share, paused.why) == ("pause", 5, f"alert {first}: plan has moved")
    assert waits_for(db) == "dbml resume: paused by alert"
    later(db, "10 days")
    assert advanced(db) == []
    dbml.resume(db, "churn", note="the plan was renamed")
    # The step begins anew, and this alert pauses it no more; another does.
    assert advanced(db) == []
    alert(db, 2)
    assert advanced(db) == [("pause", 5)]
    dbml.resume(db, "churn")
    later(db, "1 day")
    assert advanced(db) == [("step", 25)]
    # The next step asks again; what somebody is at is no signal.
    assert advanced(db) == [("pause", 25)]
    dbml.resume(db, "churn")
    db.execute("select dbml.acknowledge(id) from dbml.alert")
    later(db, "1 day")
    assert advanced(db) == [("step", 50)]
    assert advanced(db) == []
    assert [row[0] for row in history(db)] == [
        "start", "pause", "resume", "pause", "resume", "step", "pause", "resume", "step"
    ]  # fmt: skip


def test_a_signal_pauses_where_a_guard_aborts(db: Db) -> None:
    start(db, 30, 100, hold="1 day", signals=["failure=0.2"], failure_limit=0.9)
    mine = "dbml.arm_of('churn', id::text) = 'candidate'"
    db.execute(f"update customer set spend = 'NaN' where {mine} and id % 2 = 0")
    [paused] = dbml.advance(db, "churn")
    assert paused.act == "pause"
    assert "could not be scored by churn@2, the limit is 0.2" in str(paused.why)
    dbml.resume(db, "churn")
    assert advanced(db) == []
    dbml.pause(db, "churn", why="I want to look")
    assert history(db)[-1][:2] == ("pause", "I want to look")
    with pytest.raises(DbmlError, match="have been paused since"), db.transaction():
        dbml.pause(db, "churn")
    # Who is paused is guarded still.
    db.execute(f"update customer set spend = 'NaN' where {mine}")
    assert advanced(db) == [("abort", 0)]


def scored(db: Db, control: np.ndarray, candidate: np.ndarray) -> None:
    """Log the scores of a thousand customers, by whom each is scored."""
    db.execute("update dbml.strategy_act set done_at = done_at - interval '1 day'")
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into dbml.log_1 (at, profile, version, model, arm, entity, score) values"
            " (now() - interval '1 hour', 'customer', 1 + (%s <> 'control')::int, 'churn', %s, array[%s], %s)",
            [
                (arm, arm, f"{arm} {i}", float(score))
                for arm, scores in (("control", control), ("candidate", candidate))
                for i, score in enumerate(scores)
            ],
        )


@pytest.mark.parametrize(("limit", "acts"), [(0, ["abort"]), (0.06, ["abort"]), (0.09, [])])
def test_a_candidate_whose_scores_have_moved_is_aborted(db: Db, limit: float, acts: list[str]) -> None:
    dbml.start_strategy(db, "churn", 2, Strategy("ab", 50, score_limit=limit))
    random = np.random.default_rng(1)
    control, candidate = random.beta(2, 8, 1000), random.beta(2, 8, 1000) + 0.1
    scored(db, control, candidate)
    difference = candidate.mean() - control.mean()
    width = half_width(control.var() / 1000 + candidate.var() / 1000, control.std() / 20)
    assert (difference - width > limit) == bool(acts)
    done = dbml.advance(db, "churn")
    assert [row.act for row in done] == acts
    for row in done:
        assert row.why == (
            f"the scores of churn@2 are others: their mean is {candidate.mean():.4f}, that of the control {control.mean():.4f},"
            f" and the difference lies between {difference - width:.4f} and {difference + width:.4f}, at every look"
        )
        assert db.execute("select version, share from dbml.serving").fetchall() == [(1, 100)]


@pytest.mark.parametrize(
    ("candidates", "why"),
    [(900, None), (390, None), (600, "the guard on scores cannot be asked")],
    ids=["equal", "too few", "not in the shares"],
)
def test_a_candidate_is_not_aborted_by_chance_or_by_a_broken_sample(db: Db, candidates: int, why: str | None) -> None:
    dbml.start_strategy(db, "churn", 2, Strategy("ab", 45 if candidates > 500 else 28, score_limit=0))
    random = np.random.default_rng(2)
    scored(db, random.beta(2, 8, 1000), random.beta(2, 8, candidates) + (candidates < 500) / 5)
    assert [(row.act, row.why) for row in dbml.advance(db, "churn")] == ([("held", why)] if why else [])


def test_scores_of_one_entity_count_once(db: Db) -> None:
    dbml.start_strategy(db, "churn", 2, Strategy("ab", 50, score_limit=0))
    random = np.random.default_rng(3)
    scored(db, random.beta(2, 8, 300), random.beta(2, 8, 300) + 0.3)
    # However often they are scored later on.
    db.execute("insert into dbml.log_1 select l.* from dbml.log_1 l, generate_series(1, 3)")
    assert advanced(db) == []


STEPS: dict[str, Any] = {"name": "canary", "steps": [5, 25]}


@pytest.mark.parametrize(
    ("strategy", "says"),
    [
        ({"name": "canary", "share": 5, "min_exposures": 10}, "has no steps that could wait"),
        ({"name": "ab", "approvals": [50]}, "has no steps that could wait"),
        ({"name": "rolling", "rate": 5, "approvals": [50]}, "has no steps that could wait"),
        ({**STEPS, "min_exposures": 0}, "cannot wait for 0 entities"),
        ({**STEPS, "min_outcomes": 10}, "nothing says what became of the predictions"),
        ({**STEPS, "approvals": [5]}, "and 5 is none"),
        ({**STEPS, "approvals": [30]}, "and 30 is none"),
        ({**STEPS, "approvals": []}, "and nothing is none"),
        ({"name": "canary", "share": 5, "signals": ["alert"]}, "pauses steps, and this canary of churn has none"),
        ({"name": "shadow", "signals": ["alert"]}, "pauses steps, and this shadow of churn has none"),
        ({**STEPS, "signals": ["drift"]}, "no signal 'drift'"),
        ({**STEPS, "signals": ["failure"]}, "no signal 'failure'"),
        ({**STEPS, "signals": ["failure=1.5"]}, "no signal 'failure=1.5'"),
        ({**STEPS, "signals": ["failure=0"]}, "no signal 'failure=0'"),
        ({**STEPS, "signals": ["score=x"]}, "no signal 'score=x'"),
        ({**STEPS, "signals": []}, "no signal ''"),
        ({**STEPS, "signals": ["score", "score=1"]}, "given twice"),
        ({**STEPS, "signals": ["outcome"]}, "nothing says what became of the predictions"),
        ({**STEPS, "score_limit": -1}, "from 0 on, not -1"),
        ({**STEPS, "score_limit": float("nan")}, "from 0 on, not NaN"),
        ({"name": "shadow", "score_limit": 0}, "gives no customer another score"),
        ({"name": "blue-green", "score_limit": 0}, "gives no customer another score"),
    ],
)
def test_what_makes_no_sense_is_refused(db: Db, strategy: dict[str, Any], says: str) -> None:
    with pytest.raises(DbmlError, match=says) as refused, db.transaction():
        dbml.start_strategy(db, "churn", 2, Strategy(**strategy))
    assert refused.value.hint
    assert db.execute("select from dbml.rollout").rowcount == 0


def test_without_a_log_nobody_is_counted(db: Db) -> None:
    db.execute("update dbml.prediction set log = null")
    for how in ({"min_exposures": 5}, {"score_limit": 0}, {"signals": ["score"]}):
        with pytest.raises(DbmlError, match="no profile logs the predictions of churn"), db.transaction():
            start(db, 5, 25, **how)
    start(db, 5, 25, approvals=[25], signals=["alert"])


def test_pausing_what_takes_no_step(db: Db) -> None:
    for verb in (dbml.pause, dbml.resume, dbml.approve):
        with pytest.raises(DbmlError, match="no strategy runs for churn"), db.transaction():
            verb(db, "churn")  # type: ignore[operator]
    start(db, share=10)
    with pytest.raises(DbmlError, match="takes no steps that could pause"), db.transaction():
        dbml.pause(db, "churn")
    with pytest.raises(DbmlError, match="are not paused"), db.transaction():
        dbml.resume(db, "churn")


def test_the_commands(shop: str) -> None:
    def run(*arguments: str, exit_code: int = 0) -> Any:
        result = CliRunner().invoke(main, list(arguments), env={"DBML_DSN": shop})
        assert result.exit_code == exit_code, f"{result.output}\n{result.exception!r}"
        return result.output

    deploy = ("deploy", "churn@2", "--strategy", "canary", "--steps", "5,25,100")
    assert "there is no 'entities=5'; write exposures=500 or outcomes=100" in run(
        *deploy, "--minimum", "entities=5", exit_code=2
    )
    assert "2.5 is no whole number" in run(*deploy, "--minimum", "exposures=2.5", exit_code=2)
    assert "score is given twice" in run(*deploy, "--guard", "score", "--guard", "score=1", exit_code=2)
    assert "name a --strategy" in run("deploy", "churn@2", "--signal", "alert", exit_code=2)
    run(
        *deploy,
        "--hold",
        "0 s",
        "--approval",
        "25",
        "--minimum",
        "exposures=1",
        "--signal",
        "alert",
        "--guard",
        "score=0.5",
    )
    try:
        assert "dbml approve: the step to 25 percent; 1 entities that it scores" in run("serving", "churn")
        assert "The step of churn to 25 percent is approved" in run("approve", "churn", "--note", "fine")
        assert "churn takes no step" in run("pause", "churn", "--why", "lunch")
        assert json.loads(run("advance", "churn", "--json")) == []
        assert "churn waits for: dbml resume: paused by somebody; " in run("advance")
        assert "the present one begins anew" in run("resume", "churn")
        with psycopg.connect(shop) as db:
            db.execute("update customer set spend = spend + 1")
        assert json.loads(run("advance", "churn", "--json")) == [
            {"name": "churn", "act": "step", "share": "25", "why": None}
        ]
    finally:
        run("abort", "churn")
