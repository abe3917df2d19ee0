"""A whole night by the pages alone, for whoever cannot use the app’s screen: tonight’s list, a report answered, a stop where
nobody was, several who are new, a colleague along, what was recorded put right, and times through both changes of the clock."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from server.actions.operation.enrolment import PHRASES_OFFERED
from server.actions.street.alarms import Watch
from server.database.engine import Database
from server.http.local_time import speak_in
from server.queries.operation.audit import list_lines
from server.queries.people import person_page
from server.queries.referrals import courses
from server.queries.referrals.inbox import find_inbox_row, list_steps
from server.queries.referrals.referral_steps import add_step
from server.queries.street.alarms import list_open_alarms
from server.queries.street.contacts import find_contact, list_corrections
from server.queries.street.duress_signs import DuressSign, find_signs
from server.tables.people.person import person, person_merge
from server.tables.referrals.referral import referral
from server.tables.street.contact import contact
from server.tables.street.look import look
from server.tables.street.shift import check_in, visit
from server.tables.street.site import site
from server.tables.sync.sync import change
from server.web.layout.forms import Errors
from server.web.outreach.typed_times import read_moment
from shared.model.codes import ReferralState, SupportNeed
from shared.model.referral import ReferralProgress
from shared.rules.alarms import DEFAULT_LADDER
from shared.rules.check_ins import PROMISES
from shared.rules.walking_order import STOPS_MAX
from tests.conftest import Clock
from tests.web import county
from tests.web.test_api import hide
from tests.web.test_contact_form import PATH, fresh, key_of, recorded
from tests.web.test_my_shift import choose_sign, press
from tests.web.test_pages import plain

Browse = Callable[[str], Any]


def stood_at(database: Database, referral_id: str) -> list[ReferralState]:
    with database.reading() as session:
        return [each.state for each in list_steps(session, referral_id)]


@pytest.fixture
def report(filled: Database) -> str:
    """An open report of Aisha's team."""
    with filled.writing() as session:
        found = session.execute(select(referral.c.id, referral.c.state).order_by(referral.c.id)).all()
        open_one = next(each.id for each in found if each.state in ("assigned", "received"))
        session.execute(referral.update().where(referral.c.id == open_one).values(team_id="watford-outreach"))
    return str(open_one)


def test_tonights_list_says_where_to_go_and_that_it_was_read(browse: Browse, filled: Database, report: str) -> None:
    page = browse("aisha").get("/my-shift/tonight")
    assert page.status_code == 200
    told = plain(page.text)
    assert "Marek" in told and "Safety needs: Startles when woken" in told
    assert (
        f'href="/contacts/new?referral={report}"' in page.text and f'href="/visits/new?referral={report}"' in page.text
    )
    assert "/people/noor" not in page.text, "whom another district's team met"
    with filled.reading() as session:
        lines = list_lines(session, subject_kind="person", subject_id="marek")
        reports = list_lines(session, subject_kind="referral", subject_id=report)
    assert any(each.purpose == "tonight’s list on the web" for each in lines)
    assert any(each.purpose == "tonight’s list on the web" for each in reports)


def test_whoever_was_met_tonight_is_not_on_the_list_any_more(browse: Browse, filled: Database) -> None:
    aisha = browse("aisha")
    aisha.send(PATH, key=fresh(aisha), state="bedded_down", people="marek")
    assert "Marek" not in plain(aisha.get("/my-shift/tonight").text)


def test_many_reports_and_many_who_were_met_tonight_leave_room_for_whom_somebody_said_they_would_come_back_to(
    browse: Browse, filled: Database, now: datetime
) -> None:
    """As on a phone: thirty open reports, or sixty people met tonight, and nobody else was on the list."""
    with filled.writing() as session:
        for number in range(STOPS_MAX):
            county.put_referral(session, now, f"more{number}", hours=300, state="assigned", team_id="watford-outreach")
        for number in range(2 * STOPS_MAX):
            county.put_person(session, now, f"met{number}", "", state="candidate", nights=(0,), alias=f"Met {number}")
    told = plain(browse("aisha").get("/my-shift/tonight").text)
    assert "Marek" in told and "Met 1" not in told


