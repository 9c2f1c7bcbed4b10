"""The sample's types: what the model knows, what the caller says, and what pandas makes of the rest."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from dbml.errors import SampleError
from dbml.models import artifact
from dbml.scorer import engines
from dbml.scorer.sklearn import lower
from tests.parity.harness import assert_parity

RNG = np.random.default_rng(3)
N = 200
# Words that a CSV file does not tell from numbers, booleans and gaps.
FRAME = pd.DataFrame(
    {
        "zip": RNG.choice(["02134", "10001", "00501"], N),
        "plan": RNG.choice(["101", "102"], N),
        "active": RNG.choice(["True", "False"], N),
        "country": RNG.choice(["NA", "DE", "null"], N),
        "gap": np.where(RNG.random(N) < 0.2, np.nan, RNG.choice(["a", "b"], N).astype(object)),
        "spend": RNG.normal(size=N).round(3),
    }
)
TEXTS = ["zip", "plan", "active", "country", "gap"]
TARGET = ((FRAME["zip"] == "02134") ^ (FRAME["country"] == "NA")).astype(int)


def saved(model: Any, folder: Path) -> Path:
    joblib.dump(model, folder / "m.joblib")
    return folder / "m.joblib"


def csv(frame: pd.DataFrame, folder: Path) -> Path:
    frame.to_csv(folder / "rows.csv", index=False)
    return folder / "rows.csv"


def kinds(read: artifact.Artifact) -> dict[str, str]:
    return {feature["name"]: feature["kind"] for feature in read.interface["features"]}


def encoded(encoder: Any, columns: list[str] = TEXTS) -> Any:
    return make_pipeline(make_column_transformer((encoder, columns), remainder="passthrough"), LogisticRegression())


def imputed(encoder: Any) -> Any:
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), encoder)
    return make_pipeline(
        make_column_transformer((texts, TEXTS), (make_pipeline(SimpleImputer(), StandardScaler()), ["spend"])),
        LogisticRegression(),
    )


@pytest.mark.parametrize(
    "model",
    [
        encoded(OneHotEncoder(handle_unknown="ignore")),
        encoded(OrdinalEncoder(encoded_missing_value=-1)),
        encoded(TargetEncoder()),
        imputed(OneHotEncoder()),
        GridSearchCV(imputed(OneHotEncoder()), {"logisticregression__C": [1.0]}, cv=2),
        VotingClassifier(
            [("a", encoded(OneHotEncoder())), ("b", encoded(OrdinalEncoder(encoded_missing_value=-1)))], voting="soft"
        ),
        StackingClassifier([("a", encoded(OneHotEncoder()))], cv=2),
    ],
    ids=["one-hot", "ordinal", "target", "imputed", "search", "voting", "stacking"],
)
def test_a_csv_file_is_what_the_encoder_saw(model: Any, tmp_path: Path) -> None:
    model = model.fit(FRAME, TARGET)
    file = saved(model, tmp_path)
    read = artifact.read(file, csv(FRAME, tmp_path))
    assert kinds(read) == {**dict.fromkeys(TEXTS, "text"), "spend": "float"}
    assert read.golden == artifact.read(file, FRAME).golden
    assert read.fingerprint == artifact.read(file, FRAME).fingerprint
    assert read.golden["scores"][0] == pytest.approx(model.predict_proba(FRAME)[0, 1], abs=1e-12)
    assert read.golden["rows"][0][0] == FRAME["zip"][0]


def test_a_text_in_front_of_a_vectorizer(tmp_path: Path) -> None:
    frame = pd.DataFrame({"note": ["101", "102", "7"] * 20, "x": np.arange(60.0)})
    columns = make_column_transformer((TfidfVectorizer(token_pattern=r"\d+"), "note"), remainder="passthrough")
    file = saved(make_pipeline(columns, LogisticRegression()).fit(frame, [0, 1, 1] * 20), tmp_path)
    assert kinds(artifact.read(file, csv(frame, tmp_path))) == {"note": "text", "x": "float"}


def test_integers_with_gaps_and_booleans_of_an_encoder(tmp_path: Path) -> None:
    frame = pd.DataFrame({"code": [1, 2, 3] * 20, "flag": [True, False, False] * 20})
    file = saved(
        make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(frame, [0, 1, 1] * 20), tmp_path
    )
    (tmp_path / "rows.csv").write_text("code,flag\n1,t\n,f\n3,True\n2,0\n")
    read = artifact.read(file, tmp_path / "rows.csv")
    assert kinds(read) == {"code": "integer", "flag": "boolean"}
    assert read.golden["rows"] == [[1, True], [None, False], [3, True], [2, False]]
    (tmp_path / "rows.csv").write_text("code,flag\n1,t\n2,perhaps\n")
    with pytest.raises(SampleError, match="'perhaps' in column \"flag\" of row 2 is no boolean, as says the model"):
        artifact.read(file, tmp_path / "rows.csv")


def categories(target: Any = None) -> pd.DataFrame:
    return FRAME.assign(
        zip=pd.Categorical(FRAME["zip"], ["10001", "02134", "00501"]),
        level=pd.Categorical(RNG.choice([30, 10, 20], N), [30, 10, 20]),
        share=pd.Categorical(RNG.choice([0.5, 0.25], N)),
    )[["zip", "level", "share", "spend"]]


def test_categories_of_lightgbm(tmp_path: Path) -> None:
    frame = categories()
    model = lightgbm.LGBMClassifier(n_estimators=5, min_child_samples=5, min_data_per_group=5, cat_smooth=1, verbose=-1)
    file = saved(model.fit(frame, TARGET), tmp_path)
    read = artifact.read(file, csv(frame, tmp_path))
    assert [(f["kind"], f["dtype"], f.get("categories")) for f in read.interface["features"]] == [
        ("text", "category", ["10001", "02134", "00501"]),
        ("integer", "category", [30, 10, 20]),
        ("float", "category", [0.25, 0.5]),
        ("float", "float64", None),
    ]
    assert read.golden["scores"][:5] == pytest.approx(model.predict_proba(frame)[:5, 1], abs=1e-12)
    assert_parity(model, frame, tmp_path)
    (tmp_path / "rows.csv").write_text("zip,level,share,spend\n99999,,0.75,1\n10001,40,,2\n")
    strange = artifact.read(file, tmp_path / "rows.csv")
    gaps = frame.iloc[:2].assign(zip=pd.Categorical([None, "10001"], frame["zip"].cat.categories), spend=[1.0, 2.0])
    gaps["level"], gaps["share"] = (pd.Categorical([None, None], frame[c].cat.categories) for c in ("level", "share"))
    assert strange.golden["scores"] == pytest.approx(model.predict_proba(gaps)[:, 1], abs=1e-12)


def test_categories_of_histograms(tmp_path: Path) -> None:
    frame = categories()
    model = HistGradientBoostingClassifier(max_iter=4, min_samples_leaf=5).fit(frame, TARGET)
    read = artifact.read(saved(model, tmp_path), csv(frame, tmp_path))
    assert [(f["kind"], f["dtype"]) for f in read.interface["features"]] == [
        ("text", "category"), ("integer", "category"), ("float", "category"), ("float", "float64"),
    ]  # fmt: skip
    assert read.golden["scores"][:5] == pytest.approx(model.predict_proba(frame)[:5, 1], abs=1e-12)
    assert_parity(model, frame, tmp_path)


def test_types_of_xgboost(tmp_path: Path) -> None:
    frame = pd.DataFrame({"whole": np.arange(60.0), "flag": [True, False, False] * 20, "x": np.arange(60) % 7})
    model = xgboost.XGBClassifier(n_estimators=3).fit(frame, frame["flag"].astype(int))
    read = artifact.read(saved(model, tmp_path), csv(frame.astype({"whole": int}), tmp_path))
    assert kinds(read) == {"whole": "float", "flag": "boolean", "x": "integer"}
    named = frame.assign(state=pd.Categorical(["NA", "01", "b"] * 20))
    model = xgboost.XGBClassifier(n_estimators=3, enable_categorical=True).fit(named, frame["flag"].astype(int))
    read = artifact.read(saved(model, tmp_path), csv(named, tmp_path), types={"state": "category"})
    assert read.golden["scores"][:3] == pytest.approx(model.predict_proba(named)[:3, 1], abs=1e-7)


@pytest.mark.parametrize("encoder", [OneHotEncoder(handle_unknown="ignore"), OrdinalEncoder()])
def test_an_encoder_of_integer_categories(encoder: Any, tmp_path: Path) -> None:
    frame = pd.DataFrame({"level": pd.Categorical([30, 10, 20] * 20), "x": np.arange(60.0)})
    columns = make_column_transformer((encoder, ["level"]), remainder="passthrough")
    model = make_pipeline(columns, StandardScaler(), LogisticRegression()).fit(frame, [0, 1, 1] * 20)
    assert_parity(model, frame, tmp_path)


# --- what the caller says ---


def test_types_that_are_said(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3] * 20, "b": [0, 1, 1] * 20, "c": [1.0, 2.0, np.nan] * 20, "d": [1, 2, 3] * 20})
    model = HistGradientBoostingClassifier(max_iter=2).fit(frame, [0, 1, 1] * 20)
    file = saved(model, tmp_path)
    types = {"a": "float", "b": "boolean", "c": "integer", "d": "float32"}
    for sample in (frame, csv(frame, tmp_path)):
        read = artifact.read(file, sample, types=types)
        assert [(f["name"], f["kind"], f["dtype"]) for f in read.interface["features"]] == [
            ("a", "float", "float64"), ("b", "boolean", "bool"), ("c", "integer", "int64"), ("d", "float", "float32"),
        ]  # fmt: skip
        assert read.golden["rows"][:3] == [[1.0, False, 1, 1.0], [2.0, True, 2, 2.0], [3.0, True, None, 3.0]]


def test_a_text_that_is_said_has_no_words_for_null(tmp_path: Path) -> None:
    frame = pd.DataFrame({"country": pd.Series(["NA", "DE", None, "0049"] * 20)})
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(frame, [0, 1, 1, 0] * 20)
    (tmp_path / "rows.csv").write_text('country\nNA\nnull\n0049\n""\n')
    read = artifact.read(saved(model, tmp_path), tmp_path / "rows.csv", types={"country": "text"})
    assert read.golden["rows"] == [["NA"], ["null"], ["0049"], [None]]
    read = artifact.read(saved(model, tmp_path), tmp_path / "rows.csv")
    assert read.golden["rows"] == [["NA"], [None], ["0049"], [None]]


@pytest.mark.parametrize(
    ("types", "sample", "words", "hint"),
    [
        ({"minuts": "float"}, FRAME, 'no feature "minuts"', "Its features: zip"),
        ({"zip": "varchar"}, FRAME, '"varchar" is no type', "text, category"),
        ({"country": "integer"}, FRAME, "in column \"country\" of row 1 is no integer, as says --types", '--types "country=TYPE"'),
        ({"spend": "integer"}, FRAME, "is no integer", "another value"),
        ({"gap": "boolean"}, FRAME, "is no boolean", "another value"),
        ({"zip": "text"}, None, "types of its features", "--sample"),
    ],
)  # fmt: skip
def test_types_that_do_not_fit(types: dict[str, str], sample: Any, words: str, hint: str, tmp_path: Path) -> None:
    file = saved(encoded(OneHotEncoder()).fit(FRAME, TARGET), tmp_path)
    with pytest.raises(SampleError) as caught:
        artifact.read(file, sample, types=types)
    assert words in caught.value.message
    assert hint in str(caught.value.hint)


# --- other files, other frames ---


@pytest.mark.parametrize("suffix", [".joblib", ".pkl", ".pickle"])
def test_a_pickled_frame(suffix: str, tmp_path: Path) -> None:
    file = saved(encoded(OneHotEncoder()).fit(FRAME, TARGET), tmp_path)
    joblib.dump(FRAME, tmp_path / f"rows{suffix}")
    read = artifact.read(file, tmp_path / f"rows{suffix}")
    assert read.fingerprint == artifact.read(file, FRAME).fingerprint
    joblib.dump([1, 2], tmp_path / f"rows{suffix}")
    with pytest.raises(SampleError, match="is a list, no DataFrame"):
        artifact.read(file, tmp_path / f"rows{suffix}")
    (tmp_path / f"rows{suffix}").write_bytes(b"no pickle")
    with pytest.raises(SampleError, match="is no pickled frame"):
        artifact.read(file, tmp_path / f"rows{suffix}")


def test_an_array(tmp_path: Path) -> None:
    X = RNG.normal(size=(40, 3))
    file = saved(LogisticRegression().fit(X, [0, 1] * 20), tmp_path)
    joblib.dump(X, tmp_path / "rows.joblib")
    named = artifact.read(file, pd.DataFrame(X, columns=["x0", "x1", "x2"]))
    for sample in (X, tmp_path / "rows.joblib"):
        assert artifact.read(file, sample).golden == named.golden
    with pytest.raises(SampleError, match=r"array of the shape \(40, 2\), and the model has 3 features"):
        artifact.read(file, X[:, :2])


def test_a_parquet_file(tmp_path: Path) -> None:
    frame = categories().assign(zip=FRAME["zip"], level=FRAME["plan"].astype("category"), share=FRAME["spend"] > 0)
    model = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(frame.drop(columns="zip"), TARGET)
    file = saved(model, tmp_path)
    frame.to_parquet(tmp_path / "rows.parquet")
    assert artifact.read(file, tmp_path / "rows.parquet").fingerprint == artifact.read(file, frame).fingerprint
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(SampleError, match="is no Parquet file"):
        artifact.read(file, tmp_path / "rows.parquet")


def test_a_parquet_file_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any, **__: Any) -> None:
        raise ImportError("Missing optional dependency 'pyarrow'.")

    monkeypatch.setattr(pd, "read_parquet", missing)
    file = saved(encoded(OneHotEncoder()).fit(FRAME, TARGET), tmp_path)
    with pytest.raises(SampleError) as caught:
        artifact.read(file, tmp_path / "rows.parquet")
    assert (
        "a Parquet file needs a package that is not here (Missing optional dependency 'pyarrow'.)"
        in caught.value.message
    )
    assert "pip install 'dbml[parquet]'" in str(caught.value.hint)


def test_nullable_dtypes(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, 2, None] * 20, dtype="Int64"),
            "small": pd.array([1, 2, 3] * 20, dtype="Int16"),
            "real": pd.array([0.5, None, 1.5] * 20, dtype="Float64"),
            "flag": pd.array([True, False, True] * 20, dtype="boolean"),
            "price": [Decimal("1.25"), Decimal("2.5"), None] * 20,
            "words": pd.array(["a", "b", "c"] * 20, dtype="string"),
        }
    )
    numbers = ["whole", "small", "real", "price"]
    columns = make_column_transformer((OneHotEncoder(), ["words", "flag"]), (SimpleImputer(), numbers))
    plain = frame.astype({**dict.fromkeys(numbers, "float64"), "flag": bool, "words": "str"})
    model = make_pipeline(columns, LogisticRegression()).fit(plain, [0, 1, 1] * 20)
    read = artifact.read(saved(model, tmp_path), frame)
    assert kinds(read) == {
        "whole": "integer",
        "small": "integer",
        "real": "float",
        "flag": "boolean",
        "price": "float",
        "words": "text",
    }
    assert read.golden["scores"][:3] == pytest.approx(model.predict_proba(plain)[:3, 1], abs=1e-12)
    assert read.golden["rows"][:2] == [[1, 1, 0.5, True, 1.25, "a"], [2, 2, None, False, 2.5, "b"]]
    prepared = engines.prepare(read.estimator, read.interface, read.golden, label="m@1")
    assert prepared.plan is not None, prepared.refusals


@pytest.mark.parametrize("backend", ["numpy_nullable", "pyarrow"])
def test_a_frame_that_pandas_has_converted(backend: Any, tmp_path: Path) -> None:
    frame = FRAME.assign(whole=np.arange(N), flag=FRAME["spend"] > 0, empty=["", "x"] * (N // 2))
    columns = make_column_transformer((OneHotEncoder(), [*TEXTS, "empty"]), remainder="passthrough")
    file = saved(make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(frame, TARGET), tmp_path)
    read, plain = artifact.read(file, frame.convert_dtypes(dtype_backend=backend)), artifact.read(file, frame)
    assert read.golden == plain.golden
    assert kinds(read) == kinds(plain)


def test_nullable_dtypes_of_an_array_model(tmp_path: Path) -> None:
    model = LogisticRegression().fit(RNG.normal(size=(40, 2)), [0, 1] * 20)
    frame = pd.DataFrame({"x0": pd.array([1, 2] * 20, dtype="Int64"), "x1": [Decimal("0.5"), Decimal(2)] * 20})
    read = artifact.read(saved(model, tmp_path), frame)
    assert read.golden["scores"][:2] == pytest.approx(model.predict_proba([[1, 0.5], [2, 2]])[:, 1], abs=1e-12)


# --- names and thresholds ---


def test_names_that_lightgbm_has_changed(tmp_path: Path) -> None:
    frame = pd.DataFrame({"Monthly Charges": np.arange(60.0), "b": np.arange(60) % 7})
    model = lightgbm.LGBMClassifier(n_estimators=3, min_child_samples=5, verbose=-1).fit(frame, frame["b"] > 3)
    assert list(model.feature_names_in_) == ["Monthly_Charges", "b"]
    file = saved(make_pipeline(model), tmp_path)
    read = artifact.read(file, csv(frame, tmp_path))
    assert [feature["name"] for feature in read.interface["features"]] == ["Monthly Charges", "b"]
    assert read.notices == (
        'the feature "Monthly_Charges" is the sample\'s column "Monthly Charges", whose spaces LightGBM replaces',
    )
    renamed = artifact.read(file, frame.rename(columns={"Monthly Charges": "Monthly_Charges"}))
    assert renamed.notices == ()
    assert renamed.golden["scores"] == read.golden["scores"]
    assert lower(read.estimator, read.interface) == lower(renamed.estimator, renamed.interface)
    # scikit-learn's own names are what they are.
    plain = saved(LogisticRegression().fit(renamed_frame(frame), frame["b"] > 3), tmp_path)
    with pytest.raises(SampleError, match='no column "Monthly_Charges"'):
        artifact.read(plain, frame)


def renamed_frame(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns=lambda name: name.replace(" ", "_"))


class Polars:
    """A frame of another library."""

    def to_pandas(self) -> pd.DataFrame:
        return FRAME


def test_rows_of_other_libraries(tmp_path: Path) -> None:
    file = saved(encoded(OneHotEncoder()).fit(FRAME, TARGET), tmp_path)
    assert artifact.read(file, Polars()).golden == artifact.read(file, FRAME).golden
    with pytest.raises(SampleError, match="the sample: is a dict, no DataFrame"):
        artifact.read(file, FRAME.to_dict())


def written(frame: pd.DataFrame, file: Path) -> None:
    if file.suffix == ".feather":
        frame.to_feather(file)
    elif file.suffix in (".json", ".jsonl"):
        frame.to_json(file, orient="records", lines=file.suffix == ".jsonl")
    else:  # as spreadsheets do where the comma is a decimal point
        frame.to_csv(file, index=False, sep="\t" if file.suffix == ".tsv" else ";", decimal=",")


@pytest.mark.parametrize("name", ["rows.feather", "rows.json", "rows.jsonl", "rows.csv", "rows.tsv"])
def test_other_ways_to_write_rows_down(name: str, tmp_path: Path) -> None:
    frame = FRAME.drop(columns="gap")
    model = encoded(OneHotEncoder(handle_unknown="ignore"), TEXTS[:-1]).fit(frame, TARGET)
    rows = frame.head(30)
    written(rows.assign(spend=rows["spend"].astype(int)) if name.endswith(".tsv") else rows, tmp_path / name)
    read = artifact.read(saved(model, tmp_path), tmp_path / name)
    if not name.endswith(".tsv"):
        np.testing.assert_allclose(read.golden["scores"], model.predict_proba(rows)[:, 1], rtol=0, atol=1e-12)
    assert [row[0] for row in read.golden["rows"]] == rows["zip"].tolist()


def test_texts_where_a_booster_takes_categories(tmp_path: Path) -> None:
    """Parquet keeps no categories of integers, and a frame from elsewhere has texts."""
    named = FRAME[["zip", "spend"]].assign(code=RNG.choice([10, 20], N)).astype({"zip": "category", "code": "category"})
    model = lightgbm.LGBMClassifier(n_estimators=4, verbose=-1, n_jobs=1, min_child_samples=2).fit(named, TARGET)
    own = model.predict_proba(named.head(30))[:, 1]
    plain = named.astype({"zip": object, "code": int}).head(30)
    named.head(30).to_parquet(tmp_path / "rows.parquet")
    for rows in (plain, tmp_path / "rows.parquet"):
        assert artifact.read(saved(model, tmp_path), rows).golden["scores"] == own.tolist()


def test_rows_without_a_frame(tmp_path: Path) -> None:
    numbers = RNG.normal(size=(60, 2))
    model = LogisticRegression().fit(numbers, numbers[:, 0] > 0)
    own = model.predict_proba(numbers[:20])[:, 1]
    some = numbers[:20]
    for rows in (
        some.tolist(),
        pd.DataFrame(some),
        sparse.csr_matrix(some),
        [{"x0": a, "x1": b} for a, b in some.tolist()],
    ):
        np.testing.assert_allclose(
            artifact.read(saved(model, tmp_path), rows).golden["scores"], own, rtol=0, atol=1e-12
        )
