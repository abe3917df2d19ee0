"""Aisha and Dean changed where Marek sleeps, each without seeing the other: Tom reads both and keeps one."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_type_hints

import msgspec
import pytest
from sqlalchemy import select

from server.actions.sync.validation import PATCHES, validate
from server.database.engine import Database
from server.queries.people.people import find_person
from server.queries.street.conflicts import Conflict, Side, gather_hands
from server.queries.sync import store as sync
from server.settings import Settings
from server.tables.people.person import person, person_merge
from server.tables.street.conflict import conflict
from server.tables.street.site import site
from server.web.lead.version_words import say_field, say_value
from shared.model.codes import Code
from sync.authoring import NewChange
from sync.authoring import number as number_change
from sync.reading import decode_batch
from tests.conftest import Clock
from tests.server.running import services_as_served
from tests.web import county
from tests.web.test_pages import plain

Patch = Callable[..., None]


@pytest.fixture
def disputed(filled: Database, app: Any, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> None:
    county.dispute_marek(settings, clock, new_id)


def test_tom_reads_both_sides_and_keeps_one(disputed: None, browse: Callable[[str], Any], filled: Database) -> None:
    browser = browse("tom")
    page = browser.get("/conflicts")
    said = plain(page.text)
    assert "Sleeps in the station stairwell Aisha N" in said
    assert "Sleeps in the bus shelter Dean R" in said
    after = browser.send("/conflicts", entity="marek", field="description", change="patch-aisha")
    assert "Nothing to settle" in plain(after.text)
    with filled.reading() as session:
        marek = find_person(session, "marek")
    assert marek is not None
    assert marek.description == "Sleeps in the station stairwell"


def test_what_is_settled_cannot_be_settled_again(disputed: None, browse: Callable[[str], Any]) -> None:
    browser = browse("tom")
    browser.get("/conflicts")
    browser.send("/conflicts", entity="marek", field="description", change="patch-dean")
    again = browser.send("/conflicts", entity="marek", field="description", change="patch-aisha")
    assert again.status_code == 409
    assert "settled this meanwhile" in again.text


def test_a_commissioner_sees_no_conflict(disputed: None, browse: Callable[[str], Any]) -> None:
    assert browse("helen").get("/conflicts").status_code == 403
    assert re.search("Marek", browse("helen").get("/who-can-see").text) is None


# ------------------------------------------------------------------------- versions that phones send, over the real road


@pytest.fixture
def patch(filled: Database, app: Any, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> Iterator[Patch]:
    """A phone sends a patch without having heard of anybody else's."""
    services, counts = services_as_served(settings, clock, new_id), dict[int, int]()

    def send(phone: int, who: str, kind: str, entity: str, team: str = "watford-outreach", **sets: Any) -> None:
        n = counts[phone] = counts.get(phone, 0) + 1
        now_ms = int(clock().timestamp() * 1000)
        new = NewChange(
            id=f"p{phone}-{n}", type=kind, scope=f"team:{team}", entity=entity, who=who, at_ms=now_ms, sets=sets
        )
        body = {
            "device": phone, "now": now_ms, "app": "0.1.0", "events": [number_change(new, phone, n, now_ms << 16, {})]
        }  # fmt: skip
        with services.database.writing() as session:
            sync.register_device(session, scopes=[f"team:{team}"], label=who, now_ms=now_ms, number=phone)
            batch = decode_batch(msgspec.json.encode(body), validate=validate)
            sync.push(session, phone, batch, now_ms, services.project)

    yield send
    services.database.close()


def site_row(database: Database) -> Any:
    with database.reading() as session:
        return session.execute(
            select(site.c.name, site.c.latitude, site.c.hazards).where(site.c.id == "stairwell")
        ).one()


def shown_on(page: Any) -> str:
    found = re.search(r'name="shown" value="([^"]*)"', page.text)
    assert found is not None
    return found[1]


def test_a_version_that_came_meanwhile_is_said_and_not_written_over(
    patch: Patch, filled: Database, browse: Callable[[str], Any]
) -> None:
    patch(31, "aisha", "site.patched", "stairwell", access_notes="by the gate")
    patch(32, "dean", "site.patched", "stairwell", access_notes="by the yard")
    browser = browse("tom")
    shown = shown_on(browser.get("/conflicts"))
    patch(33, "tom", "site.patched", "stairwell", access_notes="new dog, it bites")
    answer = browser.send("/conflicts", entity="stairwell", field="access_notes", change="p31-1", shown=shown)
    assert answer.status_code == 409
    assert "A newer version has come meanwhile" in answer.text
    page = browser.get("/conflicts")
    assert "new dog, it bites" in plain(page.text)
    browser.send("/conflicts", entity="stairwell", field="access_notes", change="both", shown=shown_on(page))
    with filled.reading() as session:
        kept = session.scalar(select(site.c.access_notes).where(site.c.id == "stairwell"))
    assert set(kept.splitlines()) == {"by the gate", "by the yard", "new dog, it bites"}


