"""Somebody for whom everything is planned dies: from then on no page of anybody leads to them but those that remember."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select

from server.actions.operation.outbox import Outbox
from server.actions.operation.reminders import remind_of_actions, remind_of_plans
from server.http.systems import is_for_systems
from server.tables.cases.case import case_action, case_lead
from server.tables.operation.mail import mail
from server.tables.people.door import door_fact
from server.tables.people.offer import offer
from server.tables.people.own_page import own_link, own_wish
from server.tables.people.person_plan import plan_goal, plan_review
from server.tables.people.question import question
from shared.policy import Act
from tests.server.conferences.conftest import Browser
from tests.server.conferences.test_meeting_is_addressed_by_item import call_by_web
from tests.web import county

WHO_MEETS_PEOPLE = ("aisha", "tom", "priya", "ruth")
REMEMBERS = {"/harm"}


def plan_everything(browser: Browser, now: datetime) -> str:
    """Joan is on an agenda; she is owed something, led on, offered a room, asked about, and wishes something."""
    conference = call_by_web(browser)
    today = now.date()
    at = {"person_id": "joan", "worker_id": "ruth"}
    with browser.watford.writing() as session:
        county.open_places(session, now)
        county.add(session, offer, {"id": "o2", "person_id": "joan", "district_id": county.WATFORD, "kind": "supported_housing",
            "vacancy_id": "room", "offered_on": today, "recorded_at": now, "recorded_by": "priya"})  # fmt: skip
        for number, agency_id in enumerate(("cgl", "beacon", "watford-housing")):
            county.add(session, case_action, {"id": f"a{number}", "case_id": "case-joan", "agency_id": agency_id,
                "text": "Ring her", "due_on": today - timedelta(days=1), "agreed_at": now - timedelta(days=9),
                "agreed_by": "priya", "mdt_number": 1})  # fmt: skip
            county.add(session, question, at | {"id": f"q{number}", "agency_id": agency_id, "asked_at": now,
                "text": f"Has she a key worker? {number}"})  # fmt: skip
            county.add(session, own_link, {"id": f"link{number}", "person_id": "joan", "agency_id": agency_id, "made_at": now,
                "made_by": "ruth", "expires_at": now + timedelta(days=7), "pin_hash": "x"})  # fmt: skip
            county.add(session, own_wish, {"id": f"w{number}", "person_id": "joan", "link_id": f"link{number}",
                "agency_id": agency_id, "kind": "wish", "words": "A dog", "at": now})  # fmt: skip
        county.add(session, case_lead, {"id": "lead", "case_id": "case-joan", "agency_id": "beacon", "worker_id": "tom",
            "phase": "transition", "since": now - timedelta(days=200), "set_by": "priya"})  # fmt: skip
        county.add(session, door_fact, {"id": "d", "person_id": "joan", "kind": "referred", "happened_on": today, "words": "",
            "code": "", "service": "A bed", "agency_id": "beacon", "to_agency_id": "cgl", "recorded_at": now,
            "recorded_by": "tom"})  # fmt: skip
        county.add(session, plan_goal, {"id": "g", "person_id": "joan", "agency_id": "beacon", "words": "A flat", "set_at": now,
            "set_by": "tom"})  # fmt: skip
        county.add(session, plan_review, at | {"id": "r", "agency_id": "beacon", "at": now - timedelta(days=90),
            "words": "Fine", "next_on": today - timedelta(days=1)})  # fmt: skip
    return conference


def list_pages(browser: Browser, conference: str) -> Iterator[str]:
    """Every page that leads to people: each without a name in its address, and those of the conference."""
    for route in browser.client.app.routes:
        for handler, *_ in getattr(route, "route_handler_map", {}).values():
            if isinstance(handler, HTTPRouteHandler) and "GET" in handler.http_methods and not is_for_systems(handler):
                action = handler.opt.get("action")
                if action in (None, Act.PUBLIC, Act.SYNC):
                    continue
                yield from (path for path in handler.paths if "{" not in path)
                yield from (
                    path.replace("{conference_id:str}", conference.rsplit("/", 1)[1])
                    for path in handler.paths
                    if re.fullmatch(r"[^{]*\{conference_id:str\}[^{]*", path)
                )


def find_her(browser: Browser, pages: list[str]) -> set[tuple[str, str]]:
    found = set()
    for who in WHO_MEETS_PEOPLE:
        for path in pages:
            browser.sign_in(who)
            answer = browser.get(path)
            if answer.status_code == 200 and ("Joan" in answer.text or "/people/joan" in answer.text):
                found.add((who, path))
    return found


@pytest.mark.slow
def test_who_died_is_on_no_page(browser: Browser, now: datetime) -> None:
    conference = plan_everything(browser, now)
    pages = sorted(set(list_pages(browser, conference)))
    planned = {path for _, path in find_her(browser, pages)}
    assert {
        "/my-shift/tonight", "/still-to-ask", "/wishes", "/actions", "/caseloads", "/cases", "/chase", f"{conference}/room",
        "/places", "/priorities", "/questions", "/today", "/waiting",
    } <= planned  # fmt: skip
    assert count_reminders(browser, now) == 4
    died = browser.sign_in("priya").post("/people/joan/health", kind="death", on=f"{now.day} {now:%B %Y}")
    assert died.status_code == 303, died.text
    assert {path for _, path in find_her(browser, sorted(planned | REMEMBERS))} == REMEMBERS
    assert count_reminders(browser, now) == 0
    with browser.watford.reading() as session:
        assert set(session.scalars(select(own_link.c.pin_hash))) == {""}, "a link of hers opens still"
    asked = browser.sign_in("priya").post("/people/joan/ask", text="Who has her things?")
    assert (asked.status_code, "They have died" in asked.text) == (422, True)


def count_reminders(browser: Browser, now: datetime) -> int:
    """How many would be reminded today of what they owe, or of a plan to look at."""

    class Told(Exception):
        pass

    with suppress(Told), browser.watford.writing() as session:
        box = Outbox(session, now, iter(map(str, range(99))).__next__)
        remind_of_actions(box, now.date())
        remind_of_plans(box, now.date(), ZoneInfo("Europe/London"))
        query = select(func.count()).select_from(mail).where(mail.c.kind.in_(["actions_reminder", "plans_reminder"]))
        kept = int(session.scalar(query) or 0)
        raise Told
    return kept
