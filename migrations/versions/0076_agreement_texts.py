"""Keep the texts that agencies sign: a new member is sent them.

Revision 0076, after 0075.
"""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreement_text",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_by", sa.String(length=36), nullable=True),
        sa.CheckConstraint(
            "kind IN ('terms_of_reference', 'information_sharing', 'exact_counts')",
            name=op.f("ck_agreement_text_kind_is_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_text")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_agreement_text_kind_version")),
    )


def downgrade() -> None:
    op.drop_table("agreement_text")
