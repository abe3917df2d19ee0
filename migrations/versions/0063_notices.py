"""Keep notices of discharges, releases and by the duty to refer.

Revision 0063, after 0062.
"""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

SEEN = "(SELECT lantern_reach())::text[] && ARRAY['d:' || district_id]"


def upgrade() -> None:
    moment, key, words = sa.DateTime(timezone=True), sa.String(length=36), sa.String(length=200)
    op.create_table(
        "notice",
        sa.Column("id", key, nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("district_id", key, nullable=False),
        sa.Column("institution", words, nullable=False),
        sa.Column("name", words, nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("sender_name", words, nullable=False),
        sa.Column("sender_reach", words, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("received_by", key, nullable=True),
        sa.Column("person_id", key, nullable=True),
        sa.Column("answer", sa.String(length=32), nullable=True),
        sa.Column("answer_words", sa.Text(), nullable=False),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("answered_by", key, nullable=True),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_notice_answered_at_a_time")),
        sa.CheckConstraint(
            "kind IN ('hospital_discharge', 'prison_release', 'duty_to_refer')", name=op.f("ck_notice_kind_is_known")
        ),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_notice_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("reference", name=op.f("uq_notice_reference")),
    )
    for column in ("district_id", "received_at", "person_id"):
        op.create_index(op.f(f"ix_notice_{column}"), "notice", [column])
    if op.get_bind().dialect.name == "postgresql":
        driver = op.get_bind().connection.driver_connection
        driver.execute("SELECT lantern_guard('notice', %s, 'policy public')", (SEEN,))


def downgrade() -> None:
    op.drop_table("notice")
