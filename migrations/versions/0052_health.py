"""Keep health and harm as facts: a doctor, hospital, safeguarding and its answers, harm; and that somebody died.

Revision 0052, after 0051.
"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

MOMENT, KEY = sa.DateTime(timezone=True), sa.String(length=36)
STEPS = "'came', 'returned', 'put_forward', 'listed', 'declined', 'same_person', 'apart', 'discussed', 'closed', 'moved'"


def _allow_steps(steps: str) -> None:
    with op.batch_alter_table("case_event") as table:
        table.drop_constraint(op.f("ck_case_event_step_is_known"), type_="check")
        table.create_check_constraint(op.f("ck_case_event_step_is_known"), f"step IN ({steps})")


def upgrade() -> None:
    _allow_steps(f"{STEPS}, 'died'")
    op.create_table(
        "health_fact",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("learning", sa.Text(), nullable=False),
        sa.Column("about_id", KEY, nullable=True),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", KEY, nullable=False),
        sa.Column("struck_at", MOMENT, nullable=True),
        sa.Column("struck_by", KEY, nullable=True),
        sa.CheckConstraint("length(kind) BETWEEN 1 AND 64", name=op.f("ck_health_fact_kind_is_a_code")),
        sa.CheckConstraint("(struck_at IS NULL) = (struck_by IS NULL)", name=op.f("ck_health_fact_struck_by_somebody")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_health_fact_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_fact")),
    )
    op.create_index(op.f("ix_health_fact_person_id_recorded_at"), "health_fact", ["person_id", "recorded_at"])
    op.create_index(op.f("ix_health_fact_kind_happened_on"), "health_fact", ["kind", "happened_on"])
    for column in ("about_id", "agency_id"):
        op.create_index(op.f(f"ix_health_fact_{column}"), "health_fact", [column])
    op.add_column("person", sa.Column("died_on", sa.Date(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT lantern_guard('health_fact', 'EXISTS (SELECT FROM person p WHERE p.id = person_id)')")


def downgrade() -> None:
    op.drop_column("person", "died_on")
    op.drop_table("health_fact")
    op.execute("UPDATE case_event SET step = 'closed' WHERE step = 'died'")
    _allow_steps(STEPS)
