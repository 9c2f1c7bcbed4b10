"""optbinning: of each variable a table, which the binning process itself is asked for.

What its transform answers is not what its table says: a missing value, a special code and a category that it has not
seen get numbers of their own. So it is asked, for a value of each bin and for each of those.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from optbinning import BinningProcess, ContinuousOptimalBinning, MulticlassOptimalBinning, OptimalBinning, Scorecard

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Column, Columns, predict, predictor, transformer

_UNKNOWN = "dbml: never seen"
# What Scorecard.score tells the transform, to get the places of bins.
_PLACES = {"metric": "indices", "metric_special": "empirical", "metric_missing": "empirical"}


@transformer(BinningProcess)
def binning_process(estimator: BinningProcess, X: Columns) -> Columns:
    return _binned(estimator, X)


@predictor(Scorecard)
def scorecard(estimator: Scorecard, X: Columns) -> Answer:
    if not X.frame:
        raise Unsupported("a Scorecard on columns without names")
    # Its own transform has the defaults of a process; what fit was told counts here.
    told = {"metric_special": estimator._metric_special, "metric_missing": estimator._metric_missing}
    answer = predict(estimator.estimator_, _binned(estimator.binning_process_, X, told))
    try:
        return replace(answer, points=_points(estimator, X))
    except Unsupported:
        return answer


def _points(estimator: Scorecard, X: Columns) -> Value:
    """The sum of the points of each bin, as ``Scorecard.score`` looks them up."""
    process, table = estimator.binning_process_, estimator._df_scorecard
    points = [
        # A category that was never seen has the place -1: that of the last bin, which is the missing ones'.
        variable.value(table[table.Variable == variable.name].Points.to_numpy(dtype=np.float64))
        for variable in _variables(process, X, _PLACES)
    ]
    return X.plan.sum(points) + float(np.ravel(estimator.intercept_)[0])


def _binned(process: BinningProcess, X: Columns, told: Mapping[str, Any] | None = None) -> Columns:
    """What a process makes of the variables that it selected; ``told`` is what its transform is told."""
    variables = _variables(process, X, told or {})
    made = X.of([variable.value() for variable in variables], [variable.name for variable in variables])
    return replace(made, frame=X.frame)


def _variables(process: BinningProcess, X: Columns, told: Mapping[str, Any]) -> list[Variable]:
    """The variables that a process selected.

    :param told: what ``transform`` is told beside the rows.
    """
    names = [str(name) for name in process.variable_names]
    columns = dict(zip((str(column.name) for column in X) if X.frame else names, X, strict=not X.frame))
    selected = [names[place] for place in process.get_support(indices=True)]
    if not selected or not set(selected) <= set(columns):
        raise Unsupported("a BinningProcess that selected no variables, or on other columns")
    base = {name: columns[name] for name in selected}
    return [Variable(process, name, base, told) for name in selected]


def categories(binning: Any) -> list[Any]:
    """The categories of a variable; none of a number."""
    if getattr(binning, "dtype", "numerical") != "categorical":
        return []
    groups = [*binning._categories, *binning._cat_others]
    # Of splits that somebody gave, each is a list.
    return [one for each in groups for one in (list(each) if isinstance(each, (list, np.ndarray)) else [each])]


class Variable:
    """One variable of a process: what becomes of its values, the others being equal."""

    def __init__(
        self, process: BinningProcess, name: str, columns: Mapping[str, Column], told: Mapping[str, Any]
    ) -> None:
        self.process, self.name, self.columns, self.told = process, name, columns, told
        self.column = columns[name]
        self.binning = process.get_binned_variable(name)
        if type(self.binning) not in (OptimalBinning, ContinuousOptimalBinning, MulticlassOptimalBinning):
            raise Unsupported(f"a BinningProcess with the {type(self.binning).__name__} {name}")
        codes = self.binning.special_codes
        listed = list(codes.values()) if isinstance(codes, dict) else [] if codes is None else list(codes)
        self.special = [one for each in listed for one in (each if isinstance(each, (list, np.ndarray)) else [each])]
        categorical = process._variable_dtypes[name] == "categorical"
        if categorical is not (self.column.value.kind == "t") or (self.column.dtype == "object" and not categorical):
            raise Unsupported(f"a BinningProcess with the variable {name}, which is of another type than in fit")

    def value(self, worths: Any = None) -> Value:
        """The number that the process makes of the column.

        :param worths: where these numbers are places, what stands at each.
        """
        self.worths = worths
        if self.column.value.kind == "t":
            return self._of_texts()
        return self._of_booleans() if self.column.dtype == "bool" else self._of_numbers()

    def _of_texts(self) -> Value:
        known = [*categories(self.binning), *self.special]
        keys = list(dict.fromkeys(key for key in known if isinstance(key, str)))
        *values, unknown, missing = self._asked([*keys, _UNKNOWN, None], object)
        return self.column.value.lookup(keys, values, unknown, missing)

    def _of_booleans(self) -> Value:
        (missing,) = self._asked([None], object)
        return self.column.value.lookup([0.0, 1.0], self._asked([False, True], bool), missing=missing)

    def _of_numbers(self) -> Value:
        codes = [float(code) for code in self.special if not isinstance(code, str)]
        codes = list(dict.fromkeys(code for code in codes if code == code))
        if codes and self.column.dtype == "float32":
            raise Unsupported(f"a BinningProcess with special codes of {self.name}, which is float32")
        edges = [float(edge) for edge in self.binning._splits_optimal]
        first = _ordinary(math.nextafter(edges[0], -math.inf) if edges else 0.0, -math.inf, codes)
        inside = [_ordinary(edge, math.inf, codes) for edge in edges]
        *values, missing = self._asked([first, *inside, *codes, math.nan], np.float64)
        # From an edge on, a value is in the bin behind it.
        found = self.column.value.step(edges, values[: len(edges) + 1], "right", missing)
        for code, value in zip(codes, values[len(edges) + 1 :], strict=True):
            found = self.column.value.equal(code).select(value, found)
        return found

    def _asked(self, values: Sequence[Any], dtype: Any) -> list[float]:
        """What becomes of values of the column."""
        rows = {
            name: pd.Series(["" if column.value.kind == "t" else 0.0] * len(values))
            for name, column in self.columns.items()
        }
        rows[self.name] = pd.Series(list(values), dtype=dtype)
        try:
            made = self.process.transform(pd.DataFrame(rows), **self.told)[self.name]
        except ValueError as error:  # options that do not fit each other
            raise Unsupported(f"a BinningProcess that refuses to transform {self.name} ({error})") from None
        if not pd.api.types.is_numeric_dtype(made.dtype):
            raise Unsupported('a BinningProcess with metric="bins", which are texts')
        if self.worths is None:
            return [float(value) for value in made.tolist()]
        try:
            return [float(worth) for worth in self.worths[made.to_numpy()]]
        except IndexError:
            raise Unsupported(f"points of a Scorecard with a metric of its own for {self.name}") from None


def _ordinary(value: float, towards: float, codes: Sequence[float]) -> float:
    """The value, or the next that is no special code."""
    while value in codes:
        value = math.nextafter(value, towards)
    return value
