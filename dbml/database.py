"""Connections, SQL texts and identifiers: the one place for each."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from psycopg import sql
from psycopg.abc import AdaptContext
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import class_row, dict_row, tuple_row

from dbml import errors

if TYPE_CHECKING:
    import sqlalchemy

Connection: TypeAlias = "psycopg.Connection[Any] | sqlalchemy.Connection"
Statement: TypeAlias = "str | sql.SQL | sql.Composed"
# What long work calls: what is being done, how many rows are done, and about how many there are.
Progress: TypeAlias = Callable[[str, int, int], None]

Row = TypeVar("Row")
OLDEST_SERVER = 140000
# A machine that was switched off answers nothing at all: libpq would wait for minutes until it asks another one.
SIGNS_OF_LIFE = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}

# Words that SQL (any PostgreSQL up to 18) or PL/pgSQL reads as something else than a name.
_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """
        all analyse analyze and any array as asc asymmetric authorization begin between bigint binary bit boolean both
        by case cast char character check coalesce collate collation column concurrently constraint create cross
        current_catalog current_date current_role current_schema current_time current_timestamp current_user dec
        decimal declare default deferrable desc distinct do else end except execute exists extract false fetch float
        for foreach foreign freeze from full grant greatest group grouping having if ilike in initially inner inout
        int integer intersect interval into is isnull join json json_array json_arrayagg json_exists json_object
        json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading least left like
        limit localtime localtimestamp loop merge_action national natural nchar none normalize not notnull null nullif
        numeric offset on only or order out outer overlaps overlay placing position precision primary real references
        returning right row select session_user setof similar smallint some strict substring symmetric system_user
        table tablesample then time timestamp to trailing treat trim true union unique user using values varchar
        variadic verbose when where while window with xmlattributes xmlconcat xmlelement xmlexists xmlforest
        xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
        """,
    )
)


class Record:
    """A dataclass of a row's columns that can be read like a mapping as well: ``row["engine"]``, ``dict(row)``."""

    def keys(self) -> Iterable[str]:
        """The names of its columns."""
        return vars(self).keys()

    def __getitem__(self, column: str) -> Any:
        return vars(self)[column]


@cache
def text(name: str) -> str:
    """Read an SQL text of ``sql/`` by its path without suffix, such as ``serving/view/status``."""
    return resources.files("dbml._sql").joinpath(f"{name}.sql").read_text(encoding="utf-8")


def names(kind: str) -> list[str]:
    """Paths of the SQL texts of one kind in every room of ``sql/``, such as all views, in order."""
    rooms = sorted(room.name for room in resources.files("dbml._sql").iterdir() if room.is_dir())
    folders = {room: resources.files("dbml._sql").joinpath(room, kind) for room in rooms}
    return [
        f"{room}/{kind}/{name[:-4]}"
        for room, folder in folders.items()
        if folder.is_dir()
        for name in sorted(file.name for file in folder.iterdir())
    ]


