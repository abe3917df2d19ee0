"""What one service wrote of somebody reaches another while the person agrees, and by no road at any other moment: every address
that names them, their case or their conference, and every list, asked as a partner and as a coordinator for each thing that may
have been said. `tests/shared/policy/test_grid.py` asks the rule; this asks the roads."""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import delete

from server.actions.people.wellbeing import load_questionnaire
from server.http.systems import is_for_systems
from server.queries.people import wellbeing
from server.tables.cases.case import case_action
from server.tables.people.assessment import assessment_answer
from server.tables.people.consent import consent
from server.tables.people.door import door_fact
from server.tables.people.person_plan import engagement_try, plan_goal, plan_review, plan_step
from shared.model.telling import Shareable
from shared.model.wellbeing import Filled
from shared.policy import Act
from tests.server.conferences.conftest import Browser
from tests.server.conferences.test_meeting_is_addressed_by_item import call_by_web
from tests.server.people.test_wellbeing import SEVEN
from tests.web import county

READERS = {"ruth": "cgl", "priya": "watford-housing"}
"""A partner that works with her, and her district's coordinator: neither wrote any of it."""
SECRETS = {Shareable.ASSESSMENT: "ZZASSESSMENT", Shareable.PLAN: "ZZPLAN", Shareable.WELLBEING: "ZZWELLBEING",
           Shareable.CONTACTS: "ZZCONTACTS"}  # fmt: skip
SAID: dict[str, tuple[tuple[dict[str, Any], ...], bool]] = {
    "nobody asked": ((), False),
    "agreed for all": (({},), True),
    "agreed for us": (({"to": "us"},), True),
    "agreed for others": (({"to": "probation"},), False),
    "refused": (({"answer": "refused"},), False),
    "taken back": (({"days": 5}, {"answer": "withdrawn"}), False),
    "agreed again": (({"days": 5, "answer": "withdrawn"}, {}), True),
    "all but us": (({"to": "us", "answer": "refused", "days": 5}, {}), False),
    "until yesterday": (({"until": -1},), False),
    "until today": (({"until": 0},), True),
    "by law, though refused": (({"basis": "legal_obligation"}, {"answer": "refused"}), True),
}
"""Words about each thing, the older first, and whether they let the reader's service read."""
MAIN_ROADS = (
    ("assessment", Shareable.ASSESSMENT), ("assessment/home", Shareable.ASSESSMENT), ("assessment-paper", Shareable.ASSESSMENT),
    ("assessment-from-paper", Shareable.ASSESSMENT), ("plan", Shareable.PLAN), ("plan-paper", Shareable.PLAN),
    ("wellbeing", Shareable.WELLBEING), ("doors", Shareable.CONTACTS),
)  # fmt: skip


def write_everything(browser: Browser, now: datetime) -> str:
    """Beacon wrote all of it; CGL works with her. Returns the conference on whose agenda she is."""
    conference = call_by_web(browser)
    by = {"person_id": "joan", "agency_id": "beacon"}
    looked = by | {"worker_id": "tom", "at": now}
    told, planned, tried = SECRETS[Shareable.ASSESSMENT], SECRETS[Shareable.PLAN], f"{SECRETS[Shareable.PLAN]} by note"
    with browser.watford.writing() as session:
        county.add(session, case_action, {"id": "a", "case_id": "case-joan", "agency_id": "cgl", "text": "Ring her",
            "due_on": now.date(), "agreed_at": now - timedelta(days=1), "agreed_by": "priya", "mdt_number": 1})  # fmt: skip
        county.add(session, assessment_answer, looked | {"id": "q", "question": "home_want", "version": 1, "state": "answered",
            "value": "", "words": told, "note": "", "via": "desk", "place": ""})  # fmt: skip
        county.add(session, plan_goal, by | {"id": "g", "words": planned, "set_at": now, "set_by": "tom"})
        county.add(session, plan_step, {"id": "s", "goal_id": "g", "person_id": "joan", "text": f"{planned} step",
            "added_at": now, "added_by": "tom"})  # fmt: skip
        county.add(session, plan_review, looked | {"id": "r", "words": f"{planned} look", "next_on": now.date()})
        county.add(session, engagement_try, looked | {"id": "t", "method": "note", "effect": "talked", "words": tried})
        county.add(session, door_fact, by | {"id": "d", "kind": "came_by", "happened_on": now.date(), "code": "",
            "words": SECRETS[Shareable.CONTACTS], "service": "", "recorded_at": now, "recorded_by": "tom"})  # fmt: skip
        load_questionnaire(session, SEVEN, now)
        filled = Filled(
            id="w", person_id="joan", agency_id="beacon", questionnaire=SEVEN.key, version=1, points=(3,) * 7,
            words=SECRETS[Shareable.WELLBEING], filled_on=now.date(), at=now, worker_id="tom",
        )  # fmt: skip
        wellbeing.add_filled(session, filled)
    return conference


