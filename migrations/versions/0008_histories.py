"""Answer who met a person, and what was reported of them, from that person's own rows.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

REFERRED = sa.text("referral_id IS NOT NULL")
LOOKED_AT = sa.text("subject_kind = 'person' AND action = 'see_person'")


def upgrade() -> None:
    for name in ("team_id", "referral_id"):
        op.add_column("contact_person", sa.Column(name, sa.String(length=36), nullable=True))
    op.execute(
        "UPDATE contact_person SET team_id = contact.team_id, referral_id = contact.referral_id "
        "FROM contact WHERE contact.id = contact_person.contact_id"
    )
    op.create_index(
        "ix_contact_person_person_id_team_id_district_id", "contact_person", ["person_id", "team_id", "district_id"]
    )
    op.create_index(
        "ix_contact_person_referred", "contact_person", ["person_id"], sqlite_where=REFERRED, postgresql_where=REFERRED
    )
    op.create_index(
        "ix_audit_looks", "audit", ["subject_id", "at"], sqlite_where=LOOKED_AT, postgresql_where=LOOKED_AT
    )


def downgrade() -> None:
    op.drop_index("ix_audit_looks", table_name="audit")
    op.drop_index("ix_contact_person_referred", table_name="contact_person")
    op.drop_index("ix_contact_person_person_id_team_id_district_id", table_name="contact_person")
    for name in ("referral_id", "team_id"):
        op.drop_column("contact_person", name)
