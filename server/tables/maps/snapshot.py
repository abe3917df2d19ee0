"""The snapshot night of a district: its plan, who was told of at the evidence meeting, what was said of strangers met twice, and
the sheet as two people signed it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import check_code, check_one_of, code, id_key, id_of, loose_id, moment, table_of, text
from shared.model.codes import Gender
from shared.rules.snapshot import AgeBand, Approach


class SnapshotRow(SQLModel, table=True):
    """One night of a district. `sheet` is JSON, written once with the first signature; empty until then."""

    __tablename__ = "snapshot"
    __table_args__ = (
        UniqueConstraint("district_id", "night"),
        check_one_of("approach", Approach),
        CheckConstraint("(first_by IS NULL) = (sheet = '')", name="frozen_when_signed"),
        CheckConstraint("second_by IS NULL OR first_by IS NOT NULL", name="signed_in_order"),
        CheckConstraint(
            "second_agency_id IS NULL OR first_agency_id <> second_agency_id", name="two_organisations_signed"
        ),
    )

    id: str = id_key()
    district_id: str = id_of("district.id")
    night: date
    approach: str = code()
    partner_agency_id: str | None = loose_id(optional=True)
    evidence_on: date | None = None
    planned_by: str = loose_id()
    planned_at: datetime = moment()
    sheet: str = text()
    first_by: str | None = loose_id(optional=True)
    first_agency_id: str | None = loose_id(optional=True)
    first_at: datetime | None = moment(optional=True)
    second_by: str | None = loose_id(optional=True)
    second_agency_id: str | None = loose_id(optional=True)
    second_at: datetime | None = moment(optional=True)


class SnapshotWalkRow(SQLModel, table=True):
    """A team walks an area from a moment on."""

    __tablename__ = "snapshot_walk"

    id: str = id_key()
    snapshot_id: str = id_of("snapshot.id", index=True)
    area: str = Field(max_length=200)
    team_id: str = id_of("team.id")
    starts_at: datetime = moment()
    is_second: bool = False


class SnapshotNamedRow(SQLModel, table=True):
    """Somebody whom a partner told of at the evidence meeting, without a name."""

    __tablename__ = "snapshot_named"
    __table_args__ = (*check_code("gender"), check_one_of("age", AgeBand))

    id: str = id_key()
    snapshot_id: str = id_of("snapshot.id", index=True)
    said_by: str = Field(max_length=200)
    gender: str = code(Gender.NOT_KNOWN)
    age: str = code(AgeBand.NOT_KNOWN)
    exclusion: str | None = Field(default=None, max_length=64)
    same_as: str | None = loose_id(optional=True)
    recorded_by: str = loose_id()
    recorded_at: datetime = moment()


class SnapshotPairRow(SQLModel, table=True):
    """Whether the strangers of two contacts are the same people. `one_id` is the smaller id."""

    __tablename__ = "snapshot_pair"
    __table_args__ = (CheckConstraint("one_id < other_id", name="pair_is_ordered"),)

    snapshot_id: str = id_of("snapshot.id", primary_key=True)
    one_id: str = loose_id(primary_key=True)
    other_id: str = loose_id(primary_key=True)
    is_same: bool
    said_by: str = loose_id()
    said_at: datetime = moment()


snapshot = table_of(SnapshotRow)
snapshot_walk = table_of(SnapshotWalkRow)
snapshot_named = table_of(SnapshotNamedRow)
snapshot_pair = table_of(SnapshotPairRow)
