"""KNNImputer against scikit-learn, where its own answer is a function of the row alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import KNNImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from dbml._plpython import gaps, optional
from dbml.models import artifact
from dbml.scorer import engines
from dbml.scorer.sklearn import lower
from tests.parity.harness import assert_parity

random = np.random.default_rng(0)


def holed(rows: int, share: float = 0.25) -> pd.DataFrame:
    values = random.normal(size=(rows, 5))
    values[random.random(values.shape) < share] = np.nan
    return pd.DataFrame(values, columns=list("abcde"))


X, MORE = holed(200), holed(1000)
VALUE = np.nansum(X, axis=1) + random.normal(size=200)

MODELS: dict[str, Any] = {
    "first": lambda: make_pipeline(KNNImputer(), LogisticRegression()).fit(X, VALUE > 0),
    "scaled, by distance": lambda: make_pipeline(
        StandardScaler(), KNNImputer(n_neighbors=3, weights="distance"), LinearRegression()
    ).fit(X, VALUE),
    "with indicators, more than there are": lambda: make_pipeline(
        KNNImputer(n_neighbors=500, add_indicator=True), LinearRegression()
    ).fit(X, VALUE),
    "a column of nothing": lambda: make_pipeline(
        KNNImputer(keep_empty_features=True), RandomForestRegressor(5, random_state=0)
    ).fit(X.assign(c=np.nan), VALUE),
    "a column left out": lambda: make_pipeline(KNNImputer(n_neighbors=1), LinearRegression()).fit(
        X.assign(c=np.nan), VALUE
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_parity(name: str, tmp_path: Path) -> None:
    nothing = pd.DataFrame([[np.nan] * 5], columns=X.columns)
    assert_parity(MODELS[name](), pd.concat([X[:40], nothing]), tmp_path, more=MORE)


def test_numpy_and_the_standard_library_fill_in_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, asked = holed(150).round(0).to_numpy(), holed(40).round(0).to_numpy().copy()
    asked[0] = np.nan
    for by_distance in (False, True):
        together = gaps.imputed(np, rows, asked, 1, 4, by_distance, 0.5)
        for package in (np, None):
            monkeypatch.setattr(optional, "numpy", lambda package=package: package)
            known = gaps.Gaps(rows.tolist())
            alone = [x[1] if x[1] == x[1] else known.apart(x).imputed(1, 4, by_distance, 0.5) for x in asked.tolist()]
            assert alone == pytest.approx(together.tolist(), rel=1e-13)


def test_what_rounding_decides_is_left_open() -> None:
    """Of tenths many rows are as far, and scikit-learn itself takes another one when it is asked for one row alone."""
    tenths = (X * 3).round(0) / 10
    fitted = make_pipeline(KNNImputer(), LinearRegression()).fit(tenths, VALUE)
    read = artifact.read(fitted, tenths)
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert made.report is not None and made.report.differing == 0 and made.golden_scores is not None
    assert "nearly as far" in made.notices[0]
    own = fitted.predict(tenths)
    assert np.mean(np.abs(own - np.array(made.golden_scores, dtype=float)) < 1e-9) > 0.3


@pytest.mark.parametrize(
    ("imputer", "words"),
    [
        (KNNImputer(missing_values=-1), "missing_values=-1"),
        (KNNImputer(weights=np.exp), "weights of its own"),
    ],
)
def test_what_no_plan_expresses_is_named(imputer: KNNImputer, words: str) -> None:
    full = X.fillna(-1.0)
    fitted = make_pipeline(imputer, LinearRegression()).fit(full, VALUE)
    read = artifact.read(fitted, full[:30])
    with pytest.raises(Exception, match=words):
        lower(read.estimator, read.interface)
