"""skops files: ordinary pipelines load without a word, what else is in a file is for somebody to trust."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
import skops.io
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, TweedieRegressor
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, SplineTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from dbml.errors import ArtifactError
from dbml.models import artifact

RNG = np.random.default_rng(4)
N = 120
X = pd.DataFrame({"a": RNG.normal(size=N), "b": RNG.normal(size=N), "plan": RNG.choice(["x", "y", "z"], N)})
Y = (X["a"] + (X["plan"] == "x") > 0).astype(int)

encode = make_column_transformer(
    (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), ["plan"]),
    (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include="number")),
)
alone = make_column_transformer(("passthrough", ["a", "b"]))
few = {"n_estimators": 3, "random_state": 0}


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(encode, LogisticRegression()),
        make_pipeline(encode, RandomForestClassifier(**few)),
        make_pipeline(encode, AdaBoostClassifier(**few)),
        make_pipeline(encode, GradientBoostingRegressor(**few)),
        make_pipeline(encode, MLPClassifier((3,), max_iter=2000, random_state=0)),
        make_pipeline(encode, SelectKBest(k=2), LogisticRegression()),
        make_pipeline(encode, CalibratedClassifierCV(DecisionTreeClassifier(max_depth=2), cv=2)),
        make_pipeline(encode, StackingClassifier([("a", DecisionTreeClassifier(max_depth=2))], cv=2)),
        make_pipeline(encode, VotingClassifier([("a", LogisticRegression())], voting="soft")),
        make_pipeline(encode, TunedThresholdClassifierCV(LogisticRegression(), cv=2)),
        make_pipeline(alone, HistGradientBoostingClassifier(max_iter=3)),
        make_pipeline(alone, KBinsDiscretizer(3, strategy="uniform"), LogisticRegression()),
        make_pipeline(alone, SplineTransformer(), TweedieRegressor(power=1.5, link="log")),
        GridSearchCV(make_pipeline(encode, LogisticRegression()), {"logisticregression__C": [0.1, 1.0]}, cv=2),
    ],
    ids=lambda model: type(getattr(model, "steps", [("", model)])[-1][1]).__name__,
)
def test_an_ordinary_pipeline_needs_no_trust(model: Any, tmp_path: Path) -> None:
    skops.io.dump(model.fit(X, Y), tmp_path / "m.skops")
    read = artifact.read(tmp_path / "m.skops", X)
    truth = model.predict_proba(X)[:, 1] if hasattr(model, "predict_proba") else model.predict(X)
    assert read.golden["scores"] == pytest.approx(truth.tolist(), abs=1e-12)


def test_what_is_not_part_of_scikit_learn_is_for_somebody_to_trust(tmp_path: Path) -> None:
    skops.io.dump(KNeighborsClassifier().fit(X[["a", "b"]], Y), tmp_path / "m.skops")
    with pytest.raises(ArtifactError, match="not trusted: .*KDTree") as caught:
        artifact.read(tmp_path / "m.skops", X)
    assert "`--trust sklearn.neighbors._kd_tree.KDTree`" in str(caught.value.hint)
    types = ["sklearn.neighbors._kd_tree.KDTree", "sklearn.metrics._dist_metrics.EuclideanDistance64"]
    assert artifact.read(tmp_path / "m.skops", X, trust=types).kind == "skops"


def test_the_version_that_wrote_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = LogisticRegression().fit(X[["a", "b"]], Y)
    with monkeypatch.context() as patch:
        patch.setattr("sklearn.base.__version__", "1.5.2")
        skops.io.dump(model, tmp_path / "m.skops")
    with pytest.raises(ArtifactError) as caught:
        artifact.read(tmp_path / "m.skops")
    assert f"was written by scikit-learn 1.5.2, and {sklearn.__version__} is installed here" in caught.value.message
    assert artifact.read(tmp_path / "m.skops", trust=["scikit-learn==1.5.2"]).libraries["scikit-learn"] == "1.5.2"
