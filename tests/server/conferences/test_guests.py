"""An agency without a seat that is invited to one case of a conference: what it is sent, reads, writes, and nothing else."""

import re
from datetime import UTC, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from server.actions.cases.cases import close_case
from server.actions.cases.moves import hand_over
from server.actions.conferences.conferences import call_off, change_conference, open_conference, take_off_agenda
from server.actions.conferences.seating import ask_to_table, invite_guest, let_go, uninvite_guest
from server.actions.people.hiding import hide_person
from server.database.engine import Database
from server.mail.words import write_words
from server.problems import Invalid
from server.queries.conferences import conferences
from server.queries.operation import outbox
from server.tables.partnership.agency import agency, agreement
from server.tables.partnership.recipient import recipient
from server.tables.partnership.worker import worker, worker_district, worker_role
from shared.model.mail import MailKind
from shared.policy import Act
from tests.server.conferences.conftest import Browser, Enter
from tests.server.conferences.test_pages import call
from tests.web import county

WHY = "Discharges him on Friday"


@pytest.fixture
def hospital(watford: Database, now: Any) -> str:
    """A hospital of another county, with agreements, and Bea, who acts for no district."""
    with watford.writing() as session:
        county.add(session, agency, {"id": "hospital", "name": "Bucks Hospital", "kind": "primary_health_care"})
        for kind in ("terms_of_reference", "information_sharing"):
            county.add(session, agreement, {
                "id": f"hospital-{kind}", "agency_id": "hospital", "kind": kind, "version": "1", "signatory": "Chief",
                "signed_on": now.date() - timedelta(days=9), "expires_on": now.date() + timedelta(days=200),
            })  # fmt: skip
        county.add(session, worker, {
            "id": "bea", "name": "Bea Hall", "short_name": "Bea H", "agency_id": "hospital", "email": "bea@example.org",
            "trained_on": now.date(), "created_at": now,
        })  # fmt: skip
        county.add(session, worker_role, {"worker_id": "bea", "role": "agency_member"})
        county.add(session, recipient, {
            "id": "hospital-m", "agency_id": "hospital", "role": "agency_member", "founding": True, "proposed_at": now,
        })  # fmt: skip
    return "hospital"


def test_a_guest_is_sent_its_case_alone_reads_it_and_writes_on_it(
    browser: Browser, watford: Database, hospital: str
) -> None:
    path = call(browser)
    agenda = path.replace("/conferences/", "/agendas/")
    priya = browser.sign_in("priya")
    refused = priya.post(f"{path}/guest", case="case-p03", agency=hospital)
    assert refused.status_code == 422
    assert "Say why this service is invited" in refused.text
    assert priya.post(f"{path}/guest", case="case-p03", agency=hospital, reason="x" * 2_001).status_code == 422
    assert priya.post(f"{path}/guest", case="case-p03", agency="cgl", reason=WHY).status_code == 422
    assert priya.post(f"{path}/guest", case="case-joan", agency=hospital, reason=WHY).status_code in (303, 404)
    assert priya.post(f"{path}/guest", case="case-p03", agency=hospital, reason=WHY).status_code == 303
    assert f"Guest for this case: Bucks Hospital. {WHY}" in priya.get(path).text
    preview = priya.get(f"{path}/paper/{hospital}").text
    assert "Person 03" in preview
    assert "Person 01" not in preview
    assert browser.sign_in("bea").get(agenda).status_code == 404

    browser.sign_in("priya").circulate(path)
    with watford.reading() as session:
        mails = [each.mail for each in outbox.list_posted(session) if each.mail.kind is MailKind.CONFERENCE_CIRCULATED]
    (letter,) = [each for each in mails if each.agency_id == hospital]
    assert letter.worker_id == "bea"
    bea = browser.sign_in("bea")
    assert agenda in bea.get("/agendas").text
    shown = bea.get(agenda)
    assert shown.status_code == 200
    assert "Person 03" in shown.text
    assert "Person 01" not in shown.text
    assert bea.get(f"{agenda}/agenda.pdf").content.startswith(b"%PDF")
    assert bea.get(f"{path}/invite.ics").status_code == 200
    sent = bea.post(
        f"{agenda}/updates", press="send:case-p03", case_1="case-p03", text_1="Home on Friday with a frame."
    )
    assert sent.status_code == 303
    other = bea.post(f"{agenda}/updates", press="send:case-p01", case_1="case-p01", text_1="Who is this?")
    assert other.status_code == 422
    assert "Who is this?" not in browser.sign_in("priya").get(f"{path}/room").text
    bea = browser.sign_in("bea")
    assert bea.get("/today").status_code == 200
    for shut in (path, f"{path}/room", "/people/p03", "/people/p01", f"{path}/minutes"):
        assert bea.get(shut).status_code in (403, 404), shut
    assert "Bucks Hospital" in browser.sign_in("priya").get(f"{path}/attendance").text
    room = browser.get(f"{path}/room").text
    assert "Home on Friday with a frame." in room
    assert "Bucks Hospital" in room


