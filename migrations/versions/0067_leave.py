"""Keep who is on leave, so that an alarm passes them over.

Revision 0067, after 0066.
"""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

MOMENT, KEY = sa.DateTime(timezone=True), sa.String(length=36)


def upgrade() -> None:
    op.create_table(
        "leave",
        sa.Column("id", KEY, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("set_by", KEY, nullable=True),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_leave_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_leave_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave")),
    )
    op.create_index("ix_leave_worker_id", "leave", ["worker_id"])
    op.create_index("ix_leave_ends_at", "leave", ["ends_at"])


def downgrade() -> None:
    op.drop_table("leave")
