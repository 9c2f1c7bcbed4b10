"""Models that compute in float32: the plan in double is as near to them as rounding allows, and the bound means something."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import MiniBatchKMeans
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA, FastICA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingRegressor, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    ElasticNet,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDOneClassSVM,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import SVR
from xgboost import XGBClassifier

from dbml._plpython import batch, frame
from dbml.errors import ArtifactError
from dbml.models import artifact
from dbml.models.artifact.column import json_rows
from dbml.scorer import engines, parity, rounding
from dbml.scorer.sklearn import lower

random = np.random.default_rng(3)
X = pd.DataFrame(random.normal(size=(5200, 5)) * [1, 10, 100, 1, 0.1], columns=list("abcde")).astype("float32")
VALUE = (2 * X["a"] + X["b"] / 5 + random.normal(size=len(X))).astype("float32").to_numpy()
TWO = (VALUE > 0).astype(int)
THREE = np.digitize(VALUE, [-1, 1])
FIT = slice(0, 200)
network: dict[str, Any] = {"hidden_layer_sizes": (6, 4), "max_iter": 30, "random_state": 0}

CASES: list[tuple[Any, Any, str | None]] = [
    (Ridge(), VALUE, None),
    (ElasticNet(alpha=0.1), VALUE, None),
    (Ridge(), np.stack([VALUE, -VALUE], axis=1), "1"),
    (LogisticRegression(), TWO, None),
    (LogisticRegression(), THREE, "1"),
    (LogisticRegression(), THREE, "value"),
    (RidgeClassifier(), TWO, "value"),
    (SGDClassifier(loss="log_loss", random_state=0), TWO, None),
    (SGDOneClassSVM(random_state=0), None, None),
    (PoissonRegressor(), np.abs(VALUE), None),
    (PoissonRegressor(alpha=1e9), np.abs(VALUE), None),  # no weight is left
    (PLSRegression(2), VALUE, None),
    (make_pipeline(StandardScaler(), MLPClassifier(**network)), THREE, "0"),
    (make_pipeline(StandardScaler(), MLPRegressor(**network, activation="tanh")), VALUE, None),
    (LinearDiscriminantAnalysis(), THREE, "1"),
    (QuadraticDiscriminantAnalysis(), TWO, None),
    (make_pipeline(StandardScaler(), PCA(3, whiten=True), LogisticRegression()), TWO, None),
    (make_pipeline(TruncatedSVD(3), GradientBoostingRegressor(n_estimators=5)), VALUE, None),
    (make_pipeline(FastICA(3, random_state=0), SVR()), VALUE, None),
    (make_pipeline(PolynomialFeatures(2), StandardScaler(), Ridge()), VALUE, None),
    (CalibratedClassifierCV(LogisticRegression(), method="isotonic", cv=2), TWO, None),
    (VotingClassifier([("l", LogisticRegression()), ("q", LinearDiscriminantAnalysis())], voting="soft"), TWO, None),
]
if "temperature" in str(CalibratedClassifierCV._parameter_constraints["method"]):
    CASES += [
        (CalibratedClassifierCV(XGBClassifier(n_estimators=2, n_jobs=1), method="temperature", cv=2), TWO, None),
        (
            CalibratedClassifierCV(XGBClassifier(n_estimators=2, n_jobs=1), method="temperature", ensemble=False),
            THREE,
            "1",
        ),
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("estimator, y, output", CASES, ids=lambda part: str(part)[:60] if hasattr(part, "fit") else "")
def test_within_the_bound(estimator: Any, y: Any, output: str | None) -> None:
    fitted = estimator.fit(X[FIT], None if y is None else y[FIT])
    read = artifact.read(fitted, X[FIT], output)
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert made.plan is not None and made.report is not None and made.report.differing == 0, made.refusals
    assert (made.answers is not None) == ("answers" in read.interface)
    # 5,000 more, judged by the estimator in one call as it is.
    rows = json_rows(read.interface["features"], X[200:])
    truth = parity.truth(read.estimator, read.interface, rows)
    plan = lower(read.estimator, read.interface)
    bounds = rounding.of_scores(plan, rounding.take(plan), read.interface, rows)
    found = batch.score(plan, *frame.to_wire(read.interface, rows)).tolist()
    assert parity.compare(rows, truth, found, bounds).differing == 0
    if bounds:  # PLS centres in float32 and multiplies in double, which a plan does as well
        assert set(made.refusals) <= {"sql", "python"} and made.golden_scores is not None
        # Beyond thresholds, where an answer jumps, it is small beside what the answers are.
        assert np.median(bounds) <= 1e-3 * np.abs(found).max()


def test_the_bound_tells_another_model() -> None:
    """What is a thousandth off in one coefficient is no rounding."""
    fitted = Ridge().fit(X[FIT], VALUE[FIT])
    read = artifact.read(fitted, X[FIT])
    fitted.coef_[0] *= 1.001
    made = engines.prepare(fitted, read.interface, read.golden, label="m@1")
    assert made.plan is None and "differs from the estimator" in made.refusals["portable"]


def test_one_column_of_float64_makes_a_sum_of_doubles() -> None:
    mixed = X[FIT].astype({"a": "float64"})
    read = artifact.read(Ridge().fit(X[FIT], VALUE[FIT]), mixed)
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert made.golden_scores is None and made.report is not None and made.report.largest_difference < 1e-9


def test_an_array_of_float32_is_scored_as_doubles() -> None:
    """A row of the database is an array of doubles, by which scikit-learn computes in double."""
    array = X[FIT].to_numpy()
    fitted = LogisticRegression().fit(array, TWO[FIT])
    rows = pd.DataFrame(array, columns=[f"x{place}" for place in range(5)])
    read = artifact.read(fitted, rows)
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert made.expression is not None and made.golden_scores is None
    assert read.golden["scores"] == pytest.approx(fitted.predict_proba(array.astype(float))[:, 1].tolist(), abs=1e-9)


def test_wide_models_of_float32_are_written_down_quickly() -> None:
    """No row at the limit is searched for: each of a wide model's features would take as long as all rows."""
    wide = pd.DataFrame(random.normal(size=(60, 300)).astype("float32")).add_prefix("c")
    read = artifact.read(Ridge().fit(wide, wide["c0"]), wide)
    plan = lower(read.estimator, read.interface)
    asked = [plan["nodes"][place]["op"] for place in parity._edges(plan)]
    assert set(asked) == {"number"}


