"""What is refused: a sentence naming the object, the way out, and nothing changed."""

from __future__ import annotations

import dataclasses
import math
import socket
import struct
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import psycopg
import pytest
import sklearn
from click.testing import Result
from psycopg.conninfo import make_conninfo
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

from dbml.models import artifact
from dbml.profiles import attachment
from tests.conftest import SPEC, TABLES, Cli, Trained, profile_rows

Db = psycopg.Connection[Any]

STATE = """
select (select array_agg(format('%s@%s', name, version) order by 1) from dbml.model) as models,
       (select array_agg(d::text) from dbml.deployment d) as deployments,
       (select array_agg(p::text) from dbml.profile p) as profiles,
       (select array_agg(format('%s on %s', tgname, tgrelid::regclass) order by 1)
          from pg_trigger where not tgisinternal) as triggers,
       (select array_agg(oid::regprocedure || md5(prosrc) order by 1) from pg_proc
         where pronamespace in ('dbml_scorer'::regnamespace, 'dbml'::regnamespace)) as functions,
       (select array_agg(format('%s.%s %s', attrelid::regclass, attname, atttypid::regtype) order by 1)
          from pg_attribute join pg_class c on c.oid = attrelid
         where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0) as columns
"""


def state(db: Db) -> tuple[Any, ...]:
    facts = db.execute(STATE).fetchone()
    assert facts
    there = db.execute("select to_regclass('public.customer')").fetchone() != (None,)
    return (*facts, db.execute("select c::text from public.customer c order by id").fetchall() if there else None)


@contextmanager
def nothing_changed(db: Db) -> Iterator[None]:
    before = state(db)
    yield
    assert state(db) == before


Refused = Callable[..., Result]


@pytest.fixture
def refused(cli: Cli, db: Db) -> Refused:
    """Run ``dbml ARGS``: it exits with 1, says all of ``says`` with a hint, and changes nothing."""

    def run(*arguments: object, says: tuple[object, ...], **more: Any) -> Result:
        with nothing_changed(db):
            result = cli(*arguments, exit_code=1, **more)
        assert result.output.startswith("dbml: ")
        assert "\n  hint: " in result.output
        for words in says:
            assert str(words) in result.output
        return result

    return run


@pytest.fixture
def role(db: Db) -> Iterator[str]:
    """A role that may log in, and nothing else."""
    name = f"plain_{uuid.uuid4().hex[:8]}"
    db.execute(f"create role {name}")
    yield name
    db.execute(f"drop owned by {name}")
    db.execute(f"drop role {name}")


# --- the file ---


def not_joblib(file: Path, churn: Trained) -> None:
    file.write_text("plan,complaints\nbasic,1\n")


def truncated(file: Path, churn: Trained) -> None:
    file.write_bytes(churn.file.read_bytes()[:-200])


def without_predict(file: Path, churn: Trained) -> None:
    joblib.dump(StandardScaler().fit([[1.0], [2.0]]), file)


def unfitted(file: Path, churn: Trained) -> None:
    joblib.dump(LinearRegression(), file)


def no_estimator(file: Path, churn: Trained) -> None:
    joblib.dump({"weights": [1, 2]}, file)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (not_joblib, ("is not a joblib file", "joblib.dump")),
        (truncated, ("is truncated", "Copy the file again")),
        (without_predict, ("StandardScaler has no predict", "whole Pipeline")),
        (unfitted, ("LinearRegression is not fitted", "estimator.fit(X, y)")),
        (no_estimator, ("holds a dict, no scikit-learn estimator", "joblib.dump")),
        (lambda file, churn: None, ("no such file", "Check the path")),
    ],
    ids=["not joblib", "truncated", "no predict", "unfitted", "no estimator", "no file"],
)
def test_a_file_that_is_no_model(
    refused: Refused,
    churn: Trained,
    tmp_path: Path,
    make: Callable[[Path, Trained], None],
    says: tuple[str, ...],
) -> None:
    file = tmp_path / "model.joblib"
    make(file, churn)
    refused("model", "add", "churn", file, "--sample", churn.sample, says=(file, *says))


@pytest.fixture
def other_version(churn: Trained, tmp_path: Path) -> Path:
    """The churn model, as if made by scikit-learn 1.0.0."""
    own = sklearn.__version__.encode()
    blob, file = churn.file.read_bytes(), tmp_path / "old.joblib"
    assert len(own) == 5
    assert own in blob
    file.write_bytes(blob.replace(own, b"1.0.0"))
    return file


