"""Keep where somebody went when a stay ended.

Revision 0080, after 0079.
"""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person_stay", sa.Column("left_for", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("person_stay", "left_for")
