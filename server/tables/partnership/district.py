"""Districts, and the boundary polygons that an operator has loaded for them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, id_of, moment, table_of, text


class DistrictRow(SQLModel, table=True):
    """The local-authority area that owns an MDT list.

    Its code is never a key: districts are merged and codes reused.
    """

    __tablename__ = "district"
    __table_args__ = (
        CheckConstraint("code <> ''", name="has_a_code"),
        CheckConstraint("name <> ''", name="has_a_name"),
        CheckConstraint(
            "valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from", name="ends_after_it_begins"
        ),
        CheckConstraint("answer_days BETWEEN 1 AND 60", name="answers_within_sixty_days"),
    )

    id: str = id_key()
    code: str = Field(max_length=40, index=True)
    name: str = Field(max_length=200)
    valid_from: date | None = None
    valid_to: date | None = None
    verified_only: bool = False
    answer_days: int = 10


class BoundaryRow(SQLModel, table=True):
    """A district's area as GeoJSON (WGS 84), and its box: most points are answered without reading the shape."""

    __tablename__ = "boundary"
    __table_args__ = (CheckConstraint("west <= east AND south <= north", name="box_is_ordered"),)

    district_id: str = id_of("district.id", primary_key=True, cascade=True)
    geojson: str = text()
    west: float
    south: float
    east: float
    north: float
    source: str = Field(default="", max_length=200)
    loaded_at: datetime = moment()


district = table_of(DistrictRow)
boundary = table_of(BoundaryRow)
