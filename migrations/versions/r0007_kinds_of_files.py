"""Which sort of file a version came as."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("model_version", sa.Column("kind", sa.Text, nullable=False, server_default="joblib"), schema="dbml")
    # What the engine `python` unpickles is a joblib file, and never the bytes of anything else.
    for name, condition in (
        ("model_version_kind_check", "kind in ('joblib', 'skops', 'onnx')"),
        ("model_version_unpickled_check", "kind = 'joblib' or engine <> 'python'"),
    ):
        op.create_check_constraint(name, "model_version", condition, schema="dbml")


def downgrade() -> None:
    for name in ("model_version_unpickled_check", "model_version_kind_check"):
        op.drop_constraint(name, "model_version", schema="dbml")
    op.drop_column("model_version", "kind", schema="dbml")
