"""A phone is told who searches for whoever carries it: for that one alone, and nothing that a stranger may not read on it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, update

from server.actions.street.alarms import Watch
from server.actions.street.own_alarm import show_to
from server.database.engine import Database
from server.queries.street import alarms
from server.queries.street.duress_signs import DuressSign, set_sign
from server.queries.sync import store as sync
from server.tables.partnership.worker import worker_team
from server.tables.sync.sync import change
from shared.model.alarm import Alarm, AlarmEvent, AlarmEventKind, OwnAlarm
from shared.model.codes import DeviceStatus
from shared.model.device import Tokens
from shared.model.shift import CheckIn, Shift, ShiftEnded
from shared.rules.alarms import DEFAULT_LADDER
from tests.server.cast import Cast
from tests.server.phone import Phone

PATH = "/sync/v1/own-alarm"
Happens = Callable[..., None]


@pytest.fixture
def happens(database: Database, cast: Cast, now: datetime, new_id: Callable[[], str]) -> Happens:
    """An alarm about somebody of the cast is open, and something happens in it."""
    open_alarms = dict[str, str]()

    def do(kind: AlarmEventKind, by: Any, about: Any = None, minutes: int = 0) -> None:
        missed = about or cast.aisha
        with database.writing() as session:
            if missed.id not in open_alarms:
                open_alarms[missed.id] = new_id()
                alarms.add_alarm(session, Alarm(
                    id=open_alarms[missed.id], worker_id=missed.id, team_id=cast.team.id, due_at=now, raised_at=now,
                ))  # fmt: skip
            alarms.add_events(session, [AlarmEvent(
                id=new_id(), alarm_id=open_alarms[missed.id], at=now + timedelta(minutes=minutes), kind=kind,
                worker_id=by.id,
            )])  # fmt: skip

    return do


def told(phone: Phone) -> OwnAlarm:
    answer = phone.get(PATH)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=OwnAlarm)


def test_who_was_reached_and_who_has_it_is_told_to_whoever_is_missed(
    phone: Phone, cast: Cast, happens: Happens, now: datetime
) -> None:
    assert told(phone) == OwnAlarm()
    happens(AlarmEventKind.SENT, cast.aisha)
    happens(AlarmEventKind.TOLD, cast.dean)
    happens(AlarmEventKind.FAILED, cast.dean)
    assert told(phone) == OwnAlarm(), "a message to herself, and one that failed, reached nobody"
    happens(AlarmEventKind.SENT, cast.tom)
    assert told(phone) == OwnAlarm(reached=(cast.tom.short_name,))
    happens(AlarmEventKind.TAKEN, cast.dean, minutes=9)
    assert told(phone) == OwnAlarm(
        taken_by=cast.dean.short_name, taken_at=now + timedelta(minutes=9), reached=(cast.tom.short_name,)
    )
    happens(AlarmEventKind.HOME, cast.dean)
    assert told(phone) == OwnAlarm(), "it is over"


def test_nothing_is_told_of_a_colleagues_alarm_nor_under_duress(phone: Phone, cast: Cast, happens: Happens) -> None:
    happens(AlarmEventKind.TAKEN, cast.tom, about=cast.dean)
    assert told(phone) == OwnAlarm()
    happens(AlarmEventKind.TAKEN, cast.tom)
    assert told(phone).taken_by == cast.tom.short_name
    happens(AlarmEventKind.DURESS, cast.aisha)
    assert told(phone) == OwnAlarm(), "whoever holds her phone reads that nobody is coming"


def test_a_phone_that_was_stopped_and_a_stranger_are_told_nothing(
    phone: Phone, cast: Cast, happens: Happens, database: Database, client: Any
) -> None:
    happens(AlarmEventKind.TAKEN, cast.tom)
    assert client.get(PATH).status_code == 401
    with database.writing() as session:
        sync.set_status(session, phone.number, DeviceStatus.REVOKED)
    answer = phone.get(PATH)
    assert answer.status_code in (401, 403) and cast.tom.short_name not in answer.text


@pytest.mark.parametrize("minutes", [45, 90, None])
def test_the_sign_that_its_carrier_chose_is_heard_from_a_phone_too(
    phone: Phone, cast: Cast, database: Database, clock: Any, new_id: Callable[[], str], minutes: int | None
) -> None:
    """The phone knows nothing of it: without signal, and whoever holds it, it is a check-in."""
    with database.writing() as session:
        set_sign(session, DuressSign(worker_id=cast.aisha.id, minutes=45, chosen_at=clock.now))
        set_sign(session, DuressSign(worker_id=cast.dean.id, minutes=90, chosen_at=clock.now))
    begun = Shift(id=new_id(), team_id=cast.team.id, worker_id=cast.aisha.id, started_at=clock.now,
                  night=clock.now.date())  # fmt: skip
    due = None if minutes is None else clock.now + timedelta(minutes=minutes)
    made = CheckIn(id=new_id(), shift_id=begun.id, worker_id=cast.aisha.id, at=clock.now, next_due_at=due)
    phone.push(phone.fact("shift.started", begun), phone.fact("checkin.made", made))
    with database.writing() as session:
        assert not sync.list_quarantined(session, phone.number)
        Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
        assert [each.is_silent for each in alarms.list_open_alarms(session)] == ([True] if minutes == 45 else [])
    assert told(phone) == OwnAlarm()


@pytest.mark.parametrize("is_own_sign", [True, False])
@pytest.mark.parametrize("is_in_another_team", [True, False])
def test_a_call_for_help_is_heard_although_the_phones_word_is_held(
    phone: Phone,
    cast: Cast,
    database: Database,
    clock: Any,
    new_id: Callable[[], str],
    is_in_another_team: bool,
    is_own_sign: bool,
) -> None:
    """Whoever was moved to another team while she was out, or whose clock is wrong, is in danger all the same."""
    at = clock.now if is_in_another_team else clock.now + timedelta(days=400)
    due = at + timedelta(minutes=45)
    made = CheckIn(id=new_id(), shift_id="s", worker_id=cast.aisha.id, at=at, next_due_at=due, duress=not is_own_sign)
    with database.writing() as session:
        if is_own_sign:
            set_sign(session, DuressSign(worker_id=cast.aisha.id, minutes=45, chosen_at=clock.now))
        if is_in_another_team:
            session.execute(delete(worker_team).where(worker_team.c.worker_id == cast.aisha.id))
    phone.push(phone.fact("checkin.made", made))
    for _ in range(2):
        with database.writing() as session:
            assert len(sync.list_quarantined(session, phone.number)) == 1, "it waits for somebody's decision"
            Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
            (alarm,) = alarms.list_open_alarms(session)
        assert alarm.worker_id == cast.aisha.id and alarm.is_silent
        assert alarm.told_ids - {cast.aisha.id}
        assert sum(each.kind is AlarmEventKind.DURESS for each in alarm.events) == 1, "and calls once"


def test_a_forged_name_calls_for_nobody_else(
    phone: Phone, cast: Cast, database: Database, clock: Any, new_id: Callable[[], str]
) -> None:
    made = CheckIn(id="x" * 900, shift_id="s", worker_id=cast.dean.id, at=clock.now, duress=True)
    well = CheckIn(id=new_id(), shift_id="s", worker_id=cast.dean.id, at=clock.now)
    phone.push(phone.fact("checkin.made", made, new_id()), phone.fact("checkin.made", well))
    with database.writing() as session:
        assert len(sync.list_quarantined(session, phone.number)) == 2
        Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
        assert [each.worker_id for each in alarms.list_open_alarms(session)] == [cast.aisha.id]


@pytest.mark.parametrize(("wrong", "is_missed"), [("", False), ("revoked", True), ("clock", True), ("name", True)])
def test_a_check_in_that_is_held_is_a_sign_of_life_of_whoever_pressed(
    phone: Phone, cast: Cast, database: Database, clock: Any, new_id: Callable[[], str], wrong: str, is_missed: bool
) -> None:
    """Whoever was moved to another team while she was out presses as before; nothing of it counts until somebody has decided."""
    begun = Shift(
        id=new_id(), team_id=cast.team.id, worker_id=cast.aisha.id, started_at=clock.now, night=clock.now.date()
    )
    phone.push(phone.fact("shift.started", begun))
    clock.advance(minutes=50)
    at = clock.now + timedelta(days=400) if wrong == "clock" else clock.now
    who = cast.dean.id if wrong == "name" else cast.aisha.id
    with database.writing() as session:
        session.execute(delete(worker_team).where(worker_team.c.worker_id == cast.aisha.id))
    made = CheckIn(id=new_id(), shift_id=begun.id, worker_id=who, at=at, next_due_at=at + timedelta(minutes=90))
    phone.tokens = msgspec.json.decode(phone.refresh().content, type=Tokens)
    assert phone.push(phone.fact("checkin.made", made)).status_code == 200
    with database.writing() as session:
        assert len(sync.list_quarantined(session, phone.number)) == 1
        if wrong == "revoked":
            sync.set_status(session, phone.number, DeviceStatus.REVOKED)

    def missed(minutes: int) -> list[str]:
        clock.advance(minutes=minutes)
        with database.writing() as session:
            Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
            return [each.worker_id for each in alarms.list_open_alarms(session)]

    assert missed(20) == [cast.aisha.id] * is_missed
    assert missed(68) == [cast.aisha.id] * is_missed
    assert missed(3) == [cast.aisha.id], "and is missed once she breaks that promise"


@pytest.mark.parametrize("wrong", ["", "ended", "revoked", "name"])
def test_whoever_goes_out_by_a_phone_that_is_held_is_missed_too(
    phone: Phone, cast: Cast, database: Database, clock: Any, new_id: Callable[[], str], wrong: str
) -> None:
    """She was moved to another team today. Her phone says that her colleagues are told if she is late: then they are."""

    def send(fact: str, value: Any) -> None:
        phone.tokens = msgspec.json.decode(phone.refresh().content, type=Tokens)
        assert phone.push(phone.fact(fact, value)).status_code == 200

    with database.writing() as session:
        session.execute(delete(worker_team).where(worker_team.c.worker_id == cast.aisha.id))
    who = cast.dean.id if wrong == "name" else cast.aisha.id
    begun = Shift(id=new_id(), team_id=cast.team.id, worker_id=who, started_at=clock.now, night=clock.now.date())
    due = clock.now + timedelta(minutes=45)
    made = CheckIn(id=new_id(), shift_id=begun.id, worker_id=who, at=clock.now, next_due_at=due)
    send("shift.started", begun)
    send("checkin.made", made)
    clock.advance(minutes=20)
    if wrong == "ended":
        ended = ShiftEnded(id=new_id(), shift_id=begun.id, worker_id=who, at=clock.now)
        send("shift.ended", ended)
    with database.writing() as session:
        assert sync.list_quarantined(session, phone.number), "all of it waits for somebody's decision"
        if wrong == "revoked":
            sync.set_status(session, phone.number, DeviceStatus.REVOKED)

    def look(minutes: int) -> list[Alarm]:
        clock.advance(minutes=minutes)
        with database.writing() as session:
            Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
            return alarms.list_open_alarms(session)

    assert look(24) == [], "she promised to be heard later"
    assert [each.worker_id for each in look(2)] == ([] if wrong else [cast.aisha.id])
    if wrong:
        return
    (alarm,) = look(3)
    assert alarm.told_ids - {cast.aisha.id}, "and is named to a living person"
    again = CheckIn(id=new_id(), shift_id=begun.id, worker_id=who, at=clock.now,
                    next_due_at=clock.now + timedelta(minutes=30))  # fmt: skip
    send("checkin.made", again)
    assert look(1) == [], "a check-in that is held too ends it"
    assert [each.worker_id for each in look(31)] == [cast.aisha.id]
    clock.advance(minutes=1)
    send("shift.ended", ShiftEnded(id=new_id(), shift_id=begun.id, worker_id=who, at=clock.now))
    assert look(1) == [], "and so does going home"


def test_a_held_check_in_that_is_set_aside_ends_no_search_for_good(
    phone: Phone, cast: Cast, database: Database, clock: Any, new_id: Callable[[], str]
) -> None:
    begun = Shift(id=new_id(), team_id=cast.team.id, worker_id=cast.aisha.id, started_at=clock.now,
                  night=clock.now.date())  # fmt: skip
    phone.push(phone.fact("shift.started", begun))

    def look(minutes: int) -> list[str]:
        clock.advance(minutes=minutes)
        with database.writing() as session:
            Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
            return [each.worker_id for each in alarms.list_open_alarms(session)]

    assert look(61) == [cast.aisha.id]
    with database.writing() as session:
        session.execute(delete(worker_team).where(worker_team.c.worker_id == cast.aisha.id))
    phone.tokens = msgspec.json.decode(phone.refresh().content, type=Tokens)
    due = clock.now + timedelta(minutes=90)
    made = CheckIn(id=new_id(), shift_id=begun.id, worker_id=cast.aisha.id, at=clock.now, next_due_at=due)
    phone.push(phone.fact("checkin.made", made))
    assert look(1) == [], "she pressed"
    with database.writing() as session:
        (held,) = sync.list_quarantined(session, phone.number)
        session.execute(update(change).where(change.c.id == held.id).values(closed_by=cast.tom.id))
    for _ in range(3):
        assert look(1) == [cast.aisha.id], "what ended the search does not count: she was not heard"
    with database.reading() as session:
        (alarm,) = alarms.list_open_alarms(session)
    assert sum(each.worker_id == cast.tom.id or each.worker_id == cast.dean.id for each in alarm.events), (
        "and is told anew"
    )


def test_a_sign_is_one_from_when_it_was_chosen_and_not_for_what_was_said_before(now: datetime) -> None:
    sign = DuressSign(worker_id="aisha", minutes=45, chosen_at=now)
    due = now + timedelta(minutes=45)
    assert sign.is_given(now, due, now)
    assert not sign.is_given(now, due, now - timedelta(seconds=1)), "an ordinary promise of an hour ago calls nobody"


def test_who_asked_for_help_reads_nothing_of_what_others_do_once_somebody_may_look_at_her_screen(now: datetime) -> None:
    def line(kind: AlarmEventKind, who: str) -> AlarmEvent:
        return AlarmEvent(id=f"{kind}-{who}", alarm_id="a", at=now, kind=kind, worker_id=who)

    hers = line(AlarmEventKind.NOTED, "aisha")
    events = (line(AlarmEventKind.HELP, "aisha"), line(AlarmEventKind.DURESS, "aisha"), hers)
    alarm = Alarm(id="a", worker_id="aisha", team_id="t", due_at=now, raised_at=now,
                  events=(*events, line(AlarmEventKind.NOTED, "tom")))  # fmt: skip
    nobody_asks: Any = None
    shown = show_to(nobody_asks, "aisha", alarm, now)
    assert shown is not None and shown.events == (events[0], hers)
    assert show_to(nobody_asks, "tom", alarm, now) == alarm
