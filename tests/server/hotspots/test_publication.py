"""The published map: who counts in it, that it is frozen, and that it refuses to be published when it could find one."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

import numpy as np
import pytest
import shapely
from sqlalchemy import insert

from server.hotspots.authority import Ground, GroundTooLarge, lay_ground, load_authority
from server.hotspots.disclosure import Region, Rule
from server.hotspots.periods import Period, is_settled, last_complete_quarter, quarter_of, say_period
from server.hotspots.publication import (
    RefusedToPublish,
    band_visits,
    count_looks,
    count_people,
    outline,
    publish_map,
)
from server.hotspots.quarter import count_quarter, name_leaves
from server.places.districts import Areas, DistrictFinder
from server.places.projection import BRITISH_NATIONAL_GRID as GRID
from server.queries.maps.boundaries import Boundary, save_boundary
from server.queries.maps.hotspots import Publication, PublishedRegion, add_publication, list_publications, list_regions
from server.queries.maps.quarters import count_reports
from server.queries.maps.snapshots import list_sightings
from server.queries.partnership.boundary_changes import end_district, follow, list_last_points
from server.queries.partnership.districts import add_district
from server.tables.partnership.agency import agency
from server.tables.people.hidden import person_hidden
from server.tables.people.verification import person_verification
from server.tables.referrals.referral import alert, referral
from server.tables.street.contact import contact, contact_person
from shared.geo import grid
from shared.model.district import District
from shared.model.position import Position
from tests.conftest import EVENING

SUMMER = Period(date(2026, 7, 1), date(2026, 9, 30))
NOW = datetime(2026, 11, 12, tzinfo=UTC)
WEST, SOUTH, EAST, NORTH = -0.50, 51.60, -0.30, 51.70


@pytest.fixture
def one_district(database):
    """One district, drawn as a square of about 14 by 11 km."""
    with database.writing() as session:
        add_district(session, District(id="watford", code="X1", name="Watford"))
        shape = shapely.to_geojson(shapely.box(WEST, SOUTH, EAST, NORTH))
        save_boundary(session, Boundary("watford", shape, WEST, SOUTH, EAST, NORTH), EVENING)
    return database


def meet(
    session, person_id, latitude, longitude, *, night=date(2026, 8, 3), state="bedded_down", verified=True, nights=1
):
    """A person met on so many nights, in Watford."""
    for number in range(nights):
        day = night + timedelta(days=number)
        at = datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
        contact_id = f"{person_id}-{day}"
        session.execute(
            insert(contact),
            [
                {
                    "id": contact_id, "state": state, "seen_at": at, "recorded_at": at, "received_at": at, "night": day,
                    "worker_id": "aisha", "team_id": "team", "latitude": latitude, "longitude": longitude,
                    "district_id": "watford",
                }
            ],
        )  # fmt: skip
        row = {"contact_id": contact_id, "person_id": person_id, "seen_at": at, "night": day, "state": state}
        session.execute(insert(contact_person), [row])
    session.execute(insert(person_verification), [{"person_id": person_id, "verified": verified, "reason": "seen"}])


def lay(session, tmp_path_factory):
    return load_authority(session, tmp_path_factory.getbasetemp(), GRID, SUMMER.last)


def publish(session, people, ground, new_id, **changes):
    settings = {
        "period": SUMMER,
        "crs": GRID,
        "rule": Rule(),
        "now": NOW,
        "new_id": new_id,
        "chance": Random(3),
    } | changes
    return publish_map(session, people, ground, **settings)


def test_quarters_and_their_settling():
    assert quarter_of(date(2026, 2, 28)) == (date(2026, 1, 1), date(2026, 3, 31))
    assert quarter_of(date(2026, 12, 31)) == (date(2026, 10, 1), date(2026, 12, 31))
    assert last_complete_quarter(date(2026, 1, 1)) == (date(2025, 10, 1), date(2025, 12, 31))
    assert not is_settled(SUMMER, date(2026, 10, 30))
    assert is_settled(SUMMER, date(2026, 10, 31))
    assert say_period(SUMMER) == "July to September 2026"


def test_verified_people_are_counted_once_and_nobody_else_is(one_district, tmp_path_factory):
    with one_district.writing() as session:
        meet(session, "marek", 51.65, -0.40, nights=40)
        meet(session, "red", 51.65, -0.40)
        meet(session, "not-verified", 51.65, -0.40, verified=False)
        meet(session, "met-by-day", 51.65, -0.40, state="not_bedded_down")
        meet(session, "last-year", 51.65, -0.40, night=date(2025, 8, 3))

        people = count_people(session, SUMMER, GRID, lay(session, tmp_path_factory))

    assert sum(people.values()) == 2
    assert len(people) == 1


def test_two_records_of_one_person_count_once(one_district, tmp_path_factory):
    from server.tables.people.person import person_merge

    with one_district.writing() as session:
        meet(session, "red", 51.65, -0.40)
        meet(session, "red-again", 51.65, -0.40)
        merge = {"id": "m", "from_id": "red-again", "into_id": "red", "at": NOW, "worker_id": "aisha", "undone": False}
        session.execute(insert(person_merge), [merge])

        assert sum(count_people(session, SUMMER, GRID, lay(session, tmp_path_factory)).values()) == 1


def test_somebody_met_just_over_the_edge_counts_on_the_nearest_leaf_inside(one_district, tmp_path_factory):
    with one_district.writing() as session:
        meet(session, "marek", 51.65, EAST + 0.02)
        ground = lay(session, tmp_path_factory)

        (leaf,) = count_people(session, SUMMER, GRID, ground)

    assert leaf in set(ground.leaves.tolist())


def test_a_look_far_from_the_authority_is_no_visit_to_its_edge(one_district, tmp_path_factory):
    """A contact made in London, to try a phone out, was told as a visit at the county's edge."""
    with one_district.writing() as session:
        ground = lay(session, tmp_path_factory)
        meet(session, "trial", 51.50, -0.12)
        assert count_looks(session, SUMMER, GRID, ground).total() == 0
        meet(session, "marek", 51.65, EAST + 0.004)  # some 280 m: a square that a shift of theirs walks
        looks = count_looks(session, SUMMER, GRID, ground)
    assert looks.total() == 1 and set(looks) <= set(ground.leaves.tolist())


