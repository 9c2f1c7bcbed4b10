"""Metrics tell what the log has, and Prometheus' own parser reads them."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as classic
from psycopg.rows import dict_row

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


@pytest.mark.usefixtures("live")
def test_a_rate_of_failures_is_the_one_that_was_injected(db: Db) -> None:
    db.execute("delete from dbml.log")
    failed = np.random.default_rng(4).random(10_000) < 0.01
    db.execute(
        "insert into dbml.log_1 (at, profile, version, model, arm, entity, score, numbers, texts, failure)"
        " select now() + i * interval '1 ms', 'customer', 1, 'churn', 'control', array[i::text],"
        "        case when not f then 0.5 end, '{1,2}', '{plus}', case when f then 'DB013: refused' end"
        "   from unnest(%s::boolean[]) with ordinality u(f, i)",
        [failed.tolist()],
    )
    dbml.update_histograms(db)
    told = {(s["labels"]["outcome"]): s["value"] for s in metrics.metrics(db) if s["name"] == "dbml_predictions_total"}
    assert told == {"scored": 10_000 - failed.sum(), "kept": failed.sum()}
    assert 0.008 <= told["kept"] / sum(told.values()) <= 0.012


@pytest.mark.usefixtures("live")
def test_the_times_of_scores_are_a_histogram(db: Db, cli: Cli) -> None:
    db.execute("update customer set spend = 'NaN' where id = 3")
    assert "timings: 49 scores were timed" in cli("worker", "--once", "--duty", "timings").output
    took = [
        (row["labels"], row["value"]) for row in metrics.metrics(db) if row["name"].startswith("dbml_score_duration")
    ]
    assert {"version": "1", "engine": "sql", "model": "churn", "le": "+Inf"} in [labels for labels, _ in took]
    # By times that are known, the quantile as Prometheus computes it is within a bucket of the true one.
    raw = np.random.default_rng(1).lognormal(3, 1.5, 5000)
    db.execute("delete from dbml.timing")
    db.execute(
        "select dbml._count_times('churn', 1, 'sql', %s), dbml._count_times('churn', 1, 'sql', %s)",
        [list(raw[:70]), list(raw[70:])],
    )
    read = {family.name: family for family in text_string_to_metric_families(cli("metrics").output)}
    samples = read["dbml_score_duration_seconds"].samples
    buckets = [(float(s.labels["le"]) * 1e6, s.value) for s in samples if s.name.endswith("_bucket")]
    assert [value for _, value in buckets] == [(raw <= edge).sum() for edge, _ in buckets]
    edges = [edge for edge, _ in buckets]
    assert edges[:4] == pytest.approx([1, 2, 5, 10]) and edges[-2:] == [pytest.approx(500_000), float("inf")]
    assert [s.value for s in samples if s.name.endswith("_sum")] == [pytest.approx(raw.sum() / 1e6)]
    for q in (0.5, 0.95, 0.99):
        place = next(i for i, (_, value) in enumerate(buckets) if value >= q * len(raw))
        assert edges[place - 1] <= np.quantile(raw, q) <= edges[place]


DEPLOY = Path(__file__).parents[2] / "deploy"


def shipped(file: str) -> Any:
    return yaml.safe_load((DEPLOY / file).read_text())


def samples(db: Db, query: str, value: str, labels: set[str]) -> set[tuple[frozenset[tuple[str, str]], float]]:
    """Rows of an exporter's query."""
    with db.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(query).fetchall()  # type: ignore[call-overload]
    return {(frozenset((label, row[label]) for label in labels), row[value]) for row in found}


def of_histogram(db: Db, query: str, name: str) -> dict[str, set[tuple[frozenset[tuple[str, str]], float]]]:
    """Samples of a query that has a histogram as arrays, as postgres_exporter and CloudNativePG read it."""
    found: dict[str, set[tuple[frozenset[tuple[str, str]], float]]] = {f"{name}_{part}": set() for part in ("bucket", "count", "sum")}  # fmt: skip
    with db.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(query).fetchall():  # type: ignore[call-overload]
            labels = {label: row[label] for label in ("model", "version", "engine")}
            for part in ("count", "sum"):
                found[f"{name}_{part}"].add((frozenset(labels.items()), row[f"seconds_{part}"]))
            # The exporter adds the last bucket, which has no end.
            for le, count in [*zip(row["seconds"], row["seconds_bucket"], strict=True), ("+Inf", row["seconds_count"])]:
                found[f"{name}_bucket"].add((frozenset({**labels, "le": str(le)}.items()), count))
    return found


