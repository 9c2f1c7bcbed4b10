"""Each command as each role: what it may do works without a right on any table, the rest is refused in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.conftest import Cli, Trained, profile_rows
from tests.integration.test_roles import made_role

ROLES = {
    "deployer": ["dbml_deployer"],
    "analyst": ["dbml_analyst"],
    "application": ["insert on complaint"],
}


@pytest.fixture
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def as_role(db: psycopg.Connection[Any], dsn: str, live: None, role: str) -> Iterator[str]:
    """A DSN for sessions of a new role with these rights."""
    for session in made_role(db, dsn, *ROLES[role]):
        name = session.execute("select current_user").fetchone()[0]  # type: ignore[index]
        yield make_conninfo(dsn, options=f"-c role={name}")


# Command → who may run it, in an order in which each can. FILE is churn's second version, SPEC the spec.
EVERYBODY = {"deployer", "analyst"}
COMMANDS = {
    "model list": EVERYBODY,
    "model list churn": EVERYBODY,
    "model show churn@1": EVERYBODY,
    "status": EVERYBODY,
    "model add churn FILE --sample ROWS": {"deployer"},
    "model add churn FILE --sample ROWS --note again": {"deployer"},
    "model add by_plan FILE --sample ROWS --engine portable": {"deployer"},
    "model verify churn@1": {"deployer"},
    "model verify churn@2": {"deployer"},
    "model diff churn@1 churn@2": {"deployer"},
    "model remove by_plan@1": {"deployer"},
    "deploy churn@2 --note better": {"deployer"},
    "rescore churn": {"deployer"},
    "rescore churn --all": {"deployer"},
    "rescore churn --stale": {"deployer"},
    "rescore --due": {"deployer"},
    "rollback churn": {"deployer"},
    "model export churn@1 -o OUT": set(),
    "reconcile": set(),
    "reconcile customer --repair": set(),
    "attach SPEC": set(),
    "attach SPEC --online": set(),
    "detach customer": set(),
    "install": EVERYBODY,  # there is nothing to do
    "install --artifact-limit 1": set(),
    "uninstall": set(),
}


@pytest.mark.parametrize("role", ROLES, indirect=True)
def test_commands(
    role: str, as_role: str, cli: Cli, db: psycopg.Connection[Any], churn: Trained, churn_2: Trained, spec_file: Path
) -> None:
    files = {"FILE": churn_2.file, "ROWS": churn_2.sample, "SPEC": spec_file, "OUT": spec_file.with_name("out")}
    if role != "deployer":  # so that it is the right that is lacking
        cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    for command, allowed in COMMANDS.items():
        words = [str(files.get(word, word)) for word in command.split()]
        result = cli(*words, exit_code=0 if role in allowed else 1, dsn=as_role)
        if role not in allowed:
            first, hint, *rest = result.output.strip().splitlines()
            assert first.startswith(("dbml: permission denied for", "dbml: role ")) and not rest, command
            assert "dbml_owner" in hint or "superuser" in hint, command
    rows = profile_rows(db)
    # The deployer rescored by version 2, and rolled back; the rows keep those scores.
    truth = (churn_2 if role == "deployer" else churn).truth(rows)
    np.testing.assert_allclose(rows["churn_score"], truth, rtol=0, atol=1e-9)
    history = db.execute("select version, note from dbml.deployment_history order by deployed_at").fetchall()
    assert history == ([(1, None), (2, "better"), (1, None)] if role == "deployer" else [(1, None)])
    assert not files["OUT"].exists()


@pytest.mark.parametrize("role", ["application"], indirect=True)
def test_a_migration_of_an_application_meets_no_closed_door(
    as_role: str, dsn: str, db: psycopg.Connection[Any]
) -> None:
    """Alembic's guard on columns asks by the catalog alone: the application may own tables and see nothing of dbml."""
    from dbml.alembic import usage

    with psycopg.connect(as_role) as connection:
        usage.refuse_lost_column(connection, None, "complaint", "severity")
