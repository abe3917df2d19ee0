"""Notes are for services that work with the person; others hear whom to ask, and every breaking of the glass is
reviewed."""

from datetime import timedelta

import pytest

from server.actions.people import notes
from server.problems import Failure, Forbidden, Invalid, NotFound
from server.queries.operation import audit
from server.queries.people import notes as stored
from tests.server.conferences.conftest import Browser
from tests.web import county

REASON = "He is unconscious at A&E and they ask for his medicines"


def write_as_beacon(enter) -> None:
    with enter("tom") as access:
        notes.write_note(access, "joan", "Takes insulin, keeps it in the blue bag")


def test_the_services_that_work_with_joan_read_what_one_of_them_wrote(enter) -> None:
    write_as_beacon(enter)
    with enter("aisha") as access:
        (note,) = notes.read_notes(access, "joan")
    assert (note.text, note.agency_id, note.worker_id) == ("Takes insulin, keeps it in the blue bag", "beacon", "tom")


@pytest.mark.parametrize("reader", ["priya", "ruth"])
def test_others_hear_whom_to_ask_and_the_look_is_flagged(enter, watford, now, reader) -> None:
    write_as_beacon(enter)
    with pytest.raises(Forbidden) as refused, enter(reader) as access:
        notes.read_notes(access, "joan")
    assert refused.value.detail == "Notes exist. Ask Beacon Outreach."
    with watford.reading() as session:
        (attempt,) = stored.list_attempts(session, now - timedelta(days=1))
    assert (attempt.subject_id, attempt.worker_name.split()[0].casefold()) == ("joan", reader)


def test_another_districts_coordinator_learns_nothing_not_even_that_there_are_notes(enter) -> None:
    write_as_beacon(enter)
    for person_id in ("joan", "nobody-of-that-id"):
        with enter("rowan") as access, pytest.raises(NotFound):
            notes.read_notes(access, person_id)
        with enter("rowan") as access, pytest.raises(NotFound):
            notes.break_the_glass(access, person_id, "risk_to_life", REASON)
    for reader in ("helen", "omar"):
        with enter(reader) as access, pytest.raises(Forbidden):
            notes.read_notes(access, "joan")


def test_nobody_writes_notes_about_somebody_they_do_not_work_with(enter) -> None:
    with enter("ruth") as access, pytest.raises(Forbidden):
        notes.write_note(access, "joan", "x")


def test_a_broken_glass_opens_one_record_for_one_worker_for_a_day(enter) -> None:
    write_as_beacon(enter)
    with enter("ruth") as access:
        notes.break_the_glass(access, "joan", "medical_emergency", REASON)
        assert len(notes.read_notes(access, "joan")) == 1
        with pytest.raises(Forbidden):
            notes.read_notes(access, "p01")
    with enter("priya") as access, pytest.raises(Forbidden):
        notes.read_notes(access, "joan")
    with enter("ruth", timedelta(hours=23, minutes=59)) as access:
        assert notes.read_notes(access, "joan")
    with enter("ruth", timedelta(hours=24)) as access, pytest.raises(Forbidden):
        notes.read_notes(access, "joan")


@pytest.mark.parametrize(
    ("cause", "reason", "errors"),
    [("", "short", 2), ("curious", REASON, 1), ("risk_to_life", "because", 1), ("risk_to_life", "x" * 10_001, 1)],
)
def test_the_glass_holds_without_a_cause_and_a_reason(enter, cause, reason, errors) -> None:
    with enter("ruth") as access, pytest.raises(Invalid) as refused:
        notes.break_the_glass(access, "joan", cause, reason)
    assert len(refused.value.errors) == errors


def test_a_second_press_writes_no_second_note_and_breaks_no_second_glass(enter) -> None:
    for seconds in (0, 2):
        with enter("tom", timedelta(seconds=seconds)) as access:
            notes.write_note(access, "joan", "Takes insulin")
        with enter("ruth", timedelta(seconds=seconds)) as access:
            notes.break_the_glass(access, "joan", "medical_emergency", REASON)
    with enter("tom") as access:
        assert len(notes.read_notes(access, "joan")) == 1
        assert len(notes.list_openings(access, "joan")) == 1
    with enter("tom", timedelta(minutes=2)) as access:
        notes.write_note(access, "joan", "Takes insulin")
        notes.write_note(access, "joan", "Takes it at eight")
    with enter("ruth", timedelta(minutes=2)) as access:
        notes.break_the_glass(access, "joan", "medical_emergency", REASON)
    with enter("tom") as access:
        assert len(notes.read_notes(access, "joan")) == 3
        assert len(notes.list_openings(access, "joan")) == 2


def test_every_breaking_waits_until_somebody_else_has_reviewed_it(enter) -> None:
    write_as_beacon(enter)
    with enter("ruth") as access:
        opened = notes.break_the_glass(access, "joan", "medical_emergency", REASON)
    with enter("omar") as access:
        assert [each.id for each in stored.list_unreviewed(access.session)] == [opened.id]
        with pytest.raises(Invalid):
            notes.review(access, opened.id, " ")
        with pytest.raises(Invalid):
            notes.review(access, opened.id, "x" * 10_001)
        notes.review(access, opened.id, "A&E confirmed it")
        assert stored.list_unreviewed(access.session) == []
        with pytest.raises(Failure):
            notes.review(access, opened.id, "again")
        with pytest.raises(NotFound):
            notes.review(access, "nothing", "x")
    with enter("priya") as access, pytest.raises(Forbidden):
        notes.review(access, opened.id, "x")


