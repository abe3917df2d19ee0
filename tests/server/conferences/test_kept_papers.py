"""What an agency was sent is kept as it was sent, and what changed since is marked; minutes are versions that somebody checks."""

import html
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select, text, update

from server.actions.conferences import circulating, conferences
from server.actions.conferences.conferences import change_conference
from server.actions.conferences.kept import newest_by_agency, open_kept, seal_anew
from server.actions.conferences.papers import PaperCase
from server.actions.people.hiding import hide_person, show_person_again
from server.database.engine import Database
from server.queries.conferences.conferences import Circulated, find_conference
from server.queries.operation import outbox
from server.queries.people import erasure
from server.security.documents import DocumentKeys
from server.tables.conferences.conference import circulation
from server.tables.conferences.kept import circulated_case
from server.tables.people.person import person
from shared.model.mail import MailFacts, MailKind
from tests.server.conferences.conftest import Browser, Enter
from tests.server.conferences.test_pages import call
from tests.web import county

REASON = "Her former partner asks for her at every door"


def sent_to(watford: Database, agency_id: str, paper: str = "agenda") -> list[Any]:
    with watford.reading() as session:
        query = select(circulation).where(circulation.c.agency_id == agency_id, circulation.c.paper == paper)
        return list(session.execute(query.order_by(circulation.c.at, circulation.c.id)))


def mails(watford: Database, kind: MailKind, agency_id: str) -> list[MailFacts]:
    with watford.reading() as session:
        found = [each.mail for each in outbox.list_posted(session) if each.mail.kind is kind]
    theirs = sorted((each for each in found if each.agency_id == agency_id), key=lambda each: each.queued_at)
    return [each.facts for each in theirs]


def own(path: str) -> str:
    return path.replace("/conferences/", "/agendas/")


def test_what_was_sent_stays_as_it_was_and_what_changed_since_is_marked_everywhere(
    browser: Browser, watford: Database, clock: Any
) -> None:
    path = call(browser)
    browser.circulate(path)
    (first,) = sent_to(watford, "cgl")
    with watford.writing() as session:
        session.execute(update(person).where(person.c.id == "p01").values(wants_first="To see the sea"))
    clock.advance(minutes=5)
    browser.post(f"{path}/take-off", case="case-p02", reason="Died on Sunday")
    browser.post(f"{path}/add", case="case-p16", reason="Discharged on Friday")
    shown = browser.get(path).text
    assert "CGL Spectrum: 1 case put on, 1 case taken off, 1 case changed" in shown
    kept = browser.get(f"{path}/sent/{first.id}").text
    assert "Person 02" in kept
    assert "To see the sea" not in kept
    assert "Person 16" not in kept
    assert browser.get(f"{path}/sent/{first.id}/agenda.pdf").content.startswith(b"%PDF")
    mine = html.unescape(browser.sign_in("ruth").get(own(path)).text)
    assert "1 case put on" in mine
    assert "1 case taken off" in mine
    card = mine[mine.index('id="case-2"') :]
    assert "Changed since you were sent it:</strong> what they want first." in card[: card.index("</article>")]
    assert mine.count("New since you were sent it") == 1
    browser.sign_in("priya").circulate(path)
    facts = mails(watford, MailKind.CONFERENCE_CIRCULATED, "cgl")
    assert [(each.again, each.put_on, each.taken_off, each.changed) for each in facts] == [
        (False, 0, 0, 0), (True, 1, 1, 1),
    ]  # fmt: skip
    assert "Changed since it was circulated" not in browser.get(path).text
    assert "Person 02" in browser.get(f"{path}/sent/{first.id}").text


def test_bytes_are_sealed_each_with_its_digest_and_one_that_was_tampered_with_stops_no_other(
    browser: Browser, watford: Database
) -> None:
    path = call(browser)
    browser.circulate(path)
    (sent,) = sent_to(watford, "cgl")
    with watford.writing() as session:
        rows = session.execute(
            select(circulated_case)
            .where(circulated_case.c.circulation_id == sent.id)
            .order_by(circulated_case.c.position)
        ).all()
        assert len(rows) == sent.cases == 15
        assert sent.sha256 == sha256("".join(row.sha256 for row in rows).encode()).hexdigest()
        assert not any(b"Person" in row.sealed for row in rows)
        other = next(row for row in rows if row.case_id != rows[0].case_id)
        session.execute(
            update(circulated_case)
            .where(circulated_case.c.circulation_id == sent.id, circulated_case.c.case_id == rows[0].case_id)
            .values(sealed=other.sealed)
        )
    kept = browser.get(f"{path}/sent/{sent.id}").text
    assert "1 case cannot be opened" in kept
    assert kept.count("<article") == 14