def test_sparse_columns_of_float32() -> None:
    frame_ = pd.DataFrame({"colour": random.choice(["red", "blue", "größer"], 200)})
    encoder = OneHotEncoder(handle_unknown="ignore", dtype=np.float32)
    read = artifact.read(make_pipeline(encoder, LogisticRegression()).fit(frame_, TWO[FIT]), frame_)
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert made.expression is not None, made.refusals


def test_what_has_no_bound_is_named_with_a_way_out() -> None:
    fitted = make_pipeline(Normalizer(), Ridge()).fit(X[FIT], VALUE[FIT])
    with pytest.raises(ArtifactError, match="no plan expresses Normalizer on float32 columns alone") as refused:
        artifact.read(fitted, X[FIT])
    assert 'X.astype("float64")' in (refused.value.hint or "")
    double = X[FIT].astype("float64")
    read = artifact.read(make_pipeline(Normalizer(), Ridge()).fit(double, VALUE[FIT]), double)
    assert engines.prepare(read.estimator, read.interface, read.golden, label="m@1").plan is not None


def test_clusters_of_float32_are_left_to_the_estimator() -> None:
    read = artifact.read(MiniBatchKMeans(3, random_state=0).fit(X[FIT]), X[FIT])
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert "float32 columns alone" in made.refusals["portable"] and "python" not in made.refusals


def test_what_is_missing_is_filled_before_the_sums() -> None:
    holed = X[FIT].mask(np.random.default_rng(4).random(X[FIT].shape) < 0.1)
    fitted = make_pipeline(SimpleImputer(), Ridge()).fit(holed, VALUE[FIT])
    read = artifact.read(fitted, holed.head(60))
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert made.report is not None and made.report.differing == 0, made.refusals
    assert "portable" not in made.refusals
