"""Keep which agencies without a district were asked to which table; those that were sent an agenda there keep their seat.

Revision 0033, after 0032.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.String(length=36)
    op.create_table(
        "seat",
        sa.Column("district_id", key, nullable=False),
        sa.Column("agency_id", key, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", key, nullable=True),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_seat_district_id_district")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_seat_agency_id_agency")),
        sa.PrimaryKeyConstraint("district_id", "agency_id", name=op.f("pk_seat")),
    )
    op.execute(
        "INSERT INTO seat (district_id, agency_id, asked_at) "
        "SELECT c.district_id, s.agency_id, min(s.at) FROM circulation s "
        "JOIN case_conference c ON c.id = s.conference_id "
        "GROUP BY c.district_id, s.agency_id"
    )


def downgrade() -> None:
    op.drop_table("seat")
