"""What a data scientist hands over: an estimator from a notebook, a tuned threshold, a sample of another sort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import dbml
from dbml.alembic import script
from dbml.alembic.declaration import Release
from dbml.errors import ArtifactError
from tests.conftest import Cli, Trained

RANDOM = np.random.default_rng(11)
ROWS = pd.DataFrame(RANDOM.normal(size=(200, 2)), columns=["a", "b"])
TARGET = (ROWS["a"] + RANDOM.normal(size=200) > 0.8).astype(int)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("engine", ["sql", "portable", "python"])
def test_an_estimator_from_a_notebook(db: psycopg.Connection[Any], churn: Trained, engine: str) -> None:
    version = dbml.add_model(db, "churn", churn.estimator, sample=churn.rows, engine=engine)
    assert (str(version), version.engine) == ("churn@1", engine)
    assert dbml.verify(db, "churn", 1)["differing"] == 0
    assert dbml.show(db, "churn", 1)["git_revision"] is None
    # The same estimator is the same artifact.
    assert dbml.add_model(db, "churn", churn.estimator, sample=churn.rows, engine=engine).already_there


def test_an_estimator_with_functions_of_its_own(db: psycopg.Connection[Any]) -> None:
    model = LogisticRegression().fit(ROWS, TARGET)
    model.note = lambda: 1
    with pytest.raises(ArtifactError, match="the LogisticRegression handed over: cannot be pickled"):
        dbml.add_model(db, "m", model, sample=ROWS)


@pytest.mark.parametrize("engine", ["sql", "portable", "python"])
def test_a_tuned_threshold(db: psycopg.Connection[Any], engine: str) -> None:
    model = TunedThresholdClassifierCV(LogisticRegression(), cv=3).fit(ROWS, TARGET)
    assert model.best_threshold_ != pytest.approx(0.5, abs=0.05)
    said = dbml.add_model(db, "m", model, sample=ROWS, engine=engine)
    assert [notice for notice in said.notices if "threshold" in notice] == [
        f"the threshold {model.best_threshold_:.6g} of the TunedThresholdClassifierCV has no part in the score, "
        "a probability: `--output value` gives what it predicts"
    ]
    decided = dbml.add_model(db, "m", model, sample=ROWS, engine=engine, output="value")
    assert not [notice for notice in decided.notices if "threshold" in notice]
    db.execute("select dbml.deploy('m', 2)")
    truth = model.predict(ROWS.head(50))
    assert 0 < truth.sum() < 50
    assert (truth != (model.predict_proba(ROWS.head(50))[:, 1] >= 0.5)).any()
    for (a, b), expected in zip(ROWS.head(50).itertuples(index=False), truth, strict=True):
        row = {"a": a, "b": b}
        [got] = db.execute("select dbml.score('m', %s::jsonb)", [psycopg.types.json.Jsonb(row)]).fetchone() or ()
        assert got == expected


def test_types_at_the_command_line(cli: Cli, tmp_path: Path) -> None:
    rows = pd.DataFrame({"state": pd.Series(["NA", "07", "b"] * 30), "calls": [1, 2, 3] * 30})
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(rows, [0, 1, 1] * 30)
    joblib.dump(model, tmp_path / "m.joblib")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    add = ("model", "add", "m", tmp_path / "m.joblib", "--sample", tmp_path / "rows.csv")
    assert "m@1 added" in cli(*add).output
    assert "m@1 is this very artifact" in cli(*add, "--types", "state=text").output
    assert "m@2 added" in cli(*add, "--types", "calls=float").output
    shown = cli("model", "show", "m@2").output
    assert "calls" in shown
    refused = cli(*add, "--types", "cals=float", exit_code=1).output
    assert 'the model has no feature "cals"' in refused
    assert "Did you mean" in refused
    assert "is not NAME=TYPE" in cli(*add, "--types", "calls", exit_code=2).output


@pytest.mark.parametrize("engine", ["portable", "python"])
def test_categories_of_numbers(db: psycopg.Connection[Any], engine: str) -> None:
    rows = pd.DataFrame({"level": pd.Categorical([30, 10, 20] * 40, [30, 10, 20]), "x": np.arange(120.0) % 11})
    model = HistGradientBoostingClassifier(max_iter=4, min_samples_leaf=4).fit(
        rows, np.tile([0, 1, 1], 40) ^ (rows["x"] > 7)
    )
    dbml.add_model(db, "m", model, sample=rows, engine=engine)
    db.execute("select dbml.deploy('m', 1)")
    for level, x in ((30, 1.0), (10, 9.0), (20, 3.0), (99, 3.0), (None, 8.0)):
        scored = db.execute(
            "select dbml.score('m', jsonb_build_object('level', %s::integer, 'x', %s::float8))", [level, x]
        )
        row = pd.DataFrame({"level": pd.Categorical([level], [30, 10, 20, 99]), "x": [x]})
        assert scored.fetchone() == (pytest.approx(model.predict_proba(row)[0, 1], abs=1e-9),)


def test_a_script_trusts_what_its_migration_says() -> None:
    older = Path(__file__).parents[1] / "files" / "older" / "1.3.2-logit.joblib"
    with pytest.raises(ArtifactError, match=r"written by scikit-learn 1\.3\.2"):
        script.add_model(Release("m", older, 1))
    assert "add_version" in script.add_model(Release("m", older, 1, trust=("scikit-learn==1.3.2",)))
