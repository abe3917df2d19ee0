"""Lone working: who is out, who is late and by how much, said to whom it concerns, and true although a colleague went home."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from server.actions.street.alarms import Watch
from server.database.engine import Database
from server.queries.street import shifts
from server.queries.street.alarms import add_events, list_open_alarms
from server.queries.street.duties import find_duties, list_holders
from server.queries.street.leaves import find_away
from server.queries.street.lone_working import list_on_shift
from server.queries.sync import store as sync
from server.tables.partnership.recipient import recipient
from server.tables.partnership.worker import worker, worker_role
from server.tables.street.leave import leave
from server.tables.street.shift import check_in, shift, shift_worker, sign_of_life
from server.web.layout.clocks import say_clock, say_duration
from shared.model.alarm import AlarmEvent, AlarmEventKind, AlarmStep
from shared.model.shift import ShiftEnded
from shared.rules.alarms import DEFAULT_LADDER
from shared.rules.check_ins import is_late, late_by, order_of_concern
from sync.authoring import NewChange
from tests.conftest import Clock
from tests.web import county
from tests.web.test_pages import plain

Browse = Callable[[str], Any]
TEAM = "watford-outreach"


@pytest.fixture
def out(filled: Database, now: datetime) -> Database:
    """Aisha, Dean and Tom are out, as `county` writes them."""
    with filled.writing() as session:
        county.fill_shifts(session, now)
    return filled


def test_a_late_one_is_said_first_in_words_and_in_red(out: Database, browse: Browse) -> None:
    page = browse("tom").get("/on-shift")
    words = plain(page.text)
    late = "Dean Rowe was due to check in at 21:05 and has not: 25 minutes late, last heard at 20:35."
    assert words.index(late) < words.index("Worker Team Out since")
    assert words.index("Dean Rowe Beacon Watford, Town centre 19:00 20:35 21:05 25 minutes late") < words.index(
        "Aisha Noor Beacon Watford, Town centre 19:00 21:20 21:50"
    )
    assert "Tom Ellis was due to check in at 20:00 and has not: 90 minutes late, not heard on this shift." in words
    assert page.text.count('class="govuk-body lantern-alarm"') == 2
    assert "2 check-ins late – On shift now" in words


def test_nothing_is_red_while_nobody_is_late(out: Database, browse: Browse, now: datetime) -> None:
    with out.writing() as session:
        for who in ("dean", "tom"):
            soon = {"at": now - timedelta(minutes=5), "next_due_at": now + timedelta(minutes=25)}
            county.add(session, check_in, {"id": f"fresh-{who}", "shift_id": "s1", "worker_id": who, **soon})
    page = browse("tom").get("/on-shift")
    assert "3 people out. No check-in is late." in plain(page.text)
    assert "lantern-alarm" not in page.text


def end_shift(database: Database, now: datetime, who: str) -> None:
    """As a phone's end of a shift lies on the server: the fact, and what the projection made of it."""
    now_ms = int(now.timestamp() * 1000)
    ended = ShiftEnded(id=f"end-{who}", shift_id="s1", worker_id=who, at=now)
    payload = msgspec.Raw(msgspec.json.encode(ended))
    with database.writing() as session:
        session.execute(shift.update().where(shift.c.id == "s1").values(ended_at=now))
        new = NewChange(id=f"change-{who}", type="shift.ended", scope=f"team:{TEAM}", entity="s1", payload=payload)
        sync.publish(session, [new], now_ms)


def names(database: Database, team_id: str = TEAM) -> list[str]:
    with database.reading() as session:
        return [each.worker_id for each in list_on_shift(session, [team_id])]


def test_whoever_went_home_is_gone_and_a_colleague_who_is_out_stays(out: Database, now: datetime) -> None:
    assert names(out) == ["aisha", "dean", "tom"]
    end_shift(out, now, "aisha")
    assert names(out) == ["dean", "tom"]
    end_shift(out, now, "dean")
    assert names(out) == ["tom"]


def test_another_teams_shift_is_not_shown(out: Database) -> None:
    assert names(out, "another") == []


