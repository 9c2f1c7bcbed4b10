"""The engine ``sql``: both forms of the expression against the estimator and against ``portable``, on a real server."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from dbml._plpython import compiled, frame, operations, plan, portable
from dbml.models import artifact
from dbml.scorer import parity, sql
from dbml.scorer.plan import Builder, Unsupported
from dbml.scorer.sklearn import lower
from tests.parity.harness import data, target

CAREFUL = "dbml_scorer.careful"


def create(db: psycopg.Connection[Any], lowered: Any) -> sql.Expression:
    """Make the careful function, and ``pg_temp.fast`` and ``pg_temp.careful``, which answer NULL to a refused row."""
    expression = sql.render(lowered, sql.OPERATIONS_ALONE)
    for parts in (expression.fast, expression.careful):
        db.execute(
            "select dbml._checked_expression(%s, %s, %s)",
            [parts, lowered["numbers"], lowered["texts"]],
        )
    db.execute(
        f"create or replace function {CAREFUL}(numbers float8[], texts text[]) returns float8 language sql stable"
        f" parallel safe set search_path = pg_catalog, pg_temp as $dbml$select {filled(expression.careful)}$dbml$"
    )
    for name, text in (
        ("fast", f"coalesce({filled(expression.fast)}, {CAREFUL}(numbers, texts))"),
        ("careful", f"{CAREFUL}(numbers, texts)"),
    ):
        db.execute(
            f"create or replace function pg_temp.{name}(numbers float8[], texts text[]) returns float8 language plpgsql"
            f" as $dbml$begin return {text}; exception when sqlstate 'DB013' then return null; end$dbml$"
        )
    return expression


def filled(parts: list[str]) -> str:
    """The expression over ``numbers`` and ``texts``."""
    inputs = [f"{'texts' if part[0] == 't' else 'numbers'}[{int(part[1:]) + 1}]" for part in parts[1::2]]
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
    score = compiled.load(portable.compile_plan(lowered))
    answers: list[float | None] = []
    for some, others in zip(numbers, texts, strict=True):
        try:
            answers.append(score(some, others))
        except compiled.Refused:
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
]


@pytest.mark.parametrize("estimator, name, task, output", ESTIMATORS)
def test_sql_is_the_estimator(
    db: psycopg.Connection[Any], estimator: Any, name: str, task: str, output: str | None, tmp_path: Path
) -> None:
    X, _ = data(name)
    file = tmp_path / "m.joblib"
    joblib.dump(clone(estimator).fit(X, target(name, task)), file)
    read = artifact.read(file, X.head(60), output)
    lowered = plan.loads(plan.dumps(lower(read.estimator, read.interface)))
    rows = read.golden["rows"] + parity.hurtful_rows(lowered, read.interface, read.golden["rows"])
    truth = parity.truth(read.estimator, read.interface, rows)
    numbers, texts = frame.to_wire(read.interface, rows)
    expression = create(db, lowered)
    assert expression.fast != ["null::float8"], "nothing but the careful call"
    assert_same(db, lowered, numbers, texts, truth)


EXTREMES = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, 3.0, -2.0, 7.25, 1e-5, 1e-17, 20.0, -20.0, 690.0, 705.0, 709.782712893384, 709.8,
    -708.5, -740.0, -745.2, -800.0, 5e-324, -5e-324, 2.2e-308, 1e-160, -1e-160, 1e-50, 1e-45, 7.006492321624085e-46,
    7.1e-46, 3.4028235677973366e38, 3.4028235677973e38, -1e39, 1e100, 1e154, -1.4e154, 1e160, 2.0**512, 1e300, 8.99e307, -9e307,
    1.7976931348623157e308, -1.7976931348623157e308, None, float("nan"), float("inf"), float("-inf"), 2.0**-1022, 2.0**29, 1024.0,
]  # fmt: skip

UNARY = {
    "sum of none": lambda p, x, y: p.sum([]) + x,
    "round32": lambda p, x, y: x.round32(),
    "sigmoid": lambda p, x, y: x.sigmoid(),
    "threshold on a sigmoid": lambda p, x, y: x.sigmoid().less(1e-306).indicator(),
    "1 - sigmoid": lambda p, x, y: 1.0 - (x * 3.0 + 1.0).sigmoid(),
    "clip": lambda p, x, y: x.clip(-2.0, 3.0),
    "divide by": lambda p, x, y: 3.0 / x,
    "fill": lambda p, x, y: x.missing().select(2.5, x) * 2.0,
    "flag": lambda p, x, y: x.missing().indicator() + x.missing().select(0.0, x),
    "positive log": lambda p, x, y: x.less_equal(0.0).select(0.0, x.function("log")),
    "yeo-johnson": lambda p, x, y: x.less(0.0).select(-(1.4 * (-x).function("log1p")).function("expm1") / 1.4, (0.6 * x.function("log1p")).function("expm1") / 0.6),
    "norm": lambda p, x, y: x / x.function("absolute").equal(0.0).select(1.0, x.function("absolute")),
    "no zero": lambda p, x, y: 1.0 / x.equal(0.0).select(1.0, x),
    "match": lambda p, x, y: x.lookup([0.0, 1.0, 7.25], [1.0, 2.0, 3.0], default=-1.0, missing=-2.0),
    "match or NaN": lambda p, x, y: x.lookup([0.0, 1.0, 7.25], [1.0, 2.0, 3.0]),
    "match of nothing": lambda p, x, y: x.lookup([], [], default=4.0, missing=5.0),
    "step left": lambda p, x, y: x.step([-1.0, 0.5, 0.5, 3.0], [1.0, 2.0, 3.0, 4.0, 5.0], "left", -1.0),
    "step right": lambda p, x, y: x.step([-1.0, 0.5, 0.5, 3.0], [1.0, 2.0, 3.0, 4.0, 5.0], "right"),
    "step of nothing": lambda p, x, y: x.step([], [2.0], "right", 3.0),
    "step to infinity": lambda p, x, y: x.step([1.0, float("inf")], [1.0, 2.0, 3.0], "left", 3.0),
    "interpolate": lambda p, x, y: x.interpolate([-1.0, 0.0, 0.0, 2.0, 9.0], [0.0, 1.0, 2.0, 1.5, 4.0]),
    "interpolate one": lambda p, x, y: x.interpolate([1.0], [3.0]),
    "polynomial": lambda p, x, y: x.polynomial([-1.0, 0.5, 3.0], [[1.0, 2.0, 3.0], [0.5, -1.0]]),
    "clipped polynomial": lambda p, x, y: x.clip(-1.0, 3.0).polynomial([-1.0, 0.5, 3.0], [[1.0, 2.0, 3.0], [0.5, -1.0]]),
    "scaled threshold": lambda p, x, y: ((x - 0.7) / 0.3).less_equal(1.0).indicator() + (1.0 - x * 2.0).less(0.1).indicator() * 2.0,
    "constant first": lambda p, x, y: p.constant(0.5).less((x - 0.25) / -3.0).indicator(),
    "dot": lambda p, x, y: p.dot([x, x.less(1.0).indicator()], [0.1, -3.0], 2.5),
    "dot without intercept": lambda p, x, y: p.dot([x], [0.1]),
    "dot of zero": lambda p, x, y: p.dot([x, x], [0.0, 1.0], 0.0),
    "not missing": lambda p, x, y: (~x.less(0.0)).indicator() + (~x.missing()).indicator() * 2.0 + (~(x.less(0.0) | x.equal(7.25))).indicator() * 4.0,
    "constants": lambda p, x, y: p.constant(1e308) * 10.0 * p.constant(0.0) + x,
    "finite": lambda p, x, y: x.finite().select(x, 1.0) * 0.5,
}  # fmt: skip
BINARY = {
    "add": lambda p, x, y: x + y,
    "subtract": lambda p, x, y: x - y,
    "multiply": lambda p, x, y: x * y,
    "divide": lambda p, x, y: x / y,
    "minimum": lambda p, x, y: x.minimum(y),
    "maximum": lambda p, x, y: x.maximum(y),
    "less": lambda p, x, y: x.less(y).indicator(),
    "less_equal": lambda p, x, y: x.less_equal(y).indicator(),
    "equal": lambda p, x, y: x.equal(y).indicator(),
    "sum": lambda p, x, y: p.sum([x, y, x]),
    "softmax": lambda p, x, y: p.softmax([x, y, x * 0.5])[1],
    "argmax": lambda p, x, y: p.argmax([x, y, x * 0.5])[0].indicator(),
    "imputed": lambda p, x, y: x.missing().select(y, x) + y.missing().select(1.0, y),
    "all": lambda p, x, y: p.all([x.less(1.0), ~y.less(1.0)]).indicator() + p.any([x.equal(1.0), y.missing()]).indicator() * 2.0 + p.all([]).indicator() + p.any([]).indicator(),
    "select": lambda p, x, y: x.less(y).select(y - x, x * 2.0),
}  # fmt: skip


def names() -> list[str]:
    return [*UNARY, *BINARY, *sorted(operations.FUNCTIONS - {"ndtr", "ndtri"})]


def built(name: str, visible: bool) -> dict[str, Any]:
    """A plan of one operation; ``visible``: NaN and infinity are numbers of their own, and nothing is refused."""
    p = Builder(numbers=2, texts=0)
    x, y = p.number(0), p.number(1)
    make = {**UNARY, **BINARY}.get(name, lambda p, x, y: x.function(name))
    value = make(p, x, y)
    if visible:
        value = value.finite().select(value, value.missing().select(77.0, value.less(0.0).select(-99.0, 99.0)))
    else:
        p.check(x.finite() | x.missing(), "infinite")
    return p.finish(value)


@pytest.mark.parametrize("name", [name for name in names() if name not in sql.NOT_IN_SQL])
def test_every_operation_is_portable(db: psycopg.Connection[Any], name: str) -> None:
    numbers = [[x, y] for x in EXTREMES for y in (EXTREMES if name in BINARY else [1.0])]
    texts: list[list[str | None]] = [[] for _ in numbers]
    for visible in (False, True):
        lowered = built(name, visible)
        create(db, lowered)
        assert_same(db, lowered, numbers, texts, one_by_one(lowered, numbers, texts))


def test_powers_are_those_of_numpy(db: psycopg.Connection[Any]) -> None:
    """What exp2 and log2 stand on."""
    exponents = [0.0, 1.0, 2.0, 3.0, -1.0, -2.0, 0.5, 0.3, -1.7, 1e16, 1075.0, -1076.0, math.inf, -math.inf, math.nan]
    given = [[x, e] for x in EXTREMES if x is not None for e in exponents]
    with np.errstate(all="ignore"):
        truth = np.power(*np.array(given).T)
    found = db.execute(
        "select array_agg(dbml._ieee_power(x, e) order by i) from unnest(%s::float8[], %s::float8[]) with ordinality u(x, e, i)",
        [[x for x, _ in given], [e for _, e in given]],
    ).fetchone()
    assert found is not None
    np.testing.assert_allclose(np.array(found[0]), truth, rtol=1e-12, atol=1e-9)


def forest(columns: Any, **more: Any) -> dict[str, Any]:
    return {
        "roots": [0, 3, 8],
        "column": [0, -1, -1, 1, 2, -1, -1, -1, -1],
        "threshold": [0.5, 1.25, -2.5, 1.0, 0.5, 0.1, 0.7, 1e-3, 4.0],
        "left": [1, 0, 0, 4, 5, 0, 0, 0, 0],
        "right": [2, 0, 0, 7, 6, 0, 0, 0, 0],
        **more,
    }


FORESTS = {
    "plain": {},
    "strict": {"strict": 1},
    "missing left": {"missing_left": [1, 0, 0, 1, 1, 0, 0, 0, 0]},
    "sets": {"sets": {"0": [1.0, 2.0, 7.25], "3": []}},
    "sets and missing": {"sets": {"0": [1.0, 2.0, 7.25], "3": []}, "missing_left": [1, 0, 0, 1, 0, 0, 0, 0, 0]},
    "start": {"start": -7.5},
    "single": {"precision": 32, "threshold": [0.5, 1.25, -2.5, 1.0, 0.5, 0.125, 0.75, 2.0**-140, 4.0]},
}


@pytest.mark.parametrize("name", FORESTS)
def test_trees_are_portable(db: psycopg.Connection[Any], name: str) -> None:
    numbers = [[x, y] for x in EXTREMES for y in (0.0, 1.0, 1.0000000000000002, None, -3.5)]
    texts = [[t] for t in ["a", "b", None, "A", "it's \\"] * len(EXTREMES)]
    for chained in (False, True):
        for refused in (False, True):
            p = Builder(numbers=2, texts=1)
            x, y, t = p.number(0), p.number(1), p.text(0)
            flag = t.is_("a").indicator()
            columns = [x, y, flag]
            if chained:
                columns = [(x - 0.3) / -0.7, y.round32() * 2.0, (y.less(0.5).indicator() - 0.5) / 0.1]
            if refused:
                p.check(x.function("absolute").less(3.4028235677973366e38) | x.missing(), "too large")
            lowered = p.finish(p.trees(columns, forest(columns, **FORESTS[name])) + flag)
            create(db, lowered)
            assert_same(db, lowered, numbers, texts, one_by_one(lowered, numbers, texts))


TEXTS = [
    "a",
    "A",
    "b",
    "",
    " ",
    "it's",
    "it\\'s",
    "\\",
    "größer 😀",
    '"',
    "$dbm$",
    "/*",
    "--",
    "x" * 2000,
    None,
    "nan",
    "c",
    "{n0}",
]


def test_texts_are_portable(db: psycopg.Connection[Any]) -> None:
    texts = [[a, b] for a in TEXTS for b in (None, "a", "z")]
    numbers = [[x] for x in [1.0, None, 0.0] * len(TEXTS)]
    plans = []
    for keys in (["a", "it's", "it\\'s", "\\", "größer 😀", "\0", "\ud800"], ["", '"', "$dbm$", "/*", "--"], []):
        for missing in (9.0, float("nan")):
            p = Builder(numbers=1, texts=2)
            x, t, u = p.number(0), p.text(0), p.text(1)
            plans.append((p, t.lookup(keys, range(len(keys)), default=5.0, missing=missing)))
            p = Builder(numbers=1, texts=2)
            x, t, u = p.number(0), p.text(0), p.text(1)
            flags = [t.is_(key).indicator() for key in keys] + [t.missing().indicator(), u.is_("a").indicator()]
            plans.append((p, p.dot([*flags, x.missing().indicator()], range(1, len(flags) + 2), 0.5)))
            p = Builder(numbers=1, texts=2)
            x, t, u = p.number(0), p.text(0), p.text(1)
            p.check(p.any([t.is_(key) for key in [*keys, "a"]] + [t.missing()]), "it's\\ unknown")
            both = p.all([~t.is_("a"), ~u.is_("a")]) | t.fill("b").is_("b")
            plans.append((p, both.select(t.fill("a").lookup(["a"], [1.0], default=missing), 3.0)))
            p = Builder(numbers=1, texts=2)
            x, t, u = p.number(0), p.text(0), p.text(1)
            p.check(t.is_("a") | ~t.missing(), "none")
            plans.append((p, u.fill("a").is_("a").indicator() + p.any([~t.is_("a"), u.missing()]).indicator() * 2.0))
    for p, output in plans:
        lowered = p.finish(output)
        create(db, lowered)
        assert_same(db, lowered, numbers, texts, one_by_one(lowered, numbers, texts))


def test_what_is_no_score_is_refused(db: psycopg.Connection[Any]) -> None:
    good = ["case when (", "r0", ") is not null then exp((", "n0", ")) end"]
    db.execute("select dbml._checked_expression(%s, 1, 0)", [good])
    for parts in (
        ["select 1"],
        ["(select 1)"],
        ["pg_sleep(1)"],
        ["public.exp(1)"],
        ["dbml.deploy('a', 1)"],
        ["dbml._record_failure(1)"],
        ["dbml._ieee_add.x(1)"],
        ['"exp"(1)'],
        ["exp (1)"],
        ["exp"],
        ["1; drop table x"],
        ["1 -- "],
        ["1 /* */"],
        ["1 -/**/- 1"],
        ["$$a$$"],
        ["$1"],
        ["'\\'"],
        ["'\\' || 'a'"],
        ["E'\\''"],
        ["E'\\x41'"],
        ["e'a'"],
        ["U&'a'"],
        ["B'1'"],
        ["N'a'"],
        ["'a"],
        ["'a'''"[:-1]],
        ["1), (2"],
        ["(1"],
        ["1)"],
        ["1, 2"],
        ["(1]"],
        ["array[1)"],
        ["1::regclass"],
        ["1::float8::regclass"],
        ["1::public.float8"],
        ['1::"float8"'],
        ["current_user"],
        ["c.secret"],
        ['"C"'],
        ["'a' collate \"c\""],
        ["1 operator(pg_catalog.+) 1"],
        ["1 || 1"],
        ["1 ~ 1"],
        ["1 *- 1"],
        ["1 as x"],
        ["1 from x"],
        ["case when true then 1 else 2 end from x"],
        ["new"],
        ["\u00a0"],
        ["exp(1) over (order by 1)"],
        ["abs(variadic array[1])"],
        ["1", "n0", "2"],
        ["abs(", "n0", "+ 1)"],
        ["abs(", "n1", ")"],
        ["abs(", "t0", ")"],
        ["abs(", "n0)+(n0", ")"],
        ["abs(", "n-1", ")"],
        ["abs(", "n99999999999", ")"],
        ["abs(", "n0"],
        [None],
        [],
        [f"{CAREFUL}(array[1], array[]::text[])"],
    ):
        with pytest.raises(psycopg.Error) as refused:
            db.execute("select dbml._checked_expression(%s::text[], 1, 0)", [parts])
        assert refused.value.sqlstate == "DB015", parts


def test_no_setting_changes_what_a_literal_means(db: psycopg.Connection[Any]) -> None:
    p = Builder(numbers=0, texts=1)
    evil = "\\' || pg_sleep(9) || '\\"
    lowered = p.finish(p.text(0).lookup([evil, "\\"], [1.0, 2.0], default=3.0))
    create(db, lowered)
    for setting in ("on", "off"):
        db.execute(f"set standard_conforming_strings = {setting}")
        assert ask(db, "fast", [[], [], []], [[evil], ["\\"], ["x"]]) == [1.0, 2.0, 3.0]


def test_a_model_too_large_says_so() -> None:
    p = Builder(numbers=40, texts=0)
    lowered = p.finish(p.sum([p.number(i).function("cbrt") for i in range(40)] * 9))
    with pytest.raises(sql.TooLarge, match=r"has \d+ operations, and more than 250"):
        sql.render(lowered)
    value = p.number(0)
    for i in range(1, 40):
        value = value * value + p.number(i)
    lowered = p.finish(value)
    with pytest.raises(sql.TooLarge, match="characters and more, and the bound is"):
        sql.render(lowered)


def test_what_the_guard_tells_is_asked_once() -> None:
    p = Builder(numbers=3, texts=0)
    numbers = [p.number(i) for i in range(3)]
    for x in numbers:
        p.check(x.function("absolute").less(3.4028235677973366e38) | x.missing(), "too large")
    split = {
        "roots": [0],
        "column": [0, 1, -1, -1, 2, -1, -1],
        "left": [1, 2, 0, 0, 5, 0, 0],
        "right": [4, 3, 0, 0, 6, 0, 0],
    }
    fast = "".join(
        sql.render(p.finish(p.trees(numbers, {**split, "threshold": [0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]}))).fast
    )
    assert fast.count("3.4028235677973366e+38") == 2 and "abs(" not in fast


def test_what_postgresql_lacks_is_named() -> None:
    p = Builder(numbers=1, texts=0)
    with pytest.raises(Unsupported, match="ndtr"):
        sql.render(p.finish(p.number(0).function("ndtr")))


def test_large_integers_are_trusted_where_they_cannot_make_up_for_each_other(
    db: psycopg.Connection[Any], tmp_path: Path
) -> None:
    names = ["n0", "n1", "n2"]
    rows = pd.DataFrame(np.random.default_rng(1).integers(-9, 9, (99, 3)), columns=names)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, rows.n0 > rows.n1)
    # Of the first two, equal numbers cancel but for the last digits.
    scaler, regression = pipeline.steps[0][1], pipeline.steps[1][1]
    scaler.mean_, scaler.scale_ = np.array([0.3, -0.7, 0.1]), np.array([3.7, 1.1, 0.9])
    regression.coef_, regression.intercept_ = np.array([[1.0, -1.1 / 3.7, 0.3]]), np.array([0.4])
    joblib.dump(pipeline, tmp_path / "m.joblib")
    read = artifact.read(tmp_path / "m.joblib", rows)
    expression = sql.render(lower(pipeline, read.interface))
    values = [-(2**31), -(2**31) + 7, -(10**6), -3000, -2, 0, 5, 3000, 10**6, 2**31 - 7, 2**31 - 1]
    db.execute("create temp table subject (n0 integer, n1 integer, n2 integer)")
    with db.cursor() as cursor, cursor.copy("copy subject from stdin") as copy:
        for row in itertools.product(values, repeat=3):
            copy.write_row(row)
    inputs = [f"n{part[1:]}" + ("::float8" if part[0] == "n" else "") for part in expression.fast[1::2]]
    fast = "".join(map("".join, zip(expression.fast[::2], [*inputs, ""], strict=True)))
    found = db.execute(f"select n0, n1, n2, {fast} from subject").fetchall()
    steps = [tuple(map(Fraction, step)) for step in zip(scaler.mean_, scaler.scale_, regression.coef_[0], strict=True)]
    trusted = 0
    for *row, score in found:
        if score is None:
            assert max(map(abs, row)) > 1000
            continue
        exact = Fraction(0.4) + sum(w * (x - m) / s for x, (m, s, w) in zip(row, steps, strict=True))
        assert abs(score - 1.0 / (1.0 + math.exp(-max(exact, -700)))) <= 2e-10
        trusted += max(map(abs, row)) >= 10**6
    assert 0 < trusted < len(found) / 2


def test_the_planner_inlines_and_raises_nothing_early(db: psycopg.Connection[Any]) -> None:
    p = Builder(numbers=2, texts=1)
    x, y, t = p.number(0), p.number(1), p.text(0)
    p.check(x.finite(), "Input X contains NaN")
    lowered = p.finish(p.dot([x, y / x, t.is_("a").indicator()], [2.0, 1.0, 3.0], 0.5))
    expression = create(db, lowered)
    for row, answer in (("2, 4, 'a'", 9.5), ("1e308, 1e-308, 'a'", None), ("1e160, 1e-200, 'b'", 2e160)):
        x0, x1, text0 = row.split(",")
        values = {"n0": x0, "r0": x0, "n1": x1, "r1": x1, "t0": text0}
        parts = [values.get(part, part) if i % 2 else part for i, part in enumerate(expression.fast)]
        query = f"select coalesce({''.join(parts)}, {CAREFUL}(array[{x0}, {x1}], array[{text0}]))"
        if answer is None:
            with pytest.raises(psycopg.Error) as refused:
                db.execute(query)
            assert refused.value.sqlstate == "DB013"
        else:
            assert db.execute(query).fetchone() == (answer,)