def test_the_newest_contact_under_any_record_says_whether_somebody_is_gone_back_to(
    browse: Browse, filled: Database, now: datetime
) -> None:
    """As on a phone: met up and about yesterday under another record, she stood on the list for the night before."""
    with filled.writing() as session:
        county.put_person(session, now, "ada", "", state="candidate", nights=(2,), alias="Ada")
        county.put_person(session, now, "ada-too", "", state="candidate", nights=(1,), alias="Also Ada")
        up = {"state": "not_bedded_down", "next_step": ""}
        session.execute(contact.update().where(contact.c.id == "contact-ada-too-0").values(**up))
    aisha = browse("aisha")
    assert "Ada" in plain(aisha.get("/my-shift/tonight").text)
    with filled.writing() as session:
        merge = {"id": "m", "from_id": "ada-too", "into_id": "ada", "at": now, "worker_id": "tom"}
        county.add(session, person_merge, merge)
    assert "Ada" not in plain(aisha.get("/my-shift/tonight").text)


def test_nobody_is_sent_to_somebody_who_has_died(browse: Browse, filled: Database, now: datetime) -> None:
    with filled.writing() as session:
        session.execute(person.update().where(person.c.id == "marek").values(died_on=now.date()))
    told = plain(browse("aisha").get("/my-shift/tonight").text)
    assert "Marek" not in told and "Red" in told


def test_a_contact_answers_a_report_with_a_colleague_along(browse: Browse, filled: Database, report: str) -> None:
    aisha = browse("aisha")
    page = aisha.get(f"{PATH}?referral={report}")
    assert re.search(rf'value="{report}" selected', page.text)
    aisha.send(PATH, key=key_of(page), state="bedded_down", referral=report, colleagues="dean", alias="Blue")
    (told,) = recorded(filled)
    assert (told.referral_id, told.colleague_ids) == (report, ("dean",))
    assert stood_at(filled, report)[-1] == ReferralState.FOUND
    with filled.reading() as session:
        row = find_inbox_row(session, report)
    assert row is not None and row.referral.state == ReferralState.FOUND


def test_a_contact_at_a_report_that_we_asked_about_lets_its_clock_go_on(
    browse: Browse, filled: Database, report: str, now: datetime
) -> None:
    asked = ReferralProgress(
        id="asked",
        referral_id=report,
        state=ReferralState.NEEDS_INFORMATION,
        at=now - timedelta(days=7),
        worker_id="tom",
    )
    with filled.writing() as session:
        add_step(session, asked)
        before = find_inbox_row(session, report)
    aisha = browse("aisha")
    aisha.send(PATH, key=fresh(aisha), state="bedded_down", referral=report, alias="Blue")
    with filled.reading() as session:
        row = find_inbox_row(session, report)
    assert row is not None and before is not None and row.referral.state == ReferralState.FOUND
    assert (row.referral.due_on - before.referral.due_on).days == 7


def test_a_stranger_is_no_colleague_and_another_teams_report_is_not_there(
    browse: Browse, filled: Database, report: str
) -> None:
    aisha = browse("aisha")
    answer = aisha.send(PATH, key=fresh(aisha), state="bedded_down", colleagues="priya")
    assert "Choose colleagues of this team." in plain(answer.text)
    with filled.writing() as session:
        session.execute(
            referral.update().where(referral.c.id == report).values(team_id=None, district_id="three-rivers")
        )
    assert aisha.send(PATH, key=fresh(aisha), state="bedded_down", referral=report).status_code == 404
    assert recorded(filled) == []


