"""skrub: columns by kinds, columns that are chosen, and what is refused by name; against itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from dbml.models import artifact
from dbml.scorer import engines
from dbml.scorer.support import WAYS_OUT
from tests.conftest import Cli
from tests.integration.test_ways_in import scores
from tests.parity.harness import assert_parity

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]

PLANS = np.array(["basic", "plus", "größer", "it's", "N/A", "", " ", None], dtype=object)
LATER = np.array([*PLANS, "never", "?", "\t\n", "\u2003", "nan", "NULL", "x "], dtype=object)


def rows(size: int, seed: int = 0, plans: Any = PLANS) -> pd.DataFrame:
    """Columns of each kind; plans with the words that skrub takes for a missing value."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "income": np.where(random.random(size) < 0.1, np.nan, random.lognormal(size=size)),
            "age": random.integers(18, 80, size),
            "plan": random.choice(plans, size),
            "flag": random.random(size) < 0.5,
            "two": random.choice(np.array(["x", "y"], dtype=object), size),
            "same": 1.0,
            "region": pd.Categorical(random.choice(list("NESW"), size), categories=list("NESW")),
        }
    )


X = rows(300)
VALUE = X["age"] / 40 + (X["plan"] == "plus") + np.random.default_rng(1).normal(size=300)
LABEL = (VALUE > 1.3).astype(int)


def vectorizer(**options: Any) -> Any:
    """A TableVectorizer."""
    from skrub import TableVectorizer

    return TableVectorizer(**options)


def forest() -> Any:
    return RandomForestRegressor(5, max_depth=4, random_state=0)


def encoding() -> Any:
    return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)


