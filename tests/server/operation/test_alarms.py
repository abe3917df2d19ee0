"""The alarm that ends in a person: who is told when, by which road, what an answer does, and that nothing ends silently."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from server.actions.street.alarms import Watch
from server.actions.street.owing import NOT_AWAITED
from server.database.context import Kind, acting
from server.database.engine import Database
from server.http.services import Services
from server.jobs.catalogue import JOBS, LANES
from server.jobs.runner import Job, Moment
from server.jobs.schedule import Every
from server.queries.street import alarms, duties, leaves, plans, shifts
from server.queries.street.duties import Duty
from server.queries.street.leaves import Leave
from server.queries.street.lone_working import list_on_shift
from server.queries.street.plans import ShiftPlan
from server.queries.sync import store as sync
from server.settings import AlarmSettings, Settings
from server.tables.operation.mail import mail
from server.tables.partnership.worker import worker
from server.tables.street.shift import check_in, shift, shift_worker
from shared.model.alarm import Alarm, AlarmEvent, AlarmEventKind, AlarmStep
from shared.model.shift import CheckIn, Shift, ShiftEnded, ShiftJoined
from sync.authoring import NewChange
from sync.clock import MadeAt, PhoneClock, happened_at
from sync.server import AcceptedChange
from tests.conftest import Clock
from tests.server.cast import make_settings
from tests.server.live import PATIENCE_S
from tests.server.running import run_due, services_as_served
from tests.server.telephones import Telephones
from tests.web import county

Look = Callable[..., Alarm | None]


@pytest.fixture
def telephones() -> Iterator[Telephones]:
    made = Telephones()
    yield made
    made.stop()


@pytest.fixture
def out(database: Database, now: datetime) -> Database:
    """Aisha and Dean are out together; both promised to be heard at ten. Tom leads; everybody has a telephone but Dean."""
    with database.writing() as session:
        county.fill(session, now)
        county.add(session, shift, {"id": "s1", "team_id": "watford-outreach", "worker_id": "aisha", "started_at": now,
                                    "night": now.date()})  # fmt: skip
        for who in ("aisha", "dean"):
            county.add(session, shift_worker, {"shift_id": "s1", "worker_id": who, "joined_at": now})
            county.add(session, check_in, {"id": f"k-{who}", "shift_id": "s1", "worker_id": who, "at": now,
                                           "heard_at": now, "next_due_at": now + timedelta(minutes=30)})  # fmt: skip
        for number, who in enumerate(("aisha", "tom", "priya")):
            session.execute(update(worker).where(worker.c.id == who).values(telephone=f"07700 90000{number}"))
    return database


@pytest.fixture
def settings(database_url: str, tmp_path: Path, telephones: Telephones) -> Settings:
    token = tmp_path / "token"
    token.write_text("the gateway's own secret\n")
    made = make_settings(database_url, tmp_path / "data")
    return replace(
        made, alarm=AlarmSettings(url=telephones.url, token_file=token), public_url="https://lantern.example"
    )


@pytest.fixture
def services(out: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> Iterator[Services]:
    made = services_as_served(settings, clock, new_id)
    yield made
    made.database.close()


@pytest.fixture
def look(services: Services, clock: Clock) -> Look:
    """Lets so many minutes pass, somebody looking each quarter of one; the newest alarm about somebody."""

    def every(session: Any) -> list[Alarm]:
        return alarms.list_alarms_of_teams(session, ["watford-outreach"], clock.now - timedelta(days=3))

    def do(minutes: float, about: str = "aisha") -> Alarm | None:
        for number in range(1, int(minutes * 4) + 1):
            clock.advance(seconds=15)
            with acting(Kind.JOB), services.database.writing() as session:
                Watch(session, clock.now, services.new_id, services.settings.alarm.ladder).look()
            if number % 4 == 0 or number == int(minutes * 4):
                run_due(services, JOBS, "this test", names=("telephone",))
        with services.database.reading() as session:
            return next((each for each in reversed(every(session)) if each.worker_id == about), None)

    return do


def keep_dean_heard(services: Services, clock: Clock) -> None:
    promise = {"next_due_at": clock.now + timedelta(hours=11), "at": clock.now}
    with services.database.writing() as session:
        session.execute(update(check_in).where(check_in.c.worker_id == "dean").values(**promise))


def told(alarm: Alarm | None) -> list[tuple[str, str]]:
    assert alarm is not None
    found = [each for each in alarm.events if each.kind is AlarmEventKind.TOLD]
    return [(str(each.step), each.worker_id or "") for each in found]


def test_one_after_another_is_told_until_somebody_has_it(services: Services, look: Look, clock: Clock) -> None:
    keep_dean_heard(services, clock)
    clock.advance(minutes=29)
    assert look(0.75) is None, "nobody is told before the check-in is due"
    assert told(look(0.25)) == [("worker", "aisha")]
    assert told(look(2.75)) == [("worker", "aisha")]
    assert told(look(0.25))[1:] == [("colleagues", "dean")], "three minutes late: a living person knows"
    assert told(look(4))[2:] == [("lead", "tom")]
    assert told(look(5))[3:] == [("manager", "priya")], "nobody deputises: that step takes no time"
    assert told(look(4.75))[4:] == []
    assert told(look(0.25))[4:] == [("everybody", each) for each in ("dean", "priya", "tom")]
    assert len(told(look(15))) == 4 + 6, "unanswered, everybody is told again"
    assert len(told(look(1))) == 4 + 6, "a quarter of an hour later, and not at each look from then on"
    clock.advance(hours=40)
    alarm = look(0.25)
    assert alarm is not None
    assert alarm.ended is None, "nothing ends by hours passing"


def test_a_message_says_a_first_name_and_a_link_and_no_more(
    services: Services, look: Look, clock: Clock, telephones: Telephones
) -> None:
    keep_dean_heard(services, clock)
    clock.advance(minutes=29)
    alarm = look(9)
    assert alarm is not None
    assert [each["to"] for each in telephones.heard] == ["07700 900000", "07700 900001"]
    link = f"https://lantern.example/alarms/{alarm.id}"
    assert telephones.heard[1]["text"] == (
        f"Lantern: Aisha was to be heard by now and was not. Find out, and press I have it: {link}"
    )
    assert telephones.headers[1]["authorization"] == "Bearer the gateway's own secret"
    assert telephones.headers[1]["idempotency-key"] == telephones.heard[1]["id"]
    with services.database.reading() as session:
        facts = session.scalars(
            select(mail.c.facts).where(mail.c.kind == "lone_worker", mail.c.worker_id == "dean")
        ).all()
    assert [json.loads(each)["first_name"] for each in facts] == ["Aisha"]
    assert "Noor" not in str(telephones.heard) + str(facts)
    assert [each.worker_id for each in alarm.events if each.kind is AlarmEventKind.SENT] == ["aisha", "tom"]


def test_a_gateway_that_is_away_is_tried_again_and_one_that_refuses_is_said(
    services: Services, look: Look, clock: Clock, telephones: Telephones
) -> None:
    keep_dean_heard(services, clock)
    telephones.status = 503
    clock.advance(minutes=29)
    look(1)
    telephones.status = 202
    alarm = look(2)
    assert alarm is not None
    assert [each.kind for each in alarm.events] == [AlarmEventKind.TOLD, AlarmEventKind.SENT]
    assert telephones.heard[0]["id"] == telephones.heard[-1]["id"], "the same message both times"
    telephones.status = 400
    alarm = look(6)
    assert alarm is not None
    refused = [each.worker_id for each in alarm.events if each.kind is AlarmEventKind.FAILED]
    assert refused == ["tom", "priya"], "whom nobody could ring is not waited for: the next is told at once"


def test_a_fault_of_the_servers_own_stands_in_the_log_and_what_waits_goes_out_once_it_is_mended(
    services: Services, look: Look, clock: Clock, telephones: Telephones
) -> None:
    keep_dean_heard(services, clock)
    token = services.settings.alarm.token_file
    assert token is not None
    secret = token.read_text()
    token.unlink()
    clock.advance(minutes=29)
    alarm = look(2)
    assert alarm is not None and telephones.heard == []
    assert [(each.kind, each.worker_id) for each in alarm.events] == [
        (AlarmEventKind.TOLD, "aisha"), (AlarmEventKind.FAILED, "aisha"),
    ], "once, however often it is tried"  # fmt: skip
    assert alarm.events[-1].note == "A fault of this server, FileNotFoundError: it is tried again each minute."
    clock.advance(minutes=1)
    (ran,) = run_due(services, JOBS, "this test", names=("telephone",)) or ()
    assert ran.error == "FileNotFoundError", "whoever looks after the server is told too"
    token.write_text(secret)
    alarm = look(1)
    assert alarm is not None and alarm.reached_ids == {"aisha"}


def test_whoever_is_heard_ends_it_and_everybody_told_hears_that(
    services: Services, look: Look, clock: Clock, telephones: Telephones
) -> None:
    keep_dean_heard(services, clock)
    clock.advance(minutes=29)
    look(9)
    with services.database.writing() as session:
        county.add(session, check_in, {"id": "k2", "shift_id": "s1", "worker_id": "aisha", "at": clock.now,
                                       "heard_at": clock.now, "next_due_at": clock.now + timedelta(minutes=30)})  # fmt: skip
    alarm = look(0.25)
    assert alarm is not None
    assert alarm.ended is not None
    assert alarm.ended.kind is AlarmEventKind.HEARD
    assert telephones.heard[-1]["to"] == "07700 900001"
    assert "It is over" in telephones.heard[-1]["text"]
    with services.database.reading() as session:
        over = session.scalars(
            select(mail.c.worker_id).where(mail.c.kind == "lone_worker_over").order_by(mail.c.worker_id)
        )
        assert over.all() == ["dean", "tom"]
    clock.advance(minutes=29)
    newer = look(1)
    assert newer is not None
    assert newer.id != alarm.id, "a promise broken again is an alarm again"


def test_a_server_that_was_off_tells_somebody_the_moment_it_wakes(services: Services, look: Look, clock: Clock) -> None:
    keep_dean_heard(services, clock)
    clock.advance(hours=3)
    assert told(look(0.25)) == [("worker", "aisha"), ("colleagues", "dean")]


def test_whoever_has_nobody_else_is_said_to_have_nobody(services: Services, look: Look, clock: Clock) -> None:
    with services.database.writing() as session:
        session.execute(update(worker).where(worker.c.id != "aisha").values(active=False))
    clock.advance(minutes=29)
    alarm = look(10)
    assert alarm is not None
    assert alarm.events[-1].step is AlarmStep.EVERYBODY
    assert "nobody to tell" in alarm.events[-1].note


def test_whoever_only_has_an_address_is_not_waited_for_where_no_mail_server_is(
    services: Services, look: Look, clock: Clock
) -> None:
    """Dean has no telephone, and this server a gateway and no mail: the step of whoever is out with her takes no time."""
    keep_dean_heard(services, clock)
    clock.advance(minutes=30)

    def tell(minutes: int) -> list[str]:
        clock.advance(minutes=minutes)
        with acting(Kind.JOB):
            assert run_due(services, JOBS, "this test", names=("watch",))
        with services.database.reading() as session:
            (alarm,) = alarms.list_open_alarms(session)
        return [who for _, who in told(alarm)]

    assert tell(1) == ["aisha"]
    assert tell(2) == ["aisha", "tom"]
    with services.database.writing() as session:
        session.execute(update(worker).values(telephone=""))
        session.execute(update(worker).where(worker.c.id == "olu").values(telephone="07700 900009"))
    assert tell(30)[-1] in ("olu", ""), "whoever of her agency has a telephone, and nobody who cannot be reached"


def test_what_was_not_handed_on_in_time_is_not_said_once_it_is_over(
    services: Services, look: Look, clock: Clock, telephones: Telephones
) -> None:
    """A gateway that was away must not send a lead to look for somebody after the word that she is well."""
    keep_dean_heard(services, clock)
    telephones.status = 503
    clock.advance(minutes=29)
    look(9)
    with services.database.writing() as session:
        county.add(session, check_in, {"id": "k2", "shift_id": "s1", "worker_id": "aisha", "at": clock.now,
                                       "heard_at": clock.now, "next_due_at": clock.now + timedelta(minutes=30)})  # fmt: skip
        telephones.heard.clear()
        telephones.status = 202
    look(5)
    assert ["It is over" in each["text"] for each in telephones.heard] == [True], (
        "one message, and that is the true one"
    )
    with services.database.reading() as session:
        mails = session.execute(select(mail.c.state, mail.c.last_error).where(mail.c.kind == "lone_worker")).all()
    assert {(str(each.state), each.last_error) for each in mails} == {("failed", "It was over.")}


def test_a_gateway_that_was_away_for_ten_minutes_is_tried_within_the_next_one(
    services: Services, look: Look, clock: Clock, telephones: Telephones
) -> None:
    keep_dean_heard(services, clock)
    telephones.status = 503
    clock.advance(minutes=29)
    look(11)
    telephones.heard.clear()
    telephones.status = 202
    look(1)
    assert sorted(each["to"] for each in telephones.heard) == ["07700 900000", "07700 900001"]


def test_a_clock_that_is_set_back_in_the_middle_makes_nobody_wait_for_it(
    services: Services, look: Look, clock: Clock, telephones: Telephones
) -> None:
    """A server in the wrong hour began to tell; set right, it goes on from there, and what waits is sent."""
    keep_dean_heard(services, clock)
    promised = {"next_due_at": clock.now - timedelta(minutes=3), "at": clock.now - timedelta(minutes=33)}
    with services.database.writing() as session:
        session.execute(update(check_in).where(check_in.c.worker_id == "aisha").values(**promised))
        session.execute(update(shift_worker).values(joined_at=clock.now - timedelta(hours=1)))
    clock.advance(hours=6)
    with services.database.writing() as session:
        Watch(session, clock.now, services.new_id, services.settings.alarm.ladder).look()
    clock.advance(hours=-6)
    assert ("lead", "tom") in told(look(0.25)), "those who were told in six hours from now are not waited for"
    assert {each["to"] for each in telephones.heard} >= {"07700 900000"}, "nor is what was written then"
    assert ("everybody", "tom") in told(look(10.25))
    before = len(told(look(0)))
    assert len(told(look(1))) == before, "and everybody is told again a while later, not at each look"


def test_what_a_sender_had_taken_that_died_is_sent_within_minutes(
    services: Services, clock: Clock, telephones: Telephones
) -> None:
    keep_dean_heard(services, clock)
    clock.advance(minutes=34)
    with services.database.writing() as session:
        Watch(session, clock.now, services.new_id, services.settings.alarm.ladder).look()
        taken = 0
        while alarms.claim_call(session, clock.now) is not None:
            taken += 1
    assert taken > 0
    clock.advance(minutes=1)
    run_due(services, JOBS, "this test", names=("telephone",))
    assert telephones.heard == [], "somebody may be sending it"
    clock.advance(minutes=2)
    run_due(services, JOBS, "this test", names=("telephone",))
    assert len(telephones.heard) == taken


def test_a_message_for_somebody_who_has_left_holds_up_no_other(
    services: Services, look: Look, clock: Clock, telephones: Telephones
) -> None:
    keep_dean_heard(services, clock)
    telephones.status = 503
    clock.advance(minutes=29)
    look(9)
    with services.database.writing() as session:
        session.execute(update(worker).where(worker.c.id == "aisha").values(active=False))
    telephones.heard.clear()
    telephones.status = 202
    clock.advance(minutes=2)
    run_due(services, JOBS, "this test", names=("telephone",))
    assert [each["to"] for each in telephones.heard] == ["07700 900001"]


def test_whoever_was_told_by_an_earlier_step_is_not_waited_for_again(
    services: Services, look: Look, clock: Clock
) -> None:
    """Tom walks himself: told as a colleague, his step as the lead takes no time, and the next person hears sooner."""
    keep_dean_heard(services, clock)
    with services.database.writing() as session:
        county.add(session, shift_worker, {"shift_id": "s1", "worker_id": "tom", "joined_at": clock.now})
        county.add(session, check_in, {"id": "k-tom", "shift_id": "s1", "worker_id": "tom", "at": clock.now,
                                       "heard_at": clock.now, "next_due_at": clock.now + timedelta(hours=11)})  # fmt: skip
    clock.advance(minutes=29)
    assert told(look(4.25))[1:] == [("colleagues", "dean"), ("colleagues", "tom")]
    assert told(look(4))[3:] == [("manager", "priya")]


def test_a_worker_without_a_name_keeps_nobody_from_being_told(
    services: Services, look: Look, clock: Clock, telephones: Telephones
) -> None:
    keep_dean_heard(services, clock)
    with services.database.writing() as session:
        session.execute(update(worker).where(worker.c.id == "aisha").values(name=" "))
    clock.advance(minutes=29)
    look(9)
    assert "Lantern: A colleague was to be heard" in telephones.heard[-1]["text"]


def test_a_nights_clearing_up_keeps_nobody_waiting(services: Services, clock: Clock) -> None:
    """Looking after who is out has a lane of its own: it runs while another job is in the middle of its work."""
    seen: list[object] = []

    def clear_up(_: Services, __: Moment) -> int:
        clock.advance(minutes=29)
        clock.advance(minutes=2)
        seen.append(run_due(services, LANES["watch"], "the watch", lease="watch"))
        return 0

    run_due(services, [Job("retention", Every(timedelta(days=1)), clear_up)], "the night")
    assert seen != [None]
    with services.database.reading() as session:
        assert {each.worker_id for each in alarms.list_open_alarms(session)} == {"aisha", "dean"}
    assert {job.name for job in LANES["watch"]} == {"watch"}
    assert {job.name for job in LANES["telephone"]} == {"telephone"}
    assert [job.name for job in LANES["mail"]] == ["mail"], "a mail that tells of somebody waits for nothing else"


def test_a_gateway_that_hangs_holds_up_neither_another_message_nor_the_next_step(
    services: Services, clock: Clock, telephones: Telephones
) -> None:
    keep_dean_heard(services, clock)
    telephones.holds["07700 900000"] = threading.Event()
    clock.advance(minutes=38)
    for _ in range(2):
        run_due(services, LANES["watch"], "the watch", lease="watch")
        clock.advance(minutes=4)
    ringing = threading.Thread(target=run_due, args=(services, LANES["telephone"], "the line"))
    ringing.start()
    try:
        wait_for(lambda: [each["to"] for each in telephones.heard] == ["07700 900001"])
        clock.advance(minutes=1)
        run_due(services, LANES["watch"], "the watch", lease="watch")
        with services.database.reading() as session:
            (alarm,) = alarms.list_open_alarms(session)
        assert ("manager", "priya") in told(alarm), "the next step is told although a message hangs"
        assert ringing.is_alive()
    finally:
        telephones.holds["07700 900000"].set()
        ringing.join(60)
    assert sorted(each["to"] for each in telephones.heard) == ["07700 900000", "07700 900001"]


def test_whoever_is_on_leave_is_passed_over_until_they_are_back(services: Services, look: Look, clock: Clock) -> None:
    keep_dean_heard(services, clock)
    away = Leave(
        id="l1", worker_id="tom", starts_at=clock.now, ends_at=clock.now + timedelta(minutes=50), set_by="tom",
        set_at=clock.now,
    )  # fmt: skip
    with services.database.writing() as session:
        duties.set_duty(
            session,
            Duty(id="d1", team_id="watford-outreach", post=AlarmStep.DEPUTY, worker_id="tom", since=clock.now),
        )
        leaves.add_leave(session, away)
    clock.advance(minutes=29)
    assert told(look(8.25))[2:] == [("manager", "priya")], (
        "neither as the lead nor as deputy: the next one hears at once"
    )
    assert told(look(5))[3:] == [("everybody", "dean"), ("everybody", "priya")]
    assert ("everybody", "tom") in told(look(15)), "their leave is over"


def test_whoever_was_set_and_works_for_another_agency_now_is_as_if_nobody_had_been(
    services: Services, look: Look, clock: Clock
) -> None:
    keep_dean_heard(services, clock)
    with services.database.writing() as session:
        for post, who in ((AlarmStep.LEAD, "ruth"), (AlarmStep.MANAGER, "ruth"), (AlarmStep.DEPUTY, "dean")):
            duties.set_duty(
                session, Duty(id=f"d-{post}", team_id="watford-outreach", post=post, worker_id=who, since=clock.now)
            )
    clock.advance(minutes=29)
    assert told(look(13.25))[1:] == [("colleagues", "dean"), ("lead", "tom"), ("manager", "priya")]


def test_a_manager_on_leave_is_passed_over_too(services: Services, look: Look, clock: Clock) -> None:
    keep_dean_heard(services, clock)
    with services.database.writing() as session:
        leaves.add_leave(session, Leave(
            id="l1", worker_id="priya", starts_at=clock.now, ends_at=clock.now + timedelta(days=1), set_at=clock.now,
        ))  # fmt: skip
    clock.advance(minutes=29)
    assert told(look(13.25))[2:] == [("lead", "tom"), ("everybody", "dean"), ("everybody", "tom")]


def test_leave_leaves_nobody_unheard(services: Services, look: Look, clock: Clock) -> None:
    with services.database.writing() as session:
        session.execute(update(worker).where(worker.c.id.not_in(["aisha", "tom"])).values(active=False))
        leaves.add_leave(session, Leave(
            id="l1", worker_id="tom", starts_at=clock.now, ends_at=clock.now + timedelta(days=9), set_at=clock.now,
        ))  # fmt: skip
    clock.advance(minutes=29)
    assert told(look(8))[1:] == [("everybody", "tom")], "rather somebody on leave than nobody at all"


def wait_for(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < ends, "it never came to be"
        time.sleep(0.01)


def say(services: Services, clock: Clock, kind: str, who: str, fact: Any) -> None:
    """What a phone sent, stored and projected as it is for phones."""
    ms = int(clock.now.timestamp() * 1000)
    new = NewChange(id=services.new_id(), type=kind, scope="team:watford-outreach", entity=fact.id, who=who, at_ms=ms,
                    payload=msgspec.Raw(msgspec.json.encode(fact)))  # fmt: skip
    if kind == "shift.ended":
        new = msgspec.structs.replace(new, entity=fact.shift_id)
    with services.database.writing() as session:
        published = sync.publish(session, [new], ms)
        services.project(session, [AcceptedChange(each, each.hlc, ms, 0) for each in published])


def is_out(services: Services, who: str) -> bool:
    with services.database.reading() as session:
        return who in {each.worker_id for each in list_on_shift(session)}


def begin_with_dean(services: Services, clock: Clock) -> None:
    say(services, clock, "shift.started", "aisha",
        Shift(id="s2", team_id="watford-outreach", worker_id="aisha", started_at=clock.now, night=clock.now.date()))  # fmt: skip
    say(services, clock, "shift.joined", "aisha", ShiftJoined(id="j2", shift_id="s2", worker_id="dean", at=clock.now))
    with services.database.writing() as session:
        session.execute(update(shift_worker).where(shift_worker.c.shift_id == "s1").values(ended_at=clock.now))


def test_whoever_checks_in_after_a_colleague_took_them_home_is_out_still(
    services: Services, look: Look, clock: Clock
) -> None:
    begin_with_dean(services, clock)
    clock.advance(minutes=10)
    say(services, clock, "shift.ended", "aisha", ShiftEnded(id="e2", shift_id="s2", worker_id="aisha", at=clock.now))
    assert not is_out(services, "dean"), "who did nothing alone goes home with whoever took them along"
    clock.advance(minutes=10)
    said = CheckIn(
        id="k9", shift_id="s2", worker_id="dean", at=clock.now, next_due_at=clock.now + timedelta(minutes=20)
    )
    say(services, clock, "checkin.made", "dean", said)
    assert is_out(services, "dean")
    alarm = look(24, "dean")
    assert alarm is not None, "he promised to be heard and was not"
    assert alarm.ended is None
    say(services, clock, "shift.ended", "dean", ShiftEnded(id="e3", shift_id="s2", worker_id="dean", at=clock.now))
    late = CheckIn(id="k10", shift_id="s2", worker_id="dean", at=clock.now + timedelta(minutes=1))
    say(services, clock, "checkin.made", "dean", late)
    assert not is_out(services, "dean"), "whoever ended their own part is home"


def check_in_for(services: Services, clock: Clock, who: str, minutes: int, shift_id: str = "s2") -> None:
    """Somebody says on their own phone that they are well, and promises to be heard in so many minutes."""
    said = CheckIn(
        id=services.new_id(), shift_id=shift_id, worker_id=who, at=clock.now,
        next_due_at=clock.now + timedelta(minutes=minutes),
    )  # fmt: skip
    say(services, clock, "checkin.made", who, said)


def test_a_promise_stands_although_a_colleague_takes_its_worker_along_once_more(
    services: Services, look: Look, clock: Clock
) -> None:
    """A promise belongs to the worker: nobody else's press takes it back."""
    begin_with_dean(services, clock)
    clock.advance(minutes=10)
    check_in_for(services, clock, "dean", 20)
    clock.advance(minutes=5)
    say(services, clock, "shift.started", "aisha",
        Shift(id="s3", team_id="watford-outreach", worker_id="aisha", started_at=clock.now, night=clock.now.date()))  # fmt: skip
    say(services, clock, "shift.joined", "aisha", ShiftJoined(id="j3", shift_id="s3", worker_id="dean", at=clock.now))
    assert look(14.75, "dean") is None, "he promised twenty minutes"
    alarm = look(0.25, "dean")
    assert alarm is not None, "he promised to be heard and was not"
    assert alarm.due_at == clock.now


