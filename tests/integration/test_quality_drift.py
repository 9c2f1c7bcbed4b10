"""Quality that drifts is told from outcomes, by arithmetic that statsmodels agrees with."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
import statsmodels.api as sm

import dbml
from dbml.errors import ProfileError, SpecError
from tests.conftest import SPEC, Cli, Databases, Trained
from tests.logged import log, rows

Db = psycopg.Connection[Any]
OUTCOME = """
[[outcome]]
model = "churn"
table = "public.cancellation"
key = "customer_id"
value = "true"
otherwise = "false"
at = "cancelled_at"
horizon = "2 days"
"""
ENTITIES = 300


@pytest.fixture
def dsn(databases: Databases, side_by_side: str) -> str:
    return databases.create(like=side_by_side)


@pytest.fixture
def judged(db: Db, dsn: str, cli: Cli, churn: Trained, tmp_path: Path) -> pd.DataFrame:
    """300 entities are scored 20 and 10 days ago; at first as the scores say, later every other one cancels."""
    cli("detach", "customer")
    db.execute("create table cancellation (customer_id integer, cancelled_at timestamptz)")
    spec = tmp_path / "outcome.toml"
    spec.write_text(SPEC.replace("[[event]]", 'log = "all"\n\n[[event]]', 1) + OUTCOME)
    cli("attach", spec)
    db.execute("delete from dbml.log")
    random = np.random.default_rng(5)
    found = []
    for days, wrong in ((20, False), (10, True)):
        scored = rows(random, ENTITIES)
        scored["score"] = churn.truth(scored)
        scored["y"] = random.random(ENTITIES) < (0.5 if wrong else scored["score"])
        log(db, churn, scored.drop(columns="y"), days)
        for key in scored.index[scored["y"]]:
            db.execute("insert into cancellation values (%s, now() - %s * interval '1 day')", [key, days - 1])
        found.append(scored.assign(entity=scored.index, side=int(wrong)))
    return pd.concat(found, ignore_index=True)


def test_what_became_worse_is_told_as_statsmodels_has_it(db: Db, cli: Cli, judged: pd.DataFrame) -> None:
    [row] = dbml.quality_drift(db, "churn", baseline="5 days")
    loss = (judged["score"] - judged["y"]) ** 2
    fit = sm.OLS(loss, sm.add_constant(judged["side"])).fit(
        cov_type="cluster", cov_kwds={"groups": judged["entity"], "use_correction": False}
    )
    difference, variance = float(fit.params["side"]), float(fit.bse["side"]) ** 2
    assert (row["n_before"], row["n"]) == (ENTITIES, ENTITIES)
    assert row["loss_before"] == pytest.approx(loss[judged["side"] == 0].mean(), abs=1e-9)
    assert row["difference"] == pytest.approx(difference, abs=1e-9)
    # The mixture sequential probability ratio test, as Johari et al. (2022) write it.
    square = (loss[judged["side"] == 0].std(ddof=0) / 20) ** 2
    total = variance + square
    evidence = math.sqrt(variance / total) * math.exp(square * difference**2 / (2 * variance * total))
    half = math.sqrt(variance * total / square * (2 * math.log(100) + math.log(total / variance)))
    assert row["evidence"] == pytest.approx(evidence, rel=1e-9)
    assert (row["low"], row["high"]) == pytest.approx((difference - half, difference + half), abs=1e-9)
    assert row["state"] == "alert" and "the Brier score was" in row["says"]
    assert cli("drift", "churn", "--quality", "--baseline", "5 days", exit_code=1).output.count("alert") == 1


def test_what_is_as_it_was_or_not_known_yet_raises_no_alert(db: Db, cli: Cli, judged: pd.DataFrame) -> None:
    # As known before the second predictions were ripe.
    early = str((db.execute("select now() - interval '15 days'").fetchone() or ("",))[0])
    [row] = json.loads(cli("drift", "churn", "--quality", "--as-of", early, "--json").output)
    assert row["state"] == "insufficient_data"
    assert row["says"] == "300 and 0 entities are judged before and since; it takes 100 of each"
    db.execute("delete from dbml.log where at < now() - interval '15 days'")
    halfway = db.execute("select at from dbml.log order by at offset 150 limit 1").fetchone() or (None,)
    [row] = dbml.quality_drift(db, "churn", since=halfway[0])
    assert (row["n_before"], row["n"], row["state"]) == (150, 150, "ok")
    assert "which noise explains" in row["says"]
    db.execute("delete from dbml.log")
    [row] = dbml.quality_drift(db, "churn")
    assert (row["state"], row["difference"]) == ("insufficient_data", None)


def test_what_cannot_be_asked_is_refused(db: Db, dsn: str) -> None:
    with pytest.raises(ProfileError, match="nothing says what became of the predictions"):
        dbml.quality_drift(db, "churn")
    db.rollback()
    with pytest.raises(SpecError, match="is no length of time"):
        dbml.quality_drift(db, "churn", baseline="-1 day")


def causes(db: Db) -> dict[str, str]:
    return {alert["cause"]: alert["says"] for alert in dbml.alerts(db) if alert["cause"] == "quality"}


def test_what_became_worse_is_an_alert_to_whoever_may_read_outcomes(
    db: Db, dsn: str, cli: Cli, judged: pd.DataFrame
) -> None:
    # A deployer who may not read them opens none.
    db.execute("create role dbml_test_worker login in role dbml_deployer")
    try:
        db.execute("set role dbml_test_worker")
        dbml.check_alerts(db)
        assert causes(db) == {}
        db.execute("reset role")
        db.execute("grant select on dbml.prediction_log, cancellation to dbml_test_worker")
        db.execute("set role dbml_test_worker")
        dbml.check_alerts(db)
        assert "the Brier score was" in causes(db)["quality"]
        db.execute("reset role")
        # Whether it is over cannot be told without rights, and too little is no good news.
        db.execute("revoke select on cancellation from dbml_test_worker")
        db.execute("set role dbml_test_worker")
        dbml.check_alerts(db)
        assert "quality" in causes(db)
        db.execute("reset role")
    finally:
        db.execute("reset role")
        db.execute("drop owned by dbml_test_worker; drop role dbml_test_worker")
    # The labels were wrong: they are corrected, and the alert is closed.
    db.execute("delete from cancellation")
    db.execute("insert into cancellation select entity[1]::integer, at + interval '1 day' from dbml.prediction_log where score > 0.5")  # fmt: skip
    cli("worker", "--once", "--duty", "alerts")
    assert causes(db) == {}
    db.execute("alter table cancellation rename to churned")
    cli("worker", "--once", "--duty", "alerts")
    assert "cannot be told: reading its outcomes fails with 42P01" in causes(db)["quality"]
