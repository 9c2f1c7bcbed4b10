"""Contributions against shap, and against Shapley's formula written out: one row and many, in named features."""

from __future__ import annotations

import itertools
import math
import warnings
from types import ModuleType
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from dbml._plpython import batch, compiled, portable, treeshap
from dbml._plpython.explanation import Explainer, Unexplained
from dbml._plpython.frame import to_wire
from dbml.scorer.background import background, take_covers
from dbml.scorer.sklearn import lower


@pytest.fixture(scope="module")
def shap() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses what matplotlib will drop
        import shap
    return shap


def interface(rows: pd.DataFrame, kind: str = "probability", index: int = 1) -> dict[str, Any]:
    features = [
        {"name": name, "kind": "float" if rows[name].dtype.kind == "f" else "text", "dtype": str(rows[name].dtype)}
        for name in rows
    ]
    return {"format": 1, "input": "frame", "features": features, "output": {"kind": kind, "index": index, "label": "1"}}


def frame(size: int = 300, *, missing: bool = False) -> tuple[pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(4)
    rows = pd.DataFrame(random.normal(size=(size, 3)), columns=["a", "b", "c"])
    rows.insert(1, "kind", random.choice(["x", "y", "z"], size))
    rows["kind"] = rows["kind"].astype(object)
    target = (rows["a"] + (rows["kind"] == "x") * rows["b"] + random.normal(size=size) / 2 > 0).to_numpy()
    if missing:
        rows["b"] = rows["b"].where(random.random(size) > 0.2)
    return rows, target


class Subject:
    """An estimator as the server would explain it."""

    def __init__(self, estimator: Any, rows: pd.DataFrame, kind: str = "probability", index: int = 1) -> None:
        self.rows, self.interface = rows, interface(rows, kind, index)
        self.plan = lower(estimator, self.interface)
        covers = take_covers(self.plan)
        values = rows.astype(object).where(rows.notna(), None).to_numpy().tolist()
        self.wire = to_wire(self.interface, values)
        self.explainer = Explainer(
            "m@1", self.plan, self.interface, background(self.plan, covers, self.interface, values)
        )

    def contributions(self, scale: str = "margin") -> np.ndarray:
        """All rows together; the first ten alone must say the same."""
        numbers, texts = self.wire
        columns = [column.tobytes() for column in batch.columns(self.plan["numbers"], numbers)]
        found = np.asarray(self.explainer.rows(columns, batch.by_feature(self.plan, texts), len(numbers), scale))
        alone = [self.explainer.row(*row, scale).contributions for row in zip(numbers[:10], texts[:10], strict=True)]
        np.testing.assert_allclose(alone, found[:10], atol=1e-12)
        return found

    def scores(self) -> np.ndarray:
        return np.asarray(batch.score(self.plan, *self.wire))


def encoded(model: Any) -> Any:
    return make_pipeline(make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough"), model)


def by_feature(pipeline: Any, columns: np.ndarray) -> np.ndarray:
    """What shap says of one-hot columns, x, y, z first, summed for the feature that they encode."""
    return np.column_stack([columns[:, 3], columns[:, :3].sum(axis=1), columns[:, 4], columns[:, 5]])


@pytest.mark.parametrize(
    "model",
    [
        GradientBoostingClassifier(n_estimators=30, random_state=0),
        RandomForestClassifier(10, random_state=0),
        HistGradientBoostingClassifier(max_iter=10, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_trees_over_encoded_columns_are_shap_s(shap: Any, model: Any) -> None:
    rows, target = frame()
    pipeline = encoded(model).fit(rows, target)
    subject = Subject(pipeline, rows)
    explained = shap.TreeExplainer(pipeline[-1])
    truth = np.asarray(explained.shap_values(pipeline[0].transform(rows), check_additivity=False))
    base = np.ravel(explained.expected_value)[-1]
    truth = truth[:, :, 1] if truth.ndim == 3 else truth
    found = subject.contributions()
    np.testing.assert_allclose(found, by_feature(pipeline, truth), atol=1e-9)
    assert subject.explainer.base == pytest.approx(base, abs=1e-9)
    scores = subject.scores()
    margins = scores if isinstance(model, RandomForestClassifier) else np.log(scores / (1 - scores))
    np.testing.assert_allclose(subject.explainer.base + found.sum(axis=1), margins, atol=1e-9)
    base = subject.explainer.linked(subject.explainer.base)
    np.testing.assert_allclose(base + subject.contributions("probability").sum(axis=1), scores, atol=1e-9)


@pytest.mark.parametrize("index", [0, 1])
def test_linear_models_are_shap_s(shap: Any, index: int) -> None:
    rows, target = frame()
    steps = make_column_transformer((OneHotEncoder(), ["kind"]), (StandardScaler(), ["a", "b", "c"]))
    pipeline = make_pipeline(steps, LogisticRegression()).fit(rows, target)
    subject = Subject(pipeline, rows, index=index)
    columns = pipeline[0].transform(rows)
    masker = shap.maskers.Independent(columns, max_samples=len(rows))
    truth = by_feature(pipeline, shap.LinearExplainer(pipeline[-1], masker).shap_values(columns))
    # The other class's margin is the negative.
    np.testing.assert_allclose(subject.contributions(), truth if index else -truth, atol=1e-9)
    np.testing.assert_allclose(
        subject.explainer.linked(subject.explainer.base) + subject.contributions("probability").sum(axis=1),
        pipeline.predict_proba(rows)[:, index],
        atol=1e-9,
    )


def test_missing_values_and_deep_trees_are_shap_s(shap: Any) -> None:
    rows, target = frame(missing=True)
    rows = rows.drop(columns="kind")
    boosted = HistGradientBoostingRegressor(loss="poisson", max_iter=8, min_samples_leaf=1).fit(rows, target)
    found = Subject(boosted, rows, "value").contributions()
    np.testing.assert_allclose(found, shap.TreeExplainer(boosted).shap_values(rows.to_numpy()), atol=1e-9)
    whole = rows.fillna(0.0)
    deep = ExtraTreesRegressor(3, random_state=0).fit(whole, whole["a"] * whole["b"])
    found = Subject(deep, whole, "value").contributions()
    np.testing.assert_allclose(found, shap.TreeExplainer(deep).shap_values(whole), atol=1e-9)


def test_lightgbm_and_xgboost_are_their_own() -> None:
    rows, target = frame(missing=True)
    rows = rows.drop(columns="kind")
    light = lightgbm.LGBMClassifier(n_estimators=10, min_child_samples=5, verbose=-1).fit(rows, target)
    truth = light.predict(rows, pred_contrib=True)
    subject = Subject(light, rows)
    np.testing.assert_allclose(subject.contributions(), truth[:, :-1], atol=1e-9)
    assert subject.explainer.base == pytest.approx(truth[0, -1], abs=1e-9)
    boosted = xgboost.XGBClassifier(n_estimators=10, max_depth=4).fit(rows, target)
    truth = boosted.get_booster().predict(xgboost.DMatrix(rows), pred_contribs=True)
    # In float32, which XGBoost computes them in.
    np.testing.assert_allclose(Subject(boosted, rows).contributions(), truth[:, :-1], atol=2e-6)


def written_out(estimator: Any, row: np.ndarray) -> np.ndarray:
    """Shapley's formula over all sets of columns; who is not known goes both ways, by the training data's shares."""
    tree = estimator.tree_

    def answer(known: tuple[int, ...], node: int = 0) -> float:
        left, right, column = tree.children_left[node], tree.children_right[node], tree.feature[node]
        if left < 0:
            return float(tree.value[node, 0, 1])
        if column in known:
            return answer(known, left if np.float32(row[column]) <= tree.threshold[node] else right)
        share = tree.weighted_n_node_samples[left] / tree.weighted_n_node_samples[node]
        return share * answer(known, left) + (1 - share) * answer(known, right)

    count = len(row)
    found = np.zeros(count)
    for column in range(count):
        others = [other for other in range(count) if other != column]
        for size in range(count):
            weight = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
            for known in itertools.combinations(others, size):
                found[column] += weight * (answer((*known, column)) - answer(known))
    return found


def test_a_tree_is_shapley_s_formula_written_out() -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 5))
    y = X[:, 0] * X[:, 1] + X[:, 2] > 0
    tree = DecisionTreeClassifier(random_state=0).fit(X, y, sample_weight=random.random(200))
    rows = pd.DataFrame(X, columns=list("abcde"))
    subject = Subject(tree.fit(rows, y, sample_weight=random.random(200)), rows)
    for row, found in zip(X[:6], subject.contributions(), strict=False):
        np.testing.assert_allclose(found, written_out(tree, row), atol=1e-12)


@pytest.mark.parametrize("count", range(1, 14))
def test_gauss_integrates_polynomials(count: int) -> None:
    points, weights = np.array(treeshap.gauss(count)).T
    for degree in range(2 * count):
        assert (weights * points**degree).sum() == pytest.approx(1 / (degree + 1), abs=1e-13)


def test_links_of_other_kinds_add_up() -> None:
    rows, target = frame()
    rows = rows.drop(columns="kind")
    boosted = AdaBoostClassifier(n_estimators=10, random_state=0).fit(rows, target)
    subject = Subject(boosted, rows)
    total = subject.explainer.linked(subject.explainer.base) + subject.contributions("probability").sum(axis=1)
    np.testing.assert_allclose(total, boosted.predict_proba(rows)[:, 1], atol=1e-9)
    poisson = PoissonRegressor().fit(rows, target)
    subject = Subject(poisson, rows, "value")
    total = subject.explainer.base + subject.contributions().sum(axis=1)
    np.testing.assert_allclose(np.exp(total), poisson.predict(rows), atol=1e-9)
    classes = LogisticRegression().fit(rows, np.digitize(rows["a"], [-0.5, 0.5]))
    subject = Subject(classes, rows, index=2)
    total = subject.explainer.base + subject.contributions().sum(axis=1)
    np.testing.assert_allclose(total, classes.decision_function(rows)[:, 2], atol=1e-9)
    with pytest.raises(Unexplained, match="several classes"):
        subject.contributions("probability")


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (MLPClassifier((3,), max_iter=5), "mixes a, b, c"),
        (make_pipeline(PolynomialFeatures(2), LinearRegression()), "multiply mixes a, b"),
        (make_pipeline(PCA(2), DecisionTreeClassifier(max_depth=2)), "a column of its trees mixes a, b, c"),
    ],
    ids=["network", "products", "components"],
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_what_mixes_features_says_so(model: BaseEstimator, reason: str) -> None:
    rows, target = frame()
    rows = rows.drop(columns="kind")
    model.fit(rows, target)
    with pytest.raises(Unexplained, match=reason):
        Subject(model, rows, "probability" if hasattr(model, "predict_proba") else "value")


def test_principal_components_of_a_linear_model_are_linear() -> None:
    rows, target = frame()
    rows = rows.drop(columns="kind")
    model = make_pipeline(StandardScaler(), PCA(2), LinearRegression()).fit(rows, target)
    subject = Subject(model, rows, "value")
    weights = model[1].components_.T @ model[2].coef_ / model[0].scale_
    truth = (rows - rows.mean()).to_numpy() * weights
    np.testing.assert_allclose(subject.contributions(), truth, atol=1e-9)


def test_what_the_model_refuses_is_not_explained() -> None:
    rows, target = frame()
    rows = rows.drop(columns="kind")
    subject = Subject(GradientBoostingClassifier(n_estimators=3).fit(rows, target), rows)
    with pytest.raises(compiled.Refused, match="NaN"):
        subject.explainer.row([None, 1.0, 2.0], [], "margin")
    columns = [np.array([math.nan, 1.0]).tobytes(), np.array([1.0, 1.0]).tobytes(), np.array([1.0, 1e39]).tobytes()]
    assert np.isnan(subject.explainer.rows(columns, [], 2, "margin")).all()


def test_a_plan_s_values_are_those_of_its_function() -> None:
    rows, target = frame()
    subject = Subject(encoded(GradientBoostingClassifier(n_estimators=3)).fit(rows, target), rows)
    output = subject.plan["output"]
    function = compiled.load(portable.compile_plan(subject.plan, [output, output]))
    numbers, texts = subject.wire
    score = subject.scores()[0]
    assert function(numbers[0], texts[0]) == pytest.approx((score, score), abs=1e-15)
