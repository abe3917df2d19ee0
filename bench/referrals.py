"""What referrals cost: bringing a file in, its memory, and what the public hears while everything else goes on.

    python -m bench.referrals [import] [memory] [public] [busy] [duplicates] [--out bench/results/referrals.json]

The file is invented: StreetLink's columns, two districts, a tenth without a point, a hundredth refused. `import` compares the
CPU time of this process in one run, the best of three, with reading the same file by the standard library's `csv` and putting
the rows that the import stored (the alert, what says who reported, the referral) into the same tables by the driver's
executemany, without a district, a duplicate check, an account, a feed for phones or an audit line. `memory` is the peak of a
process of its own for each length. `public` and `busy` serve a real server by its own command and post forms to it.
"""

import csv
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import insert, select
from uuid_utils import uuid7

from bench.road_import import start_postgres
from server.database.engine import Database
from server.importers.accounting import Importing
from server.importers.boundaries.parse import parse as parse_boundaries
from server.importers.boundaries.store import import_boundaries
from server.importers.inputs import of_path
from server.importers.referrals import import_referrals
from server.importers.report import Reading
from server.importers.source import Asked
from server.importers.sources import SOURCES
from server.migrate import upgrade
from server.queries.partnership.districts import list_districts
from server.tables.partnership.agency import agency, team, team_district
from server.tables.referrals.referral import alert, alert_referrer, referral

RESULT = Path("bench/results/referrals.json")
ZONE = "Europe/London"
RUNS = 3
ROWS = 20_000
LENGTHS = (10_000, 100_000, 1_000_000)
WORDS = ("grey sleeping bag", "red hat", "blue tent", "coughing", "by the bank", "under the bridge", "two people", "a dog",
         "no shoes", "green coat", "outside the library", "shivering")  # fmt: skip
POSTCODES = ("WD17 1EU", "WD17 2AB", "WD18 0HX", "WD17 3AX", "WD24 4AA", "WD18 7AA", "WD17 1NA", "WD25 7AA", "")
HEADING = (
    "alert_id", "duplication_status", "parent_alert_id", "status", "datetime_opened", "closed_date", "time_seen",
    "referrer_type", "alert_origin", "contact_consent", "local_authority_name", "street", "postcode", "location_details",
    "geo_latitude", "geo_longitude", "age_group", "gender", "appearance", "immediate_concerns_about_client",
    "group_number_of_people", "outcome_summary", "first_name", "your_email",
)  # fmt: skip


def list_rows(count: int, seed: int = 18) -> Iterator[dict[str, str]]:
    """The invented rows of a file."""
    chance = Random(seed)
    for number in range(count):
        has_point, is_good = number % 10 != 3, number % 100 != 57
        day, month = chance.randrange(1, 29), chance.randrange(1, 11)
        yield {
            "alert_id": f"SL-{number:07}",
            "status": "Open",
            "datetime_opened": f"{day:02}/{month:02}/2026 {chance.randrange(24):02}:{chance.randrange(60):02}"
            if is_good
            else "last week",
            "time_seen": f"{chance.randrange(6, 12)}pm",
            "referrer_type": "Member of the public",
            "alert_origin": "web",
            "contact_consent": "yes",
            "local_authority_name": "Watford",
            "street": f"{chance.randrange(1, 200)} Clarendon Road",
            "postcode": chance.choice(POSTCODES),
            "location_details": f"{chance.choice(WORDS)}, {chance.choice(WORDS)}",
            "geo_latitude": f"{51.63 + chance.random() * 0.08:.6f}" if has_point else "",
            "geo_longitude": f"{-0.54 + chance.random() * 0.18:.6f}" if has_point else "",
            "age_group": "25 - 50 years old",
            "gender": chance.choice(("male", "female", "unknown")),
            "appearance": f"{chance.choice(WORDS)}, {chance.choice(WORDS)}, {chance.randrange(10**6)}",
            "immediate_concerns_about_client": chance.choice(WORDS),
            "your_email": f"n{number}@example.org",
        }


def write_file(path: Path, count: int) -> Path:
    """A file of so many rows."""
    with path.open("w", newline="") as text:
        lines = csv.DictWriter(text, HEADING, restval="")
        lines.writeheader()
        lines.writerows(list_rows(count))
    return path


