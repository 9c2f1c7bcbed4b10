"""Scores for requests: each with its client's role, and those that wait at the same time in one statement."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from dbml import database
from dbml.service import interface as interfaces
from dbml.service import measures
from dbml.service.interface import Interface, Statement
from dbml.service.refusal import Refusal, refused
from dbml.service.rows import Form, Rows, together
from dbml.service.settings import Settings

# Statements at once for one role, model and form; whatever comes meanwhile waits, and goes together.
STATEMENTS_AT_ONCE = 2
# Seconds after which a connection that cannot be had is given up.
RECONNECT = 4.0
# Seconds between two looks at a standby that is behind.
LOOK = 0.01
# How often a model may change its version while one request is on its way.
CHANGES_IN_A_REQUEST = 5

Read = Callable[[Interface], Rows]


class _Changed(Exception):
    """Another version serves than the one that the request was read for."""


@dataclass(frozen=True)
class Scored:
    """The answer to a request, row by row.

    :param scores: None for a row that the model refuses.
    :param reason: why the first such row is refused.
    """

    interface: Interface
    versions: list[int]
    scores: list[float | None]
    reason: str | None = None


@dataclass(frozen=True)
class _Waiting:
    rows: Rows
    after: int
    answer: asyncio.Future[list[tuple[int, float | None]]]


class Scoring:
    """What the service asks of the database."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: Any = AsyncConnectionPool(
            database.among_hosts(settings.dsn) or "",
            min_size=1,
            max_size=settings.connections,
            # Sooner than the request, so that the answer names the cause.
            timeout=settings.timeout * 0.8,
            # Then whoever asks next begins anew: left alone, the pool would wait longer each time.
            reconnect_timeout=RECONNECT,
            open=False,
            kwargs={
                "autocommit": True,
                "prepare_threshold": 0,
                "fallback_application_name": "dbml serve",
                "cursor_factory": psycopg.AsyncRawCursor,
            },
        )
        self._interfaces: dict[str, Interface] = {}
        self._waiting: dict[Any, list[_Waiting]] = defaultdict(list)
        self._running: dict[Any, set[asyncio.Task[None] | None]] = defaultdict(set)

    async def open(self) -> None:
        """Begin to connect; a database that is away is waited for by each request, within its time."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Give the connections back."""
        await self._pool.close()

    async def ready(self) -> bool:
        """Whether the database answers, and has dbml."""
        try:
            return bool((await self.ask(None, "service_ready"))[0][0])
        except Refusal:
            return False

    async def ask(self, role: str | None, query: str, *values: Any) -> list[Any]:
        """Run a query of ``sql/service`` as a role.

        :raises Refusal: the database refuses it, or cannot be reached.
        """
        (rows,) = await self._run(role, [(database.queries()[query], values)])
        return rows

    async def _run(
        self, role: str | None, statements: Sequence[tuple[str, Sequence[Any]]], after: int = 0
    ) -> list[list[Any]]:
        """Run statements in one transaction and one round trip, as a role.

        :param after: they see what was committed before this position in the write-ahead log.
        """
        limit = str(int(self._settings.timeout * 1000))
        try:
            async with self._pool.connection() as connection:
                if after:
                    # On this very connection: another one may be to another standby.
                    await self._replayed(connection, after)
                # Whatever comes before a pipeline's end is one transaction to the server, without a word.
                async with connection.pipeline():
                    await connection.execute(database.queries()["service_as_role"], [role, limit])
                    cursors = [await connection.execute(text, values) for text, values in statements]
                    return [await cursor.fetchall() for cursor in cursors]
        except Exception as error:
            raise refused(error) from error

    async def _replayed(self, connection: psycopg.AsyncConnection[Any], after: int) -> None:
        """Wait until a standby has replayed so much; a primary has."""
        try:
            async with asyncio.timeout(self._settings.timeout * 0.8):
                while True:
                    cursor = await connection.execute(database.queries()["service_replayed"], [after])
                    if (await cursor.fetchone() or (True,))[0]:
                        return
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            raise Refusal(503, "the standby has not replayed what is to be read yet; try again") from None

    async def interface(self, role: str | None, label: str, *, anew: bool = False) -> Interface:
        """What a model takes. Kept, so whoever answers from it must ask :meth:`may_score` or score.

        :raises Refusal: there is no such model, or the role may not know of it.
        """
        if anew or label not in self._interfaces:
            (row,) = await self.ask(role, "service_interface", label)
            self._interfaces[label] = interfaces.of_row(label, row)
        return self._interfaces[label]

    async def versions(self, role: str | None, name: str) -> list[str]:
        """All versions of a model."""
        return [version for (version,) in await self.ask(role, "service_versions", name)]

    async def score(self, role: str | None, label: str, read: Read, after: str | None = None) -> Scored:
        """Score the rows of a request.

        :param read: makes rows of the request, once it is known what the model takes.
        :param after: a position in the write-ahead log, as PostgreSQL writes it: what was committed before that is
            seen, also at a standby.
        :raises Refusal: the request, the model or the role does not fit.
        """
        position = _position(after)
        interface = await self.interface(role, label)
        for _ in range(CHANGES_IN_A_REQUEST):
            try:
                rows = read(interface)
            except Refusal:
                # What was kept may be out of date, or not for this role's eyes.
                current = await self.interface(role, label, anew=True)
                if current == interface:
                    raise
                interface = current
                continue
            try:
                answer = await self._scored(role, interface, rows, position)
            except _Changed:
                interface = await self.interface(role, label, anew=True)
                continue
            return await self._answered(role, interface, rows, answer)
        raise Refusal(503, f"the version of {label} changes faster than the service can score; try again")

    async def _answered(
        self, role: str | None, interface: Interface, rows: Rows, answer: list[tuple[int, float | None]]
    ) -> Scored:
        for index, (version, _) in enumerate(answer):
            if version is None:
                key = ", ".join(str(rows.values[name][index]) for name in rows.form.names)
                raise Refusal(404, f"{interface.profile} has no row with the key {key}")
        versions, scores = [row[0] for row in answer], [row[1] for row in answer]
        # NaN is how a batch says that it refuses a row.
        scores = [None if score is None or score != score else score for score in scores]
        if None not in scores:
            return Scored(interface, versions, scores)
        index = scores.index(None)
        reason = "the model refuses the row"
        if not rows.form.by_key:
            try:
                label = f"{interface.name}@{versions[index]}"
                await self.ask(role, "service_reason", label, Jsonb(rows.row(index)))
            except Refusal as refusal:
                reason = refusal.sentence
        return Scored(interface, versions, scores, f"row {index}: {reason}")

    async def _scored(
        self, role: str | None, interface: Interface, rows: Rows, after: int
    ) -> list[tuple[int, float | None]]:
        """Wait with others of the same kind, and be scored with them."""
        # Nobody who waits for no standby waits with those who do.
        key = (role, interface.label, interface.state, rows.form, after > 0)
        answer: asyncio.Future[list[tuple[int, float | None]]] = asyncio.get_running_loop().create_future()
        self._waiting[key].append(_Waiting(rows, after, answer))
        running = self._running[key]
        if len(running) < STATEMENTS_AT_ONCE:
            task = asyncio.create_task(self._work(key, role, interface, rows.form))
            running.add(task)
        return await answer

    async def _work(self, key: Any, role: str | None, interface: Interface, form: Form) -> None:
        """Score what waits, until nothing does."""
        try:
            await self._work_off(key, role, interface, form)
        finally:
            # At once, not in a callback: who comes next must not count on a task that has ended.
            running = self._running[key]
            running.discard(asyncio.current_task())
            if not running:
                del self._running[key], self._waiting[key]

    async def _work_off(self, key: Any, role: str | None, interface: Interface, form: Form) -> None:
        while together := self._take(key):
            try:
                answer = await self._together(role, interface, form, together)
            except (Refusal, _Changed) as error:
                # One request's value may be at fault; it must not cost the others their scores.
                if len(together) > 1 and isinstance(error, Refusal) and error.status < 500:
                    await self._apart(role, interface, form, together)
                else:
                    _fail(together, error)
            except BaseException as error:
                _fail(together, error)
                raise
            else:
                _share(together, answer)

    def _take(self, key: Any) -> list[_Waiting]:
        """What goes together: as much as one request may hold, and at least the first."""
        waiting = [one for one in self._waiting[key] if not one.answer.done()]
        rows, taken = 0, 0
        for one in waiting:
            rows += one.rows.count
            if taken and rows > self._settings.rows:
                break
            taken += 1
        self._waiting[key] = waiting[taken:]
        return waiting[:taken]

    async def _apart(self, role: str | None, interface: Interface, form: Form, waiting: list[_Waiting]) -> None:
        for one in waiting:
            try:
                _share([one], await self._together(role, interface, form, [one]))
            except (Refusal, _Changed) as error:
                _fail([one], error)

    async def _together(
        self, role: str | None, interface: Interface, form: Form, waiting: list[_Waiting]
    ) -> list[tuple[int, float | None]]:
        statement = interface.statements.get(form)
        if statement is None:
            statement = interface.statements[form] = await self._statement(role, interface, form)
        columns = zip(*(one.rows.columns for one in waiting), strict=True)
        values: list[Any] = [together(parts, sent=statement.of_columns) for parts in columns]
        if statement.of_columns:
            values.append(sum(one.rows.count for one in waiting))
        state, rows = await self._run(
            role,
            [(database.queries()["service_state"], [interface.label]), (statement.text, values)],
            max(one.after for one in waiting),
        )
        if state[0][0] != interface.state:
            raise _Changed
        measures.scored(interface.name, len(rows))
        return rows

    async def _statement(self, role: str | None, interface: Interface, form: Form) -> Statement:
        if form.names == tuple(feature.name for feature in interface.features) and not form.by_key:
            ((made,),) = await self.ask(role, "service_of_columns", interface.label)
            if made is not None:
                return Statement(made, of_columns=True)
        names, types, source = interfaces.source(interface, form.by_key, form.names)
        relation = interface.relation if form.by_key else None
        ((made,),) = await self.ask(role, "service_statement", interface.label, relation, names, types, source)
        return Statement(interfaces.in_order(interface, form.by_key, form.names, made))


def _position(text: str | None) -> int:
    """Read a position in the write-ahead log, such as ``0/16B3748``; 0 where there is none.

    :raises Refusal: it is something else.
    """
    if text is None:
        return 0
    found = re.fullmatch(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})", text)
    if found is None:
        raise Refusal(400, f"{text[:40]} is not a position in the write-ahead log, such as pg_current_wal_lsn() gives")
    return (int(found[1], 16) << 32) + int(found[2], 16)


def _share(waiting: list[_Waiting], answer: list[tuple[int, float | None]]) -> None:
    first = 0
    for one in waiting:
        if not one.answer.done():
            one.answer.set_result(answer[first : first + one.rows.count])
        first += one.rows.count


def _fail(waiting: list[_Waiting], error: BaseException) -> None:
    for one in waiting:
        if not one.answer.done():
            one.answer.set_exception(error if isinstance(error, Exception) else Refusal(503, "the service stops"))
