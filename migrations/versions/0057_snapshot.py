"""The snapshot night: its plan, evidence, strangers met twice, and the sheet that two people sign.

Revision 0057, after 0056.
"""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

MOMENT, KEY, CODE = sa.DateTime(timezone=True), sa.String(length=36), sa.String(length=64)
APPROACHES = "approach IN ('count', 'estimate', 'spotlight')"
AGES = "age IN ('under_18', '18_to_25', '26_and_over', 'not_known')"
PARENT = "EXISTS (SELECT FROM snapshot parent WHERE parent.id = snapshot_id)"
GUARDS = {
    "snapshot": "(SELECT lantern_reach()) && ARRAY['d:' || district_id]",
    "snapshot_walk": PARENT,
    "snapshot_named": PARENT,
    "snapshot_pair": PARENT,
}
"""The date is confidential: only the district itself sees it."""


def upgrade() -> None:
    op.create_table(
        "snapshot",
        sa.Column("id", KEY, nullable=False),
        sa.Column("district_id", KEY, nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("approach", CODE, nullable=False),
        sa.Column("partner_agency_id", KEY, nullable=True),
        sa.Column("evidence_on", sa.Date(), nullable=True),
        sa.Column("planned_by", KEY, nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        *(sa.Column(f"{which}_{what}", KEY, nullable=True) for which in ("first", "second") for what in ("by", "agency_id")),
        *(sa.Column(f"{which}_at", MOMENT, nullable=True) for which in ("first", "second")),
        sa.CheckConstraint(APPROACHES, name=op.f("ck_snapshot_approach_is_known")),
        sa.CheckConstraint("(first_by IS NULL) = (sheet = '')", name=op.f("ck_snapshot_frozen_when_signed")),
        sa.CheckConstraint("second_by IS NULL OR first_by IS NOT NULL", name=op.f("ck_snapshot_signed_in_order")),
        sa.CheckConstraint(
            "second_agency_id IS NULL OR first_agency_id <> second_agency_id",
            name=op.f("ck_snapshot_two_organisations_signed"),
        ),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_snapshot_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        sa.UniqueConstraint("district_id", "night", name=op.f("uq_snapshot_district_id_night")),
    )
    of_snapshot = lambda table: sa.ForeignKeyConstraint(  # noqa: E731
        ["snapshot_id"], ["snapshot.id"], name=op.f(f"fk_{table}_snapshot_id_snapshot")
    )
    op.create_table(
        "snapshot_walk",
        sa.Column("id", KEY, nullable=False),
        sa.Column("snapshot_id", KEY, nullable=False),
        sa.Column("area", sa.String(length=200), nullable=False),
        sa.Column("team_id", KEY, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("is_second", sa.Boolean(), nullable=False),
        of_snapshot("snapshot_walk"),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_snapshot_walk_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot_walk")),
    )
    op.create_table(
        "snapshot_named",
        sa.Column("id", KEY, nullable=False),
        sa.Column("snapshot_id", KEY, nullable=False),
        sa.Column("said_by", sa.String(length=200), nullable=False),
        sa.Column("gender", CODE, nullable=False),
        sa.Column("age", CODE, nullable=False),
        sa.Column("exclusion", CODE, nullable=True),
        sa.Column("same_as", KEY, nullable=True),
        sa.Column("recorded_by", KEY, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(gender) BETWEEN 1 AND 64", name=op.f("ck_snapshot_named_gender_is_a_code")),
        sa.CheckConstraint(AGES, name=op.f("ck_snapshot_named_age_is_known")),
        of_snapshot("snapshot_named"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot_named")),
    )
    op.create_table(
        "snapshot_pair",
        sa.Column("snapshot_id", KEY, nullable=False),
        sa.Column("one_id", KEY, nullable=False),
        sa.Column("other_id", KEY, nullable=False),
        sa.Column("is_same", sa.Boolean(), nullable=False),
        sa.Column("said_by", KEY, nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_snapshot_pair_pair_is_ordered")),
        of_snapshot("snapshot_pair"),
        sa.PrimaryKeyConstraint("snapshot_id", "one_id", "other_id", name=op.f("pk_snapshot_pair")),
    )
    for table in ("snapshot_walk", "snapshot_named"):
        op.create_index(f"ix_{table}_snapshot_id", table, ["snapshot_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table, rows in GUARDS.items():
            told = rows.replace("'", "''")
            op.execute(f"SELECT lantern_guard('{table}', '{told}')")


def downgrade() -> None:
    for table in ("snapshot_pair", "snapshot_named", "snapshot_walk", "snapshot"):
        op.drop_table(table)
