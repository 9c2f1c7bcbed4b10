"""Which version serves: one relation, and what follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import psycopg
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import dbml
from dbml.errors import InterfaceChanged
from tests.conftest import Cli, Trained, profile_rows

Db = psycopg.Connection[Any]

SERVING = "select model, version, arm, strategy, share from dbml.serving order by model"


@pytest.fixture
def engine() -> str:
    return "portable"


@pytest.fixture
def both(cli: Cli, live: None, churn_2: Trained, engine: str) -> None:
    """churn@1 serves, churn@2 is there."""
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample, "--engine", engine)


@pytest.mark.usefixtures("both")
def test_one_row_for_each_model_that_serves(db: Db, cli: Cli, churn: Trained) -> None:
    cli("model", "add", "other", churn.file, "--sample", churn.sample)
    assert db.execute(SERVING).fetchall() == [("churn", 1, "control", "recreate", 100)]
    acts = (
        ("select dbml.deploy('churn', 2)", 2),
        ("select dbml.deploy('churn', 2, 'once more')", 2),
        ("select dbml.rollback('churn')", 1),
        ("select dbml._undeploy('churn', 1, 'back', false)", 2),
    )
    for act, version in acts:
        db.execute(act)  # type: ignore[arg-type]
        assert db.execute(SERVING).fetchall() == [("churn", version, "control", "recreate", 100)], act
        newest = db.execute("select version, deployed_at, deployed_by from dbml.deployment order by id desc").fetchone()
        assert db.execute("select version, since, session_user::text from dbml.serving").fetchone() == newest
        assert db.execute("select version, deployed_at, deployed_by from dbml.status").fetchone() == newest
        assert [row["version"] for row in dbml.versions(db, "churn") if row["deployed"]] == [version]


@pytest.mark.usefixtures("both")
def test_nothing_serves_before_a_first_deployment_and_after_it_is_taken_back(db: Db, cli: Cli, churn: Trained) -> None:
    db.execute("select dbml._undeploy('churn', 1, 'back', true)")
    assert db.execute(SERVING).fetchall() == []
    assert db.execute("select version, deployed_at from dbml.status").fetchall() == [(None, None)]
    assert "no deployed version" in cli("rescore", "churn", exit_code=1).output
    assert "no deployed version" in cli("rollback", "churn", exit_code=1).output
    with pytest.raises(psycopg.Error, match="no deployed version") as refused:
        db.execute("""select dbml.score('churn', '{"plan": "plus", "complaints": 2, "spend": 20}'::jsonb)""")
    assert refused.value.sqlstate == "DB005"
    # Nothing served since, and the one before that is what a rollback goes back to.
    db.execute("select dbml.deploy('churn', 2)")
    assert db.execute("select dbml.rollback('churn')").fetchone() == (1,)


@pytest.mark.usefixtures("both")
def test_an_analyst_reads_it(db: Db) -> None:
    db.execute("set role dbml_analyst")
    assert db.execute(SERVING).fetchall() == [("churn", 1, "control", "recreate", 100)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("select * from dbml.deployment")


@pytest.mark.usefixtures("both")
def test_what_serves_is_compiled(db: Db, cli: Cli) -> None:
    """Code that another dbml compiled is thrown away at an upgrade; a version that comes back is compiled then."""
    compiled = "select v.version from dbml.bytecode b join dbml.model_version v using (fingerprint) order by v.version"
    db.execute("select dbml.deploy('churn', 2)")
    assert db.execute(compiled).fetchall() == [(1,), (2,)]
    db.execute("update dbml.setting set value = 'older' where name = 'code'")
    cli("install")
    assert db.execute(compiled).fetchall() == [(2,)]
    cli("rollback", "churn")
    assert db.execute(compiled).fetchall() == [(1,), (2,)]


# --- what a deployment changes is said aloud ---


@pytest.fixture
def others(cli: Cli, live: None, churn: Trained, tmp_path: Path) -> None:
    """churn@1 serves; churn@2 scores the other class, churn@3 takes a feature less and one as a text."""
    cli("model", "add", "churn", churn.file, "--sample", churn.sample, "--output", "False")
    rows = churn.rows.assign(spend="about " + churn.rows["spend"].round(-1).astype(str))[["plan", "spend"]]
    encoded = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["plan", "spend"]))
    fewer = make_pipeline(encoded, LogisticRegression()).fit(rows, churn.rows["complaints"] > 4)
    joblib.dump(fewer, tmp_path / "fewer.joblib")
    rows.head(40).to_csv(tmp_path / "fewer.csv", index=False)
    cli("model", "add", "churn", tmp_path / "fewer.joblib", "--sample", tmp_path / "fewer.csv")


OUTPUT = 'churn@2 is not what churn@1 is, which serves: its score is the probability of "False", and was the probability of "True"'
FEATURES = (
    'churn@3 is not what churn@1 is, which serves: it takes "spend" as text and it takes no more "complaints" as integer, '
    '"spend" as float'
)


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("kind", [int, float])
def test_a_class_is_the_same_whatever_type_the_labels_had(cli: Cli, churn: Trained, tmp_path: Path, kind: type) -> None:
    labels = (churn.rows["complaints"] > 5).astype(kind)
    joblib.dump(clone(churn.estimator).fit(churn.rows, labels), tmp_path / "numbers.joblib")
    cli("model", "add", "churn", tmp_path / "numbers.joblib", "--sample", churn.sample)
    cli("deploy", "churn@2")


@pytest.mark.usefixtures("others")
def test_a_changed_output_is_refused_unless_said(db: Db, cli: Cli, churn: Trained) -> None:
    refused = cli("deploy", "churn@2", exit_code=1).output
    assert OUTPUT in " ".join(refused.split()) and "dbml deploy churn@2 --changes output" in refused
    refused = cli("deploy", "churn@2", "--changes", "features", exit_code=1).output
    assert "--changes output" in refused
    with pytest.raises(psycopg.Error) as caught:
        db.execute("select dbml.deploy('churn', 2, 'why')")
    assert caught.value.sqlstate == "DB025"
    with pytest.raises(InterfaceChanged):
        dbml.deploy(db, "churn", 2)
    assert db.execute("select version from dbml.serving").fetchall() == [(1,)]
    cli("deploy", "churn@2", "--changes", "output", "--note", "who stays")
    cli("rescore", "churn")
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], 1 - churn.truth(rows), rtol=0, atol=1e-9)
    # The way back needs no word.
    cli("rollback", "churn", "--note", "who leaves")
    history = "select version, note from dbml.deployment_history order by deployed_at"
    assert db.execute(history).fetchall() == [(1, None), (2, "who stays"), (1, "who leaves")]
    assert db.execute("select dbml.rollback('churn')").fetchone() == (2,)


@pytest.mark.usefixtures("others")
def test_changed_features_are_refused_unless_said(db: Db, cli: Cli) -> None:
    db.execute("alter table customer add spend_text text")
    with pytest.raises(psycopg.Error) as caught:
        db.execute("select dbml.deploy('churn', 3)")
    assert caught.value.diag.message_primary == FEATURES
    assert caught.value.diag.message_hint == "If that is meant: dbml deploy churn@3 --changes features"
    with pytest.raises(psycopg.Error, match="nothing that is called kind") as caught:
        db.execute("select dbml.deploy('churn', 3, changes => '{kind}')")
    db.execute("select dbml._undeploy('churn', 1, 'back', false)")
    db.execute("select dbml.deploy('churn', 2)")  # nothing serves that it could differ from
    with pytest.raises(psycopg.Error) as caught:
        db.execute("select dbml.deploy('churn', 3, changes => '{output}')")
    assert "--changes features" in str(caught.value.diag.message_hint)
