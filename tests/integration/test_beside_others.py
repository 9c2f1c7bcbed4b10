"""Drift and estimated quality beside Evidently and NannyML on the same frames; docs/watching.md has the table.

Each has a Python of its own, which ``make test-long`` prepares: they want older libraries than dbml has.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn import metrics

import dbml
from tests.conftest import Databases, Trained, train
from tests.logged import log, rows

pytestmark = pytest.mark.long
Db = psycopg.Connection[Any]
ASKING = Path(__file__).parents[1] / "files" / "beside"


def asked(what: str, folder: Path) -> Any:
    """What another library says of the frames in a folder."""
    python = Path(sys.prefix) / "others" / what / "bin" / "python"
    assert python.exists(), f"{what} is not installed: make test-long makes a Python for it"
    command = [python, "-W", "ignore", ASKING / f"of_{what}.py", folder]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A model with a sample of 5,000 rows, whose scores are calibrated."""
    made = train(tmp_path_factory.mktemp("beside"), size=5000)
    made.rows.to_csv(made.sample, index=False)
    return made


@pytest.fixture(scope="module")
def frames(model: Trained) -> dict[str, pd.DataFrame]:
    """What happened, by name; 1,000 rows where the name says nothing else."""
    random = np.random.default_rng(1)
    sizes = {"nothing of 50": 50, "a trifle of 100,000": 100_000}
    names = ("nothing", "nothing of 50", "half a deviation", "a trifle of 100,000", "nulls", "a new category", "another unit")  # fmt: skip
    made = {name: rows(random, sizes.get(name, 1000)) for name in names}
    made["half a deviation"]["spend"] += 10
    made["a trifle of 100,000"]["spend"] += 0.4
    made["a new category"].loc[random.random(1000) < 0.05, "plan"] = "gold"
    made["another unit"]["spend"] *= 30
    for frame in made.values():
        frame["score"] = model.truth(frame)
    made["nulls"].loc[random.random(1000) < 0.7, "spend"] = None
    return made


@pytest.fixture(scope="module")
def folder(model: Trained, frames: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("frames")
    random = np.random.default_rng(2)
    reference = model.rows.assign(score=model.truth(model.rows))
    reference["y"] = (random.random(len(reference)) < reference["score"]).astype(int)
    reference.to_csv(made / "reference.csv", index=False)
    for name, frame in frames.items():
        frame.to_csv(made / f"{name}.csv", index=False)
    return made


@pytest.fixture(scope="module")
def ours(databases: Databases, model: Trained, frames: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Of each frame what drift() says, where two windows in a row have it, and what the quality is estimated to be."""
    found: dict[str, Any] = {}
    dsn = databases.create()
    with psycopg.connect(dsn, autocommit=True) as db:
        dbml.add_model(db, "churn", model.file, sample=model.sample)
        db.execute("select dbml._open_segment()")
        for name, frame in frames.items():
            db.execute("truncate dbml.log_1, dbml.histogram, dbml.histogram_mark, dbml.tally")
            for day in (1.1, 0.1):
                log(db, model, frame.astype(object).where(frame.notna(), None), day)
            dbml.update_histograms(db)
            drift = {(row["feature"], row["statistic"]): row for row in dbml.drift(db, "churn")}
            [estimated] = dbml.estimated_performance(db, "churn", window="12 hours") or [None]
            found[name] = {"drift": drift, "estimated": estimated}
    return found


@pytest.fixture(scope="module")
def of_nannyml(folder: Path) -> Any:
    return asked("nannyml", folder)


def alerts(said: dict[str, Any]) -> set[tuple[str, str]]:
    return {key for key, row in said["drift"].items() if row["state"] == "alert" and key[0] != "score"}


def test_drift_beside_evidently(ours: dict[str, Any], folder: Path) -> None:
    theirs = asked("evidently", folder)

    def drifted(name: str, how: str = "default") -> set[str]:
        return {column for column, (_, _, drift) in theirs[name][how].items() if drift}

    for name in ours:
        print(name, {k: round(r["value"], 4) for k, r in ours[name]["drift"].items() if k in alerts(ours[name])}, theirs[name])  # fmt: skip
    assert alerts(ours["nothing"]) == set() == drifted("nothing")
    # Few rows: its thresholds are fixed, ours grow.
    assert alerts(ours["nothing of 50"]) == set() and len(drifted("nothing of 50")) >= 2
    assert {("spend", "psi"), ("spend", "js"), ("spend", "ks")} <= alerts(ours["half a deviation"])
    assert drifted("half a deviation") == {"spend"}
    assert alerts(ours["a trifle of 100,000"]) == set() == drifted("a trifle of 100,000")
    # Nulls are dropped there, and a statistic of their own here.
    assert alerts(ours["nulls"]) == {("spend", "missing")} and drifted("nulls") == set() == drifted("nulls", "psi")
    assert ("plan", "unseen") in alerts(ours["a new category"]) and drifted("a new category") == {"plan"}
    assert ("spend", "out_of_range") in alerts(ours["another unit"]) and drifted("another unit") == {"spend"}
    for name in ("nothing", "half a deviation", "a new category", "another unit"):
        value, method, _ = theirs[name]["default"]["plan"]
        assert method == "Jensen-Shannon distance"
        assert value == pytest.approx(ours[name]["drift"]["plan", "js"]["value"], abs=1e-9)


def test_drift_beside_nannyml(ours: dict[str, Any], of_nannyml: Any) -> None:
    theirs = of_nannyml
    for name in ours:
        print(name, ours[name]["estimated"], theirs[name])
    for name, said in theirs.items():
        drift = ours[name]["drift"]
        # Its logarithm is to the base 2.
        same = drift["plan", "js"]["value"] / np.sqrt(np.log(2))
        assert said["drift"]["plan"]["jensen_shannon"][0] == pytest.approx(same, abs=1e-9)
        assert said["missing"]["spend"][0] == pytest.approx(drift["spend", "missing"]["value"], abs=1e-9)
    assert theirs["nulls"]["missing"]["spend"][1] and alerts(ours["nulls"]) == {("spend", "missing")}
    # Differences that do not matter are alerts there, where one chunk of reference says how much is noise.
    assert theirs["a trifle of 100,000"]["drift"]["spend"]["wasserstein"][1]
    # Two distribution functions are compared at every value there, and at ten edges here.
    exact = theirs["half a deviation"]["drift"]["spend"]["kolmogorov_smirnov"][0]
    assert 0 <= exact - ours["half a deviation"]["drift"]["spend", "ks"]["value"] < 0.03


def test_estimated_quality_beside_nannyml(
    ours: dict[str, Any], frames: dict[str, pd.DataFrame], of_nannyml: Any
) -> None:
    theirs = of_nannyml
    for name in ("nothing", "half a deviation", "a new category"):
        p = frames[name]["score"].to_numpy()
        both, sure = np.concatenate([p, p]), np.repeat([1, 0], len(p))
        auc = metrics.roc_auc_score(sure, both, sample_weight=np.concatenate([p, 1 - p]))
        assert ours[name]["estimated"]["auc"] == pytest.approx(auc, abs=1e-9)
        assert theirs[name]["estimated"]["roc_auc"] == pytest.approx(auc, abs=0.02)
        assert theirs[name]["estimated"]["accuracy"] == pytest.approx(ours[name]["estimated"]["accuracy"], abs=0.02)
