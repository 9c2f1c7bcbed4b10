"""Processes that serve the application, until they are told to stop."""

from __future__ import annotations

import os
import tempfile

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from dbml.service.settings import Settings

LONGEST_STOP = 30


def serve(settings: Settings, port: int, processes: int) -> None:
    """Serve until SIGTERM or SIGINT; what has begun is answered first, within half a minute."""
    settings.to_environment()
    with tempfile.TemporaryDirectory(prefix="dbml-serve-") as folder:
        # Its processes add up what they measure there.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        Granian(
            "dbml.service.app:create",
            address=settings.host,
            port=port,
            interface=Interfaces.ASGI,
            workers=processes,
            factory=True,
            websockets=False,
            workers_kill_timeout=LONGEST_STOP,
            respawn_failed_workers=True,
            log_level=LogLevels.warning,
        ).serve()
