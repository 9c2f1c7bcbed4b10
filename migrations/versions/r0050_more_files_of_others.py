"""Versions come as files of CatBoost and as results of statsmodels too."""

from alembic import op

revision = "0050"
down_revision = "0049"

_NAME = "model_version_kind_check"
_BEFORE = ("joblib", "skops", "onnx", "xgboost", "lightgbm", "pmml")


def _create(kinds: tuple[str, ...], *, not_valid: bool = False) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(_NAME, "model_version", schema="dbml")
    op.create_check_constraint(
        _NAME, "model_version", f"kind in ({listed})", schema="dbml", postgresql_not_valid=not_valid
    )


def upgrade() -> None:
    _create((*_BEFORE, "catboost", "statsmodels"))


def downgrade() -> None:
    # Versions that came so meanwhile stay: they are served as they were.
    _create(_BEFORE, not_valid=True)
