"""What LightGBM does to a number before it compares, on every engine that a plan has."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor

from dbml._plpython import frame, plan
from dbml.models import artifact
from dbml.scorer import parity
from dbml.scorer.sklearn import lower
from tests.parity.harness import assert_parity
from tests.parity.test_sql import assert_same, create, one_by_one

ZERO = 1.0000000180025095e-35
AROUND_ZERO = [
    sign * x for x in (ZERO, math.nextafter(ZERO, 1), math.nextafter(ZERO, 0), 1e-36, 0.0) for sign in (1, -1)
]
GROUPS = [-2.0, -1.0] * 20 + [0.0] * 40 + [1.0, 2.0] * 20
TARGET = [0.0] * 40 + [1.0] * 40 + [3.0] * 40

few = {"n_estimators": 3, "min_child_samples": 1, "n_jobs": 1, "verbose": -1}


def fitted(x: Any, options: dict[str, Any]) -> LGBMRegressor:
    return LGBMRegressor(**options, **few).fit(pd.DataFrame({"x": x}), TARGET)


@pytest.mark.parametrize("options", [{}, {"zero_as_missing": True}, {"use_missing": False}], ids=str)
@pytest.mark.parametrize("gaps", [False, True])
def test_what_is_nearly_zero_is_zero(
    db: psycopg.Connection[Any], options: dict[str, Any], gaps: bool, tmp_path: Path
) -> None:
    x = [*GROUPS[:-3], None, None, None] if gaps else GROUPS
    model = fitted(x, options)
    joblib.dump(model, tmp_path / "m.joblib")
    read = artifact.read(tmp_path / "m.joblib", pd.DataFrame({"x": x}))
    lowered = plan.loads(plan.dumps(lower(read.estimator, read.interface)))
    rows = [[value] for value in (*AROUND_ZERO, -1.0, 1.0, 1e308, -1e308, None, "Infinity", "-Infinity")]
    numbers, texts = frame.to_wire(read.interface, rows)
    truth = model.predict(pd.DataFrame({"x": np.array(numbers, dtype=float)[:, 0]})).tolist()
    assert parity.compare(rows, truth, one_by_one(lowered, numbers, texts)).differing == 0
    create(db, lowered)
    assert_same(db, lowered, numbers, texts, truth)


def test_the_negative_end_of_zero() -> None:
    # 1.2429999967 is what LightGBM 4.7.0 says of the group of zeros.
    [score] = fitted(GROUPS, {}).predict(pd.DataFrame({"x": [-ZERO]}))
    assert score == pytest.approx(1.2429999967, abs=1e-9)


def test_a_split_between_what_is_missing_and_what_is_there(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    X = pd.DataFrame(
        {"a": random.normal(size=300), "b": np.where(random.random(300) < 0.4, np.nan, random.normal(size=300))}
    )
    model = LGBMClassifier(**few).fit(X, np.isnan(X["b"]).astype(int))
    assert 1e300 in [tree["tree_structure"]["threshold"] for tree in model.booster_.dump_model()["tree_info"]]
    assert_parity(model, X.head(30), tmp_path)
