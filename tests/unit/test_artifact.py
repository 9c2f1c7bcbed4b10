from __future__ import annotations

import io
import json
import pickle
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.mixture import BayesianGaussianMixture
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler, scale
from sklearn.svm import LinearSVC

from dbml.errors import ArtifactError, DbmlError, SampleError, TooLarge
from dbml.models import artifact
from dbml.models.artifact.estimator import takes_numbers

RNG = np.random.default_rng(7)
N = 300
DATA = pd.DataFrame(
    {
        "state": RNG.choice(["KS", "OH", "NJ"], N),
        "calls": RNG.integers(0, 9, N),
        "intl": RNG.random(N) < 0.3,
        "minutes": np.where(RNG.random(N) < 0.1, np.nan, RNG.normal(100, 20, N)),
    }
)
ARRAY = RNG.normal(size=(N, 3))
TARGET = np.where(DATA["calls"] + 3 * DATA["intl"] > 5, "yes", "no")


def pipeline(**encoder: Any) -> Any:
    columns = ColumnTransformer(
        [
            ("text", OneHotEncoder(**encoder), ["state"]),
            ("number", make_pipeline(SimpleImputer(), StandardScaler()), ["calls", "minutes", "intl"]),
        ]
    )
    return make_pipeline(columns, LogisticRegression()).fit(DATA, TARGET)


def save(folder: Path, estimator: Any, **options: Any) -> Path:
    path = folder / "model.joblib"
    joblib.dump(estimator, path, **options)
    return path


def refused(kind: type[DbmlError], *words: str, hint: str, call: Any) -> None:
    with pytest.raises(kind) as caught:
        call()
    for word in words:
        assert word in caught.value.message
    assert hint in (caught.value.hint or "")


def test_binary_pipeline(tmp_path: Path) -> None:
    model = pipeline()
    path = save(tmp_path, model, compress=3)
    got = artifact.read(path, DATA.assign(churn=TARGET))
    assert got.blob == path.read_bytes()
    assert got.kind == "joblib"
    assert got.interface["output"] == {"kind": "probability", "label": "yes", "index": 1}
    assert got.interface["estimator"] == "Pipeline(ColumnTransformer, LogisticRegression)"
    assert got.interface["task"] == "classifier"
    assert [(f["name"], f["kind"], f["dtype"]) for f in got.interface["features"]] == [
        ("state", "text", "str"),
        ("calls", "integer", "int64"),
        ("intl", "boolean", "bool"),
        ("minutes", "float", "float64"),
    ]
    assert got.libraries["scikit-learn"] == sklearn.__version__
    assert got.libraries["pandas"] == pd.__version__
    assert len(got.golden["rows"]) == len(got.golden["scores"]) == artifact.GOLDEN_ROWS
    assert got.golden["synthetic"] is False
    assert got.golden["scores"][0] == pytest.approx(model.predict_proba(DATA)[0, 1], abs=1e-12)
    assert got.golden["scores"][-1] == pytest.approx(model.predict_proba(DATA)[-1, 1], abs=1e-12)
    summary = got.training_summary
    assert summary is not None
    assert summary["rows"] == N
    assert summary["features"]["minutes"]["nulls"] == DATA["minutes"].isna().sum()
    assert summary["features"]["state"]["distinct"] == 3
    assert set(summary["features"]["intl"]["top"]) == {"true", "false"}
    assert len(summary["scores"]["quantiles"]) == 5
    json.dumps([got.interface, got.golden, summary, got.libraries], allow_nan=False)


def test_csv_sample_is_the_same_version(tmp_path: Path) -> None:
    path = save(tmp_path, pipeline())
    DATA.assign(churn=TARGET).to_csv(tmp_path / "rows.csv", index=False)
    one, two = artifact.read(path, tmp_path / "rows.csv"), artifact.read(path, DATA)
    assert one.fingerprint == two.fingerprint
    assert one.fingerprint != artifact.read(path, DATA, "no").fingerprint
    assert one.golden == two.golden


