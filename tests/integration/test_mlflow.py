"""Models come from a real tracking store of MLflow, and trainings go to one."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest

import dbml
from tests.conftest import Cli, Trained
from tests.integration.test_training import TREES, past, recipe_file, spec_file

Db = psycopg.Connection[Any]
pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]
__all__ = ["past", "spec_file"]


@pytest.fixture
def mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """MLflow with a store of the test's own, in SQLite."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.chdir(tmp_path)
    return importlib.import_module("mlflow")


def test_a_folder_that_was_handed_over(cli: Cli, mlflow: Any, churn: Trained, tmp_path: Path) -> None:
    rows = churn.rows.head(50)
    signature = mlflow.models.infer_signature(rows, churn.estimator.predict(rows))
    mlflow.sklearn.save_model(
        churn.estimator, tmp_path / "handed", signature=signature, serialization_format="cloudpickle"
    )
    refused = cli("model", "add", "churn", tmp_path / "handed", "--sample", churn.sample, exit_code=1).output
    (place,) = [word.strip("`.") for word in refused.split() if word.startswith("mlflow:")]
    assert "churn@1 added" in cli("model", "add", "churn", "--from", place, "--sample", churn.sample).output


@pytest.mark.parametrize("kind", ["cloudpickle", "skops"])
def test_a_model_comes_from_the_registry(db: Db, cli: Cli, mlflow: Any, churn: Trained, kind: str) -> None:
    rows = churn.rows.head(50)
    with mlflow.start_run() as run:
        mlflow.log_metric("auc", 0.875)
        mlflow.sklearn.log_model(
            churn.estimator,
            name="model",
            signature=mlflow.models.infer_signature(rows, churn.estimator.predict(rows)),
            input_example=rows,
            registered_model_name="churn",
            serialization_format=kind,
        )
    place = "mlflow:models:/churn/1"
    assert "churn@1 added" in cli("model", "add", "churn", "--from", place).output
    shown = json.loads(cli("model", "show", "churn@1", "--json").output)
    assert shown["metrics"] == {"auc": 0.875}
    assert run.info.run_id in shown["note"]
    assert [(one["name"], one["kind"]) for one in shown["features"]] == [
        ("plan", "text"),
        ("complaints", "integer"),
        ("spend", "float"),
    ]
    scores = [dbml.score(db, "churn@1", row) for row in json.loads(rows.to_json(orient="records"))]
    assert scores == pytest.approx(churn.truth(rows).tolist(), abs=1e-9)
    assert "is this very artifact already" in cli("model", "add", "churn", "--from", place).output
    assert "Give FILE, or --from" in cli("model", "add", "churn", exit_code=2).output
    for wrong in ("mlflow:models:/churn/7", "mlflow:runs:/0123456789abcdef0123456789abcdef/model", "file:x"):
        assert "hint: " in cli("model", "add", "churn", "--from", wrong, exit_code=1).output


def test_models_of_other_libraries(db: Db, cli: Cli, mlflow: Any, churn: Trained) -> None:
    import lightgbm
    import statsmodels.api as sm
    import xgboost

    rows, y = churn.rows[["complaints", "spend"]].astype(float).head(200), churn.truth(churn.rows.head(200)) > 0.5
    for name, fitted in {
        "xgboost": xgboost.XGBClassifier(n_estimators=3).fit(rows, y),
        "lightgbm": lightgbm.train({"objective": "binary", "verbosity": -1}, lightgbm.Dataset(rows, y), 3),
        "statsmodels": sm.GLM(y.astype(float), sm.add_constant(rows)).fit(),
    }.items():
        getattr(mlflow, name).log_model(fitted, name=name, registered_model_name=name, input_example=rows.head(20))
        assert f"{name}1@1 added" in cli("model", "add", f"{name}1", "--from", f"mlflow:models:/{name}/1").output
        given = sm.add_constant(rows.head(1), has_constant="add") if name == "statsmodels" else rows.head(1)
        said = fitted.predict_proba(given)[:, 1] if name == "xgboost" else fitted.predict(given)
        row = json.loads(rows.head(1).to_json(orient="records"))[0]
        assert dbml.score(db, f"{name}1@1", row) == pytest.approx(float(np.asarray(said)[0]), abs=1e-9)


def test_a_training_is_logged(db: Db, cli: Cli, mlflow: Any, past: pd.DataFrame, tmp_path: Path) -> None:
    made = json.loads(
        cli("train", "churn", "--recipe", recipe_file(tmp_path, TREES), "--mlflow", "customers", "--json").stdout
    )
    [run] = mlflow.search_runs(experiment_names=["customers"], output_format="list")
    assert run.data.metrics == pytest.approx(made["measures"])
    assert run.data.tags["dbml.dataset"] == made["sha256"]
    assert run.data.tags["dbml.version"] == str(made["version"])
    assert run.data.params["path"] == "sklearn.ensemble.GradientBoostingClassifier"
    # The model is there as its own library reads it, and answers as the version does.
    [place] = [model.model_uri for model in mlflow.search_logged_models(output_format="list")]
    given = past.head(20)[["plan", "complaints", "spend"]]
    expected = [dbml.score(db, "churn@2", row) for row in json.loads(given.to_json(orient="records"))]
    assert mlflow.sklearn.load_model(place).predict_proba(given)[:, 1].tolist() == pytest.approx(expected, abs=1e-9)
    # Again, of what is there already.
    cli("train", "churn", "--recipe", recipe_file(tmp_path, TREES), "--mlflow", "customers")
    assert len(mlflow.search_logged_models(output_format="list")) == 2
