"""Settings by which PostgreSQL shows its plans, constants and all, show no row that their role may not read."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

import dbml
from dbml import Event, Prediction, Profile
from tests.conftest import Trained
from tests.integration.test_roles import made_role

Db = psycopg.Connection[Any]
SECRET = "salamander"
# As a plan shows the constant: its bytes.
SHOWN = " ".join(str(byte) for byte in SECRET.encode())
SETTINGS = ("client_min_messages = debug5", "debug_print_plan = on", "debug_print_parse = on", "debug_print_rewritten = on",
            "plan_cache_mode = force_custom_plan")  # fmt: skip


@pytest.fixture
def secrets(db: Db, churn: Trained, tables: None) -> None:
    db.execute("alter table customer add remark text default 'salamander', add mean numeric, add latest numeric")
    for engine in ("portable", "python"):
        dbml.add_model(db, engine, churn.file, sample=churn.sample, engine=engine)
        dbml.deploy(db, engine, 1)
    counters = {"complaints": "count(*)", "mean": "avg(amount)", "latest": "last(amount order by created_at)"}
    predictions = [Prediction("portable", "churn_score"), Prediction("python", "second")]
    profile = Profile("customer", "id", predictions, [Event("complaint", "customer_id", counters)])
    dbml.attach(db, profile, add_columns=True, backfill=True)


def told(role: Db, *statements: str) -> list[str]:
    """What the server tells this client while it does this and takes it back."""
    found: list[str] = []
    for setting in SETTINGS:
        role.execute(f"set {setting}")  # type: ignore[arg-type]
    role.add_notice_handler(lambda said: found.append(f"{said.message_primary} {said.message_detail}"))
    with role.transaction(force_rollback=True):
        for statement in statements:
            role.execute(statement)  # type: ignore[arg-type]
    assert any("PLANNEDSTMT" in text for text in found), "the settings do nothing"
    return found


@pytest.mark.usefixtures("secrets")
def test_no_plan_of_dbml_is_shown(db: Db, dsn: str) -> None:
    spied: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "an application": (
            ("insert on complaint",),
            ("insert into complaint (customer_id, amount) values (7, 3)",
             "insert into complaint (customer_id, amount) select i, 2 from generate_series(1, 20) i"),
        ),
        "an analyst": (
            ("dbml_analyst", "select (id, plan, complaints, spend) on customer"),
            ("select * from dbml.model", "select dbml._score_ahead(v.fingerprint, 'portable', '{1,2}', '{new}', 1, array[i::text])"
             " from dbml.model v, generate_series(1, 20) i where v.name = 'portable'"),
        ),
        "a deployer": (
            ("dbml_deployer",),
            ("select dbml.rescore('portable')", "select dbml.deploy('portable', 1)",
             "select dbml._walk_on(w.walk, 100) from dbml._start_rescore('portable', false, true, null) w"),
        ),
    }  # fmt: skip
    for who, (rights, statements) in spied.items():
        for role in made_role(db, dsn, *rights):
            assert not [text for text in told(role, *statements) if SHOWN in text], who


@pytest.mark.usefixtures("secrets")
def test_every_function_with_its_owners_rights_pins_what_it_tells(db: Db) -> None:
    unpinned = db.execute(
        "select p.oid::regprocedure::text from pg_proc p"
        " where p.pronamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace) and p.prosecdef"
        "   and not coalesce(p.proconfig && '{client_min_messages=notice,client_min_messages=warning}', false)"
    ).fetchall()
    assert unpinned == []
