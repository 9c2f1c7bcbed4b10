"""XGBoost's and LightGBM's own files: their plans answer as ``Booster.predict`` does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost

from dbml._plpython import compiled, portable
from dbml.errors import ArtifactError, TooLarge
from dbml.models import artifact
from dbml.scorer import engines

random = np.random.default_rng(3)
X = pd.DataFrame(random.normal(size=(240, 4)), columns=["a", "b", "c", "d"])
X.loc[::7, "b"] = np.nan
VALUE = X["a"] + X["b"].fillna(2.0)
TWO, THREE = (VALUE > 0).astype(int), np.digitize(VALUE, [-0.5, 1.0])
COUNTS = np.floor(np.exp(VALUE / 3.0)) + 1.0
KINDS = X.assign(k=pd.Categorical(random.choice(["x", "y", "z"], len(X))), flag=X["c"] > 0)

XGBOOST: dict[str, tuple[dict[str, Any], Any]] = {
    "binary:logistic": ({}, TWO),
    "multi:softprob": ({"num_class": 3}, THREE),
    "multi:softmax": ({"num_class": 3}, THREE),
    "binary:hinge": ({}, TWO),
    "binary:logitraw": ({}, TWO),
    "reg:squarederror": ({"booster": "dart", "rate_drop": 0.5, "seed": 1}, VALUE),
    "reg:absoluteerror": ({"booster": "gblinear"}, VALUE),
    "count:poisson": ({}, COUNTS),
    "rank:pairwise": ({}, TWO),
    "survival:cox": ({}, COUNTS),
}
LIGHTGBM: dict[str, tuple[dict[str, Any], Any]] = {
    "binary": ({}, TWO),
    "multiclass": ({"num_class": 3}, THREE),
    "multiclassova": ({"num_class": 3}, THREE),
    "regression": ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}, VALUE),
    "poisson": ({}, COUNTS),
    "cross_entropy": ({}, TWO),
    "lambdarank": ({}, TWO),
    "quantile": ({"linear_tree": True}, VALUE),
}


def xgb(file: Path, objective: str = "binary:logistic", rows: Any = X) -> xgboost.Booster:
    options, target = XGBOOST[objective]
    booster = xgboost.train({"objective": objective, "nthread": 1, **options}, xgboost.DMatrix(rows, target), 6)
    booster.save_model(file)
    return booster


def lgb(file: Path, objective: str = "binary", rows: Any = X) -> lightgbm.Booster:
    options, target = LIGHTGBM[objective]
    group = [len(rows)] if objective == "lambdarank" else None
    settings = {"objective": objective, "num_leaves": 7, "verbosity": -1, "num_threads": 1, **options}
    booster = lightgbm.train(settings, lightgbm.Dataset(rows, target, group=group), 6)
    booster.save_model(file)
    return booster


def checked(file: Path, rows: pd.DataFrame, output: str | None = None) -> tuple[artifact.Artifact, engines.Engines]:
    read = artifact.read(file, rows.head(60), output)
    found = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert found.report is not None and found.report.differing == 0, found.report
    assert found.plan is not None
    return read, found


def often(cases: dict[str, Any], *names: str) -> list[Any]:
    """The cases, of which all but some are long."""
    return [case if case in names else pytest.param(case, marks=pytest.mark.long) for case in cases]


@pytest.mark.filterwarnings(r"ignore:.*booster=dart. is deprecated")
@pytest.mark.parametrize("objective", often(XGBOOST, "binary:logistic", "multi:softmax", "reg:squarederror"))
def test_xgboost(objective: str, tmp_path: Path) -> None:
    booster = xgb(tmp_path / "m.json", objective)
    three = objective.startswith("multi")
    read, _ = checked(tmp_path / "m.json", X, "1" if three else None)
    assert [feature["name"] for feature in read.interface["features"]] == list(X)
    said = booster.predict(xgboost.DMatrix(X.head(60)))
    own = (said == 1) if objective == "multi:softmax" else said[:, 1] if three else said
    np.testing.assert_array_equal(read.golden["scores"], own.astype(float))


@pytest.mark.parametrize("objective", often(LIGHTGBM, "binary", "multiclass", "regression"))
def test_lightgbm(objective: str, tmp_path: Path) -> None:
    lgb(tmp_path / "m.txt", objective)
    three = objective.startswith("multi")
    read, _ = checked(tmp_path / "m.txt", X, "1" if three else None)
    said = np.asarray(lightgbm.Booster(model_file=tmp_path / "m.txt").predict(X.head(60)))
    np.testing.assert_array_equal(read.golden["scores"], said[:, 1] if three else said)


def test_categories_and_booleans_come_from_the_file(tmp_path: Path) -> None:
    lgb(tmp_path / "m.txt", rows=KINDS)
    KINDS.head(60).to_csv(tmp_path / "rows.csv", index=False)
    read = artifact.read(tmp_path / "m.txt", tmp_path / "rows.csv")
    assert [feature["dtype"] for feature in read.interface["features"]][4:] == ["category", "bool"]
    checked(tmp_path / "m.txt", KINDS)
    xgb(tmp_path / "m.ubj", rows=KINDS.drop(columns="k"))
    read, _ = checked(tmp_path / "m.ubj", KINDS)
    assert read.interface["features"][-1]["kind"] == "boolean"


@pytest.mark.parametrize("suffix", [".model", ".bst", ".bin"])
def test_a_file_of_any_suffix_is_known_by_its_beginning(suffix: str, tmp_path: Path) -> None:
    for library, write in (("xgboost", xgb), ("lightgbm", lgb)):
        write(tmp_path / ("m.ubj" if library == "xgboost" else "m.txt"))
        content = (tmp_path / ("m.ubj" if library == "xgboost" else "m.txt")).read_bytes()
        (tmp_path / f"m{suffix}").write_bytes(content)
        assert artifact.read(tmp_path / f"m{suffix}", X).kind == library


def test_a_booster_that_is_handed_over_itself(tmp_path: Path) -> None:
    for file, write in (("m.ubj", xgb), ("m.txt", lgb)):
        booster = write(tmp_path / file)
        assert artifact.read(booster, X).golden["scores"] == artifact.read(tmp_path / file, X).golden["scores"]


def test_what_is_dumped_for_people_is_refused_with_what_to_write(tmp_path: Path) -> None:
    lgb(tmp_path / "m.txt")
    (tmp_path / "m.json").write_text(json.dumps(lightgbm.Booster(model_file=tmp_path / "m.txt").dump_model()))
    with pytest.raises(ArtifactError, match="no model of lightgbm") as refused:
        artifact.read(tmp_path / "m.json", X)
    assert "as .txt" in refused.value.hint


def test_arrays_have_no_names_and_need_no_sample(tmp_path: Path) -> None:
    xgb(tmp_path / "m.json", rows=X.to_numpy())
    lgb(tmp_path / "m.txt", rows=X.to_numpy())
    for file in ("m.json", "m.txt"):
        read = artifact.read(tmp_path / file)
        assert [feature["name"] for feature in read.interface["features"]] == ["x0", "x1", "x2", "x3"]


@pytest.mark.parametrize("hot", [1, 100])
def test_categories_of_xgboost(hot: int, tmp_path: Path) -> None:
    rows = KINDS.assign(number=pd.Categorical(random.choice([3, 7, 11], len(KINDS))))
    rows.loc[::9, "k"] = np.nan
    target = (VALUE + (KINDS["k"] == "y") + (rows["number"] == 7) > 0.5).astype(int)
    data = xgboost.DMatrix(rows, target, enable_categorical=True)
    booster = xgboost.train({"objective": "binary:logistic", "max_cat_to_onehot": hot, "nthread": 1}, data, 6)
    booster.save_model(tmp_path / "m.ubj")
    rows.head(60).to_csv(tmp_path / "rows.csv", index=False)
    read = artifact.read(tmp_path / "m.ubj", tmp_path / "rows.csv")
    assert [feature.get("categories") for feature in read.interface["features"][4:]] == [
        ["x", "y", "z"],
        None,
        [3, 7, 11],
    ]
    _, found = checked(tmp_path / "m.ubj", rows)
    # XGBoost itself gives "w" the score of "x".
    score = compiled.load(portable.compile_plan(found.plan))
    with pytest.raises(compiled.Refused, match="column k has a category of no row of fit"):
        score([0.0] * 5 + [7.0], ["w"])
    score([0.0] * 5 + [7.0], [None])


def spoiled(change: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    def change_content(content: bytes) -> bytes:
        document = json.loads(content)
        change(document["learner"])
        return json.dumps(document).encode()

    return change_content


def tree(learner: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = learner["gradient_booster"]["model"]["trees"][0]
    return found


SPOILED: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "in a circle": ("m.json", spoiled(lambda m: tree(m)["left_children"].__setitem__(1, 1)), "there, or to one twice"),
    "beyond": ("m.json", spoiled(lambda m: tree(m)["right_children"].__setitem__(0, 10**6)), "not there"),
    "column": ("m.json", spoiled(lambda m: tree(m)["split_indices"].__setitem__(0, 77)), "column that is not there"),
    "class": ("m.json", spoiled(lambda m: m["gradient_booster"]["model"]["tree_info"].__setitem__(0, 9)), "no class"),
    "deep": ("m.json", lambda _: b"[" * 100_000, "is no model of xgboost"),
    "deep too": ("m.ubj", lambda _: b"[[" * 100_000, "is no model of xgboost"),
    "cut off": ("m.ubj", lambda content: content[:-200], "ends too early"),
    "wrong sizes": ("m.txt", lambda content: content.replace(b"tree_sizes=", b"tree_sizes=9"), "beside its trees"),
    "child": ("m.txt", lambda content: content.replace(b"left_child=", b"left_child=9", 1), "."),
    "categories": ("m.json", spoiled(lambda m: tree(m)["split_type"].__setitem__(0, 1)), "without categories"),
    "nothing": ("m.txt", lambda _: b"hello", "does not begin"),
}


@pytest.mark.parametrize("case", SPOILED)
def test_a_file_that_leads_nowhere_is_refused_before_its_library_sees_it(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, change, said = SPOILED[case]
    file = tmp_path / name
    (lgb if name == "m.txt" else xgb)(file)
    file.write_bytes(change(file.read_bytes()))
    monkeypatch.setattr(xgboost, "Booster", None)
    monkeypatch.setattr(lightgbm, "Booster", None)
    with pytest.raises(ArtifactError, match=said):
        artifact.read(file)


def test_size_and_version(tmp_path: Path) -> None:
    xgb(tmp_path / "m.json")
    whole = json.loads((tmp_path / "m.json").read_text())
    whole["learner"]["learner_model_param"]["num_feature"] = "2000000"
    (tmp_path / "wide.json").write_text(json.dumps(whole))
    with pytest.raises(TooLarge, match="2000000 features"):
        artifact.read(tmp_path / "wide.json")
    whole["learner"]["learner_model_param"]["num_feature"] = "4"
    for major, refused in ((2, False), (99, True)):
        whole["version"] = [major, 0, 0]
        (tmp_path / "other.json").write_text(json.dumps(whole, separators=(",", ":")))
        if refused:
            with pytest.raises(ArtifactError, match=r"written by xgboost 99\.0\.0") as error:
                artifact.read(tmp_path / "other.json")
            assert "--trust xgboost==99.0.0" in error.value.hint
        artifact.read(tmp_path / "other.json", trust=["xgboost==99.0.0"])
