"""Where to go next: a walk of what is worth a visit, assigned in one press and on both phones at the next sync."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from server.database.engine import Database
from server.queries.street import plans
from server.queries.street.follow_ups import count_follow_ups
from server.queries.street.looks import rebuild_looks
from server.queries.sync import store as sync
from server.tables.people.hidden import person_hidden
from server.tables.people.person import person, person_merge
from server.tables.referrals.referral import referral
from server.tables.street.contact import contact
from shared.geo.grid import cell_of
from shared.model.codes import PlannedStopKind
from shared.model.shift import ShiftPlanned
from tests.conftest import Clock
from tests.web import county
from tests.web.test_pages import plain

Browse = Callable[[str], Any]
TEAM = "watford-outreach"


@pytest.fixture
def last_week(filled: Database) -> Database:
    """Everybody at the shelter was met last on 3 November, at the station on the 11th; one report is the team's."""
    with filled.writing() as session:
        session.execute(contact.update().where(contact.c.site_id == "shelter").values(night=date(2026, 10, 20)))
        session.execute(referral.update().values(team_id=None))
        first = session.execute(
            referral.select().where(referral.c.latitude.is_not(None)).order_by(referral.c.id)
        ).first()
        assert first is not None
        values = {"team_id": TEAM, "state": "assigned", "due_on": date(2026, 11, 12), "place": "Outside the bank"}
        session.execute(referral.update().where(referral.c.id == first.id).values(**values))
    return filled


def stops_of(text: str) -> list[str]:
    return re.findall(r'name="stops" type="checkbox" value="([^"]+)"', text)


def planned(database: Database, clock: Clock) -> list[plans.ShiftPlan]:
    with database.reading() as session:
        return plans.list_plans(session, [TEAM], clock.now)


def test_the_walk_says_why_of_each_stop(last_week: Database, browse: Browse) -> None:
    page = browse("tom").get("/where-next?hours=6")
    said = plain(page.text)
    assert "Report. Due 12 Nov" in said and "Outside the bank" in said
    assert re.search(r"\d pe\w+ to see again\. \d in 10 that somebody is there tonight; about \d p\w+", said)
    assert re.search(r"Nobody has looked for 23 nights", said)
    assert re.findall(r'name="(?:starts|back)" type="text" value="([^"]*)"', page.text) == ["21:45", "03:45"]
    assert stops_of(page.text)[0].startswith(("r:", "c:")) and len(stops_of(page.text)) >= 3


def test_what_was_looked_at_tonight_is_not_suggested(last_week: Database, browse: Browse, clock: Clock) -> None:
    before = stops_of(browse("tom").get("/where-next?hours=8").text)
    with last_week.writing() as session:
        session.execute(contact.update().where(contact.c.site_id == "shelter").values(night=date(2026, 11, 12)))
    after = stops_of(browse("tom").get("/where-next?hours=8").text)
    assert len(after) == len(before) - 1


def test_assigned_in_one_press_it_is_a_plan_with_stops_and_the_phones_hear_of_it(
    last_week: Database, browse: Browse, clock: Clock
) -> None:
    tom = browse("tom")
    keys = stops_of(tom.get("/where-next?hours=6").text)
    form = {"team": TEAM, "starts": "22:00", "back": "01:00", "area": "Town"}
    page = tom.send("/where-next", **form, stops=keys, workers=["aisha", "dean"])
    assert "Assigned. Their phones have it with their next sync." in plain(page.text)
    assert f"in Town, 22:00 to 01:00 on 13 Nov, {len(keys)} stops" in plain(page.text)
    (made,) = planned(last_week, clock)
    assert (made.worker_ids, len(made.stops)) == (("aisha", "dean"), len(keys))
    assert [each.referral_id is not None for each in made.stops] == [key.startswith("r:") for key in keys]
    with last_week.reading() as session:
        (told,) = [each.change for each in sync.list_changes(session, made.id) if each.change is not None]
    assert (told.t, told.s, told.dev) == ("shift.planned", f"team:{TEAM}", 0)
    fact = msgspec.json.decode(told.p, type=ShiftPlanned)
    assert fact.stops == made.stops and fact.worker_ids == made.worker_ids
    text = bytes(told.p).decode()
    assert not any(name in text for name in ("marek", "Marek", "joan", "red", "stefan"))