TRUSTED = ("--trust", "scikit-learn==1.0.0")


def test_another_scikit_learn_is_refused_unless_it_is_trusted(
    refused: Refused, churn: Trained, other_version: Path
) -> None:
    refused(
        "model", "add", "churn", other_version, "--sample", churn.sample, "--engine", "python",
        says=(f"was written by scikit-learn 1.0.0, and {sklearn.__version__} is installed here", " ".join(TRUSTED)),
    )  # fmt: skip


def test_another_scikit_learn_is_accepted_with_a_note_where_the_golden_rows_agree(
    cli: Cli, churn: Trained, other_version: Path, dsn: str
) -> None:
    result = cli("model", "add", "churn", other_version, "--sample", churn.sample, "--engine", "python", *TRUSTED)
    assert "churn@1 added" in result.output
    assert f"Note: it was written by scikit-learn 1.0.0, and {sklearn.__version__} is installed here" in result.output
    assert "Note: the model was made with scikit-learn 1.0.0, the server has 1." in result.output


def test_another_scikit_learn_is_refused_where_they_do_not(
    refused: Refused, churn: Trained, other_version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = artifact.read

    def other_scores(*arguments: Any, **limits: Any) -> artifact.Artifact:
        found = read(*arguments, **limits)
        scores = [score + 0.01 for score in found.golden["scores"]]
        return dataclasses.replace(found, golden={**found.golden, "scores": scores})

    monkeypatch.setattr(artifact, "read", other_scores)
    refused(
        "model", "add", "churn", other_version, "--sample", churn.sample, *TRUSTED,
        says=("scikit-learn 1.0.0, the server has 1.", "golden rows differently", "Fit the model with the server's"),
    )  # fmt: skip


# --- features ---


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("first", ["deploy", "attach"])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("rename column spend to spent", ('feature "spend" of churn@1', "customer", 'Did you mean "spent"?')),
        ("alter column spend type text", ("feature spend of churn@1 is a number", "customer", "text", "with a cast")),
        (
            "alter column plan type integer using 1",
            ("feature plan of churn@1 is text", "customer", "integer", "[prediction.features]"),
        ),
    ],
    ids=["missing", "text for number", "number for text"],
)
def test_features_that_do_not_fit(
    refused: Refused,
    cli: Cli,
    db: Db,
    churn: Trained,
    spec_file: Path,
    first: str,
    change: str,
    says: tuple[str, ...],
) -> None:
    db.execute(f"alter table customer {change}")
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    acts: dict[str, object] = {"attach": spec_file, "deploy": "churn@1"}
    cli(first, acts.pop(first))
    [(verb, what)] = acts.items()
    refused(verb, what, says=says)


# --- the spec against the tables ---


@pytest.fixture
def added(cli: Cli, tables: None, churn: Trained) -> None:
    """The tables, and a stored churn@1."""
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"public.customer"', '"public.custommer"', ("public.custommer", 'Did you mean "public.customer"?')),
        ('"public.complaint"', '"public.complaints"', ("public.complaints", 'Did you mean "public.complaint"?')),
        ('"public.customer"', '"not a name"', ("not a name is not written as a table's name", "as in SQL")),
        ('key = "id"', 'key = "idd"', ('customer has no column "idd"', 'Did you mean "id"?')),
        ('key = "customer_id"', 'key = "client_id"', ('complaint has no column "client_id"', '"customer_id"?')),
        ('key = "id"', 'key = "complaints"', ("(complaints) is not a unique key of", "customer", "unique index")),
        ('"count(*)"', '"sum(seventy)"', ("sum(seventy)", "seventy", "event's own columns")),
        ("version_column =", "versoin_column =", ('unknown key "versoin_column"', 'Did you mean "version_column"?')),
        ("[profile]", "[profil]", ('unknown key "profil"', 'Did you mean "profile"?')),
        ('model = "churn"', 'model = "chrun"', ('no model "chrun"', 'Did you mean "churn"?')),
        ('model = "churn"', 'model = "churn"\non_error = "rais"', ("rais", 'Did you mean "raise"?')),
        ('"count(*)"', '"stddev(severity)"', ("stddev(severity)", "sum(x)")),
        ('"count(*)"', '"array_agg(severity)"', ("array_agg(severity)", "sum(x)")),
        ('"count(*)"', '"sum(amount::float8)"', ("sum(amount::float8)", "numeric")),
        (
            '"count(*)"',
            '"count(*) filter (where created_at > now())"',
            ("created_at > now()", "not immutable", "event's columns"),
        ),
        ("= ", "", ("is not TOML", "example in the README")),
    ],
)
def test_specs_that_do_not_fit(refused: Refused, spec_file: Path, old: str, new: str, says: tuple[str, ...]) -> None:
    assert old in SPEC
    spec_file.write_text(SPEC.replace(old, new, 1))
    refused("attach", spec_file, says=says)


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize(("column", "kind"), [("churn_score", "double precision"), ("complaints", "bigint")])
def test_a_missing_column_prints_its_alter(
    refused: Refused, cli: Cli, db: Db, spec_file: Path, column: str, kind: str
) -> None:
    db.execute(f"alter table customer drop column {column}")
    says = (f"has no column {column}", f"alter table public.customer add column {column} {kind}", "--add-columns")
    refused("attach", spec_file, says=says)
    cli("attach", spec_file, "--add-columns")
    cli("deploy", "churn@1")
    db.execute("insert into complaint (customer_id) values (1)")
    row = profile_rows(db).set_index("id").loc[1]
    assert row["complaints"] == 1
    assert row["churn_score"] > 0


