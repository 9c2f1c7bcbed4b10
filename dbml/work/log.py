"""The duty ``log``: upkeep of the log of predictions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from dbml.database import Progress
from dbml.observing.log import rotate
from dbml.work.duty import Duty


def log(keep: str | None) -> Duty:
    """Open the next segment of the log when it is time, index those that are closed, and drop old ones.

    :param keep: how long a closed segment is kept, an interval such as ``90 days``; None: for ever.
    """

    def run(connection: psycopg.Connection[Any], _progress: Progress) -> int:
        return rotate(connection, keep=keep)

    return Duty("log", timedelta(hours=1), run, "segments of the log were opened, indexed or dropped")
