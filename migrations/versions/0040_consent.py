"""Keep what people said about sharing: to what, with whom, until when, by word or on paper, and when they withdrew it.

Revision 0040, after 0039.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

MOMENT, KEY, CODE = sa.DateTime(timezone=True), sa.String(length=36), sa.String(length=64)


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("what", CODE, nullable=False),
        sa.Column("agency_id", KEY, nullable=True),
        sa.Column("answer", CODE, nullable=False),
        sa.Column("basis", CODE, nullable=False),
        sa.Column("way", CODE, nullable=False),
        sa.Column("document_id", KEY, nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        *(
            sa.CheckConstraint(f"length({name}) BETWEEN 1 AND 64", name=op.f(f"ck_consent_{name}_is_a_code"))
            for name in ("what", "answer", "basis", "way")
        ),
        sa.CheckConstraint("until IS NULL OR answer = 'agreed'", name=op.f("ck_consent_only_an_agreement_ends")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_person_id_at"), "consent", ["person_id", "at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT lantern_guard('consent', 'EXISTS (SELECT FROM person p WHERE p.id = person_id)')")


def downgrade() -> None:
    op.drop_table("consent")
