"""A telephone company's tables, and beside them what dbml keeps in `customer`."""

import os

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from dbml.alembic import declare
from dbml.spec import Event, Prediction, Profile


def url() -> str:
    """The database: DATABASE_URL, else libpq's own environment."""
    return os.environ.get("DATABASE_URL", "postgresql+psycopg://")


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[str] = mapped_column(sa.Text)
    spend: Mapped[float] = mapped_column(sa.Double)
    complaints: Mapped[int] = mapped_column(sa.BigInteger, server_default=sa.text("0"))
    severe_complaints: Mapped[int] = mapped_column(sa.BigInteger, server_default=sa.text("0"))
    churn_score: Mapped[float | None] = mapped_column(sa.Double)
    churn_version: Mapped[int | None]


class Complaint(Base):
    __tablename__ = "complaint"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id"), index=True)
    severity: Mapped[int] = mapped_column(server_default=sa.text("1"))


declare(
    Base.metadata,
    Profile(
        "customer",
        key="id",
        predictions=[Prediction("churn", "churn_score", version_column="churn_version")],
        events=[
            Event(
                "complaint",
                key="customer_id",
                counters={
                    "complaints": "count(*)",
                    "severe_complaints": "count(*) filter (where severity >= 3)",
                },
            )
        ],
    ),
    models="models/manifest.toml",
)
