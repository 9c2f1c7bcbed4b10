"""What a half-life makes of old rows: the closed form of linear models, and rows that are there several times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dbml.errors import TrainingError
from dbml.training import fitting
from dbml.training.dataset import Dataset
from dbml.training.recipe import Recipe, parse
from dbml.training.splitting import split

NOW = datetime(2026, 6, 30, tzinfo=UTC)
DAY = timedelta(days=1)
VALUE = {"kind": "value"}
CLASS = {"kind": "probability", "label": True}
FEATURES = [{"name": name, "kind": "float", "dtype": "float64"} for name in ("a", "b")]


def rows(ages: Any, label: str) -> Dataset:
    """A row of each age in days, oldest first; the last quarter of them are no older than a day, and judge."""
    random = np.random.default_rng(4)
    frame = pd.DataFrame(random.normal(size=(len(ages), 2)), columns=["a", "b"])
    value = frame["a"] - 2 * frame["b"] + random.normal(size=len(ages)) / 4
    at = [NOW - float(age) * DAY for age in ages]
    known = {"_at": at, "_entity": [str(i) for i in range(len(ages))]}
    return Dataset(FEATURES, frame.assign(**known, _label=value if label == "value" else (value > 0) * 1.0), NOW, DAY)


def fitted(data: Dataset, path: str, parameters: dict[str, Any], output: dict[str, Any], **said: Any) -> Any:
    recipe = Recipe(path=path, parameters=parameters, half_life="30 days", share=0.25, blocks=1, **said)
    return fitting.fit(recipe, data, output, {}).estimator


def used(data: Dataset) -> pd.DataFrame:
    [(places, _)] = split(Recipe(share=0.25, blocks=1), data)
    return data.rows.iloc[places]


def test_weights_of_a_linear_model_are_those_of_the_closed_form() -> None:
    data = rows(np.linspace(300, 0, 200), "value")
    ridge = fitted(data, "sklearn.linear_model.Ridge", {"alpha": 0.7, "solver": "cholesky"}, VALUE)
    known = used(data)
    weights = 0.5 ** ((NOW - known["_at"]).dt.total_seconds().to_numpy() / 86400 / 30)
    inputs, truth = known[["a", "b"]].to_numpy(), known["_label"].to_numpy()
    centre, middle = np.average(inputs, axis=0, weights=weights), np.average(truth, weights=weights)
    inputs, truth = inputs - centre, truth - middle
    solved = np.linalg.solve((inputs.T * weights) @ inputs + 0.7 * np.eye(2), (inputs.T * weights) @ truth)
    np.testing.assert_allclose(ridge.coef_, solved, rtol=0, atol=1e-9)
    assert ridge.intercept_ == pytest.approx(middle - centre @ solved, abs=1e-9)


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("sklearn.linear_model.LogisticRegression", {"C": 16.0, "tol": 1e-12, "max_iter": 5000}),
        ("sklearn.tree.DecisionTreeClassifier", {"max_depth": 3, "random_state": 0}),
        ("sklearn.naive_bayes.GaussianNB", {"var_smoothing": 0.0}),
    ],
)
def test_a_row_of_twice_the_weight_is_a_row_that_is_there_twice(path: str, parameters: dict[str, Any]) -> None:
    # Ages of whole half-lives: the rows weigh 1, 1/2, 1/4 and 1/8 of the newest.
    ages = np.repeat([120, 90, 60, 30, 0], 40)
    data = rows(ages, "class")
    model = fitted(data, path, parameters, CLASS)
    known = used(data)
    times = (2 ** ((120 * DAY - (NOW - known["_at"])) / (30 * DAY))).round().astype(int)
    again = known.loc[known.index.repeat(times)]
    # All weights are 1/16 of how often a row is there, and C is a weight of all of them.
    alike = parameters | ({"C": parameters["C"] / 16} if "C" in parameters else {})
    repeated = fitting.named(path)(**alike).fit(again[["a", "b"]], again["_label"] == 1)
    inputs = data.inputs
    np.testing.assert_allclose(model.predict_proba(inputs), repeated.predict_proba(inputs), rtol=0, atol=1e-9)


def test_what_takes_no_weights_is_refused_or_drawn() -> None:
    data = rows(np.linspace(300, 0, 400), "class")
    with pytest.raises(TrainingError, match="takes no weights"):
        fitted(data, "sklearn.neighbors.KNeighborsClassifier", {}, CLASS)
    asked = {"estimator": {"class": "x"}, "data": {"half_life": "30 days", "resample": True}}
    assert parse(asked, "recipe").resample
    drawn = fitted(data, "sklearn.neighbors.KNeighborsClassifier", {}, CLASS, resample=True)
    again = fitted(data, "sklearn.neighbors.KNeighborsClassifier", {}, CLASS, resample=True)
    np.testing.assert_array_equal(drawn._fit_X, again._fit_X)
    # What is drawn is as old as the weights say, and no other rows.
    known = used(data)
    place = {tuple(row): i for i, row in enumerate(known[["a", "b"]].to_numpy())}
    chosen = np.array([place[tuple(row)] for row in drawn._fit_X])
    age = (NOW - known["_at"]).dt.total_seconds().to_numpy() / 86400
    weights = 0.5 ** (age / 30)
    error = np.sqrt(np.average((age - np.average(age, weights=weights)) ** 2, weights=weights) / len(chosen))
    assert abs(age[chosen].mean() - np.average(age, weights=weights)) < 5 * error
