"""A contact recorded in a browser: the phone's fields, the phone's rules, the phone's changes, and once for each form."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from server.database.engine import Database
from server.queries.operation.audit import list_lines
from server.queries.street.contacts import list_contacts
from server.queries.sync import store as sync
from server.tables.cases.case import mdt_case
from server.tables.partnership.agency import team
from server.tables.partnership.worker import worker_team
from server.tables.people.person import person, person_need
from server.tables.people.verification import person_verification
from server.tables.street.contact import contact
from server.tables.street.site import site
from server.tables.sync.sync import change
from server.web.outreach.typed_times import latest_moment, read_moment
from shared.model.contact import Contact
from tests.web import county
from tests.web.test_pages import plain

Browse = Callable[[str], Any]
PATH = "/contacts/new"


def key_of(page: Any) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def fresh(browser: Any) -> str:
    return key_of(browser.get(PATH))


def recorded(database: Database) -> list[Contact]:
    """The contacts that came by the form: those that device 0 wrote."""
    with database.reading() as session:
        ids = session.scalars(select(change.c.entity).where(change.c.device == 0, change.c.type == "contact.recorded"))
        return [each.contact for each in list_contacts(session, [each for each in ids if each]).values()]


def test_the_state_alone_is_enough(browse: Browse, filled: Database, now: datetime) -> None:
    browser = browse("aisha")
    after = browser.send(PATH, key=fresh(browser), state="not_found")
    assert after.status_code == 200
    assert "Recorded. It reaches the team’s phones at their next sync." in plain(after.text)
    (told,) = recorded(filled)
    assert (str(told.state), told.worker_id, told.team_id) == ("not_found", "aisha", "watford-outreach")
    assert (told.seen_at, told.person_ids, told.site_id) == (now, (), None)


def test_nothing_but_the_state_is_asked_for(browse: Browse, filled: Database) -> None:
    browser = browse("aisha")
    page = browser.send(PATH, key=fresh(browser), note="Kept as it was typed", unidentified="2")
    assert page.status_code == 422
    assert "Choose what you met." in plain(page.text)
    assert page.text.count("govuk-error-message") == 1
    assert "Kept as it was typed" in page.text
    assert page.text.count("<title>Error: ") == 1 or "Error: Record a contact" in plain(page.text)
    assert recorded(filled) == []


def test_pressing_twice_records_once(browse: Browse, filled: Database) -> None:
    browser = browse("aisha")
    key = fresh(browser)
    for _ in range(2):
        assert browser.send(PATH, key=key, state="bedded_down", alias="Blue").status_code == 200
    assert len(recorded(filled)) == 1
    with filled.reading() as session:
        assert len(list(session.scalars(select(person.c.id).where(person.c.alias == "Blue")))) == 1


def test_a_form_of_somebody_else_takes_no_contact_away(browse: Browse, filled: Database) -> None:
    aisha = browse("aisha")
    key = fresh(aisha)
    aisha.send(PATH, key=key, state="bedded_down")
    tom = browse("tom")
    tom.send(PATH, key=key, state="not_found")
    assert sorted(each.worker_id for each in recorded(filled)) == ["aisha", "tom"]


@pytest.mark.parametrize("key", ["", "contact-marek-0", "x" * 36, "'; drop table contact"])
def test_no_browser_chooses_our_ids(browse: Browse, filled: Database, key: str) -> None:
    browser = browse("aisha")
    browser.get(PATH)
    assert browser.send(PATH, key=key, state="not_found").status_code == 200
    (told,) = recorded(filled)
    assert told.id != key


def test_someone_new_seen_bedded_down_is_verified_and_put_forward(browse: Browse, filled: Database) -> None:
    browser = browse("aisha")
    answers = {
        "key": fresh(browser), "state": "bedded_down", "alias": "Blue", "description": "Blue hat, small dog", "is_new": "new",
        "needs": "alcohol:no", "place": "Behind the library", "offered": "Food", "safety_needs": "Speak first",
        "strengths": "Cooks", "next_step": "Bring boots", "note": "Slept badly",
    }  # fmt: skip
    assert browser.send(PATH, **answers).status_code == 200
    (told,) = recorded(filled)
    with filled.reading() as session:
        blue = session.execute(select(person).where(person.c.alias == "Blue")).mappings().one()
        place = session.execute(select(site).where(site.c.name == "Behind the library")).mappings().one()
        verified = session.execute(
            select(person_verification).where(person_verification.c.person_id == blue["id"])
        ).mappings().one()  # fmt: skip
        case = session.execute(select(mdt_case).where(mdt_case.c.person_id == blue["id"])).mappings().one()
        need = session.execute(select(person_need).where(person_need.c.person_id == blue["id"])).mappings().one()
    assert (told.person_ids, told.site_id, told.offered) == ((blue["id"],), place["id"], ("Food",))
    assert (told.safety_needs, told.strengths, told.next_step, told.note) == (
        "Speak first", "Cooks", "Bring boots", "Slept badly",
    )  # fmt: skip
    assert (blue["team_id"], blue["district_id"], place["team_id"]) == (
        "watford-outreach",
        "watford",
        "watford-outreach",
    )
    assert (verified["verified"], verified["basis"]) == (True, "seen_by_outreach")
    assert (case["state"], case["district_id"]) == ("candidate", "watford")
    assert (need["need"], need["receiving_support"], need["contact_id"]) == ("alcohol", "no", told.id)


def test_the_teams_phones_hear_of_it(browse: Browse, filled: Database, now: datetime) -> None:
    from sync.wire import PullRequest, encode

    now_ms = int(now.timestamp() * 1000)
    browser = browse("aisha")
    browser.send(PATH, key=fresh(browser), state="bedded_down", alias="Blue")
    with filled.writing() as session:
        sync.register_device(session, scopes=["team:watford-outreach"], label="Dean’s", now_ms=now_ms, number=12)
        heard = sync.pull(session, 12, PullRequest(device=12, cursors={}, now=now_ms, app="1.0.0"), now_ms)
    told = encode(heard)
    assert b"contact.recorded" in told and b"person.patched" in told


def test_a_person_is_searched_for_and_ticked_without_scripts(browse: Browse, filled: Database) -> None:
    browser = browse("aisha")
    key = fresh(browser)
    page = browser.send(PATH, key=key, press="search", search="small DOG", note="Kept", state="bedded_down")
    assert page.status_code == 200
    assert "1 person found. Tick whoever was there." in plain(page.text)
    assert re.search(r"<title[^>]*>\s*1 person found", page.text)
    assert 'value="red"' in page.text and "Kept" in page.text and key_of(page) == key
    assert recorded(filled) == []
    again = browser.send(PATH, key=key, press="search", search="Marek", people="red")
    assert re.search(r'value="red" checked', again.text), "whoever was ticked stays"
    assert browser.send(PATH, key=key, state="bedded_down", people="red", site="shelter").status_code == 200
    (told,) = recorded(filled)
    assert (told.person_ids, told.site_id) == (("red",), "shelter")
    with filled.reading() as session:
        seen = [line for line in list_lines(session, subject_kind="person", subject_id="red") if line.allowed]
    assert {line.action for line in seen} >= {"see_person_list", "record_contact"}


@pytest.mark.parametrize("typed", ["lukasz", "ŁUKASZ", "elodie", "o'brien", "O’BRIEN", "senol"])
def test_a_name_is_found_however_it_is_spelt(browse: Browse, filled: Database, now: datetime, typed: str) -> None:
    with filled.writing() as session:
        for number, name in enumerate(("Łukasz Zając", "Élodie Petit", "Sean O’Brien", "Şenol Kaya")):
            county.put_person(session, now, f"n{number}", name, name=name, state="candidate", nights=())
    browser = browse("aisha")
    page = browser.send(PATH, key=fresh(browser), press="search", search=typed)
    assert "1 person found" in plain(page.text)


def test_whoever_is_in_two_teams_is_asked_about_the_one_they_are_out_with(
    browse: Browse, filled: Database, now: datetime
) -> None:
    with filled.writing() as session:
        county.add(session, team, {"id": "canal", "agency_id": "beacon", "name": "Beacon Canal"})
        county.add(session, worker_team, {"worker_id": "aisha", "team_id": "canal"})
    browser = browse("aisha")
    chosen = re.compile(r'<option value="watford-outreach"\s+selected')
    for path in (PATH, "/visits/new"):
        page = browser.get(path).text
        assert "Which team were you out with?" in page
        assert not chosen.search(page)
    with filled.writing() as session:
        county.fill_shifts(session, now)
    for path in (PATH, "/visits/new"):
        assert chosen.search(browser.get(path).text), path


def test_several_people_are_one_contact_and_nobodys_need_is_guessed(browse: Browse, filled: Database) -> None:
    browser = browse("aisha")
    form: dict[str, Any] = {
        "key": fresh(browser), "state": "bedded_down", "people": ["red", "marek"], "needs": ["drugs:yes", "alcohol:"],
        "unidentified": "2",
    }  # fmt: skip
    assert browser.send(PATH, **form).status_code == 200
    (told,) = recorded(filled)
    assert (set(told.person_ids), told.unidentified_people) == ({"red", "marek"}, 2)
    assert [(str(each.need), str(each.receiving_support)) for each in told.needs] == [("drugs", "yes")]
    with filled.reading() as session:
        assert session.scalar(select(person_need.c.id).where(person_need.c.contact_id == told.id)) is None


@pytest.mark.parametrize(("word", "who"), [("noor", "noor"), ("%", "marek"), ("no-such-word", "marek")])
def test_a_search_shows_nobody_it_should_not(browse: Browse, filled: Database, word: str, who: str) -> None:
    with filled.writing() as session:
        session.execute(person.update().where(person.c.id == "noor").values(team_id="another"))
        session.execute(contact.update().where(contact.c.id == "contact-noor-0").values(team_id="another"))
    browser = browse("priya" if who == "noor" else "aisha")
    page = browser.send(PATH, key=fresh(browser), press="search", search=word)
    assert f'type="checkbox" value="{who}"' not in page.text
    assert "fits" in plain(page.text)


@pytest.mark.parametrize("field", ["people", "site", "team"])
def test_what_is_not_theirs_cannot_be_named(browse: Browse, filled: Database, field: str) -> None:
    browser = browse("aisha")
    form = {"key": fresh(browser), "state": "bedded_down", field: "no-such"}
    assert browser.send(PATH, **form).status_code in {404, 422}
    assert recorded(filled) == []


def test_an_address_in_the_note_is_asked_about_once(browse: Browse, filled: Database) -> None:
    browser = browse("aisha")
    form = {"key": fresh(browser), "state": "bedded_down", "note": "Stays at flat 4, 12 Station Road"}
    page = browser.send(PATH, **form)
    assert page.status_code == 422
    assert "Is it safe for everybody who may read this" in plain(page.text) and 'name="sure"' in page.text
    assert browser.send(PATH, **form, sure="yes").status_code == 200
    assert [each.note for each in recorded(filled)] == ["Stays at flat 4, 12 Station Road"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("seen_time", "late", "Give a time such as 23:40"),
        ("unidentified", "many", "Give a number"),
        ("unidentified", "-1", "Give a number"),
        ("postcode", "ZZ1 1ZZ", "We do not know this postcode"),
        ("alias", "x" * 201, "Use 200 characters or fewer"),
        ("note", "x" * 10_001, "Use 10,000 characters or fewer"),
        ("place", "By the lock", "not both"),
    ],
)
def test_a_mistake_is_told_beside_its_field(
    browse: Browse, filled: Database, field: str, value: str, words: str
) -> None:
    browser = browse("aisha")
    form = {"key": fresh(browser), "state": "bedded_down", "site": "shelter", field: value}
    page = browser.send(PATH, **form)
    assert page.status_code == 422
    assert words in plain(page.text)
    assert f'id="{field}-error"' in page.text and f'href="#{field}"' in page.text
    assert value in page.text
    assert recorded(filled) == []


def test_too_much_for_one_record_is_refused_kindly(browse: Browse, filled: Database) -> None:
    browser = browse("aisha")
    long = "é" * 9_999
    page = browser.send(
        PATH, key=fresh(browser), state="bedded_down", note=long, next_step=long, strengths=long, safety_needs=long
    )
    assert page.status_code == 422
    assert "more than one record can hold" in plain(page.text)
    assert recorded(filled) == []


def test_a_character_that_no_database_keeps_is_dropped(browse: Browse, filled: Database) -> None:
    browser = browse("aisha")
    assert browser.send(PATH, key=fresh(browser), state="bedded_down", note="a\0b", alias="\0").status_code == 200
    (told,) = recorded(filled)
    assert (told.note, told.person_ids) == ("ab", ())


@pytest.mark.parametrize("who", ["aisha", "tom", "priya"])
def test_whoever_may_record_a_contact_has_the_page(browse: Browse, who: str) -> None:
    page = browse(who).get(PATH)
    assert page.status_code == 200
    assert 'href="/contacts/new"' in page.text


@pytest.mark.parametrize("who", ["helen", "omar", "ruth"])
def test_nobody_else_has_it(browse: Browse, who: str) -> None:
    browser = browse(who)
    assert browser.get(PATH).status_code == 403
    assert browser.send(PATH, state="bedded_down").status_code == 403


def test_priya_records_in_the_name_of_the_team_that_walks_her_district(browse: Browse, filled: Database) -> None:
    browser = browse("priya")
    assert browser.send(PATH, key=fresh(browser), state="bedded_down", people="marek").status_code == 200
    (told,) = recorded(filled)
    assert (told.worker_id, told.team_id) == ("priya", "watford-outreach")


def test_a_clock_time_is_the_last_one_that_has_been() -> None:
    night = datetime(2026, 7, 14, 1, 30, tzinfo=UTC)  # half past two in London
    assert latest_moment("02:11", night) == datetime(2026, 7, 14, 1, 11, tzinfo=UTC)
    assert latest_moment("1:05", night) == datetime(2026, 7, 14, 0, 5, tzinfo=UTC)
    assert latest_moment("23.40", night) == datetime(2026, 7, 13, 22, 40, tzinfo=UTC)
    with pytest.raises(ValueError, match="not a time"):
        latest_moment("25:00", night)


@pytest.mark.parametrize(
    ("now", "typed", "moment"),
    [
        ((2026, 10, 25, 2, 10), "01:50", (2026, 10, 25, 1, 50)),
        ((2026, 10, 25, 1, 50), "01:45", (2026, 10, 25, 1, 45)),
        ((2026, 10, 25, 1, 20), "01:45", (2026, 10, 25, 0, 45)),
        ((2026, 10, 25, 0, 50), "01:45", (2026, 10, 25, 0, 45)),
        ((2026, 10, 25, 1, 20), "00:30", (2026, 10, 24, 23, 30)),
        ((2027, 3, 28, 1, 10), "01:30", (2027, 3, 27, 1, 30)),
        ((2027, 3, 28, 1, 10), "02:05", (2027, 3, 28, 1, 5)),
        ((2027, 3, 28, 1, 10), "00:55", (2027, 3, 28, 0, 55)),
        ((2026, 11, 12, 21, 30), "21:31", (2026, 11, 12, 21, 30)),
        ((2026, 11, 12, 21, 30), "21:35", (2026, 11, 12, 21, 30)),
        ((2026, 11, 12, 21, 30), "21:36", (2026, 11, 11, 21, 36)),
        ((2026, 11, 12, 23, 58), "00:02", (2026, 11, 12, 23, 58)),
        ((2026, 10, 25, 0, 58), "01:00", (2026, 10, 25, 0, 0)),
        ((2026, 10, 25, 0, 58), "01:00 BST", (2026, 10, 25, 0, 0)),
        ((2026, 11, 21, 23, 39), "23:40", (2026, 11, 21, 23, 39)),  # a watch that is a minute ahead, and no day ago
        ((2026, 11, 21, 23, 58), "00:02", (2026, 11, 21, 23, 58)),
        ((2026, 11, 21, 23, 29), "23:40", (2026, 11, 20, 23, 40)),
        ((2026, 10, 25, 1, 38), "01:45", (2026, 10, 25, 0, 45)),
    ],
)
def test_a_typed_time_is_the_last_one_through_both_changes(
    now: tuple[int, ...], typed: str, moment: tuple[int, ...]
) -> None:
    """Of an hour that comes twice the later turn that has been; a time that was skipped is the day before's. What a watch a few
    minutes ahead shows is now, and no night before."""
    begun = datetime(*now, tzinfo=UTC)  # type: ignore[misc,arg-type]
    assert latest_moment(typed, begun) == datetime(*moment, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_watch_a_little_ahead_is_now_with_its_day_too() -> None:
    now, errors = datetime(2026, 11, 12, 23, 58, tzinfo=UTC), dict[str, str]()
    assert read_moment("2026-11-13", "00:02", now, errors) == now and errors == {}
    assert read_moment("2026-11-13", "00:04", now, errors) is None and "still to come" in errors["seen_day"]


def test_who_is_described_as_new_may_be_somebody_known_and_is_asked_about(browse: Browse, filled: Database) -> None:
    browser = browse("aisha")
    told = {
        "key": fresh(browser),
        "state": "bedded_down",
        "description": "Irish man, red hat, a small dog",
        "site": "shelter",
    }
    asked = browser.send(PATH, **told)
    assert asked.status_code == 422
    question = plain(asked.text).split("be somebody your team knows?")[1].split("nobody could identify")[0]
    assert "Red: " in question and "and red in both descriptions, seen at the same site" in question
    assert "Marek" not in question
    assert recorded(filled) == []
    assert browser.send(PATH, **told, is_new="red").status_code == 200
    (known,) = recorded(filled)
    assert (known.person_ids, known.note) == (("red",), "Described as: Irish man, red hat, a small dog")


def test_each_of_several_who_are_new_is_asked_about(browse: Browse, filled: Database) -> None:
    browser = browse("aisha")
    told = {
        "key": fresh(browser),
        "state": "bedded_down",
        "alias": ["Blue", ""],
        "description": ["", "Irish man, red hat, a small dog"],
        "site": "shelter",
    }
    asked = browser.send(PATH, **told)
    assert "Could “Irish man, red hat, a small dog” be somebody your team knows?" in plain(asked.text)
    assert 'value="2:red"' in asked.text and recorded(filled) == []
    assert browser.send(PATH, **told, is_new="2:red").status_code == 200
    (known,) = recorded(filled)
    assert "red" in known.person_ids and len(known.person_ids) == 2


def test_somebody_new_is_new_once_the_worker_has_said_so(browse: Browse, filled: Database) -> None:
    browser = browse("aisha")
    told = {"key": fresh(browser), "state": "bedded_down", "description": "Irish man, red hat, a small dog"}
    assert browser.send(PATH, **told, is_new="new").status_code == 200
    (contact_,) = recorded(filled)
    assert contact_.person_ids not in {(), ("red",)} and contact_.note == ""


@pytest.mark.parametrize("answer", ["0:red", "11:red", "9" * 5000 + ":red", "²:red", "-1:red"])
def test_a_forged_answer_about_none_who_was_described_is_none(browse: Browse, filled: Database, answer: str) -> None:
    browser = browse("aisha")
    assert browser.send(PATH, key=fresh(browser), state="bedded_down", is_new=answer).status_code == 200
    (told,) = recorded(filled)
    assert (told.person_ids, told.note) == ((), "")


def test_a_forged_answer_names_nobody_whom_the_worker_may_not_know(browse: Browse, filled: Database) -> None:
    browser = browse("aisha")
    told = {"key": fresh(browser), "state": "bedded_down", "description": "Irish man, red hat, a small dog"}
    assert browser.send(PATH, **told, is_new="nobody-known").status_code == 404
    assert recorded(filled) == []


def test_a_report_to_be_answered_is_named_by_its_place_and_by_whom_it_describes(browse: Browse) -> None:
    """Several are of one place, and a number says nothing at two in the morning."""
    shown = plain(browse("aisha").get("/contacts/new").text)
    assert "SL-5042: St Albans Road bus shelter, Woman with two bags, asleep sitting up" in shown
