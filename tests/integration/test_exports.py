"""Ways out: every format judged before it is written, and judged again here by a truth of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import onnxruntime
import pandas as pd
import psycopg
import pytest
import skl2onnx
import sklearn.base
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

import dbml
from dbml._plpython import batch, plan
from dbml.models.exports import pmml
from dbml.models.exports import sql as sql_export
from tests.conftest import Cli, Trained, train

NUMBERS = ["complaints", "spend"]
SCHEMA = '"My ""models"""'


@dataclass(frozen=True)
class Exported:
    """A model in the database, and rows that it has never seen."""

    estimator: Any
    fresh: pd.DataFrame
    name: str

    @property
    def truth(self) -> np.ndarray:
        if hasattr(self.estimator, "predict_proba"):
            return self.estimator.predict_proba(self.fresh)[:, 1]
        return self.estimator.predict(self.fresh)


def one_hot() -> Any:
    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["plan"]), (StandardScaler(), NUMBERS)
    )


def ordinal() -> Any:
    return make_column_transformer((OrdinalEncoder(), ["plan"]), (StandardScaler(), NUMBERS))


MODELS: dict[str, Callable[[], Pipeline]] = {
    "churn": lambda: make_pipeline(one_hot(), LogisticRegression()),
    "regression": lambda: make_pipeline(one_hot(), Ridge()),
    "gbm": lambda: make_pipeline(one_hot(), GradientBoostingClassifier(n_estimators=15, random_state=0)),
    "gbr": lambda: make_pipeline(one_hot(), GradientBoostingRegressor(n_estimators=15, random_state=0)),
    "forest": lambda: make_pipeline(ordinal(), RandomForestClassifier(15, random_state=0)),
    "histogram": lambda: make_pipeline(ordinal(), HistGradientBoostingClassifier(max_iter=10)),
}


@pytest.fixture
def add(cli: Cli, tmp_path: Path) -> Callable[[str], Exported]:
    rows = train(tmp_path).rows
    random = np.random.default_rng(3)
    noise = random.normal(size=len(rows))
    likely = rows["complaints"] + 0.02 * rows["spend"] + noise > 5

    def add(name: str) -> Exported:
        given = rows.iloc[:300]
        target = 100 * noise[:300] + rows["spend"].iloc[:300] if name in ("regression", "gbr") else likely[:300]
        estimator = MODELS[name]().fit(given, target)
        file, sample = tmp_path / f"{name}.joblib", tmp_path / f"{name}.csv"
        joblib.dump(estimator, file)
        given.head(60).to_csv(sample, index=False)
        cli("model", "add", name, file, "--sample", sample)
        return Exported(estimator, rows.iloc[300:], name)

    return add


def test_what_nobody_trusted_has_signed_is_not_unpickled_for_an_export(
    add: Callable[[str], Exported], cli: Cli, tmp_path: Path, db: psycopg.Connection[Any]
) -> None:
    add("churn")
    db.execute("update dbml.version_signature set signature = decode(repeat('00', 64), 'hex')")
    for form in ("pmml", "onnx"):
        said = cli("model", "export", "churn@1", "-o", tmp_path / f"churn.{form}", exit_code=1).output
        assert "the signature of churn@1 does not fit" in said
    db.execute("delete from dbml.version_signature")
    for form in ("pmml", "onnx"):
        said = cli("model", "export", "churn@1", "-o", tmp_path / f"churn.{form}", exit_code=1).output
        assert "nobody has signed churn@1" in said and "hint" in said
    assert not [*tmp_path.glob("churn.pmml"), *tmp_path.glob("churn.onnx")]
    # These unpickle nothing.
    for form in ("joblib", "sql", "json", "js", "py"):
        cli("model", "export", "churn@1", "-o", tmp_path / f"out.{form}")