def test_several_who_are_new_are_one_contact_and_nothing_typed_is_lost(browse: Browse, filled: Database) -> None:
    aisha = browse("aisha")
    key = fresh(aisha)
    page = aisha.send(PATH, key=key, press="another", alias="Blue", description="", note="Kept")
    assert page.text.count('name="alias"') == 2 and 'value="Blue"' in page.text and "Kept" in page.text
    form = {
        "key": key,
        "state": "bedded_down",
        "alias": ["Blue", "", "x" * 201],
        "description": ["", "yellow tent, whistles", ""],
    }
    refused = aisha.send(PATH, **form)
    assert 'href="#alias-3"' in refused.text and refused.status_code == 422 and recorded(filled) == []
    assert aisha.send(PATH, **form | {"alias": ["Blue", "", "Ann"]}).status_code == 200
    (told,) = recorded(filled)
    with filled.reading() as session:
        rows = session.execute(select(person.c.alias, person.c.description).where(person.c.id.in_(told.person_ids)))
        assert sorted(map(tuple, rows)) == [("", "yellow tent, whistles"), ("Ann", ""), ("Blue", "")]


def test_nobody_here_is_a_visit_that_answers_the_report_once(browse: Browse, filled: Database, report: str) -> None:
    aisha = browse("aisha")
    page = aisha.get(f"/visits/new?referral={report}")
    key = key_of(page)
    for _ in range(2):
        done = aisha.send("/visits/new", key=key, referral=report, bedding="yes", note="wet cardboard")
        assert "you looked, and nobody was here" in plain(done.text)
    with filled.reading() as session:
        (looked,) = session.execute(select(visit).where(visit.c.referral_id == report)).mappings()
    assert (looked["bedding_present"], looked["people_found"], looked["note"]) == (True, 0, "wet cardboard")
    assert stood_at(filled, report)[-1] == ReferralState.LOOKED_FOR
    assert "Nobody here" in plain(aisha.get("/recorded").text)


@pytest.mark.parametrize("stands", [ReferralState.FOUND, ReferralState.CLOSED, ReferralState.WRONG_AREA])
def test_nobody_here_closes_and_opens_no_report_on_the_way(
    browse: Browse, filled: Database, report: str, stands: ReferralState
) -> None:
    """From found the way led through closed, of which whoever reported it is told; from closed through received."""
    aisha = browse("aisha")
    key = key_of(aisha.get(f"/visits/new?referral={report}"))
    with filled.writing() as session:
        session.execute(referral.update().where(referral.c.id == report).values(state=str(stands)))
    before = stood_at(filled, report)
    done = aisha.send("/visits/new", key=key, referral=report, bedding="yes", note="wet cardboard")
    assert "you looked, and nobody was here" in plain(done.text)
    assert stood_at(filled, report) == before


def looked_at(database: Database) -> set[Any]:
    with database.reading() as session:
        return {(each.site_id, each.cell) for each in session.execute(select(look)) if each.people == 0}


def test_a_stop_that_was_none_is_struck_out_counts_for_nothing_and_is_put_back_by_a_lead(
    browse: Browse, filled: Database
) -> None:
    aisha = browse("aisha")
    before = looked_at(filled)
    aisha.send("/visits/new", key=key_of(aisha.get("/visits/new")), site="shelter", note="wet cardboard")
    with filled.reading() as session:
        stop = str(session.scalar(select(visit.c.id).where(visit.c.note == "wet cardboard")))
    counted = looked_at(filled)
    assert counted != before, "that somebody looked counts"
    assert "Say in a word why." in plain(aisha.send(f"/stops/{stop}/strike").text)
    aisha.send(f"/stops/{stop}/strike", reason="the wrong shelter")
    assert looked_at(filled) == before, "nobody looked: it is no look, and no square is cold by it"
    assert "struck out" in plain(aisha.get("/recorded").text)
    assert "It is struck out: the wrong shelter." in plain(aisha.get(f"/stops/{stop}").text)
    for who, status in (("rowan", 404), ("helen", 403), ("ruth", 403)):
        assert browse(who).send(f"/stops/{stop}/put-back").status_code == status
    tom = browse("tom")
    assert f"/stops/{stop}" in tom.get("/recorded").text
    tom.send(f"/stops/{stop}/put-back")
    assert looked_at(filled) == counted
    with filled.reading() as session:
        kinds = session.scalars(select(change.c.type).where(change.c.entity == stop).order_by(change.c.n))
        assert list(kinds) == ["visit.recorded", "visit.struck", "visit.struck"], "phones hear of each"


