"""Which rows judge, and what may be known when they are answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dbml.errors import TrainingError
from dbml.training.dataset import Dataset
from dbml.training.recipe import Recipe
from dbml.training.splitting import split

NOW = datetime(2026, 6, 30, tzinfo=UTC)
HORIZON = timedelta(days=30)


def predictions(days: int, customers: int = 40) -> Dataset:
    """A prediction a day and customer, in an order of their own; every third comes true."""
    at = pd.Series(pd.date_range(end=NOW - HORIZON, periods=days, freq="D")).repeat(customers)
    rows = pd.DataFrame({"_at": at.to_numpy(), "_entity": np.tile(np.arange(customers), days).astype(str)})
    rows["_label"] = (np.arange(len(rows)) % 3 == 0).astype(float)
    return Dataset([], rows.sample(frac=1, random_state=0).reset_index(drop=True), NOW, HORIZON)


def judges(turns: Any) -> Any:
    places = np.concatenate([judged for _, judged in turns])
    assert len(np.unique(places)) == len(places)
    return places


def test_by_time_nothing_is_fitted_on_that_was_not_known() -> None:
    data = predictions(200)
    at = data.rows["_at"]
    turns = split(Recipe(), data)
    assert len(turns) == 4
    last = at.min() - timedelta(days=1)
    for used, judged in turns:
        begins = at.iloc[judged].min()
        assert begins > last
        last = at.iloc[judged].max()
        assert set(used) == set(np.flatnonzero(at < begins - HORIZON))
    assert set(judges(turns)) == set(np.flatnonzero(at >= at.sort_values().iloc[len(at) // 2]))
    [(used, judged)] = split(Recipe(share=0.25, blocks=1), data)
    assert len(judged) == len(at) // 4


def test_by_entity_nobody_judges_what_was_fitted_on_him() -> None:
    data = predictions(20)
    entities = data.rows["_entity"]
    turns = split(Recipe(split="entity"), data)
    for used, judged in turns:
        assert set(used) | set(judged) == set(range(len(entities)))
        assert not set(entities.iloc[used]) & set(entities.iloc[judged])
    assert entities.iloc[judges(turns)].nunique() == 20


def test_a_block_before_which_nothing_is_known_is_left_out() -> None:
    # 45 days: the first block would begin 22 days after the first prediction, whose outcome takes 30.
    data = predictions(45)
    turns = split(Recipe(), data)
    assert [len(used) > 0 for used, _ in turns] == [True, True]
    with pytest.raises(TrainingError, match="no outcome was known when the first test row was predicted"):
        split(Recipe(), predictions(20))
    same = predictions(200)
    same.rows["_label"] = (same.rows["_at"] > same.rows["_at"].max() - timedelta(days=20)).astype(float)
    with pytest.raises(TrainingError, match="has all the same outcome"):
        split(Recipe(), same)