@pytest.mark.parametrize("name", ["churn", "regression", "gbm", "forest"])
def test_plain_sql_in_a_database_without_dbml(
    add: Callable[[str], Exported], cli: Cli, tmp_path: Path, without_plpython: str, name: str
) -> None:
    exported = add(name)
    file = tmp_path / "model.sql"
    said = cli("model", "export", f"{name}@1", "-o", file, "--schema", 'My "models"').output
    assert f"{name}@1 written to {file} as sql" in said
    script = file.read_text()
    with psycopg.connect(without_plpython) as plain:
        plain.execute(script)
        plain.execute(script)  # again is no error
        scores = [
            plain.execute(f"select {SCHEMA}.{name}_1(plan => %s, complaints => %s, spend => %s)", row).fetchone()[0]  # type: ignore[index]
            for row in exported.fresh[["plan", "complaints", "spend"]].to_numpy().tolist()
        ]
        with pytest.raises(psycopg.Error, match=f"{name}@1 cannot score this row") as refused:
            plain.execute(f"select {SCHEMA}.{name}_1('basic', 1, 'Infinity')")
    np.testing.assert_allclose(scores, exported.truth, rtol=1e-12, atol=1e-9)
    assert refused.value.sqlstate == "DB013"


def test_names_and_words_of_every_sort(cli: Cli, tmp_path: Path, without_plpython: str) -> None:
    strange = ["dbml._refuse('x')", "it's", '"', "$score$ dbml._ieee_add(", "a\\b %s\n", "größer " * 20]
    random = np.random.default_rng(1)
    rows = pd.DataFrame({name: random.choice(strange, 200) for name in strange[:3]})
    rows = rows.assign(**{name: random.normal(size=200) for name in strange[3:]})
    encoded = make_column_transformer((OneHotEncoder(sparse_output=False), strange[:3]), remainder="passthrough")
    estimator = make_pipeline(encoded, LogisticRegression()).fit(
        rows, rows[strange[3]] + (rows[strange[0]] == "it's") > 0
    )
    joblib.dump(estimator, tmp_path / "m.joblib")
    rows.head(50).to_csv(tmp_path / "rows.csv", index=False)
    cli("model", "add", "m", tmp_path / "m.joblib", "--sample", tmp_path / "rows.csv")
    cli("model", "export", "m@1", "-o", tmp_path / "m.sql", "--schema", "$score$")
    fresh = rows.tail(50)
    with psycopg.connect(without_plpython) as plain:
        plain.execute((tmp_path / "m.sql").read_text())
        ask = 'select "$score$".m_1(%s, %s, %s, %s, %s, %s)'
        found = [plain.execute(ask, row).fetchone()[0] for row in fresh.to_numpy().tolist()]  # type: ignore[index]
    np.testing.assert_allclose(found, estimator.predict_proba(fresh)[:, 1], rtol=0, atol=1e-9)
    assert (
        "dbml's own" in cli("model", "export", "m@1", "-o", tmp_path / "n.sql", "--schema", "dbml", exit_code=1).output
    )


def test_the_export_leaves_nothing_in_the_database(
    add: Callable[[str], Exported], cli: Cli, db: psycopg.Connection[Any], tmp_path: Path
) -> None:
    add("churn")
    cli("model", "export", "churn@1", "-o", tmp_path / "churn.sql")
    assert db.execute("select 1 from pg_namespace where nspname = 'scorer'").fetchone() is None


@pytest.mark.parametrize("name", ["churn", "gbr"])
def test_the_plan_is_read_and_scored_without_dbml_s_database(
    add: Callable[[str], Exported], cli: Cli, tmp_path: Path, name: str
) -> None:
    exported = add(name)
    cli("model", "export", f"{name}@1", "-o", tmp_path / "model.json")
    text = (tmp_path / "model.json").read_text()
    document = json.loads(text)
    assert [f["name"] for f in document["features"]] == ["plan", "complaints", "spend"]
    assert document["model"] == f"{name}@1"
    assert len(text.splitlines()) > len(document["nodes"])
    numbers, texts = exported.fresh[NUMBERS].to_numpy().tolist(), exported.fresh[["plan"]].to_numpy().tolist()
    np.testing.assert_allclose(batch.score(plan.loads(text), numbers, texts), exported.truth, rtol=1e-12, atol=1e-9)


