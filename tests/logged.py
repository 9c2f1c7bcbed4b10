"""Predictions that stand in the log as if they had been made some days ago."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import psycopg

from tests.conftest import Trained

Db = psycopg.Connection[Any]
COLUMNS = ("plan", "complaints", "spend")


def rows(random: np.random.Generator, size: int) -> pd.DataFrame:
    """As those that the model was made with."""
    return pd.DataFrame(
        {
            "plan": random.choice(["basic", "plus", "größer"], size),
            "complaints": random.integers(0, 9, size),
            "spend": random.normal(50, 20, size),
        }
    )


def log(db: Db, model: Trained, logged: pd.DataFrame, days: float, *, version: int = 1, segment: int = 1) -> None:
    """Log predictions as they were made within some minutes, so many days ago."""
    scored = logged.copy()
    if "score" not in scored:
        scored["score"] = model.truth(scored[list(COLUMNS)])
    with db.cursor() as cursor, cursor.copy(f"copy dbml.log_{segment} (at, profile, version, model, arm, entity, score, numbers, texts) from stdin") as copy:  # fmt: skip
        [now] = db.execute("select now()").fetchone() if db.info.transaction_status == 0 else [pd.Timestamp.now("UTC")]  # type: ignore[misc]
        for i, row in enumerate(scored.to_dict("records")):
            at = now - pd.Timedelta(days=days) - pd.Timedelta(milliseconds=i)
            numbers = [None if row[c] is None or row[c] is pd.NA else float(row[c]) for c in ("complaints", "spend")]
            copy.write_row(
                (at, "pg_class", version, "churn", "control", [str(i)], row["score"], numbers, [row["plan"]])
            )