def test_whoever_was_taken_along_and_promised_two_hours_is_not_missed_before(
    services: Services, look: Look, clock: Clock
) -> None:
    begin_with_dean(services, clock)
    clock.advance(minutes=1)
    check_in_for(services, clock, "dean", 120)
    clock.advance(minutes=10)
    with services.database.writing() as session:
        shifts.note_signs_of_life(session, {"dean": (clock.now, "contact")})
    clock.advance(minutes=75)
    assert look(1, "dean") is None, "he was well after he promised, and his promise is not over"
    clock.advance(minutes=34)
    assert look(1, "dean") is not None


def test_whoever_was_said_to_be_home_and_checks_in_is_looked_after_again(services: Services, clock: Clock) -> None:
    clock.advance(minutes=5)
    with services.database.writing() as session:
        shifts.go_home(session, "aisha", "", clock.now)
    assert not is_out(services, "aisha")
    clock.advance(minutes=5)
    say(services, clock, "checkin.made", "aisha", CheckIn(id="k9", shift_id="s1", worker_id="aisha", at=clock.now))
    assert is_out(services, "aisha")


def test_a_check_in_under_duress_is_a_call_for_help_from_the_first_minute(
    services: Services, look: Look, clock: Clock
) -> None:
    clock.advance(minutes=5)
    well = CheckIn(id="k9", shift_id="s1", worker_id="aisha", at=clock.now, duress=True)
    say(services, clock, "checkin.made", "aisha", well)
    alarm = look(1, "aisha")
    assert alarm is not None, "she is not late, and is not well"
    assert (alarm.is_silent, alarm.ended) == (True, None)
    assert alarm.told_ids
    assert "aisha" not in alarm.told_ids


