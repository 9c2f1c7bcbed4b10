"""Drift says what numpy and scipy say, is silent where nothing has changed, and names what has."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2, norm
from sklearn import metrics

import dbml
from dbml.models.artifact import reference
from tests.conftest import Cli, Databases, Trained
from tests.logged import log, rows

Db = psycopg.Connection[Any]


@pytest.fixture
def model(sampled: Trained) -> Trained:
    return sampled


@pytest.fixture
def dsn(databases: Databases, with_sampled: str) -> str:
    return databases.create(like=with_sampled)


def drift(db: Db, **options: Any) -> dict[tuple[str, str], dict[str, Any]]:
    dbml.update_histograms(db)
    return {(row["feature"], row["statistic"]): row for row in dbml.drift(db, "churn", **options)}


def counts(db: Db, position: int, table: str, where: str = "true") -> np.ndarray:
    return np.sum(db.execute(f"select counts from dbml.{table} where position = %s and {where}", [position]).fetchall(), axis=0)[0]  # type: ignore[no-any-return]  # fmt: skip


def test_statistics_are_those_of_scipy(db: Db, model: Trained) -> None:
    random = np.random.default_rng(3)
    moved = rows(random, 900)
    moved["spend"] += 14
    moved.loc[:199, "plan"] = "plus"
    log(db, model, moved, 0.1)
    found = drift(db)
    was, now = model.rows["spend"].to_numpy(), moved["spend"].to_numpy()
    cuts = np.unique(np.quantile(was, np.arange(1, 10) / 10, method="inverted_cdf"))
    p, q = (np.bincount(np.searchsorted(cuts, x, side="right"), minlength=10) for x in (was, now))
    assert min(p.min(), q.min()) > 5  # none was taken together with its neighbour
    bins, tests = 10, 5 + 3 * 6
    noise = 1 / len(was) + 1 / len(now)
    limit = chi2.isf(0.001 / tests, bins - 1)
    smooth_p, smooth_q = (p + 0.5) / (p.sum() + bins / 2), (q + 0.5) / (q.sum() + bins / 2)
    psi, js, ks = (found["spend", name] for name in ("psi", "js", "ks"))
    assert psi["value"] == pytest.approx(float(np.sum((smooth_p - smooth_q) * np.log(smooth_p / smooth_q))), rel=1e-12)
    assert js["value"] == pytest.approx(float(jensenshannon(p, q)), rel=1e-12)
    assert ks["value"] == pytest.approx(float(np.abs(np.cumsum(p / p.sum() - q / q.sum())).max()), rel=1e-9)
    assert psi["threshold"] == pytest.approx(max(0.1, noise * limit), rel=0.03)
    assert js["threshold"] == pytest.approx(max(0.1, np.sqrt(noise * limit / 8)), rel=0.03)
    plan = [(model.rows["plan"] == c).sum() for c in ("größer", "basic", "plus")], [(moved["plan"] == c).sum() for c in ("größer", "basic", "plus")]  # fmt: skip
    assert found["plan", "js"]["value"] == pytest.approx(float(jensenshannon(*plan)), rel=1e-12)
    assert {row["n"] for row in found.values()} == {900}


def test_quantiles_of_the_arithmetic(db: Db) -> None:
    for upper in (0.01, 1e-4, 1e-6):
        [z] = db.execute("select dbml._normal_quantile(%s)", [upper]).fetchone()  # type: ignore[misc]
        assert z == pytest.approx(norm.isf(upper), abs=4.5e-4)
        for freedom in (2, 9, 20):
            [x] = db.execute("select dbml._chi2_quantile(%s, %s)", [freedom, upper]).fetchone()  # type: ignore[misc]
            assert (
                x == pytest.approx(chi2.isf(upper, freedom), rel=0.1 if freedom == 2 else 0.03)
                and x > chi2.isf(upper, freedom) * 0.998
            )


def simulated(db: Db, reference: np.ndarray, live: np.ndarray, kind: str = "number") -> np.ndarray:
    """Which statistics exceed their thresholds, by a row of counts: missing, then bins, the outer ones of no value."""
    answers = db.execute(
        "select i, count(*) filter (where s.value > s.threshold)"
        "  from unnest(%s::text[], %s::text[]) with ordinality u(r, l, i)"
        " cross join lateral dbml._drift_statistics(%s, 2, 11, u.r::bigint[], u.l::bigint[], 120) s group by i order by i",
        [[f"{{{','.join(map(str, row))}}}" for row in each] for each in (reference, live)] + [kind],
    ).fetchall()
    return np.array([n for _, n in answers])


def test_twenty_features_over_five_hundred_windows_without_drift(db: Db) -> None:
    random = np.random.default_rng(11)
    references, windows = [], []
    for _ in range(20):
        sample = np.sort(random.normal(size=1000))
        edges = sample[(np.arange(11) * 99.9).astype(int)]
        table = np.searchsorted(edges, sample, side="right")
        references.append(np.concatenate([[20], np.bincount(table, minlength=12)]))
        values = random.normal(size=(500, 500))
        hits = [np.bincount(np.searchsorted(edges, row, side="right"), minlength=12) for row in values]
        windows.append(np.column_stack([random.binomial(500, 0.02, 500), np.array(hits)]))
    exceeded = simulated(db, np.repeat(references, 500, axis=0), np.concatenate(windows)).reshape(20, 500) > 0
    alerts = exceeded[:, 1:] & exceeded[:, :-1]
    assert alerts.sum() <= 5
    # One window alone, all twenty features together: the tolerance is 0.001, and 500 windows may meet it now and then.
    assert exceeded.any(axis=0).sum() <= 5


# (feature, statistic): what is said of it, for shifts that come together.
SHIFTS: list[dict[tuple[str, str], str]] = [
    {
        ("spend", "psi"): "the distribution of spend has moved: the population stability index is ",
        ("plan", "unseen"): " of plan are categories that the reference does not have; 0 % were: 'gold'",
        ("complaints", "constant"): "complaints is constant: all 1,000 values are from 4 to 5",
    },
    {
        ("spend", "out_of_range"): " times the 50.1 it was: has its unit changed?",
        ("complaints", "missing"): "every complaints is missing",
        ("score", "missing"): " % of score are missing, 0 % were: the model could not score these rows",
    },
    {("spend", "missing"): " % of spend are missing, 0 % were"},
]


def shifted(random: np.random.Generator, logged: pd.DataFrame, which: int) -> None:
    """Half a standard deviation, a new category at 5 %, a constant; a unit, nothing, a tenth of failures; a tenth missing."""
    tenth = random.random(len(logged)) < 0.1
    match which:
        case 0:
            logged["spend"] += 10
            logged.loc[random.random(len(logged)) < 0.05, "plan"] = "gold"
            logged["complaints"] = 4
        case 1:
            logged["spend"] *= 30
            logged["complaints"] = None
            logged["score"] = logged["score"].astype(object).where(~tenth, None)
        case 2:
            logged["spend"] = logged["spend"].astype(object).where(~tenth, None)


@pytest.mark.parametrize("which", range(3))
def test_a_shift_is_an_alert_in_its_second_window_and_is_named(db: Db, model: Trained, which: int) -> None:
    random = np.random.default_rng(5)
    for day in (2.1, 1.1, 0.1):
        logged = rows(random, 1000)
        logged["score"] = model.truth(logged)
        if day < 2:
            shifted(random, logged, which)
        log(db, model, logged, day)
    [now] = db.execute("select now()").fetchone()  # type: ignore[misc]
    assert {row["state"] for row in drift(db, as_of=now - pd.Timedelta(days=2)).values()} == {"ok"}
    first, second = drift(db, as_of=now - pd.Timedelta(days=1)), drift(db)
    assert "alert" not in {row["state"] for row in first.values()}
    for key, sentence in SHIFTS[which].items():
        assert first[key]["says"].endswith("in this window, and not in the one before")
        assert second[key]["state"] == "alert"
        assert sentence in second[key]["says"]
    # Of a window with nothing before it nobody can say that it is well.
    whole = drift(db, window="30 days")
    moved = [row for row in whole.values() if row["value"] is not None and row["value"] > row["threshold"]]
    assert moved and {row["state"] for row in moved} == {"insufficient_data"}
    assert all("the one before has too few values to tell" in row["says"] for row in moved)
    if which == 1:
        assert 28 < float(second["spend", "out_of_range"]["says"].split(", ")[-1].split(" times")[0]) < 32


def test_a_row_is_counted_once_whenever_it_is_committed(db: Db, dsn: str, model: Trained) -> None:
    random = np.random.default_rng(2)
    parts = [rows(random, 300) for _ in range(4)]
    log(db, model, parts[0], 0)
    with psycopg.connect(dsn) as late, psycopg.connect(dsn) as rolled_back:
        log(late, model, parts[1], 0.2)
        log(rolled_back, model, parts[3], 0)
        assert dbml.update_histograms(db) == 300
        log(db, model, parts[2], 0.4)
        # Behind a transaction that runs nothing is counted, because that may yet commit.
        assert dbml.update_histograms(db) == 0
        rolled_back.rollback()
    assert dbml.update_histograms(db) == 600
    assert dbml.update_histograms(db) == 0
    everything = pd.concat(parts[:3])
    for position, values in ((2, everything["complaints"]), (3, everything["spend"]), (0, model.truth(everything))):
        [edges] = db.execute("select edges from dbml.reference where position = %s", [position]).fetchone()  # type: ignore[misc]
        scan = np.bincount(np.searchsorted(edges, values, side="right") + 1, minlength=len(edges) + 2)
        assert counts(db, position, "histogram").tolist() == scan.tolist()
    # A restored segment has another number, and other transactions: it is counted anew.
    db.execute("update dbml.histogram_mark set relation = 1")
    assert dbml.update_histograms(db) == 900
    assert counts(db, 1, "histogram").sum() == 900
    # A closed one that is indexed is done with.
    db.execute("select dbml.rotate_log(every => '0')")
    db.execute("select dbml.rotate_log()")
    dbml.update_histograms(db)
    assert db.execute("select segment from dbml.histogram_mark where complete").fetchall() == [(1,)]


def test_a_reference_from_the_log(db: Db, model: Trained) -> None:
    log(db, model, model.rows, 5)
    log(db, model, rows(np.random.default_rng(9), 400), 0)
    dbml.update_histograms(db)
    of_sample = db.execute("select position, edges, categories, low, high, counts from dbml.reference order by 1").fetchall()  # fmt: skip
    before = counts(db, 3, "histogram").tolist()
    [week] = db.execute("select now() - interval '1 week'").fetchone()  # type: ignore[misc]
    assert dbml.set_reference(db, "churn", week, week + pd.Timedelta(days=5)) == 2000
    assert db.execute("select position, edges, categories, low, high, counts from dbml.reference order by 1").fetchall() == of_sample  # fmt: skip
    assert counts(db, 3, "histogram").tolist() == before
    with pytest.raises(dbml.DbmlError, match="the log has 0 predictions of churn@1 in that time"):
        dbml.set_reference(db, "churn", week, week)


def test_edges_are_the_same_in_both_languages(db: Db) -> None:
    random = np.random.default_rng(4)
    for values in ([0.0] * 40, [5.0], [-3.0, -2.0], [1e-308, 2e-300], [1.5e308, -1.7e308], random.normal(0, 1, 500), random.random(99), random.integers(-3, 4, 77)):  # fmt: skip
        made = reference.numbers(np.asarray(values, dtype=float))
        quantiles = np.quantile(np.asarray(values, dtype=float), np.arange(11) / 10, method="inverted_cdf").tolist()
        found = db.execute("select edges, low, high from dbml._edges(%s::float8[])", [quantiles]).fetchone()
        assert found == (made["edges"], made["low"], made["high"])


def test_what_is_odd_gets_a_sentence_and_never_a_nan(db: Db, cli: Cli, model: Trained) -> None:
    empty = json.loads(cli("drift", "churn", "--json").output)
    assert {row["state"] for row in empty} == {"insufficient_data"}
    assert empty[0]["says"] == "0 values in the window and 2000 in the reference: too few to tell"
    log(db, model, rows(np.random.default_rng(1), 1), 0)
    assert {row["state"] for row in drift(db).values()} == {"insufficient_data"}
    odd = rows(np.random.default_rng(1), 200)
    odd["score"] = 0.5
    odd["spend"] = [[np.nan, np.inf, -np.inf, 1e308, 0.0][i % 5] for i in range(200)]
    log(db, model, odd, 0)
    for row in drift(db).values():
        assert row["value"] is None or np.isfinite(row["value"])
    assert drift(db)["spend", "missing"]["value"] == pytest.approx(40 / 201)
    assert "there is no churn@7" in cli("drift", "churn@7", exit_code=1).output
    assert "a window of -01:00:00 cannot be told" in cli("drift", "churn", "--window", "-1 hour", exit_code=1).output
    db.execute("delete from dbml.reference")
    assert {row["says"].split(":")[0] for row in dbml.drift(db, "churn")} == {"churn@1 has no reference"}


def test_thresholds_that_are_set_and_the_exit_status(db: Db, cli: Cli, model: Trained) -> None:
    for day in (1, 0):
        log(db, model, rows(np.random.default_rng(day), 500), day)
    cli("worker", "--once", "--duty", "histograms")
    assert "alert" not in cli("drift", "churn").output
    dbml.set_threshold(db, "churn", "spend", "psi", 0)
    assert drift(db)["spend", "psi"]["threshold"] == 0
    assert "the distribution of spend has moved" in cli("drift", "churn", exit_code=1).output
    dbml.set_threshold(db, "churn", "spend", "psi", None)
    cli("drift", "churn")
    with pytest.raises(dbml.DbmlError, match="churn has no feature 'spent'"):
        dbml.set_threshold(db, "churn", "spent", "psi", 1)
    with pytest.raises(dbml.DbmlError, match="there is no statistic 'pse'"):
        dbml.set_threshold(db, "churn", "spend", "pse", 1)


@pytest.fixture
def attached(db: Db) -> None:
    """Customers of two regions; the log is of them."""
    db.execute("create table customer (id integer primary key, plan text, complaints bigint, spend float8, score float8, region text)")  # fmt: skip
    db.execute("insert into customer select g, 'basic', 0, 1, 0, case when g % 3 = 0 then 'north' else 'south' end from generate_series(0, 999) g")  # fmt: skip
    dbml.attach(db, dbml.Profile("customer", "id", [dbml.Prediction("churn", "score", log="all")]))


@pytest.mark.usefixtures("attached")
def test_segments_are_compared_each_for_itself(db: Db, cli: Cli, model: Trained) -> None:
    for day in (1, 0):
        logged = rows(np.random.default_rng(day), 1000)
        logged.loc[logged.index % 3 == 0, "spend"] *= 30
        log(db, model, logged, day)
    found = {(r["segment"], r["feature"], r["statistic"]): r for r in dbml.drift(db, "churn", by="region")}
    assert found["north", "spend", "out_of_range"]["state"] == "alert"
    assert {r["state"] for (segment, *_), r in found.items() if segment == "south"} == {"ok"}
    assert (found["north", "spend", "psi"]["n"], found["south", "spend", "psi"]["n"]) == (334, 666)
    # Both together are the whole.
    whole = drift(db)
    share = (334 * found["north", "plan", "unseen"]["value"] + 666 * found["south", "plan", "unseen"]["value"]) / 1000
    assert share == pytest.approx(whole["plan", "unseen"]["value"])
    assert "north" in cli("drift", "churn", "--by", "region", exit_code=1).output
    assert "customer has no column 'reg'" in cli("drift", "churn", "--by", "reg", exit_code=1).output


def test_the_estimate_is_what_scikit_learn_says_of_weighted_rows(db: Db, cli: Cli, model: Trained) -> None:
    logged = rows(np.random.default_rng(8), 800)
    logged["score"] = np.round(model.truth(logged), 2)  # ties, 0 and 1
    log(db, model, logged, 0)
    [found] = json.loads(cli("performance", "churn", "--estimated", "1 day", "--json").output)
    p = logged["score"].to_numpy()
    y, s, w = np.repeat([1, 0], 800), np.tile(p, 2), np.concatenate([p, 1 - p])
    expected = {
        "n": 800,
        "auc": metrics.roc_auc_score(y, s, sample_weight=w),
        "log_loss": metrics.log_loss(y, s, sample_weight=w),
        "brier": metrics.brier_score_loss(y, s, sample_weight=w),
        "accuracy": metrics.accuracy_score(y, s > 0.5, sample_weight=w),
        "mean_score": p.mean(),
    }
    assert {k: found[k] for k in expected} == pytest.approx(expected, abs=1e-9)


def test_where_pl_python_is_forbidden(without_plpython: str, sampled: Trained) -> None:
    with psycopg.connect(without_plpython, autocommit=True) as db:
        dbml.install(db)
        dbml.add_model(db, "churn", sampled.file, sample=sampled.sample)
        db.execute("select dbml._open_segment()")
        db.execute("insert into dbml.deployment (model, version) values ('churn', 1)")
        for day in (1, 0):
            logged = rows(np.random.default_rng(day), 400)
            logged["spend"] *= 30
            log(db, sampled, logged, day)
        assert drift(db)["spend", "out_of_range"]["state"] == "alert"
        dbml.check_alerts(db)
        assert {alert["cause"] for alert in dbml.alerts(db)} >= {"drift of spend"}
        assert {row["name"] for row in dbml.metrics(db)} >= {"dbml_predictions_total", "dbml_alerts"}
        assert "has its unit changed?" in dbml.report(db, "churn")
