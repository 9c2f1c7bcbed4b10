"""Encoders of category_encoders and feature_engine before an estimator: known, new and missing categories, texts and numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import category_encoders as ce
import feature_engine.encoding as fe
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from dbml.models import artifact
from tests.parity.harness import assert_parity

pytestmark = pytest.mark.filterwarnings("ignore")
random = np.random.default_rng(2)


def rows(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "city": random.choice(["Basel", "Bern", "Genève"], count),
            "code": random.choice(["007", "7", "70"], count),
            "spend": random.normal(size=count),
            "tier": random.integers(1, 5, count),
        }
    )


X, MORE = rows(300), rows(5000)
Y = (X["spend"] + (X["city"] == "Bern") + X["tier"] / 4 > 1).astype(int)

CASES: dict[str, Any] = {
    "target": lambda: ce.TargetEncoder(),
    "ordinal, numbers too": lambda: ce.OrdinalEncoder(cols=["city", "code", "tier"]),
    "one hot": lambda: ce.OneHotEncoder(use_cat_names=True),
    "weight of evidence": lambda: ce.WOEEncoder(handle_unknown="error"),
    "count": lambda: ce.CountEncoder(normalize=True),
    "binary": lambda: ce.BinaryEncoder(),
    "in base 3": lambda: ce.BaseNEncoder(base=3),
    "James-Stein": lambda: ce.JamesSteinEncoder(handle_missing="error"),
    "m-estimate": lambda: ce.MEstimateEncoder(),
    "leave one out": lambda: ce.LeaveOneOutEncoder(),
    "CatBoost's": lambda: ce.CatBoostEncoder(),
    "mixed model": lambda: ce.GLMMEncoder(),
    "sums": lambda: ce.SumEncoder(),
    "Helmert": lambda: ce.HelmertEncoder(),
    "backwards": lambda: ce.BackwardDifferenceEncoder(),
    "polynomials": lambda: ce.PolynomialEncoder(),
    "feature_engine, frequencies": lambda: fe.CountFrequencyEncoder(
        "frequency", unseen="encode", missing_values="ignore"
    ),
    "feature_engine, means": lambda: fe.MeanEncoder(),
    "feature_engine, new ones": lambda: fe.MeanEncoder(unseen="encode", smoothing="auto"),
    "feature_engine, one hot": lambda: fe.OneHotEncoder(drop_last=True),
    "feature_engine, ordered": lambda: fe.OrdinalEncoder(unseen="encode"),
    "feature_engine, evidence": lambda: fe.WoEEncoder(),
}
QUICK = (
    "feature_engine, means",
    "feature_engine, one hot",
    "target",
    "ordinal, numbers too",
    "one hot",
    "weight of evidence",
)


@pytest.mark.parametrize("case", [c if c in QUICK else pytest.param(c, marks=pytest.mark.long) for c in CASES])
def test_parity(case: str, tmp_path: Path) -> None:
    fitted = make_pipeline(CASES[case](), LogisticRegression()).fit(X, Y)
    assert_parity(fitted, X, tmp_path, None, MORE)


def test_before_trees_and_with_what_was_missing_in_fit(tmp_path: Path) -> None:
    gaps = X.assign(city=X["city"].where(X.index % 7 > 0))
    fitted = make_pipeline(ce.TargetEncoder(), RandomForestClassifier(3, max_depth=4)).fit(gaps, Y)
    assert_parity(fitted, gaps, tmp_path)


def test_a_csv_keeps_the_codes(tmp_path: Path) -> None:
    fitted = make_pipeline(ce.WOEEncoder(), LogisticRegression()).fit(X, Y)
    X.to_csv(tmp_path / "rows.csv", index=False)
    read = artifact.read(fitted, tmp_path / "rows.csv")
    assert [feature["kind"] for feature in read.interface["features"]] == ["text", "text", "float", "integer"]
    assert read.golden["scores"][0] == pytest.approx(fitted.predict_proba(X)[0, 1], abs=1e-15)
