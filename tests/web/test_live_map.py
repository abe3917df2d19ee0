"""The teams' live map: what stands out and since when, where nobody has looked, whose it is, and that it renews itself."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, insert, select

from server.hotspots.live import NEGLECTED_NIGHTS, Change, find_squares
from server.queries.maps.gazetteer import NamedPlace, add_places
from server.queries.maps.live import list_sites_now
from server.queries.maps.tonight import CellLook
from server.queries.partnership.boundary_changes import follow
from server.queries.partnership.districts import add_district
from server.queries.street.looks import list_outings, rebuild_looks, renew_looks
from server.tables.people.person import person_merge
from server.tables.referrals.referral import referral
from server.tables.street.contact import contact
from server.tables.street.look import look
from server.tables.street.shift import visit
from server.tables.street.site import site
from server.web.lead.live_map import band_of
from shared.geo import grid
from shared.model.district import District
from shared.rules.verification import ROUGH_SLEEPING_STATES
from tests.web import county
from tests.web.test_pages import plain

NIGHT = date(2026, 11, 12)


def cell(column, row):
    return grid.cell_of(511_000 + 125 * column, 197_000 + 125 * row)


def looked(at, nights_ago, people):
    return [CellLook(cell(*at), NIGHT - timedelta(days=ago), people) for ago in nights_ago]


def county_of_looks(hot_now, hot_before):
    """A hundred squares looked at each week; and places of four squares with many people, now or before."""
    looks = []
    for column in range(10):
        for row in range(10):
            looks += looked((column, row), range((column * 7 + row) % 6, 180, 7), 0)
    for places, nights in ((hot_now, range(0, 90, 6)), (hot_before, range(90, 180, 6))):
        for column, row in places:
            for at in ((column, row), (column + 1, row), (column, row + 1), (column + 1, row + 1)):
                looks += looked(at, nights, 6)
    return looks


def test_a_square_stands_out_newly_as_before_or_is_fading():
    squares = find_squares(county_of_looks([(2, 2), (7, 7)], [(7, 7), (2, 8)]), NIGHT, 90)
    change = {each.cell: each.change for each in squares}
    assert change[cell(2, 2)] is Change.NEW
    assert change[cell(7, 7)] is Change.PERSISTING
    assert change[cell(2, 8)] is Change.FADING
    assert Change.NONE in change.values()
    assert squares[0].change in (Change.NEW, Change.PERSISTING)
    colours = {band_of(each, NIGHT) for each in squares}
    assert colours == {1, 2, 3, 4}


def test_a_square_that_nobody_looked_at_since_is_not_said_to_fade():
    """People may be there still: nobody has looked."""
    gone = {cell(2, 8), cell(3, 8), cell(2, 9), cell(3, 9)}
    since = NIGHT - timedelta(days=89)
    looks = [each for each in county_of_looks([], [(2, 8)]) if each.cell not in gone or each.night < since]
    found = {each.cell: each for each in find_squares(looks, NIGHT, 90)}
    assert (found[cell(2, 8)].looks, found[cell(2, 8)].change) == (0, Change.NONE)
    assert {found[each].change for each in gone} == {Change.NONE}


def test_ground_that_nobody_looked_at_for_long_is_unknown_neither_cold_nor_hot():
    looks = county_of_looks([(2, 2)], [])
    lately = looked((30, 30), [NEGLECTED_NIGHTS - 1], 3)
    long_ago = looked((40, 40), [NEGLECTED_NIGHTS, 40], 3)
    before = looked((50, 50), [120], 3)
    found = {each.cell: each for each in find_squares([*looks, *lately, *long_ago, *before], NIGHT, 90)}
    assert not found[cell(30, 30)].is_neglected(NIGHT)
    assert found[cell(40, 40)].is_neglected(NIGHT)
    assert band_of(found[cell(40, 40)], NIGHT) == 0
    unseen = found[cell(50, 50)]
    assert (unseen.looks, unseen.score, band_of(unseen, NIGHT)) == (0, None, 0)
    assert cell(60, 60) not in found  # nobody ever looked there: it is on no list
    assert find_squares([], NIGHT, 90) == []


@pytest.mark.parametrize(
    ("who", "status"), [("tom", 200), ("priya", 200), ("aisha", 403), ("helen", 403), ("omar", 403)]
)
def test_exact_squares_are_for_leads_and_coordinators(browse, who, status):
    browser = browse(who)
    for path in ("/live-map", "/live-map/stamp"):
        assert browser.get(path).status_code == status, path


def test_tom_reads_squares_places_and_open_reports_with_a_name_and_since_when(browse, filled, now):
    with filled.writing() as session:
        at = {"district_id": county.WATFORD, "site_id": "", "people": 2, "unidentified": 0, "outing": "s"}
        old = now.date() - timedelta(days=30)
        session.execute(insert(look), [at | {"night": old, "cell": grid.cell_of(511_000, 197_250)}])
        latitude, longitude = 51.6609, -0.3973
        add_places(session, [NamedPlace("g", "Clarendon Road", "clarendonroad", "street", latitude, longitude)])
    text = browse("tom").get("/live-map?days=180").text
    words = plain(text)
    assert "Not looked at since 13 Oct" in words
    assert '"kind":"report"' in text and '"kind":"site"' in text
    assert "Known places" in words and "Open reports" in words
    assert 'href="/referrals/r1"' in text
    assert 'data-stamp="' in text
    for kind in ("nationality", "recourse", "gender"):
        assert kind not in text.lower()


def test_another_district_is_not_shown_however_it_is_asked_for(browse, filled):
    with filled.writing() as session:
        row = {
            "district_id": county.THREE_RIVERS,
            "night": NIGHT,
            "outing": "x",
            "site_id": "",
            "people": 9,
            "unidentified": 0,
        }
        session.execute(insert(look), [row | {"cell": grid.cell_of(500_000, 190_000)}])
    priya = browse("priya")
    here = plain(priya.get("/live-map").text)
    assert "9 in 1 look" not in here
    assert plain(priya.get(f"/live-map?district={county.THREE_RIVERS}").text) == here


def test_a_stamp_changes_when_something_came_in_and_tells_nothing_else(browse, filled, now):
    tom = browse("tom")
    before = tom.get("/live-map/stamp").text
    assert tom.get("/live-map/stamp").text == before
    with filled.writing() as session:
        county.put_person(session, now, "late", "", name="Late", state="listed", nights=(1,))
    after = tom.get("/live-map/stamp").text
    assert after != before
    assert len(after) == 16 and int(after, 16) >= 0


@pytest.mark.parametrize("change", ["reports", "visits", "places"])
def test_a_stamp_changes_with_whatever_the_page_shows(browse, filled, now, change):
    moment = now.replace(hour=20)
    seen = {"team_id": "watford-outreach", "worker_id": "aisha", "night": NIGHT, "people_found": 0, "at": moment}
    with filled.writing() as session:
        county.add(session, visit, seen | {"id": "v1", "district_id": county.WATFORD})
    tom = browse("tom")
    before = tom.get("/live-map/stamp").text
    with filled.writing() as session:
        if change == "reports":  # one is answered, another comes
            kept = dict(session.execute(select(referral).where(referral.c.id == "r1")).mappings().one())
            session.execute(referral.update().where(referral.c.id == "r1").values(state="closed"))
            session.execute(insert(referral), [kept | {"id": "r1b", "number": "SL-1b"}])
        elif change == "visits":  # one is struck out, another recorded
            session.execute(visit.update().where(visit.c.id == "v1").values(is_struck=True))
            county.add(session, visit, seen | {"id": "v2", "district_id": county.WATFORD})
        else:
            later = {"name": "Old shelter", "changed_at": now + timedelta(minutes=1)}
            session.execute(site.update().where(site.c.id == "shelter").values(**later))
    assert tom.get("/live-map/stamp").text != before


def test_a_stamp_changes_with_a_late_record_of_a_night_before_the_boundary_changed(browse, filled, now):
    """It stands under the district that was, whose ground the map shows."""
    with filled.writing() as session:
        add_district(session, District(id="old", code="old", name="Old", valid_to=NIGHT - timedelta(days=3)))
        follow(session, ["old"], [county.WATFORD], NIGHT - timedelta(days=2))
    tom = browse("tom")
    before = tom.get("/live-map/stamp").text
    with filled.writing() as session:
        county.put_person(session, now, "late", "", name="Late", state="listed", nights=(9,), district_id="old")
    assert tom.get("/live-map/stamp").text != before


def test_a_stamp_changes_when_two_records_are_found_to_be_one_person(browse, filled, now):
    """The square says one person less: whoever has it open would send a team out for two."""
    with filled.writing() as session:
        for who in ("met-once", "met-again"):
            county.put_person(session, now, who, "", name=who, state="listed", nights=(1,))
        rebuild_looks(session)
    tom = browse("tom")
    before = tom.get("/live-map/stamp").text
    people = people_of_looks(filled)
    with filled.writing() as session:
        told = {"id": "m", "from_id": "met-again", "into_id": "met-once", "at": now, "worker_id": "priya"}
        county.add(session, person_merge, told | {"undone": False})
        renew_looks(session, list_outings(session, person_ids=["met-once"]))
    assert people_of_looks(filled) == people - 1
    merged = tom.get("/live-map/stamp").text
    assert merged != before
    with filled.writing() as session:
        session.execute(person_merge.update().values(undone=True))
        renew_looks(session, list_outings(session, person_ids=["met-once", "met-again"]))
    assert tom.get("/live-map/stamp").text == before, "it shows again what it showed then"


def people_of_looks(database):
    with database.reading() as session:
        return session.scalar(select(func.sum(look.c.people)))


def test_a_stamp_changes_with_the_day_since_tonight_is_another_night_then(browse, filled, clock):
    clock.now = clock.now.replace(hour=23, minute=55)
    tom = browse("tom")
    before = tom.get("/live-map/stamp").text
    clock.now += timedelta(minutes=10)
    assert tom.get("/live-map/stamp").text != before


def test_whoever_was_met_at_a_place_was_whatever_its_district_was_called_then(filled):
    """Where a district was divided, its places that moved to a part said that nobody was ever met there."""
    states = {str(each.value) for each in ROUGH_SLEEPING_STATES}
    with filled.writing() as session:
        session.execute(contact.update().values(site_id="shelter", state="bedded_down"))
        before = list_sites_now(session, {county.WATFORD}, date.min, states)
        session.execute(contact.update().values(district_id=county.THREE_RIVERS))
        assert list_sites_now(session, {county.WATFORD}, date.min, states) == before
    assert any(each.contacts and each.last_night for each in before)


def test_squares_that_are_not_listed_are_said(browse, filled, now):
    at = {
        "district_id": county.WATFORD,
        "site_id": "",
        "people": 0,
        "unidentified": 0,
        "outing": "s",
        "night": now.date(),
    }
    with filled.writing() as session:
        session.execute(insert(look), [at | {"cell": cell(column, 0)} for column in range(70)])
    words = plain(browse("tom").get("/live-map").text)
    assert re.search(r"Not listed: \d+ more squares? that teams looked at in the last year", words)


def test_a_square_is_called_by_its_own_street_however_many_there_are(browse, filled, now):
    """Two thousand names of the whole county were looked through, by the alphabet: a street from S on was never found."""
    at = {
        "district_id": county.WATFORD,
        "site_id": "",
        "people": 2,
        "unidentified": 0,
        "outing": "s",
        "night": now.date(),
    }
    with filled.writing() as session:
        session.execute(insert(look), [at | {"cell": grid.cell_of(511_000, 197_250)}])
        far = [NamedPlace(f"g{n}", f"Acre {n}", f"acre{n}", "street", 51.668, -0.4 - n / 1e6) for n in range(2_100)]
        add_places(session, [*far, NamedPlace("z", "Zetland Road", "zetlandroad", "street", 51.6637, -0.3955)])
    assert "Zetland Road" in plain(browse("tom").get("/live-map").text)
