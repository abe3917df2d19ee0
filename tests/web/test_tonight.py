"""Where people are likely tonight: whose it is to see, and what it says."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from server.database.engine import Database
from server.hotspots.tonight import band_of, list_likely_cells
from server.queries.maps.tonight import CellLook, list_cell_looks, list_outside_points
from server.tables.referrals.referral import referral
from shared.geo import grid
from tests.web import county
from tests.web.test_pages import plain

NIGHT = date(2026, 11, 12)
HERE, THERE = grid.cell_of(511_000, 197_250), grid.cell_of(511_500, 197_250)


def look(cell: int, nights_ago: int, people: int) -> CellLook:
    return CellLook(cell, NIGHT - timedelta(days=nights_ago), people)


def test_a_square_where_people_were_met_oftener_and_lately_is_likelier() -> None:
    looks = [look(HERE, 2, 1), look(HERE, 3, 1), look(THERE, 200, 1), look(THERE, 2, 0)]
    first, second = list_likely_cells(looks, NIGHT, 10)
    assert (first.cell, first.nights_seen, first.last_looked_on) == (HERE, 2, NIGHT - timedelta(days=2))
    assert (second.cell, second.nights_seen) == (THERE, 1)


def test_five_people_a_look_are_five_times_as_many_as_one() -> None:
    looks = [each for night in range(2, 22) for each in (look(HERE, night, 5), look(THERE, night, 1))]
    first, second = list_likely_cells(looks, NIGHT, 10)
    assert (first.cell, second.cell) == (HERE, THERE)
    assert first.expected > 4 * second.expected


def test_very_likely_is_said_only_where_somebody_nearly_always_is() -> None:
    long_ago = [look(HERE, 300, 1), *(look(HERE, night, 0) for night in range(1, 61))]
    once = [look(HERE, 1, 1)]
    often = [look(HERE, night, 1) for night in range(1, 9)]
    bands = [band_of(list_likely_cells(looks, NIGHT, 1)[0]) for looks in (long_ago, once, often)]
    assert bands == [1, 2, 4]
    assert band_of(list_likely_cells(often, NIGHT, 1)[0], is_of_others=True) == 2
    two_shifts = [look(HERE, 1, 1), look(HERE, 1, 0)]
    assert list_likely_cells(two_shifts, NIGHT, 1)[0].chance == list_likely_cells(once, NIGHT, 1)[0].chance


def test_a_square_where_nobody_was_ever_met_is_not_shown() -> None:
    assert list_likely_cells([look(HERE, 1, 0)], NIGHT, 10) == []
    assert list_likely_cells([], NIGHT, 10) == []


def test_looks_of_other_districts_are_left_out(filled: Database, now: datetime) -> None:
    with filled.reading() as session:
        mine = list_cell_looks(session, [county.WATFORD], date(2026, 1, 1))
        theirs = list_cell_looks(session, [county.THREE_RIVERS], date(2026, 1, 1))
    assert len(mine) == 11
    assert [each.people for each in theirs] == [1]


def test_tom_reads_what_nobody_has_looked_at(browse: Callable[[str], Any], filled: Database) -> None:
    from server.tables.street.contact import contact

    with filled.writing() as session:
        session.execute(contact.update().where(contact.c.site_id == "shelter").values(night=date(2026, 11, 3)))
    said = plain(browse("tom").get("/tonight").text)
    assert "Nobody has looked for 9 nights" in said
    assert "1 place where nobody has looked for a week or more" in said


def test_where_no_team_has_looked_the_counts_and_reports_of_others_stand_in(
    browse: Callable[[str], Any], filled: Database
) -> None:
    from server.tables.maps.sighting import sighting
    from server.tables.street.contact import contact

    with filled.writing() as session:
        session.execute(contact.update().values(district_id=county.THREE_RIVERS))
        counts = [
            {"id": f"count-{day}", "night": date(2016, 3, day), "latitude": 51.656, "longitude": -0.396, "people": 2,
             "district_id": county.WATFORD, "row_key": f"count-{day}"}
            for day in (1, 2, 3)
        ]  # fmt: skip
        session.execute(sighting.insert(), counts)
        session.execute(referral.update().values(reported_at=datetime(2016, 3, 2, tzinfo=UTC)))
    said = plain(browse("tom").get("/tonight").text)
    assert "Where others have seen people" in said
    assert "Your teams have recorded nothing here yet" in said
    assert "in the year to 3 Mar 2016" in said
    assert "Counted or reported there on 3 days of the year" in said
    assert "No team has looked yet" in said


def test_what_others_saw_elsewhere_or_long_before_stays_out(filled: Database) -> None:
    from server.tables.maps.sighting import sighting

    def count(name: str, night: date, district_id: str) -> dict[str, Any]:
        place = {"latitude": 51.7, "longitude": -0.4, "people": 1, "row_key": name}
        return {"id": name, "night": night, "district_id": district_id, **place}

    with filled.writing() as session:
        session.execute(referral.delete())
        session.execute(
            sighting.insert(),
            [
                count("lately", date(2020, 5, 1), county.WATFORD),
                count("long before", date(2018, 5, 1), county.WATFORD),
                count("elsewhere", date(2020, 5, 1), county.THREE_RIVERS),
            ],
        )
        points = list_outside_points(session, [county.WATFORD], timedelta(days=365))
    assert [point.day for point in points] == [date(2020, 5, 1)]


@pytest.mark.parametrize(
    "changed", [{"state": "wrong_area"}, {"latitude": None, "longitude": None, "pin_source": None}]
)
def test_a_report_that_says_nothing_of_a_place_moves_no_window(filled: Database, changed: dict[str, Any]) -> None:
    """One report in the wrong area took every count of the years before off the map."""
    from server.tables.maps.sighting import sighting

    place = {"latitude": 51.7, "longitude": -0.4, "people": 1, "row_key": "k", "district_id": county.WATFORD}
    with filled.writing() as session:
        session.execute(referral.update().values(**{k: v for k, v in changed.items() if k in referral.c}))
        session.execute(sighting.insert(), [place | {"id": "lately", "night": date(2020, 5, 1)}])
        points = list_outside_points(session, [county.WATFORD], timedelta(days=365))
    assert [point.day for point in points] == [date(2020, 5, 1)]


def squares_of(text: str) -> int:
    return text.count('<tr class="govuk-table__row"><th scope="row"')


def test_a_lead_of_several_districts_narrows_it_to_one_or_to_what_a_team_walks(
    browse: Callable[[str], Any], filled: Database
) -> None:
    tom = browse("tom")
    assert 'name="of"' not in tom.get("/tonight").text, "one district, one team: nothing to choose"
    alone = squares_of(tom.get("/tonight").text)
    with filled.writing() as session:
        county.add(session, county.worker_district, {"worker_id": "tom", "district_id": county.THREE_RIVERS})
    every, own, there = (
        tom.get(path).text
        for path in ("/tonight", "/tonight?of=team:watford-outreach", f"/tonight?of=district:{county.THREE_RIVERS}")
    )
    assert squares_of(own) == alone > 0
    assert squares_of(there) > 0
    assert squares_of(every) == squares_of(own) + squares_of(there)
    assert '<option value="team:watford-outreach" selected>' in own


@pytest.mark.parametrize("of", ["team:second", "district:st-albans", "district:", "all", "\0", "x" * 10_000])
def test_whoever_makes_up_a_part_is_shown_their_own_districts(of: str, browse: Callable[[str], Any]) -> None:
    tom = browse("tom")
    made_up = tom.get(f"/tonight?of={quote(of)}")
    assert made_up.status_code == 200
    assert squares_of(made_up.text) == squares_of(tom.get("/tonight").text)


@pytest.mark.parametrize("who", ["helen", "priya", "aisha", "omar"])
def test_exact_squares_are_for_those_who_plan_a_shift(browse: Callable[[str], Any], who: str) -> None:
    assert browse(who).get("/tonight").status_code == 403
