"""A partner's day on one page: what it owes, where a word of it is wanted, with whom it works; pressed and answered there."""

import io
import re
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import delete, update

from server.actions.conferences import discussion
from server.database.engine import Database
from server.queries.conferences import conferences
from server.queries.conferences import updates as written
from server.tables.cases.case import case_action
from server.tables.partnership.agency import agreement
from server.tables.partnership.worker import worker_district
from server.tables.people.person import person
from tests.server.conferences.conftest import Browser, Enter
from tests.server.conferences.test_pages import call


def agree(enter: Enter, path: str, case_id: str, days: int, agency_id: str = "cgl", text: str = "assessment") -> str:
    """An action for a case of the agenda; returns its id."""
    conference_id = path.rsplit("/", 1)[1]
    with enter("priya") as access:
        item = next(each for each in conferences.list_items(access.session, conference_id) if each.case_id == case_id)
        return discussion.agree_action(
            access, conference_id, item.id, text=text, agency_id=agency_id, due_on=access.today + timedelta(days=days)
        ).id


def updates(watford: Database, path: str) -> dict[str, str]:
    with watford.reading() as session:
        return {each.case_id: each.text for each in written.list_updates(session, path.rsplit("/", 1)[1])}


@pytest.fixture
def circulated(browser: Browser, enter: Enter) -> str:
    """A conference whose agenda every service was sent; CGL owes Person 01 something soon, Person 02 something later."""
    path = call(browser)
    agree(enter, path, "case-p01", 3)
    agree(enter, path, "case-p02", 30, text="a bed at the clinic")
    browser.circulate(path)
    return path


def test_a_partners_first_page_is_its_day(browser: Browser, circulated: str) -> None:
    shown = browser.sign_in("ruth").get("/today").text
    assert '<a class="govuk-link" href="/people/p01">Person 01</a>, MDT 1' in shown
    assert "assessment by" in shown
    assert "a bed at the clinic" not in shown
    assert "1 action due later" in shown
    assert "15 cases of 15 without a word from you" in shown
    people = shown[shown.index('id="people"') :]
    assert re.findall(r'href="/people/(p\d\d)"', people) == ["p01", "p02"]
    assert "1 action of yours" in people
    assert browser.get("/").headers["location"] == "/today"
    for other in ("priya", "tom"):
        assert ">Today<" not in browser.sign_in(other).get("/cases").text


def test_somebody_without_a_name_is_not_described_to_who_only_discusses_them(
    browser: Browser, enter: Enter, watford: Database
) -> None:
    path = call(browser)
    theirs = agree(enter, path, "case-p01", 3, agency_id="watford-housing", text="a viewing")
    agree(enter, path, "case-p02", 3)
    words = {"name": "", "alias": "", "description": "Grey coat, behind the bins of the chemist"}
    with watford.writing() as session:
        session.execute(update(person).where(person.c.id.in_(["p01", "p02"])).values(**words))
        session.execute(update(case_action).where(case_action.c.id == theirs).values(due_on=date(2026, 11, 1)))
    shown = browser.sign_in("ruth").get("/actions").text
    missed = shown[shown.index("Missed by others") :]
    assert "a viewing" in missed
    assert "behind the bins" not in missed
    assert '<a class="govuk-link" href="/people/p01/ask">Name not known</a>' in missed
    assert "behind the bins" in shown  # of whom her own service works with


