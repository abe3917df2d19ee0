"""Let programs of partner agencies read and write by an API, and hear what is new by hooks.

Revision 0043, after 0042.
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    op.create_table(
        "partner_system",
        sa.Column("id", key, nullable=False),
        sa.Column("agency_id", key, nullable=False),
        sa.Column("worker_id", key, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("hook_url", sa.String(length=500), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_partner_system_agency_id_agency")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_partner_system_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_system")),
    )
    op.create_index(op.f("ix_partner_system_agency_id"), "partner_system", ["agency_id"])
    op.create_index(op.f("ix_partner_system_worker_id"), "partner_system", ["worker_id"])
    op.create_table(
        "system_notice",
        sa.Column("id", key, nullable=False),
        sa.Column("system_id", key, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("about_id", key, nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", moment, nullable=False),
        sa.Column("last_error", sa.String(length=200), nullable=False),
        sa.Column("sent_at", moment, nullable=True),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_system_notice_attempts_not_negative")),
        sa.CheckConstraint("length(kind) BETWEEN 1 AND 64", name=op.f("ck_system_notice_kind_is_a_code")),
        sa.CheckConstraint("length(state) BETWEEN 1 AND 64", name=op.f("ck_system_notice_state_is_a_code")),
        sa.ForeignKeyConstraint(
            ["system_id"], ["partner_system.id"], name=op.f("fk_system_notice_system_id_partner_system")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_system_notice")),
        sa.UniqueConstraint("system_id", "kind", "about_id", name=op.f("uq_system_notice_system_id_kind_about_id")),
    )
    op.create_index(op.f("ix_system_notice_state_next_try_at"), "system_notice", ["state", "next_try_at"])


def downgrade() -> None:
    op.drop_table("system_notice")
    op.drop_table("partner_system")
