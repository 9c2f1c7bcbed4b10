"""Encoders of feature_engine, each a table."""

from __future__ import annotations

from typing import Any

from feature_engine.encoding import (
    CountFrequencyEncoder,
    MeanEncoder,
    OneHotEncoder,
    OrdinalEncoder,
    WoEEncoder,
)

from dbml.scorer.sklearn import tables
from dbml.scorer.sklearn.registry import Columns, transformer


@transformer(CountFrequencyEncoder, MeanEncoder, OneHotEncoder, OrdinalEncoder, WoEEncoder)
def encoder_of_feature_engine(encoder: Any, X: Columns) -> Columns:
    known = {name: [key for key in kept if key == key] for name, kept in encoder.encoder_dict_.items()}
    return tables.encoded(encoder, X, known)
