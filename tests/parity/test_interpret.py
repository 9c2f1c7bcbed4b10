"""Explainable boosting machines, against interpret itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from interpret import glassbox

from dbml.models import artifact
from tests.parity.harness import assert_parity

random = np.random.default_rng(0)
X = pd.DataFrame(
    {
        "a": np.where(random.random(300) < 0.1, np.nan, random.normal(size=300)),
        "n": random.integers(0, 9, 300),
        "zip": random.choice(["02134", "10001", "NA"], 300),
    }
).astype({"zip": object})
VALUE = X["a"].fillna(0.0) + (X["zip"] == "02134") * X["n"] / 4.0
FEW = {"outer_bags": 1, "max_rounds": 20, "interactions": 2, "max_bins": 16, "n_jobs": 1}
TARGETS = {
    "two": (VALUE > 0.5).astype(int),
    "three": np.digitize(VALUE, [0.0, 1.0]),
    "value": VALUE,
    "counts": np.floor(np.exp(VALUE / 3.0)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TARGETS)
def test_parity(name: str, tmp_path: Path) -> None:
    kind = glassbox.ExplainableBoostingClassifier if name in ("two", "three") else glassbox.ExplainableBoostingRegressor
    options = {"objective": "poisson_deviance"} if name == "counts" else {}
    machine = kind(**FEW, **options).fit(X, TARGETS[name])
    assert any(len(features) == 2 for features in machine.term_features_)
    assert_parity(machine, X.head(40), tmp_path, "1" if name == "three" else None)
    # Categories of digits come from a CSV file as they were.
    X.head(40).to_csv(tmp_path / "rows.csv", index=False)
    read = artifact.read(machine, tmp_path / "rows.csv", "1" if name == "three" else None)
    assert read.interface["features"][2]["kind"] == "text"
    assert {row[2] for row in read.golden["rows"]} == {"02134", "10001", "NA"}
