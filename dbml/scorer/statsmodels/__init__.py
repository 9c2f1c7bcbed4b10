"""Fitted results of statsmodels, with the methods of a fitted estimator.

statsmodels knows rows with a column of ones, or a formula over a frame; a row of a table has no such column.
"""

from __future__ import annotations

import itertools
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
        return _kind(model)(model)
    except (Unsupported, AttributeError) as reason:
        raise ArtifactError(
            f"{source}: the {type(model).__name__} is not served ({reason})",
            "Served are results of OLS, WLS, GLS, RLM, QuantReg, MixedLM, GLM, GEE, Logit, Probit, MNLogit, Poisson, "
            "NegativeBinomial and OrderedModel by normal or logistic errors.",
        ) from reason


def _kind(results: Any) -> type[Statsmodels]:
    name, family = type(results.model).__name__, getattr(results.model, "family", None)
    if name in ("MNLogit", "OrderedModel"):
        return StatsmodelsClasses
    binomial = type(family).__name__ == "Binomial" and np.ndim(results.model.endog) == 1
    two = name in ("Logit", "Probit") or (name in _FAMILIES and binomial)
    return StatsmodelsClassifier if two else StatsmodelsRegressor


class Statsmodels(BaseEstimator):  # type: ignore[misc]
    """Results, asked with rows of their features.

    :param results: as ``fit`` returned them.
    """

    def __init__(self, results: Any) -> None:
        self.results = results
        self.spec = getattr(results.model.data, "model_spec", None)
        self.weights, self.link = _weights_and_link(results)
        if self.spec is None:
            names = _names(results)[: len(self.weights[0])]
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
        return self.sums(X)[0]

    def sums(self, X: Columns) -> list[Value]:
        """Each weighted sum of the columns."""
        if self.spec is None:
            terms: list[Value | float] = list(X.numeric("statsmodels").values)
            if self.constant is not None:
                terms.insert(self.constant, 1.0)
        else:
            terms = formula.terms(self.spec, X)
        numbers = [term for term in terms if isinstance(term, Value)]
        found = []
        for weights in self.weights:
            pairs = list(zip(terms, weights, strict=True))
            constant = sum(float(term) * weight for term, weight in pairs if not isinstance(term, Value))
            of_numbers = [weight for term, weight in pairs if isinstance(term, Value)]
            found.append(X.plan.dot(numbers, of_numbers, constant) if numbers else X.plan.constant(constant))
        return found


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


class StatsmodelsClasses(ClassifierMixin, Statsmodels):  # type: ignore[misc]
    """The probability of each of several classes, in an order or in none."""

    def __init__(self, results: Any) -> None:
        super().__init__(results)
        names = getattr(results.model, "_ynames_map", None)
        # MNLogit has words for its classes, whatever they were.
        listed = results.model.labels if names is None else [names[place] for place in sorted(names)]
        self.classes_ = np.array([_whole(label) for label in listed])

    def predict_proba(self, X: Any) -> Any:
        """Shape ``(rows, classes)``."""
        return self.answered(X)

    def predict(self, X: Any) -> Any:
        """The most probable class."""
        return self.classes_[self.answered(X).argmax(axis=1)]

    def written(self, X: Columns) -> Answer:
        """Write down what the model answers."""
        if type(self.results.model).__name__ == "MNLogit":
            # Where a power overflows, there is no answer.
            powers = [X.plan.constant(1.0), *(each.function("exp") for each in self.sums(X))]
            whole = X.plan.sum(powers)
            return Answer([power / whole for power in powers])
        # The outermost are infinite: an infinite sum is on neither side of its own.
        thresholds = self.results.model.transform_threshold_params(np.asarray(self.results.params))
        [latent] = self.sums(X)
        below = [_INVERSES[self.link](float(threshold) - latent) for threshold in thresholds]
        return Answer([b - a for a, b in itertools.pairwise(below)])


def _whole(label: Any) -> Any:
    """A class as a number, where it is a whole one as Python writes it."""
    text = str(label)
    return int(text) if text.lstrip("-").isdecimal() and str(int(text)) == text else text


# --- what the results hold ---

_LINEAR = ("OLS", "WLS", "GLS", "GLSAR", "RLM", "QuantReg", "MixedLM")
_FAMILIES = ("GLM", "GEE")
_CUMULATIVE = {"norm_gen": "probit", "logistic_gen": "logit"}
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


def _weights_and_link(results: Any) -> tuple[list[list[float]], str]:
    """The weights of each sum of the columns, and what is made of a sum."""
    name, model = type(results.model).__name__, results.model
    if name in _LINEAR:
        link = "identity"
    elif name in _COUNTS:
        link = "log"
    elif name in ("Logit", "Probit"):
        link = name.lower()
    elif name == "MNLogit":
        return np.asarray(results.params, dtype=np.float64).T.tolist(), "logit"
    elif name == "OrderedModel" and type(model.distr).__name__ in _CUMULATIVE:
        return [np.asarray(results.params, dtype=np.float64)[: model.k_vars].tolist()], _CUMULATIVE[
            type(model.distr).__name__
        ]
    elif name in _FAMILIES and type(model.family.link).__name__ in _LINKS:
        link = _LINKS[type(model.family.link).__name__]
    else:
        shown = f" with the link {type(model.family.link).__name__}" if name in _FAMILIES else ""
        raise Unsupported(f"{name}{shown}")
    weights = np.asarray(results.params, dtype=np.float64)
    if weights.ndim != 1:
        raise Unsupported(f"{name} of several outputs")
    # Behind the weights stand parameters of the distribution, or of random effects.
    fixed = model.k_fe if name == "MixedLM" else len(weights) - int(getattr(model, "k_extra", 0) or 0)
    return [weights[:fixed].tolist()], link
