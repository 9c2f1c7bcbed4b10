"""Everything that dbml generates for eight attachments, as the server's catalog has it: ``tests/snapshots/*.sql``.

To accept a change, run ``DBML_UPDATE_SNAPSHOTS=1 pytest tests/integration/test_snapshots.py`` and commit the files.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import dbml
from dbml import Counter, Event, Prediction, Profile

Db = psycopg.Connection[Any]
SNAPSHOTS = Path(__file__).parents[1] / "snapshots"
ACCEPT = "DBML_UPDATE_SNAPSHOTS=1 pytest tests/integration/test_snapshots.py"

OBJECTS = """
select pg_get_triggerdef(t.oid, true) || ';' || E'\n'
       || coalesce(format('comment on trigger %I on %s is %L;', t.tgname, t.tgrelid::regclass,
                          obj_description(t.oid, 'pg_trigger')) || E'\n', '') as text
  from pg_trigger t
 where t.tgfoid in (select p.oid from pg_proc p where p.pronamespace = 'dbml_scorer'::regnamespace)
   and t.tgparentid = 0
 union all
select pg_get_functiondef(p.oid) || ';' || E'\n'
       || coalesce(format('comment on function %s is %L;', p.oid::regprocedure, obj_description(p.oid, 'pg_proc'))
                   || E'\n', '')
       || coalesce((select string_agg(format('grant %s on function %s to %s;', lower(a.privilege_type), p.oid::regprocedure,
                                             coalesce(nullif(a.grantee, 0)::regrole::text, 'public')) || E'\n', '' order by 1)
                      from aclexplode(p.proacl) a where a.grantee <> p.proowner), '')
  from pg_proc p
 where p.pronamespace = 'dbml_scorer'::regnamespace
    or p.oid::regprocedure::text ~ '^dbml\\.score\\(text,(?!jsonb|record|text)'
