"""Who has signed a version, and whose signatures count."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

NOW = sa.text("now()")
# session_user, because the functions that write here are SECURITY DEFINER.
WHO = sa.text("session_user")


def upgrade() -> None:
    op.create_table(
        "trusted_key",
        # Hexadecimal, so that one key has one name: in base64 a revoked key could come back under another.
        sa.Column("public_key", sa.Text, sa.CheckConstraint("public_key ~ '^ed25519:[0-9a-f]{64}$'"), primary_key=True),
        sa.Column(
            "fingerprint",
            sa.Text,
            sa.Computed("left(encode(sha256(decode(substr(public_key, 9), 'hex')), 'hex'), 32)", persisted=True),
            unique=True,
        ),
        sa.Column("owner", sa.Text),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("added_by", sa.Text, nullable=False, server_default=WHO),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_by", sa.Text),
        sa.CheckConstraint("(revoked_at is null) = (revoked_by is null)"),
        schema="dbml",
        comment="Ed25519 keys whose signatures let the server unpickle a version. Only the owner can write it.",
    )
    op.create_table(
        "version_signature",
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        # No foreign key: a signature may come before the trust in its key.
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("model", "version", "public_key"),
        sa.ForeignKeyConstraint(
            ["model", "version"],
            ["dbml.model_version.model", "dbml.model_version.version"],
            ondelete="CASCADE",
        ),
        schema="dbml",
        comment="Ed25519 signatures. Beside the version, which never changes: another key may sign it later.",
    )


def downgrade() -> None:
    op.drop_table("version_signature", schema="dbml")
    op.drop_table("trusted_key", schema="dbml")
