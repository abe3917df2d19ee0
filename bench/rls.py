"""What row-level security costs pages on PostgreSQL: the same requests, turn about, as the application under its policies and
once as a superuser, who goes round them and is told of no context.

    python -m bench.rls [--contacts 20000] [--out bench/results/doors.json]

Milliseconds of CPU of the server and the database together, through the whole application. The bar is 1.3 ×. The
database is the one of LANTERN_TEST_POSTGRES, else one started from its wheel.
"""

import argparse
import json
import statistics
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from litestar.testing import TestClient
from sqlalchemy import select

from bench.road_pages import SEED, _add_history
from bench.sync_ground import database_cpu_seconds, fresh_database, open_store, serving_role
from server.actions.operation.signin import Attempt
from server.app import create_app, create_services
from server.database import context
from server.database.context import Kind, acting
from server.demo import county
from server.demo.fill import County
from server.http.cookies import session_cookie_name
from server.migrate import upgrade
from server.settings import Settings
from server.tables.cases.case import mdt_case

BAR = 1.3
ROUNDS, REQUESTS = 5, 8


def main() -> None:
    """Measure, print, and write beside what other benches wrote in the same file. Ends with 1 where the bar is not met."""
    parser = argparse.ArgumentParser(description="Row-level security on pages.")
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--out", type=Path, default=Path("bench/results/doors.json"))
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store("postgresql", Path(folder)) as server,
        fresh_database(server, Path(folder), "lantern_bench_rls") as url,
    ):
        result = {"rls": measure(url, Path(folder), options.contacts)}
    kept = json.loads(options.out.read_text()) if options.out.exists() else {}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(kept | result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    raise SystemExit(any(page["ratio"] > BAR for page in result["rls"]["pages"].values()))


def measure(url: str, folder: Path, contacts: int) -> dict[str, Any]:
    """Both ways of each page, at so many contacts."""
    above = Settings(data=folder / "data", database=url)
    upgrade(url)
    with acting(Kind.COMMAND):
        services = create_services(above)
        County(services, datetime.now(UTC), SEED, lambda words: None).fill()
        with services.database.writing() as session:
            _add_history(session, contacts)
            somebody = session.scalars(
                select(mdt_case.c.person_id).where(mdt_case.c.district_id == _priyas(session))
            ).first()
        services.database.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    pages = {
        "case_list": ("priya", "/cases"),
        "person_page": ("priya", f"/people/{somebody}"),
        "tonight": ("tom", "/tonight"),
        "trays": ("tom", "/referrals"),
    }
    with serving_role(above) as served, ExitStack() as stack:
        with_it, without = Server.start(replace(above, database=served), stack), Server.start(above, stack)
        measured = {name: compare(with_it, without, who, path) for name, (who, path) in pages.items()}
    return {"contacts": contacts, "bar": BAR, "pages": measured}


def _priyas(session: Any) -> str:
    from server.queries.partnership.workers import find_worker_by_email

    priya = find_worker_by_email(session, f"priya@{county.EMAIL_HOST}")
    assert priya is not None
    return sorted(priya.district_ids)[0]


@dataclass
class Server:
    """One application over the database, and who is signed in to it."""

    settings: Settings
    client: Any

    @classmethod
    def start(cls, settings: Settings, stack: ExitStack) -> "Server":
        return cls(settings, stack.enter_context(TestClient(create_app(settings))))

    def sign_in(self, who: str) -> dict[str, str]:
        services = create_services(self.settings)
        attempt = Attempt(email=f"{who}@{county.EMAIL_HOST}", password=county.PASSWORD, address="127.0.0.1")
        with acting(Kind.SIGN_IN):
            token = services.signin.sign_in(attempt, services.clock(), services.new_id).token
        services.database.close()
        return {"cookie": f"{session_cookie_name(self.settings)}={token}", "accept": "text/html"}

    def get(self, path: str, headers: dict[str, str]) -> None:
        answer = self.client.get(path, headers=headers, follow_redirects=False)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:400]}")


def compare(with_it: Server, without: Server, who: str, path: str) -> dict[str, float]:
    """Milliseconds a request of both, a round of one and a round of the other."""
    headers = with_it.sign_in(who)
    costs: dict[str, list[float]] = {"with": [], "without": []}
    for number in range(ROUNDS + 1):
        for name, server in (("with", with_it), ("without", without)):
            spent = _spend(server, path, headers, tells=name == "with")
            if number:  # the first round warms both
                costs[name].append(spent)
    ms = {name: statistics.median(each) for name, each in costs.items()}
    return {
        "ms_with": round(ms["with"], 1),
        "ms_without": round(ms["without"], 1),
        "ratio": round(ms["with"] / ms["without"], 2),
    }


def _spend(server: Server, path: str, headers: dict[str, str], *, tells: bool) -> float:
    url = str(server.settings.database)
    with ExitStack() as stack:
        if not tells:
            stack.enter_context(patch.object(context, "tell", lambda _cursor, _signed: None))
        begun = time.process_time() + _database_seconds(url)
        for _ in range(REQUESTS):
            server.get(path, headers)
        return (time.process_time() + _database_seconds(url) - begun) * 1000 / REQUESTS


def _database_seconds(url: str) -> float:
    """A process that ends while it is looked at is looked for again: only signing in ends one."""
    while True:
        with suppress(FileNotFoundError):
            return database_cpu_seconds(url)


if __name__ == "__main__":
    main()