def test_whoever_walks_with_two_teams_is_whole_to_each(out: Database, now: datetime) -> None:
    """What they began with the other team, and promised there, is theirs: no team sees half of it."""
    begun = now - timedelta(hours=5)
    with out.writing() as session:
        county.add(session, county.team, {"id": "another", "agency_id": "beacon", "name": "Another"})
        row = {"id": "s9", "team_id": "another", "worker_id": "dean", "started_at": begun, "night": now.date()}
        county.add(session, shift, row)
        county.add(session, shift_worker, {"shift_id": "s9", "worker_id": "dean", "joined_at": begun})
    assert names(out, "another") == ["dean"]
    with out.reading() as session:
        here, there = (
            next(each for each in list_on_shift(session, [team_id]) if each.worker_id == "dean")
            for team_id in (TEAM, "another")
        )
    assert here == there and here.out_since == begun
    assert here.team_ids == ("another", TEAM) and "s9" in here.shift_ids and len(here.shift_ids) > 1


def test_nobody_drops_out_because_hours_have_passed(out: Database, browse: Browse, clock: Clock) -> None:
    """A shift that nobody ended is the one in which something may have happened."""
    clock.advance(hours=37)
    assert "Dean Rowe was due to check in at 21:05 on 12 Nov and has not: 37 hours late" in plain(
        browse("tom").get("/on-shift").text
    )


def test_a_night_with_nobody_out_says_so(browse: Browse) -> None:
    assert "Nobody of your teams is out" in plain(browse("tom").get("/on-shift").text)


@pytest.mark.parametrize(
    ("who", "status"), [("aisha", 200), ("priya", 200), ("helen", 403), ("omar", 403), ("ruth", 403)]
)
def test_colleagues_and_the_coordinator_see_it_and_others_do_not(
    out: Database, browse: Browse, who: str, status: int
) -> None:
    page = browse(who).get("/on-shift")
    assert page.status_code == status
    assert ("Dean Rowe" in page.text) == (status == 200)


def test_a_check_in_is_late_from_the_moment_after_it_was_due() -> None:
    due = datetime(2026, 11, 12, 21, 5, tzinfo=UTC)
    assert not is_late(due, due)
    assert is_late(due, due + timedelta(seconds=1))
    assert not is_late(None, due)
    assert late_by(due, due - timedelta(minutes=1)) == timedelta(0)
    assert sorted([None, due + timedelta(hours=1), due], key=order_of_concern) == [due, due + timedelta(hours=1), None]


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 minute"), (1500, "25 minutes"), (7140, "119 minutes"), (7200, "2 hours")]
)
def test_how_late_is_said_plainly(seconds: int, words: str) -> None:
    assert say_duration(timedelta(seconds=seconds)) == words


def test_a_contact_after_the_promise_is_said_and_only_silence_too(out: Database, browse: Browse, now: datetime) -> None:
    """Words of three kinds: late; late, and the phone is silent; late, but a contact came."""
    with out.writing() as session:
        county.add(session, sign_of_life, {"worker_id": "dean", "at": now - timedelta(minutes=2), "kind": "contact"})
    words = plain(browse("tom").get("/on-shift").text)
    assert "Dean Rowe was due to check in at 21:05 and has not: 25 minutes late, but a contact came at 21:28." in words


def test_two_shifts_of_one_worker_are_one_line(out: Database, browse: Browse, now: datetime) -> None:
    with out.writing() as session:
        row = {"id": "s3", "team_id": TEAM, "worker_id": "dean", "started_at": now, "night": now.date()}
        county.add(session, shift, row)
        county.add(session, shift_worker, {"shift_id": "s3", "worker_id": "dean", "joined_at": now})
        soon = {"at": now, "next_due_at": now + timedelta(minutes=60)}
        county.add(session, check_in, {"id": "k3", "shift_id": "s3", "worker_id": "dean", **soon})
    words = plain(browse("tom").get("/on-shift").text)
    assert words.count("Dean Rowe") == 1
    assert names(out) == ["aisha", "dean", "tom"]


def test_whoever_was_taken_along_goes_home_with_their_colleague(out: Database, now: datetime) -> None:
    with out.writing() as session:
        theirs = (shift_worker.c.shift_id == "s1") & (shift_worker.c.worker_id == "dean")
        session.execute(shift_worker.update().where(theirs).values(named_by="aisha"))
        shifts.go_home(session, "aisha", "s1", now)
    assert names(out) == ["tom"]


def test_the_night_of_two_hours_says_which(clock: Clock) -> None:
    twice = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    assert say_clock(twice, twice) == "01:45 BST"
    assert say_clock(twice + timedelta(hours=1), twice) == "01:45 GMT"
    assert say_clock(datetime(2026, 11, 12, 21, 5, tzinfo=UTC), datetime(2026, 11, 12, 21, 30, tzinfo=UTC)) == "21:05"


