"""Let people set their own password by an invitation that lives a day.

Revision 0018, after 0017.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    op.create_table(
        "invitation",
        sa.Column("id", key, nullable=False),
        sa.Column("worker_id", key, nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("made_by", key, nullable=True),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_invitation_worker_id_worker"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
    )
    op.create_index(op.f("ix_invitation_worker_id"), "invitation", ["worker_id"])


def downgrade() -> None:
    op.drop_table("invitation")
