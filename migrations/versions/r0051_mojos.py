"""Versions come as MOJO files of H2O too."""

from alembic import op

revision = "0051"
down_revision = "0050"

_NAME = "model_version_kind_check"
_BEFORE = ("joblib", "skops", "onnx", "xgboost", "lightgbm", "pmml", "catboost", "statsmodels")


def _create(kinds: tuple[str, ...], *, not_valid: bool = False) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(_NAME, "model_version", schema="dbml")
    op.create_check_constraint(
        _NAME, "model_version", f"kind in ({listed})", schema="dbml", postgresql_not_valid=not_valid
    )


def upgrade() -> None:
    _create((*_BEFORE, "mojo"))


def downgrade() -> None:
    # Versions that came so meanwhile stay: they are served as they were.
    _create(_BEFORE, not_valid=True)
