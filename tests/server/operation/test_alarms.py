"""The alarm that ends in a person: who is told when, by which road, what an answer does, and that nothing ends silently."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from server.actions.street.alarms import Watch
from server.app import create_services
from server.database.engine import Database
from server.http.services import Services
from server.jobs.catalogue import JOBS
from server.jobs.runner import run_due
from server.queries.street import alarms
from server.settings import AlarmSettings, Settings
from server.tables.operation.mail import mail
from server.tables.partnership.worker import worker
from server.tables.street.shift import check_in, shift, shift_worker
from shared.model.alarm import Alarm, AlarmEventKind, AlarmStep
from tests.conftest import Clock
from tests.server.cast import make_settings
from tests.web import county

Look = Callable[..., Alarm | None]


class Telephones:
    """A gateway on this machine: keeps what it was asked to send, answers what it is told to."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 202
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                gateway.heard.append(json.loads(body))
                gateway.headers.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(gateway.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/messages"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


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
                                           "next_due_at": now + timedelta(minutes=30)})  # fmt: skip
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
    made = create_services(settings, clock, new_id)
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
            with services.database.writing() as session:
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
        f"Lantern: Aisha was due to check in and has not been heard. Find out, and press I have it: {link}"
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
    assert (alarm.events[-1].kind, alarm.events[-1].worker_id) == (AlarmEventKind.FAILED, "tom")


def test_whoever_is_heard_ends_it_and_everybody_told_hears_that(
    services: Services, look: Look, clock: Clock, telephones: Telephones
) -> None:
    keep_dean_heard(services, clock)
    clock.advance(minutes=29)
    look(9)
    with services.database.writing() as session:
        county.add(session, check_in, {"id": "k2", "shift_id": "s1", "worker_id": "aisha", "at": clock.now,
                                       "next_due_at": clock.now + timedelta(minutes=30)})  # fmt: skip
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
