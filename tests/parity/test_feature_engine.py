"""What feature_engine does with numbers, missing values and columns, against itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from feature_engine.creation import CyclicalFeatures
from feature_engine.discretisation import (
    ArbitraryDiscretiser,
    EqualFrequencyDiscretiser,
    EqualWidthDiscretiser,
    GeometricWidthDiscretiser,
)
from feature_engine.encoding import OrdinalEncoder
from feature_engine.imputation import (
    AddMissingIndicator,
    ArbitraryNumberImputer,
    CategoricalImputer,
    EndTailImputer,
    MeanMedianImputer,
)
from feature_engine.outliers import ArbitraryOutlierCapper, Winsorizer
from feature_engine.scaling import MeanNormalizationScaler
from feature_engine.selection import (
    DropConstantFeatures,
    DropCorrelatedFeatures,
    DropDuplicateFeatures,
    DropFeatures,
    DropHighPSIFeatures,
    SelectByInformationValue,
    SelectBySingleFeaturePerformance,
    SmartCorrelatedSelection,
)
from feature_engine.transformation import LogCpTransformer, LogTransformer, ReciprocalTransformer, YeoJohnsonTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from dbml.models import artifact
from dbml.scorer import engines
from tests.parity.harness import assert_parity

random = np.random.default_rng(0)
FULL = pd.DataFrame(
    {
        "a": random.normal(size=150),
        "p": random.lognormal(size=150),
        "k": random.integers(1, 9, 150),
    }
)
HOLED = FULL.assign(a=FULL["a"].where(random.random(150) > 0.2), t=random.choice(["x", "größer", None], 150))
LABEL = (FULL["a"] > 0).astype(int)

CASES: list[tuple[tuple[Any, ...], pd.DataFrame]] = [
    ((MeanMedianImputer(), CategoricalImputer(), OrdinalEncoder(encoding_method="arbitrary")), HOLED),
    ((AddMissingIndicator(), ArbitraryNumberImputer(arbitrary_number=-9, variables=["a"]), DropFeatures(["t"])), HOLED),
    ((EndTailImputer(variables=["a"]), DropFeatures(["t"])), HOLED),
    ((Winsorizer(tail="both", variables=["a", "p"]),), FULL),
    ((ArbitraryOutlierCapper({"a": 1}, {"a": -1}),), FULL),
    ((LogTransformer(variables=["p"], base="10"),), FULL),
    ((LogCpTransformer(variables=["a", "p"]),), FULL),
    ((ReciprocalTransformer(variables=["p"]),), FULL),
    ((MeanNormalizationScaler(), DropCorrelatedFeatures()), FULL),
    ((EqualWidthDiscretiser(bins=4),), FULL),
    ((EqualFrequencyDiscretiser(q=4, variables=["a", "p"]),), FULL),
    ((ArbitraryDiscretiser({"a": [-np.inf, -1, 0, 2, np.inf]}),), FULL),
    ((CyclicalFeatures(variables=["k"], drop_original=True),), FULL),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("steps, rows", CASES, ids=lambda part: type(part[0]).__name__ if type(part) is tuple else "")
def test_parity(steps: tuple[Any, ...], rows: pd.DataFrame, tmp_path: Path) -> None:
    assert_parity(make_pipeline(*steps, LogisticRegression(max_iter=500)).fit(rows, LABEL), rows.head(30), tmp_path)


SELECTORS = (
    DropConstantFeatures(),
    DropDuplicateFeatures(),
    DropHighPSIFeatures(variables=["a", "p", "k"]),
    SelectByInformationValue(variables=["p", "k"], bins=2, threshold=0.0),
    SelectBySingleFeaturePerformance(LogisticRegression(), variables=["a", "k"], threshold=0.6, cv=2),
    SmartCorrelatedSelection(),
)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("selector", SELECTORS, ids=lambda selector: type(selector).__name__)
def test_selectors_leave_columns_out(selector: Any) -> None:
    rows = FULL.assign(same=FULL["a"], fixed=1.0)
    fitted = make_pipeline(selector, GeometricWidthDiscretiser(variables=["a"]), LogisticRegression()).fit(rows, LABEL)
    read = artifact.read(fitted, rows.head(30))
    made = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert made.expression is not None and made.report is not None and made.report.differing == 0, made.refusals


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (YeoJohnsonTransformer(variables=["a"]), "the transformer YeoJohnsonTransformer"),
        (Winsorizer(variables=["a"], add_indicators=True), "a Winsorizer that adds indicators"),
    ],
)
def test_what_no_plan_expresses_is_named(step: Any, words: str) -> None:
    read = artifact.read(make_pipeline(step, LogisticRegression()).fit(FULL, LABEL), FULL.head(30))
    assert words in engines.prepare(read.estimator, read.interface, read.golden, label="m@1").refusals["portable"]
