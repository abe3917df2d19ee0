"""Keep who asked to a conference in the name of its calendar entries: whoever chaired it when its agenda first went out.

Revision 0092, after 0091. Of those circulated before it is whoever chairs them today: earlier chairs are not known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_conference", sa.Column("organizer_id", sa.String(length=36), nullable=True))
    op.execute("UPDATE case_conference SET organizer_id = chair_id WHERE circulated_at IS NOT NULL")


def downgrade() -> None:
    op.drop_column("case_conference", "organizer_id")
