"""Scores of more rows than one machine holds, by Spark: ``pip install 'dbml[spark]'``."""

from __future__ import annotations

from dbml.spark.model import Model
from dbml.spark.tables import reading, write

__all__ = ["Model", "reading", "write"]
