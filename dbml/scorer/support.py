"""The support table of `docs/support.md`: what has a plan, read from the registry.

``python -m dbml.scorer.support`` prints it.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable

from dbml.scorer.sklearn.lowering import FAMILIES, OPTIONAL
from dbml.scorer.sklearn.registry import PREDICTORS, TRANSFORMERS

_HEAD = """\
# Supported estimators

Can your model run without scikit-learn on the server? It can if every part of it is listed here: each class below has
a [plan](plan.md), the model as plain data, from which the engines `sql` and `portable` are made. Nothing of such a
model is unpickled in the server. A model with any other part runs on the engine `python`, and `dbml model add` names
the part.

Your own subclass of a class below counts as that class, as long as it changes only how the estimator is made, fitted or
shown (`__init__`, `fit`, `score`, …). One that overrides anything else, such as `predict_proba`, has no plan, and the
refusal names what it overrides.

A pipeline that begins with a vectorizer takes texts and no table: its one feature is called `text`, in the sample too.

Whatever this page says, `dbml model add` compares each engine with the estimator itself, on the sample and on rows that
are built to hurt. It takes no engine that differs by more than 1e-9 (and 1e-12 of the score) or refuses other rows. It
takes `sql` while the expression has at most {operations} operations ([measured](notes/expressions.md)).

With scikit-learn 1.6 and 1.7 some of them answer or refuse otherwise than their plans, and run on the engine `python`:
`GradientBoostingClassifier` with `init=` a tree, `OneVsRestClassifier(GaussianNB())`, `StandardScaler` of float32
columns, and `OneHotEncoder(handle_unknown="warn", max_categories=…)` where a value is missing. From 1.8 on they agree.

**float32.** A model that was fitted on float32 numbers adds up in float32, in an order of the matrix library's own:
its last digits change with the rows beside a row, and no engine has them. dbml computes it in double, and stores
those scores. `model add` takes the plan only if each of the estimator's own scores is within a *forward error bound*
of the plan's: an upper bound, worked out for each row, on what rounding to float32 can do (`dbml/scorer/rounding.py`
derives it and names its sources). It says how far apart they are, and how far they may be: a logistic regression of
six features is 8e-8 apart where 1e-6 is allowed. A row with a number beyond 2^53 is refused, because there float32
may overflow; so is a model of which no bound is known.

optbinning's binning process answers as its `transform` does, which is not what its table shows: a missing value and a
special code are nought unless it was told otherwise, and a category that it has not seen is the average. The score of
a `Scorecard` is the probability, or with `--output points` what its `score` adds up, where a category that it has not
seen gets the points of a missing one.

`KNNImputer`, and neighbours by brute force, measure by a product of matrices, whose last digits change with the rows
beside a row. That decides where two rows of the training data are as far, as among prices in tenths: then
scikit-learn's own answer for a row alone is another one than among others. dbml takes the first of them, stores its own
scores, and compares all other rows to the last digit. `model add` says so. Where no row of the training data is within
the radius, `RadiusNeighborsRegressor` answers NaN, and dbml refuses; fitted on whole numbers it answers -9.2e18, as
dbml does: fit on `y.astype(float)`.

XGBoost gives a category of no row of fit the score of the next known name. dbml refuses such a row, on every engine.

