"""What the page of an alarm says, and that of who is out while there is one: the words of whoever asks for help, what the police
are told, whom nobody may ring; and that a press at night leads nowhere else."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.actions.street.alarms import Watch
from server.database.engine import Database
from server.queries.street import duties
from server.queries.street.alarms import list_open_alarms
from server.queries.street.last_known import find_last_place
from server.tables.partnership.agency import team
from server.tables.partnership.worker import worker
from server.tables.street.shift import check_in, shift_worker, visit
from shared.rules.alarms import DEFAULT_LADDER
from tests.web import county
from tests.web.test_my_shift import press
from tests.web.test_pages import plain

Browse = Callable[[str], Any]


@pytest.fixture
def dean_is_late(filled: Database, now: datetime, new_id: Callable[[], str]) -> tuple[Database, str]:
    with filled.writing() as session:
        county.fill_shifts(session, now)
        Watch(session, now, new_id, DEFAULT_LADDER).look()
        return filled, next(each.id for each in list_open_alarms(session) if each.worker_id == "dean")


@pytest.mark.parametrize("who", ["omar", "helen"])
def test_a_post_goes_to_nobody_whose_link_would_be_refused_at_night(filled: Database, browse: Browse, who: str) -> None:
    """An administrator or commissioner of the team's own agency may not open an alarm."""
    with filled.writing() as session:
        agency = select(team.c.agency_id).where(team.c.id == "watford-outreach").scalar_subquery()
        session.execute(worker.update().where(worker.c.id == who).values(agency_id=agency))
    answer = browse("tom").send("/on-duty", team="watford-outreach", post="deputy", worker=who)
    assert answer.status_code == 422
    with filled.reading() as session:
        assert "dean" in duties.list_eligible(session, "watford-outreach")


def test_a_press_too_late_or_too_empty_leaves_one_on_the_alarms_page_with_what_was_typed(
    dean_is_late: tuple[Database, str], browse: Browse
) -> None:
    """At night nobody is sent to a page of errors, and from there to the start."""
    _, alarm_id = dean_is_late
    browse("tom").send(f"/alarms/{alarm_id}/take", instead_of="")
    late = browse("priya").send(f"/alarms/{alarm_id}/take", instead_of="")
    assert late.status_code == 409
    assert "Somebody else has it already" in plain(late.text)
    assert "I take it over from Tom E" in late.text
    long = "Rang twice. " * 100
    page = browse("tom").send(f"/alarms/{alarm_id}/done", note=long, outcome="home")
    assert page.status_code == 422
    assert long.strip() in page.text
    assert re.search(r'value="home"[^>]*checked', page.text)
    browse("priya").send(f"/alarms/{alarm_id}/done", note="He is home", outcome="home")
    over = browse("tom").send(f"/alarms/{alarm_id}/done", note="Found him at the bridge", outcome="well")
    assert over.status_code == 409
    assert "What you wrote was not kept: “Found him at the bridge”" in plain(over.text)


def test_what_whoever_asks_for_help_said_stands_at_the_top_and_the_police_are_told_that(
    filled: Database, browse: Browse
) -> None:
    aisha = browse("aisha")
    key = re.search(r'name="key" value="([^"]+)"', aisha.get("/my-shift").text)
    assert key is not None
    aisha.send("/my-shift/help", key=key[1], words="Two men by Cassio bridge")
    with filled.reading() as session:
        (alarm,) = list_open_alarms(session)
    shown = plain(browse("tom").get(f"/alarms/{alarm.id}").text)
    assert shown.index("“Two men by Cassio bridge”") < shown.index("Reach them")
    assert "you are calling for an outreach worker who asks for help, and" in shown
    assert "missed a check-in" not in shown


def test_the_page_of_who_is_out_does_not_reassure_while_somebody_calls_nor_lets_one_under_duress_be_rung(
    filled: Database, browse: Browse, now: datetime, new_id: Callable[[], str]
) -> None:
    with filled.writing() as session:
        county.fill_shifts(session, now)
        session.execute(shift_worker.delete().where(shift_worker.c.worker_id == "tom"))
        theirs = check_in.c.worker_id.in_(["aisha", "dean", "tom"])
        later = {"next_due_at": now + timedelta(hours=1), "due_at": now + timedelta(hours=1)}
        session.execute(check_in.update().where(theirs).values(**later))
        session.execute(check_in.update().where(check_in.c.worker_id == "dean").values(duress=True))
        Watch(session, now, new_id, DEFAULT_LADDER).look()
    page = browse("tom").get("/on-shift").text
    shown = plain(page)
    assert "<title>1 call for help – On shift now" in page
    assert "No check-in is late" not in shown
    assert "Do not ring Dean R, and write them nothing." in shown
    with filled.writing() as session:
        session.execute(check_in.update().where(theirs).values(next_due_at=now, due_at=now - timedelta(minutes=1)))
    shown = plain(browse("tom").get("/on-shift").text)
    assert shown.index("checked in under duress") < shown.index("Aisha Noor was due to check in"), "a call stands first"
    assert "Dean Rowe was due to check in" in shown
    assert "Ring them" not in shown
    assert "Do not ring" not in plain(browse("dean").get("/on-shift").text), "nor may it show on their own screen"
    press(browse("aisha"), "help", words="Two men")
    shown = plain(browse("tom").get("/on-shift").text)
    assert "Aisha N asked for help" in shown
    assert "Do not ring Dean R, and write them nothing." in shown, "whoever asks for help openly is rung"


def test_a_known_place_tells_where_whoever_has_no_gps_was(filled: Database, now: datetime) -> None:
    """The web form knows the place and has no position: a map of last night would send people the wrong way. What was typed up
    later tells where they were when it happened."""
    with filled.writing() as session:
        county.add(session, check_in, {
            "id": "x1", "shift_id": "s9", "worker_id": "tom", "at": now - timedelta(hours=20), "latitude": 51.1,
            "longitude": -0.4,
        })  # fmt: skip
        county.add(session, visit, {
            "id": "x2", "worker_id": "tom", "team_id": "watford-outreach", "at": now - timedelta(hours=1),
            "night": now.date(), "site_id": "shelter",
        })  # fmt: skip
        place = find_last_place(session, "tom")
    assert place is not None
    assert (place.latitude, place.at, place.accuracy_m) == (51.6690, now - timedelta(hours=1), None)
    assert place.site_name == "Bus shelter, St Albans Road"


def test_what_is_wrong_with_a_form_is_said_to_a_person(filled: Database, browse: Browse) -> None:
    answer = browse("aisha").send("/my-shift/check-in", key="x", minutes="")
    assert answer.status_code == 400
    shown = plain(answer.text)
    assert "Choose when you will be heard again. Go back, mend it, and send it again." in shown
    assert "`errors`" not in shown