def test_who_is_invited_no_longer_reads_nothing_more(browser: Browser, enter: Enter, hospital: str) -> None:
    path = call(browser)
    agenda = path.replace("/conferences/", "/agendas/")
    browser.sign_in("priya").post(f"{path}/guest", case="case-p03", agency=hospital, reason=WHY)
    browser.circulate(path)
    assert browser.sign_in("bea").get(agenda).status_code == 200
    assert browser.post(f"{path}/guest", case="case-p03", agency=hospital, press="let_go").status_code in (403, 404)
    gone = browser.sign_in("priya").post(f"{path}/guest", case="case-p03", agency=hospital, press="let_go")
    assert gone.status_code == 303
    assert browser.sign_in("bea").get(agenda).status_code == 404
    assert agenda not in browser.get("/agendas").text


def test_a_guest_whose_agreement_ended_is_sent_nothing_and_reads_nothing(
    browser: Browser, watford: Database, hospital: str
) -> None:
    path = call(browser)
    browser.sign_in("priya").post(f"{path}/guest", case="case-p03", agency=hospital, reason=WHY)
    browser.circulate(path)
    with watford.writing() as session:
        session.execute(delete(agreement).where(agreement.c.agency_id == hospital))
    agenda = path.replace("/conferences/", "/agendas/")
    for shut in (agenda, "/agendas", f"{agenda}/agenda.pdf"):
        assert browser.sign_in("bea").get(shut).status_code == 403
    assert "Bucks Hospital will receive nothing" in browser.sign_in("priya").get(f"{path}/circulate").text


def test_minutes_reach_a_guest_of_its_case_alone(browser: Browser, hospital: str) -> None:
    path = call(browser)
    browser.sign_in("priya").post(f"{path}/guest", case="case-p03", agency=hospital, reason=WHY)
    browser.circulate(path)
    browser.finish(path)
    browser.post(f"{path}/minutes/check", version="1")
    assert browser.circulate_minutes(path).status_code == 303
    minutes = browser.sign_in("bea").get(path.replace("/conferences/", "/agendas/") + "/minutes")
    assert minutes.status_code == 200
    assert "Person 03" in minutes.text
    assert "Person 01" not in minutes.text


def test_an_agency_that_was_asked_to_the_table_reads_the_agenda_it_was_sent(
    browser: Browser, enter: Enter, hospital: str
) -> None:
    path = call(browser)
    with enter("priya") as access:
        ask_to_table(access, county.WATFORD, hospital)
        with pytest.raises(Invalid):
            conference = path.rsplit("/", 1)[1]
            invite_guest(
                access, conference, conferences.list_items(access.session, conference)[0].case_id, hospital, WHY
            )
    browser.sign_in("priya").circulate(path)
    shown = browser.sign_in("bea").get(path.replace("/conferences/", "/agendas/")).text
    assert "Person 01" in shown
    assert "Person 03" in shown
    assert len(re.findall(r'id="case-\d+"', shown)) == 15


def test_a_letter_to_a_guest_names_nobody(browser: Browser, watford: Database, hospital: str) -> None:
    path = call(browser)
    browser.sign_in("priya").post(f"{path}/guest", case="case-p03", agency=hospital, reason=WHY)
    browser.circulate(path)
    with watford.reading() as session:
        letters = [each.mail for each in outbox.list_posted(session) if each.mail.agency_id == hospital]
    assert letters
    for each in letters:
        words = repr(write_words(each.kind, each.facts, "https://lantern.example", UTC))
        assert "Person" not in words
        assert WHY not in words


def test_a_guest_sees_and_takes_back_what_it_wrote(browser: Browser, hospital: str) -> None:
    path = call(browser)
    agenda = path.replace("/conferences/", "/agendas/")
    browser.sign_in("priya").post(f"{path}/guest", case="case-p03", agency=hospital, reason=WHY)
    browser.circulate(path)
    bea = browser.sign_in("bea")
    sent = bea.post(f"{agenda}/updates", press="send:case-p03", case_1="case-p03", text_1="Home on Friday.")
    assert sent.status_code == 303
    rest = bea.post(f"{agenda}/updates", press="rest_not_known", case_1="case-p03", text_1="")
    assert rest.status_code == 303
    shown = bea.get(agenda).text
    assert "Home on Friday." in shown
    assert "Not known to us.</p>" not in shown
    found = re.search(r'value="(withdraw:[^"]+)"', shown)
    assert found is not None
    assert bea.post(f"{agenda}/updates", press=found[1]).status_code == 303
    assert "Home on Friday." not in bea.get(agenda).text
    assert "Home on Friday." not in browser.sign_in("priya").get(f"{path}/room").text


