"""Models of hundreds and thousands of features: rows built to hurt within a budget, and an engine that bears the width."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import psycopg
import psycopg.types.json
from sklearn.linear_model import LinearRegression, Ridge

import dbml
from dbml.models import artifact
from dbml.scorer import engines, parity

random = np.random.default_rng(0)


def test_every_feature_of_a_wide_model_meets_every_extreme() -> None:
    names = [f"f{i}" for i in range(400)]
    X = pd.DataFrame(random.normal(size=(30, 400)), columns=names)
    read = artifact.read(Ridge().fit(X, X["f0"]), X)
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    rows = made.hurtful_rows
    assert len(rows) * len(names) <= parity.VALUES_AT_MOST
    for place in (0, 1, 199, 399):
        assert {None, "Infinity", "-Infinity", 1e308, -1e39, 5e-324} <= {row[place] for row in rows}
    assert made.plan is not None
    assert list(made.refusals) == ["sql"]


def test_more_features_than_a_query_has_columns(db: psycopg.Connection[Any]) -> None:
    width = 1700
    X = random.normal(size=(40, width))
    fitted = LinearRegression().fit(X, X[:, 0])
    fitted.coef_[100:] = 0.0
    added = dbml.add_model(db, "wide", fitted)
    assert added.engine == "portable"
    dbml.deploy(db, "wide", 1)
    row = random.normal(size=width)
    features = psycopg.types.json.Jsonb({f"x{i}": x for i, x in enumerate(row.tolist())})
    score = db.execute("select dbml.score('wide', %s)", [features]).fetchone()
    assert score is not None
    np.testing.assert_allclose(score[0], fitted.predict([row])[0], rtol=1e-12, atol=1e-9)
