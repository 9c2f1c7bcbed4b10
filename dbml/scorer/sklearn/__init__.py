"""scikit-learn estimators → plan. One small function for each class; see :mod:`.registry`."""

from dbml.scorer.sklearn.lowering import lower
from dbml.scorer.sklearn.registry import Unsupported

__all__ = ["Unsupported", "lower"]
