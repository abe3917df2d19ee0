"""The pages of the conference, through the whole application, on both databases."""

import html
import re
from datetime import timedelta

import pytest

from tests.server.conferences.conftest import Browser
from tests.web import county


def call(browser: Browser, **fields: str) -> str:
    form = {
        "district": county.WATFORD, "day": "2026-12-10", "time": "10:00", "place": "Town Hall", "chair": "priya",
        "minute_taker": "tom",
    } | fields  # fmt: skip
    answer = browser.sign_in("priya").post("/conferences", **form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("?")[0]


def test_a_conference_from_its_call_to_its_minutes(browser: Browser) -> None:
    listed = browser.sign_in("priya").get("/conferences")
    assert "There has been none yet" in listed.text
    assert "Probation&#39;s agreement expired on 1 November 2026." in listed.text
    path = call(browser)
    prepared = browser.get(path)
    assert "15 cases on the agenda" in prepared.text
    assert "3 cases not chosen" in prepared.text
    assert browser.circulate(path).headers["location"] == f"{path}?done=circulated"
    assert "Person 01" in browser.get(f"{path}/paper/cgl").text

    first = browser.get(f"{path}/discussion/1")
    assert "Joan Carter" in first.text
    saved = browser.post(f"{browser.case(path, 1)}/note", accept="application/json", base="", notes="Settled")
    assert (saved.json()["version"], saved.json()["notes"]) == (1, "Settled")
    told = browser.post(f"{browser.case(path, 1)}/outcome", accept="application/json", based_on="0", outcome="Well")
    assert (told.json()["outcome"], told.json()["outcome_version"]) == ("Well", 1)
    assert browser.post(f"{browser.case(path, 1)}/action", line="CGL: assessment by 28 Nov").status_code == 303
    assert "CGL Spectrum</strong>: assessment by 28 Nov 2026" in browser.get(f"{path}/discussion/1").text
    browser.post(f"{path}/attendance", agency="cgl", came="yes", name="Ruth")
    assert "Ruth" in browser.get(f"{path}/attendance").text
    ending = browser.get(f"{path}/end")
    assert ending.text.count("Not reached: first next time") == 15
    answer = browser.finish(path, end_1="next", end_2="close", **{f"end_{n}": "not_reached" for n in range(3, 16)})
    assert answer.headers["location"] == f"{path}/minutes?done=ended"
    minutes = browser.get(f"{path}/minutes")
    assert "Present: CGL Spectrum (Ruth)." in minutes.text
    assert "• Case 1 on the agenda: assessment by 28 Nov" in minutes.text
    assert minutes.text.count("Not reached</strong>") == 13


def test_the_link_of_a_video_meeting_is_a_place_however_long_it_is(browser: Browser) -> None:
    link = "https://meet.example/l/join/19%3ameeting_" + "ZGU3" * 40 + "%40thread.v2/0?context=" + "%7b%22Tid%22" * 8
    assert len(link) > 300
    path = call(browser, place=link)
    assert browser.circulate(path).headers["location"] == f"{path}?done=circulated"
    assert html.escape(link) in browser.sign_in("ruth").get(path.replace("/conferences/", "/agendas/")).text
    refused = browser.sign_in("priya").post(f"{path}/change", day="2026-12-11", time="10:00", place="x" * 2_001)
    assert refused.status_code == 422
    assert 'id="place-error"' in refused.text


def test_chair_and_minute_taker_alike_are_refused_beside_the_field(browser: Browser) -> None:
    answer = browser.sign_in("priya").post(
        "/conferences", district=county.WATFORD, day="2026-12-10", time="10:00", chair="priya", minute_taker="priya"
    )
    assert answer.status_code == 422
    assert 'id="minute_taker-error"' in answer.text
    assert "different people" in answer.text


def test_a_day_or_a_time_that_is_none_is_refused(browser: Browser) -> None:
    answer = browser.sign_in("priya").post("/conferences", district=county.WATFORD, day="soon", time="x", chair="priya")
    assert answer.status_code == 422
    assert "Enter the day of the conference." in answer.text
    assert "Enter the time, such as 10:00." in answer.text


def test_a_swap_without_a_reason_keeps_what_was_chosen(browser: Browser) -> None:
    path = call(browser)
    answer = browser.post(f"{path}/swap", out="case-p14", put_in="case-stefan", reason="")
    assert answer.status_code == 422
    assert '<option value="case-stefan" selected>' in answer.text
    done = browser.post(f"{path}/swap", out="case-p14", put_in="case-stefan", reason="leaves hospital")
    assert done.headers["location"] == f"{path}?done=swapped"


def test_an_action_without_an_owner_says_what_to_type(browser: Browser) -> None:
    path = call(browser)
    answer = browser.post(f"{browser.case(path, 1)}/action", line="assessment")
    assert answer.status_code == 422
    assert "Name the agency that will do it" in answer.text
    assert 'value="assessment"' in answer.text
    wrong = browser.post(f"{browser.case(path, 1)}/action", line="CGL: assessment by 28 Nov", due="30 Febuary")
    assert wrong.status_code == 422
    assert "Write a day, such as 12 Dec" in wrong.text
    assert 'value="30 Febuary"' in wrong.text
    chosen = browser.post(f"{browser.case(path, 1)}/action", line="assessment", agency="cgl", due="28 Nov")
    assert chosen.status_code == 303


def test_two_browsers_type_about_one_case(browser: Browser) -> None:
    path = call(browser)
    note = f"{browser.case(path, 1)}/note"
    browser.post(note, accept="application/json", base="", notes="Foot sore")
    browser.sign_in("tom").post(note, accept="application/json", base="Foot sore", notes="Foot sore\nGP booked")
    mine = browser.sign_in("priya").post(
        note, accept="application/json", base="Foot sore", notes="Foot sore\nCGL to ring"
    )
    assert mine.json()["notes"] == "Foot sore\nGP booked\nCGL to ring"
    assert mine.json()["merged"]
    assert browser.sign_in("tom").get(note).json()["version"] == 3


def test_a_partner_reads_its_agenda_once_it_was_circulated(browser: Browser) -> None:
    path = call(browser)
    own = path.replace("/conferences/", "/agendas/")
    assert browser.sign_in("ruth").get(own).status_code == 404
    browser.sign_in("priya").circulate(path)
    assert "10 Dec 10:00" in browser.sign_in("ruth").get("/agendas").text
    agenda = browser.get(own)
    assert agenda.status_code == 200
    assert "Person 01" in agenda.text
    assert "tairwell" not in agenda.text
    sent = browser.post(
        f"{own}/updates", press="send:case-p01", case_1="case-p01", text_1="Script restarted on Monday."
    )
    assert sent.headers["location"] == f"{own}?done=update_sent"
    assert "Script restarted on Monday." in browser.sign_in("priya").get(f"{path}/discussion/2").text


def test_minutes_are_read_once_they_are_circulated_and_only_of_cases_one_may_see(browser: Browser) -> None:
    path = call(browser)
    own = path.replace("/conferences/", "/agendas/")
    browser.circulate(path)
    browser.post(f"{browser.case(path, 1)}/note", base="", notes="Foot sore; nurse on Thursday")
    browser.post(f"{browser.case(path, 1)}/outcome", based_on="0", outcome="Settled")
    browser.post(f"{browser.case(path, 1)}/action", line="CGL: assessment by 28 Nov")
    assert browser.circulate_minutes(path).status_code == 409
    browser.finish(path, **{f"end_{n}": "not_reached" for n in range(2, 16)})
    assert browser.sign_in("ruth").get(f"{own}/minutes").status_code == 404
    assert (
        "Nobody has said yet that this version is right"
        in browser.sign_in("priya").post(f"{path}/minutes/circulate", seen="1-0").text
    )
    assert (
        browser.post(f"{path}/minutes/check", version="1").headers["location"] == f"{path}/minutes?done=minutes_checked"
    )
    sent = browser.circulate_minutes(path)
    assert sent.headers["location"] == f"{path}/minutes?done=minutes_circulated"
    assert "Probation: Probation&#39;s agreement expired" in browser.get(f"{path}/minutes").text
    read = browser.sign_in("ruth").get(f"{own}/minutes")
    assert "Foot sore; nurse on Thursday" in read.text
    assert "CGL Spectrum</strong>: assessment by 28 Nov 2026" in read.text
    assert f'href="{own}/minutes"' in browser.get(own).text
    for other, status in (("rowan", 404), ("helen", 403)):
        assert browser.sign_in(other).get(f"{own}/minutes").status_code == status


def test_minutes_of_a_case_that_went_elsewhere_are_the_old_partners_no_longer(browser: Browser) -> None:
    path = call(browser)
    browser.circulate(path)
    browser.post(f"{browser.case(path, 2)}/note", base="", notes="Person 01 has a sister")
    browser.finish(path)
    browser.post(f"{path}/minutes/check", version="1")
    browser.circulate_minutes(path)
    own = path.replace("/conferences/", "/agendas/") + "/minutes"
    assert "Person 01 has a sister" in browser.sign_in("ruth").get(own).text
    browser.sign_in("priya").post(
        "/people/p01/hand-over",
        district=county.WATFORD,
        to_district=county.THREE_RIVERS,
        move_reason="By the canal now",
    )
    after = browser.sign_in("ruth").get(own)
    assert after.status_code == 200
    assert "Person 01" not in after.text


def test_an_agency_that_cannot_come_says_so_itself(browser: Browser) -> None:
    path = call(browser)
    own = path.replace("/conferences/", "/agendas/")
    browser.circulate(path)
    assert "send apologies" in browser.sign_in("ruth").get(own).text
    sent = browser.post(f"{own}/apologies")
    assert sent.headers["location"] == f"{own}?done=apologies_sent"
    assert "Your service has sent apologies." in browser.get(own).text
    minutes = browser.sign_in("priya").get(f"{path}/minutes").text
    assert "Apologies: CGL Spectrum (Ruth A)." in minutes
    browser.post(f"{path}/attendance", agency="cgl", came="yes", name="Ruth")
    assert browser.sign_in("ruth").post(f"{own}/apologies").status_code == 409


def test_a_missed_action_is_red_for_its_owner_and_for_everyone(browser: Browser, clock) -> None:
    path = call(browser)
    browser.post(f"{browser.case(path, 1)}/action", line="CGL: assessment by today")
    clock.advance(minutes=14)
    assert "Missed: " not in browser.sign_in("ruth").get("/actions").text
    clock.advance(minutes=14)
    browser.get("/actions")
    for _ in range(10):  # the session lives on by being used; midnight comes
        clock.advance(minutes=14)
        browser.get("/actions")
    page = browser.get("/actions")
    assert "Missed: 1 day late" in page.text
    assert "Explain why it was missed" in page.text
    browser.now = clock.now
    for partner in ("tom",):
        seen = browser.sign_in(partner).get("/actions").text
        assert "Missed by others" in seen
        assert "Missed: 1 day late" in seen


def test_the_agency_answers_its_actions(browser: Browser) -> None:
    path = call(browser)
    browser.post(f"{browser.case(path, 1)}/action", line="CGL: assessment by tomorrow")
    page = browser.sign_in("ruth").get("/actions")
    action_id = re.search(r"/actions/([^/\"]+)/done", page.text)[1]
    assert "Joan Carter" in page.text
    assert browser.post(f"/actions/{action_id}/explain", text="").status_code == 422
    done = browser.post(f"/actions/{action_id}/done", text="seen on Tuesday")
    assert done.headers["location"] == "/actions?done=action_done"
    assert "seen on Tuesday" in browser.get("/actions").text


def test_places_are_given_with_a_reason_and_taken_back(browser: Browser) -> None:
    shown = browser.sign_in("priya").get("/priorities")
    assert shown.status_code == 200
    assert browser.post("/priorities/case-p16", rank="1", reason="").status_code == 422
    placed = browser.post("/priorities/case-p16", rank="1", reason="leaves hospital on Friday")
    assert placed.headers["location"].endswith("done=placed")
    assert "Priya S placed this at 1" in browser.get("/priorities").text
    browser.post("/priorities/case-p16", lift="yes")
    assert "Priya S placed this" not in browser.get("/priorities").text
    browser.post("/priorities/case-p16/general", evicted="yes")
    assert "Evicted, not receiving support" in browser.get("/priorities").text


def test_agreements_show_what_is_missing_first_and_a_coordinator_adds_one(browser: Browser) -> None:
    page = browser.sign_in("priya").get("/agreements").text
    assert page.index("Probation") < page.index("Beacon Outreach")
    assert browser.sign_in("tom").post("/agreements", agency="probation").status_code == 403
    browser.sign_in("priya")
    wrong = browser.post("/agreements", agency="probation", kind="x", signed_on="2026-11-10", expires_on="2030-01-01")
    assert wrong.status_code == 422
    assert "at most 12 months" in wrong.text
    for kind in ("terms_of_reference", "information_sharing"):
        answer = browser.post(
            "/agreements", agency="probation", kind=kind, version="2026.2", signatory="J. Doe", signed_on="2026-11-10",
            expires_on="2027-11-09",
        )  # fmt: skip
        assert answer.headers["location"] == "/agreements?done=agreement_added"
    assert "Probation will receive nothing" not in browser.sign_in("priya").get("/conferences").text


def test_an_agency_sees_only_its_own_agreements(browser: Browser) -> None:
    page = browser.sign_in("ruth").get("/agreements").text
    assert "CGL Spectrum" in page
    assert "Watford Housing" not in page


READERS = ["rowan", "helen", "omar", "aisha", "ruth"]


@pytest.mark.parametrize("reader", READERS)
def test_nobody_else_gets_through(browser: Browser, reader: str) -> None:
    """Another district's coordinator finds nothing there; the other roles are told that it is not for them."""
    path = call(browser)
    expected = 404 if reader == "rowan" else 403
    browser.sign_in(reader)
    assert browser.get(path).status_code == expected
    assert browser.circulate(path).status_code == expected
    assert browser.get(f"{path}/paper/cgl").status_code == expected
    for running in (f"{path}/discussion/1", f"{path}/end", f"{path}/minutes", f"{path}/attendance"):
        assert browser.get(running).status_code == (404 if reader in {"rowan", "ruth"} else 403)


def test_a_conference_of_elsewhere_and_none_at_all_answer_alike(browser: Browser) -> None:
    path = call(browser)
    browser.sign_in("rowan")
    there, nowhere = browser.get(path), browser.get("/conferences/none-of-ours")
    strip = re.compile(r'nonce[^"]*"[^"]*"|value="[^"]*"')
    assert strip.sub("", there.text) == strip.sub("", nowhere.text)


def test_the_minute_taker_may_type_and_a_bystander_may_not(browser: Browser) -> None:
    path = call(browser, minute_taker="ruth")
    case = browser.case(path, 1)
    note = {"accept": "application/json", "base": "", "notes": "x"}
    assert browser.sign_in("ruth").post(f"{case}/note", **note).status_code == 200
    assert browser.sign_in("tom").post(f"{case}/note", **note).status_code == 404


def test_a_partner_reads_the_case_list_without_a_single_place(browser: Browser) -> None:
    own = browser.sign_in("priya").get("/cases").text
    assert "tairwell" in own
    assert "Marek" in own
    partner = browser.sign_in("ruth").get("/cases").text
    assert "Joan Carter" in partner
    assert "tairwell" not in partner
    assert "Marek" not in partner  # put forward, and not on the list yet
    assert not re.search(r"/people/[^/\"]+\"", partner), "a record that is not theirs to open"


def test_a_partner_finds_nobody_by_words_it_may_not_see(browser: Browser, watford) -> None:
    from sqlalchemy import update

    from server.tables.people.person import person

    with watford.writing() as session:
        session.execute(update(person).where(person.c.id == "joan").values(description="violet scarf"))
    form = {"district": county.WATFORD, "words": "violet"}
    assert "Joan Carter" in browser.sign_in("priya").find(**form).text
    assert "Joan Carter" not in browser.sign_in("ruth").find(**form).text
    assert "Joan Carter" in browser.find(**form | {"words": "joan"}).text


def test_a_missed_action_is_red_on_the_case_list_for_every_partner(browser: Browser, watford, now) -> None:
    from server.tables.cases.case import case_action

    with watford.writing() as session:
        county.add(
            session, case_action,
            {"id": "late", "case_id": "case-joan", "agency_id": "cgl", "text": "assessment", "agreed_by": "priya",
             "due_on": now.date() - timedelta(days=1), "agreed_at": now - timedelta(days=20), "mdt_number": 1},
        )  # fmt: skip
    for reader in ("priya", "ruth", "tom"):
        assert "1 missed action" in browser.sign_in(reader).get("/cases").text


def test_an_agency_that_works_with_somebody_opens_the_record_and_learns_no_place(browser: Browser) -> None:
    path = call(browser)
    conference = browser.sign_in("priya")
    conference.post(f"{conference.case(path, 1)}/action", line="CGL: assessment by tomorrow")
    assert "Bus shelter" in conference.get("/people/joan").text
    record = browser.sign_in("ruth").get("/people/joan")
    assert record.status_code == 200
    assert "My own front door" in record.text
    assert "shelter" not in record.text
    assert browser.get("/people/p01").status_code == 404


def test_an_open_list_hears_of_somebody_new_and_of_nobodys_name(browser: Browser, watford, now) -> None:
    page = browser.sign_in("priya").get("/cases").text
    path = re.search(r'data-path="([^"]+)"', page)[1].replace("&amp;", "&")
    assert browser.get(path).json() == {"new": 0}
    later = now + timedelta(hours=3)
    with watford.writing() as session:
        county.put_person(session, later, "new", "", name="Newly Verified", state="candidate", nights=(1,))
        county.put_person(
            session, later, "there", "", name="Elsewhere", state="candidate", nights=(1,), district_id="three-rivers"
        )
    assert browser.get(path).json() == {"new": 1}
    assert browser.sign_in("ruth").get(path).json() == {"new": 0}
    assert browser.sign_in("rowan").get(path).status_code == 404


def test_what_is_still_to_ask_is_listed_by_the_agency_that_met_the_person(browser: Browser) -> None:
    page = browser.sign_in("priya").get("/still-to-ask")
    assert page.status_code == 200
    assert "Beacon Outreach: " in page.text
    assert "% known, of 20 people met in November 2026" in page.text
    assert "Month by month, by what is known today" in page.text
    assert "Nobody was met in September 2026." in browser.get("/still-to-ask?month=2026-09").text
    assert "people met in November 2026" in browser.get("/still-to-ask?month=1999-01").text
    assert "What do they want first?" in page.text
    for reader, status in (("tom", 200), ("aisha", 200), ("ruth", 403), ("helen", 403)):
        assert browser.sign_in(reader).get("/still-to-ask").status_code == status
    assert browser.sign_in("rowan").get(f"/still-to-ask?district={county.WATFORD}").status_code == 404
