"""Training sets are what was seen, and only a better version gets to serve."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn import metrics
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import dbml
from dbml.training.recipe import parse
from tests.conftest import SPEC, Cli, Trained
from tests.integration.test_performance import OUTCOME

Db = psycopg.Connection[Any]
FEATURES = ["plan", "complaints", "spend"]
ENTITIES = 600
TREES = """
[estimator]
class = "sklearn.ensemble.GradientBoostingClassifier"
parameters = { n_estimators = 20, random_state = 1 }
"""


@pytest.fixture
def spec_file(db: Db, tmp_path: Path) -> Path:
    db.execute("create table cancellation (customer_id integer, cancelled_at timestamptz)")
    file = tmp_path / "churn.toml"
    file.write_text(SPEC.replace("[[event]]", 'log = "all"\n\n[[event]]', 1) + OUTCOME)
    return file


@pytest.fixture
def past(db: Db, live: None) -> pd.DataFrame:
    """Two exposures a customer, with features that moved between; who cancelled depends on the spend alone."""
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "id": np.arange(1001, 1001 + ENTITIES),
            "plan": random.choice(["basic", "plus"], ENTITIES),
            "spend": random.normal(50, 20, ENTITIES),
            "complaints": random.integers(0, 6, ENTITIES),
        }
    )
    frame["gone"] = frame["spend"] + random.normal(0, 8, ENTITIES) > 55
    with db.cursor() as cursor:
        rows = frame.itertuples()
        cursor.executemany(
            "insert into customer (id, plan, spend) values (%s, %s, %s)", [(r.id, r.plan, r.spend) for r in rows]
        )
    db.execute("delete from dbml.log where entity[1]::integer <= 1000")
    keys = np.repeat(frame["id"], frame["complaints"]).tolist()
    db.execute("insert into complaint (customer_id) select unnest(%s::integer[])", [keys])
    db.execute(
        "update dbml.log l set at = date_trunc('day', now()) + (l.entity[1]::integer - 1001) * interval '4 hours'"
        " - case when l.numbers[1] = 0 and l.at = (select min(o.at) from dbml.log o where o.entity = l.entity)"
        " then interval '400 days' else interval '200 days' end"
    )
    gone = frame.loc[frame["gone"], "id"].tolist()
    db.execute(
        "insert into cancellation select id, date_trunc('day', now()) + (id - 1001) * interval '4 hours' - interval '190 days'"
        " from unnest(%s::integer[]) id",
        [gone],
    )
    return frame


def exposures(past: pd.DataFrame) -> pd.DataFrame:
    """What was seen and what became of it, in order of time, from what the fixture wrote."""
    first = past.assign(complaints=0, gone=False, _at=-400.0 + np.arange(ENTITIES) / 6)
    second = past[past["complaints"] > 0].assign(_at=lambda rows: -200.0 + (rows["id"] - 1001) / 6)
    return pd.concat([first, second]).sort_values("_at", kind="stable", ignore_index=True)


def recipe_file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "recipe.toml"
    file.write_text(text)
    return file


def test_a_training_set_is_what_was_seen(db: Db, cli: Cli, past: pd.DataFrame, churn: Trained, tmp_path: Path) -> None:
    # What comes after an exposure is not in it: another spend, and a cancellation after the horizon.
    db.execute("update customer set spend = spend + 1000")
    db.execute("insert into cancellation select 1001, now() - interval '10 days'")
    file = tmp_path / "data.parquet"
    said = cli("dataset", "churn", "-o", file).output
    found, expected = pd.read_parquet(file), exposures(past)
    assert found[FEATURES].to_numpy().tolist() == expected[FEATURES].to_numpy().tolist()
    assert found["_label"].tolist() == expected["gone"].astype(float).tolist()
    assert found["_entity"].astype(int).tolist() == expected["id"].tolist()
    scores = dict(db.execute("select (entity, at)::text, score from dbml.prediction_log").fetchall())
    assert set(found["_score"]) <= set(scores.values())
    # The features of each row are those that got the row's score.
    np.testing.assert_allclose(churn.truth(found[FEATURES]), found["_score"], rtol=0, atol=1e-9)
    # The same by SQL, and in the other format.
    rows = db.execute("select features, label from dbml.training_set('churn')").fetchall()
    assert [(f["plan"], f["complaints"], f["spend"], label) for f, label in rows] == [
        tuple(row) for row in found[[*FEATURES, "_label"]].itertuples(index=False)
    ]
    cli("dataset", "churn", "-o", tmp_path / "data.csv")
    again = pd.read_csv(tmp_path / "data.csv", dtype={"spend": str})
    assert [float(spend) for spend in again["spend"]] == found["spend"].tolist()
    assert dbml.dataset(db, "churn").sha256 in said


def test_what_is_missing_stays_missing(db: Db, past: pd.DataFrame) -> None:
    at = "now() - interval '300 days'"
    values = [("", 1e-310), (None, None), ("NA", float("inf")), ('"\\N', 0.1 + 0.2)]
    for place, (plan, spend) in enumerate(values, 1):
        db.execute(
            "insert into dbml.log_1 (at, profile, version, model, arm, entity, score, numbers, texts)"
            f" values ({at}, 'customer', 1, 'churn', 'control', array['m' || %s], 0.5, array[1, %s]::float8[], array[%s])",
            [place, spend, plan],
        )
    rows = dbml.dataset(db, "churn").rows
    found = rows[rows["_entity"].str.startswith("m")]
    for (plan, spend), row in zip(values, found.itertuples(), strict=True):
        assert row.plan == plan or (plan is None and row.plan != row.plan)
        assert row.spend == spend or (spend is None and np.isnan(row.spend))


def test_a_recipe_makes_the_version_that_scikit_learn_makes(
    db: Db, cli: Cli, past: pd.DataFrame, tmp_path: Path
) -> None:
    recipe = recipe_file(tmp_path, TREES + '[data]\nhalf_life = "100 days"\n[test]\nshare = 0.25\nblocks = 1\n')
    made = json.loads(cli("train", "churn", "--recipe", recipe, "--json").output)
    assert (made["version"], made["already_there"], made["verdict"]) == (2, False, None)
    # By hand: the last quarter judges, and nothing whose outcome was unknown at its beginning is fitted on.
    rows = exposures(past)
    first = rows["_at"].iloc[int(len(rows) * 0.75)]
    used, test = rows[rows["_at"] < first - 30], rows[rows["_at"] >= first]
    encoder = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["plan"]), remainder="passthrough")
    estimator = make_pipeline(encoder, GradientBoostingClassifier(n_estimators=20, random_state=1))
    now, midnight = db.execute("select now(), date_trunc('day', now())").fetchone() or (None, None)
    age = (now - midnight).total_seconds() / 86400 - used["_at"]  # type: ignore[operator]
    estimator.fit(used[FEATURES], used["gone"], gradientboostingclassifier__sample_weight=0.5 ** (age / 100))
    scores = estimator.predict_proba(test[FEATURES])[:, 1]
    expected = {
        "auc": metrics.roc_auc_score(test["gone"], scores),
        "log_loss": metrics.log_loss(test["gone"], scores),
        "brier": metrics.brier_score_loss(test["gone"], scores),
    }
    assert made["measures"] == pytest.approx(expected, abs=1e-6)
    [(kept, count)] = db.execute("select recipe ->> 'path', rows from dbml.training").fetchall()
    assert (kept, count) == ("sklearn.ensemble.GradientBoostingClassifier", len(rows))
    # Again, of the same rows: the same version. And since then nothing has become known.
    again = json.loads(cli("train", "churn", "--recipe", recipe, "--json").output)
    assert (again["version"], again["already_there"]) == (2, True)
    said = cli("dataset", "churn", "--since", "churn@2", "-o", tmp_path / "new.csv", exit_code=1).output
    assert "since churn@2 was trained" in said
    db.execute("update dbml.training set as_of = as_of - interval '150 days'")
    cli("dataset", "churn", "--since", "churn@2", "-o", tmp_path / "new.csv")
    new = pd.read_csv(tmp_path / "new.csv")
    is_new = rows["_at"] > -180 + age.iloc[0] + used["_at"].iloc[0]
    assert len(new) == is_new.sum()
    # A tenth of the old beside it.
    cli("dataset", "churn", "--since", "churn@2", "--old", 0.1, "-o", tmp_path / "mixed.csv")
    mixed = pd.read_csv(tmp_path / "mixed.csv")
    assert 0.05 < (len(mixed) - len(new)) / (~is_new).sum() < 0.15
    assert mixed.tail(len(new))["_entity"].tolist() == new["_entity"].tolist()


def test_each_block_is_answered_by_what_came_before_it(db: Db, cli: Cli, past: pd.DataFrame, tmp_path: Path) -> None:
    recipe = recipe_file(tmp_path, TREES + "[test]\nshare = 0.25\nblocks = 2\n")
    made = json.loads(cli("train", "churn", "--recipe", recipe, "--json").output)
    rows = exposures(past)
    encoder = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["plan"]), remainder="passthrough")
    begins = [rows["_at"].iloc[int(len(rows) * share)] for share in (0.75, 0.875)]
    blocks = [rows[(rows["_at"] >= begins[0]) & (rows["_at"] < begins[1])], rows[rows["_at"] >= begins[1]]]
    scores = []
    for first, block in zip(begins, blocks, strict=True):
        used = rows[rows["_at"] < first - 30]
        estimator = make_pipeline(encoder, GradientBoostingClassifier(n_estimators=20, random_state=1))
        estimator.fit(used[FEATURES], used["gone"])
        scores.append(estimator.predict_proba(block[FEATURES])[:, 1])
    truth = pd.concat(blocks)["gone"]
    assert made["measures"]["log_loss"] == pytest.approx(metrics.log_loss(truth, np.concatenate(scores)), abs=1e-9)
    # The fit of the last block is what is stored.
    stored = [dbml.score(db, "churn@2", row) for row in json.loads(blocks[1][FEATURES].to_json(orient="records"))]
    assert stored == pytest.approx(scores[1].tolist(), abs=1e-9)


def test_what_is_better_may_still_cost_too_much(db: Db, cli: Cli, past: pd.DataFrame, tmp_path: Path) -> None:
    for limits, says in (
        ("larger = 0.001", "times as large, and may be 0.001"),
        ("slower = 0.001", "times as slow, and may be 0.001"),
    ):
        recipe = recipe_file(tmp_path, TREES + f"[test]\n{limits}\n")
        said = cli("retrain", "churn", "--recipe", recipe, exit_code=1).output
        assert says in said.replace("\n", " ")
        assert len(dbml.versions(db, "churn")) == 1
    assert db.execute("select count(*) from dbml.training").fetchone() == (0,)
    generous = recipe_file(tmp_path, TREES + "[test]\nlarger = 1000\nslower = 1000\nbias = 0.5\n")
    assert json.loads(cli("retrain", "churn", "--recipe", generous, "--json").output)["version"] == 2


def test_only_what_is_better_gets_to_serve(db: Db, cli: Cli, past: pd.DataFrame, tmp_path: Path) -> None:
    recipe = recipe_file(tmp_path, TREES + '[test]\nsegments = ["plan"]\n[promote]\nstrategy = "canary"\nshare = 20\n')
    made = json.loads(cli("retrain", "churn", "--recipe", recipe, "--json").output)
    assert made["version"] == 2
    assert made["verdict"]["passed"] is True
    segments = {one["group"] for one in made["verdict"]["differences"]} - {
        "the same recipe on new data",
        "the new recipe on the same data",
    }
    assert segments == {"all", "plan = basic", "plan = plus"}
    shares = dict(db.execute("select version, share from dbml.serving where model = 'churn'").fetchall())
    assert shares == {1: 80, 2: 20}
    # Called again it has nothing to do; and a version that is no better is not even stored.
    assert json.loads(cli("retrain", "churn", "--recipe", recipe, "--json").output)["already_there"] is True
    cli("promote", "churn")
    worse = recipe_file(tmp_path, '[estimator]\nclass = "sklearn.dummy.DummyClassifier"\n')
    said = cli("retrain", "churn", "--recipe", worse, exit_code=1).output
    assert "the challenger is worse" in said
    assert len(dbml.versions(db, "churn")) == 2
    [(serving,)] = db.execute("select version from dbml.serving where model = 'churn'").fetchall()
    assert serving == 2


def test_two_at_once_make_one_version(db: Db, dsn: str, past: pd.DataFrame) -> None:
    recipe = parse({"estimator": {"class": "sklearn.linear_model.LogisticRegression"}}, "recipe")

    def retrain(_: int) -> tuple[int | None, bool]:
        with psycopg.connect(dsn, autocommit=True) as connection:
            made = dbml.retrain(connection, "churn", recipe)
            return made.version, made.already_there

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(retrain, range(2))) == [(2, False), (2, True)]
    assert db.execute("select version, arm from dbml.serving").fetchall() == [(2, "control")]
    assert db.execute("select count(*) from dbml.training").fetchone() == (1,)


class Killed(LogisticRegression):
    """Its process is killed while it is fitted."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


