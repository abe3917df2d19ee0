"""The files of a conference: accessible PDF, calendar."""

import re
import shutil
import subprocess
from datetime import UTC, date, datetime

import pytest

from server.actions.conferences.papers import Paper, PaperCase
from server.mail.calendar import make_invitation
from server.web.layout.agenda_pdf import make_pdf
from shared.model.agency import Agency
from shared.model.codes import AgencyKind, Gender
from shared.model.conference import CaseConference
from tests.server.conferences.conftest import Browser
from tests.server.conferences.test_pages import call

NOW = datetime(2026, 11, 12, 21, 30, tzinfo=UTC)


def test_the_pdf_is_tagged_titled_and_speaks_english(browser: Browser) -> None:
    path = call(browser)
    browser.circulate(path)
    made = browser.get(f"{path}/agenda.pdf?agency=cgl")
    assert made.status_code == 200
    assert made.headers["content-type"] == "application/pdf"
    assert made.content.startswith(b"%PDF-1.7")
    for mark in (b"/MarkInfo", b"/StructTreeRoot", b"/Lang", b"pdfuaid"):
        assert mark in made.content, mark
    own = browser.sign_in("ruth").get(path.replace("/conferences/", "/agendas/") + "/agenda.pdf")
    assert own.status_code == 200
    assert browser.get(f"{path}/agenda.pdf?agency=beacon").status_code == 403


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="reads the PDF with poppler's pdftotext")
def test_no_page_of_the_pdf_leaves_open_whom_it_is_about() -> None:
    cases = tuple(
        PaperCase(
            case_id=f"c{n}", person_id=f"p{n}", position=n, known_as=f"Person{n} Name", date_of_birth=date(1980, 1, n),
            gender=Gender.FEMALE, mdt_number=1, carried_over=False, why="New to the conference", strengths="Cooks for thirty.",
            wants_first="A room with a door that locks. " * (n % 4 + 1), needs=(), actions=(), works_with=n == 2,
            safety_needs="Meet in pairs, in the open; her former partner may be near. " * (n % 5 + 2) ** 3,
        )
        for n in range(1, 16)
    )  # fmt: skip
    paper = Paper(agency=Agency(id="a", name="Probation", kind=AgencyKind.PROBATION), withheld="", cases=cases)
    made = make_pdf(paper, CaseConference(id="m", district_id="w", starts_at=NOW, place="Hall"), "Watford", NOW.date())
    told = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=made, capture_output=True, check=True, timeout=60
    ).stdout.decode()
    pages = [[line.strip() for line in page.splitlines() if line.strip()] for page in told.split("\f")[:-1]]
    assert len(pages) > 8
    assert [page[0] for page in pages[1:] if not re.search(r"Person\d+ Name", page[0])] == []
    assert all("As of 12 November 2026" in " ".join(page) for page in pages)
    for words in ("2026", "Cooks for thirty.", "Female", "You work with them", "15 cases"):
        assert words in told, words


def test_the_pdf_of_an_agency_without_agreement_holds_nobody(browser: Browser) -> None:
    path = call(browser)
    everything = browser.get(f"{path}/agenda.pdf?agency=cgl").content
    nothing = browser.get(f"{path}/agenda.pdf?agency=probation").content
    assert len(nothing) < len(everything) / 2
    assert browser.get(f"{path}/agenda.pdf?agency=three-rivers-housing").status_code == 404


def test_the_invitation_says_when_and_where_and_nobodys_name(browser: Browser) -> None:
    path = call(browser)
    text = browser.get(f"{path}/invite.ics").text
    assert "DTSTART:20261210T100000Z\r\nDTEND:20261210T120000Z\r\n" in text
    assert "SUMMARY:Watford case conference" in text
    assert "Joan" not in text
    assert browser.sign_in("rowan").get(f"{path}/invite.ics").status_code == 404


def test_an_invitation_escapes_and_folds() -> None:
    place = "Room 2; upstairs, Élan House\nAsk at the desk " + "é" * 60
    text = make_invitation(CaseConference(id="c", district_id="w", starts_at=NOW, place=place), "St Albans", NOW)
    lines = text.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    unfolded = text.replace("\r\n ", "")
    assert "LOCATION:Room 2\\; upstairs\\, Élan House\\nAsk at the desk " + "é" * 60 in unfolded
    assert lines[0] == "BEGIN:VCALENDAR"
    assert text.endswith("END:VCALENDAR\r\n")
