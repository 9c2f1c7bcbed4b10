"""Installing: repeated, at once, undone, and in transactions of the caller's own."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import psycopg
import pytest
import sqlalchemy

import dbml
from dbml import spec
from tests.conftest import Cli, Databases, Trained

OBJECTS = """
select 'schema ' || nspname from pg_namespace where nspname like 'dbml%'
union all select 'function ' || oid::regprocedure from pg_proc where proname like '%dbml%' or pronamespace::regnamespace::text like 'dbml%'
union all select 'relation ' || oid::regclass from pg_class where relnamespace::regnamespace::text like 'dbml%'
union all select 'trigger ' || tgname from pg_trigger where tgname like '%dbml%'
union all select 'default ' || defaclrole::regrole from pg_default_acl
"""


def left(dsn: str) -> list[str]:
    """Everything of dbml in a database."""
    with psycopg.connect(dsn) as connection:
        return sorted(row[0] for row in connection.execute(OBJECTS))


def test_twice_is_up_to_date(cli: Cli, empty_dsn: str) -> None:
    assert "is installed" in cli("install", dsn=empty_dsn).output
    before = left(empty_dsn)
    assert "is up to date" in cli("install", dsn=empty_dsn).output
    assert left(empty_dsn) == before


def together(*dsns: str) -> list[dict[str, Any]]:
    barrier = Barrier(len(dsns))

    def one(dsn: str) -> dict[str, Any]:
        with psycopg.connect(dsn) as connection:
            barrier.wait()
            return dbml.install(connection)

    with ThreadPoolExecutor(len(dsns)) as pool:
        return list(pool.map(one, dsns))


def test_two_at_once_in_one_database(empty_dsn: str) -> None:
    assert sorted(done["changed"] for done in together(empty_dsn, empty_dsn)) == [False, True]


def test_two_at_once_in_two_databases(databases: Databases) -> None:
    for _ in range(3):
        both = [databases.create(installed=False) for _ in range(2)]
        assert [done["changed"] for done in together(*both)] == [True, True]
        assert left(both[0]) == left(both[1]) != []


def test_uninstall_removes_all(cli: Cli, empty_dsn: str) -> None:
    cli("install", dsn=empty_dsn)
    cli("uninstall", dsn=empty_dsn)
    assert left(empty_dsn) == []
    assert "dbml install" in cli("uninstall", dsn=empty_dsn, exit_code=1).output
    assert "is installed" in cli("install", dsn=empty_dsn).output


@pytest.mark.usefixtures("live")
def test_uninstall_is_refused_while_something_is_attached(cli: Cli, dsn: str, db: psycopg.Connection[Any]) -> None:
    assert "dbml detach" in cli("uninstall", exit_code=1).output
    cli("detach", "customer")
    cli("uninstall")
    assert left(dsn) == []
    db.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select complaints, churn_version from customer where id = 1").fetchone() == (0, 1)


def test_a_rolled_back_install_leaves_nothing(empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn) as connection:
        assert dbml.install(connection)["changed"]
        connection.rollback()
    assert left(empty_dsn) == []
    with psycopg.connect(empty_dsn) as connection:
        assert dbml.install(connection)["changed"]


def test_a_schema_of_another_is_left_alone(cli: Cli, empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn) as connection:
        connection.execute("create schema dbml create table precious (id int)")
    for command in ("install", "uninstall"):
        assert "not dbml's own" in cli(command, dsn=empty_dsn, exit_code=1).output
    assert left(empty_dsn) == ["relation dbml.precious", "schema dbml"]


@pytest.mark.usefixtures("tables")
def test_sqlalchemy_and_no_commit_for_the_caller(
    db: psycopg.Connection[Any], dsn: str, churn: Trained, spec_file: Path
) -> None:
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn))
    features = {"plan": "plus", "complaints": 3, "spend": 12.5}
    try:
        for ending in ("rollback", "commit"):
            with engine.connect() as connection:
                connection.execute(sqlalchemy.text("update customer set spend = 1 where id = 1"))
                assert not dbml.install(connection)["changed"]
                added = dbml.add_model(connection, "churn", churn.file, sample=churn.sample)
                assert str(added) == "churn@1" and not added.already_there
                dbml.attach(connection, spec.read(spec_file))
                assert dbml.deploy(connection, "churn", 1) == 50  # so many wait for their first score
                assert dbml.rescore(connection, "churn") == 50
                expected = float(churn.truth(__import__("pandas").DataFrame([features]))[0])
                assert dbml.score(connection, "churn", features) == pytest.approx(expected, abs=1e-9)
                assert [row["model"] for row in dbml.status(connection)] == ["churn"]
                assert db.execute("select count(*) from dbml.model").fetchone() == (0,)
                getattr(connection, ending)()
            if ending == "rollback":
                assert db.execute("select count(*) from dbml.model").fetchone() == (0,)
                assert db.execute("select count(*) from dbml.profile").fetchone() == (0,)
                assert db.execute(
                    "select count(*) from pg_proc where pronamespace = 'dbml_scorer'::regnamespace"
                ).fetchone() == (0,)
                assert db.execute(
                    "select count(*) from customer where spend = 1 or churn_score is not null"
                ).fetchone() == (0,)
    finally:
        engine.dispose()
    assert db.execute("select count(churn_score) from customer").fetchone() == (50,)
    assert db.execute("select spend from customer where id = 1").fetchone() == (1.0,)


def test_sqlalchemy_installs(empty_dsn: str) -> None:
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(empty_dsn))
    with engine.connect() as connection:
        assert dbml.install(connection)["changed"]
    assert left(empty_dsn) == []
    with engine.begin() as connection:
        assert dbml.install(connection)["changed"]
    engine.dispose()
    assert left(empty_dsn) != []


def test_doctor(cli: Cli, dsn: str, empty_dsn: str) -> None:
    good = cli("doctor").output
    assert "MISSING" not in good and "scikit-learn" in good
    findings = json.loads(cli("doctor", "--json").output)
    assert {"what", "found", "ok", "needed", "mend"} == set(findings[0])
    before = left(empty_dsn)
    bad = cli("doctor", dsn=empty_dsn, exit_code=1).output
    assert "mend: dbml install" in bad
    assert left(empty_dsn) == before == []


@pytest.mark.parametrize("engine", ["portable"])
@pytest.mark.usefixtures("live")
def test_doctor_says_what_a_deployed_model_lacks(cli: Cli, db: psycopg.Connection[Any]) -> None:
    assert "ok       engine portable: can run; serves churn@1" in cli("doctor").output
    db.execute("drop extension plpython3u cascade")
    bad = cli("doctor", exit_code=1).output
    assert "MISSING  engine portable: cannot run" in bad and "serves churn@1" in bad
    assert "ok       engine sql: can run" in bad
    assert "note     engine python: cannot run" in bad
    # An application goes on; the score waits.
    db.execute("insert into complaint (customer_id) values (7)")
    assert db.execute("select complaints from customer where id = 7").fetchone() == (1,)
    assert db.execute("select stale from dbml.status").fetchone() == (1,)
    cli("install")
    assert "MISSING" not in cli("doctor").output
    assert "1 rows scored" in cli("rescore", "churn", "--stale").output
    assert dbml.reconcile(db).differences == []


@pytest.mark.parametrize("engine", ["portable"])
@pytest.mark.usefixtures("live")
def test_another_python(cli: Cli, db: psycopg.Connection[Any]) -> None:
    """After pg_upgrade or an upgrade of the server's Python, the code that was kept is of no use."""
    db.execute("update dbml.bytecode set python = 'cpython-99 1'")
    found = cli("doctor").output
    assert "note     compiled plans: of another Python" in found and "mend: dbml install" in found
    assert "dbml is installed" in cli("install").output
    assert db.execute("select count(*) from dbml.bytecode where python <> 'cpython-99 1'").fetchone() == (2,)
    assert "another Python" not in cli("doctor").output
    assert "up to date" in cli("install").output


