"""Keep which records may be one person, as evidence says, and what people judged of them.

Revision 0048, after 0047.
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


BEFORE = "step IN ('came', 'returned', 'put_forward', 'listed', 'declined', 'same_person', 'discussed', 'closed', 'moved')"
AFTER = (
    "step IN ('came', 'returned', 'put_forward', 'listed', 'declined', 'same_person', 'apart', "
    "'discussed', 'closed', 'moved')"
)


def _allow_steps(condition: str) -> None:
    with op.batch_alter_table("case_event") as table:
        table.drop_constraint(op.f("ck_case_event_step_is_known"), type_="check")
        table.create_check_constraint(op.f("ck_case_event_step_is_known"), condition)


def upgrade() -> None:
    _allow_steps(AFTER)
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    op.create_table(
        "likely_same",
        sa.Column("one_id", key, nullable=False),
        sa.Column("other_id", key, nullable=False),
        sa.Column("bits", sa.Float(), nullable=False),
        sa.Column("found_at", moment, nullable=False),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_likely_same_in_order")),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_likely_same")),
    )
    op.create_index(op.f("ix_likely_same_other_id"), "likely_same", ["other_id"])
    op.create_table(
        "identity_judgement",
        sa.Column("id", key, nullable=False),
        sa.Column("one_id", key, nullable=False),
        sa.Column("other_id", key, nullable=False),
        sa.Column("said", sa.String(length=16), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("worker_id", key, nullable=False),
        sa.Column("saw_one", sa.Boolean(), nullable=False),
        sa.Column("saw_other", sa.Boolean(), nullable=False),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_identity_judgement_in_order")),
        sa.CheckConstraint("saw_one OR saw_other", name=op.f("ck_identity_judgement_saw_somebody")),
        sa.CheckConstraint(
            "said IN ('same', 'different', 'parted')", name=op.f("ck_identity_judgement_said_is_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_judgement")),
    )
    op.create_index(op.f("ix_identity_judgement_one_id"), "identity_judgement", ["one_id"])
    op.create_index(op.f("ix_identity_judgement_other_id"), "identity_judgement", ["other_id"])
    if op.get_bind().dialect.name == "postgresql":
        # Which two records may be one is asked beyond the reader, and shown once policy has said yes to one of them.
        for table in ("likely_same", "identity_judgement"):
            op.execute(f"SELECT lantern_guard('{table}', 'false')")


def downgrade() -> None:
    op.drop_table("identity_judgement")
    op.drop_table("likely_same")
    op.execute("UPDATE case_event SET step = 'put_forward' WHERE step = 'apart'")
    _allow_steps(BEFORE)
