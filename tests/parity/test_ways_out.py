"""What docs/support.md advises instead of what has no plan: both are fitted, and the advice is followed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from category_encoders import BinaryEncoder, HashingEncoder
from feature_engine.transformation import YeoJohnsonTransformer
from lightgbm import LGBMRegressor
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, Matern
from sklearn.impute import KNNImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor, RadiusNeighborsClassifier, RadiusNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PowerTransformer
from xgboost import XGBClassifier, XGBRegressor

from dbml.errors import ArtifactError
from dbml.models import artifact
from dbml.scorer import engines
from dbml.scorer.support import WAYS_OUT
from tests.parity.harness import assert_parity

random = np.random.default_rng(0)
X = pd.DataFrame(random.normal(size=(120, 2)), columns=["a", "b"])
BINARY = (X["a"] > 0).astype(int)
THREE = np.digitize(X["a"], [-0.5, 0.5])
COLOURS = X.assign(colour=pd.Categorical(random.choice(["red", "grün"], 120)))
WORDS = X.assign(colour=random.choice(["red", "green", "blue"], 120))
TEXTS = pd.DataFrame({"text": [" ".join(random.choice(["late", "lost", "thanks"], 3)) for _ in range(120)]})
xgb: dict[str, Any] = {"n_estimators": 2, "n_jobs": 1}
lgb: dict[str, Any] = {"n_estimators": 2, "n_jobs": 1, "verbose": -1}


def text(vectorizer: Any) -> Any:
    return make_pipeline(vectorizer, LogisticRegression()).fit(TEXTS["text"].to_list(), BINARY)


def coloured() -> Any:
    encoder = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["colour"]), remainder="passthrough")
    return make_pipeline(encoder, XGBClassifier(**xgb)).fit(COLOURS, BINARY)


def encoded(encoder: Any) -> Any:
    return make_pipeline(encoder, LogisticRegression()).fit(WORDS, BINARY)


def squares(target: Any, predicted: Any) -> Any:
    return predicted - target, np.ones(len(target))


def gaussian(kernel: Any) -> Any:
    return GaussianProcessRegressor(kernel, alpha=0.1, optimizer=None).fit(X, X["a"])


# A word of the row of the page → what has no plan, what has one, the rows, and the output.
CASES: dict[str, tuple[Callable[[], Any], Callable[[], Any], pd.DataFrame, str | None]] = {
    "softmax": (
        lambda: XGBClassifier(**xgb, objective="multi:softmax").fit(X, THREE),
        lambda: XGBClassifier(**xgb).fit(X, THREE),
        X,
        "1",
    ),
    "logitraw": (
        lambda: XGBClassifier(**xgb, objective="binary:logitraw", max_depth=1, base_score=0.6).fit(X, BINARY),
        lambda: XGBClassifier(**xgb, objective="binary:logistic").fit(X, BINARY),
        X,
        None,
    ),
    "enable_categorical": (
        lambda: XGBClassifier(**xgb, enable_categorical=True).fit(COLOURS, BINARY),
        coloured,
        COLOURS,
        None,
    ),
    "objective of your own": (
        lambda: LGBMRegressor(objective=squares, **lgb).fit(X, X["a"]),
        lambda: LGBMRegressor(objective="regression", **lgb).fit(X, X["a"]),
        X,
        None,
    ),
    "HashingEncoder": (
        lambda: encoded(HashingEncoder(n_components=4, max_process=1)),
        lambda: encoded(BinaryEncoder()),
        WORDS,
        None,
    ),
    "feature_engine": (
        lambda: make_pipeline(YeoJohnsonTransformer(), LogisticRegression()).fit(X.abs(), BINARY),
        lambda: make_pipeline(PowerTransformer(), LogisticRegression()).fit(X.abs(), BINARY),
        X.abs(),
        None,
    ),
    "multi_strategy": (
        lambda: XGBRegressor(**xgb, multi_strategy="multi_output_tree").fit(X, X[["b", "a"]]),
        lambda: XGBRegressor(**xgb).fit(X, X[["b", "a"]]),
        X,
        "0",
    ),
    "`SplineTransformer` on float32": (
        lambda: make_pipeline(PowerTransformer(), Ridge()).fit(X.astype("float32"), X["a"].astype("float32")),
        lambda: make_pipeline(PowerTransformer(), Ridge()).fit(X.astype("float64"), X["a"]),
        X,
        None,
    ),
    "strip_accents": (
        lambda: text(HashingVectorizer(strip_accents="unicode")),
        lambda: text(HashingVectorizer()),
        TEXTS,
        None,
    ),
    "ball_tree": (
        lambda: KNeighborsRegressor(algorithm="ball_tree").fit(X, X["a"]),
        lambda: KNeighborsRegressor(algorithm="kd_tree").fit(X, X["a"]),
        X,
        None,
    ),
    "KNNImputer": (
        lambda: make_pipeline(KNNImputer(missing_values=-1), Ridge()).fit(X, X["a"]),
        lambda: make_pipeline(KNNImputer(), Ridge()).fit(X, X["a"]),
        X,
        None,
    ),
    "radius": (
        lambda: RadiusNeighborsRegressor(9.0, weights="distance", p=1).fit(X, X["a"]),
        lambda: RadiusNeighborsClassifier(outlier_label="most_frequent").fit(X, X["a"] > 0),
        X,
        None,
    ),
    "GaussianProcess": (lambda: gaussian(Matern(nu=1.0)), lambda: gaussian(RBF()), X, None),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES)
def test_the_way_out_works(case: str, tmp_path: Path) -> None:
    refused, instead, rows, output = CASES[case]
    assert sum(case in part for part, _, _ in WAYS_OUT) == 1
    if case == "logitraw":
        with pytest.raises(ArtifactError, match="the probability of class"):
            artifact.read(refused(), rows.head(30), output)
    else:
        read = artifact.read(refused(), rows.head(30), output)
        assert "portable" in engines.prepare(read.estimator, read.interface, read.golden, label="m@1").refusals
    assert_parity(instead(), rows.head(30), tmp_path, output)
