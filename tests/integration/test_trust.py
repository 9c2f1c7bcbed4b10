"""Whose code runs as dbml_owner: nobody's that the one who attaches has not been told of, and never as a superuser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

import dbml
from dbml import Event, Prediction, Profile, database
from dbml.errors import PermissionDenied, ProfileError
from tests.conftest import TABLES, Cli, Trained
from tests.integration.test_roles import denied, made_role

Db = psycopg.Connection[Any]

PROFILE = Profile("customer", "id", [], [Event("complaint", "customer_id", {"complaints": "count(*)"})])
# What a role may own or be given, and how attaching names it.
WAYS = {
    "alter table customer owner to {role}": "owns public.customer",
    "alter table complaint owner to {role}": "owns public.complaint",
    "grant trigger on complaint to {role}": "has TRIGGER on public.complaint",
    "create type mood as enum ('calm'); alter type mood owner to {role}; alter table customer add mood mood": "owns type public.mood",
    "create function f() returns trigger language plpgsql as 'begin return new; end'; alter function f() owner to {role};"
    "create trigger t before update on customer for each row execute function f()": "owns function public.f()",
    "create function f(integer) returns boolean immutable language sql as 'select true'; alter function f(integer) owner to {role};"
    "alter table customer add check (f(id))": "owns function public.f(integer), which public.customer calls",
    "create function f(integer) returns integer immutable language sql as 'select 1'; alter function f(integer) owner to {role};"
    "create index on customer (f(id))": "owns function public.f(integer), which public.customer calls",
    "create table child () inherits (customer); alter table child owner to {role}": "owns public.child",
    "create type mood as enum ('calm'); alter table customer add mood mood; create function f(mood) returns text language sql as 'select 1::text';"
    "alter function f(mood) owner to {role}; create cast (mood as text) with function f(mood)": "owns function public.f(public.mood), which casts what public.customer has",
    "create function f(integer) returns boolean immutable language sql as 'select true'; create domain low as integer check (f(value));"
    "create domain lower as low; alter table customer add low lower; alter function f(integer) owner to {role}": "owns function public.f(integer), which public.customer calls",
}  # fmt: skip
CALLED = Profile(
    "customer",
    "id",
    [],
    [Event("complaint", "customer_id", {"complaints": "count(*) filter (where public.f(customer_id) > 0)"})],
)


def test_attaching_names_who_can_run_code_as_dbml_owner_and_refuses(db: Db, dsn: str, cli: Cli, tmp_path: Path) -> None:
    db.execute(TABLES + "create index on complaint (customer_id)")
    for session in made_role(db, dsn):
        name = session.execute("select current_user").fetchone()[0]  # type: ignore[index]
        for way, how in WAYS.items():
            with db.transaction(force_rollback=True):
                db.execute(sql.SQL(way).format(role=sql.Identifier(name)))  # type: ignore[arg-type]
                with pytest.raises(ProfileError, match="these roles can run code as dbml_owner") as caught:
                    dbml.attach(db, PROFILE)
                assert f"{name} ({how}" in caught.value.message and "--trust" in str(caught.value.hint)
                dbml.attach(db, PROFILE, trust=True)
        # What a spec calls is not even planned before: a function that is immutable would run there.
        with db.transaction(force_rollback=True):
            db.execute(
                "create function f(integer) returns integer immutable language plpgsql as"
                " 'begin raise exception ''ran as %'', current_user; end'"
            )
            db.execute(sql.SQL("alter function f(integer) owner to {}").format(sql.Identifier(name)))
            with pytest.raises(ProfileError, match=r"owns function public.f\(integer\), which the spec calls"):
                dbml.attach(db, CALLED)
        # From the shell, and watched from then on.
        file = tmp_path / "plain.toml"
        file.write_text('[profile]\ntable = "customer"\nkey = "id"\n[[event]]\ntable = "complaint"\nkey = "customer_id"\ncounters.complaints = "count(*)"\n')  # fmt: skip
        db.execute(sql.SQL("alter table complaint owner to {}").format(sql.Identifier(name)))
        assert f"{name} (owns public.complaint)" in cli("attach", file, exit_code=1).output
        cli("attach", file, "--trust")
        # Who is trusted is not told of again; who has come since is, until he is trusted too.
        assert "can have code run" not in cli("doctor").stdout
        for later in made_role(db, dsn):
            other = later.execute("select current_user").fetchone()[0]  # type: ignore[index]
            db.execute(sql.SQL("grant trigger on customer to {}").format(sql.Identifier(other)))
            told = cli("doctor").stdout
            assert f"{other} can have code run as dbml_owner, because it has TRIGGER on public.customer" in told
            assert f"{name} can have code run" not in told and "dbml attach SPEC.toml --trust" in told
            more = file.read_text() + 'counters.severe = "count(*) filter (where severity > 2)"\n'
            file.with_name("more.toml").write_text(more)
            refused = cli("attach", file.with_name("more.toml"), "--add-columns", exit_code=1).output
            assert f"{other} (has TRIGGER" in refused and f"{name} (" not in refused
            cli("attach", file, "--trust")
            assert "can have code run" not in cli("doctor").stdout
            cli("attach", file.with_name("more.toml"), "--add-columns")
            assert "can have code run" not in cli("doctor").stdout
        db.execute("alter table complaint owner to current_user")


def test_what_a_label_calls_is_named_too(db: Db, dsn: str, live: None) -> None:
    dbml.detach(db, "customer")
    db.execute("create function f(integer) returns integer immutable language sql as 'select 1'")
    lesson = dbml.Learn("churn", "complaint", ("customer_id",), "public.f(severity) > 0")
    for session in made_role(db, dsn):
        name = session.execute("select current_user").fetchone()[0]  # type: ignore[index]
        db.execute(sql.SQL("alter function f(integer) owner to {}").format(sql.Identifier(name)))
        with pytest.raises(ProfileError, match=r"owns function public.f\(integer\), which the spec calls"):
            dbml.attach(db, Profile("customer", "id", [Prediction("churn", "churn_score")], lessons=[lesson]))
        db.execute("alter function f(integer) owner to current_user")


def test_what_a_spec_calls_reads_as_dbml_owner_and_not_as_whoever_compares(db: Db, dsn: str, cli: Cli) -> None:
    db.execute(
        TABLES
        + "insert into customer (id) values (1), (2), (3); insert into complaint (customer_id) values (1), (2); update customer set complaints = 1 where id < 3"
    )
    db.execute(
        "create function f(integer) returns integer immutable language plpgsql as"
        " $$ begin begin set local role postgres; exception when others then null; end; raise notice '%', current_user; return 1; end $$"
    )
    heard: list[str | None] = []
    db.add_notice_handler(lambda said: heard.append(said.message_primary))
    for session in made_role(db, dsn):
        name = session.execute("select current_user").fetchone()[0]  # type: ignore[index]
        db.execute(sql.SQL("alter function f(integer) owner to {}").format(sql.Identifier(name)))
        dbml.attach(db, CALLED, trust=True)  # which compares what is there
        assert heard and set(heard) == {"dbml_owner"}
        heard.clear()
        db.execute("set session_replication_role = replica")
        db.execute("update customer set complaints = 7 where id = 2")
        db.execute("reset session_replication_role")
        found = dbml.reconcile(db, "customer", repair=True).differences
        assert [(d.entity, d.column, d.held, d.truth) for d in found] == [(["2"], "complaints", "7", "1")]
        assert heard and set(heard) == {"dbml_owner"}
        assert dbml.reconcile(db, "customer").differences == []
        dbml.detach(db, "customer")
        db.execute("alter function f(integer) owner to current_user")


def test_an_event_trigger_runs_as_whoever_makes_a_function(db: Db) -> None:
    """An audit of DDL, which only a superuser can make: dbml_owner makes what is generated, and needs the audit's INSERT."""
    db.execute(
        TABLES + "insert into customer (id) values (1);"
        "create table audit (role text, tag text);"
        "create function note() returns event_trigger language plpgsql as"
        " 'begin insert into public.audit values (current_user, tg_tag); end';"
        "create event trigger dbml_test_audit on ddl_command_end execute function note()"
    )
    with pytest.raises(PermissionDenied, match="table audit"):
        dbml.attach(db, PROFILE)
    assert db.execute("select count(*) from dbml.profile").fetchone() == (0,)
    assert db.execute("select count(*) from pg_proc where pronamespace = 'dbml_scorer'::regnamespace").fetchone() == (
        0,
    )
    db.execute("grant insert on audit to dbml_owner")
    dbml.attach(db, PROFILE)
    db.execute("insert into complaint (customer_id) values (1), (1)")
    assert db.execute("select complaints from customer").fetchone() == (2,)
    made = db.execute("select count(*) from audit where role = 'dbml_owner' and tag = 'CREATE FUNCTION'").fetchone()
    assert made and made[0] > 0
    dbml.detach(db, "customer")
    db.execute("drop event trigger dbml_test_audit")