def test_a_late_contact_leaves_the_published_quarter_as_it_was(one_district, tmp_path_factory, new_id):
    with one_district.writing() as session:
        for number in range(25):
            meet(session, f"person-{number}", 51.65, -0.40)
        ground = lay(session, tmp_path_factory)
        published = publish(session, count_people(session, SUMMER, GRID, ground), ground, new_id)
        before = list_regions(session, published.id)

        for number in range(30):
            meet(session, f"late-{number}", 51.62, -0.45)
        more = count_people(session, SUMMER, GRID, ground)
        with pytest.raises(RefusedToPublish, match="never changes"):
            publish(session, more, ground, new_id)

        assert sum(more.values()) == 55
        assert list_regions(session, published.id) == before
        assert [each.people_shown for each in list_publications(session)] == [25]


def test_a_quarter_is_not_published_before_its_late_records_are_in(one_district, tmp_path_factory, new_id):
    with one_district.writing() as session:
        ground = lay(session, tmp_path_factory)
        with pytest.raises(RefusedToPublish, match="30 days"):
            publish(session, Counter(), ground, new_id, now=datetime(2026, 10, 20, tzinfo=UTC))
        assert list_publications(session) == []


def test_a_second_view_that_would_single_somebody_out_is_refused_and_nothing_is_stored(
    one_district, tmp_path_factory, new_id
):
    with one_district.writing() as session:
        ground = lay(session, tmp_path_factory)
        leaves = ground.leaves.tolist()
        people = {leaves[0]: 12, leaves[1]: 1, leaves[700]: 30}
        told = Publication(
            id="told", audience="another", period_starts_on=SUMMER.first, period_ends_on=SUMMER.last, threshold=10,
            minimum_leaves=64, leaf_level=1, crs=GRID, published_at=NOW, people_shown=40,
        )  # fmt: skip
        everywhere_but_one = tuple(leaf for leaf in leaves if leaf != leaves[1])
        add_publication(session, told, [PublishedRegion(number=1, leaves=everywhere_but_one, geojson="{}", shown=40)])

        with pytest.raises(RefusedToPublish, match="singled out"):
            publish(session, people, ground, new_id)

        assert [each.id for each in list_publications(session)] == ["told"]


