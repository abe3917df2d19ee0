"""What cells are ranked from: what teams saw where they looked, night counts, and reports only where there is neither."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert

from server.hotspots.ranking import forecast_cells, rank_cells
from server.tables.maps.sighting import sighting
from server.tables.referrals.referral import alert, referral
from server.tables.street.contact import contact, contact_person
from server.tables.street.shift import visit
from server.tables.street.site import site

GRID = "EPSG:27700"
NOW = datetime(2026, 8, 3, 23, tzinfo=UTC)
NIGHT = date(2026, 8, 3)
HOT, COLD = (51.660, -0.396), (51.700, -0.300)


def add_contact(session, number, point, *, state="bedded_down", unidentified=1, night=NIGHT, site_id=None):
    row = {
        "id": f"contact-{number}", "state": state, "seen_at": NOW, "recorded_at": NOW, "received_at": NOW, "night": night,
        "worker_id": "aisha", "team_id": "team", "unidentified_people": unidentified, "site_id": site_id,
        "latitude": point and point[0], "longitude": point and point[1],
    }  # fmt: skip
    session.execute(insert(contact), [row])


def add_visit(session, number, point, found=0, night=NIGHT):
    row = {
        "id": f"visit-{number}", "team_id": "team", "worker_id": "aisha", "at": NOW, "night": night, "people_found": found,
        "latitude": point[0], "longitude": point[1],
    }  # fmt: skip
    session.execute(insert(visit), [row])


def add_count(session, number, point, people, night):
    row = {"id": f"c{number}", "night": night, "latitude": point[0], "longitude": point[1], "people": people}
    session.execute(insert(sighting), [row | {"row_key": f"k{number}"}])


def add_report(session, number, point, state="received"):
    shared = {"source": "streetlink", "latitude": point[0], "longitude": point[1]}
    session.execute(
        insert(alert), [shared | {"id": f"a{number}", "source_reference": f"r{number}", "received_at": NOW}]
    )
    row = {
        "id": f"r{number}",
        "number": f"r{number}",
        "alert_id": f"a{number}",
        "reported_at": NOW,
        "due_on": NIGHT,
        "state": state,
    }
    session.execute(insert(referral), [shared | row])


def near(cell, point):
    from server.places.projection import project

    easting, northing = project(GRID, [point[0]], [point[1]])
    return abs(cell.easting + 62 - easting[0]) < 200 and abs(cell.northing + 62 - northing[0]) < 200


def test_where_people_bed_down_is_hotter_than_where_they_are_met_by_day(database):
    with database.writing() as session:
        add_contact(session, 1, HOT, unidentified=4)
        add_contact(session, 2, COLD, state="not_bedded_down", unidentified=9)

        ranking = rank_cells(session, NIGHT, GRID)

    assert near(ranking.cells[0], HOT)
    assert not ranking.from_reports


def test_a_contact_without_a_pin_counts_at_its_site(database):
    with database.writing() as session:
        stairs = {"id": "stairs", "latitude": HOT[0], "longitude": HOT[1], "created_at": NOW, "changed_at": NOW}
        session.execute(insert(site), [stairs])
        add_contact(session, 1, None, site_id="stairs", unidentified=3)
        add_visit(session, 1, COLD)

        assert near(rank_cells(session, NIGHT, GRID).cells[0], HOT)


def test_a_place_visited_often_is_not_hotter_for_that(database):
    with database.writing() as session:
        for number in range(30):
            add_visit(session, number, COLD)
        add_contact(session, 1, COLD, unidentified=2)
        add_contact(session, 2, HOT, unidentified=2)

        assert near(rank_cells(session, NIGHT, GRID).cells[0], HOT)


def add_met(session, name, point, night, *, apart):
    """So many named people met in one place on a night: each in a contact of their own, or all in one."""
    at = datetime(night.year, night.month, night.day, 23, tzinfo=UTC)
    row = {
        "state": "bedded_down", "seen_at": at, "recorded_at": at, "received_at": at, "night": night, "worker_id": "aisha",
        "team_id": "team", "latitude": point[0], "longitude": point[1],
    }  # fmt: skip
    for number, people in enumerate(apart):
        contact_id = f"{name}-{night}-{number}"
        session.execute(insert(contact), [row | {"id": contact_id}])
        met = {"contact_id": contact_id, "seen_at": at, "night": night, "state": "bedded_down"}
        session.execute(insert(contact_person), [met | {"person_id": f"{name}-{each}"} for each in people])


def test_five_people_come_before_three_before_one_however_they_were_recorded(database):
    five, three, one = HOT, COLD, (51.690, -0.350)
    with database.writing() as session:
        for day in range(1, 21):
            night = date(2026, 7, day)
            add_met(session, "five", five, night, apart=[[0], [1], [2], [3], [4]])
            add_met(session, "three", three, night, apart=[[0, 1, 2]])
            add_met(session, "one", one, night, apart=[[0], [0]])
            for number in range(5):
                add_visit(session, f"{day}-{number}", (51.600 + 0.01 * number, -0.5), night=night)
        for ranking in (rank_cells(session, NIGHT, GRID), forecast_cells(session, NIGHT, GRID)):
            first, second, third, fourth = ranking.cells[:4]
            assert [near(first, five), near(second, three), near(third, one)] == [True, True, True]
            assert third.score > fourth.score
        forecast = forecast_cells(session, NIGHT, GRID).cells
        assert forecast[0].score / forecast[2].score == pytest.approx(5, rel=0.1)


def test_nothing_seen_after_the_day_counts(database):
    with database.writing() as session:
        add_count(session, 1, HOT, 2, date(2026, 8, 1))
        add_count(session, 2, COLD, 50, date(2026, 8, 4))

        assert near(rank_cells(session, NIGHT, GRID).cells[0], HOT)
        assert near(forecast_cells(session, date(2026, 8, 4), GRID).cells[0], HOT)
        assert near(forecast_cells(session, date(2026, 8, 5), GRID).cells[0], COLD)


def test_reports_stand_in_only_where_nobody_looked(database):
    with database.writing() as session:
        for number in range(3):
            add_report(session, number, COLD)
        add_report(session, 9, HOT, state="duplicate_of")
        by_reports = rank_cells(session, NIGHT, GRID)
        add_contact(session, 1, HOT)
        by_teams = rank_cells(session, NIGHT, GRID)

    assert by_reports.from_reports
    assert near(by_reports.cells[0], COLD)
    assert not by_teams.from_reports
    assert near(by_teams.cells[0], HOT)


def test_an_empty_database_ranks_nothing(database):
    with database.reading() as session:
        assert rank_cells(session, NIGHT, GRID).cells == []
        assert forecast_cells(session, NIGHT, GRID).cells == []


def test_points_beyond_a_projection_are_told_not_lost_in_silence(database):
    with database.writing() as session:
        add_count(session, 1, HOT, 2, NIGHT)
        add_count(session, 2, (0.0, 90.0), 2, NIGHT)  # a quarter of the globe away: this grid gives it no number

        ranking = rank_cells(session, NIGHT, GRID)

    assert ranking.points_left_out == 1
    (cell,) = ranking.cells
    assert near(cell, HOT)
