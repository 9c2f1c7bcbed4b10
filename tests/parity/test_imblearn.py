"""imbalanced-learn's pipelines and ensembles against themselves: what they draw anew while they fit plays no part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    RUSBoostClassifier,
)
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tests.parity.harness import assert_parity

X = pd.DataFrame(np.random.default_rng(0).normal(size=(200, 2)), columns=["a", "b"])
RARE = (X["a"] + X["b"] > 1.5).astype(int)


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(StandardScaler(), RandomUnderSampler(random_state=0), LogisticRegression()),
        BalancedRandomForestClassifier(3, random_state=0),
        EasyEnsembleClassifier(2, random_state=0),
        RUSBoostClassifier(n_estimators=2, random_state=0),
        BalancedBaggingClassifier(n_estimators=2, random_state=0),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_parity(estimator: Any, tmp_path: Path) -> None:
    assert_parity(estimator.fit(X, RARE), X.head(20), tmp_path)
