"""Versions of models: added, verified, exported, and scored as scikit-learn scores them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from dbml.scorer import thresholds
from tests.conftest import Cli, Trained

RANDOM = np.random.default_rng(3)
ROWS = pd.DataFrame(
    {
        "plan": RANDOM.choice(["basic", "plus", "größer"], 200),
        "calls": RANDOM.integers(0, 9, 200),
        "spend": RANDOM.normal(50, 20, 200),
    }
)
NOISE = RANDOM.normal(size=200)
BINARY = (ROWS["calls"] + NOISE > 4).astype(int)
CLASSES = np.select([ROWS["calls"] < 3, ROWS["calls"] < 6], ["low", "mid"], "high")
NUMBERS = ["calls", "spend"]


@dataclass(frozen=True)
class Case:
    estimator: Any
    target: Any
    output: str | None
    array: bool = False

    def fit(self) -> Any:
        return self.estimator.fit(ROWS[NUMBERS].to_numpy() if self.array else ROWS, self.target)

    def truth(self, fitted: Any, rows: pd.DataFrame) -> np.ndarray:
        """scikit-learn's own answer."""
        x = rows[NUMBERS].to_numpy() if self.array else rows
        if not hasattr(fitted, "predict_proba") or self.output == "value":
            return np.asarray(fitted.predict(x), dtype=float)
        column = 1 if self.output is None else [str(c) for c in fitted.classes_].index(self.output)
        return np.asarray(fitted.predict_proba(x)[:, column])


def piped(estimator: Any) -> Any:
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["plan"]), remainder="passthrough"
    )
    return make_pipeline(encode, estimator)


