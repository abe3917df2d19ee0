"""Looks after who is out, and hands messages to the telephone gateway. Runs every quarter of a minute, before anything else."""

from server.actions.street.alarms import Watch
from server.http.services import Services
from server.jobs.runner import Moment
from server.mail.smtp import Refused, TryLater, Unreachable
from server.mail.telephone import Gateway, Text, make_gateway, write_text
from server.queries.street import alarms
from server.queries.street.alarms import Call
from shared.model.alarm import AlarmEvent, AlarmEventKind
from shared.model.mail import MailState
from shared.rules.alarms import next_message_try


def watch_over(services: Services, moment: Moment) -> int:
    """Raises, carries on and ends alarms; returns how many things happened."""
    with services.database.writing() as session:
        return Watch(session, moment.now, services.new_id, services.settings.alarm.ladder).look()


def ring(services: Services, moment: Moment) -> int:
    """Hands on the messages that wait; returns how many were taken. Without a gateway they wait and are listed."""
    gateway = make_gateway(services.settings)
    if gateway is None:
        return 0
    taken = 0
    while (call := _claim(services)) is not None:
        moment.beat()
        try:
            taken += _send(gateway, services, call)
        except Unreachable as trouble:
            _again(services, call, str(trouble))
            break
    return taken


def _claim(services: Services) -> Call | None:
    with services.database.writing() as session:
        return alarms.claim_call(session, services.clock())


def _send(gateway: Gateway, services: Services, call: Call) -> bool:
    link = f"{services.settings.address}/alarms/{call.alarm_id}"
    words = write_text(call.about, call.step, call.is_over, link, call.asks_help, call.is_silent)
    try:
        gateway.send(Text(id=call.id, to=call.telephone, text=words, channel=services.settings.alarm.channel))
    except Refused as refused:
        _settle(services, call, MailState.FAILED, str(refused))
        return False
    except TryLater as trouble:
        _again(services, call, str(trouble))
        return False
    _settle(services, call, MailState.SENT, "")
    return True


def _again(services: Services, call: Call, error: str) -> None:
    again = next_message_try(call.attempts, services.clock())
    if again is None:
        _settle(services, call, MailState.FAILED, error)
        return
    with services.database.writing() as session:
        alarms.settle_call(session, call.id, MailState.WAITING, again, error)


def _settle(services: Services, call: Call, state: MailState, error: str) -> None:
    """Keep what became of it, in the alarm's log too."""
    now = services.clock()
    kind = AlarmEventKind.SENT if state is MailState.SENT else AlarmEventKind.FAILED
    event = AlarmEvent(
        id=services.new_id(), alarm_id=call.alarm_id, at=now, kind=kind, step=call.step, worker_id=call.worker_id,
        note=error or services.settings.alarm.channel,
    )  # fmt: skip
    with services.database.writing() as session:
        alarms.settle_call(session, call.id, state, now, error)
        alarms.add_events(session, [event])
