"""Explainable boosting machines of interpret: tables of one feature, or of two, added up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Column, Columns, predictor


@predictor(ExplainableBoostingClassifier)
def ebm_classifier(estimator: ExplainableBoostingClassifier, X: Columns) -> Answer:
    scores = _scores(estimator, X)
    if estimator.link_ == "logit":
        positive = scores[0].sigmoid()
        return Answer([1.0 - positive, positive], decision=[X.plan.constant(0.0), scores[0]], function=scores)
    if estimator.link_ != "mlogit":
        raise Unsupported(f"an ExplainableBoostingClassifier with the link {estimator.link_}")
    return Answer(X.plan.softmax(scores), decision=scores, function=scores)


@predictor(ExplainableBoostingRegressor)
def ebm_regressor(estimator: ExplainableBoostingRegressor, X: Columns) -> Answer:
    (score,) = _scores(estimator, X)
    if estimator.link_ == "identity":
        return Answer(value=score)
    if estimator.link_ == "log":
        return Answer(value=score.function("exp"))
    raise Unsupported(f"an ExplainableBoostingRegressor with the link {estimator.link_}")


def _scores(estimator: Any, X: Columns) -> list[Value]:
    """The intercept and a number from each term's table, for each class."""
    intercepts = np.atleast_1d(np.asarray(estimator.intercept_, dtype=np.float64))
    kinds = estimator.feature_types_in_
    found = []
    for place, intercept in enumerate(intercepts.tolist()):
        parts: list[Value | float] = [intercept]
        for features, table in zip(estimator.term_features_, estimator.term_scores_, strict=True):
            scores = table[..., place] if table.ndim > len(features) else table
            # The more features a term has, the coarser its bins may be.
            bins = [estimator.bins_[i][min(len(estimator.bins_[i]), len(features)) - 1] for i in features]
            columns = [X[i] for i in features]
            if len(features) == 1:
                parts.append(_looked_up(columns[0], kinds[features[0]], bins[0], scores.tolist()))
                continue
            flat: Value | float = 0.0
            for column, feature, known, size in zip(columns, features, bins, scores.shape, strict=True):
                flat = flat * float(size) + _looked_up(column, kinds[feature], known, np.arange(float(size)).tolist())
            assert isinstance(flat, Value)
            edges = [number + 0.5 for number in range(scores.size - 1)]
            parts.append(flat.step(edges, scores.ravel().tolist()))
        found.append(X.plan.sum(parts))
    return found


def _looked_up(column: Column, kind: str, bins: Any, scores: Sequence[float]) -> Value:
    """What stands in a table for a value: what is missing has the first place, what is unknown the last.

    :param bins: cuts of a number; or text → place.
    """
    if kind == "continuous":
        if column.value.kind != "n":
            raise Unsupported(f"a machine on numbers, and column {column.name!r} is text")
        return column.value.step(np.asarray(bins).tolist(), scores[1:-1], side="right", missing=scores[0])
    if column.value.kind != "t":
        # It makes texts of numbers: 1 is "1" and 1.0 is "1.0".
        raise Unsupported(f"a machine on categories, and column {column.name!r} has numbers")
    return column.value.lookup(bins, [scores[place] for place in bins.values()], scores[-1], scores[0])