def test_one_that_is_killed_leaves_nothing(db: Db, dsn: str, cli: Cli, past: pd.DataFrame, tmp_path: Path) -> None:
    before = db.execute("select count(*) from dbml.model_version").fetchone()
    recipe = recipe_file(tmp_path, '[estimator]\nentry = "tests.integration.test_training:Killed"\n')
    command = [
        sys.executable,
        "-c",
        "from dbml.cli import main; main()",
        "retrain",
        "churn",
        "--recipe",
        str(recipe),
        "--dsn",
        dsn,
    ]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert db.execute("select count(*) from dbml.model_version").fetchone() == before
    assert db.execute("select count(*) from dbml.training").fetchone() == (0,)
    # Nothing is in the way of the next one.
    assert (
        json.loads(cli("retrain", "churn", "--recipe", recipe_file(tmp_path, TREES), "--json").output)["version"] == 2
    )


def test_a_clone_is_like_the_version_that_serves(db: Db, cli: Cli, past: pd.DataFrame, tmp_path: Path) -> None:
    recipe = {"estimator": {"parameters": {"logisticregression__C": 0.5}}, "test": {"share": 0.25, "blocks": 1}}
    made = dbml.train(db, "churn", parse(recipe, "recipe"))
    assert made.version == 2
    # What is true of the stored version is true of its clone: the same classes and the same kind of pipeline.
    one, two = dbml.versions(db, "churn")
    assert (two.output, two.estimator) == (one.output, one.estimator)
    truth = exposures(past)
    first = truth["_at"].iloc[int(len(truth) * 0.75)]
    used = truth[truth["_at"] < first - 30]
    file = tmp_path / "churn.joblib"
    cli("model", "export", "churn@2", "--format", "joblib", "-o", file)
    stored = joblib.load(file)
    assert stored[-1].C == 0.5
    again = LogisticRegression(C=0.5).fit(stored[:-1].transform(used[FEATURES]), used["gone"])
    np.testing.assert_allclose(stored[-1].coef_, again.coef_, rtol=0, atol=1e-6)


