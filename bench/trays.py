"""What the counts beside the navigation cost each page of a team lead or coordinator, on both databases.

    python -m bench.trays [--over 100000] [--open 1000] [--out bench/results/trays.json]

Of ten districts, one has no reader. `--over` referrals are closed and `--open` wait; a tenth as many refused rows of files are
settled, or wait. Counted is the CPU of this process and of PostgreSQL's for the connection, for the one statement that asks.
The bar is 1 ms for both together; `loaded` is the load of the machine meanwhile.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from bench.sync_ground import backend_cpu_ms, fresh_database, open_store
from server.database.context import Kind, acting
from server.database.engine import Database
from server.migrate import upgrade
from server.queries.referrals.trays import count_trays
from server.tables.partnership.agency import agency, team, team_district
from server.tables.partnership.district import district
from server.tables.partnership.worker import worker, worker_role, worker_team
from server.tables.referrals.imports import import_batch, refused_row
from server.tables.referrals.referral import alert, referral
from shared.model.codes import ReferralState, Role

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RESULT = Path(__file__).parent / "results" / "trays.json"
BAR_MS, TIMES = 1.0, 200
DISTRICTS, TEAMS, WORKERS = 10, 40, 400


def fill(session: Session, over: int, waiting: int) -> None:
    """The county of the first paragraph."""
    session.execute(insert(agency), [{"id": "a", "name": "A", "kind": "outreach"}])
    names = range(DISTRICTS)
    rows = [{"id": f"d{n}", "code": f"E{n}", "name": f"D{n}", "verified_only": False} for n in names]
    session.execute(insert(district), rows)
    session.execute(insert(team), [{"id": f"t{n}", "name": f"T{n}", "agency_id": "a"} for n in range(TEAMS)])
    walked = [{"team_id": f"t{n}", "district_id": f"d{n % (DISTRICTS - 1)}"} for n in range(TEAMS)]
    session.execute(insert(team_district), walked)
    people = [
        {"id": f"w{n}", "name": f"W{n}", "short_name": f"W{n}", "agency_id": "a", "email": f"w{n}@example.org",
         "active": True, "created_at": NOW}
        for n in range(WORKERS)
    ]  # fmt: skip
    session.execute(insert(worker), people)
    roles = [(f"w{n}", str(Role.TEAM_LEAD if n < TEAMS else Role.WORKER)) for n in range(WORKERS)]
    session.execute(insert(worker_role), [{"worker_id": who, "role": role} for who, role in roles])
    members = [{"worker_id": f"w{n}", "team_id": f"t{n % TEAMS}"} for n in range(WORKERS)]
    session.execute(insert(worker_team), members)
    alerts, referrals = [], []
    for n in range(over + waiting):
        at = NOW - timedelta(hours=n)
        is_over = n >= waiting
        alerts.append(
            {
                "id": f"al{n}",
                "source": "streetlink",
                "source_reference": f"N{n}",
                "received_at": at,
                "reported_at": at,
                "raw": "{}",
            }
        )
        referrals.append({
            "id": f"r{n}", "number": f"N{n}", "alert_id": f"al{n}", "source": "streetlink", "reported_at": at,
            "due_on": at.date(), "state": str(ReferralState.CLOSED if is_over else ReferralState.RECEIVED),
            "district_id": f"d{n % DISTRICTS}", "team_id": None, "closed_at": at if is_over else None,
        })  # fmt: skip
    session.execute(insert(alert), alerts)
    session.execute(insert(referral), referrals)
    batch = {"id": "b", "kind": "referrals", "source": "streetlink", "started_at": NOW, "imported_by": ""}
    session.execute(insert(import_batch), [batch])
    refused = [
        {"batch_id": "b", "row_number": n, "reason": "No date.", "raw": "x" * 600,
         "settled_at": None if n < waiting // 10 else NOW}
        for n in range((over + waiting) // 10)
    ]  # fmt: skip
    session.execute(insert(refused_row), refused)


def measure(url: str, over: int, waiting: int) -> dict[str, Any]:
    """Medians of many, for a reader of one district and one team."""
    database = Database(url)
    with database.writing() as session:
        fill(session, over, waiting)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("vacuum analyze"))
    own, theirs = [], []
    with database.reading() as session:
        pid = None if database.is_sqlite else session.scalar(text("select pg_backend_pid()"))
        for _ in range(TIMES):
            before, theirs_before = time.process_time(), backend_cpu_ms(pid)
            trays = count_trays(session, ["d3"], ["t3"])
            own.append((time.process_time() - before) * 1000)
            theirs.append(backend_cpu_ms(pid) - theirs_before)
    database.close()
    told = {"python_cpu_ms": round(statistics.median(own), 2), "postgres_cpu_ms": round(statistics.median(theirs), 2)}
    return {"counted": trays._asdict(), **told, "bar_met": sum(told.values()) <= BAR_MS}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--over", type=int, default=100_000)
    parser.add_argument("--open", type=int, default=1_000)
    parser.add_argument("--out", type=Path, default=RESULT)
    asked = parser.parse_args()
    result: dict[str, Any] = {"over": asked.over, "open": asked.open, "bar_ms": BAR_MS}
    for kind in ("sqlite", "postgresql"):
        with (
            tempfile.TemporaryDirectory() as folder,
            open_store(kind, Path(folder)) as server,
            fresh_database(server, Path(folder), "lantern_bench_trays") as url,
            acting(Kind.COMMAND),
        ):
            upgrade(url)
            result[kind] = measure(url, asked.over, asked.open)
    result["loaded"] = round(os.getloadavg()[0], 1)
    asked.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