def test_the_pages_from_a_refused_look_to_its_review(browser: Browser, enter, clock) -> None:
    write_as_beacon(enter)
    refused = browser.sign_in("ruth").get("/people/joan/notes")
    assert refused.status_code == 403
    assert "Notes exist. Ask Beacon Outreach." in refused.text
    assert not any(word in refused.text for word in ("Joan", "insulin", "Tom"))
    again = browser.post("/people/joan/notes/open", cause="", reason="")
    assert again.status_code == 422
    opened = browser.post("/people/joan/notes/open", cause="medical_emergency", reason=REASON)
    assert opened.headers["location"] == "/people/joan/notes?done=glass_broken"
    assert "insulin" in browser.get("/people/joan/notes").text
    queue = browser.sign_in("omar").get("/access-reviews").text
    assert "Medical emergency" in queue
    assert "Ruth A, CGL Spectrum · record joan" in queue
    assert "Joan" not in queue
    assert "Waits for more than 7 days" not in queue


def test_a_review_that_waits_for_more_than_a_week_is_red(enter, watford) -> None:
    from server.actions.people.notes import REVIEW_WITHIN

    with enter("ruth") as access:
        opened = notes.break_the_glass(access, "joan", "safeguarding", REASON)
    assert timedelta(days=7) == REVIEW_WITHIN
    with enter("omar", timedelta(days=8)) as access:
        (waiting,) = stored.list_unreviewed(access.session)
        assert waiting.at < access.now - REVIEW_WITHIN
        assert waiting.id == opened.id


def test_a_note_that_holds_an_address_is_asked_about_once(browser: Browser) -> None:
    browser.sign_in("aisha")
    asked = browser.post("/people/joan/notes", text="Sister at 14 Queens Road")
    assert asked.status_code == 422
    assert "Is it safe for everybody who may read this" in asked.text
    assert "14 Queens Road" in asked.text
    assert browser.post("/people/joan/notes", text="Sister at 14 Queens Road", sure="yes").status_code == 303
    assert browser.post("/people/joan/notes", text=" ").status_code == 422


def test_others_hear_that_there_are_notes_once_and_never_how_many_by_whom_or_from_when(browser: Browser, enter) -> None:
    with enter("tom") as access:
        notes.write_note(access, "marek", "Takes insulin")
    page = browser.sign_in("priya").get("/people/marek").text
    assert page.count("Notes exist. Ask Beacon Outreach.") == 1
    assert "Foot sore" not in page
    assert "insulin" not in page
    assert "Foot sore" in browser.sign_in("tom").get("/people/marek").text


def test_what_was_read_through_the_glass_is_marked_also_on_the_persons_own_page(
    browser: Browser, enter, watford
) -> None:
    write_as_beacon(enter)
    with enter("priya") as access:
        notes.break_the_glass(access, "joan", "medical_emergency", REASON)
    browser.sign_in("priya").get("/people/joan")
    with watford.reading() as session:
        lines = audit.list_lines(session, subject_kind="person", subject_id="joan")
    assert [line.reason for line in lines if line.action == "see_notes" and line.actor_id == "priya"] == [
        "by break-glass"
    ]
    assert "Opened in need" in browser.sign_in("priya").get("/people/joan/looks").text


def test_the_service_whose_notes_were_opened_sees_it_and_the_review(browser: Browser, enter) -> None:
    write_as_beacon(enter)
    with enter("ruth", timedelta(days=-8)) as access:
        opened = notes.break_the_glass(access, "joan", "medical_emergency", REASON)
    assert "CGL Spectrum · Medical emergency, waits for review" in browser.sign_in("tom").get("/people/joan/notes").text
    queue = browser.sign_in("omar").get("/access-reviews").text
    assert "Waits for more than 7 days" in queue
    assert "0 of 1 openings of the last 28 days reviewed" in queue
    assert browser.post(f"/access-reviews/{opened.id}", finding="A&E confirmed it").status_code == 303
    assert "1 of 1 openings of the last 28 days reviewed" in browser.get("/access-reviews").text


def test_the_person_may_hear_which_organisations_looked_and_only_some_who_and_why(
    browser: Browser, enter, watford
) -> None:
    browser.sign_in("priya").get(f"/cases?district={county.WATFORD}")
    browser.get("/people/joan")
    by_worker = browser.sign_in("aisha").get("/people/joan/looks")
    assert by_worker.status_code == 200
    assert "Watford Housing" in by_worker.text
    assert "name on a list, where they sleep, record" in by_worker.text
    assert "Priya" not in by_worker.text
    answering = browser.sign_in("tom").get("/people/joan/looks").text
    assert "Priya S, Watford Housing · record · coordination" in answering
    assert browser.sign_in("ruth").get("/people/joan/looks").status_code == 404
    assert browser.sign_in("helen").get("/people/joan/looks").status_code == 403
