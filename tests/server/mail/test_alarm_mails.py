"""Mails about somebody who was not heard: before every other, soon again after a crash, and in the alarm's log."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from server.actions.operation.outbox import Outbox
from server.actions.street.alarms import Watch
from server.http.services import Services
from server.jobs.catalogue import JOBS
from server.queries.operation import addressees
from server.queries.street import alarms
from server.tables.partnership.worker import worker, worker_team
from server.tables.street.shift import shift, shift_worker
from shared.model.alarm import Alarm, AlarmEventKind
from shared.model.mail import MailFacts, MailKind
from tests.conftest import Clock
from tests.server.mail.postbox import Postbox
from tests.server.running import run_due


@pytest.fixture
def alarm(services: Services, clock: Clock) -> Alarm:
    """Tom went out, was due an hour later, and was not heard; who is told has an address."""
    began = clock.now - timedelta(hours=2)
    with services.database.writing() as session:
        (team_id,) = session.scalars(select(worker_team.c.team_id).where(worker_team.c.worker_id == "tom"))
        row = {"id": "out", "team_id": team_id, "worker_id": "tom", "started_at": began, "night": began.date()}
        session.execute(shift.insert().values(**row, area="", summary=""))
        session.execute(shift_worker.insert().values(shift_id="out", worker_id="tom", joined_at=began))
        addressees.set_shared_address(session, "cgl", "cgl@example.org")
        Outbox(session, began, services.new_id).tell_agency(
            "cgl", MailKind.ACTIONS_REMINDER, "reminder", MailFacts(late=1), useful_until=clock.now + timedelta(days=2)
        )
        for _ in range(2):
            Watch(session, clock.now, services.new_id, services.settings.alarm.ladder).look()
            clock.advance(minutes=30)
        (found,) = alarms.list_open_alarms(session)
    return found


def events(services: Services, alarm: Alarm, kind: AlarmEventKind) -> list[tuple[str | None, str]]:
    with services.database.reading() as session:
        found = alarms.find_alarm(session, alarm.id)
    assert found is not None
    return [(each.worker_id, each.note) for each in found.events if each.kind is kind]


def test_who_is_missed_comes_before_a_mail_that_waited_longer(
    services: Services, alarm: Alarm, postbox: Postbox, run
) -> None:
    run("mail")
    assert len(postbox.kept) > 1
    assert [address == "cgl@example.org" for address, _ in postbox.kept] == [False] * (len(postbox.kept) - 1) + [True]


def test_the_alarms_log_says_who_was_told_by_mail_and_who_could_not_be(
    services: Services, alarm: Alarm, postbox: Postbox, run
) -> None:
    with services.database.reading() as session:
        people = {row.id: row.email for row in session.execute(select(worker.c.id, worker.c.email))}
    refused = sorted(each for each in alarm.told_ids if people[each] and each != "tom")[0]
    postbox.refused[str(people[refused])] = "550 No such mailbox"
    run("mail")
    sent = events(services, alarm, AlarmEventKind.SENT)
    assert {note for _, note in sent} == {"mail"}
    assert {who for who, _ in sent} == {each for each in alarm.told_ids if people[each]} - {refused}
    ((who, words), *_) = events(services, alarm, AlarmEventKind.FAILED)
    assert (who, words.startswith("E-mail: ")) == (refused, True)


def test_a_sender_that_died_in_the_middle_is_made_up_for_within_minutes(
    services: Services, alarm: Alarm, postbox: Postbox, clock: Clock, monkeypatch
) -> None:
    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("server.jobs.sending._send", die)
        with pytest.raises(SystemExit):
            run_due(services, JOBS, "a server", names=("mail",))
    clock.advance(minutes=2, seconds=1)
    run_due(services, JOBS, "the next", names=("mail",))
    told = len(events(services, alarm, AlarmEventKind.TOLD))
    assert len([address for address, _ in postbox.kept if address != "cgl@example.org"]) == told
