"""Keep beside each change by how much the server's clock was ahead of the times it says.

Revision 0089, after 0088. What is held and let in later is mended by it, as it would have been when it came. Of what lies there
already it is not known, and taken for right, as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sync_change", sa.Column("skew_ms", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("sync_change", "skew_ms")
