"""Encoders that make of a column's value one or more numbers, by a table, whatever library they are of.

How a table is kept differs from encoder to encoder, so each is asked: for the categories that it knows, for one that it
does not know, and for what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Column, Columns

_UNKNOWN = "dbml: never seen"


def encoded(encoder: Any, X: Columns, known: Mapping[str, Sequence[Any]]) -> Columns:
    """Write an encoder down that returns a frame.

    :param known: per column that it encodes, the categories of fit.
    """
    what = type(encoder).__name__
    named = {str(column.name): column for column in X}
    names = [str(name) for name in encoder.get_feature_names_out()]
    if not known or not set(known) <= set(named) or not all(known.values()):
        raise Unsupported(f"{what} on columns without names, or of no categories")
    base = {name: known[name][0] if name in known else 0.0 for name in named}
    tables = {name: Table(encoder, name, named[name], base, known[name], names) for name in known}
    columns = []
    for place, name in enumerate(names):
        asked = [table for table in tables.values() if table.decides(place)]
        if len(asked) > 1:
            raise Unsupported(f"{what} with a column that is made of several")
        if name in named and name not in known:
            columns.append(named[name])
        else:  # what no column decides is the same whatever the row
            table = (asked or list(tables.values()))[0]
            columns.append(Column(table.value(place), name))
    for table in tables.values():
        table.check()
    return Columns(X.plan, columns, frame=True)


class Table:
    """What an encoder makes of each value of a column, the others being equal."""

    def __init__(
        self,
        encoder: Any,
        name: str,
        column: Column,
        base: Mapping[str, Any],
        keys: Sequence[Any],
        names: list[str],
    ) -> None:
        self.column = column
        self.name = name
        self.keys = list(keys)
        text = column.value.kind == "t"
        if not all(isinstance(key, str) is text for key in self.keys):
            raise Unsupported(f"{type(encoder).__name__} with other categories than the type of {name}")
        self.missing = None if column.missing == "none" and text else np.nan
        unknown = _UNKNOWN if text else max((float(key) for key in self.keys), default=0.0) + 1.5
        rows = [self._asked(encoder, base, value, names) for value in (*self.keys, unknown, self.missing)]
        width = len(names)
        self.rows = np.array([np.full(width, np.nan) if row is None else row for row in rows], dtype=np.float64)
        self.refused = [row is None for row in rows[-2:]]

    def _asked(self, encoder: Any, base: Mapping[str, Any], value: Any, names: list[str]) -> Any:
        frame = pd.DataFrame({name: pd.Series([one]) for name, one in {**base, self.name: value}.items()})
        if self.column.value.kind == "t":
            frame[self.name] = frame[self.name].astype(object)
        try:
            return encoder.transform(frame)[names].to_numpy(dtype=np.float64)[0]
        except ValueError:
            return None  # handle_unknown="error", handle_missing="error"

    def decides(self, place: int) -> bool:
        """Whether a column of the output changes with this one's value."""
        *known, unknown, missing = self.rows[:, place]
        told = [value for value, refused in zip((unknown, missing), self.refused, strict=True) if not refused]
        return len({repr(float(value)) for value in (*known, *told)}) > 1

    def value(self, place: int) -> Value:
        """A column of the output."""
        *known, unknown, missing = self.rows[:, place].tolist()
        return self.column.value.lookup(self.keys, known, unknown, missing)

    def check(self) -> None:
        """Refuse what the encoder refuses."""
        plan, value = self.column.value.plan, self.column.value
        unknown, missing = self.refused
        if unknown:
            seen = value.lookup(self.keys, np.zeros(len(self.keys)))
            plan.check(~seen.missing() | value.missing(), f"{self.name} is no category of fit")
        if missing:
            plan.check(~value.missing(), f"{self.name} is missing")
