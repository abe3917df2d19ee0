"""Keep when a lead let a phone's PIN be tried again.

Revision 0064, after 0063.
"""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device_enrolment", sa.Column("pin_freed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("device_enrolment", "pin_freed_at")
