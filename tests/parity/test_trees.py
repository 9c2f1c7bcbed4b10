"""Decision trees, forests and boosting."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor
from threadpoolctl import threadpool_limits

from dbml._plpython import descent, masks, portable, treecode
from dbml._plpython import forest as trees_of_many
from dbml.scorer import thresholds
from dbml.scorer.plan import Unsupported
from dbml.scorer.sklearn import lower
from dbml.scorer.sklearn.trees import FLOAT32_LIMIT, widened
from tests.parity.harness import assert_parity, data, differing_before, target

few = {"n_estimators": 6, "random_state": 0}
hist = {"max_iter": 6, "min_samples_leaf": 5, "random_state": 0}

# (estimator, data set, task, output); an output is a class's probability, or "value" for what predict says.
CASES: list[tuple[Any, str, str, str | None]] = [
    (DecisionTreeClassifier(max_depth=4), "breast cancer", "binary", None),
    (DecisionTreeClassifier(), "ties", "binary", None),
    (DecisionTreeClassifier(max_depth=5), "wine", "multi", "1"),
    (DecisionTreeClassifier(max_depth=5), "digits", "multi", "value"),
    (DecisionTreeClassifier(max_depth=5), "numbers with gaps", "binary", None),
    (DecisionTreeClassifier(max_depth=5), "gaps to come", "binary", None),
    (DecisionTreeRegressor(max_depth=5), "diabetes", "value", None),
    (DecisionTreeRegressor(criterion="poisson", max_depth=4), "wine", "positive", None),
    (DecisionTreeRegressor(max_depth=5), "numbers with gaps", "value", None),
    (ExtraTreeClassifier(max_depth=6, random_state=0), "wine", "multi", "2"),
    (ExtraTreeClassifier(max_depth=6, random_state=0), "numbers with gaps", "binary", None),
    (ExtraTreeClassifier(splitter="best", max_depth=6, random_state=0), "ties", "binary", None),
    (ExtraTreeRegressor(max_depth=6, random_state=0), "diabetes", "value", None),
    (RandomForestClassifier(**few), "breast cancer", "binary", None),
    (RandomForestClassifier(**few), "ties", "binary", "value"),
    (RandomForestClassifier(max_depth=6, **few), "numbers with gaps", "binary", None),
    (RandomForestClassifier(max_depth=6, **few), "gaps to come", "binary", None),
    (RandomForestClassifier(max_depth=6, **few), "digits", "multi", "3"),
    (RandomForestClassifier(max_depth=6, **few), "wine", "multi", "value"),
    (RandomForestRegressor(max_depth=6, **few), "diabetes", "value", None),
    (RandomForestRegressor(criterion="absolute_error", max_depth=4, **few), "wine", "value", None),
    (ExtraTreesClassifier(max_depth=6, **few), "ties", "binary", None),
    (ExtraTreesClassifier(max_depth=6, **few), "wine", "multi", "0"),
    (ExtraTreesClassifier(max_depth=6, **few), "numbers with gaps", "multi", "0"),
    (ExtraTreesRegressor(max_depth=6, bootstrap=True, **few), "diabetes", "value", None),
    (make_pipeline(RandomTreesEmbedding(max_depth=3, **few), LogisticRegression(C=0.1)), "wine", "binary", None),
    (GradientBoostingClassifier(**few), "breast cancer", "binary", None),
    (GradientBoostingClassifier(**few), "ties", "binary", "value"),
    (GradientBoostingClassifier(loss="exponential", subsample=0.7, **few), "ties", "binary", None),
    (GradientBoostingClassifier(init="zero", **few), "ties", "binary", None),
    (GradientBoostingClassifier(init=DummyClassifier(strategy="uniform"), **few), "wine", "binary", None),
    (GradientBoostingClassifier(init=RandomForestClassifier(max_depth=3, **few), **few), "ties", "binary", None),
    (GradientBoostingClassifier(init=DecisionTreeClassifier(max_depth=2), loss="exponential", **few), "wine", "binary", None),
    (GradientBoostingClassifier(init=DecisionTreeClassifier(max_depth=2), **few), "wine", "multi", "1"),
    (GradientBoostingClassifier(**few), "wine", "multi", "1"),
    (GradientBoostingClassifier(n_iter_no_change=2, **few), "digits", "multi", "value"),
    *((GradientBoostingRegressor(loss=loss, alpha=0.3, **few), "diabetes", "value", None) for loss in ("squared_error", "absolute_error", "huber", "quantile")),
    (GradientBoostingRegressor(init="zero", **few), "wine", "value", None),
    (GradientBoostingRegressor(init=HistGradientBoostingRegressor(**hist), **few), "diabetes", "value", None),
    (HistGradientBoostingClassifier(**hist), "breast cancer", "binary", None),
    (HistGradientBoostingClassifier(**hist), "ties", "binary", "value"),
    (HistGradientBoostingClassifier(**hist), "numbers with gaps", "binary", None),
    (HistGradientBoostingClassifier(**hist), "wine", "multi", "0"),
    (HistGradientBoostingClassifier(**hist), "digits", "multi", "value"),
    (HistGradientBoostingClassifier(early_stopping=True, n_iter_no_change=2, **hist), "wine", "binary", None),
    (HistGradientBoostingClassifier(interaction_cst="no_interactions", **hist), "diabetes", "binary", None),
    (HistGradientBoostingClassifier(**hist), "categories", "binary", None),
    (HistGradientBoostingClassifier(**hist), "categories", "multi", "2"),
    (HistGradientBoostingClassifier(categorical_features=["plan", "region"], **hist), "mixed", "binary", None),
    (HistGradientBoostingClassifier(categorical_features=[1, 3, 4], **hist), "mixed", "binary", None),
    (HistGradientBoostingClassifier(categorical_features=[True] * 6, **hist), "ties", "binary", None),
    (HistGradientBoostingRegressor(categorical_features=[True, False, False], **hist), "booleans", "value", None),
    *((HistGradientBoostingRegressor(loss=loss, **hist), "diabetes", "positive", None) for loss in ("squared_error", "absolute_error", "gamma", "poisson")),
    (HistGradientBoostingRegressor(loss="quantile", quantile=0.8, **hist), "diabetes", "value", None),
    (HistGradientBoostingRegressor(loss="poisson", learning_rate=0.9, **hist), "categories", "positive", None),
    (AdaBoostClassifier(**few), "breast cancer", "binary", None),
    (AdaBoostClassifier(**few), "ties", "binary", "value"),
    (AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), **few), "wine", "multi", "1"),
    (AdaBoostClassifier(ExtraTreeClassifier(max_depth=2), **few), "digits", "multi", "value"),
    (AdaBoostClassifier(LogisticRegression(max_iter=5000), **few), "ties", "binary", None),
    (AdaBoostClassifier(RandomForestClassifier(max_depth=2, n_estimators=3), **few), "wine", "multi", "1"),
    (AdaBoostRegressor(**few), "diabetes", "value", None),
    (AdaBoostRegressor(LinearRegression(), **few), "diabetes", "value", None),
    (AdaBoostRegressor(loss="exponential", n_estimators=1), "ties", "value", None),
    (IsolationForest(**few), "breast cancer", "none", None),
    (IsolationForest(contamination=0.1, **few), "ties", "none", None),
    (IsolationForest(max_features=0.5, max_samples=40, **few), "diabetes", "none", None),
    (IsolationForest(max_samples=1, **few), "diabetes", "none", None),
    (IsolationForest(contamination=0.2, **few), "numbers with gaps", "none", None),
]  # fmt: skip

boosted = {"n_estimators": 6, "max_depth": 3, "n_jobs": 1}
leaves = {"n_estimators": 6, "num_leaves": 8, "min_child_samples": 5, "n_jobs": 1, "verbose": -1}

LIBRARIES: list[tuple[str, dict[str, Any], str, str, str | None]] = [
    ("XGBClassifier", boosted, "breast cancer", "binary", None),
    ("XGBClassifier", boosted, "ties", "binary", "value"),
    ("XGBClassifier", boosted, "wine", "multi", "1"),
    ("XGBClassifier", boosted, "numbers with gaps", "multi", "value"),
    ("XGBClassifier", {"objective": "multi:softmax", **boosted}, "wine", "multi", "value"),
    ("XGBClassifier", {"missing": 0.0, "base_score": 0.2, **boosted}, "ties", "binary", None),
    ("XGBRFClassifier", boosted, "wine", "binary", None),
    ("XGBRFRegressor", boosted, "diabetes", "value", None),
    ("XGBRegressor", {"n_estimators": 60, "max_depth": 4, "n_jobs": 1}, "numbers with gaps", "value", None),
    ("XGBRegressor", {"missing": -1.5, **boosted}, "ties", "value", None),
    *(("XGBRegressor", {"objective": o, **boosted}, "diabetes", "positive", None) for o in ("count:poisson", "reg:gamma", "reg:tweedie", "reg:absoluteerror", "reg:squaredlogerror", "reg:pseudohubererror")),
    ("XGBRegressor", {"objective": "reg:logistic", **boosted}, "wine", "share", None),
    ("LGBMClassifier", leaves, "breast cancer", "binary", None),
    ("LGBMClassifier", leaves, "ties", "binary", "value"),
    ("LGBMClassifier", leaves, "wine", "multi", "1"),
    ("LGBMClassifier", {"objective": "multiclassova", **leaves}, "wine", "multi", "value"),
    ("LGBMClassifier", {"objective": "cross_entropy", **leaves}, "wine", "binary", None),
    ("LGBMClassifier", leaves, "numbers with gaps", "binary", None),
    ("LGBMClassifier", leaves, "gaps to come", "binary", None),
    ("LGBMClassifier", {"zero_as_missing": True, **leaves}, "ties", "binary", None),
    ("LGBMClassifier", {"use_missing": False, **leaves}, "numbers with gaps", "binary", None),
    ("LGBMClassifier", {"min_data_per_group": 5, "cat_smooth": 1, **leaves}, "categories", "binary", None),
    ("LGBMClassifier", {"boosting_type": "rf", "subsample": 0.6, "subsample_freq": 1, **leaves}, "wine", "binary", None),
    ("LGBMClassifier", {"boosting_type": "dart", **leaves}, "wine", "binary", None),
    ("LGBMRegressor", {"fit": {"categorical_feature": [1]}, "min_data_per_group": 5, **leaves}, "numbers with gaps", "value", None),
    *(("LGBMRegressor", {"objective": o, **leaves}, "diabetes", "positive", None) for o in ("regression", "l1", "huber", "fair", "quantile", "mape", "poisson", "gamma", "tweedie")),
    ("LGBMRegressor", {"reg_sqrt": True, **leaves}, "diabetes", "value", None),
]  # fmt: skip


def features(name: str) -> pd.DataFrame:
    """The data sets of the harness, and some that only trees take."""
    if name == "gaps to come":  # NaN that fit has not seen
        return data("mixed")[0][["spend", "calls", "ratio"]].fillna(1.0)
    if name == "numbers with gaps":
        X = data("mixed")[0][["spend", "calls", "ratio"]].copy()
        return X.assign(half=X["ratio"].round(0) / 2)
    if name == "texts":
        X = data("mixed")[0][["plan", "region", "ratio"]]
        return X.assign(half=X["ratio"].fillna(0.0).round(0) / 2)[["plan", "region", "half"]]
    if name == "categories":
        X = data("mixed")[0]
        size = pd.Categorical(X["calls"].astype(str), [str(i) for i in range(8, -1, -1)], ordered=True)
        return X.assign(plan=X["plan"].astype("category"), region=X["region"].astype("category"), size=size)
    if name == "booleans":
        X = data("mixed")[0]
        return pd.DataFrame({"busy": X["calls"] > 4, "calls": X["calls"], "ratio": X["ratio"]})
    # Every column costs its share of hurtful rows, and a tree asks only for a few of them.
    X = data(name)[0]
    if name == "breast cancer":
        return X.iloc[:, :6].rename(columns=lambda column: column.replace(" ", "_"))  # as LightGBM does by itself
    return X.iloc[:, {"digits": slice(8, 16), "wine": slice(5, 13)}.get(name, slice(None))]


def sample(X: pd.DataFrame) -> pd.DataFrame:
    return X.iloc[::7].head(24)


def wanted(name: str, task: str) -> Any:
    base = {"numbers with gaps": "mixed", "gaps to come": "mixed", "categories": "mixed", "booleans": "mixed"}.get(
        name, name
    )
    if task == "share":
        return target(base, "binary") * 0.8 + 0.1
    return target(base, "value").clip(0.1) + 0.5 if task == "positive" else target(base, task)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    with threadpool_limits(limits=1):
        yield


@pytest.mark.parametrize("estimator, name, task, output", CASES, ids=lambda value: str(value))
def test_trees(estimator: Any, name: str, task: str, output: str | None, tmp_path: Path) -> None:
    X = features(name)
    fitted = clone(estimator).fit(X) if task == "none" else clone(estimator).fit(X, wanted(name, task))
    # scikit-learn 1.7 keeps the probability of such an init 1.2e-7 away from 0 and 1, as far as float32 goes.
    with differing_before((1, 8), isinstance(getattr(estimator, "init", None), DecisionTreeClassifier)):
        assert_parity(fitted, sample(X), tmp_path, output)


@pytest.mark.filterwarnings("ignore:.XGBRF(Classifier|Regressor). is deprecated")
@pytest.mark.filterwarnings(r"ignore:.*booster=dart. is deprecated")
@pytest.mark.parametrize("kind, options, name, task, output", LIBRARIES)
def test_libraries(
    kind: str, options: dict[str, Any], name: str, task: str, output: str | None, tmp_path: Path
) -> None:
    library = importlib.import_module("xgboost" if kind.startswith("XGB") else "lightgbm")
    X = features(name)
    unfitted = getattr(library, kind)(**{key: value for key, value in options.items() if key != "fit"})
    assert_parity(unfitted.fit(X, wanted(name, task), **options.get("fit", {})), sample(X), tmp_path, output)


@pytest.mark.parametrize("scaler", [StandardScaler(), RobustScaler(), MinMaxScaler((-2, 3)), MaxAbsScaler()], ids=str)
def test_thresholds_of_scaled_columns(scaler: Any, tmp_path: Path) -> None:
    """Trees that ask with ``<=`` and with ``<``, and numbers in the table's own units in the plan."""
    X = features("ties")
    for trees in (
        HistGradientBoostingClassifier(max_iter=4, min_samples_leaf=5, random_state=0),
        importlib.import_module("xgboost").XGBClassifier(n_estimators=6, n_jobs=1),
    ):
        lowered = assert_parity(make_pipeline(clone(scaler), trees).fit(X, wanted("ties", "binary")), X, tmp_path)
        asked = [lowered["nodes"][i]["op"] for node in lowered["nodes"] if node["op"] == "trees" for i in node["of"]]
        assert set(asked) == {"number"}


