"""Clusters, mixtures and kernels against a few rows, against the estimators themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.parity.harness import assert_parity

random = np.random.default_rng(0)
X = pd.DataFrame(random.normal(size=(150, 3)), columns=list("abc"))
X.iloc[:50] += 3.0
Y = (X["a"] * X["b"] > 1.0).astype(int)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "estimator",
    [
        KMeans(4, random_state=0),
        make_pipeline(StandardScaler(), MiniBatchKMeans(3, random_state=0)),
        *(GaussianMixture(3, covariance_type=kind, random_state=0) for kind in ("full", "tied", "diag", "spherical")),
        make_pipeline(Nystroem(n_components=9, random_state=0), LogisticRegression()),
        make_pipeline(
            StandardScaler(), Nystroem(kernel="poly", degree=2, n_components=6, random_state=0), LogisticRegression()
        ),
        make_pipeline(
            StandardScaler(),
            Nystroem(kernel="sigmoid", gamma=0.1, n_components=6, random_state=0),
            LogisticRegression(),
        ),
    ],
    ids=lambda estimator: str(estimator)[:50],
)
def test_parity(estimator: Any, tmp_path: Path) -> None:
    assert_parity(estimator.fit(X, Y), X.head(40), tmp_path)
