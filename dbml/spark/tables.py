"""Tables of PostgreSQL in Spark: read in parts at one moment, and written by COPY and one UPDATE."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import Any
from urllib.parse import quote

import pandas as pd
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pyspark.sql import DataFrame, SparkSession

from dbml import database, errors
from dbml.database import template, verbatim
from dbml.profiles.tables import table_facts
from dbml.serving.bulk import key_ranges
from dbml.spark.model import Model

DRIVER = "org.postgresql.Driver"
ROWS_AT_ONCE = 10_000
# What PostgreSQL is asked for a feature of each kind. Spark fails for numeric that is NaN or has too many digits, and
# shifts timestamps by its session's zone, so it gets doubles and texts alone.
_CASTS = {"text": "({})::text", "boolean": "({})::boolean::integer::float8"}


@contextmanager
def reading(
    spark: SparkSession,
    dsn: str,
    table: str,
    key: str | Sequence[str],
    model: Model,
    *,
    features: Mapping[str, str] | None = None,
    parts: int | None = None,
) -> Iterator[DataFrame]:
    """Read what a model takes of a table: its key as text, and each feature. All parts see the table at one moment.

    The frame can be used as long as the block lasts, which holds a transaction open.

    :param dsn: reached over TCP by every executor; Java has no sockets.
    :param features: feature → SQL expression over the table's columns, where it is not the column of its name.
    :param parts: ranges of the key, each a task; None: two for each core.
    :raises ScoringError: no JDBC driver is on Spark's class path.
    :raises ProfileError: there is no such table.
    """
    names = [key] if isinstance(key, str) else list(key)
    given = features or {}
    both = [name for name, _ in model.features if name in names]
    if both:
        raise errors.ScoringError(
            f'"{both[0]}" is a feature of {model.stored.label} and part of the key of {table}',
            "A key says nothing of a row: fit the model without it.",
        )
    with database.connect(dsn) as session, session.transaction():
        session.execute("set transaction isolation level repeatable read read only")
        relation = table_facts(session, table).identifier
        rows = database.answer(session, sql.SQL("select pg_catalog.count(*) from {}").format(relation))
        wanted = parts or 2 * spark.sparkContext.defaultParallelism
        ranges = key_ranges(session, relation, names, max(1, -(-int(rows) // wanted)))
        columns = [sql.SQL("{0}::text as {0}").format(sql.Identifier(name)) for name in names]
        for name, kind in model.features:
            expression = verbatim(f"({given[name]})") if name in given else sql.Identifier(name)
            cast = verbatim(_CASTS.get(kind, "({})::float8")).format(expression)
            columns.append(sql.SQL("{} as {}").format(cast, sql.Identifier(name)))
        snapshot = database.value(session, "export_snapshot")
        options = _options(dsn, spark) | {
            # With it the driver reads inside a transaction, in which this is what comes first.
            "fetchsize": str(ROWS_AT_ONCE),
            "sessionInitStatement": "set transaction isolation level repeatable read read only; "
            + sql.SQL("set transaction snapshot {}").format(snapshot).as_string(session),
        }
        frames = []
        for within in ranges:
            query = template(
                "spark/source", columns=sql.SQL(", ").join(columns), table=relation, within=within
            ).as_string(session)
            frames.append(spark.read.format("jdbc").options(**options, query=query).load())
        yield reduce(DataFrame.unionAll, frames)


def _options(dsn: str, spark: SparkSession) -> dict[str, str]:
    given = conninfo_to_dict(dsn)
    host, port = str(given.get("host", "localhost")), str(given.get("port", 5432))
    if host.startswith("/"):
        raise errors.ScoringError(
            f"Spark cannot reach the socket {host}", "Give a host and a port, which Java connects to."
        )
    java = spark.sparkContext._jvm
    try:
        java.Class.forName(DRIVER, True, java.Thread.currentThread().getContextClassLoader())
    except Exception as error:
        raise errors.ScoringError(
            "Spark has no JDBC driver of PostgreSQL",
            "Start it with spark.jars=/usr/share/java/postgresql.jar (apt-get install libpostgresql-jdbc-java).",
        ) from error
    database_name = quote(str(given.get("dbname", given.get("user", "postgres"))), safe="")
    options = {"url": f"jdbc:postgresql://{host}:{port}/{database_name}", "driver": DRIVER}
    return options | {name: str(given[name]) for name in ("user", "password") if name in given}


def write(frame: DataFrame, dsn: str, table: str, key: str | Sequence[str], columns: Mapping[str, str]) -> int:
    """Write columns of a frame into rows of a table that are there: COPY by every task, then one UPDATE.

    Executors need psycopg. Rows that hold these values already are not written.

    :param key: the table's key; the frame has its columns, as text or as they are.
    :param columns: column of the frame → column of the table.
    :returns: the rows that were changed.
    :raises ProfileError: there is no such table.
    """
    names = [key] if isinstance(key, str) else list(key)
    targets = list(columns.values())
    with database.connect(dsn) as session:
        session.autocommit = True
        target = table_facts(session, table)
        staging = sql.Identifier(target.schema, f"dbml_spark_{secrets.token_hex(6)}")
        parts = {"staging": staging, "table": target.identifier}
        both = _list(", ", map(sql.Identifier, [*names, *targets]))
        session.execute(template("spark/staging", columns=both, **parts))
        try:
            copy = template("spark/copy", columns=both, staging=staging).as_string(session)
            chosen = frame.select(*names, *columns)
            # A task that Spark does again, or twice at a time, copies the same rows again; the UPDATE does not mind.
            chosen.mapInPandas(_copier(dsn, copy), "rows long").collect()
            session.execute(sql.SQL("analyze {}").format(staging))
            update = template(
                "spark/update",
                assignments=_list(", ", (_pair("{0} = s.{0}", name) for name in targets)),
                same_key=_list(" and ", (_pair("t.{0} = s.{0}", name) for name in names)),
                old=_list(", ", (_pair("t.{0}", name) for name in targets)),
                new=_list(", ", (_pair("s.{0}", name) for name in targets)),
                **parts,
            )
            return session.execute(update).rowcount
        finally:
            session.execute(sql.SQL("drop table {}").format(staging))


def _pair(form: str, name: str) -> sql.Composed:
    return verbatim(form).format(sql.Identifier(name))


def _list(between: str, parts: Iterable[sql.Composable]) -> sql.Composed:
    return verbatim(between).join(list(parts))


def _copier(dsn: str, statement: str) -> Callable[..., Any]:
    """The function that executors run; it names nothing of dbml."""

    def copy(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import pandas as pd
        import psycopg

        rows = 0
        with (
            psycopg.connect(dsn) as connection,
            connection.cursor() as cursor,
            cursor.copy(statement.encode()) as target,
        ):
            for batch in batches:
                rows += len(batch)
                for row in batch.itertuples(index=False, name=None):
                    target.write_row([None if value is None or value != value else value for value in row])
        yield pd.DataFrame({"rows": [rows]})

    return copy
