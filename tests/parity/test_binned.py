"""How the tables of optbinning are asked, on a process of three variables that needs no solver.

`test_optbinning.py` has the library itself, which is large.
"""

from __future__ import annotations

import bisect
import math
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from dbml.scorer import support
from dbml.scorer.sklearn import registry
from tests.parity.harness import assert_parity


class OptimalBinning:
    """What a fitted binning tells: splits, or groups of categories."""

    def __init__(self, splits: list[float], groups: list[list[str]], special_codes: Any) -> None:
        self.dtype = "categorical" if groups else "numerical"
        self._splits_optimal, self._categories, self._cat_others = splits, groups, ["rare"] if groups else []
        self.special_codes = special_codes

    def answer(self, value: Any) -> float:
        """In words: a missing value is nought, a code is 7, what is unknown is 0.5, and bins count from 1."""
        if value is None or value != value:
            return 0.0
        if value in (-9.0, -8.0, "it's"):
            return 7.0
        if self.dtype == "numerical":
            return 1.0 + bisect.bisect_right(self._splits_optimal, value)
        groups = [*self._categories, self._cat_others]
        return next((1.0 + place for place, group in enumerate(groups) if value in group), 0.5)


class BinningProcess(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A process whose binnings stand fast."""

    variable_names = ("income", "plan", "flag")

    def fit(self, X: pd.DataFrame, y: Any = None) -> BinningProcess:
        codes = {"none": -9, "secret": [-8, "it's"]}
        self.binnings_ = {
            # One of the splits is a code, and so is the number before another.
            "income": OptimalBinning([-8.0, 0.5, math.nextafter(0.5, 1.0), 1.25], [], codes),
            "plan": OptimalBinning([], [["basic", "plus"], ["größer"]], codes),
            "flag": OptimalBinning([0.5], [], None),
        }
        self._variable_dtypes = {name: each.dtype for name, each in self.binnings_.items()}
        return self

    def get_support(self, indices: bool = False) -> Any:
        return np.array([0, 1, 2])

    def get_binned_variable(self, name: str) -> OptimalBinning:
        return self.binnings_[name]

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        made = {
            name: [self.binnings_[name].answer(value) for value in X[name].tolist()] for name in self.variable_names
        }
        return pd.DataFrame(made, index=X.index)


random = np.random.default_rng(0)


def rows(size: int) -> pd.DataFrame:
    """Rows of every kind of value."""
    incomes = [-9.0, -8.0, 0.5, 1.25, np.nan, *random.normal(size=8)]
    plans = np.array(["basic", "plus", "größer", "rare", "it's", "never", None], dtype=object)
    flags = random.random(size) < 0.5
    return pd.DataFrame({"income": random.choice(incomes, size), "plan": random.choice(plans, size), "flag": flags})


def test_a_process_is_asked_for_each_bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = ("ContinuousOptimalBinning", "MulticlassOptimalBinning", "Scorecard")
    library = SimpleNamespace(
        BinningProcess=BinningProcess, OptimalBinning=OptimalBinning, **{name: type(name, (), {}) for name in others}
    )
    support.families()
    for name in ("TRANSFORMERS", "PREDICTORS"):
        monkeypatch.setattr(registry, name, dict(getattr(registry, name)))
    monkeypatch.delitem(sys.modules, "dbml.scorer.sklearn.optbinning", raising=False)
    monkeypatch.setitem(sys.modules, "optbinning", library)
    X = rows(300)
    fitted = make_pipeline(BinningProcess(), LogisticRegression()).fit(X, (X["income"] > 0) ^ X["flag"])
    made = assert_parity(fitted, X, tmp_path, "True", more=rows(2_000))
    assert {node["op"] for node in made["nodes"]} >= {"step", "lookup", "match", "select"}