def make_county(database: Database) -> None:
    """Two districts beside one another, and a team that walks both."""

    def square(code: str, name: str, west: float, east: float) -> dict[str, Any]:
        ring = [[west, 51.62], [east, 51.62], [east, 51.72], [west, 51.72], [west, 51.62]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        return {"type": "Feature", "properties": {"lad24cd": code, "lad24nm": name}, "geometry": shape}

    features = [square("E07000103", "Watford", -0.45, -0.35), square("E07000102", "Three Rivers", -0.55, -0.45)]
    drawn = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    run = Importing("boundaries", "geojson", "county", drawn, datetime.now(UTC), make_id)
    import_boundaries(database, run, parse_boundaries(drawn))
    with database.writing() as session:
        session.execute(insert(agency), [{"id": "outreach", "name": "Street Outreach", "kind": "outreach"}])
        session.execute(insert(team), [{"id": "team-1", "agency_id": "outreach", "name": "Outreach"}])
        walked = [{"team_id": "team-1", "district_id": each.id} for each in list_districts(session)]
        session.execute(insert(team_district), walked)


def make_id() -> str:
    return str(uuid7())


def bring_in(database: Database, path: Path) -> None:
    """The import as its command carries it out."""
    now = datetime.now(UTC)
    run = Importing("referrals", "streetlink", path.name, b"", now, make_id, ZONE, file_sha256=path.name)
    account = import_referrals(
        database, run, SOURCES["streetlink"].open(of_path(path), Reading(ZONE, now), Asked()), path.parent
    )
    if not account.is_whole or account.refused_number != account.read // 100:
        raise SystemExit(f"the import lost count: {account.as_json() | {'refused': account.refused_number}}")


def measure_import() -> dict[str, Any]:
    """Milliseconds of CPU, rows a second and the ratio, for each database there is."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_file(Path(folder) / "reports.csv", ROWS)
        found = {"sqlite": _compare(lambda name: f"sqlite:///{folder}/{name}.sqlite", path)}
        postgres = start_postgres(Path(folder))
        if postgres is not None:
            make, stop = postgres
            found["postgresql"] = _compare(make, path)
            stop()
        return found


def _compare(make: Callable[[str], str], path: Path) -> dict[str, Any]:
    imports, bares, walls, bare_walls = [], [], [], []
    tables = (alert, alert_referrer, referral)
    for run in range(RUNS):
        database = _open(make(f"import_{run}"))
        make_county(database)
        cpu, wall = _timed(partial(bring_in, database, path))
        imports.append(cpu)
        walls.append(wall)
        with database.reading() as session:
            stored = [
                [
                    {name: _plain(value, database.is_sqlite) for name, value in row.items()}
                    for row in session.execute(select(table)).mappings()
                ]
                for table in tables
            ]
        database.close()
        bare = _open(make(f"bare_{run}"))
        cpu, wall = _timed(partial(_insert_bare, bare, path, [table.name for table in tables], stored))
        bares.append(cpu)
        bare_walls.append(wall)
        bare.close()
    return {
        "rows": ROWS, "stored": [len(each) for each in stored],
        "import_cpu_ms": round(min(imports)), "bare_cpu_ms": round(min(bares)),
        "ratio_cpu": round(min(imports) / min(bares), 2), "import_wall_s": round(min(walls), 2),
        "ratio_wall": round(min(walls) / min(bare_walls), 2), "rows_per_s": round(ROWS / min(walls)),
    }  # fmt: skip


def _insert_bare(database: Database, path: Path, names: list[str], stored: list[list[dict[str, Any]]]) -> None:
    with path.open(newline="") as text:
        for _ in csv.DictReader(text):
            pass
    connection = database.engine.raw_connection()
    cursor = connection.cursor()
    mark = "?" if database.is_sqlite else "%s"
    if database.is_sqlite:
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("PRAGMA defer_foreign_keys = ON")
    for name, rows in zip(names, stored, strict=True):
        columns = list(rows[0])
        statement = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join([mark] * len(columns))})"
        cursor.executemany(statement, [tuple(row.values()) for row in rows])
    if database.is_sqlite:
        cursor.execute("COMMIT")
    else:
        connection.commit()
    connection.close()


def _plain(value: Any, is_sqlite: bool) -> Any:
    return value.isoformat() if is_sqlite and hasattr(value, "isoformat") else value


def _open(url: str) -> Database:
    upgrade(url)
    return Database(url)


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return (time.process_time() - cpu) * 1000, time.perf_counter() - wall


if __name__ == "__main__":
    print(json.dumps(measure_import(), indent=1))
