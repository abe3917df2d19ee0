"""Find the refused rows that wait without reading all that ever were: each page says how many wait.

Revision 0075, after 0074.
"""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

IS_WAITING = sa.text("settled_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_refused_row_waiting", "refused_row", ["batch_id"], sqlite_where=IS_WAITING, postgresql_where=IS_WAITING
    )


def downgrade() -> None:
    op.drop_index("ix_refused_row_waiting", table_name="refused_row")
