"""Keep what somebody was called by whoever put them forward: what others learn of them later is not theirs to read.

Revision 0123, after 0122. Of those put forward before it is not known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0123"
down_revision = "0122"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mdt_case", sa.Column("told_as", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("mdt_case", "told_as")
