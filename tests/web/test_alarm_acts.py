"""What somebody may do with an alarm, and who may be set to hear of one: pressed by those who may not."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import event, select, text

from server.actions.partnership.leaving import let_go
from server.actions.street.alarms import Watch
from server.database.engine import Database
from server.queries.operation import audit
from server.queries.street import duties, plans, shifts
from server.queries.street.alarms import claim_call, find_alarm, list_open_alarms
from server.queries.street.duress import list_unheard_duress
from server.queries.street.last_known import find_last_contact, find_last_place
from server.queries.street.lone_working import list_on_shift
from server.queries.street.plans import ShiftPlan
from server.tables.partnership.worker import worker
from server.tables.street.contact import contact
from server.tables.street.shift import check_in, shift, shift_worker, sign_of_life, visit
from server.web.admin.health import say_clock
from shared.geo.distance import near_distance_m
from shared.model.alarm import AlarmStep
from shared.model.codes import PlannedStopKind
from shared.model.position import Position
from shared.model.shift import PlannedStop
from shared.rules.alarms import DEFAULT_LADDER
from sync.clock import MadeAt, PhoneClock, happened_at
from tests.web import county
from tests.web.test_pages import plain

Browse = Callable[[str], Any]


@pytest.fixture
def dean_is_late(filled: Database, now: datetime, new_id: Callable[[], str]) -> tuple[Database, str]:
    with filled.writing() as session:
        county.fill_shifts(session, now)
        Watch(session, now, new_id, DEFAULT_LADDER).look()
        return filled, next(each.id for each in list_open_alarms(session) if each.worker_id == "dean")


def test_whoever_is_missed_cannot_call_the_others_off(dean_is_late: tuple[Database, str], browse: Browse) -> None:
    """Somebody else may hold Dean's telephone."""
    database, alarm_id = dean_is_late
    dean = browse("dean")
    page = dean.get(f"/alarms/{alarm_id}")
    assert page.status_code == 200
    assert "This is about you" in plain(page.text)
    assert ">I have it<" not in page.text
    assert dean.send(f"/alarms/{alarm_id}/take", instead_of="").status_code == 409
    with database.reading() as session:
        alarm = find_alarm(session, alarm_id)
        assert alarm is not None
        assert alarm.taken is None


@pytest.mark.parametrize(("who", "status"), [("rowan", 404), ("helen", 403), ("omar", 403), ("ruth", 403)])
def test_nobody_elsewhere_opens_takes_or_ends_an_alarm(
    dean_is_late: tuple[Database, str], browse: Browse, who: str, status: int
) -> None:
    database, alarm_id = dean_is_late
    browser = browse(who)
    answers = [
        browser.get(f"/alarms/{alarm_id}"),
        browser.send(f"/alarms/{alarm_id}/take", instead_of=""),
        browser.send(f"/alarms/{alarm_id}/done", note="It is fine", outcome="home"),
    ]
    assert [each.status_code for each in answers] == [status] * 3
    assert not any("Dean" in each.text for each in answers)
    with database.reading() as session:
        alarm = find_alarm(session, alarm_id)
        assert alarm is not None
        assert (alarm.taken, alarm.ended) == (None, None)


@pytest.mark.parametrize(("who", "status"), [("dean", 200), ("priya", 200), ("ruth", 422), ("rowan", 422), ("", 422)])
def test_a_post_goes_to_the_teams_agency_or_its_coordinator_alone(
    filled: Database, browse: Browse, who: str, status: int
) -> None:
    """Whoever holds a post hears the first names of those who are late."""
    answer = browse("tom").send("/on-duty", team="watford-outreach", post="deputy", worker=who)
    assert answer.status_code == status
    if status == 422:
        assert 'id="worker-1-deputy-error"' in answer.text, "beside the field of the form that was sent"
    with filled.reading() as session:
        holders = duties.list_holders(session, "watford-outreach")[AlarmStep.DEPUTY]
    assert holders == ([who] if status == 200 else [])


