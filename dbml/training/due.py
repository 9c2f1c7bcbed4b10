"""Whether a model is to be made anew: by the calendar, by drift, or because it is worse than it was."""

from __future__ import annotations

from typing import Any

import psycopg

from dbml import database
from dbml.database import Connection
from dbml.models import versions
from dbml.observing.drift import drift
from dbml.observing.performance import performance
from dbml.schema.install import require
from dbml.training.recipe import Recipe
from dbml.training.retraining import Trained, retrain
from dbml.training.splitting import span

# Once it was tried, drift and a bad measure are no reason for as long, whatever came of it.
REST = "1 day"
# Fewer predictions whose outcome is known tell nothing.
FEWEST = 100


def retrain_due(connection: Connection, name: str, recipe: Recipe) -> Trained | None:
    """Do as :func:`dbml.retrain` where the recipe says that it is time, and nothing else.

    Two at once make one version, as with :func:`dbml.retrain`.

    :returns: None where it is not due.
    :raises UnknownModel: no version of the model serves.
    :raises TrainingError: the recipe is wrong, or does not go with the data.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        serving = versions.deployed(raw, name)
        why = because(raw, name, serving, recipe)
        if why is None:
            return None
        done: Trained | None = None
        said = "it could not be made"
        try:
            done = retrain(raw, name, recipe, note=f"retrained: {why}")
            said = done.verdict.reason if done.verdict else "it was there already"
        finally:
            # After a failure too, or every worker would try it again every minute.
            if raw.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
                version = done.version if done else None
                database.value(raw, "retrained", name=name, because=why, version=version, verdict=said)
        return done


def because(raw: psycopg.Connection[Any], name: str, serving: int, recipe: Recipe) -> str | None:
    """Why a model is to be made anew; None where it is not."""
    [waited] = database.named(raw, "last_retraining", name=name, version=serving)
    if recipe.every is not None and waited["since"] >= span(recipe.every, "[retrain] every"):
        return f"{recipe.every} have passed"
    if waited["tried"] is not None and waited["tried"] < span(REST, "REST"):
        return None
    if recipe.drift:
        alerts = [row for row in drift(raw, name) if row["state"] == "alert"]
        if alerts:
            return f"drift: {alerts[0]['says']}"
    if recipe.worse is not None:
        return _worse(raw, name, serving, recipe.worse)
    return None


def _worse(raw: psycopg.Connection[Any], name: str, serving: int, margin: float) -> str | None:
    told = versions.show(raw, name, serving).metrics or {}
    for row in performance(raw, name, by="version"):
        if row["version"] != serving or row["n"] < FEWEST:
            continue
        for measure in ("log_loss", "rmse"):
            if measure in told and row[measure] is not None and row[measure] > told[measure] + margin:
                return (
                    f"the {measure} is {row[measure]:.4g}, and was {told[measure]:.4g} when {name}@{serving} was made"
                )
    return None