"""


def generated(db: Db) -> str:
    """The triggers and the functions that dbml has generated, in order, with what differs at each run left out."""
    texts = sorted(text for (text,) in db.execute(OBJECTS))
    whole = "\n".join(texts)
    for version, fingerprint in enumerate(
        db.execute("select fingerprint from dbml.model_version order by model").fetchall()
    ):
        whole = whole.replace(fingerprint[0], f"<fingerprint {version + 1}>")
    whole = re.sub(r"'\d+(?='+(?:::pg_catalog\.oid|::pg_catalog\.regclass|::oid))", "'<table>", whole)
    return re.sub(r" +\n", "\n", re.sub(r"[0-9a-f]{32}", "<seal>", whole))


def add(db: Db, tmp_path: Path, name: str, estimator: Any, features: list[str], engine: str) -> None:
    """A model whose coefficients are round figures."""
    rows = pd.DataFrame(np.arange(20.0).reshape(-1, 1) + np.arange(len(features)), columns=features)
    estimator.fit(rows, np.arange(20) > 9)
    if isinstance(estimator, LogisticRegression):
        estimator.coef_ = np.array([[0.5, 0.25, 0.125][: len(features)]])
        estimator.intercept_ = np.array([-2.0])
    joblib.dump(estimator, tmp_path / "model.joblib")
    dbml.add_model(db, name, tmp_path / "model.joblib", sample=rows, engine=engine)
    dbml.deploy(db, name, 1)


CUSTOMER = (
    "create table customer (id integer primary key, complaints bigint not null default 0, spend double precision,"
    " churn_score double precision); insert into customer (id) values (1), (2);"
)
COMPLAINT = (
    "create table complaint (id bigint primary key, customer_id integer not null references customer);"
    " create index on complaint (customer_id);"
)
COUNTED = [Event("complaint", "customer_id", {"complaints": "count(*)"})]


def one_counter(db: Db, tmp_path: Path) -> None:
    db.execute(CUSTOMER + COMPLAINT)  # type: ignore[arg-type]
    add(db, tmp_path, "churn", LogisticRegression(), ["complaints", "spend"], "sql")
    dbml.attach(db, Profile("customer", "id", [Prediction("churn", "churn_score")], COUNTED))


def half_attached(db: Db, tmp_path: Path) -> None:
    """Online, interrupted after the first batch; and no model serves yet."""
    db.execute(CUSTOMER + COMPLAINT)  # type: ignore[arg-type]
    db.execute("select dbml.trust_key(1)") if False else None  # type: ignore[func-returns-value]
    add(db, tmp_path, "churn", LogisticRegression(), ["complaints", "spend"], "sql")
    db.execute("delete from dbml.deployment")

    def interrupt(table: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dbml.attach_online(
            db, Profile("customer", "id", [Prediction("churn", "churn_score")], COUNTED), progress=interrupt
        )


def portable(db: Db, tmp_path: Path) -> None:
    db.execute(CUSTOMER)
    add(db, tmp_path, "churn", DecisionTreeClassifier(max_depth=1), ["complaints", "spend"], "portable")
    dbml.attach(db, Profile("customer", "id", [Prediction("churn", "churn_score")], []))


def python(db: Db, tmp_path: Path) -> None:
    db.execute(CUSTOMER)
    add(db, tmp_path, "churn", LogisticRegression(), ["complaints", "spend"], "python")
    dbml.attach(db, Profile("customer", "id", [Prediction("churn", "churn_score")], []))


def many_counters(db: Db, tmp_path: Path) -> None:
    """Two events without a foreign key, counters of every kind, and no prediction."""
    db.execute(
        "create table owner (id integer primary key, items bigint not null default 0, large bigint not null default 0,"
        " total numeric, cheapest numeric, latest text, recent bigint not null default 0, last_visit timestamptz);"
        "create table item (id bigint primary key, owner integer, price numeric, note text, at timestamptz);"
        "create table visit (id bigint primary key, owner integer, at timestamptz);"
    )
    recent = Counter("count(*)", over="30 days", at="at")
    bought = {
        "items": "count(*)",
        "large": "count(*) filter (where price >= 100)",
        "total": "sum(price)",
        "cheapest": "min(price)",
    }
    dbml.attach(
        db,
        Profile(
            "owner",
            "id",
            [],
            [
                Event("item", "owner", bought),
                Event("visit", "owner", {"recent": recent, "last_visit": "max(at)"}),
            ],
        ),
    )


def composite_key(db: Db, tmp_path: Path) -> None:
    """A key of two columns, and a profile in partitions."""
    db.execute(
        "create table account (region text, number integer, transfers bigint not null default 0, primary key (region, number))"
        " partition by list (region); create table account_eu partition of account for values in ('eu');"
        "create table transfer (id bigint primary key, region text, account integer,"
        " foreign key (region, account) references account);"
    )
    dbml.attach(
        db,
        Profile(
            "account", ["region", "number"], [], [Event("transfer", ["region", "account"], {"transfers": "count(*)"})]
        ),
    )


def two_models(db: Db, tmp_path: Path) -> None:
    """One that clears a score which it cannot compute, one that fails the statement."""
    db.execute(CUSTOMER)
    db.execute(
        "alter table customer add churn_version integer, add churn_scored_at timestamptz, add value double precision"
    )
    add(db, tmp_path, "churn", LogisticRegression(), ["spend"], "sql")
    add(db, tmp_path, "value", DecisionTreeClassifier(max_depth=1), ["complaints"], "portable")
    churn = Prediction(
        "churn", "churn_score", version_column="churn_version", scored_at_column="churn_scored_at", on_error="null"
    )
    dbml.attach(db, Profile("customer", "id", [churn, Prediction("value", "value", on_error="raise")], []))


def expressions(db: Db, tmp_path: Path) -> None:
    """Features that are expressions, a generated column, and CHECKs on what dbml writes."""
    db.execute(CUSTOMER + COMPLAINT)  # type: ignore[arg-type]
    db.execute(
        "alter table customer add joined date, add doubled double precision generated always as (spend * 2) stored,"
        " add constraint few check (complaints < 1000), add constraint likely check (churn_score between 0 and 1)"
    )
    add(db, tmp_path, "churn", LogisticRegression(), ["complaints", "doubled", "tenure"], "sql")
    churn = Prediction("churn", "churn_score", features={"tenure": "current_date - joined"})
    dbml.attach(db, Profile("customer", "id", [churn], COUNTED))


ATTACHMENTS: list[Callable[[Db, Path], None]] = [
    one_counter,
    half_attached,
    portable,
    python,
    many_counters,
    composite_key,
    two_models,
    expressions,
]


@pytest.mark.parametrize("attachment", ATTACHMENTS, ids=lambda a: a.__name__)
def test_what_is_generated(db: Db, tmp_path: Path, attachment: Callable[[Db, Path], None]) -> None:
    attachment(db, tmp_path)
    file = SNAPSHOTS / f"{attachment.__name__}.sql"
    # What PostgreSQL 18 alone is asked.
    found = generated(db).replace(" and f.conenforced", "")
    if os.environ.get("DBML_UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        file.write_text(found, encoding="utf-8")
    held = file.read_text(encoding="utf-8") if file.exists() else ""
    difference = "\n".join(
        difflib.unified_diff(held.splitlines(), found.splitlines(), str(file), "generated", lineterm="")
    )
    assert found == held, f"What is generated has changed. Read the difference; to accept it: {ACCEPT}\n{difference}"