def test_who_owns_what_he_attaches_is_not_asked(db: Db, dsn: str) -> None:
    for session in made_role(db, dsn, "dbml_owner", "create on schema public"):
        session.execute(TABLES)  # type: ignore[arg-type]
        dbml.attach(session, PROFILE)
        session.execute("insert into complaint (customer_id) select 1 where false")
        dbml.detach(session, "customer")
        session.execute("drop table complaint, customer")


def test_filling_and_repairing_run_no_trigger_as_whoever_calls(db: Db, dsn: str, live: None) -> None:
    dbml.detach(db, "customer")
    db.execute("insert into complaint (customer_id) values (1), (1), (2)")
    db.execute(
        "create table ran (role text); grant insert on ran to public;"
        "create function mark() returns trigger language plpgsql as $$ begin"
        "  begin execute format('set local role %I', session_user); exception when others then null; end;"
        "  insert into public.ran values (current_user); return new; end $$;"
        "create trigger mark before update on customer for each row execute function mark()"
    )
    spec = Profile(
        "customer", "id", [Prediction("churn", "churn_score", "churn_version")],
        [Event("complaint", "customer_id", {"complaints": "count(*)"})],
    )  # fmt: skip
    for session in made_role(db, dsn):
        name = session.execute("select current_user").fetchone()[0]  # type: ignore[index]
        db.execute(sql.SQL("alter function mark() owner to {}").format(sql.Identifier(name)))
        dbml.attach(db, spec, backfill=True, trust=True)
        db.execute("set session_replication_role = replica")
        db.execute("update customer set complaints = 7 where id = 3; update customer set churn_score = 2 where id = 4")
        db.execute("reset session_replication_role")
        assert len(dbml.reconcile(db, "customer", repair=True).differences) == 2
        assert db.execute("select role, count(*) > 3 from ran group by 1").fetchall() == [("dbml_owner", True)]
        db.execute("alter function mark() owner to current_user")
    assert dbml.reconcile(db, "customer").differences == []