def test_a_report_answered_by_what_did_not_happen_is_open_again(browse: Browse, filled: Database, report: str) -> None:
    """It stayed found, in the figures too, and led nowhere but to an outcome."""
    aisha, tom = browse("aisha"), browse("tom")

    def stands() -> str:
        with filled.reading() as session:
            return str(session.scalar(select(referral.c.state).where(referral.c.id == report)))

    before = stands()
    aisha.send("/visits/new", key=key_of(aisha.get(f"/visits/new?referral={report}")), referral=report, note="looked")
    with filled.reading() as session:
        stop = str(session.scalar(select(visit.c.id).where(visit.c.note == "looked")))
    assert stands() == ReferralState.LOOKED_FOR
    aisha.send(f"/stops/{stop}/strike", reason="the wrong doorway")
    assert stands() == before
    aisha.send(PATH, key=fresh(aisha), state="bedded_down", people="marek", referral=report)
    (told,) = recorded(filled)
    assert stands() == ReferralState.FOUND
    with filled.reading() as session:
        assert courses._list_first(session, [report])
    aisha.send(f"/recorded/{told.id}/strike", reason="another man")
    assert stands() == before
    with filled.reading() as session:
        assert not courses._list_first(session, [report]), "nobody was there, and no figure says so"
    tom.send(f"/recorded/{told.id}/put-back")
    assert stands() == ReferralState.FOUND


def test_a_visit_needs_a_place(browse: Browse) -> None:
    aisha = browse("aisha")
    key = key_of(aisha.get("/visits/new"))
    answer = aisha.send("/visits/new", key=key)
    assert answer.status_code == 422 and "Say where you looked" in plain(answer.text)
    assert aisha.send("/visits/new", key=key, site="stairwell").status_code == 200


def test_a_live_map_renews_itself_when_something_was_struck_out(browse: Browse, filled: Database) -> None:
    aisha, tom = browse("aisha"), browse("tom")
    aisha.send(PATH, key=fresh(aisha), state="bedded_down", people="marek", site="stairwell")
    aisha.send("/visits/new", key=key_of(aisha.get("/visits/new")), site="stairwell")
    (told,) = recorded(filled)
    with filled.reading() as session:
        stop = session.scalar(select(visit.c.id).order_by(visit.c.at.desc()))
    stamps = [tom.get("/live-map/stamp").text]
    for path in (f"/recorded/{told.id}", f"/stops/{stop}"):
        assert aisha.send(f"{path}/strike", reason="not so").status_code == 200
        stamps.append(tom.get("/live-map/stamp").text)
    assert len(set(stamps)) == 3


def test_a_place_that_is_out_of_use_since_stays_where_something_else_is_put_right(
    browse: Browse, filled: Database
) -> None:
    aisha = browse("aisha")
    aisha.send(PATH, key=fresh(aisha), state="bedded_down", people="marek", site="stairwell", note="wet")
    (told,) = recorded(filled)
    with filled.writing() as session:
        session.execute(site.update().where(site.c.id == "stairwell").values(in_use=False))
    page = aisha.get(f"/recorded/{told.id}")
    places = page.text.split('<select class="govuk-select" id="site"')[1].split("</select>")[0]
    chosen = re.findall(r'<option value="([^"]*)" selected>([^<]*)</option>', places)
    assert chosen == [("stairwell", "Where it says now")]
    aisha.send(
        f"/recorded/{told.id}", state="bedded_down", people="marek", site=chosen[0][0], note="dry", reason="it was"
    )
    with filled.reading() as session:
        now = find_contact(session, told.id)
    assert now is not None and (now.contact.site_id, now.contact.note) == ("stairwell", "dry")


