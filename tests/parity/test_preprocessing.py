"""Transformers, each in a pipeline with an estimator behind it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.decomposition import PCA, FastICA, IncrementalPCA, TruncatedSVD
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.feature_selection import (
    RFE,
    RFECV,
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    SequentialFeatureSelector,
    VarianceThreshold,
)
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection

from dbml.scorer import parity
from dbml.scorer.plan import Unsupported
from tests.parity.harness import assert_parity, data, differing_before, target


def _has(kind: type, name: str) -> bool:
    """Whether this scikit-learn knows a parameter: some came after 1.6."""
    return name in inspect.signature(kind).parameters


QUANTILES = {"quantile_method": "averaged_inverted_cdf"} if _has(KBinsDiscretizer, "quantile_method") else {}
# Other folds than these come at random, or with a warning from 1.9 on.
FOLDS = {"cv": KFold(3)} if "cv_object" in TargetEncoder._parameter_constraints["cv"] else {"cv": 3, "shuffle": False}
LOGISTIC = LogisticRegression(max_iter=2000)
BOOSTED = GradientBoostingClassifier(n_estimators=8, max_depth=3, random_state=0)
# Behind a transformer that lets NaN through: the imputer sees where.
IMPUTED = make_pipeline(SimpleImputer(), StandardScaler(), LOGISTIC)
SCALED = make_pipeline(StandardScaler(), LOGISTIC)

NUMBERS = ["spend", "calls", "ratio"]
TEXTS = ["plan", "region"]


def typed() -> pd.DataFrame:
    """Columns of every dtype that an interface knows."""
    random = np.random.default_rng(3)
    size = 400
    regions = np.where(random.random(size) < 0.1, None, random.choice(list("NESW"), size))
    return pd.DataFrame(
        {
            "single": random.normal(size=size).astype(np.float32),
            "double": random.lognormal(size=size),
            "count": random.integers(0, 5, size),
            "holed": np.where(random.random(size) < 0.2, np.nan, random.integers(0, 4, size)),
            "flag": random.random(size) < 0.4,
            "answer": np.where(random.random(size) < 0.1, None, random.random(size) < 0.5),
            "grade": pd.Categorical(random.choice(["low", "mid", "high"], size), ["low", "mid", "high", "top"]),
            "holed grade": pd.Categorical(regions),
            "word": pd.Series(random.choice(["a", "b", "ß"], size), dtype="str"),
            "holed word": pd.Series(regions, dtype=object),
            "nan word": pd.Series([np.nan if r is None else r for r in regions], dtype=object),
        }
    )


VARIANTS = ("few ", "positive ", "numeric ", "single ", "object ")


def frame(name: str) -> pd.DataFrame:
    if name in ("typed", "count", "flag"):
        return typed() if name == "typed" else typed()[["count", "flag"] if name == "flag" else ["count"]]
    X = data(name.split(" ", 1)[-1] if name.startswith(VARIANTS) else name)[0]
    if name == "object mixed":
        region = X["region"].astype(object)
        return X.assign(plan=X["plan"].astype(object), region=region.where(region.notna(), None))
    if name.startswith("positive "):
        X = X - X.min() + 1.0
    if name.startswith("single "):
        X = X.astype(np.float32)
    if name == "churn":
        return X[["state", "voice_mail_plan", "total_day_minutes", "total_intl_calls", "account_length"]]
    # A few columns: every further one costs hurtful rows, and says nothing new.
    return (
        X[NUMBERS]
        if name == "numeric mixed"
        else X.iloc[:, : 3 if name.startswith("few ") else 6 if name.endswith(("ties", "mixed")) else 4]
    )


def goal(name: str, task: str) -> Any:
    if name not in ("typed", "count", "flag"):
        return target(name.split(" ", 1)[-1] if name.startswith(VARIANTS) else name, task)
    X = typed()
    score = X["double"] + X["flag"] + (X["word"] == "a") + X["count"] / 3.0
    return (
        np.digitize(score, np.quantile(score, [0.5] if task == "binary" else [0.3, 0.7])) if task != "value" else score
    )


# A transformer, what stands behind it, the data set, the task.
SCALERS: list[tuple[Any, Any, str, str]] = [
    (StandardScaler(), LOGISTIC, "breast cancer", "binary"),
    (StandardScaler(), BOOSTED, "ties", "binary"),
    (StandardScaler(with_mean=False), IMPUTED, "numeric mixed", "binary"),
    (StandardScaler(with_std=False), LinearRegression(), "diabetes", "value"),
    (MinMaxScaler(), LOGISTIC, "wine", "multi"),
    (MinMaxScaler(), BOOSTED, "ties", "binary"),
    (MinMaxScaler((-1, 2), clip=True), LOGISTIC, "breast cancer", "binary"),
    (MinMaxScaler(clip=True), IMPUTED, "numeric mixed", "binary"),
    (MinMaxScaler((0.1, 0.7), clip=True), BOOSTED, "single ties", "binary"),
    (MaxAbsScaler(), LOGISTIC, "wine", "multi"),
    (MaxAbsScaler(), BOOSTED, "breast cancer", "binary"),
    (MaxAbsScaler(), IMPUTED, "numeric mixed", "binary"),
    (RobustScaler(), LOGISTIC, "breast cancer", "binary"),
    (RobustScaler(), BOOSTED, "ties", "binary"),
    (RobustScaler(with_centering=False, quantile_range=(10, 90)), IMPUTED, "numeric mixed", "binary"),
    (RobustScaler(with_scaling=False, unit_variance=True), LinearRegression(), "diabetes", "value"),
    (Normalizer("l1"), LOGISTIC, "wine", "multi"),
    (Normalizer("l2"), LOGISTIC, "breast cancer", "binary"),
    (Normalizer("max"), BOOSTED, "wine", "binary"),
    (Binarizer(), BOOSTED, "ties", "binary"),
    (Binarizer(threshold=0.1), BOOSTED, "single ties", "binary"),
    (Binarizer(threshold=20.0), LOGISTIC, "breast cancer", "binary"),
    (PowerTransformer(), LOGISTIC, "breast cancer", "binary"),
    (PowerTransformer(standardize=False), SCALED, "ties", "binary"),
    (PowerTransformer(), IMPUTED, "numeric mixed", "binary"),
    (PowerTransformer("box-cox"), LOGISTIC, "positive wine", "multi"),
    (PowerTransformer("box-cox", standardize=False), SCALED, "positive ties", "binary"),
    (QuantileTransformer(n_quantiles=50), LOGISTIC, "breast cancer", "binary"),
    (QuantileTransformer(n_quantiles=20), BOOSTED, "ties", "binary"),
    (QuantileTransformer(n_quantiles=30), IMPUTED, "numeric mixed", "binary"),
    (QuantileTransformer(n_quantiles=50, output_distribution="normal"), LOGISTIC, "wine", "multi"),
    (QuantileTransformer(n_quantiles=9, output_distribution="normal"), IMPUTED, "numeric mixed", "binary"),
    (FunctionTransformer(), LOGISTIC, "ties", "binary"),
    (FunctionTransformer(validate=True), SCALED, "wine", "binary"),
    (FunctionTransformer(np.log1p), SCALED, "positive wine", "multi"),
    (FunctionTransformer(np.log1p, validate=True), IMPUTED, "positive ties", "binary"),
    (FunctionTransformer(np.sqrt, feature_names_out="one-to-one"), BOOSTED, "breast cancer", "binary"),
    (FunctionTransformer(np.abs), IMPUTED, "numeric mixed", "binary"),
    (FunctionTransformer(special.expit), LOGISTIC, "ties", "binary"),
    *(
        (FunctionTransformer(function), SCALED, "ties", "binary")
        for function in (
            *(np.fabs, np.arcsinh, np.arctan, np.cbrt, np.ceil, np.floor, np.rint, np.sign, np.negative, np.square),
            *(np.exp, np.exp2, np.expm1, np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh),
        )
    ),
    *(
        (FunctionTransformer(function), SCALED, "positive ties", "binary")
        for function in (np.log, np.log2, np.log10, np.reciprocal, np.arccosh)
    ),
    (FunctionTransformer(np.square), BOOSTED, "single ties", "binary"),
    (FunctionTransformer(np.negative), IMPUTED, "numeric mixed", "binary"),
]

MATRICES: list[tuple[Any, Any, str, str]] = [
    (PCA(3), LOGISTIC, "ties", "binary"),
    (make_pipeline(StandardScaler(), PCA(3, whiten=True)), LOGISTIC, "breast cancer", "binary"),
    (make_pipeline(StandardScaler(), PCA(0.9)), LOGISTIC, "diabetes", "binary"),
    (PCA(), LinearRegression(), "diabetes", "value"),
    (IncrementalPCA(4, whiten=True), LOGISTIC, "ties", "binary"),
    (TruncatedSVD(4, random_state=0), LOGISTIC, "ties", "binary"),
    (FastICA(3, random_state=0, whiten="unit-variance", tol=0.1), LOGISTIC, "ties", "binary"),
    (GaussianRandomProjection(4, random_state=0), LOGISTIC, "ties", "binary"),
    (SparseRandomProjection(4, random_state=0), LOGISTIC, "ties", "binary"),
    (PolynomialFeatures(2), SCALED, "ties", "binary"),
    (PolynomialFeatures(3, include_bias=False), BOOSTED, "few ties", "binary"),
    (PolynomialFeatures((2, 3), interaction_only=True), SCALED, "ties", "binary"),
    (PolynomialFeatures((0, 2), interaction_only=True, include_bias=False), LinearRegression(), "diabetes", "value"),
    (PolynomialFeatures(2), BOOSTED, "single ties", "binary"),
    *(
        (SplineTransformer(4, degree, extrapolation=how), LOGISTIC, "ties", "binary")
        for degree in (0, 1, 2, 3)
        for how in ("constant", "linear", "continue", "error", "periodic")
        if (degree or how != "periodic") and (degree, how) != (2, "linear")
    ),
    (SplineTransformer(6, knots="quantile"), LOGISTIC, "breast cancer", "binary"),
    (SplineTransformer(5, extrapolation="continue", include_bias=False), LOGISTIC, "wine", "multi"),
    (SplineTransformer(5, extrapolation="linear", sparse_output=True), LOGISTIC, "wine", "multi"),
    (SplineTransformer(5, extrapolation="periodic"), LinearRegression(), "diabetes", "value"),
    *(
        (SplineTransformer(4, handle_missing="zeros", **how), LOGISTIC, "numeric mixed", "binary")
        for how in ({}, {"extrapolation": "error"})
        if _has(SplineTransformer, "handle_missing")
    ),
    *(
        (KBinsDiscretizer(4, encode=encode, strategy=strategy, **how), LOGISTIC, name, "binary")
        for encode in ("onehot", "onehot-dense", "ordinal")
        for strategy, name, how in (
            ("uniform", "ties", {}),
            ("quantile", "breast cancer", QUANTILES),
            ("kmeans", "wine", {"random_state": 0}),
        )
    ),
    (KBinsDiscretizer(3, encode="ordinal", strategy="uniform", dtype=np.float32), BOOSTED, "few ties", "binary"),
    (KBinsDiscretizer(3, strategy="uniform"), BOOSTED, "single ties", "binary"),
]

SELECTORS: list[tuple[Any, Any, str, str]] = [
    (SelectKBest(k=4), SCALED, "breast cancer", "binary"),
    (SelectPercentile(percentile=30), SCALED, "wine", "multi"),
    (SelectFpr(), BOOSTED, "ties", "binary"),
    (SelectFdr(), SCALED, "breast cancer", "binary"),
    (SelectFwe(), SCALED, "breast cancer", "binary"),
    (GenericUnivariateSelect(mode="k_best", param=3), SCALED, "wine", "multi"),
    (SelectFromModel(BOOSTED), SCALED, "breast cancer", "binary"),
    (SelectFromModel(LOGISTIC, max_features=3), LOGISTIC, "ties", "binary"),
    (RFE(LOGISTIC, n_features_to_select=3), LOGISTIC, "ties", "binary"),
    (RFECV(LOGISTIC, cv=3), LOGISTIC, "ties", "binary"),
    (VarianceThreshold(1.0), IMPUTED, "numeric mixed", "binary"),
    (SequentialFeatureSelector(LOGISTIC, n_features_to_select=2, cv=2), BOOSTED, "ties", "binary"),
]


def numbers(step: Any) -> Any:
    return ColumnTransformer([("numbers", step, NUMBERS)])


def texts(step: Any, **options: Any) -> Any:
    return ColumnTransformer(
        [("texts", step, TEXTS), ("numbers", SimpleImputer(), make_column_selector(dtype_include="number"))], **options
    )


def words(step: Any, *columns: str) -> Any:
    return ColumnTransformer([("words", step, list(columns)), ("numbers", "passthrough", ["double", "count"])])


def ends_alone(X: pd.DataFrame) -> pd.DataFrame:
    return X.iloc[:, [0, -1]]


def ends(X: pd.DataFrame) -> list[str]:
    return [X.columns[0], X.columns[-1]]


FILLED = SimpleImputer(strategy="constant", fill_value="none")
LENIENT = OneHotEncoder(handle_unknown="ignore")

CATEGORIES: list[tuple[Any, Any, str, str]] = [
    (texts(OneHotEncoder()), SCALED, "mixed", "binary"),
    (texts(OneHotEncoder(drop="first"), sparse_threshold=0), SCALED, "mixed", "binary"),
    (texts(OneHotEncoder(drop="if_binary", handle_unknown="ignore", sparse_output=False)), BOOSTED, "mixed", "binary"),
    (texts(OneHotEncoder(drop=["plus", None])), LOGISTIC, "object mixed", "binary"),
    (texts(LENIENT), LOGISTIC, "mixed", "multi"),
    (texts(OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=0.2)), LOGISTIC, "mixed", "binary"),
    (
        texts(OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=3, drop="first")),
        BOOSTED,
        "mixed",
        "binary",
    ),
    (texts(OneHotEncoder(handle_unknown="warn")), LOGISTIC, "mixed", "binary"),
    (texts(OneHotEncoder(handle_unknown="ignore", min_frequency=100)), LOGISTIC, "mixed", "binary"),
    (texts(OneHotEncoder(min_frequency=100, drop="first")), LOGISTIC, "mixed", "binary"),
    (
        texts(OneHotEncoder(categories=[["plus", "basic"], ["N", np.nan]], handle_unknown="ignore")),
        LOGISTIC,
        "mixed",
        "binary",
    ),
    (
        texts(OneHotEncoder(categories=[["plus", "basic"], ["N", None]], handle_unknown="ignore")),
        LOGISTIC,
        "object mixed",
        "binary",
    ),
    (texts(OrdinalEncoder(encoded_missing_value=-5)), BOOSTED, "mixed", "binary"),
    (texts(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)), BOOSTED, "object mixed", "binary"),
    (texts(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)), IMPUTED, "mixed", "binary"),
    (texts(OrdinalEncoder(max_categories=3, dtype=np.int64)), BOOSTED, "object mixed", "binary"),
    (texts(TargetEncoder(**FOLDS)), SCALED, "mixed", "binary"),
    (texts(TargetEncoder(**FOLDS, smooth=3.0)), SCALED, "mixed", "multi"),
    (texts(TargetEncoder(**FOLDS, target_type="continuous")), LinearRegression(), "mixed", "value"),
    (texts(make_pipeline(FILLED, LENIENT)), LOGISTIC, "mixed", "binary"),
    (
        texts(make_pipeline(SimpleImputer(missing_values=None, strategy="most_frequent"), LENIENT)),
        LOGISTIC,
        "object mixed",
        "binary",
    ),
    (
        texts(
            make_pipeline(
                SimpleImputer(missing_values=None, strategy="constant", fill_value="?", add_indicator=True), LENIENT
            )
        ),
        LOGISTIC,
        "object mixed",
        "binary",
    ),
    (
        texts(make_pipeline(SimpleImputer(missing_values="plus", strategy="constant", fill_value="basic"), LENIENT)),
        LOGISTIC,
        "object mixed",
        "binary",
    ),
    (texts(MissingIndicator(missing_values=None, features="all")), LOGISTIC, "object mixed", "binary"),
    (texts(MissingIndicator(missing_values=None)), LOGISTIC, "object mixed", "binary"),
    (texts(make_pipeline(LENIENT, MaxAbsScaler(), StandardScaler(with_mean=False))), BOOSTED, "mixed", "binary"),
    (texts(make_pipeline(LENIENT, PolynomialFeatures(3))), LOGISTIC, "mixed", "binary"),
    (texts(make_pipeline(LENIENT, Normalizer())), LOGISTIC, "mixed", "binary"),
    (texts(make_pipeline(LENIENT, TruncatedSVD(3, random_state=0))), LOGISTIC, "mixed", "binary"),
    (texts(make_pipeline(LENIENT, SelectKBest(k=3))), LOGISTIC, "mixed", "binary"),
    (numbers(SimpleImputer(strategy="median")), BOOSTED, "mixed", "binary"),
    (numbers(SimpleImputer(strategy="most_frequent")), BOOSTED, "mixed", "binary"),
    (numbers(SimpleImputer(strategy="constant", fill_value=-1, add_indicator=True)), BOOSTED, "mixed", "binary"),
    (numbers(make_union(SimpleImputer(), MissingIndicator())), BOOSTED, "mixed", "binary"),
    (numbers(make_union(SimpleImputer(), MissingIndicator(features="all"))), SCALED, "mixed", "binary"),
    (SimpleImputer(missing_values=0.0), BOOSTED, "ties", "binary"),
    (SimpleImputer(missing_values=0.5, strategy="constant", fill_value=9.0), BOOSTED, "single ties", "binary"),
    (
        numbers(
            make_pipeline(
                OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-2, encoded_missing_value=-1)
            )
        ),
        BOOSTED,
        "mixed",
        "binary",
    ),
    (OneHotEncoder(), LOGISTIC, "few ties", "binary"),
    (OneHotEncoder(handle_unknown="ignore", min_frequency=80, dtype=np.float32), BOOSTED, "few ties", "binary"),
    (OrdinalEncoder(max_categories=4), BOOSTED, "few ties", "binary"),
    (TargetEncoder(**FOLDS), BOOSTED, "ties", "binary"),
    *(
        (words(step, *columns), LOGISTIC, "typed", "binary")
        for step in (OneHotEncoder(), LENIENT, OneHotEncoder(drop="first"), TargetEncoder(**FOLDS))
        for columns in (
            ("single", "count", "flag", "answer") if step is LENIENT else ("count", "flag", "answer"),
            ("holed", "grade", "holed grade"),
            ("word", "holed word", "nan word"),
        )
    ),
    (
        words(OrdinalEncoder(encoded_missing_value=-1), "holed", "answer", "holed grade", "nan word"),
        BOOSTED,
        "typed",
        "binary",
    ),
    (words(OrdinalEncoder(categories=[["low", "mid", "high", "top"]]), "grade"), BOOSTED, "typed", "binary"),
    (words(make_pipeline(FILLED, LENIENT), "holed grade", "word", "nan word"), LOGISTIC, "typed", "binary"),
    (
        words(make_pipeline(SimpleImputer(strategy="most_frequent"), LENIENT), "holed", "nan word", "flag"),
        LOGISTIC,
        "typed",
        "binary",
    ),
    (words(SimpleImputer(strategy="most_frequent", missing_values=None), "answer"), LOGISTIC, "typed", "binary"),
    (
        words(make_pipeline(FunctionTransformer(), LENIENT), "word", "flag", "single", "double"),
        LOGISTIC,
        "typed",
        "binary",
    ),
    (words(SimpleImputer(), "single", "holed", "flag", "answer"), BOOSTED, "typed", "binary"),
    (words(StandardScaler(), "single", "flag", "count"), BOOSTED, "typed", "binary"),
    (words(StandardScaler(), "single"), BOOSTED, "typed", "binary"),
    (words(VarianceThreshold(), "single", "flag", "count"), BOOSTED, "typed", "binary"),
]

BOTH = [("numbers", SimpleImputer(add_indicator=True), NUMBERS), ("texts", LENIENT, TEXTS)]
FEW = [("scaled", StandardScaler(), ["a", "b"]), ("binned", KBinsDiscretizer(3, strategy="uniform"), ["c"])]
NESTED = ColumnTransformer(
    [
        ("all", ColumnTransformer(BOTH).set_params(texts=OneHotEncoder(sparse_output=False)), [*TEXTS, *NUMBERS]),
        ("again", make_pipeline(SimpleImputer(), StandardScaler()), ["spend"]),
    ]
)
NAMED = Pipeline(
    [
        ("first", ColumnTransformer([("n", SimpleImputer(), NUMBERS), ("t", "passthrough", TEXTS)])),
        ("then", ColumnTransformer([("scaled", StandardScaler(), ["n__calls"])], remainder=OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2))),
    ]
).set_output(transform="pandas")  # fmt: skip

COMPOSITIONS: list[tuple[Any, Any, str, str]] = [
    (ColumnTransformer(BOTH), SCALED.set_params(), "mixed", "multi"),
    (ColumnTransformer(FEW), BOOSTED, "ties", "binary"),
    (ColumnTransformer(FEW, remainder="passthrough"), BOOSTED, "ties", "binary"),
    (ColumnTransformer(FEW, remainder=MinMaxScaler()), BOOSTED, "ties", "binary"),
    (ColumnTransformer(FEW, transformer_weights={"scaled": 3.0}), LOGISTIC, "ties", "binary"),
    (ColumnTransformer([("s", StandardScaler(), [0, -1]), ("d", "drop", [2])], remainder="passthrough"), BOOSTED, "ties", "binary"),
    (ColumnTransformer([("s", StandardScaler(), slice(1, 3)), ("m", MinMaxScaler(), slice("c", "e"))]), BOOSTED, "ties", "binary"),
    (ColumnTransformer([("s", StandardScaler(), [True, False, True, False, False, True])]), BOOSTED, "ties", "binary"),
    (ColumnTransformer([("s", StandardScaler(), np.array([True, False] * 3)), ("e", "passthrough", [])]), BOOSTED, "ties", "binary"),
    (ColumnTransformer([("s", StandardScaler(), ends)]), BOOSTED, "ties", "binary"),
    (make_column_transformer((StandardScaler(), make_column_selector("[a-c]")), remainder="passthrough"), BOOSTED, "ties", "binary"),
    (make_column_transformer(("passthrough", ["a"]), ("passthrough", ["a", "b"]), verbose_feature_names_out=False), BOOSTED, "ties", "binary"),
    (NESTED, SCALED, "mixed", "binary"),
    (NAMED, BOOSTED, "mixed", "binary"),
    (FeatureUnion([("a", StandardScaler()), ("b", PCA(2)), ("c", "passthrough"), ("d", "drop")], transformer_weights={"b": 2.0}), LOGISTIC, "ties", "binary"),
    (make_union(KBinsDiscretizer(3, strategy="uniform"), StandardScaler()).set_params(), BOOSTED, "ties", "binary"),
    (make_union(StandardScaler(), MinMaxScaler()).set_output(transform="pandas"), BOOSTED, "ties", "binary"),
    (make_pipeline(SelectKBest(k=2).set_output(transform="pandas"), ColumnTransformer([("s", StandardScaler(), [0])], remainder="passthrough")), BOOSTED, "ties", "binary"),
    (make_pipeline(StandardScaler(), Pipeline([("none", None), ("pass", "passthrough")])), BOOSTED, "ties", "binary"),
    (StandardScaler(), GridSearchCV(LOGISTIC, {"C": [0.1, 1.0]}, cv=2), "ties", "binary"),
    (StandardScaler(), RandomizedSearchCV(LOGISTIC, {"C": [0.1, 1.0]}, n_iter=1, cv=2), "ties", "binary"),
    (make_pipeline(StandardScaler(), PCA(0.9)), LOGISTIC, "wine", "multi"),
    (SplineTransformer(4, 2, extrapolation="linear"), LOGISTIC, "ties", "binary"),
    (StandardScaler(), RFE(LOGISTIC, n_features_to_select=2), "ties", "binary"),
    (ColumnTransformer([("t", OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=50), make_column_selector(dtype_include=object))], remainder=RobustScaler()), LOGISTIC, "churn", "binary"),
    (ColumnTransformer([("t", TargetEncoder(**FOLDS), ["state", "voice_mail_plan"])], remainder="passthrough"), BOOSTED, "churn", "binary"),
]  # fmt: skip


# A transformer that no plan expresses, and the part that the message names.
REFUSED: list[tuple[Any, Any, str, str, str]] = [
    (FunctionTransformer(ends_alone), BOOSTED, "ties", "binary", "the function ends_alone"),
    (FunctionTransformer(np.square), BOOSTED, "count", "binary", "square on an integer column"),
    (FunctionTransformer(np.log, kw_args={"where": True}), BOOSTED, "positive ties", "binary", "log with kw_args"),
    (FunctionTransformer(np.exp), BOOSTED, "flag", "binary", "exp on a boolean column"),
    (FunctionTransformer(np.exp), BOOSTED, "single ties", "binary", "exp on a float32 column"),
    (PowerTransformer(), BOOSTED, "single ties", "binary", "PowerTransformer on float32 columns alone"),
    (RBFSampler(n_components=9, random_state=0), LOGISTIC, "ties", "binary", "the transformer RBFSampler"),
    (make_pipeline(LENIENT, QuantileTransformer(n_quantiles=9)), LOGISTIC, "ties", "binary", "of a sparse matrix"),
]


def _id(case: tuple[Any, Any, str, str]) -> str:
    step = re.sub(r" at 0x\w+|\s+", "", repr(case[0]))
    return f"{step[:120]}-{type(case[1]).__name__}-{case[2]}"


# Rounded elsewhere before 1.8, or another category's column where a value is missing.
OTHERWISE_IN_1_7: list[tuple[Any, Any, str, str]] = [
    (StandardScaler(), BOOSTED, "single breast cancer", "binary"),
    (make_pipeline(StandardScaler(), SelectKBest(k=3)), BOOSTED, "single ties", "binary"),
    (texts(OneHotEncoder(handle_unknown="warn", max_categories=3)), LOGISTIC, "mixed", "binary"),
]
ALL = SCALERS + MATRICES + SELECTORS + CATEGORIES + COMPOSITIONS + OTHERWISE_IN_1_7


@pytest.fixture(autouse=True)
def _few_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of a table's many edges a few are enough here.
    monkeypatch.setattr(parity, "THRESHOLDS_TRIED", 60)


def _assert_parity(case: tuple[Any, Any, str, str], folder: Path) -> None:
    step, behind, name, task = case
    X = frame(name)
    fitted = clone(make_pipeline(step, behind)).fit(X, goal(name, task))
    output = str(fitted.classes_[-1]) if hasattr(fitted, "classes_") else None
    assert_parity(fitted, X.sample(20, random_state=0), folder, output)


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.filterwarnings("ignore:Bins whose width are too small")
@pytest.mark.parametrize("case", ALL, ids=_id)
def test_transformers(case: tuple[Any, Any, str, str], tmp_path: Path) -> None:
    with differing_before((1, 8), case in OTHERWISE_IN_1_7):
        _assert_parity(case, tmp_path)


@pytest.mark.parametrize("step, behind, name, task, part", REFUSED, ids=[_id(case[:4]) for case in REFUSED])
def test_what_no_plan_expresses(step: Any, behind: Any, name: str, task: str, part: str, tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match=part):
        _assert_parity((step, behind, name, task), tmp_path)
