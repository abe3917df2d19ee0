"""An alarm climbs, lived through with everything real: pages, the watch, a telephone gateway over HTTP and a mail server. Leave
and hand-over change who hears of it; a list says to whose telephone a message went, and how long after the promise."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from server.actions.operation.signin import set_password
from server.database.engine import Database
from server.http.services import Services
from server.jobs.catalogue import JOBS, ROUND
from server.queries.street.alarms import list_open_alarms
from server.security.passwords import Passwords
from server.settings import AlarmSettings, MailSettings, Settings
from server.tables.partnership.agency import team, team_district
from server.tables.partnership.worker import worker, worker_role, worker_team
from shared.model.alarm import Alarm
from tests.conftest import Clock
from tests.server.mail.postbox import Postbox
from tests.server.running import run_due, services_as_served
from tests.server.telephones import Telephones
from tests.web import county
from tests.web.test_my_shift import press
from tests.web.test_pages import plain

Browse = Callable[[str], Any]
TEAM = "watford-outreach"
PUBLIC = "https://lantern.example"
NUMBERS = {f"07700 90000{number}": who for number, who in enumerate(("aisha", "dean", "tom", "lena", "priya"))}


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
def settings(database_url: str, tmp_path: Path, telephones: Telephones, postbox: Postbox) -> Settings:
    return Settings(
        data=tmp_path / "data", database=database_url, password_cost=county.CHEAP, public_url=PUBLIC,
        alarm=AlarmSettings(url=telephones.url),
        mail=MailSettings(host="127.0.0.1", port=postbox.port, security="none", sender="lantern@council.example"),
    )  # fmt: skip


@pytest.fixture
def filled(filled: Database, now: datetime) -> Database:
    """Lena leads another team of the same agency; everybody has a telephone."""
    lena = {
        "id": "lena", "name": "Lena Okoro", "short_name": "Lena O", "agency_id": "beacon", "email": "lena@example.org",
        "trained_on": now.date(), "created_at": now,
    }  # fmt: skip
    with filled.writing() as session:
        county.add(session, worker, lena)
        county.add(session, worker_role, {"worker_id": "lena", "role": "team_lead"})
        county.add(session, team, {"id": "second", "agency_id": "beacon", "name": "Beacon Watford, days"})
        county.add(session, team_district, {"team_id": "second", "district_id": county.WATFORD})
        county.add(session, worker_team, {"worker_id": "lena", "team_id": "second"})
        set_password(session, Passwords(county.CHEAP), "lena", county.PASSWORD, now)
        for number, who in NUMBERS.items():
            session.execute(update(worker).where(worker.c.id == who).values(telephone=number))
    return filled


@pytest.fixture
def services(filled: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> Iterator[Services]:
    made = services_as_served(settings, clock, new_id)
    yield made
    made.database.close()


class Night:
    """The server's rounds, and what reached somebody's telephone: who, and how many minutes after the promise."""

    def __init__(self, services: Services, clock: Clock, telephones: Telephones) -> None:
        self._services, self._clock, self._telephones = services, clock, telephones
        self.heard: list[tuple[str, float]] = []
        self.texts: list[str] = []
        self.due: datetime | None = None

    def pass_minutes(self, minutes: float) -> None:
        """Let time pass, the server looking each quarter of a minute."""
        for _ in range(round(timedelta(minutes=minutes) / ROUND)):
            self._clock.advance(seconds=ROUND.total_seconds())
            ran = run_due(self._services, JOBS, "this test", names=("watch", "telephone", "mail"))
            assert ran is not None and not [each.error for each in ran if each.error]
            for text in self._telephones.heard[len(self.texts) :]:
                assert self.due is not None
                self.heard.append((NUMBERS[text["to"]], (self._clock.now - self.due) / timedelta(minutes=1)))
                self.texts.append(text["text"])

    def open_alarms(self) -> list[Alarm]:
        with self._services.database.reading() as session:
            return list_open_alarms(session)


@pytest.fixture
def night(services: Services, clock: Clock, telephones: Telephones, browse: Browse) -> Night:
    """Aisha and Dean go out, each by their own page. She promises a quarter of an hour, he two hours; nobody hears of her
    again, up to the minute before her promise."""
    made = Night(services, clock, telephones)
    for who, minutes in (("dean", "120"), ("aisha", "15")):
        browser = browse(who)
        press(browser, "out", area="Town centre")
        press(browser, "check-in", minutes=minutes)
    made.due = clock.now + timedelta(minutes=15)
    made.pass_minutes(14.75)
    assert made.heard == []
    return made


def path_in(text: str) -> str:
    found = re.search(rf"{PUBLIC}(/alarms/\S+)", text)
    assert found is not None, text
    return found[1]


def post_of(page: str, post: str) -> str:
    found = re.search(rf"{post} (.+?) Hand over to", page)
    assert found is not None, page
    return found[1]


def test_nobody_answers_and_it_climbs_from_her_phone_to_the_manager_on_duty(
    night: Night, browse: Browse, postbox: Postbox, filled: Database, clock: Clock
) -> None:
    night.pass_minutes(17.25)
    climbed = [("aisha", 0.0), ("dean", 3.0), ("tom", 7.0), ("lena", 12.0), ("priya", 17.0)]
    assert night.heard == climbed
    assert not any("Noor" in text or "Town centre" in text for text in night.texts + postbox.texts())
    assert postbox.addresses == sorted(f"{who}@example.org" for who, _ in climbed), "each by e-mail too"
    night.pass_minutes(5)
    assert sorted(night.heard[5:]) == [(who, 22.0) for who in ("dean", "lena", "priya", "tom")], (
        "nobody has it: everybody hears again"
    )
    (alarm,) = night.open_alarms()
    for who, text in zip(("dean", "tom", "lena", "priya"), night.texts[1:5], strict=True):
        page = browse(who).get(path_in(text))
        assert page.status_code == 200 and "nobody has it yet" in plain(page.text), who
    priya = browse("priya")
    path = f"/alarms/{alarm.id}"
    assert ">I have it<" in priya.get(path).text
    priya.send(f"{path}/take", instead_of="")
    heard = len(night.heard)
    night.pass_minutes(14)
    assert len(night.heard) == heard, "she has it: nobody else is called out"
    night.pass_minutes(1.25)
    assert len(night.heard) > heard, "she has said nothing for a quarter of an hour"
    dean = browse("dean")
    dean.send(f"{path}/take", instead_of="priya")
    dean.send(f"{path}/done", note="Sat with her at the station: her phone is dead", outcome="home")
    night.pass_minutes(0.5)
    over = [(who, text) for (who, _), text in zip(night.heard, night.texts, strict=True) if "It is over" in text]
    assert sorted(who for who, _ in over) == ["lena", "priya", "tom"]
    assert night.open_alarms() == []
    log = plain(browse("tom").get(path).text).partition("Everything so far")[2]
    in_turn = (
        "Aisha N is told on their own phone", "Dean R is told as a colleague who is out", "Tom E is told as the team’s lead",
        "Lena O is told as deputy", "Priya S is told as manager on duty", "Priya S has it", "Dean R has it",
        "Home. Dean R: Sat with her at the station: her phone is dead",
    )  # fmt: skip
    places = [log.index(words) for words in in_turn]
    assert places == sorted(places)
    for name in ("Dean R", "Tom E", "Lena O", "Priya S"):
        assert f"{name} was told by text message" in log and f"{name} was told by e-mail" in log


def test_leave_of_lead_and_deputy_brings_it_to_the_manager_and_who_is_back_hears_at_once(
    night: Night, browse: Browse, clock: Clock
) -> None:
    tom = browse("tom")
    today = clock.now.date().isoformat()
    for who in ("tom", "lena"):
        tom.send("/on-duty/leave", team=TEAM, worker=who, first=today, last=today)
    page = plain(tom.get("/on-duty").text)
    assert (post_of(page, "Lead"), post_of(page, "Deputy")) == ("Nobody", "Nobody")
    night.pass_minutes(7.25)
    assert night.heard == [("aisha", 0.0), ("dean", 3.0), ("priya", 7.0)]
    back = re.search(r'action="(/on-duty/leave/[^"]+/back)"(?:(?!</li>).)*Lena', browse("lena").get("/on-duty").text)
    assert back is not None
    browse("lena").send(back[1], team=TEAM)
    night.pass_minutes(0.25)
    assert night.heard[3:] == [("lena", 7.25)], "the deputy is here again and nobody has it yet"


def test_a_hand_over_between_leads_in_the_middle_of_an_alarm_tells_the_new_one_and_holds_nobody_up(
    night: Night, browse: Browse
) -> None:
    night.pass_minutes(8)
    assert night.heard[-1] == ("tom", 7.0)
    browse("tom").send("/on-duty", team=TEAM, post="lead", worker="lena")
    page = plain(browse("lena").get("/on-duty").text)
    assert post_of(page, "Lead") == "Lena Okoro" and post_of(page, "Deputy") == "Tom Ellis"
    night.pass_minutes(0.25)
    assert night.heard[3:] == [("lena", 8.0)], "who takes the post over hears of what is open"
    night.pass_minutes(4.25)
    assert night.heard[4:] == [("priya", 12.0)], "the lead's five minutes count from when the first of them was told"
    (alarm,) = night.open_alarms()
    tom, path = browse("tom"), f"/alarms/{alarm.id}"
    tom.send(f"{path}/take", instead_of="")
    lena = browse("lena")
    assert "I take it over from Tom E" in plain(lena.get(path).text)
    lena.send(f"{path}/take", instead_of="tom")
    assert "Lena O has it since" in plain(browse("priya").get(path).text)


def test_the_deputy_who_was_set_hears_and_a_handed_over_manager_too(night: Night, browse: Browse) -> None:
    tom = browse("tom")
    for post, who in (("deputy", "priya"), ("manager", "lena")):
        assert tom.send("/on-duty", team=TEAM, post=post, worker=who).status_code == 200
    night.pass_minutes(17.25)
    assert night.heard == [("aisha", 0.0), ("dean", 3.0), ("tom", 7.0), ("priya", 12.0), ("lena", 17.0)]
