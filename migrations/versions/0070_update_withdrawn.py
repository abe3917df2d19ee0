"""Keep when an agency took back what it wrote of a case before a conference.

Revision 0070, after 0069.
"""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("written_update", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("written_update", sa.Column("withdrawn_by", sa.String(length=36), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM written_update WHERE withdrawn_at IS NOT NULL")
    op.drop_column("written_update", "withdrawn_by")
    op.drop_column("written_update", "withdrawn_at")
