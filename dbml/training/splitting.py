"""Which predictions a model is fitted on, and which of the later ones judge it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit

from dbml.errors import TrainingError
from dbml.training.dataset import Dataset
from dbml.training.recipe import Recipe

# Places of rows to fit on, and of those that are answered then.
Turns = list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]


def split(recipe: Recipe, data: Dataset) -> Turns:
    """The test rows in blocks, each with the rows that are fitted on before it is answered: places in the data set.

    By time, a block is answered by what was fitted on all that came before it, without what was predicted within the
    horizon before its first row: that outcome was not known when this row was predicted (rolling origin; A. P. Dawid,
    "Present position and potential developments: some personal views, statistical theory, the prequential approach",
    1984). By entity, it is answered by what was fitted on all other entities (the interval of a mean over such folds:
    Bayle and others, "Cross-validation confidence intervals for test error", 2020). A block before which nothing can be
    learnt is left out.

    :raises TrainingError: nothing is left.
    """
    at, everything = data.rows["_at"], np.arange(len(data.rows))
    within = everything
    if recipe.window is not None:
        within = everything[(at > data.as_of - span(recipe.window, "[data] window")).to_numpy()]
    turns = (_by_entity if recipe.split == "entity" else _by_time)(recipe, data, within)
    labels = data.rows["_label"].to_numpy()
    learnt = [(used, judged) for used, judged in turns if len(np.unique(labels[used])) > 1 and len(judged)]
    if learnt:
        return learnt
    first = at.iloc[turns[-1][1]].min()
    if len(turns[-1][0]):
        raise TrainingError(
            f"what was known when the test rows from {first:%Y-%m-%d %H:%M} on were predicted has all the same outcome",
            'Wait for others, or split by "entity".',
        )
    raise TrainingError(
        f"no outcome was known when the first test row was predicted, {first:%Y-%m-%d %H:%M}",
        'Wait for more outcomes, or split by "entity".',
    )


def _by_entity(recipe: Recipe, data: Dataset, within: np.ndarray[Any, Any]) -> Turns:
    groups = data.rows["_entity"].iloc[within]
    if groups.nunique() < 2:
        raise TrainingError(f"{groups.nunique()} entities cannot be split", "Take a longer window.")
    splitter = GroupShuffleSplit(1, test_size=recipe.share, random_state=recipe.seed)
    _, test = next(splitter.split(within, groups=groups))
    judges = groups.iloc[test].unique()
    blocks = np.array_split(np.random.default_rng(recipe.seed).permutation(judges), min(recipe.blocks, len(judges)))
    inside = [groups.isin(block).to_numpy() for block in blocks]
    return [(within[~judged], within[judged]) for judged in inside]


def _by_time(recipe: Recipe, data: Dataset, within: np.ndarray[Any, Any]) -> Turns:
    moments = data.rows["_at"].iloc[within]
    if moments.empty:
        raise TrainingError(f"no prediction lies within {recipe.window}", "Take a longer window.")
    in_order = moments.sort_values(kind="stable")
    parts = (1 - recipe.share * (1 - block / recipe.blocks) for block in range(recipe.blocks))
    begins = [in_order.iloc[min(int(len(in_order) * part), len(in_order) - 1)] for part in parts]
    ends = [*begins[1:], None]
    return [
        (
            within[(moments < begin - data.horizon).to_numpy()],
            within[((moments >= begin) & (True if end is None else moments < end)).to_numpy()],
        )
        for begin, end in zip(begins, ends, strict=True)
    ]


def span(text: str, what: str) -> timedelta:
    """An interval of a recipe.

    :raises TrainingError: it is none, or not longer than nothing.
    """
    try:
        found = pd.Timedelta(text).to_pytimedelta()
    except ValueError:
        found = timedelta()
    if found <= timedelta():
        raise TrainingError(f"{what} is {text!r}", f'Write {what} = "90 days".')
    return found