@pytest.mark.usefixtures("added")
def test_a_counter_that_disagrees(refused: Refused, cli: Cli, db: Db, spec_file: Path) -> None:
    db.execute("update customer set complaints = 4 where id in (1, 2)")
    db.execute("insert into complaint (customer_id) values (2)")
    refused("attach", spec_file, says=('counter "complaints"', "customer", "2 rows", "--backfill"))
    cli("attach", spec_file, "--backfill")
    assert profile_rows(db)["complaints"].tolist() == [0, 1, *[0] * 48]


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize("mode", ["row exclusive", "access exclusive"])
@pytest.mark.parametrize("table", ["customer", "complaint"])
def test_a_locked_table(
    cli: Cli, db: Db, dsn: str, spec_file: Path, monkeypatch: pytest.MonkeyPatch, table: str, mode: str
) -> None:
    monkeypatch.setattr(attachment, "LOCK_TIMEOUT", "200ms")
    with nothing_changed(db), psycopg.connect(dsn) as other:
        other.execute(f"lock table {table} in {mode} mode")
        output = cli("attach", spec_file, exit_code=1).output
    assert "customer or one of its events is locked by another transaction for more than 200ms" in " ".join(
        output.split()
    )
    assert "hint: Nothing was changed" in output


# --- versions ---


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("deploy", "churn@7"), ("there is no churn@7", "churn has version 1")),
        (("deploy", "chrun@1"), ('no model "chrun"', 'Did you mean "churn"?')),
        (("model", "show", "churn@7"), ("there is no churn@7", "churn has version 1")),
        (("model", "show", "chrun@1"), ('no model "chrun"', 'Did you mean "churn"?')),
        (("model", "verify", "churn@7"), ("there is no churn@7", "churn has version 1")),
        (("model", "verify", "chrun@1"), ('no model "chrun"', 'Did you mean "churn"?')),
        (("model", "list", "chrun"), ('no model "chrun"', 'Did you mean "churn"?')),
        (("model", "export", "churn@7", "-o", "/dev/null"), ("there is no churn@7", "churn has version 1")),
        (("rescore", "chrun"), ('no model "chrun"', 'Did you mean "churn"?')),
        (("detach", "complaint"), ("complaint is not attached", "dbml status")),
        (("uninstall",), ("customer is still attached", "dbml detach customer")),
    ],
)
def test_what_is_not_there_or_still_there(refused: Refused, arguments: tuple[str, ...], says: tuple[str, ...]) -> None:
    refused(*arguments, says=says)


@pytest.mark.usefixtures("live")
def test_a_table_is_attached_once(refused: Refused, spec_file: Path) -> None:
    refused("attach", spec_file, says=("customer is attached already", "dbml detach"))


def sqlstate(db: Db, statement: str, *parameters: object) -> psycopg.errors.Diagnostic:
    with nothing_changed(db), pytest.raises(psycopg.Error) as caught:
        db.execute(statement, parameters)
    return caught.value.diag


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    "statement", ["update dbml.model_version set artifact = '\\x00'", "truncate dbml.model_version cascade"]
)
def test_a_stored_version_never_changes(db: Db, statement: str) -> None:
    diag = sqlstate(db, statement)
    assert diag.sqlstate == "DB006"
    assert "dbml.model_version" in str(diag.message_primary)
    assert "dbml model add" in str(diag.message_hint)


