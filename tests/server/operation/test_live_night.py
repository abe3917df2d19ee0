"""One night with nothing in the place of anything: a served process that is killed twice, phones with the production store over
HTTP, a telephone gateway over HTTP, mail over SMTP, and a lead who presses “I have it” on a page.

The night's clock is a file that the test sets forward, for the server and the phones alike: nothing depends on how long a
machine takes. The jobs look every few hundredths of a second what is due by that clock.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, update

from server.actions.operation.enrolment import make_code
from server.app import create_app, make_id
from server.database.engine import Database
from server.queries.operation import jobs
from server.queries.street import alarms
from server.security.passwords import Passwords
from server.settings import AlarmSettings, MailSettings, Settings
from server.tables.operation.device import device_enrolment
from server.tables.partnership.worker import worker
from server.tables.sync.sync import change, device
from shared.model.alarm import Alarm, AlarmEventKind, AlarmStep
from shared.model.shift import CheckIn, Shift
from tests.server.cast import CHEAP, make_settings
from tests.server.kills import FORKSERVER, REQUEST_TIMEOUT_S
from tests.server.live import PATIENCE_S, held_port
from tests.server.mail.postbox import Postbox, body_of
from tests.server.telephones import Telephones
from tests.server.walker import Walker
from tests.web import county
from tests.web.conftest import Browser

pytestmark = pytest.mark.slow
DUSK = datetime(2026, 11, 12, 21, tzinfo=UTC)
TEAM = "watford-outreach"
NUMBERS = {"aisha": "07700 900000", "dean": "07700 900001", "tom": "07700 900002", "priya": "07700 900003"}
ROUND_S = 0.05


def serve_the_night(settings: Settings, clock: Path, port: int) -> None:
    """In a process of its own: Lantern's server with its jobs, by the night's clock."""
    import uvicorn

    from server.jobs import background

    vars(background)["ROUND"] = timedelta(seconds=ROUND_S)
    app = create_app(settings, lambda: read_clock(clock), jobs=True)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical", access_log=False)


def read_clock(clock: Path) -> datetime:
    return datetime.fromisoformat(clock.read_text())


@dataclass
class Night:
    """The served process and everybody's clock."""

    settings: Settings
    clock: Path
    port: int
    database: Database
    process: Any = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def now(self) -> datetime:
        return read_clock(self.clock)

    def set_clock(self, now: datetime) -> None:
        new = self.clock.with_suffix(".new")
        new.write_text(now.isoformat())
        new.replace(self.clock)

    def pass_minutes(self, minutes: float) -> None:
        """Time passes, the watch has looked since, and a round later what it wrote is due to be handed on."""
        for step in (timedelta(minutes=minutes), timedelta(seconds=15)):
            self.set_clock(self.now() + step)
            self.wait_for(lambda: self._looked_at() >= self.now())

    def _looked_at(self) -> datetime:
        with self.database.reading() as session:
            ran = jobs.list_runs(session).get("watch")
        return ran.started_at if ran else DUSK - timedelta(days=1)

    def start(self) -> None:
        self.process = FORKSERVER.Process(
            target=serve_the_night, args=(self.settings, self.clock, self.port), daemon=True
        )
        self.process.start()
        self.wait_for(self._is_healthy)

    def _is_healthy(self) -> bool:
        try:
            return httpx.get(f"{self.address}/health", timeout=REQUEST_TIMEOUT_S).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join(PATIENCE_S)

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < ends, "it never came to be"
            assert self.process.is_alive(), "the server ended"
            time.sleep(0.02)

    def alarm(self) -> Alarm:
        with self.database.reading() as session:
            (found,) = alarms.list_alarms_of_teams(session, [TEAM], DUSK)
        return found


@pytest.fixture
def telephones() -> Iterator[Telephones]:
    made = Telephones()
    yield made
    made.stop()


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    made = Postbox()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def night(
    database: Database, database_url: str, tmp_path: Path, telephones: Telephones, postbox: Postbox
) -> Iterator[Night]:
    with database.writing() as session:
        county.fill(session, DUSK)
        county.give_passwords(session, Passwords(CHEAP), DUSK)
        for table in (change, device_enrolment, device):
            session.execute(delete(table))  # phones here enrol by themselves
        for who, number in NUMBERS.items():
            session.execute(update(worker).where(worker.c.id == who).values(telephone=number))
    with held_port() as port:
        settings = replace(
            make_settings(database_url, tmp_path / "data"), alarm=AlarmSettings(url=telephones.url),
            mail=MailSettings(host="127.0.0.1", port=postbox.port, security="none", sender="lantern@council.example"),
            public_url=f"http://127.0.0.1:{port}",
        )  # fmt: skip
        made = Night(settings, tmp_path / "clock", port, database)
        made.set_clock(DUSK)
        made.start()
        yield made
        made.kill()


