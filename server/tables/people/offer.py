"""Places that wait, offers of a place, homes that were asked about, and nights of severe weather on which everybody is let in."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from server.database.columns import (
    check_code,
    check_one_of,
    code,
    id_key,
    id_of,
    loose_id,
    moment,
    table_of,
    text,
)
from shared.model.offer import StillThere, Takes


class VacancyRow(SQLModel, table=True):
    """Beds or homes that wait for somebody. `supports` is a JSON list of needs. No address: whoever offers knows where it is."""

    __tablename__ = "vacancy"
    __table_args__ = (
        CheckConstraint("places BETWEEN 0 AND 500", name="places_in_range"),
        CheckConstraint("age_from BETWEEN 0 AND 130 AND (age_to IS NULL OR age_to >= age_from)", name="ages_in_order"),
        *check_code("kind"),
        check_one_of("takes", Takes),
    )

    id: str = id_key()
    district_id: str = id_of("district.id", index=True)
    name: str = Field(max_length=200)
    kind: str = code()
    places: int = 1
    takes: str = Field(default="anybody", max_length=16)
    age_from: int = 18
    age_to: int | None = None
    supports: str = text("[]")
    opened_at: datetime = moment()
    opened_by: str = loose_id()
    closed_at: datetime | None = moment(optional=True)


class OfferRow(SQLModel, table=True):
    """A fact: a place was offered to somebody; and once, what they said."""

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint("(answer IS NULL) = (answered_on IS NULL)", name="answered_on_a_day"),
        CheckConstraint(
            "(answer = 'refused') = (why_refused IS NOT NULL) OR answer IS NULL", name="refused_for_a_reason"
        ),
        *check_code("kind"),
    )

    id: str = id_key()
    person_id: str = loose_id(index=True)
    district_id: str = id_of("district.id", index=True)
    kind: str = code()
    vacancy_id: str | None = loose_id(optional=True, index=True)
    offered_on: date
    recorded_at: datetime = moment()
    recorded_by: str = loose_id()
    answer: str | None = Field(default=None, max_length=16)
    answered_on: date | None = None
    why_refused: str | None = Field(default=None, max_length=64)
    answered_by: str | None = loose_id(optional=True)


class HomeAskedRow(SQLModel, table=True):
    """Somebody asked whether a home was still theirs, once for each of the times."""

    __tablename__ = "home_asked"
    __table_args__ = (
        CheckConstraint("months IN (3, 6, 12)", name="after_so_many_months"),
        check_one_of("answer", StillThere),
    )

    stay_id: str = loose_id(primary_key=True)
    months: int = Field(primary_key=True)
    person_id: str = loose_id(index=True)
    answer: str = Field(max_length=16)
    asked_on: date
    asked_by: str = loose_id()


_OPEN = sql("closed_at IS NULL")


class ColdNightsRow(SQLModel, table=True):
    """Nights on which a district lets everybody in (severe weather, SWEP), from when to when. `phones` says whom to ring."""

    __tablename__ = "cold_nights"
    __table_args__ = (
        Index("uq_cold_nights_open", "district_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        CheckConstraint("beds BETWEEN 0 AND 5000", name="beds_in_range"),
    )

    id: str = id_key()
    district_id: str = id_of("district.id")
    opened_at: datetime = moment()
    opened_by: str = loose_id()
    why: str = Field(default="", max_length=200)
    beds: int = 0
    phones: str = text()
    closed_at: datetime | None = moment(optional=True)
    closed_by: str | None = loose_id(optional=True)


vacancy = table_of(VacancyRow)
offer = table_of(OfferRow)
home_asked = table_of(HomeAskedRow)
cold_nights = table_of(ColdNightsRow)