def test_a_deployer_is_told_no_key(db: Db, dsn: str, live: None, cli: Cli, churn_2: Trained) -> None:
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    cli("deploy", "churn@2", "--strategy", "blue-green")
    for deployer in made_role(db, dsn, "dbml_deployer"):
        begun = deployer.execute("select * from dbml._start_rescore('churn', false, true, 20)").fetchall()
        begun += deployer.execute("select * from dbml._start_aside('churn')").fetchall()
        assert [name for _, _, name, _ in begun] == ["public.customer"] * 4
        for walk, *_ in begun:
            told = [deployer.execute("select t from dbml._walk_on(%s, 10) t", [walk]).fetchone() for _ in range(6)]
            assert {type(row[0][0]) for row in told if row} == {str}
            assert {tuple(row[0]) for row in told if row} <= {("10", "f"), ("0", "t")}
        denied(deployer, "select * from dbml.walk")
        denied(deployer, "select * from dbml._score_aside(1, 'churn', null, 10)")
    assert db.execute("select count(*) from dbml.walk").fetchone() == (0,)
    # Nothing else that a deployer may call returns keys, but for events that are there to be sent away.
    assert db.execute(
        "select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'dbml'::regnamespace"
        " and has_function_privilege('dbml_deployer', p.oid, 'execute') and p.prosecdef"
        " and p.proargnames[p.pronargs + 1:] && '{reached,entity}'"
    ).fetchall() == [("dbml._outbox_batch(integer)",)]  # fmt: skip


def test_a_row_that_violates_not_null_is_not_shown(db: Db, dsn: str, live: None, cli: Cli) -> None:
    db.execute("alter table customer add rest integer generated always as (nullif(complaints, 2)) stored not null")
    db.execute("alter table customer add label float8 generated always as (churn_score * 2) stored")
    db.execute("create table level (complaints bigint primary key); insert into level select generate_series(0, 9)")
    assert "not null on rest came later" in cli("doctor").stdout
    cli("repair", "customer")
    assert "came later" not in cli("doctor").stdout
    for app in made_role(db, dsn, "insert on complaint"):
        app.execute("insert into complaint (customer_id) values (1)")
        with pytest.raises(psycopg.errors.NotNullViolation, match='null value in column "rest"') as caught:
            app.execute("insert into complaint (customer_id) values (1)")
        assert caught.value.diag.message_detail is None and caught.value.diag.column_name == "rest"
        # A score that turns NULL, and what is generated from it.
        db.execute("alter table customer alter label set not null")
        cli("repair", "customer")
        with db.transaction():
            db.execute("set local session_replication_role = replica")
            db.execute("update customer set spend = 'infinity', churn_score = 0 where id = 2")
        db.execute("update dbml.prediction set on_error = 'null'")
        db.execute("select dbml._bind(1)")
        with pytest.raises(psycopg.errors.NotNullViolation, match='null value in column "label"') as caught:
            app.execute("insert into complaint (customer_id) values (2)")
        assert caught.value.diag.message_detail is None
    db.execute("alter table customer add foreign key (complaints) references level")
    db.execute("create unique index shown on customer ((id % 1000), complaints)")
    told = cli("doctor").stdout
    assert "foreign key customer_complaints_fkey came later" in told and "unique index shown came later" in told