def test_regions_cover_the_authority_as_shapes_without_overlap(one_district, tmp_path_factory, new_id):
    with one_district.writing() as session:
        ground = lay(session, tmp_path_factory)
        leaves = ground.leaves.tolist()
        published = publish(session, {leaves[5]: 23, leaves[900]: 14, leaves[1500]: 3}, ground, new_id)
        regions = list_regions(session, published.id)

    shapes = [shapely.from_geojson(region.geojson) for region in regions]
    assert sum(len(region.leaves) for region in regions) == len(leaves)
    assert shapely.union_all(shapes).area == pytest.approx(sum(shape.area for shape in shapes), rel=1e-4)
    assert abs(published.people_shown - 40) < 5
    assert all(region.visits == 0 for region in regions)
    assert [region.number for region in regions] == list(range(1, len(regions) + 1))


def test_a_map_that_no_walk_could_have_made_is_refused_and_nothing_is_stored(
    one_district, tmp_path_factory, new_id, monkeypatch
):
    with one_district.writing() as session:
        ground = lay(session, tmp_path_factory)
        leaves = ground.leaves.tolist()
        few, rest = frozenset(leaves[:3]), frozenset(leaves[3:])
        odd = [Region(few, None), Region(rest, 30)]  # "fewer than ten" of three squares
        monkeypatch.setattr("server.hotspots.disclosure.publish", lambda *told: odd)

        with pytest.raises(RefusedToPublish, match="prove too much"):
            publish(session, {leaves[9]: 30}, ground, new_id)

        assert list_publications(session) == []


def test_hidden_people_are_in_no_count_of_a_map(one_district, tmp_path_factory):
    with one_district.writing() as session:
        for name in ("marek", "red"):
            meet(session, name, 51.65, -0.40)
        told = {"id": "a", "name": "A", "kind": "outreach"}
        session.execute(insert(agency), [told])
        hidden = {
            "id": "h",
            "person_id": "red",
            "at": NOW,
            "worker_id": "w",
            "agency_id": "a",
            "reason": "He may find her",
        }
        session.execute(insert(person_hidden), [hidden])

        assert sum(count_people(session, SUMMER, GRID, lay(session, tmp_path_factory)).values()) == 1


def test_areas_are_numbered_by_what_is_shown_and_visits_as_a_whole_are_rounded(one_district, tmp_path_factory, new_id):
    """A number that followed the looks, or the true counts, would tell more than the map."""
    with one_district.writing() as session:
        meet(session, "marek", 51.69, -0.31, nights=61)
        ground = lay(session, tmp_path_factory)
        leaves = ground.leaves.tolist()
        people = {leaves[number]: 12 if number % 2 else 11 for number in range(0, len(leaves), 97)}
        published = publish(session, people, ground, new_id)
        regions = list_regions(session, published.id)

    assert len(regions) > 3
    by_what_is_shown = sorted(regions, key=lambda each: (-(each.shown or 0), min(each.leaves)))
    assert [each.number for each in by_what_is_shown] == list(range(1, len(regions) + 1))
    assert published.visits == 50


def test_visits_are_told_in_bands_so_that_none_and_a_few_look_alike():
    assert [band_visits(looks) for looks in (0, 1, 49, 50, 199, 200, 7_000, 10**6)] == [
        0,
        0,
        0,
        50,
        50,
        200,
        5_000,
        20_000,
    ]