WRONG = (
    ("[estimator", "is no TOML"),
    ("[estimater]\n", "there is no [estimater] in a recipe"),
    ('[estimator]\nclas = "x"\n', "[estimator] has no clas"),
    ('[estimator]\nclass = "sklearn.nothing.Here"\n', "sklearn.nothing.Here cannot be had"),
    (TREES.replace("n_estimators", "trees"), "refuses its parameters"),
    ('[estimator]\nclass = "sklearn.linear_model.LinearRegression"\n', "LinearRegression is no classifier"),
    (f'[data]\nhalf_life = "soon"\n{TREES}', "half_life is 'soon'"),
    (
        '[data]\nhalf_life = "9 days"\n[estimator]\nclass = "sklearn.neighbors.KNeighborsClassifier"\n',
        "KNeighborsClassifier takes no weights",
    ),
    ("[[candidate]]\nsearch = { C = 1 }\n", "search is {'C': 1}"),
    ("[[candidate]]\nsearch = { D = [1] }\n", "has no parameter logisticregression__D"),
    (TREES + "[[candidate]]\n", "there is an [estimator] beside candidates"),
    (f"[test]\nshare = 2\n{TREES}", "[test] share is 2"),
    (f"[test]\nblocks = 0\n{TREES}", "[test] blocks is 0"),
    (f"[test]\nslower = -1\n{TREES}", "[test] slower is -1"),
    (f'[test]\nsegments = ["nowhere"]\n{TREES}', "nowhere is no feature of churn"),
    ('[estimator]\nlike = "churn"\n', "like is 'churn'"),
    (f'[data]\nwindow = "1 day"\n{TREES}', "no prediction lies within 1 day"),
)


