"""Keep plans of districts that end and others that begin, and which district followed which.

Revision 0053, after 0052.
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    op.create_table(
        "boundary_change",
        sa.Column("id", key, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("planned_at", moment, nullable=False),
        sa.Column("planned_by", key, nullable=False),
        sa.Column("applied_at", moment, nullable=True),
        sa.Column("called_off_at", moment, nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "applied_at IS NULL OR called_off_at IS NULL", name=op.f("ck_boundary_change_done_or_called_off")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boundary_change")),
    )
    op.create_index(op.f("ix_boundary_change_on_day"), "boundary_change", ["on_day"])
    op.create_table(
        "district_successor",
        sa.Column("from_id", key, nullable=False),
        sa.Column("to_id", key, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["from_id"], ["district.id"], name=op.f("fk_district_successor_from_id_district")),
        sa.ForeignKeyConstraint(["to_id"], ["district.id"], name=op.f("fk_district_successor_to_id_district")),
        sa.PrimaryKeyConstraint("from_id", "to_id", name=op.f("pk_district_successor")),
    )
    op.create_index(op.f("ix_district_successor_to_id"), "district_successor", ["to_id"])


def downgrade() -> None:
    op.drop_table("district_successor")
    op.drop_table("boundary_change")