def test_whoever_was_joined_with_another_meanwhile_is_said_before_a_side_is_kept(
    disputed: None, filled: Database, browse: Callable[[str], Any], now: datetime
) -> None:
    browser = browse("tom")
    page = browser.get("/conflicts")
    assert "the same person as in" not in plain(page.text)
    press = {"entity": "marek", "field": "description", "change": "patch-aisha", "shown": shown_on(page)}
    with filled.writing() as session:
        mars = {"id": "mars", "description": "Man with a map of Mars", "created_at": now, "changed_at": now}
        county.add(session, person, mars)
        county.add(session, person_merge, {
            "id": "m1", "from_id": "mars", "into_id": "marek", "worker_id": "priya", "at": now, "undone": False,
        })  # fmt: skip
    answer = browser.send("/conflicts", **press, joined="")
    assert answer.status_code == 409
    assert "who is the same person as this one" in answer.text
    page = browser.get("/conflicts")
    assert "this is the same person as in 1 other record." in plain(page.text)
    assert 'name="joined" value="mars"' in page.text
    kept = browser.send("/conflicts", **press, joined="mars")
    assert "Nothing to settle" in plain(kept.text)


def test_a_hazard_stands_until_somebody_who_read_both_settles_it(
    patch: Patch, filled: Database, browse: Callable[[str], Any]
) -> None:
    patch(31, "aisha", "site.patched", "stairwell", hazards="man with a knife on the second landing")
    patch(32, "dean", "site.patched", "stairwell", hazards="")
    assert site_row(filled).hazards == "man with a knife on the second landing"
    patch(33, "tom", "site.patched", "stairwell", hazards="needles")
    assert set(site_row(filled).hazards.split(" · ")) == {"man with a knife on the second landing", "needles"}
    browser = browse("tom")
    shown = shown_on(browser.get("/conflicts"))
    browser.send("/conflicts", entity="stairwell", field="hazards", change="p32-1", shown=shown)
    assert site_row(filled).hazards == ""


@pytest.mark.slow
def test_a_place_is_settled_whole(patch: Patch, filled: Database, browse: Callable[[str], Any]) -> None:
    here = {"latitude": 51.6637, "longitude": -0.396, "pin_source": "gps"}
    there = {"latitude": 51.669, "longitude": -0.3965, "pin_source": "dragged"}
    patch(31, "aisha", "site.patched", "stairwell", name="Stairs north", position=here)
    patch(32, "dean", "site.patched", "stairwell", name="Shelter", position=there)
    browser = browse("tom")
    page = browser.get("/conflicts")
    assert "The pins are 590 m apart" in plain(page.text)
    browser.send("/conflicts", entity="stairwell", field="name", change="p31-1", shown=shown_on(page))
    row = site_row(filled)
    assert (row.name, round(row.latitude, 4)) == ("Stairs north", 51.6637)
    assert "Nothing to settle" in plain(browser.get("/conflicts").text)


HERE = {"latitude": 51.6637, "longitude": -0.396, "pin_source": "gps"}
THERE = {"latitude": 51.669, "longitude": -0.3965, "pin_source": "dragged"}


@pytest.mark.slow
def test_a_place_stands_whole_on_a_map_with_both_pins(patch: Patch, browse: Callable[[str], Any]) -> None:
    patch(31, "aisha", "site.patched", "stairwell", name="Stairs north", position=HERE)
    patch(32, "dean", "site.patched", "stairwell", name="Shelter", position=THERE)
    browser = browse("tom")
    listed = browser.get("/conflicts")
    assert plain(listed.text).count("which place it is") == 1, "one question, not one for each field"
    page = browser.get("/conflicts/places/stairwell")
    said = plain(page.text)
    assert "The pins are 590 m apart" in said
    for words in ("Stairs north", "Shelter", "Keep Aisha N’s place", "Keep Dean R’s place"):
        assert words in said
    assert "Nothing" not in said, "a kind that is not known is said to be that"
    drawn = re.search(r'id="map-data"[^>]*>(.*?)</script>', page.text, re.S)
    assert drawn is not None
    assert all(str(pin["latitude"]) in drawn[1] and str(pin["longitude"]) in drawn[1] for pin in (HERE, THERE))
    assert browser.get("/conflicts/places/nowhere").status_code == 404
    assert browse("rowan").get("/conflicts/places/stairwell").status_code in (403, 404)


