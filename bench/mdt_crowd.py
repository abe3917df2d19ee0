"""Five hundred people at work at once, for `bench.mdt`: each signed in, each reading, none waiting for the others.

Everybody opens the case list, a person of it, and the district's meeting page, again and again, and looks at each for ten to
thirty seconds. While a page is open it asks for news as its script does: the case list every twenty seconds, the meeting page
every four. Loopback only; what is measured is the clock from sending a request to the last byte of its answer.
"""

import asyncio
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import psycopg

from bench.mdt_county import CROWD, NOW, crowd_token

THINK_S = (10.0, 30.0)
NEWS_EVERY_S, NOTE_EVERY_S = 20.0, 4.0
ANSWER_WITHIN_S = 30.0
PERSON = re.compile(rb'href="(/people/[^"]+)"')


class Visitor:
    """One signed-in browser on one connection. Notes how long each answer took, and each that was not a page."""

    def __init__(self, number: int, port: int, took: dict[str, list[float]], errors: list[str]) -> None:
        self._port, self._took, self._errors = port, took, errors
        self._cookie = f"lantern-session={crowd_token(number)}"
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, kind: str, path: str) -> bytes:
        """Ask, wait for the whole answer, note it."""
        began = time.perf_counter()
        try:
            status, body = await asyncio.wait_for(self._ask_again(path, kind), ANSWER_WITHIN_S)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as why:
            self._errors.append(f"{kind}: {type(why).__name__}")
            self.close()
            return b""
        self._took[kind].append(time.perf_counter() - began)
        if status != 200:
            self._errors.append(f"{kind}: {status}")
        return body

    async def _ask_again(self, path: str, kind: str) -> tuple[int, bytes]:
        """As a browser does: where a connection that was used before turns out to be closed, ask on a new one."""
        was_used = self._writer is not None
        try:
            return await self._ask(path, kind)
        except (ConnectionError, asyncio.IncompleteReadError):
            if not was_used:
                raise
            self.close()
            return await self._ask(path, kind)

    async def _ask(self, path: str, kind: str) -> tuple[int, bytes]:
        if self._reader is not None and self._reader.at_eof():
            self.close()  # the server lets a connection go that was silent for five seconds, as a browser knows
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        accept = "application/json" if kind in {"news", "note"} else "text/html"
        self._writer.write(
            f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: {accept}\r\ncookie: {self._cookie}\r\n\r\n".encode()
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = re.search(rb"content-length: (\d+)", head)
        body = await self._reader.readexactly(int(length.group(1))) if length else b""
        if b"connection: close" in head:
            self.close()
        return int(head.split(b" ", 2)[1]), body

    def close(self) -> None:
        """Let the connection go; the next request opens another."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def run_crowd(url: str, port: int, seconds: float, tell: Callable[[str], None]) -> dict[str, Any]:
    """Let the crowd work for so long. Returns milliseconds by kind of request, and how many requests failed (none may)."""
    took: dict[str, list[float]] = defaultdict(list)
    errors: list[str] = []
    conferences, before = call_conferences(url), busy_s()
    asyncio.run(_work(conferences, port, seconds, took, errors))
    busy = busy_s() - before
    tell(f"{sum(map(len, took.values()))} answers, {len(errors)} errors")
    every = [each for kind in took.values() for each in kind]
    pages = [each for kind in ("case_list", "person_page", "meeting_page") for each in took[kind]]
    return {
        "people_at_work": CROWD, "seconds": seconds, "server_processes": 2, "think_s": list(THINK_S),
        "machine_busy_share": round(busy / (seconds * (os.cpu_count() or 1)), 2),
        "requests": len(every), "requests_a_second": round(len(every) / seconds, 1), "errors": len(errors),
        "kinds_of_errors": sorted(set(errors)),
        "pages_ms": _percentiles(pages), **{f"{kind}_ms": _percentiles(each) for kind, each in sorted(took.items())},
    }  # fmt: skip


def call_conferences(url: str) -> list[tuple[str, int]]:
    """A conference under way in each district with fifteen cases; returns (id, number of cases) by district's number."""
    named = ["watford", "three-rivers", *(f"d{n}" for n in range(2, 10))]
    with psycopg.connect(url, autocommit=True) as connection:
        for each in named:
            connection.execute(
                "insert into case_conference (id, district_id, starts_at, place) values (%s, %s, %s, '') "
                "on conflict do nothing",
                [f"crowd-{each}", each, NOW],
            )
            connection.execute(
                "insert into agenda_item (id, conference_id, case_id, position, reason, carried_over) "
                "select %s || position, %s, id, position, 'New to the conference', false from (select id, "
                "row_number() over (order by since desc) as position from mdt_case where district_id = %s and "
                "state = 'listed' and id like 'k%%' limit 15) newest on conflict do nothing",
                [f"crowd-{each}-", f"crowd-{each}", each],
            )
    return [(f"crowd-{each}", 15) for each in named]


def busy_s() -> float:
    """Seconds that this machine's cores have worked, for anybody at all: a busy neighbour shows in what the crowd waits."""
    user, nice, system, _idle, _waiting, *interrupts = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    return sum(map(int, (user, nice, system, *interrupts))) / os.sysconf("SC_CLK_TCK")


async def _work(
    conferences: list[tuple[str, int]], port: int, seconds: float, took: dict[str, list[float]], errors: list[str]
) -> None:
    ends = time.monotonic() + seconds
    await asyncio.gather(*(_one(number, conferences[number % 10], port, ends, took, errors) for number in range(CROWD)))


async def _one(
    number: int, conference: tuple[str, int], port: int, ends: float, took: dict[str, list[float]], errors: list[str]
) -> None:
    chance, visitor, case = Random(number), Visitor(number, port, took, errors), number
    district = conference[0].removeprefix("crowd-")
    news = f"/cases/news?district={district}&since={quote(NOW.isoformat())}"
    await asyncio.sleep(chance.uniform(0, min(THINK_S[1], seconds_left(ends) / 2)))
    while seconds_left(ends) > 0:
        listed = PERSON.findall(await visitor.get("case_list", "/cases"))
        await _look(visitor, chance, ends, ("news", news, NEWS_EVERY_S))
        if listed and seconds_left(ends) > 0:
            await visitor.get("person_page", chance.choice(listed).decode())
            await _look(visitor, chance, ends, None)
        if seconds_left(ends) > 0:
            case += 1
            meeting = f"/conferences/{conference[0]}/discussion/{1 + case % conference[1]}"
            await visitor.get("meeting_page", meeting)
            await _look(visitor, chance, ends, ("note", f"{meeting}/note", NOTE_EVERY_S))
    visitor.close()


async def _look(visitor: Visitor, chance: Random, ends: float, asks: tuple[str, str, float] | None) -> None:
    """Look at a page for a while, whose script asks meanwhile."""
    until = min(time.monotonic() + chance.uniform(*THINK_S), ends)
    while asks is not None and time.monotonic() + asks[2] < until:
        await asyncio.sleep(asks[2])
        await visitor.get(asks[0], asks[1])
    await asyncio.sleep(max(0.0, until - time.monotonic()))


def seconds_left(ends: float) -> float:
    """Until the crowd goes home."""
    return ends - time.monotonic()


def _percentiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    if not ordered:
        return {}
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return {"number": len(ordered)} | {
        name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 1) for name, share in at.items()
    }
