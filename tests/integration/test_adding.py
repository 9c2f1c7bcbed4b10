"""Adding a version: what is sent, what is locked, and what becomes of two at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest

import dbml
from dbml.scorer import engines
from tests.conftest import Cli, Trained

Db = psycopg.Connection[Any]


def add(dsn: str, trained: Trained, engine: str = "auto") -> Any:
    with psycopg.connect(dsn) as connection:
        return dbml.add_model(connection, "churn", trained.file, sample=trained.sample, engine=engine)


def test_two_at_once_of_one_artifact_are_one_version(db: Db, dsn: str, churn: Trained) -> None:
    barrier = Barrier(3)

    def one(_: int) -> Any:
        barrier.wait()
        return add(dsn, churn)

    with ThreadPoolExecutor(3) as pool:
        added = list(pool.map(one, range(3)))
    assert sorted((one.version, one.already_there) for one in added) == [(1, False), (1, True), (1, True)]
    assert db.execute("select name, version from dbml.model").fetchall() == [("churn", 1)]


def test_another_version_is_added_meanwhile(
    db: Db, dsn: str, churn: Trained, churn_2: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is not held while the estimator is looked at: whoever is quicker takes the number."""
    prepare = engines.prepare

    def overtaken(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(engines, "prepare", prepare)
        assert add(f"{dsn} options='-c statement_timeout=60s'", churn_2, "sql").version == 1
        return prepare(*arguments, **options)

    monkeypatch.setattr(engines, "prepare", overtaken)
    assert str(add(dsn, churn, "sql")) == "churn@2"
    for version in (1, 2):
        db.execute("select dbml.deploy('churn', %s)", [version])
        with pytest.raises(psycopg.Error, match=f"^churn@{version} cannot score this row"):
            db.execute("""select dbml.score('churn', '{"plan": "plus", "complaints": 1, "spend": null}'::jsonb)""")
        assert dbml.verify(db, "churn", version).differing == 0


class Counting(psycopg.Cursor[Any]):
    """Counts the bytes of files that are sent."""

    sent = 0

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        if isinstance(params, dict):
            Counting.sent += sum(
                len(value) for value in params.values() if isinstance(value, bytes) and len(value) > 64
            )
        return super().execute(query, params, **options)


def test_the_file_is_sent_once(dsn: str, churn: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counting, "sent", 0)
    with psycopg.connect(dsn, cursor_factory=Counting) as connection:
        added = dbml.add_model(connection, "churn", churn.file, sample=churn.sample)
        assert set(added.parity) == {"sql", "portable"}
    assert Counting.sent == churn.file.stat().st_size


def test_what_the_other_engines_needed_is_taken_back(db: Db, dsn: str, churn: Trained) -> None:
    assert add(dsn, churn).engine == "sql"
    kept = "select count(*) from dbml.bytecode b join dbml.model_version v using (fingerprint)"
    assert db.execute(kept).fetchone() == (0,)
    assert add(dsn, churn, "portable").already_there
    with psycopg.connect(dsn) as connection:
        dbml.add_model(connection, "other", churn.file, sample=churn.sample, engine="portable")
    assert db.execute(kept).fetchone() == (2,)  # of both: they share the fingerprint
    assert db.execute(
        "select proname from pg_proc where pronamespace = 'dbml_scorer'::regnamespace and proname like 'version%' order by 1"
    ).fetchall() == [("version_churn_1",), ("version_churn_1_kept",)]


@pytest.mark.parametrize("output, says", [("False", 'the probability of "False"'), ("value", "the predicted value")])
def test_it_is_said_what_is_scored(cli: Cli, churn: Trained, output: str, says: str) -> None:
    said = cli("model", "add", "churn", churn.file, "--sample", churn.sample, "--output", output).output
    assert f"; its score is {says}." in said and "Next: dbml deploy churn@1" in said
    said = cli("model", "add", "other", churn.file, "--sample", churn.sample).output
    assert 'its score is the probability of "True"' in said
    assert json.loads(cli("model", "show", "other@1", "--json").output)["output"]["label"] is True
