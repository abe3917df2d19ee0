"""Alarms of several teams at once, under row-level security: what somebody of one team presses changes nobody else's."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from server.actions.street.alarms import Watch
from server.database.engine import Database
from server.queries.street.alarms import find_alarm, list_open_alarms
from server.queries.street.duties import Reachable
from server.tables.operation.mail import mail
from server.tables.partnership.agency import agency, team, team_district
from server.tables.partnership.worker import worker, worker_role, worker_team
from server.tables.street.shift import check_in, shift, shift_worker
from shared.model.alarm import Alarm, AlarmEvent, AlarmEventKind
from shared.model.mail import MailKind
from shared.rules.alarms import DEFAULT_LADDER
from tests.conftest import Clock
from tests.web import county
from tests.web.test_my_shift import press

Browse = Callable[[str], Any]


@pytest.fixture
def elsewhere(filled: Database, now: datetime, clock: Clock, new_id: Callable[[], str]) -> Alarm:
    """Ines of another service's team in the next district is late, and Jo, her lead, was told."""
    with filled.writing() as session:
        county.add(session, agency, {"id": "lighthouse", "name": "Lighthouse", "kind": "outreach"})
        county.add(session, team, {"id": "canal", "agency_id": "lighthouse", "name": "Canal"})
        county.add(session, team_district, {"team_id": "canal", "district_id": county.THREE_RIVERS})
        for who, name, role in (("ines", "Ines Vale", "worker"), ("jo", "Jo Finch", "team_lead")):
            county.add(session, worker, {"id": who, "name": name, "short_name": name[:-3], "agency_id": "lighthouse",
                                         "email": f"{who}@example.org", "created_at": now})  # fmt: skip
            county.add(session, worker_role, {"worker_id": who, "role": role})
            county.add(session, worker_team, {"worker_id": who, "team_id": "canal"})
        begun = now - timedelta(hours=2)
        county.add(session, shift, {"id": "far", "team_id": "canal", "worker_id": "ines", "started_at": begun,
                                    "night": now.date()})  # fmt: skip
        county.add(session, shift_worker, {"shift_id": "far", "worker_id": "ines", "joined_at": begun})
        Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
        (alarm,) = list_open_alarms(session)
    assert "jo" in alarm.told_ids
    return alarm


def test_whoever_asks_for_help_is_heard_while_another_service_looks_for_somebody(
    filled: Database, elsewhere: Alarm, browse: Browse
) -> None:
    page = press(browse("aisha"), "help", words="Two men")
    assert page.status_code == 200, page.text
    with filled.reading() as session:
        found = {each.worker_id: each for each in list_open_alarms(session)}
        assert set(found) == {"aisha", "ines"}
        assert {"tom", "dean", "priya"} <= found["aisha"].told_ids
        theirs = find_alarm(session, elsewhere.id)
    assert theirs == elsewhere, "what aisha pressed is nothing of theirs"


def test_whoever_is_not_out_and_calls_for_help_calls_every_team_of_theirs(
    filled: Database, elsewhere: Alarm, browse: Browse
) -> None:
    with filled.writing() as session:
        county.add(session, worker_team, {"worker_id": "aisha", "team_id": "canal"})
    assert press(browse("aisha"), "help", words="Two men").status_code == 200
    with filled.reading() as session:
        found = {each.worker_id: each for each in list_open_alarms(session)}
    assert {"tom", "dean", "priya", "jo", "ines"} <= found["aisha"].told_ids


class Broken(Watch):
    """A watch that the database fails in the middle of telling about Ines."""

    def _write(self, alarm: Alarm, events: Sequence[AlarmEvent], people: Sequence[Reachable], kind: MailKind) -> None:
        super()._write(alarm, events, people, kind)
        if alarm.worker_id == "ines":
            self.session.execute(text("select 1 from nowhere_at_all"))


def test_a_fault_about_one_keeps_nobody_else_from_being_told_and_stands_in_the_log(
    filled: Database, elsewhere: Alarm, now: datetime, clock: Clock, new_id: Callable[[], str]
) -> None:
    go_along(filled, now)
    for _ in range(2):
        clock.advance(minutes=16)
        with filled.writing() as session:
            watch = Broken(session, clock.now, new_id, DEFAULT_LADDER)
            watch.look()
            found = {each.worker_id: each for each in list_open_alarms(session)}
        assert watch.faults, "whoever runs the watch hears of it"
    assert found["aisha"].told_ids >= {"tom", "dean"}
    since = found["ines"].events[len(elsewhere.events) :]
    assert [(each.kind, each.worker_id) for each in since] == [(AlarmEventKind.FAILED, None)] * 2, "nothing by halves"
    assert since[-1].note.startswith("A fault of this server kept it from going on here: ")
    with filled.writing() as session:
        Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
        alarm = find_alarm(session, elsewhere.id)
    assert alarm is not None and alarm.events[-1].kind is AlarmEventKind.TOLD, "and it goes on once it can"


