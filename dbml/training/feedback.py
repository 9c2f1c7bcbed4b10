"""What was done because of a score, and what that does to the outcomes by which the next version learns.

Whoever was acted upon has another outcome than without it, and where only they have one, nobody knows of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import psycopg

from dbml import database, errors
from dbml.training import fitting
from dbml.training.dataset import Dataset
from dbml.training.recipe import Recipe
from dbml.training.splitting import span

# A row weighs at most a hundred others.
RAREST = 0.01
# Fewer rows are not measured apart.
FEWEST = 30
HOLDOUT = "holdout"
ONLY_ACTED = (
    "outcomes are known only of rows that were acted upon, so nobody has checked what the model says of others: "
    'a holdout = 0.02 in the spec, or [feedback] learn_from = "acted", would help'
)


@dataclass(frozen=True)
class Decisions:
    """What was decided after each exposure of a data set.

    :param acted: whether it was acted upon.
    :param propensity: the probability with which it was to be; NaN where nobody has said.
    """

    acted: np.ndarray[Any, Any]
    propensity: np.ndarray[Any, Any]

    def weights(self, learn_from: str) -> np.ndarray[Any, Any]:
        """One over the probability of what was done, so that those rows stand for all; 0 of the other rows.

        Horvitz and Thompson, "A generalization of sampling without replacement from a finite universe", 1952.

        :param learn_from: ``acted`` or ``untouched``.
        """
        propensity = np.where(np.isnan(self.propensity), self.acted.astype(float), self.propensity)
        chance = propensity if learn_from == "acted" else 1 - propensity
        wanted = self.acted if learn_from == "acted" else ~self.acted
        weights: np.ndarray[Any, Any] = np.where(wanted, 1 / np.clip(chance, RAREST, 1), 0.0)
        return weights


def decisions(raw: psycopg.Connection[Any], recipe: Recipe, data: Dataset) -> Decisions | None:
    """Read the decisions that a recipe tells of, with the caller's rights; None where it tells of none.

    A decision belongs to an exposure if it is the first about its entity within the span after it.

    :raises TrainingError: the query does not give what it should.
    """
    if recipe.decisions is None:
        return None
    hint = 'Write decisions = "select customer_id, decided_at, offered, probability from public.decision".'
    try:
        with raw.transaction():
            found = database.query(raw, database.verbatim(recipe.decisions))
    except psycopg.Error as error:
        said = error.diag.message_primary or error
        raise errors.TrainingError(f"[feedback] decisions cannot be read: {said}", hint) from error
    table = pd.DataFrame(found)
    if table.empty:
        none = np.zeros(len(data.rows), dtype=bool)
        return Decisions(none, np.full(len(none), np.nan))
    if table.shape[1] not in (3, 4):
        raise errors.TrainingError(f"[feedback] decisions have {table.shape[1]} columns", hint)
    table.columns = pd.Index(["_entity", "_decided", "_acted", "_propensity"][: table.shape[1]])
    try:
        told = pd.DataFrame(
            {
                "_entity": table["_entity"].astype(str).astype(object),
                "_decided": pd.to_datetime(table["_decided"], utc=True),
                "_acted": table["_acted"].astype(bool),
                "_propensity": table["_propensity"].astype(float) if "_propensity" in table else np.nan,
            }
        ).sort_values("_decided", kind="stable")
    except (TypeError, ValueError) as error:
        raise errors.TrainingError(
            f"[feedback] decisions are not key, time, boolean and number: {error}", hint
        ) from None
    exposures = data.rows[["_at", "_entity"]].assign(_place=np.arange(len(data.rows)))
    met = pd.merge_asof(
        exposures.astype({"_at": told["_decided"].dtype}),
        told,
        left_on="_at",
        right_on="_decided",
        by="_entity",
        direction="forward",
        tolerance=pd.Timedelta(span(recipe.decided_within, "[feedback] within")),
    ).sort_values("_place")
    acted = met["_acted"].fillna(False).astype(bool).to_numpy()
    return Decisions(acted, met["_propensity"].to_numpy(dtype=float))


def measures(
    found: Decisions | None, data: Dataset, fitted: fitting.Fitted, output: dict[str, Any]
) -> dict[str, dict[str, float]]:
    """What a version is worth on test rows that were acted upon, on those that were not, and on the holdout."""
    truth = data.rows["_label"].to_numpy()[fitted.test]
    groups = {HOLDOUT: data.rows["_arm"].to_numpy()[fitted.test] == HOLDOUT}
    if found is not None:
        groups = {"acted upon": found.acted[fitted.test], "not acted upon": ~found.acted[fitted.test]} | groups
    return {
        name: {"rows": float(rows.sum())} | fitting.measure(output, truth[rows], fitted.scores[rows])
        for name, rows in groups.items()
        if rows.sum() >= FEWEST
    }


def warnings(found: Decisions | None, data: Dataset) -> list[str]:
    """What to think of before one believes the measures."""
    if found is None or not len(found.acted) or not found.acted.all():
        return []
    return [ONLY_ACTED]
