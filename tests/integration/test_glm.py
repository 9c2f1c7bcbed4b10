"""GLMs with a log link, as insurers fit them: answers near nothing, and answers far beyond a thousand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from psycopg.types.json import Jsonb
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.linear_model import GammaRegressor, LinearRegression, PoissonRegressor, TweedieRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import dbml

RANDOM = np.random.default_rng(8)
N = 300
ROWS = pd.DataFrame(
    {
        "age": RANDOM.integers(18, 90, N),
        "density": RANDOM.lognormal(5, 2, N),
        "region": RANDOM.choice(["north", "south", "größer"], N),
    }
)
COST = np.exp(0.02 * ROWS["age"] + (ROWS["region"] == "south") + RANDOM.normal(size=N) / 3)

GLMS: dict[str, tuple[Any, Any]] = {
    "poisson": (PoissonRegressor(alpha=1e-3), RANDOM.poisson(COST)),
    "gamma": (GammaRegressor(alpha=1e-3), COST),
    "tweedie": (TweedieRegressor(power=1.5, link="log", alpha=1e-3), COST * RANDOM.integers(0, 2, N)),
    "millions": (GammaRegressor(alpha=1e-3, solver="newton-cholesky"), COST * 1e6),
    "logarithm of a value": (TransformedTargetRegressor(LinearRegression(), func=np.log, inverse_func=np.exp), COST),
}


@pytest.mark.parametrize("name", GLMS)
def test_a_log_link_needs_no_python(db: psycopg.Connection[Any], name: str) -> None:
    glm, target = GLMS[name]
    columns = make_column_transformer((OneHotEncoder(), ["region"]), (StandardScaler(), ["age", "density"]))
    model = make_pipeline(columns, glm).fit(ROWS, target)
    version = dbml.add_model(db, "claims", model, sample=ROWS)
    assert version.engine == "sql", version.notices
    assert not [notice for notice in version.notices if "underflow" in notice]
    assert dbml.verify(db, "claims", 1)["differing"] == 0
    db.execute("select dbml.deploy('claims', 1)")
    # Rows beyond the sample, down to where exp() of the link is a subnormal number, and nothing.
    link = getattr(model[-1], "regressor_", model[-1])
    slope = float(np.ravel(link.coef_)[-1]) / float(model[0].named_transformers_["standardscaler"].scale_[-1])
    for exponent in (-20.0, -700.0, -740.0, -800.0, 30.0):
        row = {"age": 40, "density": exponent / slope, "region": "north"}
        [expected] = model.predict(pd.DataFrame([row]))
        [got] = db.execute("select dbml.score('claims', %s::jsonb)", [Jsonb(row)]).fetchone() or ()
        assert got == pytest.approx(expected, rel=1e-11, abs=1e-9)
