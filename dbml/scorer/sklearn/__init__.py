"""scikit-learn estimators → plan. One small function for each class; see :mod:`.registry`."""

from dbml.scorer.sklearn.lowering import lower, lower_all

__all__ = ["lower", "lower_all"]
