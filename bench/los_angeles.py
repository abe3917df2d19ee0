"""Converts the Los Angeles file of encampment reports (CSV, gzip) to Open311 GeoReport v2, for `lantern import referrals`.

    python -m bench.los_angeles REPORTS.csv.gz requests.json

The columns, and what each becomes (the file is the city's own, times are local to Los Angeles):

    id             service_request_id
    created_at     requested_datetime, with the zone's offset
    updated_at     updated_datetime
    closed_at      closes the request, as does a status that says so (Cancelled, Closed, ...)
    status         status (open or closed), and status_notes in the city's own word
    channel        source (Call, Mobile App, ...)
    owner          agency_responsible
    lat, lon       lat, long; an empty or zero pair stays empty
    zip            zipcode
    council_district, census_tract   attributes, kept as they are
"""

import csv
import gzip
import io
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

ZONE = ZoneInfo("America/Los_Angeles")
SERVICE_CODE = "homeless_encampment"
OPEN_STATUSES = frozenset({"", "open", "pending", "in progress", "forward", "referred out"})


def convert(packed: bytes) -> bytes:
    """The GeoReport v2 JSON of the city's CSV, row for row in its order."""
    with gzip.open(io.BytesIO(packed), "rt", encoding="utf-8", newline="") as lines:
        return msgspec.json.encode(list(list_requests(csv.DictReader(lines))))


def list_requests(rows: Iterable[dict[str, str]]) -> Iterator[dict[str, Any]]:
    """One service request a row."""
    for row in rows:
        yield {
            "service_request_id": row["id"],
            "status": "open" if row["status"].strip().lower() in OPEN_STATUSES and not row["closed_at"] else "closed",
            "status_notes": row["status"],
            "service_code": SERVICE_CODE,
            "service_name": "Homeless encampment",
            "agency_responsible": row["owner"],
            "requested_datetime": in_zone(row["created_at"]),
            "updated_datetime": in_zone(row["closed_at"] or row["updated_at"]),
            "zipcode": row["zip"],
            "lat": float(row["lat"]) if row["lat"] else None,
            "long": float(row["lon"]) if row["lon"] else None,
            "source": row["channel"],
            "attributes": {"council_district": row["council_district"], "census_tract": row["census_tract"]},
        }


def in_zone(local: str) -> str:
    """A local time with its offset, empty where there is none."""
    return datetime.fromisoformat(local).replace(tzinfo=ZONE).isoformat() if local else ""


def main() -> None:
    """Convert the file named first into the one named second."""
    source, target = map(Path, sys.argv[1:3])
    target.write_bytes(convert(source.read_bytes()))


if __name__ == "__main__":
    main()