def test_a_new_secret_loses_nothing_of_what_agencies_were_sent_and_what_is_damaged_holds_up_no_other(
    enter: Enter, watford: Database
) -> None:
    before = DocumentKeys(b"the secret of last year, of 32 b")
    with enter("priya") as access:
        starts_at = access.now + timedelta(days=28)
        made = conferences.schedule_conference(access, county.WATFORD, starts_at, "", "priya", "tom")
        sent = next(row for row in circulating.circulate(access, before, made.id) if row.agency_id == "cgl")
    with watford.writing() as session:
        total = session.scalar(select(func.count()).select_from(circulated_case))
        one = (circulated_case.c.circulation_id == sent.id) & (circulated_case.c.case_id == "case-p01")
        session.execute(update(circulated_case).where(one).values(sealed=b"damaged"))
    today, earlier = b"the secret of today, of 32 bytes", b"the secret of last year, of 32 b"
    assert seal_anew(watford, DocumentKeys(today, earlier)) == total - 1
    assert seal_anew(watford, DocumentKeys(today, earlier)) == 0
    with watford.reading() as session:
        paper = open_kept(session, DocumentKeys(today), [sent.id], PaperCase)[sent.id]
    assert (len(paper.cases), paper.lost) == (14, 1)


def test_a_case_that_cannot_be_printed_stops_no_other(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    import typst

    from server.web.layout import printing

    setting = printing._compile
    printed: list[Any] = []

    def refuse(source: bytes, name: str, told: Any) -> bytes:
        if any(case["known_as"] == "Person 03" for case in told["cases"]):
            raise typst.TypstError("this one cannot be set", "")
        printed.append(told)
        return setting(source, name, told)

    monkeypatch.setattr(printing, "_compile", refuse)
    path = call(browser)
    assert browser.get(f"{path}/agenda.pdf?agency=cgl").content.startswith(b"%PDF")
    cases = printed[-1]["cases"]
    assert len(cases) == 15
    (bad,) = [case for case in cases if not case["known_as"]]
    assert (bad["position"], bad["why"]) == (4, "This case could not be printed. Read it on the page of the agenda.")


def test_what_was_sent_about_somebody_goes_with_them(browser: Browser, watford: Database) -> None:
    path = call(browser)
    browser.circulate(path)
    with watford.writing() as session:
        erasure.delete_person(session, ["p01"])
        left = session.scalar(text("select count(*) from circulated_case where case_id = 'case-p01'"))
    assert left == 0
    (sent,) = sent_to(watford, "cgl")
    assert "1 case of it is not shown" in browser.get(f"{path}/sent/{sent.id}").text


@pytest.mark.parametrize(("reader", "status"), [("ruth", 403), ("rowan", 404), ("helen", 403)])
def test_only_the_districts_coordinator_reads_what_was_sent(
    browser: Browser, watford: Database, reader: str, status: int
) -> None:
    path = call(browser)
    browser.circulate(path)
    (sent,) = sent_to(watford, "cgl")
    for page in (f"{path}/sent/{sent.id}", f"{path}/sent/{sent.id}/agenda.pdf"):
        assert browser.sign_in(reader).get(page).status_code == status
    other = call(browser.sign_in("priya"), time="15:00")
    assert browser.get(f"{other}/sent/{sent.id}").status_code == 404


def test_somebody_hidden_since_is_in_no_kept_paper_for_who_may_not_know(
    browser: Browser, watford: Database, enter: Any
) -> None:
    path = call(browser)
    browser.circulate(path)
    (sent,) = sent_to(watford, "cgl")
    with enter("tom") as access:
        hide_person(access, "p01", (), REASON)
    assert "Person 01" not in browser.get(f"{path}/sent/{sent.id}").text
    assert "Person 01" not in browser.sign_in("ruth").get(own(path)).text


def test_a_conference_that_moved_says_so_in_the_mail_and_on_the_page(
    browser: Browser, watford: Database, clock: Any
) -> None:
    path = call(browser)
    browser.circulate(path)
    before = mails(watford, MailKind.CONFERENCE_CIRCULATED, "cgl")[0].starts_at
    clock.advance(minutes=5)
    was = {"was_day": "2026-12-10", "was_time": "10:00", "was_place": "Town Hall"}
    to = {"day": "2026-12-11", "time": "14:00", "place": "Room 9", "chair": "priya", "minute_taker": "tom"}
    browser.post(f"{path}/change", **was, **to)
    assert "the conference was to be 10 Dec 10:00" in browser.sign_in("ruth").get(own(path)).text
    browser.sign_in("priya").circulate(path)
    again = mails(watford, MailKind.CONFERENCE_CIRCULATED, "cgl")[-1]
    assert (again.was_at, again.elsewhere) == (before, True)


# --------------------------------------------------------------------------------------------------------------- minutes
@pytest.fixture
def finished(browser: Browser) -> str:
    """A conference where one case was discussed and closed, and one discussed; its minutes are not checked yet."""
    path = call(browser)
    browser.circulate(path)
    browser.post(f"{browser.case(path, 2)}/note", base="", notes="Foot sore\nNurse on Thursday")
    browser.post(f"{browser.case(path, 2)}/outcome", based_on="0", outcome="Housed")
    browser.post(f"{browser.case(path, 3)}/note", base="", notes="Not seen since Tuesday")
    browser.finish(path, end_2="close")
    return path


def correction(browser: Browser, path: str, position: int) -> tuple[str, dict[str, str]]:
    """The address of a case's correction, and its form as the page has it."""
    shown = browser.get(f"{path}/minutes").text
    card = shown[shown.index(f'id="case-{position}"') :]
    address = re.search(r'href="([^"]+/minutes/correct/[^"]+)"', card)
    assert address is not None
    form = browser.get(address[1]).text
    based_on = re.search(r'name="based_on" value="(\d+)"', form)
    assert based_on is not None
    return address[1], {"based_on": based_on[1]}


def version_read(browser: Browser, path: str) -> dict[str, str]:
    """The form of the minutes' check, as the page has it now."""
    found = re.search(r'name="version" value="(\d+)"', browser.get(f"{path}/minutes").text)
    return {"version": found[1] if found else ""}


def test_nobody_finds_right_a_version_that_they_have_not_read(browser: Browser, finished: str) -> None:
    read = version_read(browser, finished)
    address, form = correction(browser, finished, 2)
    browser.post(address, **form, outcome="Housed", notes="Foot sore\nNurse on Friday", why="The day was wrong.")
    refused = browser.post(f"{finished}/minutes/check", **read)
    assert refused.status_code == 422
    assert "Somebody has corrected these minutes since you opened this page." in refused.text
    assert "Nurse on Friday" in refused.text
    assert "Nobody has checked it yet." in refused.text
    assert browser.post(f"{finished}/minutes/check", **version_read(browser, finished)).status_code == 303
    assert "Checked</strong> Version 2, by Priya S" in browser.get(f"{finished}/minutes").text


def test_minutes_are_draft_checked_circulated_and_corrected_with_the_difference_shown(
    browser: Browser, watford: Database, finished: str, clock: Any
) -> None:
    minutes, mine = f"{finished}/minutes", f"{own(finished)}/minutes"
    assert "Draft</strong>" in browser.get(minutes).text
    assert "Circulate the minutes</button>" not in browser.get(minutes).text
    browser.post(f"{minutes}/check", version="1")
    assert "Checked</strong> Version 1, by Priya S" in browser.get(minutes).text
    browser.circulate_minutes(finished)
    address, form = correction(browser, finished, 2)
    clock.advance(minutes=5)
    assert (
        browser.post(
            address,
            **form,
            outcome="Refused, left the area",
            notes="Foot sore\nNurse on Friday",
            why="Day and outcome were wrong.",
        ).headers["location"]
        == f"{minutes}?done=minutes_corrected"
    )
    shown = browser.get(minutes).text
    assert "Corrected</strong> Version 2, by Priya S" in shown
    assert "<del>Nurse on Thursday</del>" in shown
    assert "<ins>Nurse on Friday</ins>" in shown
    still = browser.sign_in("ruth").get(mine).text
    assert "Nurse on Thursday" in still
    assert "Nurse on Friday" not in still
    browser.sign_in("priya").circulate_minutes(finished)
    assert len(sent_to(watford, "cgl", "minutes")) == 1
    browser.post(f"{minutes}/check", version="2")
    browser.circulate_minutes(finished)
    read = browser.sign_in("ruth").get(mine).text
    assert "Corrected: version 2" in read
    assert "Day and outcome were wrong." in read
    assert "<del>Nurse on Thursday</del>" in read
    assert "<ins>Refused, left the area</ins>" in read
    facts = mails(watford, MailKind.CONFERENCE_MINUTES, "cgl")
    assert [(each.version, each.again, each.changed, each.count) for each in facts] == [
        (1, False, 0, 15),
        (2, True, 1, 15),
    ]
    with watford.reading() as session:
        told = session.execute(text("select outcome from mdt_case where id = 'case-p01'")).scalar()
        review = session.execute(text("select outcome, notes from case_review where case_id = 'case-p01'")).one()
    assert told == "Refused, left the area"
    assert tuple(review) == ("Refused, left the area", "Foot sore\nNurse on Friday")


def test_a_correction_from_an_older_version_is_shown_beside_the_newer_and_not_stored(
    browser: Browser, finished: str
) -> None:
    address, form = correction(browser, finished, 3)
    fields = {"outcome": "", "why": "Wrong day"}
    browser.post(address, **form, **fields, notes="Not seen since Monday")
    stale = browser.post(address, **form, **fields, notes="Not seen since Sunday")
    assert stale.status_code == 422
    assert "They say now:" in stale.text
    assert "Not seen since Monday" in stale.text
    assert "Not seen since Sunday</textarea>" in stale.text
    assert "Not seen since Sunday" not in browser.get(f"{finished}/minutes").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"notes": "Other", "why": " "}, "Say why"),
        ({"notes": "Not seen since Tuesday", "why": "No reason"}, "Nothing is other than it was."),
        ({"notes": "x" * 20_001, "why": "Long"}, "20,000 characters or fewer"),
    ],
)
def test_a_correction_that_says_nothing_is_refused_in_words(
    browser: Browser, finished: str, fields: dict[str, str], words: str
) -> None:
    address, form = correction(browser, finished, 3)
    refused = browser.post(address, **form, outcome="", **fields)
    assert refused.status_code == 422
    assert words in refused.text


