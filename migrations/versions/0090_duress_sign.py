"""Keep which promise of a worker is a call for help.

Revision 0090, after 0089.
"""

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0089"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "duress_sign",
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_duress_sign_worker_id_worker"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_duress_sign")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT lantern_guard('duress_sign', '(SELECT lantern_reach()) && ARRAY[''w:'' || worker_id]')")


def downgrade() -> None:
    op.drop_table("duress_sign")
