"""The duty ``advance``: strategies take the steps that are due, and their guards are asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from dbml.database import Progress
from dbml.serving.strategies import advance
from dbml.work.duty import Duty


def _advance(connection: psycopg.Connection[Any], _progress: Progress) -> int:
    return len(advance(connection))


ADVANCE = Duty("advance", timedelta(minutes=1), _advance, "steps of strategies were taken or aborted")
