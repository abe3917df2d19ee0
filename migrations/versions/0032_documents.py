"""Keep papers of people and pictures of places, their bytes sealed and apart.

Revision 0032, after 0031.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    op.create_table(
        "document",
        sa.Column("id", key, nullable=False),
        sa.Column("person_id", key, nullable=True),
        sa.Column("site_id", key, nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("worker_id", key, nullable=False),
        sa.Column("agency_id", key, nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("announced_at", moment, nullable=False),
        sa.Column("kept_at", moment, nullable=True),
        sa.CheckConstraint("length(kind) BETWEEN 1 AND 64", name=op.f("ck_document_kind_is_a_code")),
        sa.CheckConstraint("state IN ('waiting', 'kept', 'refused')", name=op.f("ck_document_state_is_known")),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (site_id IS NULL)", name=op.f("ck_document_of_a_person_or_a_place")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    for column in ("person_id", "site_id", "sha256", "worker_id"):
        op.create_index(op.f(f"ix_document_{column}"), "document", [column])
    op.create_table(
        "document_content",
        sa.Column("document_id", key, nullable=False),
        sa.Column("person_id", key, nullable=True),
        sa.Column("key_name", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_document_content_document_id_document")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document_content")),
    )
    for column in ("person_id", "key_name"):
        op.create_index(op.f(f"ix_document_content_{column}"), "document_content", [column])


def downgrade() -> None:
    op.drop_table("document_content")
    op.drop_table("document")
