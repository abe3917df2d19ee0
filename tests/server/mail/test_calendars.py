"""What calendars are told of a conference: asked to come, moved, off; each read back by the icalendar library."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest
from sqlalchemy import update

from server.actions.conferences import circulating, conferences
from server.mail.calendar import Asked, make_invitation
from server.mail.message import Envelope, make_message
from server.problems import Failure, Invalid
from server.queries.conferences import conferences as stored
from server.queries.operation import addressees, outbox
from server.settings import Settings
from server.tables.partnership.worker import worker
from shared.model.conference import CaseConference
from shared.model.mail import Mail, MailFacts, MailKind
from tests.server.conferences.conftest import FILES, Browser, item_at
from tests.server.mail.conftest import PAGES
from tests.server.mail.postbox import Postbox
from tests.server.mail.test_mails import call


@pytest.fixture
def database_kind() -> str:
    """What is sent is the same whatever database it comes from."""
    return "sqlite"


def circulate(enter: Any) -> CaseConference:
    with enter("priya") as access:
        made = call(access)
        circulating.circulate(access, FILES, made.id)
    return made


def read_event(message: EmailMessage) -> tuple[icalendar.Calendar, icalendar.Event]:
    """The calendar and its one event. The method stands in the part's type as well (RFC 6047 2.4)."""
    (part,) = message.iter_attachments()
    content = part.get_content()
    text = content if isinstance(content, str) else content.decode()
    read = icalendar.Calendar.from_ical(text)
    assert isinstance(read, icalendar.Calendar)
    assert part.get_param("method") == read["METHOD"]
    (event,) = read.walk("VEVENT")
    assert read.errors == event.errors == []
    return read, event  # type: ignore[return-value]


def to(postbox: Postbox, address: str) -> list[EmailMessage]:
    return [message for recipient, message in postbox.kept if recipient == address]


