"""Estimators that combine, calibrate or transform the answers of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    GradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron, RANSACRegressor, Ridge
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.multioutput import RegressorChain
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from dbml.scorer.plan import Unsupported
from dbml.scorer.sklearn import lower
from tests.parity.harness import SAMPLE, assert_parity, few, target
from tests.parity.test_classification import BOTH, ONE, VALUE, assert_all

LOGISTIC, BAYES, RIDGE = LogisticRegression(max_iter=1000), GaussianNB(), Ridge()
FOREST = RandomForestClassifier(n_estimators=3, max_depth=3, random_state=0)
BOOSTING = GradientBoostingClassifier(n_estimators=3, random_state=0)
THREE = [("logistic", LOGISTIC), ("bayes", BAYES), ("forest", FOREST)]
REGRESSORS = [("linear", LinearRegression()), ("ridge", Ridge(alpha=100.0))]

CASES: list[tuple[Any, str, str, tuple[str | None, ...]]] = [
    (VotingClassifier(THREE, voting="soft"), "ties", "binary", BOTH),
    (VotingClassifier(THREE, voting="soft", weights=[1, 2.5, 0.5]), "ties", "multi", BOTH),
    (VotingClassifier(THREE, voting="hard"), "ties", "multi", VALUE),
    (VotingClassifier([*THREE, ("no", "drop")], voting="hard", weights=[1, 2, 1, 9]), "ties", "binary", VALUE),
    (VotingRegressor(REGRESSORS), "diabetes", "value", VALUE),
    (VotingRegressor(REGRESSORS, weights=[0.3, 0.7]), "ties", "value", VALUE),
    (StackingClassifier(THREE, cv=2), "ties", "binary", BOTH),
    (StackingClassifier(THREE, cv=2, passthrough=True, final_estimator=FOREST), "ties", "multi", BOTH),
    (StackingClassifier(THREE[:2], cv=2, stack_method="predict"), "ties", "multi", ONE),
    (
        StackingClassifier([("a", LOGISTIC), ("b", BOOSTING)], cv=2, stack_method="decision_function"),
        "ties",
        "binary",
        ONE,
    ),
    (StackingRegressor(REGRESSORS, cv=2), "diabetes", "value", VALUE),
    (StackingRegressor(REGRESSORS, cv=2, passthrough=True, final_estimator=RIDGE), "ties", "value", VALUE),
    (BaggingClassifier(LOGISTIC, n_estimators=3, random_state=0), "ties", "multi", BOTH),
    (BaggingClassifier(Perceptron(), n_estimators=5, random_state=0), "ties", "multi", BOTH),
    (BaggingClassifier(BOOSTING, n_estimators=3, max_features=0.5, random_state=0), "ties", "binary", BOTH),
    (
        BaggingClassifier(BAYES, n_estimators=3, max_features=4, bootstrap_features=True, random_state=0),
        "wine",
        "multi",
        ONE,
    ),
    (BaggingRegressor(RIDGE, n_estimators=3, random_state=0), "diabetes", "value", VALUE),
    (BaggingRegressor(RIDGE, n_estimators=3, max_features=3, random_state=0), "ties", "value", VALUE),
    (RANSACRegressor(random_state=0), "ties", "value", VALUE),
    (CalibratedClassifierCV(BAYES, cv=2), "breast cancer", "binary", BOTH),
    (CalibratedClassifierCV(LOGISTIC, cv=2), "ties", "multi", BOTH),
    (CalibratedClassifierCV(LOGISTIC, cv=2, ensemble=False), "ties", "binary", BOTH),
    (CalibratedClassifierCV(BAYES, cv=2, method="isotonic"), "ties", "binary", BOTH),
    (CalibratedClassifierCV(BOOSTING, cv=2, method="isotonic"), "ties", "binary", BOTH),
    (CalibratedClassifierCV(LOGISTIC, cv=2, method="isotonic", ensemble=False), "ties", "multi", BOTH),
    (FixedThresholdClassifier(LOGISTIC, threshold=0.3), "ties", "binary", BOTH),
    (FixedThresholdClassifier(LOGISTIC, response_method="decision_function"), "ties", "binary", VALUE),
    (
        FixedThresholdClassifier(LOGISTIC, response_method="decision_function", pos_label=0, threshold=0.5),
        "ties",
        "binary",
        VALUE,
    ),
    (TunedThresholdClassifierCV(BAYES, cv=2, random_state=0), "ties", "binary", BOTH),
    (BaggingClassifier(DummyClassifier(strategy="prior"), n_estimators=2, random_state=0), "ties", "binary", BOTH),
]
if "temperature" in str(CalibratedClassifierCV._parameter_constraints["method"]):
    CASES += [
        (CalibratedClassifierCV(estimator, cv=2, method="temperature"), "ties", task, BOTH)
        for estimator in (LOGISTIC, BAYES)
        for task in ("binary", "multi")
    ]

TARGETS: list[Any] = [
    TransformedTargetRegressor(RIDGE),
    TransformedTargetRegressor(RIDGE, func=np.log1p, inverse_func=np.expm1),
    TransformedTargetRegressor(RIDGE, func=np.log, inverse_func=np.exp),
    TransformedTargetRegressor(RIDGE, func=np.sqrt, inverse_func=np.square),
    TransformedTargetRegressor(RIDGE, transformer=FunctionTransformer(np.log1p, inverse_func=np.expm1, validate=True)),
    *(
        TransformedTargetRegressor(RIDGE, transformer=scaler)
        for scaler in (
            StandardScaler(),
            StandardScaler(with_mean=False),
            RobustScaler(),
            RobustScaler(with_scaling=False),
            MaxAbsScaler(),
            MinMaxScaler((1, 3)),
            PowerTransformer(),
            PowerTransformer("box-cox", standardize=False),
            QuantileTransformer(n_quantiles=20),
            QuantileTransformer(n_quantiles=20, output_distribution="normal"),
        )
    ),
]


@pytest.mark.parametrize("estimator, name, task, outputs", CASES)
def test_meta(estimator: Any, name: str, task: str, outputs: tuple[str | None, ...], tmp_path: Path) -> None:
    assert_all(estimator, few(name), target(name, task), outputs, tmp_path)


@pytest.mark.parametrize("estimator", TARGETS)
def test_targets(estimator: Any, tmp_path: Path) -> None:
    y = target("ties", "value")
    assert_all(estimator, few("ties"), y - y.min() + 0.5, VALUE, tmp_path)


@pytest.mark.parametrize("inner", [RIDGE, RandomForestRegressor(n_estimators=3, max_depth=3, random_state=0)])
def test_chain(inner: Any, tmp_path: Path) -> None:
    X, y = few("ties"), target("ties", "value")
    fitted = RegressorChain(inner, order=[2, 0, 1]).fit(X, np.stack([y, y**2, -y], axis=1))
    for output in ("0", "1", "2"):
        assert_parity(fitted, X.head(SAMPLE), tmp_path, output)


def test_frozen(tmp_path: Path) -> None:
    X, y = few("ties"), target("ties", "multi")
    frozen = FrozenEstimator(make_pipeline(StandardScaler(), LinearDiscriminantAnalysis()).fit(X, y))
    assert_all(CalibratedClassifierCV(frozen), X, y, BOTH, tmp_path)


def test_texts_as_classes(tmp_path: Path) -> None:
    X = few("ties")
    y = np.array(["größer", "it's", "no"], dtype=object)[target("ties", "multi")]
    for estimator in (VotingClassifier(THREE), StackingClassifier(THREE, cv=2), CalibratedClassifierCV(BAYES, cv=2)):
        assert_all(estimator, X, y, ("it's",), tmp_path)


def test_a_stacking_of_fitted_estimators(tmp_path: Path) -> None:
    X, y = few("ties"), target("ties", "multi") * 3 + 2
    fitted = [(name, clone(estimator).fit(X, y)) for name, estimator in THREE]
    assert_all_prefit = StackingClassifier(fitted, cv="prefit", stack_method="predict").fit(X, y)
    assert_parity(assert_all_prefit, X.head(SAMPLE), tmp_path, "5")


@pytest.mark.parametrize(
    "estimator, part",
    [
        (
            TransformedTargetRegressor(RIDGE, transformer=KBinsDiscretizer(3, encode="ordinal"), check_inverse=False),
            "KBinsDiscretizer",
        ),
        (TransformedTargetRegressor(RIDGE, func=np.log1p, inverse_func=lambda y: np.expm1(y)), "<lambda>"),
    ],
)
def test_refused(estimator: Any, part: str) -> None:
    X, y = few("ties"), target("ties", "value")
    fitted = clone(estimator).fit(X, y - y.min() + 0.5)
    features = [{"name": name, "kind": "float", "dtype": "float64"} for name in X]
    with pytest.raises(Unsupported, match=part):
        lower(fitted, {"input": "frame", "features": features, "output": {"kind": "value"}})