@pytest.mark.parametrize("is_duress", [True, False])
def test_nothing_that_waited_for_her_own_telephone_is_said_there_once_she_called_for_help(
    services: Services, look: Look, clock: Clock, telephones: Telephones, is_duress: bool
) -> None:
    """Whoever made her check in may hold it, and would read that it was understood."""
    keep_dean_heard(services, clock)
    with services.database.writing() as session:
        session.execute(update(worker).where(worker.c.id == "aisha").values(email="aisha@example.org"))
    telephones.status = 503
    clock.advance(minutes=29)
    assert told(look(3)) == [("worker", "aisha")]
    if is_duress:
        made = CheckIn(id="k9", shift_id="s1", worker_id="aisha", at=clock.now, duress=True)
        say(services, clock, "checkin.made", "aisha", made)
    else:
        with services.database.writing() as session:
            (alarm,) = alarms.list_open_alarms(session)
            help_asked = AlarmEvent(
                id="asked", alarm_id=alarm.id, at=clock.now, kind=AlarmEventKind.HELP, worker_id="aisha"
            )
            alarms.add_events(session, [help_asked])
    telephones.heard.clear()
    telephones.status = 202
    look(3)
    assert telephones.heard, "others are told"
    assert "07700 900000" not in {each["to"] for each in telephones.heard}
    if is_duress:
        with services.database.reading() as session:
            hers = select(mail.c.state).where(mail.c.kind == "lone_worker", mail.c.worker_id == "aisha")
            assert {str(each) for each in session.scalars(hers)} == {"failed"}


