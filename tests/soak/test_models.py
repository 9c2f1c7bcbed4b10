"""Models that misbehave inside the server never cost the application its statement."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import psycopg
import pytest

import dbml
from dbml import spec
from soak import shop, unruly

Db = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def importable() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dbml-unruly-", dir="/tmp") as folder:
        yield shop.importable(Path(folder))


@pytest.fixture
def serve(db: Db, importable: Path) -> Any:
    """Attach a customer table served by an unruly model."""

    def serve(fault: str, **prediction: Any) -> None:
        dbml.install(db, python_path=str(importable))
        shop.create(db, customers=20)
        estimator = unruly.Unruly(fault, seconds=0.001).fit(shop.ROWS, shop.CHURNED)
        joblib.dump(estimator, importable / f"{fault}.joblib")
        dbml.add_model(db, "churn", importable / f"{fault}.joblib", sample=shop.sample(importable), engine="python")
        dbml.attach(db, shop.profile(**prediction))
        dbml.deploy(db, "churn", 1)

    return serve


@pytest.mark.parametrize("fault", unruly.FAULTS)
def test_a_model_that_misbehaves(db: Db, serve: Any, fault: str) -> None:
    serve(fault)
    db.execute("update customer set spend = %s where id in (3, 4)", [unruly.TRIGGER])
    # Alone, among others, and in every kind of statement.
    db.execute("insert into complaint (customer_id) values (3)")
    db.execute("insert into complaint (customer_id) select 1 + g % 20 from generate_series(1, 200) g")
    db.execute("update complaint set customer_id = 3 where id % 5 = 0")
    db.execute("delete from complaint where id % 7 = 0")
    assert db.execute("select count(*) from complaint").fetchone() == (201 - 201 // 7,)
    found = {tuple(d.entity or []) for d in dbml.reconcile(db).differences}
    assert found == set()
    stale = db.execute("select entity[1]::int from dbml.failure order by 1").fetchall()
    assert stale == ([(3,), (4,)] if fault in unruly.REFUSED else [])
    # Once the row is as it was, so is everything.
    db.execute("update customer set spend = 50")
    assert db.execute("select stale from dbml.status").fetchone() == (0,)
    assert dbml.reconcile(db).differences == []
