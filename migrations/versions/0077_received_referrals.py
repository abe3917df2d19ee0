"""Keep which partner receives referrals to a service here, and of each referral who received it.

Revision 0077, after 0076.
"""

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

KEY = sa.String(length=36)


def upgrade() -> None:
    op.add_column("service", sa.Column("agency_id", KEY, nullable=True))
    op.add_column("door_fact", sa.Column("to_agency_id", KEY, nullable=True))
    op.create_index(op.f("ix_door_fact_to_agency_id"), "door_fact", ["to_agency_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_door_fact_to_agency_id"), table_name="door_fact")
    op.drop_column("door_fact", "to_agency_id")
    op.drop_column("service", "agency_id")