def test_a_clock_from_beyond_the_calendar_is_no_trouble() -> None:
    far = 2**53 - 1
    assert happened_at(MadeAt(5), PhoneClock(far), 1_700_000_000_000) == 0
    assert happened_at(MadeAt(5, -far, "b"), PhoneClock(5, far, "b"), 1_700_000_000_000) == 0
    assert happened_at(MadeAt(far), PhoneClock(-far), 1_700_000_000_000) == 1_700_000_000_000


# ------------------------------------------------------------------------------------------------------------- plans


def plan(services: Services, clock: Clock, who: str, starts: int, back: int, known: str = "p1") -> None:
    """Somebody is planned to go out in so many minutes, and to be back."""
    begun = clock.now + timedelta(minutes=starts)
    made = ShiftPlan(
        id=known, team_id="watford-outreach", area="", starts_at=begun, back_at=clock.now + timedelta(minutes=back),
        set_by="tom", set_at=clock.now, worker_ids=(who,),
    )  # fmt: skip
    with services.database.writing() as session:
        plans.add_plan(session, made)


def test_whoever_never_went_out_although_planned_is_named_and_once_they_go_out_it_is_over(
    services: Services, look: Look, clock: Clock
) -> None:
    keep_dean_heard(services, clock)
    plan(services, clock, "priya", 10, 120)
    assert look(24.75, "priya") is None, "a quarter of an hour is nothing"
    alarm = look(0.25, "priya")
    assert told(alarm) == [("worker", "priya")]
    assert told(look(3, "priya"))[1:] == [("colleagues", "aisha"), ("colleagues", "dean")]
    walk = {"shift_id": "s2", "worker_id": "priya", "joined_at": clock.now}
    with services.database.writing() as session:
        county.add(session, shift, {"id": "s2", "team_id": "watford-outreach", "worker_id": "priya",
                                    "started_at": clock.now, "night": clock.now.date()})  # fmt: skip
        county.add(session, shift_worker, walk)
    over = look(0.25, "priya")
    assert over is not None and over.ended is not None and over.ended.kind is AlarmEventKind.HEARD


