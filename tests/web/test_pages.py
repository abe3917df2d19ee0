"""What each page says, to whom, and what it leaves behind: on both databases, through the whole server."""

from collections.abc import Callable
from typing import Any

import pytest
import segno

from server.database.engine import Database
from server.queries.operation.audit import list_lines
from server.web.admin.enrol import QR_SCALE
from shared.model.enrolment_link import EnrolmentLink, write_link

Browse = Callable[[str], Any]

PAGES_OF = {
    "priya": ["/cases", "/people/marek", "/referrals", "/referrals/r1", "/devices", "/agencies", "/who-can-see"],
    "tom": [
        "/referrals",
        "/referrals/r1",
        "/referrals/r5",
        "/devices",
        "/devices/2",
        "/devices/enrol",
        "/people/marek",
    ],
    "helen": ["/hotspots", "/agencies", "/who-can-see", "/notifications"],
    "omar": ["/devices", "/devices/1", "/devices/enrol", "/workers", "/agencies", "/outbox", "/who-can-see"],
    "aisha": ["/contacts/new", "/on-shift", "/welcome", "/who-can-see"],
}


def plain(text: str) -> str:
    """A page's words on one line."""
    import re

    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.mark.parametrize("who", PAGES_OF)
def test_everyone_can_open_their_own_pages(browse: Browse, who: str) -> None:
    browser = browse(who)
    for path in PAGES_OF[who]:
        answer = browser.get(path)
        assert answer.status_code == 200, (path, answer.text[:300])
        assert answer.headers["cache-control"] == "no-store"