def test_a_phone_that_is_behind_is_said_to_be_slow() -> None:
    """`skew_ms` is our time less the phone's: a phone at noon while it is one o'clock here is an hour slow."""
    noon, one = 43_200_000, 46_800_000
    assert "slow" in say_clock(one - noon)
    assert "fast" in say_clock(noon - one)
    assert happened_at(MadeAt(noon), PhoneClock(noon), one) == one, "and what it makes now is mended to now"


def test_two_leads_press_at_once_and_the_second_is_told_who_has_it(
    dean_is_late: tuple[Database, str], browse: Browse
) -> None:
    database, alarm_id = dean_is_late
    assert browse("tom").send(f"/alarms/{alarm_id}/take", instead_of="").status_code == 200
    priya = browse("priya")
    assert priya.send(f"/alarms/{alarm_id}/take", instead_of="").status_code == 409
    assert priya.send(f"/alarms/{alarm_id}/take", instead_of="aisha").status_code == 409
    with database.reading() as session:
        alarm = find_alarm(session, alarm_id)
        assert alarm is not None
        assert alarm.taken is not None
        assert alarm.taken.worker_id == "tom"
    assert browse("priya").send(f"/alarms/{alarm_id}/take", instead_of="tom").status_code == 200
    with database.reading() as session:
        alarm = find_alarm(session, alarm_id)
        assert alarm is not None
        assert alarm.taken is not None
        assert alarm.taken.worker_id == "priya"


def test_who_has_it_and_is_let_go_has_it_no_more_and_everybody_hears_of_it_at_once(
    dean_is_late: tuple[Database, str], browse: Browse, now: datetime, new_id: Callable[[], str]
) -> None:
    database, alarm_id = dean_is_late
    assert browse("tom").send(f"/alarms/{alarm_id}/take", instead_of="").status_code == 200
    with database.writing() as session:
        let_go(session, "tom", now + timedelta(minutes=1), new_id)
        Watch(session, now + timedelta(minutes=1), new_id, DEFAULT_LADDER).look()
        alarm = find_alarm(session, alarm_id)
    assert alarm is not None and alarm.taken is None
    told = {each.worker_id for each in alarm.events if each.step is AlarmStep.EVERYBODY}
    assert "priya" in told and "tom" not in told
    page = plain(browse("priya").get(f"/alarms/{alarm_id}").text)
    assert "nobody has it yet" in page and ", who had it, works here no more" in page
    with database.writing() as session:
        let_go(session, "aisha", now + timedelta(minutes=2), new_id)
        again = find_alarm(session, alarm_id)
    assert again == alarm, "whoever had it not gives nothing up"


def walk(session: Any, shift_id: str, who: str, joined_at: datetime, named_by: str | None = None) -> None:
    county.add(session, shift_worker, {
        "shift_id": shift_id, "worker_id": who, "joined_at": joined_at, "named_by": named_by,
    })  # fmt: skip


def out_on(session: Any, *shift_ids: str, now: datetime) -> None:
    for each in shift_ids:
        county.add(session, shift, {"id": each, "team_id": "watford-outreach", "worker_id": "aisha", "started_at": now,
                                    "night": now.date()})  # fmt: skip


def test_whoever_goes_home_goes_home_from_every_shift_begun_by_then(filled: Database, now: datetime) -> None:
    with filled.writing() as session:
        out_on(session, "x1", "x2", "x3", now=now)
        walk(session, "x1", "aisha", now - timedelta(hours=2))
        walk(session, "x2", "aisha", now - timedelta(hours=1))
        walk(session, "x3", "aisha", now + timedelta(minutes=1))
        shifts.go_home(session, "aisha", "x2", now)
        (left,) = list_on_shift(session)
    assert left.shift_ids == ("x3",), "a shift begun after that is another night out"


def test_whoever_goes_home_takes_home_whom_they_took_along_on_that_shift_alone(filled: Database, now: datetime) -> None:
    with filled.writing() as session:
        out_on(session, "x1", "x2", now=now)
        walk(session, "x1", "aisha", now - timedelta(hours=2))
        walk(session, "x1", "dean", now - timedelta(hours=2), named_by="aisha")
        walk(session, "x2", "aisha", now - timedelta(hours=1))
        shifts.go_home(session, "aisha", "x2", now)
        (dean,) = list_on_shift(session)
        assert dean.worker_id == "dean", "nobody said of Dean that he is home"
        assert dean.next_due_at == now + timedelta(hours=1), "he is alone since this moment, and not late at once"
        shifts.go_home(session, "aisha", "x1", now)
        assert list_on_shift(session) == []


