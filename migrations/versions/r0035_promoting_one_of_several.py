"""Of several candidates one is named to be promoted."""

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    # These have one parameter more now.
    for function in (
        "promote(text, text)",
        "_promote_by_migration(text, text, boolean)",
        "_note_act(text, text, text)",
    ):
        op.execute(f"drop function if exists dbml.{function}")


def downgrade() -> None:
    for function in (
        "promote(text, text, integer)",
        "_promote_by_migration(text, text, boolean, integer)",
        "_note_act(text, text, text, integer)",
        "_numbered_versions(text, integer[])",
    ):
        op.execute(f"drop function if exists dbml.{function}")
