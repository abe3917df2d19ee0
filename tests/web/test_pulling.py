"""Reports pulled by Open311: from our own server over real HTTP, and from one that lies, repeats itself and breaks off."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import func, select

from server.access import Door
from server.actions.referrals.referrals import close_referral
from server.app import create_services
from server.database.engine import Database
from server.http.services import Services
from server.importers.open311.client import AT_ONCE, PullTrouble
from server.jobs.pulling import pull_reports
from server.jobs.runner import Moment
from server.migrate import upgrade
from server.queries.partnership import workers
from server.settings import GeoreportSettings, Settings, read_settings
from server.tables.referrals.imports import import_batch, refused_row
from server.tables.referrals.referral import alert, referral
from tests.conftest import Clock
from tests.server.live import listening
from tests.web import county
from tests.web.test_open311 import BASE, REPORT, keys  # noqa: F401 - keys is a fixture

Pull = Callable[..., int]


@pytest.fixture
def database_kind() -> str:
    """What pulls is a client: over which database the reports are stored is tested with the importer."""
    return "sqlite"


@pytest.fixture
def make_own(
    settings: Settings, tmp_path: Path, clock: Clock, new_id: Callable[[], str]
) -> Iterator[Callable[..., Services]]:
    """Another Lantern, with Watford in it, that pulls from an address."""
    made: list[Services] = []

    def make(url: str, key: str = "", **fields: Any) -> Services:
        folder = tmp_path / f"own{len(made)}"
        folder.mkdir()
        (folder / "key").write_text(key)
        asked = {
            "services": ("rough-sleeping",),
            "key_file": folder / "key" if key else None,
            "timeout": timedelta(seconds=5),
        }
        address = f"sqlite:///{folder / 'own.sqlite'}"
        upgrade(address)
        own = create_services(
            replace(settings, database=address, data=folder, georeport=GeoreportSettings(url=url, **(asked | fields))),
            clock, new_id,
        )  # fmt: skip
        with own.database.writing() as session:
            county.fill_organisations(session, clock())
        made.append(own)
        return own

    yield make
    for each in made:
        each.database.close()


def pull(own: Services) -> int:
    now = own.clock()
    return pull_reports(own, Moment(now, now, ZoneInfo("Europe/London"), lambda: None))


def told_of(own: Services) -> dict[str, tuple[str, str]]:
    with own.database.reading() as session:
        rows = session.execute(select(referral.c.number, referral.c.state, referral.c.outcome))
        return {number: (state, outcome) for number, state, outcome in rows}


def count(own: Services, table: Any) -> int:
    with own.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


# ------------------------------------------------------------------------------------------------------ our own server
def test_what_was_sent_to_one_lantern_is_pulled_by_another_and_its_end_is_followed(
    app: Any, filled: Database, keys: dict[str, str], make_own: Any, clock: Clock, new_id: Any  # noqa: F811
) -> None:  # fmt: skip
    with listening(app) as address:

        def send(key: str, description: str) -> str:
            sent = {**REPORT, "api_key": key, "description": description}
            number: str = httpx.post(f"{address}{BASE}/requests.json", data=sent, timeout=60).json()[0][
                "service_request_id"
            ]
            return number

        numbers = [send(keys["app"], f"Tent {n}") for n in range(3)]
        send(keys["council"], "Of somebody else")
        own = make_own(f"{address}{BASE}", keys["app"])
        assert pull(own) == 3
        assert set(told_of(own)) == set(numbers)
        assert {state for state, _ in told_of(own).values()} == {"received"}
        batches = count(own, import_batch)
        assert pull(own) == 0 and count(own, import_batch) == batches
        with filled.reading() as session:
            there = session.scalar(select(referral.c.id).where(referral.c.number == numbers[0]))
            tom = workers.get_worker(session, "tom")
        clock.advance(days=20)
        with Door(filled, tom, clock(), new_id).open() as access:
            close_referral(access, there or "", "person_not_found_person_looked_for")
        assert pull(own) == 1
        state, outcome = told_of(own)[numbers[0]]
        assert (state, "could not find the person" in outcome) == ("closed", True)
        assert told_of(own)[numbers[1]][0] == "received"
        with pytest.raises(PullTrouble, match="answered 403"):
            pull(make_own(f"{address}{BASE}", "wrong key"))


# ------------------------------------------------------------------------------------------------------ one that lies
class Liar:
    """A server that answers as it was told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer: Callable[[dict[str, str]], tuple[int, bytes, dict[str, str]]] = lambda _: (200, b"[]", {})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                outer.asked.append({**asked, "": urlsplit(self.path).path, "header": self.headers.get("x-api-key", "")})
                status, body, headers = outer.answer(asked)
                self.send_response(status)
                for name, value in ({"content-length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v2"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def say(self, *requests: Any, once: bool = True) -> None:
        """These requests on the first page, and nothing after it unless it lies."""
        body = json.dumps(requests).encode()
        self.answer = lambda asked: (200, body if not once or asked.get("page") == "1" else b"[]", {})


@pytest.fixture
def liar() -> Iterator[Liar]:
    made = Liar()
    yield made
    made.server.shutdown()
    made.server.server_close()


def one(number: str, now: datetime, **fields: Any) -> dict[str, Any]:
    told = {
        "service_request_id": number, "status": "open", "service_code": "rough-sleeping", "description": "Blue tent",
        "requested_datetime": f"{now - timedelta(hours=5):%Y-%m-%dT%H:%M:%SZ}", "lat": 51.66, "long": -0.396,
    }  # fmt: skip
    return told | fields


def test_every_page_is_asked_for_and_a_span_is_never_longer_than_ninety_days(
    liar: Liar, make_own: Any, clock: Clock
) -> None:
    rows = [one(str(number), clock()) for number in range(450)]
    liar.answer = lambda asked: (200, json.dumps(rows[200 * (int(asked.get("page", "9")) - 1) :][:200]).encode(), {})
    own = make_own(liar.url, "our key", jurisdiction="city.example")
    assert pull(own) == 450
    assert [each["page"] for each in liar.asked if "page" in each] == ["1", "2", "3", "4"]
    assert {(each["jurisdiction_id"], each["api_key"], each["header"]) for each in liar.asked} == {
        ("city.example", "our key", "our key")
    }
    assert {each["service_code"] for each in liar.asked} == {"rough-sleeping"}
    clock.advance(days=80)
    liar.asked.clear()
    pull(own)
    for each in liar.asked:
        since, until = (
            (datetime.fromisoformat(each[name]) for name in ("start_date", "end_date"))
            if "page" in each
            else (clock(),) * 2
        )
        assert until - since <= timedelta(days=90)


def test_a_server_that_answers_every_page_alike_is_not_asked_for_ever(liar: Liar, make_own: Any, clock: Clock) -> None:
    liar.say(one("1", clock()), one("2", clock()), once=False)
    assert pull(make_own(liar.url)) == 2
    assert [each["page"] for each in liar.asked] == ["1", "2"]


def test_a_server_that_never_ends_is_given_up_in_words(liar: Liar, make_own: Any, clock: Clock) -> None:
    numbers = iter(range(10**6))
    liar.answer = lambda _: (200, json.dumps([one(str(next(numbers)), clock())]).encode(), {})
    with pytest.raises(PullTrouble, match="more than 100 pages"):
        pull(make_own(liar.url))


def test_another_service_what_is_no_request_and_what_has_no_number_are_left_out(
    liar: Liar, make_own: Any, clock: Clock
) -> None:
    liar.say(
        one("pot", clock(), service_code="pothole"), one("", clock()), one("x" * 300, clock()), "words", None, [1],
        one("7", clock()), {"token": "t"}, one("true", clock(), service_request_id=True),
    )  # fmt: skip
    own = make_own(liar.url)
    assert pull(own) == 1
    assert set(told_of(own)) == {"7"}


def test_what_cannot_be_used_is_refused_once_and_not_every_ten_minutes(liar: Liar, make_own: Any, clock: Clock) -> None:
    liar.say(one("1", clock(), requested_datetime="yesterday"), one("2", clock(), lat=999))
    own = make_own(liar.url)
    assert pull(own) == 2
    assert count(own, refused_row) == 2
    clock.advance(minutes=10)
    assert pull(own) == 0
    assert count(own, refused_row) == 2


def test_how_those_we_hold_stand_is_asked_by_number_and_an_answer_to_another_is_not_believed(
    liar: Liar, make_own: Any, clock: Clock
) -> None:
    many = [one(f"n{number:03}", clock()) for number in range(AT_ONCE + 2)]
    liar.say(*many)
    own = make_own(liar.url)
    pull(own)
    closed = one(
        "n001", clock(), status="closed", status_notes="Moved on", updated_datetime=f"{clock():%Y-%m-%dT%H:%M:%SZ}"
    )
    forged = one("new", clock())

    def answer(asked: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        if "page" in asked:
            return 200, b"[]", {}
        wanted = asked["service_request_id"].split(",")
        if "n001" in wanted or wanted == ["n002"]:
            return 200, json.dumps([closed, forged]).encode(), {}
        return 404, b'[{"code": 404, "description": "not found"}]', {}

    liar.answer = answer
    clock.advance(days=10)
    liar.asked.clear()
    assert pull(own) == 1  # asked together it may say that there is none, and is not believed: each is asked for alone
    assert "n051" in {each.get("service_request_id") for each in liar.asked}
    stand = told_of(own)
    assert stand["n001"] == ("closed", "Moved on") and "new" not in stand
    assert {state for number, (state, _) in stand.items() if number != "n001"} == {"received"}


def test_an_answer_from_a_copy_that_lags_behind_opens_nothing_again(liar: Liar, make_own: Any, clock: Clock) -> None:
    begun = f"{clock():%Y-%m-%dT%H:%M:%SZ}"
    opened = one("n1", clock(), updated_datetime=begun)
    liar.say(opened)
    own = make_own(liar.url)
    pull(own)
    clock.advance(hours=1)
    ended = f"{clock():%Y-%m-%dT%H:%M:%SZ}"
    liar.say({**opened, "status": "closed", "status_notes": "Moved on", "updated_datetime": ended})
    assert pull(own) == 1
    liar.say(opened)
    assert pull(own) == 0 and told_of(own)["n1"][0] == "closed"
    clock.advance(hours=1)
    liar.say({**opened, "updated_datetime": f"{clock():%Y-%m-%dT%H:%M:%SZ}"})
    assert pull(own) == 1 and told_of(own)["n1"][0] == "received"


def test_what_is_new_is_kept_though_those_we_hold_cannot_be_asked_for(liar: Liar, make_own: Any, clock: Clock) -> None:
    liar.say(one("old", clock()))
    own = make_own(liar.url)
    pull(own)
    clock.advance(days=10)
    fresh = json.dumps([one("new", clock())]).encode()

    def answer(asked: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        if "page" not in asked:
            return 500, b"", {}
        return 200, fresh if asked["page"] == "1" else b"[]", {}

    liar.answer = answer
    with pytest.raises(PullTrouble, match="answered 500"):
        pull(own)
    assert set(told_of(own)) == {"old", "new"}


@pytest.mark.parametrize(
    ("status", "body", "headers", "said"),
    [
        (500, b"", {}, "answered 500"),
        (429, b"", {"retry-after": "60"}, "answered 429"),
        (302, b"", {"location": "http://127.0.0.1:1/steal"}, "answered 302"),
        (200, b"<html>Welcome</html>", {}, "no JSON"),
        (200, b"[" * 100_000, {}, "no JSON"),
        (200, b'{"error": "none"}', {}, "no list"),
        (200, b'"words"', {}, "no list"),
        (200, b"\xff\xfe", {}, "no JSON"),
        (200, b"[1" + b"1" * 6000 + b"]", {}, "no JSON"),
        (200, b"[" + b" " * (9 << 20) + b"]", {}, "more than 8 MB"),
        (200, b"[{}]", {"content-length": "900"}, "broke off"),
    ],
)
def test_a_bad_answer_is_told_in_words_and_stores_nothing(
    liar: Liar, make_own: Any, status: int, body: bytes, headers: dict[str, str], said: str
) -> None:
    liar.answer = lambda _: (status, body, headers)
    own = make_own(liar.url, "our key", timeout=timedelta(seconds=2))
    with pytest.raises(PullTrouble, match=said) as trouble:
        pull(own)
    assert "our key" not in str(trouble.value) and len(liar.asked) == 1
    assert count(own, alert) == 0


def test_nobody_there_is_told_and_no_address_asks_nobody(make_own: Any) -> None:
    with pytest.raises(PullTrouble, match="could not be asked"):
        pull(make_own("http://127.0.0.1:9/v2"))
    assert pull(make_own("")) == 0


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"LANTERN_PULL_URL": "http://city.example/v2", "LANTERN_PULL_SERVICES": "a"}, "LANTERN_PULL_URL"),
        ({"LANTERN_PULL_URL": "file:///etc/passwd", "LANTERN_PULL_SERVICES": "a"}, "LANTERN_PULL_URL"),
        ({"LANTERN_PULL_URL": "https://city.example/v2", "LANTERN_PULL_SERVICES": " , "}, "LANTERN_PULL_SERVICES"),
    ],
)
def test_a_setting_that_is_unsafe_or_says_too_little_is_refused(environment: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_settings(environment)
