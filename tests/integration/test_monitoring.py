"""What ships for monitoring, tried with the real programs: promtool, amtool, and Prometheus over a database with a story."""

from __future__ import annotations

import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import psycopg
import pytest

import dbml
from dbml.observing import metrics
from deploy import check
from tests.integration.test_metrics import everything as everything
from tests.integration.test_metrics import spec_file as spec_file

pytestmark = pytest.mark.long
Db = psycopg.Connection[Any]
DEPLOY = Path(check.__file__).parent


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    missing = [name for name in ("promtool", "amtool", "prometheus") if shutil.which(name) is None]
    assert not missing, f"{', '.join(missing)} is not on this machine: make test-long installs it"


def test_rules_routes_and_configurations_are_valid_and_rules_do_what_their_tests_say() -> None:
    check.check_files()


def test_what_is_told_is_valid_to_promtool(everything: None, dsn: str) -> None:
    # promtool reads the classic format, in which counters' help has their whole names.
    server, thread = metrics.serve(dsn, 0, "127.0.0.1")
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as page:
        text = page.read().decode()
    server.shutdown()
    server.server_close()
    thread.join()
    answer = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_every_query_of_the_dashboard_runs_and_shows_something(everything: None, db: Db, dsn: str) -> None:
    db.execute("insert into dbml.alert (model, cause, says, seen_at) values ('churn', 'quality', 'worse', now())")
    db.execute("insert into complaint (customer_id) select g from generate_series(4, 40) g")
    dbml.update_histograms(db)
    found = check.try_dashboard(dsn)
    assert {title: answer for title, answer in found.items() if isinstance(answer, str)} == {}
    # Nothing was deployed while Prometheus looked.
    assert [title for title, series in found.items() if not series] == ["Deployments"]
