"""Two tenants by search_path in one database: each runs its own migrations, and neither's undo touches the other."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.util import CommandError
from psycopg.conninfo import make_conninfo

from tests.application import Application, truth
from tests.conftest import Databases
from tests.integration.test_example import DATA, SCORES
from tests.integration.test_install import left


@pytest.fixture(scope="module")
def settled(databases: Databases, trained_example: Path, tmp_path_factory: pytest.TempPathFactory) -> Application:
    """The example application's folder, and a database with it twice, in schemas of their own, at head and with data.

    Both versions take the same features: a model that tenants share cannot ask for a column that not all of them have.
    """
    folder = shutil.copytree(trained_example, tmp_path_factory.mktemp("tenants") / "churn")
    with pytest.MonkeyPatch.context() as patch:
        application = Application(folder, databases.create(installed=False), patch)
        application.edit("train.py", '"severe_complaints", "spend"]', '"spend"]')
        application.edit("train.py", "LogisticRegression()", "LogisticRegression(C=10.0 ** (1 - 3 * version))")
        subprocess.run([sys.executable, folder / "train.py"], check=True)
        application.execute("create schema one; create schema two")
        for number, tenant in enumerate(in_schemas(application)):
            tenant.alembic("upgrade", "head")
            tenant.execute(DATA + f"update customer set spend = spend + {number}")
        return application


@pytest.fixture
def tenants(
    settled: Application, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Application]:
    """Both of them, in a database of the test's own."""
    folder = shutil.copytree(settled.folder, tmp_path / "churn")
    return in_schemas(Application(folder, databases.create(like=settled.dsn), monkeypatch))


def in_schemas(application: Application) -> list[Application]:
    return [
        replace(application, dsn=make_conninfo(application.dsn, options=f"-c search_path={name}"))
        for name in ("one", "two")
    ]


def test_neither_proposes_to_change_the_other(tenants: list[Application]) -> None:
    for tenant in tenants:
        tenant.alembic("check")
        assert [row[2] for row in tenant.rows(SCORES)] == pytest.approx(truth(tenant, 2), abs=1e-9)


@pytest.mark.parametrize("first", [0, 1])
def test_a_downgrade_leaves_the_other_as_it_was(tenants: list[Application], first: int) -> None:
    goes, stays = tenants[first], tenants[1 - first]
    for target in ("0002", "base"):
        before = stays.rows(SCORES)
        goes.alembic("downgrade", target)
        assert stays.rows(SCORES) == before
        stays.execute("insert into complaint (customer_id, severity) values (1, 4), (20, 1)")
        assert [row[2] for row in stays.rows(SCORES)] == pytest.approx(truth(stays, 2), abs=1e-9)
        stays.alembic("check")
    # The last one takes everything with it, step by step as if it had been alone.
    stays.alembic("downgrade", "0002")
    assert [row[2] for row in stays.rows(SCORES)] == pytest.approx(truth(stays, 1), abs=1e-9)
    stays.alembic("downgrade", "base")
    assert left(stays.dsn) == []


def test_what_one_did_by_hand_no_downgrade_of_another_undoes(tenants: list[Application]) -> None:
    one, two = tenants
    one.execute("select dbml.deploy('churn', 1)")
    for tenant in tenants:
        with pytest.raises(CommandError, match="churn@2 does not serve, churn@1 does"):
            tenant.alembic("downgrade", "0002")
    two.execute("select dbml.deploy('churn', 2)")
    one.alembic("downgrade", "base")
    assert [row[2] for row in two.rows(SCORES)] == pytest.approx(truth(two, 2), abs=1e-9)
