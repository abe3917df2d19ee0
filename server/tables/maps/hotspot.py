"""Published hotspot maps:

one frozen publication a quarter, and the regions it showed. The ledger of what was ever told.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, id_of, moment, table_of, text


class HotspotPublicationRow(SQLModel, table=True):
    """One map for one audience and one period, frozen when published (privacy rule D5)."""

    __tablename__ = "hotspot_publication"
    __table_args__ = (
        UniqueConstraint("audience", "period_starts_on", "period_ends_on"),
        CheckConstraint("period_ends_on >= period_starts_on", name="period_is_ordered"),
        CheckConstraint("threshold >= 5", name="threshold_protects"),
    )

    id: str = id_key()
    audience: str = Field(max_length=40)
    period_starts_on: date
    period_ends_on: date
    threshold: int
    minimum_leaves: int
    leaf_level: int
    crs: str = Field(max_length=40)
    published_at: datetime = moment()
    people_shown: int = 0
    visits: int | None = None
    """Looks of the whole authority, rounded."""


class HotspotRegionRow(SQLModel, table=True):
    """One region of a publication:

    its leaves (JSON list of cells) and the rounded count, or none for 'fewer than k'.
    """

    __tablename__ = "hotspot_region"
    __table_args__ = (CheckConstraint("shown IS NULL OR shown % 5 = 0", name="shown_in_fives"),)

    publication_id: str = id_of("hotspot_publication.id", primary_key=True, cascade=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    leaves: str = text("[]")
    geojson: str = text("{}")
    shown: int | None = None
    visits: int | None = None


hotspot_publication = table_of(HotspotPublicationRow)
hotspot_region = table_of(HotspotRegionRow)