def test_a_plan_that_is_called_off_is_told_too(last_week: Database, browse: Browse, clock: Clock) -> None:
    tom = browse("tom")
    keys = stops_of(tom.get("/where-next").text)
    tom.send("/where-next", team=TEAM, starts="22:00", back="01:00", stops=keys[:1], workers="aisha")
    (made,) = planned(last_week, clock)
    browse("tom").send(f"/shift-plan/{made.id}/call-off")
    with last_week.reading() as session:
        assert [each.type for each in sync.list_changes(session, made.id)] == ["shift.planned", "shift.called_off"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"stops": "c:1"}, 409), ({"stops": "r:nobody"}, 409), ({"stops": ""}, 400), ({"workers": ""}, 400),
        ({"workers": "ruth"}, 400), ({"starts": "late"}, 400), ({"team": "another"}, 404),
    ],
)  # fmt: skip
def test_what_is_forged_or_stale_assigns_nothing(
    last_week: Database, browse: Browse, clock: Clock, wrong: dict[str, str], status: int
) -> None:
    tom = browse("tom")
    keys = stops_of(tom.get("/where-next").text)
    form: dict[str, Any] = {"team": TEAM, "starts": "22:00", "back": "01:00", "stops": keys, "workers": "aisha"}
    assert tom.send("/where-next", **{**form, **wrong}).status_code == status
    assert planned(last_week, clock) == []


@pytest.mark.parametrize("who", ["aisha", "priya", "helen", "ruth", "omar"])
def test_only_a_lead_reads_or_assigns_it(last_week: Database, browse: Browse, clock: Clock, who: str) -> None:
    browser = browse(who)
    assert browser.get("/where-next").status_code == 403
    form = {"team": TEAM, "starts": "22:00", "back": "01:00", "stops": "c:1", "workers": "aisha"}
    assert browser.send("/where-next", **form).status_code == 403
    assert planned(last_week, clock) == []


def test_a_start_is_found_by_postcode_or_street_and_one_that_is_not_is_said(
    last_week: Database, browse: Browse
) -> None:
    tom = browse("tom")
    assert "does not know a place" in plain(tom.get("/where-next?start=Nowhere+at+all").text)
    here = tom.get("/where-next?start=WD17+1AA&hours=99&pace=fly")
    assert here.status_code == 200


def test_the_way_to_the_first_stop_is_said_from_where_they_set_out_or_not_at_all(
    last_week: Database, browse: Browse
) -> None:
    tom = browse("tom")

    def ways(path: str) -> list[str]:
        return re.findall(r'data-label="Way there">([^<]*)<', tom.get(path).text)

    first, *others = ways("/where-next?hours=6")
    assert first == "Begins here", "nothing comes before it"
    assert others and all(re.fullmatch(r"[\d.]+ k?m", each) for each in others)
    assert re.fullmatch(r"[\d.]+ k?m", ways("/where-next?hours=6&start=WD17+1AA")[0])


def test_who_is_to_be_seen_again_is_counted_by_square_without_whom_one_may_not_know(
    last_week: Database, clock: Clock
) -> None:
    night = date(2026, 11, 12)
    with last_week.reading() as session:
        before = sum(count_follow_ups(session, [county.WATFORD], night).values())
    with last_week.writing() as session:
        county.add(session, person_hidden, {"id": "h", "person_id": "marek", "at": clock.now, "worker_id": "tom",
                                            "agency_id": "beacon", "reason": "An ex-partner works here."})  # fmt: skip
    with last_week.reading() as session:
        assert sum(count_follow_ups(session, [county.WATFORD], night).values()) == before - 1
        assert sum(count_follow_ups(session, [county.WATFORD], night + timedelta(days=30)).values()) == 0


