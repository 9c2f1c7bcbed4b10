"""Ways in beside joblib: files of skops, ONNX and boosters, by plain SQL against what made them."""

from __future__ import annotations

import json
import pickle
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import psycopg
import pytest
import skl2onnx
import skops.io
import statsmodels.api as sm
import xgboost
from catboost import CatBoostClassifier
from onnx import TensorProto, helper
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from dbml.alembic.declaration import Release
from dbml.alembic.operations import AddModelOp
from tests.application import as_script
from tests.conftest import Cli, Trained

COLUMNS = ["plan", "complaints", "spend"]


class Unknown(ClassifierMixin, BaseEstimator):
    """A class that skops does not know."""

    def fit(self, X: Any, y: Any) -> Unknown:
        self.classes_, self.n_features_in_ = np.unique(y), X.shape[1]
        return self

    def predict(self, X: Any) -> Any:
        return self.classes_[(np.asarray(X)[:, 0] > 0).astype(int)]


def scores(db: psycopg.Connection[Any], name: str, rows: pd.DataFrame) -> list[float]:
    ask = f"select dbml.score('{name}', %s::jsonb)"
    return [db.execute(ask, [json.dumps(row)]).fetchone()[0] for row in rows.to_dict("records")]  # type: ignore[index]


# --- skops ---


