"""Decision trees and their ensembles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingClassifier

from tests.parity.harness import assert_parity, data, target

CASES: list[tuple[Any, str, str]] = [
    (GradientBoostingClassifier(n_estimators=10), "breast cancer", "binary"),
    (GradientBoostingClassifier(n_estimators=10), "ties", "binary"),
]


@pytest.mark.parametrize("estimator, name, task", CASES, ids=str)
def test_trees(estimator: Any, name: str, task: str, tmp_path: Path) -> None:
    X, _ = data(name)
    assert_parity(clone(estimator).fit(X, target(name, task)), X, tmp_path)
