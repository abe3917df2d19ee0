"""A case study from the record to a PDF, with no name on the way out."""

import pytest

from server.database.engine import Database
from tests.server.conferences.conftest import Browser
from tests.web import county

STUDY = "/cases/case-joan/case-study"


def test_it_is_filled_without_a_name_completed_and_downloaded(browser: Browser, watford: Database, now) -> None:
    browser.sign_in("priya").post("/people/joan/lead", district=county.WATFORD, lead_worker="aisha", phase="transition")
    page = browser.get(STUDY)
    assert page.status_code == 200
    body = page.text.split("<main")[1]
    assert "They were seen sleeping rough on 5 nights, the last in November 2026." in body
    assert "At first nobody helped with mental health." in body
    assert "The lead was with outreach." in body
    for told in ("Joan", "Carter", "Aisha", "St Albans Road", "front door", "1979"):
        assert told not in body, told
    made = browser.post(STUDY, background="A woman, 46 to 55.", learned="Start with what she wants.")
    assert made.headers["content-type"] == "application/pdf"
    assert made.content.startswith(b"%PDF-1.7")
    for mark in (b"/StructTreeRoot", b"/Lang", b"pdfuaid"):
        assert mark in made.content


def test_a_name_that_somebody_typed_keeps_it_in_and_nothing_typed_is_lost(browser: Browser) -> None:
    answer = browser.sign_in("priya").post(
        STUDY, background="Joan was met on 3 November", difference="Aisha came at the same hour each week"
    )
    assert answer.status_code == 422
    assert "This still tells of somebody: Joan, 3 November." in answer.text
    assert "This still tells of somebody: Aisha." in answer.text
    assert "came at the same hour each week" in answer.text


@pytest.mark.parametrize(("reader", "status"), [("rowan", 404), ("ruth", 404), ("helen", 403)])
def test_only_the_coordinator_and_whoever_works_with_them_write_one(browser: Browser, reader: str, status: int) -> None:
    assert browser.sign_in(reader).get(STUDY).status_code == status
    assert browser.post(STUDY, background="x").status_code == status
