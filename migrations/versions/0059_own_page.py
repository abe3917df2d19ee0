"""Let a person read their own page by a link of theirs, and keep what they wished there.

Revision 0059, after 0058.
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

MOMENT, KEY = sa.DateTime(timezone=True), sa.String(length=36)
THEIRS = "EXISTS (SELECT FROM person p WHERE p.id = person_id)"


def upgrade() -> None:
    op.create_table(
        "own_link",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", KEY, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_own_link_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_link")),
    )
    op.create_index(op.f("ix_own_link_person_id"), "own_link", ["person_id"])
    op.create_table(
        "own_wish",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("link_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("settled_by", KEY, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint("length(kind) BETWEEN 1 AND 64", name=op.f("ck_own_wish_kind_is_a_code")),
        sa.CheckConstraint("words <> ''", name=op.f("ck_own_wish_says_something")),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL)", name=op.f("ck_own_wish_settled_by_somebody")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_own_wish_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_wish")),
    )
    for column in ("person_id", "link_id", "agency_id"):
        op.create_index(op.f(f"ix_own_wish_{column}"), "own_wish", [column])
    if op.get_bind().dialect.name == "postgresql":
        for table in ("own_link", "own_wish"):
            op.execute(f"SELECT lantern_guard('{table}', '{THEIRS}')")


def downgrade() -> None:
    op.drop_table("own_wish")
    op.drop_table("own_link")
