"""Say who speaks for an agency at a table, and who instead; gather what a worker hears of once a day.

Revision 0045, after 0044.
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

MOMENT, KEY = sa.DateTime(timezone=True), sa.String(length=36)


def upgrade() -> None:
    op.create_table(
        "representative",
        sa.Column("district_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("deputy", sa.String(length=200), nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.Column("said_by", KEY, nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_representative_district_id_district")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_representative_agency_id_agency")),
        sa.PrimaryKeyConstraint("district_id", "agency_id", name=op.f("pk_representative")),
    )
    op.create_table(
        "mail_line",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("district", sa.String(length=200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("length(kind) BETWEEN 1 AND 64", name=op.f("ck_mail_line_kind_is_a_code")),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], ondelete="CASCADE", name=op.f("fk_mail_line_worker_id_worker")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_mail_line")),
    )
    op.create_index("ix_mail_line_worker_id_at", "mail_line", ["worker_id", "at"])


def downgrade() -> None:
    op.drop_table("mail_line")
    op.drop_table("representative")
