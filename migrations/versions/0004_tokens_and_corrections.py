"""Tell whether a phone's tokens ever reached it.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("contact_correction", schema=None) as batch_op:
        batch_op.drop_column("applied_order")

    with op.batch_alter_table("device_token", schema=None) as batch_op:
        batch_op.add_column(sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("device_token", schema=None) as batch_op:
        batch_op.drop_column("first_used_at")

    with op.batch_alter_table("contact_correction", schema=None) as batch_op:
        batch_op.add_column(sa.Column("applied_order", sa.BIGINT(), nullable=False, server_default="0"))