@pytest.mark.parametrize(
    ("change", "more"),
    [("died", 0), ("met tonight under another record", 0), ("met elsewhere since", 0), ("two records", 1), ("none", 1)],
)
def test_who_is_to_be_seen_again_is_one_person_by_what_is_known_last(
    last_week: Database, clock: Clock, change: str, more: int
) -> None:
    """A team was sent to a square for somebody who had died, or whom it had met an hour ago under another of their records."""
    night, now = clock.now.date(), clock.now

    def count() -> int:
        with last_week.reading() as session:
            return sum(count_follow_ups(session, [county.WATFORD], night).values())

    def meet(session: Any, who: str, days: tuple[int, ...], site_id: str = "stairwell") -> None:
        county.put_person(session, now, who, "", name=who, state="listed", nights=days, site_id=site_id)

    before = count()
    with last_week.writing() as session:
        meet(session, "ada", (2,))
        if change != "none":
            meet(session, "ada-too", (3,))
            merge = {"id": "m", "from_id": "ada-too", "into_id": "ada", "at": now, "worker_id": "tom"}
            county.add(session, person_merge, merge)
        if change == "died":
            session.execute(person.update().where(person.c.id == "ada-too").values(died_on=night))
        newer = {
            "met tonight under another record": {"night": night, "seen_at": now, "state": "not_bedded_down"},
            "met elsewhere since": {"seen_at": now, "district_id": "elsewhere", "night": night - timedelta(days=1)},
        }.get(change)
        if newer:
            session.execute(contact.update().where(contact.c.id == "contact-ada-too-0").values(**newer))

    assert count() == before + more


def test_ground_nobody_looked_at_for_long_is_named_as_that(last_week: Database, browse: Browse, clock: Clock) -> None:
    tom = browse("tom")
    keys = stops_of(tom.get("/where-next?hours=8").text)
    tom.send("/where-next", team=TEAM, starts="22:00", back="01:00", stops=keys, workers="aisha")
    (made,) = planned(last_week, clock)
    kinds = {each.kind for each in made.stops}
    assert {PlannedStopKind.REFERRAL, PlannedStopKind.NEGLECTED, PlannedStopKind.FOLLOW_UP} <= kinds


def test_who_agreed_a_next_step_is_gone_back_to_wherever_they_were_met(
    last_week: Database, browse: Browse, clock: Clock
) -> None:
    """Met by day, awake, where nobody was ever met asleep: somebody said that they would come back."""
    cell = cell_of(513_000, 199_000)
    with last_week.writing() as session:
        county.put_person(
            session, clock.now, "dee", "", name="Dee", state="listed", nights=(2,), note="Wants a doctor."
        )
        by_day = {"state": "not_bedded_down", "cell": cell, "latitude": 51.68, "longitude": -0.367, "site_id": None}
        session.execute(contact.update().where(contact.c.id == "contact-dee-0").values(**by_day))
        rebuild_looks(session)
    page = browse("tom").get("/where-next?hours=8&pace=drive")
    assert f"c:{cell}" in stops_of(page.text)
    (row,) = [each for each in page.text.split("<tr ") if f'value="c:{cell}"' in each]
    assert "1 person to see again" in plain(row)


def test_a_report_that_is_due_and_has_no_place_is_not_passed_over(last_week: Database, browse: Browse) -> None:
    words = "1 report that is due has no place on the map"
    assert words not in plain(browse("tom").get("/where-next?hours=8").text)
    with last_week.writing() as session:
        no_pin = {"latitude": None, "longitude": None, "pin_source": None}
        session.execute(referral.update().where(referral.c.team_id == TEAM).values(**no_pin))
    page = browse("tom").get("/where-next?hours=8")
    assert words in plain(page.text)
    assert not any(each.startswith("r:") for each in stops_of(page.text))
    with last_week.writing() as session:
        session.execute(referral.update().where(referral.c.team_id == TEAM).values(due_on=date(2026, 11, 13)))
    assert words not in plain(browse("tom").get("/where-next?hours=8").text)
