"""Nearest neighbours against scikit-learn: the same ones where several are equally far, and the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from dbml._plpython import compiled, near, near_batch, optional, portable
from dbml.models import artifact
from dbml.scorer import engines
from tests.parity.harness import assert_parity

random = np.random.default_rng(0)
X = pd.DataFrame(random.normal(size=(400, 4)), columns=list("abcd"))
VALUE = (2 * X["a"] + random.normal(size=400)).to_numpy()
BINARY = (VALUE > 0).astype(int)
THREE = np.digitize(VALUE, [-1, 1])
# Rows at one distance by the dozen, and rows that are there twice.
TIES = (X * 1.5).round()

CASES: list[tuple[Any, pd.DataFrame, Any, str | None]] = [
    (KNeighborsClassifier(), X, BINARY, None),
    (KNeighborsClassifier(4), TIES, THREE, "value"),
    (KNeighborsClassifier(weights="distance", leaf_size=5), TIES, THREE, "1"),
    (KNeighborsRegressor(7, weights="distance"), TIES, VALUE, None),
    (KNeighborsRegressor(1, leaf_size=1), TIES, VALUE, None),
    (KNeighborsRegressor(3, p=1), TIES, VALUE, None),
    (KNeighborsRegressor(3, metric="chebyshev"), TIES, VALUE, None),
    (KNeighborsRegressor(3, p=1.5, weights="distance"), X, VALUE, None),
    (KNeighborsRegressor(algorithm="brute", p=1), X, VALUE, None),
    (KNeighborsRegressor(), X, np.stack([VALUE, BINARY], axis=1), "1"),
    (make_pipeline(StandardScaler(), KNeighborsClassifier(20)), X, BINARY, None),
    (RadiusNeighborsClassifier(1.0, outlier_label="most_frequent"), X, BINARY, None),
    (RadiusNeighborsClassifier(1.5, outlier_label=1, weights="distance", leaf_size=5), TIES, THREE, "value"),
    (RadiusNeighborsClassifier(1.2, algorithm="brute", outlier_label=0), X, BINARY, None),
    (RadiusNeighborsRegressor(2.0, weights="distance"), TIES, BINARY.astype(int), None),
    (RadiusNeighborsRegressor(0.8, metric="chebyshev"), X, BINARY.astype(int), None),
]


@pytest.mark.parametrize(
    "estimator, rows, y, output", CASES, ids=lambda part: str(part)[:50] if hasattr(part, "fit") else ""
)
@pytest.mark.filterwarnings("ignore:One or more samples have no neighbors", "ignore:invalid value encountered in cast")
def test_parity(estimator: Any, rows: pd.DataFrame, y: Any, output: str | None, tmp_path: Path) -> None:
    fitted = estimator.fit(rows[:300], y[:300])
    assert_parity(fitted, rows[:40], tmp_path, output, more=rows[300:])


@pytest.mark.parametrize("width", [2, 16])
def test_what_rounding_or_threads_decide_is_left_open(width: int) -> None:
    """By brute force scikit-learn makes distances of a product: what that cannot tell apart is no difference."""
    wide = pd.DataFrame(random.normal(size=(200, width))).add_prefix("x")
    fitted = KNeighborsClassifier(algorithm="brute").fit(wide, wide["x0"] > 0)
    read = artifact.read(fitted, wide)
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert made.plan is not None and made.report is not None and made.report.differing == 0
    assert made.golden_scores == pytest.approx(fitted.predict_proba(wide)[:, 1].tolist(), abs=1e-12)
    assert "python" not in made.refusals and "looks at every row" in made.notices[0]


@pytest.mark.parametrize("power", [2.0, 1.0, 1.5])
def test_neither_numpy_nor_bytes_change_anything(power: float, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = random.normal(size=(700, 6)).round(1)
    rows[:, 5] = rows[:, 5] > 0.5
    index = near.Near(rows.tolist(), 5, power, 30, 0)
    far = np.array([[1e160], [1e8], [-1e300], [0.0]]) * np.ones(6)
    asked = np.vstack([rows[:20], random.normal(size=(20, 6)), 9.0 * random.normal(size=(20, 6)), far, 1e3 * np.eye(6)])
    places, distances = near_batch.find(index, asked)
    for package in (np, None, None):
        monkeypatch.setattr(optional, "numpy", lambda package=package: package)
        for row, ours, far in zip(asked.tolist(), places.tolist(), distances.tolist(), strict=True):
            # numpy's powers may differ from C's in their last bit.
            assert index.find(row) == (ours, far if power != 1.5 else pytest.approx(far, rel=1e-15))
        index.arrays = None
    assert index.bytes is not None


@pytest.mark.parametrize("power", [2.0, 1.0, np.inf])
def test_rows_within_a_radius_are_the_same_by_bytes(power: float) -> None:
    rows, asked = random.normal(size=(500, 4)).round(1), random.normal(size=(60, 4)).round(1)
    index = near.Within(rows.tolist(), power, 1.0)
    found = near_batch.within(index, asked)
    for place, row in enumerate(asked.tolist()):
        assert index.find(row) == (found.place[found.at == place].tolist(), found.distance[found.at == place].tolist())
    assert (index.measure.bytes is None) == (power == np.inf)


@pytest.mark.filterwarnings("ignore:One or more samples have no neighbors")
def test_a_row_without_neighbours_is_refused_as_there() -> None:
    for fitted in (RadiusNeighborsRegressor().fit(X, VALUE), RadiusNeighborsClassifier().fit(X, BINARY)):
        near_by = X[X.abs().max(axis=1) < 1.0]
        read = artifact.read(fitted, near_by)
        made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
        assert made.report is not None and made.report.differing == 0 and made.report.refused > 20


def test_plain_python_has_what_it_needs() -> None:
    """The function of a plan is a module without imports of ours but those that it names."""
    fitted = KNeighborsRegressor(2).fit(X, VALUE)
    read = artifact.read(fitted, X)
    plan = engines.prepare(read.estimator, read.interface, read.golden, label="m@1").plan
    assert plan is not None
    score = compiled.load(compile(portable.source(plan), "m", "exec"))
    assert score(X.iloc[0].tolist(), []) == pytest.approx(fitted.predict(X[:1])[0])


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (KNeighborsRegressor(algorithm="ball_tree"), "by ball_tree"),
        (KNeighborsRegressor(metric="cosine"), "with the metric cosine"),
        (KNeighborsRegressor(weights=np.exp), "with weights of its own"),
        (RadiusNeighborsClassifier(9.0, outlier_label=7), "none of its classes"),
        (RadiusNeighborsRegressor(9.0, weights="distance", p=1), "weigh infinitely"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_what_no_plan_expresses_is_named(estimator: Any, words: str) -> None:
    read = artifact.read(estimator.fit(X, BINARY), X[:20])
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert words in made.refusals["portable"]
