"""Drop the square of a night count: nothing read it. Squares are found from the point, on whatever grid is asked for.

Revision 0099, after 0098.
"""

import sqlalchemy as sa
from alembic import op

revision = "0099"
down_revision = "0098"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_sighting_night_cell", "sighting")
    op.drop_column("sighting", "cell")
    op.create_index("ix_sighting_night", "sighting", ["night"])


def downgrade() -> None:
    op.drop_index("ix_sighting_night", "sighting")
    op.add_column("sighting", sa.Column("cell", sa.BigInteger(), nullable=True))
    op.create_index("ix_sighting_night_cell", "sighting", ["night", "cell"])
