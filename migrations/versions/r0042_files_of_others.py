"""Versions come as files of boosters and as PMML too."""

from alembic import op

revision = "0042"
down_revision = "0041"

_NAME = "model_version_kind_check"


def upgrade() -> None:
    op.drop_constraint(_NAME, "model_version", schema="dbml")
    kinds = "'joblib', 'skops', 'onnx', 'xgboost', 'lightgbm', 'pmml'"
    op.create_check_constraint(_NAME, "model_version", f"kind in ({kinds})", schema="dbml")


def downgrade() -> None:
    op.drop_constraint(_NAME, "model_version", schema="dbml")
    # Versions that came so meanwhile stay: they are served as they were.
    op.create_check_constraint(
        _NAME, "model_version", "kind in ('joblib', 'skops', 'onnx')", schema="dbml", postgresql_not_valid=True
    )