def test_an_outline_is_the_squares_themselves_in_degrees():
    leaf = grid.parent(grid.cell_of(511_000, 196_000))

    shape = shapely.from_geojson(outline(frozenset({leaf}), GRID))

    assert json.loads(outline(frozenset({leaf}), GRID))["type"] == "Polygon"
    assert shape.area * 111_195**2 * np.cos(np.radians(51.65)) == pytest.approx(250 * 250, rel=0.02)


def test_districts_far_apart_are_no_authority():
    finder = DistrictFinder(Areas([]))
    with pytest.raises(GroundTooLarge):
        lay_ground(finder, GRID, (0, 0, 9e6, 9e6), {"watford"})


def test_an_authority_without_districts_has_no_ground(database, tmp_path):
    with database.reading() as session:
        ground = load_authority(session, tmp_path, GRID, SUMMER.last)

    assert isinstance(ground, Ground)
    assert len(ground.leaves) == 0


@pytest.mark.parametrize("became", [["herts"], ["herts", "west"]])
def test_a_boundary_that_changes_within_a_quarter_leaves_nobody_out_of_it(one_district, tmp_path_factory, became):
    """Met in July under the old name, and again under the new one: one person; and one who was met before the change alone."""
    with one_district.writing() as session:
        meet(session, "marek", 51.65, -0.40)
        meet(session, "red", 51.66, -0.41)
        end_district(session, "watford", date(2026, 8, 14))
        for number, name in enumerate(became):
            edges = (WEST + number * 0.1, SOUTH, EAST, NORTH)
            add_district(session, District(id=name, code=name, name=name, valid_from=date(2026, 8, 15)))
            save_boundary(session, Boundary(name, shapely.to_geojson(shapely.box(*edges)), *edges), EVENING)
        follow(session, ["watford"], became, date(2026, 8, 15))
        meet(session, "joan", 51.65, -0.40, night=date(2026, 9, 1))
        session.execute(contact_person.update().values(district_id="watford"))
        for table in (contact, contact_person):
            session.execute(table.update().where(table.c.night >= date(2026, 8, 15)).values(district_id="herts"))

        ground = lay(session, tmp_path_factory)

        assert ground.district_ids == set(became)
        assert sum(count_people(session, SUMMER, GRID, ground).values()) == 3
        report(session, "herts-report", "herts", date(2026, 8, 20))
        report(session, "watford-report", "watford", date(2026, 7, 20))
        assert count_reports(session, ground.district_ids, *SUMMER)[0] == 2
        names = name_leaves(session, tmp_path_factory.getbasetemp(), SUMMER.last, GRID, ground)
        counted = count_quarter(session, SUMMER, GRID, ground, names)
        assert set(counted.groups["new"]) == {"marek", "red", "joan"}


def report(session, key, district_id, day, point=(51.65, -0.40)):
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    shared = {"source": "streetlink", "latitude": point[0], "longitude": point[1]}
    session.execute(insert(alert), [shared | {"id": f"a-{key}", "source_reference": key, "received_at": at}])
    row = {"id": key, "number": key, "alert_id": f"a-{key}", "reported_at": at, "due_on": day, "state": "received"}
    session.execute(insert(referral), [shared | row | {"district_id": district_id}])


def test_who_was_met_where_a_report_said_is_on_the_map_as_on_the_teams_own(one_district, tmp_path_factory):
    """No pin and no site: the report's place is where it was, as `find_places` has it for the teams' squares."""
    with one_district.writing() as session:
        report(session, "r", "watford", date(2026, 8, 3), (51.66, -0.41))
        meet(session, "marek", None, None)
        session.execute(contact.update().values(referral_id="r"))
        ground = lay(session, tmp_path_factory)

        assert sum(count_people(session, SUMMER, GRID, ground).values()) == 1
        assert count_looks(session, SUMMER, GRID, ground).total() == 1
        # Where their case goes when districts change, and whether two teams met the same strangers, is asked of the same place.
        assert list_last_points(session, ["marek"]) == {"marek": (51.66, -0.41)}
        (sighting,) = list_sightings(session, "watford", date(2026, 8, 3))
        assert sighting.position == Position(latitude=51.66, longitude=-0.41)
