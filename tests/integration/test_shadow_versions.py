"""Versions that answer unheard: in bulk from the log, or inside the statement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import psycopg
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from tests.conftest import SPEC, Cli, Databases, Trained, profile_rows

Db = psycopg.Connection[Any]
TRIGGER = "select prosrc from pg_proc where proname = 'profile_1_score'"


@pytest.fixture
def dsn(databases: Databases, side_by_side: str) -> str:
    return databases.create(like=side_by_side)


def answers(db: Db, arm: str = "shadow") -> dict[tuple[str, Any], tuple[float | None, str | None]]:
    """(entity, time) → score and failure of what an arm has answered."""
    rows = db.execute("select entity[1], at, score, failure from dbml.prediction_log where arm = %s", [arm]).fetchall()
    assert len({row[:2] for row in rows}) == len(rows)
    return {(entity, at): (score, failure) for entity, at, score, failure in rows}


def truth_of_the_log(db: Db, trained: Trained) -> dict[tuple[str, Any], tuple[Any, None]]:
    """(entity, time) → scikit-learn's own answer to what the live version saw, and no failure."""
    rows = db.execute("select entity[1], at, features from dbml.prediction_log where arm = 'control'").fetchall()
    truth = trained.truth(pd.DataFrame([row[2] for row in rows]))
    return {row[:2]: (pytest.approx(score, abs=1e-9), None) for row, score in zip(rows, truth, strict=True)}


@pytest.mark.parametrize("how", ["--in-statement", None])
def test_shadows_answer_what_the_live_version_has_answered_and_change_nothing_else(
    cli: Cli, db: Db, churn: Trained, churn_2: Trained, churn_3: Trained, churn_4: Trained, how: str | None
) -> None:
    body = db.execute(TRIGGER).fetchone()
    also = ["--also", "3", "--also", "5", *([how] if how else ["--also", "4"])]
    cli("deploy", "churn@2", "--strategy", "shadow", *also, "--note", "which is better?")
    # Deferred, the insert pays for its log row alone: its trigger is what it was.
    assert (db.execute(TRIGGER).fetchone() == body) == (how is None)
    db.execute("update customer set plan = 'unknown' where id = 3")
    db.execute("insert into complaint (customer_id) select 1 + i % 40 from generate_series(1, 60) i")
    db.execute("insert into complaint (customer_id) values (7)")
    if how is None:
        cli("worker", "--once", "--duty", "shadows")
        cli("worker", "--once", "--duty", "shadows")
        assert answers(db, "shadow_4") == truth_of_the_log(db, churn_4)
    assert answers(db) == truth_of_the_log(db, churn_2)
    assert answers(db, "shadow_2") == truth_of_the_log(db, churn_3)
    # One of them raises.
    raised = answers(db, "shadow_3")
    assert raised.keys() == answers(db).keys()
    assert len(raised) == 42
    for (entity, _), (score, failure) in raised.items():
        assert (score is None) == (entity == "3")
        assert failure is None if entity != "3" else str(failure).startswith("DB013: churn@5 cannot score this row")
    # As if nothing stood beside the live one.
    rows = profile_rows(db)
    assert rows["churn_score"].to_numpy() == pytest.approx(churn.truth(rows), abs=1e-9)
    assert set(rows["churn_version"]) == {1}
    assert db.execute("select count(*) from dbml.failure").fetchone() == (0,)
    shown = json.loads(cli("serving", "churn", "--json").output)
    assert [(row["arm"], row["share"], row["shadow_share"]) for row in shown][:2] == [
        ("control", "100", None), ("shadow", "0", "100"),
    ]  # fmt: skip
    assert db.execute("select bool_and(dbml.score('churn@shadow', c) = dbml.score('churn@2', c)) from customer c").fetchone() == (True,)  # fmt: skip
    assert "has scored 0 rows" in cli("abort", "churn").output
    db.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select dbml.answer_shadows()").fetchone() == (0,)
    assert len(answers(db)) == 42


def test_a_shadow_answers_whole_transactions_behind_those_that_run(cli: Cli, db: Db, dsn: str) -> None:
    cli("deploy", "churn@2", "--strategy", "shadow")
    with psycopg.connect(dsn) as slow:
        slow.execute("insert into complaint (customer_id) values (1)")
        db.execute("insert into complaint (customer_id) values (2)")
        assert db.execute("select dbml.answer_shadows()").fetchone() == (0,)
        slow.execute("insert into complaint (customer_id) values (3)")
        slow.commit()
        slow.execute("insert into complaint (customer_id) values (4)")
        slow.rollback()
    assert db.execute("select dbml.answer_shadows()").fetchone() == (3,)
    assert db.execute("select dbml.answer_shadows()").fetchone() == (0,)
    assert sorted(entity for entity, _ in answers(db)) == ["1", "2", "3"]
    # As after a restore, where the numbers of transactions say nothing.
    for mark in (0, 2**40):
        db.execute("update dbml.arm set answered_before = %s", [mark])
        assert db.execute("select dbml.answer_shadows()").fetchone() == (0,)
    # What is logged in another segment, and in small batches.
    db.execute("insert into complaint (customer_id) values (5)")
    db.execute("select dbml.rotate_log(every => '0')")
    for customer in range(6, 12):
        db.execute("insert into complaint (customer_id) values (%s)", [customer])
    batches = [db.execute("select answered, more from dbml._answer_shadows(3)").fetchone() for _ in range(3)]
    assert batches == [(3, True), (3, True), (1, False)]
    db.execute("select dbml.forget('customer', '{5}')")
    assert db.execute("select dbml.answer_shadows()").fetchone() == (0,)