def fields_of(page: str) -> dict[str, Any]:
    """What a browser would send of the correction as it is shown."""
    form = page.split('<form method="post" action="/recorded/')[1].split("</form>")[0]
    sent: dict[str, list[str]] = {}
    for box in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', box), re.search(r'value="([^"]*)"', box)
        if (
            name
            and not name[1].startswith("_")
            and (("checkbox" not in box and "radio" not in box) or " checked" in box)
        ):
            sent.setdefault(name[1], []).append(value[1] if value else "on")
    for name, inside in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        options = re.findall(r'<option value="([^"]*)"( selected)?', inside)
        sent.setdefault(name, []).append(next((value for value, is_it in options if is_it), options[0][0]))
    for name, words in re.findall(r'<textarea [^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        sent.setdefault(name, []).append(words)
    return {name: values if len(values) > 1 else values[0] for name, values in sent.items()}


def test_the_needs_what_was_given_and_who_was_along_are_put_right(browse: Browse, filled: Database) -> None:
    aisha = browse("aisha")
    aisha.send(
        PATH, key=fresh(aisha), state="bedded_down", people="marek", site="stairwell", needs=["alcohol:no", "drugs:yes"],
        offered=PHRASES_OFFERED[0], given=PHRASES_OFFERED[0], colleagues="dean",
    )  # fmt: skip
    (told,) = recorded(filled)
    path = f"/recorded/{told.id}"
    sent = fields_of(aisha.get(path).text)
    assert "Nothing differs" in plain(aisha.send(path, **sent | {"reason": "?"}).text), "what is shown is what it says"
    needs = [{"alcohol:no": "alcohol:yes", "drugs:yes": "drugs:"}.get(each, each) for each in sent["needs"]]
    sent |= {"needs": needs, "reason": "pressed wrong"}
    for gone in ("colleagues", "given"):
        del sent[gone]
    aisha.send(path, **sent)
    with filled.reading() as session:
        now = find_contact(session, told.id)
        (word,) = list_corrections(session, [told.id])[told.id]
    assert now is not None and set(word.fields) == {"needs", "given", "colleague_ids"}
    assert [(str(each.need), str(each.receiving_support)) for each in now.contact.needs] == [("alcohol", "yes")]
    assert (now.contact.colleague_ids, now.contact.offered, now.contact.given) == ((), PHRASES_OFFERED[:1], ())
    sent = fields_of(aisha.get(path).text) | {"reason": "he was"}
    refused = aisha.send(path, **sent | {"colleagues": "rowan"})
    assert refused.status_code == 422 and "Choose colleagues of this team." in plain(refused.text)
    aisha.send(path, **sent | {"colleagues": "dean"})
    with filled.reading() as session:
        now = find_contact(session, told.id)
    assert now is not None and now.contact.colleague_ids == ("dean",)


@pytest.mark.slow
def test_of_two_who_put_one_contact_right_at_once_the_second_reads_the_first(browse: Browse, filled: Database) -> None:
    aisha = browse("aisha")
    aisha.send(PATH, key=fresh(aisha), state="bedded_down", people="marek", site="stairwell", note="wet")
    (told,) = recorded(filled)
    path, together, answers = f"/recorded/{told.id}", Barrier(2), dict[str, str]()
    tabs = {"dry": aisha, "damp": browse("aisha")}
    sent = {note: fields_of(tab.get(path).text) | {"note": note, "reason": note} for note, tab in tabs.items()}

    def press(note: str) -> None:
        together.wait()
        answers[note] = tabs[note].send(path, **sent[note]).text

    presses = [Thread(target=press, args=(note,)) for note in tabs]
    for each in presses:
        each.start()
    for each in presses:
        each.join(timeout=60)
    with filled.reading() as session:
        (word,) = list_corrections(session, [told.id])[told.id]
    (late,) = tabs.keys() - {str(word.fields["note"])}
    assert f"It says now: {word.fields['note']}." in plain(answers[late])


def test_whoever_is_hidden_from_its_writer_stays_in_a_contact_that_is_put_right(
    browse: Browse, filled: Database, now: datetime
) -> None:
    aisha = browse("aisha")
    aisha.send(PATH, key=fresh(aisha), state="bedded_down", people=["marek", "red"], site="stairwell", note="wet")
    (told,) = recorded(filled)
    hide(filled, "red", now)
    page = aisha.get(f"/recorded/{told.id}")
    assert "red" not in fields_of(page.text)["people"]
    aisha.send(f"/recorded/{told.id}", **fields_of(page.text) | {"note": "dry", "reason": "a slip"})
    with filled.reading() as session:
        after = find_contact(session, told.id)
    assert after is not None and after.contact.note == "dry"
    assert set(after.contact.person_ids) == {"marek", "red"}, "nobody is taken out unseen"


def test_a_page_opened_before_undoes_nothing_that_was_put_right_since(browse: Browse, filled: Database) -> None:
    """Two tabs, or a page and a phone: what the second says is shown before the first writes over it."""
    aisha = browse("aisha")
    aisha.send(PATH, key=fresh(aisha), state="bedded_down", people="marek", site="stairwell", note="wet")
    (told,) = recorded(filled)
    path = f"/recorded/{told.id}"
    first, second = (fields_of(aisha.get(path).text) for _ in range(2))
    aisha.send(path, **second | {"note": "dry", "people": "red", "needs": ["alcohol:no", "drugs:"], "reason": "it was"})
    answer = aisha.send(path, **first | {"next_step": "Tea at 8", "reason": "more"})
    assert answer.status_code == 422
    said = plain(answer.text)
    assert "It was put right since you opened this page." in said
    assert "It says now: dry." in said and "what came up: Alcohol" in said and "who was there: " in said
    assert "Tea at 8</textarea>" in answer.text, "what was typed stands"
    with filled.reading() as session:
        now = find_contact(session, told.id)
    assert now is not None and (now.contact.note, now.contact.person_ids) == ("dry", ("red",))
    again = fields_of(answer.text)
    assert aisha.send(path, **again | {"note": "dry", "people": "red"}).status_code == 200
    with filled.reading() as session:
        now = find_contact(session, told.id)
    assert now is not None and (now.contact.note, now.contact.next_step) == ("dry", "Tea at 8")


def test_what_was_put_right_meanwhile_is_not_undone_by_what_was_typed_before(browse: Browse, filled: Database) -> None:
    aisha = browse("aisha")
    aisha.send(PATH, key=fresh(aisha), state="bedded_down", people="marek", site="stairwell", note="wet")
    (told,) = recorded(filled)
    path = f"/recorded/{told.id}"
    shown = aisha.get(path).text
    kept = aisha.client.post(
        "/drafts",
        json={
            "mark": re.findall(r'name="_draft" value="([^"]+)"', shown)[0],
            "action": path,
            "fields": {"note": "wet", "was_note": "wet", "next_step": "Tea at 8", "was_next_step": ""},
        },
        headers={"accept": "application/json", "x-csrftoken": aisha.client.cookies["lantern-form"]},
    )
    assert kept.status_code == 200, kept.text
    same = {"state": "bedded_down", "people": "marek", "site": "stairwell"}
    aisha.send(path, **same, note="dry", reason="it was")
    again = aisha.get(path).text
    assert "dry</textarea>" in again
    assert "Tea at 8</textarea>" in again


def test_a_contact_on_the_wrong_person_is_given_to_another_struck_out_and_put_back_by_a_lead(
    browse: Browse, filled: Database
) -> None:
    aisha = browse("aisha")
    aisha.send(
        PATH,
        key=fresh(aisha),
        state="bedded_down",
        people="marek",
        site="stairwell",
        note="wet",
        needs="armed_forces:no",
    )
    (told,) = recorded(filled)
    path = f"/recorded/{told.id}"
    assert path in aisha.get("/recorded").text

    def needing() -> set[str]:
        with filled.reading() as session:
            needs = {who: {each.need for each in person_page.list_needs(session, [who])} for who in ("marek", "red")}
        return {who for who, told in needs.items() if SupportNeed.ARMED_FORCES in told}

    assert needing() == {"marek"}
    same = {"state": "bedded_down", "people": "marek", "site": "stairwell", "note": "wet"}
    assert "Nothing differs" in plain(aisha.send(path, **same, reason="?").text)
    assert "Say in a word why." in plain(aisha.send(path, **same | {"people": "red"}).text)
    aisha.send(path, **same | {"people": "red", "site": "shelter"}, reason="pressed wrong")
    with filled.reading() as session:
        now = find_contact(session, told.id)
        assert now is not None and (now.contact.person_ids, now.contact.site_id) == (("red",), "shelter")
        (word,) = list_corrections(session, [told.id])[told.id]
    assert (word.reason, set(word.fields)) == ("pressed wrong", {"person_ids", "site_id"})
    assert needing() == {"red"}, "what he said he needs goes with him"
    aisha.send(f"{path}/strike", reason="it was yesterday")
    with filled.reading() as session:
        now = find_contact(session, told.id)
    assert now is not None and (now.contact.person_ids, now.contact.site_id, str(now.contact.state)) == (
        (),
        None,
        "not_found",
    )
    assert needing() == set()
    assert "It is struck out: it was yesterday." in plain(aisha.get(path).text)
    tom = browse("tom")
    assert path in tom.get("/recorded").text and "Struck out by your team" in plain(tom.get("/recorded").text)
    tom.send(f"{path}/put-back")
    with filled.reading() as session:
        now = find_contact(session, told.id)
    assert now is not None and (now.contact.person_ids, now.contact.site_id, now.contact.note) == (
        ("red",),
        "shelter",
        "wet",
    )
    assert needing() == {"red"}
    assert path not in tom.get("/recorded").text


@pytest.mark.parametrize(("who", "status"), [("rowan", 404), ("helen", 403), ("ruth", 403), ("omar", 403)])
def test_nobody_elsewhere_reads_or_puts_right_a_contact(
    browse: Browse, filled: Database, who: str, status: int
) -> None:
    aisha = browse("aisha")
    aisha.send(PATH, key=fresh(aisha), state="bedded_down", people="marek", site="stairwell")
    (told,) = recorded(filled)
    other = browse(who)
    assert other.get(f"/recorded/{told.id}").status_code == status
    assert other.send(f"/recorded/{told.id}/strike", reason="no").status_code == status
    assert other.send(f"/recorded/{told.id}", state="not_found", reason="no").status_code == status
    with filled.reading() as session:
        assert list_corrections(session, [told.id]) == {}


@pytest.mark.parametrize("minutes", PROMISES)
def test_a_sign_of_her_own_is_a_call_for_help_that_looks_like_a_check_in(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str], minutes: int
) -> None:
    """Whoever has read the guide does not know which it is, and no other promise of hers is one, nor this one of Dean's."""
    pages = {}
    for who in ("aisha", "dean"):
        press(browse(who), "out")
    choose_sign(filled, "aisha", minutes, clock.now)
    for other in set(PROMISES) - {minutes}:
        press(browse("aisha"), "check-in", minutes=str(other))
    for who in ("dean", "aisha"):
        pages[who] = plain(press(browse(who), "check-in", minutes=str(minutes)).text)
        assert "Heard. Your team can see it." in pages[who] and "duress" not in pages[who].lower()
    assert pages["aisha"].split("My shift")[-1].replace("Aisha", "Dean") == pages["dean"].split("My shift")[-1]
    with filled.writing() as session:
        said = session.execute(select(check_in.c.worker_id).where(check_in.c.duress)).scalars().all()
        Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
        (alarm,) = list_open_alarms(session)
    assert said == ["aisha"] and alarm.worker_id == "aisha" and alarm.is_silent and alarm.told_ids - {"aisha"}
    assert "being told" not in plain(browse("aisha").get("/my-shift").text), "whoever stands beside her sees nothing"


