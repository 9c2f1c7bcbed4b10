"""The duty ``learn``: labels that wait are learnt, and make versions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from dbml import database
from dbml.database import Progress
from dbml.work.duty import Duty


def _learn(connection: psycopg.Connection[Any], progress: Progress) -> int:
    # scikit-learn takes a second to import, and most databases have nothing that learns.
    if not database.named(connection, "learning_due"):
        return 0
    from dbml.training.learning import learn_labels

    return learn_labels(connection, progress=progress)


LEARN = Duty("learn", timedelta(seconds=10), _learn, "labels were learnt")
