"""Customers, complaints and departures."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("spend", sa.Double, nullable=False),
        sa.Column("complaints", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("churn_score", sa.Double),
    )
    op.create_table(
        "complaint",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customer.id"), nullable=False),
    )
    op.create_index("ix_complaint_customer_id", "complaint", ["customer_id"])
    op.create_table(
        "departure",
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customer.id"), primary_key=True, autoincrement=False),
        sa.Column("departed", sa.Boolean, nullable=False),
    )
    op.install_dbml()


def downgrade() -> None:
    op.uninstall_dbml()
    op.drop_table("departure")
    op.drop_table("complaint")
    op.drop_table("customer")
