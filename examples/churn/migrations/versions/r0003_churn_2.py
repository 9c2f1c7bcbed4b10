"""A churn model that knows severe complaints."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from dbml.alembic import read_manifest
from dbml.spec import Event, Prediction, Profile

revision = "0003"
down_revision = "0002"

RELEASE = read_manifest(Path(__file__).parents[2] / "models/manifest.toml")["churn", 2]
MODEL = {
    "name": "churn",
    "path": RELEASE.path,
    "version": 2,
    "sha256": RELEASE.sha256,
    "sample": RELEASE.sample,
    "engine": "sql",
    "metrics": RELEASE.metrics,
    "note": RELEASE.note,
}
PREDICTIONS = [Prediction("churn", "churn_score", version_column="churn_version")]
SEVERE = "count(*) filter (where severity >= 3)"
WAS = Profile(
    "customer",
    key="id",
    predictions=PREDICTIONS,
    events=[Event("complaint", key="customer_id", counters={"complaints": "count(*)"})],
)
PROFILE = Profile(
    "customer",
    key="id",
    predictions=PREDICTIONS,
    events=[Event("complaint", key="customer_id", counters={"complaints": "count(*)", "severe_complaints": SEVERE})],
)


def upgrade() -> None:
    column = sa.Column("severe_complaints", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    op.add_column("customer", column)
    op.add_model(**MODEL)
    op.alter_profile(PROFILE, was=WAS)
    op.deploy_model("churn", 2, note="severe complaints count for more", changes=["features"])


def downgrade() -> None:
    op.undeploy_model("churn", 2)
    op.alter_profile(WAS, was=PROFILE)
    op.remove_model(**MODEL)
    op.drop_column("customer", "severe_complaints")
