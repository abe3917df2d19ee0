"""Let an agency say that an action is not theirs, and who of theirs has it.

Revision 0035, after 0034.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("case_action") as batch:
        batch.add_column(sa.Column("refused", sa.String(), nullable=False, server_default=""))
        batch.add_column(sa.Column("holder_id", sa.String(length=36), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("case_action") as batch:
        batch.drop_column("holder_id")
        batch.drop_column("refused")
