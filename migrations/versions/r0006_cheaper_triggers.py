"""Whether any row has ever failed, for less than a look into a table; and a private function of another signature."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("create sequence dbml.failures")
    op.execute("comment on sequence dbml.failures is 'Called once a row could not be scored: then triggers look.'")
    op.execute("alter sequence dbml.failures owner to dbml_owner")
    op.execute("select nextval('dbml.failures') from dbml.failure limit 1")
    # The one that ships with this revision is created after it.
    op.execute("drop function if exists dbml._checked_expression(text[], integer, integer, text)")


def downgrade() -> None:
    op.execute("drop sequence dbml.failures")
    op.execute("drop function if exists dbml._checked_expression(text[], integer, integer)")
