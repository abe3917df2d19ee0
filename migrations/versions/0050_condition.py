"""Let a server say of its processes and its jobs what died and what is late.

Revision 0050, after 0049.
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "server_process",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("host", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_process")),
    )
    op.create_index(op.f("ix_server_process_seen_at"), "server_process", ["seen_at"])
    op.add_column("job", sa.Column("late_after", moment, nullable=True))


def downgrade() -> None:
    op.drop_column("job", "late_after")
    op.drop_table("server_process")
