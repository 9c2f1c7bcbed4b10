"""Many rows by ``dbml.scores()``: the rows are the caller's, the answers are scikit-learn's."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import dbml
from dbml.errors import UnknownModel
from dbml.serving import bulk
from tests.conftest import Cli, Trained, profile_rows
from tests.integration.test_roles import made_role

Db = psycopg.Connection[Any]
ENGINES = ["sql", "portable", "python"]
SCORES = "select s.key, s.version, s.score from dbml.scores(%s, %s) s"


def scores(db: Db, model: str, rows: str) -> list[tuple[Any, ...]]:
    return db.execute(SCORES, [model, rows]).fetchall()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.usefixtures("live")
def test_a_table_or_a_query_scores_as_scikit_learn_does(db: Db, churn: Trained) -> None:
    truth = churn.truth(profile_rows(db))
    for rows in ("customer", ' "public" . customer ', "select * from customer;\n", "table customer -- all of it"):
        found = sorted(scores(db, "churn", rows), key=lambda row: int(row[0][0]))
        assert [(key, version) for key, version, _ in found] == [([str(i)], 1) for i in range(1, 51)], rows
        np.testing.assert_allclose([score for *_, score in found], truth, atol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.usefixtures("live")
def test_more_rows_than_a_batch_keep_their_own_keys_and_scores(db: Db, churn: Trained) -> None:
    db.execute(
        "create table many as select i as id, plan, (i % 9)::smallint as complaints, (i % 997)::numeric as spend"
        " from generate_series(1, 9001) i join customer c on c.id = i % 50 + 1"
    )
    found = scores(db, "churn", "select id, plan, spend, complaints, id as id2 from many order by id")
    rows = pd.DataFrame(
        db.execute("select plan, complaints, spend::float8 from many order by id").fetchall(),
        columns=["plan", "complaints", "spend"],
    )
    assert [key for key, *_ in found] == [[str(i)] for i in range(1, 9002)]
    np.testing.assert_allclose([score for *_, score in found], churn.truth(rows), atol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.usefixtures("live")
def test_a_row_that_the_model_refuses_has_no_score_and_spoils_no_other(db: Db, churn: Trained) -> None:
    db.execute("update customer set spend = null where id % 7 = 0")
    found = {int(key[0]): score for key, _, score in scores(db, "churn", "customer")}
    assert [i for i, score in found.items() if score is None] == list(range(7, 51, 7))
    rows = profile_rows(db)
    kept = rows[rows["spend"].notna()]
    np.testing.assert_allclose([found[i] for i in kept["id"]], churn.truth(kept), atol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.usefixtures("live")
def test_a_version_by_its_number(db: Db, cli: Cli, churn_2: Trained, engine: str) -> None:
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample, "--engine", engine)
    found = scores(db, "churn@2", "select * from customer order by id")
    assert {version for _, version, _ in found} == {2}
    np.testing.assert_allclose([score for *_, score in found], churn_2.truth(profile_rows(db)), atol=1e-9)


@pytest.mark.usefixtures("live")
def test_where_no_row_is_there_is_no_score(db: Db) -> None:
    for engine in ENGINES:
        assert scores(db, "churn", "select * from customer where false") == [], engine


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.usefixtures("live")
def test_the_key_is_the_profiles_the_tables_or_the_column_called_key(db: Db) -> None:
    features = "plan, complaints, spend"
    db.execute(f"create table other as select id as a, 'x'::text as b, {features} from customer")  # type: ignore[arg-type]
    db.execute("alter table other add primary key (b, a)")
    for rows, key in (
        ("other", ["x", "3"]),
        (f"select a as key, {features} from other where a = 3", ["3"]),
        (f"select a as id, {features} from other where a = 3", ["3"]),
        (f"select {features} from other where a = 3", None),
    ):
        assert key in [found for found, *_ in scores(db, "churn", rows)], rows


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("model", "rows", "sqlstate", "says"),
    [
        ("chrun", "customer", "DB005", "'chrun' has no deployed version"),
        ("churn@9", "customer", "DB005", "there is no churn@9"),
        ("churn", "select plan, spend from customer", "DB013", "complaints of model 'churn' is missing from the rows"),
        (
            "churn",
            "select 1 as plan, spend, complaints from customer",
            "DB013",
            "plan .* is text, the rows hold integer",
        ),
        (
            "churn",
            "select plan, spend::text, complaints from customer",
            "DB013",
            "spend .* is a number, the rows hold text",
        ),
        ("churn", "nowhere", "42P01", 'relation "nowhere" does not exist'),
        ("churn", "select * from nowhere", "42P01", 'relation "nowhere" does not exist'),
        (
            "churn",
            "select * from customer) q; drop table customer; select * from (table customer",
            "42601",
            "syntax error",
        ),
        # What closes the brackets right is the caller's own statement, run with his rights, and only if it writes nothing.
        (
            "churn",
            "select * from customer) q on false) d; drop table customer; select 1 from (select 1 from (select) o left join (table customer",
            "0A000",
            "DROP TABLE is not allowed",
        ),
    ],
)
@pytest.mark.usefixtures("live")
def test_what_cannot_be_scored_is_said_in_a_sentence(db: Db, model: str, rows: str, sqlstate: str, says: str) -> None:
    with pytest.raises(psycopg.Error, match=says) as raised:
        scores(db, model, rows)
    assert raised.value.sqlstate == sqlstate


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.usefixtures("live")
def test_rows_are_read_with_the_callers_rights(db: Db, dsn: str) -> None:
    db.execute("alter table customer enable row level security")
    db.execute("create policy own on customer using (id <= 5)")
    for session in made_role(db, dsn, "dbml_analyst", "select on customer"):
        assert len(scores(session, "churn", "customer")) == 5
        db.execute("revoke select on customer from public")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            scores(session, "churn", "select * from complaint")
    assert len(scores(db, "churn", "customer")) == 50


@pytest.mark.parametrize("engine", ENGINES)
def test_an_expression_of_the_profile_gives_its_feature(
    cli: Cli, tables: None, churn: Trained, db: Db, spec_file: Any, engine: str
) -> None:
    text = spec_file.read_text().replace("[[event]]", '[prediction.features]\nspend = "spend * 2"\n[[event]]')
    spec_file.write_text(text)
    cli("model", "add", "churn", churn.file, "--sample", churn.sample, "--engine", engine)
    cli("attach", spec_file)
    cli("deploy", "churn@1")
    found = sorted(scores(db, "churn", "customer"), key=lambda row: int(row[0][0]))
    rows = profile_rows(db)
    np.testing.assert_allclose([s for *_, s in found], churn.truth(rows.assign(spend=rows["spend"] * 2)), atol=1e-9)


@pytest.mark.parametrize(
    ("engine", "model"),
    [("portable", RandomForestClassifier(30, max_depth=9, random_state=0)), ("sql", LogisticRegression())],
)
def test_texts_are_told_apart_to_the_letter(db: Db, cli: Cli, tmp_path: Any, engine: str, model: Any) -> None:
    """In SQL and not in Python: what a model asks of a text is most often which of a few words it is."""
    words = ["", "it's", "a\\b", "50 % off", "Ä", "ä", " ", "null", "a, b", "{}", "?", '"']
    chance = np.random.default_rng(0)
    drawn = {
        "few": chance.choice(words, 3000),
        "other": chance.choice(words[:4], 3000),
        "many": [f"w{i}" for i in chance.integers(0, 60, 3000)],
        # More codes than one number holds.
        **{f"t{i}": chance.choice(list("abcdefghijklmnop"), 3000) for i in range(14)},
    }
    rows = pd.DataFrame(drawn, dtype=object).assign(x=chance.normal(size=3000))
    length = rows["few"].str.len() + rows["other"].str.len() + rows["many"].str.len()
    estimator = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore", sparse_output=False), list(drawn)), remainder="passthrough"
        ),
        model,
    ).fit(rows, length + rows["x"] > 9)
    joblib.dump(estimator, tmp_path / "words.joblib")
    rows.head(500).to_csv(tmp_path / "sample.csv", index=False)
    cli("model", "add", "words", tmp_path / "words.joblib", "--sample", tmp_path / "sample.csv", "--engine", engine)
    cli("deploy", "words@1")
    # What the model has never seen is none of its words, however near; nor is what is missing.
    strange = ["It's", "a\\\\b", "ä ", "?" * 9, "", "null", "NULL", None]
    more = pd.DataFrame([(a, b, "w7", 0.5) for a in strange for b in strange], columns=["few", "other", "many", "x"])
    everyone = pd.concat([rows, more.assign(**dict.fromkeys(list(drawn)[3:], "a"))], ignore_index=True)
    lettered = ", ".join(f"{name} text" for name in list(drawn)[3:])
    db.execute(f'create table told (key integer, few varchar, other text collate "C", many text, {lettered}, x float8)')  # type: ignore[arg-type]
    with db.cursor() as cursor, cursor.copy("copy told from stdin") as copy:
        for row in everyone.astype(object).where(everyone.notna(), None).itertuples():
            copy.write_row(row)
    truth = estimator.predict_proba(everyone)[:, 1]
    db.execute("set extra_float_digits = -15")  # what a session shows of its numbers is not what is computed
    sorted_by_key = "select * from told order by key"
    few = "select * from told where key >= 2900 order by key"  # without numpy: too few for it
    for query, first in ((few, 2900), (sorted_by_key, 0), (few, 2900)):
        found = db.cursor(binary=True).execute(SCORES, ["words", query]).fetchall()
        np.testing.assert_allclose([score for *_, score in found], truth[first:], rtol=0, atol=1e-12)
    if engine == "sql":
        return  # its arithmetic is that of the session's path
    codes = (
        "select cardinality(c.codes) from dbml.model_version v, dbml._as_codes(dbml._words(v.fingerprint),"
        " array(select format('q.c%s::text', i) from generate_series(1, 17) i)) c where v.model = 'words'"
    )
    assert db.execute(codes).fetchone() == (2,)
    db.execute("create function public.never(text, text) returns boolean language sql return false")
    db.execute("create operator public.= (leftarg = text, rightarg = text, function = public.never)")
    db.execute("set search_path = public, pg_catalog")
    found = db.cursor(binary=True).execute(SCORES, ["words", few]).fetchall()
    np.testing.assert_allclose([score for *_, score in found], truth[2900:], rtol=0, atol=1e-12)


def test_it_ends_when_it_is_cancelled(db: Db, cli: Cli, churn: Trained, tmp_path: Any) -> None:
    estimator = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["plan"]), remainder="passthrough"),
        GradientBoostingClassifier(n_estimators=50, random_state=0),
    ).fit(churn.rows, churn.rows["complaints"] > 4)
    joblib.dump(estimator, tmp_path / "slow.joblib")
    cli("model", "add", "slow", tmp_path / "slow.joblib", "--sample", churn.sample, "--engine", "portable")
    cli("deploy", "slow@1")
    endless = "select 'plus' as plan, i % 9 as complaints, i as spend from generate_series(1, 2000000000) i"
    stop = threading.Timer(1.0, db.cancel)
    stop.start()
    began = time.monotonic()
    with pytest.raises(psycopg.errors.QueryCanceled):
        db.execute("select count(*) from dbml.scores('slow', %s)", [endless])
    assert time.monotonic() - began < 60  # and not when the rows end


@pytest.mark.parametrize("engine", ["sql", "portable"])
@pytest.mark.usefixtures("live")
def test_the_shell_writes_each_row_of_a_table_once_in_order_of_its_key(
    db: Db, cli: Cli, churn: Trained, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "ROWS_IN_A_RANGE", 7)
    truth = churn.truth(profile_rows(db))
    for name, options in (
        ("one", ("--table", "customer")),
        ("three", ("--table", "public.customer", "--jobs", "3")),
        ("query", ("--query", "select * from customer order by id")),
    ):
        file = tmp_path / f"{name}.csv"
        assert "50 rows scored" in cli("score", "churn", *options, "-o", file).output
        written = pd.read_csv(file)
        assert written["key"].tolist() == list(range(1, 51)), name
        np.testing.assert_allclose(written["score"], truth, atol=1e-9)


@pytest.mark.usefixtures("live")
def test_keys_and_refusals_as_the_shell_writes_them(db: Db, cli: Cli, churn: Trained, tmp_path: Any) -> None:
    db.execute("create table odd (a text, b integer, plan text, complaints integer, spend float8, primary key (a, b))")
    keys = [('a,"b"', 1), ("", 2), ("line\nbreak", 3), ("größer", 4)]
    db.cursor().executemany(
        "insert into odd values (%s, %s, 'plus', 1, %s)",
        [(a, b, float("inf") if b == 2 else b / 3) for a, b in keys],
    )
    rows = [("plus", 1, b / 3) for _, b in keys]
    truth = churn.truth(pd.DataFrame(rows, columns=["plan", "complaints", "spend"]))
    for suffix, read in ((".csv", pd.read_csv), (".parquet", pd.read_parquet)):
        assert "4 rows scored" in cli("score", "churn", "--table", "odd", "-o", tmp_path / f"s{suffix}").output
        written = read(tmp_path / f"s{suffix}")  # type: ignore[operator]
        assert sorted(map(json.loads, written["key"])) == sorted([a, str(b)] for a, b in keys)
        by_key = dict(zip((json.loads(key)[1] for key in written["key"]), written["score"], strict=True))
        for (_, b), expected in zip(keys, truth, strict=True):
            assert np.isnan(by_key[str(b)]) if b == 2 else abs(by_key[str(b)] - expected) < 1e-9


@pytest.mark.usefixtures("live")
def test_the_shell_says_what_it_cannot_write(db: Db, cli: Cli, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    keyless = "create table keyless as select plan, complaints, spend from customer"
    db.execute(keyless)
    for arguments, says in (
        (("--table", "customer", "-o", tmp_path / "s.parquet"), "a Parquet file needs pyarrow"),
        (("--table", "customer", "-o", tmp_path / "s.xml"), "neither .csv nor .parquet"),
        (("--table", "keyless", "-o", tmp_path / "s.csv"), "table keyless has no primary key"),
    ):
        assert says in cli("score", "churn", *arguments, exit_code=1).output
    assert list(tmp_path.glob("s.*")) == []
    cli("score", "churn", "-o", tmp_path / "s.csv", exit_code=2)
    cli("score", "churn", "--query", "table customer", "--jobs", 2, "-o", tmp_path / "s.csv", exit_code=2)


@pytest.mark.usefixtures("live")
def test_python_reads_scores_as_they_come(db: Db, churn: Trained) -> None:
    for autocommit in (True, False):
        db.autocommit = autocommit
        found = list(dbml.scores(db, "churn", "select * from customer order by id"))
        np.testing.assert_allclose([row.score for row in found], churn.truth(profile_rows(db)), atol=1e-9)
    with pytest.raises(UnknownModel):
        next(dbml.scores(db, "chrun", "customer"))
