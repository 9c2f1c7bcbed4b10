"""Linear models for regression."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sklearn.base import clone
from sklearn.cross_decomposition import CCA, PLSCanonical, PLSRegression
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    ElasticNetCV,
    GammaRegressor,
    HuberRegressor,
    Lars,
    LarsCV,
    Lasso,
    LassoCV,
    LassoLars,
    LassoLarsCV,
    LassoLarsIC,
    LinearRegression,
    OrthogonalMatchingPursuit,
    OrthogonalMatchingPursuitCV,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    RidgeCV,
    SGDOneClassSVM,
    SGDRegressor,
    TheilSenRegressor,
    TweedieRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVR

from tests.parity.harness import SAMPLE, assert_parity, data, few, target

CASES: list[tuple[Any, str]] = [
    (ARDRegression(), "diabetes"),
    (BayesianRidge(), "diabetes"),
    (ElasticNet(alpha=0.01), "diabetes"),
    (ElasticNetCV(cv=3, n_alphas=5) if "n_alphas" in ElasticNetCV().get_params() else ElasticNetCV(cv=3), "ties"),
    (HuberRegressor(max_iter=1000), "diabetes"),
    (Lars(), "diabetes"),
    (LarsCV(cv=3), "ties"),
    (Lasso(alpha=1.0), "diabetes"),
    (LassoCV(cv=3), "diabetes"),
    (LassoLars(alpha=0.1), "diabetes"),
    (LassoLarsCV(cv=3), "ties"),
    (LassoLarsIC(), "diabetes"),
    (LinearRegression(), "breast cancer"),
    (LinearRegression(fit_intercept=False), "diabetes"),
    (LinearRegression(positive=True), "wine"),
    (LinearRegression(), "digits"),
    (LinearSVR(max_iter=100_000), "ties"),
    (OrthogonalMatchingPursuit(n_nonzero_coefs=3), "diabetes"),
    (OrthogonalMatchingPursuitCV(cv=3), "ties"),
    (PLSRegression(), "wine"),
    (PLSCanonical(n_components=1), "diabetes"),
    (CCA(n_components=1), "diabetes"),
    (QuantileRegressor(alpha=0.1), "ties"),
    (Ridge(), "wine"),
    (RidgeCV(), "diabetes"),
    (SGDRegressor(random_state=0), "ties"),
    (make_pipeline(StandardScaler(), SGDRegressor(random_state=0)), "wine"),
    (TheilSenRegressor(random_state=0, max_subpopulation=50), "ties"),
]

# With targets above 0.
GENERALISED: list[tuple[Any, str]] = [
    (PoissonRegressor(), "ties"),
    (GammaRegressor(), "ties"),
    (make_pipeline(StandardScaler(), PoissonRegressor(max_iter=1000)), "wine"),
    (TweedieRegressor(power=1.5), "ties"),
    (TweedieRegressor(power=0), "ties"),
    (TweedieRegressor(power=0, link="log"), "ties"),
]


@pytest.mark.parametrize("estimator, name", CASES)
def test_regressors(estimator: Any, name: str, tmp_path: Path) -> None:
    X = few(name)
    assert_parity(clone(estimator).fit(X, target(name, "value")), X.head(SAMPLE), tmp_path)


@pytest.mark.parametrize("estimator, name", GENERALISED)
def test_generalised_regressors(estimator: Any, name: str, tmp_path: Path) -> None:
    X = few(name)
    y = target(name, "value")
    assert_parity(clone(estimator).fit(X, y - y.min() + 0.1), X.head(SAMPLE), tmp_path)


@pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning")
def test_passive_aggressive(tmp_path: Path) -> None:
    from sklearn.linear_model import PassiveAggressiveRegressor

    X, _ = data("ties")
    assert_parity(PassiveAggressiveRegressor(random_state=0).fit(X, target("ties", "value")), X, tmp_path)


def test_one_class(tmp_path: Path) -> None:
    X, _ = data("ties")
    assert_parity(SGDOneClassSVM(random_state=0, nu=0.2).fit(X), X, tmp_path)


def test_columns_without_a_weight_cost_nothing(tmp_path: Path) -> None:
    X, _ = data("diabetes")
    fitted = Lasso(alpha=1.0).fit(X, target("diabetes", "value"))
    plan = assert_parity(fitted, X, tmp_path)
    [dot] = [node for node in plan["nodes"] if node["op"] == "dot"]
    assert len(dot["of"]) == (fitted.coef_ != 0).sum()


@pytest.mark.parametrize("out_of_bounds", ["clip", "nan"])
def test_isotonic_regression(tmp_path: Path, out_of_bounds: str) -> None:
    X = data("ties")[0][["a"]]
    y = X["a"] + target("ties", "value")
    fitted = make_pipeline(StandardScaler(), IsotonicRegression(out_of_bounds=out_of_bounds)).fit(X, y)
    assert_parity(fitted, X, tmp_path)