def enrol(night: Night, who: str) -> Walker:
    """A phone of theirs, enrolled over HTTP."""
    with night.database.writing() as session:
        code = make_code(session, who, TEAM, night.settings, night.now(), make_id).code
    phone = Walker(night.address, night.now, make_id, REQUEST_TIMEOUT_S)
    phone.enrol(code)
    return phone


def go_out(night: Night, phone: Walker, shift_id: str, who: str) -> None:
    begun = Shift(id=shift_id, team_id=TEAM, worker_id=who, started_at=night.now(), night=DUSK.date())
    phone.record_fact("shift.started", begun)


def check_in(night: Night, phone: Walker, shift_id: str, who: str, minutes: int) -> None:
    due = night.now() + timedelta(minutes=minutes)
    made = CheckIn(id=make_id(), shift_id=shift_id, worker_id=who, at=night.now(), next_due_at=due)
    phone.record_fact("checkin.made", made)
    assert phone.sync().trouble is None


def told(alarm: Alarm) -> list[tuple[str, str]]:
    return [(str(each.step), each.worker_id or "") for each in alarm.events if each.kind is AlarmEventKind.TOLD]


def test_a_night_in_which_she_is_not_heard_and_the_server_dies_twice(
    night: Night, telephones: Telephones, postbox: Postbox
) -> None:
    aisha, dean = enrol(night, "aisha"), enrol(night, "dean")
    go_out(night, aisha, "s-aisha", "aisha")
    check_in(night, aisha, "s-aisha", "aisha", 30)
    go_out(night, dean, "s-dean", "dean")
    check_in(night, dean, "s-dean", "dean", 600)

    night.pass_minutes(29)
    assert telephones.heard == [], "nobody is told before she is due"
    night.pass_minutes(1)
    night.wait_for(lambda: [each["to"] for each in telephones.heard] == [NUMBERS["aisha"]])
    assert told(night.alarm()) == [("worker", "aisha")]

    night.kill()  # her own step is told, nobody else's
    night.set_clock(night.now() + timedelta(minutes=3))
    night.start()
    night.pass_minutes(0.25)
    night.wait_for(lambda: NUMBERS["dean"] in [each["to"] for each in telephones.heard])
    night.wait_for(lambda: "dean@example.org" in [address for address, _ in postbox.kept])
    assert night.now() <= DUSK + timedelta(minutes=30 + 5), "a living person knows within five minutes of grace"

    held = telephones.holds[NUMBERS["tom"]] = threading.Event()
    night.pass_minutes(4)
    night.wait_for(lambda: NUMBERS["tom"] in [each["to"] for each in telephones.asked])
    night.kill()  # in the middle of handing the lead's message on
    held.set()
    del telephones.holds[NUMBERS["tom"]]
    night.set_clock(night.now() + timedelta(minutes=2, seconds=15))
    night.start()
    night.pass_minutes(0.25)
    night.wait_for(lambda: len({each["id"] for each in telephones.heard if each["to"] == NUMBERS["tom"]}) == 1)
    night.wait_for(
        lambda: (AlarmEventKind.SENT, "tom") in [(each.kind, each.worker_id) for each in night.alarm().events]
    )
    assert told(night.alarm()) == [("worker", "aisha"), ("colleagues", "dean"), ("lead", "tom")]

    with httpx.Client(base_url=night.address, follow_redirects=True, timeout=REQUEST_TIMEOUT_S) as line:
        tom = Browser(line)
        tom.get("/sign-in")
        assert tom.send("/sign-in", email="tom@example.org", password=county.PASSWORD).status_code == 200
        assert "I have it" in tom.get(f"/alarms/{night.alarm().id}").text
        assert "You have it" in tom.send(f"/alarms/{night.alarm().id}/take", instead_of="").text
    night.pass_minutes(10)
    assert AlarmStep.MANAGER not in {each.step for each in night.alarm().events}, "whoever has it stops the steps"

    before = len(telephones.heard)
    check_in(night, aisha, "s-aisha", "aisha", 30)
    night.pass_minutes(0.25)
    night.wait_for(lambda: {each["to"] for each in telephones.heard[before:]} == {NUMBERS["dean"], NUMBERS["tom"]})
    ended = night.alarm().ended
    assert ended is not None and ended.kind is AlarmEventKind.HEARD
    texts = [each["text"] for each in telephones.heard] + [body_of(message) for _, message in postbox.kept]
    assert not any("Noor" in each or "Watford" in each for each in texts), "a first name and a link, and no place"
    aisha.close()
    dean.close()