def test_a_correction_keeps_what_was_corrected_of_somebody_hidden_since(
    browser: Browser, finished: str, enter: Callable[..., Any], watford: Database
) -> None:
    address, form = correction(browser, finished, 2)
    browser.post(address, **form, outcome="Housed", notes="Foot healed", why="Better news")
    with enter("tom") as access:
        hide_person(access, "p01", (), REASON)
    shown = browser.get(f"{finished}/minutes").text
    assert "Foot healed" not in shown
    address, form = correction(browser, finished, 2)  # of whoever has that place for her now
    browser.post(address, **form, outcome="", notes="Seen on Wednesday", why="Seen since")
    with enter("tom") as access:
        show_person_again(access, "p01", REASON)
    assert "Foot healed" in browser.get(f"{finished}/minutes").text


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="reads the PDF with poppler's pdftotext")
def test_minutes_are_a_pdf_of_what_the_agency_was_sent(browser: Browser, finished: str, watford: Database) -> None:
    minutes, mine = f"{finished}/minutes", f"{own(finished)}/minutes"
    assert browser.sign_in("ruth").get(f"{mine}.pdf").status_code == 404
    browser.sign_in("priya").post(f"{minutes}/check", version="1")
    browser.circulate_minutes(finished)
    address, form = correction(browser, finished, 2)
    browser.post(address, **form, outcome="Refused", notes="Nurse on Friday", why="Day was wrong.")
    assert f'href="{mine}.pdf"' in browser.sign_in("ruth").get(mine).text
    made = browser.get(f"{mine}.pdf")
    assert (made.status_code, made.headers["content-type"]) == (200, "application/pdf")
    read = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=made.content, capture_output=True, check=True, timeout=60
    )
    told = read.stdout.decode()
    assert "Minutes of the Watford case conference, 10 Dec 10:00 (2026)" in " ".join(told.split())
    for words in (
        "Chair: Priya S.",
        "2. Person 01",
        "Housed",
        "Foot sore",
        "Nurse on Thursday",
        "As of",
    ):
        assert words in told, words
    assert "Nurse on Friday" not in told
    (sent,) = sent_to(watford, "cgl", "minutes")
    with watford.writing() as session:
        one = (circulated_case.c.circulation_id == sent.id) & (circulated_case.c.case_id == "case-p02")
        session.execute(update(circulated_case).where(one).values(sealed=b"damaged"))
    assert "1 case of it cannot be opened" in browser.get(mine).text
    assert browser.get(f"{mine}.pdf").status_code == 200