@pytest.mark.slow
def test_what_two_people_settled_at_desks_is_one_version_in_the_name_of_both(
    patch: Patch, filled: Database, browse: Callable[[str], Any]
) -> None:
    """Tom settled the name, and Priya, who saw it, the pin; then a phone comes that has heard of neither."""

    def keep(who: str, field: str, change: str) -> None:
        browser = browse(who)
        shown = shown_on(browser.get("/conflicts"))
        kept = browser.send("/conflicts", entity="stairwell", field=field, change=change, shown=shown)
        assert kept.status_code == 200

    patch(31, "aisha", "site.patched", "stairwell", name="Stairs north")
    patch(32, "dean", "site.patched", "stairwell", name="Stairs south")
    keep("tom", "name", "p31-1")
    patch(33, "aisha", "site.patched", "stairwell", position=HERE)
    patch(34, "dean", "site.patched", "stairwell", position=THERE)
    keep("priya", "position", "p33-1")
    patch(35, "aisha", "site.patched", "stairwell", name="Bridge", position=THERE)
    browser = browse("tom")
    page = browser.get("/conflicts")
    said = plain(page.text)
    assert said.count("Keep Aisha N’s place") == 1 and "Keep Tom E and Priya S’s place" in said
    desk = re.search(r'name="change" value="([^"]+)"(?:(?!</form>).)*Tom E and Priya S', page.text, re.S)
    assert desk is not None
    browser.send("/conflicts", entity="stairwell", field="name", change=desk[1], shown=shown_on(page))
    assert (site_row(filled).name, site_row(filled).latitude) == ("Stairs north", HERE["latitude"])


def side(change: str, device: int) -> Side:
    return Side(change_id=change, value=change, device=device)


def contested(field: str, *sides: Side) -> Conflict:
    return Conflict(
        entity_id="stairwell", kind="site", field=field, called="", noticed_at=datetime(2026, 11, 12, tzinfo=UTC), sides=sides
    )  # fmt: skip


def test_a_hand_is_a_device_and_two_words_of_one_device_about_one_field_are_both_kept() -> None:
    names = contested("name", side("a1", 31), side("b1", 32), side("a2", 31))
    pins = contested("position", side("b2", 32), side("a3", 31))
    told = [{field: each.change_id for field, each in hand.items()} for hand in gather_hands([names, pins])]
    assert told == [{"name": "a1", "position": "a3"}, {"name": "b1", "position": "b2"}, {"name": "a2"}]


@pytest.mark.slow
def test_both_of_a_place_are_two_places(patch: Patch, filled: Database, browse: Callable[[str], Any]) -> None:
    patch(31, "aisha", "site.patched", "stairwell", name="Stairs north", position=HERE)
    patch(32, "dean", "site.patched", "stairwell", name="Shelter", position=THERE)
    browser = browse("tom")
    page = browser.get("/conflicts/places/stairwell")
    browser.send("/conflicts", entity="stairwell", field="name", change="both", shown=shown_on(page))
    assert "Nothing to settle" in plain(browser.get("/conflicts").text)
    with filled.reading() as session:
        rows = session.execute(
            select(site.c.name, site.c.latitude, site.c.district_id).where(site.c.name.in_(["Stairs north", "Shelter"]))
        ).all()
    assert {(row.name, round(row.latitude, 4)) for row in rows} == {("Stairs north", 51.6637), ("Shelter", 51.669)}
    assert {row.district_id for row in rows} == {"watford"}


@pytest.mark.slow
def test_every_version_of_a_place_becomes_one_and_all_who_heard_of_it_hear_of_each(
    patch: Patch, filled: Database, browse: Callable[[str], Any]
) -> None:
    """One moved the pin that another never touched: three versions stand on the page, and none is lost."""
    with filled.writing() as session:
        county.add(session, county.team, {"id": "second", "agency_id": "beacon", "name": "Second"})
        sync.place_entity(session, "stairwell", {"team:watford-outreach", "team:second"})
    patch(34, "aisha", "site.patched", "stairwell", name="Stairs north", position=HERE)
    patch(32, "dean", "site.patched", "stairwell", name="Shelter")
    patch(33, "tom", "site.patched", "stairwell", position=THERE)
    browser = browse("tom")
    page = browser.get("/conflicts/places/stairwell")
    assert re.findall(r"<strong>([A-Z]): ", page.text) == ["A", "B", "C"]
    field = re.search(r'name="field" value="([^"]*)"><input type="hidden" name="change" value="both"', page.text)
    assert field is not None
    browser.send("/conflicts", entity="stairwell", field=field[1], change="both", shown=shown_on(page))
    assert "Nothing to settle" in plain(browser.get("/conflicts").text)
    with filled.reading() as session:
        rows = session.execute(select(site.c.id, site.c.name, site.c.latitude)).all()
        told = {(row.name, round(row.latitude, 4)): row.id for row in rows if row.name in ("Stairs north", "Shelter")}
        assert told.keys() == {("Stairs north", 51.6637), ("Shelter", 51.6637), ("Stairs north", 51.669)}
        assert told["Stairs north", 51.6637] == "stairwell", "what was shown stays"
        for each in told.values():
            assert sync.find_scopes(session, each) == {"team:watford-outreach", "team:second"}