def test_an_agenda_asks_to_come_and_a_moved_conference_is_the_same_one_with_a_higher_number(
    enter: Any, run: Any, postbox: Postbox, watford: Any
) -> None:
    with watford.writing() as session:
        addressees.set_shared_address(session, "cgl", "mdt@cgl.example")
    made = circulate(enter)
    later = made.starts_at + timedelta(days=1, hours=4)
    with enter("priya") as access:
        conferences.change_conference(access, made.id, later, "Zebedee House", "priya", "tom")
    run("mail")
    first, moved = to(postbox, "mdt@cgl.example")
    (asked, event), (again, after) = read_event(first), read_event(moved)
    assert asked["METHOD"] == again["METHOD"] == "REQUEST"
    assert event["UID"] == after["UID"]
    assert (event["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert (event["DTSTART"].dt, after["DTSTART"].dt) == (made.starts_at, later)
    assert after["DTEND"].dt - after["DTSTART"].dt == timedelta(hours=2)
    assert event["ORGANIZER"] == "mailto:priya@example.org"
    assert event["ATTENDEE"] == "mailto:mdt@cgl.example"
    assert event["ATTENDEE"].params["RSVP"] == "TRUE"
    assert event["ATTENDEE"].params["CUTYPE"] == "GROUP"
    assert event["URL"] == event["LOCATION"] == f"{PAGES}/agendas/{made.id}"
    assert "was moved. It is on Friday 11 December at 14:00 now" in " ".join(body(moved).split())
    assert first["References"] == moved["References"] != None  # noqa: E711 - both, and not nothing
    assert "Zebedee" not in str(first) + str(moved)


def body(message: EmailMessage) -> str:
    found = message.get_body(("plain",))
    assert found is not None
    return str(found.get_content())


def test_a_conference_called_off_leaves_calendars_raises_no_number_and_its_cases_come_first(
    enter: Any, run: Any, postbox: Postbox
) -> None:
    made = circulate(enter)
    with enter("priya") as access:
        conferences.call_off(access, made.id)
        with pytest.raises(Failure):
            conferences.call_off(access, made.id)
        numbers = {each.case_id for each in stored.list_items(access.session, made.id)}
        assert numbers <= stored.list_carried_over(access.session, made.district_id)
        assert stored.list_reviews(access.session, numbers) == {}
    run("mail")
    *_, off = [message for _, message in postbox.kept if "called off" in message["Subject"]]
    read, event = read_event(off)
    assert (read["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)
    assert event["UID"] == f"{made.id}@lantern"
    assert "RSVP" not in event["ATTENDEE"].params


def test_who_is_asked_no_longer_is_not_told_that_the_conference_is_off(
    enter: Any, settings: Settings, now: datetime
) -> None:
    made = circulate(enter)
    facts = MailFacts(starts_at=made.starts_at, district="Łąka", conference_id=made.id, let_go=True)
    mail = Mail(id="m1", key="k", kind=MailKind.CONFERENCE_CALLED_OFF, queued_at=now, useful_until=now, facts=facts)
    message = make_message(mail, Envelope(address="mdt@cgl.example"), settings, now, UTC)
    read, event = read_event(message)
    assert read["METHOD"] == "CANCEL"
    assert "STATUS" not in event  # RFC 5546 3.2.5: of somebody who is uninvited it MUST NOT be there
    assert event["ATTENDEE"] == "mailto:mdt@cgl.example"
    assert event["SUMMARY"] == "Łąka case conference"
    assert (
        max(message.as_bytes()) < 128
    )  # whatever a district is called, no mail server is asked whether it takes 8 bits


def test_a_conference_with_words_in_it_is_not_called_off(enter: Any) -> None:
    from server.actions.conferences import discussion

    made = circulate(enter)
    with enter("priya") as access:
        discussion.save_note(access, made.id, item_at(access, made.id, 1), base="", notes="Foot sore")
        with pytest.raises(Invalid) as refused:
            conferences.call_off(access, made.id)
    assert "nothing typed is lost" in refused.value.errors[0]


def test_a_conference_that_nobody_was_sent_moves_in_silence_and_a_swap_is_told_once_a_day(
    enter: Any, run: Any, postbox: Postbox
) -> None:
    with enter("priya") as access:
        quiet = call(access, 21)
        conferences.change_conference(access, quiet.id, quiet.starts_at + timedelta(days=1), "", "priya", "tom")
        conferences.take_off_agenda(access, quiet.id, "case-p02", "Died on Sunday")
    run("mail")
    assert postbox.kept == []
    made = circulate(enter)
    with enter("priya") as access:
        conferences.take_off_agenda(access, made.id, "case-p02", "Died on Sunday")
        conferences.add_to_agenda(access, made.id, "case-p16", "Discharged on Friday")
    run("mail")
    told = [message for _, message in postbox.kept if "has changed" in message["Subject"]]
    assert {message["To"] for message in told} == {message["To"] for _, message in postbox.kept}
    assert len(told) == len({message["To"] for message in told})
    assert not any("Sunday" in body(message) or "Person" in body(message) for message in told)


def test_what_changes_after_an_agenda_was_circulated_again_is_told_again_the_same_day(
    enter: Any, watford: Any, now: datetime
) -> None:
    made = circulate(enter)
    for hours, case_id in ((1, "case-p02"), (2, "case-p03")):
        with enter("priya", timedelta(hours=hours)) as access:
            conferences.take_off_agenda(access, made.id, case_id, "Died on Sunday")
    with enter("priya", timedelta(hours=3)) as access:
        circulating.circulate(access, FILES, made.id)
    with enter("priya", timedelta(hours=4)) as access:
        conferences.take_off_agenda(access, made.id, "case-p04", "Moved to Luton")
    with watford.reading() as session:
        told = outbox.list_posted_about(session, made.id, MailKind.CONFERENCE_CHANGED)
    assert sorted({each.mail.queued_at - now for each in told if each.mail.agency_id == "cgl"}) == [
        timedelta(hours=1), timedelta(hours=4),
    ]  # fmt: skip


def test_who_answers_reaches_the_chair_and_who_may_switch_a_mail_off_is_told_where(
    enter: Any, run: Any, postbox: Postbox, watford: Any
) -> None:
    with watford.writing() as session:
        addressees.set_shared_address(session, "cgl", "mdt@cgl.example")
    circulate(enter)
    run("mail")
    (shared,) = to(postbox, "mdt@cgl.example")
    personal = next(message for address, message in postbox.kept if address != "mdt@cgl.example")
    assert shared["Reply-To"] == personal["Reply-To"] == "priya@example.org"
    assert shared["List-Unsubscribe"] is None
    assert "Choose what you hear of" not in body(shared)
    assert personal["List-Unsubscribe"] == f"<{PAGES}/notifications>"
    assert f"Choose what you hear of: {PAGES}/notifications" in body(personal)
    assert "-- " in body(personal).splitlines()


def test_whoever_chairs_it_since_the_organizer_is_the_same_for_the_life_of_an_entry(
    enter: Any, run: Any, postbox: Postbox, watford: Any, browser: Browser
) -> None:
    with watford.writing() as session:
        addressees.set_shared_address(session, "cgl", "mdt@cgl.example")
    made = circulate(enter)
    run("mail")
    with watford.writing() as session:
        session.execute(update(worker).where(worker.c.id == "tom").values(email="tom@example.org"))
    later = made.starts_at + timedelta(days=1)
    with enter("priya") as access:
        conferences.change_conference(access, made.id, later, "Town Hall", "tom", "priya")
        conferences.call_off(access, made.id)
    run("mail")
    sent = to(postbox, "mdt@cgl.example")
    assert [read_event(each)[1]["ORGANIZER"] for each in sent] == ["mailto:priya@example.org"] * 3
    assert [each["Reply-To"] for each in sent] == ["priya@example.org", "tom@example.org", "tom@example.org"]
    text = browser.sign_in("priya").get(f"/conferences/{made.id}/invite.ics").text
    assert "ORGANIZER:mailto:priya@example.org" in text


def test_a_file_for_ones_own_calendar_asks_for_no_answer(browser: Browser, enter: Any) -> None:
    made = circulate(enter)
    text = browser.sign_in("priya").get(f"/conferences/{made.id}/invite.ics").text
    read = icalendar.Calendar.from_ical(text)
    (event,) = read.walk("VEVENT")
    assert (read["METHOD"], "ATTENDEE" in event) == ("PUBLISH", False)
    assert event["ORGANIZER"] == "mailto:priya@example.org"


def test_the_file_of_a_conference_that_was_called_off_says_so(now: datetime) -> None:
    off = CaseConference(id="c", district_id="w", starts_at=now, finished_at=now, called_off_at=now)
    (event,) = icalendar.Calendar.from_ical(make_invitation(off, "Watford", now)).walk("VEVENT")
    assert (event["STATUS"], event["TRANSP"]) == ("CANCELLED", "TRANSPARENT")


@pytest.mark.parametrize(("lapsed", "path"), [(True, "/agreements"), (False, "/agendas/c")])
def test_an_entry_leads_nobody_to_a_page_that_their_agreements_shut(
    settings: Settings, now: datetime, lapsed: bool, path: str
) -> None:
    facts = MailFacts(conference_id="c", starts_at=now, sequence=1, lapsed=lapsed)
    moved = Mail(id="m", kind=MailKind.CONFERENCE_MOVED, key="k", queued_at=now, useful_until=now, facts=facts)
    message = make_message(moved, Envelope(address="mdt@cgl.example"), settings, now, UTC)
    _, event = read_event(message)
    assert str(event["URL"]) == str(event["LOCATION"]) == f"{settings.address}{path}"


@pytest.mark.parametrize("month", [3, 7, 10])
def test_the_hour_is_right_on_both_sides_of_a_change_of_the_clock(month: int, now: datetime) -> None:
    starts_at = now.replace(month=month, day=28, hour=10)
    made = CaseConference(id="c", district_id="w", starts_at=starts_at, place="Room 2; upstairs, Élan House")
    read = icalendar.Calendar.from_ical(
        make_invitation(made, "St Albans", now, Asked(method="REQUEST", attendee="a@b.c"))
    )
    (event,) = read.walk("VEVENT")
    assert event["DTSTART"].dt == starts_at
    assert event["LOCATION"] == "Room 2; upstairs, Élan House"


def test_no_line_of_an_invitation_is_longer_than_seventy_five_bytes_in_any_script() -> None:
    place = "Łódź, Ульяновська вулиця, 市役所の大会議室、" * 6
    moment = datetime(2026, 12, 10, 10, tzinfo=UTC)
    text = make_invitation(
        CaseConference(id="c", district_id="watford", starts_at=moment, place=place), "Watford", moment
    )
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert place.replace(",", "\\,") in text.replace("\r\n ", "")
