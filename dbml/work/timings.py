"""The duty ``timings``: what scores take is measured on some rows, for metrics."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from dbml import database
from dbml.database import Progress
from dbml.work.duty import Duty


def _timings(connection: psycopg.Connection[Any], _progress: Progress) -> int:
    return int(database.value(connection, "measure_scores"))


TIMINGS = Duty("timings", timedelta(minutes=5), _timings, "scores were timed")
