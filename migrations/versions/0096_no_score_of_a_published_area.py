"""Drop the score of a published area: it was never written, and what is told of an area is its people and its looks.

Revision 0096, after 0095.
"""

import sqlalchemy as sa
from alembic import op

revision = "0096"
down_revision = "0095"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("hotspot_region") as table:
        table.drop_column("score")


def downgrade() -> None:
    with op.batch_alter_table("hotspot_region") as table:
        table.add_column(sa.Column("score", sa.Float(), nullable=True))