WITH_THE_CLOCK = {
    "dbml_uncounted_seconds",
    "dbml_duty_overdue_seconds",
    "dbml_duty_retry_seconds",
    "dbml_waiting_seconds",
}


def told(db: Db) -> dict[str, tuple[str, set[str]]]:
    """Name → type and labels of the view's."""
    rows = db.execute("select name, type, array(select jsonb_object_keys(labels)) from dbml.metrics").fetchall()
    return {name: (kind, set(labels)) for name, kind, labels in rows}


@pytest.fixture
def everything(db: Db, live: None) -> None:
    """A sample of every metric."""
    db.execute("update customer set spend = 'NaN' where id <= 3")
    dbml.update_histograms(db)
    db.execute("select dbml.measure_scores(20)")
    db.execute("insert into dbml.duty (name, due) values ('windows', now())")
    db.execute("update dbml.prediction set mode = 'queued'")
    db.execute("insert into dbml.queue (profile, model, entity) select id, 'churn', '{5}' from dbml.profile")
    db.execute("insert into dbml.outbox (topic, entity, data) values ('dbml.churn', '{5}', '{}')")


@pytest.mark.usefixtures("everything")
def test_every_exporter_s_file_tells_what_the_view_tells(db: Db) -> None:
    view = told(db)
    page = (DEPLOY.parent / "docs" / "watching.md").read_text()
    documented = {
        name: (kind, set() if labels == "–" else set(labels.split(", ")))
        for name, kind, labels in re.findall(r"^\| `(dbml_\w+)` \| (\w+) \| (.+?) \|", page, re.MULTILINE)
    }
    assert documented == view
    collector = {m["metric_name"]: m for m in shipped("exporters/dbml.collector.yml")["metrics"]}
    assert {name: (m["type"], set(m.get("key_labels", []))) for name, m in collector.items()} == view
    of_postgres = shipped("exporters/postgres_exporter.yaml")
    assert yaml.safe_load(shipped("exporters/cloudnativepg.yaml")["data"]["queries"]) == of_postgres
    values = {
        f"{space}_{column}": (column, query["query"])
        for space, query in of_postgres.items()
        for metric in query["metrics"]
        for column, told_as in metric.items()
        if told_as["usage"] not in ("LABEL", "HISTOGRAM")
    }
    histogram = "dbml_score_duration_seconds"
    parts = {f"{histogram}_{part}" for part in ("bucket", "count", "sum")}
    assert set(values) == set(view) - parts
    told_by_arrays = of_histogram(db, of_postgres["dbml_score_duration"]["query"], histogram)
    for name in set(view) - WITH_THE_CLOCK:
        rows = db.execute("select labels, value from dbml.metrics where name = %s", [name]).fetchall()
        expected = {(frozenset((k, v or "") for k, v in labels.items()), value) for labels, value in rows}
        assert expected == samples(db, collector[name]["query"], "value", view[name][1])
        if name in parts:
            assert expected == told_by_arrays[name]
        else:
            assert expected == samples(db, values[name][1], values[name][0], view[name][1])
    [watched] = [m["sqls"][14] for m in shipped("exporters/pgwatch.yaml")["metrics"].values()]
    names = "select array_agg(name order by name) from"
    assert db.execute(f"{names} (select tag_name as name from ({watched}) w) n").fetchone() == (
        db.execute(f"{names} dbml.metrics").fetchone()
    )


@pytest.mark.usefixtures("everything")
def test_rules_and_dashboard_ask_for_metrics_and_labels_that_there_are(db: Db) -> None:
    view = told(db)
    rules = [rule["expr"] for group in shipped("prometheus/dbml.rules.yml")["groups"] for rule in group["rules"]]
    board = json.loads((DEPLOY / "grafana" / "dbml.json").read_text())
    panels = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    for query in [*rules, *panels, *(a["expr"] for a in board["annotations"]["list"])]:
        names = re.findall(r"\bdbml_\w+", query)
        assert set(names) <= set(view) and (names or "dbml:" in query), query
        common = set.intersection(*(view[name][1] for name in names)) if names else set()
        assert set(re.findall(r"(\w+)[=!]~?\"", query)) <= common, query
        for by in re.findall(r"by \(([^)]*)\)", query):
            assert set(by.split(", ")) <= common, query


def test_members_of_pg_monitor_read_metrics_and_no_more(db: Db) -> None:
    db.execute("set role pg_monitor")
    assert db.execute("select count(*) > 0 from dbml.metrics").fetchone() is not None
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("select from dbml.status")
