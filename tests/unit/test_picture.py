"""README's figures are those of the run: a run that is made up, with known ratios, comes out as its summary and table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks import picture
from benchmarks.bounds import OURS
from benchmarks.models import TITLES

ROUNDS = 20
SHARES = {"lr": 0.9, "gbm": 0.8, "hist": 0.75, "rf": 0.5}
ENGINES = {"lr": "sql", "gbm": "portable", "hist": "portable", "rf": "portable"}


def rates(share: float) -> dict[str, dict[str, float]]:
    """Inserts a second of every round; the machine is twice as fast in every other one."""
    return {
        clients: {str(n): share * speed * (1 + n % 2) for n in range(1, ROUNDS + 1)}
        for clients, speed in (("1", 1000.0), ("8", 3000.0))
    }


@pytest.fixture
def results() -> dict[str, Any]:
    ours = {schema: SHARES[model] for model, (schema, _) in OURS.items()}
    obvious = {f"obvious_{model}": share / 40 for model, share in SHARES.items()}
    inserts = {schema: rates(share) for schema, share in ({"floor": 1.0} | ours | obvious).items()}
    inserts["portable_gbm"]["1"]["1"] = 1.0  # one round that went wrong
    right = {"rows": 5000, "differing": 0, "unscored": 0, "ours": True}
    return {
        "at": "2026-01-02T03:04:05+00:00",
        "quick": False,
        "parameters": {"rounds": ROUNDS},
        "environment": {"server": "PostgreSQL 15.20", "cores": 2},
        "contestants": [{"schema": schema, "engine": schema.partition("_")[0]} for schema in [*inserts, "service_gbm"]],
        "inserts": inserts,
        "inserts_by_psycopg": {"portable_gbm": rates(0.7), "service_gbm": rates(0.07)},
        "first_insert_ms": {"floor": [1.0, 2.0, 3.0], **{schema: [12.4, 99.0, 2.0] for schema in ours}},
        "memory_mb": {"floor": [1.0], **{schema: [1.26] for schema in ours}},
        "many_rows": {"rows": 1000, "seconds": {"fetch and predict lr": {"1": 6.0}, "score() lr": {"1": 1.5}}},
        "fidelity": {
            "stored": {"sql_lr": right, "obvious_lr": right | {"ours": False, "differing": 7}},
            "scans": {"score() lr": right | {"rows": 1000, "unscored": 2}},
        },
    }


def test_a_run_comes_out_as_its_summary(results: dict[str, Any]) -> None:
    assert picture.whole(results)
    figures = json.loads(json.dumps(picture.summary(results)))
    assert [one["model"] for one in figures["models"]] == list(SHARES)
    for one in figures["models"]:
        assert one["engine"] == ENGINES[one["model"]]
        # Within a round, so that neither the fast rounds nor the one that went wrong tell.
        assert one["share"]["1"][0] == pytest.approx(SHARES[one["model"]])
        assert one["share"]["8"] == [pytest.approx(SHARES[one["model"]]), pytest.approx(0.0, abs=1e-12)]
        assert one["times"] == {"1": pytest.approx(40), "8": pytest.approx(40)}
        assert (one["first_insert_ms"], one["memory_mb"]) == (pytest.approx(10.4), pytest.approx(0.26))
    assert figures["service"] == {"1": pytest.approx(10), "8": pytest.approx(10)}
    assert (figures["scan"], figures["checked"], figures["wrong"]) == (4.0, 6000, 2)
    assert figures["run"] == "make bench of 2026-01-02, 20 rounds, PostgreSQL 15.20, 2 cores"


def test_the_table_has_a_line_for_each_model(results: dict[str, Any]) -> None:
    lines = picture.table(picture.summary(results)).splitlines()
    assert len(lines) == 2 + len(SHARES)
    assert lines[2] == f"| {TITLES['lr']} | `sql` | 0.90 ± 0.00 | 0.90 ± 0.00 | 40 × | 40 × | + 10 ms | 0.3 MB |"


@pytest.mark.parametrize("missing", ["service_gbm", "obvious_rf", "portable_hist"])
def test_a_run_without_one_of_them_is_not_whole(results: dict[str, Any], missing: str) -> None:
    results["contestants"] = [one for one in results["contestants"] if one["schema"] != missing]
    assert not picture.whole(results)


def test_a_quick_run_is_not_quoted(results: dict[str, Any]) -> None:
    assert not picture.whole(results | {"quick": True})
