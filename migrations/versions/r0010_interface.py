"""A version's features and output are its interface; a signature is what a key makes."""

from alembic import op

revision = "0010"
down_revision = "0009"


def renamed(before: str, after: str) -> None:
    op.alter_column("model_version", before, new_column_name=after, schema="dbml")
    op.execute(f"alter type dbml.scorer rename attribute {before} to {after}")


def upgrade() -> None:
    renamed("signature", "interface")


def downgrade() -> None:
    renamed("interface", "signature")
