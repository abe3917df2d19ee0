"""One assessment: the questions that a partnership added or reworded, and everybody's answers as facts.

Revision 0042, after 0041.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

MOMENT, KEY, CODE = sa.DateTime(timezone=True), sa.String(length=36), sa.String(length=64)


def upgrade() -> None:
    op.create_table(
        "assessment_question",
        sa.Column("key", CODE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 64", name=op.f("ck_assessment_question_key_is_a_code")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_assessment_question_version_counts")),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_assessment_question")),
    )
    op.create_table(
        "assessment_answer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("question", CODE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("via", CODE, nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=True),
        *(
            sa.CheckConstraint(f"length({name}) BETWEEN 1 AND 64", name=op.f(f"ck_assessment_answer_{name}_is_a_code"))
            for name in ("question", "state", "via")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_answer")),
    )
    op.create_index(
        op.f("ix_assessment_answer_person_id_question_at"), "assessment_answer", ["person_id", "question", "at"]
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT lantern_guard('assessment_answer', 'EXISTS (SELECT FROM person p WHERE p.id = person_id)')")


def downgrade() -> None:
    op.drop_table("assessment_answer")
    op.drop_table("assessment_question")
