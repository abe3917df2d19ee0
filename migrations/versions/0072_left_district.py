"""Keep which district a report was offered away from: whoever offered it can take that back.

Revision 0072, after 0071.
"""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("referral_progress", sa.Column("left_district_id", sa.String(length=36), nullable=True))


def downgrade() -> None:
    op.drop_column("referral_progress", "left_district_id")
