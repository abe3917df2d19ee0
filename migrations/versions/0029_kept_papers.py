"""Keep what each agency was sent of a conference, sealed and by case, and the versions of its minutes.

Revision 0029, after 0028.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    with op.batch_alter_table("circulation") as batch:
        batch.add_column(sa.Column("sha256", sa.String(length=64), nullable=False, server_default=""))
        batch.add_column(sa.Column("starts_at", moment, nullable=True))
        batch.add_column(sa.Column("place", sa.String(length=200), nullable=False, server_default=""))
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "circulated_case",
        sa.Column("circulation_id", key, nullable=False),
        sa.Column("case_id", key, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["circulation_id"], ["circulation.id"], ondelete="CASCADE",
            name=op.f("fk_circulated_case_circulation_id_circulation"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["mdt_case.id"], name=op.f("fk_circulated_case_case_id_mdt_case")),
        sa.PrimaryKeyConstraint("circulation_id", "case_id", name=op.f("pk_circulated_case")),
    )
    op.create_table(
        "minutes_version",
        sa.Column("id", key, nullable=False),
        sa.Column("conference_id", key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("worker_id", key, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("checked_at", moment, nullable=True),
        sa.Column("checked_by", key, nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_minutes_version_number_counts_from_one")),
        sa.CheckConstraint(
            "(checked_at IS NULL) = (checked_by IS NULL)", name=op.f("ck_minutes_version_checked_by_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["case_conference.id"], ondelete="CASCADE",
            name=op.f("fk_minutes_version_conference_id_case_conference"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minutes_version")),
        sa.UniqueConstraint("conference_id", "number", name=op.f("uq_minutes_version_conference_id_number")),
    )
    op.create_table(
        "minutes_case",
        sa.Column("version_id", key, nullable=False),
        sa.Column("case_id", key, nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["minutes_version.id"], ondelete="CASCADE",
            name=op.f("fk_minutes_case_version_id_minutes_version"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["mdt_case.id"], name=op.f("fk_minutes_case_case_id_mdt_case")),
        sa.PrimaryKeyConstraint("version_id", "case_id", name=op.f("pk_minutes_case")),
    )


def downgrade() -> None:
    op.drop_table("minutes_case")
    op.drop_table("minutes_version")
    op.drop_table("circulated_case")
    with op.batch_alter_table("circulation") as batch:
        for column in ("version", "place", "starts_at", "sha256"):
            batch.drop_column(column)