def test_a_guest_whose_case_was_taken_off_the_agenda_reads_and_writes_on_no_case_of_it(
    browser: Browser, enter: Enter, hospital: str
) -> None:
    path = call(browser)
    agenda, conference = path.replace("/conferences/", "/agendas/"), path.rsplit("/", 1)[1]
    browser.sign_in("priya").post(f"{path}/guest", case="case-p03", agency=hospital, reason=WHY)
    browser.circulate(path)
    assert browser.sign_in("bea").get(agenda).status_code == 200
    with enter("priya") as access:
        take_off_agenda(access, conference, "case-p03", "She is home")
    bea = browser.sign_in("bea")
    for shut in (agenda, f"{agenda}/agenda.pdf", f"{agenda}/people.xlsx", f"{path}/invite.ics"):
        assert bea.get(shut).status_code == 404, shut
    for case in ("case-p01", "case-p03"):
        sent = bea.post(f"{agenda}/updates", press=f"send:{case}", case_1=case, text_1="Who is this?")
        assert sent.status_code == 404
    assert agenda not in bea.get("/agendas").text


def letters_to(watford: Database, agency_id: str) -> list[Any]:
    with watford.reading() as session:
        mails = [each.mail for each in outbox.list_posted(session)]
    return [each for each in mails if each.agency_id == agency_id and each.kind is not MailKind.CONFERENCE_CIRCULATED]


@pytest.mark.parametrize("way", ["taken off", "invited no longer"])
def test_a_guest_that_is_expected_no_longer_hears_so_once_and_nothing_after(
    browser: Browser, watford: Database, enter: Enter, hospital: str, way: str
) -> None:
    path = call(browser)
    conference = path.rsplit("/", 1)[1]
    browser.sign_in("priya").post(f"{path}/guest", case="case-p03", agency=hospital, reason=WHY)
    browser.circulate(path)
    with enter("priya") as access:
        take_off_agenda(access, conference, "case-p01", "She moved away")
    assert letters_to(watford, hospital) == []  # of the other cases a guest hears nothing
    with enter("priya") as access:
        if way == "taken off":
            take_off_agenda(access, conference, "case-p03", "He is home")
        else:
            uninvite_guest(access, conference, "case-p03", hospital)
    (letter,) = letters_to(watford, hospital)
    assert (letter.kind, letter.facts.let_go) == (MailKind.CONFERENCE_CALLED_OFF, True)
    words = write_words(letter.kind, letter.facts, "https://lantern.example", UTC)
    assert "expected there no longer" in words.body
    assert "is not held" not in words.body
    assert "/agendas/" not in words.body
    with enter("priya", timedelta(days=1)) as access:
        take_off_agenda(access, conference, "case-p02", "She moved away")
        before = open_conference(access, conference, Act.PREPARE_CONFERENCE)
        change_conference(access, conference, before.starts_at + timedelta(hours=2), "Town Hall", "priya", "tom")
        call_off(access, conference)
    assert letters_to(watford, hospital) == [letter]
    assert {each.kind for each in letters_to(watford, "cgl")} == {
        MailKind.CONFERENCE_CHANGED, MailKind.CONFERENCE_MOVED, MailKind.CONFERENCE_CALLED_OFF,
    }  # fmt: skip
    assert not any(each.facts.let_go for each in letters_to(watford, "cgl"))


@pytest.mark.parametrize("way", ["closed", "hidden", "handed over", "died"])
def test_a_guest_hears_it_by_whichever_road_its_case_leaves_the_agenda(
    browser: Browser, watford: Database, enter: Enter, hospital: str, way: str
) -> None:
    path = call(browser)
    browser.sign_in("priya").post(f"{path}/guest", case="case-p03", agency=hospital, reason=WHY)
    browser.circulate(path)
    if way == "died":
        day = f"{browser.now.date():%d %B %Y}"
        assert browser.sign_in("tom").post("/people/p03/health", kind="death", on=day).status_code == 303
    else:
        with enter("priya") as access:
            if way == "closed":
                close_case(access, "case-p03", "He is home")
            elif way == "hidden":
                hide_person(access, "p03", [], "His brother looks for him")
            else:
                hand_over(access, "case-p03", county.THREE_RIVERS, "He lives there now")
    (letter,) = letters_to(watford, hospital)
    assert (letter.kind, letter.facts.let_go) == (MailKind.CONFERENCE_CALLED_OFF, True)
    assert letters_to(watford, "cgl") == []