@pytest.mark.usefixtures("live")
def test_deploying_from_sql_what_is_not_there(db: Db) -> None:
    diag = sqlstate(db, "select dbml.deploy('churn', 7)")
    assert (diag.sqlstate, diag.message_primary) == ("DB005", "there is no churn@7")
    assert diag.message_hint == "churn has version 1"


# --- values ---


def attach_with(cli: Cli, churn: Trained, spec_file: Path, on_error: str) -> None:
    spec_file.write_text(SPEC.replace('model = "churn"', f'model = "churn"\non_error = "{on_error}"'))
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("attach", spec_file)
    cli("deploy", "churn@1")


BAD = {"null": None, "nan": math.nan, "infinity": math.inf}


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("on_error", ["keep", "null"])
def test_values_that_the_model_refuses_cost_no_insert(
    cli: Cli, db: Db, churn: Trained, spec_file: Path, on_error: str
) -> None:
    attach_with(cli, churn, spec_file, on_error)
    before = profile_rows(db).set_index("id")
    for number, value in enumerate(BAD.values(), 1):
        db.execute("insert into customer (id, plan, spend) values (%s, 'plus', %s)", (100 + number, value))
        db.execute("update customer set spend = %s where id = %s", (value, number))
    # Good and bad rows in one statement: the good ones are scored.
    db.execute("insert into complaint (customer_id) values (1), (2), (3), (4), (101)")

    rows = profile_rows(db).set_index("id")
    assert rows.loc[[1, 2, 3, 4, 101], "complaints"].tolist() == [1] * 5
    assert rows.loc[[101, 102, 103], "churn_score"].isna().all()
    if on_error == "keep":
        assert rows.loc[[1, 2, 3], "churn_score"].tolist() == before.loc[[1, 2, 3], "churn_score"].tolist()
        assert rows.loc[[1, 2, 3], "churn_version"].tolist() == [1] * 3
    else:
        assert rows.loc[[1, 2, 3], ["churn_score", "churn_version", "churn_scored_at"]].isna().all().all()
    np.testing.assert_allclose(rows.loc[4:50, "churn_score"], churn.truth(rows.loc[4:50]), rtol=0, atol=1e-9)
    stale, failure = db.execute("select stale, last_failure from dbml.status").fetchone() or (0, "")
    assert stale == 6
    assert failure.startswith("DB013: ")
    assert "6" in cli("status").output

    db.execute("update customer set spend = 10 where id < 4 or id > 100")
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)
    assert db.execute("select stale, last_failure from dbml.status").fetchone() == (0, None)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
def test_values_that_the_model_refuses_fail_the_statement_where_asked(
    cli: Cli, db: Db, churn: Trained, spec_file: Path, value: float | None
) -> None:
    attach_with(cli, churn, spec_file, "raise")
    diag = sqlstate(db, "insert into customer (id, plan, spend) values (100, 'plus', %s)", value)
    assert diag.sqlstate == "DB013"
    assert "churn" in str(diag.message_primary)
    assert sqlstate(db, "update customer set spend = %s where id = 1", value).sqlstate == "DB013"
    db.execute("alter table customer disable trigger zz_dbml_score")
    db.execute("update customer set spend = %s where id = 1", (value,))
    db.execute("alter table customer enable trigger zz_dbml_score")
    for events in ("(1)", "(2), (1)"):
        assert sqlstate(db, f"insert into complaint (customer_id) values {events}").sqlstate == "DB013"
    assert db.execute("select count(*) from complaint").fetchone() == (0,)


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("plan", ["never seen", "x" * 2**20, ""], ids=["unseen", "1 MB", "empty"])
def test_unseen_categories_are_scored_as_scikit_learn_does(db: Db, churn: Trained, plan: str) -> None:
    db.execute("update customer set plan = %s where id = 1", (plan,))
    db.execute("insert into customer (id, plan, spend) values (100, %s, 20)", (plan,))
    db.execute("insert into complaint (customer_id) values (100), (1), (2)")
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)
    assert db.execute("select stale from dbml.status").fetchone() == (0,)


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("features", "message", "hint"),
    [
        (
            '{"plan": "plus", "complaints": "many", "spend": 3}',
            "feature complaints of model 'churn' is a number",
            "number",
        ),
        ('{"plan": 3, "complaints": 1, "spend": 3}', "feature plan of model 'churn' is text", "double quotes"),
        ('{"plan": "plus", "complaints": 1}', "feature spend of model 'churn' is missing", "plan, complaints, spend"),
        ('{"plan": "plus", "complaints": 1, "spend": [3]}', "feature spend of model 'churn' is a number", "number"),
        ('{"plan": "plus", "complaints": 1, "spend": 1e400}', "feature spend of model 'churn' is a number", "number"),
    ],
    ids=["text for number", "number for text", "missing", "array", "too large"],
)
def test_loose_features_that_do_not_fit(db: Db, features: str, message: str, hint: str) -> None:
    diag = sqlstate(db, "select dbml.score('churn', %s::jsonb)", features)
    assert diag.sqlstate == "DB013"
    assert message in str(diag.message_primary)
    assert hint in str(diag.message_hint)


