"""What another version would have said of what was logged, scikit-learn says too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner
from sklearn.linear_model import LinearRegression, LogisticRegression

import dbml
from dbml import spec
from dbml.cli import main
from dbml.errors import ProfileError
from tests.conftest import SPEC, TABLES, Databases, Trained, profile_rows

Db = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def shop(databases: Databases, churn: Trained, churn_2: Trained, tmp_path_factory: pytest.TempPathFactory) -> str:
    """churn@1 serves and is logged with what it sees; churn@2 is stored, and churn@3 with another feature."""
    dsn = databases.create()
    file = tmp_path_factory.mktemp("replay") / "churn.toml"
    file.write_text(SPEC.replace("[[event]]", 'log = "all"\n\n[[event]]', 1))
    with psycopg.connect(dsn) as connection:
        connection.execute(TABLES)
        for trained in (churn, churn_2):
            dbml.add_model(connection, "churn", trained.file, sample=trained.sample)
        other = churn.rows.assign(age=np.arange(len(churn.rows)) % 50)
        labels = churn.rows["complaints"] > 4
        dbml.add_model(connection, "churn", LogisticRegression().fit(other[["age"]], labels), sample=other[["age"]])
        dbml.attach(connection, spec.read(file))
        dbml.deploy(connection, "churn", 1)
    return dsn


@pytest.fixture
def db(shop: str) -> Iterator[Db]:
    with psycopg.connect(shop) as connection:
        yield connection
        connection.rollback()


def test_what_it_would_have_said_of_what_was_seen_then(db: Db, churn: Trained, churn_2: Trained) -> None:
    seen: list[pd.DataFrame] = []
    db.execute(
        "insert into customer (id, plan, spend) select i, (array['basic', 'plus', null])[1 + i % 3], 10.1 * i from generate_series(1, 40) i"
    )
    seen.append(profile_rows(db))
    db.execute("insert into complaint (customer_id) select 1 + i % 40 from generate_series(1, 200) i")
    seen.append(profile_rows(db))
    middle = db.execute("select clock_timestamp()").fetchone()[0]  # type: ignore[index]
    db.execute("update customer set spend = spend / 3")
    seen.append(profile_rows(db))
    # What a row is now is of no interest, nor what cannot be scored, nor what a shadow says.
    db.execute("update customer set spend = 'NaN' where id = 7")
    db.execute("alter table customer disable trigger user; update customer set spend = 0, complaints = 0")
    db.execute(
        "insert into dbml.log_1 (at, profile, version, model, arm, entity, score, numbers, texts)"
        " select at, profile, 2, model, 'shadow', entity, 0, numbers, texts from dbml.log limit 5"
    )

    frame = pd.concat(seen)
    old, new = churn.truth(frame), churn_2.truth(frame)
    found = dbml.replay(db, "churn", 2)
    assert (found.n, found.refused) == (120, 0)
    assert found.mean_difference == pytest.approx((new - old).mean(), abs=1e-9)
    late = dbml.replay(db, "churn", 2, start=middle, threshold=0.6)
    old, new = old[80:], new[80:]
    moved = new - old
    assert (late.n, late.refused, late.moved) == (40, 0, int((np.abs(moved) > 1e-9).sum()))
    assert late.mean_difference == pytest.approx(moved.mean(), abs=1e-9)
    assert (late.mean_logged, late.mean) == pytest.approx((old.mean(), new.mean()), abs=1e-9)
    assert late.largest_difference == pytest.approx(np.abs(moved).max(), abs=1e-9)
    assert late.flips == int(((new > 0.6) != (old > 0.6)).sum()) > 0
    assert dbml.replay(db, "churn", 1).moved == 0


def test_the_command_and_what_cannot_be_replayed(shop: str, db: Db) -> None:
    def run(*arguments: str, exit_code: int = 0) -> str:
        result = CliRunner().invoke(main, ["replay", *arguments], env={"DBML_DSN": shop})
        assert result.exit_code == exit_code, f"{result.output}\n{result.exception!r}"
        return result.output

    assert "no prediction of churn is logged there" in run("churn@2", exit_code=1)
    assert "is not NAME@VERSION" in run("churn", exit_code=2)
    assert "no churn@9" in run("churn@9", exit_code=1)
    db.execute("insert into customer (id, plan, spend) select i, 'plus', i from generate_series(1, 20) i")
    db.commit()
    try:
        found = json.loads(run("churn@2", "--json"))
        assert (found["n"], found["model"], found["version"]) == (20, "churn", 2)
        assert "churn@2 scores 20 logged predictions of churn" in run("churn@2")
        assert "is logged there" in run("churn@2", "--to", "2001-01-01", exit_code=1)
        assert 'churn@3 needs the feature "age", which churn@1 did not see' in run("churn@3", exit_code=1)
        db.execute("update dbml.log set numbers = null, texts = null")
        db.commit()
        assert "without what it saw" in run("churn@2", exit_code=1)
    finally:
        db.execute("delete from dbml.log")
        db.execute("delete from customer")
        db.commit()


def test_a_model_that_sees_the_key(databases: Databases) -> None:
    with psycopg.connect(databases.create()) as db:
        rows = pd.DataFrame({"id": np.arange(60.0), "spend": np.arange(60.0) % 7})
        db.execute("create table person (id integer primary key, spend float8, score float8)")
        dbml.add_model(db, "keyed", LinearRegression().fit(rows, rows["spend"]), sample=rows)
        dbml.attach(db, spec.Profile("public.person", "id", [spec.Prediction("keyed", "score", log="all")]))
        dbml.deploy(db, "keyed", 1)
        db.execute("insert into person (id, spend) values (1, 2)")
        with pytest.raises(ProfileError, match="has the key of its profile, id, among its features"):
            dbml.replay(db, "keyed", 1)
