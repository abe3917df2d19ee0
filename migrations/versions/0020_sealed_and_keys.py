"""Keep the number of a sealed box, the server's keys, and find what waits for a supervisor without reading the rest.

Revision 0020, after 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ASIDE = sa.text("reason IS NOT NULL AND adopted_as IS NULL")
SHUT = sa.text("opened_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "server_key",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.Boolean(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('sealing', 'secret')", name=op.f("ck_server_key_kind_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_key")),
    )
    op.add_column("sealed_outbox", sa.Column("n", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_sealed_outbox_shut", "sealed_outbox", ["device_number"], sqlite_where=SHUT, postgresql_where=SHUT
    )
    op.create_index("ix_sync_change_aside", "sync_change", ["device"], sqlite_where=ASIDE, postgresql_where=ASIDE)
    for table, column in (("sync_device", "apart"), ("sync_blob", "begun_at_ms")):
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=False, server_default="0"))
        with op.batch_alter_table(table) as altered:
            altered.alter_column(column, server_default=None)
    op.add_column("sync_blob", sa.Column("device", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    for table, column in (("sync_blob", "device"), ("sync_blob", "begun_at_ms"), ("sync_device", "apart")):
        with op.batch_alter_table(table) as altered:
            altered.drop_column(column)
    op.drop_index("ix_sync_change_aside", table_name="sync_change")
    op.drop_index("ix_sealed_outbox_shut", table_name="sealed_outbox")
    with op.batch_alter_table("sealed_outbox") as altered:
        altered.drop_column("n")
    op.drop_table("server_key")