@pytest.mark.usefixtures("live")
def test_scoring_with_a_model_that_is_not_there(db: Db) -> None:
    diag = sqlstate(db, "select dbml.score('chrun', '{}'::jsonb)")
    assert diag.sqlstate == "DB005"
    assert "'chrun'" in str(diag.message_primary)


@pytest.mark.usefixtures("live")
def test_what_names_no_model_no_key_and_no_time(db: Db, refused: Refused) -> None:
    for act in ("abort", "approve", "pause", "promote", "rescore", "resume", "rollback"):
        diag = sqlstate(db, f"select dbml.{act}(null)")
        assert (diag.sqlstate, diag.message_primary) == ("DB005", "no model was named"), act
    assert sqlstate(db, "select dbml.trust_key(null)").sqlstate == "DB024"
    for asked in ("drift('churn', '1 day', 'infinity')", "estimated_performance('churn', '1 day', '-infinity')"):
        assert "cannot be told" in str(sqlstate(db, f"select * from dbml.{asked}").message_primary)
    refused("drift", "churn", "--window", "soon", says=('"soon"', "such as '7 days'"))


@pytest.mark.usefixtures("live")
def test_an_event_of_an_entity_without_a_profile_row(db: Db) -> None:
    db.execute("alter table complaint drop constraint complaint_customer_id_fkey")
    with nothing_changed(db):
        db.execute("insert into complaint (customer_id) values (999), (998)")
        db.execute("insert into complaint (customer_id) values (999)")
    db.execute("insert into complaint (customer_id) values (999), (1)")
    assert db.execute("select count(*) from complaint").fetchone() == (5,)
    assert profile_rows(db)["complaints"].tolist() == [1, *[0] * 49]


# --- the server and the role ---


def test_a_server_without_plpython(cli: Cli, without_plpython: str, churn: Trained, spec_file: Path) -> None:
    dsn = without_plpython
    assert "mend: dbml install" in cli("doctor", dsn=dsn, exit_code=1).output
    installed = cli("install", dsn=dsn).output
    assert "dbml is installed" in installed
    assert "no PL/Python" in installed
    assert "engines portable and python are off" in installed
    assert "up to date" in cli("install", dsn=dsn).output
    refused = cli(
        "model", "add", "churn", churn.file, "--sample", churn.sample, "--engine", "python", dsn=dsn, exit_code=1
    ).output
    assert "needs PL/Python" in refused
    assert "hint: dbml doctor" in refused
    with psycopg.connect(dsn, autocommit=True) as db:
        assert db.execute("select count(*) from dbml.model").fetchone() == (0,)
        db.execute(TABLES)
        refused = cli("attach", spec_file, dsn=dsn, exit_code=1).output
        assert 'no model "churn"' in refused
    # The engine sql needs nothing more.
    found = cli("doctor", dsn=dsn).output
    assert "ok       engine sql: can run" in found
    assert "note     engine portable: cannot run, it lacks PL/Python, which is not on this server" in found
    assert "note     engine python: cannot run, it lacks PL/Python" in found
    assert "apt-get install postgresql-plpython3-18" in found
    assert "schema dbml: installed" in found
    cli("uninstall", dsn=dsn)


@pytest.mark.parametrize("arguments", [("doctor",), ("install",), ("status",), ("deploy", "churn@1")])
def test_a_server_that_cannot_be_reached(cli: Cli, arguments: tuple[str, ...]) -> None:
    output = cli(*arguments, dsn="host=/nonexistent", exit_code=1).output
    assert "cannot connect to PostgreSQL" in output
    assert "/nonexistent" in output
    assert "hint: Give the server as --dsn" in output


