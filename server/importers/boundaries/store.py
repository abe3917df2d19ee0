"""Boundaries brought in: each area finds its district by code, or opens it, and gives it its shape and name."""

from collections.abc import Sequence

from server.database.engine import Database
from server.importers.accounting import Account, Importing, close_account
from server.importers.boundaries.parse import Area
from server.importers.files import Refusal
from server.places.districts import name_of_unlisted
from server.queries.maps.boundaries import Boundary, find_district_by_code, rename_district, save_boundary
from server.queries.partnership.districts import add_district
from shared.model.district import District


def import_boundaries(database: Database, run: Importing, areas: Sequence[Area | Refusal]) -> Account:
    """Store areas; the same file again changes nothing. A code that stands twice in a file is refused the second time."""
    account = Account(read=len(areas))
    seen: set[str] = set()
    with database.writing() as session:
        for area in areas:
            if isinstance(area, Refusal):
                account.refuse(area)
            elif area.code in seen:
                reason = f"The code {area.code} stands twice in the file: join its polygons into one."
                account.refuse(Refusal(area.number, reason, area.geojson[:2_000]))
            else:
                seen.add(area.code)
                district = find_district_by_code(session, area.code)
                if district is None:
                    district = District(id=run.new_id(), code=area.code, name=area.name)
                    add_district(session, district)
                elif district.name == name_of_unlisted(area.code):
                    rename_district(session, district.id, area.name)
                box = (area.west, area.south, area.east, area.north)
                kept = save_boundary(session, Boundary(district.id, area.geojson, *box, run.file_name[:200]), run.now)
                account.accepted += kept
                account.duplicates += not kept
        close_account(session, run, run.new_id(), account)
    return account
