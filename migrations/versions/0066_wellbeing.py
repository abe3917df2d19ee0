"""Keep how somebody says they are, by questionnaires as data.

Revision 0066, after 0065.
"""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

MOMENT, KEY, CODE, WORDS = sa.DateTime(timezone=True), sa.String(length=36), sa.String(length=64), sa.Text()


def upgrade() -> None:
    op.create_table(
        "questionnaire",
        sa.Column("key", CODE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", WORDS, nullable=False),
        sa.Column("loaded_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 64", name=op.f("ck_questionnaire_key_is_a_code")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_questionnaire_version_counts")),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_questionnaire")),
    )
    op.create_table(
        "wellbeing",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("questionnaire", CODE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("points", WORDS, nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.Column("filled_on", sa.Date(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("struck_at", MOMENT, nullable=True),
        sa.Column("struck_by", KEY, nullable=True),
        sa.CheckConstraint(
            "length(questionnaire) BETWEEN 1 AND 64", name=op.f("ck_wellbeing_questionnaire_is_a_code")
        ),
        sa.CheckConstraint("(struck_at IS NULL) = (struck_by IS NULL)", name=op.f("ck_wellbeing_struck_by_somebody")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_wellbeing_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wellbeing")),
    )
    op.create_index(op.f("ix_wellbeing_person_id_filled_on"), "wellbeing", ["person_id", "filled_on"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT lantern_guard('wellbeing', 'EXISTS (SELECT FROM person p WHERE p.id = person_id)')")


def downgrade() -> None:
    op.drop_table("wellbeing")
    op.drop_table("questionnaire")