def go_along(database: Database, now: datetime) -> None:
    """Aisha walks with both teams tonight and is late; Dean is out with one of them, and was heard."""
    begun = now - timedelta(hours=2)
    with database.writing() as session:
        county.add(session, worker_team, {"worker_id": "aisha", "team_id": "canal"})
        for shift_id, team_id in (("near", "watford-outreach"), ("along", "canal")):
            county.add(session, shift, {"id": shift_id, "team_id": team_id, "worker_id": "aisha", "started_at": begun,
                                        "night": now.date()})  # fmt: skip
            county.add(session, shift_worker, {"shift_id": shift_id, "worker_id": "aisha", "joined_at": begun})
        county.add(session, shift_worker, {"shift_id": "near", "worker_id": "dean", "joined_at": begun})
        county.add(session, check_in, {"id": "well", "shift_id": "near", "worker_id": "dean", "at": now, "heard_at": now,
                                       "next_due_at": now + timedelta(hours=9)})  # fmt: skip


def test_whoever_walks_with_two_teams_is_missed_by_both_and_all_who_are_told_may_act(
    filled: Database, elsewhere: Alarm, browse: Browse, now: datetime, clock: Clock, new_id: Callable[[], str]
) -> None:
    go_along(filled, now)
    for _ in range(24 * 4):
        clock.advance(seconds=15)
        with filled.writing() as session:
            Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
    with filled.reading() as session:
        (alarm,) = (each for each in list_open_alarms(session) if each.worker_id == "aisha")
    assert alarm.told_ids >= {"dean", "tom", "jo", "priya"}
    dean = browse("dean")
    page = dean.get(f"/alarms/{alarm.id}")
    assert page.status_code == 200, "a link that was sent to somebody opens"
    assert "Aisha Noor" in page.text
    assert dean.send(f"/alarms/{alarm.id}/take", instead_of="").status_code == 200
    assert dean.send(f"/alarms/{alarm.id}/done", note="I am on my way", outcome="noted").status_code == 200
    assert dean.send(f"/alarms/{alarm.id}/done", note="She is here", outcome="home").status_code == 200
    with filled.reading() as session:
        ended = find_alarm(session, alarm.id)
    assert ended is not None and ended.ended is not None and ended.ended.worker_id == "dean"


@pytest.mark.parametrize("left", [("aisha", "ruth", "omar"), ("aisha", "omar")])
def test_where_nobody_of_the_team_can_be_told_somebody_else_is(
    filled: Database, left: tuple[str, ...], now: datetime, clock: Clock, new_id: Callable[[], str]
) -> None:
    """A living person hears of it: whoever works for the same agency, else whoever administers."""
    with filled.writing() as session:
        session.execute(update(worker).where(worker.c.id.not_in(left)).values(active=False))
        session.execute(update(worker).where(worker.c.id == "ruth").values(agency_id="beacon"))
        county.add(session, shift, {"id": "s", "team_id": "watford-outreach", "worker_id": "aisha", "started_at": now,
                                    "night": now.date()})  # fmt: skip
        county.add(session, shift_worker, {"shift_id": "s", "worker_id": "aisha", "joined_at": now})
        clock.advance(minutes=64)
        Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
        (alarm,) = list_open_alarms(session)
    assert alarm.told_ids - {"aisha"} == {left[1]}


def test_whoever_is_let_go_while_she_is_out_is_looked_for_by_her_name(
    filled: Database, browse: Browse, now: datetime, clock: Clock, new_id: Callable[[], str]
) -> None:
    with filled.writing() as session:
        county.add(session, shift, {"id": "s", "team_id": "watford-outreach", "worker_id": "aisha", "started_at": now,
                                    "night": now.date()})  # fmt: skip
        county.add(session, shift_worker, {"shift_id": "s", "worker_id": "aisha", "joined_at": now})
        let_go = {"active": False, "telephone": "07700 900123"}
        session.execute(update(worker).where(worker.c.id == "aisha").values(**let_go))
        clock.advance(minutes=64)
        Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
        (alarm,) = list_open_alarms(session)
        facts = session.scalars(select(mail.c.facts)).all()
    assert facts and all('"first_name":"Aisha"' in each for each in facts)
    page = browse("tom").get(f"/alarms/{alarm.id}").text
    assert "Aisha Noor" in page and "07700 900123" in page


def test_a_call_of_somebody_without_a_team_is_heard_and_ended_by_a_colleague(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str]
) -> None:
    with filled.writing() as session:
        session.execute(delete(worker_team).where(worker_team.c.worker_id == "aisha"))
        county.add(session, check_in, {"id": "sign", "shift_id": "never came", "worker_id": "aisha", "at": clock.now,
                                       "heard_at": clock.now, "duress": True})  # fmt: skip
        Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
        (alarm,) = list_open_alarms(session)
    assert alarm.told_ids == {"dean", "tom"}
    tom = browse("tom")
    assert tom.get(f"/alarms/{alarm.id}").status_code == 200
    assert tom.send(f"/alarms/{alarm.id}/done", note="I spoke with her", outcome="home").status_code == 200
    with filled.reading() as session:
        assert list_open_alarms(session) == []
