"""Metrics tell what the log has, and Prometheus' own parser reads them."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as classic

import dbml
from dbml.observing import metrics
from tests.conftest import SPEC, Cli

Db = psycopg.Connection[Any]


@pytest.fixture
def spec_file(tmp_path: Path) -> Path:
    file = tmp_path / "churn.toml"
    file.write_text(SPEC.replace("[[event]]", 'log = "all"\n\n[[event]]', 1))
    return file


@pytest.mark.usefixtures("live")
def test_predictions_are_counted_by_what_became_of_them(db: Db, dsn: str, cli: Cli) -> None:
    db.execute("delete from dbml.log")
    db.execute("insert into complaint (customer_id) select g from generate_series(1, 30) g")
    db.execute("update customer set spend = 'NaN' where id <= 3")
    cli("worker", "--once", "--duty", "histograms")
    db.execute("insert into complaint (customer_id) values (40)")
    dbml.update_histograms(db)

    text = cli("metrics").output
    read = {family.name: family for family in text_string_to_metric_families(text)}
    predictions = {s.labels["outcome"]: s.value for s in read["dbml_predictions"].samples}
    assert predictions == {"scored": 31, "kept": 3}
    assert {s.labels["version"] for s in read["dbml_predictions"].samples} == {"1"}
    assert [s.value for s in read["dbml_stale_scores"].samples] == [3]
    [info] = read["dbml_version_info"].samples
    assert info.labels["model"] == "churn" and info.labels["arm"] == "control" and info.value == 1
    assert {s.labels["duty"] for s in read["dbml_duty_runs"].samples} == {"histograms"}
    assert (read["dbml_predictions"].type, read["dbml_alerts"].type) == ("counter", "gauge")

    # Over HTTP as over the pipe.
    server, thread = metrics.serve(dsn, 0, "127.0.0.1")
    url = f"http://127.0.0.1:{server.server_port}/metrics"
    with urllib.request.urlopen(url) as answer:
        assert {f.name for f in classic(answer.read().decode())} == set(read)
    server.shutdown()
    server.server_close()
    thread.join()