def test_boolean_with_nulls_in_csv(tmp_path: Path) -> None:
    frame = pd.DataFrame({"b": [True, False, np.nan] * 20}, dtype=object)
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(frame, [1, 0, 1] * 20)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    got = artifact.read(save(tmp_path, model), tmp_path / "rows.csv")
    assert got.interface["features"] == [{"name": "b", "kind": "boolean", "dtype": "object", "missing": "nan"}]
    assert got.golden["rows"][:3] == [[True], [False], [None]]


def test_missing_text_as_none(tmp_path: Path) -> None:
    frame = pd.DataFrame({"t": pd.Series(["a", "b", None] * 20, dtype=object)})
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(frame, [1, 0, 1] * 20)
    got = artifact.read(save(tmp_path, model), frame)
    assert got.interface["features"][0]["missing"] == "none"


def test_two_kinds_of_missing_are_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"t": pd.Series(["a", None, np.nan] * 20, dtype=object)})
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(frame, [1, 0, 1] * 20)
    path = save(tmp_path, model)
    refused(ArtifactError, "sample row 3", hint="missing", call=lambda: artifact.read(path, frame))


def test_multi_class(tmp_path: Path) -> None:
    path = save(tmp_path, LogisticRegression().fit(ARRAY, ["lo", "mid", "high"] * 100))
    refused(ArtifactError, '"high", "lo", "mid"', hint="--output LABEL", call=lambda: artifact.read(path))
    refused(
        ArtifactError,
        '"hihg"',
        str(path),
        hint="--output high",
        call=lambda: artifact.read(path, None, "hihg"),
    )
    refused(ArtifactError, '"value"', hint="--output", call=lambda: artifact.read(path, None, "value"))
    got = artifact.read(path, None, "mid")
    assert got.interface["output"] == {"kind": "probability", "label": "mid", "index": 2}


def test_numeric_classes(tmp_path: Path) -> None:
    path = save(tmp_path, RandomForestClassifier(5, random_state=0).fit(ARRAY, [0, 1, 2] * 100))
    assert artifact.read(path, None, "2").interface["output"]["label"] == 2
    assert artifact.read(path, None, "value").interface["output"] == {"kind": "value"}


@pytest.mark.parametrize("unit", ["D", "ns"])
def test_classes_that_are_moments(tmp_path: Path, unit: str) -> None:
    days = np.where(TARGET == "yes", "2026-01-01", "2026-01-02").astype(f"datetime64[{unit}]")
    file = save(tmp_path, LogisticRegression().fit(ARRAY, days))
    refused(
        ArtifactError,
        f"its classes are of the type datetime64[{unit}], neither texts nor numbers",
        hint="y.astype(str)",
        call=lambda: artifact.read(file, sample=ARRAY[:20]),
    )


def test_regressor_on_array(tmp_path: Path) -> None:
    model = LinearRegression().fit(ARRAY, ARRAY @ [1.0, 2.0, 3.0] * 1e6)
    path = save(tmp_path, model)
    got = artifact.read(path)
    assert got.interface["input"] == "array"
    assert [f["name"] for f in got.interface["features"]] == ["x0", "x1", "x2"]
    assert got.interface["output"] == {"kind": "value"}
    assert got.interface["task"] == "regressor"
    assert got.training_summary is None
    assert "pandas" not in got.libraries
    assert got.golden["synthetic"] is True
    assert len(got.golden["rows"]) == artifact.SYNTHETIC_ROWS
    assert got.golden == artifact.read(path).golden
    refused(ArtifactError, '"yes"', hint="--output value", call=lambda: artifact.read(path, None, "yes"))
    sampled = artifact.read(path, pd.DataFrame(ARRAY, columns=["x0", "x1", "x2"]))
    assert sampled.interface == got.interface


def test_outlier_detector(tmp_path: Path) -> None:
    got = artifact.read(save(tmp_path, IsolationForest(n_estimators=5, random_state=0).fit(ARRAY)))
    assert got.interface["task"] == "outlier"
    assert set(got.golden["scores"]) <= {-1.0, 1.0}


def test_without_predict_proba(tmp_path: Path) -> None:
    got = artifact.read(save(tmp_path, LinearSVC().fit(ARRAY, TARGET)))
    assert got.interface["output"] == {"kind": "label", "label": "yes"}
    assert set(got.golden["scores"]) <= {0.0, 1.0}


