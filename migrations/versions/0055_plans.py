"""Keep a person's plan: goals in their words, steps, reviews; and what was tried to reach them.

Revision 0055, after 0054.
"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

MOMENT, KEY, CODE, WORDS = sa.DateTime(timezone=True), sa.String(length=36), sa.String(length=64), sa.Text()
TABLES = ("plan_goal", "plan_step", "plan_review", "engagement_try")


def _agency(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f(f"fk_{table}_agency_id_agency"))


def upgrade() -> None:
    op.create_table(
        "plan_goal",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.Column("works", WORDS, nullable=False),
        sa.Column("celebration", WORDS, nullable=False),
        sa.Column("target_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("set_by", KEY, nullable=False),
        sa.Column("ended", sa.String(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", KEY, nullable=True),
        sa.Column("ended_words", WORDS, nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_plan_goal_says_something")),
        sa.CheckConstraint("(ended IS NULL) = (ended_at IS NULL)", name=op.f("ck_plan_goal_ended_at_a_moment")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_plan_goal_ended_by_somebody")),
        _agency("plan_goal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_goal")),
    )
    op.create_table(
        "plan_step",
        sa.Column("id", KEY, nullable=False),
        sa.Column("goal_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("text", WORDS, nullable=False),
        sa.Column("who", WORDS, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("added_by", KEY, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("done_by", KEY, nullable=True),
        sa.CheckConstraint("text <> ''", name=op.f("ck_plan_step_says_something")),
        sa.CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name=op.f("ck_plan_step_done_by_somebody")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_step")),
    )
    op.create_table(
        "plan_review",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        _agency("plan_review"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_review")),
    )
    op.create_table(
        "engagement_try",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("method", CODE, nullable=False),
        sa.Column("effect", CODE, nullable=False),
        sa.Column("words", WORDS, nullable=False),
        *(
            sa.CheckConstraint(f"length({name}) BETWEEN 1 AND 64", name=op.f(f"ck_engagement_try_{name}_is_a_code"))
            for name in ("method", "effect")
        ),
        _agency("engagement_try"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_try")),
    )
    op.create_index(op.f("ix_plan_goal_person_id"), "plan_goal", ["person_id"])
    op.create_index(op.f("ix_plan_step_goal_id"), "plan_step", ["goal_id"])
    op.create_index(op.f("ix_plan_step_person_id"), "plan_step", ["person_id"])
    op.create_index(op.f("ix_plan_review_person_id_at"), "plan_review", ["person_id", "at"])
    op.create_index(op.f("ix_engagement_try_person_id_at"), "engagement_try", ["person_id", "at"])
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"SELECT lantern_guard('{table}', 'EXISTS (SELECT FROM person p WHERE p.id = person_id)')")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
