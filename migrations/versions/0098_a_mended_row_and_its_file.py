"""Keep of which file a mended row was a part: it is undone with its file, or alone, and waits again then.

Revision 0098, after 0097.
"""

import sqlalchemy as sa
from alembic import op

revision = "0098"
down_revision = "0097"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("import_batch") as table:
        table.add_column(sa.Column("part_of", sa.String(36), nullable=True))
        table.add_column(sa.Column("part_row", sa.Integer(), nullable=True))
        table.create_index("ix_import_batch_part_of", ["part_of"])


def downgrade() -> None:
    with op.batch_alter_table("import_batch") as table:
        table.drop_index("ix_import_batch_part_of")
        table.drop_column("part_row")
        table.drop_column("part_of")
