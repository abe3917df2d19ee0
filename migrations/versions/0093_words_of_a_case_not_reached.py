"""Keep what was typed of a case that its conference did not reach as a review that says so.

Revision 0093, after 0092. Of the reviews so far those of a case that was taken off the agenda were not reached.
"""

import sqlalchemy as sa
from alembic import op

revision = "0093"
down_revision = "0092"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_review", sa.Column("reached", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.execute(
        "UPDATE case_review SET reached = false WHERE EXISTS (SELECT 1 FROM agenda_item i WHERE i.off_at IS NOT NULL "
        "AND i.conference_id = case_review.conference_id AND i.case_id = case_review.case_id)"
    )


def downgrade() -> None:
    op.drop_column("case_review", "reached")
