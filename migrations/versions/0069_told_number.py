"""Number contacts once they are stored for good, so that a system that reads on from a number misses none.

Revision 0069, after 0068.
"""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

UNNUMBERED = sa.text("told_number IS NULL")


def upgrade() -> None:
    op.add_column("contact", sa.Column("told_number", sa.BigInteger(), nullable=True))
    op.create_index("ix_contact_told_number", "contact", ["told_number"], unique=True)
    op.create_index(
        "ix_contact_unnumbered", "contact", ["received_at", "id"], sqlite_where=UNNUMBERED, postgresql_where=UNNUMBERED
    )


def downgrade() -> None:
    op.drop_index("ix_contact_unnumbered", table_name="contact")
    op.drop_index("ix_contact_told_number", table_name="contact")
    op.drop_column("contact", "told_number")