# ------------------------------------------------------------------------------------------------------------ sign-in
def test_nobody_reads_a_page_without_signing_in(client: Any) -> None:
    answer = client.get("/people/marek", headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/people/marek"


def test_after_signing_in_one_is_where_one_meant_to_go(client: Any, browse: Browse) -> None:
    from tests.web.conftest import Browser
    from tests.web.county import PASSWORD

    browser = Browser(client)
    browser.get("/sign-in?next=/people/marek")
    answer = browser.send("/sign-in", email="priya@example.org", password=PASSWORD, next="/people/marek")
    assert answer.url.path == "/people/marek"


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example"])
def test_a_sign_in_never_leads_elsewhere(client: Any, elsewhere: str) -> None:
    from tests.web.conftest import Browser
    from tests.web.county import PASSWORD

    browser = Browser(client)
    browser.get("/sign-in")
    answer = browser.send("/sign-in", email="priya@example.org", password=PASSWORD, next=elsewhere)
    assert answer.url.path == "/cases"


def test_a_wrong_password_is_told_kindly_and_the_same_as_an_unknown_address(client: Any) -> None:
    from tests.web.conftest import Browser

    browser = Browser(client)
    browser.get("/sign-in")
    wrong = browser.send("/sign-in", email="priya@example.org", password="something else entirely")
    unknown = browser.send("/sign-in", email="nobody@example.org", password="something else entirely")
    assert wrong.status_code == unknown.status_code == 401
    assert "do not match" in wrong.text
    assert "something else entirely" not in wrong.text
    assert (
        wrong.text.replace("priya@example.org", "").split("<main")[1][:900]
        == unknown.text.replace("nobody@example.org", "").split("<main")[1][:900]
    )


def test_too_many_tries_are_told_how_long_to_wait(client: Any) -> None:
    from tests.web.conftest import Browser

    browser = Browser(client)
    browser.get("/sign-in")
    for _ in range(5):
        browser.send("/sign-in", email="priya@example.org", password="wrong wrong wrong")
    answer = browser.send("/sign-in", email="priya@example.org", password="wrong wrong wrong")
    assert answer.status_code == 429
    assert "Wait" in plain(answer.text)


def test_signing_out_ends_it_and_clears_the_browser(browse: Browse) -> None:
    browser = browse("priya")
    answer = browser.client.post(
        "/sign-out", data={"_csrf_token": browser.client.cookies["lantern-form"]}, follow_redirects=False
    )
    assert "cache" in answer.headers["clear-site-data"]
    assert browser.client.get("/cases", headers={"accept": "text/html"}, follow_redirects=False).status_code == 303


def test_a_form_without_its_token_changes_nothing(browse: Browse) -> None:
    browser = browse("priya")
    answer = browser.client.post("/people/marek/case", data={"decision": "list"}, headers={"accept": "text/html"})
    assert answer.status_code == 403
    assert "expired" in plain(answer.text)


# ---------------------------------------------------------------------------------------------------------- case list
def test_priya_reads_who_is_new_and_why_in_one_glance(browse: Browse) -> None:
    said = plain(browse("priya").get("/cases").text)
    assert "2 new since yesterday" in said
    assert "Verified: seen bedded down by Aisha N, 12 Nov, site 'Station stairwell'." in said.replace("&#39;", "'")
    assert "3 nights in 14 days" in said
    assert "Not receiving support: alcohol, physical health" in said
    assert "Date of birth missing" in said
    assert "Noor" not in said, "a person of another district"


def test_reading_the_list_is_written_down_for_each_person(browse: Browse, filled: Database) -> None:
    browse("priya").get("/cases")
    with filled.reading() as session:
        seen = {
            line.subject_id for line in list_lines(session, subject_kind="person") if line.action == "see_person_list"
        }
    assert seen == {"marek", "red", "joan", "stefan"}


def test_a_search_goes_by_post_and_finds_in_every_state(browse: Browse) -> None:
    browser = browse("priya")
    found = browser.send("/cases/search", district="watford", words="brand")
    assert "Lee Brand" in found.text
    assert "Marek" not in plain(found.text)
    assert "words" not in str(found.url)


def test_filters_stand_in_the_address_and_survive_a_reload(browse: Browse) -> None:
    page = browse("priya").get("/cases?district=watford&show=closed&sort=name")
    assert "Lee Brand" in page.text
    assert "Joan" not in page.text


def test_nonsense_in_the_address_is_the_ordinary_list(browse: Browse) -> None:
    assert "Marek" in browse("priya").get("/cases?show=' or 1=1&need=%00&sort=zz").text


def test_another_district_and_no_district_answer_alike(browse: Browse) -> None:
    browser = browse("priya")
    theirs, nowhere = browser.get("/cases?district=three-rivers"), browser.get("/cases?district=nowhere")
    assert theirs.status_code == nowhere.status_code == 404
    assert without_nonce(theirs.text) == without_nonce(nowhere.text)


@pytest.mark.parametrize("who", ["helen", "omar", "aisha"])
def test_the_case_list_is_not_for_every_role(browse: Browse, who: str) -> None:
    assert browse(who).get("/cases").status_code == 403


def without_nonce(text: str) -> str:
    """A page less what differs in every answer."""
    import re

    return re.sub(r'nonce="[^"]*"|value="[0-9a-f]{96,}"', "", text)


# ------------------------------------------------------------------------------------------------------------- person
def test_the_record_begins_with_the_persons_own_words(browse: Browse) -> None:
    page = browse("priya").get("/people/marek").text
    assert page.index("Somewhere quiet where my back can rest") < page.index("Not receiving support")
    assert page.index("Joiner by trade") < page.index('id="timeline"')


def test_notes_are_for_the_services_that_work_with_the_person(browse: Browse) -> None:
    page = plain(browse("priya").get("/people/marek").text)
    assert "Foot sore again" not in page
    assert "Notes exist. Ask Beacon Outreach." in page


def test_a_team_that_works_with_the_person_reads_the_notes(browse: Browse) -> None:
    assert "Foot sore again" in browse("tom").get("/people/marek").text


def test_each_look_is_written_down_and_shown(browse: Browse, filled: Database) -> None:
    browser = browse("priya")
    browser.get("/people/marek")
    page = plain(browser.get("/people/marek").text)
    assert "Priya S, Watford Housing" in page
    with filled.reading() as session:
        looks = [line for line in list_lines(session, subject_id="marek") if line.action == "see_person"]
    assert len(looks) == 2


OF_A_PERSON = {
    "case": {"decision": "list", "case_reason": "x"},
    "verification": {"judgement": "confirmed", "basis": "self_report", "reason": "x"},
    "put-forward": {"evidence": "self_report", "case_reason": "x"},
    "hand-over": {"to_district": "watford", "move_reason": "x"},
    "lead": {"phase": "try_out", "lead_agency": "cgl"},
}


@pytest.mark.parametrize("path", ["", "/lead", "/hand-over"])
def test_a_person_of_another_district_is_as_missing_as_nobody(browse: Browse, path: str) -> None:
    browser = browse("rowan")
    theirs, nobody = browser.get(f"/people/marek{path}"), browser.get(f"/people/nobody{path}")
    assert theirs.status_code == nobody.status_code == 404
    assert without_nonce(theirs.text) == without_nonce(nobody.text)


@pytest.mark.parametrize("what", OF_A_PERSON)
def test_nothing_is_decided_about_a_person_of_another_district(browse: Browse, what: str) -> None:
    browser = browse("rowan")
    theirs = browser.send(f"/people/marek/{what}", district="three-rivers", **OF_A_PERSON[what])
    nobody = browser.send(f"/people/nobody/{what}", district="three-rivers", **OF_A_PERSON[what])
    assert theirs.status_code == nobody.status_code == 404
    assert without_nonce(theirs.text) == without_nonce(nobody.text)


def test_a_refused_look_is_written_down(browse: Browse, filled: Database) -> None:
    browse("rowan").get("/people/marek")
    with filled.reading() as session:
        refused = [line for line in list_lines(session, subject_id="marek") if not line.allowed]
    assert [line.actor_id for line in refused] == ["rowan"]


def test_an_agency_whose_agreement_expires_sees_nobody_from_that_moment(browse: Browse, filled: Database) -> None:
    from datetime import date

    from server.tables.partnership.agency import agreement

    browser = browse("priya")
    with filled.writing() as session:
        expired = agreement.update().where(agreement.c.agency_id == "watford-housing")
        session.execute(expired.values(signed_on=date(2026, 1, 1), expires_on=date(2026, 11, 1)))
    answer = browser.get("/people/marek")
    assert answer.status_code == 403
    assert "agreement expired on 1 November 2026" in plain(answer.text)


# ---------------------------------------------------------------------------------------------------------- decisions
def test_putting_somebody_on_the_list_needs_a_reason_and_says_so(browse: Browse) -> None:
    browser = browse("priya")
    without = browser.send("/people/marek/case", district="watford", decision="list", case_reason=" ")
    assert without.status_code == 422
    assert "Say why" in without.text
    page = browser.send(
        "/people/marek/case", district="watford", decision="list", case_reason="Needs a bed before the frost"
    )
    assert "Put on the MDT case list." in page.text
    assert "On the list" in plain(page.text)
    assert "Needs a bed before the frost" in page.text


def test_declining_keeps_the_reason(browse: Browse) -> None:
    browser = browse("priya")
    page = browser.send(
        "/people/red/case", district="watford", decision="decline", case_reason="Moving to Luton on Friday"
    )
    assert "Not taken on" in plain(page.text)
    assert "Moving to Luton on Friday" in page.text
    assert "Red" not in plain(browser.get("/cases").text)
    assert "Not taken on: Moving to Luton on Friday" in plain(browser.get("/cases?show=declined").text)


def test_somebody_declined_can_be_put_forward_again_on_some_evidence(browse: Browse) -> None:
    browser = browse("priya")
    without = browser.send("/people/kay/put-forward", district="watford", case_reason="Back in the doorway")
    assert without.status_code == 422
    assert "Choose the evidence." in without.text
    page = browser.send(
        "/people/kay/put-forward", district="watford", evidence="self_report", case_reason="Back in the doorway"
    )
    assert "On the list" in plain(page.text)
    assert "On the evidence: the person told us." in plain(page.text)


def test_a_judgement_stands_with_its_reason_and_reaches_the_phones(browse: Browse, filled: Database) -> None:
    from server.queries.sync.store import list_changes

    form = {"district": "watford", "judgement": "not_confirmed", "basis": "professional_judgement"}
    page = browse("priya").send("/people/red/verification", reason="He has a tenancy in Bushey", **form)
    assert "You did not confirm" in page.text
    assert "Not confirmed by Priya S" in plain(page.text)
    with filled.reading() as session:
        (change,) = [each.change for each in list_changes(session, "red") if each.change is not None]
    assert (change.t, change.dev, change.s) == ("verification.recorded", 0, "team:watford-outreach")


def test_a_judgement_without_a_choice_is_told_beside_the_fields(browse: Browse) -> None:
    answer = browse("priya").send("/people/red/verification", district="watford")
    assert answer.status_code == 422
    assert 'href="#judgement"' in answer.text
    assert 'id="judgement"' in answer.text
    assert 'id="reason-error"' in answer.text


# ---------------------------------------------------------------------------------------------------------- referrals
def test_tom_reads_what_is_likely_the_same_and_who_is_known_there(browse: Browse) -> None:
    said = plain(browse("tom").get("/referrals").text).replace("&#39;", "'")
    assert "3 new" in said and "On this page: 2 likely reported twice" in said
    assert "'grey sleeping bag' in both" in said
    assert "35 minutes apart" in said
    assert "Marek was last met there today." in said


def test_tom_assigns_and_closes(browse: Browse) -> None:
    browser = browse("tom")
    page = browser.send("/referrals/r1/assign", assignee="watford-outreach/aisha")
    assert "With Beacon Watford, Aisha N" in plain(page.text)
    page = browser.send("/referrals/r1/close", outcome="person_found_taken_to_shelter", note="Warm tonight")
    assert "person found - taken to shelter" in page.text
    assert "Warm tonight" in page.text


def test_what_cannot_be_done_is_told_on_the_page(browse: Browse) -> None:
    answer = browse("tom").send("/referrals/r1/close", outcome="")
    assert answer.status_code == 422
    assert "Choose an outcome from the list." in answer.text


def test_an_offered_referral_leaves_the_inbox(browse: Browse) -> None:
    page = browse("tom").send("/referrals/r4/offer", district="three-rivers")
    assert page.url.path == "/referrals"
    assert "SL-4042" not in page.text


def test_a_referral_of_another_district_is_as_missing_as_none(browse: Browse) -> None:
    browser = browse("rowan")
    theirs, none = browser.get("/referrals/r1"), browser.get("/referrals/nothing")
    assert theirs.status_code == none.status_code == 404
    assert without_nonce(theirs.text) == without_nonce(none.text)


# -------------------------------------------------------------------------------------------------------------- phones
def test_a_phone_that_needs_a_look_says_what_to_do(browse: Browse) -> None:
    said = plain(browse("omar").get("/devices").text)
    assert "2 phones, 1 needs a look." in said
    assert "Its clock is wrong: set the phone’s time to automatic" in said
    assert "62 minutes fast" in said, "our time less the phone's is negative: the phone is ahead"


def test_a_phone_is_revoked_only_when_it_is_meant(browse: Browse) -> None:
    browser = browse("omar")
    assert browser.send("/devices/2/stop", order="revoked").status_code == 400
    page = browser.send("/devices/2/stop", order="revoked", sure="yes")
    assert "Revoked" in plain(page.text)


def test_tom_may_not_stop_another_teams_phone(browse: Browse, filled: Database) -> None:
    from server.tables.operation.device import device_enrolment
    from server.tables.partnership.worker import worker
    from tests.web import county

    with filled.writing() as session:
        county.add(session, county.team, {"id": "other", "agency_id": "cgl", "name": "Other team"})
        session.execute(worker.update().where(worker.c.id == "dean").values(agency_id="cgl"))
        session.execute(device_enrolment.update().where(device_enrolment.c.number == 2).values(team_id="other"))
    browser = browse("tom")
    assert "Dean’s phone" not in browser.get("/devices").text
    assert browser.send("/devices/2/stop", order="wipe_now", sure="yes").status_code == 404


def test_an_enrolment_code_is_shown_once_and_the_digits_compared(browse: Browse, filled: Database) -> None:
    import re

    browser = browse("tom")
    page = browser.send("/devices/enrol", carrier="watford-outreach/aisha")
    code = re.search(r'lantern-code--long">([^<]+)<', page.text)
    assert code is not None
    link = EnrolmentLink(server="http://127.0.0.1:8000", code=code[1])
    picture = segno.make(write_link(link), error="m").svg_data_uri(scale=QR_SCALE, border=2)
    assert f'src="{picture}"' in page.text, "the link, and nothing that lasts"
    waiting = re.search(r'hx-get="([^"]+)"', page.text)
    assert waiting is not None
    assert "Waiting for the phone" in browser.get(waiting[1]).text
    from server.tables.operation.device import enrolment_code

    with filled.writing() as session:
        session.execute(
            enrolment_code.update().values(used_at=page_time(session), device_number=1, match_digits="4821")
        )
    assert "4821" not in page.text
    session_id = browser.get(waiting[1])
    assert "Go to the phone" in session_id.text or "4821" in session_id.text


def test_a_phone_that_says_it_is_rooted_is_told_on_its_page(browse: Browse, filled: Database) -> None:
    from server.tables.sync.sync import device

    browser = browse("tom")
    assert "Nothing found" in browser.get("/devices/2").text
    with filled.writing() as session:
        session.execute(device.update().where(device.c.number == 2).values(app="0.1.0+debugged.rooted"))
    page = browser.get("/devices/2").text
    assert "Debugged, rooted: take it out of use" in page and "0.1.0+" not in page
    assert "rooted" in browser.get("/devices").text


def page_time(session: Any) -> Any:
    """When the only code was issued."""
    from sqlalchemy import select

    from server.tables.operation.device import enrolment_code

    return session.scalar(select(enrolment_code.c.issued_at))


def test_a_set_aside_record_says_why_without_saying_about_whom(browse: Browse) -> None:
    page = browse("omar").get("/devices/2/held").text
    assert "seen_at is in 2093" in page
    assert "Let it in" not in page, "an administrator lets nothing into the record"


# ------------------------------------------------------------------------------------------------------------ agencies
def test_an_agency_whose_paper_ended_is_named_first(browse: Browse) -> None:
    said = plain(browse("priya").get("/agencies").text)
    assert "Probation will receive nothing about anybody until both papers are signed." in said
    assert "ended 1 Nov 2026" in said


def test_helen_reads_who_can_see_the_map(browse: Browse) -> None:
    assert "Hertfordshire Public Health: commissioner, 1 person" in plain(browse("helen").get("/who-can-see").text)


def test_a_missing_page_is_a_plain_page_for_people_and_a_problem_for_programs(browse: Browse) -> None:
    browser = browse("priya")
    assert "There is no such page" in plain(browser.get("/nothing/here").text)
    program = browser.client.get("/nothing/here", headers={"accept": "application/json"})
    assert program.headers["content-type"].startswith("application/problem+json")
