"""Kinds of models beside their own `predict`: one row, and many rows.

    python -m benchmarks.kinds

Pairs of calls in one run, by processor time; the quotient is scikit-learn's time over ours, the median of all pairs.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from interpret.glassbox import ExplainableBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVR

from dbml._plpython import batch, compiled, frame, optional, portable
from dbml.models import artifact
from dbml.scorer import engines

PAIRS = 60
MANY = 2000


def processor(call: Callable[[], Any]) -> float:
    """Seconds of the processor that a call takes."""
    start = time.process_time()
    call()
    return time.process_time() - start


def paired(ours: Callable[[int], Any], theirs: Callable[[int], Any], count: int) -> tuple[float, float, float]:
    """Medians of both in µs, and of their quotients."""
    pairs = []
    for turn in range(count + 3):
        pairs.append((processor(partial(ours, turn)), processor(partial(theirs, turn))))
    pairs = pairs[3:]
    one, other = (statistics.median(side) * 1e6 for side in zip(*pairs, strict=True))
    return one, other, statistics.median(b / max(a, 1e-9) for a, b in pairs)


def named(rows: Any) -> pd.DataFrame:
    """Rows of a model that was fitted without names."""
    return pd.DataFrame(rows, columns=[f"x{place}" for place in range(rows.shape[1])])


def compare(name: str, estimator: Any, sample: pd.DataFrame, given: Any, predict: str = "predict") -> None:
    """Print the line of one model."""
    read = artifact.read(estimator, sample)
    plan = engines.prepare(read.estimator, read.interface, read.golden, label="m@1").plan
    assert plan is not None
    score = compiled.load(portable.compile_plan(plan))
    numbers, texts = frame.to_wire(read.interface, read.golden["rows"])
    call, rows = getattr(estimator, predict), len(numbers)
    times = 20  # one call of ours is less than the clock tells

    def ours(turn: int) -> None:
        for _ in range(times):
            score(numbers[turn % rows], texts[turn % rows])

    def theirs(turn: int) -> None:
        for _ in range(times):
            call(given[turn % rows : turn % rows + 1])

    a, b, quotient = paired(ours, theirs, PAIRS)
    print(f"| {name}, one row | {a / times:.0f} µs | {b / times:.0f} µs | {quotient:.1f} |")


def many(name: str, estimator: Any, sample: pd.DataFrame, given: Any) -> None:
    """The same for many rows."""
    read = artifact.read(estimator, sample)
    plan = engines.prepare(read.estimator, read.interface, read.golden, label="m@1").plan
    assert plan is not None
    rows = batch.Rows(np.ascontiguousarray(np.asarray(given, dtype=float).T), [], len(given))
    a, b, quotient = paired(lambda _: batch.score_columns(plan, rows), lambda _: estimator.predict(given), 9)
    print(f"| {name}, {len(given):,} rows | {a / 1000:.1f} ms | {b / 1000:.1f} ms | {quotient:.2f} |")


def main() -> None:
    """Print the table."""
    random = np.random.default_rng(0)
    print("| model | dbml | its own `predict` | quotient |\n|---|---|---|---|")
    words = [f"word{i}" for i in range(3000)]
    texts = pd.DataFrame({"text": [" ".join(random.choice(words, 200)) for _ in range(400)]})
    fitted = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts["text"], random.integers(0, 2, 400))
    compare("Tfidf + LR, 200 words", fitted, texts.head(100), texts["text"].to_list())
    rows = random.normal(size=(5000, 10))
    y = rows[:, 0] * rows[:, 1] + random.normal(size=5000)
    sample, other = named(rows[:100]), random.normal(size=(MANY, 10))
    neighbours = KNeighborsClassifier().fit(rows, y > 0)
    compare("KNN, 5,000 × 10, numpy on the server", neighbours, sample, other)
    with patch.object(optional, "numpy", lambda: None):
        compare("KNN, 5,000 × 10, no package", neighbours, sample, other)
    vectors = SVR().fit(rows[:1050], y[:1050])
    compare(f"SVR, {len(vectors.support_)} vectors, numpy on the server", vectors, sample, other)
    with patch.object(optional, "numpy", lambda: None):
        compare(f"SVR, {len(vectors.support_)} vectors, no package", vectors, sample, other)
    many("KNN, 5,000 × 10", neighbours, sample, other)
    many("SVR", vectors, sample, other)
    rows = random.normal(size=(2000, 20))
    boosted = ExplainableBoostingClassifier(interactions=10, n_jobs=1).fit(rows, rows[:, 0] * rows[:, 1] > 0)
    compare(
        "EBM, 20 features and 10 pairs",
        boosted,
        pd.DataFrame(rows[:100], columns=[f"feature_{place:04}" for place in range(20)]),
        rows,
    )


if __name__ == "__main__":
    main()
