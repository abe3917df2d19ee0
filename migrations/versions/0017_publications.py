"""Keep one ledger of what leaves the partnership as counts, and the visits of a map as a whole. Maps told before stay told.

Revision 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KINDS = ("map", "share", "return")
TOLD = sa.text(
    "INSERT INTO publication (id, kind, area_id, starts_on, ends_on, content, prepared_at, founding, withdrawn_reason) "
    "SELECT id, 'map', '', period_starts_on, period_ends_on, '{}', published_at, :yes, '' FROM hotspot_publication "
    "WHERE audience = 'commissioner'"
)


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    op.create_table(
        "publication",
        sa.Column("id", key, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("area_id", key, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("prepared_at", moment, nullable=False),
        sa.Column("founding", sa.Boolean(), nullable=False),
        sa.Column("first_agency_id", key, nullable=True),
        sa.Column("first_by", key, nullable=True),
        sa.Column("first_at", moment, nullable=True),
        sa.Column("second_agency_id", key, nullable=True),
        sa.Column("second_by", key, nullable=True),
        sa.Column("second_at", moment, nullable=True),
        sa.Column("withdrawn_by", key, nullable=True),
        sa.Column("withdrawn_at", moment, nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            f"kind IN ({', '.join(repr(kind) for kind in KINDS)})", name=op.f("ck_publication_kind_is_known")
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_publication_period_is_ordered")),
        sa.CheckConstraint(
            "second_agency_id IS NULL OR (first_agency_id IS NOT NULL AND first_agency_id <> second_agency_id)",
            name=op.f("ck_publication_two_agencies_approved"),
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason = '')", name=op.f("ck_publication_withdrawn_with_a_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint(
            "kind", "area_id", "starts_on", "ends_on", name=op.f("uq_publication_kind_area_id_starts_on_ends_on")
        ),
    )
    op.add_column("hotspot_publication", sa.Column("visits", sa.Integer(), nullable=True))
    op.get_bind().execute(TOLD, {"yes": True})


def downgrade() -> None:
    op.drop_column("hotspot_publication", "visits")
    op.drop_table("publication")
