"""Let partners' systems send reports by Open311, each with a key of its own, and ask what became of them.

Revision 0038, after 0037.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    op.create_table(
        "georeport_key",
        sa.Column("id", key, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_georeport_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_georeport_key_key_hash")),
    )
    op.create_table(
        "georeport_request",
        sa.Column("referral_id", key, nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("key_id", key, nullable=False),
        sa.Column("requested_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["georeport_key.id"], name=op.f("fk_georeport_request_key_id_georeport_key")),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_georeport_request")),
        sa.UniqueConstraint("reference", name=op.f("uq_georeport_request_reference")),
    )
    op.create_index(op.f("ix_georeport_request_key_id"), "georeport_request", ["key_id"])


def downgrade() -> None:
    op.drop_table("georeport_request")
    op.drop_table("georeport_key")
