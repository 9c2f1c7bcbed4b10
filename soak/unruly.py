"""Estimators that behave until they see a certain row: on the server's Python path as well as on ours."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

# A spend that no customer has by chance: the row on which the model misbehaves.
TRIGGER = -666.0
# What is wrong with an answer, and is told …
REFUSED = ("raise", "exit", "interrupt", "recurse", "nan", "shape", "text", "memory")
# … and what answers in the end.
FAULTS = (*REFUSED, "swell", "sleep")


class Unruly(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A logistic curve over ``complaints`` and ``spend`` that does as ``fault`` says for a spend of -666.

    :param seconds: that it sleeps for each such row, if that is the fault.
    :param log: a file that the fault ``sleep`` writes a line to for each call: how many rows.
    """

    def __init__(self, fault: str = "none", seconds: float = 0.2, log: str | None = None) -> None:
        self.fault = fault
        self.seconds = seconds
        self.log = log

    def fit(self, X: Any, y: Any) -> Unruly:
        """Learn the names of the columns and nothing else."""
        self.classes_ = np.unique(y)
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X: Any) -> Any:
        """Answer with the likelier class."""
        return self.classes_[(self.predict_proba(X)[:, 1] > 0.5).astype(int)]

    def predict_proba(self, X: Any) -> Any:
        """Answer with two columns, or misbehave."""
        z = 0.4 * X["complaints"].to_numpy(dtype=float) - 0.01 * X["spend"].to_numpy(dtype=float)
        likely = 1 / (1 + np.exp(-z))
        answer = np.column_stack([1 - likely, likely])
        seen = X["spend"].to_numpy(dtype=float) == TRIGGER
        return self._misbehave(answer, seen) if seen.any() else answer

    def _misbehave(self, answer: Any, seen: Any) -> Any:
        if self.fault == "raise":
            raise RuntimeError("the model raises")
        if self.fault == "exit":
            raise SystemExit("the model exits")
        if self.fault == "interrupt":
            raise KeyboardInterrupt
        if self.fault == "recurse":
            return self._misbehave(answer, seen)
        if self.fault == "memory":
            return np.ones(1 << 50)
        if self.fault == "nan":
            answer[seen] = np.nan
        elif self.fault == "shape":
            return answer[:, :1]
        elif self.fault == "text":
            return np.full(answer.shape, "likely", dtype=object)
        elif self.fault == "swell":
            np.ones(40_000_000)  # 300 MB, given back afterwards
        elif self.fault == "sleep":
            if self.log:
                with open(self.log, "a") as file:
                    file.write(f"{len(answer)}\n")
            time.sleep(self.seconds * int(seen.sum()))
        return answer