def test_what_is_wrong_is_said_and_nothing_is_stored(db: Db, cli: Cli, past: pd.DataFrame, tmp_path: Path) -> None:
    for text, says in WRONG:
        said = cli("retrain", "churn", "--recipe", recipe_file(tmp_path, text), exit_code=1).output
        assert says in said.replace("\n", " "), text
        assert "hint: " in said
    assert "cannot be read" in cli("train", "churn", "--recipe", tmp_path / "no.toml", exit_code=1).output
    assert "neither .csv nor .parquet" in cli("dataset", "churn", "-o", tmp_path / "a.txt", exit_code=1).output
    assert "is no version of churn" in cli(
        "dataset", "churn", "--since", "other@1", "-o", tmp_path / "a.csv", exit_code=2
    ).output  # fmt: skip
    assert "nothing says of what churn@1 was made" in cli(
        "dataset", "churn", "--since", "churn@1", "-o", tmp_path / "a.csv", exit_code=1
    ).output  # fmt: skip
    assert len(dbml.versions(db, "churn")) == 1
    db.execute("update dbml.log set numbers = null, texts = null")
    said = cli("dataset", "churn", "-o", tmp_path / "a.csv", exit_code=1).output
    assert "no prediction of churn has features in the log" in said
    db.execute("delete from dbml.outcome")
    said = cli("dataset", "churn", "-o", tmp_path / "a.csv", exit_code=1).output
    assert "nothing says what became of the predictions" in said


