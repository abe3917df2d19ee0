"""Who had a report before it was given to another team, worker or district, so that the giving can be taken back exactly.

Revision 0095, after 0094.
"""

import sqlalchemy as sa
from alembic import op

revision = "0095"
down_revision = "0094"
branch_labels = None
depends_on = None

COLUMNS = ("left_team_id", "left_worker_id")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("referral_progress", sa.Column(name, sa.String(length=36), nullable=True))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("referral_progress", name)