def test_a_sign_is_chosen_with_the_password_and_read_by_nobody(filled: Database, browse: Browse, clock: Clock) -> None:
    aisha = browse("aisha")
    asks = "how you say that somebody makes you check in"
    assert asks in plain(aisha.get("/my-shift").text) and "You have chosen none." in plain(aisha.get("/account").text)
    answer = aisha.send("/account/sign", minutes="45", sign_proof="wrong")
    assert answer.status_code == 422 and "This is not your password now." in plain(answer.text)
    for wrong in ("", "46", "180", "x", "٤٥"):
        assert aisha.send("/account/sign", minutes=wrong, sign_proof=county.PASSWORD).status_code == 422
    with filled.reading() as session:
        assert find_signs(session, ["aisha"]) == {}
    for minutes in (45, 90):
        page = aisha.send("/account/sign", minutes=str(minutes), sign_proof=county.PASSWORD)
        assert "Your sign is kept." in plain(page.text) and "You have chosen one." in plain(page.text)
        assert "selected" not in page.text.split('id="minutes"')[1].split("</select>")[0].replace(
            'value="" selected', ""
        )
        with filled.reading() as session:
            kept = find_signs(session, ["aisha", "dean"])
        assert kept == {"aisha": DuressSign(worker_id="aisha", minutes=minutes, chosen_at=clock.now)}
    assert asks not in plain(aisha.get("/my-shift").text)
    press(aisha, "out")
    assert "somebody makes" not in plain(aisha.get("/my-shift").text), "not while she is out"
    helen = browse("helen")
    assert 'action="/account/sign"' not in helen.get("/account").text, "who never goes out needs none"
    assert helen.send("/account/sign", minutes="45", sign_proof=county.PASSWORD).status_code == 403


