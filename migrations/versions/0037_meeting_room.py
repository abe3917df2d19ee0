"""Let a conference's outcome have a code and a next date, and say who is at the meeting and who must leave.

Revision 0037, after 0036.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    for table in ("conference_note", "case_review"):
        op.add_column(table, sa.Column("outcome_code", sa.String(length=64), nullable=False, server_default=""))
        op.add_column(table, sa.Column("next_on", sa.Date(), nullable=True))
    op.add_column("conference_note", sa.Column("next_version", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("attendance", sa.Column("leaves_at", moment, nullable=True))
    op.create_table(
        "conference_presence",
        sa.Column("conference_id", key, nullable=False),
        sa.Column("worker_id", key, nullable=False),
        sa.Column("item_id", key, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["case_conference.id"], ondelete="CASCADE",
            name=op.f("fk_conference_presence_conference_id_case_conference"),
        ),
        sa.PrimaryKeyConstraint("conference_id", "worker_id", name=op.f("pk_conference_presence")),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("conference_presence")
    op.drop_column("attendance", "leaves_at")
    op.drop_column("conference_note", "next_version")
    for table in ("conference_note", "case_review"):
        op.drop_column(table, "next_on")
        op.drop_column(table, "outcome_code")
