"""A dump restores, with and without its schema, into a database that answers the same and counts nothing twice."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

import dbml
from dbml import Event, Prediction, Profile
from dbml.demo.server import cluster
from tests.conftest import Cli, Databases, Trained

Db = psycopg.Connection[Any]

# A schema whose name comes before dbml's: its data is restored first. No foreign key.
APP = """
create schema app;
create table app.account (id text primary key, plan text, complaints bigint not null default 0, worst integer,
  spend double precision, score double precision);
create table app.ticket (account text, severity integer);
create index on app.ticket (account);
create table customer_note (customer_id integer, body text, at timestamptz default now()) partition by list (customer_id);
create table customer_note_odd partition of customer_note for values in (1, 3, 5, 7);
create table customer_note_rest partition of customer_note default;
alter table customer add notes bigint not null default 0, add last_note text;
"""


def tool(name: str, dsn: str, *arguments: str | Path) -> str:
    """Run a client of the server's own version on a database."""
    server = conninfo_to_dict(dsn)
    bindir = cluster.find_binaries()[0].bindir
    where = [f"--{option}={server[key]}" for option, key in (("host", "host"), ("port", "port"), ("username", "user"))]
    done = subprocess.run(
        [bindir / name, *where, f"--dbname={server['dbname']}", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture
def engine() -> str:
    return "auto"


@pytest.fixture
def shop(db: Db, cli: Cli, tables: None, churn: Trained, churn_2: Trained, engine: str) -> None:
    """Two profiles: one with foreign keys and partitioned events, one without, in a schema that comes early."""
    db.execute(APP)
    cli("model", "add", "churn", churn.file, "--sample", churn.sample, "--engine", engine)
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    cli("deploy", "churn@1")
    dbml.attach(
        db,
        Profile(
            "customer",
            "id",
            [Prediction("churn", "churn_score", "churn_version", "churn_scored_at")],
            [
                Event("complaint", "customer_id", {"complaints": "count(*)"}),
                Event("customer_note", "customer_id", {"notes": "count(*)", "last_note": "last(body order by at)"}),
            ],
        ),
    )
    dbml.attach(
        db,
        Profile(
            "app.account",
            "id",
            [Prediction("churn", "score")],
            [Event("app.ticket", "account", {"complaints": "count(*)", "worst": "max(severity)"})],
        ),
    )
    db.execute("insert into complaint (customer_id) select 1 + g % 30 from generate_series(1, 200) g")
    db.execute(
        "insert into customer_note (customer_id, body) select 1 + g % 20, 'n' || g from generate_series(1, 90) g"
    )
    db.execute("insert into app.account (id, plan, spend) select 'a' || g, 'plus', g from generate_series(1, 40) g")
    db.execute("insert into app.ticket select 'a' || (1 + g % 50), g % 9 from generate_series(1, 300) g")
    # One that cannot be scored, and waits for rescore.
    db.execute("update customer set spend = 'infinity' where id = 9")


STALE = 9
ANSWERS = {
    "customer": "select * from customer order by id",
    "account": "select * from app.account order by id",
    "scores": "select id, dbml.score('churn', c) from customer c where id <> 9 order by id",
    "what if": """select dbml.score('churn', '{"plan": "plus", "complaints": 2, "spend": 20}'::jsonb)""",
    "status": "select profile, prediction, model, version, engine, deployed_at, events, stale from dbml.status order by 1, 2",
    "models": "select name, version, sha256, deployed from dbml.model order by 1, 2",
    "deployments": "select * from dbml.deployment order by id",
}


def answers(db: Db, *, exactly: bool) -> dict[str, Any]:
    """What the database says; not ``exactly`` leaves out when rows were scored, and what the stale row last had."""
    return {
        name: [
            tuple(
                round(value, 9) if isinstance(value, float) else value
                for column, value in zip(rows.description or (), row, strict=True)
                if exactly or not (column.name == "churn_scored_at" or (name == "customer" and row[0] == STALE))
            )
            for row in rows.fetchall()
        ]
        for name, query in ANSWERS.items()
        if (rows := db.execute(query))  # type: ignore[arg-type]
    }


def check(source: Db, target: Db, *, exactly: bool) -> None:
    """The same answers, nothing wrong, and counters that go on."""
    before, after = answers(source, exactly=exactly), answers(target, exactly=exactly)
    for name, rows in before.items():
        assert after[name] == rows, name
    assert dbml.reconcile(target).differences == []
    for event, key, profile, entity in (
        ("complaint", "customer_id", "customer", 3),
        ("app.ticket", "account", "app.account", "a3"),
    ):
        count = f"select complaints from {profile} where id = %s"
        held = target.execute(count, [entity]).fetchone()  # type: ignore[arg-type]
        target.execute(f"insert into {event} ({key}) values (%s)", [entity])  # type: ignore[arg-type]
        assert held is not None
        assert target.execute(count, [entity]).fetchone() == (held[0] + 1,)  # type: ignore[arg-type]
    target.execute("select dbml.deploy('churn', 2)")
    target.execute("insert into complaint (customer_id) values (4)")
    assert target.execute("select churn_version from customer where id = 4").fetchone() == (2,)


@pytest.mark.parametrize("form", ["plain", "custom, two jobs"])
@pytest.mark.usefixtures("shop")
def test_whole(db: Db, dsn: str, databases: Databases, tmp_path: Path, form: str) -> None:
    target, file = databases.create(installed=False), tmp_path / "dump"
    if form == "plain":
        tool("pg_dump", dsn, "--file", file)
        tool("psql", target, "-qX", "--set=ON_ERROR_STOP=1", "--file", file)
    else:
        tool("pg_dump", dsn, "-Fc", "--file", file)
        tool("pg_restore", target, "-j2", "--exit-on-error", file)
    with psycopg.connect(target, autocommit=True) as restored:
        check(db, restored, exactly=True)


@pytest.mark.parametrize(
    "form, engine",
    [
        ("plain", "auto"),
        ("plain", "python"),
        ("plain, triggers disabled", "auto"),
        ("custom, two jobs, triggers disabled", "portable"),
        ("inserts", "portable"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_schema_and_data_apart(db: Db, dsn: str, databases: Databases, tmp_path: Path, form: str, engine: str) -> None:
    target, schema, data = databases.create(installed=False), tmp_path / "schema", tmp_path / "data"
    tool("pg_dump", dsn, "--schema-only", "--file", schema)
    tool("psql", target, "-qX", "--set=ON_ERROR_STOP=1", "--file", schema)
    disabled = form.endswith("triggers disabled")
    if form == "custom, two jobs, triggers disabled":
        tool("pg_dump", dsn, "--data-only", "-Fc", "--file", data)
        tool("pg_restore", target, "-j2", "--exit-on-error", "--data-only", "--disable-triggers", data)
    else:
        # Else partitions are written directly, which statement triggers do not see.
        how = {"plain": "--load-via-partition-root", "inserts": "--inserts"}.get(form, "--disable-triggers")
        tool("pg_dump", dsn, "--data-only", "--load-via-partition-root", how, "--file", data)
        tool("psql", target, "-qX", "--set=ON_ERROR_STOP=1", "--file", data)
    with psycopg.connect(target, autocommit=True) as restored:
        if engine == "python":
            # Its session had just tried to load the model, before it was there, and does not try again for a second.
            dbml.rescore(restored, "churn", stale=True)
        check(db, restored, exactly=disabled)


@pytest.mark.usefixtures("shop")
def test_partitions_written_directly_are_found(db: Db, dsn: str, databases: Databases, tmp_path: Path) -> None:
    target, schema, data = databases.create(installed=False), tmp_path / "schema", tmp_path / "data"
    tool("pg_dump", dsn, "--schema-only", "--file", schema)
    tool("psql", target, "-qX", "--set=ON_ERROR_STOP=1", "--file", schema)
    tool("pg_dump", dsn, "--data-only", "--file", data)
    tool("psql", target, "-qX", "--set=ON_ERROR_STOP=1", "--file", data)
    with psycopg.connect(target, autocommit=True) as restored:
        assert {d.column for d in dbml.reconcile(restored).differences} == {"notes", "last_note"}
        dbml.reconcile(restored, repair=True)
        check(db, restored, exactly=False)


@pytest.mark.usefixtures("shop")
def test_a_whole_archive_loaded_in_the_order_of_names(
    db: Db, dsn: str, databases: Databases, tmp_path: Path, cli: Cli
) -> None:
    target, file = databases.create(installed=False), tmp_path / "dump"
    tool("pg_dump", dsn, "-Fc", "--load-via-partition-root", "--file", file)
    tool("pg_restore", target, "--schema-only", "--exit-on-error", file)
    with pytest.raises(AssertionError, match="violates foreign key"):
        tool("pg_restore", target, "--data-only", file)
    for command in ("reconcile", "repair", "status", "install"):
        told = cli(command, dsn=target, exit_code=1).output
        assert "half loaded" in told and "Traceback" not in told, command
    remedy = re.search(r"--schema=dbml (.*) ARCHIVE", told)
    assert remedy is not None
    tool("pg_restore", target, "--data-only", "--exit-on-error", "--schema=dbml", *remedy[1].split(), file)
    tool("pg_restore", target, "--data-only", "--exit-on-error", "--table=complaint", file)
    cli("reconcile", "--repair", dsn=target)
    cli("rescore", "churn", "--stale", dsn=target)
    with psycopg.connect(target, autocommit=True) as restored:
        check(db, restored, exactly=False)


@pytest.mark.usefixtures("shop")
def test_without_owners_and_privileges(db: Db, dsn: str, databases: Databases, tmp_path: Path, cli: Cli) -> None:
    target, file = databases.create(installed=False), tmp_path / "dump"
    tool("pg_dump", dsn, "-Fc", "--file", file)
    tool("pg_restore", target, "--no-owner", "--no-privileges", "--exit-on-error", file)
    told = cli("doctor", dsn=target, exit_code=1)
    assert "restored without its owners" in told.stdout
    cli("install", dsn=target)
    told = cli("doctor", dsn=target)
    assert "rights:" not in told.stdout
    assert "up to date" in cli("install", dsn=target).stdout
    with psycopg.connect(target, autocommit=True) as restored:
        owners = restored.execute(
            "select distinct pg_get_userbyid(o) from (select proowner from pg_proc where pronamespace::regnamespace::text ~ '^dbml'"
            " union all select relowner from pg_class where relnamespace::regnamespace::text ~ '^dbml') u(o)"
        ).fetchall()
        assert owners == [("dbml_owner",)]
        check(db, restored, exactly=True)