def test_thresholds_at_the_ends_of_arithmetic() -> None:
    nodes = [
        {"op": "number", "index": 0},
        *({"op": "constant", "value": value} for value in (1e308, 1e-300, 3e10)),
        {"op": "add", "of": [0, 1]},
        {"op": "divide", "of": [4, 2]},
        {"op": "multiply", "of": [5, 3]},
        {"op": "round32", "of": [6]},
    ]
    random = np.random.default_rng(0)
    edges = np.concatenate([[0.0, -0.0, 5e-324, 1e308, -1e308, np.inf, -np.inf], random.normal(size=300) * 1e8])
    for index in (4, 5, 6, 7):
        for strict in (False, True):
            base, T = thresholds.moved(nodes, index, edges.tolist(), strict=strict)
            assert base == 0
            with np.errstate(all="ignore"):
                near = [np.array(T), np.nextafter(T, np.inf), np.nextafter(T, -np.inf), random.permutation(T)]
                for x in near:
                    value = x + 1e308
                    value = value if index == 4 else value / 1e-300
                    value = value * 3e10 if index > 5 else value
                    value = value.astype(np.float32).astype(float) if index == 7 else value
                    left = (value < edges, x < T) if strict else (value <= edges, x <= T)
                    np.testing.assert_array_equal(*left)