def test_the_minutes_of_no_agency_hold_what_another_wrote_or_a_name_it_may_not_know(
    browser: Browser, watford: Database
) -> None:
    path = call(browser)
    browser.circulate(path)
    browser.sign_in("ruth").post(
        f"{own(path)}/updates", press="send:case-p01", case_1="case-p01", text_1="Script restarted on Monday"
    )
    browser.sign_in("priya").finish(path)
    browser.post(f"{path}/minutes/check", version="1")
    browser.circulate_minutes(path)
    (row,) = sent_to(watford, "beacon", "minutes")
    assert "Person 01" in browser.get(f"{path}/sent/{row.id}").text
    assert "Script restarted" not in browser.get(f"{path}/sent/{row.id}").text
    assert "Script restarted" not in browser.sign_in("tom").get(f"{own(path)}/minutes").text
    with watford.writing() as session:  # as one that was circulated before anything was kept
        session.execute(update(circulation).where(circulation.c.id == row.id).values(sha256=""))
        session.execute(text("delete from circulated_case"))
    before = browser.get(f"{own(path)}/minutes").text
    assert "Person 01" in before
    assert "Script restarted" not in before


def test_what_was_withheld_was_never_sent() -> None:
    at = datetime(2026, 11, 12, tzinfo=UTC)
    sent = Circulated(id="c1", conference_id="c", agency_id="cgl", at=at, worker_id="priya", cases=3)
    withheld = msgspec.structs.replace(sent, id="c2", at=at + timedelta(days=1), withheld="Its agreement has expired.")
    assert newest_by_agency([withheld, sent]) == {"cgl": sent}
    assert newest_by_agency([withheld]) == {}