def test_an_older_sign_of_life_that_comes_later_takes_no_newer_one_away(filled: Database, now: datetime) -> None:
    with filled.writing() as session:
        shifts.note_signs_of_life(session, {"aisha": (now, "check_in")})
        shifts.note_signs_of_life(session, {"aisha": (now - timedelta(hours=1), "contact")})
        assert session.execute(select(sign_of_life.c.at, sign_of_life.c.kind)).one() == (now, "check_in")


def test_whoever_walks_with_somebody_who_is_home_walks_alone(filled: Database, now: datetime) -> None:
    with filled.writing() as session:
        out_on(session, "x1", now=now)
        walk(session, "x1", "dean", now, named_by="aisha")
        (dean,) = list_on_shift(session)
        assert dean.next_due_at == now + timedelta(hours=1), "nobody who is out answers for him"
        walk(session, "x1", "aisha", now)
        dean = next(each for each in list_on_shift(session) if each.worker_id == "dean")
        assert (dean.next_due_at, dean.walks_with) == (None, "Aisha Noor")


def test_the_newest_place_is_told(filled: Database, now: datetime) -> None:
    with filled.writing() as session:
        for number, (minutes, latitude) in enumerate(((-50, 51.1), (-5, 51.3), (-30, 51.2))):
            county.add(session, check_in, {
                "id": f"x{number}", "shift_id": "s9", "worker_id": "tom", "at": now + timedelta(minutes=minutes),
                "latitude": latitude, "longitude": -0.4,
            })  # fmt: skip
        place = find_last_place(session, "tom")
        assert place is not None
        assert (place.latitude, place.at) == (51.3, now - timedelta(minutes=5))
        typed = {"worker_id": "tom", "team_id": "watford-outreach", "state": "bedded_down", "night": now.date()}
        for name, happened, written in (("y1", -40, 0), ("y2", -20, -19), ("y3", 60 * 24, -30)):
            county.add(session, contact, {
                "id": name, "seen_at": now + timedelta(minutes=happened), "recorded_at": now + timedelta(minutes=written),
                "received_at": now + timedelta(minutes=written), "latitude": 51.4, "longitude": -0.4,
                "site_id": "shelter" if name == "y2" else None, **typed,
            })  # fmt: skip
        last = find_last_contact(session, "tom")
        assert last is not None
        assert last.at == now - timedelta(minutes=20), "when it happened, not when it was typed up or a fast clock said"
        assert last.site_name == "Bus shelter, St Albans Road"
        place = find_last_place(session, "tom")
        assert place is not None and place.latitude == 51.3, (
            "typed up this minute about forty ago: not where they are now"
        )
        for name, minutes, place_of in (
            ("v1", -4, {"latitude": 51.5, "longitude": -0.4}),
            ("v2", -3, {"site_id": "shelter"}),
        ):
            county.add(session, visit, {
                "id": name, "worker_id": "tom", "team_id": "watford-outreach", "at": now + timedelta(minutes=minutes),
                "night": now.date(), "is_struck": True, **place_of,
            })  # fmt: skip
        assert find_last_place(session, "tom") == place, "a visit that was struck out did not happen"


