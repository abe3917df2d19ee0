"""Keep whom an organisation's own sign-in proves: issuer and subject of OpenID Connect.

Revision 0023, after 0022.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "worker_identity",
        sa.Column("issuer", sa.String(length=400), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name="fk_worker_identity_worker_id_worker", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_worker_identity"),
    )
    op.create_index("ix_worker_identity_worker_id", "worker_identity", ["worker_id"])


def downgrade() -> None:
    op.drop_table("worker_identity")