def test_a_worker_makes_anew_what_is_due(db: Db, cli: Cli, past: pd.DataFrame, tmp_path: Path) -> None:
    recipe = recipe_file(tmp_path, TREES + '[retrain]\nevery = "7 days"\n')
    worker = ("worker", "--once", "--duty", "retrain", "--retrain", f"churn={recipe}")
    assert "churn is not due" in cli("retrain", "churn", "--recipe", recipe, "--if-due").output
    assert "retrain: 0 better versions were made." in cli(*worker).output
    db.execute("update dbml.deployment set deployed_at = now() - interval '8 days'")
    assert "retrain: 1 better versions were made." in cli(*worker).output
    assert db.execute("select version from dbml.serving").fetchone() == (2,)
    because = "select because, version, verdict from dbml.retraining"
    assert db.execute(because).fetchone() == ("7 days have passed", 2, "the challenger is better")
    assert "retrain: 0 better versions were made." in cli(*worker).output
    # It is worse than it was: what serves has the outcomes of others.
    worse = recipe_file(tmp_path, TREES + "[data]\nwindow = '300 days'\n[retrain]\nworse = 0.1\n")
    assert "churn is not due" in cli("retrain", "churn", "--recipe", worse, "--if-due").output
    db.execute("update dbml.log set version = 2, score = 1 - score")
    assert "churn is not due" in cli("retrain", "churn", "--recipe", worse, "--if-due").output
    db.execute("update dbml.retraining set tried_at = tried_at - interval '2 days'")
    cli("retrain", "churn", "--recipe", worse, "--if-due", exit_code=1)
    [(said, version, _)] = db.execute(because).fetchall()
    assert said.startswith("the log_loss is ")
    assert version is None
    assert "Write it as churn=recipe.toml" in cli(*worker[:-1], "churn", exit_code=1).output
    assert "has no recipe" in cli("worker", "--once", "--duty", "retrain", exit_code=1).output


