"""The log has a row for each prediction that was committed, and no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import SPEC, Cli, Trained

Db = psycopg.Connection[Any]
FEATURES = (
    "select jsonb_build_object('plan', plan, 'complaints', complaints, 'spend', spend) from customer where id = %s"
)


@pytest.fixture
def log() -> str:
    """What the spec asks for; a test that needs another is parametrized with it."""
    return '"all"'


@pytest.fixture
def spec_file(tmp_path: Path, log: str) -> Path:
    file = tmp_path / "churn.toml"
    file.write_text(SPEC.replace("[[event]]", f"log = {log}\n\n[[event]]", 1))
    return file


@pytest.fixture
def quiet(db: Db, live: None) -> None:
    """Deployed, with every row scored, and the log empty again."""
    db.execute("delete from dbml.log")


def logged(db: Db) -> list[tuple[Any, ...]]:
    return db.execute(
        "select entity, model, version, arm, score, failure from dbml.prediction_log order by at"
    ).fetchall()


def score(db: Db, customer: int) -> float:
    return db.execute("select churn_score from customer where id = %s", [customer]).fetchone()[0]  # type: ignore[index]


@pytest.mark.parametrize("engine", ["sql", "portable", "python"])
@pytest.mark.usefixtures("quiet")
def test_a_row_for_each_prediction_with_what_the_model_saw(db: Db) -> None:
    db.execute("insert into complaint (customer_id) select g from generate_series(1, 30) g")
    db.execute("insert into complaint (customer_id) values (7), (7)")
    db.execute("update customer set spend = spend where id = 9")  # changes nothing

    assert db.execute("select count(*) from dbml.prediction_log").fetchone() == (31,)
    assert db.execute("select count(*) from customer c join dbml.prediction_log l on l.entity = array[c.id::text] and l.score = c.churn_score").fetchone() == (30,)  # fmt: skip
    newest = db.execute("select profile, entity, model, version, arm, score, features, failure from dbml.prediction_log order by at desc").fetchone()  # fmt: skip
    seen = db.execute(FEATURES, [7]).fetchone()
    assert seen is not None
    assert newest == ("customer", ["7"], "churn", 1, "control", score(db, 7), seen[0], None)


@pytest.mark.usefixtures("quiet")
def test_what_was_rolled_back_is_not_there(db: Db) -> None:
    with db.transaction():
        db.execute("insert into complaint (customer_id) values (1)")
        with db.transaction(force_rollback=True):
            db.execute("insert into complaint (customer_id) values (2)")
        db.execute("insert into complaint (customer_id) values (3)")
    with db.transaction(force_rollback=True):
        db.execute("insert into complaint (customer_id) values (4)")
    assert [row[0] for row in logged(db)] == [["1"], ["3"]]


@pytest.mark.usefixtures("quiet")
def test_a_row_that_is_not_inserted_is_not_there(db: Db) -> None:
    row = "insert into customer (id, plan, spend) values (1, 'plus', 1) on conflict (id) do "
    db.execute(row + "nothing")
    assert logged(db) == []
    db.execute(row + "update set spend = excluded.spend")
    assert [(e, s) for e, _, _, _, s, _ in logged(db)] == [(["1"], score(db, 1))]


@pytest.mark.usefixtures("quiet")
def test_a_row_that_cannot_be_scored_is_there_with_the_reason(db: Db) -> None:
    db.execute("update customer set spend = 'NaN' where id = 5")
    [(entity, model, version, arm, value, failure)] = logged(db)
    assert (entity, model, version, arm, value) == (["5"], "churn", 1, "control", None)
    assert failure.startswith("DB013: ")


@pytest.mark.parametrize("log", ['"scores"', "0.4"])
@pytest.mark.usefixtures("quiet")
def test_scores_alone_or_a_share_of_the_entities(db: Db, log: str) -> None:
    for _ in range(2):
        db.execute("insert into complaint (customer_id) select g from generate_series(1, 50) g")
    rows = db.execute("select entity, count(*), count(features) from dbml.prediction_log group by entity").fetchall()
    if log == '"scores"':
        assert [(n, features) for _, n, features in rows] == [(2, 0)] * 50
    else:
        assert [(n, features) for _, n, features in rows] == [(2, 2)] * len(rows)
        assert 5 < len(rows) < 40


@pytest.mark.usefixtures("quiet")
def test_the_trace_of_the_application(db: Db) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    db.execute(f"set application_name = 'shop {trace}'")
    db.execute("insert into complaint (customer_id) values (1)")
    db.execute("set dbml.traceparent = 'mine'")
    db.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select trace from dbml.prediction_log order by at").fetchall() == [(trace,), ("mine",)]


@pytest.mark.usefixtures("quiet")
def test_segments_come_and_go_while_inserts_and_readers_go_on(db: Db, dsn: str) -> None:
    def acts(sql: str) -> list[tuple[str, str]]:
        return db.execute(sql).fetchall()

    db.execute("insert into complaint (customer_id) values (1)")
    assert acts("select * from dbml.rotate_log()") == []
    with psycopg.connect(dsn) as writer, psycopg.connect(dsn) as reader:
        writer.execute("insert into complaint (customer_id) values (2)")
        reader.execute("select * from dbml.prediction_log")
        # Neither waits for them, nor makes anybody wait.
        db.execute("set lock_timeout = '1s'")
        assert acts("select * from dbml.rotate_log(every => '0')") == [("log_2", "opened"), ("log_1", "in use")]
        db.execute("insert into complaint (customer_id) values (3)")
        writer.execute("insert into complaint (customer_id) values (4)")
    assert [row[0] for row in logged(db)] == [["1"], ["2"], ["3"], ["4"]]
    assert acts("select * from dbml.rotate_log()") == [("log_1", "indexed")]
    assert acts("select * from dbml.rotate_log(keep => '0', every => '0')") == [("log_3", "opened"), ("log_1", "dropped"), ("log_2", "indexed")]  # fmt: skip
    assert [row[0] for row in logged(db)] == [["3"], ["4"]]


@pytest.mark.usefixtures("quiet")
def test_forget(db: Db, cli: Cli) -> None:
    db.execute("insert into complaint (customer_id) values (5), (6)")
    db.execute("update customer set spend = 'NaN' where id = 5")
    assert "3 rows" in cli("forget", "customer", "5").output
    assert [row[0] for row in logged(db)] == [["6"]]
    assert db.execute("select count(*) from dbml.failure").fetchone() == (0,)
    assert (
        "the key of public.customer is (id), and 2 values were given"
        in cli("forget", "customer", "5", "6", exit_code=1).output
    )
    assert "public.complaint is not attached" in cli("forget", "complaint", "5", exit_code=1).output


@pytest.mark.usefixtures("quiet")
def test_analysts_do_not_read_what_was_logged(db: Db) -> None:
    with db.transaction(force_rollback=True):
        db.execute("set local role dbml_deployer")
        db.execute("select * from dbml.rotate_log()")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute("select * from dbml.prediction_log")


@pytest.mark.parametrize("wrong", ["true", '"everything"', "0", "1.5"])
def test_a_log_that_dbml_does_not_know(cli: Cli, tables: None, churn: Trained, spec_file: Path, wrong: str) -> None:
    spec_file.write_text(spec_file.read_text().replace('log = "all"', f"log = {wrong}"))
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    assert 'is "all", "scores", or a share' in cli("attach", spec_file, exit_code=1).output