def test_the_oldest_is_reached_before_any_newer_one_is_settled_and_every_one_is_counted(
    filled: Database, browse: Callable[[str], Any], now: datetime
) -> None:
    heads = msgspec.json.encode([{"change": f"c{n}", "device": n, "value": f"Word {n}"} for n in (1, 2)]).decode()
    with filled.writing() as session:
        county.add(session, conflict, *(
            {
                "entity_id": "stairwell", "entity_kind": "site", "field": f"field_{number}", "team_id": "watford-outreach",
                "heads": heads, "noticed_at": now - timedelta(minutes=number),
            }
            for number in range(53)
        ))  # fmt: skip
    browser = browse("tom")
    page = browser.get("/conflicts")
    said = plain(page.text)
    assert "53 fields that two people changed" in said and "field 49" in said and "field 50" not in said
    older = re.search(r'href="(/conflicts\?from=\d+)">Older ones', page.text)
    assert older is not None
    said = plain(browser.get(older[1]).text)
    assert "53 fields that two people changed" in said and "field 52" in said and "field 49" not in said


FIELDS = {
    name: hint
    for kind in PATCHES.values()
    for name, hint in get_type_hints(kind).items()
    if name in kind.__struct_fields__ and name != "id"
}


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_no_field_of_a_version_is_told_as_a_code_an_id_or_a_machines_date(field: str) -> None:
    called, hint = say_field(field), FIELDS[field]
    assert not re.search(r"_|\bid\b|dob|quality|years", called)
    if isinstance(hint, type) and issubclass(hint, Code):
        told = [say_value(field, str(each), {}) for each in hint]
        assert all(said[0].isupper() and "_" not in said for said in told)
        assert len(set(told)) == len(told)
    elif hint == date | None:
        assert say_value(field, "1981-02-01", {}) == "1 February 1981"
    elif hint is bool:
        assert [say_value(field, each, {}) for each in (True, False)] == ["Yes", "No"]
    elif field.endswith("_id"):
        assert say_value(field, "dean", {"dean": "Dean R"}) == "Dean R" and "dean" not in say_value(field, "dean", {})


def test_versions_are_told_in_words(patch: Patch, browse: Callable[[str], Any]) -> None:
    patch(33, "tom", "referral.patched", "r1", assigned_worker_id="aisha")
    patch(34, "tom", "referral.patched", "r1", assigned_worker_id="dean")
    patch(31, "aisha", "site.patched", "stairwell", in_use=True)
    patch(32, "dean", "site.patched", "stairwell", in_use=False)
    page = browse("tom").get("/conflicts")
    said = plain(page.text)
    assert "who looks into it" in said
    assert "Aisha N" in said and "Dean R" in said
    assert "assigned worker id" not in said and "False" not in said
    assert 'href="/referrals/r1"' in page.text


def test_everybody_whose_team_wrote_a_side_sees_it_and_the_coordinator_too(
    patch: Patch, filled: Database, browse: Callable[[str], Any]
) -> None:
    with filled.writing() as session:
        county.add(session, county.team, {"id": "second", "agency_id": "beacon", "name": "Second"})
        county.add(session, county.team_district, {"team_id": "second", "district_id": "watford"})
        county.add(session, county.worker_team, {"worker_id": "dean", "team_id": "second"})
    patch(31, "aisha", "person.patched", "nova", alias="Nova", description="one")
    patch(32, "dean", "person.patched", "nova", team="second", description="two")
    patch(31, "aisha", "person.patched", "marek", strengths="A joiner")
    patch(34, "dean", "person.patched", "marek", strengths="Speaks Polish")
    assert "Nova" in plain(browse("tom").get("/conflicts").text)
    page = browse("priya").get("/conflicts")
    assert "A joiner" in plain(page.text)
