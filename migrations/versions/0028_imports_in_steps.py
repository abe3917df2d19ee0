"""Hold a file of reports until it is brought in, keep what its columns mean, and say who brought it and that it was undone.

Revision 0028, after 0027.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    with op.batch_alter_table("import_batch") as batch:
        batch.add_column(sa.Column("imported_by", key, nullable=False, server_default=""))
        batch.add_column(sa.Column("undone_at", moment, nullable=True))
    with op.batch_alter_table("import_batch") as batch:
        batch.alter_column("imported_by", server_default=None)
        batch.create_index(op.f("ix_import_batch_imported_by"), ["imported_by"])
    op.create_table(
        "held_file",
        sa.Column("id", key, nullable=False),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("begun_by", key, nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_file")),
    )
    op.create_index(op.f("ix_held_file_begun_by"), "held_file", ["begun_by"])
    op.create_table(
        "import_mapping",
        sa.Column("id", key, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("meanings", sa.Text(), nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mapping")),
        sa.UniqueConstraint("name", name=op.f("uq_import_mapping_name")),
    )


def downgrade() -> None:
    op.drop_table("import_mapping")
    op.drop_table("held_file")
    with op.batch_alter_table("import_batch") as batch:
        batch.drop_index(op.f("ix_import_batch_imported_by"))
        batch.drop_column("undone_at")
        batch.drop_column("imported_by")
