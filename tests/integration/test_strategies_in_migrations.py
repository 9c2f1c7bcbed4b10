"""Strategies in migrations: each operation and its reverse, on a connection and as a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import MigrateOperation, Operations
from alembic.util import CommandError

import dbml
from dbml.alembic import strategies as ops
from dbml.serving.strategies import Strategy
from tests.application import as_script, url
from tests.conftest import Databases

Db = psycopg.Connection[Any]
STANDS = "select id, churn_score, churn_version from customer order by id"
SERVES = "select version, arm, strategy, share, shadow_share from dbml.serving order by arm"
ARMS = "select array_agg(dbml.arm_of('churn', id::text) order by id) from customer"


@pytest.fixture
def dsn(databases: Databases, side_by_side: str) -> str:
    return databases.create(like=side_by_side)


@pytest.fixture(params=[False, True], ids=["online", "script"])
def invoke(request: pytest.FixtureRequest, db: Db) -> Callable[[MigrateOperation], None]:
    """Run an operation on a connection, or what ``--sql`` writes of it."""

    def run(operation: MigrateOperation) -> None:
        if request.param:
            with db.transaction():
                db.execute(as_script(operation).encode())
            return
        with sa.create_engine(url(db.info.dsn), poolclass=sa.NullPool).begin() as connection:
            Operations(MigrationContext.configure(connection)).invoke(operation)

    return run


def started(kind: type[ops.StartStrategyOp], strategy: Strategy, *, rescore: bool = True) -> ops.StartStrategyOp:
    return kind("churn", 2, strategy, "by a migration", [], rescore)


def state(db: Db) -> list[Any]:
    return [db.execute(query).fetchall() for query in (STANDS, SERVES, ARMS)]


def test_there_and_back(invoke: Callable[[MigrateOperation], None], db: Db) -> None:
    """A canary, wider, promoted; and each step back is the very state before it."""
    db.execute("insert into customer (id, plan, spend) select i, 'plus', i % 70 from generate_series(101, 300) i")
    steps = [
        started(ops.CanaryModelOp, Strategy("canary", 20, "spend > 5", failure_limit=0.5)),
        ops.ShareModelOp("churn", 60, 20),
        ops.PromoteModelOp("churn", "it is good"),
    ]
    states = [state(db)]
    for step in steps:
        invoke(step)
        states.append(state(db))
    assert [row[1] for row in states[1][1]] == ["candidate", "control"]
    assert states[3][1][0][:2] == (2, "control")
    assert {row[2] for row in states[3][0]} == {2}
    for step, before in zip(reversed(steps), reversed(states[:-1]), strict=True):
        invoke(step.reverse())
        assert state(db) == before
    assert dbml.reconcile(db).differences == []
    # And an abort that is taken back.
    invoke(steps[0])
    before = state(db)
    abort = ops.AbortModelOp("churn", "worse")
    invoke(abort)
    assert state(db)[:2] == states[0][:2]
    invoke(abort.reverse())
    assert state(db) == before
    acts = [row[0] for row in db.execute("select act from dbml.strategy_act order by id")]
    assert acts == ["start", "share", "promote", "start", "share", "abort", "start", "abort", "start"]


@pytest.mark.parametrize(
    ("kind", "strategy", "serves"),
    [
        (ops.AbModelOp, Strategy("ab", 30, also=[3]), [("candidate", 30), ("candidate_2", 30), ("control", 40)]),
        (
            ops.RollingModelOp,
            Strategy(
                "rolling",
                steps=[5, 50],
                hold="1 hour",
                score_limit=0.1,
                min_exposures=9,
                approvals=[50],
                signals=["alert", "failure=0.01"],
            ),
            [("candidate", 5), ("control", 95)],
        ),
        (ops.ShadowModelOp, Strategy("shadow", 50, in_statement=True), [("control", 100), ("shadow", 0)]),
    ],
)
def test_each_strategy_starts_and_ends(
    db: Db, kind: type[ops.StartStrategyOp], strategy: Strategy, serves: list[Any]
) -> None:
    before = state(db)
    start = started(kind, strategy)
    with db.transaction():
        db.execute(as_script(start).encode())
    assert [(row[1], row[3]) for row in db.execute(SERVES)] == serves
    how = "select to_jsonb(o) - 'stepped_at' from dbml.rollout o"
    asked = db.execute(how).fetchall()
    with db.transaction():
        db.execute(as_script(start.reverse()).encode())
    assert state(db) == before
    # And taken back, with all that it waits for.
    with db.transaction():
        db.execute(as_script(start.reverse().reverse()).encode())
    assert db.execute(how).fetchall() == asked


def test_blue_green_is_promoted_and_taken_back(invoke: Callable[[MigrateOperation], None], db: Db) -> None:
    invoke(started(ops.BlueGreenModelOp, Strategy("blue-green"), rescore=False))
    dbml.score_aside(db, "churn")
    before = state(db)
    promote = ops.PromoteModelOp("churn")
    invoke(promote)
    assert {row[2] for row in db.execute(STANDS)} == {2}
    invoke(promote.reverse())
    assert state(db) == before
    # Nothing has to be scored aside again.
    assert dbml.score_aside(db, "churn") == 0


def test_what_cannot_go_on_is_refused(db: Db) -> None:
    resume = ops.ResumeModelOp("churn")
    with pytest.raises(psycopg.Error, match="no strategy of churn has ended"), db.transaction():
        db.execute(as_script(resume).encode())
    dbml.start_strategy(db, "churn", 2, Strategy("canary"))
    with sa.create_engine(url(db.info.dsn), poolclass=sa.NullPool).begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with pytest.raises(CommandError, match="a strategy canary runs for churn"):
            operations.invoke(resume)
    dbml.abort(db, "churn")
    dbml.deploy(db, "churn", 3)
    with pytest.raises(psycopg.Error, match="churn@3 serves by now"), db.transaction():
        db.execute(as_script(resume).encode())
