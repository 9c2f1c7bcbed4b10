"""Applications need nothing but their own INSERT, and get nothing more."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg import sql

import dbml
from dbml.errors import PermissionDenied
from tests.conftest import Cli, Trained, profile_rows

NUMBERS = itertools.count(1)


def made_role(db: psycopg.Connection[Any], dsn: str, *rights: str) -> Iterator[psycopg.Connection[Any]]:
    """A session of a new role with these rights; roles belong to the cluster, so its name is its own."""
    name = f"dbml_test_app_{os.getpid()}_{next(NUMBERS)}"
    role = sql.Identifier(name)
    db.execute(sql.SQL("create role {} nologin").format(role))
    for right in rights:
        db.execute(sql.SQL("grant {} to {}").format(sql.SQL(right), role))  # type: ignore[arg-type]
    try:
        with psycopg.connect(dsn, autocommit=True) as session:
            session.execute(sql.SQL("set session authorization {}").format(role))
            yield session
    finally:
        db.execute(sql.SQL("drop owned by {}").format(role))
        db.execute(sql.SQL("drop role {}").format(role))


@pytest.fixture
def app(db: psycopg.Connection[Any], dsn: str, live: None) -> Iterator[psycopg.Connection[Any]]:
    """An application that may insert complaints."""
    yield from made_role(db, dsn, "insert on complaint")


@pytest.fixture
def analyst(db: psycopg.Connection[Any], dsn: str, live: None) -> Iterator[psycopg.Connection[Any]]:
    yield from made_role(db, dsn, "dbml_analyst", "select on customer")


@pytest.fixture
def deployer(db: psycopg.Connection[Any], dsn: str, live: None) -> Iterator[psycopg.Connection[Any]]:
    yield from made_role(db, dsn, "dbml_deployer")


def denied(session: psycopg.Connection[Any], statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(statement)  # type: ignore[arg-type]


def test_an_insert_is_all_it_takes(app: psycopg.Connection[Any], db: psycopg.Connection[Any], churn: Trained) -> None:
    app.execute("insert into complaint (customer_id) values (1), (2), (1)")
    app.execute("insert into complaint (customer_id) values (3)")
    rows = profile_rows(db)
    assert rows["complaints"].head(4).tolist() == [2, 1, 1, 0]
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)


def test_the_application_sees_nothing_of_dbml(app: psycopg.Connection[Any], db: psycopg.Connection[Any]) -> None:
    relations = db.execute(
        "select format('dbml.%I', relname) from pg_class where relnamespace = 'dbml'::regnamespace and relkind in ('r', 'v')"
    ).fetchall()
    assert ("dbml.model_version",) in relations and ("dbml.model",) in relations
    for (relation,) in relations:
        denied(app, f"select * from {relation}")
        denied(app, f"delete from {relation}")
    denied(app, "select * from customer")
    denied(app, "update customer set churn_score = 0")
    denied(app, "select * from complaint")


def test_the_application_calls_nothing_of_dbml(app: psycopg.Connection[Any], db: psycopg.Connection[Any]) -> None:
    functions = db.execute(
        "select p.oid::regprocedure::text, has_function_privilege(%s, p.oid, 'execute') from pg_proc p"
        " where pronamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace)",
        [app.execute("select current_user").fetchone()[0]],  # type: ignore[index]
    ).fetchall()
    assert len(functions) > 10
    assert [name for name, may in functions if may] == []
    for call in (
        "select dbml.score('churn', '{}'::jsonb)",
        "select dbml.deploy('churn', 1)",
        "select dbml.rescore('churn')",
        "select dbml._bind(1)",
        "select dbml.rollback('churn')",
        "select dbml._start_rescore('churn', false, true, null)",
        "select dbml._walk_on(1, 10)",
        "select dbml._rescore_rows(1, 'churn', null, null, 10, 'every')",
        "select dbml_scorer.profile_1_rescore('churn', 1, null, null, 10, true, false)",
        "select dbml._record_failure(1, 'churn', 1, array['1'], '', '')",
    ):
        denied(app, call)


def test_a_trigger_function_cannot_be_borrowed(app: psycopg.Connection[Any]) -> None:
    app.execute("create temporary table mine (customer_id integer)")
    denied(
        app,
        "create trigger t after insert on mine referencing new table as inserted for each statement"
        " execute function dbml_scorer.profile_1_count_1()",
    )


def test_shadows_in_pg_temp_hijack_nothing(
    app: psycopg.Connection[Any], db: psycopg.Connection[Any], churn: Trained
) -> None:
    app.execute("create temporary table customer (id integer, complaints bigint)")
    app.execute("insert into pg_temp.customer values (1, 0)")
    app.execute("create temporary table inserted (customer_id integer)")
    app.execute("create temporary table failure (profile integer)")
    for name in ("now()", "count(bigint)", "_score_python(text, float8[], text[])", "unnest(anyarray)"):
        app.execute(
            f"create function pg_temp.{name} returns float8 language plpgsql as $$ begin raise 'hijacked as %', current_user; end $$"  # type: ignore[arg-type]
        )
    app.execute("set search_path = pg_temp, public")
    app.execute("insert into public.complaint (customer_id) values (1), (2)")
    app.execute("insert into public.complaint (customer_id) values (1)")
    assert app.execute("select complaints from pg_temp.customer").fetchone() == (0,)
    rows = profile_rows(db)
    assert rows["complaints"].head(3).tolist() == [2, 1, 0]
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)


def test_an_analyst_scores_and_does_no_more(
    analyst: psycopg.Connection[Any], db: psycopg.Connection[Any], churn: Trained
) -> None:
    rows = profile_rows(db)
    scored = analyst.execute("select dbml.score('churn', c) from customer c order by id").fetchall()
    np.testing.assert_allclose([s for (s,) in scored], churn.truth(rows), rtol=0, atol=1e-9)
    loose = """select dbml.score('churn', '{"plan": "plus", "complaints": 2, "spend": 20}'::jsonb)"""
    assert analyst.execute(loose).fetchone()
    assert analyst.execute("select name, version from dbml.model").fetchall() == [("churn", 1)]
    assert analyst.execute("select model from dbml.status").fetchall() == [("churn",)]
    denied(analyst, "select dbml.deploy('churn', 1)")
    denied(analyst, "select dbml.rescore('churn')")
    denied(analyst, "select dbml.rollback('churn')")
    denied(analyst, "select * from dbml.model_version")
    denied(analyst, "insert into dbml.deployment (model, version) values ('churn', 1)")
    denied(analyst, "select dbml._bind(1)")


def test_a_deployer_deploys_and_owns_nothing(deployer: psycopg.Connection[Any], db: psycopg.Connection[Any]) -> None:
    assert deployer.execute("select dbml.deploy('churn', 1)").fetchone() == (0,)
    assert deployer.execute("select dbml.rescore('churn')").fetchone() == (50,)
    assert dbml.rescore(deployer, "churn", every=True) == 50
    denied(deployer, "select dbml._bind(1)")
    denied(deployer, "delete from dbml.model_version")
    denied(deployer, "create function dbml.mine() returns int language sql as 'select 1'")


def test_installing_what_is_there_needs_no_rights(
    deployer: psycopg.Connection[Any], app: psycopg.Connection[Any], db: psycopg.Connection[Any]
) -> None:
    done = dbml.install(deployer)
    assert (done["changed"], done["notices"]) == (False, [])
    with pytest.raises(PermissionDenied, match="may not install dbml"):
        dbml.install(deployer, artifact_limit=100)
    with pytest.raises(PermissionDenied, match="may not install dbml"):
        dbml.install(app)
    db.execute("update dbml.setting set value = 'another release' where name = 'code'")
    with pytest.raises(PermissionDenied, match="may not install dbml"):
        dbml.install(deployer)


@pytest.mark.usefixtures("live")
def test_public_may_nothing_and_search_paths_are_pinned(db: psycopg.Connection[Any], cli: Cli) -> None:
    for step in (None, lambda: cli("deploy", "churn@1"), lambda: cli("install")):
        if step:
            step()
        public = db.execute(
            "select p.oid::regprocedure::text from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
            " where a.grantee = 0 and pronamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace)"
        ).fetchall()
        assert public == []
        loose = db.execute(
            "select p.oid::regprocedure::text, p.proconfig from pg_proc p where p.prosecdef"
            " and pronamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace)"
            " and not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)"
        ).fetchall()
        assert loose == []
        foreign = db.execute(
            "select p.oid::regprocedure::text, p.proowner::regrole::text from pg_proc p"
            " where pronamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace) and proowner <> 'dbml_owner'::regrole"
            " and p.prosecdef"
        ).fetchall()
        assert foreign == []