@pytest.mark.parametrize(("who", "is_reader"), [("tom", True), ("priya", True), ("aisha", True)])
def test_the_planned_route_is_told_to_whoever_looks_for_them(
    dean_is_late: tuple[Database, str], browse: Browse, now: datetime, who: str, is_reader: bool
) -> None:
    database, alarm_id = dean_is_late
    stops = (
        PlannedStop(
            kind=PlannedStopKind.LIKELY, position=Position(latitude=51.65, longitude=-0.39), name="Behind the library"
        ),
        PlannedStop(kind=PlannedStopKind.REFERRAL, referral_id="r5"),
    )
    tonight = ShiftPlan(
        id="p1", team_id="watford-outreach", area="Town centre", starts_at=now - timedelta(hours=2),
        back_at=now + timedelta(hours=2), set_by="tom", set_at=now - timedelta(hours=3), worker_ids=("dean",), stops=stops,
    )  # fmt: skip
    last_night = {
        "id": "p0", "area": "Cassiobury", "starts_at": now - timedelta(hours=26), "back_at": now - timedelta(hours=22),
    }  # fmt: skip
    with database.writing() as session:
        plans.add_plan(session, tonight)
        plans.add_plan(session, msgspec.structs.replace(tonight, **last_night))
    page = browse(who).get(f"/alarms/{alarm_id}")
    words = plain(page.text)
    assert re.search(r"Planned for tonight Dean \S+ in Town centre, 19:30 to 23:30, 2 stops", words)
    assert "Behind the library (51.65000, -0.39000) St Albans Road bus shelter (51.66910, -0.39660)" in words
    assert ("/referrals/r5" in page.text) == is_reader
    assert "Cassiobury" not in words


def drawn_on(page: Any) -> dict[str, Any]:
    found = re.search(r'id="map-data"[^>]*>(.*?)</script>', page.text, re.S)
    assert found is not None
    return dict(json.loads(found[1]))


def test_the_last_position_is_on_a_map_with_its_age_its_circle_and_the_stops_of_tonight(
    dean_is_late: tuple[Database, str], browse: Browse, now: datetime
) -> None:
    database, alarm_id = dean_is_late
    path = f"/alarms/{alarm_id}"
    assert "map-data" not in browse("tom").get(path).text, "without a position there is no map"
    stop = PlannedStop(
        kind=PlannedStopKind.LIKELY, position=Position(latitude=51.652, longitude=-0.392), name="Behind the library"
    )
    with database.writing() as session:
        where = {
            "at": now - timedelta(minutes=40), "latitude": 51.655, "longitude": -0.396, "accuracy_m": 120.0, "fix_age_s": 300.0,
        }  # fmt: skip
        session.execute(check_in.update().where(check_in.c.worker_id == "dean").values(**where))
        plans.add_plan(session, ShiftPlan(
            id="p1", team_id="watford-outreach", area="", starts_at=now - timedelta(hours=2),
            back_at=now + timedelta(hours=2), set_by="tom", set_at=now - timedelta(hours=3), worker_ids=("dean",),
            stops=(stop,),
        ))  # fmt: skip
    page = browse("tom").get(path)
    with database.reading() as session:
        looked = [each for each in audit.list_lines(session) if (each.actor_id, each.detail) == ("tom", alarm_id)]
    assert [str(each.action) for each in looked] == ["see_shifts"] * 2, (
        "each look at telephones and places is written down"
    )
    assert "a check-in at 20:50, 40 minutes ago, within 120 m; the fix was 5 minutes old then" in plain(page.text)
    drawn = drawn_on(page)
    pins = {each["properties"]["kind"]: each["geometry"]["coordinates"] for each in drawn["pins"]}
    assert pins == {"report": [-0.396, 51.655], "site": [-0.392, 51.652]}
    assert [each["properties"]["text"] for each in drawn["labels"]] == ["Dean R, 20:50", "1"]
    circle, point = (each["geometry"]["coordinates"][0] for each in drawn["areas"])
    assert point[0][1] == pytest.approx(51.652, abs=0.0001)
    here = Position(latitude=51.655, longitude=-0.396)
    edge = [near_distance_m(here, Position(latitude=north, longitude=east)) for east, north in circle]
    assert all(119 < metres < 121 for metres in edge)
    longitudes, latitudes = zip(*circle, strict=True)
    seen = (min(longitudes), min(latitudes), -max(longitudes), -max(latitudes))
    west, south, east, north = drawn["box"]
    assert all(edge < at for edge, at in zip((west, south, -east, -north), seen, strict=True)), (
        "the whole circle is seen"
    )


def test_a_position_whose_accuracy_nobody_told_is_not_said_to_be_near(
    dean_is_late: tuple[Database, str], browse: Browse, now: datetime
) -> None:
    database, alarm_id = dean_is_late
    with database.writing() as session:
        where = {"at": now - timedelta(minutes=40), "latitude": 51.655, "longitude": -0.396, "accuracy_m": None}
        session.execute(check_in.update().where(check_in.c.worker_id == "dean").values(**where))
    page = browse("tom").get(f"/alarms/{alarm_id}")
    assert "40 minutes ago, how near is not known" in plain(page.text)
    assert "circle" not in plain(page.text)
    assert drawn_on(page)["areas"][0]["properties"]["words"] == "How near it is, their phone did not say"


