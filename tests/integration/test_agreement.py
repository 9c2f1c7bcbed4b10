"""When two scores are the same score: one bound, in Python and in SQL, for every comparison."""

from __future__ import annotations

import itertools
import math
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn.kernel_ridge import KernelRidge

import dbml
from dbml._plpython.agreement import agree
from tests.conftest import Cli

Db = psycopg.Connection[Any]

EDGES = [0.0, 5e-324, 2.2e-308, 1e-300, 1e-12, 1e-9, 0.3, 1.0, 1000.0, 1e6, 1e8, 1e300, 1.7976931348623157e308]
OFFSETS = [Fraction(k, 10**12) * (1000 + a) for a in (0, 1) for k in (Fraction(1, 2), 1, 2)]


def scores() -> list[float | None]:
    """Refused, missing, infinite, tiny and huge scores, and such as are nearly one of them."""
    found: list[float | None] = [None, math.nan, math.inf, -math.inf]
    for edge in EDGES:
        near = {edge, edge * (1 + 5e-13), edge * (1 + 2e-12), edge * (1 - 5e-13), edge * (1 - 2e-12)}
        near |= {edge + float(offset) for offset in OFFSETS} | {edge - float(offset) for offset in OFFSETS}
        found += sorted(sign * value for value in near if math.isfinite(value) for sign in (-1.0, 1.0))
    return found


def test_both_say_the_same(db: Db) -> None:
    pairs = list(itertools.product(scores(), repeat=2))
    with db.cursor() as cursor:
        cursor.execute("create temp table pair (place serial, expected float8, answer float8)")
        with cursor.copy("copy pair (expected, answer) from stdin") as copy:
            for pair in pairs:
                copy.write_row(pair)
        cursor.execute("select dbml._agrees(expected, answer) from pair order by place")
        found = [agrees for (agrees,) in cursor.fetchall()]
    assert found == [agree(*pair) for pair in pairs]
    assert 0 < sum(found) < len(found) / 2


def test_the_bound_is_what_it_says() -> None:
    for expected, answer in itertools.product([x for x in scores() if x is not None and math.isfinite(x)], repeat=2):
        apart = abs(Fraction(expected) - Fraction(answer))
        bound = Fraction(1, 10**9) + Fraction(1, 10**12) * abs(Fraction(expected))
        # Exactly on the bound, the last digit of a double decides.
        if abs(apart - bound) > bound / 10**6:
            assert agree(expected, answer) is (apart < bound), (expected, answer)
    assert not agree(None, math.nan) and not agree(0.5, None) and agree(None, None)
    assert agree(math.nan, math.nan) and agree(math.inf, math.inf) and not agree(math.inf, -math.inf)
    assert not agree(math.inf, 1e308) and not agree(1e308, math.inf) and not agree(math.nan, 0.0)


def test_nobody_writes_the_bound_again() -> None:
    root = Path(__file__).parents[2]
    written = [
        str(file.relative_to(root))
        for folder in ("dbml", "plpython", "sql")
        for file in sorted((root / folder).rglob("*.*"))
        if file.suffix in (".py", ".sql") and "/_" not in str(file.relative_to(root))
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"<=? *[^#]*\b1e-(9|12)\b|tol\w* *= *1e-", line, re.I)
    ]
    assert written == ["sql/scorer/function/agrees.sql"]


@pytest.mark.parametrize("size", [pytest.param(1e6, marks=pytest.mark.long), 1e8])
def test_a_right_model_of_large_values_is_called_right(db: Db, cli: Cli, tmp_path: Path, size: float) -> None:
    """A row alone is summed up in another order than in a batch, which shows in the last digits."""
    random = np.random.default_rng(3)
    rows = pd.DataFrame(random.normal(size=(400, 3)), columns=["a", "b", "c"])
    fitted = KernelRidge(kernel="rbf").fit(rows, size * (1.0 + 0.1 * rows["a"] + 0.1 * random.normal(size=400)))
    joblib.dump(fitted, tmp_path / "m.joblib")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    cli("model", "add", "m", tmp_path / "m.joblib", "--sample", tmp_path / "rows.csv", "--engine", "python")
    report = dbml.verify(db, "m", 1)
    assert (report["rows"], report["differing"], report["error"]) == (200, 0, None)

    db.execute("create table subject (id integer primary key, a float8, b float8, c float8, score float8)")
    dbml.attach(db, dbml.Profile("subject", "id", [dbml.Prediction("m", "score")]))
    dbml.deploy(db, "m", 1)
    for number, row in enumerate(rows.itertuples(index=False)):  # each alone
        db.execute("insert into subject values (%s, %s, %s, %s)", [number, *row])
    stored = np.array([score for (score,) in db.execute("select score from subject order by id")])
    np.testing.assert_allclose(stored, fitted.predict(rows), rtol=1e-12, atol=1e-9)
    report = dbml.reconcile(db)
    assert (report.rows, report.differences) == (400, [])
    # And a wrong score is still found.
    with db.transaction():
        db.execute("set local session_replication_role = replica")
        db.execute("update subject set score = score * (1 + 1e-11) + 1e-8 where id = 7")
        db.execute("update subject set score = 'NaN' where id = 8")
        db.execute("update subject set score = null where id = 9")
    assert [(d.entity, d.column) for d in dbml.reconcile(db).differences] == [([str(i)], "score") for i in (7, 8, 9)]
