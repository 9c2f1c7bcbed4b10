"""``examples/events`` as its page has it: complaints by Kafka, scores, and a second application's counter by Kafka."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Databases
from tests.integration.test_publishing import broker as broker

EXAMPLE = Path(__file__).parents[2] / "examples" / "events"


@pytest.mark.long
def test_a_second_application_counts_what_the_database_has(databases: Databases, broker: str, tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLE, tmp_path / "events")
    dsn = databases.create()
    once, again = re.findall(r"^```sh\n(.*?)^```$", (folder / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    variables = os.environ | {"PATH": path, "DBML_DSN": dsn, "BROKER": broker.removeprefix("kafka://")}

    def run(commands: str) -> str:
        done = subprocess.run(["sh", "-euc", commands], cwd=folder, env=variables, capture_output=True, text=True)
        assert not done.returncode, f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def view() -> tuple[int, int]:
        with sqlite3.connect(folder / "at_risk.db") as view:
            found: tuple[int, int] = view.execute("select customers, events from view").fetchone()
            return found

    run(once)
    assert "customers are at risk" in run(again)
    with psycopg.connect(dsn, autocommit=True) as db:
        assert db.execute("select count(*) from complaint").fetchone() == (200,)
        at_risk = "select count(*)::int from customer where churn_score > 0.5"
        [(customers,)] = db.execute(at_risk).fetchall()
        assert 10 < customers < 90 and view() == (customers, customers)
        # Some calm down; the same complaints come once more; and the second application has lost its place in the topic.
        db.execute("delete from complaint where id % 2 = 0")
        (folder / "at_risk.py").write_text((folder / "at_risk.py").read_text().replace('"at-risk"', '"at-risk again"'))
        run(again)
        [(fewer,)] = db.execute(at_risk).fetchall()
        assert db.execute("select count(*) from complaint").fetchone() == (100,)
        assert fewer < customers and view() == (fewer, 2 * customers - fewer)
