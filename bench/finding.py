"""What looking for somebody on a district's list costs the server, among very many people, on SQLite or PostgreSQL.

    python -m bench.finding sqlite|postgresql [--people 150000] [--listed 2000] [--repeats 20]

People are spread over ten districts; in each, `--listed` have stood on its list at some time. Counted is the CPU of this process,
and of PostgreSQL's own for this connection, by search. The bar is 50 ms for both together.
"""

import argparse
import json
import random
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from bench.sync_ground import backend_cpu_ms, fresh_database, open_store
from server.database.context import Context, Kind, acting
from server.database.engine import Database
from server.migrate import upgrade
from server.queries.cases.case_list import CaseListView, list_page
from server.tables.cases.case import mdt_case
from server.tables.partnership.agency import agency, team
from server.tables.partnership.district import district
from server.tables.people.person import person

NOW, TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC), date(2026, 11, 20)
FIRST = (
    "Marek", "Łukasz", "Sean", "Mohammed", "Élodie", "Joan", "Ahmed", "Siobhán", "Piotr", "Denise", "Kwame", "Olga", "Ryan",
)  # fmt: skip
LAST = (
    "Nowak", "O'Brien", "Kemp", "Baker", "Hassan", "Kowalczyk", "Smith", "Đorđević", "Ivanov", "Mensah", "Jones", "Murphy", "Ali",
)  # fmt: skip
WORDS = "Blue coat, by the library"
SEARCHES = ("marek nowak", "mohamed", "zzxyqw", "obrien", "blue coat", "3 May 1980", "łukasz kowalczik")


def fill(session: Session, people: int, listed: int) -> None:
    """People with names as they are, and lists."""
    chance = random.Random(7)
    session.execute(insert(agency), [{"id": "a", "name": "A", "kind": "outreach"}])
    session.execute(insert(team), [{"id": "t", "name": "T", "agency_id": "a"}])
    session.execute(
        insert(district),
        [
            {"id": f"d{number}", "code": f"E{number}", "name": f"D{number}", "verified_only": False}
            for number in range(10)
        ],
    )
    for start in range(0, people, 5000):
        session.execute(
            insert(person),
            [
                {
                    "id": f"p{number}", "name": f"{chance.choice(FIRST)} {chance.choice(LAST)}{chance.choice(['', 'a', 'son'])}",
                    "alias": chance.choice(["", "", "Red", "Doc"]), "description": chance.choice(["", WORDS]),
                    "date_of_birth": date(1950 + number % 50, 1 + number % 12, 1 + number % 28), "district_id": f"d{number % 10}",
                    "team_id": "t", "created_at": NOW, "changed_at": NOW,
                }
                for number in range(start, min(start + 5000, people))
            ],
        )  # fmt: skip
    session.execute(
        insert(mdt_case),
        [
            {"id": f"c{number}", "person_id": f"p{number}", "district_id": f"d{number % 10}", "since": NOW, "reason": "x",
             "state": "listed" if number % 20 < 10 else "closed"}
            for number in range(listed * 10)
        ],
    )  # fmt: skip


def measure(database: Database, repeats: int) -> dict[str, Any]:
    """CPU of one search, by what is looked for, in milliseconds."""
    found: dict[str, Any] = {}
    for words in SEARCHES:
        view = CaseListView(states=(), words=words)
        spent, theirs, hits = [], [], 0
        for _ in range(repeats):
            with database.reading() as session:
                pid = session.scalar(text("select pg_backend_pid()")) if not database.is_sqlite else None
                before, own = backend_cpu_ms(pid), time.process_time()
                hits = list_page(session, "d3", view, today=TODAY, limit=50).total
                spent.append((time.process_time() - own) * 1000)
                theirs.append(backend_cpu_ms(pid) - before)
        found[words] = {"found": hits, "python_cpu_ms": round(sorted(spent)[repeats // 2], 1),
                        "postgres_cpu_ms": round(sum(theirs) / repeats, 1)}  # fmt: skip
    return found


def main() -> None:
    """Fill, look, say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("sqlite", "postgresql"))
    parser.add_argument("--people", type=int, default=150_000)
    parser.add_argument("--listed", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=20)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(asked.kind, Path(folder)) as server,
        fresh_database(server, Path(folder), "lantern_bench_finding") as url,
        acting(Context(kind=Kind.COMMAND)),
    ):
        upgrade(url)
        database = Database(url)
        with database.writing() as session:
            fill(session, asked.people, asked.listed)
        told = measure(database, asked.repeats)
        database.close()
    print(
        json.dumps(
            {"people": asked.people, "on_this_list": asked.listed, "searches": told}, ensure_ascii=False, indent=1
        )
    )


if __name__ == "__main__":
    main()
