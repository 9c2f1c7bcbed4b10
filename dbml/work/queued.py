"""The duty ``queued``: rows of predictions with ``mode = "queued"`` get their scores."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from dbml import database
from dbml.database import Progress
from dbml.work.duty import Duty

# What is taken at once, an entity as often as it has changed.
TOGETHER = 4096


def _score(connection: psycopg.Connection[Any], progress: Progress) -> int:
    done = 0
    while taken := int(database.value(connection, "score_queued", rows=TOGETHER)):
        done += taken
        progress("queued", done, done)
    return done


QUEUED = Duty("queued", timedelta(seconds=1), _score, "rows that had waited were scored")
