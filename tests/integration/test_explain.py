"""``dbml.explain()`` and its kin in the server: in the table's own features, for whoever may score."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner, Result
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import dbml
from dbml.cli import main
from dbml.errors import ScoringError, ServerError
from dbml.spec import Event, Prediction, Profile
from tests.conftest import Databases

Db = psycopg.Connection[Any]
FEATURES = ["plan", "months", "spend", "complaints"]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    random = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "plan": random.choice(["basic", "plus", "größer"], 400),
            "months": random.integers(0, 60, 400),
            "spend": random.normal(50, 20, 400),
            "complaints": random.integers(0, 6, 400),
        }
    )


@pytest.fixture(scope="module")
def trees(rows: pd.DataFrame) -> Any:
    target = rows["complaints"] * (rows["plan"] != "plus") + rows["spend"] / 40 - rows["months"] / 20 > 2
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["plan"]), remainder="passthrough")
    return make_pipeline(encode, GradientBoostingClassifier(n_estimators=20, random_state=0)).fit(rows, target)


@pytest.fixture(scope="module")
def line(rows: pd.DataFrame, trees: Any) -> Any:
    steps = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["plan"]), (StandardScaler(), ["months", "spend", "complaints"])
    )
    return make_pipeline(steps, LogisticRegression()).fit(rows, trees.predict(rows))


@pytest.fixture(scope="module")
def explained_dsn(databases: Databases, rows: pd.DataFrame, trees: Any, line: Any) -> str:
    """A profile that churn (trees) and churn_line score; months is an expression of another column."""
    dsn = databases.create()
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("create table customer (id bigint primary key, days integer, plan text, spend float8,"
                   " complaints bigint not null default 0, churn float8, line float8)")  # fmt: skip
        db.execute("create table complaint (customer bigint references customer)")
        with db.cursor() as cursor:
            values = rows[["months", "plan", "spend"]].astype(object).itertuples(index=False)
            cursor.executemany(
                "insert into customer (id, days, plan, spend) values (%s, %s, %s, %s)",
                [(i, months * 30, plan, spend) for i, (months, plan, spend) in enumerate(values, 1)],
            )
            cursor.execute("insert into complaint select id from customer, generate_series(1, (id % 6)::integer)")
        dbml.add_model(db, "churn", trees, sample=rows)
        dbml.add_model(db, "line", line, sample=rows)
        months = {"months": "days / 30"}
        dbml.attach(
            db,
            Profile(
                table="customer",
                key=["id"],
                predictions=[
                    Prediction(model="churn", column="churn", features=months),
                    Prediction(model="line", column="line", features=months),
                ],
                events=[Event(table="complaint", key=["customer"], counters={"complaints": "count(*)"})],
            ),
            backfill=True,
        )
        dbml.deploy(db, "churn", 1)
        dbml.deploy(db, "line", 1)
        dbml.rescore(db, "churn")
        dbml.rescore(db, "line")
    return dsn


@pytest.fixture
def db(explained_dsn: str) -> Iterator[Db]:
    """Whatever a test does is undone."""
    with psycopg.connect(explained_dsn) as connection:
        yield connection
        connection.rollback()


def run(dsn: str, *arguments: object, exit_code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(a) for a in arguments], env={"DBML_DSN": dsn})
    assert result.exit_code == exit_code, result.output
    return result


@pytest.mark.parametrize("model", ["churn", "line"])
def test_rows_alone_and_together_add_up_to_the_margin_and_to_the_score(db: Db, model: str) -> None:
    many = db.execute("select key, base, contributions from dbml.explanations(%s, 'customer')", [model]).fetchall()
    scores = dict(db.execute(f"select id, {model} from customer").fetchall())
    assert len(many) == 400
    for (key,), base, contributions in many:
        score = scores[int(key)]
        assert base + sum(contributions) == pytest.approx(math.log(score / (1 - score)), abs=1e-9)
    for scale in ("margin", "probability"):
        found = db.execute(
            "select c.id, e.feature, e.contribution, e.base from customer c"
            " cross join lateral dbml.explain(%s, c, %s) e where c.id < 6",
            [model, scale],
        ).fetchall()
        query = "select key, base, contributions from dbml.explanations(%s, 'customer', %s)"
        together = {int(key): (base, worths) for (key,), base, worths in db.execute(query, [model, scale])}
        for id_ in range(1, 6):
            mine = [row[1:] for row in found if row[0] == id_]
            assert [feature for feature, *_ in mine] == FEATURES
            base, worths = together[id_]
            assert [worth for _, worth, _ in mine] == pytest.approx(worths, abs=1e-12)
            assert {base for *_, base in mine} == {base}
            if scale == "probability":
                assert base + sum(worths) == pytest.approx(scores[id_], abs=1e-9)


def test_margins_are_scikit_learn_s(db: Db, rows: pd.DataFrame, trees: Any) -> None:
    truth = rows.assign(complaints=[i % 6 for i in range(1, 401)])
    booster, columns = trees[-1], trees[0].transform(truth)
    # What shap says of each contribution is in tests/unit/test_explanation.py.
    raw = booster.decision_function(columns)
    found = db.execute(
        "select e.base, e.contributions from dbml.explanations('churn', 'customer') e order by e.key[1]::bigint"
    ).fetchall()
    np.testing.assert_allclose([base + sum(worths) for base, worths in found], raw, atol=1e-9)
    kinds = db.execute("select feature, value from customer c, dbml.explain('churn', c) where id = 7").fetchall()
    expected = [("plan", truth["plan"][6]), ("months", str(truth["months"][6]))]
    assert kinds[:2] == expected
    assert kinds[3] == ("complaints", "1")


def test_loose_values_and_rows_of_no_profile(db: Db) -> None:
    values = {"plan": "plus", "months": 5, "spend": 40.5, "complaints": 2}
    loose = db.execute("select * from dbml.explain('churn', %s::jsonb)", [json.dumps(values)]).fetchall()
    db.execute(
        "create temporary table visitor as select 'plus'::text as plan, 5 as months, 40.5 as spend, 2 as complaints"
    )
    assert db.execute("select e.* from visitor v, dbml.explain('churn', v) e").fetchall() == loose
    assert db.execute("select e.* from visitor v, dbml.explain('churn@1', v) e").fetchall() == loose
    found = dbml.explain(db, "churn", values)
    assert [one.contribution for one in found.contributions] == [row[2] for row in loose]
    assert found.total == pytest.approx(loose[0][3] + sum(row[2] for row in loose), abs=1e-12)


@pytest.mark.parametrize("model", ["churn", "line"])
def test_what_an_event_did(db: Db, model: str) -> None:
    db.execute("create temporary table before as select * from customer where id = 3")
    db.execute("insert into complaint values (3), (3)")
    [(feature, old, new, worth)] = db.execute(
        "select e.* from before b, customer c, dbml.explain_change(%s, jsonb_populate_record(null::customer, to_jsonb(b)), c) e"
        " where c.id = 3", [model]
    ).fetchall()  # fmt: skip
    assert (feature, old, new) == ("complaints", "3", "5")
    moved = db.execute(f"select c.{model} - b.{model} from before b join customer c using (id)").fetchone()
    assert worth == pytest.approx(moved[0], abs=1e-9)


def test_a_change_of_several_features_is_shapley_s_formula(db: Db, rows: pd.DataFrame, trees: Any) -> None:
    old = {"plan": "plus", "months": 30, "spend": 20.0, "complaints": 0}
    new = {"plan": "basic", "months": 2, "spend": 20.0, "complaints": 4}

    def score(*changed: str) -> float:
        row = {name: new[name] if name in changed else old[name] for name in old}
        return float(trees.predict_proba(pd.DataFrame([row]))[0, 1])

    found = {one.feature: one.contribution for one in dbml.explain_change(db, "churn", old, new)}
    assert list(found) == ["plan", "months", "complaints"]
    for one, (a, b) in {"plan": ("months", "complaints"), "months": ("plan", "complaints"), "complaints": ("plan", "months")}.items():  # fmt: skip
        truth = (score(one) - score()) / 3 + (score(one, a, b) - score(a, b)) / 3
        truth += (score(one, a) - score(a)) / 6 + (score(one, b) - score(b)) / 6
        assert found[one] == pytest.approx(truth, abs=1e-12)
    assert dbml.explain_change(db, "churn", old, old) == []


def test_what_matters_is_the_mean_size(db: Db) -> None:
    many = db.execute("select contributions from dbml.explanations('churn', 'customer')").fetchall()
    truth = dict(zip(FEATURES, np.abs([worths for (worths,) in many]).mean(axis=0), strict=True))
    found = dbml.importance(db, "churn")
    assert [one.feature for one in found] == sorted(truth, key=lambda name: -truth[name])
    assert {one.feature: one.importance for one in found} == pytest.approx(truth, abs=1e-12)


def test_each_version_explains_its_own_rows(db: Db, rows: pd.DataFrame, line: Any) -> None:
    dbml.add_model(db, "churn", line, sample=rows)
    db.execute("select dbml.deploy('churn', 2, strategy => 'canary', share => 30)")
    found = db.execute(
        "select key[1]::bigint, version, base, contributions from dbml.explanations('churn', 'customer')"
    )
    versions = {1: 0, 2: 0}
    scores = dict(db.execute("select c.id, dbml.score('churn', c) from customer c").fetchall())
    for id_, version, base, worths in found.fetchall():
        versions[version] += 1
        margin = math.log(scores[id_] / (1 - scores[id_]))
        assert base + sum(worths) == pytest.approx(margin, abs=1e-9)
    assert sum(versions.values()) == 400
    assert 60 < versions[2] < 180
    alone = db.execute(
        "select c.id, min(e.base) + sum(e.contribution) from customer c, dbml.explain('churn', c) e where c.id < 30 group by 1"
    )
    for id_, margin in alone.fetchall():
        assert margin == pytest.approx(math.log(scores[id_] / (1 - scores[id_])), abs=1e-9)


def test_who_may_score_may_explain(db: Db) -> None:
    db.execute("create role dbml_test_explains nologin in role dbml_analyst")  # rolled back
    db.execute("set local role dbml_test_explains")
    values = {"plan": "plus", "months": 5, "spend": 40.5, "complaints": 2}
    assert len(dbml.explain(db, "churn", values).contributions) == 4
    rows = "select * from (values (1, 'plus', 5, 40.5, 2)) v(key, plan, months, spend, complaints)"
    assert len(db.execute("select * from dbml.explanations('churn', %s)", [rows]).fetchall()) == 1
    assert len(dbml.importance(db, "churn", rows)) == 4
    assert dbml.explain_change(db, "churn", values, values) == []
    for query in ("select * from dbml.explanations('churn', 'customer')", "select * from dbml.background"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction():
            db.execute(query)


def test_what_cannot_be_explained_says_why(db: Db, rows: pd.DataFrame) -> None:
    numbers = rows[["months", "spend"]].astype(float)
    target = rows["months"] > 30
    dbml.add_model(db, "unseen", LogisticRegression().fit(numbers.to_numpy(), target))
    values = {"months": 1.0, "spend": 2.0, "x0": 1.0, "x1": 2.0}

    def refused(model: str, **options: str) -> str:
        with pytest.raises(ScoringError) as caught, db.transaction():
            dbml.explain(db, model, values, **options)
        assert caught.value.hint
        return caught.value.message

    assert "means of its training data are not known" in refused("unseen@1")
    db.execute("delete from dbml.background where model = 'churn'")
    values |= {"plan": "plus", "complaints": 1}
    dbml.add_model(db, "late", LogisticRegression().fit(numbers, target), sample=numbers)
    assert dbml.explain(db, "late@1", values).total != 0.0
    assert "there is no scale 'log'" in refused("late@1", scale="log")
    values["months"] = None
    assert "contains NaN" in refused("late@1")
    nothing = db.execute(
        "select contributions from dbml.explanations('late@1', 'select null::int as months, 1.0 as spend')"
    )
    assert nothing.fetchall() == [(None,)]


def test_a_version_of_an_earlier_dbml_is_explained_once_its_file_is_added_again(
    db: Db, rows: pd.DataFrame, line: Any
) -> None:
    values = {"plan": "plus", "months": 5, "spend": 40.5, "complaints": 2}
    before = dbml.explain(db, "line@1", values)
    db.execute("create table kept as select * from dbml.background; delete from dbml.background")
    db.execute("select 1 from dbml.model")
    other = make_pipeline(
        *[step for _, step in line.steps]
    )  # the same file gives the same session's cache: another name
    dbml.add_model(db, "again", other, sample=rows)
    db.execute("delete from dbml.background")
    with pytest.raises(ScoringError, match="kept nothing for explanations"), db.transaction():
        dbml.explain(db, "again@1", values)
    assert dbml.add_model(db, "again", other, sample=rows).already_there
    assert dbml.explain(db, "again@1", values).contributions == before.contributions


def test_the_shell_draws_what_the_server_says(explained_dsn: str, rows: pd.DataFrame, tmp_path: Path) -> None:
    said = json.loads(run(explained_dsn, "explain", "churn", "--key", 7, "--scale", "probability", "--json").output)
    [one] = said
    assert [c["feature"] for c in one["contributions"]] == FEATURES
    with psycopg.connect(explained_dsn) as session:
        assert one["total"] == pytest.approx(
            session.execute("select churn from customer where id = 7").fetchone()[0], abs=1e-9
        )  # type: ignore[index]
    drawn = run(explained_dsn, "explain", "churn", "--key", 7, "--plot", tmp_path / "why.svg").output
    assert drawn.splitlines()[0].startswith("base")
    assert drawn.splitlines()[-1].startswith("margin")
    picture = (tmp_path / "why.svg").read_text()
    assert "<svg" in picture
    rows.head(2).to_csv(tmp_path / "rows.csv", index=False)
    assert (
        len(json.loads(run(explained_dsn, "explain", "line@1", "--rows", tmp_path / "rows.csv", "--json").output)) == 2
    )
    matters = json.loads(run(explained_dsn, "explain", "churn", "--json").output)
    assert {each["feature"] for each in matters} == set(FEATURES)
    assert "█" in run(explained_dsn, "explain", "churn", "--plot", tmp_path / "matters.png").output
    assert "no row with the key 999" in run(explained_dsn, "explain", "churn", "--key", 999, exit_code=1).output


def test_without_plpython_linear_models_and_changes_are_explained(
    without_plpython: str, db: Db, rows: pd.DataFrame, line: Any, trees: Any
) -> None:
    values = {"plan": "plus", "months": 5, "spend": 40.5, "complaints": 2}
    with psycopg.connect(without_plpython) as session:
        dbml.install(session)
        dbml.add_model(session, "line", line, sample=rows)
        [change] = dbml.explain_change(session, "line@1", values, values | {"complaints": 4})
        assert change.contribution > 0
        for scale in ("margin", "probability"):
            mine, truth = (dbml.explain(each, "line@1", values, scale=scale) for each in (session, db))
            assert mine.base == pytest.approx(truth.base, abs=1e-12)
            worths = [[one.contribution for one in each.contributions] for each in (mine, truth)]
            assert worths[0] == pytest.approx(worths[1], abs=1e-12)
        with pytest.raises(ScoringError, match="NaN"), session.transaction():
            dbml.explain(session, "line@1", values | {"spend": None})
        with pytest.raises(ServerError, match="explanations need PL/Python"):
            dbml.importance(session, "line@1", "select 'plus' as plan, 5 as months, 40.5 as spend, 2 as complaints")