def test_an_advisory_lock_of_anybody_stops_no_relay(db: Db, dsn: str, live: None) -> None:
    db.execute("insert into dbml.outbox (topic, entity, data) values ('t', array['1'], '{}'), ('t', array['2'], '{}')")
    for stranger in made_role(db, dsn):
        stranger.execute(
            "select pg_advisory_lock(c.oid::bigint) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = 'dbml' and c.relname = 'outbox'"
        )
        with db.transaction():
            assert len(db.execute("select * from dbml._outbox_batch(10)").fetchall()) == 2
            with psycopg.connect(dsn) as second:  # another relay, which is not kept waiting
                assert second.execute("select * from dbml._outbox_batch(10)").fetchall() == []
        assert len(db.execute("select * from dbml._outbox_batch(10)").fetchall()) == 2


def test_a_strategy_s_condition_shows_no_value(db: Db, dsn: str, live: None, cli: Cli, churn_2: Trained) -> None:
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    for deployer in made_role(db, dsn, "dbml_deployer"):
        start = "select dbml.deploy('churn', 2, strategy => 'ab', share => 50, only_where => %s)"
        for condition in ("plan::integer = 1", "(plan)::date is null", "date(plan) is null", "integer (plan) = 1"):
            with pytest.raises(psycopg.Error, match="casts what is no literal") as caught:
                deployer.execute(start, [condition])
            assert caught.value.sqlstate == "DB030"
        with pytest.raises(psycopg.Error, match="calls plan, and may call nothing") as caught:
            deployer.execute(start, ["plan (spend) is null"])
        assert caught.value.sqlstate == "DB030"
        # Nor may whoever cannot read the columns ask by a condition what they hold: not when it starts, not when it runs.
        condition = "spend > '10'::numeric and plan <> 'x'"
        with pytest.raises(
            psycopg.Error, match=r"may not read public\.customer\.plan, public\.customer\.spend"
        ) as caught:
            deployer.execute(start, [condition])
        assert caught.value.sqlstate == "DB014"
        cli("deploy", "churn@2", "--strategy", "ab", "--where", condition)
        arms = "select dbml.arm_of('churn', '20'), dbml.version_of('churn', '20')"
        for analyst in made_role(db, dsn, "dbml_analyst"):
            role = sql.Identifier(analyst.execute("select current_user").fetchone()[0])  # type: ignore[index]
            with pytest.raises(psycopg.Error, match="chooses rows of public.customer by what") as caught:
                analyst.execute(arms)
            assert caught.value.sqlstate == "DB014"
            db.execute(sql.SQL("grant select (plan, spend) on customer to {}").format(role))
            assert analyst.execute(arms).fetchone() == db.execute(arms).fetchone()
            db.execute("alter table customer enable row level security")
            with pytest.raises(psycopg.Error, match="chooses rows"):
                analyst.execute(arms)
            db.execute("alter table customer disable row level security")
        cli("abort", "churn")
        # What only the key decides is told to every analyst.
        cli("deploy", "churn@2", "--strategy", "ab")
        assert deployer.execute(arms).fetchone() == db.execute(arms).fetchone()


def test_no_setting_outlives_a_transaction(db: Db, dsn: str) -> None:
    """Behind a pooler the session is somebody else's by then."""
    path = "select current_setting('search_path') as path"
    own = db.execute(path).fetchone()
    with database.pinned(db):
        assert database.query(db, path) == [{"path": "pg_catalog, pg_temp"}]
        assert db.execute(path).fetchone() == own
        with db.transaction(), database.configured(db, "lock_timeout", "7s"):
            found = database.query(
                db, "select current_setting('search_path') as path, current_setting('lock_timeout') as lock"
            )
            assert found == [{"path": "pg_catalog, pg_temp", "lock": "7s"}]
        assert db.execute("show lock_timeout").fetchone() == ("0",)
    assert db.execute(path).fetchone() == own
    with psycopg.connect(dsn) as session:
        with database.pinned(session):
            assert database.query(session, path) == [{"path": "pg_catalog, pg_temp"}]
        assert database.query(session, path) == [{"path": own[0]}]  # type: ignore[index]
    with database.connect(dsn) as session:
        for _ in range(9):
            database.query(session, path)
        assert session.execute("select count(*) from pg_prepared_statements").fetchone() == (0,)
