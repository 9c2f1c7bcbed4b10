"""Support vector machines with kernels and Gaussian processes, against the estimators themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, Matern, RationalQuadratic, WhiteKernel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM

from dbml._plpython import kernels, optional
from dbml.scorer.plan import Unsupported
from dbml.scorer.sklearn import lower
from tests.parity.harness import assert_parity

random = np.random.default_rng(0)
X = pd.DataFrame(random.normal(size=(120, 3)), columns=list("abc"))
VALUE = (X["a"] * X["b"]).to_numpy() + random.normal(scale=0.1, size=120)
BINARY = (VALUE > 0).astype(int)
THREE = np.array(["lo", "mid", "hi"])[np.digitize(VALUE, [-0.3, 0.3])]
NOISY = ConstantKernel(2.0) * RBF([1.0, 2.0, 3.0]) + WhiteKernel(0.1)


@pytest.mark.parametrize(
    ("estimator", "y", "output"),
    [
        (SVR(), VALUE, None),
        (SVR(), VALUE * 1e-3, None),  # all within epsilon: no support vector
        (make_pipeline(StandardScaler(), SVR(kernel="poly", degree=2, coef0=1.0)), VALUE, None),
        (SVR(kernel="linear"), VALUE, None),
        (NuSVR(kernel="sigmoid", gamma=0.01), VALUE, None),
        (SVC(), BINARY, None),
        (NuSVC(kernel="poly"), BINARY, "0"),
        (SVC(kernel="linear"), THREE, "mid"),
        (SVC(gamma=0.5), THREE, "lo"),
        (OneClassSVM(nu=0.2), None, None),
        (GaussianProcessRegressor(NOISY, optimizer=None, normalize_y=True), VALUE, None),
        (GaussianProcessRegressor(RBF(0.7), alpha=0.1, optimizer=None), VALUE, None),
        *(
            (GaussianProcessRegressor(kernel, alpha=0.1, optimizer=None), VALUE, None)
            for kernel in (
                Matern([1.0, 2.0, 3.0], nu=0.5),
                ConstantKernel(2.0) * Matern(1.3) + WhiteKernel(0.1),
                Matern(nu=2.5),
                RationalQuadratic(0.8, alpha=0.4),
            )
        ),
    ],
    ids=lambda part: str(part)[:40] if hasattr(part, "get_params") else "",
)
def test_parity(estimator: Any, y: Any, output: str | None, tmp_path: Path) -> None:
    assert_parity(estimator.fit(X, y), X.head(40), tmp_path, output)


@pytest.mark.filterwarnings("ignore:The `probability` parameter")
@pytest.mark.parametrize("output", ["1", "value"])
def test_probabilities_of_two_classes(output: str, tmp_path: Path) -> None:
    """As libsvm couples them: neither Platt's sigmoid, nor always on the decision's side."""
    for estimator in (SVC(probability=True, random_state=0), NuSVC(probability=True, nu=0.3, random_state=0)):
        assert_parity(estimator.fit(X, BINARY), X.head(40), tmp_path, output, more=4.0 * X)


def test_numpy_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = SVR(C=10.0).fit(X, VALUE)
    vectors, weights = fitted.support_vectors_.tolist(), fitted.dual_coef_[0].tolist()
    sums = kernels.Kernel("rbf", vectors * 3, weights * 3, -fitted._gamma, 0.0, 3, 1.5)
    assert not sums.small
    for row in (*X.to_numpy()[:20].tolist(), [1e3, 0.0, 0.0], [1e8, 1.0, -1e8], [1e200, 0.0, 0.0]):
        monkeypatch.setattr(optional, "numpy", lambda: np)
        one = sums.at(row)
        monkeypatch.setattr(optional, "numpy", lambda: None)
        assert one == pytest.approx(sums.at(row), abs=1e-10)


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (SVR(kernel=lambda a, b: a @ b.T), "a kernel of its own"),
        (GaussianProcessRegressor(Matern(nu=1.0), optimizer=None), "with the kernel Matern"),
        (GaussianProcessRegressor(DotProduct(), alpha=0.1, optimizer=None), "with the kernel DotProduct"),
        (SVC(break_ties=True, decision_function_shape="ovr"), "that breaks ties"),
    ],
)
def test_what_no_plan_expresses_is_named(estimator: Any, words: str) -> None:
    fitted = estimator.fit(X, THREE if isinstance(estimator, SVC) else VALUE)
    columns = [{"name": name, "kind": "float", "dtype": "float64"} for name in X.columns]
    with pytest.raises(Unsupported, match=words):
        lower(fitted, {"input": "frame", "features": columns, "output": {"kind": "label", "label": "lo"}})
