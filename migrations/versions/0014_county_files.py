"""Keep files of a whole county: what each changed, so that it can be undone as one.

Revision 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    op.create_table(
        "county_batch",
        sa.Column("id", key, nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("planned_at", moment, nullable=False),
        sa.Column("planned_by", key, nullable=True),
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("applied_at", moment, nullable=True),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("undone_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_county_batch")),
    )


def downgrade() -> None:
    op.drop_table("county_batch")
