"""Models that misbehave inside the server never cost the application its statement."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import psycopg
import pytest

import dbml
from soak import figures, shop, unruly

Db = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def importable() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dbml-unruly-", dir="/tmp") as folder:
        yield shop.importable(Path(folder))


def add(db: Db, folder: Path, fault: str, **parameters: Any) -> int:
    """Store an unruly estimator; returns its version."""
    file = folder / f"{fault}.joblib"
    joblib.dump(unruly.Unruly(fault, **parameters).fit(shop.ROWS, shop.CHURNED), file)
    return dbml.add_model(db, "churn", file, sample=shop.sample(folder), engine="python").version


@pytest.fixture
def served(db: Db, importable: Path) -> int:
    """20 customers served by a model that behaves."""
    dbml.install(db, python_path=str(importable))
    shop.create(db, customers=20)
    version = add(db, importable, "none")
    dbml.attach(db, shop.profile())
    dbml.deploy(db, "churn", version)
    dbml.rescore(db, "churn")
    return version


def test_models_that_misbehave(db: Db, served: int, importable: Path) -> None:
    for fault in unruly.FAULTS:
        before = db.execute("select count(*) from visit").fetchone()
        version = add(db, importable, fault, seconds=0.001)
        dbml.deploy(db, "churn", version)
        db.execute("update customer set spend = %s where id in (3, 4)", [unruly.TRIGGER])
        # Alone, among others, and in every kind of statement.
        db.execute("insert into visit (customer_id) values (3)")
        db.execute("insert into visit (customer_id, minutes) select 1 + g % 20, g from generate_series(1, 60) g")
        db.execute("update visit set customer_id = 3 where minutes = 50")
        db.execute("delete from visit where minutes between 30 and 60")
        assert db.execute("select count(*) - 30 from visit").fetchone() == before, fault
        assert dbml.reconcile(db).differences == [], fault
        stale = db.execute("select entity[1]::int from dbml.failure order by 1").fetchall()
        assert stale == ([(3,), (4,)] if fault in unruly.REFUSED else []), fault
        # Once the row is as it was, so is everything.
        db.execute("update customer set spend = 50 where id in (3, 4)")
        assert db.execute("select stale from dbml.status").fetchone() == (0,), fault
        assert dbml.reconcile(db).differences == [], fault


def test_a_feature_that_cannot_be_computed(db: Db, served: int) -> None:
    """In a statement of many rows as in one of its own."""
    dbml.detach(db, "customer")
    features = {"spend": "spend / (complaints - 2)"}
    dbml.attach(db, shop.profile(features=features))
    db.execute("insert into complaint (customer_id) select 1 + g % 20 from generate_series(1, 40) g")
    assert db.execute("select distinct complaints from customer").fetchall() == [(2,)]
    assert db.execute("select stale from dbml.status").fetchone() == (20,)
    db.execute("insert into complaint (customer_id) select 1 + g % 20 from generate_series(1, 20) g")
    assert db.execute("select stale from dbml.status").fetchone() == (0,)
    assert dbml.reconcile(db).differences == []


def test_a_slow_model_gets_few_rows_at_once(db: Db, dsn: str, served: int, importable: Path) -> None:
    """A cancelled statement ends between two calls of the estimator, so no call may take long."""
    with tempfile.TemporaryDirectory(prefix="dbml-log-", dir="/tmp") as folder:
        Path(folder).chmod(0o777)
        log = Path(folder) / "calls"
        dbml.deploy(db, "churn", add(db, importable, "sleep", seconds=0.01, log=str(log)))
        db.execute("update customer set spend = %s", [unruly.TRIGGER])
        db.execute("insert into customer (id, spend) select g, %s from generate_series(21, 220) g", [unruly.TRIGGER])
        log.unlink()
        with psycopg.connect(dsn, autocommit=True) as session:  # one that has not timed the model
            session.execute("insert into complaint (customer_id) select id from customer")
            calls = [int(line) for line in log.read_text().split()]
            assert sum(calls) == 220
            # At 0.01 s a row or more, no more than ten rows take 0.1 s.
            assert max(calls[1:]) <= 10
            log.unlink()
            session.execute("begin")
            session.execute("set local statement_timeout = '300ms'")
            with pytest.raises(psycopg.errors.QueryCanceled):
                session.execute("insert into complaint (customer_id) select id from customer")
            session.execute("rollback")
            # Stopped on the way: 220 rows take 2.2 s at least.
            assert sum(int(line) for line in log.read_text().split()) < 220
    assert db.execute("select count(*) from complaint").fetchone() == (220,)
    assert db.execute("select distinct complaints from customer").fetchall() == [(1,)]


def test_transaction_ids_of_a_statement(db: Db, served: int, importable: Path) -> None:
    """However many rows it has, and however many of them cannot be scored."""
    dbml.deploy(db, "churn", add(db, importable, "raise"))
    db.execute("update customer set spend = %s where id %% 5 = 3", [unruly.TRIGGER])
    used = figures.transaction_ids(db, customers=20)
    assert used and max(used.values()) <= 4, used
