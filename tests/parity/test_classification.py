"""Classifiers that are no trees: linear ones, naive Bayes, discriminants, perceptrons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    Perceptron,
    RidgeClassifier,
    RidgeClassifierCV,
    SGDClassifier,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from dbml.scorer.plan import Unsupported
from dbml.scorer.sklearn import lower
from tests.parity.harness import SAMPLE, assert_parity, differing_before, few, target


def scaled(estimator: Any) -> Any:
    return make_pipeline(StandardScaler(), estimator)


# estimator, data, task, and what is asked: None is the probability of the last class.
ONE, BOTH, VALUE = (None,), (None, "value"), ("value",)
CASES: list[tuple[Any, str, str, tuple[str | None, ...]]] = [
    (scaled(LogisticRegression()), "breast cancer", "binary", BOTH),
    (LogisticRegression(fit_intercept=False), "ties", "binary", ONE),
    (LogisticRegression(l1_ratio=1.0, solver="liblinear", C=0.05), "ties", "binary", ONE)
    if "l1_ratio" in LogisticRegression().get_params() and LogisticRegression().penalty == "deprecated"
    else (LogisticRegression(penalty="l1", solver="liblinear", C=0.05), "ties", "binary", ONE),
    (scaled(LogisticRegression()), "wine", "multi", BOTH),
    (scaled(LogisticRegression(C=1e3, max_iter=1000)), "wine", "multi", ONE),
    (scaled(LogisticRegression()), "churn", "binary", ONE),
    (OneVsRestClassifier(scaled(LogisticRegression(solver="liblinear"))), "wine", "multi", BOTH),
    (OneVsRestClassifier(LogisticRegression()), "ties", "binary", BOTH),
    (OneVsRestClassifier(LinearSVC()), "ties", "multi", VALUE),
    (OneVsRestClassifier(GaussianNB()), "wine", "multi", BOTH),
    (OneVsOneClassifier(scaled(LogisticRegression())), "wine", "multi", VALUE),
    (OneVsOneClassifier(GaussianNB()), "ties", "multi", VALUE),
    (OneVsOneClassifier(Perceptron()), "ties", "binary", VALUE),
    (scaled(RidgeClassifier()), "breast cancer", "binary", VALUE),
    (RidgeClassifier(), "wine", "multi", ("value", "1")),
    (RidgeClassifierCV(), "ties", "multi", VALUE),
    (scaled(SGDClassifier(loss="log_loss", random_state=0)), "breast cancer", "binary", BOTH),
    (scaled(SGDClassifier(loss="log_loss", random_state=0)), "wine", "multi", BOTH),
    (SGDClassifier(loss="modified_huber", random_state=0), "ties", "binary", BOTH),
    (scaled(SGDClassifier(loss="modified_huber", random_state=0)), "wine", "multi", BOTH),
    (SGDClassifier(loss="hinge", random_state=0), "ties", "multi", ("value", "0")),
    (Perceptron(random_state=0), "ties", "binary", ("value", "1")),
    (Perceptron(random_state=0), "ties", "multi", VALUE),
    (LinearSVC(), "ties", "binary", ("value", "0")),
    (scaled(LinearSVC()), "wine", "multi", VALUE),
    (GaussianNB(), "breast cancer", "binary", BOTH),
    (GaussianNB(), "wine", "multi", BOTH),
    (BernoulliNB(binarize=0.5), "ties", "binary", BOTH),
    (BernoulliNB(), "wine", "multi", ONE),
    (LinearDiscriminantAnalysis(), "breast cancer", "binary", BOTH),
    (LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"), "wine", "multi", BOTH),
    (LinearDiscriminantAnalysis(solver="eigen"), "wine", "multi", ONE),
    (LinearDiscriminantAnalysis(n_components=1), "wine", "multi", VALUE),
    (scaled(QuadraticDiscriminantAnalysis(reg_param=0.1)), "breast cancer", "binary", BOTH),
    (QuadraticDiscriminantAnalysis(), "wine", "multi", BOTH),
    (DummyClassifier(), "churn", "binary", BOTH),
    (DummyClassifier(strategy="most_frequent"), "wine", "multi", BOTH),
    (DummyClassifier(strategy="constant", constant=1), "wine", "multi", BOTH),
]

NETWORKS: list[tuple[Any, str, str, tuple[str | None, ...]]] = [
    (MLPClassifier((5,), activation, solver="lbfgs", random_state=0, max_iter=2000, alpha=1.0), "ties", task, BOTH)
    for activation, task in (("identity", "binary"), ("logistic", "multi"), ("tanh", "binary"), ("relu", "multi"))
] + [
    (scaled(MLPClassifier((6, 4), random_state=0, solver="lbfgs", max_iter=2000, alpha=1.0)), "wine", "multi", BOTH),
    (MLPClassifier((), solver="lbfgs", random_state=0, max_iter=2000), "ties", "binary", ONE),
    (
        scaled(MLPRegressor(hidden_layer_sizes=(6, 3), solver="lbfgs", random_state=0, max_iter=5000, alpha=1.0)),
        "wine",
        "value",
        VALUE,
    ),
    (
        MLPRegressor(
            hidden_layer_sizes=(4,), activation="tanh", solver="lbfgs", random_state=0, max_iter=5000, alpha=1.0
        ),
        "ties",
        "value",
        VALUE,
    ),
    (DummyRegressor(), "diabetes", "value", VALUE),
    (DummyRegressor(strategy="quantile", quantile=0.3), "diabetes", "value", VALUE),
]


def assert_all(estimator: Any, X: pd.DataFrame, y: Any, outputs: tuple[str | None, ...], folder: Path) -> None:
    fitted = clone(estimator).fit(X, y)
    for output in outputs:
        wanted = str(fitted.classes_[-1]) if output is None else output
        assert_parity(fitted, X.head(SAMPLE), folder, wanted)


@pytest.mark.parametrize("estimator, name, task, outputs", CASES + NETWORKS)
def test_classifiers(estimator: Any, name: str, task: str, outputs: tuple[str | None, ...], tmp_path: Path) -> None:
    # scikit-learn 1.7 refuses rows of which every class is all but impossible.
    refusing = isinstance(estimator, OneVsRestClassifier) and isinstance(estimator.estimator, GaussianNB)
    with differing_before((1, 8), refusing):
        assert_all(estimator, few(name), target(name, task), outputs, tmp_path)


@pytest.mark.parametrize(
    "estimator", [MultinomialNB(), ComplementNB(), ComplementNB(norm=True), CategoricalNB()], ids=repr
)
@pytest.mark.parametrize("task", ["binary", "multi"])
def test_counts(estimator: Any, task: str, tmp_path: Path) -> None:
    X = (few("ties") + 3.0) * 2.0
    assert_all(estimator, X, target("ties", task), BOTH, tmp_path)


def test_features_that_are_binary_already(tmp_path: Path) -> None:
    X = (few("ties") > 0).astype(float)
    assert_all(BernoulliNB(binarize=None), X, target("ties", "multi"), BOTH, tmp_path)


@pytest.mark.parametrize(
    "estimator", [LogisticRegression(), LinearSVC(), MLPClassifier((), solver="lbfgs"), GaussianNB()], ids=repr
)
def test_texts_as_classes(estimator: Any, tmp_path: Path) -> None:
    X = few("ties")
    y = np.array(["größer", "it's", "no"], dtype=object)[target("ties", "multi")]
    assert_all(estimator, X, y, ("it's",), tmp_path)


def test_cross_validated(tmp_path: Path) -> None:
    options: dict[str, Any] = {"cv": 3, "Cs": 2}
    if "use_legacy_attributes" in LogisticRegressionCV().get_params():
        options.update(use_legacy_attributes=False, l1_ratios=(0.0,), scoring="accuracy")
    assert_all(LogisticRegressionCV(**options), few("ties"), target("ties", "multi"), BOTH, tmp_path)


@pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning")
def test_passive_aggressive(tmp_path: Path) -> None:
    from sklearn.linear_model import PassiveAggressiveClassifier

    X = few("ties")
    assert_all(PassiveAggressiveClassifier(random_state=0), X, target("ties", "multi"), VALUE, tmp_path)


def test_sparse_coefficients(tmp_path: Path) -> None:
    X = few("ties")
    fitted = SGDClassifier(loss="log_loss", penalty="l1", random_state=0).fit(X, target("ties", "binary")).sparsify()
    assert_parity(fitted, X.head(SAMPLE), tmp_path)


def test_answers_at_random_are_refused() -> None:
    X = few("ties")
    fitted = DummyClassifier(strategy="uniform").fit(X, target("ties", "binary"))
    with pytest.raises(Unsupported, match="at random"):
        lower(fitted, {"input": "frame", "features": [], "output": {"kind": "value"}})
