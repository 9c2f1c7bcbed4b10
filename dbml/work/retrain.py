"""The duty ``retrain``: models are made anew where their recipes say that it is time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from dbml import errors
from dbml.database import Progress
from dbml.work.duty import Duty


def retraining(recipes: Sequence[str]) -> Duty:
    """Make models anew that are due.

    :param recipes: each ``churn=recipe.toml``; read anew each time.
    :raises TrainingError: one of them is written otherwise.
    """
    files = [recipe.partition("=") for recipe in recipes]
    for name, _, file in files:
        if not name or not file:
            raise errors.TrainingError(f"{name!r} names no recipe", "Write it as churn=recipe.toml.")

    def run(connection: psycopg.Connection[Any], progress: Progress) -> int:
        from dbml.training.due import retrain_due
        from dbml.training.recipe import read

        made = 0
        failures: list[errors.DbmlError] = []
        for done, (name, _, file) in enumerate(files):
            progress("retrain", done, len(files))
            try:
                found = retrain_due(connection, name, read(Path(file)))
                made += found is not None and found.version is not None and not found.already_there
            except errors.DbmlError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return made

    return Duty("retrain", timedelta(minutes=1), run, "better versions were made")
