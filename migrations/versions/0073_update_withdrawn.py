"""Keep when an agency took back what it wrote of a case before a conference.

Revision 0073, after 0072.
"""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("written_update", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("written_update", sa.Column("withdrawn_by", sa.String(length=36), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM written_update WHERE withdrawn_at IS NOT NULL")
    op.drop_column("written_update", "withdrawn_by")
    op.drop_column("written_update", "withdrawn_at")
