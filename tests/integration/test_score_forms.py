"""A row and the same values as JSON have one score, and a plan for loose values is kept."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

import dbml
from dbml import Prediction, Profile
from tests.conftest import Cli


@pytest.mark.parametrize("engine", ["sql"])
@pytest.mark.usefixtures("live")
def test_padding_means_nothing_in_either_form(db: psycopg.Connection[Any], cli: Cli) -> None:
    db.execute("alter table customer alter plan type char(9)")
    cli("repair")
    query = "select dbml.score('churn', c), dbml.score('churn', to_jsonb(c)), churn_score from customer c order by id"
    rows = db.execute(query).fetchall()
    assert len({row[0] for row in rows}) == 50
    for by_row, by_values, held in rows:
        assert by_row == by_values == pytest.approx(held, abs=1e-12)
    # What plain arithmetic turns away goes the careful way in this form as well.
    with pytest.raises(psycopg.Error, match="contains NaN or infinity"):
        db.execute("""select dbml.score('churn', '{"plan": "plus", "complaints": 1, "spend": "NaN"}'::jsonb)""")
    huge = """select dbml.score('churn', '{"plan": "plus", "complaints": 1, "spend": 1e300}'::jsonb)"""
    assert db.execute(huge).fetchone() in ((0.0,), (1.0,))


@pytest.mark.parametrize("engine", ["sql"])
@pytest.mark.usefixtures("live")
def test_the_plan_of_a_single_score_is_kept(db: psycopg.Connection[Any]) -> None:
    one = """select dbml.score('churn', '{"plan": "plus", "complaints": 1, "spend": 20}'::jsonb)"""
    with db.transaction():
        db.execute("set local track_functions = 'pl'")
        assert db.execute(one).fetchone() == db.execute(one).fetchone()
        # PL/pgSQL keeps the plan of its expressions; the careful way is a function without one.
        called = db.execute("select funcname, calls from pg_stat_xact_user_functions where funcname like 'version%'")
        assert called.fetchall() == [("version_churn_1_kept", 2)]


@pytest.mark.parametrize("engine", ["sql"])
@pytest.mark.usefixtures("live")
def test_rows_of_a_query(db: psycopg.Connection[Any]) -> None:
    """Whatever else is attached, and by whichever columns the query has."""
    db.execute(
        "create table lead (like customer, note text, primary key (id)); insert into lead select *, 'x' from customer"
    )
    attached = Prediction("churn", "churn_score", features={"complaints": "complaints + 1"})
    dbml.attach(db, Profile("lead", "id", [attached]))
    query = "with t as (select * from {}) select (select dbml.score('churn', c) from {} c where c.id = t.id), {} from t"
    for table, form in (("customer", "t"), ("lead", "t"), ("lead", "t::lead")):
        scored = db.execute(query.format(table, table, f"dbml.score('churn', {form})")).fetchall()
        assert len(scored) == 50
        assert all(one is not None and one == other for one, other in scored)
    # By its features alone; and a sentence where one is lacking.
    loose = (
        "select c.churn_score, dbml.score('churn', t) from customer c, lateral (select plan, spend, complaints {}) t"
    )
    assert all(
        held == pytest.approx(found, abs=1e-12) for held, found in db.execute(loose.format(", 1 as one")).fetchall()
    )
    with pytest.raises(psycopg.Error, match="feature spend of model 'churn' is missing"):
        db.execute(loose.replace("spend, ", "").format(""))
    db.execute("create table other (like customer, primary key (id)); insert into other select * from customer")
    dbml.attach(db, Profile("other", "id", [Prediction("churn", "churn_score")]))
    with pytest.raises(psycopg.Error, match="may be one of public.customer and public.other") as refused:
        db.execute("with t as (select * from other) select dbml.score('churn', t) from t")
    assert "t::public.customer" in str(refused.value.diag.message_hint)


@pytest.mark.parametrize("engine", ["sql"])
@pytest.mark.usefixtures("live")
def test_rows_of_a_partition(db: psycopg.Connection[Any]) -> None:
    """They need a cast: a function of the partition's row type would keep others from dropping it."""
    db.execute(
        "create table lead (like customer, primary key (id)) partition by range (id);"
        "create table lead_1 partition of lead default; insert into lead select * from customer"
    )
    dbml.attach(db, Profile("lead", "id", [Prediction("churn", "churn_score")]))
    with pytest.raises(psycopg.errors.AmbiguousFunction):
        db.execute("select dbml.score('churn', t) from lead_1 t")
    held = db.execute("select churn_score from lead order by id").fetchall()
    assert db.execute("select dbml.score('churn', t::lead) from lead_1 t order by id").fetchall() == held
    assert db.execute("select score from dbml.scores('churn', 'select * from lead_1 order by id')").fetchall() == held
    db.execute("drop table lead_1")
