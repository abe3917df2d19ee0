"""Keep which agency without a seat was invited to one case of a conference.

Revision 0068, after 0067.
"""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

KEY = sa.String(length=36)
CASE = "EXISTS (SELECT FROM mdt_case c WHERE c.id = case_id)"


def upgrade() -> None:
    op.create_table(
        "conference_guest",
        sa.Column("conference_id", KEY, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", KEY, nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_conference_guest_invited_with_a_reason")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_conference_guest_agency_id_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["mdt_case.id"], name=op.f("fk_conference_guest_case_id_mdt_case")),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["case_conference.id"],
            name=op.f("fk_conference_guest_conference_id_case_conference"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conference_id", "case_id", "agency_id", name=op.f("pk_conference_guest")),
    )
    op.create_index(op.f("ix_conference_guest_agency_id"), "conference_guest", ["agency_id"])
    if op.get_bind().dialect.name == "postgresql":
        driver = op.get_bind().connection.driver_connection
        driver.execute("SELECT lantern_guard('conference_guest', %s)", (CASE,))


def downgrade() -> None:
    op.drop_table("conference_guest")
