"""The duty ``traces``: predictions inside a trace go to a collector of OpenTelemetry, as spans."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from dbml.database import Progress
from dbml.observing.traces import export, exporter
from dbml.work.duty import Duty


def traces(url: str) -> Duty:
    """Export what was logged since the last time.

    :param url: the collector, as :func:`~dbml.observing.traces.exporter` reads it.
    :raises SpecError: it is none.
    :raises DeliveryError: OpenTelemetry's exporter is not installed.
    """
    target = exporter(url)

    def run(connection: psycopg.Connection[Any], progress: Progress) -> int:
        return export(connection, target, progress)

    return Duty("traces", timedelta(minutes=1), run, "spans were exported")