def test_a_plan_that_is_called_off_or_answered_for_names_nobody_again(
    services: Services, look: Look, clock: Clock
) -> None:
    keep_dean_heard(services, clock)
    plan(services, clock, "priya", 0, 120)
    alarm = look(15, "priya")
    assert alarm is not None and alarm.ended is None
    with services.database.writing() as session:
        Watch(session, clock.now, services.new_id, services.settings.alarm.ladder).end(
            alarm, AlarmEvent(id="ill", alarm_id=alarm.id, at=clock.now, kind=AlarmEventKind.HOME, worker_id="tom")
        )
    answered = look(5, "priya")
    assert answered is not None and answered.id == alarm.id, "somebody said that she is ill: nobody is told again"
    plan(services, clock, "priya", 0, 120, known="p2")
    again = look(15, "priya")
    assert again is not None and again.id != alarm.id and again.ended is None
    with services.database.writing() as session:
        plans.call_off(session, "p2", clock.now)
    over = look(0.25, "priya")
    assert over is not None and over.id == again.id and over.ended is not None
    assert over.ended.note == NOT_AWAITED, "nobody knows that she is home"


def test_whoever_is_let_go_while_she_is_missed_by_a_plan_is_not_said_to_be_home(
    services: Services, look: Look, clock: Clock
) -> None:
    keep_dean_heard(services, clock)
    plan(services, clock, "priya", 0, 120)
    alarm = look(15, "priya")
    assert alarm is not None and alarm.ended is None
    plan(services, clock, "dean", -15, 110, known="p2")
    with services.database.writing() as session:
        session.execute(update(worker).where(worker.c.id.in_(["priya", "dean"])).values(active=False))
    still = look(1, "priya")
    assert still is not None and still.ended is None
    assert look(0.25, "dean") is None, "whoever was let go before is not expected"


def test_whoever_should_be_home_is_asked_and_a_check_in_after_that_is_an_answer(
    services: Services, look: Look, clock: Clock
) -> None:
    keep_dean_heard(services, clock)
    plan(services, clock, "dean", 0, 45)
    assert look(59.75, "dean") is None
    assert told(look(0.25, "dean")) == [("worker", "dean")]
    with services.database.writing() as session:
        shifts.note_signs_of_life(session, {"dean": (clock.now, "check_in")})
    over = look(0.25, "dean")
    assert over is not None and over.ended is not None and over.ended.kind is AlarmEventKind.HEARD
    assert look(30, "dean") == over, "they said so themselves: their check-ins count from now on"


def test_an_alarm_about_a_plan_does_not_end_by_hours_passing(services: Services, look: Look, clock: Clock) -> None:
    keep_dean_heard(services, clock)
    plan(services, clock, "priya", 0, 120)
    look(15, "priya")
    for hours in (40, 80):
        clock.advance(hours=hours)
        alarm = look(0.25, "priya")
        assert alarm is not None and alarm.ended is None
