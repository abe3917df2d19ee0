"""Keep exact counts for named analysts, case studies on a shelf, and a notice board.

Revision 0065, after 0064.
"""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

MOMENT, KEY, WORDS = sa.DateTime(timezone=True), sa.String(length=36), sa.String(length=200)
NEEDED = "'terms_of_reference', 'information_sharing'"


def _allow_agreements(kinds: str) -> None:
    with op.batch_alter_table("agreement") as table:
        table.drop_constraint(op.f("ck_agreement_kind_is_known"), type_="check")
        table.create_check_constraint(op.f("ck_agreement_kind_is_known"), f"kind IN ({kinds})")


def upgrade() -> None:
    _allow_agreements(f"{NEEDED}, 'exact_counts'")
    op.create_table(
        "exact_share",
        sa.Column("publication_id", KEY, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication.id"], name=op.f("fk_exact_share_publication_id_publication")
        ),
        sa.PrimaryKeyConstraint("publication_id", name=op.f("pk_exact_share")),
    )
    op.create_table(
        "named_analyst",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("named_at", MOMENT, nullable=False),
        sa.Column("named_by", KEY, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", KEY, nullable=True),
        sa.CheckConstraint("purpose <> ''", name=op.f("ck_named_analyst_has_a_purpose")),
        sa.CheckConstraint("named_by <> worker_id", name=op.f("ck_named_analyst_named_by_another")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_named_analyst_ended_by_somebody")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_named_analyst_agency_id_agency")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_named_analyst_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_named_analyst")),
    )
    op.create_table(
        "shelf_study",
        sa.Column("id", KEY, nullable=False),
        sa.Column("quarter", sa.Date(), nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("kept_by", KEY, nullable=False),
        sa.Column("title", WORDS, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("taken_down_at", MOMENT, nullable=True),
        sa.Column("taken_down_by", KEY, nullable=True),
        sa.CheckConstraint(
            "(taken_down_at IS NULL) = (taken_down_by IS NULL)", name=op.f("ck_shelf_study_taken_by_somebody")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_shelf_study_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shelf_study")),
    )
    op.create_table(
        "board_notice",
        sa.Column("id", KEY, nullable=False),
        sa.Column("answers_id", KEY, nullable=True),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("posted_at", MOMENT, nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("title", WORDS, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("taken_down_at", MOMENT, nullable=True),
        sa.Column("taken_down_by", KEY, nullable=True),
        sa.CheckConstraint(
            "(taken_down_at IS NULL) = (taken_down_by IS NULL)", name=op.f("ck_board_notice_taken_by_somebody")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_board_notice_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["answers_id"], ["board_notice.id"], name=op.f("fk_board_notice_answers_id_board_notice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_notice")),
    )
    for table, columns in (
        ("named_analyst", ("agency_id", "worker_id")),
        ("shelf_study", ("quarter", "agency_id")),
        ("board_notice", ("answers_id", "agency_id")),
    ):
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table in ("board_notice", "shelf_study", "named_analyst", "exact_share"):
        op.drop_table(table)
    op.execute("DELETE FROM agreement WHERE kind = 'exact_counts'")
    _allow_agreements(NEEDED)
