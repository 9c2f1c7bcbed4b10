"""The duty ``histograms``: what was logged is counted, for drift."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from dbml.database import Progress
from dbml.observing.drift import count_segment, uncounted
from dbml.work.duty import Duty


def _histograms(connection: psycopg.Connection[Any], progress: Progress) -> int:
    segments = uncounted(connection)
    counted = 0
    for done, segment in enumerate(segments):
        progress("histograms", done, len(segments))
        counted += count_segment(connection, segment)
    return counted


HISTOGRAMS = Duty("histograms", timedelta(minutes=5), _histograms, "predictions of the log were counted for drift")
