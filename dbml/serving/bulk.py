"""Many rows: scored in the server, read as they come; a table by ranges of its key, in several sessions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row, tuple_row

from dbml import database, errors
from dbml.database import Connection, Progress, Record
from dbml.schema.install import require

ROWS_IN_A_RANGE = 50_000
ROWS_AT_ONCE = 10_000
BYTES_AT_ONCE = 2**20


@dataclass(frozen=True)
class Scored(Record):
    """One row's score.

    :param key: the row's key as texts; None where the rows have none.
    :param score: None for a row that the model refuses.
    :param outputs: further outputs; None where the model has the score alone.
    """

    key: list[str] | None
    version: int
    score: float | None
    outputs: dict[str, Any] | None


@dataclass(frozen=True)
class Block:
    """Some whole lines of CSV, in UTF-8.

    :param rows: as many as were written since the last block that says more than 0.
    """

    csv: bytes
    rows: int


@dataclass(frozen=True)
class _Table:
    schema: str
    table: str
    key: list[str]


def scores(connection: Connection, name: str, rows: str) -> Iterator[Scored]:
    """Score many rows inside the server.

    :param name: the model, whose deployed version scores; or ``churn@2``.
    :param rows: a table's name, or a query that yields the features, and the key where there is one.
    :returns: the scores in the order of the query, read a few thousand at a time while they are asked for.
    :raises UnknownModel: nothing of that name is deployed.
    :raises ScoringError: a feature is missing from the rows, or has the wrong type.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        with raw.cursor("dbml_scores", row_factory=class_row(Scored), withhold=raw.autocommit) as cursor:
            cursor.itersize = ROWS_AT_ONCE
            yield from cursor.execute(database.verbatim(database.queries()["scores"]), {"name": name, "rows": rows})


def as_csv(session: psycopg.Connection[Any], name: str, query: str, outputs: bool = False) -> Iterator[Block]:
    """Score the rows of a query, and say key, version and score as CSV, in the order of the query.

    The server writes the text, and nothing of it becomes an object here: that would take longer than scoring.

    :param outputs: whether a fourth column has what the profile asks for beside the score, as JSON.
    :raises UnknownModel: nothing of that name is deployed.
    :raises ScoringError: a feature is missing from the rows, or has the wrong type.
    """
    with database.translated():
        require(session)
        yield from _copied(session, sql.SQL("dbml.scores({}, {})").format(name, query), outputs)


def table_as_csv(
    sessions: Sequence[psycopg.Connection[Any]],
    name: str,
    table: str,
    progress: Progress | None = None,
    outputs: bool = False,
) -> Iterator[Block]:
    """Do as :func:`as_csv` with a table, by ranges of its key in all of these sessions at once.

    Each row is scored once, and they come in order of the key. A key of several columns is a JSON array.

    :param sessions: that have no transaction open; they will see the table at one moment.
    :param progress: called with the table's name, the rows scored and how many there are.
    :raises ProfileError: the table has no key.
    """
    first = sessions[0]
    for session in sessions:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with database.translated():
        require(first)
        snapshot = database.value(first, "export_snapshot")
        for other in sessions[1:]:
            other.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(snapshot)))
        found = database.rows(first, _Table, "key_to_score_by", name=name, table=table)[0]
        if not found.key:
            raise errors.ProfileError(
                f"table {table} has no primary key, and no profile of the model says what its key is",
                'Give a query instead: dbml score … --query "select … as key, …"',
            )
        ranges = _ranges(first, found)
        total = ROWS_IN_A_RANGE * (len(ranges) - 1)
        done = 0
        relation = database.relation([found.schema, found.table])
        for scored in _in_order(sessions, name, relation, ranges, outputs):
            done += scored.rows
            if progress:
                progress(table, done, max(total, done))
            yield scored


def _copied(session: psycopg.Connection[Any], source: sql.Composed, outputs: bool) -> Iterator[Block]:
    waiting: list[bytes] = []
    size = 0
    with (
        session.transaction(),
        database.configured(session, "extra_float_digits", "1"),
        database.configured(session, "client_encoding", "UTF8"),
        session.cursor() as cursor,
    ):
        more = database.verbatim(", s.outputs" if outputs else "")
        with cursor.copy(database.template("serving/score_copy", source=source, outputs=more)) as copy:
            for piece in copy:
                waiting.append(bytes(piece))
                size += len(piece)
                if size > BYTES_AT_ONCE:
                    yield Block(b"".join(waiting), 0)
                    waiting, size = [], 0
        yield Block(b"".join(waiting), cursor.rowcount)


def _ranges(session: psycopg.Connection[Any], found: _Table) -> list[str]:
    """Queries of about :data:`ROWS_IN_A_RANGE` rows each that together yield the table once, in order of its key."""
    table = database.relation([found.schema, found.table])
    key = _columns(found.key)
    return [
        database.template("serving/score_range", table=table, key=key, within=within).as_string(session)
        for within in key_ranges(session, table, found.key, ROWS_IN_A_RANGE)
    ]


def key_ranges(
    session: psycopg.Connection[Any], table: sql.Composable, key: Sequence[str], rows: int
) -> list[sql.Composed]:
    """Conditions, each of about so many rows, that together have every row of a table once, in order of its key."""
    columns = _columns(key)
    edges = session.cursor(row_factory=tuple_row).execute(
        database.template(
            "serving/score_edges",
            texts=sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in key),
            rows=rows,
            table=table,
            key=columns,
        )
    )
    # A literal without a type takes the type of the column that it is compared with.
    literals = [sql.SQL(", ").join(map(sql.Literal, edge)) for edge in edges]
    after = [sql.SQL("({}) > ({})").format(columns, edge) for edge in literals]
    until = [sql.SQL("({}) <= ({})").format(columns, edge) for edge in literals]
    true = sql.SQL("true")
    return [sql.SQL("{} and {}").format(low, high) for low, high in zip([true, *after], [*until, true], strict=True)]


def _columns(key: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, key))


def _in_order(
    sessions: Sequence[psycopg.Connection[Any]], name: str, table: sql.Composable, ranges: Sequence[str], outputs: bool
) -> Iterator[Block]:
    """Score the ranges in whatever session is free; a few wait for their turn, and no more."""
    free: SimpleQueue[psycopg.Connection[Any]] = SimpleQueue()
    for session in sessions:
        free.put(session)
    relation = table.as_string(sessions[0])

    def score(within: str) -> Block:
        session = free.get()
        try:
            source = sql.SQL("dbml._scores({}, {}::regclass, {})").format(name, relation, within)
            blocks = list(_copied(session, source, outputs))
            return Block(b"".join(block.csv for block in blocks), sum(block.rows for block in blocks))
        finally:
            free.put(session)

    with ThreadPoolExecutor(len(sessions)) as pool:
        waiting: deque[Future[Block]] = deque()
        try:
            for within in ranges:
                waiting.append(pool.submit(score, within))
                if len(waiting) > len(sessions):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for session in sessions:
                session.cancel()
            raise
