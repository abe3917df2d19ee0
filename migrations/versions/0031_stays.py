"""Keep where somebody stays off the streets: the kind of place and the days.

Revision 0031, after 0030.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

MOMENT, KEY = sa.DateTime(timezone=True), sa.String(length=36)


def upgrade() -> None:
    op.create_table(
        "person_stay",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("district_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("moved_in_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", KEY, nullable=False),
        sa.Column("struck_at", MOMENT, nullable=True),
        sa.Column("struck_by", KEY, nullable=True),
        sa.CheckConstraint("length(kind) BETWEEN 1 AND 64", name=op.f("ck_person_stay_kind_is_a_code")),
        sa.CheckConstraint("left_on IS NULL OR left_on >= moved_in_on", name=op.f("ck_person_stay_left_after_moving_in")),
        sa.CheckConstraint("(struck_at IS NULL) = (struck_by IS NULL)", name=op.f("ck_person_stay_struck_by_somebody")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_person_stay_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_stay")),
    )
    for column in ("person_id", "district_id", "moved_in_on"):
        op.create_index(f"ix_person_stay_{column}", "person_stay", [column])


def downgrade() -> None:
    op.drop_table("person_stay")
