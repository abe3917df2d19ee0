"""Keep in which language whoever reported told us: they are answered in it.

Revision 0071, after 0070.
"""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert_referrer", sa.Column("language", sa.String(length=2), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("alert_referrer", "language")
