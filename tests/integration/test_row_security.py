"""Row-level security: counters are true for every tenant, and no tenant learns anything of another's rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import dbml
from dbml.errors import ProfileError
from tests.conftest import SPEC, Cli, Trained, profile_rows
from tests.integration.test_roles import made_role

SECRET = "secret of b"
POLICIES = """
alter table customer add tenant text not null default 'a', add check (complaints < 5);
update customer set tenant = case when id % 2 = 0 then 'b' else 'a' end;
alter table complaint add tenant text default current_setting('app.tenant', true);
alter table customer enable row level security, force row level security;
alter table complaint enable row level security, force row level security;
create policy own on customer using (tenant = current_setting('app.tenant', true));
create policy own on complaint using (tenant = current_setting('app.tenant', true));
"""


@pytest.fixture
def strict(churn: Trained, tmp_path: Path) -> Path:
    """A model that refuses plans which it has not seen, naming them."""
    encoder = OneHotEncoder(handle_unknown="error")
    estimator = make_pipeline(
        make_column_transformer((encoder, ["plan"]), (StandardScaler(), ["complaints", "spend"])), LogisticRegression()
    ).fit(churn.rows, churn.rows["complaints"] > 4)
    joblib.dump(estimator, tmp_path / "strict.joblib")
    return tmp_path / "strict.joblib"


@pytest.fixture
def tenant(db: psycopg.Connection[Any], dsn: str, live: None) -> Iterator[psycopg.Connection[Any]]:
    """Tenant a: an analyst who may read customers and insert complaints, and sees of both what is its own."""
    db.execute(POLICIES)
    db.execute("select dbml.rescore('churn')")  # sees the new CHECK
    for session in made_role(db, dsn, "dbml_analyst", "select on customer", "insert, select, delete on complaint"):
        session.execute("set app.tenant = 'a'")
        # Everything that the server would ever tell a client.
        session.execute("set client_min_messages = debug1")
        yield session


def told(session: psycopg.Connection[Any], statement: str) -> tuple[str | None, str]:
    """Run a statement: its SQLSTATE, and everything that came back, notices and all fields of the error."""
    heard: list[str] = []

    def hear(diag: psycopg.errors.Diagnostic) -> None:
        heard.extend(str(getattr(diag, field)) for field in dir(diag) if not field.startswith("_"))

    session.add_notice_handler(hear)
    try:
        rows = session.execute(statement)  # type: ignore[arg-type]
        return None, "\n".join([*heard, *(str(row) for row in (rows.fetchall() if rows.description else []))])
    except psycopg.Error as error:
        hear(error.diag)
        return error.sqlstate, "\n".join(heard)
    finally:
        session.remove_notice_handler(hear)


@pytest.mark.parametrize("engine", ["sql", "portable", "python"])
def test_a_tenant_scores_and_moves_what_is_its_own(
    tenant: psycopg.Connection[Any], db: psycopg.Connection[Any], churn: Trained
) -> None:
    before = profile_rows(db)
    scored = tenant.execute("select id, dbml.score('churn', c) from customer c order by id").fetchall()
    assert [row[0] for row in scored] == list(range(1, 51, 2))
    np.testing.assert_allclose([row[1] for row in scored], churn.truth(before)[::2], rtol=0, atol=1e-9)
    assert tenant.execute("select count(*) from customer c where dbml.score('churn', c) >= 0").fetchone() == (25,)

    tenant.execute("insert into complaint (customer_id) select id from customer union all select 1")
    # Another tenant's customer: only the policy on complaint has a say in whether it may be inserted. It counts.
    tenant.execute("insert into complaint (customer_id) values (2), (2)")
    tenant.execute("delete from complaint where customer_id in (3, 4)")
    rows = profile_rows(db)
    assert rows["complaints"].tolist() == [2, 2, 0] + [i % 2 for i in range(4, 51)]
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)
    assert tenant.execute("select sum(complaints) from customer").fetchone() == (25,)
    assert tenant.execute("select count(*) from complaint").fetchone() == (27,)


@pytest.mark.parametrize("on_error", ["keep", "raise"])
@pytest.mark.parametrize("engine", ["portable", "python"])
def test_what_fails_on_another_row_tells_nothing_of_it(
    tenant: psycopg.Connection[Any],
    db: psycopg.Connection[Any],
    dsn: str,
    cli: Cli,
    strict: Path,
    churn: Trained,
    spec_file: Path,
    engine: str,
    on_error: str,
) -> None:
    cli("model", "add", "strict", strict, "--sample", churn.sample, "--engine", engine)
    cli("deploy", "strict@1")
    cli("detach", "customer")
    extra = f'[[prediction]]\nmodel = "strict"\ncolumn = "strict_score"\non_error = "{on_error}"\n'
    spec_file.write_text(SPEC.replace("[[event]]", f"{extra}\n[[event]]"))
    cli("attach", spec_file, "--add-columns")
    db.execute("set session_replication_role = replica")
    db.execute("update customer set plan = %s where id = 2", [SECRET])
    db.execute("reset session_replication_role")

    state, heard = told(tenant, "insert into complaint (customer_id) values (2), (1)")
    assert state == (None if on_error == "keep" else "DB013")
    if on_error == "raise":
        assert "strict@1 cannot score" in heard
    views = [told(tenant, f"select * from dbml.{view}") for view in ("status", "deployment_history", "model")]
    scores = told(tenant, "select dbml.score('strict', c) from customer c")
    assert [state for state, _ in [*views, scores]] == [None] * 4
    for said in (scores[1], *(text for _, text in views)):
        assert SECRET not in said and "unknown categor" not in said
    # What the plan says is the same for every row; what the estimator says may be the row itself.
    assert SECRET not in heard and ("unknown categor" in heard) == (engine == "portable" and on_error == "raise")
    for table in ("failure", "model_version", "profile", "deployment"):
        assert told(tenant, f"select * from dbml.{table}")[0] == "42501"
    if on_error == "keep":
        assert "DB013" in views[0][1]
        # Who may read every row reads the reason.
        assert "unknown categories" in str(
            db.execute("select last_failure from dbml.status where model = 'strict'").fetchone()
        )
        assert profile_rows(db)["complaints"].head(2).tolist() == [1, 1]


def test_a_violated_check_does_not_show_the_row(tenant: psycopg.Connection[Any], db: psycopg.Connection[Any]) -> None:
    db.execute("update customer set plan = %s where id = 2", [SECRET])
    for statement in (
        "insert into complaint (customer_id) select 2 from generate_series(1, 5)",
        "insert into complaint (customer_id) values (1), (2), (2), (2), (2), (2)",
    ):
        state, heard = told(tenant, statement)
        assert state == "23514" and "customer_complaints_check" in heard
        assert SECRET not in heard and "Failing row" not in heard
    assert profile_rows(db)["complaints"].sum() == 0
    # And no longer once the constraint is gone.
    db.execute("alter table customer drop constraint customer_complaints_check")
    assert told(tenant, "insert into complaint (customer_id) select 2 from generate_series(1, 5)")[0] is None


def test_where_rows_would_be_hidden_nothing_is_attached(without_plpython: str, churn: Trained) -> None:
    """Only a superuser lets dbml_owner bypass policies: without one, counters would leave out what policies hide."""
    role = sql.Identifier("dbml_test_manager")
    with psycopg.connect(without_plpython, autocommit=True) as admin:
        admin.execute(sql.SQL("create role {} login createrole").format(role))
        admin.execute(
            sql.SQL("grant create on database dbml_test to {0}; grant all on schema public to {0}").format(role)
        )
        try:
            with psycopg.connect(make_conninfo(without_plpython, user="dbml_test_manager")) as connection:
                dbml.install(connection)
                dbml.add_model(connection, "churn", churn.file, sample=churn.sample)
                connection.execute(
                    "create table customer (id int primary key, plan text, complaints bigint not null default 0, spend float8);"
                    "create table complaint (customer_id int);"
                    "alter table complaint enable row level security"
                )
                spec = dbml.Profile(
                    "customer", "id", [dbml.Prediction("churn", "score")],
                    [dbml.Event("complaint", "customer_id", {"complaints": "count(*)"})],
                )  # fmt: skip
                with pytest.raises(
                    ProfileError, match="row-level security on public.complaint would hide rows"
                ) as caught:
                    dbml.attach(connection, spec, add_columns=True)
                assert "alter role dbml_owner bypassrls" in str(caught.value.hint)
                connection.execute("alter table complaint disable row level security")
                dbml.attach(connection, spec, add_columns=True)
                dbml.detach(connection, "customer")
                connection.rollback()
        finally:
            admin.execute("drop role if exists dbml_owner, dbml_deployer, dbml_analyst")
            admin.execute(sql.SQL("drop owned by {0}; drop role {0}").format(role))
