"""Say how many places of an agenda a district keeps for people new to its conference.

Revision 0056, after 0055.
"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "newcomer_places",
        sa.Column("district_id", sa.String(length=36), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by", sa.String(length=36), nullable=False),
        sa.CheckConstraint("places BETWEEN 0 AND 15", name=op.f("ck_newcomer_places_fit_an_agenda")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_newcomer_places_district_id_district")),
        sa.PrimaryKeyConstraint("district_id", name=op.f("pk_newcomer_places")),
    )


def downgrade() -> None:
    op.drop_table("newcomer_places")
