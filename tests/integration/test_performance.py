"""Outcomes join themselves to the predictions, and what dbml says of them scikit-learn says too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn import metrics

from tests.conftest import SPEC, Cli

Db = psycopg.Connection[Any]
OUTCOME = """
[[outcome]]
model = "churn"
table = "public.cancellation"
key = "customer_id"
value = "true"
otherwise = "false"
at = "cancelled_at"
horizon = "30 days"
"""


@pytest.fixture
def spec_file(tmp_path: Path) -> Path:
    file = tmp_path / "churn.toml"
    file.write_text(SPEC.replace("[[event]]", 'log = "scores"\n\n[[event]]', 1) + OUTCOME)
    return file


@pytest.fixture
def past(db: Db, live: None) -> pd.DataFrame:
    """Two predictions a customer, 100 and 50 days ago, with ties; of version 1 and 2; and who cancelled after which."""
    db.execute("create table cancellation (customer_id integer, cancelled_at timestamptz)")
    db.execute("delete from dbml.log")
    for days, version in ((100, 1), (50, 2)):
        db.execute(
            "insert into dbml.log_1 (at, profile, version, model, arm, entity, score)"
            " select date_trunc('day', now()) - %s * interval '1 day', 'customer', %s, 'churn', 'control', array[id::text],"
            " (id * 7 %% 20) / 20.0 + 0.01 from customer",
            [days, version],
        )
    # After 20 days: within the horizon of its prediction; after 40: within none.
    db.execute(
        "insert into cancellation select id, date_trunc('day', now()) - interval '80 days' from customer where id % 3 = 0"
    )
    db.execute(
        "insert into cancellation select id, date_trunc('day', now()) - interval '10 days' from customer where id % 3 = 1"
    )
    db.execute(
        "insert into cancellation select id, date_trunc('day', now()) - interval '30 days' from customer where id % 5 = 2"
    )
    frame = pd.DataFrame({"id": np.tile(np.arange(1, 51), 2), "version": np.repeat([1, 2], 50)})
    frame["score"] = frame["id"] * 7 % 20 / 20 + 0.01
    frame["outcome"] = np.where(frame["version"] == 1, frame["id"] % 3 == 0, frame["id"] % 5 == 2).astype(float)
    return frame


def truth(rows: pd.DataFrame) -> dict[str, float]:
    y, s = rows["outcome"], rows["score"]
    return {
        "n": len(rows),
        "auc": metrics.roc_auc_score(y, s),
        "log_loss": metrics.log_loss(y, s),
        "brier": metrics.brier_score_loss(y, s),
        "accuracy": metrics.accuracy_score(y, s > 0.5),
    }


def test_outcomes_are_those_within_the_horizon(db: Db, past: pd.DataFrame) -> None:
    found = db.execute(
        "select entity[1]::int, version, outcome from dbml.outcomes('churn') order by version, 1"
    ).fetchall()
    assert found == [tuple(row) for row in past[["id", "version", "outcome"]].itertuples(index=False)]


def test_what_scikit_learn_says(db: Db, cli: Cli, past: pd.DataFrame) -> None:
    [whole] = json.loads(cli("performance", "churn", "--json").output)
    assert {k: whole[k] for k in truth(past)} == pytest.approx(truth(past), abs=1e-9)
    assert whole["mae"] is whole["rmse"] is whole["bias"] is None
    for row in json.loads(cli("performance", "churn", "--by", "version", "--json").output):
        expected = truth(past[past["version"] == row["version"]])
        assert {k: row[k] for k in expected} == pytest.approx(expected, abs=1e-9)
    plans = dict(db.execute("select id, plan from customer").fetchall())
    rows = json.loads(cli("performance", "churn", "--by", "plan", "--json").output)
    assert {row["segment"] for row in rows} == set(plans.values())
    for row in rows:
        expected = truth(past[past["id"].map(plans) == row["segment"]])
        assert {k: row[k] for k in expected} == pytest.approx(expected, abs=1e-9)


def test_as_known_on_a_day(db: Db, past: pd.DataFrame) -> None:
    def n(days: int) -> list[tuple[int, float]]:
        return db.execute(
            "select n, mean_outcome from dbml.performance('churn', as_of => date_trunc('day', now()) - %s * interval '1 day')", [days]
        ).fetchall()  # fmt: skip

    assert n(75) == []  # younger than the horizon
    assert n(60) == [(50, 16 / 50)]
    db.execute("delete from cancellation where customer_id = 3")
    assert n(60) == [(50, 15 / 50)]


@pytest.mark.usefixtures("past")
def test_questions_that_make_no_sense(db: Db, cli: Cli) -> None:
    assert "public.customer has no column 'colour'" in cli("performance", "churn", "--by", "colour", exit_code=1).output
    db.execute("delete from dbml.outcome")
    assert "nothing says what became of the predictions of 'churn'" in cli("performance", "churn", exit_code=1).output
