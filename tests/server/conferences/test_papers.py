"""The files of a conference: accessible PDF, calendar."""

from datetime import UTC, datetime

from server.mail.calendar import make_invitation
from shared.model.conference import CaseConference
from tests.server.conferences.conftest import Browser
from tests.server.conferences.test_pages import call

NOW = datetime(2026, 11, 12, 21, 30, tzinfo=UTC)


def test_the_pdf_is_tagged_titled_and_speaks_english(browser: Browser) -> None:
    path = call(browser)
    browser.post(f"{path}/circulate")
    made = browser.get(f"{path}/agenda.pdf?agency=cgl")
    assert made.status_code == 200
    assert made.headers["content-type"] == "application/pdf"
    assert made.content.startswith(b"%PDF-1.7")
    for mark in (b"/MarkInfo", b"/StructTreeRoot", b"/Lang", b"pdfuaid"):
        assert mark in made.content, mark
    own = browser.sign_in("ruth").get(path.replace("/conferences/", "/agendas/") + "/agenda.pdf")
    assert own.status_code == 200
    assert browser.get(f"{path}/agenda.pdf?agency=beacon").status_code == 403


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
