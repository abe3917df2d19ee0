"""Withdraw the needs of people with whom, as a correction says, nobody spoke of them.

A need told in a contact stood on the record of whoever the contact named at first, also after it was given to somebody else or
struck out. The index serves the next correction. Revision 0087, after 0086.
"""

import sqlalchemy as sa
from alembic import op

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

HAS_CONTACT = sa.text("contact_id IS NOT NULL")
WITHDRAW = """
UPDATE person_need SET is_withdrawn = true
WHERE contact_id IN (SELECT id FROM contact WHERE corrections > 0) AND NOT (
    EXISTS (SELECT 1 FROM contact_person
            WHERE contact_person.contact_id = person_need.contact_id AND contact_person.person_id = person_need.person_id)
    AND EXISTS (SELECT 1 FROM contact_need
                WHERE contact_need.contact_id = person_need.contact_id AND contact_need.need = person_need.need))
"""


def upgrade() -> None:
    op.add_column("person_need", sa.Column("is_withdrawn", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_person_need_contact_id", "person_need", ["contact_id"], sqlite_where=HAS_CONTACT, postgresql_where=HAS_CONTACT
    )
    op.execute(WITHDRAW)


def downgrade() -> None:
    op.drop_index("ix_person_need_contact_id", table_name="person_need")
    op.drop_column("person_need", "is_withdrawn")