@pytest.mark.long
def test_airflow_makes_anew_what_is_due(db: Db, dsn: str, past: pd.DataFrame, tmp_path: Path) -> None:
    airflow = Path(sys.prefix) / "others" / "airflow" / "bin" / "airflow"
    recipe = recipe_file(tmp_path, TREES + '[retrain]\nevery = "7 days"\n')
    db.execute("update dbml.deployment set deployed_at = now() - interval '8 days'")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parents[2] / "examples" / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_VAR_CHURN_RECIPE": str(recipe),
        "DBML_DSN": dsn,
        "PATH": f"{Path(sys.executable).parent}:{airflow.parent}:{os.environ['PATH']}",
    }

    def run(*arguments: str) -> str:
        done = subprocess.run([airflow, *arguments], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    run("db", "migrate")
    loaded = subprocess.run(
        [airflow.with_name("python"), "-c", LOAD_DAGS], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(loaded.stdout.splitlines()[-1]) == [{}, {"retrain_churn": {"retrain": "BashOperator"}}]
    assert "the challenger is better" in run("tasks", "test", "retrain_churn", "retrain", "2026-01-02")
    assert db.execute("select version from dbml.training").fetchall() == [(2,)]
    assert "churn is not due" in run("tasks", "test", "retrain_churn", "retrain", "2026-01-03")
    # A recipe that is wrong fails the task, whose command line ends well all the same.
    recipe.write_text("[nothing]")
    said = run("tasks", "test", "retrain_churn", "retrain", "2026-01-04")
    assert "there is no [nothing] in a recipe" in said
    assert "new_state=up_for_retry" in said


LOAD_DAGS = """
import json
from airflow.dag_processing.dagbag import DagBag
bag = DagBag()
dags = {name: {task.task_id: type(task).__name__ for task in dag.tasks} for name, dag in bag.dags.items()}
print(json.dumps([bag.import_errors, dags]))
"""


@pytest.mark.long
def test_the_best_of_several_candidates_is_taken(db: Db, cli: Cli, past: pd.DataFrame, tmp_path: Path) -> None:
    text = """
[[candidate]]
class = "sklearn.dummy.DummyClassifier"
[[candidate]]
class = "sklearn.linear_model.LogisticRegression"
parameters = { max_iter = 1000 }
search = { C = [0.001, 0.01, 1.0], fit_intercept = [true, false] }
tries = 4
halving = true
[[candidate]]
like = "churn@1"
[test]
split = "entity"
share = 0.25
blocks = 1
"""
    made = json.loads(cli("train", "churn", "--recipe", recipe_file(tmp_path, text), "--json").output)
    assert list(made["candidates"]) == ["1. DummyClassifier", "2. LogisticRegression", "3. like churn@1"]
    assert max(made["candidates"], key=made["candidates"].get) == "1. DummyClassifier"
    assert "LogisticRegression" in dbml.show(db, "churn", 2).estimator
    # What chooses is neither fitted on nor in the test; the dummy says the rate of what it is fitted on.
    rows = exposures(past)
    splitter = GroupShuffleSplit(1, test_size=0.25, random_state=0)
    used = rows.iloc[next(splitter.split(rows, groups=rows["id"].astype(str)))[0]]
    before, last = next(splitter.split(used, groups=used["id"].astype(str)))
    rate, truth = used["gone"].iloc[before].mean(), used["gone"].iloc[last]
    expected = metrics.log_loss(truth, np.full(len(truth), rate))
    assert made["candidates"]["1. DummyClassifier"] == pytest.approx(expected, abs=1e-9)
    [(kept,)] = db.execute("select candidates from dbml.training where version = 2").fetchall()
    assert kept == made["candidates"]


def test_a_gain_of_the_data_is_told_from_one_of_the_recipe(
    db: Db, cli: Cli, past: pd.DataFrame, tmp_path: Path
) -> None:
    same = json.loads(cli("retrain", "churn", "--recipe", recipe_file(tmp_path, ""), "--json").output)
    assert same["version"] == 2
    reason = (
        "the challenger is better, and so is the champion fitted again: the gain is that of the data or the library"
    )
    assert same["verdict"]["reason"] == reason
    parts = {one["group"]: one for one in same["verdict"]["differences"]}
    assert parts["the new recipe on the same data"]["mean"] == pytest.approx(0, abs=1e-12)
    assert parts["the same recipe on new data"]["mean"] == parts["all"]["mean"]


def test_what_was_done_because_of_a_score_is_weighed(db: Db, cli: Cli, past: pd.DataFrame, tmp_path: Path) -> None:
    # Who spends much gets a call more often; the chance is logged with the decision.
    db.execute(
        "create table decision as select l.entity[1]::integer as customer_id, l.at + interval '1 hour' as decided_at,"
        " l.entity[1]::integer % 3 = 0 as called, case when l.entity[1]::integer % 2 = 0 then 0.25 else 0.5 end as chance"
        " from dbml.log l"
    )
    text = """
[estimator]
class = "sklearn.linear_model.LogisticRegression"
parameters = { max_iter = 1000 }
[test]
split = "entity"
share = 0.25
blocks = 1
[feedback]
decisions = "select customer_id, decided_at, called, chance from public.decision"
learn_from = "untouched"
"""
    made = json.loads(cli("train", "churn", "--recipe", recipe_file(tmp_path, text), "--json").output)
    rows = exposures(past)
    splitter = GroupShuffleSplit(1, test_size=0.25, random_state=0)
    used, test = (rows.iloc[places] for places in next(splitter.split(rows, groups=rows["id"].astype(str))))
    untouched = used[used["id"] % 3 != 0]
    encoder = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["plan"]), remainder="passthrough")
    estimator = make_pipeline(encoder, LogisticRegression(max_iter=1000))
    weights = 1 / (1 - np.where(untouched["id"] % 2 == 0, 0.25, 0.5))
    estimator.fit(untouched[FEATURES], untouched["gone"], logisticregression__sample_weight=weights)
    for name, group in (("acted upon", test["id"] % 3 == 0), ("not acted upon", test["id"] % 3 != 0)):
        scores = estimator.predict_proba(test.loc[group, FEATURES])[:, 1]
        assert made["groups"][name]["rows"] == group.sum()
        assert made["groups"][name]["log_loss"] == pytest.approx(
            metrics.log_loss(test.loc[group, "gone"], scores), abs=1e-9
        )
    assert made["warnings"] == []
    # Where everybody was acted upon, nobody knows of the others; and what is held out is told apart.
    db.execute("update decision set called = true")
    db.execute("update dbml.log set arm = 'holdout' where entity[1]::integer % 5 = 0")
    acted = recipe_file(tmp_path, text.replace("untouched", "acted"))
    said = cli("train", "churn", "--recipe", acted).output.replace("\n", " ")
    assert "Warning: outcomes are known only of rows that were acted upon" in said
    assert "  holdout: " in said
    for wrong in ("select 1", "select nothing", "select 'a', 'b', 'c'"):
        recipe = recipe_file(
            tmp_path, text.replace("select customer_id, decided_at, called, chance from public.decision", wrong)
        )
        assert "[feedback] decisions" in cli("train", "churn", "--recipe", recipe, exit_code=1).output
