"""Priya sees how reports are answered, and Tom takes the outcomes back to StreetLink in its own columns."""

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.access import Door
from server.actions.referrals.referrals import assign_referral, close_referral, progress_referral
from server.database.engine import Database
from server.importers.report import Reading
from server.importers.streetlink.parse import parse
from server.queries.operation import outbox
from server.queries.partnership import workers
from server.tables.operation.audit import audit
from server.tables.referrals.referral import alert, referral_progress
from server.tables.street.shift import visit
from shared.model.codes import ReferralState
from shared.model.mail import MailKind
from tests.web import county
from tests.web.conftest import Browser
from tests.web.test_answers import leave_address
from tests.web.test_pages import plain

FOUND = "person_found_engaging_with_services"


@pytest.fixture
def acted(filled: Database, now: datetime, new_id: Callable[[], str]) -> Database:
    """r2 folded into r1, which was found two hours before now; r5 is looked for; nobody's report lies elsewhere."""
    leave_address(filled, now, "r2")
    with filled.reading() as session:
        tom = workers.get_worker(session, "tom")
    later = iter(range(10))

    def door() -> Door:
        return Door(filled, tom, now + timedelta(hours=2 * next(later) - 4), new_id)

    with door().open() as access:
        progress_referral(access, "r2", ReferralState.DUPLICATE_OF, duplicate_of="r1")
        assign_referral(access, "r1", "watford-outreach")
    with door().open() as access:
        progress_referral(access, "r1", ReferralState.FOUND)
    with door().open() as access:
        close_referral(access, "r1", FOUND)
        progress_referral(access, "r5", ReferralState.LOOKED_FOR)
    with filled.writing() as session:
        county.put_referral(session, now, "far", hours=3, state="wrong_area", place="Leeds", district_id="nowhere")
    return filled


