"""How far a long act has come, for whoever looks on from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg
from psycopg.pq import TransactionStatus

from dbml import database
from dbml.database import Progress

# As Progress, with the profile's number before it.
Tell: TypeAlias = Callable[[int, str, int, int], None]


@contextmanager
def watched(raw: psycopg.Connection[Any], act: str, progress: Progress | None) -> Iterator[Tell]:
    """Let the session's name say how far an act has come: ``dbml status`` reads it, and nothing is written.

    :param act: what is done, such as ``reconcile``.
    :param progress: called as well.
    """
    before = raw.info.parameter_status("application_name")

    def tell(profile: int, name: str, done: int, total: int) -> None:
        database.value(raw, "name_session", named=f"dbml {act} #{profile}: {done} of {total}")
        if progress:
            progress(name, done, total)

    try:
        yield tell
    finally:
        if raw.info.transaction_status in (TransactionStatus.IDLE, TransactionStatus.INTRANS):
            database.value(raw, "name_session", named=before or "")
