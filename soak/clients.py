"""Clients that insert, change and delete, and remember what the server has said was committed."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg

INSERT = (
    "insert into complaint (customer_id, amount, client, statement)"
    " select u, u % 7 + 0.5, {client}, {statement} from unnest('{{{customers}}}'::int[]) u"
)
# One entity a statement where several triggers of the statement may lock rows (MERGE, ON CONFLICT): their rows
# are locked one trigger after the other, and no order of ours can help two statements that cross.
_MIXED: list[tuple[int, str]] = [
    (30, "insert into visit (customer_id, minutes) select u, u % 90 from unnest('{{{customers}}}'::int[]) u"),
    (12, "update visit set minutes = minutes + 1 where id = (select id from visit where customer_id = {one} limit 1)"),
    (
        10,
        "update visit set customer_id = {two}"
        " where id = (select id from visit where customer_id = {one} and id < 1000000000 limit 1)",
    ),
    (
        12,
        "with d as (select id from visit where customer_id = {one} order by id limit 2 for update skip locked)"
        " delete from visit using d where visit.id = d.id",
    ),
    (
        8,
        "merge into visit v using (values (2000000000 + 2 * {one}), (2000000001 + 2 * {one})) s(id) on v.id = s.id"
        " when matched and {number} % 2 = 0 then delete when matched then update set minutes = {number} % 90"
        " when not matched then insert (id, customer_id) values (s.id, {one})",
    ),
    (
        8,
        "insert into visit (id, customer_id, minutes) values (1000000000 + {one}, {one}, {number} % 90)"
        " on conflict (id) do update set minutes = excluded.minutes + 1",
    ),
    (10, "update customer set spend = {number} % 100 where id = {one} and spend > 0"),
    (5, "insert into customer (id, spend) values ({fresh}, 30) on conflict do nothing"),
    (1, "truncate visit"),
]
# About one customer: what a transaction locks, it locks in no order.
_WAVERING = (
    f"begin; {INSERT}; savepoint s;"
    " insert into complaint (customer_id) values ({one}), ({one});"
    " update customer set spend = {number} % 90 where id = {one}; rollback to s; savepoint t;"
    " insert into complaint (customer_id) values ({one}); update customer set spend = spend + 1 where id = {one};"
    " release t; {end}"
)
# Customers that come after their visits.
LATE = 200
Failure = tuple[str, str]


class Stopped(Exception):
    """The clients do not get on."""


class Client(threading.Thread):
    """One session that goes on until it is told to stop, reconnecting whenever it must.

    :param role: ``insert`` (five random customers a statement), ``hot`` (one row, always the same customer),
        ``wavering`` (a transaction that takes back some or all of what it did) or ``mixed`` (everything).
    """

    # Seconds between two tries to connect.
    again = 0.02

    def __init__(self, number: int, role: str, dsn: str, customers: int, seed: int = 0) -> None:
        super().__init__(daemon=True, name=f"client {number}")
        self.number, self.role, self.dsn, self.customers = number, role, dsn, customers
        self.chance = random.Random(1000 * seed + number)
        self.statements = 0
        self.committed: dict[int, int] = {}
        """Statement → rows of inserts that were acknowledged and are not yet checked."""
        self.unknown: dict[int, int] = {}
        """The same of those whose connection broke before the answer came."""
        self.failures: Counter[Failure] = Counter()
        self.pid: int | None = None
        self.acting = False
        self.slowest = (0.0, "")
        self.attempts = 0
        self._run, self._over, self._turn = threading.Event(), threading.Event(), threading.Lock()
        self._session: psycopg.Connection[Any] | None = None

    def resume(self) -> None:
        """Go on."""
        self._run.set()

    def pause(self, seconds: float = 120) -> None:
        """Begin nothing more, and wait until the client has ended its statement."""
        self._run.clear()
        if not self._turn.acquire(timeout=seconds):
            raise RuntimeError(f"{self.name} ({self.role}) still has a statement running after {seconds:.0f} s")
        self._turn.release()

    def end(self) -> None:
        """End for good."""
        self._over.set()
        self._run.set()
        self.join(120)

    def run(self) -> None:
        """Connect, act, and connect again."""
        while not self._over.is_set():
            self._run.wait()
            with self._turn:
                # Looked at again: only so does nothing begin after a pause.
                if self._run.is_set() and not self._over.is_set() and (session := self._connected()):
                    self._act(session)
        if self._session is not None:
            self._session.close()

    def _connected(self) -> psycopg.Connection[Any] | None:
        if self._session is None or self._session.closed:
            try:
                # No prepared statements: they are the session's, and a pooler hands sessions around.
                self._session = psycopg.connect(self.dsn, autocommit=True, prepare_threshold=None, connect_timeout=10)
                self.pid = self._session.info.backend_pid
            except psycopg.OperationalError:
                time.sleep(self.again)
                return None
        return self._session

    def _act(self, session: psycopg.Connection[Any]) -> None:
        self.attempts += 1
        statement, rows = self._statement()
        began = time.monotonic()
        self.acting = True
        try:
            session.execute(statement)
        except psycopg.Error as error:
            # A client that has lost its connection cannot know.
            if session.closed or error.sqlstate is None or error.sqlstate.startswith("57P"):
                self.unknown.update({self.attempts: rows} if rows else {})
                session.close()
            elif session.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                session.rollback()
            state = error.sqlstate or "08006"
            self.failures[state, f"{self.role}: {str(error).splitlines()[0][:120]}"] += 1
        else:
            self.statements += 1
            if rows:
                self.committed[self.attempts] = rows
        self.acting = False
        self.slowest = max(self.slowest, (time.monotonic() - began, statement[:40]))

    def _statement(self) -> tuple[str, int]:
        chance = self.chance
        if self.role == "mixed":
            (text,) = chance.choices([text for _, text in _MIXED], [weight for weight, _ in _MIXED])
            return self._filled(text), 0
        if self.role == "wavering":
            kept = chance.random() < 0.5
            text = _WAVERING.replace("{end}", "commit" if kept else "rollback")
            return self._filled(text, [chance.randint(1, self.customers)]), int(kept)
        customers = [1] if self.role == "hot" else [chance.randint(1, self.customers) for _ in range(5)]
        return self._filled(INSERT, customers), len(customers)

    def _filled(self, text: str, customers: list[int] | None = None) -> str:
        chance = self.chance
        chosen = customers or [chance.randint(1, self.customers + LATE) for _ in range(5)]
        return text.format(
            client=self.number,
            statement=self.attempts,
            customers=",".join(map(str, chosen)),
            one=chosen[0],
            two=chosen[-1],
            number=chance.randint(1, 2000),
            fresh=self.customers + chance.randint(1, LATE),
        )


class Crowd:
    """All clients together."""

    def __init__(self, dsn: str, customers: int, roles: dict[str, int], seed: int = 0) -> None:
        self._confirmed = 0
        kinds = [role for role, count in roles.items() for _ in range(count)]
        self.clients = [Client(number, role, dsn, customers, seed) for number, role in enumerate(kinds, 100 * seed + 1)]
        for client in self.clients:
            client.start()

    def resume(self) -> None:
        """Let all go on."""
        for client in self.clients:
            client.resume()

    def pause(self) -> None:
        """Wait until nobody has a statement running."""
        for client in self.clients:
            client.pause()

    def end(self) -> None:
        """End all."""
        for client in self.clients:
            client.end()

    def wait_for(self, statements: int, seconds: float = 120) -> None:
        """Wait until so many more statements have been committed: the server goes on."""
        goal, deadline = self.statements + statements, time.monotonic() + seconds
        while self.statements < goal:
            if time.monotonic() > deadline:
                raise Stopped(f"the clients came to a stop: {self.take_failures().most_common(3)}")
            time.sleep(0.01)

    @property
    def statements(self) -> int:
        """Statements committed so far."""
        return sum(client.statements for client in self.clients)

    def take_failures(self) -> Counter[Failure]:
        """Failures since they were last taken."""
        taken: Counter[Failure] = Counter()
        for client in self.clients:
            taken += client.failures
            client.failures = Counter()
        return taken

    def lost(self, db: psycopg.Connection[Any]) -> int:
        """Count the inserts since the last look that were acknowledged and are not there whole, or are there in part.

        To be called while all pause.
        """
        lost = 0
        for client in self.clients:
            if not client.committed and not client.unknown:
                continue
            since = min([*client.committed, *client.unknown])
            found = dict(
                db.execute(
                    "select statement, count(*) from complaint where client = %s and statement >= %s group by 1",
                    [client.number, since],
                ).fetchall()
            )
            self._confirmed += sum(found.values())
            lost += sum(found.pop(statement, 0) != rows for statement, rows in client.committed.items())
            lost += sum(found.pop(statement, 0) not in (0, rows) for statement, rows in client.unknown.items())
            # Rows of statements of which the client was told that they had failed.
            lost += len(found)
            client.committed.clear()
            client.unknown.clear()
        # And what was there at an earlier look.
        (there,) = db.execute(
            "select count(*) from complaint where client between %s and %s",
            [self.clients[0].number, self.clients[-1].number],
        ).fetchone() or (0,)
        return lost + abs(self._confirmed - there)


def until(true: Callable[[], bool], seconds: float = 60) -> bool:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
