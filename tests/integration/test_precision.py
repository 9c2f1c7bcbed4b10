"""Models that compute in float32, in the server: their scores are those of double arithmetic, within the bound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from psycopg.types.json import Jsonb
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import dbml
from dbml.errors import ArtifactError

RANDOM = np.random.default_rng(5)
ROWS = pd.DataFrame(RANDOM.normal(size=(120, 3)) * [1, 50, 0.1], columns=["a", "b", "c"]).astype("float32")
LABEL = np.digitize(ROWS["a"] + ROWS["b"] / 50, [-0.7, 0.7])
MODEL = make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, LABEL)
# Older versions fit these coefficients in double, and there is nothing that depends on the rows beside a row.
IN_FLOAT32 = MODEL[-1].coef_.dtype == np.float32


@pytest.mark.parametrize("engine", ["sql", "portable"])
def test_a_model_of_float32(db: psycopg.Connection[Any], engine: str) -> None:
    version = dbml.add_model(db, "small", MODEL, sample=ROWS, output="2", engine=engine if IN_FLOAT32 else "auto")
    if not IN_FLOAT32:
        assert not any("computes in float32" in notice for notice in version.notices)
        assert dbml.verify(db, "small", 1)["differing"] == 0
        return
    assert version.engine == engine
    assert any("computes in float32" in notice for notice in version.notices)
    assert dbml.verify(db, "small", 1)["differing"] == 0
    db.execute("select dbml.deploy('small', 1)")
    more = pd.DataFrame(RANDOM.normal(size=(50, 3)) * [2, 90, 0.2], columns=["a", "b", "c"])
    for row, expected in zip(more.to_dict("records"), MODEL.predict_proba(more.astype("float32"))[:, 2], strict=True):
        [got] = db.execute("select dbml.score('small', %s::jsonb)", [Jsonb(row)]).fetchone() or ()
        assert got == pytest.approx(float(expected), abs=5e-6)
    with pytest.raises(psycopg.Error, match="so large that float32 may overflow"):
        db.execute("select dbml.score('small', %s::jsonb)", [Jsonb({"a": 1e17, "b": 1, "c": 1})])


def test_its_own_engine_has_no_such_scores(db: psycopg.Connection[Any]) -> None:
    if not IN_FLOAT32:
        assert dbml.add_model(db, "small", MODEL, sample=ROWS, output="2", engine="python").engine == "python"
        return
    with pytest.raises(ArtifactError, match="whose last digits depend on the rows beside a row"):
        dbml.add_model(db, "small", MODEL, sample=ROWS, output="2", engine="python")
