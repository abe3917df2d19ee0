"""Let a safety plan stand on the record in place of a score, and the best way to reach somebody.

Revision 0051, after 0050.
"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

COLUMNS = ("safety_signs", "safety_helps", "safety_call", "safety_avoid", "best_way")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("person", sa.Column(name, sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("person", name)