def test_category_dtype(tmp_path: Path) -> None:
    frame = DATA.astype({"state": "category"})
    model = HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype").fit(frame, TARGET)
    path = save(tmp_path, model)
    got = artifact.read(path, frame)
    assert got.interface["features"][0]["categories"] == ["KS", "NJ", "OH"]
    assert got.interface["features"][0]["dtype"] == "category"
    refused(SampleError, "types of its features", hint="--sample ROWS.csv", call=lambda: artifact.read(path))


def test_infinity_is_json(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, np.inf, -np.inf, np.nan] * 10})
    clip = FunctionTransformer(np.nan_to_num, validate=False, feature_names_out="one-to-one")
    model = make_pipeline(clip, RandomForestClassifier(3, random_state=0))
    finite = pd.DataFrame({"a": np.arange(40.0)})
    model.fit(finite, [0, 1] * 20)
    # Past float32 the forest refuses, so the row is named.
    path = save(tmp_path, model)
    refused(SampleError, "sample row 2", hint="Leave the row", call=lambda: artifact.read(path, frame))
    tree = HistGradientBoostingClassifier(max_iter=3).fit(finite, [0, 1] * 20)
    got = artifact.read(save(tmp_path, tree), frame)
    assert got.golden["rows"][:4] == [[1.0], ["Infinity"], ["-Infinity"], [None]]
    assert got.training_summary is not None
    assert got.training_summary["features"]["a"]["max"] == 1.0


@pytest.mark.parametrize(
    ("model", "known"),
    [
        (make_pipeline(StandardScaler(), LogisticRegression()), True),
        (make_pipeline(SimpleImputer(), FeatureUnion([("a", StandardScaler())]), LogisticRegression()), True),
        (make_pipeline(ColumnTransformer([("a", "passthrough", [0, 1, 2])]), LogisticRegression()), True),
        (make_pipeline(ColumnTransformer([("a", StandardScaler(), [0])]), LogisticRegression()), False),
        (GridSearchCV(LogisticRegression(), {"C": [1.0]}), True),
        (make_pipeline(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)), False),
        (make_pipeline(FunctionTransformer(np.abs), LogisticRegression()), False),
    ],
)
def test_are_all_features_numbers(model: Any, known: bool) -> None:
    assert takes_numbers(model.fit(ARRAY, TARGET), []) is known


def test_version_of_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("sklearn.base.__version__", "1.6.0")
        path = save(tmp_path, LogisticRegression().fit(ARRAY, TARGET))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        refused(
            ArtifactError,
            f"written by scikit-learn 1.6.0, and {sklearn.__version__} is installed here",
            hint="`--trust scikit-learn==1.6.0`",
            call=lambda: artifact.read(path),
        )
        assert artifact.read(path, trust=["scikit-learn==1.6.0"]).libraries["scikit-learn"] == "1.6.0"


# --- refusals ---


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    read = lambda: artifact.read(path)  # noqa: E731
    refused(ArtifactError, str(path), "no such file", hint="path", call=read)
    refused(
        ArtifactError,
        str(tmp_path),
        "is a folder, and no file",
        hint="file",
        call=lambda: artifact.read(tmp_path),
    )
    for content in (b"x,y\n1,2\n", b"x\x9cnot zlib at all", b"\x80\x04nonsense", b"(lp0\n."):
        path.write_bytes(content)
        refused(ArtifactError, str(path), "is not a joblib file", hint="joblib.dump", call=read)
    path.write_bytes(b"")
    refused(ArtifactError, "is empty", hint="joblib.dump", call=read)
    with path.open("wb") as file:
        file.truncate(3 * 1024 * 1024)
    refused(
        TooLarge, str(path), "3.0 MB is more than the 1 MB", hint="compress",
        call=lambda: artifact.read(path, limit=1024 * 1024),
    )  # fmt: skip


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_truncated(tmp_path: Path, compress: Any, part: float) -> None:
    path = save(tmp_path, RandomForestClassifier(20, random_state=0).fit(ARRAY, TARGET), compress=compress)
    blob = path.read_bytes()
    path.write_bytes(blob[: int(len(blob) * part)])
    refused(ArtifactError, str(path), "is truncated", hint="again", call=lambda: artifact.read(path))


