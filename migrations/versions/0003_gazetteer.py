"""The operator's gazetteer.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gazetteer_place",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_gazetteer_place_has_a_name")),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_gazetteer_place_latitude_in_range")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_gazetteer_place_longitude_in_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gazetteer_place")),
        sa.UniqueConstraint(
            "name_key", "latitude", "longitude", name=op.f("uq_gazetteer_place_name_key_latitude_longitude")
        ),
    )
    with op.batch_alter_table("gazetteer_place") as table:
        table.create_index(table.f("ix_gazetteer_place_name_key"), ["name_key"], unique=False)


def downgrade() -> None:
    op.drop_table("gazetteer_place")
