"""A subclass that changes nothing of an answer is its base; one that may is refused by the name of what it overrides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import all_estimators

from dbml.scorer import support
from dbml.scorer.plan import Unsupported
from dbml.scorer.sklearn import registry
from tests.parity.harness import assert_parity, data, few, target


class Balanced(LogisticRegression):
    """Other defaults, and a method of its own."""

    def __init__(self, C: float = 0.5, max_iter: int = 2000) -> None:
        super().__init__(C=C, max_iter=max_iter, class_weight="balanced")

    def odds(self, X: Any) -> Any:
        return np.exp(self.decision_function(X))


class Told:
    """A mixin in front: it tells of itself, and fits as it likes."""

    def fit(self, X: Any, y: Any = None, **more: Any) -> Any:
        return super().fit(X, y, **more)  # type: ignore[misc]

    def score(self, X: Any, y: Any) -> float:
        return 0.5

    def __repr__(self) -> str:
        return "Told"


class ToldBoosting(Told, GradientBoostingClassifier):
    pass


class Halved(Ridge):
    """The answer is that of the base, of coefficients that are computed."""

    @property
    def coef_(self) -> Any:
        return self.whole / 2.0

    @coef_.setter
    def coef_(self, value: Any) -> None:
        self.whole = value


class Steps(Pipeline):
    def fit(self, X: Any, y: Any = None, **more: Any) -> Any:
        return super().fit(X, y, **more)


class Robuster(StandardScaler):
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        super().fit(np.clip(X, *np.quantile(X, [0.05, 0.95], axis=0)), y)
        return self


class Columns(ColumnTransformer):
    pass


class Grandchild(Balanced):
    pass


CASES = {
    "other defaults": (Balanced(), LogisticRegression(C=0.5, max_iter=2000, class_weight="balanced"), "binary"),
    "of a subclass": (Grandchild(), LogisticRegression(C=0.5, max_iter=2000, class_weight="balanced"), "binary"),
    "mixin": (ToldBoosting(n_estimators=4, random_state=0), GradientBoostingClassifier(n_estimators=4, random_state=0), "binary"),
    "pipeline": (
        Steps([("scale", StandardScaler()), ("fit", Balanced())]),
        make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=2000, class_weight="balanced")),
        "binary",
    ),
    "target": (
        TransformedTargetRegressor(LinearRegression(), transformer=Robuster()),
        None,
        "value",
    ),
    "scaler": (make_pipeline(Robuster(), LinearRegression()), None, "value"),
    "computed": (Halved(), None, "value"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_answers_as_its_base(case: str, tmp_path: Path) -> None:
    own, base, task = CASES[case]
    X, y = few("wine"), target("wine", task)
    made = assert_parity(clone(own).fit(X, y), X, tmp_path)
    if base is not None:
        # The reasons name the class.
        like = assert_parity(base.fit(X, y), X, tmp_path)
        assert (made["nodes"], made["output"]) == (like["nodes"], like["output"])


def test_columns_by_a_subclass(tmp_path: Path) -> None:
    X, _ = data("churn")
    texts = ["state", "international_plan"]
    columns = Columns([("texts", OneHotEncoder(), texts), ("numbers", Robuster(), ["number_customer_service_calls"])])
    assert_parity(make_pipeline(columns, Balanced()).fit(X, target("churn", "binary")), X, tmp_path)


class Sharpened(LogisticRegression):
    def predict_proba(self, X: Any) -> Any:
        return super().predict_proba(X) ** 2


class Shifted(LogisticRegression):
    def decision_function(self, X: Any) -> Any:
        return super().decision_function(X) + 1.0


class Doubling:
    def transform(self, X: Any) -> Any:
        return super().transform(X) * 2.0  # type: ignore[misc]


class DoublingScaler(Doubling, StandardScaler):
    pass


class Forgiving(HistGradientBoostingClassifier):
    def __sklearn_tags__(self) -> Any:
        return super().__sklearn_tags__()


class Open(Ridge):
    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


class Backwards(StandardScaler):
    def inverse_transform(self, X: Any, copy: Any = None) -> Any:
        return super().inverse_transform(X) + 1.0


class Hidden(LinearRegression):
    def _decision_function(self, X: Any) -> Any:
        return super()._decision_function(X) + 1.0


REFUSED = {
    "Sharpened, which overrides predict_proba of LogisticRegression": Sharpened(max_iter=2000),
    "Shifted, which overrides decision_function of LogisticRegression": Shifted(max_iter=2000),
    "DoublingScaler, which overrides transform of StandardScaler": make_pipeline(DoublingScaler(), LogisticRegression()),
    "Forgiving, which overrides __sklearn_tags__ of HistGradientBoostingClassifier": Forgiving(max_iter=3),
    "Open, which overrides __getattr__ of Ridge": Open(),
    "transformed by a Backwards, which overrides inverse_transform of StandardScaler": TransformedTargetRegressor(LinearRegression(), transformer=Backwards(), check_inverse=False),
    "Hidden, which overrides _decision_function of LinearRegression": Hidden(),
}  # fmt: skip


@pytest.mark.parametrize("because", REFUSED)
def test_what_may_change_the_answer_is_refused_by_name(because: str, tmp_path: Path) -> None:
    X, estimator = few("wine"), REFUSED[because]
    task = "binary" if hasattr(estimator, "predict_proba") else "value"
    with pytest.raises(Unsupported, match=because):
        assert_parity(clone(estimator).fit(X, target("wine", task)), X, tmp_path)


def test_no_class_of_scikit_learn_is_taken_for_another() -> None:
    support.families()
    taken = {}
    for name, kind in all_estimators():
        for table in (registry.PREDICTORS, registry.TRANSFORMERS):
            if kind not in table:
                try:
                    taken[name] = registry.basis(object.__new__(kind), table).__name__
                except Unsupported:
                    continue
    assert taken == {}
