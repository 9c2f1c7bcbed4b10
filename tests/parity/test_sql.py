"""The engine ``sql``: both forms of the expression against the estimator and against ``portable``, on a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import psycopg
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from dbml import artifact
from dbml._plpython import frame, plan, portable
from dbml.scorer import parity, sql
from dbml.scorer.sklearn import lower
from tests.parity.harness import data, target

CAREFUL = "dbml_scorer.careful"


def create(db: psycopg.Connection[Any], lowered: Any) -> sql.Expression:
    """Make the careful function, and ``pg_temp.fast`` and ``pg_temp.careful``, which answer NULL to a refused row."""
    expression = sql.render(lowered, CAREFUL)
    for parts in (expression.fast, expression.careful):
        db.execute(
            "select dbml._checked_expression(%s, %s, %s, %s)",
            [parts, lowered["numbers"], lowered["texts"], CAREFUL],
        )
    db.execute(
        f"create or replace function {CAREFUL}(numbers float8[], texts text[]) returns float8 language sql stable"
        f" parallel safe set search_path = pg_catalog, pg_temp as $dbml$select {filled(expression.careful)}$dbml$"
    )
    for name, text in (("fast", filled(expression.fast)), ("careful", f"{CAREFUL}(numbers, texts)")):
        db.execute(
            f"create or replace function pg_temp.{name}(numbers float8[], texts text[]) returns float8 language plpgsql"
            f" as $dbml$begin return {text}; exception when sqlstate 'DB013' then return null; end$dbml$"
        )
    return expression


def filled(parts: list[str]) -> str:
    """The expression over ``numbers`` and ``texts``."""
    inputs = [f"{'numbers' if part[0] == 'n' else 'texts'}[{int(part[1:]) + 1}]" for part in parts[1::2]]
    return "".join(text + value for text, value in zip(parts[::2], [*inputs, ""], strict=True))


def ask(db: psycopg.Connection[Any], form: str, numbers: Any, texts: Any) -> list[float | None]:
    """Score rows in one query."""
    with db.cursor() as cursor:
        cursor.execute("create temp table if not exists asked (place int, numbers float8[], texts text[])")
        cursor.execute("truncate asked")
        with cursor.copy("copy asked from stdin") as copy:
            for place, (some, others) in enumerate(zip(numbers, texts, strict=True)):
                copy.write_row((place, list(some), list(others)))
        cursor.execute(f"select pg_temp.{form}(numbers, texts) from asked order by place")
        return [row[0] for row in cursor.fetchall()]


def one_by_one(lowered: Any, numbers: Any, texts: Any) -> list[float | None]:
    """What ``portable`` says."""
    score = portable.load(portable.compile_plan(lowered))
    answers: list[float | None] = []
    for some, others in zip(numbers, texts, strict=True):
        try:
            answers.append(score(some, others))
        except portable.Refused:
            answers.append(None)
    return answers


def assert_same(db: psycopg.Connection[Any], lowered: Any, numbers: Any, texts: Any, truth: Any) -> None:
    """Both forms answer as ``truth``."""
    rows = [[*some, *others] for some, others in zip(numbers, texts, strict=True)]
    for form in ("careful", "fast"):
        report = parity.compare(rows, truth, ask(db, form, numbers, texts))
        assert report.differing == 0, (form, report)


def churn_columns() -> Any:
    X, _ = data("churn")
    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["state", "international_plan", "voice_mail_plan"]),
        (StandardScaler(), list(X.select_dtypes("number").columns)),
    )


ESTIMATORS: list[tuple[Any, str, str, str | None]] = [
    (make_pipeline(churn_columns(), LogisticRegression()), "churn", "binary", None),
    (make_pipeline(churn_columns(), LogisticRegression()), "churn", "binary", "1"),
    (make_pipeline(churn_columns(), LinearRegression()), "churn", "value", None),
    (make_pipeline(churn_columns(), GradientBoostingClassifier(n_estimators=5)), "churn", "binary", None),
    (make_pipeline(StandardScaler(), LogisticRegression()), "breast cancer", "binary", None),
    (LogisticRegression(fit_intercept=False, max_iter=9000), "ties", "binary", None),
    (LinearRegression(), "diabetes", "value", None),
    (make_pipeline(StandardScaler(), LogisticRegression()), "wine", "multi", "2"),
    (GradientBoostingClassifier(n_estimators=1, max_depth=4), "breast cancer", "binary", None),
    (make_pipeline(StandardScaler(), GradientBoostingClassifier(n_estimators=10)), "ties", "binary", None),
    (RandomForestClassifier(n_estimators=4, max_depth=4), "breast cancer", "binary", None),
]


@pytest.mark.parametrize("estimator, name, task, output", ESTIMATORS, ids=str)
def test_sql_is_the_estimator(
    db: psycopg.Connection[Any], estimator: Any, name: str, task: str, output: str | None, tmp_path: Path
) -> None:
    X, _ = data(name)
    file = tmp_path / "m.joblib"
    joblib.dump(clone(estimator).fit(X, target(name, task)), file)
    read = artifact.read(file, X.head(300), output)
    lowered = plan.loads(plan.dumps(lower(read.estimator, read.signature)))
    rows = read.golden["rows"] + parity.hurtful_rows(lowered, read.signature, read.golden["rows"])
    truth = parity.truth(read.estimator, read.signature, rows)
    numbers, texts = frame.to_wire(read.signature, rows)
    expression = create(db, lowered)
    assert "case when" in expression.fast[0], "nothing but the careful call"
    assert_same(db, lowered, numbers, texts, truth)
