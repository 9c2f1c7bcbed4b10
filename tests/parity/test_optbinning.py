"""optbinning's processes and scorecards, against themselves.

It brings solvers of 200 MB, so these tests are long; how a table is asked is tried with a small one in test_binned.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline

from dbml.errors import ArtifactError
from dbml.models import artifact
from dbml.scorer import engines
from dbml.scorer.support import WAYS_OUT
from tests.conftest import Cli
from tests.integration.test_ways_in import scores
from tests.parity.harness import assert_parity

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]

SIZE = 600


def rows(size: int, seed: int = 0) -> pd.DataFrame:
    """Customers with what is missing, codes that say why, texts and booleans."""
    random = np.random.default_rng(seed)
    income = np.where(random.random(size) < 0.1, np.nan, random.normal(size=size))
    made = pd.DataFrame(
        {
            "income": np.where(random.random(size) < 0.08, random.choice([-9.0, -8.0], size), income),
            "age": random.integers(18, 80, size),
            "plan": random.choice(["basic", "plus", "größer", "it's"], size),
            "flag": random.random(size) < 0.5,
        }
    )
    made.loc[random.random(size) < 0.05, "plan"] = None
    return made


X = rows(SIZE)
VALUE = X["income"].fillna(1.0).clip(-2) + 0.5 * (X["plan"] == "plus") + np.random.default_rng(1).normal(size=SIZE)
LABEL = (VALUE > 0.3).astype(int)
THREE = np.digitize(VALUE, [-0.5, 0.8])
NAMES = list(X.columns)
EMPIRICAL = {"metric_special": "empirical", "metric_missing": "empirical"}


def process(**options: Any) -> Any:
    """A process over all columns."""
    from optbinning import BinningProcess

    return BinningProcess(**{"variable_names": NAMES, **options})


def each(**options: Any) -> dict[str, Any]:
    """One option of the transform for every variable."""
    return {"binning_transform_params": dict.fromkeys(NAMES, options)}


CASES: dict[str, tuple[dict[str, Any], Any]] = {
    "woe": ({}, LABEL),
    "special codes": ({"special_codes": [-9, -8]}, LABEL),
    "special codes by kind": ({"special_codes": {"none": -9, "secret": [-8, "it's"]}, **each(**EMPIRICAL)}, LABEL),
    "event_rate": (each(metric="event_rate"), LABEL),
    "indices": (each(metric="indices"), LABEL),
    "two metrics": ({"binning_transform_params": {"age": {"metric": "indices"}, "plan": EMPIRICAL}}, LABEL),
    "others": ({"binning_fit_params": {"plan": {"cat_cutoff": 0.26, "cat_unknown": 0.7}}}, LABEL),
    "whole numbers for unknown ones": ({"binning_fit_params": {"income": {"cat_unknown": 0}}}, LABEL),
    "splits of one's own": (
        {
            "binning_fit_params": {
                "age": {"user_splits": [30, 45.5], "user_splits_fixed": [True, True]},
                "plan": {"user_splits": np.array([["basic", "plus"], ["größer", "it's"]], dtype=object)},
            }
        },
        LABEL,
    ),
    "selected": ({"selection_criteria": {"iv": {"min": 0.03}}}, LABEL),
    "a value": ({"special_codes": [-9]}, VALUE),
}


@pytest.mark.parametrize("case", CASES)
def test_a_process_before_a_linear_model(case: str, tmp_path: Path) -> None:
    options, y = CASES[case]
    last = LinearRegression() if case == "a value" else LogisticRegression(max_iter=500)
    fitted = make_pipeline(process(**options), last).fit(X, y)
    read = artifact.read(fitted, X)
    assert [feature["kind"] for feature in read.interface["features"]] == ["float", "integer", "text", "boolean"]
    assert_parity(fitted, X.head(60), tmp_path, more=rows(5_000, seed=2))


def test_more_classes_and_a_float_array(tmp_path: Path) -> None:
    numbers = X[["income", "age"]].astype("float64")
    fitted = make_pipeline(process(variable_names=list(numbers)), LogisticRegression(max_iter=500)).fit(numbers, THREE)
    assert_parity(
        fitted, numbers.head(60), tmp_path, "1", more=rows(5_000, seed=3)[["income", "age"]].astype("float64")
    )


SCALED = {"scaling_method": "pdo_odds", "scaling_method_params": {"pdo": 20, "odds": 50, "scorecard_points": 600}}


@pytest.mark.parametrize("told", [{}, EMPIRICAL], ids=["as it is", "empirical"])
@pytest.mark.parametrize("output", ["1", "value", "points"])
def test_a_scorecard(output: str, told: dict[str, str], tmp_path: Path) -> None:
    from optbinning import Scorecard

    card = Scorecard(process(special_codes=[-9]), LogisticRegression(), **SCALED, rounding=True, intercept_based=True)
    fitted = card.fit(X, LABEL, **told)
    assert_parity(fitted, X.head(60), tmp_path, output, more=rows(5_000, seed=4))
    never = X.head(30).assign(plan="never")
    assert_parity(fitted, never, tmp_path, output)


def test_a_scorecard_without_points(tmp_path: Path) -> None:
    from optbinning import Scorecard

    unknown = {"binning_fit_params": {"plan": {"cat_unknown": 0.5}}}
    fitted = Scorecard(process(**unknown), LogisticRegression()).fit(X, LABEL)
    with pytest.raises(ValueError, match="must be an integer"):
        fitted.score(X)  # a place is none
    assert_parity(fitted, X.head(60), tmp_path)


def test_a_scorecard_in_the_database(cli: Cli, db: psycopg.Connection[Any], tmp_path: Path) -> None:
    from optbinning import Scorecard

    fitted = Scorecard(process(), LogisticRegression(), **SCALED).fit(X, LABEL)
    joblib.dump(fitted, tmp_path / "card.joblib")
    X.head(50).to_csv(tmp_path / "rows.csv", index=False)
    fresh = rows(40, seed=5)
    given = fresh.astype(object).where(fresh.notna(), None)
    for name, options, truth in (
        ("chance", (), fitted.predict_proba(fresh)[:, 1]),
        ("points", ("--output", "points"), fitted.score(fresh)),
    ):
        added = cli("model", "add", name, tmp_path / "card.joblib", "--sample", tmp_path / "rows.csv", *options)
        assert "engine sql" in added.output
        cli("deploy", f"{name}@1")
        np.testing.assert_allclose(scores(db, name, given), truth, rtol=1e-12)


def refusals(fitted: Any) -> str:
    read = artifact.read(fitted, X.head(30))
    return str(engines.prepare(read.estimator, read.interface, read.golden, label="m@1").refusals["portable"])


def test_what_no_plan_expresses_is_named_and_the_way_out_works(tmp_path: Path) -> None:
    from optbinning import OptimalPWBinning

    fitted = make_pipeline(process(), LogisticRegression()).fit(X, LABEL)
    with pytest.raises(ArtifactError, match='no class "points"'):
        artifact.read(fitted, X.head(30), "points")
    fitted[0].update_binned_variable("age", OptimalPWBinning(name="age").fit(X["age"].to_numpy(), LABEL.to_numpy()))
    assert "the OptimalPWBinning age" in refusals(fitted)
    together = X.astype({"flag": float}).fillna({"plan": "none"}).to_numpy()
    assert "of another type than in fit" in refusals(
        make_pipeline(process(), LogisticRegression()).fit(together, LABEL)
    )
    [way] = [way for part, _, way in WAYS_OUT if "OptimalPWBinning" in part]
    assert way == "`BinningProcess` as it is by default, on a DataFrame, with one variable too"
    one = X[["age"]]
    assert_parity(make_pipeline(process(variable_names=["age"]), LogisticRegression()).fit(one, LABEL), one, tmp_path)


def test_texts_go_into_no_model() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        make_pipeline(process(**each(metric="bins")), LogisticRegression()).fit(X, LABEL)
