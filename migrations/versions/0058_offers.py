"""Keep places that wait, offers of a place, homes that were asked about, and nights of severe weather.

Revision 0058, after 0057.
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    word, short = sa.String(length=64), sa.String(length=16)
    op.create_table(
        "vacancy",
        sa.Column("id", key, nullable=False),
        sa.Column("district_id", key, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", word, nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("takes", short, nullable=False),
        sa.Column("age_from", sa.Integer(), nullable=False),
        sa.Column("age_to", sa.Integer(), nullable=True),
        sa.Column("supports", sa.Text(), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("opened_by", key, nullable=False),
        sa.Column("closed_at", moment, nullable=True),
        sa.CheckConstraint("places BETWEEN 0 AND 500", name=op.f("ck_vacancy_places_in_range")),
        sa.CheckConstraint(
            "age_from BETWEEN 0 AND 130 AND (age_to IS NULL OR age_to >= age_from)", name=op.f("ck_vacancy_ages_in_order")
        ),
        sa.CheckConstraint("length(kind) BETWEEN 1 AND 64", name=op.f("ck_vacancy_kind_is_a_code")),
        sa.CheckConstraint("takes IN ('anybody', 'women', 'men')", name=op.f("ck_vacancy_takes_is_known")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_vacancy_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vacancy")),
    )
    op.create_index(op.f("ix_vacancy_district_id"), "vacancy", ["district_id"])
    op.create_table(
        "offer",
        sa.Column("id", key, nullable=False),
        sa.Column("person_id", key, nullable=False),
        sa.Column("district_id", key, nullable=False),
        sa.Column("kind", word, nullable=False),
        sa.Column("vacancy_id", key, nullable=True),
        sa.Column("offered_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", moment, nullable=False),
        sa.Column("recorded_by", key, nullable=False),
        sa.Column("answer", short, nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("why_refused", word, nullable=True),
        sa.Column("answered_by", key, nullable=True),
        sa.CheckConstraint("(answer IS NULL) = (answered_on IS NULL)", name=op.f("ck_offer_answered_on_a_day")),
        sa.CheckConstraint(
            "(answer = 'refused') = (why_refused IS NOT NULL) OR answer IS NULL", name=op.f("ck_offer_refused_for_a_reason")
        ),
        sa.CheckConstraint("length(kind) BETWEEN 1 AND 64", name=op.f("ck_offer_kind_is_a_code")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_offer_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    for column in ("person_id", "district_id", "vacancy_id"):
        op.create_index(op.f(f"ix_offer_{column}"), "offer", [column])
    op.create_table(
        "home_asked",
        sa.Column("stay_id", key, nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("person_id", key, nullable=False),
        sa.Column("answer", short, nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("asked_by", key, nullable=False),
        sa.CheckConstraint("months IN (3, 6, 12)", name=op.f("ck_home_asked_after_so_many_months")),
        sa.CheckConstraint("answer IN ('yes', 'no', 'not_known')", name=op.f("ck_home_asked_answer_is_known")),
        sa.PrimaryKeyConstraint("stay_id", "months", name=op.f("pk_home_asked")),
    )
    op.create_index(op.f("ix_home_asked_person_id"), "home_asked", ["person_id"])
    op.create_table(
        "cold_nights",
        sa.Column("id", key, nullable=False),
        sa.Column("district_id", key, nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("opened_by", key, nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("beds", sa.Integer(), nullable=False),
        sa.Column("phones", sa.Text(), nullable=False),
        sa.Column("closed_at", moment, nullable=True),
        sa.Column("closed_by", key, nullable=True),
        sa.CheckConstraint("beds BETWEEN 0 AND 5000", name=op.f("ck_cold_nights_beds_in_range")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_cold_nights_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cold_nights")),
    )
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_cold_nights_open", "cold_nights", ["district_id"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in ("offer", "home_asked"):
            op.execute(f"SELECT lantern_guard('{table}', 'EXISTS (SELECT FROM person p WHERE p.id = person_id)')")


def downgrade() -> None:
    for table in ("cold_nights", "home_asked", "offer", "vacancy"):
        op.drop_table(table)
