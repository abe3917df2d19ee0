"""A restore of an older backup amid an open alarm: nobody who promised is forgotten, nobody counts as having it who may have
given it away since, and nobody is told for the second time without being told that."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from server.actions.street.alarms import Watch
from server.backups import make_backup, restore_backup
from server.database.context import Kind, acting
from server.database.engine import Database
from server.http.services import Services
from server.mail.telephone import write_text
from server.mail.words import write_words
from server.queries.street import alarms
from server.settings import Settings
from server.tables.operation.mail import mail
from server.tables.partnership.worker import worker
from server.tables.street.shift import check_in, shift, shift_worker
from server.web.lead.on_shift import say_alarm
from shared.model.alarm import AlarmEvent, AlarmEventKind, AlarmStep
from shared.model.mail import MailFacts, MailKind
from shared.rules.alarms import DEFAULT_LADDER
from tests.conftest import Clock
from tests.server.cast import Cast
from tests.server.operation.test_backup_and_restore import (  # noqa: F401 - pg_dump no older than the server
    _with_postgres_tools,
    destroy,
)
from tests.web import county

pytestmark = pytest.mark.slow
MINUTE = timedelta(minutes=1)


def test_a_restore_amid_an_alarm_forgets_nobody_and_says_so_to_everybody(
    services: Services, settings: Settings, cast: Cast, clock: Clock, new_id: Callable[[], str], tmp_path: Path
) -> None:
    """At the backup Tom has Aisha's; Dean is late only after it, and Aisha's was handed to somebody else."""
    begun = clock.now
    with services.database.writing() as session:
        session.execute(update(worker).where(worker.c.id == cast.priya.id).values(telephone="07700 900002"))
        for who, minutes in ((cast.aisha, 10), (cast.dean, 60)):
            key = {"shift_id": f"s-{who.id[-4:]}", "worker_id": who.id}
            county.add(session, shift, {"id": key["shift_id"], "team_id": cast.team.id, "worker_id": who.id,
                                        "started_at": begun, "night": begun.date()})  # fmt: skip
            county.add(session, shift_worker, {**key, "joined_at": begun})
            due = begun + minutes * MINUTE
            county.add(session, check_in, {**key, "id": new_id(), "at": begun, "heard_at": begun, "next_due_at": due,
                                           "due_at": due})  # fmt: skip
    clock.advance(minutes=11)
    with services.database.writing() as session:
        Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
        (known,) = alarms.list_open_alarms(session)
        taken = AlarmEvent(
            id=new_id(), alarm_id=known.id, at=clock.now, kind=AlarmEventKind.TAKEN, worker_id=cast.tom.id
        )
        alarms.add_events(session, [taken])
    folder = make_backup(settings, tmp_path / "backups", clock(), retained=1)
    clock.advance(minutes=60)
    destroy(services.database)
    with acting(Kind.COMMAND):
        restore_backup(settings, folder, clock())
    restored_at = clock.now
    clock.advance(minutes=1)
    database = Database(settings.database)
    with acting(Kind.JOB), database.writing() as session:
        found = {each.worker_id: each for each in alarms.list_open_alarms(session)}
        assert set(found) == {cast.aisha.id, cast.dean.id}, "who was late between backup and restore is missed too"
        assert found[cast.aisha.id].id == known.id
        for alarm in found.values():
            assert alarm.taken is None, "who has it since the backup is not known"
            assert alarm.put_back is not None and alarm.put_back.at == restored_at
            assert "whoever has it says so again" in say_alarm(alarm, {}, clock.now)
        Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
        for alarm in alarms.list_open_alarms(session):
            told = {each.worker_id for each in alarm.events if each.step is AlarmStep.EVERYBODY}
            assert {cast.tom.id, cast.priya.id} <= told, "everybody, at once"
        mails = session.execute(select(mail.c.facts).where(mail.c.queued_at == clock.now)).scalars().all()
        assert mails and all('"is_put_back":true' in each for each in mails)
        call = alarms.claim_call(session, clock.now)
        assert call is not None and call.worker_id == cast.priya.id and call.is_put_back
        again = AlarmEvent(
            id=new_id(), alarm_id=known.id, at=clock.now, kind=AlarmEventKind.TAKEN, worker_id=cast.tom.id
        )
        alarms.add_events(session, [again])
        (mine,) = [each for each in alarms.list_open_alarms(session) if each.id == known.id]
        assert mine.taken is not None and mine.put_back is None
        calls = [alarms.claim_call(session, clock.now + n * MINUTE) for n in range(1, 4)]
        assert {(each.alarm_id == known.id, each.is_put_back) for each in calls if each} == {
            (True, False),
            (False, True),
        }
    database.close()


def test_what_is_said_for_the_second_time_says_so_and_nobody_under_duress_is_rung_for_it() -> None:
    link = "https://lantern.example/alarms/1"
    for step in AlarmStep:
        again = "twice" in write_text("Aisha", step, False, link, is_put_back=True)
        assert again == (step is not AlarmStep.WORKER)
    assert "Do not ring" in write_text("Aisha", AlarmStep.EVERYBODY, False, link, True, True, True)
    facts = MailFacts(first_name="Aisha", alarm_id="1", is_put_back=True)
    zone = ZoneInfo("Europe/London")
    assert "told of this before" in write_words(MailKind.LONE_WORKER, facts, "https://lantern.example", zone).body
    first = MailFacts(first_name="Aisha", alarm_id="1")
    assert "before" not in write_words(MailKind.LONE_WORKER, first, "https://lantern.example", zone).body
