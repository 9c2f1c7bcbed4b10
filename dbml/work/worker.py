"""The worker: does what is due, beside any number of others, until it is stopped."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from dbml import database, errors
from dbml.schema.install import require
from dbml.work import lease
from dbml.work.duty import Duty

LEASE = timedelta(seconds=30)
# How long a worker that found nothing to do waits.
PAUSE = 1.0
# A server that is gone is asked again after 1, 2, 4, … seconds, and at least this often.
LONGEST_WAIT = 8.0
# Classes of SQLSTATE whose messages may hold values: of data, of what triggers and functions raise, of the inside.
OF_VALUES = ("22", "38", "P0", "XX")


@dataclass(frozen=True)
class Ended:
    """A duty that a worker has ended.

    :param done: how much was done; None where it failed.
    :param error: the sentence that says why it failed.
    """

    duty: Duty
    done: int | None
    error: str | None = None


def work(
    dsn: str | None,
    duties: Sequence[Duty],
    told: Callable[[Ended], None],
    *,
    once: bool = False,
    early: bool = False,
    length: timedelta = LEASE,
) -> bool:
    """Do what is due, again and again.

    A duty that fails is tried again when it is next due, and keeps no other from being done. A worker that loses its
    server waits until it can be reached again, or another one can, where ``dsn`` names several. KeyboardInterrupt ends
    it: what it is at is cancelled, and is due at once for others. Of several servers it takes the primary; one that has
    become a standby is like one that is gone.

    :param told: called with each duty that has ended.
    :param once: do each duty once at most, then return.
    :param early: with ``once``, also what is not due yet.
    :param length: how long a duty stays a worker's that gives no sign of life.
    :returns: with ``once``, whether nothing failed.
    :raises NotInstalled: the database has no schema dbml, or another release's.
    :raises ServerError: with ``once``, the server cannot be reached; else only at the start.
    """
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    dsn = database.among_hosts(dsn, target_session_attrs="read-write")
    failed, tries, reached = False, 0, False
    while True:
        try:
            with database.connect(dsn) as session, database.connect(dsn) as beat:
                session.autocommit = beat.autocommit = True
                if database.value(session, "in_recovery"):
                    raise errors.ServerError(
                        f"{session.info.host} is a standby, and duties write",
                        "Name the primary, or all servers: --dsn 'host=a,b'.",
                    )
                require(session)
                reached, tries = True, 0
                while True:
                    ended = [_do(session, beat, duty, name, length, early, told) for duty in duties]
                    failed = failed or any(end is not None and end.error is not None for end in ended)
                    if once:
                        return not failed
                    if not any(ended):
                        time.sleep(PAUSE)
        except (errors.ServerError, psycopg.OperationalError):
            if once or not reached:
                raise
            time.sleep(min(LONGEST_WAIT, 2.0**tries))
            tries += 1


def _do(
    session: psycopg.Connection[Any],
    beat: psycopg.Connection[Any],
    duty: Duty,
    worker: str,
    length: timedelta,
    early: bool,
    told: Callable[[Ended], None],
) -> Ended | None:
    """Do a duty if it can be had; a lost connection is its caller's matter."""
    held = lease.take(beat, duty, worker, length, early=early)
    if held is None:
        return None
    try:
        with held.kept(session):
            held.done = duty.run(session, held.progress)
    except KeyboardInterrupt:
        held.end(finished=False)
        raise
    except (psycopg.Error, errors.DbmlError) as error:
        if session.closed or beat.closed:
            raise
        lost = "another worker has taken it, because this one gave no sign of life"
        sentence = lost if held.lost else _said(error)
        held.end(finished=False, error=lost if held.lost else _kept(error))
        ended = Ended(duty, None, sentence)
    else:
        held.end(finished=True)
        ended = Ended(duty, held.done)
    told(ended)
    return ended


def _kept(error: Exception) -> str:
    """What ``dbml.job`` and alerts say: without what PostgreSQL says of values, which not all who read them may see."""
    if isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith(OF_VALUES):
        return f"an error with SQLSTATE {error.sqlstate}; the worker has said the rest"
    return _said(error)


def _said(error: Exception) -> str:
    if isinstance(error, psycopg.Error):
        return f"{error.diag.message_primary or error} ({error.sqlstate})"
    return str(error)
