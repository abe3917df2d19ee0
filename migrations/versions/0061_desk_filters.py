"""Let whoever triages keep what they look for, by name.

Revision 0061, after 0060.
"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.String(length=36)
    op.create_table(
        "desk_filter",
        sa.Column("id", key, nullable=False),
        sa.Column("worker_id", key, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("words", sa.String(length=100), nullable=False),
        sa.Column("only", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_desk_filter_worker_id_worker"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_filter")),
        sa.UniqueConstraint("worker_id", "name", name=op.f("uq_desk_filter_worker_id_name")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT lantern_guard('desk_filter', '(SELECT lantern_reach()) && ARRAY[''w:'' || worker_id]')")


def downgrade() -> None:
    op.drop_table("desk_filter")
