"""Keys of several events lead through one table, or through the table of another event."""

from alembic import op

revision = "0052"
down_revision = "0051"

_NAME = "event_profile_relation_key"


def upgrade() -> None:
    op.drop_constraint(_NAME, "event", schema="dbml")


def downgrade() -> None:
    # Profiles with such keys go on as they are, and keep the constraint away.
    op.execute(f"""
        do $$
        begin
          if not exists (select from dbml.event e group by e.profile, e.relation having count(*) > 1) then
            alter table dbml.event add constraint {_NAME} unique (profile, relation);
          end if;
        end
        $$
    """)
