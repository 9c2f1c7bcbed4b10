"""Two thousand generated identifiers and category strings through attach, deploy and insert."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from psycopg import sql
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import dbml
from dbml import Event, Prediction, Profile

# Pieces that mean something to somebody on the way: SQL, PL/pgSQL, Python, psycopg, format(), JSON, regular expressions.
PIECES = [
    "'", "''", '"', '""', "\\", "\\'", "\\\\", "$", "$$", "$1", "$dbml$", "$dbml_1$", "%", "%%", "%s", "%I", "%(a)s", "{", "}", "{}",
    "{0}", "{{", "--", "/*", "*/", ";", ":", "::", ":a", "@", "#", "&", "|", "||", "~", "!", "?", "`", "(", ")", "[", "]", "<", ">", "=",
    "+", "-", "*", "/", ",", ".", " ", "  ", "\t", "\n", "\r", "\r\n", "\x01", "\x1b[31m", "\x7f", "\x85", "\xa0", "\u200b", "\u2028",
    "\u202e", "\ufeff", "\ufffd", "\U0001f600", "ß", "İ", "\u0131", "ǆ", "é", "e\u0301", "ﬁ", "中", "\u0627", "a", "A", "b", "z", "0", "9", "_",
    "select", "drop table x", "new", "old", "null", "NULL", "nan", "NaN", "inf", "true", "None", "now()", "dbml", "p", "d", "f", "c", "k0",
    "a0", "v0", "dbml_row", "dbml_b", "E'", "U&'", "N'", "\\x", "\\n", "\\u0000", "a" * 30, "ö" * 16,
]  # fmt: skip


class Strings:
    """Distinct strings of a generator with a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.made: set[str] = set()
        self.identifiers: set[str] = set()

    def category(self) -> str:
        while True:
            text = "".join(self.random.choices(PIECES, k=self.random.choice((1, 1, 2, 3, 5, 12))))
            if text not in self.made:
                self.made.add(text)
                return text

    def identifier(self) -> str:
        """One that PostgreSQL takes as it is: at most 63 bytes."""
        while True:
            text = self.category().encode()[:63].decode(errors="ignore")
            # A table has some columns of its own, and two names must differ after they were cut as well.
            if (
                text
                and text not in self.identifiers
                and text not in ("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid")
            ):
                self.identifiers.add(text)
                return text


def q(*names: str) -> str:
    return sql.Identifier(*names).as_string(None)


def copied(
    db: psycopg.Connection[Any], table: tuple[str, str], columns: list[str], rows: list[tuple[Any, ...]]
) -> None:
    """Insert rows in one statement; COPY, because psycopg reads placeholders into names with a %."""
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(*table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with db.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


OBJECTS = """
select array(select o from (
  select 'schema ' || nspname from pg_namespace where nspname !~ '^pg_(toast_)?temp'
  union all select 'relation ' || relnamespace::regnamespace || ' ' || relname from pg_class where relpersistence <> 't'
  union all select 'function ' || oid::regprocedure from pg_proc where pronamespace::regnamespace::text not in ('dbml', 'dbml_scorer')
  union all select 'role ' || rolname from pg_roles where rolname !~ '^dbml_test'
) u(o) order by o)
"""
ROWS = 60


@pytest.mark.parametrize(
    "seed, engine",
    [
        (1, "sql"),
        *(pytest.param(*more, marks=pytest.mark.long) for more in [(2, "portable"), (3, "sql")]),
        (4, "python"),
    ],
)
def test_five_hundred_strings(db: psycopg.Connection[Any], tmp_path: Path, seed: int, engine: str) -> None:
    strings = Strings(seed)
    name = strings.identifier
    schema, table, event, key, event_key, score, scored_by = (name() for _ in range(7))
    counters = {name(): name() for _ in range(40)}  # counter: the event's column that it counts
    numbers, texts = [name() for _ in range(20)], [name() for _ in range(5)]
    categories = {text: [strings.category() for _ in range(80)] for text in texts}
    assert len(strings.identifiers) + sum(map(len, categories.values())) >= 500

    generator = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {column: generator.integers(0, 3, 200) for column in counters}
        | {column: generator.normal(size=200) for column in numbers}
        | {text: [known[i % 80] for i in range(200)] for text, known in categories.items()}
    )
    estimator = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), texts), (StandardScaler(), [*counters, *numbers])
        ),
        LogisticRegression(),
    ).fit(rows, generator.integers(0, 2, 200))
    joblib.dump(estimator, tmp_path / "model.joblib")

    db.execute(f"create schema {q(schema)}")
    columns = [f"{q(key)} integer primary key"]
    columns += [f"{q(c)} bigint not null default 0" for c in counters] + [f"{q(c)} float8" for c in numbers]
    db.execute(f"create table {q(schema, table)} ({', '.join([*columns, *(f'{q(c)} text' for c in texts)])})")  # type: ignore[arg-type]
    facts = ", ".join(f"{q(c)} integer" for c in counters.values())
    db.execute(f"create table {q(schema, event)} ({q(event_key)} integer, {facts})")  # type: ignore[arg-type]
    before = db.execute(OBJECTS).fetchone()

    version = dbml.add_model(db, "fuzz", tmp_path / "model.joblib", sample=rows.head(80), engine=engine)
    assert version.engine == engine
    profile = Profile(
        q(schema, table),
        key,
        [Prediction("fuzz", score, scored_by)],
        [
            Event(
                q(schema, event), event_key, {counter: f"count({q(counted)})" for counter, counted in counters.items()}
            )
        ],
    )
    dbml.attach(db, profile, add_columns=True)
    dbml.deploy(db, "fuzz", 1)

    values = rows.head(ROWS)[[*numbers, *texts]].astype(object)
    # Some with categories of another text, which that one has never seen.
    values.iloc[::7, -1] = [strings.category() for _ in range(len(values.iloc[::7]))]
    copied(
        db,
        (schema, table),
        [key, *values.columns],
        [(i, *row) for i, row in enumerate(values.itertuples(index=False), 1)],
    )
    counted = generator.integers(0, 2, (3 * ROWS, len(counters)))
    happened = [(i % ROWS + 1, *(int(x) or None for x in row)) for i, row in enumerate(counted)]
    copied(db, (schema, event), [event_key, *counters.values()], happened[:-5])
    for one in happened[-5:]:
        copied(db, (schema, event), [event_key, *counters.values()], [one])

    found = db.execute(
        sql.SQL("select {}, {}, dbml.score('fuzz', x), {} from {} x order by {}").format(
            sql.Identifier(score),
            sql.Identifier(scored_by),
            sql.SQL(", ").join(map(sql.Identifier, counters)),
            sql.Identifier(schema, table),
            sql.Identifier(key),
        )
    ).fetchall()
    truth = values.copy()
    for place, counter in enumerate(counters):
        truth[counter] = [int(counted[i::ROWS, place].sum()) for i in range(ROWS)]
        assert [row[3 + place] for row in found] == truth[counter].tolist()
    expected = estimator.predict_proba(truth[list(rows.columns)])[:, 1]
    np.testing.assert_allclose([row[0] for row in found], expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose([row[2] for row in found], expected, rtol=0, atol=1e-9)
    assert {row[1] for row in found} == {1}
    assert db.execute("select count(*) from dbml.failure").fetchone() == (0,)
    dbml.detach(db, q(schema, table))
    assert db.execute(OBJECTS).fetchone() == before
