"""The main job: a plain INSERT moves the counters and rescores the profile row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from tests.conftest import Cli, Trained, profile_rows

pytestmark = pytest.mark.parametrize("engine", ["sql", "portable", "python"])

STATEMENTS = {
    "one row": "insert into complaint (customer_id) values (1)",
    "rows of one customer": "insert into complaint (customer_id) values (1), (1), (1)",
    "rows of several": "insert into complaint (customer_id) values (3), (1), (2), (3)",
    "insert select": "insert into complaint (customer_id) select 1 + g % 50 from generate_series(1, 500) g",
    "no row": "insert into complaint (customer_id) select 1 where false",
    "a customer that is not there": "insert into complaint (customer_id) values (null)",
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
@pytest.mark.usefixtures("live")
def test_counters_equal_the_aggregate_and_scores_equal_scikit_learn(
    db: psycopg.Connection[Any], churn: Trained, statement: str
) -> None:
    db.execute(statement)

    rows = profile_rows(db)
    counted = dict(db.execute("select customer_id, count(*) from complaint group by customer_id").fetchall())
    assert rows["complaints"].tolist() == [counted.get(i, 0) for i in rows["id"]]
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)
    assert set(rows["churn_version"]) == {1}


@pytest.mark.usefixtures("live")
def test_copy(db: psycopg.Connection[Any], churn: Trained) -> None:
    with db.cursor() as cursor, cursor.copy("copy complaint (customer_id) from stdin") as copy:
        for number in range(300):
            copy.write_row((1 + number % 7,))

    rows = profile_rows(db)
    counted = dict(db.execute("select customer_id, count(*) from complaint group by customer_id").fetchall())
    assert rows["complaints"].tolist() == [counted.get(i, 0) for i in rows["id"]]
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)


@pytest.mark.usefixtures("live")
def test_one_row_version_and_one_call_for_thousands_of_rows(db: psycopg.Connection[Any]) -> None:
    db.execute("insert into customer (id, plan, spend) select g, 'plus', g from generate_series(100, 105) g")
    before = dict(db.execute("select id, xmin::text from customer").fetchall())
    updates = "select n_tup_upd from pg_stat_xact_user_tables where relname = 'customer'"
    with db.transaction():
        [(earlier,)] = db.execute(updates).fetchall()  # of statements whose numbers the session has not yet told
        db.execute("insert into complaint (customer_id) select 1 + g % 50 from generate_series(1, 20000) g")
        [(updated,)] = db.execute(updates).fetchall()
    assert updated - earlier == 50
    after = dict(db.execute("select id, xmin::text from customer").fetchall())
    assert sum(before[i] != after[i] for i in before) == 50


@pytest.mark.usefixtures("live")
def test_a_change_of_the_row_itself_is_scored(db: psycopg.Connection[Any], churn: Trained) -> None:
    db.execute("update customer set plan = 'plus', spend = 3 where id < 5")
    db.execute("update customer set churn_score = 0.5 where id = 7")
    db.execute("insert into customer (id, plan, spend) values (99, 'never seen', 12)")
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)


@pytest.mark.usefixtures("live")
def test_deploying_version_2_reaches_open_sessions_at_their_next_statement(
    db: psycopg.Connection[Any], dsn: str, cli: Cli, churn_2: Trained
) -> None:
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute("insert into complaint (customer_id) values (1)")
        cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
        cli("deploy", "churn@2")
        session.execute("insert into complaint (customer_id) values (1)")
    rows = profile_rows(db)
    assert rows.set_index("id").loc[1, "churn_version"] == 2
    assert rows.set_index("id").loc[2, "churn_version"] == 1
    cli("rescore", "churn")
    rows = profile_rows(db)
    assert set(rows["churn_version"]) == {2}
    np.testing.assert_allclose(rows["churn_score"], churn_2.truth(rows), rtol=0, atol=1e-9)


@pytest.mark.usefixtures("live")
def test_a_query_over_many_rows_is_scored_in_few_calls(db: psycopg.Connection[Any], dsn: str, churn: Trained) -> None:
    db.execute("insert into customer (id, plan, spend) values (1000, 'plus', 'NaN')")  # refused, kept without a score
    db.execute("insert into complaint (customer_id) select 1 + g % 50 from generate_series(1, 200) g")
    db.execute("alter table customer disable trigger zz_dbml_score")
    db.execute("insert into customer (id, plan, spend) select g, 'basic', g / 10.0 from generate_series(2001, 7000) g")
    with psycopg.connect(dsn) as session:  # a new one, which remembers nothing
        query = "select id, dbml.score('churn', c) from customer c where id <> 1000 order by id"
        found = dict(session.execute(query).fetchall())
        with pytest.raises(psycopg.Error) as refused:
            session.execute("select dbml.score('churn', c) from customer c where id = 1000")
    assert refused.value.sqlstate == "DB013"
    rows = profile_rows(db).query("id != 1000")
    np.testing.assert_allclose([found[i] for i in rows["id"]], churn.truth(rows), rtol=0, atol=1e-9)


@pytest.mark.usefixtures("live")
def test_a_query_that_would_run_in_parallel_is_scored(db: psycopg.Connection[Any], dsn: str, churn: Trained) -> None:
    db.execute("insert into complaint (customer_id) select 1 + g % 50 from generate_series(1, 200) g")
    with psycopg.connect(dsn) as session:
        for setting in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
            session.execute(f"set {setting} = 0")
        query = "select id, dbml.score('churn', c) from customer c"
        found = dict(session.execute(query).fetchall())
        label = session.execute(
            "select proparallel from pg_proc where oid = 'dbml.score(text, customer)'::regprocedure"
        )
        (engine,) = session.execute("select engine from dbml.status").fetchone() or ("",)
        assert label.fetchone() == ("u" if engine == "python" else "s",)
        if engine != "python":
            plan = "\n".join(line for (line,) in session.execute("explain (analyze, costs off) " + query))
            assert "Gather" in plan
            assert "Workers Launched: 0" not in plan
        rows = profile_rows(db)
        np.testing.assert_allclose([found[i] for i in rows["id"]], churn.truth(rows), rtol=0, atol=1e-9)
        # By its number, for which the row's score has no branch, it is found in a worker as well.
        numbered = dict(session.execute(query.replace("'churn'", "'churn@1'")).fetchall())
        assert numbered == pytest.approx(found, rel=0, abs=1e-9)
        # What is refused is refused in a worker too.
        db.execute("update customer set spend = 'NaN'")
        with pytest.raises(psycopg.Error) as refused:
            session.execute(query)
        assert refused.value.sqlstate == "DB013"
        assert "churn@1 cannot score this row" in str(refused.value)


@pytest.mark.usefixtures("live")
def test_many_rows_written_to_the_profile_itself(db: psycopg.Connection[Any], churn: Trained, engine: str) -> None:
    with db.cursor() as cursor, cursor.copy("copy customer (id, plan, spend) from stdin") as copy:
        for number in range(1000, 4000):
            # A few that the estimator refuses, among many.
            copy.write_row((number, "plus", "NaN" if number % 500 == 0 else number / 50))
    refused = set(range(1000, 4000, 500))

    def check() -> None:
        rows = profile_rows(db)
        fine = rows[~rows["id"].isin(refused)]
        np.testing.assert_allclose(fine["churn_score"].astype(float), churn.truth(fine), rtol=0, atol=1e-9)
        assert set(fine["churn_version"]) == {1}
        assert {entity for (entity,) in db.execute("select entity[1]::int from dbml.failure").fetchall()} == refused

    check()
    db.execute("update customer set spend = spend + 7, plan = 'basic'")
    check()
    db.execute("insert into customer (id, plan) values (1, 'x') on conflict (id) do update set spend = 3")
    db.execute(
        "with moved as (update customer set spend = 1 where id < 40 returning id) update customer set spend = 2 where id >= 40 and spend <> 'NaN'"
    )
    check()


def test_a_prediction_of_one_column(
    db: psycopg.Connection[Any], cli: Cli, tables: None, churn: Trained, spec_file: Path, engine: str
) -> None:
    lines = spec_file.read_text().splitlines(keepends=True)
    spec_file.write_text("".join(line for line in lines if "version_column" not in line and "scored_at" not in line))
    cli("model", "add", "churn", churn.file, "--sample", churn.sample, "--engine", engine)
    cli("attach", spec_file)
    cli("deploy", "churn@1")
    db.execute("insert into complaint (customer_id) select 1 + g % 50 from generate_series(1, 200) g")
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)
    assert rows["churn_version"].isna().all()