def test_missing_names_while_unpickling(tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(b"\x80\x02cno_such_module\nModel\n.")
    refused(ArtifactError, '"no_such_module"', hint="Install", call=lambda: artifact.read(path))
    path.write_bytes(b"\x80\x02cjson\nNoSuchClass\n.")
    refused(ArtifactError, "NoSuchClass", hint="importable", call=lambda: artifact.read(path))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"model": 1}, "holds a dict"),
        (LogisticRegression, "the class LogisticRegression"),
        (LogisticRegression(), "LogisticRegression is not fitted"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "Pipeline is not fitted"),
        (StandardScaler().fit(ARRAY), "StandardScaler has no predict"),
        (BayesianGaussianMixture().fit(ARRAY), "no classifier, regressor"),
        (LinearRegression().fit(ARRAY, ARRAY), "targets, and the score is one of them"),
        (RandomForestClassifier(2).fit(ARRAY, np.c_[TARGET, TARGET]), "several outputs"),
    ],
)
def test_objects(tmp_path: Path, model: Any, words: str) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(pickle.dumps(model))
    refused(ArtifactError, str(path), words, hint=" ", call=lambda: artifact.read(path))


def test_batch_dependent(tmp_path: Path) -> None:
    model = make_pipeline(FunctionTransformer(scale), LogisticRegression()).fit(DATA[["calls"]], TARGET)
    path = save(tmp_path, model)
    refused(ArtifactError, "depends on the rows", hint="fit", call=lambda: artifact.read(path, DATA))


