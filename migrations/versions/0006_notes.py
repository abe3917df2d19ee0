"""Let services keep notes, and the glass be broken in need.

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "break_glass",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.String(length=36), nullable=True),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(reviewed_at IS NULL) = (reviewed_by IS NULL)", name=op.f("ck_break_glass_reviewed_by_somebody")
        ),
        sa.CheckConstraint("ends_at > at", name=op.f("ck_break_glass_ends_after_it_began")),
        sa.CheckConstraint("length(reason) >= 10", name=op.f("ck_break_glass_has_a_reason")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_break_glass_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass")),
    )
    with op.batch_alter_table("break_glass", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_break_glass_person_id_ends_at"), ["person_id", "ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_break_glass_reviewed_at_at"), ["reviewed_at", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_break_glass_worker_id"), ["worker_id"], unique=False)

    op.create_table(
        "person_note",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_person_note_says_something")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_person_note_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_note")),
    )
    with op.batch_alter_table("person_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_note_agency_id"), ["agency_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_note_person_id_at"), ["person_id", "at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("person_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_note_person_id_at"))
        batch_op.drop_index(batch_op.f("ix_person_note_agency_id"))

    op.drop_table("person_note")
    with op.batch_alter_table("break_glass", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_break_glass_worker_id"))
        batch_op.drop_index(batch_op.f("ix_break_glass_reviewed_at_at"))
        batch_op.drop_index(batch_op.f("ix_break_glass_person_id_ends_at"))

    op.drop_table("break_glass")
