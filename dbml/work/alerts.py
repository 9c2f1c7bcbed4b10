"""The duty ``alerts``: what is wrong is noted, and told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg

from dbml.database import Progress
from dbml.observing.alerts import check_alerts, tell
from dbml.observing.channels import channel
from dbml.work.duty import Duty


def alerts(places: Sequence[str] = (), window: str = "1 day") -> Duty:
    """Open and close alerts, and tell them.

    :param places: addresses, as :func:`~dbml.observing.channels.channel` reads them.
    :param window: of drift.
    :raises SpecError: one of them is no place that alerts can be told.
    """
    channels = [channel(place) for place in places]

    def run(connection: psycopg.Connection[Any], _progress: Progress) -> int:
        opened = check_alerts(connection, window=window)
        tell(connection, channels)
        return opened

    return Duty("alerts", timedelta(minutes=5), run, "alerts were opened")
