"""Count what calendars are told of a conference, and let one be called off.

Revision 0030, after 0029.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("case_conference") as batch:
        batch.add_column(sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("called_off_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_check_constraint(
            op.f("ck_case_conference_called_off_has_ended"), "called_off_at IS NULL OR finished_at IS NOT NULL"
        )


def downgrade() -> None:
    with op.batch_alter_table("case_conference") as batch:
        batch.drop_constraint(op.f("ck_case_conference_called_off_has_ended"), type_="check")
        batch.drop_column("called_off_at")
        batch.drop_column("sequence")
