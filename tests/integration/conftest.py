"""A database with several versions of one model, made once and copied for each test that asks for it."""

from __future__ import annotations

from pathlib import Path

import joblib
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import dbml
from dbml import database, spec
from tests.conftest import SPEC, TABLES, Databases, Trained, train


@pytest.fixture(scope="session")
def churn_3(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(tmp_path_factory.mktemp("churn"), regularisation=0.3)


@pytest.fixture(scope="session")
def churn_4(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(tmp_path_factory.mktemp("churn"), regularisation=0.1)


@pytest.fixture(scope="session")
def choosy(tmp_path_factory: pytest.TempPathFactory, churn: Trained) -> Path:
    """The file of a version that refuses a plan that it does not know."""
    file = tmp_path_factory.mktemp("churn") / "choosy.joblib"
    estimator = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["plan"]), ("passthrough", ["complaints", "spend"])),
        LogisticRegression(),
    )
    joblib.dump(estimator.fit(churn.rows, churn.rows["complaints"] > 4), file)
    return file


@pytest.fixture(scope="session")
def side_by_side(
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
    churn: Trained,
    churn_2: Trained,
    churn_3: Trained,
    churn_4: Trained,
    choosy: Path,
) -> str:
    """The DSN of a database to copy: churn@1 and churn@2 on ``sql``, 3 on ``portable``, 4 on ``python``, and 5, which is choosy.

    churn@1 serves the 50 rows of ``customer``, and what it predicts is logged with the features; the log is empty.
    """
    file = tmp_path_factory.mktemp("side by side") / "churn.toml"
    file.write_text(SPEC.replace("[[event]]", 'log = "all"\n\n[[event]]', 1))
    made = databases.create()
    with database.connect(made) as connection:
        connection.execute(TABLES)
        connection.cursor().executemany(
            "insert into customer (id, plan, spend) values (%s, %s, %s)",
            [(i, row.plan, row.spend) for i, row in enumerate(churn.rows.head(50).itertuples(), 1)],
        )
        for trained, engine in ((churn, "sql"), (churn_2, "sql"), (churn_3, "portable"), (churn_4, "python")):
            dbml.add_model(connection, "churn", trained.file, sample=trained.sample, engine=engine)
        dbml.add_model(connection, "churn", choosy, sample=churn.sample)
        dbml.attach(connection, spec.read(file))
        dbml.deploy(connection, "churn", 1)
        dbml.rescore(connection, "churn", every=True)
        connection.execute("delete from dbml.log")
    return made