def asked(file: Path, rows: pd.DataFrame) -> list[Any]:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    kinds = {"tensor(string)": object, "tensor(double)": float, "tensor(float)": np.float32, "tensor(int64)": np.int64}
    return session.run(None, {i.name: rows[[i.name]].to_numpy(dtype=kinds[i.type]) for i in session.get_inputs()})


@pytest.mark.parametrize("name", ["churn", "regression", "gbm", "gbr", "forest"])
def test_onnx(add: Callable[[str], Exported], cli: Cli, tmp_path: Path, name: str) -> None:
    exported = add(name)
    file = tmp_path / "model.onnx"
    cli("model", "export", f"{name}@1", "-o", file)
    found = asked(file, exported.fresh)
    if len(found) == 2:
        np.testing.assert_array_equal(found[0].ravel(), exported.estimator.predict(exported.fresh))
        np.testing.assert_allclose(found[1][:, 1], exported.truth, rtol=0, atol=1e-5)
    else:
        np.testing.assert_allclose(found[0].ravel(), exported.truth, rtol=1e-5, atol=1e-5)


def test_pmml(add: Callable[[str], Exported], cli: Cli, tmp_path: Path) -> None:
    exported = add("churn")
    file = tmp_path / "model.pmml"
    cli("model", "export", "churn@1", "-o", file)
    with pmml._evaluator(file) as evaluator:
        found = evaluator.evaluateAll(exported.fresh.astype(object))
    np.testing.assert_allclose(found["probability(true)"].astype(float), exported.truth, rtol=0, atol=1e-9)
    assert found["y"].tolist() == exported.estimator.predict(exported.fresh).tolist()