CASES: dict[str, Any] = {
    "boosting": lambda: make_pipeline(vectorizer(), HistGradientBoostingClassifier(max_iter=8)),
    "a forest": lambda: make_pipeline(vectorizer(low_cardinality=encoding()), forest()),
    "dropped": lambda: make_pipeline(vectorizer(drop_if_constant=True, low_cardinality="drop"), forest()),
    "null strings": lambda: make_pipeline(vectorizer(null_strings=["x"], high_cardinality="drop"), forest()),
    "scaled": lambda: make_pipeline(vectorizer(numeric=StandardScaler()), HistGradientBoostingClassifier(max_iter=8)),
    "high": lambda: make_pipeline(
        vectorizer(
            cardinality_threshold=3,
            high_cardinality=OneHotEncoder(handle_unknown="infrequent_if_exist", sparse_output=False, max_categories=3),
        ),
        forest(),
    ),
    "by the target": lambda: make_pipeline(
        vectorizer(cardinality_threshold=3, high_cardinality=TargetEncoder(random_state=0)), forest()
    ),
    "by columns": lambda: make_pipeline(
        vectorizer(specific_transformers=[("drop", ["plan"]), ("passthrough", ["age"]), (encoding(), ["two"])]),
        forest(),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_vectorizer(case: str, tmp_path: Path) -> None:
    fitted = CASES[case]()
    fitted.fit(X, LABEL if isinstance(fitted[-1], HistGradientBoostingClassifier) else VALUE)
    assert_parity(fitted, X.head(60), tmp_path, more=rows(5_000, 2, LATER))


def test_a_table_of_arrow_texts(tmp_path: Path) -> None:
    texts = X.astype({"plan": "str", "two": "str"})
    fitted = make_pipeline(vectorizer(), forest()).fit(texts, VALUE)
    assert_parity(fitted, texts.head(60), tmp_path, more=rows(5_000, 3, LATER).astype({"plan": "str", "two": "str"}))


@pytest.mark.parametrize("last", [LogisticRegression(), HistGradientBoostingClassifier(max_iter=8), forest()])
def test_a_tabular_pipeline(last: Any, tmp_path: Path) -> None:
    from skrub import tabular_pipeline

    if isinstance(last, HistGradientBoostingClassifier):
        last.set_params(categorical_features="from_dtype")
    fitted = tabular_pipeline(last).fit(X, VALUE if hasattr(last, "n_estimators") else LABEL)
    assert_parity(fitted, X.head(60), tmp_path)


def chosen(*steps: Any) -> Any:
    return make_pipeline(*steps, forest())


def test_chosen_columns(tmp_path: Path) -> None:
    from skrub import ApplyToCols, DropCols, SelectCols, SquashingScaler, ToFloat

    numbers = X[["age", "income", "same", "two"]]
    for steps in (
        (SelectCols(["age", "same"]), SquashingScaler()),
        (DropCols(["two", "income"]),),
        (DropCols(["income"]), ApplyToCols(encoding(), cols=["two"])),
        (DropCols(["two"]), ApplyToCols(StandardScaler(), cols=["age", "income"], keep_original=True)),
        (DropCols(["two"]), ApplyToCols(ToFloat(), cols=["age"]), SquashingScaler(max_absolute_value=2)),
        (DropCols(["two"]), ApplyToCols(ToFloat()), SquashingScaler()),
    ):
        assert_parity(chosen(*steps).fit(numbers, VALUE), numbers.head(40), tmp_path)


def test_in_the_database(cli: Cli, db: psycopg.Connection[Any], tmp_path: Path) -> None:
    import joblib

    fitted = make_pipeline(vectorizer(), forest()).fit(X.drop(columns="region"), VALUE)
    joblib.dump(fitted, tmp_path / "m.joblib")
    X.drop(columns="region").head(50).to_pickle(tmp_path / "rows.pkl")
    assert (
        "engine portable" in cli("model", "add", "m", tmp_path / "m.joblib", "--sample", tmp_path / "rows.pkl").output
    )
    cli("deploy", "m@1")
    fresh = rows(40, 5, LATER).drop(columns="region")
    given = fresh.astype(object).where(fresh.notna(), None)
    np.testing.assert_allclose(scores(db, "m", given), fitted.predict(fresh), rtol=1e-12)


def refusals(fitted: Any, sample: pd.DataFrame) -> str:
    read = artifact.read(fitted, sample)
    return str(engines.prepare(read.estimator, read.interface, read.golden, label="m@1").refusals["portable"])


REFUSED = ("StringEncoder", "MinHashEncoder", "GapEncoder")


@pytest.mark.parametrize("name", REFUSED)
def test_encoders_of_many_texts_are_named_and_the_way_out_works(name: str, tmp_path: Path) -> None:
    import skrub

    encoder = getattr(skrub, name)(n_components=2)
    few = X[["age", "plan"]]
    assert name in refusals(chosen(vectorizer(cardinality_threshold=2, high_cardinality=encoder)).fit(few, VALUE), few)
    [way] = [way for part, _, way in WAYS_OUT if "MinHashEncoder" in part]
    assert "cardinality_threshold=1000" in way
    assert_parity(chosen(vectorizer(cardinality_threshold=1000)).fit(few, VALUE), few.head(60), tmp_path)


def test_codes_and_dates_are_named_and_the_ways_out_work(tmp_path: Path) -> None:
    codes = X[["age"]].assign(code=np.resize(["007", "7", "12"], 300), since="2026-03-01")
    codes.loc[::2, "since"] = "2026-04-17"
    few = codes.astype({"code": object, "since": object})
    assert "ToFloat of the texts in code" in refusals(chosen(vectorizer()).fit(few[["age", "code"]], VALUE), few)
    assert "ToDatetime of the texts in since" in refusals(chosen(vectorizer()).fit(few[["age", "since"]], VALUE), few)
    [way] = [way for part, _, way in WAYS_OUT if "ToDatetime" in part]
    assert '`X.astype({"code": "category"})`' in way and "days since" in way
    days = (pd.to_datetime(few["since"]) - pd.Timestamp("2026-01-01")).dt.days
    out = few.astype({"code": "category"}).assign(since=days)
    assert_parity(chosen(vectorizer()).fit(out, VALUE), out.head(60), tmp_path)


def test_categories_of_numbers_are_named_and_the_way_out_works(tmp_path: Path) -> None:
    few = X[["age"]].assign(kind=pd.Categorical(np.resize([1, 2, 3], 300)))
    said = refusals(chosen(vectorizer()).fit(few, VALUE), few)
    [way] = [way for part, _, way in WAYS_OUT if "categories that are numbers" in part]
    assert "makes texts of the numbers in kind" in said and way.partition("`")[2].rstrip("`") in said
    out = few.assign(kind=few["kind"].cat.rename_categories(str))
    assert_parity(chosen(vectorizer()).fit(out, VALUE), out.head(60), tmp_path)


def test_texts_that_are_numbers_by_now(tmp_path: Path) -> None:
    few = X[["age"]].assign(worth=np.resize(["1.5", "N/A", "7"], 300))
    fitted = chosen(vectorizer()).fit(few, VALUE)
    assert_parity(fitted, few.head(60).assign(worth=np.resize([1.5, np.nan, 7.25], 60)), tmp_path)


def test_a_linear_model_on_float32(tmp_path: Path) -> None:
    few = X[["age", "plan", "two"]]
    assert_parity(make_pipeline(vectorizer(), Ridge()).fit(few, VALUE), few.head(60), tmp_path)
