"""The demo county: the same from the same seed, as large as the published snapshot, and filled through the real
doors."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from server.app import create_services
from server.demo import county
from server.demo.alerts import write_alerts
from server.demo.fill import County
from server.demo.held import find_held, is_filled
from server.demo.ids import Ids
from server.demo.people import draw_patches
from server.hotspots.disclosure import Rule, broken_atoms
from server.places.districts import load_district_finder
from server.queries.conferences.conferences import list_conferences
from server.queries.maps.hotspots import list_publications, list_regions
from server.queries.maps.publications import list_releases
from server.settings import Settings
from server.tables.cases.case import case_action, mdt_case
from server.tables.partnership.agency import agency
from server.tables.people.door import door_fact
from server.tables.people.person_plan import plan_review
from server.tables.people.stay import stay
from server.tables.referrals.notice import notice
from server.tables.referrals.referral import referral
from server.tables.street.conflict import conflict
from server.tables.street.contact import contact
from server.tables.street.shift import shift, visit
from server.tables.sync.sync import change
from shared.model.codes import AlertSource, PublicationKind
from shared.model.notice import NoticeKind

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 8, 22), date(2026, 11, 19)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.getbasetemp()


def draw(data, seed=7):
    chance = Random(seed)
    return draw_patches(chance, Ids(Random(seed + 1)), FIRST, LAST, data), chance


@pytest.mark.slow
def test_the_same_seed_draws_the_same_county(data):
    (patches, chance), (again, chance_again) = draw(data), draw(data)

    assert patches == again
    assert write_alerts(chance, patches, NOW) == write_alerts(chance_again, again, NOW)
    assert draw(data, seed=8)[0] != patches


@pytest.mark.slow
def test_about_as_many_are_out_each_night_as_the_snapshot_says(data):
    patches, _ = draw(data)

    for patch in patches:
        out = [
            sum(sleeper.first <= night <= sleeper.last for sleeper in patch.sleepers)
            for night in (FIRST + timedelta(days=days) for days in range(0, 90, 3))
        ]
        assert abs(sum(out) / len(out) - patch.district.people) <= 1.5
    assert sum(patch.district.people for patch in patches) == 51


def test_a_larger_county_is_the_same_ground_with_more_people(data):
    chance = Random(7)
    larger = draw_patches(chance, Ids(Random(8)), FIRST, FIRST + timedelta(days=3), data, 3)

    assert sum(patch.district.people for patch in larger) == 3 * 51
    assert sum(len(patch.sleepers) for patch in larger) >= 3 * 51
    assert all(len({site.name for site in patch.sites}) == len(patch.sites) for patch in larger)


def test_an_id_is_a_version_seven_uuid_and_later_ones_sort_later():
    from uuid import UUID

    ids = Ids(Random(1))
    ids.at(NOW)
    early = ids()
    ids.at(NOW + timedelta(seconds=1))

    assert UUID(early).version == 7
    assert UUID(early).variant == "specified in RFC 4122"
    assert early < ids()


@pytest.mark.slow
def test_the_county_is_filled_through_the_real_doors(database_url, data, tmp_path):
    settings = Settings(data=tmp_path, database=database_url, secret="a secret for tests, long enough to be one")
    (tmp_path / "postcodes-1.npz").symlink_to(data / "postcodes-1.npz")
    services = create_services(settings)
    told = []

    filled = County(services, NOW, 7, told.append).fill()

    with services.database.reading() as session:
        count = {
            table.name: session.scalar(select(func.count()).select_from(table))
            for table in (shift, visit, contact, change)
        }
        states = Counter(session.scalars(select(referral.c.state)))
        sources = Counter(session.scalars(select(referral.c.source)))
        told_of = Counter(session.scalars(select(notice.c.kind)))
        stays = session.execute(select(stay.c.kind, stay.c.left_on.is_(None))).all()
        received = select(agency.c.name).join(door_fact, door_fact.c.to_agency_id == agency.c.id)
        receivers = Counter(session.scalars(received))
        reviewed = session.scalar(select(func.count()).select_from(plan_review))
        quarters = {each.starts_on for each in list_releases(session) if each.kind is PublicationKind.MAP}
        cases = Counter(session.scalars(select(mdt_case.c.state)))
        quarantined = session.scalar(select(func.count()).where(change.c.reason.is_not(None)))
        conflicts = session.scalar(select(func.count()).select_from(conflict))
        nobody = session.scalar(select(func.count()).where(visit.c.people_found == 0))
        where = session.execute(select(contact.c.latitude, contact.c.longitude, contact.c.district_id)).all()
        finder = load_district_finder(session, tmp_path)
        (published,) = list_publications(session)
        regions = list_regions(session, published.id)
        held = find_held(session)
        conferences = list_conferences(session, [held.watford_id])
        actions = session.execute(select(case_action)).all()
        assert is_filled(session)
        assert session.scalar(select(func.count()).where(shift.c.ended_at.is_(None))) == 0, (
            "nobody is out when it opens"
        )
    services.database.close()
    assert (quarantined, conflicts) == (0, 0)
    assert count["shift"] == filled.rounds + 1
    assert count["visit"] > 1_000
    assert nobody > 200
    assert states["received"] > 5
    assert (states["needs_information"], states["wrong_area"]) == (1, 1)
    assert set(sources) == {each.value for each in AlertSource}, "a referral by every door"
    assert told_of == dict.fromkeys((each.value for each in NoticeKind), 1)
    assert Counter(still_there for _, still_there in stays) == {True: 2, False: 1}
    assert (receivers, reviewed) == ({"CGL Spectrum": 2}, 1), "a partner has referrals to answer, and somebody a plan"
    assert len(quarters) == 8
    assert cases["candidate"] > 0
    assert cases["listed"] > 0
    assert cases["open"] == 4
    assert [each.finished_at is None for each in conferences] == [True, False]
    assert Counter(each.done_at is not None for each in actions) == {True: 1, False: 5}
    assert all(finder.find(row[0], row[1]) == row[2] for row in where[:200])
    assert published.people_shown == filled.people_shown
    people = {region.leaves[0]: region.shown or 0 for region in regions}
    universe = [leaf for region in regions for leaf in region.leaves]
    assert broken_atoms([frozenset(region.leaves) for region in regions], people, universe, Rule()) == []
    assert held.site_name == "Watford station stairwell"
    assert county.PASSWORD not in "".join(told)