def numbers_of(page: str) -> dict[str, list[str]]:
    """What the first table says of each district, and the lines of the others by name."""
    tables = re.findall(r"<table.*?</table>", page, re.S)
    lines = [[plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
             for table in tables for row in re.findall(r"<tr.*?</tr>", table, re.S)]  # fmt: skip
    first = lines[: next(number for number, line in enumerate(lines) if line[0] == "Of each source")]
    told = {name: list(cells) for name, *cells in zip(*first, strict=True)}
    outcomes = next(number for number, line in enumerate(lines) if line[:2] == ["Outcome", "Reports"])
    for name, *cells in lines[outcomes:]:
        told.setdefault(f"outcome: {name}", cells)
    return told


def test_the_figures_are_of_reports_and_say_what_they_are_of(browse: Callable[[str], Browser], acted: Database) -> None:
    page = browse("tom").get("/referrals/figures").text
    rows = numbers_of(page)
    assert "Reports are not people" in plain(page)
    reports, repeats, place, visited, hours, _, outcome, found, to_outcome, in_time = rows["Watford"]
    assert (reports, repeats) == ("5", "1")
    assert (place, visited, outcome, found, in_time) == (
        "3 of 4 (75 %)", "2 of 4 (50 %)", "1 of 4 (25 %)", "1 of 1 (100 %)", "1 of 1 (100 %)",
    )  # fmt: skip
    # r1 was reported 20 hours ago and found 2 ago, r5 reported 50 ago and looked for now: between 18 and 50.
    assert (hours, to_outcome) == ("34.0", "20.0")
    assert rows["In no district of ours"][0] == "1" and rows["All"][0] == "6"
    assert (rows["outcome: Person found"], rows["outcome: No outcome yet"]) == (["1"], ["4"])


def test_other_days_are_asked_for_and_a_wrong_one_is_told(browse: Callable[[str], Browser], acted: Database) -> None:
    tom = browse("tom")
    assert "Watford" not in numbers_of(tom.get("/referrals/figures?since=2020-01-01&until=2020-02-01").text)
    for wrong in (
        "since=tomorrow",
        "since=2026-02-01&until=2026-01-01",
        "since=1990-01-01",
        "until=9999-99-99",
        "since=9999-01-01&until=9999-12-31",
        "until=0001-01-05",
    ):
        assert tom.get(f"/referrals/figures?{wrong}").status_code == 422
        assert tom.get(f"/referrals/figures/file?{wrong}").status_code == 400
    assert tom.get("/referrals/figures/outcomes?source=nowhere").status_code == 400


def test_the_workbook_says_what_the_page_says(browse: Callable[[str], Browser], acted: Database) -> None:
    tom = browse("tom")
    text = tom.get("/referrals/figures/file?kind=csv").content.decode("utf-8-sig")
    assert (
        "Of each district,In no district of ours,Watford,All" in text
        and "Place known,0 of 1 (0 %),3 of 4 (75 %)," in text
        and "never add them up as people" in text
    )
    assert tom.get("/referrals/figures/file").content[:2] == b"PK"


def test_another_districts_figures_are_not_told(browse: Callable[[str], Browser], acted: Database) -> None:
    rows = numbers_of(browse("rowan").get("/referrals/figures").text)
    assert "Watford" not in rows and rows["All"][0] == "1"


def read_outcomes(browser: Browser, query: str = "") -> tuple[bytes, list[dict[str, str]]]:
    answer = browser.get(f"/referrals/figures/outcomes{query}")
    assert answer.status_code == 200, answer.text
    return answer.content, list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_outcomes_go_back_in_streetlinks_columns_a_folded_one_with_its_heads(
    browse: Callable[[str], Browser], acted: Database, now: datetime
) -> None:
    with acted.writing() as session:
        (posted,) = outbox.list_posted_about(session, "r1", MailKind.REFERRAL_OUTCOME)
        outbox.set_sent(session, posted.mail.id, now)
    data, rows = read_outcomes(browse("tom"))
    told = {row["alert_id"]: row for row in rows}
    assert set(told) == {"r1", "r2"}
    assert {row["outcome_summary"] for row in rows} == {"person found - engaging with services"}
    assert (told["r2"]["duplication_status"], told["r2"]["parent_alert_id"]) == ("Duplicate", "r1")
    assert (told["r1"]["parent_alert_id"], told["r1"]["status"]) == ("", "Closed")
    assert (told["r1"]["feedback_provided"], told["r2"]["feedback_provided"]) == ("No", "Yes")
    assert told["r1"]["date_of_first_attempt"] < told["r1"]["closed_date"]
    assert not any(word in data.decode() for word in ("sleeping bag", "Station Road", "sam@", "Marek"))
    # Our own reader of StreetLink's export understands it, where references are told in capitals.
    read = {report.reference: report for report in parse(data, Reading("Europe/London", now + timedelta(days=1)))}
    assert (read["R1"].closed, read["R1"].outcome_text) == (True, "person found - engaging with services")
    assert read["R2"].parent_reference == "R1"


def test_only_what_ended_on_these_days_and_of_this_source(browse: Callable[[str], Browser], acted: Database) -> None:
    tom = browse("tom")
    assert read_outcomes(tom, "?source=council_form")[1] == []
    assert read_outcomes(tom, "?since=2020-01-01&until=2020-02-01")[1] == []


def test_who_took_the_file_is_written_down(browse: Callable[[str], Browser], acted: Database) -> None:
    read_outcomes(browse("tom"))
    with acted.reading() as session:
        purposes = session.execute(
            select(audit.c.action, audit.c.subject_id).where(audit.c.purpose == "file of outcomes")
        ).all()
    assert {subject for action, subject in purposes if action == "see_referral"} >= {"r1", "r2"}


def test_a_reference_that_a_spreadsheet_would_calculate_is_text(
    browse: Callable[[str], Browser], acted: Database
) -> None:
    with acted.writing() as session:
        session.execute(alert.update().where(alert.c.id == "alert-r1").values(source_reference="=1+1"))
    _, rows = read_outcomes(browse("tom"))
    assert "'=1+1" in {row["alert_id"] for row in rows}


def test_a_worker_is_told_nothing(browse: Callable[[str], Browser], acted: Database) -> None:
    aisha: Any = browse("aisha")
    for path in ("", "/file", "/outcomes"):
        assert aisha.get(f"/referrals/figures{path}").status_code in {403, 404}


@pytest.mark.parametrize(("is_struck", "visited"), [(False, "2 of 4 (50 %)"), (True, "1 of 4 (25 %)")])
def test_a_look_that_was_struck_out_is_no_look(
    browse: Callable[[str], Browser], acted: Database, now: datetime, is_struck: bool, visited: str
) -> None:
    with acted.writing() as session:
        county.add(session, visit, {"id": "look", "team_id": "watford-outreach", "worker_id": "aisha", "at": now,
                                    "night": now.date(), "note": "", "is_struck": is_struck})  # fmt: skip
        of_r5 = referral_progress.c.referral_id == "r5"
        session.execute(referral_progress.update().where(of_r5).values(visit_id="look"))
    assert numbers_of(browse("tom").get("/referrals/figures").text)["Watford"][3] == visited