`python -m dbml.scorer.support` writes this page, and each class has its parity tests in `tests/parity`.
"""

# Of `APART`, whose libraries need not be there when the page is written.
_APART: dict[str, dict[str, list[str]]] = {
    "predictors": {"optbinning": ["Scorecard"]},
    "transformers": {
        "optbinning": ["BinningProcess"],
        "skrub": [
            *("ApplyToCols", "Drop", "DropCols", "DropUninformative", "SelectCols", "SquashingScaler"),
            *("TableVectorizer", "ToCategorical", "ToFloat"),
        ],
    },
}

# Format, what is read of it, and who judges its plan.
FILES = (
    (
        "`.joblib` and any other suffix",
        "a fitted estimator of the classes above; any other runs on the engine `python`",
        "its own `predict`",
    ),
    ("`.skops`", "a fitted estimator of the classes above", "its own `predict`"),
    (
        "`.onnx`",
        "what is arithmetic of a row: linear models, networks, trees, support vectors, with their preprocessing "
        "([operators](exports.md#onnx))",
        "onnxruntime",
    ),
    (
        "`.json`, `.ubj` of XGBoost",
        "`gbtree`, `dart`, `gblinear`; objectives of classes, values, counts, ranks and survival; categories by name",
        "`xgboost.Booster.predict` of a `DMatrix`",
    ),
    (
        "`.txt` of LightGBM",
        "all boosters, linear trees and pandas' categories; each objective but one of your own",
        "`lightgbm.Booster.predict`",
    ),
    (
        "`.cbm`, `.json` of CatBoost",
        "trees of each form on numbers; classes, values, counts, several targets; no categories of its own",
        "`predict` of `CatBoostClassifier` or `CatBoostRegressor`",
    ),
    (
        "a pickle of statsmodels",
        "results of `OLS`, `WLS`, `GLS`, `RLM`, `QuantReg`, `MixedLM`, `GLM`, `GEE`, `Logit`, `Probit`, `MNLogit`, "
        "`OrderedModel`, `Poisson`, `NegativeBinomial`, `GeneralizedPoisson`; on columns, to which the constant is "
        "added, or by a formula of patsy's: products, categories, numpy's functions. An exposure or an offset has no "
        "part in `predict` of rows",
        "`results.predict`",
    ),
    (
        "`.pmml`",
        "trees, regressions, general regressions, scorecards, naive Bayes, neural networks, support vector machines, "
        "clusters, rules, and segments of them, with derived fields and the treatment of missing, invalid and outlying "
        "values ([more](exports.md#pmml-in))",
        "jpmml-evaluator, in Java",
    ),
    (
        "`.zip` of H2O: a MOJO",
        "`gbm`, `drf`, `glm`, `isolationforest`, with their categories, missing values and offsets "
        "([more](exports.md#h2os-mojo))",
        "H2O's own scorer, in Java",
    ),
    (
        "[MLflow's](training.md#mlflow) folders",
        "the flavours `sklearn`, `xgboost`, `lightgbm`, `catboost`, `statsmodels`, `onnx`, with signature and example",
        "as the file inside",
    ),
)

# What has no plan, why, and what does as well.
WAYS_OUT = (
    (
        '`XGBClassifier(objective="multi:softmax")`, its probabilities',
        "numpy computes them in float32, and the last bits are the processor's",
        "fit with `multi:softprob`, or serve what it predicts: `--output value`",
    ),
    (
        '`XGBClassifier(objective="binary:logitraw")`, its probabilities',
        "they are margins, and no probabilities",
        "fit with `binary:logistic`",
    ),
    (
        "XGBoost with `enable_categorical`, fitted before 3.1, or with categories that are not ASCII",
        "the model has no names of them, or wrong ones",
        '`OneHotEncoder(handle_unknown="ignore")` before it',
    ),
    (
        "CatBoost with `cat_features`, texts or embeddings",
        "it scores them by counts over the training rows",
        '`OneHotEncoder(handle_unknown="ignore")` before it',
    ),
    (
        "LightGBM with an objective of your own, CatBoost's `RMSEWithUncertainty`",
        "no file says what the sums of the one mean; the other answers a variance, too",
        '`objective="regression"`, `loss_function="RMSE"`',
    ),
    (
        "ONNX with `Scan`, `Loop` or `TopK`; PMML of neighbours, outliers, baskets and time",
        "[each has its reason](exports.md#in) and its own way out",
        "the estimator itself, as a joblib or skops file",
    ),
    (
        "`HashingEncoder` of category_encoders, its encoders with `drop_invariant` or `return_df=False`",
        "they have no table, or name no columns",
        "`TargetEncoder`, `BinaryEncoder` as they are by default",
    ),
    (
        "optbinning's `OptimalPWBinning`, a process fitted on texts and numbers in one array, and `OptimalBinning` "
        "by itself",
        "its pieces are not written down yet; there numbers are categories; and one column is no step of a Pipeline",
        "`BinningProcess` as it is by default, on a DataFrame, with one variable too",
    ),
    (
        "skrub's `StringEncoder`, `MinHashEncoder`, `GapEncoder`, `TextEncoder`: one is a `TableVectorizer`'s for a "
        "column of 40 texts or more",
        "they are made of parts of words and of hashes, or by a language model",
        "`TableVectorizer(cardinality_threshold=1000)`, or `high_cardinality=TargetEncoder()`",
    ),
    (
        "a `TableVectorizer` of skrub's on pandas' categories that are numbers",
        "it makes texts of them before it encodes them",
        'texts as categories: `X["kind"].cat.rename_categories(str)`',
    ),
    (
        "skrub's `ToDatetime`, `DatetimeEncoder`, and `ToFloat` of texts",
        "the form of a text is guessed in fit, and a later one of another form is missing, without a word",
        'codes with a type, `X.astype({"code": "category"})`; dates as a number, such as days since a fixed day',
    ),
    (
        "Of feature_engine `YeoJohnsonTransformer`, `BoxCoxTransformer`, `PowerTransformer`, "
        "decision trees, dates, `MathFeatures`, `RelativeFeatures` and what is drawn at random",
        "they are not written down yet",
        "`KBinsDiscretizer`, `WOEEncoder`, `OneHotEncoder`, `StandardScaler`, scikit-learn's `PowerTransformer`; "
        "or leave them on `python`",
    ),
    (
        "results of statsmodels that are saved with `remove_data`",
        "the names of the columns go with the data",
        "`results.save(FILE)`",
    ),
    (
        "MOJO files of H2O's other algorithms, or of trees with another `categorical_encoding` than `enum`; POJOs",
        "they are not written down yet; a POJO is a program",
        "`H2OGradientBoostingEstimator` as it is by default, as a MOJO",
    ),
    (
        'XGBoost with `multi_strategy="multi_output_tree"`',
        "its leaves hold vectors",
        "leave the strategy away: trees for each target",
    ),
    (
        "`KMeans`, `GaussianMixture`, `Nystroem`, `Normalizer`, `PowerTransformer`, `QuantileTransformer`, "
        "`SplineTransformer` on float32 alone",
        "they compute in float32, and no bound is known of what they do",
        'fit on float64: `X.astype("float64")`',
    ),
    (
        '`analyzer="char"`, `strip_accents`, a tokenizer of one\'s own',
        "words are found by a pattern alone",
        "`TfidfVectorizer()` or `HashingVectorizer()` of words",
    ),
    (
        "`HashingVectorizer` before another transformer, or before what is neither linear nor naive Bayes",
        "it has a million columns, which a plan only ever adds up",
        "`TfidfVectorizer()`",
    ),
    (
        "`GaussianProcessRegressor` with other kernels than `ConstantKernel() * RBF() + WhiteKernel()`, and `Matern` "
        "of `nu` 0.5, 1.5 and 2.5 or `RationalQuadratic` in the place of `RBF`",
        "they are not written down yet; `DotProduct` adds up what cancels, and leaves its last digits to the order",
        "`RBF()`, `Matern()`",
    ),
    (
        '`SVR`, `SVC` with `kernel="linear"` and some hundreds of vectors, on large numbers',
        "their sum over all vectors cancels, so that its order decides more than the last digit; `model add` names "
        "the rows",
        "`LinearSVR`, `LinearSVC`",
    ),
    (
        '`KNeighborsClassifier`, `KNeighborsRegressor` with `algorithm="ball_tree"`, other metrics than Minkowski\'s, '
        "weights of one's own, or more than 1,000,000 numbers",
        "which of several rows at one distance are taken is told by another search, which is not written down "
        "([what a row costs](notes/distances.md))",
        '`algorithm="auto"` or `"kd_tree"`, which answer the same but for such rows',
    ),
    (
        "`KNNImputer` with a metric, weights or `missing_values` of one's own, on float32 alone, or with more than "
        "1,000,000 numbers",
        "they are not written down yet",
        "`KNNImputer()` of NaN on float64, or `SimpleImputer`",
    ),
    (
        "neighbours within a radius by distance with Manhattan's or Chebyshev's metric, or with an `outlier_label` "
        "that is none of the classes",
        "a least distance weighs infinitely there; and such a label has no column",
        '`RadiusNeighborsClassifier(outlier_label="most_frequent")`, with Euclid\'s metric',
    ),
)


def families() -> None:
    """Import every module that registers classes; those of optional libraries where the library is installed."""
    for family in FAMILIES:
        importlib.import_module(f"dbml.scorer.sklearn.{family}")
    for library, family in OPTIONAL.items():
        if importlib.util.find_spec(library):
            importlib.import_module(f"dbml.scorer.sklearn.{family}")


def table() -> str:
    """Write the page."""
    from dbml.scorer.sql import OPERATIONS_AT_MOST

    families()
    parts = [_HEAD.format(operations=f"{OPERATIONS_AT_MOST:,}")]
    for title, classes in (
        ("Classifiers, regressors, outlier detectors, clusterers", PREDICTORS),
        ("Transformers", TRANSFORMERS),
    ):
        parts += [f"## {title}", "", "| module | classes |", "|---|---|"]
        parts += [f"| `{module}` | {', '.join(f'`{name}`' for name in names)} |" for module, names in _grouped(classes)]
        parts.append("")
    parts += ["## Files", "", "| format | what is read | judged by |", "|---|---|---|"]
    parts += [f"| {' | '.join(row)} |" for row in FILES]
    parts.append("")
    parts += ["## What has no plan, and a way out", "", "| part | why | what to do instead |", "|---|---|---|"]
    parts += [f"| {' | '.join(row)} |" for row in WAYS_OUT]
    return "\n".join([*parts, ""])


def _grouped(classes: Iterable[type]) -> list[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for each in classes:
        # The public module: sklearn.linear_model and not sklearn.linear_model._base.
        module = each.__module__.partition("._")[0].removesuffix(".core")
        if module.startswith(("category_encoders", "optbinning", "skrub")):
            module = module.partition(".")[0]
        if module.startswith("feature_engine"):
            module = ".".join(module.split(".")[:2])
        module = module.removesuffix(".sklearn") if module.startswith(("xgboost", "lightgbm")) else module
        groups.setdefault(module, []).append(each.__name__)
    groups |= _APART["predictors" if classes is PREDICTORS else "transformers"]
    return sorted((module, sorted(names)) for module, names in groups.items())


if __name__ == "__main__":
    print(table(), end="")
