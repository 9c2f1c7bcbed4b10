"""CatBoost, by its classes for scikit-learn and by its files: trees of each form, objectives, what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import catboost
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from dbml.errors import ArtifactError
from dbml.models import artifact
from dbml.scorer import engines
from tests.parity.harness import assert_parity

pytestmark = pytest.mark.filterwarnings("ignore")

random = np.random.default_rng(0)


def rows(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "a": random.normal(size=count),
            "b c": np.where(random.random(count) < 0.2, np.nan, random.normal(size=count)),
            "n": random.integers(0, 5, count),
            "flag": random.random(count) < 0.5,
        }
    )


X, MORE = rows(300), rows(5000)
VALUE = X["a"] + X["b c"].fillna(2.0) * X["flag"]
TWO, THREE = (VALUE > 0.5).astype(int), np.digitize(VALUE, [-0.5, 1.0])
WHOLE = X[["a", "n"]].astype(float)
few: dict[str, Any] = {"iterations": 4, "depth": 3, "verbose": 0, "thread_count": 1, "allow_writing_files": False}


def classifier(y: Any, **options: Any) -> Any:
    return catboost.CatBoostClassifier(**few, **options).fit(X, y)


def regressor(y: Any, **options: Any) -> Any:
    return catboost.CatBoostRegressor(**few, **options).fit(X, y)


CASES: dict[str, tuple[Callable[[], Any], str | None]] = {
    "two classes": (lambda: classifier(TWO), None),
    "texts": (lambda: classifier(np.where(TWO, "yes", "no"), nan_mode="Max"), None),
    "weighted": (lambda: classifier(TWO, auto_class_weights="Balanced", grow_policy="Lossguide"), "value"),
    "cross entropy": (lambda: classifier(TWO * 0.8 + 0.1, loss_function="CrossEntropy"), None),
    "three classes": (lambda: classifier(THREE), "1"),
    "each against the others": (lambda: classifier(THREE, loss_function="MultiClassOneVsAll"), "2"),
    "three, the label": (lambda: classifier(THREE, grow_policy="Depthwise"), "value"),
    "a value": (lambda: regressor(VALUE), None),
    "leaf by leaf": (lambda: regressor(VALUE, grow_policy="Lossguide", nan_mode="Max"), None),
    "level by level": (lambda: regressor(VALUE, grow_policy="Depthwise", loss_function="MAE"), None),
    "a count": (lambda: regressor(TWO + 1.0, loss_function="Poisson"), None),
    "Tweedie": (lambda: regressor(TWO + 0.5, loss_function="Tweedie:variance_power=1.5"), None),
    "two targets": (lambda: regressor(np.column_stack((VALUE, TWO)), loss_function="MultiRMSE"), "1"),
    "ranks": (lambda: catboost.CatBoostRanker(**few).fit(X, TWO, group_id=np.repeat(range(30), 10)), None),
    "one leaf": (lambda: regressor(np.ones(len(X)), allow_const_label=True, bootstrap_type="No"), None),
}
QUICK = ("texts", "three classes", "each against the others", "leaf by leaf", "two targets", "one leaf")


def often(cases: Any) -> list[Any]:
    return [case if case in QUICK else pytest.param(case, marks=pytest.mark.long) for case in cases]


@pytest.mark.parametrize("case", often(CASES))
def test_parity(case: str, tmp_path: Path) -> None:
    fit, output = CASES[case]
    assert_parity(fit(), X, tmp_path, output, MORE)


def test_in_a_pipeline_and_on_an_array(tmp_path: Path) -> None:
    fitted = make_pipeline(StandardScaler(), catboost.CatBoostClassifier(**few)).fit(WHOLE, TWO)
    assert_parity(fitted, WHOLE, tmp_path, None, MORE[["a", "n"]].astype(float))
    alone = catboost.CatBoostRegressor(**few).fit(WHOLE.to_numpy(), VALUE)
    assert [one["name"] for one in artifact.read(alone).interface["features"]] == ["x0", "x1"]


@pytest.mark.parametrize("form", ["cbm", "json"])
@pytest.mark.parametrize(("fit", "output"), [(lambda: classifier(THREE), "1"), (lambda: regressor(VALUE), None)])
def test_files(form: str, fit: Callable[[], Any], output: str | None, tmp_path: Path) -> None:
    fitted, file = fit(), tmp_path / f"m.{form}"
    fitted.save_model(str(file), format=form)
    assert_parity(file, X, tmp_path, output, MORE)
    said = fitted.predict_proba(X)[:, 1] if output else fitted.predict(X)
    golden = artifact.read(file, X, output).golden
    places = np.unique(np.linspace(0, len(X) - 1, len(golden["scores"])).round().astype(int))
    # JSON has one digit less than a double now and then.
    assert golden["scores"] == pytest.approx(said[places], abs=1e-14)


def change(tree: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    return lambda model: tree(model["oblivious_trees"][0])


SPOILED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "column": (change(lambda tree: tree["splits"][0].update(float_feature_index=77)), "column that is not there"),
    "leaves": (change(lambda tree: tree["leaf_values"].pop()), "other leaves than its splits"),
    "no trees": (
        lambda model: model.pop("features_info") and model.update(x="features_info"),
        "a part of it is missing",
    ),
    "wide": (lambda model: model["features_info"]["float_features"][0].update(flat_feature_index=99), "not there"),
}


@pytest.mark.parametrize("case", SPOILED)
def test_a_file_that_leads_nowhere_is_refused(case: str, tmp_path: Path) -> None:
    spoil, said = SPOILED[case]
    file = tmp_path / "m.json"
    regressor(VALUE).save_model(str(file), format="json")
    model = json.loads(file.read_text())
    spoil(model)
    file.write_text(json.dumps(model).replace(": ", ":"))
    with pytest.raises(ArtifactError, match=said):
        artifact.read(file)


def test_categories_of_its_own_run_on_python_and_the_way_out_has_a_plan(tmp_path: Path) -> None:
    coloured = WHOLE.assign(colour=random.choice(["red", "green", "blue"], len(X)))
    own = catboost.CatBoostClassifier(**few, cat_features=["colour"]).fit(coloured, TWO)
    read = artifact.read(own, coloured)
    refused = engines.prepare(read.estimator, read.interface, read.golden, label="m@1").refusals
    assert "categories or texts of its own" in refused["portable"]
    encoded = OneHotEncoder(handle_unknown="ignore", sparse_output=False).set_output(transform="pandas")
    encoder = make_column_transformer((encoded, ["colour"]), remainder="passthrough")
    assert_parity(make_pipeline(encoder, catboost.CatBoostClassifier(**few)).fit(coloured, TWO), coloured, tmp_path)
