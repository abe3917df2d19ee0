"""Keep what a district brings in from its own spreadsheet, by file, and what its columns mean.

Revision 0027, after 0026.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    op.create_table(
        "caseload_batch",
        sa.Column("id", key, nullable=False),
        sa.Column("district_id", key, nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("begun_by", key, nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("applied_at", moment, nullable=True),
        sa.Column("made", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("undone_at", moment, nullable=True),
        sa.Column("on_phones_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_caseload_batch_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caseload_batch")),
    )
    op.create_index(op.f("ix_caseload_batch_district_id"), "caseload_batch", ["district_id"])
    op.create_table(
        "caseload_mapping",
        sa.Column("id", key, nullable=False),
        sa.Column("district_id", key, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("meanings", sa.Text(), nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_caseload_mapping_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caseload_mapping")),
        sa.UniqueConstraint("district_id", "name", name=op.f("uq_caseload_mapping_district_id_name")),
    )
    op.create_table(
        "brought_in",
        sa.Column("id", key, nullable=False),
        sa.Column("batch_id", key, nullable=False),
        sa.Column("person_id", key, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("mdt_number", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_brought_in_says_something")),
        sa.ForeignKeyConstraint(["batch_id"], ["caseload_batch.id"], name=op.f("fk_brought_in_batch_id_caseload_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brought_in")),
    )
    op.create_index(op.f("ix_brought_in_batch_id"), "brought_in", ["batch_id"])
    op.create_index(op.f("ix_brought_in_person_id"), "brought_in", ["person_id"])


def downgrade() -> None:
    op.drop_table("brought_in")
    op.drop_table("caseload_mapping")
    op.drop_table("caseload_batch")
