"""Outcomes join themselves to the predictions, and what dbml says of them scikit-learn says too."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn import metrics
from sklearn.linear_model import LinearRegression

import dbml
from dbml import spec
from dbml.errors import ProfileError
from tests.conftest import SPEC, TABLES, Cli, Databases, Trained

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
def spec_file(tmp_path: Path, db: Db) -> Path:
    db.execute("create table cancellation (customer_id integer, cancelled_at timestamptz)")
    file = tmp_path / "churn.toml"
    file.write_text(SPEC.replace("[[event]]", 'log = "scores"\n\n[[event]]', 1) + OUTCOME)
    return file


@pytest.fixture
def past(db: Db, live: None) -> pd.DataFrame:
    """Two predictions a customer, 100 and 50 days ago, with ties; of version 1 and 2; and who cancelled after which."""
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


def test_an_outcome_without_a_moment_holds_for_every_time(
    db: Db, cli: Cli, past: pd.DataFrame, spec_file: Path
) -> None:
    db.execute("create table verdict as select id as customer_id, id % 4 = 0 as gone from customer where id % 5 > 0")
    named, _ = spec_file.read_text().split("[[outcome]]")
    spec_file.write_text(
        named + '[[outcome]]\nmodel = "churn"\ntable = "public.verdict"\nkey = "customer_id"\nvalue = "gone"\n'
    )
    cli("detach", "customer")
    cli("attach", spec_file)
    db.execute("delete from dbml.log where at > now() - interval '1 day'")  # attaching scored every row
    rows = past[past["id"] % 5 > 0].assign(outcome=(past["id"] % 4 == 0).astype(float))
    for row in json.loads(cli("performance", "churn", "--by", "version", "--json").output):
        expected = truth(rows[rows["version"] == row["version"]])
        assert {k: row[k] for k in expected} == pytest.approx(expected, abs=1e-9)
    found = db.execute("select count(*), count(outcome), count(outcome_at) from dbml.outcomes('churn')").fetchone()
    assert found == (len(past), len(rows), 0)


@pytest.mark.usefixtures("past")
def test_questions_that_make_no_sense(db: Db, cli: Cli) -> None:
    assert "public.customer has no column 'colour'" in cli("performance", "churn", "--by", "colour", exit_code=1).output
    db.execute("delete from dbml.outcome")
    assert "nothing says what became of the predictions of 'churn'" in cli("performance", "churn", exit_code=1).output


def test_values_as_scikit_learn_judges_them(db: Db, tmp_path: Path) -> None:
    """A regressor, whose outcome is a number that may come late, and is not known of everybody."""
    random = np.random.default_rng(4)
    rows = pd.DataFrame({"spend": random.normal(50, 20, 200)})
    regressor = LinearRegression().fit(rows, 3 * rows["spend"] + random.normal(size=200))
    db.execute("create table person (id integer primary key, spend float8, worth float8)")
    db.execute("create table sale (person text, amount numeric, sold_at timestamptz)")
    prediction = spec.Prediction("worth", "worth", log="scores")
    outcome = spec.Outcome("worth", "person", "amount", query="select person::int, amount, sold_at from public.sale", at="sold_at", horizon="7 days")  # fmt: skip
    dbml.add_model(db, "worth", regressor, sample=rows)
    dbml.attach(db, spec.Profile("public.person", "id", [prediction], outcomes=[outcome]))
    dbml.deploy(db, "worth", 1)
    with db.cursor() as cursor:
        cursor.executemany("insert into person (id, spend) values (%s, %s)", list(enumerate(map(float, rows["spend"]))))
    db.execute("update dbml.log set at = at - interval '10 days'")
    y = (3 * rows["spend"] + random.normal(0, 9, 200)).round(2)[:150]
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into sale values (%s, %s, now() - interval '5 days')", [(str(i), v) for i, v in enumerate(y)]
        )
    score = regressor.predict(rows)[:150]
    [whole] = db.execute(
        "select n, mae, rmse, bias, mean_score, mean_outcome, auc, brier from dbml.performance('worth')"
    )
    expected = (
        150, metrics.mean_absolute_error(y, score), metrics.root_mean_squared_error(y, score), np.mean(score - y),
        score.mean(), y.mean(), None, None,
    )  # fmt: skip
    assert whole[:6] == pytest.approx(expected[:6], abs=1e-9)
    assert whole[6:] == expected[6:]


@pytest.mark.parametrize(
    ("line", "wrong", "says"),
    [
        ('table = "public.cancellation"', 'table = "public.nowhere"', 'relation "public.nowhere" does not exist'),
        (
            'table = "public.cancellation"',
            'table = "cancellation"',
            'cannot be read: relation "cancellation" does not exist',
        ),
        ('table = "public.cancellation"', 'query = "select 1; select 2"', "cannot be read: syntax error"),
        ('key = "customer_id"', 'key = "customer"', 'has no column "customer" for the key'),
        ('key = "customer_id"', 'key = "cancelled_at"', 'has a key "cancelled_at" that cannot be compared with "id"'),
        ('value = "true"', 'value = "gone"', 'has value = "gone", which is not possible: column "gone" does not exist'),
        ('value = "true"', 'value = "true) + (1"', "which is not possible"),
        ('otherwise = "false"', 'otherwise = "customer_id"', 'has otherwise = "customer_id", which is not possible'),
        ('at = "cancelled_at"', 'at = "customer_id"', 'needs a timestamptz, but at = "customer_id" is integer'),
        ('at = "cancelled_at"', 'at = "cancelled_at::date"', "needs a timestamptz"),
        ('horizon = "30 days"', 'horizon = "a month or so"', "which is no interval"),
        ('horizon = "30 days"', 'horizon = "-1 day"', "which is no time at all"),
    ],
)
def test_outcomes_that_cannot_be_read(outcomes: Callable[..., Any], line: str, wrong: str, says: str) -> None:
    with pytest.raises(ProfileError) as refused:
        outcomes(OUTCOME.replace(line, wrong))
    assert says in refused.value.message
    assert refused.value.message.startswith('the outcome of "churn"')
    assert refused.value.hint


def test_the_outcome_of_a_value_is_a_number(outcomes: Callable[..., Any]) -> None:
    with pytest.raises(ProfileError, match="is boolean, but the model predicts a number"):
        outcomes(OUTCOME, kind="value")


@pytest.fixture(scope="module")
def outcomes(databases: Databases, churn: Trained, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Attaches a profile with an outcome, and takes it back."""
    dsn = databases.create()
    file = tmp_path_factory.mktemp("outcome") / "churn.toml"
    with psycopg.connect(dsn) as connection:
        connection.execute(TABLES + "create table cancellation (customer_id integer, cancelled_at timestamptz)")
        dbml.add_model(connection, "churn", churn.file, sample=churn.sample)

    def attach(outcome: str, kind: str | None = None) -> None:
        file.write_text(SPEC + outcome)
        with psycopg.connect(dsn) as connection, connection.transaction(force_rollback=True):
            if kind:
                connection.execute("set local session_replication_role = replica")
                connection.execute(
                    "update dbml.model_version set interface = jsonb_set(interface, '{output,kind}', to_jsonb(%s::text))",
                    [kind],
                )
            dbml.attach(connection, spec.read(file))

    return attach