@pytest.mark.parametrize(
    ("minutes", "said"), [(-721, "13:59"), (-720, "14:00 BST"), (719, "12:59 GMT"), (720, "13:00")]
)
def test_both_names_of_the_time_are_said_for_half_a_day_around_the_change(minutes: int, said: str) -> None:
    moment = datetime(2026, 10, 25, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    assert say_clock(moment, moment) == said


def test_the_wall_has_a_sign_in_of_its_own_that_does_nothing_else(out: Database, browse: Browse, clock: Clock) -> None:
    browser = browse("tom")
    browser.get("/on-shift")
    wall = browser.send("/wall")
    assert "Dean Rowe" in wall.text
    assert "Take this page off the wall" in wall.text
    assert "/sign-in" in str(browser.get("/on-shift").url), "nothing else is open any more"
    clock.advance(hours=13, minutes=59)
    assert "Dean Rowe" in browser.get("/wall/now").text
    clock.advance(minutes=2)
    assert "Dean Rowe" not in browser.get("/wall/now").text


def test_the_wall_goes_dark_when_whoever_put_it_up_leaves(out: Database, browse: Browse) -> None:
    browser = browse("tom")
    browser.get("/on-shift")
    browser.send("/wall")
    with out.writing() as session:
        session.execute(worker.update().where(worker.c.id == "tom").values(active=False))
    assert "Dean Rowe" not in browser.get("/wall").text


def raise_alarm(database: Database, now: datetime) -> str:
    """One round of the job: Dean is late for 25 minutes, so everybody up to the manager is told in turn."""
    number = iter(range(1000))
    with database.writing() as session:
        session.execute(worker.update().where(worker.c.id == "dean").values(telephone="07700 900001"))
        Watch(session, now, lambda: f"a{next(number)}", DEFAULT_LADDER).look()
    with database.reading() as session:
        return next(each.id for each in list_open_alarms(session) if each.worker_id == "dean")


def test_the_first_who_has_it_owns_it_and_says_what_was_done(out: Database, browse: Browse, now: datetime) -> None:
    alarm_id = raise_alarm(out, now)
    aisha = browse("aisha")
    page = aisha.get(f"/alarms/{alarm_id}")
    assert "07700 900001" in page.text, "a telephone to ring"
    assert "I have it" in page.text
    aisha.send(f"/alarms/{alarm_id}/take", instead_of="")
    tom = browse("tom")
    tom.get("/on-shift")
    assert "Aisha N has it since" in plain(tom.get("/on-shift").text)
    assert tom.send(f"/alarms/{alarm_id}/take", instead_of="").status_code == 409, "somebody has it already"
    assert tom.send(f"/alarms/{alarm_id}/take", instead_of="aisha").status_code == 200
    assert tom.send(f"/alarms/{alarm_id}/done", note="", outcome="home").status_code == 422, (
        "it is said how that is known"
    )
    done = tom.send(f"/alarms/{alarm_id}/done", note="Rang him: he is at home", outcome="home")
    assert "Home. Tom E: Rang him: he is at home" in plain(done.text)
    assert "dean" not in names(out)
    assert tom.send(f"/alarms/{alarm_id}/done", note="Again", outcome="home").status_code == 409


def test_the_page_sounds_for_each_new_cause_though_as_many_are_late_as_before(
    out: Database, browse: Browse, now: datetime
) -> None:
    """One is heard while another becomes late, or whoever was late asks for help: a number would stay the same."""
    alarm_id = raise_alarm(out, now)
    tom = browse("tom")

    def named() -> set[str]:
        found = re.search(r'data-said="([^"]*)"', tom.get("/on-shift/now").text)
        assert found is not None
        return set(found[1].split(" "))

    before = named()
    with out.reading() as session:
        due_at = next(each.due_at for each in list_open_alarms(session) if each.id == alarm_id)
    missed = f"dean@{due_at.timestamp():.0f}"
    assert {each for each in before if each.startswith("dean") or each == alarm_id} == {missed}, (
        "who is late, and the alarm that follows from it, are one cause: it sounds once"
    )
    with out.writing() as session:
        asked = AlarmEvent(id="asked", alarm_id=alarm_id, at=now, kind=AlarmEventKind.HELP, worker_id="dean")
        add_events(session, [asked])
    assert named() - before == {"asked"}
    with out.writing() as session:
        for who, minutes in (("dean", 30), ("aisha", -1)):
            promise = {"next_due_at": now + timedelta(minutes=minutes), "due_at": now + timedelta(minutes=minutes)}
            session.execute(check_in.update().where(check_in.c.worker_id == who).values(**promise))
    assert {each.split("@")[0] for each in named() - before} == {"asked", "aisha"}


def test_an_alarm_is_not_for_another_agency(out: Database, browse: Browse, now: datetime) -> None:
    alarm_id = raise_alarm(out, now)
    assert browse("rowan").get(f"/alarms/{alarm_id}").status_code == 404
    assert browse("ruth").get(f"/alarms/{alarm_id}").status_code == 403


def test_a_lead_hands_over_and_the_next_alarm_goes_to_whoever_has_it_now(out: Database, browse: Browse) -> None:
    browser = browse("tom")
    assert "Tom Ellis" in plain(browser.get("/on-duty").text)
    browser.send("/on-duty", team=TEAM, post="lead", worker="aisha")
    with out.reading() as session:
        assert list_holders(session, TEAM)[AlarmStep.LEAD] == ["aisha"]
    assert browser.send("/on-duty", team="another", post="lead", worker="aisha").status_code == 404


def test_a_server_that_can_tell_nobody_says_so_where_duty_is_set(out: Database, browse: Browse) -> None:
    assert "neither a mail server nor a telephone gateway" in plain(browse("tom").get("/on-duty").text)


def test_nobody_is_said_to_be_told_before_a_message_has_left(out: Database, browse: Browse, now: datetime) -> None:
    alarm_id = raise_alarm(out, now)
    tom = browse("tom")

    def stands() -> str:
        found = re.search(r"Dean \S+: nobody has it yet\. (.+?) What was done", plain(tom.get("/on-shift").text))
        assert found is not None
        return found[1]

    def happens(kind: AlarmEventKind, who: str) -> None:
        with out.writing() as session:
            add_events(session, [AlarmEvent(id=f"{kind}-{who}", alarm_id=alarm_id, at=now, kind=kind, worker_id=who)])

    assert stands() == "Message waits for: Aisha N, Tom E."
    happens(AlarmEventKind.FAILED, "tom")
    assert stands() == "Message waits for: Aisha N. Could not be told: Tom E."
    happens(AlarmEventKind.SENT, "aisha")
    happens(AlarmEventKind.SENT, "tom")
    assert stands() == "Told: Aisha N, Tom E.", "one way that succeeds is enough"


def test_leave_is_said_on_the_page_and_ended_there(out: Database, browse: Browse) -> None:
    tom = browse("tom")
    days = {"team": TEAM, "worker": "tom", "first": "2026-11-12", "last": "2026-11-15"}
    page = plain(tom.send("/on-duty/leave", **days).text)
    assert "Tom Ellis: away until 15 November 2026" in page
    assert "Lead Nobody" in page
    with out.reading() as session:
        (row,) = session.execute(select(leave)).all()
    assert (row.starts_at, row.ends_at) == (datetime(2026, 11, 12, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC))
    refused = tom.send("/on-duty", team=TEAM, post="lead", worker="tom")
    assert refused.status_code == 422 and "They are on leave. Choose somebody else" in plain(refused.text)
    with out.reading() as session:
        assert not find_duties(session, TEAM), "a post is handed to nobody who is away"
    plan = {"team": TEAM, "workers": "tom", "area": "", "starts": "22:00", "back": "23:30"}
    assert tom.send("/shift-plan", **plan).status_code == 422, "nobody on leave is sent out"
    page = plain(tom.send(f"/on-duty/leave/{row.id}/back", team=TEAM).text)
    assert "Lead Tom Ellis" in page
    assert tom.send("/shift-plan", **plan).status_code == 200
    assert tom.send("/on-duty/leave", **days).status_code == 422, "they are planned to go out then"
    assert tom.send(f"/on-duty/leave/{row.id}/back", team="another").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"last": "2026-11-11"},
        {"first": ""},
        {"last": "2028-11-11"},
        {"worker": "ruth"},
        {"first": "yesterday"},
        {"last": "9999-12-31"},
        {"first": "0001-01-01"},
    ],
)
def test_leave_that_makes_no_sense_is_refused(out: Database, browse: Browse, wrong: dict[str, str]) -> None:
    days = {"team": TEAM, "worker": "tom", "first": "2026-11-12", "last": "2026-11-15"} | wrong
    answer = browse("tom").send("/on-duty/leave", **days)
    assert answer.status_code == 422
    assert "govuk-error-message" in answer.text and '<details class="govuk-details" open>' in answer.text
    assert all(f'value="{days[name]}"' in answer.text for name in ("first", "last")), (
        "what was typed stands there still"
    )
    with out.reading() as session:
        assert session.execute(select(leave)).all() == []


