"""Fitted results of statsmodels, with the methods of a fitted estimator.

statsmodels knows rows with a column of ones, or a formula over a frame; a row of a table has no such column.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from dbml.errors import ArtifactError
from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Columns
from dbml.scorer.statsmodels import formula


def wrapped(source: str, model: Any) -> Any:
    """What a file holds as an estimator, if it is a result of statsmodels; else None.

    :raises ArtifactError: it is one that predicts no rows.
    """
    library = sys.modules.get("statsmodels.base.wrapper")
    if library is None or not isinstance(model, library.ResultsWrapper):
        return None
    try:
        return (StatsmodelsClassifier if _two_classes(model) else StatsmodelsRegressor)(model)
    except (Unsupported, AttributeError) as reason:
        raise ArtifactError(
            f"{source}: the {type(model).__name__} is not served ({reason})",
            "Served are results of OLS, WLS, GLS, RLM, QuantReg, GLM, Logit, Probit, Poisson and NegativeBinomial.",
        ) from reason


def _two_classes(results: Any) -> bool:
    name, family = type(results.model).__name__, getattr(results.model, "family", None)
    binomial = type(family).__name__ == "Binomial" and np.ndim(results.model.endog) == 1
    return name in ("Logit", "Probit") or (name == "GLM" and binomial)


class Statsmodels(BaseEstimator):  # type: ignore[misc]
    """Results, asked with rows of their features.

    :param results: as ``fit`` returned them.
    """

    def __init__(self, results: Any) -> None:
        self.results = results
        self.spec = getattr(results.model.data, "model_spec", None)
        self.weights, self.link = _weights_and_link(results)
        if self.spec is None:
            names = _names(results)[: len(self.weights)]
            self.constant = results.model.data.const_idx
            features = [name for place, name in enumerate(names) if place != self.constant]
            made_up = type(results.model.data).__name__ != "PandasData"
        else:
            features, made_up = formula.columns(self.spec), False
        self.n_features_in_ = len(features)
        if not made_up:
            self.feature_names_in_ = np.array(features, dtype=object)

    def __repr__(self) -> str:
        return f"{type(self.results.model).__name__}Results"

    def answered(self, X: Any) -> Any:
        """What the results themselves predict."""
        if self.spec is None:
            rows = np.asarray(X, dtype=np.float64)
            if self.constant is not None:
                rows = np.insert(rows, self.constant, 1.0, axis=1)
            return np.asarray(self.results.predict(rows))
        # A power of an integer would overflow.
        whole = {name: np.float64 for name in X.columns if X[name].dtype.kind == "i"}
        return np.asarray(self.results.predict(X.astype(whole)), dtype=np.float64)

    def linear(self, X: Columns) -> Value:
        """The weighted sum before the link."""
        if self.spec is None:
            terms: list[Value | float] = list(X.numeric("statsmodels").values)
            if self.constant is not None:
                terms.insert(self.constant, 1.0)
        else:
            terms = formula.terms(self.spec, X)
        numbers = [(t, w) for t, w in zip(terms, self.weights, strict=True) if isinstance(t, Value)]
        constant = sum(float(t) * w for t, w in zip(terms, self.weights, strict=True) if not isinstance(t, Value))
        if not numbers:
            return X.plan.constant(constant)
        return X.plan.dot([t for t, _ in numbers], [w for _, w in numbers], constant)


class StatsmodelsRegressor(RegressorMixin, Statsmodels):  # type: ignore[misc]
    """The expected value."""

    def predict(self, X: Any) -> Any:
        """Shape ``(rows,)``."""
        return self.answered(X)

    def written(self, X: Columns) -> Answer:
        """Write down what the model answers."""
        return Answer(value=_INVERSES[self.link](self.linear(X)))


class StatsmodelsClassifier(ClassifierMixin, Statsmodels):  # type: ignore[misc]
    """The probability that what was counted as 1 happens."""

    classes_ = np.array([0, 1])

    def predict_proba(self, X: Any) -> Any:
        """Shape ``(rows, 2)``."""
        said = self.answered(X)
        return np.column_stack((1.0 - said, said))

    def predict(self, X: Any) -> Any:
        """Whether it is more probable than not."""
        return (self.answered(X) > 0.5).astype(int)

    def written(self, X: Columns) -> Answer:
        """Write down what the model answers."""
        said = _INVERSES[self.link](self.linear(X))
        votes = [said.less_equal(0.5), X.plan.constant(0.5).less(said)]
        return Answer([1.0 - said, said], votes=votes, function=[self.linear(X)])


# --- what the results hold ---

_LINEAR = ("OLS", "WLS", "GLS", "GLSAR", "RLM", "QuantReg")
_COUNTS = ("Poisson", "NegativeBinomial", "NegativeBinomialP", "GeneralizedPoisson")
_INVERSES = {
    "identity": lambda z: z,
    "log": lambda z: z.function("exp"),
    "logit": lambda z: z.sigmoid(),
    "probit": lambda z: z.function("ndtr"),
    "cloglog": lambda z: 1.0 - (-z.function("exp")).function("exp"),
    "loglog": lambda z: (-(-z).function("exp")).function("exp"),
    "inverse": lambda z: 1.0 / z,
    "inverse square": lambda z: 1.0 / z.function("sqrt"),
    "square root": lambda z: z * z,
}
_LINKS = {
    "Identity": "identity",
    "Log": "log",
    "Logit": "logit",
    "Probit": "probit",
    "CLogLog": "cloglog",
    "LogLog": "loglog",
    "InversePower": "inverse",
    "InverseSquared": "inverse square",
    "Sqrt": "square root",
}


def _names(results: Any) -> list[str]:
    names = results.model.exog_names
    if names is None:  # remove_data() takes them too
        names = getattr(results.params, "index", None)
    if names is None or not all(isinstance(name, str) for name in names):
        raise Unsupported("the names of its columns went with remove_data(): save it with its data")
    return list(names)


def _weights_and_link(results: Any) -> tuple[list[float], str]:
    name, model = type(results.model).__name__, results.model
    if name in _LINEAR:
        link = "identity"
    elif name in _COUNTS:
        link = "log"
    elif name in ("Logit", "Probit"):
        link = name.lower()
    elif name == "GLM" and type(model.family.link).__name__ in _LINKS:
        link = _LINKS[type(model.family.link).__name__]
    else:
        shown = f" with the link {type(model.family.link).__name__}" if name == "GLM" else ""
        raise Unsupported(f"{name}{shown}")
    weights = np.asarray(results.params, dtype=np.float64)
    if weights.ndim != 1:
        raise Unsupported(f"{name} of several outputs")
    # Behind the weights stand parameters of the distribution.
    return weights[: len(weights) - int(getattr(model, "k_extra", 0) or 0)].tolist(), link