def test_one_press_for_each_or_all_and_what_is_typed_stands_on_both_pages(
    browser: Browser, circulated: str, watford: Database
) -> None:
    send = circulated.replace("/conferences/", "/agendas/") + "/updates"
    shown = browser.sign_in("ruth").get("/today").text
    boxes = dict(re.findall(r'name="(case_\d+)" value="([^"]+)"', shown))
    assert len(boxes) == 15
    place = next(name for name, case_id in boxes.items() if case_id == "case-p03").removeprefix("case_")
    answer = browser.post(
        send, press="not_known:case-p04", back="/today", **boxes, **{f"text_{place}": "Seen on Monday"}
    )
    assert answer.headers["location"] == "/today?done=update_sent"
    assert updates(watford, circulated) == {"case-p04": "Not known to us."}
    shown = browser.get("/today").text
    assert "14 cases of 15 without a word from you" in shown
    assert "Seen on Monday</textarea>" in shown
    assert "Seen on Monday</textarea>" in browser.get(circulated.replace("/conferences/", "/agendas/")).text
    boxes = dict(re.findall(r'name="(case_\d+)" value="([^"]+)"', shown))
    browser.post(send, press="rest_not_known", back="/today", **boxes, **{f"text_{place}": "Seen on Monday"})
    told = updates(watford, circulated)
    assert set(told) == set(boxes.values()) - {"case-p01", "case-p02", "case-p03"} | {"case-p04"}
    assert set(told.values()) == {"Not known to us."}
    assert "Seen on Monday</textarea>" in browser.get("/today").text


def test_an_action_is_answered_where_it_stands_and_only_there_leads_back(
    browser: Browser, circulated: str, enter: Enter
) -> None:
    shown = browser.sign_in("ruth").get("/today").text
    action = re.search(r'action="(/actions/[^"]+)/done"', shown)
    assert action is not None
    answer = browser.post(f"{action[1]}/done", text="Done on Tuesday", back="/today")
    assert answer.headers["location"] == "/today?done=action_done"
    assert "Nothing is due in the next seven days" in browser.get("/today").text
    elsewhere = browser.post(f"{action[1]}/reopen", back="https://evil.example/")
    assert elsewhere.headers["location"] == "/actions?done=action_reopened"


def test_a_day_is_its_own_services_alone(browser: Browser, circulated: str, watford: Database, enter: Enter) -> None:
    agree(enter, circulated, "case-p05", 2, agency_id="beacon", text="a visit at night")
    shown = browser.sign_in("ruth").get("/today").text
    assert "a visit at night" not in shown
    assert 'href="/people/p05"' not in shown
    assert browser.sign_in("helen").get("/today").status_code == 403


def test_what_has_ended_or_was_sent_to_nobody_is_not_asked_for(browser: Browser, circulated: str, clock: Any) -> None:
    call(browser, day="2027-01-14")
    assert "15 cases of 15" in browser.sign_in("ruth").get("/today").text
    browser.sign_in("priya").finish(circulated)
    assert "No conference is to come whose agenda you were sent" in browser.sign_in("ruth").get("/today").text


def test_a_partner_takes_out_whom_to_look_up_and_no_more_than_its_page_says(
    browser: Browser, circulated: str, watford: Database
) -> None:
    agenda = circulated.replace("/conferences/", "/agendas/")
    answer = browser.sign_in("ruth").get(f"{agenda}/people.xlsx")
    _, *rows = openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
    named = {row[1]: row for row in rows}
    assert len(rows) == 15
    assert named["Person 01"][2] == datetime(1980, 1, 1)  # noqa: DTZ001 - Excel's days have no zone
    assert named["Person 01"][5] == "yes"
    assert not named["Person 03"][5]
    assert f'href="{agenda}/people.xlsx"' in browser.get(agenda).text
    assert "Born 1 January 1980" in browser.get("/cases").text
    assert "Born 1 January 1980" not in browser.sign_in("priya").get("/cases").text
    assert browser.sign_in("rowan").get(f"{agenda}/people.xlsx").status_code == 404


def test_a_day_is_behind_the_agreement_gate_for_whoever_acts_for_no_district_too(
    browser: Browser, circulated: str, watford: Database
) -> None:
    with watford.writing() as session:
        session.execute(delete(worker_district).where(worker_district.c.worker_id == "ruth"))
        session.execute(update(agreement).where(agreement.c.agency_id == "cgl").values(expires_on=date(2026, 11, 1)))
    refused = browser.sign_in("ruth").get("/today")
    assert refused.status_code == 403
    assert "Person 01" not in refused.text
