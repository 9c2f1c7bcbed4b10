"""Decision trees, forests and boosting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
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
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from dbml.scorer.sklearn import Unsupported
from dbml.scorer.sklearn.trees import FLOAT32_LIMIT, widened
from tests.parity.harness import assert_parity, data, target

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


def features(name: str) -> pd.DataFrame:
    """The data sets of the harness, and some that only trees take."""
    if name == "gaps to come":  # NaN that fit has not seen
        return data("mixed")[0][["spend", "calls", "ratio"]].fillna(1.0)
    if name == "numbers with gaps":
        X = data("mixed")[0][["spend", "calls", "ratio"]].copy()
        return X.assign(half=X["ratio"].round(0) / 2)
    if name == "categories":
        X = data("mixed")[0]
        size = pd.Categorical(X["calls"].astype(str), [str(i) for i in range(8, -1, -1)], ordered=True)
        return X.assign(plan=X["plan"].astype("category"), region=X["region"].astype("category"), size=size)
    if name == "booleans":
        X = data("mixed")[0]
        return pd.DataFrame({"busy": X["calls"] > 4, "calls": X["calls"], "ratio": X["ratio"]})
    return data(name)[0]


def wanted(name: str, task: str) -> Any:
    base = {"numbers with gaps": "mixed", "gaps to come": "mixed", "categories": "mixed", "booleans": "mixed"}.get(
        name, name
    )
    return target(base, "value").clip(0.1) + 0.5 if task == "positive" else target(base, task)


@pytest.mark.parametrize("estimator, name, task, output", CASES, ids=lambda value: str(value))
def test_trees(estimator: Any, name: str, task: str, output: str | None, tmp_path: Path) -> None:
    X = features(name)
    fitted = clone(estimator).fit(X) if task == "none" else clone(estimator).fit(X, wanted(name, task))
    assert_parity(fitted, X, tmp_path, output)
