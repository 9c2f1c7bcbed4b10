"""Whether any row has ever failed, for less than a look into a table."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("create sequence dbml.failures")
    op.execute("comment on sequence dbml.failures is 'Called once a row could not be scored: then triggers look.'")
    op.execute("select nextval('dbml.failures') from dbml.failure limit 1")


def downgrade() -> None:
    op.execute("drop sequence dbml.failures")
