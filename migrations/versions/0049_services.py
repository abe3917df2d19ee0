"""Keep a directory of services: what each offers, whom it takes, where it is and when it is open.

Revision 0049, after 0048.
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    op.create_table(
        "service",
        sa.Column("id", key, nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("came_with", sa.Text(), nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("edited_at", moment, nullable=True),
        sa.Column("edited_by", key, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("source", "reference", name=op.f("uq_service_source_reference")),
    )


def downgrade() -> None:
    op.drop_table("service")