CASES = {
    "binary": Case(piped(LogisticRegression(max_iter=1000)), BINARY, None),
    "binary, first class": Case(piped(LogisticRegression(max_iter=1000)), BINARY, "0"),
    "binary, label": Case(piped(LogisticRegression(max_iter=1000)), BINARY, "value"),
    "forest": Case(piped(RandomForestClassifier(20, random_state=1)), BINARY, None),
    "boosting": Case(piped(GradientBoostingClassifier(n_estimators=20)), BINARY, None),
    "histogram boosting": Case(piped(HistGradientBoostingClassifier(max_iter=20)), BINARY, None),
    "multi-class": Case(piped(LogisticRegression(max_iter=1000)), CLASSES, "mid"),
    "multi-class forest": Case(piped(RandomForestClassifier(20, random_state=1)), CLASSES, "high"),
    "regressor": Case(piped(LinearRegression()), ROWS["spend"] * 2 + NOISE, None),
    "array": Case(LogisticRegression(max_iter=1000), BINARY, None, array=True),
    "array regressor": Case(LinearRegression(), NOISE, None, array=True),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_add_verify_score(db: psycopg.Connection[Any], cli: Cli, tmp_path: Path, case: Case) -> None:
    fitted = case.fit()
    file, sample = tmp_path / "m.joblib", tmp_path / "rows.csv"
    joblib.dump(fitted, file)
    # A model fitted on a bare array has no names: scikit-learn calls its features x0, x1, …
    rows = ROWS[NUMBERS].set_axis(["x0", "x1"], axis=1) if case.array else ROWS
    rows.to_csv(sample, index=False)
    cli("model", "add", "m", file, "--sample", sample, *(["--output", case.output] if case.output else []))
    report = json.loads(cli("model", "verify", "m@1", "--json").output)
    # How far a row may differ depends on its score: a hurtful row of a regressor may have 1e6 for one.
    assert report["rows"] > 0 and report["differing"] == 0
    cli("deploy", "m@1")
    shown = json.loads(cli("model", "show", "m@1", "--json").output)
    names = [feature["name"] for feature in shown["features"]]
    assert len(names) == (2 if case.array else 3)

    scores = [
        db.execute(
            "select dbml.score('m', %s::text::jsonb)",
            [json.dumps(dict(zip(names, row, strict=True)))],
        ).fetchone()
        for row in rows.head(60).itertuples(index=False)
    ]
    np.testing.assert_allclose([s[0] for s in scores if s], case.truth(fitted, ROWS.head(60)), rtol=0, atol=1e-9)


def test_a_multi_class_model_needs_an_output(cli: Cli, tmp_path: Path) -> None:
    file, sample = tmp_path / "m.joblib", tmp_path / "rows.csv"
    joblib.dump(CASES["multi-class"].fit(), file)
    ROWS.to_csv(sample, index=False)
    for output in ([], ["--output", "medium"]):
        refused = cli("model", "add", "m", file, "--sample", sample, *output, exit_code=1)
        assert "hint:" in refused.output and "--output" in refused.output
    assert json.loads(cli("model", "list", "--json").output) == []


def test_the_identical_artifact_is_the_version_that_is_there(cli: Cli, churn: Trained, churn_2: Trained) -> None:
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    again = cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    assert again.output.startswith("churn@1 is this very artifact already")
    assert [row["version"] for row in json.loads(cli("model", "list", "churn", "--json").output)] == [1, 2]


def test_a_version_whose_labels_mean_the_opposite_is_told(cli: Cli, churn: Trained, tmp_path: Path) -> None:
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("deploy", "churn@1")
    flipped = clone(churn.estimator).fit(churn.rows, 1 - churn.estimator.predict(churn.rows))
    joblib.dump(flipped, tmp_path / "flipped.joblib")
    told = cli("model", "add", "churn", tmp_path / "flipped.joblib", "--sample", churn.sample).output
    assert "orders its golden rows the other way round than churn@1, which serves (rank correlation -" in told
    again = (
        clone(churn.estimator)
        .set_params(logisticregression__C=0.3)
        .fit(churn.rows, churn.estimator.predict(churn.rows))
    )
    joblib.dump(again, tmp_path / "again.joblib")
    assert (
        "other way round"
        not in cli("model", "add", "churn", tmp_path / "again.joblib", "--sample", churn.sample).output
    )


def test_a_version_that_never_served_can_be_removed(
    cli: Cli, db: psycopg.Connection[Any], churn: Trained, churn_2: Trained
) -> None:
    stored = "select array_agg(version order by version) from dbml.model_version"
    functions = "select count(*) from pg_proc where pronamespace = 'dbml_scorer'::regnamespace"
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    before = db.execute(functions).fetchone()
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    assert cli("model", "remove", "churn@2").output == "churn@2 is removed.\n"
    assert db.execute(stored).fetchone() == ([1],)
    assert db.execute(functions).fetchone() == before
    assert "there is no churn@2" in cli("model", "remove", "churn@2", exit_code=1).output
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    cli("deploy", "churn@1")
    assert "churn@1 is deployed" in cli("model", "remove", "churn@1", exit_code=1).output
    cli("deploy", "churn@2")
    assert "churn@1 has served" in cli("model", "remove", "churn@1", exit_code=1).output
    assert db.execute(stored).fetchone() == ([1, 2],)


def test_a_file_that_another_dbml_read_differently_can_have_a_second_name(
    db: psycopg.Connection[Any], cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, sample = tmp_path / "m.joblib", tmp_path / "rows.csv"
    scaled = make_column_transformer((StandardScaler(), NUMBERS))
    fitted = make_pipeline(scaled, GradientBoostingClassifier(n_estimators=5)).fit(ROWS[NUMBERS], BINARY)
    joblib.dump(fitted, file)
    ROWS[NUMBERS].to_csv(sample, index=False)
    with monkeypatch.context() as older:
        # As before thresholds were moved to the numbers themselves.
        older.setattr(thresholds, "moved", lambda nodes, index, edges, *, strict: (index, list(edges)))
        cli("model", "add", "old", file, "--sample", sample, "--engine", "portable")
    cli("model", "add", "new", file, "--sample", sample, "--engine", "portable")
    plans = db.execute("select plan::text from dbml.model_version order by model").fetchall()
    assert plans[0] != plans[1]
    assert cli("model", "add", "old", file, "--sample", sample).output.startswith("old@1 is this very artifact already")
    truth = fitted.predict_proba(ROWS[NUMBERS].head(20))[:, 1]
    for name in ("old", "new"):
        cli("deploy", f"{name}@1")
        for row, expected in zip(ROWS[NUMBERS].head(20).to_dict("records"), truth, strict=True):
            score = db.execute("select dbml.score(%s, %s::text::jsonb)", [name, json.dumps(row)]).fetchone()
            assert score is not None and score[0] == pytest.approx(expected, abs=1e-9, rel=0)


def test_export_gives_identical_bytes(cli: Cli, churn: Trained, tmp_path: Path) -> None:
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("model", "export", "churn@1", "-o", tmp_path / "out.joblib")
    assert (tmp_path / "out.joblib").read_bytes() == churn.file.read_bytes()
    refused = cli("model", "export", "churn@1", "-o", tmp_path / "no" / "out.joblib", exit_code=1)
    assert "cannot write" in refused.output
    assert "churn has version 1" in cli("model", "export", "churn@2", "-o", tmp_path / "x", exit_code=1).output


def test_list_and_show(cli: Cli, churn: Trained) -> None:
    assert "Nothing yet." in cli("model", "list").output
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    listed = cli("model", "list").output
    assert "churn" in listed and "engine" in listed and "created_by" in listed
    shown = cli("model", "show", "churn@1").output
    for word in ("sha256", "output", "plan", "complaints", "spend", "trained on"):
        assert word in shown
    assert "no model" in cli("model", "list", "chrun", exit_code=1).output
    assert "churn" in cli("model", "show", "chrun@1", exit_code=1).output
    cli("model", "show", "churn", exit_code=2)