def test_leave_said_twice_is_over_with_one_press(out: Database, browse: Browse, now: datetime) -> None:
    tom = browse("tom")
    days = {"team": TEAM, "worker": "tom", "first": "2026-11-12", "last": "2026-11-15"}
    for again in (days, days, days | {"last": "2026-11-20"}, days | {"first": "2026-11-20", "last": "2026-11-22"}):
        tom.send("/on-duty/leave", **again)
    with out.reading() as session:
        first, longer, ahead = session.execute(select(leave).order_by(leave.c.ends_at)).all()
    assert "Lead Tom Ellis" in plain(tom.send(f"/on-duty/leave/{first.id}/back", team=TEAM).text), (
        "is here, whoever said what"
    )
    for stale in (first, longer):
        tom.send(f"/on-duty/leave/{stale.id}/back", team=TEAM)
    with out.reading() as session:
        rows = session.execute(select(leave).order_by(leave.c.id)).all()
        assert {row.id: row.ends_at for row in rows} == {first.id: now, longer.id: now, ahead.id: ahead.ends_at}
        assert find_away(session, now) == {}


def test_leave_from_midnight_on_forbids_no_shift_that_ends_then(out: Database, browse: Browse) -> None:
    tom = browse("tom")
    tom.send("/on-duty/leave", team=TEAM, worker="tom", first="2026-11-13", last="2026-11-15")
    plan = {"team": TEAM, "workers": "tom", "area": "", "starts": "22:00"}
    assert tom.send("/shift-plan", **plan, back="00:30").status_code == 422
    assert tom.send("/shift-plan", **plan, back="00:00").status_code == 200


