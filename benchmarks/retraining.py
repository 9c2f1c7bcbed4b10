"""How often the gate lets in what is no better, and what is: ``python -m benchmarks.retraining``.

Simulated customers, through the very code that fits and judges; no server takes part.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import click
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from dbml.training import fitting, gate
from dbml.training.dataset import Dataset
from dbml.training.recipe import Recipe

OUTPUT = {"kind": "probability", "label": True}
FEATURES = [{"name": name, "kind": "float", "dtype": "float64"} for name in ("a", "b", "c")]
NOW = datetime(2026, 6, 30, tzinfo=UTC)
# By which the third feature moves the odds: so a model without it has an AUC that is about 0.02 less.
EFFECT = 0.44


def world(random: np.random.Generator, size: int) -> Dataset:
    """Labelled predictions of as many customers, one each, over the last year."""
    rows = pd.DataFrame(random.normal(size=(size, 3)), columns=["a", "b", "c"])
    odds = -1 + 0.9 * rows["a"] - 0.6 * rows["b"] + EFFECT * rows["c"]
    label = (random.random(size) < 1 / (1 + np.exp(-odds))).astype(float)
    at = pd.Series([NOW - timedelta(days=365)] * size) + pd.to_timedelta(np.sort(random.random(size)) * 330, unit="D")
    known: dict[str, Any] = {"_at": at, "_entity": [str(i) for i in range(size)], "_label": label}
    return Dataset(FEATURES, rows.assign(**known), NOW, timedelta(days=30))


def champion(random: np.random.Generator, size: int, features: list[str]) -> Any:
    """A version that was fitted in the same world, on some of the features."""
    data = world(random, size)
    inputs = data.inputs.copy()
    inputs.loc[:, [name for name in inputs if name not in features]] = 0.0
    return LogisticRegression().fit(inputs, data.rows["_label"] == 1)


def promoted(random: np.random.Generator, size: int, test: dict[str, Any], features: list[str]) -> tuple[bool, float]:
    """Whether the gate lets the challenger in; and by how much its AUC is greater, over many customers.

    :param test: what the recipe's ``[test]`` says.
    :param features: those that the champion knows.
    """
    serving = champion(random, size, features)
    data = world(random, size)
    recipe = Recipe(path="sklearn.linear_model.LogisticRegression", **test)
    fitted = fitting.fit(recipe, data, OUTPUT, {})
    judging = data.rows.iloc[fitted.test]
    truth = judging["_label"].to_numpy()
    before = fitting.answers(serving, data.inputs.iloc[fitted.test], OUTPUT)
    gain = gate.losses("probability", truth, before) - gate.losses("probability", truth, fitted.scores)
    verdict = gate.judge(gain, judging["_entity"], {}, 0.0)
    others = world(random, 20_000)
    auc = [
        roc_auc_score(others.rows["_label"], fitting.answers(one, others.inputs, OUTPUT))
        for one in (serving, fitted.estimator)
    ]
    return verdict.passed, float(auc[1] - auc[0])


@click.command()
@click.option("--runs", type=int, default=100, show_default=True)
@click.option("--labels", type=int, default=5000, show_default=True)
def main(runs: int, labels: int) -> None:
    """Print how many challengers were promoted, by the default and by one fit that a quarter judges."""
    for test in ({}, {"split": "entity"}, {"share": 0.25, "blocks": 1}):
        for name, features in (("nothing has changed", ["a", "b", "c"]), ("a feature more", ["a", "b"])):
            random = np.random.default_rng(1)
            found = [promoted(random, labels, test, features) for _ in range(runs)]
            gain, passed = np.mean([gain for _, gain in found]), sum(passed for passed, _ in found)
            said = test or "the default"
            click.echo(f"{labels} labels, [test] {said}, {name}: AUC {gain:+.4f}, {passed} of {runs} promoted")


if __name__ == "__main__":
    main()
