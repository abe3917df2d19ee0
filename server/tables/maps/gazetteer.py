"""The operator's gazetteer: names of places and where they are, for typing an address where no map is at hand."""

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, table_of


class GazetteerPlaceRow(SQLModel, table=True):
    """A named place. `name_key` is the name as it is looked up: lower case, letters and digits only."""

    __tablename__ = "gazetteer_place"
    __table_args__ = (
        UniqueConstraint("name_key", "latitude", "longitude"),
        CheckConstraint("name <> ''", name="has_a_name"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_in_range"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_in_range"),
    )

    id: str = id_key()
    name: str = Field(max_length=200)
    name_key: str = Field(max_length=200, index=True)
    kind: str = Field(default="", max_length=64)
    latitude: float
    longitude: float


gazetteer_place = table_of(GazetteerPlaceRow)