def test_a_guest_hears_that_its_conference_was_moved(
    browser: Browser, watford: Database, enter: Enter, hospital: str
) -> None:
    path = call(browser)
    conference = path.rsplit("/", 1)[1]
    browser.sign_in("priya").post(f"{path}/guest", case="case-p03", agency=hospital, reason=WHY)
    browser.circulate(path)
    with enter("priya") as access:
        before = open_conference(access, conference, Act.PREPARE_CONFERENCE)
        change_conference(access, conference, before.starts_at + timedelta(hours=2), "Town Hall", "priya", "tom")
    (letter,) = letters_to(watford, hospital)
    assert letter.kind is MailKind.CONFERENCE_MOVED


def test_who_is_let_go_from_a_table_is_expected_no_longer(
    browser: Browser, watford: Database, enter: Enter, hospital: str
) -> None:
    path = call(browser)
    with enter("priya") as access:
        ask_to_table(access, county.WATFORD, hospital)
    browser.sign_in("priya").circulate(path)
    with enter("priya") as access:
        let_go(access, county.WATFORD, hospital)
    (letter,) = letters_to(watford, hospital)
    assert letter.facts.let_go


@pytest.mark.parametrize("way", ["moved", "called off"])
def test_who_acts_for_the_district_no_longer_is_not_left_with_the_old_hour_in_its_calendar(
    browser: Browser, watford: Database, enter: Enter, way: str
) -> None:
    path = call(browser)
    conference = path.rsplit("/", 1)[1]
    browser.circulate(path)
    with watford.writing() as session:
        session.execute(delete(worker_district).where(worker_district.c.worker_id == "ruth"))
    with enter("priya") as access:
        before = open_conference(access, conference, Act.PREPARE_CONFERENCE)
        if way == "moved":
            change_conference(access, conference, before.starts_at + timedelta(hours=2), "Town Hall", "priya", "tom")
        else:
            call_off(access, conference)
    (letter,) = letters_to(watford, "cgl")
    assert (letter.kind, letter.facts.let_go) == (MailKind.CONFERENCE_CALLED_OFF, True)


@pytest.mark.parametrize("way", ["moved", "called off", "shaped"])
def test_whose_agreements_lapsed_since_hears_the_hour_and_nothing_of_the_agenda(
    browser: Browser, watford: Database, enter: Enter, way: str
) -> None:
    path = call(browser)
    conference = path.rsplit("/", 1)[1]
    browser.circulate(path)
    with watford.writing() as session:
        ended = browser.now.date() - timedelta(days=1)
        session.execute(update(agreement).where(agreement.c.agency_id == "cgl").values(expires_on=ended))
    with enter("priya") as access:
        before = open_conference(access, conference, Act.PREPARE_CONFERENCE)
        if way == "moved":
            change_conference(access, conference, before.starts_at + timedelta(hours=2), "Town Hall", "priya", "tom")
        elif way == "called off":
            call_off(access, conference)
        else:
            take_off_agenda(access, conference, "case-p03", "He is home")
    letters = letters_to(watford, "cgl")
    assert [each.facts.lapsed for each in letters_to(watford, "watford-housing")] == [False]
    if way == "shaped":
        assert letters == []
        return
    (letter,) = letters
    assert (letter.facts.lapsed, letter.facts.let_go, letter.facts.sequence) == (True, False, 1)
    text = write_words(letter.kind, letter.facts, "https://lantern.example", UTC).body
    assert "/agendas/" not in text
    assert ("https://lantern.example/agreements" in text) == (way == "moved")


def test_an_agenda_that_was_withheld_is_opened_by_nobody_until_it_is_circulated_again(
    browser: Browser, watford: Database
) -> None:
    def sign(days: int) -> None:
        with watford.writing() as session:
            until = browser.now.date() + timedelta(days=days)
            session.execute(update(agreement).where(agreement.c.agency_id == "cgl").values(expires_on=until))

    sign(-1)
    path = call(browser)
    agenda = path.replace("/conferences/", "/agendas/")
    browser.circulate(path)
    sign(90)
    assert browser.sign_in("ruth").get(agenda).status_code == 404
    assert agenda not in browser.get("/agendas").text
    browser.sign_in("priya").circulate(path)
    assert browser.sign_in("ruth").get(agenda).status_code == 200


def test_a_guest_of_two_cases_that_is_invited_to_one_no_longer_reads_the_other_alone(
    browser: Browser, enter: Enter, hospital: str
) -> None:
    path = call(browser)
    conference, agenda = path.rsplit("/", 1)[1], path.replace("/conferences/", "/agendas/")
    for case_id in ("case-p03", "case-p04"):
        browser.sign_in("priya").post(f"{path}/guest", case=case_id, agency=hospital, reason=WHY)
    browser.circulate(path)
    assert "Person 04" in browser.sign_in("bea").get(agenda).text
    with enter("priya") as access:
        uninvite_guest(access, conference, "case-p04", hospital)
    shown = browser.get(agenda).text
    assert "Person 03" in shown
    assert "Person 04" not in shown
