"""What reads the features of a training set gives numbers and texts apart."""

from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.execute("drop function if exists dbml._logged_features(text, integer)")


def downgrade() -> None:
    op.execute("drop function if exists dbml._logged_inputs(text, integer)")