def test_a_check_in_from_before_a_sign_was_chosen_is_none(filled: Database, browse: Browse, clock: Clock) -> None:
    aisha = browse("aisha")
    press(aisha, "out")
    choose_sign(filled, "aisha", 45, clock.now + timedelta(minutes=1))
    press(aisha, "check-in", minutes="45")
    assert press(aisha, "check-in", minutes="180").status_code >= 400, "no promise is so long"
    with filled.reading() as session:
        assert not any(session.scalars(select(check_in.c.duress)))


LONDON = ZoneInfo("Europe/London")
AUTUMN, SPRING = "2026-10-25", "2026-03-29"


@pytest.mark.parametrize(
    ("day", "typed", "wanted"),
    [
        (AUTUMN, "01:30 BST", (2026, 10, 25, 0, 30)),
        (AUTUMN, "01:30 GMT", (2026, 10, 25, 1, 30)),
        (AUTUMN, "00:59", (2026, 10, 24, 23, 59)),
        (AUTUMN, "02:00", (2026, 10, 25, 2, 0)),
        (AUTUMN, "01:30", "came twice that night. Add BST for the first, GMT for the second."),
        (AUTUMN, "02:30 BST", "Clocks showed GMT then, not BST."),
        (SPRING, "01:30", "There was no 01:30 that night: the clocks went forward."),
        (SPRING, "00:59", (2026, 3, 29, 0, 59)),
        (SPRING, "02:00", (2026, 3, 29, 1, 0)),
        ("2026-12-24", "10:00", "That is still to come."),
        ("1999-12-31", "10:00", "Give a day since 2000."),
        ("yesterday", "10:00", "Give a day, or leave it empty for tonight."),
        (AUTUMN, "", "Give the time of that day, such as 23:40."),
        ("", "01:30 BST", (2026, 7, 14, 0, 30)),
        ("", "01:30 GMT", "Give a time such as 23:40"),
        ("", "", (2026, 7, 14, 1, 0)),
    ],
)
def test_a_day_and_a_time_are_right_through_both_changes_of_the_clock(
    day: str, typed: str, wanted: tuple[int, ...] | str
) -> None:
    speak_in(LONDON)
    now = datetime(2026, 7, 14, 1, 0, tzinfo=UTC) if not day else datetime(2026, 11, 2, tzinfo=UTC)
    errors: Errors = {}
    found = read_moment(day, typed, now, errors)
    if isinstance(wanted, str):
        assert found is None and wanted in next(iter(errors.values()))
    else:
        assert found == datetime(*wanted, tzinfo=UTC) and errors == {}  # type: ignore[misc,arg-type]


def test_what_is_typed_the_morning_after_belongs_to_its_shift(browse: Browse, filled: Database, clock: Clock) -> None:
    aisha = browse("aisha")
    press(aisha, "out")
    begun = clock.now
    clock.advance(hours=3)
    press(browse("aisha"), "home")
    clock.advance(hours=50)
    aisha = browse("aisha")
    local = (begun + timedelta(hours=1)).astimezone(LONDON)
    aisha.send(PATH, key=fresh(aisha), state="not_found", seen_day=local.date().isoformat(), seen_time=f"{local:%H:%M}")
    (told,) = recorded(filled)
    assert told.shift_id is not None and told.seen_at == begun + timedelta(hours=1)