@pytest.mark.filterwarnings("ignore:The argument 'eval_set'")
def test_early_stopping_of_libraries(tmp_path: Path) -> None:
    xgboost, lightgbm = importlib.import_module("xgboost"), importlib.import_module("lightgbm")
    X, y = features("wine"), wanted("wine", "binary")
    early = xgboost.XGBClassifier(n_estimators=30, early_stopping_rounds=2, n_jobs=1)
    early.fit(X[::2], y[::2], eval_set=[(X[1::2], 1 - y[1::2])], verbose=False)
    assert_parity(early, sample(X), tmp_path)
    stop = lightgbm.LGBMClassifier(**{**leaves, "n_estimators": 30})
    stop.fit(X[::2], y[::2], eval_set=[(X[1::2], 1 - y[1::2])], callbacks=[lightgbm.early_stopping(2, verbose=False)])
    assert_parity(stop, sample(X), tmp_path)


def test_widened_thresholds_compare_doubles_as_float32() -> None:
    random = np.random.default_rng(3)
    tiny, top = np.finfo(np.float32).smallest_subnormal, np.finfo(np.float32).max
    special = np.array(
        [0.0, -0.0, tiny, -tiny, 1e-45, 1e-50, -1e-50, 1.0, -1.0, 0.1, 1 + 2**-24, 1 + 2**-23, top, -top, 1e38, 3e38]
    )
    singles = random.integers(0, 2**32, 4000, dtype=np.uint64).astype(np.uint32).view(np.float32)
    singles = np.concatenate(
        [singles[np.isfinite(singles)], random.normal(size=2000).astype(np.float32), special.astype(np.float32)]
    )
    with np.errstate(over="ignore"):
        above, below = (np.nextafter(singles, np.float32(side)) for side in (np.inf, -np.inf))
    # Thresholds: float32 values, the middles between them, and doubles near by.
    t = np.concatenate(
        [singles, singles.astype(float) / 2 + above.astype(float) / 2, random.normal(size=2000), special]
    )
    t = t[np.isfinite(t)]
    t = np.concatenate([t, np.nextafter(t, np.inf), np.nextafter(t, -np.inf)])
    t = t[np.abs(t) <= top]
    T = widened(t)
    # Values at the new threshold and around it, at the old one, and anywhere.
    near = [
        T,
        np.nextafter(T, np.inf),
        np.nextafter(T, -np.inf),
        t,
        np.nextafter(t, np.inf),
        np.nextafter(t, -np.inf),
        t.astype(np.float32).astype(float),
    ]
    for x in [
        *near,
        random.permutation(t),
        np.full(len(t), FLOAT32_LIMIT),
        np.full(len(t), np.inf),
        np.full(len(t), -np.inf),
    ]:
        with np.errstate(over="ignore"):
            rounded = x.astype(np.float32)
        np.testing.assert_array_equal(rounded.astype(np.float64) <= t, x <= T)
    assert np.isfinite(np.float32(np.nextafter(FLOAT32_LIMIT, 0))) and below is not None
    assert np.array_equal(widened([np.inf, -np.inf]), [np.inf, -np.inf])


