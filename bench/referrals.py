"""What referrals cost: bringing a file in, its memory, and what the public hears while everything else goes on.

    python -m bench.referrals [import] [memory] [public] [busy] [duplicates] [--out bench/results/referrals.json]

The file is invented: StreetLink's columns, two districts, a tenth without a point, a hundredth refused. `import` compares the
CPU time of this process in one run, the best of three, with reading the same file by the standard library's `csv` and putting
the rows that the import stored (the alert, what says who reported, the referral) into the same tables by the driver's
executemany, without a district, a duplicate check, an account, a feed for phones or an audit line. `memory` is the peak of a
process of its own for each length. `public` and `busy` serve a real server by its own command and post forms to it.
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
from sqlalchemy import insert, select
from uuid_utils import uuid7

from bench import duplicates
from bench.road_import import start_postgres
from bench.storm import storm
from server.app import create_services
from server.database.engine import Database
from server.http.services import Services
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
from tests.server.cast import make_settings
from tests.server.crowd import Carried, carry, follow_teams, make_teams
from tests.server.live import serving
from tests.server.own_postgres import own_postgres

RESULT = Path("bench/results/referrals.json")
ZONE = "Europe/London"
RUNS = 3
ROWS = 20_000
LENGTHS = (10_000, 100_000, 1_000_000)
PUBLIC_FORMS, PUBLIC_WINDOW_S, PHONES, BUSY_ROWS = 1_000, 600.0, 200, 64_000
FRESH_SEEDS = (1801, 1802, 1803)
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


def measure_memory(lengths: Sequence[int] = LENGTHS) -> list[dict[str, Any]]:
    """The peak of `lantern import referrals` for each length of file, and how long it took."""
    found = []
    for count in lengths:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            url = f"sqlite:///{folder}/lantern.sqlite"
            database = _open(url)
            make_county(database)
            database.close()
            path = write_file(folder / "reports.csv", count)
            begun = time.perf_counter()
            running = _import_by_command(url, folder, path)
            _, status, used = os.wait4(running.pid, 0)
            if status >> 8 not in (0, 1):
                raise SystemExit(f"the import ended with {status}")
            found.append(
                {
                    "rows": count, "peak_mb": round(used.ru_maxrss / 1024), "cpu_s": round(used.ru_utime + used.ru_stime),
                    "wall_s": round(time.perf_counter() - begun),
                }
            )  # fmt: skip
        print(found[-1], flush=True)
    return found


def _import_by_command(url: str, folder: Path, path: Path) -> "subprocess.Popen[str]":
    said = {"LANTERN_DATABASE": url, "LANTERN_DATA": str(folder / "data"), "LANTERN_ONE_ROLE": "on"}
    command = [sys.executable, "-m", "server.cli", "import", "referrals", "--format", "streetlink", "--json", str(path)]
    return subprocess.Popen(command, env=os.environ | said, stdout=subprocess.PIPE, text=True)


def measure_public(window_s: float = PUBLIC_WINDOW_S) -> dict[str, Any]:
    """So many forms sent by so many addresses over a window, while phones come back into signal; on each database."""
    return {
        "sqlite": _on_sqlite(partial(_measure_public, window_s)),
        "postgresql": _on_postgres(partial(_measure_public, window_s)),
    }


def measure_busy() -> dict[str, Any]:
    """A form a second while a long file is brought in by its command, on each database."""
    return {"sqlite": _on_sqlite(_measure_busy), "postgresql": _on_postgres(_measure_busy)}


def _on_sqlite(measure: Callable[[str, Path], dict[str, Any]]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return measure(f"sqlite:///{folder}/lantern.sqlite", Path(folder))


def _on_postgres(measure: Callable[[str, Path], dict[str, Any]]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, own_postgres() as postgres:
        return measure(postgres.url, Path(folder))


def _measure_public(window_s: float, url: str, folder: Path) -> dict[str, Any]:
    services, poller, phones = _prepare(url, folder)
    with serving(url, folder / "data") as address, ThreadPoolExecutor(1) as beside:
        weather = beside.submit(storm, phones, poller, address, window_s)
        posted = _post_forms(address, PUBLIC_FORMS, window_s)
        weather.result()
    found = _weigh(services.database, posted)
    services.database.close()
    return found | {"window_s": window_s, "phones": len(phones)}


def _measure_busy(url: str, folder: Path) -> dict[str, Any]:
    services, _, _ = _prepare(url, folder, phones=0)
    path = write_file(folder / "long.csv", BUSY_ROWS)
    posted: list[Posted] = []
    with serving(url, folder / "data") as address:
        begun = time.monotonic()
        with _import_by_command(url, folder, path) as running:
            while running.poll() is None:
                posted.append(_post(address, len(posted)))
                time.sleep(0.5)
            told = json.loads(running.stdout.read() if running.stdout else "{}")
        took_s = time.monotonic() - begun
    found = _weigh(services.database, posted)
    services.database.close()
    return found | {"rows": told["read"], "import_s": round(took_s)}


def _prepare(url: str, folder: Path, phones: int = PHONES) -> tuple[Services, Carried, list[Carried]]:
    upgrade(url)
    services = create_services(make_settings(url, folder / "data"))
    _, teams = make_teams(services, phones // 10 + 2)
    make_county(services.database)
    carried = [each for team in teams[2:] for each in carry(services, team, 10)]
    (poller,) = carry(services, teams[0], 1)
    follow_teams(services, poller, teams[:2])
    return services, poller, carried


@dataclass(frozen=True)
class Posted:
    """One form: how it was answered, and after how long."""

    status: int
    took_s: float
    reference: str


def _post_forms(address: str, count: int, window_s: float) -> list[Posted]:
    """Forms spread evenly over the window, each from an address of its own."""
    began = time.monotonic()

    def send(number: int) -> Posted:
        time.sleep(max(0.0, began + number * window_s / count - time.monotonic()))
        return _post(address, number)

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(send, range(count)))


def _post(address: str, number: int) -> Posted:
    """One person: the empty form, then what they typed. A form that could not be kept is told of by its status."""
    chance = Random(number)
    headers = {"accept": "text/html", "x-forwarded-for": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
    with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        key = re.search(r'name="key" value="([^"]+)"', client.get("/report").text)
        point = f"{51.63 + chance.random() * 0.08:.5f}, {-0.54 + chance.random() * 0.18:.5f}"
        form = {"key": key[1] if key else "", "place": f"{chance.choice(WORDS)} {number}", "point": point}
        begun = time.monotonic()
        answer = client.post("/report", data=form | {"_csrf_token": client.cookies["lantern-form"]})
        found = re.search(r"lantern-code--long\">([A-Z2-7-]+)<", answer.text)
        return Posted(answer.status_code, time.monotonic() - begun, found[1] if found else "")


def _weigh(database: Database, posted: list[Posted]) -> dict[str, Any]:
    """What was lost: forms that were answered with a reference, and are with no team."""
    with database.reading() as session:
        query = select(referral.c.number, referral.c.team_id).where(referral.c.source == "council_form")
        routed = {number for number, team_id in session.execute(query) if team_id}
    times = sorted(each.took_s for each in posted)
    return {
        "forms": len(posted), "not_kept": sum(each.status != 200 for each in posted),
        "lost": sum(each.status == 200 and each.reference not in routed for each in posted),
        "p50_s": round(times[len(times) // 2], 2), "p95_s": round(times[len(times) * 95 // 100], 2),
        "slowest_s": round(times[-1], 2), "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def measure_duplicates() -> dict[str, Any]:
    """Recall and comparisons on labelled sets that nobody looked at when the weights were set."""
    return {f"seed {seed}": duplicates.measure(duplicates.make_set(seed)) for seed in FRESH_SEEDS}


MEASURES: dict[str, Callable[[], Any]] = {
    "import": measure_import, "memory": measure_memory, "public": measure_public, "busy": measure_busy,
    "duplicates": measure_duplicates,
}  # fmt: skip


def main() -> None:
    """Measure what was asked for, print it, and write it beside what was measured before."""
    parser = argparse.ArgumentParser(description="What referrals cost.")
    parser.add_argument("what", nargs="*", help=f"any of {', '.join(MEASURES)} (default: all)")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    for name in options.what or MEASURES:
        result = MEASURES[name]()
        kept = json.loads(options.out.read_text()) if options.out.exists() else {}
        options.out.write_text(json.dumps(kept | {name: result}, indent=1) + "\n")
        print(name, json.dumps(result, indent=1), flush=True)


if __name__ == "__main__":
    main()
