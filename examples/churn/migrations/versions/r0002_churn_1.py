"""The first churn model."""

from pathlib import Path

from alembic import op

from dbml.alembic import read_manifest
from dbml.spec import Event, Prediction, Profile

revision = "0002"
down_revision = "0001"

# An application whose files never change writes path and sha256 here; train.py makes these anew.
RELEASE = read_manifest(Path(__file__).parents[2] / "models/manifest.toml")["churn", 1]
MODEL = {
    "name": "churn",
    "path": RELEASE.path,
    "version": 1,
    "sha256": RELEASE.sha256,
    "sample": RELEASE.sample,
    "engine": "sql",
    "metrics": RELEASE.metrics,
    "note": RELEASE.note,
}
PROFILE = Profile(
    "customer",
    key="id",
    predictions=[Prediction("churn", "churn_score", version_column="churn_version")],
    events=[Event("complaint", key="customer_id", counters={"complaints": "count(*)"})],
)


def upgrade() -> None:
    op.install_dbml()
    op.add_model(**MODEL)
    op.attach_profile(PROFILE, backfill=True)
    op.deploy_model("churn", 1, note="the first")


def downgrade() -> None:
    op.undeploy_model("churn", 1)
    op.detach_profile(PROFILE)
    op.remove_model(**MODEL)
    op.uninstall_dbml()
