"""Every answer of a model stands in columns: a class each, arrays, labels, decisions, targets; computed once a row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner
from sklearn.datasets import load_iris
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

import dbml
from dbml import errors
from dbml.cli import main
from dbml.profiles.spec import Prediction, Profile
from dbml.profiles.spec_file import read
from tests.conftest import Databases

FEATURES = ["a", "b"]
X = pd.DataFrame(load_iris().data[:, 1:3], columns=FEATURES)
SPECIES = np.array(["setosa", "it's versicolor", "virginica"])[load_iris().target]
IS_IT = (SPECIES == "virginica").astype(int)

SPEC = """
[profile]
table = "plant"
key = "id"

[[prediction]]
model = "species"
column = "score"
version_column = "version"
log = "scores"

[prediction.outputs]
chances = "probabilities"
virginica = { output = "probability", of = "virginica" }

# The same model once more: it is scored once for all of them.
[[prediction]]
model = "species"
column = "label"
output = "label"

[[prediction]]
model = "species"
column = "is_it"
output = "decision"
"""


@pytest.fixture(scope="module")
def plants(databases: Databases) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(databases.create(), autocommit=True) as connection:
        connection.execute("create table plant (id integer primary key, a float8, b float8)")
        connection.execute("create table pristine as table plant")
        with connection.cursor() as cursor:
            rows = [(i, *map(float, row)) for i, row in enumerate(X.iloc[::5].to_numpy(), 1)]
            cursor.executemany("insert into pristine values (%s, %s, %s)", rows)
        yield connection


@pytest.fixture(autouse=True)
def table(plants: psycopg.Connection[Any]) -> Iterator[None]:
    """The table as it was, attached to nothing."""
    plants.execute("insert into plant select * from pristine")
    yield
    if plants.execute("select from dbml.profile").fetchone() is not None:
        dbml.detach(plants, "plant")
    plants.execute("drop table plant; create table plant (id integer primary key, a float8, b float8)")


def attached(db: psycopg.Connection[Any], model: str, *predictions: Prediction, fitted: Any, **options: Any) -> None:
    dbml.add_model(db, model, fitted, sample=X, **options)
    dbml.attach(db, Profile("plant", "id", predictions), add_columns=True)
    dbml.deploy(db, model, 1)
    dbml.rescore(db, model)
    db.execute("insert into plant (id, a, b) select id + 100, b, a from plant")


def held(db: psycopg.Connection[Any], columns: str) -> tuple[pd.DataFrame, list[tuple[Any, ...]]]:
    """The features that every row has now, and what its columns hold."""
    rows = db.execute(f"select a, b, {columns} from plant where b is not null order by id").fetchall()
    assert len(rows) == 60
    return pd.DataFrame([row[:2] for row in rows], columns=FEATURES, dtype=float), [row[2:] for row in rows]


@pytest.mark.parametrize(
    ("name", "fitted", "engine"),
    [
        ("species", LogisticRegression(max_iter=300), "sql"),
        ("species_2", RandomForestClassifier(3, max_depth=4, random_state=0), "portable"),
        ("species_3", LogisticRegression(max_iter=300), "python"),
    ],
)
def test_a_classifier_fills_its_columns(
    plants: psycopg.Connection[Any], name: str, fitted: Any, engine: str, tmp_path: Path
) -> None:
    fitted = fitted.fit(X, SPECIES)
    file = tmp_path / "spec.toml"
    file.write_text(SPEC.replace('"species"', f'"{name}"'))
    (prediction,) = read(file).predictions
    attached(plants, name, prediction, fitted=fitted, output="it's versicolor", engine=engine)
    plants.execute("insert into plant (id, a) values (999, 1.0)")  # a LogisticRegression refuses it
    plants.execute("update plant set a = a + 0.25 where id < 10")
    given, rows = held(plants, "score, chances, virginica, label, is_it, version")
    chances, labels = fitted.predict_proba(given), fitted.predict(given)
    score, array, virginica, label, is_it, version = zip(*rows, strict=True)
    place = fitted.classes_.tolist().index
    np.testing.assert_allclose(score, chances[:, place("it's versicolor")], rtol=0, atol=1e-9)
    np.testing.assert_allclose(array, chances, rtol=0, atol=1e-9)
    np.testing.assert_allclose(virginica, chances[:, place("virginica")], rtol=0, atol=1e-9)
    assert list(label) == labels.tolist()
    assert list(is_it) == (labels == "it's versicolor").tolist()
    assert set(version) == {1}
    refused = plants.execute("select score, chances, label, is_it from plant where id = 999").fetchone()
    assert refused is not None
    assert (refused == (None,) * 4) is isinstance(fitted, LogisticRegression)
    # What is logged is the score.
    logged = plants.execute(
        "select count(*), count(p.score) from dbml.prediction_log l join plant p on p.id = l.entity[1]::integer"
        " where l.model = %s and l.score = p.score",
        [name],
    ).fetchone()
    assert logged is not None and logged[0] >= 60
    assert dbml.reconcile(plants).differences == []
    plants.execute("alter table plant disable trigger user")
    plants.execute("update plant set label = 'thistle', chances = '{0,0,1}' where id = 3")
    plants.execute("alter table plant enable trigger user")
    assert [(d.column, d.held) for d in dbml.reconcile(plants, repair=True).differences if d.column == "label"] == [
        ("label", "thistle")
    ]
    assert dbml.reconcile(plants).differences == []
    # Many rows have the same: by the names of the spec's columns, and nothing where the model refuses a row.
    assert_many_have_the_same(plants, name, "plant")
    assert_many_have_the_same(plants, name, "select * from plant")
    if refused == (None,) * 4:
        assert plants.execute(
            "select s.score, s.outputs from dbml.scores(%s, 'select * from plant where id = 999') s", [name]
        ).fetchall() == [(None, None)]
    told = plants.execute("select dbml.outputs(%s, to_jsonb(p)), p.* from plant p where id = 3", [name]).fetchone()
    assert told is not None
    alone = pd.DataFrame([told[2:4]], columns=FEATURES)
    assert told[0]["label"] == fitted.predict(alone)[0]
    assert told[0]["probabilities"] == pytest.approx(
        dict(zip(fitted.classes_.tolist(), fitted.predict_proba(alone)[0], strict=True))
    )


def assert_many_have_the_same(plants: psycopg.Connection[Any], name: str, source: str) -> None:
    many = plants.execute(
        "select s.outputs, s.score, s.version, p.score, p.version, p.chances, p.virginica, p.label, p.is_it"
        " from dbml.scores(%s, %s) s join plant p on p.id::text = s.key[1] where p.score is not null",
        [name, source],
    ).fetchall()
    assert len(many) >= 60
    for outputs, score, version, *expected in many:
        assert sorted(outputs) == ["chances", "is_it", "label", "virginica"]
        found = [score, version, *(outputs[column] for column in ("chances", "virginica", "label", "is_it"))]
        assert found == [
            value if isinstance(value, (str, bool)) else pytest.approx(value, abs=1e-12) for value in expected
        ]


def test_many_rows_have_the_answers_of_the_version_that_each_belongs_to(
    plants: psycopg.Connection[Any], tmp_path: Path
) -> None:
    file = tmp_path / "spec.toml"
    file.write_text(SPEC.replace('"species"', '"species_9"'))
    (prediction,) = read(file).predictions
    attached(
        plants,
        "species_9",
        prediction,
        fitted=LogisticRegression(max_iter=300).fit(X, SPECIES),
        output="it's versicolor",
        engine="sql",
    )
    forest = RandomForestClassifier(3, max_depth=4, random_state=0).fit(X, SPECIES)
    dbml.add_model(plants, "species_9", forest, sample=X, output="it's versicolor", engine="portable")
    plants.execute("select dbml.deploy('species_9', 2, strategy => 'ab', share => 50)")
    dbml.rescore(plants, "species_9")
    assert_many_have_the_same(plants, "species_9", "plant")
    assert plants.execute("select count(distinct version) from plant").fetchone() == (2,)
    # The same in files.
    expected = dict(plants.execute("select s.key[1], s.outputs from dbml.scores('species_9', 'plant') s").fetchall())
    for suffix, read_file in ((".csv", pd.read_csv), (".parquet", pd.read_parquet)):
        out = tmp_path / f"scores{suffix}"
        arguments = ["score", "species_9", "--table", "plant", "--outputs", "-o", str(out), "--dsn", plants.info.dsn]
        assert CliRunner().invoke(main, arguments).exit_code == 0
        found = read_file(out)
        assert list(found) == ["key", "version", "score", "outputs"]
        assert {str(key): json.loads(one) for key, one in zip(found["key"], found["outputs"], strict=True)} == expected
    # Of a version that is named there is the score alone.
    assert plants.execute(
        "select count(*), count(s.outputs) from dbml.scores('species_9@2', 'plant') s"
    ).fetchone() == (
        60,
        0,
    )


def test_loose_values_have_all_answers_of_a_version_that_a_profile_asks_for_its_score_alone(
    plants: psycopg.Connection[Any],
) -> None:
    fitted = LogisticRegression(max_iter=300).fit(X, SPECIES)
    attached(plants, "alone", Prediction("alone", "score"), fitted=fitted, output="setosa", engine="sql")
    ((told,),) = plants.execute("""select dbml.outputs('alone', '{"a": 4.5, "b": 1.5}')""").fetchall()
    row = pd.DataFrame([[4.5, 1.5]], columns=FEATURES)
    assert told["label"] == fitted.predict(row)[0]
    expected = dict(zip(fitted.classes_.tolist(), fitted.predict_proba(row)[0], strict=True))
    assert told["probabilities"] == pytest.approx(expected, abs=1e-9)
    assert told["score"] == pytest.approx(fitted.predict_proba(row)[0, 1], abs=1e-9)


def test_a_tuned_threshold_decides_and_a_label_stands_alone(plants: psycopg.Connection[Any]) -> None:
    tuned = FixedThresholdClassifier(LogisticRegression(), threshold=0.15, response_method="predict_proba")
    tuned.fit(X, IS_IT)
    attached(plants, "tuned", Prediction("tuned", "yes", output="decision", outputs={"p": "score"}), fitted=tuned)
    given, rows = held(plants, "yes, p")
    decided, chance = zip(*rows, strict=True)
    assert list(decided) == (tuned.predict(given) == 1).tolist()
    # Which is another question than that of the greater half.
    assert list(decided) != [p > 0.5 for p in chance]
    plants.execute("update plant set yes = null")
    assert None not in [row[0] for row in held(plants, "yes")[1]]


def test_a_margin_has_a_label_and_no_probability(plants: psycopg.Connection[Any]) -> None:
    margin = SGDClassifier(random_state=0).fit(X, SPECIES)
    attached(plants, "margin", Prediction("margin", "species", output="label"), fitted=margin, output="virginica")
    given, rows = held(plants, "species")
    assert [row[0] for row in rows] == margin.predict(given).tolist()
    dbml.detach(plants, "plant")
    wanted = Profile("plant", "id", [Prediction("margin", "p", output="probabilities")])
    with pytest.raises(errors.ProfileError, match=r"margin@1 has no output probabilities") as refused:
        dbml.attach(plants, wanted, add_columns=True)
    assert "without predict_proba" in str(refused.value.hint)


def test_an_outlier_has_a_label_and_a_decision(plants: psycopg.Connection[Any]) -> None:
    forest = IsolationForest(n_estimators=5, random_state=0, contamination=0.3).fit(X)
    outputs = {"strange": "decision", "sign": "label"}
    attached(plants, "odd", Prediction("odd", "score", outputs=outputs), fitted=forest)
    given, rows = held(plants, "strange, sign")
    said = forest.predict(given)
    assert {-1, 1} == set(said.tolist())
    assert rows == [(one == -1, str(one)) for one in said.tolist()]


@pytest.mark.parametrize(
    ("name", "fitted", "engine"),
    [("line", LinearRegression(), "auto"), ("near", KNeighborsRegressor(3), "python")],
)
def test_a_regressor_has_several_targets(plants: psycopg.Connection[Any], name: str, fitted: Any, engine: str) -> None:
    fitted = fitted.fit(X, np.column_stack((X["a"] * X["b"], X["a"] - X["b"], X["b"] ** 2)))
    with pytest.raises(errors.ArtifactError, match="3 targets") as refused:
        dbml.add_model(plants, name, fitted, sample=X)
    assert "--output 0" in str(refused.value.hint)
    outputs = {"every": "values", "third": {"output": "value", "of": "2"}}
    attached(plants, name, Prediction(name, "second", outputs=outputs), fitted=fitted, output="1", engine=engine)
    given, rows = held(plants, "second, every, third")
    truth = fitted.predict(given)
    for place, expected in ((0, truth[:, 1]), (1, truth), (2, truth[:, 2])):
        np.testing.assert_allclose([row[place] for row in rows], expected, rtol=1e-12, atol=1e-9)
    served = plants.execute("select engine from dbml.model where name = %s", [name]).fetchone()
    assert served is not None
    assert (served[0] == "python") is (engine == "python")


def test_a_text_has_a_label(plants: psycopg.Connection[Any]) -> None:
    texts = ["late again", "lost", "thanks", "all good, thanks", "late and lost", "good"] * 3
    moods = ["angry", "angry", "glad", "glad", "angry", "glad"] * 3
    fitted = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, moods)
    for name, engine in (("mood", "auto"), ("mood_2", "python")):
        dbml.add_model(plants, name, fitted, sample=pd.DataFrame({"text": texts}), engine=engine)
        dbml.deploy(plants, name, 1)
        for text in ("Lost, and late!", "thanks a lot", ""):
            told = plants.execute(
                "select dbml.outputs(%s, jsonb_build_object('text', %s::text))", [name, text]
            ).fetchone()
            assert told is not None
            assert told[0]["label"] == fitted.predict([text])[0]
            assert told[0]["score"] == pytest.approx(fitted.predict_proba([text])[0, 1], abs=1e-9)
    assert plants.execute("select engine from dbml.model where name = 'mood'").fetchone() == ("portable",)
    with pytest.raises(errors.SampleError, match="text"):
        dbml.add_model(plants, "mood_3", fitted, sample=pd.DataFrame({"words": texts}))


def test_the_spec_says_what_does_not_fit() -> None:
    with pytest.raises(errors.SpecError, match='no output "labels"') as refused:
        Prediction("m", "c", output="labels")
    assert "Did you mean" in str(refused.value.hint) or "label" in str(refused.value.hint)
    with pytest.raises(errors.SpecError, match='not of "a"'):
        Prediction("m", "c", outputs={"d": {"output": "label", "of": "a"}})
    with pytest.raises(errors.SpecError, match="says more than which output"):
        Profile("t", "id", [Prediction("m", "c"), Prediction("m", "d", output="label", on_error="null")])
    with pytest.raises(errors.SpecError, match='the model "m" twice'):
        Profile("t", "id", [Prediction("m", "c"), Prediction("m", "d")])
    with pytest.raises(errors.SpecError, match='the column "c" twice'):
        Profile("t", "id", [Prediction("m", "c"), Prediction("n", "c", output="label")])
    profile = Profile("t", "id", [Prediction("m", "d", output="label"), Prediction("m", "c")])
    assert Profile.from_dict(profile.as_dict()) == profile
    assert profile.predictions[0].column == "c"


def test_a_class_that_there_is_not_is_named(plants: psycopg.Connection[Any]) -> None:
    dbml.add_model(plants, "named", LogisticRegression(max_iter=300).fit(X, SPECIES), sample=X, output="setosa")
    dbml.deploy(plants, "named", 1)
    wanted = Profile("plant", "id", [Prediction("named", "p", output="probability", of="rose")])
    with pytest.raises(errors.ProfileError, match=r"named@1 has no class rose") as refused:
        dbml.attach(plants, wanted, add_columns=True)
    assert "setosa" in str(refused.value.hint)