def say(browser: Browser, now: datetime, us: str, words: tuple[dict[str, Any], ...]) -> None:
    """What she said of each thing, in place of what she said before."""
    with browser.watford.writing() as session:
        session.execute(delete(consent))
        for number, word in enumerate(words):
            until = now.date() + timedelta(days=word["until"]) if "until" in word else None
            for what in Shareable:
                county.add(session, consent, {"id": f"{what}-{number}", "person_id": "joan", "what": str(what),
                    "agency_id": us if word.get("to") == "us" else word.get("to"), "answer": word.get("answer", "agreed"),
                    "basis": word.get("basis", "consent"), "way": "word", "until": until, "worker_id": "tom",
                    "at": now - timedelta(days=word.get("days", 3 - number)), "words": "she said so"})  # fmt: skip


def list_addresses(browser: Browser, conference: str) -> Iterator[str]:
    """Every address that is asked for by somebody signed in and that her ids fill."""
    known = {
        "person_id": "joan", "case_id": "case-joan", "district_id": county.WATFORD, "section": "home",
        "conference_id": conference.rsplit("/", 1)[1], "agency_id": "cgl",
    }  # fmt: skip
    for route in browser.client.app.routes:
        for handler, *_ in getattr(route, "route_handler_map", {}).values():
            if not isinstance(handler, HTTPRouteHandler) or "GET" not in handler.http_methods:
                continue
            if is_for_systems(handler) or handler.opt.get("action") in (None, Act.PUBLIC, Act.SYNC):
                continue
            for path in handler.paths:
                filled = re.sub(r"\{(\w+):str\}", lambda found: known.get(found[1], found[0]), path)
                if "{" not in filled:
                    yield filled


def read(browser: Browser, path: str) -> str:
    """What an address says, whatever kind of file it is."""
    answer = browser.get(path)
    if answer.status_code != 200:
        return ""
    kind = answer.headers.get("content-type", "")
    if kind.startswith("application/pdf"):
        assert shutil.which("pdftotext") is not None
        return subprocess.run(
            ["pdftotext", "-", "-"], input=answer.content, capture_output=True, check=True, timeout=60
        ).stdout.decode()
    if answer.content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
            return "\n".join(packed.read(name).decode("utf-8", "ignore") for name in packed.namelist())
    return str(answer.text)


def find_roads(browser: Browser, who: str, paths: list[str]) -> dict[str, set[Shareable]]:
    """Which of these addresses tell this reader what."""
    found = {}
    for path in paths:
        browser.sign_in(who)
        text = read(browser, path)
        told = {what for what, secret in SECRETS.items() if secret in text}
        if told:
            found[path] = told
    return found


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="reads PDFs with poppler's pdftotext")
@pytest.mark.parametrize("who", READERS)
def test_no_road_tells_another_service_what_they_did_not_agree_to(browser: Browser, now: datetime, who: str) -> None:
    conference = write_everything(browser, now)
    paths = sorted(set(list_addresses(browser, conference)))
    assert len(paths) > 80
    say(browser, now, READERS[who], ())
    assert find_roads(browser, who, paths) == {}
    say(browser, now, READERS[who], SAID["agreed for all"][0])
    roads = find_roads(browser, who, paths)
    for path, what in MAIN_ROADS:
        assert what in roads[f"/people/joan/{path}"], path
    for said, (words, lets) in SAID.items():
        say(browser, now, READERS[who], words)
        assert find_roads(browser, who, sorted(roads)) == (roads if lets else {}), said
