"""Customers and complaints."""

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
        sa.Column("churn_version", sa.Integer),
    )
    op.create_table(
        "complaint",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("severity", sa.Integer, nullable=False, server_default=sa.text("1")),
    )
    op.create_index("ix_complaint_customer_id", "complaint", ["customer_id"])


def downgrade() -> None:
    op.drop_table("complaint")
    op.drop_table("customer")
