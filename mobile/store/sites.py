"""The site table: one row a bedding-down place as its patches leave it, with when somebody last looked there."""

from typing import Any, Final

from msgspec import Struct

from mobile.store import near
from mobile.store.database import Connection
from mobile.store.rows import body_of, read_body
from shared.model.site import Site
from shared.model.value import Id

COLUMNS: Final = "id, body, has_conflict, last_visited_at, people_last_seen"


class SiteRow(Struct, frozen=True):
    """A place as a list needs it."""

    site: Site
    has_conflict: bool
    last_visited_at: int | None
    people_last_seen: int
    distance_m: float | None = None


def put_site(connection: Connection, site: Site, has_conflict: bool) -> None:
    """Write what the patches of a place come to now; when it was last visited is kept."""
    place = site.position
    connection.execute(
        "INSERT INTO site (id, name, kind, latitude, longitude, body, in_use, has_hazards, has_conflict)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind,"
        " latitude = excluded.latitude, longitude = excluded.longitude, body = excluded.body, in_use = excluded.in_use,"
        " has_hazards = excluded.has_hazards, has_conflict = excluded.has_conflict",
        (
            site.id,
            site.name,
            str(site.kind),
            place.latitude if place else None,
            place.longitude if place else None,
            body_of(site),
            site.in_use,
            bool(site.hazards),
            has_conflict,
        ),
    )


def forget_site(connection: Connection, site_id: Id) -> None:
    """Drop a place whose last patch has left this phone."""
    connection.execute("DELETE FROM site WHERE id = ?", (site_id,))


def refresh_last_visit(connection: Connection, site_id: Id) -> None:
    """Take the newest contact or visit at a place as when somebody last looked there, and how many were met."""
    row = connection.execute(
        "SELECT at, people FROM ("
        " SELECT * FROM (SELECT at, people_found AS people FROM visit"
        "  WHERE site_id = :site AND is_struck = 0 ORDER BY at DESC LIMIT 1)"
        " UNION ALL SELECT * FROM ("
        "  SELECT seen_at, (SELECT count(*) FROM contact_person WHERE contact_id = contact.id)"
        "  FROM contact WHERE site_id = :site ORDER BY seen_at DESC LIMIT 1)) ORDER BY at DESC LIMIT 1",
        {"site": site_id},
    ).fetchone()
    connection.execute(
        "UPDATE site SET last_visited_at = ?, people_last_seen = ? WHERE id = ?", (*(row or (None, 0)), site_id)
    )


def find_site(connection: Connection, site_id: Id) -> SiteRow | None:
    """One place by id."""
    row = connection.execute(f"SELECT {COLUMNS}, NULL FROM site WHERE id = ?", (site_id,)).fetchone()
    return _site_row(row) if row else None


def list_near(connection: Connection, latitude: float, longitude: float, limit: int) -> list[SiteRow]:
    """Places by distance; those whose place is not known come last."""
    rows = connection.execute(
        f"SELECT {COLUMNS}, {near.SQUARED_M} AS squared_m FROM site WHERE in_use = 1"
        " ORDER BY squared_m IS NULL, squared_m, id LIMIT :limit",
        {**near.origin(latitude, longitude), "limit": limit},
    )
    return [_site_row(row) for row in rows]


def list_recent(connection: Connection, limit: int) -> list[SiteRow]:
    """Places by when somebody last looked there."""
    rows = connection.execute(
        f"SELECT {COLUMNS}, NULL FROM site WHERE in_use = 1 ORDER BY last_visited_at DESC, id LIMIT ?", (limit,)
    )
    return [_site_row(row) for row in rows]


def list_names(connection: Connection, site_ids: tuple[Id, ...]) -> dict[Id, str]:
    """What these places are called; a place without a name goes by its kind."""
    marks = ", ".join("?" * len(site_ids))
    rows = connection.execute(f"SELECT id, name, kind FROM site WHERE id IN ({marks})", site_ids)
    return {site_id: name or str(kind).replace("_", " ") for site_id, name, kind in rows}


def _site_row(row: Any) -> SiteRow:
    return SiteRow(read_body(row[1], Site), bool(row[2]), row[3], row[4], near.metres(row[5]))
