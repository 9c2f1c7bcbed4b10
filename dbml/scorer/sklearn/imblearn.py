"""imbalanced-learn: what it draws anew while it fits plays no part in what is predicted."""

from __future__ import annotations

from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    RUSBoostClassifier,
)
from imblearn.pipeline import Pipeline

from dbml.scorer.sklearn.boosting import ada_boost_classifier
from dbml.scorer.sklearn.meta import bagging_classifier
from dbml.scorer.sklearn.registry import Answer, Columns, predict, predictor, transform
from dbml.scorer.sklearn.trees import forest_classifier

predictor(BalancedRandomForestClassifier)(forest_classifier)
predictor(RUSBoostClassifier)(ada_boost_classifier)
predictor(BalancedBaggingClassifier, EasyEnsembleClassifier)(bagging_classifier)


@predictor(Pipeline)
def pipeline(estimator: Pipeline, X: Columns) -> Answer:
    for _, step in estimator.steps[:-1]:
        if not hasattr(step, "fit_resample"):
            X = transform(step, X)
    return predict(estimator.steps[-1][1], X)