@pytest.mark.usefixtures("live")
def test_json_keys(cli: Cli) -> None:
    keys = {"name", "version", "engine", "deployed", "sha256", "features", "output"}
    (listed,) = json.loads(cli("model", "list", "--json").output)
    shown = json.loads(cli("model", "show", "churn@1", "--json").output)
    assert keys <= set(listed) and keys <= set(shown)
    assert (shown["name"], shown["version"], shown["deployed"]) == ("churn", 1, True)
    assert shown["parity"][shown["engine"]]["differing"] == 0
    assert {"cold_us", "warm_us", "memory_kb", "in_batches"} == set(shown["cost"][shown["engine"]])
    assert [feature["name"] for feature in shown["features"]] == ["plan", "complaints", "spend"]
    (status,) = json.loads(cli("status", "--json").output)
    assert {"profile", "prediction", "model", "version", "engine", "stale"} <= set(status)
    assert "churn_score" in cli("status").output


def test_commands_before_install(cli: Cli, empty_dsn: str, churn: Trained) -> None:
    for command in (["status"], ["model", "list"], ["deploy", "churn@1"], ["model", "add", "churn", str(churn.file)]):
        refused = cli(*command, dsn=empty_dsn, exit_code=1)
        assert "not installed" in refused.output and "hint: dbml install" in refused.output
