"""Find each worker's newest check-in at once, among those of years: who is out asks for it every quarter of a minute.

Revision 0074, after 0073.
"""

from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE check_in SET heard_at = at WHERE heard_at IS NULL")
    op.create_index("ix_check_in_newest", "check_in", ["worker_id", "heard_at", "at", "id"])


def downgrade() -> None:
    op.drop_index("ix_check_in_newest", table_name="check_in")