UNSUPPORTED: list[tuple[Any, str, str]] = [
    (GradientBoostingClassifier(init=LogisticRegression(max_iter=5000), **few), "binary", "computes in float32"),
    (
        GradientBoostingClassifier(init=DummyClassifier(strategy="stratified", random_state=0), **few),
        "binary",
        "DummyClassifier",
    ),
]


@pytest.mark.parametrize("estimator, task, words", UNSUPPORTED)
def test_what_no_plan_expresses_is_named(estimator: Any, task: str, words: str) -> None:
    X = features("ties")
    fitted = clone(estimator).fit(X, wanted("ties", task))
    columns = [{"name": name, "kind": "float", "dtype": "float64"} for name in X.columns]
    with pytest.raises(Unsupported, match=words):
        lower(fitted, {"input": "frame", "features": columns, "output": {"kind": "probability", "index": 1}})


@pytest.mark.parametrize(
    "options, words",
    [({"objective": "multi:softmax", "num_class": 2}, "predict_proba"), ({"objective": "rank:pairwise"}, "pairwise")],
)
def test_what_no_plan_of_xgboost_expresses_is_named(options: dict[str, Any], words: str) -> None:
    xgboost = importlib.import_module("xgboost")
    X = features("ties")
    fitted = xgboost.XGBClassifier(n_estimators=2, n_jobs=1, **options).fit(X, wanted("ties", "binary"))
    columns = [{"name": name, "kind": "float", "dtype": "float64"} for name in X.columns]
    with pytest.raises(Unsupported, match=words):
        lower(fitted, {"input": "frame", "features": columns, "output": {"kind": "probability", "index": 1}})


