"""Drop the score of a published area: it was never written, and what is told of an area is its people and its looks.

Revision 0150, after 0086.
"""

import sqlalchemy as sa
from alembic import op

revision = "0150"
down_revision = "0086"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("hotspot_region") as table:
        table.drop_column("score")


def downgrade() -> None:
    with op.batch_alter_table("hotspot_region") as table:
        table.add_column(sa.Column("score", sa.Float(), nullable=True))