def test_once_it_is_over_the_page_follows_nobody(
    dean_is_late: tuple[Database, str], browse: Browse, now: datetime
) -> None:
    """Whoever was told of an alarm opens its page for ever, and the worker walks on, tonight and in a month."""
    database, alarm_id = dean_is_late
    with database.writing() as session:
        where = {"at": now - timedelta(minutes=40), "latitude": 51.655, "longitude": -0.396, "accuracy_m": 12.0}
        session.execute(check_in.update().where(check_in.c.worker_id == "dean").values(**where))
    tom = browse("tom")
    assert "51.65500" in tom.get(f"/alarms/{alarm_id}").text
    assert tom.send(f"/alarms/{alarm_id}/done", note="He rang", outcome="well").status_code == 200
    page = tom.get(f"/alarms/{alarm_id}")
    assert "He rang" in plain(page.text) and "51.65500" not in page.text and "map-data" not in page.text
    assert "Last position" not in page.text and "Last contact" not in page.text


def test_a_check_in_under_duress_calls_everybody_and_shows_nothing_where_she_is(
    filled: Database, browse: Browse, now: datetime, new_id: Callable[[], str]
) -> None:
    with filled.writing() as session:
        session.execute(worker.update().where(worker.c.id != "aisha").values(telephone="07700 900001"))
        out_on(session, "x1", now=now)
        walk(session, "x1", "aisha", now)
        county.add(session, check_in, {
            "id": "sign", "shift_id": "x1", "worker_id": "aisha", "at": now, "heard_at": now,
            "due_at": now + timedelta(hours=1), "duress": True,
        })  # fmt: skip
        assert Watch(session, now, new_id, DEFAULT_LADDER).look() > 1
        assert Watch(session, now, new_id, DEFAULT_LADDER).look() == 0, "it is told once"
        (alarm,) = (each for each in list_open_alarms(session) if each.worker_id == "aisha")
        call = claim_call(session, now)
    assert "aisha" not in alarm.told_ids
    assert alarm.told_ids
    assert call is not None
    assert call.is_silent

    aisha = browse("aisha")
    shown = plain(aisha.get("/my-shift").text)
    assert "You asked for help" not in shown
    assert "duress" not in shown
    assert aisha.get(f"/alarms/{alarm.id}").status_code == 404
    around = aisha.get("/on-shift")
    assert around.status_code == 200 and alarm.id not in around.text and "duress" not in around.text
    assert alarm.id in browse("tom").get("/on-shift").text

    page = plain(browse("tom").get(f"/alarms/{alarm.id}").text)
    assert "Aisha N checked in under duress" in page
    assert "Do not ring them" in page
    assert "Ring first" not in page

    with filled.writing() as session:
        shifts.note_signs_of_life(session, {"aisha": (now + timedelta(minutes=5), "check_in")})
        Watch(session, now + timedelta(minutes=6), new_id, DEFAULT_LADDER).look()
        assert [each.id for each in list_open_alarms(session) if each.worker_id == "aisha"] == [alarm.id]


@pytest.mark.parametrize(
    ("ask", "index"), [(list_unheard_duress, "ix_check_in_duress"), (list_on_shift, "ix_check_in_newest")]
)
def test_the_watch_reads_no_check_in_of_years(filled: Database, ask: Callable[..., Any], index: str) -> None:
    """It looks every quarter of a minute, and check-ins are kept for years: only those under duress, and the newest of each."""
    with filled.reading() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
        asked: list[Any] = []
        event.listen(session.connection(), "before_cursor_execute", lambda *told: asked.append(told[2:4]))
        ask(session)
        how = "EXPLAIN" if session.get_bind().dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        statement, values = asked[0]
        plan = "\n".join(str(row) for row in session.connection().exec_driver_sql(f"{how} {statement}", values))
    assert index in plan
