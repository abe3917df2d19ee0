"""Every point that the map draws, from the tables of their nouns, inside one box."""

from msgspec import Struct

from mobile.store.database import Connection
from mobile.store.people import ALIVE, MERGED, NOT_MERGED
from shared.model.value import Id


class MapPoint(Struct, frozen=True):
    """A place to draw."""

    kind: str
    id: Id
    latitude: float
    longitude: float
    title: str


def list_points(connection: Connection, box: tuple[float, float, float, float], limit: int) -> list[MapPoint]:
    """Open referrals, then sites, then where people were last seen, inside (south, west, north, east)."""
    rows = connection.execute(
        f"{MERGED} SELECT kind, id, latitude, longitude, title FROM ("
        " SELECT 0 AS rank, 'referral' AS kind, id, latitude, longitude, number AS title FROM referral"
        " WHERE state NOT IN ('closed', 'duplicate_of', 'wrong_area')"
        " UNION ALL SELECT 1, 'site', id, latitude, longitude, name FROM site WHERE in_use = 1"
        " UNION ALL SELECT 2, 'person', id, latitude, longitude, known_as FROM person"
        f" WHERE {ALIVE} AND {NOT_MERGED})"
        " WHERE latitude BETWEEN :south AND :north AND longitude BETWEEN :west AND :east ORDER BY rank, id LIMIT :limit",
        {"south": box[0], "west": box[1], "north": box[2], "east": box[3], "limit": limit},
    )
    return [MapPoint(*row) for row in rows]