def test_leave_begins_at_midnight_by_clocks_here(out: Database, browse: Browse) -> None:
    browse("tom").send("/on-duty/leave", team=TEAM, worker="tom", first="2027-03-28", last="2027-06-01")
    with out.reading() as session:
        (row,) = session.execute(select(leave)).all()
    assert (row.starts_at, row.ends_at) == (datetime(2027, 3, 28, tzinfo=UTC), datetime(2027, 6, 1, 23, tzinfo=UTC))


@pytest.mark.parametrize(("who", "status"), [("aisha", 403), ("helen", 403), ("rowan", 403)])
def test_leave_is_a_leads_or_a_coordinators_to_say(out: Database, browse: Browse, who: str, status: int) -> None:
    days = {"team": TEAM, "worker": "tom", "first": "2026-11-12", "last": "2026-11-15"}
    assert browse(who).send("/on-duty/leave", **days).status_code == status


def test_a_lead_says_no_leave_of_whoever_coordinates_for_another_agency(
    out: Database, browse: Browse, now: datetime
) -> None:
    """The alarms that nobody answered go to them: to send them past is for their own agency."""
    days = {"team": TEAM, "worker": "priya", "first": "2026-11-12", "last": "2026-11-15"}
    with out.reading() as session:
        assert "priya" in list_holders(session, TEAM)[AlarmStep.MANAGER]
    tom = browse("tom")
    assert tom.send("/on-duty/leave", **days).status_code == 422
    with out.reading() as session:
        assert session.execute(select(leave)).all() == []
    with out.writing() as session:
        county.add(session, worker_role, {"worker_id": "priya", "role": "team_lead"})
        leads = {
            "id": "leads",
            "agency_id": "watford-housing",
            "role": "team_lead",
            "founding": True,
            "proposed_at": now,
        }
        county.add(session, recipient, leads)
    assert browse("priya").send("/on-duty/leave", **days).status_code == 200
    with out.reading() as session:
        (row,) = session.execute(select(leave)).all()
    assert browse("tom").send(f"/on-duty/leave/{row.id}/back", team=TEAM).status_code == 404