def test_another_place_alone_is_another_invitation(browser: Browser, enter: Enter, watford: Database) -> None:
    path = call(browser)
    conference_id = path.rsplit("/", 1)[1]
    browser.circulate(path)
    with enter("priya") as access:
        before = find_conference(access.session, conference_id)
        assert before is not None
        same = change_conference(
            access, conference_id, before.starts_at, before.place, before.chair_id, before.minute_taker_id
        )
        moved = change_conference(
            access, conference_id, before.starts_at, "Room 2", before.chair_id, before.minute_taker_id
        )
    assert (same.sequence, moved.sequence) == (before.sequence, before.sequence + 1)
    with watford.reading() as session:
        kinds = [each.mail.kind for each in outbox.list_posted(session)]
    assert MailKind.CONFERENCE_MOVED in kinds


def test_minutes_are_circulated_once_by_two_presses_and_not_unread_after_a_correction(
    browser: Browser, watford: Database
) -> None:
    path = call(browser)
    browser.circulate(path)
    browser.finish(path)
    browser.post(f"{path}/minutes/check", version="1")
    shown = browser.get(f"{path}/minutes").text
    seen = re.search(r'name="seen" value="([^"]+)"', shown)
    assert seen is not None
    assert browser.post(f"{path}/minutes/circulate", seen=seen[1]).status_code == 303
    again = browser.post(f"{path}/minutes/circulate", seen=seen[1])
    assert again.status_code == 422
    assert "These minutes were circulated, or corrected, since you opened this page" in again.text
    assert len(sent_to(watford, "cgl", "minutes")) == 1
    assert len(mails(watford, MailKind.CONFERENCE_MINUTES, "cgl")) == 1
    assert browser.circulate_minutes(path).status_code == 303


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="reads PDFs with poppler's pdftotext")
def test_whoever_runs_a_conference_has_the_whole_minutes_on_paper(browser: Browser) -> None:
    path = call(browser)
    browser.circulate(path)
    browser.sign_in("ruth").post(
        f"{own(path)}/updates", press="send:case-p01", case_1="case-p01", text_1="Script restarted on Monday"
    )
    browser.sign_in("priya").post(f"{browser.case(path, 2)}/note", base="", notes="Has a sister")
    browser.finish(path)

    def printed() -> str:
        made = browser.get(f"{path}/minutes.pdf")
        assert made.headers["cache-control"] == "no-store"
        return subprocess.run(
            ["pdftotext", "-", "-"], input=made.content, capture_output=True, check=True, timeout=60
        ).stdout.decode()

    draft = printed()
    for words in ("Draft: nobody has said yet", "Person 01", "Has a sister", "CGL Spectrum wrote: Script restarted"):
        assert words in draft
    browser.post(f"{path}/minutes/check", version="1")
    assert "Draft" not in printed()
    assert browser.sign_in("ruth").get(f"{path}/minutes.pdf").status_code in (403, 404)
