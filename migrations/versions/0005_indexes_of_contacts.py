"""Index of contacts only what is there.

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_contact_site_id_seen_at", ["site_id", "seen_at"]),
    ("ix_contact_shift_id", ["shift_id"]),
    ("ix_contact_referral_id", ["referral_id"]),
)


def upgrade() -> None:
    op.drop_index("ix_contact_team_id_night", table_name="contact")
    for name, columns in INDEXES:
        op.drop_index(name, table_name="contact")
        known = sa.text(f"{columns[0]} IS NOT NULL")
        op.create_index(name, "contact", columns, sqlite_where=known, postgresql_where=known)


def downgrade() -> None:
    for name, columns in INDEXES:
        op.drop_index(name, table_name="contact")
        op.create_index(name, "contact", columns)
    op.create_index("ix_contact_team_id_night", "contact", ["team_id", "night"])
