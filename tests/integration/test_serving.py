"""Which version serves: one relation, and what follows from it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

import dbml
from tests.conftest import Cli, Trained

Db = psycopg.Connection[Any]

SERVING = "select model, version, arm, strategy, share from dbml.serving order by model"


@pytest.fixture
def engine() -> str:
    return "portable"


@pytest.fixture
def both(cli: Cli, live: None, churn_2: Trained, engine: str) -> None:
    """churn@1 serves, churn@2 is there."""
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample, "--engine", engine)


@pytest.mark.usefixtures("both")
def test_one_row_for_each_model_that_serves(db: Db, cli: Cli, churn: Trained) -> None:
    cli("model", "add", "other", churn.file, "--sample", churn.sample)
    assert db.execute(SERVING).fetchall() == [("churn", 1, "control", "recreate", 100)]
    acts = (
        ("select dbml.deploy('churn', 2)", 2),
        ("select dbml.deploy('churn', 2, 'once more')", 2),
        ("select dbml.rollback('churn')", 1),
        ("select dbml._undeploy('churn', 1, 'back', false)", 2),
    )
    for act, version in acts:
        db.execute(act)  # type: ignore[arg-type]
        assert db.execute(SERVING).fetchall() == [("churn", version, "control", "recreate", 100)], act
        newest = db.execute("select version, deployed_at, deployed_by from dbml.deployment order by id desc").fetchone()
        assert db.execute("select version, since, session_user::text from dbml.serving").fetchone() == newest
        assert db.execute("select version, deployed_at, deployed_by from dbml.status").fetchone() == newest
        assert [row["version"] for row in dbml.versions(db, "churn") if row["deployed"]] == [version]


@pytest.mark.usefixtures("both")
def test_nothing_serves_before_a_first_deployment_and_after_it_is_taken_back(db: Db, cli: Cli, churn: Trained) -> None:
    db.execute("select dbml._undeploy('churn', 1, 'back', true)")
    assert db.execute(SERVING).fetchall() == []
    assert db.execute("select version, deployed_at from dbml.status").fetchall() == [(None, None)]
    assert "no deployed version" in cli("rescore", "churn", exit_code=1).output
    assert "no deployed version" in cli("rollback", "churn", exit_code=1).output
    with pytest.raises(psycopg.Error, match="no deployed version") as refused:
        db.execute("""select dbml.score('churn', '{"plan": "plus", "complaints": 2, "spend": 20}'::jsonb)""")
    assert refused.value.sqlstate == "DB005"
    # Nothing served since, and the one before that is what a rollback goes back to.
    db.execute("select dbml.deploy('churn', 2)")
    assert db.execute("select dbml.rollback('churn')").fetchone() == (1,)


@pytest.mark.usefixtures("both")
def test_an_analyst_reads_it(db: Db) -> None:
    db.execute("set role dbml_analyst")
    assert db.execute(SERVING).fetchall() == [("churn", 1, "control", "recreate", 100)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("select * from dbml.deployment")


@pytest.mark.usefixtures("both")
def test_what_serves_is_compiled(db: Db, cli: Cli) -> None:
    """Code that another dbml compiled is thrown away at an upgrade; a version that comes back is compiled then."""
    compiled = "select v.version from dbml.bytecode b join dbml.model_version v using (fingerprint) order by v.version"
    db.execute("select dbml.deploy('churn', 2)")
    assert db.execute(compiled).fetchall() == [(1,), (2,)]
    db.execute("update dbml.setting set value = 'older' where name = 'code'")
    cli("install")
    assert db.execute(compiled).fetchall() == [(2,)]
    cli("rollback", "churn")
    assert db.execute(compiled).fetchall() == [(1,), (2,)]