@pytest.mark.parametrize("name", ["ties", "numbers with gaps", "gaps to come", "texts"])
def test_masks_of_large_forests_score_as_the_trees(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "NODES_AT_LEAST", 0)
    monkeypatch.setattr(masks, "MEMORY", 5e3)  # several groups
    X = features(name)
    forest = RandomForestClassifier(n_estimators=10, bootstrap=False, random_state=0)
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    model = (
        make_pipeline(make_column_transformer((encoder, ["plan", "region"]), (StandardScaler(), ["half"])), forest)
        if name == "texts"
        else forest
    )
    # A target that the features tell: pure leaves.
    y = (
        (X["plan"] == "plus") ^ (X["half"] > 0)
        if name == "texts"
        else np.random.default_rng(0).random(X.drop_duplicates().shape[0])[X.groupby(list(X), dropna=False).ngroup()]
        > 0.5
    )
    lowered = assert_parity(model.fit(X, np.asarray(y).astype(int)), X, tmp_path)
    # Of older versions, trees with gaps leave rows together that only a gap tells apart, and masks know no shares.
    pure = all(not tree.tree_.impurity[tree.tree_.children_left < 0].any() for tree in forest.estimators_)
    assert (".bit_count()" in portable.source(lowered)) == pure


@pytest.mark.parametrize("name", ["ties", "numbers with gaps", "gaps to come", "texts"])
@pytest.mark.parametrize("kind", ["forest", "XGBClassifier"])
def test_below_the_masks_rows_go_down_to_their_leaves(
    kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees_of_many, "BITS", 4)  # all trees are deep
    monkeypatch.setattr(trees_of_many, "DESCENDING", 100)  # few at a time
    ways: list[Any] = []
    monkeypatch.setattr(descent.Descent, "rows", lambda *rows, made=descent.Descent.rows: ways.append(1) or made(*rows))
    X = features(name)
    if kind == "forest":
        estimator: Any = RandomForestClassifier(n_estimators=10, random_state=0)
    else:
        estimator = importlib.import_module("xgboost").XGBClassifier(n_estimators=10, max_depth=7, n_jobs=1)
    made = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["plan", "region"]), remainder="passthrough"
    )
    y = np.random.default_rng(0).random(len(X)) > 0.5
    assert_parity((make_pipeline(made, estimator) if name == "texts" else estimator).fit(X, y), X, tmp_path)
    assert ways


def test_deep_trees_go_on_in_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(treecode, "DEPTH_IN_ONE_EXPRESSION", 3)
    X = features("texts").replace({"plan": {"basic": "v99 is (v1) very"}})
    made = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["plan", "region"]), (StandardScaler(), ["half"])
    )
    lowered = assert_parity(
        make_pipeline(made, DecisionTreeClassifier()).fit(X, wanted("mixed", "binary")), sample(X), tmp_path
    )
    assert "def f1(" in portable.source(lowered)
