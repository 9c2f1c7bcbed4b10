"""A row and the same values as JSON have one score, and a plan for loose values is kept."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

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
