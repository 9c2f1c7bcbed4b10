"""The engines sql, portable and python: which is taken, and that every one answers as scikit-learn."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import dbml
from dbml.scorer import engines
from tests.conftest import SPEC, TABLES, Cli, Trained, profile_rows

NUMBERS = ["complaints", "spend"]


def fit(folder: Path, churn: Trained, estimator: Any) -> Trained:
    """Fit an estimator on the numbers of the churn rows."""
    rows = churn.rows[NUMBERS]
    estimator.fit(rows, rows["complaints"] + rows["spend"] / 20 > 6)
    file, sample = folder / "m.joblib", folder / "m.csv"
    joblib.dump(estimator, file)
    rows.head(100).to_csv(sample, index=False)
    return Trained(estimator, rows, file, sample)


def shown(cli: Cli, version: str = "churn@1", dsn: str | None = None) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(cli("model", "show", version, "--json", **({"dsn": dsn} if dsn else {})).output)
    return said


def test_auto_takes_sql_for_a_linear_model(cli: Cli, churn: Trained) -> None:
    added = cli("model", "add", "churn", churn.file, "--sample", churn.sample).output
    assert "engine sql" in added and "Note" not in added
    report = shown(cli)
    assert set(report["parity"]) == {"sql", "portable"}
    assert report["parity"]["sql"]["rows"] > report["golden_rows"]
    assert all(engine["differing"] == 0 for engine in report["parity"].values())


def test_auto_takes_portable_for_a_boosting(cli: Cli, churn: Trained, tmp_path: Path) -> None:
    boosting = fit(tmp_path, churn, GradientBoostingClassifier(n_estimators=100))
    added = cli("model", "add", "churn", boosting.file, "--sample", boosting.sample).output
    assert "engine portable" in added
    assert "Note: not on engine sql: the expression has" in added
    forest = fit(tmp_path, churn, RandomForestClassifier(200))
    refused = cli("model", "add", "x", forest.file, "--sample", forest.sample, "--engine", "sql", exit_code=1).output
    assert "x@1 cannot run on engine sql: the expression" in refused and "hint:" in refused


def test_auto_takes_python_for_the_rest(cli: Cli, churn: Trained, tmp_path: Path) -> None:
    process = fit(tmp_path, churn, make_pipeline(StandardScaler(), GaussianProcessClassifier(optimizer=None)))
    added = cli("model", "add", "churn", process.file, "--sample", process.sample).output
    assert "engine python" in added
    assert "no plan expresses the estimator GaussianProcessClassifier" in added
    for engine in ("sql", "portable"):
        refused = cli("model", "add", "x", process.file, "--sample", process.sample, "--engine", engine, exit_code=1)
        assert (
            f"cannot run on engine {engine}: no plan expresses the estimator GaussianProcessClassifier"
            in refused.output
        )
    assert len(json.loads(cli("model", "list", "--json").output)) == 1
    nearest = fit(tmp_path, churn, make_pipeline(StandardScaler(), KNeighborsClassifier()))
    added = cli("model", "add", "y", nearest.file, "--sample", nearest.sample).output
    assert "engine portable" in added and "Note: not on engine sql: there is no near in SQL." in added


def test_a_plan_that_cannot_be_made_leaves_the_engine_python(
    cli: Cli, churn: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lower(*_: Any) -> Any:
        raise AttributeError("'OneHotEncoder' object has no attribute 'of_another_version'")

    monkeypatch.setattr(engines, "lower_all", lower)
    added = cli("model", "add", "churn", churn.file, "--sample", churn.sample).output
    assert "engine python" in added
    assert "its plan cannot be made (AttributeError: 'OneHotEncoder' object has no attribute" in added


@pytest.mark.parametrize("engine", ["sql", "portable", "python"])
@pytest.mark.usefixtures("live")
def test_an_analyst_scores_rows_and_loose_values(db: psycopg.Connection[Any], churn: Trained) -> None:
    db.execute("insert into complaint (customer_id) select 1 + g % 50 from generate_series(1, 200) g")
    db.execute("grant select on customer to dbml_analyst")
    db.execute("set role dbml_analyst")
    found = db.execute("select dbml.score('churn', c) from customer c order by id").fetchall()
    row = db.execute("select plan, complaints, spend from customer where id = 3").fetchone()
    loose = json.dumps(dict(zip(["plan", "complaints", "spend"], row or [], strict=True)))
    (answer,) = db.execute("select dbml.score('churn', %s::text::jsonb)", [loose]).fetchone() or [None]
    literal = sql.SQL("select dbml.score('churn', {})").format(sql.Literal(loose))
    assert db.execute(literal).fetchone() == (answer,)
    db.execute("reset role")
    truth = churn.truth(profile_rows(db))
    np.testing.assert_allclose([score for (score,) in found], truth, rtol=0, atol=1e-9)
    assert answer == pytest.approx(truth[2], abs=1e-9)


@pytest.mark.parametrize("engine", ["sql", "portable", "python"])
@pytest.mark.usefixtures("live")
def test_what_scikit_learn_refuses_is_refused(db: psycopg.Connection[Any], cli: Cli) -> None:
    for value in ("null", "'NaN'", "'Infinity'", "'-Infinity'"):
        features = f"jsonb_build_object('plan', 'plus', 'complaints', 1, 'spend', {value}::float8)"
        with pytest.raises(psycopg.Error) as refused:
            db.execute(f"select dbml.score('churn', {features})")
        assert refused.value.sqlstate == "DB013"
    db.execute("update customer set spend = 'Infinity' where id = 3")
    (status,) = json.loads(cli("status", "--json").output)
    assert status["stale"] == 1


TYPES = {
    "numeric": ("spend", "numeric"),
    "real": ("spend", "real"),
    "smallint": ("spend", "smallint"),
    "bigint": ("spend", "bigint"),
    "boolean": ("complaints", "boolean"),
    "char(8)": ("plan", "char(8)"),
    "varchar": ("plan", "varchar(20)"),
    "citext": ("plan", "public.citext"),
    "domain over text": ("plan", "public.plan_name"),
    "domain over numeric": ("spend", "public.euros"),
    "enum": ("plan", "public.plan_kind"),
}


@pytest.mark.parametrize("engine", ["sql", "portable"])
@pytest.mark.parametrize("column, type_", TYPES.values(), ids=TYPES)
def test_types_of_columns(
    db: psycopg.Connection[Any], cli: Cli, churn: Trained, spec_file: Path, engine: str, column: str, type_: str
) -> None:
    db.execute("create extension citext schema public")
    db.execute("create domain public.plan_name as text check (value <> '')")
    db.execute("create domain public.euros as numeric(12, 4)")
    db.execute("create type public.plan_kind as enum ('basic', 'plus', 'größer')")
    # The counter of the other tests is an integer; here it is a column like any other.
    spec_file.write_text(SPEC.partition("[[event]]")[0])
    db.execute(
        "create table customer (id int primary key, plan text, complaints bigint, spend float8, churn_score float8,"
        " churn_version int, churn_scored_at timestamptz)"
    )
    db.execute(f"alter table customer alter {column} type {type_} using null")
    cli("model", "add", "churn", churn.file, "--sample", churn.sample, "--engine", engine)
    cli("attach", spec_file)
    cli("deploy", "churn@1")
    for number, (plan, complaints, spend) in enumerate([("basic", 0, 17.25), ("größer", 1, 44.5), ("plus", 1, 12.0)]):
        values: list[Any] = [plan, complaints, round(spend) if type_ in ("smallint", "bigint") else spend]
        if type_ == "boolean":
            values[1] = bool(complaints)
        db.execute("insert into customer (id, plan, complaints, spend) values (%s, %s, %s, %s)", [number, *values])
    rows = profile_rows(db)
    plain = pd.DataFrame(
        {
            "plan": rows["plan"].astype(str).str.strip(),
            "complaints": rows["complaints"].astype(int),
            "spend": rows["spend"].astype(float),
        }
    )
    np.testing.assert_allclose(rows["churn_score"].astype(float), churn.truth(plain), rtol=0, atol=1e-9)
    found = db.execute("select dbml.score('churn', c) from customer c order by id").fetchall()
    np.testing.assert_allclose([score for (score,) in found], churn.truth(plain), rtol=0, atol=1e-9)


# The ends of each type, of what float8 holds, and of where plain arithmetic is trusted.
INTEGERS = {
    "smallint": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1, 4000),
    "bigint": (-(2**63), 2**63 - 1, 2**53 - 1, 2**53, -(2**53) + 1),
    "numeric": (2**60, 10**6, "NaN", "-Infinity"),
    "real": (2**24, -(2**40), "Infinity"),
    "float8": (2**53 - 1, 10**300, "NaN"),
}


@pytest.mark.parametrize(
    "types", [list(INTEGERS), ["bigint"] * 6, ["smallint", "integer"] * 3], ids=["each", "bigint", "small"]
)
@pytest.mark.parametrize("engine", ["sql", "portable"])
def test_integers_in_columns_of_every_type(
    db: psycopg.Connection[Any], tmp_path: Path, engine: str, types: list[str]
) -> None:
    names = [f"n{place}" for place in range(len(types))]
    rows = pd.DataFrame(np.random.default_rng(3).integers(-9, 9, (200, len(names))), columns=names)
    # The score rises with every other feature and falls with the rest, so that large ones can make up for each other.
    signs = np.resize([1, -1], len(names))
    estimator = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, rows @ signs > 3)
    joblib.dump(estimator, tmp_path / "m.joblib")
    dbml.add_model(db, "m", tmp_path / "m.joblib", sample=rows.head(50), engine=engine)
    columns = ", ".join(f"{name} {type_}" for name, type_ in zip(names, types, strict=True))
    db.execute(f"create table subject (id int primary key, {columns}, score float8)")
    dbml.attach(db, dbml.Profile("subject", "id", [dbml.Prediction("m", "score")]))
    dbml.deploy(db, "m", 1)
    cases = [[1] * len(names)]
    for place, type_ in enumerate(types):
        cases += [[*[1] * place, value, *[1] * (len(names) - place - 1)] for value in (*INTEGERS[type_], None)]
    for one, other in itertools.combinations(range(len(names)), 2):
        for values in itertools.product(INTEGERS[types[one]][:3], INTEGERS[types[other]][:3]):
            cases.append([dict(zip((one, other), values, strict=True)).get(place, 1) for place in range(len(names))])
    marks = ", ".join(["%s"] * len(names))
    for number, case in enumerate(cases):
        db.execute(f"insert into subject values (%s, {marks})", [number, *case])
    exact = [all(isinstance(v, int) and abs(v) < 2**53 for v in case) for case in cases]
    scorable = pd.DataFrame([c for c, e in zip(cases, exact, strict=True) if e], columns=names)
    truth = estimator.predict_proba(scorable)[:, 1]
    # Where large terms cancel, the order in which scikit-learn's own sum is taken shows as well.
    scaler, regression = (step for _, step in estimator.steps)
    magnitude = np.abs(scaler.transform(scorable) * regression.coef_).sum(axis=1)
    tolerance = 1e-9 + 2.0**-50 * magnitude
    found = [score for (score,) in db.execute("select score from subject order by id")]
    assert [score is not None for score in found] == exact
    assert (np.abs(np.array([score for score in found if score is not None]) - truth) <= tolerance).all()
    (failed,) = db.execute("select array_agg(entity[1]::int order by entity[1]::int) from dbml.failure").fetchone() or [
        None
    ]
    assert failed == [number for number, e in enumerate(exact) if not e]
    scored = db.execute("select dbml.score('m', s) from subject s where score is not null order by id").fetchall()
    assert (np.abs(np.array([score for (score,) in scored]) - truth) <= tolerance).all()


@pytest.mark.parametrize("engine", ["sql", "portable", "python"])
@pytest.mark.usefixtures("live")
def test_a_column_changes_its_type_after_the_deployment(
    db: psycopg.Connection[Any], dsn: str, cli: Cli, churn: Trained
) -> None:
    def check(customers: int) -> None:
        rows = profile_rows(db).head(customers).astype({"spend": float})
        np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)

    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute("insert into complaint (customer_id) values (1)")
        session.execute("update customer set churn_scored_at = churn_scored_at where id = 1")
        db.execute("alter table customer alter spend type numeric(10, 3)")
        with psycopg.connect(dsn, autocommit=True) as another:
            another.execute("insert into complaint (customer_id) values (1), (2)")
        check(2)
        # A session that was open may hold the old plan: then it keeps the score, says so, and rescore mends it. The
        # new type has rounded values without any trigger.
        session.execute("insert into complaint (customer_id) values (1)")
        cli("rescore", "churn", "--all")
        check(50)
        session.execute("insert into complaint (customer_id) values (1)")
        check(50)
        (before,) = db.execute("select churn_score from customer where id = 2").fetchone() or [None]
        db.execute("alter table customer alter spend type text using 'much'")
        session.execute("insert into complaint (customer_id) values (2)")
        # Nor does it lose an UPDATE of anything else.
        session.execute("update customer set plan = plan where id = 2")
    assert db.execute("select complaints, churn_score from customer where id = 2").fetchone() == (2, before)
    (status,) = json.loads(cli("status", "--json").output)
    assert status["stale"] >= 1


@pytest.mark.parametrize("engine", ["sql", "portable", "python"])
@pytest.mark.usefixtures("live")
def test_a_score_that_its_column_cannot_hold_loses_no_insert(db: psycopg.Connection[Any], cli: Cli) -> None:
    db.execute("create domain public.below_zero as float8 check (value < 0)")
    db.execute("alter table customer alter churn_score type public.below_zero using null")
    db.execute("insert into complaint (customer_id) values (3)")
    assert db.execute("select complaints, churn_score from customer where id = 3").fetchone() == (1, None)
    (status,) = json.loads(cli("status", "--json").output)
    assert status["stale"] == 1


@pytest.mark.parametrize(
    "change, reason",
    [
        ("""jsonb_set(plan::jsonb, '{format}', '99')""", "the plan has format 99, and this dbml reads format 1"),
        ("""jsonb_set(plan::jsonb, '{output}', '100000')""", "the plan's output is no number"),
        ("""plan::jsonb - 'nodes'""", "the plan lacks a part"),
    ],
    ids=["format", "output", "no nodes"],
)
@pytest.mark.parametrize("engine", ["portable"])
@pytest.mark.usefixtures("live")
def test_a_plan_that_is_none(db: psycopg.Connection[Any], dsn: str, cli: Cli, change: str, reason: str) -> None:
    db.execute("alter table dbml.model_version disable trigger dbml_immutable")
    db.execute(f"update dbml.model_version set plan = ({change})::json")
    db.execute("delete from dbml.bytecode")
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select complaints, churn_version from customer where id = 1").fetchone() == (1, 1)
    (failure,) = db.execute("select message from dbml.failure").fetchall()
    assert reason in failure[0]
    assert "1" in cli("status").output


@pytest.mark.parametrize("engine", ["portable"])
@pytest.mark.usefixtures("live")
def test_bytecode_is_only_a_cache(db: psycopg.Connection[Any], dsn: str, churn: Trained) -> None:
    for change in ("delete from dbml.bytecode", "update dbml.bytecode set python = 'cpython-27'"):
        db.execute(change)
        with psycopg.connect(dsn, autocommit=True) as session:
            session.execute("insert into complaint (customer_id) values (1)")
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)


@pytest.mark.parametrize("engine", ["portable"])
@pytest.mark.usefixtures("live")
def test_a_python_that_is_too_old_is_named(db: psycopg.Connection[Any], dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute(
            "do 'import sys; sys.version_info = (3, 8, 18, 0, 0); sys.hexversion = 0x030812f0' language plpython3u"
        )
        session.execute("insert into complaint (customer_id) values (1)")
        with pytest.raises(psycopg.Error, match=r"PL/Python runs Python 3\.8, .* need 3\.9") as refused:
            session.execute("""select dbml.score('churn', '{"plan": "a", "complaints": 1, "spend": 1}'::jsonb)""")
        assert refused.value.diag.message_hint
    assert db.execute("select complaints from customer where id = 1").fetchone() == (1,)


def test_a_large_forest_scans_in_batches(
    db: psycopg.Connection[Any], dsn: str, cli: Cli, tables: None, churn: Trained, spec_file: Path, tmp_path: Path
) -> None:
    forest = fit(tmp_path, churn, ExtraTreesClassifier(300, max_features=1, random_state=0))
    cli("model", "add", "churn", forest.file, "--sample", forest.sample, "--engine", "portable")
    cli("attach", spec_file)
    cli("deploy", "churn@1")
    db.execute("insert into customer (id, plan, spend) select g, 'plus', 1 + g % 97 from generate_series(101, 3000) g")
    db.execute("insert into complaint (customer_id) select 101 + g * 7 % 2900 from generate_series(1, 9000) g")
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], forest.truth(rows), rtol=0, atol=1e-9)
    with psycopg.connect(dsn, autocommit=True) as session:
        found = session.execute("select dbml.score('churn', c) from customer c order by id").fetchall()
    np.testing.assert_allclose([score for (score,) in found], forest.truth(rows), rtol=0, atol=1e-9)
    # In rescoring its rows are scored together as well, once there have been some; a refused row by its own call.
    assert db.execute("select dbml_scorer.profile_1_estimated()").fetchone() == (True,)
    db.execute("update customer set spend = 'infinity' where id in (150, 2900)")
    db.execute("update customer set complaints = complaints, spend = -0.0 where id between 200 and 300")
    with psycopg.connect(dsn, autocommit=True) as session:
        assert [dbml.rescore(session, "churn", every=True) for _ in range(2)] == [2948, 2948]
        session.execute("insert into complaint (customer_id) values (2999), (2999), (3000)")
    rows = profile_rows(db)
    refused = np.isinf(rows["spend"])
    np.testing.assert_allclose(rows["churn_score"][~refused], forest.truth(rows[~refused]), rtol=0, atol=1e-9)
    assert db.execute("select array_agg(entity[1] order by entity) from dbml.failure").fetchone() == (["150", "2900"],)


def test_a_server_without_plpython_runs_the_engine_sql(
    without_plpython: str, cli: Cli, churn: Trained, spec_file: Path, tmp_path: Path
) -> None:
    dsn = without_plpython
    cli("install", dsn=dsn)
    assert "engine sql" in cli("model", "add", "churn", churn.file, "--sample", churn.sample, dsn=dsn).output
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(TABLES)
        db.execute("insert into customer (id, plan, spend) select g, 'plus', g from generate_series(1, 50) g")
        cli("attach", spec_file, dsn=dsn)
        cli("deploy", "churn@1", dsn=dsn)
        db.execute("insert into complaint (customer_id) select 1 + g % 50 from generate_series(1, 200) g")
        db.execute("update customer set spend = 'NaN' where id = 50")
        rows = profile_rows(db)
        assert db.execute("select count(*) from dbml.failure").fetchone() == (1,)
    np.testing.assert_allclose(rows["churn_score"][:49], churn.truth(rows.head(49)), rtol=0, atol=1e-9)
    report = json.loads(cli("model", "verify", "churn@1", "--json", dsn=dsn).output)
    assert report["differing"] == 0 and report["rows"] > 60
    boosting = fit(tmp_path, churn, GradientBoostingClassifier(n_estimators=20))
    assert "engine sql" in cli("model", "add", "m", boosting.file, "--sample", boosting.sample, dsn=dsn).output
    forest = fit(tmp_path, churn, RandomForestClassifier(200))
    refused = cli("model", "add", "m", forest.file, "--sample", forest.sample, dsn=dsn, exit_code=1).output
    assert "cannot run without PL/Python" in refused and "the expression" in refused


@pytest.fixture
def unloadable_plpython(without_plpython: str) -> Iterator[str]:
    """A server that lists PL/Python, and has not what it needs to be loaded: in many a package its Python is missing."""
    with psycopg.connect(without_plpython) as admin:
        [(shared,)] = admin.execute("select setting from pg_config where name = 'SHAREDIR'").fetchall()
    files = {
        "plpython3u.control": "default_version = '1.0'\nsuperuser = true\nschema = pg_catalog\nrelocatable = false\n",
        "plpython3u--1.0.sql": "create function plpython3_call_handler() returns language_handler language c as 'no-such-library';",
    }
    made = {Path(shared) / "extension" / name: text for name, text in files.items()}
    for file, text in made.items():
        file.write_text(text)
    yield without_plpython
    for file in made:
        file.unlink()


def test_a_plpython_that_cannot_be_loaded_is_named_and_can_be_left_out(unloadable_plpython: str, cli: Cli) -> None:
    dsn = unloadable_plpython
    refused = cli("install", dsn=dsn, exit_code=1).output
    assert "the server lists PL/Python, and cannot load it: could not access file" in refused
    findings = {each["what"]: each for each in json.loads(cli("doctor", "--json", dsn=dsn, exit_code=1).output)}
    assert findings["PL/Python"]["found"] in refused and findings["PL/Python"]["mend"] in refused
    assert findings["engine portable"]["found"] == "cannot run, it lacks a PL/Python that can be loaded"
    assert findings["engine sql"]["ok"]
    # As the hint says.
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("create role installer login createrole")
        admin.execute(sql.SQL("grant create on database {} to installer").format(sql.Identifier(admin.info.dbname)))
    assert (
        "This server has no PL/Python for this role" in cli("install", dsn=make_conninfo(dsn, user="installer")).output
    )
