"""Plan who goes out: where, with whom, from when, and back when.

Revision 0026, after 0025.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MOMENT, KEY = sa.DateTime(timezone=True), sa.String(length=36)


def upgrade() -> None:
    op.create_table(
        "shift_plan",
        sa.Column("id", KEY, nullable=False),
        sa.Column("team_id", KEY, nullable=False),
        sa.Column("area", sa.String(length=200), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("back_at", MOMENT, nullable=False),
        sa.Column("set_by", KEY, nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("called_off_at", MOMENT, nullable=True),
        sa.CheckConstraint("starts_at < back_at", name=op.f("ck_shift_plan_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_shift_plan_team_id_team")),
        sa.ForeignKeyConstraint(["set_by"], ["worker.id"], name=op.f("fk_shift_plan_set_by_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_plan")),
    )
    op.create_index("ix_shift_plan_team_id_back_at", "shift_plan", ["team_id", "back_at"])
    op.create_index("ix_shift_plan_set_by", "shift_plan", ["set_by"])
    op.create_table(
        "shift_plan_worker",
        sa.Column("plan_id", KEY, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["shift_plan.id"], name=op.f("fk_shift_plan_worker_plan_id_shift_plan")
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_shift_plan_worker_worker_id_worker")),
        sa.PrimaryKeyConstraint("plan_id", "worker_id", name=op.f("pk_shift_plan_worker")),
    )
    op.create_index("ix_shift_plan_worker_worker_id", "shift_plan_worker", ["worker_id"])


def downgrade() -> None:
    op.drop_table("shift_plan_worker")
    op.drop_table("shift_plan")
