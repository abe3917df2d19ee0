"""Keep what services write down of an ordinary day, and referrals to services with their answers.

Revision 0054, after 0053.
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

MOMENT, KEY = sa.DateTime(timezone=True), sa.String(length=36)


def upgrade() -> None:
    op.create_table(
        "door_fact",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("service_id", KEY, nullable=True),
        sa.Column("service", sa.String(length=300), nullable=False),
        sa.Column("about_id", KEY, nullable=True),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", KEY, nullable=False),
        sa.Column("struck_at", MOMENT, nullable=True),
        sa.Column("struck_by", KEY, nullable=True),
        sa.CheckConstraint("length(kind) BETWEEN 1 AND 64", name=op.f("ck_door_fact_kind_is_a_code")),
        sa.CheckConstraint("(struck_at IS NULL) = (struck_by IS NULL)", name=op.f("ck_door_fact_struck_by_somebody")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_door_fact_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_fact")),
    )
    op.create_index(op.f("ix_door_fact_person_id_happened_on"), "door_fact", ["person_id", "happened_on"])
    for column in ("happened_on", "about_id", "agency_id"):
        op.create_index(op.f(f"ix_door_fact_{column}"), "door_fact", [column])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT lantern_guard('door_fact', 'EXISTS (SELECT FROM person p WHERE p.id = person_id)')")


def downgrade() -> None:
    op.drop_table("door_fact")
