"""ONNX graphs as plans: onnxruntime's answers, on the sample and on rows built to hurt."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper, inliner, numpy_helper
from skl2onnx import to_onnx
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, SGDClassifier
from sklearn.mixture import GaussianMixture
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    MinMaxScaler,
    Normalizer,
    PolynomialFeatures,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from dbml.errors import ArtifactError
from dbml.models import artifact
from dbml.scorer import engines

random = np.random.default_rng(5)
X = (random.normal(size=(240, 5)) * [1, 10, 100, 1000, 0.1]).astype(np.float32)
VALUE = X[:, 0] * 3 + X[:, 1] + random.normal(size=len(X))
TWO, THREE = (VALUE > 0).astype(int), np.digitize(VALUE, [-8, 8])
ROWS = pd.DataFrame(X, columns=[f"x{i}" for i in range(5)]).head(60)

LINEAR: list[tuple[Any, Any]] = [
    (LinearRegression(), VALUE),
    (LogisticRegression(max_iter=3000), np.where(TWO, "yes", "no")),
    (make_pipeline(StandardScaler(), LogisticRegression()), THREE),
    (make_pipeline(SimpleImputer(), RobustScaler(), SGDClassifier(loss="log_loss", random_state=0)), TWO),
    (make_pipeline(Normalizer("l2"), MinMaxScaler(), LogisticRegression()), TWO),
    (make_pipeline(PCA(3), LogisticRegression()), TWO),
    (make_pipeline(StandardScaler(), PoissonRegressor()), np.abs(VALUE)),
    (make_pipeline(Binarizer(threshold=0.3), LogisticRegression()), TWO),
]
TREES: list[tuple[Any, Any]] = [
    (DecisionTreeRegressor(max_depth=6), VALUE),
    (DecisionTreeClassifier(max_depth=6), THREE),
    (make_pipeline(Normalizer("l1"), RandomForestClassifier(8, max_depth=5)), TWO),
    (make_pipeline(StandardScaler(), RandomForestClassifier(6, max_depth=5)), THREE),
    (GradientBoostingClassifier(n_estimators=8), TWO),
    (GradientBoostingClassifier(n_estimators=4), THREE),
    (make_pipeline(Normalizer("max"), GradientBoostingRegressor(n_estimators=8)), VALUE),
]


def named(case: tuple[Any, Any]) -> str:
    return f"{'-'.join(type(s).__name__ for _, s in getattr(case[0], 'steps', [('', case[0])]))}-{len(set(case[1]))}"


def prepared(content: bytes, folder: Path, output: str | None = None, rows: pd.DataFrame = ROWS) -> engines.Engines:
    file = folder / "model.onnx"
    file.write_bytes(content)
    read = artifact.read(file, rows, output)
    return engines.prepare(read.estimator, read.interface, read.golden, label="m@1")


def fitted(case: tuple[Any, Any], kind: type) -> bytes:
    estimator, target = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(X, target)
        return bytes(to_onnx(estimator, X[:1].astype(kind)).SerializeToString())


@pytest.mark.parametrize("case", LINEAR, ids=named)
def test_a_product_in_float32(case: tuple[Any, Any], tmp_path: Path) -> None:
    found = prepared(fitted(case, np.float32), tmp_path, "1" if case[1] is THREE else None)
    assert found.report is not None and found.report.differing == 0
    assert found.plan is not None and found.expression is not None


@pytest.mark.parametrize("case", TREES, ids=named)
def test_trees_are_exact(case: tuple[Any, Any], tmp_path: Path) -> None:
    found = prepared(fitted(case, np.float32), tmp_path, "1" if case[1] is THREE else None)
    assert found.report is not None and (found.report.differing, found.report.largest_difference) == (0, 0.0)
    assert found.plan is not None


def test_doubles_are_exact_to_the_bound_of_every_engine(tmp_path: Path) -> None:
    estimator = make_pipeline(StandardScaler(), LinearRegression())
    found = prepared(fitted((estimator, VALUE), np.float64), tmp_path)
    assert found.report is not None and found.report.differing == 0


# What skl2onnx says by operators of arithmetic, of shapes, and of support vectors; None where nothing is learnt from.
OTHERS: dict[str, tuple[Any, Any]] = {
    "products": (make_pipeline(PolynomialFeatures(2), LinearRegression()), VALUE),
    "powers": (make_pipeline(PowerTransformer(), LinearRegression()), VALUE),
    "bins": (make_pipeline(KBinsDiscretizer(4, encode="ordinal", quantile_method="averaged_inverted_cdf"), LinearRegression()), VALUE),
    "clipped": (make_pipeline(MinMaxScaler(clip=True), LogisticRegression()), TWO),
    "one against the rest": (OneVsRestClassifier(LogisticRegression()), THREE),
    "one against one": (OneVsOneClassifier(LogisticRegression()), THREE),
    "hinge": (SGDClassifier(random_state=0), np.where(TWO, "yes", "no")),
    "one score": (LinearSVC(), TWO),
    "calibrated": (CalibratedClassifierCV(LinearSVC(), cv=2), TWO),
    "isotonic": (CalibratedClassifierCV(DecisionTreeClassifier(max_depth=3), cv=2, method="isotonic"), TWO),
    "several": (
        VotingClassifier([("a", LogisticRegression()), ("b", DecisionTreeClassifier(max_depth=3))], voting="soft", flatten_transform=False),
        TWO,
    ),
    "boosted": (AdaBoostClassifier(n_estimators=3, random_state=0), TWO),
    "bagged": (BaggingRegressor(n_estimators=3, random_state=0), VALUE),
    "network": (MLPClassifier((4,), max_iter=30, random_state=0), THREE),
    "normal": (GaussianNB(), TWO),
    "words": (BernoulliNB(), TWO),
    "machine of values": (SVR(), VALUE),
    "machine of classes": (SVC(kernel="poly", degree=2), THREE),
    "machine of one class": (OneClassSVM(nu=0.2), None),
    "clusters": (KMeans(3, n_init=1, random_state=0), None),
    "mixture": (GaussianMixture(2, random_state=0), None),
    "outliers": (IsolationForest(n_estimators=3, random_state=0), None),
}  # fmt: skip
QUICK = ("products", "one against the rest", "hinge", "one score", "boosted", "machine of values", "clusters")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.long) for n in OTHERS])
def test_arithmetic_of_a_row(name: str, tmp_path: Path) -> None:
    estimator, target = OTHERS[name]
    estimator.fit(X, target)
    content = to_onnx(estimator, X[:1], target_opset={"": 17, "ai.onnx.ml": 3}).SerializeToString()
    shares = hasattr(estimator, "predict_proba") and target is not None
    output = None if target is not THREE else "1" if shares else "value"
    found = prepared(content, tmp_path, output)
    assert found.report is not None and found.report.differing == 0, found.report
    # It is the same model: of scikit-learn's own answers only rounding to float32 is lost.
    read = artifact.read(tmp_path / "model.onnx", ROWS, output)
    own = estimator.predict_proba(X[:60])[:, 1] if shares else estimator.predict(X[:60])
    own = (own == "yes").astype(float) if own.dtype.kind in "OU" else own
    np.testing.assert_allclose(read.golden["scores"], own, rtol=1e-3, atol=1e-4)


def test_groups_of_columns_of_several_types(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("OneHotEncoder", ["word"], ["hot"], domain="ai.onnx.ml", cats_strings=["a", "b"], zeros=1),
        helper.make_node("Flatten", ["hot"], ["flat"]),
        helper.make_node("Gather", ["table", "kind"], ["row"], axis=0),
        helper.make_node("Cast", ["many"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Concat", ["flat", "row", "numbers"], ["all"], axis=1),
        helper.make_node("BatchNormalization", ["all", "scale", "shift", "mean", "variance"], ["even"]),
        helper.make_node("MatMul", ["even", "weights"], ["y"]),
    ]
    given = [
        helper.make_tensor_value_info("word", TensorProto.STRING, [None, 2]),
        helper.make_tensor_value_info("kind", TensorProto.INT64, [None]),
        helper.make_tensor_value_info("many", TensorProto.DOUBLE, [None, 2]),
    ]
    width = {"scale": [8], "shift": [8], "mean": [8], "variance": [8], "weights": [8, 1], "table": [3, 2]}
    random = np.random.default_rng(0)
    tensors = [
        numpy_helper.from_array(np.abs(random.normal(size=shape)).astype(np.float32), name)
        for name, shape in width.items()
    ]
    graph = helper.make_graph(
        nodes, "g", given, [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])], tensors
    )
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 3)]
    content = bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())
    rows = pd.DataFrame(
        {
            "word0": list("abcab"),
            "word1": list("bbaca"),
            "kind": [0, 1, 2, 1, -1],
            "many0": [1.5, 2.0, -3.0, 1e5, 0.0],
            "many1": 2.0,
        }
    )
    found = prepared(content, tmp_path, rows=rows)
    assert found.report is not None and found.report.differing == 0


def model(
    nodes: list[Any],
    inputs: dict[str, int],
    width: int,
    ml: int = 3,
    rows: int | None = None,
    answer: int = TensorProto.FLOAT,
) -> bytes:
    given = [helper.make_tensor_value_info(name, kind, [rows, width]) for name, kind in inputs.items()]
    y = helper.make_tensor_value_info("y", answer, [rows, 1])
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", ml)]
    made = helper.make_model(helper.make_graph(nodes, "g", given, [y]), opset_imports=opsets, ir_version=8)
    return bytes(made.SerializeToString())


@pytest.mark.parametrize("mode", ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT", "BRANCH_GTE", "BRANCH_EQ", "BRANCH_NEQ"])
@pytest.mark.parametrize("tracks", [0, 1])
def test_each_way_to_branch(mode: str, tracks: int, tmp_path: Path) -> None:
    tree = helper.make_node(
        "TreeEnsembleRegressor",
        ["x"],
        ["y"],
        domain="ai.onnx.ml",
        nodes_treeids=[0, 0, 0, 1, 1, 1],
        nodes_nodeids=[0, 1, 2, 0, 1, 2],
        nodes_featureids=[0, 0, 0, 1, 0, 0],
        nodes_modes=[mode, "LEAF", "LEAF"] * 2,
        nodes_values=[0.1, 0.0, 0.0, 1.0, 0.0, 0.0],
        nodes_truenodeids=[1, 0, 0, 1, 0, 0],
        nodes_falsenodeids=[2, 0, 0, 2, 0, 0],
        nodes_missing_value_tracks_true=[tracks, 0, 0] * 2,
        target_treeids=[0, 0, 1, 1],
        target_nodeids=[1, 2, 1, 2],
        target_ids=[0, 0, 0, 0],
        target_weights=[0.1, 0.2, 0.4, 0.8],
        n_targets=1,
        base_values=[0.3],
    )
    # 0.1 in float32 is no double that a row would hold: the neighbours of the threshold are among the hurtful rows.
    rows = pd.DataFrame({"x0": [0.1, 0.2, float("nan"), float(np.float32(0.1))], "x1": [1.0, 2.0, 0.5, float("nan")]})
    found = prepared(model([tree], {"x": TensorProto.FLOAT}, 2), tmp_path, rows=rows)
    assert found.report is not None and (found.report.differing, found.report.largest_difference) == (0, 0.0)


def newer_trees(kind: int, **more: Any) -> Any:
    """``TreeEnsemble``: one tree of a set and a comparison, and one of a single leaf, which stands on both sides."""
    numbers = TensorProto.DOUBLE if kind == TensorProto.DOUBLE else TensorProto.FLOAT
    return helper.make_node(
        "TreeEnsemble",
        ["x"],
        ["y"],
        domain="ai.onnx.ml",
        n_targets=1,
        tree_roots=[0, 2],
        nodes_featureids=[0, 1, 0],
        nodes_modes=helper.make_tensor("m", TensorProto.UINT8, [3], [more.pop("mode", 6), 1, 0]),
        nodes_splits=helper.make_tensor("s", numbers, [3], [2.0, 0.1, 0.0]),
        nodes_truenodeids=[1, 0, 3],
        nodes_trueleafs=[0, 1, 1],
        nodes_falsenodeids=[2, 1, 3],
        nodes_falseleafs=[1, 1, 1],
        nodes_missing_value_tracks_true=[0, 1, 0],
        leaf_targetids=[0, 0, 0, 0],
        leaf_weights=helper.make_tensor("w", numbers, [4], [0.1, 0.2, 0.4, 0.7]),
        **more,
    )


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.DOUBLE])
@pytest.mark.parametrize("mode", [2, 5, 6])
def test_trees_of_the_newer_form(kind: int, mode: int, tmp_path: Path) -> None:
    members = helper.make_tensor("v", kind, [3], [1.0, 3.0, float("nan")])
    tree = newer_trees(kind, mode=mode, aggregate_function=0, **({"membership_values": members} if mode == 6 else {}))
    rows = pd.DataFrame({"x0": [1.0, 2.0, 3.0, float("nan"), 0.5], "x1": [0.1, 0.05, float("nan"), 0.2, 0.0]})
    content = model([tree], {"x": kind}, 2, ml=5, answer=kind)
    found = prepared(content, tmp_path, rows=rows)
    assert found.report is not None and (found.report.differing, found.report.largest_difference) == (0, 0.0)


@pytest.mark.parametrize("kind", [TensorProto.INT64, TensorProto.INT32])
def test_trees_over_integers_one_row_at_a_time(kind: int, tmp_path: Path) -> None:
    tree = helper.make_node(
        "TreeEnsembleRegressor",
        ["f"],
        ["y"],
        domain="ai.onnx.ml",
        nodes_treeids=[0, 0, 0],
        nodes_nodeids=[0, 1, 2],
        nodes_featureids=[0, 0, 0],
        nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"],
        nodes_values=[16777217.0, 0.0, 0.0],  # which float32 has not
        nodes_truenodeids=[1, 0, 0],
        nodes_falsenodeids=[2, 0, 0],
        target_treeids=[0, 0],
        target_nodeids=[1, 2],
        target_ids=[0, 0],
        target_weights=[0.1, 0.2],
        n_targets=1,
    )
    rows = pd.DataFrame({"x": [1, 16777216, 16777217, 16777218, -5]})
    content = model([helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT), tree], {"x": kind}, 1, rows=1)
    found = prepared(content, tmp_path, rows=rows)
    assert found.report is not None and (found.report.differing, found.report.largest_difference) == (0, 0.0)


def test_a_classifier_of_integers(tmp_path: Path) -> None:
    whole = random.integers(-9, 9, size=(200, 3))
    estimator = RandomForestClassifier(4, max_depth=4, random_state=0).fit(whole, whole[:, 0] + whole[:, 1] > 2)
    content = bytes(to_onnx(estimator, whole[:1], options={"zipmap": False}).SerializeToString())
    found = prepared(content, tmp_path, rows=pd.DataFrame(whole, columns=["x0", "x1", "x2"]).head(40))
    assert found.report is not None and (found.report.differing, found.report.largest_difference) == (0, 0.0)


def test_a_perceptron(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    first, second = random.normal(size=(5, 4)).astype(np.float32), random.normal(size=(4, 1)).astype(np.float32)
    for activation in ("Relu", "Tanh"):
        nodes = [
            helper.make_node("Constant", [], ["w"], value=helper.make_tensor("a", 1, [5, 4], first.ravel())),
            helper.make_node("Constant", [], ["v"], value=helper.make_tensor("b", 1, [4, 1], second.ravel())),
            helper.make_node("MatMul", ["x", "w"], ["h"]),
            helper.make_node(activation, ["h"], ["r"]),
            helper.make_node("MatMul", ["r", "v"], ["z"]),
            helper.make_node("Sigmoid", ["z"], ["y"]),
        ]
        found = prepared(model(nodes, {"x": TensorProto.FLOAT}, 5, rows=1), tmp_path)
        assert found.report is not None and found.report.differing == 0


def test_words_become_numbers(tmp_path: Path) -> None:
    nodes = [
        helper.make_node(
            "LabelEncoder",
            ["word"],
            ["code"],
            domain="ai.onnx.ml",
            keys_strings=["a", "größer"],
            values_floats=[1.5, 2.5],
            default_float=-1.0,
        ),
        helper.make_node("OneHotEncoder", ["word"], ["hot"], domain="ai.onnx.ml", cats_strings=["a", "b"], zeros=1),
        helper.make_node("Reshape", ["hot", "shape"], ["flat"]),
        helper.make_node("Concat", ["code", "flat"], ["all"], axis=1),
        helper.make_node("LinearRegressor", ["all"], ["y"], domain="ai.onnx.ml", coefficients=[1.0, 10.0, 100.0]),
    ]
    shape = helper.make_node("Constant", [], ["shape"], value=helper.make_tensor("s", TensorProto.INT64, [2], [-1, 2]))
    rows = pd.DataFrame({"word": ["a", "b", "größer", "other"]})
    found = prepared(model([shape, *nodes], {"word": TensorProto.STRING}, 1), tmp_path, rows=rows)
    assert found.report is not None and found.report.differing == 0 and found.report.refused > 0
    (tmp_path / "rows.csv").write_text("word\na\nb\ngrößer\nother\n")
    read = artifact.read(tmp_path / "model.onnx", tmp_path / "rows.csv")
    np.testing.assert_allclose(read.golden["scores"], [11.5, 99.0, 2.5, -1.0], rtol=1e-6)
    # The graph takes text, whatever a CSV file looks like.
    (tmp_path / "rows.csv").write_text("word\n02134\n7\nTrue\n")
    read = artifact.read(tmp_path / "model.onnx", tmp_path / "rows.csv")
    assert read.golden["rows"] == [["02134"], ["7"], ["True"]]


def test_trees_behind_a_product_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="trees behind a product of matrices"):
        prepared(fitted((make_pipeline(PCA(2), DecisionTreeClassifier()), TWO), np.float32), tmp_path)


def test_what_repeats_a_graph_is_refused_and_the_estimator_is_taken(tmp_path: Path) -> None:
    estimator = KNeighborsRegressor(3).fit(X, VALUE)
    with pytest.raises(ArtifactError, match="the operator Scan") as refused:
        prepared(fitted((estimator, VALUE), np.float32), tmp_path)
    assert "The estimator itself" in refused.value.hint
    wide = X.astype(np.float64)
    read = artifact.read(KNeighborsRegressor(3).fit(wide, VALUE), ROWS)
    assert engines.prepare(read.estimator, read.interface, read.golden, label="m@1").plan is not None


def test_functions_and_numbers_beside_a_file_are_refused_and_joined(tmp_path: Path) -> None:
    twice = helper.make_function(
        "mine", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 15)]
    )
    weights = numpy_helper.from_array(np.ones((5, 1), np.float32), "w")
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width]) for name, width in (("x", 5), ("y", 1))
    )
    nodes = [helper.make_node("Twice", ["x"], ["d"], domain="mine"), helper.make_node("MatMul", ["d", "w"], ["y"])]
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("mine", 1)]
    made = helper.make_model(
        helper.make_graph(nodes, "g", [x], [y], [weights]), functions=[twice], opset_imports=opsets, ir_version=8
    )
    with pytest.raises(ArtifactError, match="functions of its own"):
        prepared(made.SerializeToString(), tmp_path)
    file = tmp_path / "model.onnx"
    onnx.save_model(
        inliner.inline_local_functions(made), file, save_as_external_data=True, location="w", size_threshold=0
    )
    with pytest.raises(ArtifactError, match="weights that are in another file"):
        artifact.read(file, ROWS)
    onnx.save_model(onnx.load(file), file)
    np.testing.assert_allclose(artifact.read(file, ROWS).golden["scores"], X[:60].sum(axis=1) * 2, rtol=1e-4, atol=1e-2)


def test_the_greatest_of_what_is_missing_is_refused(tmp_path: Path) -> None:
    """onnxruntime has neither NaN nor the greatest of the others for it."""
    nodes = [helper.make_node("ReduceMax", ["x"], ["y"], axes=[1])]
    opsets = [helper.make_opsetid("", 13)]
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width]) for name, width in (("x", 4), ("y", 1))
    )
    made = helper.make_model(helper.make_graph(nodes, "g", [x], [y]), opset_imports=opsets, ir_version=8)
    found = prepared(
        made.SerializeToString(), tmp_path, rows=pd.DataFrame([[0.0, 1.0, 2.0, 3.0]], columns=["x0", "x1", "x2", "x3"])
    )
    assert found.report is not None and found.report.differing == 0 and found.report.refused > 0
