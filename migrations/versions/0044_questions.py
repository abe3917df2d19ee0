"""Keep what services ask of one another about a person, and what they are answered.

Revision 0044, after 0043.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

MOMENT, KEY = sa.DateTime(timezone=True), sa.String(length=36)
SEEN = (
    "person_id <> ALL ((SELECT lantern_hidden())::text[]) AND ("
    "(SELECT lantern_reach()) && ARRAY['a:' || agency_id] OR EXISTS (SELECT FROM person p WHERE p.id = person_id))"
)
"""By the service that asks, and by whoever may know the person; which of those may answer is the policy's to say."""


def upgrade() -> None:
    op.create_table(
        "question",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", KEY, nullable=True),
        sa.Column("answer_agency_id", KEY, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_question_asks_something")),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL) AND (answered_at IS NULL) = (answer_agency_id IS NULL) "
            "AND (answered_at IS NULL) = (answer = '')",
            name=op.f("ck_question_answered_by_somebody"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_question_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    for column in ("person_id", "agency_id", "asked_at"):
        op.create_index(f"ix_question_{column}", "question", [column])
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().connection.driver_connection.execute("SELECT lantern_guard('question', %s)", (SEEN,))


def downgrade() -> None:
    op.drop_table("question")
