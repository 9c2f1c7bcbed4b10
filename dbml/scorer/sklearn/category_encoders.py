"""Encoders of category_encoders, each a table."""

from __future__ import annotations

from typing import Any

import category_encoders

from dbml.scorer.plan import Unsupported
from dbml.scorer.sklearn import tables
from dbml.scorer.sklearn.registry import Columns, transformer

# HashingEncoder has no table.
_CLASSES = (
    *("BackwardDifferenceEncoder", "BaseNEncoder", "BinaryEncoder", "CatBoostEncoder", "CountEncoder", "GLMMEncoder"),
    *("HelmertEncoder", "JamesSteinEncoder", "LeaveOneOutEncoder", "MEstimateEncoder", "OneHotEncoder"),
    *("OrdinalEncoder", "PolynomialEncoder", "SumEncoder", "TargetEncoder", "WOEEncoder"),
)


@transformer(*(getattr(category_encoders, name) for name in _CLASSES))
def encoder_of_categories(encoder: Any, X: Columns) -> Columns:
    if encoder.drop_invariant or not encoder.return_df:
        raise Unsupported(f"{type(encoder).__name__} with drop_invariant or return_df=False")
    return tables.encoded(encoder, X, {name: categories(encoder, name) for name in encoder.cols or ()})


def categories(encoder: Any, name: str) -> list[Any]:
    """The categories of a column that an encoder was fitted on, without missing ones."""
    for holder in (getattr(encoder, "ordinal_encoder", None), getattr(encoder, "base_n_encoder", None), encoder):
        mapping = getattr(getattr(holder, "ordinal_encoder", holder), "mapping", None)
        found: Any = None
        if isinstance(mapping, list):
            found = next((one["mapping"] for one in mapping if one["col"] == name), None)
        elif isinstance(mapping, dict):
            found = mapping.get(name)
        index = list(found) if isinstance(found, dict) else getattr(found, "index", None)
        if index is not None:
            return [value for value in list(index) if value is not None and value == value]
    raise Unsupported(f"{type(encoder).__name__} without a table of {name}")
