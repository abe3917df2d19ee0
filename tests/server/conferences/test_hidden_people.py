"""Hidden people (privacy rule A5): for whoever may not know, a hidden person and one who never was are the same, everywhere.

Two worlds are compared byte by byte: one where Marek and Joan are hidden from everybody but Priya's agency, and one where
they never were. Every page that can be reached by a link is looked at in both, and every address that names a record is
asked for theirs and for one that there never was.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from server.actions.conferences.conferences import schedule_conference, take_off_agenda
from server.actions.conferences.discussion import agree_action, finish_conference, save_note
from server.actions.people import hiding
from server.problems import Invalid, NotFound
from server.queries.cases import presentations
from server.queries.conferences import conferences
from server.queries.conferences import discussion as meeting
from server.queries.maps import hotspots as maps
from server.queries.maps import indicators
from server.queries.operation import audit
from server.queries.people import concealment, subjects
from server.tables.partnership.recipient import recipient
from server.tables.partnership.worker import worker, worker_district, worker_role
from server.tables.street.contact import contact, contact_person
from shared.policy import Act
from tests.server.conferences.conftest import Browser, item_at
from tests.server.conferences.test_every_route_for_every_role import list_addresses
from tests.web import county

pytestmark = pytest.mark.slow

REASON = "Her brother looks for her and has asked at two hostels"
HIDDEN = ("marek", "joan")
ON_ONE_DATABASE = pytest.mark.parametrize("database_kind", ["sqlite"])
"""What is asked of the policy and of the pages is the same on both; what is asked of the tables is looked at on both."""
OUTSIDERS = ("sam", "tom", "ruth")
"""A coordinator of another agency in the same district, the lead of the team that met them, and a partner."""
MADE_ANEW = {"date", "content-security-policy", "content-length", "set-cookie"}
PASSING = re.compile(
    r'nonce="[^"]*"|name="_csrf_token" value="[^"]*"|data-csrf="[^"]*"|since=[^"&]*|name="key" value="[^"]*"|data-token="[^"]*"'
    # When a paper was set, and the mark that is made of it.
    r"|/(?:Mod|Creation)Date\(D:[^)]*\)|<xmp:(?:Modify|Create)Date>[^<]*|<xmpMM:(?:Instance|Document)ID>[^<]*|/ID\[[^\]]*\]"
)

PRINTED = re.compile(r"\(D:\d{14}[^)]*\)|<xmp:(?:Create|Modify)Date>[^<]*|<xmpMM:\w+>[^<]*|/ID ?\[[^\]]*\]")
"""When a paper was printed, and what names this one print."""


@pytest.fixture
def sam(watford: Any, now: Any) -> str:
    """Sam coordinates Watford too, for another agency than Priya."""
    with watford.writing() as session:
        county.add(session, worker, {"id": "sam", "name": "Sam Okafor", "short_name": "Sam O", "agency_id": "cgl",
                                     "email": "sam@example.org", "trained_on": now.date(), "created_at": now})  # fmt: skip
        county.add(session, worker_role, {"worker_id": "sam", "role": "coordinator"})
        county.add(session, recipient, {"id": "cgl-coordinator", "agency_id": "cgl", "role": "coordinator",
                                        "founding": True, "proposed_at": now})  # fmt: skip
        county.add(session, worker_district, {"worker_id": "sam", "district_id": county.WATFORD})
    return "sam"


def hide(enter: Any, *people: str, agencies: tuple[str, ...] = ()) -> None:
    for person_id in people:
        with enter("priya") as access:
            hiding.hide_person(access, person_id, agencies, REASON)


def forget(database: Any, person_id: str) -> None:
    """The other world: they never were."""
    contacts = "select contact_id from contact_person where person_id = :id"
    with database.writing() as session:
        for statement in (
            f"delete from contact_need where contact_id in ({contacts})", f"delete from contact where id in ({contacts})",
            "delete from contact_person where person_id = :id", "delete from person_need where person_id = :id",
            "delete from verification where person_id = :id", "delete from person_verification where person_id = :id",
            "delete from case_action where case_id in (select id from mdt_case where person_id = :id)",
            "delete from case_event where case_id in (select id from mdt_case where person_id = :id)",
            "delete from agenda_item where case_id in (select id from mdt_case where person_id = :id)",
            "delete from mdt_case where person_id = :id", "delete from person_hidden where person_id = :id",
            "delete from person where id = :id",
        ):  # fmt: skip
            session.execute(text(statement), {"id": person_id})


def tell(answer: Any) -> tuple[int, str, str]:
    """What of an answer could tell one record from another; what each request makes anew is left out."""
    headers = {name: value for name, value in answer.headers.items() if name not in MADE_ANEW}
    body = PASSING.sub("", answer.text)
    if "pdf" in answer.headers.get("content-type", ""):
        body = PRINTED.sub("", answer.content.decode("latin-1"))
    if "spreadsheet" in answer.headers.get("content-type", ""):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            body = str({name: book.read(name) for name in book.namelist() if name != "docProps/core.xml"})
    return answer.status_code, body, str(sorted(headers.items()))


def look_around(browser: Browser, who: str, most_of_a_kind: int = 1) -> dict[str, tuple[int, str, str]]:
    """Every page that links lead to, from the first page on; of pages of one kind a few."""
    browser.sign_in(who)
    with browser.watford.writing() as session:
        session.execute(text("delete from audit"))  # who looked at a record before is on its page
        session.execute(text("delete from conference_presence"))  # and who is in a meeting, on the meeting's
    seen: dict[str, tuple[int, str, str]] = {}
    kinds: dict[str, int] = {}
    waiting = [
        "/",
        "/referrals/r1",
        "/still-to-ask",
        "/priorities",
        "/tracker",
        "/tracker/quarter",
        "/cases?show=closed",
    ]
    while waiting:
        path = waiting.pop(0)
        kind = re.sub(r"/(?=[^/?]*\d)[^/?]+|/(?:marek|joan|red|stefan|lee|kay)\b", "/*", path)
        kinds[kind] = kinds.get(kind, 0) + 1
        if path in seen or kinds[kind] > most_of_a_kind or ".pdf" in path:
            continue
        answer = browser.get(path)
        seen[path] = tell(answer)
        if "location" in answer.headers:
            waiting.append(answer.headers["location"])
        links = re.findall(r'href="(/[^"#]*)', answer.text)
        waiting += [link.replace("&amp;", "&") for link in links if not link.startswith(("/static/", "/sign"))]
    return seen


def test_no_page_differs_from_a_world_without_them(
    browser: Browser, enter: Any, watford: Any, sam: str, now: Any
) -> None:
    with enter("priya") as access:
        conference = schedule_conference(access, county.WATFORD, now.replace(month=12), "", "priya", "tom")
        agree_action(
            access,
            conference.id,
            item_at(access, conference.id, 1),
            text="Benefits check",
            agency_id="cgl",
            due_on=now.date(),
        )
    hide(enter, *HIDDEN)
    hidden = {who: look_around(browser, who) for who in OUTSIDERS}
    for person_id in HIDDEN:
        forget(watford, person_id)
    without = {who: look_around(browser, who) for who in OUTSIDERS}
    for who in OUTSIDERS:
        assert hidden[who].keys() == without[who].keys(), who
        different = [path for path, told in without[who].items() if hidden[who][path] != told]
        assert different == [], who
        assert sum(status == 200 for status, _, _ in hidden[who].values()) > 5, who


@ON_ONE_DATABASE
def test_the_same_pages_do_differ_while_they_are_not_hidden(browser: Browser, sam: str) -> None:
    for who, least in (("sam", 4), ("tom", 3), ("ruth", 1)):
        named = [path for path, (_, body, _) in look_around(browser, who).items() if "Marek" in body or "Joan" in body]
        assert len(named) >= least, (who, named)


@ON_ONE_DATABASE
def test_a_live_map_does_not_renew_itself_for_who_may_not_know_of_whom_was_met(
    browser: Browser, enter: Any, watford: Any, now: Any
) -> None:
    hide(enter, "joan")
    before = {who: browser.sign_in(who).get("/live-map/stamp").text for who in ("tom", "priya")}
    hers = select(contact_person.c.contact_id).where(contact_person.c.person_id == "joan")
    with watford.writing() as session:
        session.execute(update(contact).where(contact.c.id.in_(hers)).values(received_at=now + timedelta(hours=1)))
    after = {who: browser.sign_in(who).get("/live-map/stamp").text for who in before}
    assert after["tom"] == before["tom"]
    assert after["priya"] != before["priya"]


def addresses_of_records(client: Any) -> Iterator[tuple[str, str]]:
    for method, address, _ in list_addresses(client):
        if "none-of-ours" in address and not address.startswith(("/devices", "/access-reviews", "/referrals")):
            yield method, address


@ON_ONE_DATABASE
def test_every_address_answers_for_them_as_for_nobody(browser: Browser, enter: Any, sam: str, now: Any) -> None:
    with enter("priya") as access:
        conference = schedule_conference(access, county.WATFORD, now.replace(month=12), "", "priya", "tom")
        action = agree_action(
            access, conference.id, item_at(access, conference.id, 1), text="Call", agency_id="cgl", due_on=access.today
        )
    hide(enter, *HIDDEN)
    theirs = {"/people": "joan", "/actions": action.id}
    asked = 0
    for who in (sam, "aisha", "ruth"):
        browser.sign_in(who)
        for method, address in addresses_of_records(browser.client):
            ask = browser.get if method == "GET" else browser.post
            record_id = next((each for start, each in theirs.items() if address.startswith(start)), "case-joan")
            asked_for = tell(ask(address.replace("none-of-ours", record_id)))
            assert asked_for == tell(ask(address)), (who, method, address)
            asked += asked_for[0] == 404
    assert asked > 40


def test_a_search_a_tick_and_a_count_know_nobody(browser: Browser, enter: Any, watford: Any, now: Any) -> None:
    browser.sign_in("aisha")
    form = {"state": "bedded_down", "team": "watford-outreach"}
    found = browser.post("/contacts/new", press="search", search="grey beard", **form)
    assert "Marek" in found.text
    hide(enter, *HIDDEN)
    found = browser.post("/contacts/new", press="search", search="grey beard", **form)
    assert "Nobody your team knows fits" in found.text
    ticked = [browser.post("/contacts/new", people=who, **form) for who in ("marek", "nobody")]
    assert ticked[0].status_code == 404
    assert tell(ticked[0]) == tell(ticked[1])
    with watford.reading() as session:
        day = now.date()
        assert not {each.person_id for each in indicators.list_seen_nights(session, county.WATFORD)} & set(HIDDEN)
        assert not set(presentations.list_presented(session, county.WATFORD, day, day)) & set(HIDDEN)
        seen = maps.list_people_seen(session, day.replace(month=1), day, [county.WATFORD])
        assert seen and not {each.person_id for each in seen} & set(HIDDEN)
        looks = len({each.person_id for each in maps.list_looked_at(session, day.replace(month=1), day)})
    for person_id in HIDDEN:
        forget(watford, person_id)
    with watford.reading() as session:
        assert len({each.person_id for each in maps.list_looked_at(session, day.replace(month=1), day)}) == looks


def test_those_who_are_named_know_as_before(browser: Browser, enter: Any) -> None:
    hide(enter, "joan", agencies=("beacon",))
    for who in ("priya", "tom", "aisha"):
        page = browser.sign_in(who).get("/people/joan")
        assert page.status_code == 200, who
        assert "Only Beacon Outreach, Watford Housing know of this record." in page.text
    assert "Joan Carter" in browser.sign_in("tom").get(f"/cases?district={county.WATFORD}").text
    assert browser.sign_in("ruth").get("/people/joan/notes").status_code == 404


def test_being_named_gives_nobody_more_than_they_had(enter: Any) -> None:
    hide(enter, "joan", agencies=("three-rivers-housing",))
    with enter("rowan") as access, pytest.raises(NotFound):
        access.open_person("joan", "look")


def test_what_was_typed_of_a_case_taken_off_before_is_kept_though_whoever_finishes_does_not_know_of_them(
    enter: Any,
) -> None:
    with enter("priya") as access:
        conference = schedule_conference(access, county.WATFORD, access.now + timedelta(days=4), "", "priya", "ruth")
        item = item_at(access, conference.id, 2)
        save_note(access, conference.id, item, base="", notes="Keys on Friday")
        take_off_agenda(access, conference.id, "case-p01", "in hospital until Monday")
        hiding.hide_person(access, "p01", ("beacon", "watford-housing"), REASON)
    with enter("ruth") as access:
        finish_conference(access, conference.id, {})
    with enter("priya") as access:
        kept = conferences.list_reviews(access.session, ["case-p01"]).get("case-p01", [])
    assert [each.notes for each in kept] == ["Keys on Friday"]


def test_only_some_may_hide_and_never_without_a_reason(enter: Any) -> None:
    with enter("tom") as access:
        hiding.hide_person(access, "joan", ("watford-housing",), REASON)
    with enter("priya") as access:
        with pytest.raises(Invalid):
            hiding.hide_person(access, "joan", (), "because")
        with pytest.raises(Invalid):
            hiding.hide_person(access, "joan", (), "x" * 2_001)
        with pytest.raises(Invalid):
            hiding.hide_person(access, "joan", ("nobody",), REASON)
    for who in ("ruth", "rowan"):
        with enter(who) as access, pytest.raises(NotFound):
            hiding.hide_person(access, "joan", (), REASON)
        with enter(who) as access, pytest.raises(NotFound):
            hiding.show_person_again(access, "joan", REASON)


def test_shown_again_they_are_where_they_were_and_all_of_it_is_on_record(enter: Any, watford: Any) -> None:
    hide(enter, "joan")
    with enter("tom") as access, pytest.raises(NotFound):
        access.open_person("joan", "look")
    with enter("priya") as access:
        hiding.show_person_again(access, "joan", "He has been arrested, she says so herself")
        (past,) = hiding.list_past(access, "joan")
    assert (past.reason, past.worker_id, past.lifted_by) == (REASON, "priya", "priya")
    with enter("tom") as access:
        assert access.open_person("joan", "look").name == "Joan Carter"
    with watford.reading() as session:
        lines = audit.list_lines(session, subject_kind="person", subject_id="joan")
    assert [line.purpose for line in lines if line.action == str(Act.HIDE_PERSON)] == [
        "show a person again", "hide a person",
    ]  # fmt: skip


def test_a_conference_to_come_loses_them_and_what_was_typed_is_kept(enter: Any, watford: Any, now: Any) -> None:
    with enter("priya") as access:
        conference = schedule_conference(access, county.WATFORD, now.replace(month=12), "", "priya", "tom")
        assert conferences.list_items(access.session, conference.id)[0].case_id == "case-joan"
        save_note(access, conference.id, item_at(access, conference.id, 1), base="", notes="Wants her own front door")
    hide(enter, "joan")
    with enter("priya") as access:
        items = conferences.list_items(access.session, conference.id)
        assert [item.position for item in items] == list(range(1, 15))
        assert "case-joan" not in {item.case_id for item in items}
        (review,) = conferences.list_reviews(access.session, ["case-joan"])["case-joan"]
        assert review.notes == "Wants her own front door"
        later = now.replace(month=12) + timedelta(days=1)
        again = schedule_conference(access, county.WATFORD, later, "", "priya", "tom")
        assert "case-joan" not in {item.case_id for item in conferences.list_items(access.session, again.id)}


def test_a_conference_that_is_over_has_no_gap_where_they_were(enter: Any, watford: Any, now: Any, sam: str) -> None:
    with enter("priya") as access:
        conference = schedule_conference(access, county.WATFORD, now, "", "priya", "tom")
        finish_conference(access, conference.id, {})
        before = meeting.find_sitting(access.session, conference.id)
    hide(enter, "joan")
    with enter("priya") as access:
        assert meeting.find_sitting(access.session, conference.id) == before
    with enter(sam) as access:
        seen = meeting.find_sitting(access.session, conference.id)
        assert seen.items == tuple(conferences.list_items(access.session, conference.id))
    assert (seen.conference, seen.district_name) == (before.conference, "Watford")
    assert [item.case_id for item in seen.items] == [
        item.case_id for item in before.items if item.case_id != "case-joan"
    ]
    assert [item.position for item in seen.items] == list(range(1, len(before.items)))


def test_every_record_of_one_person_is_hidden_with_them(enter: Any, watford: Any, now: Any) -> None:
    hide(enter, "joan")
    with watford.writing() as session:
        session.execute(
            text("insert into person_merge (id, from_id, into_id, at, worker_id, undone) "
                 "values ('m', 'kay', 'joan', :now, 'tom', false)"), {"now": now.replace(tzinfo=None)},
        )  # fmt: skip
    with watford.reading() as session:
        assert concealment.list_concealed(session) == {"joan", "kay"}
        found = subjects.find_person(session, "kay")
        assert found is not None and found.hidden and found.known_to_agency_ids == {"watford-housing"}


def test_the_page_from_hiding_to_showing_again(browser: Browser) -> None:
    browser.sign_in("priya")
    assert "Hide this person" in browser.get("/people/joan").text
    refused = browser.post("/people/joan/hidden", agencies="beacon", reason="x")
    assert refused.status_code == 422
    assert 'id="reason-error"' in refused.text
    done = browser.post("/people/joan/hidden", agencies="beacon", reason=REASON)
    assert done.headers["location"] == "/people/joan/hidden?done=hidden"
    page = browser.get("/people/joan/hidden").text
    assert "Only these know of this record: Beacon Outreach, Watford Housing." in page
    assert REASON in page
    assert browser.post("/people/joan/hidden/lift", lift_reason="").status_code == 422
    assert browser.post("/people/joan/hidden/lift", lift_reason=REASON).status_code == 303
    assert "Hide this person" in browser.get("/people/joan/hidden").text