def test_what_only_pmml_takes(
    add: Callable[[str], Exported], cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("histogram")

    def convert_sklearn(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no converter for this one")  # which models those are differs from release to release

    monkeypatch.setattr(skl2onnx, "convert_sklearn", convert_sklearn)
    cli("model", "export", "histogram@1", "-o", tmp_path / "model.pmml")
    assert "<PMML" in (tmp_path / "model.pmml").read_text()[:300]
    refused = cli("model", "export", "histogram@1", "-o", tmp_path / "model.onnx", exit_code=1).output
    assert "skl2onnx cannot convert histogram@1: " in refused and "hint: Export it as sql, plan or pmml." in refused
    assert not (tmp_path / "model.onnx").exists()


# --- refused, and nothing written ---


def refused(cli: Cli, folder: Path, file: str, *more: object) -> str:
    output = cli("model", "export", "churn@1", "-o", folder / "out" / file, *more, exit_code=1).output
    assert "hint:" in output
    assert list((folder / "out").iterdir()) == []
    return output


@pytest.fixture
def churn_added(add: Callable[[str], Exported], tmp_path: Path) -> Exported:
    (tmp_path / "out").mkdir()
    return add("churn")


def test_a_converter_that_moves_a_coefficient(
    churn_added: Exported, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import skl2onnx
    import sklearn2pmml

    for module, name in ((skl2onnx, "convert_sklearn"), (sklearn2pmml, "sklearn2pmml")):
        convert = getattr(module, name)

        def shifted(estimator: Any, *arguments: Any, convert: Any = convert, **options: Any) -> Any:
            inner = estimator.steps[-1][1]
            (inner.steps[-1][1] if isinstance(inner, Pipeline) else inner).intercept_ += 0.001
            return convert(estimator, *arguments, **options)

        monkeypatch.setattr(module, name, shifted)
    for file, evaluator in (("model.onnx", "onnxruntime"), ("model.pmml", "jpmml-evaluator")):
        said = refused(cli, tmp_path, file)
        assert "golden rows" in said and f"{evaluator} says: the worst is golden row" in said
        assert "where the model says" in said and "Nothing was written" in said


def test_an_evaluator_that_flips_a_label(
    churn_added: Exported, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Flipping(onnxruntime.InferenceSession):
        def run(self, *arguments: Any) -> Any:
            labels, probabilities = super().run(*arguments)
            labels[7] = 1 - labels[7]
            return [labels, probabilities]

    monkeypatch.setattr(onnxruntime, "InferenceSession", Flipping)
    said = refused(cli, tmp_path, "model.onnx")
    assert "differs on 1 of 60 golden rows" in said and "golden row 7" in said and "its label flips" in said


def test_a_script_that_answers_something_else(
    churn_added: Exported, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = sql_export.written
    monkeypatch.setattr(
        sql_export, "written", lambda stored: written(stored).replace("select case when", "select 1e-6 + case when")
    )
    assert "churn@1 as sql differs on" in refused(cli, tmp_path, "model.sql")


def test_a_stored_file_that_was_changed(
    churn_added: Exported, cli: Cli, db: psycopg.Connection[Any], tmp_path: Path
) -> None:
    db.execute("alter table dbml.model_version disable trigger all")
    db.execute("update dbml.model_version set artifact = artifact || 'x'")
    for file in ("model.joblib", "model.onnx"):
        assert "the stored file of churn@1 has sha256" in refused(cli, tmp_path, file)


def test_without_java(churn_added: Exported, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = refused(cli, tmp_path, "model.pmml")
    assert "no java on PATH" in said and "default-jre-headless" in said


def test_a_scikit_learn_newer_than_the_converter(
    churn_added: Exported, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sklearn.base, "__version__", "99.0")
    said = refused(cli, tmp_path, "model.pmml")
    assert "sklearn2pmml is older than this scikit-learn: Scikit-Learn version '99.0' is not supported" in said
    assert "pip install 'dbml[export]' 'scikit-learn==" in said


@pytest.mark.parametrize(
    ("package", "file"),
    [("skl2onnx", "m.onnx"), ("onnxruntime", "m.onnx"), ("sklearn2pmml", "m.pmml"), ("jpmml_evaluator", "m.pmml")],
)
def test_without_a_package(
    churn_added: Exported, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, file: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    said = refused(cli, tmp_path, file)
    assert f"needs the package {package}" in said and "pip install 'dbml[export]'" in said


def test_a_missing_text_has_no_place_in_onnx(cli: Cli, churn: Trained, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    rows = churn.rows.head(20).astype({"plan": object})
    rows.loc[3, "plan"] = None
    rows.to_csv(tmp_path / "rows.csv", index=False)
    cli("model", "add", "churn", churn.file, "--sample", tmp_path / "rows.csv")
    assert 'golden row 3 has no "plan"' in refused(cli, tmp_path, "model.onnx")


# --- the file ---


def test_a_file_that_is_there_stays(cli: Cli, churn: Trained, tmp_path: Path) -> None:
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    file = tmp_path / "model.json"
    file.write_text("mine")
    assert "is there already" in cli("model", "export", "churn@1", "-o", file, exit_code=1).output
    assert file.read_text() == "mine"
    cli("model", "export", "churn@1", "-o", file, "--force")
    assert json.loads(file.read_text())["model"] == "churn@1"
    assert [f.name for f in tmp_path.iterdir()] == ["model.json"]


def test_without_a_version_the_deployed_one(
    cli: Cli, live: None, churn: Trained, churn_2: Trained, tmp_path: Path
) -> None:
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    said = cli("model", "export", "churn", "-o", tmp_path / "churn.joblib").output
    assert "churn@1 written" in said
    assert (tmp_path / "churn.joblib").read_bytes() == churn.file.read_bytes()
    cli("model", "add", "other", churn_2.file, "--sample", churn_2.sample)
    assert (
        "no version of other is deployed" in cli("model", "export", "other", "-o", tmp_path / "x", exit_code=1).output
    )


def test_python(db: psycopg.Connection[Any], churn: Trained) -> None:
    version = dbml.add_model(db, "churn", churn.file, sample=churn.sample)
    assert dbml.export(db, "churn", version.version) == churn.file.read_bytes()
    assert dbml.export(db, "churn", 1, "sql").startswith(b"-- churn@1: Pipeline(")
    with pytest.raises(dbml.DbmlError, match='there is no format "tar"'):
        dbml.export(db, "churn", 1, "tar")
