"""A telephone company's tables, and beside them what dbml keeps in `customer`, what it logs, and where the truth is."""

import os

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from dbml.alembic import declare
from dbml.spec import Event, Outcome, Prediction, Profile


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
    churn_score: Mapped[float | None] = mapped_column(sa.Double)


class Complaint(Base):
    __tablename__ = "complaint"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id"), index=True)


class Departure(Base):
    """Whether a customer left, once that is known."""

    __tablename__ = "departure"

    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id"), primary_key=True, autoincrement=False)
    departed: Mapped[bool]


declare(
    Base.metadata,
    Profile(
        "public.customer",
        key="id",
        predictions=[Prediction("churn", "churn_score", log="all")],
        events=[Event("public.complaint", key="customer_id", counters={"complaints": "count(*)"})],
        outcomes=[Outcome("churn", "customer_id", "departed", table="public.departure")],
    ),
    models="models/manifest.toml",
)
