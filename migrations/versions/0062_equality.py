"""Keep equality characteristics, for counting alone.

Revision 0062, after 0061.
"""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

KEY, CODE = sa.String(length=36), sa.String(length=64)


def upgrade() -> None:
    op.create_table(
        "equality_answer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("question", CODE, nullable=False),
        sa.Column("answer", CODE, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("recorded_by", KEY, nullable=False),
        *(
            sa.CheckConstraint(f"length({name}) BETWEEN 1 AND 64", name=op.f(f"ck_equality_answer_{name}_is_a_code"))
            for name in ("question", "answer")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_equality_answer_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equality_answer")),
    )
    op.create_index(
        op.f("ix_equality_answer_person_id_question_at"), "equality_answer", ["person_id", "question", "at"]
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT lantern_guard('equality_answer', 'false', 'policy')")


def downgrade() -> None:
    op.drop_table("equality_answer")
