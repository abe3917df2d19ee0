"""Keep what somebody was called by whoever put them forward: what others learn of them later is not theirs to read.

Revision 0094, after 0093. Of those put forward before it is not known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0094"
down_revision = "0093"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mdt_case", sa.Column("told_as", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("mdt_case", "told_as")
