"""Keep why a visit was struck out, and whether it stands.

Revision 0060, after 0059.
"""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

MOMENT, KEY = sa.DateTime(timezone=True), sa.String(length=36)


def upgrade() -> None:
    op.create_table(
        "visit_strike",
        sa.Column("id", KEY, nullable=False),
        sa.Column("visit_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("is_struck", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_strike")),
    )
    op.create_index(op.f("ix_visit_strike_visit_id"), "visit_strike", ["visit_id"])
    op.add_column("visit", sa.Column("is_struck", sa.Boolean(), server_default=sa.false(), nullable=False))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT lantern_guard('visit_strike', 'EXISTS (SELECT FROM visit v WHERE v.id = visit_id)')")


def downgrade() -> None:
    op.drop_column("visit", "is_struck")
    op.drop_table("visit_strike")