def test_skops(
    cli: Cli, db: psycopg.Connection[Any], churn: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "churn.skops"
    skops.io.dump(churn.estimator, file)
    for module in (pickle, joblib):
        monkeypatch.setattr(module, "load", None)  # nothing is unpickled
    assert "engine sql" in cli("model", "add", "churn", file, "--sample", churn.sample).output
    cli("deploy", "churn@1")
    fresh = churn.rows.tail(20)
    np.testing.assert_allclose(scores(db, "churn", fresh), churn.truth(fresh), rtol=0, atol=1e-9)
    shown = json.loads(cli("model", "show", "churn@1", "--json").output)
    assert shown["kind"] == "skops" and "skops" in shown["libraries"]
    cli("model", "export", "churn@1", "-o", tmp_path / "again.skops")
    assert (tmp_path / "again.skops").read_bytes() == file.read_bytes()
    assert "came as skops" in cli("model", "export", "churn@1", "-o", tmp_path / "a.joblib", exit_code=1).output


def test_a_migration_s_script_takes_them_too(db: psycopg.Connection[Any], churn: Trained, tmp_path: Path) -> None:
    skops.io.dump(churn.estimator, tmp_path / "churn.skops")
    converted(churn.estimator, churn.rows, tmp_path / "churn.onnx")
    for number, kind in enumerate(("skops", "onnx"), 1):
        path = str(tmp_path / f"churn.{kind}")
        db.execute(as_script(AddModelOp(Release("churn", path, number, sample=str(churn.sample)))))  # type: ignore[arg-type]
    kinds = db.execute("select kind, engine from dbml.model order by version").fetchall()
    assert kinds == [("skops", "sql"), ("onnx", "sql")]


def test_an_untrusted_type_is_named_and_can_be_trusted(cli: Cli, churn: Trained, tmp_path: Path) -> None:
    file = tmp_path / "unknown.skops"
    X = np.array([[1.0, 2.0], [-1.0, 0.0], [2.0, 2.0]])
    skops.io.dump(Unknown().fit(X, [1, 0, 1]), file)
    pd.DataFrame(X, columns=["x0", "x1"]).to_csv(tmp_path / "rows.csv", index=False)
    add = ("model", "add", "unknown", file, "--sample", tmp_path / "rows.csv")
    name = f"{Unknown.__module__}.Unknown"
    refused = cli(*add, exit_code=1).output
    assert f"holds types that are not trusted: {name}" in refused and f"--trust {name}" in refused
    # Trusted, it is loaded; but it has no plan, and the server unpickles no skops file.
    refused = cli(*add, "--trust", name, exit_code=1).output
    assert "the estimator Unknown" in refused and "this model came as skops" in refused
    assert (
        "engine python: it unpickles joblib files"
        in cli(*add, "--trust", name, "--engine", "python", exit_code=1).output
    )
    assert json.loads(cli("model", "list", "--json").output) == []


def test_a_file_that_is_not_skops(cli: Cli, churn: Trained, tmp_path: Path) -> None:
    for content in (b"", b"PK\3\4 no zip", churn.file.read_bytes()):
        (tmp_path / "x.skops").write_bytes(content)
        assert "is not a skops file" in cli("model", "add", "m", tmp_path / "x.skops", exit_code=1).output


def test_a_bomb_is_refused_by_its_size(
    cli: Cli, churn: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skops.io.dump(churn.estimator, tmp_path / "churn.skops")
    with zipfile.ZipFile(tmp_path / "churn.skops", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("more", bytes(8 << 20))
    cli("install", "--artifact-limit", 1)
    monkeypatch.setattr(skops.io, "get_untrusted_types", None)  # not even asked
    refused = cli("model", "add", "churn", tmp_path / "churn.skops", exit_code=1).output
    assert "once it is decompressed" in refused and "Nothing of it was loaded" in refused


# --- boosters ---


def test_boosters(cli: Cli, db: psycopg.Connection[Any], churn: Trained, tmp_path: Path) -> None:
    numbers = churn.rows[["complaints", "spend"]]
    target = numbers["complaints"] + 0.01 * numbers["spend"] > 5
    one = xgboost.train({"objective": "binary:logistic", "nthread": 1}, xgboost.DMatrix(numbers, target), 5)
    one.save_model(tmp_path / "xgb.ubj")
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1}
    lightgbm.train(settings, lightgbm.Dataset(numbers, target), 5).save_model(tmp_path / "lgb.txt")
    other = lightgbm.Booster(model_file=tmp_path / "lgb.txt")
    fresh = numbers.tail(40).assign(spend=numbers["spend"].tail(40) + 0.123456789)
    results = sm.Logit(target.astype(float), sm.add_constant(numbers)).fit_regularized(disp=0, alpha=1.0)
    results.save(tmp_path / "sm.pickle")
    files = [
        ("xgb", "xgb.ubj", one.predict(xgboost.DMatrix(fresh))),
        ("lgb", "lgb.txt", other.predict(fresh)),
        ("sm", "sm.pickle", results.predict(sm.add_constant(fresh))),
    ]
    third = CatBoostClassifier(iterations=5, verbose=0, thread_count=1, allow_writing_files=False)
    third.fit(numbers, target.astype(int)).save_model(str(tmp_path / "cb.cbm"))
    files.append(("cb", "cb.cbm", third.predict_proba(fresh)[:, 1]))
    for name, file, truth in files:
        cli("model", "add", name, tmp_path / file, "--sample", churn.sample)
        cli("deploy", f"{name}@1")
        np.testing.assert_allclose(scores(db, name, fresh), np.asarray(truth, dtype=float), rtol=0, atol=1e-15)
        cli("model", "export", f"{name}@1", "-o", tmp_path / f"again-{file}")
        assert (tmp_path / f"again-{file}").read_bytes() == (tmp_path / file).read_bytes()
    assert "came as xgboost" in cli("model", "export", "xgb@1", "-o", tmp_path / "a.onnx", exit_code=1).output


@pytest.mark.filterwarnings("ignore")
def test_a_category_that_xgboost_takes_for_another_is_refused(
    cli: Cli, db: psycopg.Connection[Any], churn: Trained, tmp_path: Path
) -> None:
    rows = churn.rows[["spend"]].assign(plan=pd.Categorical(np.where(churn.rows["complaints"] > 2, "basic", "plus")))
    rows.to_csv(tmp_path / "rows.csv", index=False)
    fitted = xgboost.XGBClassifier(n_estimators=3, enable_categorical=True, n_jobs=1).fit(rows, rows["spend"] > 50)
    joblib.dump(fitted, tmp_path / "m.joblib")
    cli("model", "add", "own", tmp_path / "m.joblib", "--sample", tmp_path / "rows.csv", "--engine", "portable")
    cli("deploy", "own@1")
    some = rows.tail(9)
    np.testing.assert_array_equal(scores(db, "own", some), fitted.predict_proba(some)[:, 1].astype(float))
    with pytest.raises(psycopg.Error, match="a category of no row of fit"), db.transaction():
        scores(db, "own", pd.DataFrame({"spend": [7.0], "plan": ["abacus"]}))


PMML = """<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header/><DataDictionary>
<DataField name="spend" optype="continuous" dataType="double"/><DataField name="plan" optype="categorical" dataType="string"/>
</DataDictionary><RegressionModel functionName="regression"><MiningSchema><MiningField name="spend"/><MiningField name="plan"/>
</MiningSchema><RegressionTable intercept="1"><NumericPredictor name="spend" coefficient="0.5"/>
<CategoricalPredictor name="plan" value="basic" coefficient="7"/></RegressionTable></RegressionModel></PMML>"""


def test_pmml(cli: Cli, db: psycopg.Connection[Any], churn: Trained, tmp_path: Path) -> None:
    (tmp_path / "m.pmml").write_text(PMML)
    cli("model", "add", "m", tmp_path / "m.pmml", "--sample", churn.sample)
    cli("deploy", "m@1")
    assert db.execute("select kind, engine from dbml.model").fetchone() == ("pmml", "sql")
    fresh = churn.rows.tail(10)
    truth = 1.0 + 0.5 * fresh["spend"] + 7.0 * (fresh["plan"] == "basic")
    np.testing.assert_allclose(scores(db, "m", fresh), truth, rtol=1e-12)
    cli("model", "export", "m@1", "-o", tmp_path / "again.pmml")
    assert (tmp_path / "again.pmml").read_text() == PMML


MOJOS = Path(__file__).parents[1] / "files" / "mojo"


@pytest.mark.long  # H2O's own scorer is as large as everything else together
def test_mojo(cli: Cli, db: psycopg.Connection[Any], tmp_path: Path) -> None:
    asked = pd.read_json(MOJOS / "rows.json", precise_float=True, dtype={"plan": object})
    asked.head(40).to_csv(tmp_path / "rows.csv", index=False)
    answers = json.loads((MOJOS / "answers.json").read_text())
    for name, place in (("gbm", 2), ("logistic", 2), ("glm", 0), ("isolation", 0)):
        cli("model", "add", name, MOJOS / f"{name}.zip", "--sample", tmp_path / "rows.csv")
        cli("deploy", f"{name}@1")
        truth = np.array([row[place] for row in answers[name]])
        given = asked.astype(object).where(asked.notna(), None)[np.isfinite(truth)]
        np.testing.assert_allclose(scores(db, name, given), truth[np.isfinite(truth)], rtol=1e-12, atol=1e-12)
        cli("model", "export", f"{name}@1", "-o", tmp_path / f"{name}.zip")
        assert (tmp_path / f"{name}.zip").read_bytes() == (MOJOS / f"{name}.zip").read_bytes()
    assert set(db.execute("select kind from dbml.model").fetchall()) == {("mojo",)}


@pytest.mark.parametrize(("package", "suffix"), [("skops", "skops"), ("onnx", "onnx"), ("onnxruntime", "onnx")])
def test_without_a_package(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, suffix: str
) -> None:
    (tmp_path / f"m.{suffix}").write_bytes(b"1")
    monkeypatch.setitem(sys.modules, package, None)
    refused = cli("model", "add", "m", tmp_path / f"m.{suffix}", exit_code=1).output
    assert "package" in refused and package in refused and "pip install 'dbml[export]'" in refused


# --- ONNX ---


def mixed(estimator: Any) -> Any:
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    steps = ((OneHotEncoder(handle_unknown="ignore"), ["plan"]), (numbers, ["complaints", "spend"]))
    return make_pipeline(make_column_transformer(*steps), estimator)


def converted(estimator: Any, rows: pd.DataFrame, file: Path) -> None:
    types = [(c, StringTensorType([None, 1]) if c == "plan" else FloatTensorType([None, 1])) for c in COLUMNS]
    file.write_bytes(skl2onnx.convert_sklearn(estimator, initial_types=types).SerializeToString())


def said(file: Path, rows: pd.DataFrame) -> list[float]:
    """onnxruntime's own answer: the probability of the second class, or the value."""
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    feed = {c: rows[[c]].to_numpy(dtype=object if c == "plan" else np.float32) for c in COLUMNS}
    found = session.run(None, feed)
    return [row[1] for row in found[1]] if len(found) == 2 else found[0].ravel().tolist()


# A product of matrices in float32 has no last digits that every processor agrees on; trees are exact.
ONNX: dict[str, tuple[Callable[[], Any], float]] = {
    "linear": (lambda: mixed(LogisticRegression()), 1e-6),
    "regression": (lambda: mixed(Ridge()), 1e-4),
    "forest": (lambda: mixed(RandomForestClassifier(10, max_depth=6, random_state=0)), 1e-9),
    "boosting": (lambda: mixed(GradientBoostingClassifier(n_estimators=12, random_state=0)), 1e-9),
}


@pytest.mark.parametrize("name", ONNX)
def test_onnx(cli: Cli, db: psycopg.Connection[Any], churn: Trained, tmp_path: Path, name: str) -> None:
    make, bound = ONNX[name]
    rows = churn.rows.astype({"plan": object})
    target = rows["spend"] * 10 if name == "regression" else rows["complaints"] + 0.01 * rows["spend"] > 5
    file = tmp_path / "model.onnx"
    converted(make().fit(rows, target), rows, file)
    cli("model", "add", name, file, "--sample", churn.sample)
    cli("deploy", f"{name}@1")
    fresh = rows.tail(40).assign(spend=rows["spend"].tail(40) + 0.123456789)
    np.testing.assert_allclose(scores(db, name, fresh), said(file, fresh), rtol=0, atol=bound)
    # What the file answers for what is missing, for an unknown word and beyond float32, the server answers too.
    odd = fresh.head(3).assign(plan=["none of them", "basic", "plus"], spend=[float("nan"), 1e30, -3.0])
    answers = scores(db, name, odd.astype(object).where(odd.notna(), None))
    np.testing.assert_allclose(answers, said(file, odd), rtol=1e-6, atol=bound)
    if name == "boosting":
        refused = cli("model", "export", "boosting@1", "-o", tmp_path / "x.sql", exit_code=1).output
        assert "boosting@1 cannot be plain SQL: there is no exp32 in SQL" in refused
    with pytest.raises(psycopg.Error, match="cannot be missing"):
        db.execute(f"""select dbml.score('{name}', '{{"plan": null, "complaints": 1, "spend": 2}}')""")
    cli("model", "export", f"{name}@1", "-o", tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == file.read_bytes()
    assert (
        "holds no scikit-learn estimator"
        in cli("model", "export", f"{name}@1", "-o", tmp_path / "x.pmml", exit_code=1).output
    )


def test_an_onnx_file_runs_on_no_engine_python(
    cli: Cli, churn: Trained, tmp_path: Path, db: psycopg.Connection[Any]
) -> None:
    converted(churn.estimator, churn.rows, tmp_path / "model.onnx")
    add = ("model", "add", "churn", tmp_path / "model.onnx", "--sample", churn.sample)
    assert (
        "it unpickles joblib files, and this model came as onnx" in cli(*add, "--engine", "python", exit_code=1).output
    )
    cli(*add)
    with pytest.raises(psycopg.Error) as caught:  # nor for somebody who writes the table
        db.execute("update dbml.version_engine set engine = 'python'")
    assert caught.value.sqlstate == "DB003"
    assert "churn@1 cannot run on engine python" in str(caught.value)


@pytest.mark.parametrize("name", ["regression", "forest"])
def test_a_plan_of_another_model_is_refused(
    cli: Cli, churn: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from dbml.scorer.onnx import linear, trees

    product, weights = linear.product, trees._weights

    def shifted(plan: Any, tensor: Any, matrix: Any, intercepts: Any, dtype: str) -> Any:
        return product(plan, tensor, matrix, [each + 1e-3 for each in intercepts], dtype)

    monkeypatch.setattr(linear, "product", shifted)
    monkeypatch.setattr(trees, "_weights", lambda *given: [each * 1.00001 for each in weights(*given)])
    rows = churn.rows
    target = rows["spend"] if name == "regression" else rows["complaints"] > 4
    converted(ONNX[name][0]().fit(rows, target), rows, tmp_path / "model.onnx")
    refused = cli("model", "add", name, tmp_path / "model.onnx", "--sample", churn.sample, exit_code=1).output
    # onnxruntime's own sums stand then, and no engine has them.
    assert "differs from the estimator on" in refused
    assert json.loads(cli("model", "list", "--json").output) == []


def graph(*nodes: Any, width: int = 2, version: int = 15) -> bytes:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, width])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])
    opsets = [helper.make_opsetid("", version), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(helper.make_graph(list(nodes), "g", [x], [y]), opset_imports=opsets, ir_version=8)
    return bytes(model.SerializeToString())


def elsewhere(content: bytes) -> bytes:
    """The same model with a tensor that says another file has its numbers."""
    model = onnx.load_model_from_string(content)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../secret")
    return bytes(model.SerializeToString())


def test_broken_and_unsupported_files(cli: Cli, churn: Trained, tmp_path: Path) -> None:
    converted(churn.estimator, churn.rows, tmp_path / "whole.onnx")
    whole = (tmp_path / "whole.onnx").read_bytes()
    regressor = helper.make_node("LinearRegressor", ["x"], ["z"], domain="ai.onnx.ml", coefficients=[1.0, 2.0])
    two = helper.make_node("LinearRegressor", ["x"], ["y"], domain="ai.onnx.ml", coefficients=[1.0] * 4, targets=2)
    for content, expected in (
        (b"", "is no ONNX model"),
        (b"\x08\x07 nothing", "is no ONNX model"),
        (whole[: len(whole) // 2], "is no ONNX model"),
        (churn.file.read_bytes(), "is no ONNX model"),
        (graph(regressor, helper.make_node("Det", ["z"], ["y"])), "no plan expresses the operator Det"),
        (graph(two), "has 2 targets, and the score is one of them"),
        (elsewhere(whole), "weights that are in another file"),
    ):
        (tmp_path / "x.onnx").write_bytes(content)
        refused = cli("model", "add", "m", tmp_path / "x.onnx", exit_code=1).output
        assert expected in refused and "hint:" in refused
    assert json.loads(cli("model", "list", "--json").output) == []


def test_a_tensor_of_columns_is_an_array(cli: Cli, db: psycopg.Connection[Any], tmp_path: Path) -> None:
    scale = helper.make_node("Scaler", ["x"], ["z"], domain="ai.onnx.ml", offset=[0.5, 0.25], scale=[2.0, 4.0])
    line = helper.make_node(
        "LinearRegressor", ["z"], ["y"], domain="ai.onnx.ml", coefficients=[1.5, -2.0], intercepts=[0.5]
    )
    content = graph(scale, line)
    onnx.checker.check_model(onnx.load_model_from_string(content))
    (tmp_path / "m.onnx").write_bytes(content)
    cli("model", "add", "m", tmp_path / "m.onnx")  # all numbers: no sample is needed
    cli("deploy", "m@1")
    assert scores(db, "m", pd.DataFrame({"x0": [1.5], "x1": [2.0]})) == [(1.0 * 2) * 1.5 - (1.75 * 4) * 2 + 0.5]
