"""Boosters, objectives and targets beside the usual ones, each against the estimator itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier, LGBMRanker, LGBMRegressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cross_decomposition import PLSRegression
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.tree import DecisionTreeRegressor
from sklearn.tree._tree import Tree
from xgboost import XGBClassifier, XGBRanker, XGBRegressor

from tests.parity.harness import assert_parity

random = np.random.default_rng(0)
SIZE = 200
X = pd.DataFrame(
    {
        "a": random.normal(size=SIZE),
        "b": np.where(random.random(SIZE) < 0.3, np.nan, random.normal(size=SIZE)),
        "flag": random.random(SIZE) < 0.5,
    }
)
BINARY = ((X["a"] > 0) ^ X["flag"]).astype(int).to_numpy()
THREE = np.digitize(X["a"], [-0.5, 0.5])
SHARE = BINARY * 0.8 + 0.1
WHOLE = X[["a"]].assign(b=X["b"].fillna(0.0))
TWO = np.column_stack((X["a"], X["a"] ** 2 + random.normal(size=SIZE)))
KINDS = X.assign(
    # One that no row has, and a category of numbers.
    k=pd.Categorical(
        random.choice(["red", "blue", "amber", "violet"], SIZE), categories=["red", "blue", "never", "amber", "violet"]
    ),
    n=pd.Categorical(random.choice([3, 7, 11], SIZE)),
)
KINDS.loc[::9, "k"] = None
xgb: dict[str, Any] = {"n_estimators": 3, "n_jobs": 1, "max_depth": 3}
lgbm: dict[str, Any] = {"n_estimators": 3, "n_jobs": 1, "verbose": -1, "num_leaves": 6}

CASES: dict[str, Callable[[], tuple[Any, pd.DataFrame, str | None]]] = {
    # A column of booleans that misses one is no column of booleans any more, and refused.
    "LightGBM, a boolean": lambda: (LGBMClassifier(**lgbm).fit(X, BINARY), X, None),
    "XGBoost, a boolean": lambda: (XGBClassifier(**xgb).fit(X, BINARY), X, None),
    "dart": lambda: (XGBRegressor(**xgb, booster="dart", rate_drop=0.5).fit(X, X["a"]), X, None),
    "LightGBM, ranks": lambda: (LGBMRanker(**lgbm).fit(X, BINARY, group=[SIZE]), X, None),
    "XGBoost, ranks": lambda: (XGBRanker(**xgb).fit(X, BINARY, group=[SIZE]), X, None),
    "gblinear": lambda: (XGBClassifier(**xgb, booster="gblinear").fit(WHOLE, BINARY), WHOLE, None),
    "categories": lambda: (XGBClassifier(**xgb, enable_categorical=True).fit(KINDS, BINARY), KINDS, None),
    "categories, dart": lambda: (
        XGBClassifier(**xgb, enable_categorical=True, booster="dart", max_cat_to_onehot=1).fit(KINDS, BINARY),
        KINDS,
        None,
    ),
    "hinge": lambda: (XGBClassifier(**xgb, objective="binary:hinge").fit(X, BINARY), X, None),
    "softmax, the label": lambda: (XGBClassifier(**xgb, objective="multi:softmax").fit(X, THREE), X, "value"),
    "logitraw": lambda: (XGBRegressor(**xgb, objective="binary:logitraw").fit(X, BINARY), X, None),
    "XGBoost, two targets": lambda: (XGBRegressor(**xgb).fit(X, TWO), X, "1"),
    "isotonic over XGBoost": lambda: (
        CalibratedClassifierCV(XGBClassifier(**xgb), method="isotonic", cv=2).fit(WHOLE, BINARY),
        WHOLE,
        None,
    ),
    "linear trees": lambda: (LGBMRegressor(**lgbm, linear_tree=True).fit(X, X["a"] * 3 + X["flag"]), X, None),
    "cross entropy": lambda: (LGBMRegressor(**lgbm, objective="cross_entropy").fit(X, SHARE), X, None),
    "its lambda": lambda: (LGBMRegressor(**lgbm, objective="cross_entropy_lambda").fit(X, SHARE), X, None),
    "targets of a line": lambda: (Ridge().fit(WHOLE, TWO), WHOLE, "0"),
    "targets of a tree": lambda: (DecisionTreeRegressor(max_depth=4).fit(WHOLE, TWO), WHOLE, "1"),
    "targets of a forest": lambda: (RandomForestRegressor(3, max_depth=3).fit(WHOLE, TWO), WHOLE, "1"),
    "targets of a perceptron": lambda: (
        MLPRegressor(hidden_layer_sizes=(4,), max_iter=20).fit(WHOLE, TWO),
        WHOLE,
        "1",
    ),
    "targets of PLS": lambda: (PLSRegression(2).fit(WHOLE, TWO), WHOLE, "1"),
    "targets one by one": lambda: (
        MultiOutputRegressor(GradientBoostingRegressor(n_estimators=2)).fit(WHOLE, TWO),
        WHOLE,
        "0",
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES)
def test_parity(case: str, tmp_path: Path) -> None:
    fitted, rows, output = CASES[case]()
    assert_parity(fitted, rows.head(20), tmp_path, output)


def test_a_tree_deeper_than_python_recurses(tmp_path: Path) -> None:
    depth = 2000
    fitted = DecisionTreeRegressor().fit(pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0]}), [0.0, 1.0, 2.0, 3.0])
    state = fitted.tree_.__getstate__()
    nodes = np.zeros(2 * depth + 1, dtype=state["nodes"].dtype)
    nodes["left_child"] = nodes["right_child"] = -1
    nodes["feature"] = -2
    inner = nodes[:-1:2]
    inner["left_child"] = np.arange(depth) * 2 + 1
    inner["right_child"] = np.arange(depth) * 2 + 2
    inner["feature"] = 0
    inner["threshold"] = np.arange(depth)
    values = np.arange(2.0 * depth + 1).reshape(-1, 1, 1)
    fitted.tree_ = Tree(1, np.array([1], dtype=np.intp), 1)
    fitted.tree_.__setstate__({**state, "max_depth": depth, "node_count": len(nodes), "nodes": nodes, "values": values})
    rows = pd.DataFrame({"x": [0.5, 3.0, 999.5, 1999.5]})
    assert fitted.get_depth() == depth
    assert fitted.predict(rows).tolist() == [3.0, 7.0, 2001.0, 4000.0]
    assert_parity(fitted, rows, tmp_path)