def test_sample_refusals(tmp_path: Path) -> None:
    path = save(tmp_path, pipeline())

    def check(sample: Any, *words: str, hint: str) -> None:
        refused(SampleError, *words, hint=hint, call=lambda: artifact.read(path, sample))

    check(None, str(path), hint="--sample ROWS.csv")
    check(DATA.rename(columns={"minutes": "minuets"}), '"minutes"', '"minuets"', hint="header")
    check(DATA.iloc[:0], "no rows", hint="row")
    check(pd.concat([DATA, DATA[["calls"]]], axis=1), 'two columns "calls"', hint="Leave")
    check(DATA.assign(minutes=pd.Timestamp("2026-01-01")), '"minutes"', "datetime64", hint="number")
    check(DATA.assign(minutes=1j), '"minutes"', "complex128", hint="number")
    flags = pd.Categorical(DATA["calls"] > 3)
    check(DATA.assign(calls=flags), '"calls"', "category of other values", hint="string")
    mixed = pd.Series(["a", 1] * (N // 2), dtype=object)
    check(DATA.assign(state=mixed), '"state"', "object of int, str", hint="string")
    strange = DATA.copy()
    strange.loc[17, "state"] = "XX"
    check(strange, "sample row 18", "XX", hint="handle_unknown")
    large = DATA.copy()
    large.loc[4, "calls"] = 2**53
    check(large, "sample row 5", '"calls"', hint="row")
    check(tmp_path / "none.csv", "none.csv", hint="path")
    (tmp_path / "bad.csv").write_bytes(b"")
    check(tmp_path / "bad.csv", "bad.csv", "no CSV", hint="to_csv")


def test_text_for_an_array(tmp_path: Path) -> None:
    path = save(tmp_path, LogisticRegression().fit(ARRAY, TARGET))
    sample = pd.DataFrame({"x0": ["a"], "x1": [1], "x2": [2]})
    refused(SampleError, '"x0" is text', hint="DataFrame", call=lambda: artifact.read(path, sample))


def test_every_synthetic_row_refused(tmp_path: Path) -> None:
    model = LogisticRegression().fit(ARRAY, TARGET)
    model.coef_ = model.coef_ * np.nan
    path = save(tmp_path, model)
    refused(ArtifactError, "NaN", hint="--sample", call=lambda: artifact.read(path))


# --- what the score is ---

TUNED = TunedThresholdClassifierCV(LogisticRegression(), cv=2)


@pytest.mark.parametrize("wrap", [lambda e: e, lambda e: make_pipeline(StandardScaler(), e)], ids=["alone", "pipeline"])
def test_a_threshold_that_the_score_knows_nothing_of(tmp_path: Path, wrap: Any) -> None:
    model = wrap(clone(TUNED)).fit(ARRAY, TARGET == "yes")
    threshold = getattr(model, "steps", [("", model)])[-1][1].best_threshold_
    [notice] = artifact.read(save(tmp_path, model)).notices
    assert f"the threshold {threshold:.6g} of the TunedThresholdClassifierCV has no part in the score" in notice
    assert "`--output value`" in notice
    decided = artifact.read(save(tmp_path, model), ARRAY, "value")
    assert decided.notices == ()
    assert decided.golden["scores"] == model.predict(ARRAY)[np.linspace(0, N - 1, 200).round().astype(int)].tolist()


def test_thresholds_that_are_none_or_said_otherwise(tmp_path: Path) -> None:
    fixed = FixedThresholdClassifier(LogisticRegression(), threshold=0.25).fit(ARRAY, TARGET)
    [notice] = artifact.read(save(tmp_path, fixed)).notices
    assert "the threshold 0.25 of the FixedThresholdClassifier" in notice
    assert "compare the score with it yourself" in notice  # its classes are texts
    searched = GridSearchCV(fixed, {"threshold": [0.75]}, cv=2).fit(ARRAY, TARGET)
    assert "the threshold 0.75" in artifact.read(save(tmp_path, searched)).notices[0]
    auto = FixedThresholdClassifier(LogisticRegression()).fit(ARRAY, TARGET)
    assert artifact.read(save(tmp_path, auto)).notices == ()
    assert artifact.read(save(tmp_path, LogisticRegression().fit(ARRAY, TARGET))).notices == ()


# --- an estimator itself ---


def test_an_estimator_is_its_file(tmp_path: Path) -> None:
    model = pipeline()
    one, two = artifact.read(model, DATA), artifact.read(save(tmp_path, model), DATA)
    assert one.kind == "joblib"
    assert one.interface == two.interface
    assert one.golden == two.golden
    assert joblib.load(io.BytesIO(one.blob)).predict_proba(DATA).tolist() == model.predict_proba(DATA).tolist()


def test_estimators_that_are_no_file() -> None:
    silly = make_pipeline(FunctionTransformer(lambda x: x), LogisticRegression()).fit(ARRAY, TARGET)
    refused(
        ArtifactError, "the Pipeline handed over: cannot be pickled", hint="lambda", call=lambda: artifact.read(silly)
    )
    refused(ArtifactError, "is not fitted", hint="fit", call=lambda: artifact.read(LogisticRegression()))
    refused(ArtifactError, "holds a dict", hint="fit", call=lambda: artifact.read({"model": 1}))
    model = RandomForestClassifier(50).fit(ARRAY, TARGET)
    refused(
        TooLarge, "RandomForestClassifier handed over", hint="Compress", call=lambda: artifact.read(model, limit=1000)
    )


def test_more_features_than_are_served() -> None:
    model = LogisticRegression().fit(ARRAY, TARGET)
    model.n_features_in_ = 10**10
    refused(TooLarge, "has 10000000000 features, and at most 10000", hint="Select", call=lambda: artifact.read(model))
    for nonsense in (-1, 0, "many", None, float("inf")):
        model.n_features_in_ = nonsense
        refused(ArtifactError, "does not say which features", hint="DataFrame", call=lambda: artifact.read(model))


class Exhausting(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    def fit(self, X: Any, y: Any) -> Exhausting:
        self.classes_, self.n_features_in_ = np.unique(y), X.shape[1]
        return self

    def predict(self, X: Any) -> Any:
        raise MemoryError

    predict_proba = predict


def test_memory_that_is_not_there() -> None:
    model = Exhausting().fit(ARRAY, TARGET)
    refused(TooLarge, "has not the memory", "MemoryError", hint="smaller", call=lambda: artifact.read(model, ARRAY))
