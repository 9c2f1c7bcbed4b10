"""``dbml.score`` over rows of tables, of queries and of loose values: one answer, whichever way it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import dbml
from dbml import Prediction, Profile

Db = psycopg.Connection[Any]

TABLES = """
create table client (id integer primary key, tier char(6), spend real, active boolean, joined date, risk float8);
create table other (id integer primary key, tier text, spend float8, active boolean, months integer, risk float8);
insert into client
select g, case g % 3 when 0 then 'gold' when 1 then 'silver' end, g * 0.1, g % 2 = 0, date '2020-01-01' + g * 40
  from generate_series(1, 30) g;
insert into other select g, 'gold', g * 0.1, true, g from generate_series(1, 5) g;
create view clients as select joined, id, active, spend, tier from client;
"""
MONTHS = "(date '2026-01-01' - joined) / 30"


@pytest.fixture
def fitted() -> Any:
    random = np.random.default_rng(3)
    rows = pd.DataFrame(
        {
            "tier": random.choice(["gold", "silver"], 200),
            "spend": random.normal(2, 1, 200),
            "active": random.random(200) < 0.5,
            "months": random.integers(0, 80, 200),
        }
    )
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["tier"]), remainder="passthrough")
    return make_pipeline(encode, LogisticRegression(max_iter=1000)).fit(
        rows, rows.spend + rows.active + random.normal(size=200) > 2.5
    )


@pytest.fixture(params=["sql", "portable"])
def attached(request: pytest.FixtureRequest, db: Db, fitted: Any, tmp_path: Path) -> Any:
    """A model over two tables, of which one gives a feature as an expression."""
    db.execute(TABLES)
    joblib.dump(fitted, tmp_path / "risk.joblib")
    sample = pd.DataFrame({"tier": ["gold", "silver"], "spend": [0.5, 3.0], "active": [True, False], "months": [3, 70]})
    dbml.add_model(db, "risk", tmp_path / "risk.joblib", sample=sample, engine=request.param)
    dbml.attach(db, Profile("client", "id", [Prediction("risk", "risk", features={"months": MONTHS})]))
    dbml.attach(db, Profile("other", "id", [Prediction("risk", "risk")]))
    dbml.deploy(db, "risk", 1)
    dbml.rescore(db, "risk")
    return fitted


def truth(db: Db, fitted: Any) -> list[float]:
    found = db.execute(
        f"select trim(tier), spend::float8, active, {MONTHS} from client order by id"  # type: ignore[arg-type]
    ).fetchall()
    rows = pd.DataFrame(found, columns=["tier", "spend", "active", "months"])
    return [float(p) for p in fitted.predict_proba(rows)[:, 1]]


@pytest.mark.parametrize(
    "query",
    [
        "select dbml.score('risk', c) from client c order by c.id",
        "with t as materialized (select * from client) select dbml.score('risk', t) from t order by t.id",
        "select dbml.score('risk', t) from (select * from client order by id offset 0) t",
        "select dbml.score('risk', v) from clients v order by v.id",
        "select dbml.score('risk', t) from (select c.*, 1 as one from client c order by id offset 0) t",
        f"""select dbml.score('risk', t)
              from (select id, tier, spend::float8 as spend, active, {MONTHS} as months from client order by id offset 0) t""",
    ],
    ids=["table", "with", "subquery", "view", "more columns", "features by name"],
)
@pytest.mark.usefixtures("attached")
def test_a_row_of_any_query_is_scored(db: Db, attached: Any, query: str) -> None:
    scores = [score for (score,) in db.execute(query).fetchall()]  # type: ignore[arg-type]
    np.testing.assert_allclose(scores, truth(db, attached), rtol=0, atol=1e-9)


def test_an_analyst_may(db: Db, dsn: str, attached: Any) -> None:
    db.execute("create role reader_of_forms in role dbml_analyst; grant select on client to reader_of_forms")
    try:
        with psycopg.connect(dsn, autocommit=True) as analyst:
            analyst.execute("set role reader_of_forms")
            query = "with t as materialized (select * from client) select dbml.score('risk', t) from t order by t.id"
            scores = [score for (score,) in analyst.execute(query).fetchall()]
        np.testing.assert_allclose(scores, truth(db, attached), rtol=0, atol=1e-9)
    finally:
        db.execute("drop owned by reader_of_forms; drop role reader_of_forms")


@pytest.mark.usefixtures("attached")
def test_a_column_that_a_row_lacks_is_named(db: Db) -> None:
    with pytest.raises(psycopg.Error, match="feature spend of model 'risk' is missing") as refused:
        db.execute("select dbml.score('risk', t) from (select id, tier, active, joined from client) t")
    assert refused.value.sqlstate == "DB013"


@pytest.mark.parametrize("attached", ["sql"], indirect=True)
@pytest.mark.usefixtures("attached")
def test_loose_values_are_scored_by_a_plan_that_is_kept(db: Db, attached: Any) -> None:
    """What planned the whole expression at each call is planned once a session, and says the same."""
    loose = "select dbml.score('risk', jsonb_build_object('tier', tier, 'spend', spend::float8, 'active', active, 'months', {})) from client order by id"
    scores = [score for (score,) in db.execute(loose.format(MONTHS)).fetchall()]  # type: ignore[arg-type]
    np.testing.assert_allclose(scores, truth(db, attached), rtol=0, atol=1e-9)
    db.execute("drop function dbml_scorer.version_risk_1_kept")
    assert [score for (score,) in db.execute(loose.format(MONTHS)).fetchall()] == scores  # type: ignore[arg-type]
    assert dbml.install(db)["changed"]
    assert db.execute("select to_regproc('dbml_scorer.version_risk_1_kept') is not null").fetchone() == (True,)
