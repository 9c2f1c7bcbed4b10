"""Many rows at once: one COPY of complaints, and the scores of a large table."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from psycopg import sql

import dbml
from benchmarks.contestants import Contestant, columns_of
from benchmarks.models import Trained

TOLERANCE = 1e-9
_SHUFFLED = {"i": "greatest(0, {c} + floor(random() * 3)::integer - 1)", "f": "{c} * (0.9 + 0.2 * random())"}


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that something took, and what it returned."""
    began = time.perf_counter()
    result = act()
    return time.perf_counter() - began, result


def copy_complaints(dsn: str, schema: str, customers: int, rows: int, seed: int) -> float:
    """Return rows a second of one COPY of random complaints, in a session that has inserted before."""
    chance = random.Random(seed)
    lines = "".join(f"{chance.randint(1, customers)}\n" for _ in range(rows))
    statement = sql.SQL("copy {} (customer_id) from stdin").format(sql.Identifier(schema, "complaint"))
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:

        def copy(text: str) -> None:
            with cursor.copy(statement) as stream:
                stream.write(text)

        copy("1\n")
        return rows / timed(lambda: copy(lines))[0]


def make_large(
    connection: psycopg.Connection[Any], trained: Trained, rows: int, predictions: dict[str, Contestant]
) -> None:
    """Make ``many.plain``, with a column for each model's score, and beside it a profile named after each model.

    Customers of the data set over and over, every number moved a little.
    """
    kinds = {str(name): dtype.kind for name, dtype in trained.features.dtypes.items()}
    values = sql.SQL(", ").join(
        sql.SQL(_SHUFFLED.get(kind, "{c}")).format(c=sql.Identifier(name)) for name, kind in kinds.items()
    )
    scores = sql.SQL(", ").join(sql.SQL("{} double precision").format(sql.Identifier(model)) for model in predictions)
    names = {"typed": columns_of(trained, typed=True), "names": columns_of(trained), "scores": scores}
    for statement in (
        "create schema many",
        "create table many.plain (id integer primary key, {typed}, {scores})",
        "select setseed(0.5)",
        "insert into many.plain (id, {names}) select row_number() over (order by n, id), {values}"
        " from {source}.customer cross join generate_series(1, {times}) n limit {rows}",
    ):
        connection.execute(
            sql.SQL(statement).format(
                **names,
                values=values,
                source=sql.Identifier(trained.source),
                times=-(-rows // len(trained.features)),
                rows=rows,
            )
        )
    for model, contestant in predictions.items():
        table = _profile(model)
        connection.execute(
            sql.SQL("create table {table} (id integer primary key, {typed}, score double precision)").format(
                table=table, **names
            )
        )
        dbml.attach(connection, dbml.Profile(f"many.{model}", "id", [dbml.Prediction(contestant.schema, "score")]))
        # Loaded without scores: they come when they are asked for.
        for statement in (
            "alter table {table} disable trigger user",
            "insert into {table} select id, {names} from many.plain order by id",
            "alter table {table} enable trigger user",
        ):
            connection.execute(sql.SQL(statement).format(table=table, **names))
    for table in (*map(_profile, predictions), sql.Identifier("many", "plain")):
        connection.execute(sql.SQL("vacuum (analyze, freeze) {}").format(table))


def drop_large(connection: psycopg.Connection[Any]) -> None:
    """Remove what :func:`make_large` made, where it did."""
    profiles = (
        "select p.relation::text from dbml.profile p join pg_class c on c.oid = p.relation"
        " where c.relnamespace = to_regnamespace('many')"
    )
    for (table,) in connection.execute(profiles).fetchall():
        dbml.detach(connection, table)
    connection.execute("drop schema if exists many cascade")


def _profile(model: str) -> sql.Identifier:
    return sql.Identifier("many", model)


def score_in_sql(connection: psycopg.Connection[Any], contestant: Contestant) -> float:
    """Seconds in which a query scores every row of the large table."""
    query = sql.SQL("select sum(dbml.score({}, c)) from {} c").format(contestant.schema, _profile(contestant.model))
    return timed(lambda: connection.execute(query).fetchone())[0]


def scores_in_batches(connection: psycopg.Connection[Any], contestant: Contestant) -> float:
    """Seconds in which ``dbml.scores()`` scores every row of the large table."""
    query = "select sum(s.score) from dbml.scores(%s, 'many.plain') s"
    return timed(lambda: connection.execute(query, [contestant.schema]).fetchone())[0]


def fetch(connection: psycopg.Connection[Any], trained: Trained) -> tuple[float, pd.DataFrame]:
    """Seconds in which Python has the columns of the large table in a frame, and that frame, by id."""
    query = sql.SQL("select id, {} from many.plain order by id").format(columns_of(trained))

    def read() -> pd.DataFrame:
        with connection.cursor(binary=True) as cursor:
            rows = cursor.execute(query).fetchall()
        return pd.DataFrame(rows, columns=["id", *trained.columns]).set_index("id")

    return timed(read)


def fetch_by_copy(connection: psycopg.Connection[Any], trained: Trained) -> tuple[float, pd.DataFrame]:
    """Do as :func:`fetch` does, the fastest way there is: COPY as CSV into pandas."""
    query = sql.SQL("copy (select id, {} from many.plain order by id) to stdout (format csv)").format(
        columns_of(trained)
    )

    def read() -> pd.DataFrame:
        with connection.cursor() as cursor, cursor.copy(query) as copy:
            text = io.BytesIO(b"".join(copy))
        return pd.read_csv(text, names=["id", *trained.columns], index_col="id", keep_default_na=False)

    return timed(read)


def write_back(
    connection: psycopg.Connection[Any], model: str, ids: pd.Index[int], scores: np.ndarray[Any, Any]
) -> float:
    """Seconds in which scores come back by COPY and one UPDATE, into a table without triggers."""

    def write() -> None:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("create temporary table scored (id integer, score double precision) on commit drop")
            with cursor.copy("copy scored from stdin") as copy:
                copy.write(
                    "".join(f"{one}\t{score!r}\n" for one, score in zip(ids.tolist(), scores.tolist(), strict=True))
                )
            cursor.execute("analyze scored")
            cursor.execute(
                sql.SQL("update many.plain p set {} = s.score from scored s where s.id = p.id").format(
                    sql.Identifier(model)
                )
            )

    return timed(write)[0]


def rescore(connection: psycopg.Connection[Any], contestant: Contestant) -> float:
    """Seconds in which dbml scores every row of the large table anew and keeps the scores."""
    # dbml.rescore() would take the contestant's own customers as well.
    query = (
        "select dbml._rescore_profile(r.profile, r.model)"
        " from dbml.prediction r join dbml.profile p on p.id = r.profile"
        " where p.relation = %s::regclass and r.model = %s"
    )
    took, _ = timed(lambda: connection.execute(query, [f"many.{contestant.model}", contestant.schema]))
    connection.execute(sql.SQL("vacuum {}").format(_profile(contestant.model)))
    return took


def rescored(
    connection: psycopg.Connection[Any], contestant: Contestant, truth: np.ndarray[Any, Any]
) -> dict[str, Any]:
    """Compare what :func:`rescore` has written with scikit-learn's answers."""
    query = sql.SQL("select score from {} order by id").format(_profile(contestant.model))
    with connection.cursor(binary=True) as cursor:
        return off([row[0] for row in cursor.execute(query)], truth)


def off(stored: Any, truth: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Count the rows that differ from scikit-learn by more than 1e-9; a row without a score counts apart."""
    answers = np.array([np.nan if value is None else value for value in stored], dtype=float)
    scored = ~np.isnan(answers)
    difference = np.abs(answers[scored] - truth[scored])
    return {
        "rows": len(answers),
        "unscored": int((~scored).sum()),
        "differing": int((difference > TOLERANCE).sum()),
        "largest_difference": float(difference.max(initial=0.0)),
    }


def stored_scores(connection: psycopg.Connection[Any], contestant: Contestant, trained: Trained) -> dict[str, Any]:
    """Compare what stands in a contestant's profile column with scikit-learn's answers for the rows as they are now."""
    query = sql.SQL("select {}, churn_score from {} order by id").format(
        columns_of(trained), sql.Identifier(contestant.schema, "customer")
    )
    rows = connection.execute(query).fetchall()
    frame = pd.DataFrame(rows, columns=[*trained.columns, "churn_score"])
    return off([row[-1] for row in rows], trained.truth(contestant.model, frame))


def scores_in_sql(
    connection: psycopg.Connection[Any], contestant: Contestant, truth: np.ndarray[Any, Any]
) -> dict[str, Any]:
    """Compare ``dbml.score()`` over the large table with scikit-learn's answers."""
    query = sql.SQL("select dbml.score({}, c) from {} c order by id").format(
        contestant.schema, _profile(contestant.model)
    )
    with connection.cursor(binary=True) as cursor:
        return off([row[0] for row in cursor.execute(query)], truth)


def scores_of_batches(
    connection: psycopg.Connection[Any], contestant: Contestant, truth: np.ndarray[Any, Any]
) -> dict[str, Any]:
    """Compare ``dbml.scores()`` over the large table with scikit-learn's answers."""
    query = "select s.score from dbml.scores(%s, 'select * from many.plain order by id') s"
    return off([row[0] for row in connection.execute(query, [contestant.schema])], truth)
