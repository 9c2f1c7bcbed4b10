"""What features and scores looked like: when a version was made, and in each hour of the log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0019"
down_revision = "0018"


def _of_version() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["dbml.model_version.model", "dbml.model_version.version"], ondelete="CASCADE"
        ),
    ]


def upgrade() -> None:
    op.create_table(
        "reference",
        *_of_version(),
        sa.Column("position", sa.Integer, primary_key=True, comment="Of the feature, from 1; 0 is the score."),
        sa.Column("feature", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, sa.CheckConstraint("kind in ('number', 'text')"), nullable=False),
        sa.Column("place", sa.Integer, comment="In the numbers or texts of the log; NULL: the score."),
        sa.Column("edges", pg.ARRAY(sa.Double), comment="Of a number''s bins, rising."),
        sa.Column("categories", pg.ARRAY(sa.Text), comment="Of a text, one bin each."),
        sa.Column("low", sa.Integer, nullable=False, comment="The first bin of values that the reference has."),
        sa.Column("high", sa.Integer, nullable=False, comment="The last one."),
        sa.Column("counts", pg.ARRAY(sa.BigInteger), nullable=False, comment="Missing values, then each bin."),
        sa.Column("source", sa.Text, nullable=False),
        schema="dbml",
        comment="Histograms that a version is compared with: each feature and the score, of its sample or of a time.",
    )
    op.create_table(
        "histogram",
        *_of_version(),
        sa.Column("hour", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("segment", sa.BigInteger, primary_key=True, comment="Of the log; it may have been dropped since."),
        sa.Column("counts", pg.ARRAY(sa.BigInteger), nullable=False, comment="As in dbml.reference."),
        schema="dbml",
        comment="What was logged in an hour, in the bins of the reference.",
    )
    op.create_table(
        "histogram_mark",
        sa.Column("segment", sa.BigInteger, primary_key=True, autoincrement=False),
        # Not a regclass, which a dump would translate: another number tells that the segment was restored.
        sa.Column("relation", pg.OID, nullable=False),
        sa.Column("counted_to", sa.BigInteger, nullable=False, comment="Transactions before this one are counted."),
        sa.Column("complete", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        schema="dbml",
        comment="How far each segment of the log is counted.",
    )
    op.create_table(
        "threshold",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("feature", sa.Text, primary_key=True),
        sa.Column("statistic", sa.Text, primary_key=True),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("set_by", sa.Text, nullable=False, server_default=sa.text("session_user")),
        schema="dbml",
        comment="Thresholds that somebody has set; the others are computed.",
    )


def downgrade() -> None:
    # They have parameters of the type of a row of dbml.reference, or go by it.
    op.execute("drop function if exists dbml._drift_says(dbml.reference, bigint[], text, double precision, bigint)")
    for table in ("threshold", "histogram_mark", "histogram", "reference"):
        op.drop_table(table, schema="dbml")
