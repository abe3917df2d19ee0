"""Let conferences keep what is typed and sent, and coordinators place cases.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agenda_left_out",
        sa.Column("conference_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["mdt_case.id"], name=op.f("fk_agenda_left_out_case_id_mdt_case")),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["case_conference.id"],
            name=op.f("fk_agenda_left_out_conference_id_case_conference"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conference_id", "case_id", name=op.f("pk_agenda_left_out")),
    )
    op.create_table(
        "case_general",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("temporarily_housed", sa.Boolean(), nullable=False),
        sa.Column("receiving_support", sa.Boolean(), nullable=False),
        sa.Column("eviction_risk", sa.Boolean(), nullable=False),
        sa.Column("clinically_extremely_vulnerable", sa.Boolean(), nullable=False),
        sa.Column("evicted", sa.Boolean(), nullable=False),
        sa.Column("assessed_for_move_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["mdt_case.id"], name=op.f("fk_case_general_case_id_mdt_case"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_general")),
    )
    op.create_table(
        "circulation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conference_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("withheld", sa.Text(), nullable=False),
        sa.Column("warning", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_circulation_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["case_conference.id"],
            name=op.f("fk_circulation_conference_id_case_conference"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circulation")),
    )
    with op.batch_alter_table("circulation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_circulation_agency_id"), ["agency_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_circulation_conference_id_agency_id"), ["conference_id", "agency_id"], unique=False
        )

    op.create_table(
        "priority_override",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=36), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_priority_override_has_a_reason")),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_priority_override_rank_counts_from_one")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["mdt_case.id"], name=op.f("fk_priority_override_case_id_mdt_case"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_priority_override")),
    )
    with op.batch_alter_table("priority_override", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_priority_override_case_id_at"), ["case_id", "at"], unique=False)

    op.create_table(
        "conference_note",
        sa.Column("agenda_item_id", sa.String(length=36), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=36), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_conference_note_version_counts_from_one")),
        sa.ForeignKeyConstraint(
            ["agenda_item_id"],
            ["agenda_item.id"],
            name=op.f("fk_conference_note_agenda_item_id_agenda_item"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agenda_item_id", name=op.f("pk_conference_note")),
    )


def downgrade() -> None:
    op.drop_table("conference_note")
    with op.batch_alter_table("priority_override", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_priority_override_case_id_at"))

    op.drop_table("priority_override")
    with op.batch_alter_table("circulation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_circulation_conference_id_agency_id"))
        batch_op.drop_index(batch_op.f("ix_circulation_agency_id"))

    op.drop_table("circulation")
    op.drop_table("case_general")
    op.drop_table("agenda_left_out")
