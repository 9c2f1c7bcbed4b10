"""Linear and quadratic discriminant analysis."""

from __future__ import annotations

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis

from dbml.scorer.sklearn.linear import decisions, double, single, weighted_sum
from dbml.scorer.sklearn.linear_classification import from_decisions, two_classes
from dbml.scorer.sklearn.registry import Answer, Columns, predictor


@predictor(LinearDiscriminantAnalysis)
def linear(estimator: LinearDiscriminantAnalysis, X: Columns) -> Answer:
    values = decisions(estimator, X)
    if len(values) == 1:
        return from_decisions(X.plan, values, two_classes(values[0].sigmoid()))
    return from_decisions(X.plan, values, X.plan.softmax(values))


@predictor(QuadraticDiscriminantAnalysis)
def quadratic(estimator: QuadraticDiscriminantAnalysis, X: Columns) -> Answer:
    X.numeric("QuadraticDiscriminantAnalysis").refuse_missing("QuadraticDiscriminantAnalysis")
    scores = []
    for rotation, scaling, means, prior in zip(
        estimator.rotations_, estimator.scalings_, estimator.means_, estimator.priors_, strict=True
    ):
        rounded = X.rounding if means.dtype == np.float32 else lambda value: value
        centred = X.of([rounded(v - float(m)) for v, m in zip(X.values, means, strict=True)], dtype=X.dtype)
        matrix = rotation * (scaling ** (-0.5))
        sums = [weighted_sum(centred, row, 0.0, in_single=single(matrix, X)) for row in double(matrix).T]
        norm = X.plan.sum([value.function("square") for value in sums])
        scores.append(-0.5 * (norm + float(np.sum(np.log(scaling)))) + float(np.log(prior)))
    function = [scores[1] - scores[0]] if len(scores) == 2 else scores
    return Answer(X.plan.softmax(scores), decision=scores, function=function)
