"""The duty ``blue-green``: green versions score aside what is new or has changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from dbml.database import Progress
from dbml.serving.blue_green import score_aside
from dbml.work.duty import Duty


def _score(connection: psycopg.Connection[Any], progress: Progress) -> int:
    return score_aside(connection, progress=progress)


BLUE_GREEN = Duty("blue-green", timedelta(minutes=1), _score, "rows were scored aside by green versions")
