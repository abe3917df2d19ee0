"""What the case list, the map and the plan of a shift cost the server at 100,000 contacts.

    python -m bench.road_pages [--contacts 100000] [--out bench/results/road.json]

CPU milliseconds of this process a request (median of twenty), through the whole application: session, policy, audit line,
queries, template. The demo county is filled first, then as many more contacts of as many more verified people are stored.
SQLite, the embedded default.
"""

import argparse
import json
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from litestar.testing import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid_utils import uuid7

from server.actions.operation.signin import Attempt
from server.app import create_app, create_services
from server.database.bulk import insert_new
from server.demo import county
from server.demo.fill import County
from server.http.cookies import session_cookie_name
from server.http.services import Services
from server.migrate import upgrade
from server.settings import Settings
from server.tables.cases.case import mdt_case
from server.tables.people.person import person
from server.tables.people.verification import person_verification
from server.tables.street.contact import contact, contact_person
from server.tables.street.site import site

SEED = 2026
REQUESTS = 20
CONTACTS_A_PERSON = 40
LISTED_SHARE = 0.1
PAGES = (
    ("case_list", "priya", "/cases"),
    ("hotspot_map", "helen", "/hotspots"),
    ("where_people_are", "tom", "/tonight"),
)


def main() -> None:
    """Measure, print, and write beside what other benches wrote in the same file."""
    parser = argparse.ArgumentParser(description="Pages at many contacts.")
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=Path("bench/results/road.json"))
    options = parser.parse_args()
    result = {"pages": measure(options.contacts)}
    kept = json.loads(options.out.read_text()) if options.out.exists() else {}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(kept | result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def measure(contacts: int) -> dict[str, Any]:
    """Milliseconds a page, in the demo county and with so many contacts more."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), database=f"sqlite:///{folder}/bench.sqlite")
        upgrade(settings.database)
        services = create_services(settings)
        County(services, datetime.now(UTC), SEED, lambda words: None).fill()
        small = _measure_pages(services, settings)
        with services.database.writing() as session:
            _add_history(session, contacts)
        large = _measure_pages(services, settings)
        services.database.close()
    return {"contacts": contacts, "cpu_ms_in_the_demo_county": small, "cpu_ms": large}


def _measure_pages(services: Services, settings: Settings) -> dict[str, float]:
    return {name: _measure_page(services, settings, who, path) for name, who, path in PAGES}


def _measure_page(services: Services, settings: Settings, who: str, path: str) -> float:
    attempt = Attempt(email=f"{who}@{county.EMAIL_HOST}", password=county.PASSWORD, address="127.0.0.1")
    token = services.signin.sign_in(attempt, services.clock(), services.new_id).token
    headers = {"cookie": f"{session_cookie_name(settings)}={token}", "accept": "text/html"}
    costs = []
    with TestClient(create_app(settings)) as client:
        for _ in range(REQUESTS + 2):
            begun = time.process_time()
            answer = client.get(path, headers=headers, follow_redirects=False)
            costs.append((time.process_time() - begun) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:400]}")
    return round(statistics.median(costs[2:]), 1)


def _add_history(session: Session, contacts: int) -> None:
    """Verified people with a year of contacts each, spread over the county's sites; some on their district's list."""
    chance, now = Random(SEED), datetime.now(UTC)
    places = session.execute(
        select(site.c.id, site.c.latitude, site.c.longitude, site.c.district_id, site.c.team_id)
    ).all()
    cells = {row[0]: row[1] for row in session.execute(select(contact.c.site_id, contact.c.cell))}
    people: list[dict[str, Any]] = []
    statuses, cases, met, meetings = [], [], [], []
    for number in range(contacts // CONTACTS_A_PERSON):
        home = chance.choice(places)
        one = str(uuid7())
        people.append(
            {
                "id": one,
                "name": f"Person {number}",
                "district_id": home[3],
                "team_id": home[4],
                "created_at": now,
                "changed_at": now,
            }
        )
        statuses.append(
            {"person_id": one, "verified": True, "since": now, "district_id": home[3], "reason": "verified: seen"}
        )
        if chance.random() < LISTED_SHARE:
            cases.append(
                {
                    "id": str(uuid7()),
                    "person_id": one,
                    "district_id": home[3],
                    "state": "listed",
                    "since": now,
                    "reason": "seen",
                }
            )
        for _ in range(CONTACTS_A_PERSON):
            at = now - timedelta(days=chance.uniform(1, 365))
            shared = {"seen_at": at, "night": _night(at), "state": "bedded_down", "district_id": home[3]}
            met.append(_make_contact(shared, home, cells.get(home[0])))
            meetings.append(shared | {"contact_id": met[-1]["id"], "person_id": one, "team_id": home[4]})
    for table, rows in (
        (person, people), (person_verification, statuses), (mdt_case, cases), (contact, met), (contact_person, meetings),
    ):  # fmt: skip
        for start in range(0, len(rows), 10_000):
            insert_new(session, table, [_whole(row) for row in rows[start : start + 10_000]])


def _make_contact(shared: dict[str, Any], home: Any, cell: int | None) -> dict[str, Any]:
    return shared | {
        "id": str(uuid7()), "recorded_at": shared["seen_at"], "received_at": shared["seen_at"], "worker_id": "bench",
        "team_id": home[4] or "", "site_id": home[0], "latitude": home[1], "longitude": home[2], "cell": cell,
    } | CONTACT_DEFAULTS  # fmt: skip


CONTACT_DEFAULTS: dict[str, Any] = {
    "unidentified_people": 0, "offered": "[]", "given": "[]", "safety_needs": "", "strengths": "", "next_step": "",
    "note": "", "corrections": 0,
}  # fmt: skip
PERSON_DEFAULTS: dict[str, Any] = {
    "name_quality": "full", "alias": "", "description": "", "dob_quality": "not_collected", "gender": "not_known",
    "gender_self_described": "", "language": "", "wants_first": "", "strengths": "", "safety_needs": "",
    "institution_left": "not_known",
}  # fmt: skip


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the defaults that the table wants of a hand-written insert."""
    if "changed_at" in row:
        return PERSON_DEFAULTS | row
    if "verified" in row:
        return {"review_status": "unreviewed"} | row
    if "since" in row:
        return {"mdt_number": 1, "outcome": ""} | row
    return row


def _night(at: datetime) -> date:
    return at.date()


if __name__ == "__main__":
    main()