@cache
def queries() -> dict[str, str]:
    """Every query of ``sql/*/queries.sql`` by its name."""
    found: dict[str, str] = {}
    for room in resources.files("dbml._sql").iterdir():
        file = room.joinpath("queries.sql")
        if not file.is_file():
            continue
        _, *parts = re.split(r"^-- name: (\w+)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name, query in zip(parts[::2], parts[1::2], strict=True):
            if name in found:
                raise ValueError(f"two queries are called {name}")
            found[name] = query.strip().removesuffix(";")
    return found


class Name(sql.Identifier):
    """An identifier, perhaps qualified; quoted only where it has to be, so that what is generated reads well."""

    def as_bytes(self, context: AdaptContext | None = None) -> bytes:
        """Quote the name, if any of its parts needs it."""
        if all(re.fullmatch("[a-z_][a-z0-9_]*", part) and part not in _KEYWORDS for part in self._obj):
            return ".".join(self._obj).encode("ascii")
        return super().as_bytes(context)


class Verbatim(sql.SQL):
    """SQL that somebody else wrote: a line break in it may be part of a text, and is not followed by an indent."""


def template(name: str, /, **parts: sql.Composable | str | int) -> sql.Composed:
    """Fill a template such as ``profiles/fill``: strings are quoted as identifiers, integers stand as they are.

    The lines of a part are indented to where the part begins. An empty part that has a line of its own takes the line
    with it, so that what is not needed leaves nothing behind.
    """
    filled = {
        key: part if isinstance(part, sql.Composable) else Name(part) if isinstance(part, str) else sql.Literal(part)
        for key, part in parts.items()
    }
    room, _, file = name.partition("/")
    laid: list[sql.Composable] = []
    for line in text(f"{room}/template/{file}").splitlines():
        alone = re.fullmatch(r" *\{(\w+)\}", line)
        if alone and not filled[alone[1]].as_string(None):
            continue
        column = 0
        for piece in sql.SQL("\n" + line if laid else line).format(**filled):
            laid.append(_indented(piece, column) if column else piece)
            column += len(piece.as_string(None).rpartition("\n")[2])
    return sql.Composed(laid)


def _indented(part: sql.Composable, column: int) -> sql.Composable:
    """Move the lines behind the first one to a column; what stands in texts and names is left as it is."""
    if isinstance(part, sql.Composed):
        return sql.Composed([_indented(piece, column) for piece in part])
    if type(part) is sql.SQL:
        return sql.SQL(part.as_string(None).replace("\n", "\n" + " " * column))
    return part


def verbatim(query: str) -> sql.SQL:
    """Take trusted SQL text as it is, for psycopg's composition."""
    return Verbatim(query)


def relation(name: Sequence[str]) -> sql.Identifier:
    """Quote a qualified name."""
    return Name(*name)


def driver(connection: Connection) -> psycopg.Connection[Any]:
    """Return the psycopg connection behind what the caller gave; never commits for him.

    :raises ServerError: an async connection, a SQLAlchemy connection over another driver, or a server too old.
    """
    raw: Any = connection
    # Whoever has a SQLAlchemy connection has imported SQLAlchemy; nobody else is made to.
    if "sqlalchemy" in sys.modules:
        import sqlalchemy

        if isinstance(connection, sqlalchemy.Connection):
            connection.begin() if not connection.in_transaction() else None
            raw = connection.connection.driver_connection
    if "async" in type(raw).__name__.lower() or type(raw).__module__.startswith(("asyncpg", "sqlalchemy.ext.asyncio")):
        raise errors.ServerError(
            "dbml cannot wait for an async connection",
            "Give one of sqlalchemy.create_engine(engine.url.set(drivername='postgresql+psycopg')), or of "
            "psycopg.connect(); in a coroutine, by asyncio.to_thread().",
        )
    if not isinstance(raw, psycopg.Connection):
        raise errors.ServerError(
            f"dbml needs psycopg 3, the connection comes from {type(raw).__module__}",
            "Write the URL as postgresql+psycopg://…",
        )
    if raw.info.server_version < OLDEST_SERVER:
        raise errors.ServerError(
            f"the server runs PostgreSQL {_version(raw)}; dbml needs 14 or newer",
            "Upgrade the server, or point --dsn at another.",
        )
    return raw


def _version(connection: psycopg.Connection[Any]) -> str:
    number = connection.info.server_version
    return f"{number // 10000}.{number % 10000}"


@contextmanager
def connect(dsn: str | None = None) -> Iterator[psycopg.Connection[Any]]:
    """Open a connection and commit at the end: ``dsn``, else ``DBML_DSN``, else libpq's own environment.

    :raises ServerError: the server cannot be reached, or is too old.
    """
    dsn = dsn or os.environ.get("DBML_DSN", "")
    try:
        connection = psycopg.connect(
            _plain(dsn),
            fallback_application_name="dbml",
            # A pooler may give each transaction another session, which has not prepared what the last one has.
            prepare_threshold=None,
        )
    except psycopg.Error as error:
        # libpq tries each address; what it says of the first is the one that names it.
        lines = [line for line in str(error).splitlines() if "failed" in line] or str(error).splitlines()
        raise errors.ServerError(
            f"cannot connect to PostgreSQL: {lines[0].strip()}",
            "Give the server as --dsn, or set DBML_DSN or libpq's PGHOST, PGPORT, PGDATABASE and PGUSER.",
        ) from error
    with connection, translated():
        yield driver(connection)


def among_hosts(dsn: str | None, **more: str) -> str | None:
    """Add to a DSN with several hosts what it does not say itself: how a dead one is told from a slow one, and more."""
    given = _plain(dsn or os.environ.get("DBML_DSN", ""))
    try:
        parts: dict[str, Any] = conninfo_to_dict(given)
    except psycopg.Error:
        return dsn  # connecting says what is wrong
    if "," not in str(parts.get("host") or parts.get("hostaddr")):
        return dsn
    return make_conninfo(given, **{name: value for name, value in (SIGNS_OF_LIFE | more).items() if name not in parts})


def _plain(dsn: str) -> str:
    return dsn.replace("postgresql+psycopg://", "postgresql://", 1)


def _text(statement: Statement) -> sql.SQL | sql.Composed:
    return statement if isinstance(statement, (sql.SQL, sql.Composed)) else verbatim(statement)


def query(connection: psycopg.Connection[Any], statement: Statement, parameters: Any = None) -> list[dict[str, Any]]:
    """Run a statement and return its rows as dictionaries."""
    with _cursor(connection, dict_row) as cursor:
        cursor.execute(_text(statement), parameters)
        return cursor.fetchall() if cursor.description else []


def rows(connection: psycopg.Connection[Any], row: type[Row], query_name: str, /, **parameters: Any) -> list[Row]:
    """Run the query of that name in ``sql/*/queries.sql``; each row becomes a ``row``, a class with those columns."""
    with _cursor(connection, class_row(row)) as cursor:
        found: list[Row] = cursor.execute(verbatim(queries()[query_name]), parameters or None).fetchall()
        return found


def answer(connection: psycopg.Connection[Any], statement: Statement, parameters: Any = None) -> Any:
    """Run a statement made here, which gives one value; None where it gives no row."""
    with _cursor(connection, tuple_row) as cursor:
        row = cursor.execute(_text(statement), parameters).fetchone()
    return None if row is None else row[0]


def value(connection: psycopg.Connection[Any], query_name: str, /, **parameters: Any) -> Any:
    """Run the query of that name, which gives one value; None where it gives no row."""
    return answer(connection, queries()[query_name], parameters or None)


def column(connection: psycopg.Connection[Any], query_name: str, /, **parameters: Any) -> list[Any]:
    """Run the query of that name, whose rows are one value each."""
    with _cursor(connection, tuple_row) as cursor:
        return [one for (one,) in cursor.execute(verbatim(queries()[query_name]), parameters or None)]


def named(connection: psycopg.Connection[Any], query_name: str, /, **parameters: Any) -> list[dict[str, Any]]:
    """Run the query of that name in ``sql/*/queries.sql`` with its named parameters."""
    return query(connection, queries()[query_name], parameters or None)


def script(connection: psycopg.Connection[Any], statements: str) -> None:
    """Run an SQL script as it is written: no parameters, so ``%`` and ``:`` mean nothing."""
    with _cursor(connection, tuple_row) as cursor:
        cursor.execute(verbatim(statements))


def pinned(connection: psycopg.Connection[Any]) -> AbstractContextManager[None]:
    """Let nobody else's operators and functions be found: what runs here runs with an administrator's rights."""
    return configured(connection, "search_path", "pg_catalog, pg_temp")


# What holds for the statements of an autocommit connection, each of which is a transaction of its own.
_settings: WeakKeyDictionary[psycopg.Connection[Any], dict[str, str]] = WeakKeyDictionary()
_SET = "select pg_catalog.set_config(%(name)s, %(value)s, true)"


@contextmanager
def configured(connection: psycopg.Connection[Any], setting: str, value: str) -> Iterator[None]:
    """Let a setting of the server hold for what this module's functions run here.

    It is local to transactions, never the session's: behind a pooler a session goes to others between two transactions.
    """
    idle = psycopg.pq.TransactionStatus.IDLE
    if connection.autocommit and (connection.info.transaction_status == idle or connection in _settings):
        before = _settings.get(connection)
        _settings[connection] = (before or {}) | {setting: value}
        try:
            yield
        finally:
            if before is None:
                del _settings[connection]
            else:
                _settings[connection] = before
        return
    both = "select pg_catalog.current_setting(%(name)s) as value, pg_catalog.set_config(%(name)s, %(value)s, true)"
    held = answer(connection, both, {"name": setting, "value": value})
    try:
        yield
    finally:
        # A transaction that has ended, or failed, takes the setting back with everything else.
        if connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS:
            query(connection, _SET, {"name": setting, "value": held})


@contextmanager
def _cursor(connection: psycopg.Connection[Any], factory: Any) -> Iterator[psycopg.Cursor[Any]]:
    """A cursor for one statement, under what is :func:`configured`."""
    settings = _settings.get(connection)
    if settings is None:
        with connection.cursor(row_factory=factory) as cursor:
            yield cursor
        return
    alone = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    with connection.transaction() if alone else nullcontext(), connection.cursor(row_factory=factory) as cursor:
        for name, value in settings.items():
            cursor.execute(_SET, {"name": name, "value": value})
        yield cursor


@contextmanager
def translated() -> Iterator[None]:
    """Turn the server's errors into dbml's family, message and hint kept."""
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or ""
        message = (error.diag.message_primary or str(error)).removeprefix("plpy.Error: ")
        hint = error.diag.message_hint
        kind = _KINDS.get(state)
        if kind is None:
            raise
        raise kind(message, hint or _HINTS.get(state)) from error


_HINTS = {
    "42501": "Members of dbml_deployer add and deploy models, those of dbml_analyst score and look; for all else "
    "connect as a superuser or as the tables' owner who is a member of dbml_owner.",
    "25006": "Connect to the primary, with default_transaction_read_only off.",
    "55P03": "Nothing was changed. Try again when the table is less busy.",
    "42704": "dbml install creates what dbml needs.",
}
_KINDS: dict[str, type[errors.DbmlError]] = {
    "42501": errors.PermissionDenied,
    "25006": errors.PermissionDenied,
    "55P03": errors.LockNotAvailable,
    **{kind.sqlstate: kind for kind in errors.DbmlError.__subclasses__()},
}
