"""What a team has in another district: a list shows it to whom policy lets open it, on both databases."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import delete, update

from server.database.engine import Database
from server.tables.partnership.agency import team_district
from server.tables.partnership.recipient import recipient
from server.tables.partnership.worker import worker_role, worker_team
from server.tables.street.shift import visit
from server.tables.street.site import site
from shared.rules.walking_order import STOPS_MAX
from tests.web import county
from tests.web.conftest import Browser

Browse = Callable[[str], Browser]
REPORT, PLACE = "Arch over the border", "Hut over the border"
AT = (51.6640, -0.3970)


@pytest.fixture
def canal(filled: Database, now: datetime) -> Database:
    """A team that walks Three Rivers and has a report, a place and a stop that was struck out in Watford. Rowan is on it."""
    pin = {"latitude": AT[0], "longitude": AT[1], "pin_source": "gps"}
    with filled.writing() as session:
        county.add_team(session, "canal", county.THREE_RIVERS)
        county.add(session, worker_team, {"worker_id": "rowan", "team_id": "canal"})
        county.add(session, recipient, {"id": "tr-lead", "agency_id": "three-rivers-housing", "role": "team_lead",
                                        "founding": True, "proposed_at": now})  # fmt: skip
        county.put_referral(session, now, "far", hours=3, place=REPORT, description="Blue tent", at=AT, team_id="canal")
        county.add(session, site, {"id": "hut", "name": PLACE, "kind": "other", **pin, "team_id": "canal",
                                   "district_id": county.WATFORD, "created_at": now, "changed_at": now})  # fmt: skip
        county.add(session, visit, {"id": "stop", "team_id": "canal", "worker_id": "aisha", "at": now, "night": now.date(),
                                    "site_id": "hut", "district_id": county.WATFORD, "note": "", "is_struck": True})  # fmt: skip
    return filled


def become_lead(database: Database) -> None:
    with database.writing() as session:
        session.execute(update(worker_role).where(worker_role.c.worker_id == "rowan").values(role="team_lead"))


def test_a_coordinator_on_a_team_is_listed_nothing_of_it_that_they_may_not_open(
    canal: Database, browse: Browse
) -> None:
    rowan = browse("rowan")
    assert rowan.get("/referrals/far").status_code == 404
    assert REPORT not in rowan.get("/referrals").text
    assert REPORT not in rowan.get("/referrals/desk").text
    assert "New (0)" in rowan.get("/referrals").text and "Triage desk (0)" in rowan.get("/referrals").text
    assert "Watford" not in rowan.get("/referrals/figures/file?kind=csv").text
    assert PLACE not in rowan.get("/contacts/new").text
    assert PLACE not in rowan.get("/visits/new").text


def test_reports_that_a_reader_may_not_open_take_no_place_of_those_they_may(
    canal: Database, browse: Browse, now: datetime
) -> None:
    """More reports than a list is long lie in the other district, and all are due before the one in Rowan's own."""
    with canal.writing() as session:
        for number in range(STOPS_MAX):
            county.put_referral(session, now, f"far{number}", hours=300, place=REPORT, at=AT, team_id="canal")
        county.put_referral(
            session, now, "near", hours=1, place="Car park", team_id="canal", district_id=county.THREE_RIVERS
        )
    form = browse("rowan").get("/contacts/new").text
    assert "Car park" in form and REPORT not in form


def test_a_lead_of_the_team_is_listed_all_of_it(canal: Database, browse: Browse) -> None:
    become_lead(canal)
    rowan = browse("rowan")
    assert rowan.get("/referrals/far").status_code == 200
    assert REPORT in rowan.get("/referrals").text
    assert REPORT in rowan.get("/referrals/desk").text
    assert "New (1)" in rowan.get("/referrals").text and "Triage desk (1)" in rowan.get("/referrals").text
    assert "Watford" in rowan.get("/referrals/figures/file?kind=csv").text
    assert PLACE in rowan.get("/contacts/new").text
    assert PLACE in rowan.get("/visits/new").text
    assert REPORT in rowan.get("/where-next?team=canal&hours=8").text
    assert PLACE in rowan.get("/recorded").text


def test_a_lead_whose_district_a_team_of_others_walks_is_listed_nothing_of_its_other_district(
    canal: Database, browse: Browse
) -> None:
    become_lead(canal)
    with canal.writing() as session:
        session.execute(delete(worker_team).where(worker_team.c.worker_id == "rowan"))
        county.add(session, team_district, {"team_id": "canal", "district_id": county.WATFORD})
    rowan = browse("rowan")
    assert rowan.get("/referrals/far").status_code == 404
    assert rowan.get("/stops/stop").status_code == 404
    walk = rowan.get("/where-next?team=canal&hours=8")
    assert walk.status_code == 200 and REPORT not in walk.text
    assert PLACE not in rowan.get("/contacts/new").text
    assert PLACE not in rowan.get("/recorded").text