@contextmanager
def postgres_13() -> Iterator[str]:
    """What a PostgreSQL 13.11 says to a client that connects, and nothing more."""

    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!i", len(body) + 4) + body

    def greet() -> None:
        with listener.accept()[0] as client:
            client.recv(4096)
            client.sendall(
                message(b"R", struct.pack("!i", 0))
                + message(b"S", b"server_version\x0013.11\x00")
                + message(b"S", b"client_encoding\x00UTF8\x00")
                + message(b"Z", b"I")
            )
            while client.recv(4096):
                pass

    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/.s.PGSQL.5432")
        listener.listen()
        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield f"host={folder} port=5432 user=postgres dbname=postgres"
        thread.join(10)


@pytest.mark.parametrize("command", ["install", "doctor", "status"])
def test_a_server_that_is_too_old(cli: Cli, command: str) -> None:
    with postgres_13() as dsn:
        output = cli(command, dsn=dsn, exit_code=1).output
    assert "runs PostgreSQL 13.11; dbml needs 14 or newer" in output
    assert "hint: Upgrade the server" in output


@pytest.mark.parametrize("schema", ["dbml", "dbml_scorer"])
def test_a_schema_of_somebody_else(cli: Cli, empty_dsn: str, schema: str) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as db:
        db.execute(f"create schema {schema}")
        db.execute(f"create table {schema}.kept (x integer)")
        for command in ("install", "uninstall", "status"):
            output = cli(command, dsn=empty_dsn, exit_code=1).output
            assert f"schema {schema} that is not dbml's own" in output
            assert f"drop schema {schema}" in output
        named = db.execute("select nspname from pg_namespace where nspname ~ '^dbml'").fetchall()
        assert named == [(schema,)]


def no_schemas(dsn: str) -> bool:
    with psycopg.connect(dsn) as db:
        return db.execute("select from pg_namespace where nspname ~ '^dbml'").fetchone() is None


def test_a_role_that_may_only_read_cannot_install(cli: Cli, empty_dsn: str, role: str) -> None:
    output = cli("install", dsn=make_conninfo(empty_dsn, options=f"-c role={role}"), exit_code=1).output
    assert f"role {role} may not install dbml" in output
    assert "hint: Connect as a superuser" in output
    assert no_schemas(empty_dsn)


def test_a_read_only_session_cannot_install(cli: Cli, empty_dsn: str) -> None:
    read_only = make_conninfo(empty_dsn, options="-c default_transaction_read_only=on")
    output = cli("install", dsn=read_only, exit_code=1).output
    assert "read-only" in output
    assert "default_transaction_read_only off" in output
    assert "MISSING  transactions: read-only" in cli("doctor", dsn=read_only, exit_code=1).output
    assert no_schemas(empty_dsn)


@pytest.mark.usefixtures("live")
def test_doctor_asked_by_an_application(cli: Cli, dsn: str, role: str) -> None:
    found = cli("doctor", dsn=make_conninfo(dsn, options=f"-c role={role}")).output
    assert f"note     role: {role}, not a superuser" in found
    assert "ok       engine sql: can run" in found


@pytest.mark.usefixtures("live")
def test_a_read_only_session_changes_nothing(refused: Refused, dsn: str, churn_2: Trained) -> None:
    read_only = make_conninfo(dsn, options="-c default_transaction_read_only=on")
    for arguments in (
        ("model", "add", "churn", churn_2.file, "--sample", churn_2.sample),
        ("deploy", "churn@1"),
        ("rescore", "churn"),
        ("detach", "customer"),
        ("uninstall",),
    ):
        says = ("read-only transaction",) if arguments != ("uninstall",) else ("customer is still attached",)
        refused(*arguments, dsn=read_only, says=says)


@pytest.mark.usefixtures("live")
def test_a_role_without_rights(
    refused: Refused, db: Db, dsn: str, role: str, spec_file: Path, churn_2: Trained
) -> None:
    db.execute(f"grant select on customer, complaint to {role}")
    for arguments in (
        ("attach", spec_file),
        ("deploy", "churn@1"),
        ("rescore", "churn"),
        ("detach", "customer"),
        ("model", "add", "churn", churn_2.file, "--sample", churn_2.sample),
        ("uninstall",),
    ):
        refused(*arguments, dsn=make_conninfo(dsn, options=f"-c role={role}"), says=("permission denied", "superuser"))


@pytest.mark.parametrize("arguments", [("status",), ("deploy", "churn@1"), ("uninstall",), ("model", "list")])
def test_a_database_without_dbml(cli: Cli, empty_dsn: str, arguments: tuple[str, ...]) -> None:
    output = cli(*arguments, dsn=empty_dsn, exit_code=1).output
    assert "dbml is not installed in database" in output
    assert "hint: dbml install" in output
