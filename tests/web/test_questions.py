"""A page asks the database as often for many people, and for a long history, as for few and a short one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from server.database.engine import Database
from server.tables.partnership.agency import agency, agreement
from tests.web import county

Browse = Callable[[str], Any]


@contextmanager
def questions() -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def count_questions(browser: Any, path: str) -> int:
    assert browser.get(path).status_code == 200
    with questions() as asked:
        assert browser.get(path).status_code == 200
    assert asked
    return len(asked)


def call_conference(browser: Any, day: str) -> str:
    browser.get("/conferences")
    answer = browser.send(
        "/conferences", district=county.WATFORD, day=day, time="10:00", chair="priya", minute_taker="tom"
    )
    return str(answer.url.path)


@pytest.fixture
def more(filled: Database, now: datetime) -> Callable[[], None]:
    """Eight people more on Watford's list, forty nights more of Marek's, and five agencies more."""

    def fill() -> None:
        with filled.writing() as session:
            for number in range(8):
                county.put_person(session, now, f"new-{number}", "New", name=f"New {number}", state="listed", nights=(2, 3),
                                  site_id="shelter", needs={"alcohol": "no"})  # fmt: skip
            county.put_person(session, now, "long", "Long", name="Long", state="listed", nights=tuple(range(1, 41)))
            for number in range(5):
                county.add(session, agency, {"id": f"more-{number}", "name": f"More {number}", "kind": "housing"})
                county.add(session, agreement, {
                    "id": f"more-{number}", "agency_id": f"more-{number}", "kind": "information_sharing", "version": "1",
                    "signatory": "A", "signed_on": now.date(), "expires_on": now.date(),
                })  # fmt: skip

    return fill


def test_lists_and_the_record_ask_as_often_for_many_as_for_few(browse: Browse, more: Callable[[], None]) -> None:
    priya = browse("priya")
    paths = ("/cases", "/people/marek", "/conferences", "/agreements", "/priorities?district=watford", "/places")
    few = {path: count_questions(priya, path) for path in paths}
    more()
    assert {path: count_questions(priya, path) for path in paths} == few
    assert count_questions(priya, "/people/long") == few["/people/marek"]


def test_an_agenda_of_many_cases_asks_as_often_as_one_of_few(browse: Browse, more: Callable[[], None]) -> None:
    priya = browse("priya")
    first = call_conference(priya, "2026-12-10")
    short = [count_questions(priya, f"{first}{rest}") for rest in ("", "/paper/cgl", "/discussion/1", "/end")]
    more()
    second = call_conference(priya, "2026-12-17")
    assert [count_questions(priya, f"{second}{rest}") for rest in ("", "/paper/cgl", "/discussion/1", "/end")] == short