def test_where_the_log_has_no_features_a_shadow_reads_the_row_as_it_is_now(
    cli: Cli, db: Db, churn_2: Trained, tmp_path: Path
) -> None:
    cli("detach", "customer")
    (tmp_path / "scores.toml").write_text(SPEC.replace("[[event]]", 'log = "scores"\n\n[[event]]', 1))
    cli("attach", tmp_path / "scores.toml")
    cli("deploy", "churn@2", "--strategy", "shadow", "--share", "40")
    db.execute("insert into complaint (customer_id) select i from generate_series(1, 50) i")
    db.execute("delete from complaint where customer_id > 45")
    db.execute("delete from customer where id > 45")
    db.execute("select dbml.answer_shadows()")
    rows = profile_rows(db)
    truth = {str(key): score for key, score in zip(rows["id"], churn_2.truth(rows), strict=True)}
    found = answers(db)
    share = (
        "select i::text from generate_series(1, 50) i"
        " where (hashint8extended(i::int8, hashtextextended('churn', 0)) & 9223372036854775807) % 10000 >= 6000"
    )
    assert {entity for entity, _ in found} == {entity for (entity,) in db.execute(share)}
    assert 8 < len({entity for entity, _ in found}) < 33
    for (entity, _), answer in found.items():
        gone = (None, "DB013: the row is gone")
        assert answer == (gone if int(entity) > 45 else (pytest.approx(truth[entity], abs=1e-9), None))


def test_a_shadow_answers_for_another_share_and_is_promoted(cli: Cli, db: Db) -> None:
    cli("deploy", "churn@2", "--strategy", "shadow", "--in-statement", "--where", "spend > 0")
    db.execute("update customer set spend = -1 where id = 4")
    db.execute("insert into complaint (customer_id) values (1), (4)")
    assert [entity for entity, _ in answers(db)] == ["1"]
    cli("share", "churn", "0")
    db.execute("insert into complaint (customer_id) values (1)")
    assert len(answers(db)) == 1
    assert "a strategy shadow runs for churn, with churn@2 on 0 percent" in cli("rollback", "churn", exit_code=1).output
    cli("promote", "churn")
    assert db.execute("select version, arm from dbml.serving").fetchall() == [(2, "control")]
    # What has ended leaves nothing behind once everything is made anew.
    cli("rescore", "churn")
    assert db.execute("select from pg_proc where proname like 'profile%@%'").rowcount == 0


def test_what_makes_no_sense_is_refused(cli: Cli, db: Db, tmp_path: Path) -> None:
    for arguments, says in (
        (["churn@2", "--steps", "1,5"], "harms nobody, so it has no steps"),
        (["churn@2", "--guard", "failure=0.1"], "harms nobody, so it has no steps"),
        (["churn@2", "--share", "0"], "is none"),
        (["churn@2", "--share", "101"], "is none"),
        (["churn@2", "--where", "plan = other"], "'other'"),
        (["churn@4", "--in-statement"], "churn@4 runs on the engine python"),
    ):
        assert says in cli("deploy", *arguments, "--strategy", "shadow", exit_code=1).output
    refused = cli("deploy", "churn@2", "--strategy", "canary", "--in-statement", exit_code=1)
    assert "is a shadow, and canary of churn is none" in refused.output
    cli("detach", "customer")
    refused = cli("deploy", "churn@2", "--strategy", "shadow", exit_code=1)
    assert "no profile has a prediction of churn" in refused.output
    (tmp_path / "unlogged.toml").write_text(SPEC)
    cli("attach", tmp_path / "unlogged.toml")
    refused = cli("deploy", "churn@2", "--strategy", "shadow", exit_code=1)
    assert "predictions of churn for public.customer are not logged" in refused.output
    assert 'log = "all"' in refused.output
    assert db.execute("select arm from dbml.serving").fetchall() == [("control",)]


def test_features_by_expressions_in_another_order_are_each_versions_own(
    cli: Cli, db: Db, churn: Trained, tmp_path: Path
) -> None:
    names = ["spend", "complaints", "plan"]
    other = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["plan"]), ("passthrough", ["complaints", "spend"])),
        LogisticRegression(),
    ).fit(churn.rows[names], churn.rows["complaints"] > 4)
    joblib.dump(other, tmp_path / "other.joblib")
    churn.rows[names].head(20).to_csv(tmp_path / "other.csv", index=False)
    cli("model", "add", "churn", tmp_path / "other.joblib", "--sample", tmp_path / "other.csv")
    cli("detach", "customer")
    spec = tmp_path / "expressions.toml"
    spec.write_text(
        SPEC.replace("[[event]]", '[prediction.features]\nspend = "spend * 2"\nplan = "lower(plan)"\n\n[[event]]', 1)
    )
    cli("attach", spec)
    cli("deploy", "churn@6", "--strategy", "ab", "--share", "50")
    cli("rescore", "churn", "--all")
    rows = profile_rows(db)
    seen = rows.assign(spend=rows["spend"] * 2)
    truth = {1: churn.truth(seen), 6: other.predict_proba(seen[names])[:, 1]}
    assert set(rows["churn_version"]) == {1, 6}
    for place, (version, score) in enumerate(zip(rows["churn_version"], rows["churn_score"], strict=True)):
        assert score == pytest.approx(truth[version][place], abs=1e-9)
