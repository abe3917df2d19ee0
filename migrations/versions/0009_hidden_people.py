"""Let a person be hidden from all but named agencies.

Revision 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_hidden",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=36), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("length(reason) >= 10", name=op.f("ck_person_hidden_has_a_reason")),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_person_hidden_lifted_by_somebody")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_person_hidden_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_hidden")),
    )
    stands = sa.text("lifted_at IS NULL")
    op.create_index(op.f("ix_person_hidden_person_id"), "person_hidden", ["person_id"])
    op.create_index(
        "uq_person_hidden_standing",
        "person_hidden",
        ["person_id"],
        unique=True,
        sqlite_where=stands,
        postgresql_where=stands,
    )
    op.create_table(
        "person_hidden_agency",
        sa.Column("hidden_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_person_hidden_agency_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["hidden_id"],
            ["person_hidden.id"],
            name=op.f("fk_person_hidden_agency_hidden_id_person_hidden"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("hidden_id", "agency_id", name=op.f("pk_person_hidden_agency")),
    )
    op.create_table(
        "sync_concealment",
        sa.Column("entity", sa.String(length=80), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("entity", "scope", name=op.f("pk_sync_concealment")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("sync_concealment")
    op.drop_table("person_hidden_agency")
    op.drop_index("uq_person_hidden_standing", table_name="person_hidden")
    op.drop_index(op.f("ix_person_hidden_person_id"), table_name="person_hidden")
    op.drop_table("person_hidden")
